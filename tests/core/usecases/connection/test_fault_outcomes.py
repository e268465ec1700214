"""Every fault of the sandbox against an import: the right error, and a store that has not changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from core.errors import BryggaError, FortnoxRejected, LoginNeeded, TryLater
from core.register import Client, Engagement, SourceKind
from core.store import imports
from core.usecases.context import Context
from core.usecases.demo import closing_year
from core.usecases.engagements import add_engagement
from core.usecases.imports import import_year


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


class Tenant:
    def __init__(self, years: list[Any]) -> None:
        self.years = years


class Year:
    def __init__(self, year: dict[str, str]) -> None:
        self.from_date, self.to_date = year["from"], year["to"]


@pytest.fixture
async def engagement(ctx: Context, client: Client, connector: Any, sandbox: Any) -> Engagement:
    await connector(client.id, sandbox.tenants[0]["tenant"])
    first, last = closing_year(Tenant([Year(year) for year in sandbox.tenants[0]["years"]]))  # type: ignore[arg-type]
    return await add_engagement(ctx, client.id, first, last, SourceKind.FORTNOX)


async def fingerprint(ctx: Context) -> str:
    """The books, the engagements and the audit as one hash."""

    def read(tx: Any) -> str:
        rows = [
            tuple(row)
            for table in ("imports", "engagements", "audit")
            for row in tx.execute(f"SELECT * FROM {table}")
        ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    return await ctx.store.read(read)


@pytest.mark.parametrize(
    ("fault", "path", "expected", "code"),
    [
        ("429", "/3/", TryLater, "fortnox_limit"),
        ("500-before", "/3/", TryLater, "fortnox_error"),
        ("drop-before", "/3/", TryLater, "fortnox_unreachable"),
        ("truncated", "/3/sie", TryLater, "fortnox_unreachable"),
        ("truncated", "/3/invoices", TryLater, "fortnox_unreachable"),
        ("html-error", "/3/", TryLater, "fortnox_unreachable"),
        ("no-licence", "/3/sie", FortnoxRejected, "fortnox_error"),
        ("no-licence", "/3/invoices", FortnoxRejected, "fortnox_error"),
    ],
)
async def test_an_import_that_meets_a_fault_changes_nothing(
    ctx: Context,
    engagement: Engagement,
    sandbox: Any,
    fault: str,
    path: str,
    expected: type[BryggaError],
    code: str,
) -> None:
    before = await fingerprint(ctx)
    sandbox.fault(fault, path)
    with pytest.raises(expected) as caught:
        await import_year(ctx, engagement.id)
    assert (caught.value.code, bool(caught.value.hint)) == (code, True)
    assert await fingerprint(ctx) == before


@pytest.mark.parametrize("fault", ["429", "drop-before", "truncated", "html-error"])
async def test_a_fault_that_passes_is_not_even_seen(
    ctx: Context, engagement: Engagement, sandbox: Any, fault: str
) -> None:
    sandbox.fault(fault, "/3/", count=1)
    assert (await import_year(ctx, engagement.id)).run.vouchers


async def test_a_lapsed_consent_asks_for_a_login(ctx: Context, engagement: Engagement, sandbox: Any) -> None:
    sandbox.fault("lapse", "/")
    with pytest.raises(LoginNeeded) as caught:
        await import_year(ctx, engagement.id)
    assert caught.value.code == "connection_lapsed"
    assert await ctx.store.read(imports.latest_runs) == {}


async def test_sie_in_utf8_is_read_all_the_same(ctx: Context, engagement: Engagement, sandbox: Any) -> None:
    sandbox.fault("utf8-sie", "/3/sie")
    assert (await import_year(ctx, engagement.id)).run.encoding == "utf-8"


async def test_a_clock_that_is_wrong_is_named(ctx: Context, engagement: Engagement, sandbox: Any) -> None:
    sandbox.fault("clock-skew", "/3/")
    with pytest.raises(BryggaError) as caught:
        await import_year(ctx, engagement.id)
    assert (caught.value.code, "120" in caught.value.title) == ("fortnox_error", True)
