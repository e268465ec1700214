"""What a forced session keeps of its environment, which the person at the other end may have had a say in."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Final

from bridge.cli.options import split

ASKED: Final = "SSH_ORIGINAL_COMMAND"
_KEPT: Final = frozenset(
    [
        "COLORTERM",
        "DBUS_SESSION_BUS_ADDRESS",
        "HOME",
        "LANG",
        "LOGNAME",
        "NO_COLOR",
        "PATH",
        "SSH_CLIENT",
        "TERM",
        "TZ",
        "USER",
        "XDG_RUNTIME_DIR",
    ]
)
"""With ``LC_*`` and what was asked for; the rest could lead the program or its libraries astray."""


def clear_for_session(words: Sequence[str], environ: MutableMapping[str, str]) -> None:
    """Before anything of it is read: forget the environment when the command is ``session``."""
    if split(words, {}).command[:1] != ("session",):
        return
    for name in list(environ):
        if name not in _KEPT and name != ASKED and not name.startswith("LC_"):
            del environ[name]
