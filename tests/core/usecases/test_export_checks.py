from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.errors import Refused
from core.model import Row
from core.register import Check, DraftVoucher
from core.usecases.export import export_vouchers, plan_export
from core.usecases.export_checks import acknowledge
from core.usecases.imports import import_year
from core.usecases.voucher_making import reverse_vouchers

Office = Any


async def checks(office: Office) -> dict[str, Check]:
    plan = await plan_export(office.ctx, office.engagement.id, "I")
    return {check.code: check for check in plan.checks}


def somebody_books(office: Office) -> None:
    books = office.fortnox.control("GET", f"books/{office.client.tenant}")
    last = office.engagement.year.to_date.isoformat()
    year = next(one["id"] for one in books["years"] if one["to"] == last)
    rows = [["6530", "10.00"], ["2990", "-10.00"]]
    body = {"date": last, "text": "Deras", "rows": rows}
    office.fortnox.control("POST", f"vouchers/{office.client.tenant}/{year}/A", body)


async def test_untouched_books_pass(office: Office) -> None:
    await office.ready()
    found = await checks(office)
    assert [found[code].ok for code in ("books_changed", "already_posted")] == [True, True]


async def test_what_others_booked_since_the_import_must_be_acknowledged(office: Office) -> None:
    await office.ready()
    somebody_books(office)
    with pytest.raises(Refused) as caught:
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (caught.value.code, office.booked()) == ("not_acknowledged", [])


async def test_an_acknowledged_change_lets_the_export_through(office: Office) -> None:
    await office.ready()
    somebody_books(office)
    plan = await plan_export(office.ctx, office.engagement.id, "I")
    await acknowledge(office.ctx, office.engagement.id, plan.to_acknowledge)
    assert (await export_vouchers(office.ctx, office.engagement.id, "I")).posted == 1


async def test_a_further_change_asks_anew(office: Office) -> None:
    await office.ready()
    somebody_books(office)
    plan = await plan_export(office.ctx, office.engagement.id, "I")
    await acknowledge(office.ctx, office.engagement.id, plan.to_acknowledge)
    somebody_books(office)
    assert not (await checks(office))["books_changed"].ok


async def test_a_new_import_settles_the_change(office: Office) -> None:
    await office.ready()
    somebody_books(office)
    office.clock.ahead += timedelta(seconds=2)
    await import_year(office.ctx, office.engagement.id, ledgers=())
    assert (await checks(office))["books_changed"].ok


async def test_our_own_vouchers_are_no_change(office: Office) -> None:
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    await office.ready(office.draft(ore=5))
    assert (await checks(office))["books_changed"].ok


async def test_an_account_with_vat_code_in_a_reported_period_must_be_acknowledged(office: Office) -> None:
    draft = DraftVoucher(
        office.engagement.year.from_date, office.text, (Row("3001", -100_00), Row("1930", 100_00))
    )
    await office.ready(draft)
    books = office.fortnox.control("GET", f"books/{office.client.tenant}")
    reported = any(one["series"] == "M" for one in books["vouchers"])
    found = await checks(office)
    assert ("vat_reported" in found and not found["vat_reported"].ok) == reported


async def test_a_check_that_fails_in_one_of_two_years_names_it(office: Office) -> None:
    (made,) = await office.ready()
    await reverse_vouchers(office.ctx, [made.id])
    somebody_books(office)
    plan = await plan_export(office.ctx, office.engagement.id, "I")
    changed = [check.text for check in plan.checks if check.code == "books_changed"]
    assert len({voucher.year for voucher in plan.vouchers}) == 2
    assert any(text.startswith(f"{made.year}: ") for text in changed)


async def test_before_the_first_import_the_connection_is_not_said_to_have_lapsed(office: Office) -> None:
    await office.ready()
    await office.ctx.store.write(lambda tx: tx.execute("DELETE FROM imports"))
    found = await checks(office)
    assert "connection_lapsed" not in found
    assert found["not_imported"].text.startswith("Inget är importerat ännu")


async def test_an_export_before_the_first_import_is_refused(office: Office) -> None:
    await office.ready()
    await office.ctx.store.write(lambda tx: tx.execute("DELETE FROM imports"))
    with pytest.raises(Refused) as caught:
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (caught.value.code, office.booked()) == ("not_imported", [])


async def test_the_result_of_an_export_into_two_years_names_them(office: Office) -> None:
    (made,) = await office.ready()
    (back,) = await reverse_vouchers(office.ctx, [made.id])
    places = (await export_vouchers(office.ctx, office.engagement.id, "I")).places()
    assert [places[one.id].split(" ", 2)[2] for one in (made, back)] == [
        f"({made.year.label})",
        f"({back.year.label})",
    ]
