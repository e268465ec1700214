"""The words of rows and letters, in the language in use, and the words that lists from elsewhere use for them."""

from __future__ import annotations

from typing import NoReturn

from core.i18n import _
from core.invite.letters import LetterKind
from core.invite.outbound import LetterState
from core.invite.rows import Consent, InviteState, UserChoice
from core.text import fold


def state_word(state: InviteState) -> str:
    """Where a row stands."""
    return {
        InviteState.DRAFT: _("draft"),
        InviteState.EXPORTED: _("exported"),
        InviteState.INVITED: _("invited in Fortnox"),
        InviteState.REMINDED: _("reminded"),
        InviteState.DONE: _("begun"),
        InviteState.DECLINED: _("declined"),
    }[state]


def choice_word(choice: UserChoice) -> str:
    """Digital byrå's first question."""
    return _("add a new user") if choice is UserChoice.NEW else _("invite an existing user")


def consent_word(consent: Consent) -> str:
    """Whether the person may be written to."""
    return {Consent.YES: _("yes"), Consent.NO: _("no"), Consent.UNNOTED: _("not noted")}[consent]


def kind_word(kind: LetterKind) -> str:
    """What a letter is."""
    return {
        LetterKind.INVITATION: _("letter"),
        LetterKind.REMINDER: _("reminder"),
        LetterKind.SMS: _("text message"),
    }[kind]


def letter_word(state: LetterState) -> str:
    """What became of a letter."""
    return {
        LetterState.QUEUED: _("waits to be sent"),
        LetterState.SENDING: _("being sent"),
        LetterState.UNKNOWN: _("unclear whether it went"),
        LetterState.SENT: _("sent"),
        LetterState.WRITTEN: _("written to a file"),
        LetterState.REFUSED: _("refused by the server"),
        LetterState.BOUNCED: _("bounced"),
    }[state]


_STATES = {
    InviteState.DRAFT: ("utkast", "draft"),
    InviteState.EXPORTED: ("exporterad", "exported"),
    InviteState.INVITED: ("inbjuden i fortnox", "inbjuden", "invited in fortnox", "invited"),
    InviteState.REMINDED: ("påmind", "reminded"),
    InviteState.DONE: ("klar", "inloggad", "done"),
    InviteState.DECLINED: ("avvisad", "declined"),
}
_CHOICES = {
    UserChoice.NEW: ("ny", "ny användare", "lägg till ny användare", "new", "add a new user"),
    UserChoice.EXISTING: (
        "befintlig",
        "bjud in befintlig",
        "bjud in befintlig användare",
        "existing",
        "invite an existing user",
    ),
}
_YES = frozenset({"ja", "j", "x", "yes", "y", "1", "true", "sant"})
_NO = frozenset({"nej", "n", "no", "0", "false", "falskt", "-", "–"})


def read_state(text: str) -> InviteState:
    """The state that a list names in Swedish or English.

    Raises:
        ValueError: no such state.
    """
    return next((s for s, words in _STATES.items() if _said(text, words)), None) or _no(text)


def read_choice(text: str) -> UserChoice:
    """The choice that a list names; nothing is a new user.

    Raises:
        ValueError: no such choice.
    """
    if not text.strip():
        return UserChoice.NEW
    return next((c for c, words in _CHOICES.items() if _said(text, words)), None) or _no(text)


def read_tick(text: str) -> bool | None:
    """Yes, no, or None for nothing.

    Raises:
        ValueError: neither.
    """
    word = fold(text.strip())
    if not word or word == fold("ej noterat") or word == "not noted":
        return None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(text)


def _said(text: str, words: tuple[str, ...]) -> bool:
    return fold(text.strip()) in {fold(word) for word in words}


def _no(text: str) -> NoReturn:
    raise ValueError(text)
