"""Codes of the records as words for people, in the language in use."""

from __future__ import annotations

from core.i18n import _, language, ngettext
from core.register import (
    AccountNames,
    ConnectionMode,
    ConnectionState,
    ConnectionView,
    EngagementStatus,
    NextStep,
    PreviousYear,
    Role,
    SourceKind,
)
from core.usecases.voucher_words import voucher_state

__all__ = [
    "account_names", "connection", "megabytes", "next_step", "previous_year", "role_word", "source", "voucher_state",
    "yes_no",
]  # fmt: skip


def account_names(names: AccountNames) -> str:
    """Whose account names an engagement shows."""
    return {
        AccountNames.SOURCE: _("as the source has them"),
        AccountNames.EDITED: _("as edited here"),
    }[names]


def previous_year(figures: PreviousYear) -> str:
    """Where the comparison figures come from."""
    return {
        PreviousYear.SOURCE: _("from the source"),
        PreviousYear.ENGAGEMENT: _("from last year's engagement"),
    }[figures]


def connection(view: ConnectionView) -> str:
    """``active, 27 days left`` or ``active until revoked (service account)``."""
    names = {
        ConnectionState.ACTIVE: _("active"),
        ConnectionState.EXPIRING: _("expiring"),
        ConnectionState.EXPIRED: _("expired"),
        ConnectionState.NONE: "–",
    }
    if view.state is ConnectionState.ACTIVE and view.mode is ConnectionMode.SERVICE:
        return _("until revoked (service account)")
    if view.days_left is None or view.state in {ConnectionState.NONE, ConnectionState.EXPIRED}:
        return names[view.state]
    left = ngettext("{count} day", "{count} days", view.days_left).format(count=view.days_left)
    return f"{names[view.state]}, {left}"


def megabytes(size: int) -> str:
    """A number of bytes in megabytes with one decimal, ``12,3`` in Swedish."""
    text = f"{size / 1_000_000:.1f}"
    return text.replace(".", ",") if language() == "sv" else text


def next_step(row: EngagementStatus) -> str:
    """What a person does next; a difference that is a task is not one to explain."""
    if row.next_step is NextStep.EXPLAIN and row.only_tasks:
        return _("book unpaid invoices (cash method)")
    return {
        NextStep.DECIDE: _("decide about a voucher"),
        NextStep.CONNECT: _("connect"),
        NextStep.IMPORT: _("import"),
        NextStep.EXPLAIN: _("explain the difference"),
        NextStep.WRITE: _("write closing vouchers"),
        NextStep.EXPORT: _("export"),
        NextStep.WRITE_FILE: _("write the file"),
        NextStep.WAIT: _("wait"),
        NextStep.DONE: _("done"),
    }[row.next_step]


def source(kind: SourceKind) -> str:
    """Where the books come from."""
    return {SourceKind.FORTNOX: "Fortnox", SourceKind.SIE4: _("SIE4 file")}[kind]


def yes_no(value: bool) -> str:
    """Yes or no."""
    return _("yes") if value else _("no")


def role_word(role: Role) -> str:
    """What a person is here."""
    names = {Role.READER: _("reader"), Role.CONSULTANT: _("consultant"), Role.ADMIN: _("administrator")}
    return names[role]
