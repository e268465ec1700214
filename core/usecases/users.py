"""The people who enter over SSH: kept in the store, and let in by lines of our own in ``authorized_keys``.

The store decides: a person who is not in it gets no session, whatever the file says. The file is made from it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shlex
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from core.errors import BryggaError, Refused, UsageError
from core.files import make_private_directory, shown, write_atomically
from core.i18n import _
from core.logs import redact
from core.reasons import reason
from core.register import Check, Person, Role
from core.sshkey import PublicKey, parse_keys
from core.store import people
from core.store.database import Transaction
from core.text import clean
from core.usecases.context import Context
from core.usecases.rights import Right, needs, not_let_in

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}\Z", re.ASCII)
_OURS = re.compile(r'restrict,pty,command="[^\n]*" \S+ \S+ brygga:[a-z0-9][a-z0-9._-]*\Z', re.ASCII)
"""A line that brygga has written: its options and its mark."""

WAIT_SECONDS = 20
LOG = logging.getLogger("brygga.users")


@needs(Right.MANAGE)
async def add_user(ctx: Context, name: str, role: Role, keys: bytes, command: Sequence[str]) -> Person:
    """Let a person in with a role and the keys of a ``.pub`` file; known already: both are replaced.

    ``command`` is what sshd is to run, to which ``session --as NAME`` is added.

    Raises:
        UsageError: ``usage``: a bad name or key, or the wrong account runs brygga.
        Refused: ``usage``: the key opens something else already.
    """
    found = parse_keys(keys)
    _check_name(name)
    _check_account(ctx)
    file = ctx.settings.authorized_keys_path
    others = [line for line in await asyncio.to_thread(_lines, file) if not _OURS.match(line)]
    for key in found:
        if any(key.body in line.split() for line in others):
            raise _taken(
                key, _("It stands in {path} on a line that is not brygga's.").format(path=shown(file))
            )

    def work(tx: Transaction) -> Person:
        for other in people.every(tx):
            if other.name != name and not {str(key) for key in found}.isdisjoint(other.keys):
                raise _taken(found[0], _("It belongs to {name}.").format(name=other.name))
        before = people.get(tx, name)
        person = Person(name, role, tuple(map(str, found)), ctx.now())
        if before is not None:
            person = Person(name, role, person.keys, before.added_at)
        people.put(tx, person)
        prints = [key.fingerprint for key in found]
        ctx.record(tx, "user.changed" if before else "user.added", user=name, role=role, keys=prints)
        return person

    async with _alone(ctx):
        person = await ctx.store.write(work)
        await _write_file(ctx, command)
    return person


@needs(Right.MANAGE)
async def remove_user(ctx: Context, name: str, command: Sequence[str]) -> Person:
    """Shut a person out: no new session begins, and one that runs can only read until it is left.

    Raises:
        UsageError: ``id_unknown``; ``usage``: the wrong account runs brygga.
    """
    _check_account(ctx)

    def work(tx: Transaction) -> Person:
        person = people.get(tx, name)
        if person is None:
            raise unknown_user(name)
        people.delete(tx, name)
        ctx.record(tx, "user.removed", user=name, role=person.role)
        return person

    async with _alone(ctx):
        person = await ctx.store.write(work)
        await _write_file(ctx, command)
    return person


@needs(Right.MANAGE)
async def sync_users(ctx: Context, command: Sequence[str]) -> list[Person]:
    """Write the lines of everybody anew: after a restore, a move, or when brygga lies elsewhere.

    Raises:
        UsageError: ``usage``: the wrong account runs brygga.
    """
    _check_account(ctx)
    async with _alone(ctx):
        await _write_file(ctx, command)
    return await list_users(ctx)


async def list_users(ctx: Context) -> list[Person]:
    """Everybody, by name."""
    return await ctx.store.read(people.every)


async def find_user(ctx: Context, name: str) -> Person | None:
    """The person, or None."""
    return await ctx.store.read(lambda tx: people.get(tx, name))


async def known(ctx: Context) -> Person:
    """The context's person, who has come in over SSH.

    Raises:
        Refused: ``read_only``: nobody of that name may enter (any more).
    """
    person = await find_user(ctx, ctx.person)
    if person is None:
        raise not_let_in(ctx.person)
    return person


async def note_visit(ctx: Context, asked: str, refused: BryggaError | None = None) -> None:
    """Write a session over SSH to the audit: what was asked for (empty is the interface), and any refusal.

    A store that takes no changes, on a full disk, keeps nobody from reading: only the log tells of the visit then.
    """
    if ctx.store.read_only:
        LOG.warning("a session that the audit could not take: %s", ctx.person)
        return
    action = "session.refused" if refused else "session.started"
    why = {"why": refused.title} if refused else {}
    outcome = "refused" if refused else "ok"
    await ctx.store.write(lambda tx: ctx.record(tx, action, outcome=outcome, asked=redact(asked), **why))


async def examine_users(ctx: Context) -> list[Check]:
    """Whether the key file lets in those who are in the store and nobody else of ours; nothing where nobody is."""
    everybody = await list_users(ctx)
    file = ctx.settings.authorized_keys_path
    try:
        lines = [line for line in await asyncio.to_thread(_lines, file) if _OURS.match(line)]
        mode = file.stat().st_mode & 0o777 if lines else 0
    except OSError as error:
        return [_examined(file, reason(error))] if everybody else []
    if not everybody and not lines:
        return []
    wanted = {(key, f"brygga:{person.name}") for person in everybody for key in person.keys}
    found = {(" ".join(words[-3:-1]), words[-1]) for words in (line.split(" ") for line in lines)}
    if mode & 0o077:
        return [_examined(file, _("Others may read or write it."))]
    if found != wanted:
        return [_examined(file, _("It does not agree with brygga users list."))]
    return [Check("users", ok=True, text=_("The key file {path} lets the right people in").format(path=file))]


def _examined(file: Path, why: str) -> Check:
    text = _("The key file {path} does not let the right people in").format(path=shown(file))
    return Check("users", ok=False, text=text, why=why, remedy=_("Write it anew: brygga users sync"))


def unknown_user(name: str) -> UsageError:
    """Nobody has the name."""
    return UsageError(
        "id_unknown",
        _("There is nobody called {name}.").format(name=clean(name, 40)),
        _("Nothing was changed."),
        _("List them with: brygga users list"),
    )


@contextlib.asynccontextmanager
async def _alone(ctx: Context) -> AsyncIterator[None]:
    """One at a time writes store and file, so that the file is always made from the newest store."""
    from filelock import FileLock

    folder = make_private_directory(ctx.settings.paths.locks)
    lock = FileLock(folder / "users.lock", timeout=WAIT_SECONDS, thread_local=False)
    await asyncio.to_thread(lock.acquire)
    try:
        yield
    finally:
        lock.release()


async def _write_file(ctx: Context, command: Sequence[str]) -> None:
    everybody = await list_users(ctx)
    await asyncio.to_thread(_replace_lines, ctx.settings.authorized_keys_path, everybody, command)


def _replace_lines(file: Path, everybody: Iterable[Person], command: Sequence[str]) -> None:
    kept = [line for line in _lines(file) if not _OURS.match(line)]
    ours = [line_of(person, key, command) for person in everybody for key in person.keys]
    if not file.parent.exists():
        make_private_directory(file.parent)
    write_atomically(file, "".join(f"{line}\n" for line in [*kept, *ours]).encode("utf-8", "surrogateescape"))


def line_of(person: Person, key: str, command: Sequence[str]) -> str:
    """The line that lets a key in to its person's session and to nothing else.

    sshd hands the command to the account's shell, so its words are quoted for that; inside an option sshd reads a
    backslash before a quotation mark as the mark itself.
    """
    words = shlex.join([*command, "session", "--as", person.name])
    if not words.isprintable():
        raise UsageError(
            "usage",
            _("brygga lies in a place whose name holds signs that no key file can."),
            clean(words, None),
            _("Move it to a place with a plain name."),
        )
    quoted = words.replace('"', '\\"')
    return f'restrict,pty,command="{quoted}" {key} brygga:{person.name}'


def _lines(file: Path) -> list[str]:
    try:
        return file.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return []


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise UsageError(
            "usage",
            _("{name} cannot be a person's name here.").format(name=clean(name, 40) or "''"),
            _("A name has 1 to 32 of the letters a-z, digits, full stop, hyphen and underscore."),
            _("For example: anna.berg"),
        )


def _check_account(ctx: Context) -> None:
    """Only the account that owns the data directory can let people in to it."""
    if ctx.store.path.stat().st_uid != os.geteuid():
        raise UsageError(
            "usage",
            _("The data directory belongs to another account."),
            _("People enter over SSH as the account that owns it."),
            _("Run the command as that account, for example: sudo -u brygga brygga users list"),
        )


def _taken(key: PublicKey, why: str) -> Refused:
    return Refused(
        "usage",
        _("The key {fingerprint} opens something else already.").format(fingerprint=key.fingerprint),
        why,
        _("Every person has a key of one's own; nobody was let in."),
    )
