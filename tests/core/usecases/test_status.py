from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from core.config_tables import ConnectionSettings
from core.register import (
    Client,
    ConnectionMode,
    ConnectionState,
    DraftVoucher,
    Engagement,
    NextStep,
    SourceKind,
    VoucherState,
)
from core.store import connections, vouchers
from core.store.database import Transaction
from core.usecases.clients import add_client
from core.usecases.context import Context
from core.usecases.engagements import add_engagement
from core.usecases.export import export_vouchers
from core.usecases.export_file import export_to_file
from core.usecases.imports import import_file
from core.usecases.status import overview, view_of
from core.usecases.vouchers import add_vouchers, mark_ready

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office

Filed = tuple[Client, Engagement]
WithRows = Callable[..., DraftVoucher]
SIE = (
    b'#FLAGGA 0\r\n#PROGRAM "Prov" 1\r\n#FORMAT PC8\r\n#GEN 20260210\r\n#SIETYP 4\r\n#FNAMN "Bageri"\r\n'
    b"#RAR 0 20250101 20251231\r\n#KONTO 1510 K\r\n#IB 0 1510 0\r\n#UB 0 1510 0\r\n"
)


async def step(ctx: Context, client: Client) -> NextStep:
    (row,) = await overview(ctx, client.id)
    return row.next_step


@pytest.fixture
async def imported(bare: Context, filed: Filed, tmp_path: Path) -> Filed:
    path = tmp_path / "a.se"
    path.write_bytes(SIE)
    await import_file(bare, filed[1].id, path)
    return filed


@pytest.fixture
def rent(with_rows: WithRows) -> DraftVoucher:
    return with_rows(("1710", 100), ("5010", -100))


async def test_a_client_without_a_year_is_to_be_connected(bare: Context) -> None:
    client = await add_client(bare, name="A", orgnr="556677-8899")
    assert await step(bare, client) is NextStep.CONNECT


async def test_a_year_of_files_is_to_be_imported(bare: Context, filed: Filed) -> None:
    assert await step(bare, filed[0]) is NextStep.IMPORT


async def test_after_the_import_vouchers_are_to_be_written(bare: Context, imported: Filed) -> None:
    assert await step(bare, imported[0]) is NextStep.WRITE


async def test_drafts_are_to_be_finished(bare: Context, imported: Filed, rent: DraftVoucher) -> None:
    await add_vouchers(bare, imported[1].id, [rent])
    assert await step(bare, imported[0]) is NextStep.WRITE


async def test_ready_vouchers_are_to_be_written_to_a_file(
    bare: Context, imported: Filed, rent: DraftVoucher
) -> None:
    (made,) = await add_vouchers(bare, imported[1].id, [rent])
    await mark_ready(bare, [made.id])
    assert await step(bare, imported[0]) is NextStep.WRITE_FILE


async def test_after_the_file_it_is_done(
    bare: Context, imported: Filed, rent: DraftVoucher, tmp_path: Path
) -> None:
    (made,) = await add_vouchers(bare, imported[1].id, [rent])
    await mark_ready(bare, [made.id])
    await export_to_file(bare, imported[1].id, tmp_path / "ut.si")
    assert await step(bare, imported[0]) is NextStep.DONE


async def test_a_connected_client_with_ready_vouchers_is_to_be_exported(office: Office) -> None:
    await office.ready()
    assert await step(office.ctx, office.client) is NextStep.EXPORT


async def test_after_the_export_it_is_done(office: Office) -> None:
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    assert await step(office.ctx, office.client) is NextStep.DONE


async def test_a_refused_connection_is_to_be_made_anew(office: Office) -> None:
    await office.ctx.store.write(lambda tx: connections.mark_needs_login(tx, office.client.id))
    assert await step(office.ctx, office.client) is NextStep.CONNECT


async def test_a_lapsed_promise_asks_for_an_import(office: Office) -> None:
    office.clock.ahead = timedelta(days=31)
    assert await step(office.ctx, office.client) is NextStep.IMPORT


async def test_a_dead_token_asks_for_a_connection(office: Office) -> None:
    office.clock.ahead = timedelta(days=46)
    assert await step(office.ctx, office.client) is NextStep.CONNECT


@pytest.mark.parametrize("state", [VoucherState.SENDING, VoucherState.UNKNOWN])
async def test_an_uncertain_voucher_is_to_be_waited_for(office: Office, state: VoucherState) -> None:
    (made,) = await office.ready()

    def work(tx: Transaction) -> None:
        vouchers.update(tx, replace(made, state=state))

    await office.ctx.store.write(work)
    assert await step(office.ctx, office.client) is NextStep.WAIT


@pytest.mark.parametrize(
    ("days", "state", "left"),
    [
        (0, ConnectionState.ACTIVE, 30),
        (22, ConnectionState.ACTIVE, 8),
        (23, ConnectionState.EXPIRING, 7),
        (30, ConnectionState.EXPIRING, 0),
        (31, ConnectionState.EXPIRED, 0),
    ],
)
async def test_a_code_connection_counts_down(
    office: Office, days: int, state: ConnectionState, left: int
) -> None:
    held = await office.ctx.store.read(lambda tx: connections.get(tx, office.client.id))
    assert held
    view = view_of(held, ConnectionSettings(), held.last_used_at + timedelta(days=days))
    assert (view.state, view.days_left) == (state, left)


async def test_a_service_connection_never_lapses(office: Office) -> None:
    held = await office.ctx.store.read(lambda tx: connections.get(tx, office.client.id))
    assert held
    service = replace(held, mode=ConnectionMode.SERVICE)
    view = view_of(service, ConnectionSettings(), held.last_used_at + timedelta(days=400))
    assert (view.state, view.days_left) == (ConnectionState.ACTIVE, None)


async def test_the_overview_shows_every_client_once(office: Office) -> None:
    rows = await overview(office.ctx)
    assert len({row.client.id for row in rows}) == len(rows) == 19


async def test_the_lapsed_stand_first(office: Office) -> None:
    await office.ctx.store.write(lambda tx: connections.mark_needs_login(tx, office.client.id))
    assert (await overview(office.ctx))[0].client.id == office.client.id


async def test_the_overview_asks_nobody(office: Office) -> None:
    before = len(office.fortnox.control("GET", "requests")["requests"])
    await overview(office.ctx)
    assert len(office.fortnox.control("GET", "requests")["requests"]) == before


async def test_two_years_of_a_client_are_two_rows(bare: Context, filed: Filed) -> None:
    await add_engagement(bare, filed[0].id, date(2026, 1, 1), date(2026, 12, 31), SourceKind.SIE4)
    assert len(await overview(bare, filed[0].id)) == 2
