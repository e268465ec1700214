"""The trade's words for states and steps: sign, word and tone, the same on every screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from core.clock import local_time
from core.i18n import _, mark, ngettext
from core.money import Ore, to_swedish
from core.register import (
    ClosingVoucher,
    ConnectionState,
    ConnectionView,
    EngagementStatus,
    NextStep,
    Present,
    SourceKind,
    VoucherState,
)
from tui.paint import Span, wrap
from tui.theme import Tone

_STEPS: Final = {
    NextStep.DECIDE: (mark("Decide"), Tone.BAD),
    NextStep.CONNECT: (mark("Connect"), Tone.BAD),
    NextStep.IMPORT: (mark("Fetch"), Tone.WARN),
    NextStep.EXPLAIN: (mark("Explain"), Tone.WARN),
    NextStep.WRITE: (mark("Write"), Tone.PLAIN),
    NextStep.EXPORT: (mark("Send"), Tone.GOOD),
    NextStep.WRITE_FILE: (mark("To file"), Tone.GOOD),
    NextStep.WAIT: (mark("Wait"), Tone.WARN),
    NextStep.DONE: (mark("Done"), Tone.DIM),
}

_STEP_SENTENCES: Final = {
    NextStep.DECIDE: mark("brygga cannot settle a voucher by itself: press 6, where it says why."),
    NextStep.CONNECT: mark("Connect the client to Fortnox: press f."),
    NextStep.IMPORT: mark("Import the year: press i."),
    NextStep.EXPLAIN: mark("An annex differs from the books: press 4 and explain the difference."),
    NextStep.WRITE: mark("Write the closing vouchers, or mark them as ready: press 6."),
    NextStep.EXPORT: mark("Export the closing vouchers to Fortnox: press e."),
    NextStep.WRITE_FILE: mark("Write the closing vouchers to a file: press e."),
    NextStep.WAIT: mark("Something is under way at Fortnox, or waits for the next fiscal year."),
    NextStep.DONE: mark("Everything is done. Lock the engagement when it is signed off: press l."),
}

_COUNTS: Final[dict[VoucherState, Callable[[int], str]]] = {
    VoucherState.DRAFT: lambda n: ngettext("{count} draft", "{count} drafts", n),
    VoucherState.READY: lambda n: ngettext("{count} ready to export", "{count} ready to export", n),
    VoucherState.WAITING_YEAR: lambda n: ngettext(
        "{count} waits for the fiscal year", "{count} wait for the fiscal year", n
    ),
    VoucherState.SENDING: lambda n: ngettext("{count} being sent", "{count} being sent", n),
    VoucherState.UNKNOWN: lambda n: ngettext("{count} sent – no receipt", "{count} sent – no receipt", n),
    VoucherState.POSTED: lambda n: ngettext("{count} posted", "{count} posted", n),
    VoucherState.REJECTED: lambda n: ngettext("{count} rejected", "{count} rejected", n),
    VoucherState.EXPORTED: lambda n: ngettext("{count} written to file", "{count} written to file", n),
    VoucherState.EXCLUDED: lambda n: ngettext("{count} left out", "{count} left out", n),
}

_VOUCHERS: Final = {
    VoucherState.DRAFT: ("○", mark("draft"), Tone.PLAIN),
    VoucherState.READY: ("●", mark("ready to export"), Tone.GOOD),
    VoucherState.WAITING_YEAR: ("▲", mark("waits for the fiscal year"), Tone.WARN),
    VoucherState.SENDING: ("▲", mark("being sent"), Tone.WARN),
    VoucherState.UNKNOWN: ("▲", mark("sent – no receipt"), Tone.BAD),
    VoucherState.POSTED: ("✓", mark("posted"), Tone.GOOD),
    VoucherState.REJECTED: ("✕", mark("rejected"), Tone.BAD),
    VoucherState.EXPORTED: ("✓", mark("written to file"), Tone.GOOD),
    VoucherState.EXCLUDED: ("·", mark("left out"), Tone.DIM),
}

_PHASES: Final = {
    "company": mark("company"),
    "year": mark("fiscal year"),
    "sie": mark("books"),
    "customer_ledger": mark("customer invoices"),
    "supplier_ledger": mark("supplier invoices"),
    "checks": mark("checks"),
    "save": mark("saving"),
    "check": mark("checks"),
    "send": mark("sending"),
    "verify": mark("receipt"),
    "letters": mark("letters"),
}

_KINDS: Final = {
    "invoice": mark("invoice"),
    "credit": mark("credit note"),
    "tax_reduction": mark("tax reduction"),
    "sold": mark("sold invoice"),
    "unbooked": mark("not booked"),
    "cut_off": mark("other period"),
}

_ANNEXES: Final = {"1510": mark("Trade receivables"), "2440": mark("Trade payables")}


def step_word(step: NextStep, *, only_tasks: bool = False) -> Span:
    """The next step in one word; a difference that is a task is not one to explain."""
    if step is NextStep.EXPLAIN and only_tasks:
        return _("Year-end"), Tone.PLAIN
    word, tone = _STEPS[step]
    return _(word), tone


def next_word(row: EngagementStatus) -> Span:
    """The next step of an engagement in one word."""
    return step_word(row.next_step, only_tasks=row.only_tasks)


def next_sentence(row: EngagementStatus) -> str:
    """The next step with the key that takes it."""
    if row.next_step is NextStep.EXPLAIN and row.only_tasks:
        return _(
            "The cash method: book the unpaid invoices in the client's program as of the balance day, "
            "then import again. 4 shows them."
        )
    return _(_STEP_SENTENCES[row.next_step])


def vouchers_in(state: VoucherState, count: int) -> str:
    """`10 posted`: so many closing vouchers stand there."""
    return _COUNTS[state](count).format(count=count)


def voucher_state(state: VoucherState, series: str = "", number: str = "") -> Span:
    """`✓ posted I 12`."""
    sign, word, tone = _VOUCHERS[state]
    where = f" {series} {number}".rstrip() if number else ""
    return f"{sign} {_(word)}{where}", tone


def standing_of(voucher: ClosingVoucher) -> Span:
    """How far a closing voucher has come."""
    if voucher.undecided:
        return "▲ " + _("must be decided"), Tone.BAD
    return voucher_state(voucher.state, voucher.series, voucher.number)


def undecided_text(voucher: ClosingVoucher) -> str:
    """Why a person must decide about the voucher, and the keys that do it."""
    return _("“{text}”: {reason} Look in Fortnox: J if it is not there, U if it is.").format(
        text=voucher.text, reason=voucher.error
    )


def phase_word(phase: str) -> str:
    """What a job is doing; a phase without a word of its own is shown as it is."""
    return _(_PHASES[phase]) if phase in _PHASES else phase


def item_kind(kind: str) -> str:
    """The kind of an open item."""
    return _(_KINDS[kind]) if kind in _KINDS else kind


def annex_title(account: str) -> str:
    """`1510 Trade receivables`."""
    return f"{account} {_(_ANNEXES[account])}" if account in _ANNEXES else account


def source_word(source: SourceKind) -> str:
    """Where the books come from."""
    return _("SIE4 file") if source is SourceKind.SIE4 else "Fortnox"


def connection_short(view: ConnectionView, source: SourceKind | None) -> Span:
    """The connection in a column of 12 cells."""
    if source is SourceKind.SIE4:
        return "· " + _("SIE file"), Tone.DIM
    match view.state:
        case ConnectionState.NONE:
            return "· " + _("no consent"), Tone.BAD
        case ConnectionState.EXPIRED:
            return "✕ " + _("lapsed"), Tone.BAD
        case ConnectionState.EXPIRING:
            return "▲ " + _("{days} d left").format(days=view.days_left), Tone.WARN
        case ConnectionState.ACTIVE if view.days_left is None:
            return "● " + _("no expiry"), Tone.GOOD
        case ConnectionState.ACTIVE:
            return "● " + _("valid {days} d").format(days=view.days_left), Tone.GOOD


def connection_long(view: ConnectionView, source: SourceKind | None = None) -> Span:
    """The connection in a sentence."""
    if source is SourceKind.SIE4:
        return _("· not needed: the books come from a SIE4 file"), Tone.DIM
    match view.state:
        case ConnectionState.NONE:
            return _("· not connected to Fortnox"), Tone.BAD
        case ConnectionState.EXPIRED:
            return _("✕ lapsed: connect again"), Tone.BAD
        case ConnectionState.EXPIRING:
            return _("▲ lapses in {days} days unless it is used").format(days=view.days_left), Tone.WARN
        case ConnectionState.ACTIVE if view.days_left is None:
            return _("● active until it is revoked (service account)"), Tone.GOOD
        case ConnectionState.ACTIVE:
            return _("● active, {days} days left").format(days=view.days_left), Tone.GOOD


def age(moment: datetime | None, today: date) -> Span:
    """How long ago in days: `today`, `12 d`, or a dash."""
    if moment is None:
        return "–", Tone.DIM
    days = (today - moment.astimezone().date()).days
    if days <= 0:
        return _("today"), Tone.PLAIN
    return _("{days} d").format(days=days), Tone.WARN if days > 30 else Tone.PLAIN


def amount(ore: Ore | None) -> Span:
    """An amount, or a dash where there is none."""
    return ("–", Tone.DIM) if ore is None else (to_swedish(ore), Tone.PLAIN)


def difference(ore: Ore | None) -> Span:
    """A difference: zero stands back, anything else wants attention, and the sign is kept."""
    if ore is None:
        return "–", Tone.DIM
    return (to_swedish(ore), Tone.WARN) if ore else (to_swedish(ore), Tone.DIM)


def moment(at: datetime | None) -> str:
    """A moment in the firm's own time: `2026-01-31 09:30`."""
    return "–" if at is None else local_time(at)


