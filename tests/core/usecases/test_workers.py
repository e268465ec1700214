"""Imports prepared in a process beside this one."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from core.errors import Refused
from core.files import content_hash
from core.model import FiscalYear
from core.register import Client, Engagement, SourceKind
from core.usecases.context import Context
from core.usecases.fetch import Fetched
from core.usecases.ours import OwnVouchers
from core.usecases.prepare import Material, prepare
from core.usecases.workers import WORKERS, Workers, prepared_by, read_ahead, workers

BOOKS = """#FLAGGA 0
#PROGRAM "Prov" 1.0
#FORMAT PC8
#GEN 20260110
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Prov AB"
#RAR 0 20250101 20251231
#KONTO 1930 "Bank"
#KONTO 3001 "Sales"
#UB 0 1930 250.00
#RES 0 3001 -250.00
#VER A 1 20250315 "Invoice"
{
#TRANS 1930 {} 250.00
#TRANS 3001 {} -250.00
}
"""


@pytest.fixture
def material(tmp_path: Path) -> Material:
    path = tmp_path / "books.se"
    path.write_text(BOOKS)
    client = Client("K1", "Prov AB", "556677-8899", "1")
    engagement = Engagement("E1", "K1", FiscalYear(date(2025, 1, 1), date(2025, 12, 31)), SourceKind.SIE4)
    return Material(
        client,
        engagement,
        Fetched(b""),
        date(2025, 12, 31),
        OwnVouchers(),
        10**6,
        None,
        periods=True,
        path=path,
    )


def known(material: Material, path: Path) -> Material:
    return replace(material, path=path, sha256=content_hash(path.read_bytes()))


async def asked(ctx: Context, material: Material) -> object:
    there = ctx.shared[WORKERS]
    assert isinstance(there, Workers)
    return await there.prepare(material)


async def test_a_worker_makes_the_same_and_leaves_faults_to_its_parent(
    bare: Context, material: Material
) -> None:
    other = replace(material, client=Client("K2", "Annan AB", "556036-0793", "2"))
    async with workers(bare, 1):
        assert await asked(bare, material) == prepare(material)
        assert await asked(bare, other) is None
        with pytest.raises(Refused) as refused:
            await prepared_by(bare, other)
        assert refused.value.code == "company_mismatch"
    assert WORKERS not in bare.shared


async def test_what_was_read_ahead_is_used_for_just_those_bytes(bare: Context, material: Material) -> None:
    assert material.path is not None
    first, dropped, other = (material.path.with_name(name) for name in ("books.se", "2.se", "3.se"))
    dropped.write_text(BOOKS.replace("Invoice", "Two"))
    other.write_text(BOOKS.replace("Invoice", "Three"))
    async with workers(bare, 1):
        there = bare.shared[WORKERS]
        assert isinstance(there, Workers)
        for _again in range(2):
            assert await there.made_ahead(known(material, first)) is None
        read_ahead(bare, "K1", [dropped])
        assert await there.made_ahead(known(material, dropped)) == prepare(known(material, dropped))
        read_ahead(bare, "K1", [dropped])
        assert await prepared_by(bare, known(material, other)) == prepare(known(material, other))
        read_ahead(bare, "K1", [dropped])
        locked = msgspec.structs.replace(material.engagement, locked=True)
        assert await there.made_ahead(replace(known(material, dropped), engagement=locked)) is None


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the worker by /proc")
async def test_what_a_killed_worker_leaves_is_done_here(bare: Context, material: Material) -> None:
    async with workers(bare, 1):
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        for child in children:
            if "core.usecases.worker" in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(int(child), signal.SIGKILL)
        assert await prepared_by(bare, material) == prepare(material)
