"""What sends letters, as the use case sees it: a post office that is opened once and takes one letter at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from core.mail.message import Mail


class Fate(Enum):
    """What became of a letter."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: this letter will not be taken."""
    NOT_NOW = "not_now"
    """Certainly not taken, and may be tried again."""
    UNKNOWN = "unknown"
    """It may have been taken: the answer was lost."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The fate of a letter and the reason in words, without addresses."""

    fate: Fate
    reason: str = ""


class PostFailed(Exception):
    """The post office cannot be reached or does not let us in; no letter has gone. ``str`` is the reason."""


Commit = Callable[[], Awaitable[bool]]
"""Writes down that the letter is about to go, and says whether it still may."""


class Post(Protocol):
    """A post office."""

    async def open(self) -> None:
        """Make ready to send.

        Raises:
            PostFailed: it cannot be reached.
        """
        ...

    async def send(self, mail: Mail, commit: Commit) -> Delivery:
        """Send one letter; ``commit`` is awaited at the last moment at which nothing has gone yet.

        Raises:
            PostFailed: the connection was lost before that moment; the letter is as it was.
        """
        ...

    async def close(self) -> None:
        """Say goodbye."""
        ...
