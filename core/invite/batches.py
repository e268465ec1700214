"""Which rows make up the batch, in the order of Digital byrå's list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.invite.rows import BATCH, Invitation, InviteState
from core.register import Client

_LAST_LETTERS = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})
"""Swedish ends its alphabet with å ä ö; these signs follow z."""


def swedish_order(name: str) -> tuple[str, str]:
    """What Swedish names sort by."""
    folded = name.casefold()
    return folded.translate(_LAST_LETTERS), folded


def list_order(order: str) -> Callable[[Client], tuple[object, ...]]:
    """How Digital byrå's list is sorted: by ``name``, or by client ``number``."""
    if order == "number":
        return lambda client: (len(client.number) or 99, client.number, *swedish_order(client.name))
    return lambda client: (*swedish_order(client.name), client.number, client.id)


@dataclass(frozen=True, slots=True)
class Batches:
    """The batch that is exported next, and what waits behind it."""

    number: int
    """Of the next batch, counted from 1."""
    current: Sequence[str]
    """Ids of its rows, in order, at most fifty."""
    queued: Sequence[str]
    unfit: Sequence[str]
    """Drafts that a check keeps out."""


def plan(rows: Iterable[Invitation], fit: Mapping[str, bool], last_batch: int) -> Batches:
    """Divide the drafts, given in list order; ``fit`` says of each id whether its checks pass.

    ``last_batch`` is the highest number ever used (0: none), so that a number is never used again.
    """
    drafts = [row for row in rows if row.state is InviteState.DRAFT]
    ready = [row.id for row in drafts if fit[row.id]]
    return Batches(
        last_batch + 1,
        ready[:BATCH],
        ready[BATCH:],
        [row.id for row in drafts if not fit[row.id]],
    )
