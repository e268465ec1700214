"""The words of the activity log: nothing that brygga writes into the audit is shown by its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from core.register import AuditEvent
from tui.deeds import action_word, details_of, outcome_word

USECASES: Final = Path(__file__).parents[2] / "core" / "usecases"
NOT_NOTED: Final = frozenset({"client_id", "engagement_id", "outcome"})
CONFIGURED: Final = "config"
"""Dotted names there are settings, not deeds."""


def calls() -> Iterator[ast.Call]:
    """Every place that writes to the audit."""
    for path in USECASES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record":
                yield node


def deeds() -> set[str]:
    """The deeds that are written as a whole word."""
    constants = (node for call in calls() for arg in call.args for node in ast.walk(arg))
    return {
        node.value
        for node in constants
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    } - {"invite.", "letter.", "letter.said_", "secrets.", "voucher.decided_"}


def test_every_deed_has_a_word() -> None:
    found = deeds()
    assert len(found) > 25
    assert [deed for deed in found if action_word(deed) == deed] == []


def test_every_detail_has_a_name() -> None:
    names = {word.arg for call in calls() for word in call.keywords if word.arg} - NOT_NOTED
    assert len(names) > 40
    event = AuditEvent(datetime(2026, 1, 1, tzinfo=UTC), "anna", "import", details=dict.fromkeys(names, "x"))
    assert {name for name, _value in details_of(event)} & names == set()


@pytest.mark.parametrize("account_deed", ["signed_off", "reviewed", "reopened", "supported"])
def test_what_is_done_to_an_account_has_a_word(account_deed: str) -> None:
    assert action_word(f"account.{account_deed}") != f"account.{account_deed}"


@pytest.mark.parametrize(
    "outcome", ["ok", "refused", "rejected", "unknown", "conflict", "difference", "partly", "not_processed"]
)
def test_every_outcome_has_a_word(outcome: str) -> None:
    assert outcome_word(outcome) != outcome


def test_an_amount_is_shown_in_kronor_and_a_trace_comes_last() -> None:
    details = {"voucher": "01ABC", "turnover": 1_800_000, "accounts": ["1510", "2440"], "admin": True}
    event = AuditEvent(datetime(2026, 1, 1, tzinfo=UTC), "anna", "voucher.added", details=details)
    assert [value for _name, value in details_of(event)] == [
        "18\N{NO-BREAK SPACE}000,00",
        "1510, 2440",
        "ja",
        "01ABC",
    ]
