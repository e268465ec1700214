"""The harness of the exchange folder does not wait for ever, and says what it waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from core.config import load
from core.store import errands
from core.store.errands import Errand, ErrandKind
from core.usecases.clients import add_client
from core.usecases.context import open_context
from tests.faults.exchange_waiting import Patience, bring_forward, what_waits

SINCE = datetime(2026, 1, 10, tzinfo=UTC)
LATER = datetime(2099, 1, 1, tzinfo=UTC)


def test_patience_ends_when_nothing_moves() -> None:
    patience = Patience(3)
    assert [patience.lasts(["a", "b"]) for _look in range(4)] == [True, True, True, False]


def test_patience_begins_anew_when_something_has_moved() -> None:
    patience = Patience(2)
    looks = (["a", "b"], ["a", "b"], ["b"], ["b"], ["b"])
    assert [patience.lasts(waiting) for waiting in looks] == [True, True, True, True, False]


def test_a_run_that_never_ends_by_itself_wears_it_out_too() -> None:
    patience = Patience(2)
    assert [patience.lasts([]) for _look in range(2)] == [True, False]


async def test_what_waits_is_named_and_its_time_brought_forward(tmp_path: Path) -> None:
    settings = load(None, tmp_path, environ={})
    async with open_context(settings) as ctx:
        client = await add_client(ctx, name="Prov AB", orgnr="556677-8899")
        details = {"name": "b.si", "vouchers": ["01V"]}
        waiting = Errand("01E", client.id, ErrandKind.EXPORT, details, SINCE, LATER, tries=7)
        await ctx.store.write(lambda tx: errands.put(tx, waiting))
        assert bring_forward(settings.store_path) == ["01E"]
        assert what_waits(settings.store_path) == ["export 01E 'b.si': 7 tries, sent None; 01V gone"]
        (after,) = await ctx.store.read(errands.every)
        assert after.due_at == SINCE
