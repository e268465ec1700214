"""When an errand at Fortnox is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import BryggaError
from core.store.errands import Errand
from core.usecases.context import Context

GIVE_UP = timedelta(hours=24)
_FIRST, _LONGEST = timedelta(seconds=15), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Wait:
    """The errand is tried again at ``due_at``; ``error`` is why it did not come to its end."""

    due_at: datetime
    error: BryggaError | None
    given_up: bool = False
    """It has waited so long that a person must look."""
    for_person: bool = False
    """It waits for a person's decision, not for Fortnox."""


def later(ctx: Context, errand: Errand, error: BryggaError | None) -> Wait:
    """Wait twice as long as the last time, a quarter of an hour at most."""
    pause = min(_FIRST * 2 ** min(errand.tries, 10), _LONGEST)
    return Wait(ctx.now() + pause, error, ctx.now() - errand.since >= GIVE_UP)
