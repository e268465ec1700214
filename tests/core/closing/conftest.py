"""Records that the closing tests start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from msgspec.structs import replace

from core import i18n
from core.model import FiscalYear, Row
from core.register import ClosingVoucher, VoucherState

YEAR = FiscalYear(date(2025, 1, 1), date(2025, 12, 31), "5")

Make = Callable[..., ClosingVoucher]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


@pytest.fixture
def year() -> FiscalYear:
    return YEAR


@pytest.fixture
def make() -> Make:
    """A ready voucher of 1 000 kronor on the balance day, changed as asked."""
    plain = ClosingVoucher(
        id="01JD0000000000000000000001",
        engagement_id="E1",
        state=VoucherState.READY,
        date=date(2025, 12, 31),
        text="Periodiseringsfond",
        rows=(Row("8811", 1_000_00), Row("2125", -1_000_00)),
        year=YEAR,
    )

    def changed(**fields: object) -> ClosingVoucher:
        return replace(plain, **fields)

    return changed