def clock_time(at: datetime) -> str:
    """A moment of today in the firm's own time: `09:30`."""
    return at.astimezone().strftime("%H:%M")


def whereabouts(present: Present) -> str:
    """`Björn since 09:12 (srv1, process 4711)`."""
    return _("{person} since {time} ({host}, process {pid})").format(
        person=present.person, time=clock_time(present.since), host=present.host, pid=present.pid
    )


def held_reason(holder: Present) -> str:
    """Why nothing can be changed in an engagement that somebody has taken over."""
    return _("{person} has taken the engagement over. Press 2, then T, to take it back.").format(
        person=holder.person
    )


def sparkline(counts: Sequence[int]) -> str:
    """A bar for each count, each twice as much as the one before: `▁▁▂▁▅▁▃`."""
    return "".join("▁▂▃▄▅▆▇█"[min(7, count.bit_length())] for count in counts)


def lesson(title: str, *sentences: str) -> Sequence[tuple[Span, ...]]:
    """An empty screen teaches: what it is, why it is empty, the key that fills it."""
    return [
        (),
        *((("  " + piece, Tone.STRONG),) for piece in wrap(title, 74)),
        (),
        *((("  " + piece, Tone.PLAIN),) for sentence in sentences for piece in wrap(sentence, 74)),
    ]
