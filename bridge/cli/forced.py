"""``brygga session --as NAME``: what sshd runs for a person who has no shell here.

The person and the role come from the store. What the person asked for (``SSH_ORIGINAL_COMMAND``) is read as the
words of one brygga command, never by a shell; nothing asked for is the interface. Files outside the person's
hand-over folder are out of reach, and everything refused is said and written to the audit.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import resource
import shlex
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from bridge.cli.commands import beginning_with, find
from bridge.cli.environment import ASKED
from bridge.cli.options import Options, split
from bridge.cli.session import Run
from core.config import Settings, load
from core.errors import BryggaError, Refused, UsageError
from core.fence import confine, outside, turned_away, wall_in
from core.files import make_private_directory
from core.i18n import _
from core.register import Person, Role
from core.text import clean
from core.usecases.context import open_context
from core.usecases.secrets import key_places
from core.usecases.users import known, note_visit

LONGEST: Final = 4096
"""More than this is no command of a person."""

_READING: Final = frozenset(
    {
        "status", "dashboard", "client list", "client show", "engagement list", "engagement settings",
        "annex", "reconcile", "account rows", "report", "binder", "diff", "voucher list", "voucher show",
        "voucher effect", "template list", "receipt", "carry", "sie check", "sie summary", "sie write4e",
        "audit show", "audit verify", "keys", "file list", "file get", "file put", "file remove",
        "exchange show", "invite list", "client retention",
    }
)  # fmt: skip
_WORKING: Final = frozenset(
    {
        "client add", "client change", "client import", "engagement add", "engagement source", "engagement roll",
        "engagement import", "engagement lock", "engagement unlock", "connect", "disconnect", "import",
        "account support", "account done", "account review", "account reopen", "account decline",
        "account draft", "account name", "item note", "voucher add", "voucher ready", "voucher draft",
        "voucher change", "voucher remove",
        "voucher copy", "voucher reverse", "voucher correct", "voucher recurring", "voucher result",
        "voucher move", "voucher undo", "voucher exclude", "voucher include", "voucher release", "template save", "template use",
        "template remove", "proof", "export", "invite add", "invite change", "invite import", "invite export",
        "exchange rules", "invite send", "invite remind", "invite mark", "invite letter", "invite remove",
    }
)  # fmt: skip
_MANAGING: Final = frozenset(
    {"client remove", "client forget", "users list", "audit export", "doctor", "config show", "invite purge"}
)
ALLOWED: Final = {
    Role.READER: _READING,
    Role.CONSULTANT: _READING | _WORKING,
    Role.ADMIN: _READING | _WORKING | _MANAGING,
}
"""The commands of a session. Those that write are refused by their use case, with the reason, for who may not."""


def session(*, run: Run) -> int:
    """Do what a person who entered over SSH asked for."""
    asked = os.environ.get(ASKED, "")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    person, options = asyncio.run(_enter(run, asked))
    folder = _close_in(run.settings, person)
    os.chdir(folder)
    try:
        return _do(run, options, person)
    finally:
        if turned_away():
            asyncio.run(_note_paths(run, person))


def _do(run: Run, options: Options, person: Person) -> int:
    if not options.command and not options.help:
        own = run.settings.paths.person(person.name)
        settings = load(run.options.config, run.options.data_dir, options.language, person_file=own)
        return run.interface.open(settings, person.name, person.role)
    from bridge.cli.app import run as run_command

    return run_command(options, run.interface, role=person.role)


async def _note_paths(run: Run, person: Person) -> None:
    async with open_context(run.settings, person=person.name, role=person.role) as ctx:
        await note_visit(ctx, " ".join(turned_away())[:LONGEST], outside())


async def _enter(run: Run, asked: str) -> tuple[Person, Options]:
    """Who it is, and what the words mean; either is refused with a word in the audit."""
    name = run.options.person
    if not name:
        raise UsageError(
            "usage",
            _("{name} is missing.").format(name="--as NAME"),
            _("sshd runs this command for a person who logs in; it is not meant to be typed."),
            _("Let people in with: brygga users add"),
        )
    async with open_context(run.settings, person=clean(name, 40), role=Role.READER) as ctx:
        try:
            words = words_of(asked)
            person = await known(ctx)
            options = options_of(run.options, words, person.role)
        except BryggaError as error:
            await note_visit(ctx, clean(asked, 200), error)
            raise
        await note_visit(ctx, shlex.join(words))
    return person, options


def words_of(asked: str) -> list[str]:
    """The words of what was asked; quotation marks group, ``help`` is ``--help``, nothing else has a meaning.

    Raises:
        Refused: ``read_only``: it is no command of one line.
    """
    if len(asked) > LONGEST:
        raise _refused(_("The command has more than {count} characters.").format(count=LONGEST))
    if not all(each.isprintable() for each in asked):
        raise _refused(_("The command is not one line of text in UTF-8."))
    try:
        words = shlex.split(asked)
    except ValueError as error:
        raise _refused(_("A quotation mark is not closed.")) from error
    words = words[1:] if words[:1] == ["brygga"] else words
    return [*words[1:], "--help"] if words[:1] == ["help"] else words


def options_of(outer: Options, words: list[str], role: Role) -> Options:
    """The options of the command inside the session.

    Raises:
        Refused: ``read_only``: not a command of a session, not of this role, or with an option of the server's.
        UsageError: ``usage``: an option lacks its value; the interface without a terminal.
    """
    inner = split(words, {})
    if inner.config is not None or inner.data_dir is not None or inner.person:
        raise _refused(_("--config, --data-dir and --as are the server's to choose."))
    if not inner.command and not inner.help and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "usage",
            _("The interface needs a terminal."),
            _("ssh gives one when no command follows, and with -t."),
            _("Log in without a command, or ask for one: ssh SERVER status"),
        )
    if inner.command and not (inner.help and len(inner.command) == 1 and beginning_with(inner.command)):
        found = find(inner.command)
        name = found[0].name if found else ""
        if name not in ALLOWED[Role.ADMIN]:
            title = _("{words} is not for sessions over SSH.").format(words=clean(" ".join(words), 60))
            raise _refused(title, _meant(inner.command, role))
        if name not in ALLOWED[role]:
            raise _refused(_("{words} takes another role than yours.").format(words=name))
    return replace(inner, config=outer.config, data_dir=outer.data_dir, person=outer.person, version=False)


def _meant(words: tuple[str, ...], role: Role) -> str:
    """What to ask for instead: the commands that the words resemble, or begin; empty when there are none."""
    allowed = ALLOWED[role]
    group = [command.name for command in beginning_with(words[:1]) if command.name in allowed]
    asked = " ".join(words[:2]).casefold()
    close = difflib.get_close_matches(asked, group or allowed, n=3, cutoff=0.7)
    names = ", ".join(close or group)
    return _("Did you mean: {commands}?").format(commands=names) if names else ""


def _refused(why: str, hint: str = "") -> Refused:
    return Refused(
        "read_only",
        why,
        _(
            "Nothing was run. A session over SSH gives the interface and brygga's own commands, never a shell."
        ),
        hint or _("Log in without a command for the interface; the commands are shown by: ssh SERVER help"),
    )


def _close_in(settings: Settings, person: Person) -> Path:
    """Raise the fence around the person's hand-over folder; returns the folder."""
    folder = make_private_directory(make_private_directory(settings.handover_dir.absolute()) / person.name)
    confine(folder)
    wall_in(
        readable(settings),
        writable(settings, folder, person.role),
        execute=bool(settings.secrets.passphrase_command),
    )
    return folder


def readable(settings: Settings) -> Iterator[Path]:
    """The program, the system's libraries and settings, and the firm's configuration, key, files and backups."""
    yield from map(Path, ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/run/systemd/resolve"))
    yield Path("/etc/resolv.conf").resolve().parent  # often a link to a file that is made at start
    yield from (Path(place) for place in {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix})
    yield from (Path(place) for place in sys.path if place)
    yield settings.config_file
    yield from key_places(settings)
    yield settings.audit_heads_path
    yield settings.backup_dir.absolute()
    if settings.exchange_dir:
        yield settings.exchange_dir.absolute()


def writable(settings: Settings, folder: Path, role: Role) -> Iterator[Path]:
    """The data, the person's folder, the terminal, and where libraries keep what is for a moment.

    The exchange folder is the service's; only who may forget a client removes the client's files from it.
    """
    yield from (settings.data_dir.absolute(), settings.store_path.parent, settings.log_path.parent, folder)
    yield from map(Path, ("/dev", "/var/tmp", tempfile.gettempdir()))  # noqa: S108 allowed, not used
    if settings.exchange_dir and role is Role.ADMIN:
        yield settings.exchange_dir.absolute()
