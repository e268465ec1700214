from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.ageing import ageing, old_claims, wrong_side
from core.model import OpenItem

DAY = date(2025, 12, 31)


def item(amount: int, overdue: int | None = 0, party: str = "1", kind: str = "invoice") -> OpenItem:
    due = None if overdue is None else DAY - timedelta(overdue)
    name = "Skatteverket" if kind == "tax_reduction" else f"Part {party}"
    return OpenItem("1", name, kind, DAY, DAY, due, "SEK", amount, amount, amount, amount, party=party)


@pytest.mark.parametrize(
    ("overdue", "bucket"),
    [(None, 0), (-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (4000, 4)],
)
def test_each_age_falls_in_its_bucket(overdue: int | None, bucket: int) -> None:
    assert [one.items for one in ageing([item(100, overdue)], DAY)].index(1) == bucket


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(-400, 400))))
def test_the_buckets_sum_to_the_ledger(rows: list[tuple[int, int]]) -> None:
    items = [item(amount, overdue) for amount, overdue in rows]
    assert sum(one.total for one in ageing(items, DAY)) == sum(amount for amount, _overdue in rows)


def test_claims_over_ninety_days_are_listed_oldest_first() -> None:
    items = [item(1, 90), item(2, 91), item(3, 200), item(-4, 300)]
    assert [one.open for one in old_claims(items, DAY)] == [3, 2]


def test_a_customer_in_credit_is_a_reclassification() -> None:
    items = [item(100, party="1"), item(-300, party="1"), item(50, party="2"), item(-50, party="3")]
    assert [(one.party, one.amount) for one in wrong_side(items)] == [("1", 200), ("3", 50)]


def test_the_tax_agency_does_not_hide_a_customer_in_credit() -> None:
    items = [item(-300, party="1"), item(6_000, party="1", kind="tax_reduction")]
    assert [one.amount for one in wrong_side(items)] == [300]
