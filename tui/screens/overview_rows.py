"""The rows of the overview: what stands in each column, what is found and refused, what the pane tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from core.i18n import _, mark
from core.register import ConnectionState, EngagementStatus, NextStep, Present, SourceKind, VoucherState
from tui.paint import Line, Span, columns, titled
from tui.tally import voucher_counts
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.wording import (
    age,
    connection_long,
    connection_short,
    difference,
    next_sentence,
    next_word,
    source_word,
    whereabouts,
)

COLUMNS: Final = (
    Column("number", mark("No."), 6, wide=True),
    Column("client", mark("Client")),
    Column("year", mark("Year"), 5),
    Column("connection", mark("Connection"), 12),
    Column("import", mark("Import"), 6),
    Column("1510", "1510", 8, right=True),
    Column("2440", "2440", 8, right=True),
    Column("vouchers", mark("Vou"), 4, right=True),
    Column("next", mark("Next"), 9),
)


def key_of(row: EngagementStatus) -> str:
    """What cursor and marks follow."""
    return row.engagement.id if row.engagement else row.client.id


def annex_difference(row: EngagementStatus, account: str) -> Span:
    """The annex's difference, or a dash where there is none."""
    return next(
        (difference(annex.difference) for annex in row.annexes if annex.account == account), difference(None)
    )


def voucher_ratio(row: EngagementStatus) -> str:
    """Ready or further of all: `2/3`."""
    return "{}/{}".format(*voucher_counts(row))


def cells_of(row: EngagementStatus, today: date, *, occupied: bool = False) -> Sequence[Span]:
    """The cells of a row in the order of ``COLUMNS``; an engagement that others have open has a sign."""
    engagement = row.engagement
    return (
        (row.client.number, Tone.DIM),
        ("◉ " + row.client.name, Tone.KEY) if occupied else (row.client.name, Tone.PLAIN),
        (engagement.year.label if engagement else "–", Tone.PLAIN),
        connection_short(row.connection, engagement.source if engagement else None),
        age(row.last_import, today),
        annex_difference(row, "1510"),
        annex_difference(row, "2440"),
        (voucher_ratio(row), Tone.PLAIN),
        next_word(row) if not (engagement and engagement.locked) else (_("Locked"), Tone.DIM),
    )


def rank_of(row: EngagementStatus, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "number":
            return (len(row.client.number), row.client.number)
        case "year":
            return row.engagement.year.to_date.toordinal() if row.engagement else 0
        case "connection":
            return (list(ConnectionState).index(row.connection.state), row.connection.days_left or 0)
        case "import":
            return row.last_import.timestamp() if row.last_import else 0.0
        case "1510" | "2440":
            return -max((abs(a.difference or 0) for a in row.annexes if a.account == column), default=0)
        case "vouchers":
            return voucher_ratio(row)
        case "next":
            return list(NextStep).index(row.next_step)
        case _:
            return row.client.name.casefold()


def search_of(row: EngagementStatus) -> str:
    """What the filter looks in: also what stands in no column."""
    return " ".join(
        (
            row.client.name,
            row.client.number,
            row.client.orgnr,
            row.client.responsible,
            row.engagement.year.label if row.engagement else "",
            connection_short(row.connection, row.engagement.source if row.engagement else None)[0],
            next_word(row)[0],
        )
    )


def refusal(row: EngagementStatus, action: str) -> str | None:
    """Why the action cannot be done on the row; None when it can."""
    engagement = row.engagement
    if engagement is None:
        missing = action in {"import", "export", "lock"}
        return _("There is no engagement under the cursor; n makes one.") if missing else None
    if action in {"import", "export"} and engagement.locked:
        return _("The engagement is locked; l unlocks it.")
    if action == "export" and not row.vouchers.get(VoucherState.READY):
        return _("No closing voucher is ready to export. Write and mark them on screen 6.")
    if action == "connect" and engagement.source is SourceKind.SIE4:
        return _("The books come from a SIE4 file. Press 2, then s, to take them from Fortnox instead.")
    return None


def detail_of(
    row: EngagementStatus, width: int, others: Sequence[Present] = (), spark: str = ""
) -> list[Line]:
    """The pane of a wide screen: the whole name, and what the columns cut."""
    engagement = row.engagement
    pairs = [
        (_("Org. no."), row.client.orgnr),
        (_("Client no."), row.client.number or "–"),
        (_("Responsible"), row.client.responsible or "–"),
        (_("Fiscal year"), str(engagement.year) if engagement else "–"),
        (_("Source"), source_word(engagement.source) if engagement else "–"),
        (_("Connection"), connection_long(row.connection, engagement.source if engagement else None)[0]),
        (_("Findings"), str(row.findings)),
    ]
    pairs += [
        (_("Annex") + f" {annex.account}", _("difference") + " " + difference(annex.difference)[0])
        for annex in row.annexes
    ]
    if spark:
        pairs.append((_("14 days"), spark))
    pairs += [(_("Open with") if not place else "", whereabouts(each)) for place, each in enumerate(others)]
    return [
        *titled(row.client.name, width),
        (),
        *columns(pairs, width),
        (),
        ((" " + _("Next step"), Tone.STRONG),),
        *columns([("", next_sentence(row))], width),
    ]
