"""The five sample companies through the whole import, and what their annexes say."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.config import load
from core.errors import BryggaError, UsageError
from core.model import Annex, Ledger
from core.register import NextStep
from core.together import together
from core.usecases.annexes import annexes, explanation_text
from core.usecases.clients import list_clients
from core.usecases.context import open_context
from core.usecases.diffs import latest_diff
from core.usecases.engagements import list_engagements
from core.usecases.export import export_vouchers
from core.usecases.imports import ImportResult, import_year
from core.usecases.progress import Progress
from core.usecases.reconcile import draft_from_difference, sign_off, undo_sign_off
from core.usecases.status import overview

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Fortnox, Office, Opened

BAKERY, CYCLES, PROPERTY, BUILDING, HAULAGE = range(5)


def differences(result: ImportResult) -> dict[str, int | None]:
    return {annex.account: annex.difference for annex in result.annexes}


def of(result: ImportResult, account: str) -> Annex:
    return next(annex for annex in result.annexes if annex.account == account)


@dataclass
class Samples:
    """The sample companies after an import of all of them, side by side."""

    directory: Path
    results: list[ImportResult]


@pytest.fixture(scope="module")
def samples(prepared: Path, fortnox: Fortnox, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    directory = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("samples") / "byrå"))
    (directory / "config.toml").write_text(fortnox.info.config, "utf-8")
    settings = load(directory / "config.toml", directory / "data", environ={})
    wanted = [tenant.tenant for tenant in fortnox.info.tenants[:5]]

    async def work() -> list[ImportResult]:
        async with open_context(settings, person="anna") as ctx:
            by_tenant = {client.tenant: client for client in await list_clients(ctx)}
            years = [(await list_engagements(ctx, by_tenant[tenant].id))[0] for tenant in wanted]
            return await together(import_year(ctx, year.id) for year in years)

    return Samples(directory, asyncio.run(work()))


async def test_the_bakerys_planted_difference_is_explained_first(samples: Samples) -> None:
    annex = of(samples.results[BAKERY], "1510")
    assert (annex.difference, annex.explanations[0].amount) == (4_512_00, 4_512_00)


async def test_the_explanation_is_a_sentence_with_the_amount(samples: Samples) -> None:
    annex = of(samples.results[BAKERY], "1510")
    assert "A 222" in explanation_text(annex.explanations[0], "1510")


async def test_a_difference_is_to_be_explained(opening: Opened, samples: Samples) -> None:
    async with opening(samples.directory, sample=BAKERY) as office:
        (row,) = await overview(office.ctx, office.client.id)
        assert row.next_step is NextStep.EXPLAIN


async def test_an_annex_is_kept_as_it_was_made(opening: Opened, samples: Samples) -> None:
    async with opening(samples.directory, sample=BAKERY) as office:
        kept = await annexes(office.ctx, office.engagement.id, "1510")
        assert kept == [of(samples.results[BAKERY], "1510")]


async def test_an_account_without_a_ledger_has_no_annex(opening: Opened, samples: Samples) -> None:
    async with opening(samples.directory, sample=BAKERY) as office:
        with pytest.raises(UsageError) as caught:
            await annexes(office.ctx, office.engagement.id, "1999")
        assert caught.value.code == "account_unknown"


async def test_a_company_on_the_cash_method_is_a_task_and_no_error(samples: Samples) -> None:
    codes = {one.code for annex in samples.results[CYCLES].annexes for one in annex.explanations}
    assert codes == {"cash_method"}


async def test_the_overview_tells_a_task_from_a_difference(opening: Opened, samples: Samples) -> None:
    async with opening(samples.directory, sample=CYCLES) as office:
        (row,) = await overview(office.ctx, office.client.id)
        assert row.only_tasks


async def test_no_closing_voucher_is_made_of_unpaid_invoices_under_the_cash_method(
    opening: Opened, samples: Samples
) -> None:
    async with opening(samples.directory, sample=CYCLES) as office:
        with pytest.raises(UsageError):
            await draft_from_difference(office.ctx, office.engagement.id, "1510", "3001")


async def test_a_difference_signed_off_with_a_comment_is_no_longer_to_be_explained(
    opening: Opened, samples: Samples
) -> None:
    async with opening(samples.directory, sample=BAKERY) as office:
        await sign_off(office.ctx, office.engagement.id, ["1510"], comment="insättning i januari")
        (row,) = await overview(office.ctx, office.client.id)
        await undo_sign_off(office.ctx, office.engagement.id, ["1510"])
    assert row.next_step is NextStep.WRITE


@pytest.mark.parametrize("sample", [PROPERTY, BUILDING, HAULAGE])
async def test_the_other_annexes_agree_with_the_books(samples: Samples, sample: int) -> None:
    assert set(differences(samples.results[sample]).values()) == {0}


async def test_an_import_without_ledgers_says_so(office: Office) -> None:
    result = await import_year(office.ctx, office.engagement.id, ledgers=())
    assert "ledgers_left_out" in {finding.code for finding in result.findings}
    assert {annex.total for annex in result.annexes} == {None}


async def test_one_ledger_gives_the_annex_of_that_ledger(office: Office) -> None:
    result = await import_year(office.ctx, office.engagement.id, ledgers={Ledger.SUPPLIER})
    assert "2440" in differences(result)


async def test_progress_goes_through_every_phase(office: Office) -> None:
    seen: list[Progress] = []
    await import_year(office.ctx, office.engagement.id, progress=seen.append)
    phases = list(dict.fromkeys(one.phase for one in seen))
    assert phases == ["company", "year", "sie", "customer_ledger", "supplier_ledger", "checks", "save"]


async def test_the_books_after_an_export_hold_our_voucher_and_nothing_else(office: Office) -> None:
    await import_year(office.ctx, office.engagement.id, ledgers=())
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    await import_year(office.ctx, office.engagement.id, ledgers=())
    diff = await latest_diff(office.ctx, office.engagement.id)
    assert [(one.text, one.turnover, one.ours) for one in diff.added] == [(office.text, 3_000_000, True)]
    assert (diff.removed, diff.altered) == ([], [])
    assert [(one.account.number, one.after - one.before) for one in diff.accounts] == [
        ("1710", 3_000_000),
        ("5010", -3_000_000),
    ]


async def test_an_import_that_breaks_off_leaves_the_store_as_it_was(office: Office) -> None:
    before = await overview(office.ctx, office.client.id)
    office.fortnox.fault("no-licence", office.client.tenant, path="GET /3/sie")
    with pytest.raises(BryggaError):
        await import_year(office.ctx, office.engagement.id, ledgers=())
    assert await overview(office.ctx, office.client.id) == before
