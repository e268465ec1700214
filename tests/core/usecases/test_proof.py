from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from core.errors import UsageError
from core.register import ClosingVoucher, VoucherState
from core.store import vouchers
from core.usecases.annexes import annexes
from core.usecases.books import accounts
from core.usecases.export import export_vouchers
from core.usecases.imports import import_year
from core.usecases.proofs import balances_to_carry, prove_export, read_proof
from core.usecases.receipts import list_receipts
from core.usecases.voucher_making import effects
from core.usecases.vouchers import get_voucher

Office = Any


@pytest.fixture(autouse=True)
async def _books_as_they_are_now(office: Office) -> None:
    """Other tests have posted to the same company since its stored import."""
    await import_year(office.ctx, office.engagement.id, ledgers=())


async def posted(office: Office, count: int = 1) -> list[ClosingVoucher]:
    """Vouchers exported some time after the import that the office begins with."""
    office.clock.ahead += timedelta(seconds=5)
    made = await office.ready(*(office.draft(ore=1000 + number) for number in range(count)))
    await export_vouchers(office.ctx, office.engagement.id, "I")
    office.clock.ahead += timedelta(seconds=5)
    return [await get_voucher(office.ctx, one.id) for one in made]


def at_fortnox(office: Office, method: str, voucher: ClosingVoucher, body: dict[str, Any]) -> Any:
    books = office.fortnox.control("GET", f"books/{office.client.tenant}")
    year = next(
        one["id"] for one in books["years"] if one["to"] == office.engagement.year.to_date.isoformat()
    )
    return office.fortnox.control(method, f"vouchers/{office.client.tenant}/{year}/{voucher.series}", body)


async def reread(office: Office) -> list[str]:
    result = await import_year(office.ctx, office.engagement.id, ledgers=())
    return [finding.code for finding in result.findings]


async def test_the_books_change_by_our_vouchers_and_nothing_else(office: Office) -> None:
    made = await posted(office, 3)
    result = await prove_export(office.ctx, office.engagement.id)
    assert (result.proof.holds, {one.id for one in result.proof.found} >= {one.id for one in made}) == (
        True,
        True,
    )


async def test_a_proof_reads_the_ledgers_that_the_import_before_had(office: Office) -> None:
    await import_year(office.ctx, office.engagement.id)
    await posted(office)
    await prove_export(office.ctx, office.engagement.id)
    assert all(one.items is not None for one in await annexes(office.ctx, office.engagement.id))


async def test_what_somebody_else_booked_meanwhile_is_named(office: Office) -> None:
    await posted(office)
    ours = (await posted(office))[0]
    day = office.engagement.year.to_date.isoformat()
    rows = [["6530", "10.00"], ["2990", "-10.00"]]
    other = at_fortnox(office, "POST", ours, {"date": day, "text": "Deras", "rows": rows})["voucher"]
    result = await prove_export(office.ctx, office.engagement.id)
    assert (result.proof.holds, [(one.series, one.number) for one in result.proof.added]) == (
        False,
        [(other["series"], str(other["number"]))],
    )


async def test_opening_balances_that_lag_are_listed_with_the_way_to_carry_them(office: Office) -> None:
    await posted(office)
    result = await prove_export(office.ctx, office.engagement.id)
    waiting = [one.client.id for one in await balances_to_carry(office.ctx)]
    assert ("1710" in {lag.account for lag in result.lags}, "balanser" in result.carry_path) == (True, True)
    assert waiting == [office.client.id]


async def test_carried_balances_lag_no_more(office: Office) -> None:
    await posted(office)
    office.change(act="carry_balances")
    result = await prove_export(office.ctx, office.engagement.id)
    assert (result.lags, await balances_to_carry(office.ctx)) == ([], [])


async def test_without_an_export_there_is_nothing_to_prove(office: Office) -> None:
    with pytest.raises(UsageError):
        await prove_export(office.ctx, office.engagement.id)


async def test_an_export_leaves_a_receipt_with_numbers_and_hashes(office: Office) -> None:
    made = await posted(office, 2)
    receipt = (await list_receipts(office.ctx, office.engagement.id))[0]
    lines: Any = receipt.body["vouchers"]
    assert [(line["id"], line["series"], line["number"], len(line["sha256"])) for line in lines] == [
        (one.id, one.series, one.number, 64) for one in made
    ]
    assert (receipt.person, receipt.body["count"]) == ("anna", 2)


async def test_a_voucher_deleted_in_fortnox_alarms_and_is_not_sent_again(office: Office) -> None:
    ours = (await posted(office))[0]
    at_fortnox(office, "DELETE", ours, {})
    codes = await reread(office)
    after = await get_voucher(office.ctx, ours.id)
    again = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert ("voucher_vanished" in codes, after.state, bool(after.error), again.posted) == (
        True,
        VoucherState.POSTED,
        True,
        0,
    )


