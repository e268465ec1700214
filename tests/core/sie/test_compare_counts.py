from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.sie.compare import changes, count_changes
from core.sie.file import SieFile
from core.sie.reader import read

ROWS = st.lists(
    st.tuples(st.sampled_from(["1930", "3001"]), st.sampled_from(["{}", '{1 "K1"}']), st.integers(-3, 3)),
    max_size=3,
)
VOUCHERS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", '""']),
        st.sampled_from(["1", "2", '""', "X1"]),
        st.sampled_from(["20250101", "20250102", "2025"]),
        st.sampled_from(["one", "two"]),
        ROWS,
    ),
    max_size=6,
)


def books(vouchers: list[tuple[str, str, str, str, list[tuple[str, str, int]]]]) -> SieFile:
    lines = ["#FLAGGA 0", "#FORMAT PC8", "#SIETYP 4", '#FNAMN "Prov"', "#RAR 0 20250101 20251231"]
    for series, number, day, text, rows in vouchers:
        lines += [f'#VER {series} {number} {day} "{text}"', "{"]
        lines += [f"#TRANS {account} {objects} {amount}" for account, objects, amount in rows]
        lines.append("}")
    return read(("\n".join(lines) + "\n").encode())


@given(VOUCHERS, VOUCHERS)
@settings(max_examples=150, deadline=None)
def test_the_count_is_the_count_of_what_is_listed(before: list, after: list) -> None:  # type: ignore[type-arg]
    old, new = books(before), books(after)
    listed = changes(old, new)
    assert count_changes(old, new) == (len(listed.added), len(listed.removed), len(listed.altered))
