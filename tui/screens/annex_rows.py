"""What screen 4 shows of an annex: its items, the reckoning, the signed-off one beside it, ages and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.i18n import _, mark, ngettext
from core.model import Annex, OpenItem
from core.money import to_swedish
from tui.paint import Line, Span, columns, fit, titled, width_of, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.wording import amount, difference, item_kind, lesson, moment

if TYPE_CHECKING:
    from core.usecases.annexes import AnnexView
    from core.usecases.reconcile import ReconciledAccount

COLUMNS: Final = (
    Column("number", mark("Invoice"), 8),
    Column("name", mark("Name")),
    Column("date", mark("Date"), 10),
    Column("due", mark("Due"), 10),
    Column("open", mark("Open"), 10, right=True),
    Column("note", mark("Note"), 18),
)

SHOWN: Final = 2
"""Explanations and changes under the items; all of them stand in the pane and the details."""
MOST_LINES: Final = 4
"""What those explanations may take together."""

LISTED: Final = 3
"""Of each kind of thing that the details tell."""

APART: Final = frozenset({"unbooked", "cut_off"})
"""Kinds of items that stand beside the annex."""

AGES: Final = (
    mark("not due"),
    mark("1–30 days"),
    mark("31–60 days"),
    mark("61–90 days"),
    mark("over 90 days"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """An annex of a ledger, or an own one: an account with an amount that somebody entered."""

    account: str
    annex: Annex | None = None
    view: AnnexView | None = None
    own: ReconciledAccount | None = None


def key_of(item: OpenItem) -> str:
    """An invoice and the tax agency's part of it are two items with one number."""
    return f"{item.number} {item.kind}"


def cells_of(item: OpenItem, own_note: str) -> Sequence[Span]:
    """The cells of an item in the order of ``COLUMNS``; what a person noted comes first."""
    tone = Tone.DIM if item.kind in APART else Tone.PLAIN
    told = automatic_note(item, own_note)
    note = f"» {own_note}" + (f" · {told}" if told else "") if own_note else told
    return (
        (item.number, tone),
        (item.name, tone),
        (str(item.invoice_date), tone),
        (str(item.due_date) if item.due_date else "–", tone),
        (to_swedish(item.open), tone),
        (note, Tone.PLAIN if own_note else Tone.DIM),
    )


def automatic_note(item: OpenItem, own_note: str) -> str:
    """What brygga itself notes on the item."""
    from core.usecases.annexes import note_of

    told = note_of(item).removesuffix(own_note).removesuffix(" · ") if own_note else note_of(item)
    if told:
        return told
    if item.settled_later is not None:
        return _("paid {date}").format(date=item.settled_later)
    return item_kind(item.kind) if item.kind != "invoice" else ""


