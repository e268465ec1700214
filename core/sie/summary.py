"""A SIE file in one JSON object (contract: ``sie summary``)."""

from __future__ import annotations

from core.model import Finding
from core.money import to_text
from core.orgnr import normalise
from core.sie.books import accept
from core.sie.file import SieFile
from core.sie.messages import message


def summary(sie: SieFile) -> dict[str, object]:
    """Type, company, years, counts, sums and findings; amounts as text with two decimals.

    Raises:
        Refused: the file has a fatal finding (see ``accept``).
    """
    accept(sie)
    return {
        "type": sie.type,
        "encoding": sie.encoding,
        "program": sie.program,
        "orgnr": _orgnr(sie.orgnr),
        "company": sie.company,
        "years": {
            str(number): [year.from_date.isoformat(), year.to_date.isoformat()]
            for number, year in sie.years.items()
        },
        "accounts": len(sie.accounts),
        "vouchers": sie.voucher_count,
        "transactions": sie.transaction_count,
        "sums": {label.lower(): _sums(sie, label) for label in ("IB", "UB", "RES")},
        "unbalanced": sie.unbalanced,
        "ksumma": sie.ksumma,
        "findings": [finding_record(finding) for finding in sie.findings],
    }


def finding_record(finding: Finding) -> dict[str, object]:
    """A finding as JSON, with its sentence in the language in use."""
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "line": finding.line,
        "message": message(finding),
    }


def _orgnr(text: str) -> str | None:
    """The canonical form, or the text as it stands when it is no organisation number."""
    try:
        return normalise(text)
    except ValueError:
        return text or None


def _sums(sie: SieFile, label: str) -> dict[str, str]:
    years = sie.register.balances[label]
    numbers = sorted(set(sie.register.years) | set(years) | {0}, reverse=True)
    return {str(number): to_text(sum(years.get(number, {}).values())) for number in numbers}
