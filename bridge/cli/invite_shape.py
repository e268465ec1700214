"""The invitation desk in the form of the contract, and for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.cli.shape import Json
from bridge.cli.tables import facts, table
from core.clock import local_time, rfc3339
from core.i18n import _, ngettext
from core.invite.checks import sentence, short
from core.invite.outbound import Letter
from core.invite.words import choice_word, consent_word, kind_word, letter_word, state_word
from core.model import Severity
from core.usecases.invite_batch import Batch, copy_fields, shown_orgnr
from core.usecases.invite_desk import Desk, DeskRow
from core.usecases.invite_list import PlannedRow, fault_sentence


def row_record(line: DeskRow) -> Json:
    """A line; what belongs to a user is null for a client that has nobody yet."""
    row = line.row
    record: Json = {
        "id": row.id if row else None,
        "client": {
            "id": line.client.id,
            "number": line.client.number or None,
            "name": line.client.name,
            "orgnr": line.client.orgnr,
        },
        "admin": line.admin,
        "has_user": line.has_user,
        "place": line.place or None,
        "reminder_due": line.reminder_due,
        "documents_seen": rfc3339(line.documents) if line.documents else None,
        "letters": [_letter_record(letter) for letter in line.letters],
        "findings": [
            {"severity": str(one.severity), "code": one.code, "text": sentence(one.code)}
            for one in line.findings
        ],
    }
    for name in ("name", "email", "mobile", "username"):
        record[name] = (getattr(row, name) or None) if row else None
    for name in ("choice", "consent", "state"):
        record[name] = str(getattr(row, name)) if row else None
    record["batch"] = row.batch if row else None
    for name in ("created", "exported", "invited", "reminded", "closed"):
        moment = getattr(row, f"{name}_at") if row else None
        record[name] = rfc3339(moment) if moment else None
    return record


def _letter_record(letter: Letter) -> Json:
    return {
        "kind": str(letter.kind),
        "round": letter.round,
        "language": letter.language,
        "state": str(letter.state),
        "at": rfc3339(letter.at),
        "reason": letter.reason or None,
    }


def desk_record(now: Desk, lines: Sequence[DeskRow]) -> Json:
    """The desk."""
    return {
        "invitations": [row_record(line) for line in lines],
        "batch": {
            "number": now.batches.number,
            "rows": len(now.batches.current),
            "limit": now.limit,
            "queued": len(now.batches.queued),
            "left_out": len(now.batches.unfit),
        },
    }


def desk_lines(now: Desk, lines: Sequence[DeskRow]) -> Iterator[str]:
    """The desk for people."""
    heads = (
        _("No."),
        _("Client"),
        _("Name"),
        _("E-mail"),
        _("Username (suggestion)"),
        _("Status"),
        _("Note"),
    )
    rows = [
        (
            line.client.number,
            line.client.name,
            line.row.name if line.row else "–",
            line.row.email if line.row else "–",
            line.row.username if line.row else "–",
            status_word(line),
            note(line),
        )
        for line in lines
    ]
    if rows:
        yield from table(heads, rows)
    planned = now.batches
    yield _("Batch {number}: {count} of {limit} rows, {queued} queued, {left} kept out by a check.").format(
        number=planned.number,
        count=len(planned.current),
        limit=now.limit,
        queued=len(planned.queued),
        left=len(planned.unfit),
    )


def status_word(line: DeskRow) -> str:
    """``invited in Fortnox 2026-01-20``; for a client without a row whether it has a user."""
    row = line.row
    if row is None:
        return _("has a user") if line.has_user else "–"
    moment = row.closed_at or row.reminded_at or row.invited_at or row.exported_at
    return f"{state_word(row.state)} {local_time(moment)[:10]}" if moment else state_word(row.state)


def note(line: DeskRow) -> str:
    """What a person should know of the line, in a few words."""
    words = [short(one.code) for one in line.findings if one.severity is Severity.ERROR]
    words += [f"{kind_word(one.kind)}: {letter_word(one.state)}" for one in line.letters[-1:]]
    if line.reminder_due:
        words.append(_("reminder due"))
    if line.documents:
        words.append(_("documents have come"))
    return ", ".join(words)


def row_lines(line: DeskRow) -> Iterator[str]:
    """One line in full."""
    row = line.row
    if row is None:
        return
    pairs = [
        (_("Client"), f"{line.client.number} {line.client.name} {shown_orgnr(line.client)}".strip()),
        (_("Name"), row.name),
        (_("E-mail"), row.email),
        (_("Mobile number"), row.mobile or "–"),
        (_("Username"), _("{username} (a suggestion: Fortnox decides)").format(username=row.username)),
        (_("Choice"), choice_word(row.choice)),
        (_("System administrator"), _("yes") if line.admin else _("not ticked")),
        (_("May be contacted"), consent_word(row.consent)),
        (_("Status"), status_word(line)),
        (_("Id"), row.id),
    ]
    pairs += [(kind_word(one.kind).capitalize(), _letter_line(one)) for one in line.letters]
    if line.documents:
        pairs.append((_("Documents have come"), local_time(line.documents)))
    yield from facts(pairs)
    yield from (sentence(one.code) for one in line.findings)


def _letter_line(letter: Letter) -> str:
    text = f"{letter_word(letter.state)} {local_time(letter.at)}"
    return f"{text}: {letter.reason}" if letter.reason else text


def batch_record(batch: Batch) -> Json:
    """A batch."""
    return {
        "batch": batch.number,
        "file": str(batch.path) if batch.path else None,
        "invitations": [row_record(line) for line in batch.rows],
        "queued": batch.queued,
        "left_out": [row_record(line) for line in batch.left_out],
    }


def copy_lines(batch: Batch) -> Iterator[str]:
    """The batch field by field, in the order in which it is typed."""
    last = 0
    for one in copy_fields(batch):
        if one.place != last:
            if last:
                yield ""
            yield f"{one.place}/{len(batch.rows)}  {one.client.number} {one.client.name}".rstrip()
            last = one.place
        yield f"  {one.label:28}{one.value}"


def planned_record(planned: Sequence[PlannedRow]) -> Json:
    """A list that was looked at."""
    return {
        "rows": [
            {
                "line": one.line,
                "client": one.client.name if one.client else None,
                "change": one.change if one.row else None,
                "name": one.row.name if one.row else None,
                "email": one.row.email if one.row else None,
                "faults": [
                    {"column": fault.column, "heading": fault.heading or None, "text": fault.text}
                    for fault in one.faults
                ],
            }
            for one in planned
        ]
    }


def planned_lines(planned: Sequence[PlannedRow]) -> Iterator[str]:
    """A list that was looked at, for people."""
    changes = {"add": _("new"), "change": _("changes a row")}
    good = [one for one in planned if one.row]
    if good:
        heads = (_("Row"), _("Client"), _("Name"), _("E-mail"), "")
        yield from table(
            heads,
            [
                (
                    str(one.line),
                    one.client.name if one.client else "",
                    one.row.name,
                    one.row.email,
                    changes[one.change],
                )
                for one in good
                if one.row
            ],
        )
    yield from (fault_sentence(one.line, fault) for one in planned for fault in one.faults)
    faulty = len(planned) - len(good)
    yield ngettext(
        "{count} row can be read, {faulty} faulty.", "{count} rows can be read, {faulty} faulty.", len(good)
    ).format(count=len(good), faulty=faulty)
