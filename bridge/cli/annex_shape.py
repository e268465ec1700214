"""Annexes to JSON."""

from __future__ import annotations

from bridge.cli.shape import Json, amount, day, moment
from core.model import Annex, Explanation, OpenItem
from core.usecases.annexes import AnnexView, annex_facts, explanation_text


def annex(record: Annex, view: AnnexView | None = None) -> Json:
    """One annex with its items and explanations; ``view`` tells of its sign-off."""
    return {
        "account": record.account,
        "date": day(record.date),
        "items": None if record.items is None else [item(one) for one in record.items],
        "total": amount(record.total),
        "books": amount(record.books),
        "difference": amount(record.difference),
        "explanations": [explanation(one, record.account) for one in record.explanations],
        "apart": [item(one) for one in record.apart],
        **reading(record),
        "signed_off": sign_off(view) if view else None,
    }


def sign_off(view: AnnexView) -> Json | None:
    """Who signed the annex off, with which difference; null when nobody has."""
    frozen = view.frozen
    if frozen is None:
        return None
    return {
        "by": frozen.person,
        "at": moment(frozen.at),
        "difference": amount(frozen.annex.difference),
        "changed_since": view.changed,
    }


def reading(record: Annex) -> Json:
    """Ages, who stands on the wrong side, and claims over ninety days."""
    facts = annex_facts(record)
    return {
        "ages": [
            {"from": one.from_days, "to": one.to_days, "total": amount(one.total), "items": one.items}
            for one in facts.ages
        ],
        "reclassify": [
            {"party": one.party, "name": one.name, "amount": amount(one.amount)} for one in facts.wrong_side
        ],
        "old_claims": [one.number for one in facts.old_claims],
    }


def summary(record: Annex) -> Json:
    """One annex as the import tells of it: the number of items instead of the items."""
    return {
        "account": record.account,
        "date": day(record.date),
        "items": None if record.items is None else len(record.items),
        "total": amount(record.total),
        "books": amount(record.books),
        "difference": amount(record.difference),
    }


def item(record: OpenItem) -> Json:
    """One open item. ``total`` and ``open`` are kronor, their twins the invoice's own currency."""
    return {
        "number": record.number,
        "name": record.name,
        "type": record.kind,
        "invoice_date": day(record.invoice_date),
        "booked": day(record.booked),
        "due_date": day(record.due_date),
        "currency": record.currency,
        "total": amount(record.total),
        "open": amount(record.open),
        "total_currency": amount(record.total_currency),
        "open_currency": amount(record.open_currency),
        "settled_later": day(record.settled_later),
        "note": record.note or None,
    }


def explanation(record: Explanation, account: str) -> Json:
    """One reason for a difference."""
    return {
        "code": record.code,
        "text": explanation_text(record, account),
        "amount": amount(record.amount),
        "date": day(record.date),
        "reference": record.reference or None,
    }