def rank_of(item: OpenItem, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "number":
            return (len(item.number), item.number)
        case "date":
            return item.invoice_date
        case "due":
            return item.due_date or item.invoice_date
        case "open":
            return -item.open
        case "note":
            return item.note
        case _:
            return item.name.casefold()


def reckoning_of(annex: Annex, width: int) -> list[Line]:
    """According to ledger and books, both with the account's own sign, and the difference."""
    own_side = None if annex.difference is None else annex.books + annex.difference
    figures = [
        (_("According to ledger"), amount(own_side)),
        (_("According to books"), amount(annex.books)),
        (_("Difference"), difference(annex.difference)),
    ]
    row = tuple(
        span for label, figure in figures for span in ((f" {label} ", Tone.DIM), figure, ("  ", Tone.DIM))
    )
    if width_of(row) <= width:
        return [row]
    label_width = max(len(label) for label, _figure in figures) + 1
    return [
        ((" " + fit(label, label_width), Tone.DIM), (fit(text, 16, right=True), tone))
        for label, (text, tone) in figures
    ]


def reasons_of(annex: Annex, why: Sequence[str], width: int) -> list[Line]:
    """The first explanations of the difference, in four lines at most."""
    tone = Tone.WARN if annex.difference else Tone.PLAIN
    pieces = [piece for sentence in why[:SHOWN] for piece in wrap(sentence, width - 2)]
    if len(pieces) > MOST_LINES:
        pieces[MOST_LINES - 1 :] = [fit(" ".join(pieces[MOST_LINES - 1 :]), width - 2)]
    return [((" " + piece, tone),) for piece in pieces]


def apart_of(annex: Annex) -> list[Line]:
    """How many items stand beside the annex."""
    if not annex.apart:
        return []
    text = ngettext(
        "{count} item beside the annex, last and dim in the list: not booked on its day.",
        "{count} items beside the annex, last and dim in the list: not booked on its day.",
        len(annex.apart),
    )
    return [((" " + text.format(count=len(annex.apart)), Tone.DIM),)]


def signed_lines(view: AnnexView | None, width: int, shown: int) -> list[Line]:
    """Whether the annex was signed off, ``shown`` of what has changed since, and what the reader can do."""
    from core.usecases.annex_comparison import changed_sentences, signed_off_sentence

    if view is None or view.frozen is None:
        return []
    if not view.changed:
        return [((" ✓ " + signed_off_sentence(view), Tone.GOOD),)]
    lines: list[Line] = [
        ((f" ▲ {piece}", Tone.WARN),) for piece in wrap(signed_off_sentence(view), width - 4)
    ]
    changes = list(changed_sentences(view))
    lines += [((f"   {sentence}", Tone.PLAIN),) for sentence in changes[:shown]]
    left = len(changes) - shown
    if shown and left > 0:
        lines.append(((f"   {_('and {count} more: d').format(count=left)}", Tone.DIM),))
    choice = (
        _("v shows the other one · B takes the new one after all")
        if view.declined
        else _("v shows the signed-off one · m signs off the new · B keeps the old")
    )
    return [*lines, *(((f"   {piece}", Tone.KEY),) for piece in wrap(choice, width - 4))]


def beside_lines(annex: Annex, heading: str, changes: Sequence[str], width: int, room: int) -> list[Line]:
    """The other annex in the pane, as many of its items as there is room for."""
    lines: list[Line] = [((" " + piece, Tone.TITLE),) for piece in wrap(heading, width - 2)]
    for sentence in changes[:LISTED]:
        lines += [((" " + piece, Tone.WARN),) for piece in wrap(sentence, width - 2)]
    if len(changes) > LISTED:
        lines.append(((" " + _("and {count} more: d").format(count=len(changes) - LISTED), Tone.DIM),))
    lines.append(())
    items = annex.items or ()
    shown = items[: max(0, room - len(lines) - 5)]
    name_width = max(6, width - 9 - 13)
    for item in shown:
        cells = (
            f" {fit(item.number, 7)} {fit(item.name, name_width)}{fit(to_swedish(item.open), 12, right=True)}"
        )
        lines.append(((cells, Tone.PLAIN),))
    if len(items) > len(shown):
        lines.append(((" " + _("and {count} more").format(count=len(items) - len(shown)), Tone.DIM),))
    return [*lines, *reckoning_of(annex, 0)]


def ages_of(annex: Annex) -> list[tuple[str, str]]:
    """The open amounts by days past due on the annex's date."""
    from core.usecases.annexes import annex_facts

    shown = [to_swedish(bucket.total) for bucket in annex_facts(annex).ages]
    width = max(map(len, shown))
    return [(_(word), text.rjust(width)) for word, text in zip(AGES, shown, strict=True)]


def facts_of(annex: Annex, item: OpenItem, own_note: str, width: int) -> list[Line]:
    """The item in full."""
    pairs = [
        (_("Invoice"), item.number),
        (_("Kind"), item_kind(item.kind)),
        (_("Party"), item.party or "–"),
        (_("Total"), to_swedish(item.total)),
        (_("Open"), to_swedish(item.open)),
        (_("Booked"), str(item.booked or "–")),
        (_("Settled"), str(item.settled_later or "–")),
        (_("Account"), item.account or annex.account),
    ]
    if item.currency != "SEK":
        pairs.insert(5, (item.currency, to_swedish(item.open_currency)))
    if told := automatic_note(item, own_note):
        pairs.append((_("Found"), told))
    if own_note:
        pairs.append((_("Note"), own_note))
    return columns(pairs, width)


def pane_of(annex: Annex, item: OpenItem | None, own_note: str, why: Sequence[str], width: int) -> list[Line]:
    """The pane of a wide screen: the item in full, ages, all explanations."""
    lines: list[Line] = []
    if item is not None:
        lines += [*titled(item.name, width), *facts_of(annex, item, own_note, width), ()]
    return [*lines, *_ages(annex, width), *_reasons(annex, why, width, len(why))]


def detail_of(tab: Tab, why: Sequence[str], width: int) -> list[Line]:
    """Everything that is read out of the annex: ages, reasons, reclassification, old claims, what changed."""
    from core.usecases.annex_comparison import changed_sentences
    from core.usecases.documents import annex_reading

    assert tab.annex is not None
    lines = [*_ages(tab.annex, width), *_reasons(tab.annex, why, width, LISTED)]
    reading = list(annex_reading(tab.annex))[1 if tab.annex.items else 0 :]
    lines += _section(_("To look at"), reading, width, LISTED)
    changes = list(changed_sentences(tab.view)) if tab.view is not None else []
    return lines + _section(_("Since it was signed off"), changes, width, LISTED)


def _ages(annex: Annex, width: int) -> list[Line]:
    if not annex.items:
        return []
    return [((" " + _("By age"), Tone.STRONG),), *columns(ages_of(annex), width), ()]


def _reasons(annex: Annex, why: Sequence[str], width: int, shown: int) -> list[Line]:
    return _section(_("Why it differs") if annex.difference else _("To know"), why, width, shown)


def _section(heading: str, sentences: Sequence[str], width: int, shown: int) -> list[Line]:
    if not sentences:
        return []
    lines: list[Line] = [((" " + heading, Tone.STRONG),)]
    for sentence in sentences[:shown]:
        lines += columns([("", sentence)], width)
    left = len(sentences) - shown
    if left > 0:
        lines.append((("   " + _("and {count} more").format(count=left), Tone.DIM),))
    return [*lines, ()]


def own_lines(row: ReconciledAccount, width: int) -> list[Line]:
    """An own annex: what was entered for an account, against the books."""
    assert row.supported is not None
    entered = row.supported
    pairs = [
        (_("Supported amount"), to_swedish(entered.amount)),
        (_("According to books"), to_swedish(row.ub)),
        (_("Difference"), to_swedish(row.difference or 0)),
        (_("Note"), entered.note or "–"),
        (_("Underlag"), entered.reference or "–"),
        (_("Entered by"), f"{entered.person} {moment(entered.at)}"),
    ]
    heading = (f" {row.account.number} {row.account.name}", Tone.STRONG)
    where = (" " + _("It is changed on screen 5 with b."), Tone.DIM)
    return [(), (heading,), (), *columns(pairs, width), (), (where,)]


def no_items(annex: Annex) -> Sequence[Line]:
    """What stands in the place of items."""
    if annex.items is None:
        return lesson(
            _("A SIE4 file carries the books but no ledger."),
            _("The balance of the account is shown below; the open items come with an import from Fortnox."),
        )
    return lesson(_("No open items on this day."))
