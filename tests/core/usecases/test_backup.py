from __future__ import annotations

import asyncio
import io
import os
import sqlite3
import stat
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BryggaError, Internal, Refused, UsageError
from core.register import Check, Client, Engagement
from core.usecases.backup import create_backup, keeping, list_backups, scheduled_backup, verify_backup
from core.usecases.clients import add_client
from core.usecases.context import Context
from core.usecases.secrets import init_keeper

Filed = tuple[Client, Engagement]


def wrong(checks: list[Check]) -> list[str]:
    return [check.code for check in checks if not check.ok]


def rewritten(path: Path, **changed: bytes) -> Path:
    """A copy of a backup in which members are others; ``None`` names stay as they are."""
    target = path.with_name("other.tar")
    with tarfile.open(path) as source, tarfile.open(target, "w") as copy:
        for entry in source:
            file = source.extractfile(entry)
            assert file
            content = changed.get(entry.name.partition(".")[0], file.read())
            entry.size = len(content)
            copy.addfile(entry, io.BytesIO(content))
    return target


async def test_a_backup_passes_every_check(bare: Context, filed: Filed, tmp_path: Path) -> None:
    await create_backup(bare, tmp_path / "kopia.tar")
    _backup, checks = await verify_backup(bare.settings, tmp_path / "kopia.tar")
    assert (wrong(checks), len(checks)) == ([], 6)


async def test_a_backup_belongs_to_its_owner_alone(bare: Context) -> None:
    made = await create_backup(bare)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600


async def test_a_backup_holds_what_was_committed_before_it(bare: Context, filed: Filed) -> None:
    made = await create_backup(bare)
    assert made.manifest.rows["clients"] == 1


async def test_a_backup_is_one_moment_of_a_store_that_is_written_to(bare: Context) -> None:
    async def write() -> None:
        for number in range(60):
            await add_client(bare, name=f"Klient {number}", orgnr="5566778899", number=str(number))

    writing = asyncio.create_task(write())
    made = [await create_backup(bare, bare.settings.data_dir / f"{number}.tar") for number in range(3)]
    await writing
    checks = [check for one in made for check in (await verify_backup(bare.settings, one.path))[1]]
    assert wrong(checks) == []


async def test_a_backup_leaves_nothing_beside_it(bare: Context) -> None:
    made = await create_backup(bare)
    assert list(made.path.parent.iterdir()) == [made.path]


async def test_the_master_key_is_left_out(bare: Context) -> None:
    await init_keeper(bare.settings, "keyfile")
    made = await create_backup(bare)
    key = bare.settings.keyfile_path.read_bytes().strip()
    assert (made.with_key, key in made.path.read_bytes()) == (False, False)


async def test_the_master_key_is_put_in_when_asked_for(bare: Context) -> None:
    await init_keeper(bare.settings, "keyfile")
    bare.settings = msgspec.structs.replace(
        bare.settings, secrets=msgspec.structs.replace(bare.settings.secrets, keeper="keyfile")
    )
    made = await create_backup(bare, with_key=True)
    assert made.with_key


async def test_a_key_that_lies_in_no_file_cannot_be_put_in(bare: Context) -> None:
    with pytest.raises(UsageError) as caught:
        await create_backup(bare, with_key=True)
    assert (caught.value.code, await list_backups(bare.settings)) == ("no_keeper", [])


async def test_a_backup_is_never_written_over(bare: Context, tmp_path: Path) -> None:
    (tmp_path / "annat").write_text("viktigt")
    with pytest.raises(Refused):
        await create_backup(bare, tmp_path / "annat")
    assert (tmp_path / "annat").read_text() == "viktigt"