async def test_a_voucher_that_took_the_number_of_ours_is_not_ours(office: Office) -> None:
    ours = (await posted(office))[0]
    at_fortnox(office, "DELETE", ours, {})
    rows = [["1710", "5.00"], ["5010", "-5.00"]]
    at_fortnox(office, "POST", ours, {"date": ours.date.isoformat(), "text": "Deras", "rows": rows})
    assert "voucher_vanished" in await reread(office)


async def test_a_voucher_changed_in_fortnox_is_told_of(office: Office) -> None:
    ours = (await posted(office))[0]
    rows = [["1710", "7.00"], ["5010", "-7.00"]]
    at_fortnox(office, "PUT", ours, {"number": int(ours.number), "rows": rows})
    assert "voucher_altered" in await reread(office)


async def test_a_voucher_moved_to_another_day_in_fortnox_is_changed_and_not_gone(office: Office) -> None:
    ours = (await posted(office))[0]
    comments = office.booked()[0]["comments"]
    at_fortnox(office, "DELETE", ours, {})
    rows = [[row.account, str(Decimal(row.amount) / 100)] for row in ours.rows]
    day = (ours.date - timedelta(days=9)).isoformat()
    at_fortnox(office, "POST", ours, {"date": day, "text": ours.text, "comments": comments, "rows": rows})
    assert {"voucher_altered", "voucher_vanished"} & set(await reread(office)) == {"voucher_altered"}


async def test_a_marker_on_two_vouchers_alarms(office: Office) -> None:
    ours = (await posted(office))[0]
    comments = office.booked()[0]["comments"]
    rows = [["1710", "10.00"], ["5010", "-10.00"]]
    body = {"date": ours.date.isoformat(), "text": "Kopia", "comments": comments, "rows": rows}
    at_fortnox(office, "POST", ours, body)
    assert "marker_twice" in await reread(office)


async def test_an_untouched_voucher_raises_no_alarm(office: Office) -> None:
    ours = (await posted(office))[0]
    codes = await reread(office)
    assert not {"voucher_vanished", "voucher_altered", "marker_twice"} & set(codes)
    assert (await get_voucher(office.ctx, ours.id)).error == ""


async def test_a_posted_voucher_counts_once_in_the_balances(office: Office) -> None:
    before = (await effects(office.ctx, office.engagement.id)).after.get("1710", 0)
    await posted(office)
    unread = await effects(office.ctx, office.engagement.id)
    await reread(office)
    read = await effects(office.ctx, office.engagement.id)
    ub = {one.account.number: one.ub for one in await accounts(office.ctx, office.engagement.id)}
    assert (unread.after["1710"], read.after["1710"], ub["1710"]) == (before + 1000,) * 3


async def test_a_voucher_that_went_by_file_is_recognised_by_content_when_it_comes_back(
    office: Office,
) -> None:
    made = (await office.ready())[0]
    sent = replace(made, state=VoucherState.EXPORTED, series="I")
    await office.ctx.store.write(lambda tx: vouchers.update(tx, sent))
    rows = [["1710", "30000.00"], ["5010", "-30000.00"]]
    body = {"date": made.date.isoformat(), "text": office.text, "rows": rows}
    booked = at_fortnox(office, "POST", sent, body)["voucher"]
    await reread(office)
    after = await get_voucher(office.ctx, made.id)
    assert (after.state, after.number) == (VoucherState.POSTED, str(booked["number"]))


async def test_a_voucher_that_went_by_file_and_is_not_there_yet_stays_so(office: Office) -> None:
    made = (await office.ready(office.draft(ore=123)))[0]
    sent = replace(made, state=VoucherState.EXPORTED)
    await office.ctx.store.write(lambda tx: vouchers.update(tx, sent))
    await reread(office)
    assert (await get_voucher(office.ctx, made.id)).state is VoucherState.EXPORTED


async def test_a_restored_store_finds_its_posted_voucher_at_the_import(office: Office) -> None:
    made = (await office.ready())[0]
    await export_vouchers(office.ctx, office.engagement.id, "I")

    def forget(tx: Any) -> None:
        vouchers.update(tx, made)
        tx.execute("DELETE FROM outbox")

    await office.ctx.store.write(forget)
    await reread(office)
    assert (await get_voucher(office.ctx, made.id)).state is VoucherState.POSTED


async def test_what_a_killed_run_posted_comes_onto_the_next_receipt(office: Office) -> None:
    made = (await posted(office))[0]
    await office.ctx.store.write(lambda tx: tx.execute("DELETE FROM receipts"))
    await export_vouchers(office.ctx, office.engagement.id, "I")
    receipt = (await list_receipts(office.ctx, office.engagement.id))[0]
    lines: Any = receipt.body["vouchers"]
    assert [line["id"] for line in lines] == [made.id]


async def test_a_proof_is_read_again_from_the_store_with_its_opening_balances(office: Office) -> None:
    await posted(office)
    assert await read_proof(office.ctx, office.engagement.id) is None
    made = await prove_export(office.ctx, office.engagement.id)
    read = await read_proof(office.ctx, office.engagement.id)
    assert read is not None
    assert (read.proof, read.lags, read.next_year) == (made.proof, made.lags, made.next_year)
