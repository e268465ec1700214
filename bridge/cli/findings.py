"""Findings as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.i18n import _
from core.model import Finding, Severity
from core.sie.messages import message


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a finding: how bad, where, what."""
    for finding in findings:
        place = _("line {line}: ").format(line=finding.line) if finding.line else ""
        yield f"{severity_word(finding.severity)}: {place}{message(finding)}"


def severity_word(severity: Severity) -> str:
    """How bad a finding is, in the language in use."""
    return {
        Severity.FATAL: _("fatal"),
        Severity.ERROR: _("error"),
        Severity.WARNING: _("warning"),
        Severity.INFO: _("note"),
    }[severity]
