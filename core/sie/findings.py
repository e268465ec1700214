"""Collects what a reader or a check saw: counts everything, keeps the first of each kind."""

from __future__ import annotations

from collections import Counter

from core.model import Finding, Severity

KEPT_PER_CODE = 20
"""How many findings of one code are kept; the rest are counted."""

_RANK = {Severity.FATAL: 0, Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFO: 3}


class Findings:
    """The findings of one file, capped per code."""

    def __init__(self, kept_per_code: int = KEPT_PER_CODE) -> None:
        self._kept_per_code = kept_per_code
        self._kept: list[Finding] = []
        self.counts: Counter[str] = Counter()
        """How many times each code was seen, also beyond the cap."""

    def add(self, severity: Severity, code: str, line: int | None = None, **parameters: object) -> None:
        """Count the finding, and keep it while its code is below the cap."""
        self.counts[code] += 1
        if self.counts[code] <= self._kept_per_code:
            self._kept.append(Finding(severity, code, line, parameters))

    def is_full(self, code: str) -> bool:
        """Whether further findings of the code are only counted: their parameters need not be made."""
        return self.counts[code] >= self._kept_per_code

    def in_file_order(self) -> list[Finding]:
        """The kept findings by line (those of the whole file first), then one line per code that was capped."""
        ordered = sorted(self._kept, key=lambda finding: finding.line or 0)
        for code, count in sorted(self.counts.items()):
            if count > self._kept_per_code:
                more = {"of": code, "count": count - self._kept_per_code}
                ordered.append(Finding(Severity.INFO, "more_of_same", None, more))
        return ordered


def by_severity(findings: list[Finding]) -> list[Finding]:
    """The worst first, then by line."""
    return sorted(findings, key=lambda finding: (_RANK[finding.severity], finding.line or 0))
