"""What to press: where the core's hint names a command, the interface names its own key and screen instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from core.errors import BryggaError
from core.i18n import _, mark
from tui.actions import TABLE, Action, key_word
from tui.paint import Line, wrap
from tui.theme import Tone

COMMAND: Final = re.compile(r"\bbrygga [a-z]+\b")

HINTS: Final = {
    "login_needed": (
        mark("Press {integrations}, then {connect} to connect it."),
        ("go_integrations", "connect"),
    ),
    "connection_lapsed": (
        mark("Press {integrations}, then {connect} to connect it again."),
        ("go_integrations", "connect"),
    ),
    "consent_denied": (
        mark("Press {integrations}, then {connect} to try again."),
        ("go_integrations", "connect"),
    ),
    "config_invalid": (
        mark("Press {integrations}, then {connect}: brygga asks for what is missing."),
        ("go_integrations", "connect"),
    ),
    "no_keeper": (
        mark("Press {integrations}, then {connect}: brygga asks for what is missing."),
        ("go_integrations", "connect"),
    ),
    "engagement_locked": (mark("Press {engagement}, then {lock} to unlock it."), ("go_engagement", "lock")),
    "client_unknown": (mark("Press {go_to} and write a few letters of the client's name."), ("go_to",)),
    "client_ambiguous": (mark("Press {go_to} and write a few letters of the client's name."), ("go_to",)),
    "year_unknown": (
        mark("Press {overview}, then {new}: the start guide makes the engagement."),
        ("go_overview", "new"),
    ),
    "id_unknown": (mark("Somebody has removed it. Press {refresh} to read the screen anew."), ("refresh",)),
    "account_unknown": (mark("Press {reconciliation} to see all accounts."), ("go_reconciliation",)),
}
"""Error or check code -> the sentence, and the actions whose keys stand in it."""


def hint_of(code: str, hint: str, table: Sequence[Action]) -> str:
    """The hint as it is, or the interface's own where it sends to a command line."""
    if code not in HINTS or not COMMAND.search(hint):
        return hint
    sentence, names = HINTS[code]
    keys = {name.removeprefix("go_") if name != "go_to" else name: _key(name, table) for name in names}
    return _(sentence).format(**keys)


def _key(name: str, table: Sequence[Action]) -> str:
    return next(key_word(action.keys[0]) for action in table if action.id == name and action.keys)


def three_lines(error: BryggaError, width: int, table: Sequence[Action] = TABLE) -> list[Line]:
    """What happened, what it means, what to press by the keys of ``table``."""
    hint = hint_of(error.code, error.hint, table)
    lines: list[Line] = [
        (((" ✕ " if place == 0 else "   ") + text, Tone.BAD),)
        for place, text in enumerate(wrap(error.title, width - 4))
    ]
    lines += [(("   " + text, Tone.PLAIN),) for text in wrap(error.message, width - 4) if text]
    lines += [(("   " + text, Tone.DIM),) for text in wrap(hint, width - 4) if text]
    return lines
