"""People are let in by lines of brygga's own in the key file, made from the store."""

from __future__ import annotations

import asyncio
import os
import shlex
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from core.config import load
from core.errors import Refused, UsageError
from core.register import Role
from core.store.database import Store
from core.usecases.activity import activity
from core.usecases.context import Context, open_context
from core.usecases.users import (
    add_user,
    examine_users,
    known,
    list_users,
    note_visit,
    remove_user,
    sync_users,
)

COMMAND = ["/opt/brygga's place/bin/brygga", "--config", '/etc/a "b"/c.toml']


def new_key() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)


def printed_by_a_shell(words: str) -> list[str]:
    script = f"printf '%s\\n' {words}"
    return subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".ssh" / "authorized_keys"


@pytest.fixture
async def office(tmp_path: Path, file: Path) -> AsyncIterator[Context]:
    config = tmp_path / "config.toml"
    config.write_text(f'[people]\nauthorized_keys = "{file}"\n', encoding="utf-8")
    async with open_context(load(config, tmp_path / "data", environ={}), person="root") as ctx:
        yield ctx


async def test_a_person_gets_a_line_that_forces_the_session(office: Context, file: Path) -> None:
    key = new_key()
    await add_user(office, "anna", Role.CONSULTANT, key, ["/opt/brygga/bin/brygga"])
    assert file.read_text() == (
        'restrict,pty,command="/opt/brygga/bin/brygga session --as anna" ' + key.decode() + " brygga:anna\n"
    )


async def test_the_file_is_its_owners_alone(office: Context, file: Path) -> None:
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_place_with_quotes_and_spaces_reaches_the_program_whole(office: Context, file: Path) -> None:
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    option = file.read_text().partition('command="')[2].rpartition('" ssh-')[0].replace('\\"', '"')
    told = await asyncio.to_thread(printed_by_a_shell, option)
    assert told == [*COMMAND, "session", "--as", "anna"]
    assert shlex.split(option) == [*COMMAND, "session", "--as", "anna"]


async def test_lines_of_others_stay_as_they_are(office: Context, file: Path) -> None:
    file.parent.mkdir(parents=True)
    others = (
        b"# by hand \xff\n" + new_key() + b" root@console\n" + b'command="x" ' + new_key() + b" brygga:no\n"
    )
    file.write_bytes(others)
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    await remove_user(office, "anna", COMMAND)
    assert file.read_bytes() == others


async def test_adding_again_replaces_role_and_keys(office: Context, file: Path) -> None:
    old, new = new_key(), new_key()
    await add_user(office, "anna", Role.READER, old, COMMAND)
    await add_user(office, "anna", Role.ADMIN, new, COMMAND)
    (person,) = await list_users(office)
    assert (person.role, person.keys) == (Role.ADMIN, (new.decode(),))
    assert old not in file.read_bytes()


async def test_a_removed_person_is_out_of_store_and_file(office: Context, file: Path) -> None:
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    await add_user(office, "bo", Role.READER, new_key(), COMMAND)
    await remove_user(office, "anna", COMMAND)
    assert [person.name for person in await list_users(office)] == ["bo"]
    assert "brygga:anna" not in file.read_text()


async def test_a_key_that_gives_a_shell_is_not_taken(office: Context, file: Path) -> None:
    key = new_key()
    file.parent.mkdir(parents=True)
    file.write_bytes(key + b" root@console\n")
    with pytest.raises(Refused):
        await add_user(office, "anna", Role.READER, key, COMMAND)
    assert await list_users(office) == []


async def test_a_key_opens_one_persons_session(office: Context) -> None:
    key = new_key()
    await add_user(office, "anna", Role.READER, key, COMMAND)
    with pytest.raises(Refused):
        await add_user(office, "bo", Role.ADMIN, key, COMMAND)


@pytest.mark.parametrize("name", ["", "Anna", "a b", "-x", "../x", "a\n", "å", "a" * 33, 'a"b', "$(id)", "."])
async def test_a_name_is_plain(office: Context, name: str) -> None:
    with pytest.raises(UsageError):
        await add_user(office, name, Role.READER, new_key(), COMMAND)


async def test_a_program_in_a_place_with_a_line_break_is_refused(office: Context, file: Path) -> None:
    with pytest.raises(UsageError):
        await add_user(office, "anna", Role.READER, new_key(), ["/opt/a\nssh-rsa"])
    assert not file.exists()


async def test_the_file_is_made_anew_from_the_store(office: Context, file: Path) -> None:
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    before = file.read_text()
    file.unlink()
    await sync_users(office, COMMAND)
    assert file.read_text() == before


async def test_who_is_not_in_the_store_is_not_known(office: Context) -> None:
    office.person = "anna"
    with pytest.raises(Refused):
        await known(office)


async def test_what_is_done_to_people_is_in_the_audit(office: Context) -> None:
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    await remove_user(office, "anna", COMMAND)
    assert [event.action for event in await activity(office)] == ["user.removed", "user.added"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_another_account_than_the_owner_lets_nobody_in(office: Context, file: Path) -> None:
    os.chown(office.store.path, 65534, 65534)
    with pytest.raises(UsageError):
        await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    assert not file.exists()


async def told(ctx: Context) -> list[bool]:
    return [check.ok for check in await examine_users(ctx)]


async def test_where_nobody_is_let_in_there_is_nothing_to_examine(office: Context) -> None:
    assert await told(office) == []


async def test_the_doctor_sees_a_key_file_that_agrees(office: Context) -> None:
    await add_user(office, "anna", Role.READER, new_key() + b"\n" + new_key(), COMMAND)
    assert await told(office) == [True]


async def test_the_doctor_sees_a_line_of_somebody_who_was_removed(office: Context, file: Path) -> None:
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    old = file.read_bytes()
    await remove_user(office, "anna", COMMAND)
    file.write_bytes(old)
    assert await told(office) == [False]


async def test_the_doctor_sees_a_key_file_that_is_gone_or_open(office: Context, file: Path) -> None:
    await add_user(office, "anna", Role.READER, new_key(), COMMAND)
    file.chmod(0o644)
    assert await told(office) == [False]
    file.unlink()
    assert await told(office) == [False]


async def test_a_disk_that_takes_nothing_keeps_nobody_from_reading(
    office: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = len(await activity(office))
    only_read = Store.open(office.store.path, read_only=True)
    with monkeypatch.context() as patch:
        patch.setattr(office, "store", only_read)
        await note_visit(office, "status")
        only_read.close()
    assert len(await activity(office)) == taken
