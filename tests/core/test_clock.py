from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock


class Fixed:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@given(st.integers(0, 250_000_000_000), st.integers(0, 999_999))
def test_a_moment_reads_back_to_the_second(seconds: int, micro: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)
    assert clock.parse_rfc3339(clock.rfc3339(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize("text", ["", "2026-01-31", "2026-01-31T09:30:00", "i går", "2026-13-01T00:00:00Z"])
def test_a_time_without_a_zone_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the class is the whole claim
        clock.parse_rfc3339(text)


def test_the_day_is_the_firms_and_not_greenwichs() -> None:
    assert clock.today(Fixed(datetime(2025, 12, 31, 23, 30, tzinfo=UTC))) == date(2026, 1, 1)


def test_the_system_clock_knows_its_zone() -> None:
    assert clock.SystemClock().now().tzinfo is UTC
