"""``brygga invite send|remind|letter``: letters to the people who are invited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from bridge.cli.exits import Exit, combine
from bridge.cli.files import read_file
from bridge.cli.invite import Rows
from bridge.cli.parameters import option
from bridge.cli.session import Run
from bridge.cli.shape import Json
from core.errors import UsageError
from core.i18n import _, mark, ngettext
from core.invite.letters import PLACEHOLDERS, LetterKind
from core.invite.outbound import LetterState
from core.invite.words import letter_word
from core.usecases.context import Context
from core.usecases.invite_desk import find_lines, no_row
from core.usecases.invite_letters import (
    LetterPlan,
    plan_letters,
    preview_letter,
    reset_template,
    save_template,
    template,
)
from core.usecases.invite_send import Sent, drop_waiting, send_letters

Language = Annotated[Literal["sv", "en"], option(mark("the language of the letter"))]
DryRun = Annotated[bool, option(mark("only show who would get a letter"))]
Folder = Annotated[
    Path | None, option(mark("write the letters as .eml files to this folder instead of sending them"))
]


async def send(
    clients: Rows = (),
    /,
    *,
    language: Language = "sv",
    sms: Annotated[bool, option(mark("a text message instead of a letter; it costs money"))] = False,
    to_folder: Folder = None,
    dry_run: DryRun = False,
    drop: Annotated[bool, option(mark("give up the letters that wait, and send nothing"))] = False,
    run: Run,
) -> int:
    """Send the letter of invitation, once to each: to all whose row has been exported, or to those named."""
    if drop:
        async with run.context() as ctx:
            count = await drop_waiting(ctx)
        run.output.answer({"dropped": count}, lambda: [_("Given up: {count}.").format(count=count)])
        return Exit.DONE
    kind = LetterKind.SMS if sms else LetterKind.INVITATION
    return await _send(run, kind, clients, language, to_folder, dry_run=dry_run)


async def remind(
    clients: Rows = (),
    /,
    *,
    language: Language = "sv",
    to_folder: Folder = None,
    dry_run: DryRun = False,
    run: Run,
) -> int:
    """Send the reminders that are due."""
    return await _send(run, LetterKind.REMINDER, clients, language, to_folder, dry_run=dry_run)


async def _send(
    run: Run, kind: LetterKind, clients: Sequence[str], language: str, folder: Path | None, *, dry_run: bool
) -> int:
    async with run.keyed_context() as ctx:
        ids = await _ids(ctx, clients)
        plan = await plan_letters(ctx, kind, ids, folder=folder)
        if dry_run:
            run.output.answer(_plan_record(plan), lambda: _plan_lines(plan))
            return Exit.DONE
        for warning in plan.warnings:
            run.output.narrate(warning)
        try:
            sent = await send_letters(ctx, kind, ids, language=language, folder=folder, progress=run.report)
        finally:
            run.output.end_progress()
    record = {**_plan_record(plan), **_sent_record(sent)}
    run.output.answer(record, lambda: _sent_lines(plan, sent))
    return _exit(sent)


async def _ids(ctx: Context, clients: Sequence[str]) -> list[str] | None:
    if not clients:
        return None
    ids = [line.key for line in await find_lines(ctx, clients) if line.row]
    if not ids:
        raise no_row(" ".join(clients))
    return ids


def _exit(sent: Sent) -> int:
    failures = [Exit.UNKNOWN] * bool(sent.unknown) + [Exit.LATER] * bool(sent.waiting)
    failures += [Exit.FAILED] * bool(sent.refused)
    return combine(failures, some_done=bool(sent.sent or sent.written))


def _plan_record(plan: LetterPlan) -> Json:
    return {
        "kind": str(plan.kind),
        "to_folder": plan.to_folder,
        "to_send": [{"id": line.key, "client": line.client.name} for line in plan.to_send],
        "left_out": [
            {"id": line.key, "client": line.client.name, "reason": reason} for line, reason in plan.left_out
        ],
        "waiting_before": plan.waiting,
    }


def _plan_lines(plan: LetterPlan) -> Iterator[str]:
    count = len(plan.to_send)
    if plan.to_folder:
        text = ngettext(
            "{count} letter would be written to a file.", "{count} letters would be written to files.", count
        )
    else:
        text = ngettext("{count} letter would be sent.", "{count} letters would be sent.", count)
    yield text.format(count=count)
    for line in plan.to_send:
        assert line.row is not None
        yield f"  {line.client.name}: {line.row.name} <{line.row.email}>"
    yield from _left_out_lines(plan)
    if plan.waiting:
        yield _("{count} wait since an earlier run and go too.").format(count=plan.waiting)
    yield from plan.warnings


def _left_out_lines(plan: LetterPlan) -> Iterator[str]:
    for line, reason in plan.left_out:
        yield _("Left out: {client}: {reason}").format(client=line.client.name, reason=reason)


def _sent_record(sent: Sent) -> Json:
    return {
        "sent": sent.sent,
        "written": sent.written,
        "refused": sent.refused,
        "unknown": sent.unknown,
        "waiting": sent.waiting,
        "stopped": sent.stopped or None,
        "folder": str(sent.folder) if sent.folder else None,
        "letters": [
            {"id": row, "state": str(state), "reason": reason or None} for row, state, reason in sent.rows
        ],
    }


def _sent_lines(plan: LetterPlan, sent: Sent) -> Iterator[str]:
    yield from _left_out_lines(plan)
    if sent.folder is not None:
        yield _("{count} letters written to {folder}.").format(count=sent.written, folder=sent.folder)
    else:
        yield _("{sent} sent, {refused} refused, {unknown} unclear, {waiting} waiting.").format(
            sent=sent.sent, refused=sent.refused, unknown=sent.unknown, waiting=sent.waiting
        )
    names = {line.key: line.client.name for line in plan.to_send}
    for row, state, reason in sent.rows:
        if state not in {LetterState.SENT, LetterState.WRITTEN}:
            yield ": ".join(word for word in (f"  {names.get(row, row)}", letter_word(state), reason) if word)
    if sent.stopped:
        yield _("Stopped: {reason} Run the command again to go on.").format(reason=sent.stopped)
    if sent.unknown:
        yield _(
            "Look whether the unclear ones went, then say so: brygga invite mark CLIENT --letter went|not-sent"
        )
    if not (plan.to_send or plan.waiting or plan.left_out or sent.rows):
        yield _(
            "Nobody's turn has come: letters go to rows that have been exported; name a client to write all the same."
        )


async def letter(
    *,
    kind: Annotated[Literal["invitation", "reminder", "sms"], option(mark("which letter"))] = "invitation",
    language: Language = "sv",
    file: Annotated[
        Path | None,
        option(mark("the firm's own wording: a text file, the subject, an empty line, the text"), "--set"),
    ] = None,
    reset: Annotated[bool, option(mark("back to brygga's own wording"))] = False,
    preview: Annotated[bool, option(mark("fill in the placeholders"))] = False,
    client: Annotated[str | None, option(mark("preview the letter to this client's person"), "--for")] = None,
    run: Run,
) -> None:
    """Show, preview or change the wording of a letter."""
    which = LetterKind(kind)
    data = read_file(file) if file else None
    async with run.context() as ctx:
        if data is not None:
            subject, body = _parts(which, data)
            kept = await template(ctx, which, language)
            shown = await save_template(ctx, replace(kept, subject=subject, body=body))
        elif reset:
            shown = await reset_template(ctx, which, language)
        else:
            shown = await template(ctx, which, language)
        if preview or client:
            ids = await _ids(ctx, [client] if client else [])
            subject, body = await preview_letter(ctx, which, language, ids[0] if ids else None)
            shown = replace(shown, subject=subject, body=body)
    record = {
        "kind": kind,
        "language": language,
        "subject": shown.subject or None,
        "body": shown.body,
        "edited": shown.edited,
        "placeholders": list(PLACEHOLDERS),
    }
    lines = ([shown.subject, ""] if shown.subject else []) + shown.body.splitlines()
    run.output.answer(record, lambda: lines)


def _parts(kind: LetterKind, data: bytes) -> tuple[str, str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            "usage",
            _("The letter is not written in UTF-8."),
            _("It was not saved."),
            _("Save the file as UTF-8 text."),
        ) from error
    if kind is LetterKind.SMS:
        return "", text
    subject, _blank, body = text.replace("\r\n", "\n").partition("\n\n")
    return subject, body
