"""The rows of a voucher being written, and what can be said of them: suggestions, balance, effect on the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.i18n import _
from core.model import COST_CENTRE, PROJECT, Account, Row
from core.money import Ore, parse_amount, to_swedish
from core.text import fold
from tui.paint import Line, Span, fit, spread
from tui.theme import Tone
from tui.widgets.editline import EditLine

SUGGESTIONS: Final = 6
"""Accounts that are suggested at most."""


@dataclass
class GridRow:
    """A row being written."""

    account: EditLine = field(default_factory=EditLine)
    debit: EditLine = field(default_factory=EditLine)
    credit: EditLine = field(default_factory=EditLine)
    text: EditLine = field(default_factory=EditLine)
    cost_centre: EditLine = field(default_factory=EditLine)
    project: EditLine = field(default_factory=EditLine)
    others: tuple[tuple[str, str], ...] = ()
    """Objects of dimensions that have no cell."""

    @classmethod
    def of(cls, row: Row) -> GridRow:
        """The cells of an existing row."""
        objects = dict(row.objects)
        made = cls(others=tuple(pair for pair in row.objects if pair[0] not in {COST_CENTRE, PROJECT}))
        made.account.set(row.account)
        (made.debit if row.amount >= 0 else made.credit).set(to_swedish(abs(row.amount)))
        made.text.set(row.text)
        made.cost_centre.set(objects.get(COST_CENTRE, ""))
        made.project.set(objects.get(PROJECT, ""))
        return made

    @property
    def objects(self) -> tuple[tuple[str, str], ...]:
        """Dimension and object, as the store keeps them."""
        own = ((COST_CENTRE, self.cost_centre.text.strip()), (PROJECT, self.project.text.strip()))
        return tuple(sorted([*self.others, *(pair for pair in own if pair[1])]))

    @property
    def empty(self) -> bool:
        """Nothing was written on it."""
        return not (self.account.text.strip() or self.debit.text.strip() or self.credit.text.strip())


def amount_of(line: EditLine) -> Ore | None:
    """The amount in a cell; 0 when empty, None when it is none."""
    if not line.text.strip():
        return 0
    try:
        return parse_amount(line.text)
    except ValueError:
        return None


class Chart:
    """The chart of accounts, ready to be searched at every key."""

    def __init__(self, accounts: Sequence[Account] = ()) -> None:
        self.accounts = list(accounts)
        self.names: Mapping[str, str] = {account.number: account.name for account in accounts}
        self._folded = [fold(account.name) for account in accounts]
        self._latest: tuple[str, list[Account]] = ("", [])

    def suggest(self, query: str) -> list[Account]:
        """Accounts whose number begins with the query, then those whose name holds it."""
        wanted = fold(query.strip())
        if wanted != self._latest[0]:
            self._latest = (wanted, self._search(wanted) if wanted else [])
        return self._latest[1]

    def _search(self, wanted: str) -> list[Account]:
        found = [account for account in self.accounts if account.number.startswith(wanted)]
        words = wanted.split()
        if not wanted.isdigit():
            pairs = zip(self.accounts, self._folded, strict=True)
            found += [account for account, name in pairs if all(word in name for word in words)]
        return found[:SUGGESTIONS]


def effect_on_result(rows: Sequence[tuple[str, Ore]]) -> Ore:
    """What the voucher adds to the year's result: the income statement's accounts but 8999, credit positive."""
    return -sum(amount for account, amount in rows if account[:1] in set("345678") and account != "8999")


def balance_line(amounts: Sequence[tuple[str, Ore]], width: int) -> Line:
    """Debit, credit, what is missing, and the effect on the result."""
    debit = sum(amount for _account, amount in amounts if amount > 0)
    credit = -sum(amount for _account, amount in amounts if amount < 0)
    left: list[Span] = [
        (" " + _("Debit") + " ", Tone.DIM),
        (to_swedish(debit), Tone.PLAIN),
        ("  " + _("Credit") + " ", Tone.DIM),
        (to_swedish(credit), Tone.PLAIN),
    ]
    if debit == credit:
        left.append(("  ✓ " + _("balances"), Tone.GOOD))
    else:
        left.append(
            ("  ▲ " + _("missing {amount}").format(amount=to_swedish(abs(debit - credit))), Tone.WARN)
        )
    effect = effect_on_result(amounts)
    right: Line = ((_("Effect on result") + " ", Tone.DIM), (to_swedish(effect) + " ", Tone.PLAIN))
    return spread(tuple(left), right, width)


def account_lines(
    amounts: Sequence[tuple[str, Ore]],
    base: Mapping[str, Ore],
    names: Mapping[str, str],
    room: int,
    width: int,
) -> list[Line]:
    """Each account of the voucher before and after it, ``room`` lines at most; ``base`` is without the voucher."""
    sums: dict[str, Ore] = {}
    for account, amount in amounts:
        if account in names or account in base or (account.isdecimal() and len(account) >= 4):
            sums[account] = sums.get(account, 0) + amount
    name_width = max(6, width - 6 - 2 * 17 - 4)
    lines: list[Line] = []
    for account, change in list(sums.items())[:room]:
        before = base.get(account, 0)
        lines.append(
            (
                (f" {account:5}", Tone.STRONG),
                (fit(names.get(account, ""), name_width), Tone.DIM),
                (fit(to_swedish(before), 16, right=True), Tone.PLAIN),
                (" → ", Tone.DIM),
                (fit(to_swedish(before + change), 16, right=True), Tone.PLAIN),
            )
        )
    more = len(sums) - room
    if more > 0:
        lines[-1] = ((" " + _("and {count} more").format(count=more + 1), Tone.DIM),)
    return lines


def result_line(before: Ore, change: Ore) -> Line:
    """`Result before 1 000,00 · change −200,00 · after 800,00`."""
    return (
        (" " + _("Result before") + " ", Tone.DIM),
        (to_swedish(before), Tone.PLAIN),
        (" · " + _("change") + " ", Tone.DIM),
        (to_swedish(change), Tone.PLAIN),
        (" · " + _("after") + " ", Tone.DIM),
        (to_swedish(before + change), Tone.STRONG),
    )
