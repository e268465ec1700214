from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import FortnoxRejected, Refused, UsageError
from core.fortnox import resources
from core.model import Account, Row
from core.register import DraftVoucher
from core.usecases.activity import activity
from core.usecases.export import export_vouchers, plan_export
from core.usecases.export_accounts import AccountNeed, add_accounts, needed_accounts, provide_accounts
from core.usecases.tokens import open_api

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Fortnox, Office, Opened

INACTIVE = "1950"
"""Of the sandbox's chart, out of use."""


@pytest.fixture
async def allowed(opening: Opened, data: Path, fortnox: Fortnox) -> AsyncIterator[Office]:
    """An office whose settings allow brygga to add accounts."""
    async with opening(data, accounts=True) as made:
        yield made
    fortnox.control("DELETE", "faults")


async def ready_on(office: Office, account: str) -> None:
    day = office.engagement.year.to_date
    await office.ready(DraftVoucher(day, office.text, (Row(account, 100_00), Row("1930", -100_00))))


async def needs_of(office: Office) -> list[AccountNeed]:
    return await needed_accounts(office.ctx, await plan_export(office.ctx, office.engagement.id, "I"))


async def chart(office: Office) -> dict[str, Account]:
    api = await open_api(office.ctx, office.client)
    years = await resources.financial_years(api)
    year_id = next(one.year.id or "" for one in years if one.year == office.engagement.year)
    return {one.number: one for one in await resources.accounts(api, year_id)}


async def test_a_missing_account_is_added_with_its_name_and_the_voucher_goes(allowed: Office) -> None:
    await ready_on(allowed, "1697")
    await add_accounts(allowed.ctx, allowed.engagement.id, "I", {"1697": "Fordran på [delägare]"})
    result = await export_vouchers(allowed.ctx, allowed.engagement.id, "I")
    assert (result.posted, (await chart(allowed))["1697"].name) == (1, "Fordran på (delägare)")


async def test_an_inactive_account_is_activated_and_keeps_its_name(allowed: Office) -> None:
    before = (await chart(allowed))[INACTIVE]
    assert not before.active
    await ready_on(allowed, INACTIVE)
    await add_accounts(allowed.ctx, allowed.engagement.id, "I", {})
    after = (await chart(allowed))[INACTIVE]
    assert (after.active, after.name, after.sru) == (True, before.name, before.sru)


async def test_an_account_of_the_year_before_is_taken_over_with_its_codes(allowed: Office) -> None:
    api = await open_api(allowed.ctx, allowed.client)
    years = [one.year for one in await resources.financial_years(api)]
    before = next(one for one in years if one.to_date < allowed.engagement.year.from_date)
    await resources.create_account(
        api, before.id or "", Account("1698", "Avräkning", vat_code="U1", sru="7261")
    )
    await ready_on(allowed, "1698")
    (need,) = await needs_of(allowed)
    assert (need.account.name, need.account.vat_code, need.account.sru) == ("Avräkning", "U1", "7261")


async def test_nothing_is_offered_or_added_where_the_settings_do_not_allow_it(office: Office) -> None:
    await ready_on(office, "1699")
    assert await needs_of(office) == []
    with pytest.raises(Refused):
        await add_accounts(office.ctx, office.engagement.id, "I", {"1699": "Nytt"})
    assert "1699" not in await chart(office)


async def test_an_export_alone_adds_no_account(allowed: Office) -> None:
    await ready_on(allowed, "1696")
    with pytest.raises(Refused) as caught:
        await export_vouchers(allowed.ctx, allowed.engagement.id, "I")
    assert (caught.value.code, "1696" in await chart(allowed)) == ("account_unknown", False)


async def test_an_account_without_a_name_is_not_added(allowed: Office) -> None:
    await ready_on(allowed, "1695")
    with pytest.raises(UsageError):
        await add_accounts(allowed.ctx, allowed.engagement.id, "I", {})
    assert "1695" not in await chart(allowed)


async def test_what_was_added_is_in_the_audit_and_so_is_a_refusal(allowed: Office) -> None:
    year = (await plan_export(allowed.ctx, allowed.engagement.id, "I")).engagement.year
    api = await open_api(allowed.ctx, allowed.client)
    found = next(one.year for one in await resources.financial_years(api) if one.year == year)
    need = AccountNeed(found, Account("1694", "Avräkning"), exists=False)
    await provide_accounts(allowed.ctx, allowed.engagement.id, [need])
    with pytest.raises(FortnoxRejected):
        await provide_accounts(allowed.ctx, allowed.engagement.id, [need])
    told = [event for event in await activity(allowed.ctx) if event.action == "account.created"]
    assert [(event.outcome, event.details["account"]) for event in told] == [
        ("rejected", "1694"),
        ("ok", "1694"),
    ]
