"""A voucher that brygga can neither find nor send again: what the person sees, and what waits for the decision."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.register import ClosingVoucher, NextStep, VoucherState
from core.store import errands, exchange
from core.store.errands import Errand, ErrandKind
from core.store.exchange import Job
from core.usecases.breaker import FAILURES, note_tries, paused_clients
from core.usecases.errands import ErrandDone, run_errands
from core.usecases.exchangerules import client_exchanges
from core.usecases.export import export_vouchers
from core.usecases.status import overview
from core.usecases.voucher_order import exclude_voucher, release_voucher
from core.usecases.vouchers import get_voucher, list_vouchers

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office

PDF = b"%PDF-1.4\nunderlag\n%%EOF\n"


@pytest.fixture
async def stuck(office: Office) -> ClosingVoucher:
    """Sent three times, each time lost on the way."""
    (made,) = await office.ready()
    office.fault("drop-before", count=3)
    await export_vouchers(office.ctx, office.engagement.id, "I")
    return made


async def give(office: Office, kind: ErrandKind, *made: ClosingVoucher, name: str = "b.si") -> str:
    """An errand of a file that has come in."""
    job_id, now = office.ctx.new_id(), office.ctx.now()
    details: dict[str, Any] = {
        "name": name,
        "engagement": office.engagement.id,
        "series": "I",
        "vouchers": [v.id for v in made],
    }
    if kind is ErrandKind.UPLOAD:
        details = {"name": name, "sha256": job_id, "size": len(PDF), "owner": "anna"}
    await office.ctx.store.write(
        lambda tx: errands.put(tx, Errand(job_id, office.client.id, kind, details, now, now))
    )
    return job_id


async def run(office: Office, tmp_path: Path) -> list[ErrandDone]:
    copy = tmp_path / "copy.pdf"
    copy.write_bytes(PDF)
    return await run_errands(office.ctx, lambda _job, _client: copy)


async def test_it_is_told_apart_from_one_that_is_looked_up(office: Office, stuck: ClosingVoucher) -> None:
    held = await get_voucher(office.ctx, stuck.id)
    assert (held.state, held.undecided) == (VoucherState.UNKNOWN, True)


async def test_the_next_step_is_to_decide(office: Office, stuck: ClosingVoucher) -> None:
    (row,) = await overview(office.ctx, office.client.id)
    assert row.next_step is NextStep.DECIDE
    decided = await exclude_voucher(office.ctx, stuck.id)
    (row,) = await overview(office.ctx, office.client.id)
    assert (decided.undecided, row.next_step is NextStep.DECIDE) == (False, False)


async def test_vouchers_behind_it_wait_and_documents_do_not(
    office: Office, stuck: ClosingVoucher, tmp_path: Path
) -> None:
    for ore in (100, 200):
        await give(office, ErrandKind.EXPORT, *await office.ready(office.draft(ore=ore)), name=f"{ore}.si")
    await give(office, ErrandKind.UPLOAD, name="kvitto.pdf")
    done = await run(office, tmp_path)
    assert [(one.name, one.waits) for one in done] == [("100.si", True), ("kvitto.pdf", False)]
    assert stuck.text in str(done[0].error)


async def test_after_the_decision_the_file_behind_it_goes_on(
    office: Office, stuck: ClosingVoucher, tmp_path: Path
) -> None:
    await give(office, ErrandKind.EXPORT, *await office.ready(office.draft(ore=100)))
    await run(office, tmp_path)
    await release_voucher(office.ctx, stuck.id)
    await export_vouchers(office.ctx, office.engagement.id, "I", only={stuck.id})
    office.clock.ahead += timedelta(minutes=1)
    assert [(one.waits, one.error) for one in await run(office, tmp_path)] == [(False, None)]
    assert {one.state for one in await list_vouchers(office.ctx, office.engagement.id)} == {
        VoucherState.POSTED
    }


async def test_it_does_not_make_the_service_leave_fortnox_alone(
    office: Office, stuck: ClosingVoucher, tmp_path: Path
) -> None:
    assert stuck.id
    await give(office, ErrandKind.EXPORT, *await office.ready(office.draft(ore=100)))
    (done,) = await run(office, tmp_path)
    for _ in range(FAILURES):
        await note_tries(office.ctx, [(office.client.id, done.error)])
    assert done.error is not None
    assert await paused_clients(office.ctx) == {}


async def test_the_folder_tells_of_it_until_it_has_been_decided(
    office: Office, stuck: ClosingVoucher
) -> None:
    receipt = f'{{"vouchers": [{{"id": "{stuck.id}"}}], "export": {{"state": "unknown"}}}}'
    job = Job(office.ctx.new_id(), office.client.id, "a.si", "0", "done", office.ctx.now(), receipt)
    await office.ctx.store.write(lambda tx: exchange.insert(tx, job))
    (told,) = await client_exchanges(office.ctx, office.client.id)
    assert ([one.id for one in told.undecided], told.files[0].export) == ([stuck.id], "unknown")
    await release_voucher(office.ctx, stuck.id)
    await export_vouchers(office.ctx, office.engagement.id, "I")
    (told,) = await client_exchanges(office.ctx, office.client.id)
    assert (told.undecided, told.files[0].export) == ((), "posted")
