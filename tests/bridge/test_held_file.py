"""A client's files have their effect in the order in which they came, also when a fault has passed over one of them."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.exchange.intake import Step
from bridge.exchange.run import Exchange, open_exchange
from core.config import load
from core.usecases.clients import add_client
from core.usecases.context import open_context

BOOKS = (
    '#FLAGGA 0\r\n#PROGRAM "Prov" 1\r\n#FORMAT PC8\r\n#GEN 20260110\r\n#SIETYP 4\r\n#ORGNR {orgnr}\r\n#FNAMN "Prov"\r\n'
    "#RAR 0 20250101 20251231\r\n#KONTO 1930 Bank\r\n#UB 0 1930 {ore}\r\n"
)
BAKERY, PLUMBER = "556677-8899", "556036-0793"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An exchange folder in which client 7 has an old file and a new one."""
    for number in "78":
        (tmp_path / "ex" / number / "in").mkdir(parents=True)
    for name, moment in (("z-old.se", 1_000_000_000), ("a-new.se", 1_000_000_001)):
        path = tmp_path / "ex" / "7" / "in" / name
        path.write_text(BOOKS.format(orgnr=BAKERY, ore=moment), newline="")
        os.utime(path, (moment, moment))
    return tmp_path / "ex"


@asynccontextmanager
async def opened(root: Path, faults: int) -> AsyncIterator[Exchange]:
    """The exchange of two clients; so many times the disk is full when a file has been copied."""
    left = faults

    def reached(step: Step) -> None:
        nonlocal left
        if step is Step.COPIED and left:
            left -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    config = root.parent / "config.toml"
    config.write_text(f'[exchange]\ndir = "{root}"\nstable_seconds = 0\ncreate_engagements = true\n')
    async with open_context(load(config, root.parent / "data", environ={})) as ctx:
        await add_client(ctx, name="Bageri AB", orgnr=BAKERY, number="7")
        await add_client(ctx, name="Rör AB", orgnr=PLUMBER, number="8")
        async with open_exchange(ctx, reached) as exchange:
            assert exchange is not None
            yield exchange


async def taken(exchange: Exchange) -> list[str]:
    return [f"{one.client}/{one.name}" for one in (await exchange.go_through()).outcomes]


async def test_a_newer_file_does_not_pass_one_that_a_fault_has_held(root: Path) -> None:
    async with opened(root, faults=2) as exchange:
        assert [await taken(exchange) for _pass in range(3)] == [[], [], ["7/z-old.se", "7/a-new.se"]]


async def test_another_client_s_files_are_not_held_with_it(root: Path) -> None:
    async with opened(root, faults=2) as exchange:
        assert await taken(exchange) == []
        (root / "8" / "in" / "other.se").write_text(BOOKS.format(orgnr=PLUMBER, ore=1), newline="")
        assert await taken(exchange) == ["8/other.se"]
        assert await taken(exchange) == ["7/z-old.se", "7/a-new.se"]
