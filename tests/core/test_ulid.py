from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from core import ulid

MOMENT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def test_an_id_has_26_characters_of_the_alphabet() -> None:
    made = ulid.new(MOMENT)
    assert len(made) == 26
    assert set(made) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_ids_of_one_moment_sort_in_the_order_they_were_made() -> None:
    made = [ulid.new(MOMENT) for _ in range(1000)]
    assert made == sorted(made)


def test_an_id_tells_when_it_was_made() -> None:
    assert ulid.moment_of(ulid.new(MOMENT)) == MOMENT


def test_a_later_id_sorts_later() -> None:
    assert ulid.new(MOMENT) < ulid.new(MOMENT + timedelta(milliseconds=1))


def test_ids_of_a_clock_that_went_back_are_still_new() -> None:
    made = [ulid.new(MOMENT - timedelta(seconds=second)) for second in (0, 5, 0, 5, 0)]
    assert len(set(made)) == len(made)


def test_threads_never_share_an_id() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend(ulid.new(MOMENT) for _ in range(500))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000
