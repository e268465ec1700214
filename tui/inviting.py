"""Words and small parts of the invitation desk's screens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from core.i18n import _, ngettext
from core.invite.checks import refuses, sentence, short
from core.invite.outbound import LetterState
from core.invite.rows import Invitation, InviteState
from core.invite.words import choice_word, consent_word, kind_word, letter_word, state_word
from core.model import Severity
from tui.paint import Line, Span, columns, titled, wrap
from tui.theme import Tone
from tui.wording import moment

if TYPE_CHECKING:
    from core.usecases.invite_desk import Desk, DeskRow
    from core.usecases.invite_send import Sent

_STATES: Final = {
    InviteState.DRAFT: ("○", Tone.PLAIN),
    InviteState.EXPORTED: ("●", Tone.PLAIN),
    InviteState.INVITED: ("●", Tone.GOOD),
    InviteState.REMINDED: ("●", Tone.WARN),
    InviteState.DONE: ("✓", Tone.DIM),
    InviteState.DECLINED: ("✕", Tone.DIM),
}
_TROUBLED: Final = frozenset({LetterState.UNKNOWN, LetterState.REFUSED, LetterState.BOUNCED})


def status(line: DeskRow, now: datetime) -> Span:
    """Where the line stands, what needs a person first; at most 19 cells."""
    row = line.row
    if row is None:
        return ("✓ " + _("has a user"), Tone.DIM) if line.has_user else ("· " + _("nobody yet"), Tone.DIM)
    letter = line.letters[-1] if line.letters else None
    if letter is not None and letter.state in _TROUBLED and line.row is not None and not row.closed_at:
        return f"✕ {_short_letter(letter.state)}", Tone.BAD
    if row.state is InviteState.DRAFT:
        return _draft(line)
    if line.reminder_due:
        return "▲ " + _("remind, {days} d").format(days=_days(row, now)), Tone.WARN
    if line.documents is not None and not row.closed_at:
        return "✓ " + _("documents seen"), Tone.GOOD
    sign, tone = _STATES[row.state]
    if row.state in {InviteState.INVITED, InviteState.REMINDED}:
        word = _("invited") if row.state is InviteState.INVITED else state_word(row.state)
        days = _days(row, now)
        return f"{sign} " + (_("{word} {days} d").format(word=word, days=days) if days else word), tone
    return f"{sign} {state_word(row.state)}", tone


def _draft(line: DeskRow) -> Span:
    if refuses(line.findings):
        first = next(one for one in line.findings if one.severity is Severity.ERROR)
        return f"▲ {short(first.code)}", Tone.WARN
    if line.place == "batch":
        return "● " + _("in the batch"), Tone.GOOD
    return "○ " + _("queued"), Tone.PLAIN


def _short_letter(state: LetterState) -> str:
    return {
        LetterState.UNKNOWN: _("letter unclear"),
        LetterState.REFUSED: _("letter refused"),
        LetterState.BOUNCED: _("letter bounced"),
    }[state]


def _days(row: Invitation, now: datetime) -> int:
    return (now - row.since).days if row.since else 0


def letter_span(line: DeskRow) -> Span:
    """What became of the latest letter, as one sign; the pane and the status have the words."""
    if not line.letters:
        return "·", Tone.DIM
    state = line.letters[-1].state
    if state in _TROUBLED:
        return "✕", Tone.BAD
    if state in {LetterState.SENT, LetterState.WRITTEN}:
        return "✓", Tone.GOOD
    return "…", Tone.PLAIN


def summary(now: Desk) -> tuple[Line, Line]:
    """The title, and the counter at its right."""
    without = len({line.client.id for line in now.waiting})
    title = ngettext(
        "Invite client users · {count} client without a user",
        "Invite client users · {count} clients without a user",
        without,
    ).format(count=without)
    spans: list[Span] = []
    if now.due:
        spans.append((_("{count} to remind").format(count=len(now.due)) + "  ", Tone.WARN))
    counter = f"{len(now.batches.current)}/{now.limit}"
    spans.append((counter, Tone.GOOD if now.batches.current else Tone.DIM))
    return ((title, Tone.TITLE),), tuple(spans)


def facts(now: Desk, width: int) -> list[Line]:
    """The batch in a sentence, and what brygga does not do."""
    planned = now.batches
    text = _("Batch {number}: {count} of {limit} rows, {queued} queued").format(
        number=planned.number, count=len(planned.current), limit=now.limit, queued=len(planned.queued)
    )
    if planned.unfit:
        text += ", " + _("{count} kept out").format(count=len(planned.unfit))
    honest = _("Fortnox creates the users: type the batch into Digital byrå, then mark it with S.")
    return [((" " + text, Tone.STRONG),), *(((" " + piece, Tone.DIM),) for piece in wrap(honest, width - 2))]


def detail(line: DeskRow, width: int) -> list[Line]:
    """The whole line in a pane."""
    row = line.row
    lines: list[Line] = [*titled(line.client.name, width), ()]
    if row is None:
        said = _("The client has a user of its own.") if line.has_user else _("Nobody is to be invited yet.")
        return [*lines, *columns([("", said)], width)]
    pairs = [
        (_("Name"), row.name),
        (_("E-mail"), row.email),
        (_("Mobile"), row.mobile or "–"),
        (_("Username"), _("{username} (suggestion)").format(username=row.username)),
        (_("Choice"), choice_word(row.choice)),
        (_("Sysadmin"), _("ticked") if line.admin else _("not ticked")),
        (_("Contact"), consent_word(row.consent)),
        (_("Status"), state_word(row.state)),
    ]
    dates = (
        (_("Exported"), row.exported_at),
        (_("Invited"), row.invited_at),
        (_("Reminded"), row.reminded_at),
        (_("Closed"), row.closed_at),
        (_("Documents"), line.documents),
    )
    pairs += [(label, moment(at)) for label, at in dates if at]
    lines += columns(pairs, width)
    for letter in line.letters:
        text = f"{letter_word(letter.state)} {moment(letter.at)} {letter.reason}".strip()
        lines += columns([(kind_word(letter.kind).capitalize(), text)], width)
    return [
        *lines,
        (),
        *(found for one in line.findings for found in _finding(one.code, one.severity, width)),
    ]


def _finding(code: str, severity: Severity, width: int) -> list[Line]:
    tone = Tone.WARN if severity is Severity.ERROR else Tone.DIM
    sign = "▲" if severity is Severity.ERROR else "·"
    pieces = wrap(sentence(code), max(10, width - 4))
    return [((f" {sign if number == 0 else ' '} {piece}", tone),) for number, piece in enumerate(pieces)]


def sent_sentence(sent: Sent) -> str:
    """What came of a run of letters."""
    parts = []
    if sent.sent:
        parts.append(ngettext("{count} sent", "{count} sent", sent.sent).format(count=sent.sent))
    if sent.written:
        parts.append(_("{count} written to {folder}").format(count=sent.written, folder=sent.folder))
    if sent.refused:
        parts.append(ngettext("{count} refused", "{count} refused", sent.refused).format(count=sent.refused))
    if sent.unknown:
        parts.append(_("{count} unclear: say with S whether they went").format(count=sent.unknown))
    if sent.waiting:
        parts.append(_("{count} waiting, Z goes on").format(count=sent.waiting))
    if sent.stopped:
        parts.append(sent.stopped)
    return ", ".join(parts) or _("nobody's turn has come")


def rank(line: DeskRow, column: str) -> Any:
    """What a column sorts by."""
    row = line.row
    match column:
        case "number":
            return (len(line.client.number), line.client.number)
        case "name":
            return (row is None, row.name.casefold() if row else "")
        case "email":
            return (row is None, row.email.casefold() if row else "")
        case "admin":
            return line.admin
        case "status":
            return (row is None, list(InviteState).index(row.state) if row else 0, line.place)
        case "batch":
            return (row is None or row.batch is None, row.batch or 0 if row else 0)
        case _:
            return line.client.name.casefold()
