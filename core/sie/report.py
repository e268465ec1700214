"""What ``brygga sie check`` prints: a verdict, what the file is, and every finding with its line."""

from __future__ import annotations

from collections.abc import Iterator

from core.i18n import _, ngettext
from core.model import Finding, Severity
from core.sie.file import SieFile
from core.sie.findings import by_severity
from core.sie.messages import message

_LONGEST_LINE = 100
_SEVERITIES = (Severity.FATAL, Severity.ERROR, Severity.WARNING, Severity.INFO)


def report_lines(name: str, sie: SieFile) -> Iterator[str]:
    """The report of one file, the worst first; each finding has its line number and the line itself."""
    yield _("{name}: {verdict}").format(name=name, verdict=_verdict(sie))
    if sie.type:
        yield f"  {_contents(sie)}"
    texts = sie.line_texts({finding.line for finding in sie.findings if finding.line})
    for severity in _SEVERITIES:
        found = [one for one in by_severity(sie.findings) if one.severity is severity]
        if found:
            yield f"  {_title(severity, _total(sie, found))}"
            for finding in found:
                yield from _finding_lines(finding, texts)


def is_ok(sie: SieFile) -> bool:
    """Whether the file has no fatal finding and no error."""
    return not any(finding.severity in {Severity.FATAL, Severity.ERROR} for finding in sie.findings)


def _title(severity: Severity, count: int) -> str:
    if severity is Severity.FATAL:
        title = ngettext(
            "{count} reason why the file cannot be used:",
            "{count} reasons why the file cannot be used:",
            count,
        )
    elif severity is Severity.ERROR:
        title = ngettext("{count} error:", "{count} errors:", count)
    elif severity is Severity.WARNING:
        title = ngettext("{count} warning:", "{count} warnings:", count)
    else:
        title = ngettext("{count} note:", "{count} notes:", count)
    return title.format(count=count)


def _verdict(sie: SieFile) -> str:
    if sie.fatal is not None:
        return _("cannot be used")
    if not is_ok(sie):
        return _("has errors")
    if any(finding.severity is Severity.WARNING for finding in sie.findings):
        return _("can be used, with warnings")
    return _("in order")


def _contents(sie: SieFile) -> str:
    year = sie.years.get(0)
    return _(
        "SIE {type}, {company}, {year}: {accounts} accounts, {vouchers} vouchers, {rows} rows; {program}, {encoding}"
    ).format(
        type=sie.type,
        company=sie.company or "–",
        year=year or "–",
        accounts=len(sie.accounts),
        vouchers=sie.voucher_count,
        rows=sie.transaction_count,
        program=sie.program or "–",
        encoding=sie.encoding,
    )


def _total(sie: SieFile, found: list[Finding]) -> int:
    """All findings of a severity, also those beyond the cap of their code."""
    codes = {finding.code for finding in found if finding.code != "more_of_same"}
    return sum(sie.counts[code] for code in codes) or len(found)


def _finding_lines(finding: Finding, texts: dict[int, str]) -> Iterator[str]:
    if finding.line is None:
        yield f"    {message(finding)}"
        return
    place = _("line {line}").format(line=finding.line)
    yield f"    {place}: {message(finding)}"
    text = texts.get(finding.line, "")
    if text:
        yield f"      | {text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + '…'}"
