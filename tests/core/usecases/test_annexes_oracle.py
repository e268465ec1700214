"""The whole way from Fortnox's interface to the annexes, against a replay of every event in the sandbox's books."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.fortnox.sandbox.world import World
from core.model import Annex, Ledger
from core.together import together
from core.usecases.context import open_context
from core.usecases.demo import connect, open_demo, register, store_secret
from core.usecases.imports import ImportResult, import_all

COMPANIES = 6
"""The five samples and a plain one; a large one comes besides."""
LARGE = 1_500
LEDGERS = {Ledger.CUSTOMER: "1", Ledger.SUPPLIER: "2"}


@dataclass
class Imported:
    """The sandbox's own books beside what brygga made of them."""

    world: World
    results: dict[str, ImportResult]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    directory = tmp_path_factory.mktemp("oracle")
    return Imported(World(COMPANIES, vouchers=LARGE), asyncio.run(_import(directory)))


async def _import(directory: Path) -> dict[str, ImportResult]:
    async with (
        open_demo(directory, clients=COMPANIES, vouchers=LARGE) as demo,
        open_context(demo.settings, person="anna") as ctx,
    ):
        await store_secret(ctx, demo)

        async def one(position: int, tenant: Any) -> None:
            client, _engagement = await register(ctx, tenant, position)
            await connect(ctx, client, tenant)

        await together(one(*numbered) for numbered in enumerate(demo.tenants))
        outcomes = await import_all(ctx)
        assert [outcome.error for outcome in outcomes] == [None] * len(demo.tenants)
        return {one.client.tenant: one.result for one in outcomes if one.result is not None}


def replay(books: Any, ledger: Ledger, on: date, *, cash_method: bool) -> dict[str, int]:
    """What is open when every event up to the day has happened, in hundredths of the invoice's currency."""
    opened: dict[str, int] = defaultdict(int)
    for invoice in books.invoices[ledger].values():
        booked = invoice.voucher.date if invoice.voucher and not cash_method else invoice.date
        if invoice.cancelled or not invoice.booked or booked > on:
            continue
        opened[str(invoice.number)] += invoice.total
        opened[str(invoice.number)] -= sum(amount for day, amount in invoice.offsets if day <= on)
    for payment in books.payments[ledger].values():
        number = str(payment.invoice.number)
        if payment.date <= on and number in opened:
            opened[number] -= payment.amount_currency + sum(part.amount for part in payment.write_offs)
    return {number: amount for number, amount in opened.items() if amount}


def open_in(annexes: list[Annex], side: str) -> dict[str, int]:
    opened: dict[str, int] = defaultdict(int)
    for annex in annexes:
        for item in annex.items or () if annex.account.startswith(side) else ():
            opened[item.number] += item.open_currency
    return dict(opened)


@pytest.mark.parametrize("place", range(COMPANIES + 1))
def test_the_annexes_hold_item_by_item_what_a_replay_of_every_event_leaves_open(
    imported: Imported, place: int
) -> None:
    tenant = list(imported.world.tenants.values())[place]
    result = imported.results[str(tenant.number)]
    year = next(one for one in tenant.years if one.to_date == result.engagement.year.to_date)
    for ledger, side in LEDGERS.items():
        expected = replay(tenant.books, ledger, year.to_date, cash_method=year.method == "CASH")
        assert open_in(result.annexes, side) == expected
        assert expected
