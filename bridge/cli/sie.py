"""``brygga sie``: tools for SIE files on disk; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from bridge.cli.exits import Exit, combine, error_record, exit_code
from bridge.cli.parameters import option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from core.errors import UsageError
from core.i18n import _, mark
from core.sie.summary import finding_record
from core.usecases.sie import SieReport, check_file, summarise_file


async def check(
    files: Annotated[tuple[Path, ...], option(mark("the SIE files"), "FILE")], /, *, run: Run
) -> int:
    """Check SIE files; exit 7 when one is refused, 1 when one holds errors, 3 when only some do."""
    records: list[dict[str, object]] = []
    codes: list[Exit] = []
    for path in files:
        try:
            report = await check_file(path, progress=run.report)
        except UsageError as error:
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
    """Refused for a file that cannot be used at all, failed for one with errors."""
    if report.sie.fatal is not None:
        return Exit.REFUSED
    return Exit.DONE if report.ok else Exit.FAILED


def _check_record(report: SieReport) -> dict[str, object]:
    return {
        "file": str(report.path),
        "ok": report.ok,
        "findings": [finding_record(finding) for finding in report.sie.findings],
        "error": None,
    }


async def summary(file: Annotated[Path, option(mark("the SIE file"), "FILE")], /, *, run: Run) -> None:
    """Show what a SIE file holds."""
    record = await summarise_file(file, progress=run.report)
    run.output.answer(record, lambda: summary_lines(record))


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
