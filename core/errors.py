"""The error tree: what the caller can do decides the class; the code says which case it is.

::

    BryggaError                title, message, hint, code, retryable
    ├── UsageError             the command, an id or the configuration is wrong          exit 2
    ├── LoginNeeded            a person must consent again                               exit 4
    ├── TryLater               Fortnox does not answer or asks for patience              exit 5
    ├── OutcomeUnknown         a voucher may or may not have been booked                 exit 6
    ├── Refused                a check said no; nothing was changed                      exit 7
    ├── FortnoxRejected        Fortnox said no, in its own words                         exit 1
    ├── Interrupted            stopped by a person at a safe point                       exit 130
    └── Internal               a fault of brygga's own                                   exit 1

``code`` is one of contract.md's error codes. Title, message and hint are finished sentences in the language
in use: what happened, what it means, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(eq=False)
class BryggaError(Exception):
    """Something a person must know about, in three lines."""

    code: str
    title: str
    message: str = ""
    hint: str = ""
    details: dict[str, object] = field(default_factory=dict)
    """Facts for machines that stand beside the error in JSON (``retry_after``, ``findings``)."""

    retryable: ClassVar[bool] = False
    default_exit: ClassVar[int] = 1

    def __str__(self) -> str:
        """The three lines."""
        return "\n".join(line for line in (self.title, self.message, self.hint) if line)


class UsageError(BryggaError):
    """The command, an id or the configuration is wrong."""

    default_exit = 2


class LoginNeeded(BryggaError):
    """There is no living consent; a person must connect again."""

    default_exit = 4


class TryLater(BryggaError):
    """Fortnox does not answer or asks for patience; the same call may go through later."""

    retryable = True
    default_exit = 5


class OutcomeUnknown(BryggaError):
    """A voucher was sent and no answer came; it is looked up before anything is sent again."""

    retryable = True
    default_exit = 6


class Refused(BryggaError):
    """A check said no and nothing was changed."""

    default_exit = 7


class FortnoxRejected(BryggaError):
    """Fortnox refused the request; its own text and code are in the message."""


class Interrupted(BryggaError):
    """Stopped by a person at a safe point."""

    default_exit = 130


class Internal(BryggaError):
    """A fault of brygga's own; the log has the details."""
