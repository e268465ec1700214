"""The rows of a voucher being written, and what can be said of them: suggestions, balance, effect on the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from core.i18n import _
from core.model import Account
from core.money import Ore, parse_amount, to_swedish
from core.text import fold
from tui.paint import Line, Span, spread
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
    objects: tuple[tuple[str, str], ...] = ()

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


def suggest(query: str, chart: Sequence[Account]) -> list[Account]:
    """Accounts whose number begins with the query, then those whose name holds it."""
    wanted = fold(query.strip())
    if not wanted:
        return []
    first = [account for account in chart if account.number.startswith(wanted)]
    words = wanted.split()
    then = (
        []
        if wanted.isdigit()
        else [account for account in chart if all(word in fold(account.name) for word in words)]
    )
    return [*first, *then][:SUGGESTIONS]


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
