"""``brygga sie``: tools for SIE files on disk; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from bridge.cli.exits import Exit, combine, error_record, exit_code
from bridge.cli.findings import finding_lines
from bridge.cli.parameters import ClientName, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from core.errors import Refused, UsageError
from core.i18n import _, mark
from core.sie.summary import finding_record
from core.usecases.engagements import find_engagement
from core.usecases.sie import SieReport, check_file, summarise_file
from core.usecases.sie_year import WrittenYear, write_year


async def check(
    files: Annotated[tuple[Path, ...], option(mark("the SIE files"), "FILE")], /, *, run: Run
) -> int:
    """Check SIE files; exit 7 when one has an error or cannot be used, 3 when only some of several do."""
    records: list[dict[str, object]] = []
    codes: list[Exit] = []
    for path in files:
        try:
            report = await check_file(path, largest=run.settings.sie.largest_bytes, progress=run.report)
        except (UsageError, Refused) as error:
            if len(files) == 1:
                raise
            run.output.narrate(str(error).replace("\n", " "))
            records.append({"file": str(path), "ok": False, "findings": [], "error": error_record(error)})
            codes.append(exit_code(error))
            continue
        records.append(_check_record(report))
        codes.append(check_exit(report))
        if not run.output.json:
            run.output.end_progress()
            for line in report.lines():
                run.output.line(line)
    if run.output.json:
        run.output.record({"files": records})
    return combine(codes, some_done=Exit.DONE in codes)


def check_exit(report: SieReport) -> Exit:
    """Refused for a file with an error or worse; warnings and notes are no reason."""
    return Exit.DONE if report.ok else Exit.REFUSED


def _check_record(report: SieReport) -> dict[str, object]:
    return {
        "file": str(report.path),
        "ok": report.ok,
        "findings": [finding_record(finding) for finding in report.sie.findings],
        "error": None,
    }


async def summary(file: Annotated[Path, option(mark("the SIE file"), "FILE")], /, *, run: Run) -> None:
    """Show what a SIE file holds."""
    record = await summarise_file(file, largest=run.settings.sie.largest_bytes, progress=run.report)
    run.output.answer(record, lambda: summary_lines(record))


async def write4e(
    client: ClientName,
    /,
    *,
    output: Annotated[Path, option(mark("write to this file; it must not exist"), "--output", "-o")],
    year: Year = None,
    run: Run,
) -> None:
    """Write the whole year as SIE 4E, with the closing vouchers that the books do not hold yet."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        written = await write_year(ctx, engagement.id, output)
    record = {
        "path": str(written.path),
        "vouchers": written.vouchers,
        "added": written.added,
        "findings": [finding_record(finding) for finding in written.findings],
    }
    run.output.answer(record, lambda: _written_lines(written))


def _written_lines(written: WrittenYear) -> Iterator[str]:
    yield _("{path}: {vouchers} vouchers, of which {added} closing vouchers").format(
        path=written.path, vouchers=written.vouchers, added=written.added
    )
    for line in finding_lines(written.findings):
        yield f"  {line}"


def summary_lines(record: dict[str, object]) -> Iterator[str]:
    """The summary for people, from its own JSON record."""
    names = {
        "company": _("Company"),
        "orgnr": _("Organisation number"),
        "type": _("SIE type"),
        "program": _("Program"),
        "encoding": _("Encoding"),
        "ksumma": _("Control sum"),
        "accounts": _("Accounts"),
        "vouchers": _("Vouchers"),
        "transactions": _("Rows"),
        "unbalanced": _("Unbalanced vouchers"),
    }
    yield from facts((name, _shown(record.get(key))) for key, name in names.items())
    years, sums = record.get("years"), record.get("sums")
    if isinstance(years, dict) and isinstance(sums, dict):
        yield ""
        heads = (_("Year"), _("From"), _("To"), "IB", "UB", "RES")
        yield from table(heads, _year_rows(years, sums), right=(0, 3, 4, 5))
    findings = record.get("findings")
    if isinstance(findings, list) and findings:
        yield ""
        for finding in findings:
            place = _("line {line}: ").format(line=finding["line"]) if finding["line"] else ""
            yield f"{finding['severity']}: {place}{finding['message']}"


def _year_rows(
    years: dict[str, list[str]], sums: dict[str, dict[str, str]]
) -> Iterator[tuple[str, str, str, str, str, str]]:
    for number, (first, last) in years.items():
        ib, ub, res = (sums.get(label, {}).get(number, "–") for label in ("ib", "ub", "res"))
        yield number, first, last, ib, ub, res


def _shown(value: object) -> str:
    return "–" if value in {None, ""} else str(value)
