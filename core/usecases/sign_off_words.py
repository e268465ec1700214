"""Who signed an account off and when, and why it no longer holds, in the language in use."""

from __future__ import annotations

from datetime import datetime

from core.clock import local_day
from core.i18n import _
from core.money import to_swedish
from core.register import SignOff


def undone_text(sign_off: SignOff) -> str:
    """Why a sign-off no longer holds, as a sentence in the language in use."""
    if sign_off.balance_after is None:
        return _("Opened again by {person}.").format(person=sign_off.undone_by)
    return _("The sign-off of {day} is undone: the balance was {before} and is now {after}.").format(
        day=local_day(sign_off.done_at),
        before=to_swedish(sign_off.balance),
        after=to_swedish(sign_off.balance_after),
    )


def who(person: str, at: datetime | None) -> str:
    """``anna 2026-02-10``; empty for nobody."""
    return f"{person} {local_day(at)}" if at is not None else ""
