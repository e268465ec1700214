"""``brygga users``: the people who enter over SSH."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from bridge.cli import shape
from bridge.cli.files import read_file
from bridge.cli.parameters import option
from bridge.cli.session import Run
from bridge.cli.tables import table
from bridge.cli.words import role_word
from core.clock import local_time, rfc3339
from core.i18n import _, mark
from core.register import Person, Role
from core.sshkey import fingerprint_of
from core.usecases.users import add_user, list_users, remove_user, sync_users

PersonName = Annotated[
    str, Parameter(name="NAME", help=mark("the person: a-z, digits, full stop, hyphen, underscore"))
]


async def add(
    name: PersonName,
    /,
    *,
    role: Annotated[Role, option(mark("reader only reads, consultant does the work, admin does all"))],
    key: Annotated[Path, option(mark("the person's public SSH key, a .pub file"))],
    run: Run,
) -> None:
    """Let a person in over SSH, or change the role and keys of one who is in."""
    data = read_file(key)
    async with run.context() as ctx:
        person = await add_user(ctx, name, role, data, program(run))
        place = ctx.settings.authorized_keys_path
    lines = [
        _("{name} may log in over SSH as {role}.").format(name=person.name, role=role_word(person.role)),
        _("The key stands in {path}.").format(path=place),
    ]
    run.output.answer(_record(person), lambda: lines)


async def show_all(*, run: Run) -> None:
    """List the people who may enter."""
    async with run.context() as ctx:
        everybody = await list_users(ctx)
    run.output.answer({"users": [_record(person) for person in everybody]}, lambda: _lines(everybody))


async def remove(name: PersonName, /, *, run: Run) -> None:
    """Shut a person out."""
    async with run.context() as ctx:
        person = await remove_user(ctx, name, program(run))
    lines = [_("{name} can no longer log in.").format(name=person.name)]
    folder = run.settings.handover_dir / person.name
    if folder.exists():
        lines.append(_("What lies in {path} is left to look through.").format(path=folder))
    run.output.answer(_record(person), lambda: lines)


async def sync(*, run: Run) -> None:
    """Write everybody's keys to the key file anew."""
    async with run.context() as ctx:
        everybody = await sync_users(ctx, program(run))
    run.output.answer({"users": [_record(person) for person in everybody]}, lambda: _lines(everybody))


def program(run: Run) -> list[str]:
    """How sshd is to start this very brygga over this very data, whatever ``PYTHON*`` the environment holds."""
    words = [sys.executable, "-I", "-m", "brygga"]
    settings = run.settings
    return [*words, "--config", str(settings.config_file.absolute()), "--data-dir", str(settings.data_dir)]


def _record(person: Person) -> shape.Json:
    return {
        "name": person.name,
        "role": person.role.value,
        "keys": [fingerprint_of(key) for key in person.keys],
        "added_at": rfc3339(person.added_at),
    }


def _lines(everybody: list[Person]) -> Iterator[str]:
    if not everybody:
        yield _("Nobody may log in over SSH yet. Let people in with: brygga users add")
        return
    rows = [
        (
            person.name,
            role_word(person.role),
            local_time(person.added_at),
            fingerprint_of(key).removeprefix("SHA256:"),
        )
        for person in everybody
        for key in person.keys
    ]
    yield from table((_("Name"), _("Role"), _("Since"), _("SSH key (SHA256)")), rows)
