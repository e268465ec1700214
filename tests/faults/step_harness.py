"""kill -9 at every step of a backup, a restore and an upgrade of the store.

A step is whatever the interpreter reports of a file or a lock (its audit events) and every SQL statement. A child
process does the work and kills itself before step 1, then a fresh one before step 2, and so on until it gets
through; after each the data directory must hold together. Nothing in the program knows of the steps.

    python tests/faults/step_harness.py [--every N] [--naive] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
import tarfile
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.config import Settings, load
from core.errors import BryggaError
from core.store import schema
from core.store.copying import copy_file
from core.store.database import Store
from core.store.facts import facts
from core.usecases.backup import create_backup, list_backups, verify_backup
from core.usecases.clients import add_client, list_clients
from core.usecases.context import open_context
from core.usecases.restore import replaced_stores, restore_backup

EVENTS = (
    "open",
    "os.link",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.truncate",
    "fcntl.flock",
    "sqlite3.connect",
    "tempfile.",
)
OLD, NEW = "Före AB", "Efter AB"


class Steps:
    """Counts the steps of this process and kills it before one of them."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.count = 0

    def begin(self) -> None:
        plain = sqlite3.connect

        def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
            made: sqlite3.Connection = plain(*arguments, **options)
            made.set_trace_callback(self._statement)
            return made

        sqlite3.connect = traced  # type: ignore[assignment] # the same with a trace
        sys.addaudithook(self._event)

    def _event(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open":
            if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._step()
        elif name.startswith(EVENTS):
            self._step()

    def _statement(self, _sql: str) -> None:
        self._step()

    def _step(self) -> None:
        self.count += 1
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Scenario:
    """A piece of work, where it starts from, and what must hold after every kill."""

    name: str
    prepare: Callable[[Path], None]
    work: Callable[[Path], None]
    check: Callable[[Path], str]
    """What is wrong; empty when all holds."""


@dataclass
class Figures:
    """What came of a scenario."""

    name: str
    kills: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


def settings_of(place: Path) -> Settings:
    return load(data_dir=place / "data", environ={"BRYGGA_CONFIG": "", "HOME": str(place)})


async def _add(place: Path, *names: str) -> None:
    async with open_context(settings_of(place), person="anna") as ctx:
        for name in names:
            await add_client(ctx, name=name, orgnr="556677-8899")


async def _names(place: Path) -> list[str]:
    async with open_context(settings_of(place), person="anna") as ctx:
        return [client.name for client in await list_clients(ctx)]


def _sound(path: Path) -> str:
    found = facts(path)
    if found.faults or found.broken is not None:
        return f"{path.name}: {found.faults} {found.broken}"
    return ""


def prepare_backup(place: Path) -> None:
    asyncio.run(_add(place, OLD))


def do_backup(place: Path) -> None:
    async def work() -> None:
        async with open_context(settings_of(place), person="anna") as ctx:
            await create_backup(ctx)

    asyncio.run(work())


def check_backup(place: Path) -> str:
    settings = settings_of(place)

    async def look() -> str:
        if await _names(place) != [OLD]:
            return "the store changed"
        for kept in await list_backups(settings):
            _backup, checks = await verify_backup(settings, kept.path)
            if not all(check.ok for check in checks):
                return f"a backup that is not whole: {[one.code for one in checks if not one.ok]}"
        return ""

    wrong = asyncio.run(look()) or _sound(settings.store_path)
    if wrong:
        return wrong
    return asyncio.run(_another(settings))


async def _another(settings: Settings) -> str:
    """Whether a backup can be made after the kill."""
    path = settings.data_dir / "another.tar"
    async with open_context(settings, person="anna") as ctx:
        await create_backup(ctx, path)
    _backup, checks = await verify_backup(settings, path)
    return "" if all(check.ok for check in checks) else "no other backup could be made"


def prepare_restore(place: Path) -> None:
    asyncio.run(_add(place, OLD))
    do_backup(place)
    asyncio.run(_add(place, NEW))


def prepare_restore_of_damaged(place: Path) -> None:
    prepare_restore(place)
    path = settings_of(place).store_path
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3] + b"\xff" * (len(whole) - len(whole) // 3))


def do_restore(place: Path) -> None:
    settings = settings_of(place)

    async def work() -> None:
        (kept,) = await list_backups(settings)
        await restore_backup(settings, kept.path, person="anna")

    asyncio.run(work())


def do_restore_naively(place: Path) -> None:
    """The control: the store in the backup written over the one in use."""
    settings = settings_of(place)
    backup = next(settings.backup_dir.glob("*.tar"))
    with tarfile.open(backup) as archive:
        file = archive.extractfile("store.db")
        assert file
        with settings.store_path.open("wb") as store:
            for start in range(0, 10**9, 65536):
                with settings.store_path.open("ab"):
                    piece = file.read(65536)
                if not piece:
                    break
                store.seek(start)
                store.write(piece)
                store.flush()


def check_restore(place: Path) -> str:
    settings = settings_of(place)
    try:
        names = asyncio.run(_names(place))
    except BryggaError as error:
        return error.title
    if sorted(names) not in ([OLD], sorted([OLD, NEW])):
        return f"neither the old store nor the backup: {names}"
    wrong = _sound(settings.store_path)
    if names == [OLD] and not wrong and not _kept(settings, NEW):
        return "the store that was there is gone"
    if wrong:
        return wrong
    do_restore(place)
    if asyncio.run(_names(place)) != [OLD]:
        return "restoring again did not bring the backup"
    if not _kept(settings, NEW):
        return "the store that was there is gone after restoring again"
    return _sound(settings.store_path)


def check_restore_of_damaged(place: Path) -> str:
    do_restore(place)
    settings = settings_of(place)
    if asyncio.run(_names(place)) != [OLD]:
        return "restoring again did not bring the backup"
    if not replaced_stores(settings.store_path):
        return "the damaged store is gone"
    return _sound(settings.store_path)


def _kept(settings: Settings, name: str) -> bool:
    for path in replaced_stores(settings.store_path):
        connection = sqlite3.connect(path)
        try:
            if connection.execute("SELECT 1 FROM clients WHERE name = ?", (name,)).fetchone():
                return True
        finally:
            connection.close()
    return False


def prepare_upgrade(place: Path) -> None:
    """A store of the first form with a client in it."""
    settings = settings_of(place)
    settings.store_path.parent.mkdir(parents=True)
    connection = sqlite3.connect(settings.store_path, isolation_level=None)
    for statement in schema.statements(schema.migrations()[1]):
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO clients (id, name, orgnr) VALUES ('K1', ?, '556677-8899')", (OLD,))
    connection.close()


def do_upgrade(place: Path) -> None:
    Store.open(settings_of(place).store_path).close()


def check_upgrade(place: Path) -> str:
    path = settings_of(place).store_path
    copy = path.with_name("look.db")
    copy_file(path, copy)
    found = facts(copy)
    copy.unlink()
    if found.version not in {1, schema.newest()} or found.faults:
        return f"version {found.version}, {found.faults}"
    for aside in schema.copies_aside(path):
        if facts(aside).version != 1 or facts(aside).rows["clients"] != 1:
            return "the copy aside is not the old store"
    if found.version != 1 and not schema.copies_aside(path):
        return "upgraded without a copy"
    if asyncio.run(_names(place)) != [OLD]:
        return "the client is gone"
    return _sound(path)


SCENARIOS = (
    Scenario("backup", prepare_backup, do_backup, check_backup),
    Scenario("restore", prepare_restore, do_restore, check_restore),
    Scenario("restore of a damaged store", prepare_restore_of_damaged, do_restore, check_restore_of_damaged),
    Scenario("upgrade", prepare_upgrade, do_upgrade, check_upgrade),
)
CONTROL = (Scenario("restore by copying (control)", prepare_restore, do_restore_naively, check_restore),)


def play(scenario: Scenario, place: Path, every: int) -> Figures:
    """Kill before every ``every``-th step until one child gets through."""
    figures, began = Figures(scenario.name), time.monotonic()
    template = place / "template"
    template.mkdir()
    scenario.prepare(template)
    fatal = 1
    while True:
        trial = place / "trial"
        shutil.copytree(template, trial)
        killed = _child(scenario, trial, fatal)
        wrong = scenario.check(trial)
        if wrong:
            figures.faults.append(f"step {fatal}: {wrong}")
        shutil.rmtree(trial)
        if not killed:
            break
        figures.kills += 1
        fatal += every
    figures.seconds = round(time.monotonic() - began, 1)
    return figures


def _child(scenario: Scenario, trial: Path, fatal: int) -> bool:
    """Do the work in a child; whether it was killed."""
    child = os.fork()
    if not child:
        try:
            Steps(fatal).begin()
            scenario.work(trial)
        except BaseException:  # noqa: BLE001 a forked child must end here whatever happened
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"{scenario.name}: the work failed by itself before step {fatal}")
    return os.WIFSIGNALED(status)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--naive", action="store_true", help="the control, which must fail")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = []
    for scenario in CONTROL if arguments.naive else SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="brygga-steps-") as place:
            figures = play(scenario, Path(place), arguments.every)
        print(
            f"{figures.name:<30} kills {figures.kills:>4}  faults {len(figures.faults):>3}  {figures.seconds} s"
        )
        for fault in figures.faults:
            print(f"    {fault}")
        results.append(asdict(figures))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))
    return any(one["faults"] for one in results)


if __name__ == "__main__":
    sys.exit(main())
