"""A use case of ours joined to another one's write, so that both happen or neither does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from core.store.database import Store, Transaction
from core.usecases.context import Context

Result = TypeVar("Result")


class Joined(Store):
    """The store, where a write takes something of ours with it in the same transaction."""

    def __init__(self, store: Store, also: Callable[[Transaction, Any], None]) -> None:
        self._store = store
        self._also = also

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """As the store reads."""
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` and ours as one transaction."""

        def both(tx: Transaction) -> Result:
            result = work(tx)
            self._also(tx, result)
            return result

        return await self._store.write(both)


def joined(ctx: Context, also: Callable[[Transaction, Any], None]) -> Context:
    """The context for a use case that writes once, with our row in its transaction."""
    return replace(ctx, store=Joined(ctx.store, also))
