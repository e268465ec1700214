"""What many engagements come to together: how many need somebody, what lapses when, where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final, TypeAlias

from core.i18n import _, mark, ngettext
from core.money import Ore, to_swedish
from core.register import ConnectionState, ConnectionView, EngagementStatus, NextStep, VoucherState
from tui.paint import Line, Span, width_of
from tui.theme import Tone
from tui.wording import step_word

Step: TypeAlias = tuple[NextStep, bool]
"""The next step, and whether a difference to explain is only a task in the client's own program."""

_FINISHED: Final = frozenset({NextStep.DONE, NextStep.WAIT})
_UNFINISHED: Final = frozenset({VoucherState.DRAFT, VoucherState.REJECTED})
_DAYS: Final = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)


def needs_you(row: EngagementStatus) -> bool:
    """Whether the next step is a person's."""
    return row.next_step not in _FINISHED and not is_locked(row)


def is_locked(row: EngagementStatus) -> bool:
    """Whether the engagement is signed off."""
    return row.engagement is not None and row.engagement.locked


def summary_of(rows: Sequence[EngagementStatus], today: date, room: int = 78) -> Line:
    """`12 engagements · 3 need you · 2 connections lapse before Friday`, in fewer words where ``room`` is short."""
    count = sum(row.engagement is not None for row in rows)
    spans: list[Span] = [
        (ngettext("{count} engagement", "{count} engagements", count).format(count=count), Tone.PLAIN)
    ]
    waiting = sum(needs_you(row) for row in rows if row.engagement is not None)
    if waiting:
        text = ngettext("{count} needs you", "{count} need you", waiting).format(count=waiting)
        spans.append((" · " + text, Tone.STRONG))
    unclear = sum(row.vouchers.get(VoucherState.UNKNOWN, 0) for row in rows)
    if unclear:
        text = ngettext("{count} voucher without receipt", "{count} vouchers without receipt", unclear)
        spans.append((" · ▲ " + text.format(count=unclear), Tone.BAD))
    forecasts = [(*spans, *forecast_of(rows, today, brief=brief)) for brief in (False, True)]
    return next((line for line in forecasts if width_of(line) <= room), forecasts[-1])


def forecast_of(rows: Iterable[EngagementStatus], today: date, *, brief: bool = False) -> list[Span]:
    """The connections that have lapsed, and those that will before a day; ``brief`` leaves the noun out."""
    views = {row.client.id: row.connection for row in rows}.values()
    spans: list[Span] = []
    lapsed = sum(view.state is ConnectionState.EXPIRED for view in views)
    lapsing = [view for view in views if view.state is ConnectionState.EXPIRING]
    if lapsed:
        text = (
            ngettext("{count} lapsed", "{count} lapsed", lapsed)
            if brief or lapsing
            else ngettext("{count} connection has lapsed", "{count} connections have lapsed", lapsed)
        )
        spans.append((" · ✕ " + text.format(count=lapsed), Tone.BAD))
    if lapsing:
        text = (
            ngettext("{count} lapses before {day}", "{count} lapse before {day}", len(lapsing))
            if brief
            else ngettext(
                "{count} connection lapses before {day}",
                "{count} connections lapse before {day}",
                len(lapsing),
            )
        )
        day = day_word(max(lapses_on(view, today) for view in lapsing), today)
        spans.append((" · ▲ " + text.format(count=len(lapsing), day=day), Tone.WARN))
    return spans


def lapses_on(view: ConnectionView, today: date) -> date:
    """The first day on which the connection no longer holds unless it is used."""
    return today + timedelta(days=(view.days_left or 0) + 1)


def day_word(day: date, today: date) -> str:
    """A day of the coming week by its name, any other by its date."""
    if day == today + timedelta(days=1):
        return _("tomorrow")
    return _(_DAYS[day.weekday()]) if today < day < today + timedelta(days=7) else day.isoformat()


def step_of(row: EngagementStatus) -> Step:
    """The step that the engagement waits for."""
    return row.next_step, row.next_step is NextStep.EXPLAIN and row.only_tasks


def word_of(step: Step) -> Span:
    """The step in one word."""
    return step_word(step[0], only_tasks=step[1])


def by_step(rows: Iterable[EngagementStatus]) -> list[tuple[Step, int]]:
    """How many engagements wait for each step, in the order of risk; locked ones are not counted."""
    counts = Counter(step_of(row) for row in rows if not is_locked(row))
    every = ((step, only_tasks) for step in NextStep for only_tasks in (False, True))
    return [(step, counts[step]) for step in every if counts[step]]


def waiting_for(rows: Iterable[EngagementStatus], step: Step) -> list[EngagementStatus]:
    """Those that wait for the step; locked ones wait for nothing."""
    return [row for row in rows if step_of(row) == step and not is_locked(row)]


def steps_line(rows: Iterable[EngagementStatus]) -> Line:
    """`Connect 1 · Explain 2 · Send 1`."""
    spans: list[Span] = []
    for step, count in by_step(rows):
        word, tone = word_of(step)
        spans += [(" · " if spans else "", Tone.DIM), (f"{word} ", tone), (str(count), Tone.STRONG)]
    return tuple(spans)


def sums_of(rows: Sequence[EngagementStatus]) -> list[tuple[str, Span]]:
    """What differs in all on each account, and how many closing vouchers are ready or further."""
    sums: list[tuple[str, Span]] = []
    for account in ("1510", "2440"):
        differs = _differs(rows, account)
        sums.append((account, (to_swedish(differs), Tone.WARN if differs else Tone.DIM)))
    ready, every = (
        (sum(counts) for counts in zip(*map(voucher_counts, rows), strict=True)) if rows else (0, 0)
    )
    return [*sums, (_("Vou"), (f"{ready}/{every}", Tone.PLAIN))]


def sums_line(rows: Sequence[EngagementStatus]) -> Line:
    """`Differences, whatever their sign: 1510 4 512,00 · 2440 0,00 · Vou 3/5`."""
    spans: list[Span] = [(_("Differences, whatever their sign:"), Tone.DIM)]
    for place, (label, figure) in enumerate(sums_of(rows)):
        spans += [((" · " if place else " ") + label + " ", Tone.DIM), figure]
    return tuple(spans)


def _differs(rows: Iterable[EngagementStatus], account: str) -> Ore:
    """All that differs, so that a plus at one client hides no minus at another."""
    return sum(
        abs(annex.difference or 0) for row in rows for annex in row.annexes if annex.account == account
    )


def voucher_counts(row: EngagementStatus) -> tuple[int, int]:
    """Ready or further, and all; a draft or a rejected voucher still needs work."""
    counts = {state: count for state, count in row.vouchers.items() if state is not VoucherState.EXCLUDED}
    ready = sum(count for state, count in counts.items() if state not in _UNFINISHED)
    return ready, sum(counts.values())
