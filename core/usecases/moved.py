"""Whether the books moved while they were read: what Fortnox says was changed since the reading began.

Vouchers changed of late are listed before and after the reading, and the year's vouchers are counted, because a
deleted one stands in no list; invoices changed of late are compared with what was read. Fortnox's ``lastmodified`` is its own local time to the minute: the window is opened early, and
UTC, which is one or two hours behind Swedish time, opens it further still; a wider window costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.fortnox import resources
from core.fortnox.api import Api
from core.fortnox.voucher_schemas import VoucherHead
from core.model import Finding, Invoice, Ledger, Severity

MARGIN = timedelta(minutes=5)
"""How far this machine's clock may be ahead of Fortnox's."""


class Watch:
    """What had been changed shortly before the reading of one fiscal year began."""

    def __init__(
        self, api: Api, year_id: str, began: datetime, before: Iterable[VoucherHead], count: int
    ) -> None:
        self._api = api
        self._year_id = year_id
        self._since = began - MARGIN
        self._before = set(map(_voucher_state, before))
        self._count = count

    @classmethod
    async def begin(cls, api: Api, year_id: str, now: datetime) -> Watch:
        """Look once before the reading."""
        heads = await resources.list_vouchers(api, year_id, modified_since=now - MARGIN)
        return cls(api, year_id, now, heads, await resources.voucher_count(api, year_id))

    async def end(self, read: Iterable[tuple[Ledger, Iterable[Invoice]]]) -> list[Finding]:
        """Look once more; a finding when a voucher or a document that was read is another one now."""
        heads = await resources.list_vouchers(self._api, self._year_id, modified_since=self._since)
        moved = len(set(map(_voucher_state, heads)) - self._before)
        moved += max(0, self._count - await resources.voucher_count(self._api, self._year_id))
        for ledger, invoices in read:
            moved += await self._moved_invoices(ledger, invoices)
        return [Finding(Severity.WARNING, "books_moved", parameters={"count": moved})] if moved else []

    async def _moved_invoices(self, ledger: Ledger, invoices: Iterable[Invoice]) -> int:
        filters = {"lastmodified": self._since.strftime("%Y-%m-%d %H:%M")}
        changed = await resources.invoices(self._api, ledger, filters=filters)
        known = {invoice.number: _invoice_state(invoice) for invoice in invoices}
        return sum(known.get(one.number) != _invoice_state(one) for one in changed)


def _voucher_state(head: VoucherHead) -> tuple[object, ...]:
    return head.reference, head.date, head.text


def _invoice_state(invoice: Invoice) -> tuple[object, ...]:
    return invoice.total, invoice.balance, invoice.booked, invoice.cancelled
