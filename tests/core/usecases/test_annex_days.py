"""Annexes of another day, made from what the latest import kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from core.errors import Refused, UsageError
from core.store import imports, ledgers, prune
from core.usecases.annex_days import annexes_of_day
from core.usecases.annexes import annexes, set_item_note
from core.usecases.imports import import_file, import_year

if TYPE_CHECKING:
    from pathlib import Path

    from core.register import Client, Engagement
    from core.usecases.context import Context
    from tests.core.usecases.conftest import Office, Opened

BAKERY, CYCLES, PROPERTY, BUILDING, HAULAGE = range(5)


@pytest.mark.parametrize("sample", [BAKERY, PROPERTY, BUILDING, HAULAGE])
async def test_the_annexes_of_a_day_are_those_of_an_import_as_of_it(
    opening: Opened, data: Path, sample: int
) -> None:
    async with opening(data, sample=sample) as office:
        ctx, engagement = office.ctx, office.engagement
        day = engagement.year.to_date.replace(day=1)
        await import_year(ctx, engagement.id)
        made = await annexes_of_day(ctx, engagement.id, day)
        expected = (await import_year(ctx, engagement.id, on=day)).annexes
        assert [(one.account, one.date, one.total, one.books) for one in made] == [
            (one.account, one.date, one.total, one.books) for one in expected
        ]
        assert [[(i.number, i.open) for i in one.items or ()] for one in made] == [
            [(i.number, i.open) for i in one.items or ()] for one in expected
        ]


async def test_the_annexes_of_the_last_day_are_the_imports_own(office: Office) -> None:
    await import_year(office.ctx, office.engagement.id)
    stored = await annexes(office.ctx, office.engagement.id)
    assert await annexes_of_day(office.ctx, office.engagement.id, office.engagement.year.to_date) == stored


async def test_notes_stand_on_the_items_of_any_day(office: Office) -> None:
    ctx, engagement = office.ctx, office.engagement
    await import_year(ctx, engagement.id)
    day = engagement.year.to_date.replace(day=15)
    one = next(one for one in await annexes_of_day(ctx, engagement.id, day) if one.items)
    number = (one.items or ())[0].number
    await set_item_note(ctx, engagement.id, one.account, number, "ring kunden")
    again = (await annexes_of_day(ctx, engagement.id, day, one.account))[0]
    assert (again.items or ())[0].note.endswith("ring kunden")


async def test_a_day_outside_the_year_is_refused(office: Office) -> None:
    await import_year(office.ctx, office.engagement.id)
    with pytest.raises(UsageError):
        await annexes_of_day(office.ctx, office.engagement.id, date(2031, 1, 1))


async def test_a_snapshot_without_its_ledgers_asks_for_an_import(office: Office) -> None:
    ctx, engagement = office.ctx, office.engagement
    result = await import_year(ctx, engagement.id)
    await ctx.store.write(
        lambda tx: tx.execute("DELETE FROM import_ledgers WHERE import_id = :id", {"id": result.run.id})
    )
    with pytest.raises(Refused) as caught:
        await annexes_of_day(ctx, engagement.id, engagement.year.to_date)
    assert caught.value.code == "no_ledgers_kept"


async def test_the_ledgers_go_with_their_snapshot(office: Office) -> None:
    ctx, engagement = office.ctx, office.engagement
    first = await import_year(ctx, engagement.id)
    for _round in range(prune.KEPT):
        await import_year(ctx, engagement.id)
    assert await ctx.store.read(lambda tx: ledgers.body_of(tx, first.run.id)) is None
    latest = await ctx.store.read(lambda tx: imports.latest(tx, engagement.id))
    assert latest is not None
    assert await ctx.store.read(lambda tx: ledgers.body_of(tx, latest.id)) is not None


async def test_a_file_shows_the_books_side_of_any_day(
    bare: Context, filed: tuple[Client, Engagement], tmp_path: Path
) -> None:
    __, engagement = filed
    file = tmp_path / "year.se"
    file.write_bytes(
        b"#FLAGGA 0\n#PROGRAM X 1\n#FORMAT PC8\n#SIETYP 4\n#ORGNR 556677-8899\n#FNAMN X\n"
        b"#RAR 0 20250101 20251231\n#KONTO 1510 K\n#KONTO 3001 F\n#IB 0 1510 0\n#UB 0 1510 300\n"
        b"#RES 0 3001 -300\n#VER A 1 20250301 V\n{\n#TRANS 1510 {} 100\n#TRANS 3001 {} -100\n}\n"
        b"#VER A 2 20251001 V\n{\n#TRANS 1510 {} 200\n#TRANS 3001 {} -200\n}\n"
    )
    await import_file(bare, engagement.id, file)
    made = await annexes_of_day(bare, engagement.id, date(2025, 6, 30), "1510")
    assert [(one.items, one.books, one.difference) for one in made] == [(None, 10_000, None)]
