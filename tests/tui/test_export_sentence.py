"""What the job strip says of an export."""

from __future__ import annotations

from datetime import date

from core.model import FiscalYear
from core.register import Client, Engagement, SourceKind, VoucherState
from core.usecases.export_result import ExportedVoucher, ExportResult
from tui.screens.export import export_sentence

THIS, NEXT = (FiscalYear(date(year, 1, 1), date(year, 12, 31)) for year in (2025, 2026))


def said(*vouchers: tuple[str, FiscalYear]) -> str:
    posted = [
        ExportedVoucher(str(place), VoucherState.POSTED, number, "", year)
        for place, (number, year) in enumerate(vouchers)
    ]
    engagement = Engagement("e", "c", THIS, SourceKind.FORTNOX)
    return export_sentence(
        ExportResult(Client("c", "A AB", "556677-8899"), engagement, "I", posted, posted=len(posted))
    )


def test_numbers_of_one_year_stand_alone() -> None:
    assert said(("1", THIS), ("2", THIS)).endswith("(I 1, I 2)")


def test_numbers_of_two_years_name_their_year() -> None:
    assert said(("1", THIS), ("1", NEXT)).endswith("(I 1 (2025), I 1 (2026))")


def test_one_that_a_person_must_decide_is_not_said_to_be_looked_up() -> None:
    engagement = Engagement("e", "c", THIS, SourceKind.FORTNOX)
    client = Client("c", "A AB", "556677-8899")
    later, stuck = (
        export_sentence(ExportResult(client, engagement, "I", unknown=1, retry_after=seconds))
        for seconds in (60, None)
    )
    assert later != stuck
    assert "avgöras" in stuck
