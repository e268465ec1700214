from __future__ import annotations

from bridge.cli.tables import amount, facts, table


def test_columns_stand_in_line_and_numbers_to_the_right() -> None:
    lines = list(table(("a", "b"), [("x", "1"), ("yyy", "22")], right=(1,)))
    assert lines == ["a     b", "x     1", "yyy  22"]


def test_a_name_with_markup_and_escapes_is_plain_text() -> None:
    assert list(table(("n",), [("[/] \x1b[1mAB",)]))[1] == "[/] [1mAB"


def test_facts_put_the_values_in_one_column() -> None:
    assert list(facts([("a", "1"), ("bbb", "2")])) == ["a    1", "bbb  2"]


def test_no_amount_is_a_dash() -> None:
    assert amount(None) == "–"
    assert amount(-123456) == "−1\u00a0234,56"
