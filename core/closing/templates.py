"""Templates of closing vouchers: the firm's own, and the standard ones of the BAS chart.

A template knows accounts and which side they stand on, not amounts; those are filled in one by one, the last
row taking what is left where it is asked to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.i18n import _, mark
from core.model import Row
from core.money import Ore
from core.register import ClosingVoucher, DraftVoucher


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A row to fill in. ``side`` is 1 for debit and -1 for credit."""

    account: str
    side: int
    text: str = ""
    objects: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A voucher without amounts."""

    name: str
    rows: tuple[TemplateRow, ...]

    def fill(self, on: date, amounts: Sequence[Ore], text: str = "") -> DraftVoucher:
        """The voucher with an amount for each row, positive on the row's own side.

        One amount too few, and the last row balances the rest; a single amount for two rows is thus enough.

        Raises:
            ValueError: the number of amounts fits neither way.
        """
        if len(amounts) not in {len(self.rows), len(self.rows) - 1}:
            raise ValueError(f"{len(amounts)} amounts for {len(self.rows)} rows")
        signed = [row.side * amount for row, amount in zip(self.rows, amounts, strict=False)]
        if len(signed) < len(self.rows):
            signed.append(-sum(signed))
        rows = [
            Row(row.account, amount, row.text, row.objects)
            for row, amount in zip(self.rows, signed, strict=True)
        ]
        return DraftVoucher(on, text or self.name, tuple(rows))


def from_voucher(voucher: ClosingVoucher) -> Template:
    """A template of an existing voucher."""
    rows = [
        TemplateRow(row.account, -1 if row.amount < 0 else 1, row.text, row.objects) for row in voucher.rows
    ]
    return Template(voucher.text, tuple(rows))


_STANDARD: Sequence[tuple[str, str, str]] = (
    (mark("Prepaid rent"), "1710", "5010"),
    (mark("Prepaid insurance"), "1730", "6310"),
    (mark("Other prepaid expenses"), "1790", "6990"),
    (mark("Accrued interest expenses"), "8410", "2960"),
    (mark("Other accrued expenses"), "6990", "2990"),
    (mark("Change of the holiday pay liability"), "7290", "2920"),
    (mark("Social fees on holiday pay"), "7519", "2940"),
    (mark("Special payroll tax on pensions"), "7533", "2514"),
    (mark("Depreciation of equipment"), "7832", "1229"),
    (mark("Excess depreciation"), "8853", "2153"),
    (mark("Income tax for the year"), "8910", "2512"),
)


def standard_templates(year_end: date) -> list[Template]:
    """The standard templates in the order in which a closing needs them (BAS accounts).

    The tax allocation reserve stands on its own account for each year: 2120 to 2129 by the last digit of the
    year in which the fiscal year ends.
    """
    made = [
        Template(_(name), (TemplateRow(debit, 1), TemplateRow(credit, -1)))
        for name, debit, credit in _STANDARD
    ]
    fund = f"212{year_end.year % 10}"
    reserve = Template(_("Tax allocation reserve"), (TemplateRow("8811", 1), TemplateRow(fund, -1)))
    return [*made[:-1], reserve, made[-1]]
