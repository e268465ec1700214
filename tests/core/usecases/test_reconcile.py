"""The reconciliation list over SIE files: figures, checks, sign-offs, drill-down, statements, binder."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest

from core import i18n
from core.config import load
from core.errors import BryggaError, Refused, UsageError
from core.ledger.account_checks import CheckState
from core.register import AccountNames, Engagement, PreviousYear, SourceKind, SourceSettings, VoucherState
from core.store import imports, rowindex
from core.store.prune import prune
from core.usecases import reconcile, reports
from core.usecases.annexes import annex_views
from core.usecases.binder import make_binder
from core.usecases.books import accounts
from core.usecases.client_list import preview_clients
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.diffs import Changes, latest_changes
from core.usecases.drilldown import drill_down, voucher_in_books
from core.usecases.engagement_list import import_engagements, preview_engagements
from core.usecases.engagements import add_engagement, list_engagements, set_locked
from core.usecases.imports import ImportResult, import_file
from core.usecases.reports import ReportKind
from core.usecases.sourcesettings import change_source, plan_source, rename_account

HEAD = """#FLAGGA 0
#PROGRAM "Prov" 1.0
#FORMAT PC8
#GEN 20260210
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Bageri"
#RAR 0 {year}0101 {year}1231
#KONTO 1510 "Kundfordringar"
#KONTO 1799 "OBS-konto"
#KONTO 1930 "Bank"
#KONTO 1940 "Kapital"
#KONTO 2081 "Aktiekapital"
#KONTO 2440 "Skulder"
#KONTO 3001 "Intakter"
#KONTO 5010 "Hyra"
#KONTO 8999 "Arets resultat"
"""
BALANCES = """#IB 0 1930 {ib}
#IB 0 1940 200
#IB 0 2081 -{capital}
#UB -1 1930 1000
#UB -1 1940 200
#UB -1 2081 -1200
#UB 0 1510 250
#UB 0 1799 3000
#UB 0 1930 {ub}
#UB 0 1940 200
#UB 0 2081 -{capital}
#RES 0 3001 -{sales}
#RES 0 5010 300
"""
VOUCHERS = """#VER A 1 {year}0310 "Forsaljning"
{{
#TRANS 1510 {{}} 250
#TRANS 1930 {{}} {paid}
#TRANS 3001 {{}} -{first}
}}
#VER A 2 {year}0210 "Okand insattning"
{{
#TRANS 1799 {{}} 3000
#TRANS 3001 {{}} -3000
}}
#VER B 1 {year}0601 "Hyra"
{{
#TRANS 5010 {{}} 300
#TRANS 1930 {{}} -300
}}
"""


def sie(paid: int = 500, year: int = 2025, ib: int = 1000) -> bytes:
    figures = {
        "year": year,
        "ib": ib,
        "capital": ib + 200,
        "paid": paid,
        "first": paid + 250,
        "sales": paid + 3250,
        "ub": ib + paid - 300,
    }
    text = HEAD.format(**figures) + f"#RAR -1 {year - 1}0101 {year - 1}1231\n"
    return (text + BALANCES.format(**figures) + VOUCHERS.format(**figures)).encode("cp437")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


@pytest.fixture
async def ctx(tmp_path: Path) -> AsyncIterator[Context]:
    settings = load(None, tmp_path / "data", environ={})
    async with open_context(settings, person="anna") as context:
        yield context


@pytest.fixture
async def engagement(ctx: Context) -> Engagement:
    client = await add_client(ctx, name="Bageri", orgnr="556677-8899", number="1")
    return await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)


async def read_in(
    ctx: Context, engagement: Engagement, tmp_path: Path, data: bytes | None = None
) -> ImportResult:
    path = tmp_path / "books.se"
    path.write_bytes(data or sie())
    return await import_file(ctx, engagement.id, path)


@pytest.fixture
async def imported(ctx: Context, engagement: Engagement, tmp_path: Path) -> Engagement:
    await read_in(ctx, engagement, tmp_path)
    return engagement


async def row_of(ctx: Context, engagement: Engagement, account: str) -> reconcile.ReconciledAccount:
    listed = await reconcile.reconciliation_list(ctx, engagement.id)
    return next(row for row in listed.accounts if row.account.number == account)


async def test_the_list_has_every_balance_account_with_its_figures(
    ctx: Context, imported: Engagement
) -> None:
    listed = await reconcile.reconciliation_list(ctx, imported.id)
    figures = {row.account.number: (row.ib, row.change, row.ub, row.previous_ub) for row in listed.accounts}
    assert figures == {
        "1510": (0, 25_000, 25_000, 0),
        "1799": (0, 300_000, 300_000, 0),
        "1930": (100_000, 20_000, 120_000, 100_000),
        "1940": (20_000, 0, 20_000, 20_000),
        "2081": (-120_000, 0, -120_000, -120_000),
        "2440": (0, 0, 0, 0),
    }


async def test_the_checks_find_a_sleeping_account_and_round_sums_in_suspense(
    ctx: Context, imported: Engagement
) -> None:
    listed = await reconcile.reconciliation_list(ctx, imported.id)
    found = {(row.account.number, check.code) for row in listed.accounts for check in row.found}
    assert found == {("1799", "suspense"), ("1940", "dormant")}
    suspense = (await row_of(ctx, imported, "1799")).found[0]
    assert suspense.count == 1
    assert "1 rows are round sums" in reconcile.check_text(suspense)


async def test_an_opening_balance_unlike_last_years_closing_is_found(
    ctx: Context, engagement: Engagement, tmp_path: Path
) -> None:
    await read_in(ctx, engagement, tmp_path, sie(ib=900))
    opening = next(
        check for check in (await row_of(ctx, engagement, "1930")).checks if check.code == "opening"
    )
    assert (opening.state, opening.amount) == (CheckState.FOUND, -10_000)


async def test_a_supported_amount_gives_any_account_a_difference(ctx: Context, imported: Engagement) -> None:
    row = await reconcile.set_supported(
        ctx, imported.id, "1930", 115_000, note="kontoutdrag", reference="k.pdf"
    )
    assert (row.difference, row.supported_amount) == (-5_000, 115_000)
    assert (await reconcile.set_supported(ctx, imported.id, "1930", None)).difference is None


async def test_a_difference_is_signed_off_only_with_a_comment(ctx: Context, imported: Engagement) -> None:
    await reconcile.set_supported(ctx, imported.id, "1930", 115_000)
    with pytest.raises(UsageError, match="comment"):
        await reconcile.sign_off(ctx, imported.id, ["1940", "1930"])
    assert not (await row_of(ctx, imported, "1940")).done
    (row,) = await reconcile.sign_off(ctx, imported.id, ["1930"], comment="ränta i januari")
    assert row.sign_off is not None
    assert (row.done, row.sign_off.done_by, row.sign_off.balance) == (True, "anna", 120_000)


async def test_the_second_reader_is_somebody_else(ctx: Context, imported: Engagement) -> None:
    with pytest.raises(UsageError, match="not signed off"):
        await reconcile.second_read(ctx, imported.id, ["1940"])
    await reconcile.sign_off(ctx, imported.id, ["1940"])
    with pytest.raises(UsageError, match="same person"):
        await reconcile.second_read(ctx, imported.id, ["1940"])
    ctx.person = "bo"
    (row,) = await reconcile.second_read(ctx, imported.id, ["1940"], comment="sett")
    assert row.sign_off is not None
    assert (row.sign_off.reviewed_by, row.sign_off.comment) == ("bo", "sett")


async def test_an_import_undoes_the_sign_off_of_a_changed_balance_and_no_other(
    ctx: Context, imported: Engagement, tmp_path: Path
) -> None:
    await reconcile.sign_off(ctx, imported.id, ["1930", "1940"])
    result = await read_in(ctx, imported, tmp_path, sie(paid=600))
    assert [one.parameters for one in result.findings if one.code == "sign_offs_undone"] == [
        {"accounts": ["1930"]}
    ]
    bank = await row_of(ctx, imported, "1930")
    assert bank.undone is not None
    assert (bank.done, bank.undone.balance, bank.undone.balance_after) == (False, 120_000, 130_000)
    assert (await row_of(ctx, imported, "1940")).done


async def test_a_second_comment_on_a_signed_off_account_is_refused(
    ctx: Context, imported: Engagement
) -> None:
    await reconcile.sign_off(ctx, imported.id, ["1930"], comment="stämmer")
    with pytest.raises(UsageError):
        await reconcile.sign_off(ctx, imported.id, ["1930"], comment="stämmer inte")


async def test_the_latest_two_imports_are_compared(
    ctx: Context, imported: Engagement, tmp_path: Path
) -> None:
    assert await latest_changes(ctx, imported.id) is None
    await read_in(ctx, imported, tmp_path, sie())
    assert await latest_changes(ctx, imported.id) == Changes(0, 0, 0)
    result = await read_in(ctx, imported, tmp_path, sie(paid=600))
    assert await latest_changes(ctx, imported.id) == result.changes


async def test_signing_off_again_keeps_the_history(ctx: Context, imported: Engagement) -> None:
    await reconcile.sign_off(ctx, imported.id, ["1930"])
    (row,) = await reconcile.undo_sign_off(ctx, imported.id, ["1930"])
    assert (row.done, row.undone) == (False, None)
    await reconcile.sign_off(ctx, imported.id, ["1930"])
    history = await reconcile.sign_off_history(ctx, imported.id)
    assert [one.undone_by for one in history] == ["anna", ""]


async def test_a_locked_engagement_takes_no_word(ctx: Context, imported: Engagement) -> None:
    await set_locked(ctx, imported.id, locked=True)
    for work in (
        reconcile.sign_off(ctx, imported.id, ["1930"]),
        reconcile.set_supported(ctx, imported.id, "1930", 1),
        change_source(ctx, imported.id, SourceKind.FORTNOX, SourceSettings()),
    ):
        with pytest.raises(Refused) as caught:
            await work
        assert caught.value.code == "engagement_locked"


async def test_an_unknown_account_is_named(ctx: Context, imported: Engagement) -> None:
    for work in (reconcile.sign_off(ctx, imported.id, ["1999"]), drill_down(ctx, imported.id, "1999")):
        with pytest.raises(BryggaError) as caught:
            await work
        assert caught.value.code == "account_unknown"


async def test_a_closing_voucher_takes_the_books_to_what_supports_them(
    ctx: Context, imported: Engagement
) -> None:
    await reconcile.set_supported(ctx, imported.id, "1930", 115_000, note="kontoutdrag")
    made = await reconcile.draft_from_difference(ctx, imported.id, "1930", "6570")
    assert [(row.account, row.amount) for row in made.rows] == [("1930", -5_000), ("6570", 5_000)]
    assert (made.date, made.state) == (date(2025, 12, 31), VoucherState.DRAFT)
    half = await reconcile.draft_from_difference(ctx, imported.id, "1930")
    assert half.balance == -5_000


async def test_the_drill_down_ends_at_the_closing_balance(ctx: Context, imported: Engagement) -> None:
    found = await drill_down(ctx, imported.id, "1930")
    shown = [
        (row.date, f"{row.series} {row.number}", row.text, row.amount, row.balance) for row in found.rows
    ]
    assert shown == [
        (date(2025, 3, 10), "A 1", "Forsaljning", 50_000, 150_000),
        (date(2025, 6, 1), "B 1", "Hyra", -30_000, 120_000),
    ]
    assert found.periods == {202503: 50_000, 202506: -30_000}
    voucher = await voucher_in_books(ctx, imported.id, "A", "1")
    assert [row.account for row in voucher.rows] == ["1510", "1930", "3001"]


async def test_a_snapshot_without_an_index_gets_one_from_its_bytes(
    ctx: Context, imported: Engagement
) -> None:
    before = list((await drill_down(ctx, imported.id, "1930")).rows)
    await ctx.store.write(lambda tx: tx.execute("DELETE FROM import_rows"))
    assert list((await drill_down(ctx, imported.id, "1930")).rows) == before


async def test_the_statements_balance_and_carry_last_year(ctx: Context, imported: Engagement) -> None:
    balance = await reports.report(ctx, imported.id, ReportKind.BALANCE)
    of = {line.code: line for line in balance.lines}
    assert of["balance"].ub == 0
    assert of["total_assets"].ub == 465_000
    assert of["unbooked_result"].ub == -345_000
    assert of["total_assets"].previous == 120_000
    income = await reports.report(ctx, imported.id, ReportKind.INCOME)
    assert [(line.code, line.ub) for line in income.lines if line.kind is reports.LineKind.RESULT] == [
        ("operating_result", -345_000),
        ("after_financial", -345_000),
        ("before_tax", -345_000),
        ("result", -345_000),
    ]
    trial = await reports.report(ctx, imported.id, ReportKind.TRIAL)
    assert trial.lines[-1].ub == 0


async def test_the_booked_result_stands_apart(ctx: Context, engagement: Engagement, tmp_path: Path) -> None:
    closing = '#VER I 1 20251231 "Resultat"\n{\n#TRANS 8999 {} 3450\n#TRANS 2440 {} -3450\n}\n#UB 0 2440 -3450\n#RES 0 8999 3450\n'
    await read_in(ctx, engagement, tmp_path, sie() + closing.encode())
    income = {
        line.code: line.ub for line in (await reports.report(ctx, engagement.id, ReportKind.INCOME)).lines
    }
    assert (income["result"], income["8999"], income["not_booked"]) == (-345_000, 345_000, 0)
    balance = {
        line.code: line.ub for line in (await reports.report(ctx, engagement.id, ReportKind.BALANCE)).lines
    }
    assert (balance["unbooked_result"], balance["balance"]) == (0, 0)


async def test_old_snapshots_go_but_never_one_that_a_sign_off_rests_on(
    ctx: Context, imported: Engagement, tmp_path: Path
) -> None:
    await reconcile.sign_off(ctx, imported.id, ["1940"])
    signed = (await ctx.store.read(lambda tx: imports.runs(tx, imported.id)))[0].id
    for paid in (510, 520, 530):
        await read_in(ctx, imported, tmp_path, sie(paid=paid))
    kept = [run.id for run in await ctx.store.read(lambda tx: imports.runs(tx, imported.id))]
    assert len(kept) == 3
    assert kept[-1] == signed
    assert await ctx.store.write(lambda tx: prune(tx, imported.id)) == []


async def test_a_signed_off_annex_is_frozen_and_may_be_kept(
    ctx: Context, imported: Engagement, tmp_path: Path
) -> None:
    await reconcile.sign_off(ctx, imported.id, ["1510"])
    await read_in(ctx, imported, tmp_path, sie().replace(b"#UB 0 1510 250", b"#UB 0 1510 260"))
    view = (await annex_views(ctx, imported.id))[0]
    assert view.frozen is not None
    assert (view.frozen.annex.books, view.latest.books, view.changed) == (25_000, 26_000, True)
    assert view.shown is view.latest


async def test_the_binder_is_the_same_twice_and_lists_what_it_holds(
    ctx: Context, imported: Engagement
) -> None:
    await reconcile.sign_off(ctx, imported.id, ["1940", "1510"])
    first, second = await make_binder(ctx, imported.id), await make_binder(ctx, imported.id)
    assert first.data == second.data
    with zipfile.ZipFile(io.BytesIO(first.data)) as archive:
        assert archive.testzip() is None
        assert archive.read("books.se") == sie()
        manifest = json.loads(archive.read("manifest.json"))
        assert {*manifest["files"], "manifest.json"} == set(archive.namelist())
    assert "556677" not in first.name


async def test_edited_names_and_last_years_engagement_are_used_where_chosen(
    ctx: Context, imported: Engagement, tmp_path: Path
) -> None:
    await rename_account(ctx, imported.id, "1930", "Företagskonto")
    older = await add_engagement(
        ctx, imported.client_id, date(2024, 1, 1), date(2024, 12, 31), SourceKind.SIE4
    )
    await read_in(ctx, older, tmp_path, sie(year=2024, paid=800))
    settings = SourceSettings(AccountNames.EDITED, previous_year=PreviousYear.ENGAGEMENT)
    plan = await plan_source(ctx, imported.id, SourceKind.SIE4, settings)
    assert plan.replaced == ("Last year's figures are taken from last year's engagement in brygga.",)
    await change_source(ctx, imported.id, SourceKind.SIE4, settings)
    bank = next(one for one in await accounts(ctx, imported.id) if one.account.number == "1930")
    assert (bank.account.name, bank.previous_ub) == ("Företagskonto", 150_000)


async def test_period_balances_are_left_out_where_nobody_wants_them(
    ctx: Context, engagement: Engagement, tmp_path: Path
) -> None:
    await change_source(ctx, engagement.id, SourceKind.SIE4, SourceSettings(period_balances=False))
    result = await read_in(ctx, engagement, tmp_path)
    assert await ctx.store.read(lambda tx: rowindex.periods(tx, result.run.id, "1930")) == {}


async def test_a_list_of_engagements_is_shown_before_it_is_added(
    ctx: Context, engagement: Engagement
) -> None:
    data = b"klient;fr\xc3\xa5n;till;datak\xc3\xa4lla\n1;2026-01-01;2026-12-31;sie4\n1;2025-01-01;2025-12-31;sie4\n9;x;y;\n"
    planned = await preview_engagements(ctx, data)
    assert [(one.line, one.exists, bool(one.problem)) for one in planned] == [
        (2, False, False),
        (3, True, False),
        (4, False, True),
    ]
    with pytest.raises(UsageError, match="Row 4"):
        await import_engagements(ctx, data)
    assert len(await list_engagements(ctx)) == 1
    assert len(await import_engagements(ctx, data.rpartition(b"9;")[0])) == 1


async def test_a_list_may_name_the_client_beside_its_number(ctx: Context, engagement: Engagement) -> None:
    data = "Klientnr;Klient;Från;Till\n1;Vem som helst;2026-01-01;2026-12-31\n".encode("cp1252")
    (planned,) = await preview_engagements(ctx, data)
    assert planned.client is not None
    assert (planned.client.number, planned.problem) == ("1", "")


async def test_a_file_says_what_it_cannot_carry(ctx: Context, engagement: Engagement, tmp_path: Path) -> None:
    result = await read_in(ctx, engagement, tmp_path)
    assert "file_carries_no_ledgers" in {one.code for one in result.findings}


async def test_too_many_objects_and_a_missing_series_are_told(
    ctx: Context, engagement: Engagement, tmp_path: Path
) -> None:
    objects = "".join(f'#OBJEKT 1 K{number} "x"\n' for number in range(501)).encode()
    data = sie().replace(b"#VER B 1", b'#VER "" 1').replace(b"#KONTO 1510", objects + b"#KONTO 1510")
    result = await read_in(ctx, engagement, tmp_path, data)
    found = {one.code: one.parameters for one in result.findings}
    assert found["objects_skipped"] == {"count": 501, "limit": 500}
    assert found["series_filled_in"] == {"count": 1, "series": "V"}
    assert (await drill_down(ctx, engagement.id, "5010")).rows[0].series == "V"


async def test_a_client_list_is_shown_before_it_is_added(ctx: Context, engagement: Engagement) -> None:
    data = b"nummer;namn;orgnr\n1;Taget AB;556677-8899\n2;Ny AB;556677-8899\n3;Fel AB;123\n"
    planned = await preview_clients(ctx, data)
    assert [(one.line, one.client is not None, bool(one.warning), bool(one.problem)) for one in planned] == [
        (2, False, False, True),
        (3, True, True, False),
        (4, False, False, True),
    ]
    assert len(await list_engagements(ctx)) == 1
