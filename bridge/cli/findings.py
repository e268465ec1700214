"""Findings as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.i18n import _
from core.model import Finding, Severity
from core.sie.summary import finding_record
from core.usecases.findings import finding_text


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a finding: how bad, where, what."""
    for finding in findings:
        place = _("line {line}: ").format(line=finding.line) if finding.line else ""
        yield f"{severity_word(finding.severity)}: {place}{finding_text(finding)}"


def severity_word(severity: Severity) -> str:
    """How bad a finding is, in the language in use."""
    return {
        Severity.FATAL: _("fatal"),
        Severity.ERROR: _("error"),
        Severity.WARNING: _("warning"),
        Severity.INFO: _("note"),
    }[severity]


def finding_json(finding: Finding) -> dict[str, object]:
    """A finding of an import as JSON, with its sentence in the language in use."""
    return {**finding_record(finding), "message": finding_text(finding)}