async def test_a_folder_that_is_not_there_is_told_of(bare: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        await create_backup(bare, tmp_path / "ingen" / "kopia.tar")
    assert caught.value.message == "Den finns inte."


async def test_a_damaged_store_gives_no_backup(bare: Context) -> None:
    for number in range(200):
        await add_client(bare, name=f"Klient {number}" * 20, orgnr="5566778899", number=str(number))
    bare.store.close()
    path = bare.settings.store_path
    with sqlite3.connect(path) as store:
        store.execute("PRAGMA journal_mode = DELETE")
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"\xff" * (len(whole) - len(whole) // 2))
    with pytest.raises(Internal):
        await create_backup(bare)
    assert list(bare.settings.backup_dir.iterdir()) == []


@pytest.mark.parametrize("member", ["store", "manifest"])
async def test_a_changed_backup_does_not_pass(bare: Context, filed: Filed, member: str) -> None:
    made = await create_backup(bare)
    with tarfile.open(made.path) as archive:
        file = archive.extractfile("store.db" if member == "store" else "manifest.json")
        assert file
        content = file.read()
    changed = (
        content.replace(b"Bageri", b"Bagare")
        if member == "store"
        else content.replace(b'"seq": 2', b'"seq": 1')
    )
    _backup, checks = await verify_backup(bare.settings, rewritten(made.path, **{member: changed}))
    assert wrong(checks)


async def test_a_store_that_was_rewritten_is_not_taken_for_a_later_one(bare: Context, filed: Filed) -> None:
    made = await create_backup(bare)
    with sqlite3.connect(bare.settings.store_path) as store:
        store.execute("DROP TRIGGER audit_is_never_changed")
        store.execute("UPDATE audit SET hash = 'x' WHERE seq = 2")
    store.close()
    _backup, checks = await verify_backup(bare.settings, made.path)
    assert wrong(checks) == ["backup_lineage"]


def evil(path: Path, name: str, kind: bytes = tarfile.REGTYPE) -> None:
    with tarfile.open(path, "a") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../../etc/cron.d/x", tarfile.REGTYPE),
        ("settings.toml", tarfile.SYMTYPE),
        ("store.db", tarfile.REGTYPE),
        ("master.key", tarfile.FIFOTYPE),
    ],
)
async def test_what_belongs_in_no_backup_is_refused(bare: Context, name: str, kind: bytes) -> None:
    made = await create_backup(bare)
    evil(made.path, name, kind)
    with pytest.raises(Refused) as caught:
        await verify_backup(bare.settings, made.path)
    assert caught.value.code == "backup_unfit"


@pytest.mark.parametrize("content", [b"", b"inget arkiv" * 200, b"\x00" * 10240])
async def test_another_file_is_no_backup(bare: Context, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "fil").write_bytes(content)
    with pytest.raises(Refused) as caught:
        await verify_backup(bare.settings, tmp_path / "fil")
    assert caught.value.code == "backup_unfit"


async def test_a_pipe_is_refused_without_waiting(bare: Context, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rör")
    with pytest.raises(UsageError):
        await verify_backup(bare.settings, tmp_path / "rör")


async def test_a_backup_cut_anywhere_is_never_whole(bare: Context, filed: Filed) -> None:
    made = await create_backup(bare)
    whole = made.path.read_bytes()
    cut = made.path.with_name("kapad.tar")
    for length in range(0, len(whole) - 10240, len(whole) // 40):
        cut.write_bytes(whole[:length])
        try:
            _backup, checks = await verify_backup(bare.settings, cut)
        except BryggaError:
            continue
        assert wrong(checks), length


async def test_a_day_has_one_scheduled_backup(bare: Context) -> None:
    made = [await scheduled_backup(bare) for _ in range(2)]
    assert (made[0] is not None, made[1]) == (True, None)


async def test_no_scheduled_backup_where_none_is_wanted(bare: Context) -> None:
    unwanted = msgspec.structs.replace(bare.settings.backup, scheduled=False)
    bare.settings = msgspec.structs.replace(bare.settings, backup=unwanted)
    assert await scheduled_backup(bare) is None


async def test_old_scheduled_backups_go_by_the_rule(bare: Context, clock: Any) -> None:
    rule = msgspec.structs.replace(bare.settings.backup, daily=2, weekly=0, monthly=0)
    bare.settings = msgspec.structs.replace(bare.settings, backup=rule)
    for _day in range(4):
        await scheduled_backup(bare)
        clock.ahead += timedelta(days=1)
    assert len(await list_backups(bare.settings)) == 2


async def test_other_files_among_the_backups_are_left_alone(bare: Context) -> None:
    made = await create_backup(bare)
    (made.path.parent / "brygga-viktig.tar").write_text("x")
    await scheduled_backup(bare)
    assert (made.path.parent / "brygga-viktig.tar").exists()


START = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.lists(
    st.integers(0, 7 * 365 * 24).map(lambda hours: START + timedelta(hours=hours)), max_size=60
)


@given(MOMENTS, st.integers(1, 10), st.integers(0, 8), st.integers(0, 14))
def test_the_newest_backup_is_always_kept(
    times: list[datetime], daily: int, weekly: int, monthly: int
) -> None:
    kept = keeping(times, daily, weekly, monthly)
    assert kept <= set(times)
    assert not times or max(times) in kept
    assert len(kept) <= daily + weekly + monthly


def test_three_years_of_days_leave_the_rule_s_number() -> None:
    times = [datetime(2024, 1, 1, 3, tzinfo=UTC) + timedelta(days=day) for day in range(1000)]
    kept = keeping(times, 7, 5, 12)
    assert (len(kept), min(kept) > max(times) - timedelta(days=366)) == (21, True)
