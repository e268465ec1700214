from __future__ import annotations

from datetime import date

import pytest

from core.errors import BryggaError, Refused, UsageError
from core.register import Client, Engagement, SourceKind
from core.usecases.clients import add_client, remove_client
from core.usecases.context import Context
from core.usecases.engagements import (
    add_engagement,
    find_engagement,
    get_engagement,
    list_engagements,
    roll,
    set_locked,
    set_source,
)

FILE = SourceKind.SIE4


@pytest.fixture
async def client(bare: Context) -> Client:
    return await add_client(bare, name="Alm AB", orgnr="556677-8899", number="7")


async def add(bare: Context, client: Client, first: str, last: str) -> Engagement:
    return await add_engagement(bare, client.id, date.fromisoformat(first), date.fromisoformat(last), FILE)


async def code_of(awaitable: object) -> BryggaError:
    with pytest.raises(BryggaError) as caught:
        await awaitable  # type: ignore[misc] # each test hands over a coroutine
    return caught.value


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-01-01", "2025-12-31"),
        ("2025-05-01", "2026-04-30"),
        ("2024-07-01", "2025-12-31"),
        ("2024-07-15", "2025-12-31"),
        ("2025-02-14", "2025-02-28"),
        ("2023-03-01", "2024-02-29"),
    ],
)
async def test_lawful_years(bare: Context, client: Client, first: str, last: str) -> None:
    made = await add(bare, client, first, last)
    assert await list_engagements(bare, client.id) == [made]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2024-06-30", "2025-12-31"),
        ("2025-01-01", "2025-12-30"),
        ("2025-12-31", "2025-01-31"),
        ("2023-03-01", "2024-02-28"),
    ],
)
async def test_unlawful_years(bare: Context, client: Client, first: str, last: str) -> None:
    assert (await code_of(add(bare, client, first, last))).code == "usage"


async def test_a_year_is_added_once(bare: Context, client: Client) -> None:
    await add(bare, client, "2025-01-01", "2025-12-31")
    assert (await code_of(add(bare, client, "2025-01-01", "2025-12-31"))).code == "usage"


async def test_a_year_of_an_unknown_client_is_told_as_such(bare: Context, client: Client) -> None:
    await remove_client(bare, client.id)
    assert (await code_of(add(bare, client, "2025-01-01", "2025-12-31"))).code == "client_unknown"


@pytest.fixture
async def two_in_one_year(bare: Context, client: Client) -> list[Engagement]:
    """Practice case 8: two fiscal years that end in 2025."""
    return [
        await add(bare, client, "2024-05-01", "2025-04-30"),
        await add(bare, client, "2025-05-01", "2025-12-31"),
    ]


async def test_two_years_that_end_in_one_are_ambiguous(
    bare: Context, two_in_one_year: list[Engagement]
) -> None:
    error = await code_of(find_engagement(bare, "7", "2025"))
    assert error.code == "year_ambiguous"
    assert all(str(one.year) in str(error) for one in two_in_one_year)


async def test_an_interval_tells_them_apart(bare: Context, two_in_one_year: list[Engagement]) -> None:
    __, found = await find_engagement(bare, "7", "2025-05-01..2025-12-31")
    assert found == two_in_one_year[1]


async def test_a_year_may_be_left_out_when_there_is_one(bare: Context, client: Client) -> None:
    made = await add(bare, client, "2025-01-01", "2025-12-31")
    assert await find_engagement(bare, "7") == (client, made)


async def test_a_broken_year_is_named_by_its_end(bare: Context, client: Client) -> None:
    made = await add(bare, client, "2025-05-01", "2026-04-30")
    assert (await find_engagement(bare, "7", "2026"))[1] == made


@pytest.mark.parametrize(
    ("year", "code"),
    [
        ("2031", "year_unknown"),
        ("x", "usage"),
        ("2025-01-01..x", "usage"),
        ("2025-13-01..2025-12-31", "usage"),
        ("", "usage"),
    ],
)
async def test_years_that_lead_nowhere(bare: Context, client: Client, year: str, code: str) -> None:
    await add(bare, client, "2025-01-01", "2025-12-31")
    assert (await code_of(find_engagement(bare, "7", year))).code == code


async def test_a_client_without_years_says_so(bare: Context, client: Client) -> None:
    assert (await code_of(find_engagement(bare, "7"))).code == "year_unknown"


async def test_an_unknown_id(bare: Context) -> None:
    error = await code_of(get_engagement(bare, "\x1b[2J"))
    assert (error.code, "\x1b" in str(error)) == ("id_unknown", False)


async def test_a_locked_engagement_keeps_its_source(bare: Context, client: Client) -> None:
    made = await add(bare, client, "2025-01-01", "2025-12-31")
    await set_locked(bare, made.id, locked=True)
    with pytest.raises(Refused) as caught:
        await set_source(bare, made.id, SourceKind.FORTNOX)
    assert caught.value.code == "engagement_locked"


async def test_an_unlocked_engagement_can_be_changed_again(bare: Context, client: Client) -> None:
    made = await add(bare, client, "2025-01-01", "2025-12-31")
    await set_locked(bare, made.id, locked=True)
    await set_locked(bare, made.id, locked=False)
    assert (await set_source(bare, made.id, SourceKind.FORTNOX)).source is SourceKind.FORTNOX


@pytest.mark.parametrize(
    ("first", "last", "to", "rolled"),
    [
        ("2025-01-01", "2025-12-31", 2026, "2026-01-01–2026-12-31"),
        ("2025-05-01", "2026-04-30", 2027, "2026-05-01–2027-04-30"),
        ("2024-07-01", "2025-12-31", 2026, "2026-01-01–2026-12-31"),
        ("2023-03-01", "2024-02-29", 2025, "2024-03-01–2025-02-28"),
        ("2022-03-01", "2023-02-28", 2024, "2023-03-01–2024-02-29"),
    ],
)
async def test_the_next_year(
    bare: Context, client: Client, first: str, last: str, to: int, rolled: str
) -> None:
    await add(bare, client, first, last)
    assert [str(one.year) for one in await roll(bare, to)] == [rolled]


async def test_rolling_twice_adds_nothing_more(bare: Context, client: Client) -> None:
    await add(bare, client, "2025-01-01", "2025-12-31")
    await roll(bare, 2026)
    assert await roll(bare, 2026) == []


async def test_a_year_is_never_skipped(bare: Context, client: Client) -> None:
    await add(bare, client, "2025-01-01", "2025-12-31")
    assert await roll(bare, 2027) == []


async def test_a_rolled_year_keeps_the_source(bare: Context, client: Client) -> None:
    await add(bare, client, "2025-01-01", "2025-12-31")
    assert [one.source for one in await roll(bare, 2026)] == [FILE]


async def test_nothing_half_is_left_when_the_year_exists(bare: Context) -> None:
    with pytest.raises(UsageError):
        await add_engagement(bare, "K0", date(2025, 1, 1), date(2025, 12, 31), FILE)
    assert await list_engagements(bare) == []


@pytest.mark.parametrize("year", [1, 1899, 2101, 9999])
async def test_a_year_that_must_be_a_slip_of_the_pen_is_refused(bare: Context, year: int) -> None:
    client = await add_client(bare, name="A", orgnr="5566778899")
    with pytest.raises(UsageError):
        await add_engagement(bare, client.id, date(year, 1, 1), date(year, 12, 31), SourceKind.SIE4)
