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
from bridge.cli.tables import facts, local_time, table
from core.clock import rfc3339
from core.i18n import _, mark, ngettext
from core.usecases import backup as backups
from core.usecases.backup import Backup

MEGABYTE = 1_000_000


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
            (_("Size"), _("{megabytes} MB").format(megabytes=f"{made.size / MEGABYTE:.1f}")),
            (_("Holds"), ngettext("{count} client", "{count} clients", clients).format(count=clients)),
            (_("Master key"), _("in the file: keep it locked away") if made.with_key else _("not in it")),
        ]
    )
