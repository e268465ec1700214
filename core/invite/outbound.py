"""A letter on its way: what is known of its fate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.invite.letters import LetterKind


class LetterState(StrEnum):
    """``QUEUED`` may be sent; ``SENDING`` is in the air; ``UNKNOWN`` asks a person; the rest are final."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    """brygga was cut off between sending and writing it down, or the server did not answer."""
    SENT = "sent"
    WRITTEN = "written"
    """Lies as a file for the firm's own mail program."""
    REFUSED = "refused"
    BOUNCED = "bounced"


ARRIVED = frozenset({LetterState.SENT, LetterState.WRITTEN})


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one person. The text is made when it is sent, and not kept."""

    id: str
    invitation_id: str
    kind: LetterKind
    round: int
    """1 for the invitation; reminders are counted."""
    language: str
    state: LetterState
    at: datetime
    reason: str = ""
    """The server's answer, without addresses."""


def letter_file(letter_id: str) -> str:
    """What the file of a letter is called; the name says nothing of the person."""
    return f"{letter_id.lower()}.eml"
