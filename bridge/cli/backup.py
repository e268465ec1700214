"""``brygga backup``: copies of the store that can be trusted, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from bridge.cli import shape
from bridge.cli.doctor import check_lines
from bridge.cli.exits import Exit
from bridge.cli.parameters import option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from bridge.cli.words import megabytes
from core.clock import local_time, rfc3339
from core.i18n import _, mark, ngettext
from core.usecases import backup as backups
from core.usecases.backup import Backup
from core.usecases.restore import Restored, restore_backup


async def create(
    *,
    output: Annotated[
        Path | None, option(mark("write to this file; it must not exist"), "--output", "-o")
    ] = None,
    with_key: Annotated[
        bool, option(mark("put the master key in too: whoever has the file has every consent"))
    ] = False,
    run: Run,
) -> None:
    """Copy the store and the settings while others work on."""
    async with run.context() as ctx:
        made = await backups.create_backup(ctx, output, with_key=with_key)
    run.output.answer(record(made), lambda: lines(made))


async def show_all(*, run: Run) -> None:
    """List the scheduled backups."""
    found = await backups.list_backups(run.settings)
    rows = [{"file": str(one.path), "made_at": rfc3339(one.made_at)} for one in found]

    def shown() -> Iterator[str]:
        if not found:
            yield _("There are no backups in {folder}.").format(folder=run.settings.backup_dir)
            return
        yield from table((_("Time"), _("File")), [(local_time(one.made_at), one.path.name) for one in found])

    run.output.answer({"backups": rows}, shown)


async def verify(file: Annotated[Path, option(mark("the backup"), "FILE")], /, *, run: Run) -> int:
    """Look through a backup, and hold it against the store in use."""
    found, checks = await backups.verify_backup(run.settings, file)
    held = all(check.ok or check.warning for check in checks)
    run.output.answer({"ok": held, **record(found), **shape.checks(checks)}, lambda: check_lines(checks))
    return Exit.DONE if held else Exit.FAILED


async def restore(file: Annotated[Path, option(mark("the backup"), "FILE")], /, *, run: Run) -> None:
    """Put the store of a backup in the place of the one in use."""
    done = await restore_backup(run.settings, file, person=run.person)
    answer = {
        **record(done.backup),
        "kept": str(done.kept) if done.kept else None,
        "connections": done.carried.connections,
        "uncertain": done.carried.uncertain,
        "written": [str(path) for path in done.written],
        "heads": str(done.heads) if done.heads else None,
        "left": [str(path) for path in done.left],
        "missed": [str(path) for path in done.missed],
    }
    run.output.answer(answer, lambda: _restored_lines(done))


def _restored_lines(done: Restored) -> Iterator[str]:
    made_at = local_time(done.backup.made_at)
    yield _("The store is again as it was at {time}.").format(time=made_at)
    if done.kept:
        yield _("The store that was there is now {path}. Remove it when you no longer need it.").format(
            path=done.kept
        )
    carried = done.carried
    if carried.connections:
        yield ngettext(
            "{count} newer connection was taken over from it.",
            "{count} newer connections were taken over from it.",
            carried.connections,
        ).format(count=carried.connections)
    if carried.uncertain:
        yield ngettext(
            "{count} voucher whose answer never came was taken over; it is looked up before anything is sent.",
            "{count} vouchers whose answer never came were taken over; they are looked up before anything is sent.",
            carried.uncertain,
        ).format(count=carried.uncertain)
    if done.heads:
        yield _("The heads of its audit are now {path}; a new file is begun.").format(path=done.heads)
    for path in done.written:
        yield _("Also put back: {path}").format(path=path)
    for path in done.left:
        yield _("Left as it is, though the backup has another one: {path}").format(path=path)
    for path in done.missed:
        yield _("Missing here, and this user may not write it: {path}. The backup has it.").format(path=path)
    yield _(
        "Import every client before you send vouchers: what was posted after the backup is recognised then."
    )
    yield _("Examine it with: brygga doctor")


def record(made: Backup) -> shape.Json:
    """A backup for machines."""
    return {
        "file": str(made.path),
        "made_at": made.manifest.made_at,
        "program": made.manifest.program,
        "schema": made.manifest.schema,
        "head": {"seq": made.manifest.seq, "hash": made.manifest.hash},
        "size": made.size,
        "key": made.with_key,
    }


def lines(made: Backup) -> Iterator[str]:
    """A backup for people."""
    clients = made.manifest.rows.get("clients", 0)
    yield from facts(
        [
            (_("Backup"), str(made.path)),
            (_("Size"), _("{megabytes} MB").format(megabytes=megabytes(made.size))),
            (_("Holds"), ngettext("{count} client", "{count} clients", clients).format(count=clients)),
            (_("Master key"), _("in the file: keep it locked away") if made.with_key else _("not in it")),
        ]
    )
