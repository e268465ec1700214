"""``brygga export``: post the ready closing vouchers exactly once, or write them to a SIE 4I file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from bridge.cli import shape, words
from bridge.cli.doctor import check_lines
from bridge.cli.exits import Exit, combine, exit_code
from bridge.cli.findings import finding_lines
from bridge.cli.parameters import ClientName, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, table
from core.errors import UsageError
from core.i18n import _, mark, ngettext
from core.register import Client, Engagement
from core.sie.summary import finding_record
from core.usecases.engagements import find_engagement
from core.usecases.export import ExportPlan, export_vouchers, plan_export
from core.usecases.export_accounts import AccountNeed, add_accounts, needed_accounts
from core.usecases.export_checks import acknowledge as pass_checks
from core.usecases.export_checks import undecided_remedy
from core.usecases.export_file import FileExport, export_to_file
from core.usecases.export_result import ExportResult


async def export(
    client: ClientName,
    /,
    *,
    series: Annotated[str | None, option(mark("the voucher series to post in"))] = None,
    year: Year = None,
    dry_run: Annotated[bool, option(mark("show the checks and post nothing"))] = False,
    wait: Annotated[bool, option(mark("wait until an uncertain voucher can be looked up"))] = False,
    to_file: Annotated[Path | None, option(mark("write a SIE 4I file instead of posting"))] = None,
    force: Annotated[bool, option(mark("write over the file if it exists"))] = False,
    acknowledge: Annotated[
        bool,
        option(mark("let pass what needs a person's word: changed books, reported VAT")),
    ] = False,
    create_accounts: Annotated[
        bool,
        option(mark("first add or activate the accounts that Fortnox lacks, where the settings allow it")),
    ] = False,
    account_name: Annotated[
        tuple[str, ...], option(mark("the name of an account to add, as NUMBER=NAME; may be repeated"))
    ] = (),
    run: Run,
) -> int:
    """Post the ready closing vouchers, or write them to a file."""
    async with run.keyed_context() as ctx:
        owner, engagement = await find_engagement(ctx, client, year)
        if to_file is not None:
            made = await export_to_file(ctx, engagement.id, to_file, series=series, force=force)
            return _answer_file(run, owner, engagement, made)
        chosen = series or owner.default_series
        if not chosen:
            raise _series_missing()
        if acknowledge:
            await pass_checks(ctx, engagement.id, (await plan_export(ctx, engagement.id, chosen)).checks)
        if dry_run:
            plan = await plan_export(ctx, engagement.id, chosen)
            return _answer_plan(run, plan, chosen, await needed_accounts(ctx, plan))
        added = []
        if create_accounts:
            added = await add_accounts(ctx, engagement.id, chosen, _names(account_name))
        result = await export_vouchers(ctx, engagement.id, chosen, wait=wait, progress=run.report)
    run.output.answer(
        export_record(result) | {"accounts": _accounts(added)},
        lambda: [*_account_lines(added), *export_lines(result)],
    )
    if result.stopped is not None:
        run.output.narrate(" ".join(str(result.stopped).splitlines()))
    return export_exit(result)


def export_exit(result: ExportResult) -> Exit:
    """Unknown wins, then why the run stopped; all rejected is failed, some rejected is partly done."""
    failures = [Exit.UNKNOWN] * bool(result.unknown)
    if result.stopped is not None:
        failures.append(exit_code(result.stopped))
    if len(result.vouchers) > result.posted:
        failures.append(Exit.FAILED)
    return combine(failures, some_done=bool(result.posted))


def export_record(result: ExportResult) -> shape.Json:
    """What an export did, as JSON."""
    return {
        "client": result.client.name,
        "year": shape.years(result.engagement.year),
        "series": result.series,
        "vouchers": [
            {
                "id": one.id,
                "state": one.state.value,
                "number": one.number or None,
                "error": one.error or None,
            }
            for one in result.vouchers
        ],
        "posted": result.posted,
        "rejected": result.rejected,
        "unknown": result.unknown,
        "retry_after": result.retry_after,
    }


def export_lines(result: ExportResult) -> Iterator[str]:
    """What an export did, for people."""
    if not result.vouchers:
        yield _("There is nothing to post.")
        return
    heads = (_("Id"), _("State"), _("Voucher"), "")
    places = result.places()
    yield from table(
        heads,
        [
            (
                one.id,
                words.voucher_state(one.state),
                places.get(one.id, "–"),
                one.error,
            )
            for one in result.vouchers
        ],
    )
    yield _("Posted {posted}, rejected {rejected}, being checked {unknown}.").format(
        posted=result.posted, rejected=result.rejected, unknown=result.unknown
    )
    if result.retry_after is not None:
        yield _("Run the command again in {seconds} seconds; nothing is sent twice.").format(
            seconds=result.retry_after
        )
    elif result.unknown:
        yield undecided_remedy()


def _names(given: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for text in given:
        number, equals, name = text.partition("=")
        if not equals or not number.strip().isdigit() or not name.strip():
            raise UsageError(
                "usage",
                _("{text} does not name an account.").format(text=text),
                _("Nothing was sent."),
                _('Write it as NUMBER=NAME, for example --account-name 2126="Periodiseringsfond 2026"'),
            )
        names[number.strip()] = name.strip()
    return names


def _accounts(needs: list[AccountNeed]) -> list[shape.Json]:
    return [
        {
            "account": need.account.number,
            "name": need.account.name or None,
            "year": shape.years(need.year),
            "action": "activate" if need.exists else "create",
        }
        for need in needs
    ]


def _account_lines(needs: list[AccountNeed]) -> Iterator[str]:
    for need in needs:
        text = (
            _("Activate {account} {name} in {year}") if need.exists else _("Add {account} {name} to {year}")
        )
        yield text.format(
            account=need.account.number, name=need.account.name or _("(without a name)"), year=need.year
        )


def _answer_plan(run: Run, plan: ExportPlan, series: str, needs: list[AccountNeed]) -> int:
    record = {
        "client": plan.client.name,
        "year": shape.years(plan.engagement.year),
        "series": series,
        "vouchers": [shape.voucher(one) for one in plan.vouchers],
        "sum": shape.amount(plan.turnover),
        "allowed": plan.allowed,
        "accounts": _accounts(needs),
        **shape.checks(plan.checks),
    }
    run.output.answer(record, lambda: [*_plan_lines(plan, series), *_account_lines(needs)])
    return Exit.DONE if plan.allowed else Exit.REFUSED


def _plan_lines(plan: ExportPlan, series: str) -> Iterator[str]:
    count = len(plan.vouchers)
    yield _("{client} {orgnr}  {year}  series {series}").format(
        client=plan.client.name, orgnr=plan.client.orgnr, year=plan.engagement.year, series=series
    )
    yield ngettext(
        "{count} voucher, turnover {turnover}", "{count} vouchers, turnover {turnover}", count
    ).format(count=count, turnover=amount(plan.turnover))
    years = Counter(one.year for one in plan.vouchers)
    if set(years) - {plan.engagement.year}:
        for year, number in sorted(years.items(), key=lambda item: item[0].from_date):
            text = ngettext("{count} voucher in {year}", "{count} vouchers in {year}", number)
            yield f"  {text.format(count=number, year=year)}"
    yield from check_lines(plan.checks)


def _answer_file(run: Run, owner: Client, engagement: Engagement, made: FileExport) -> int:
    record = {
        "client": owner.name,
        "year": shape.years(engagement.year),
        "file": str(made.path) if made.vouchers else None,
        "series": made.series or None,
        "vouchers": [{**shape.voucher(one), "error": None} for one in made.vouchers],
        **dict.fromkeys(("posted", "rejected", "unknown"), 0),
        "retry_after": None,
        "findings": [finding_record(finding) for finding in made.findings],
    }
    run.output.answer(record, lambda: _file_lines(made))
    return Exit.DONE


def _file_lines(made: FileExport) -> Iterator[str]:
    count = len(made.vouchers)
    if not count:
        yield _("There is nothing to write: no closing voucher of this fiscal year is ready.")
        return
    yield ngettext("Wrote {count} voucher to {path}.", "Wrote {count} vouchers to {path}.", count).format(
        count=count, path=made.path
    )
    yield from finding_lines(made.findings)


def _series_missing() -> UsageError:
    return UsageError(
        "usage",
        _("{name} is missing.").format(name="--series"),
        _("The client has no default series."),
        _("Give the series that is open to manual entry, for example --series I"),
    )
