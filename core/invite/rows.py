"""The invitation desk's rows: whom a client wants as a user in its Fortnox, and how far that has come.

Fortnox has no public way to create users. A row is what a person types into Digital byrå's list *Bjud in
klientanvändare*; its states are told by people, except where brygga itself wrote the file or the letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

BATCH = 50
"""Users that Digital byrå takes at a time (Fortnox's help page *Bjud in klientanvändare*)."""


class UserChoice(StrEnum):
    """Digital byrå's first question: add new users and invite them, or invite users that exist."""

    NEW = "new"
    EXISTING = "existing"


class Consent(StrEnum):
    """Whether it is noted that the person may be written to."""

    UNNOTED = "unnoted"
    YES = "yes"
    NO = "no"


class InviteState(StrEnum):
    """Where a row stands. Everything after ``EXPORTED`` is what a person has seen in Fortnox and says here."""

    DRAFT = "draft"
    EXPORTED = "exported"
    INVITED = "invited"
    REMINDED = "reminded"
    DONE = "done"
    DECLINED = "declined"


CLOSED = frozenset({InviteState.DONE, InviteState.DECLINED})


@dataclass(frozen=True, slots=True)
class Invitation:
    """One user of one client. ``repr`` names nobody: it may end in a log."""

    id: str
    client_id: str
    name: str
    email: str
    mobile: str = ""
    """E.164 (``+46701234567``), or empty."""
    username: str = ""
    """A suggestion; Fortnox decides."""
    choice: UserChoice = UserChoice.NEW
    consent: Consent = Consent.UNNOTED
    state: InviteState = InviteState.DRAFT
    batch: int | None = None
    """The batch it was exported in, counted from 1."""
    created_at: datetime | None = None
    exported_at: datetime | None = None
    invited_at: datetime | None = None
    reminded_at: datetime | None = None
    closed_at: datetime | None = None
    """When it was done or declined."""
    changed_at: datetime | None = None

    def __repr__(self) -> str:
        """The id and the state alone."""
        return f"Invitation({self.id}, {self.state})"

    @property
    def since(self) -> datetime | None:
        """When the person was last invited or reminded; None before that."""
        return self.reminded_at or self.invited_at


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What a person has said of a client: Fortnox does not tell."""

    client_id: str
    admin: bool = False
    """*Jag är systemadministratör hos klienten*."""
    admin_by: str = ""
    admin_at: datetime | None = None
    has_user: bool = False
    """The client has a user of its own, so nobody needs to be invited."""
