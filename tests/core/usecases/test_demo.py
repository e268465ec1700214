from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UsageError
from core.register import ConnectionState, VoucherState
from core.usecases.context import open_context
from core.usecases.demo import open_demo, sample_vouchers, store_secret
from core.usecases.sandbox import serve
from core.usecases.status import overview
from core.usecases.vouchers import add_vouchers, mark_ready

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office


async def test_the_demo_leaves_nothing_behind() -> None:
    async with open_demo(clients=1) as demo:
        directory = demo.directory
        assert demo.settings.fortnox.api_url.startswith("http://127.0.0.1:")
    assert not directory.exists()


async def test_the_demo_ends_its_sandbox() -> None:
    async with open_demo(clients=1) as demo:
        process = demo.sandbox.process
    assert process.returncode is not None


async def test_the_demo_keeps_a_directory_that_was_given(tmp_path: Path) -> None:
    async with (
        open_demo(tmp_path / "demo", clients=1) as demo,
        open_context(demo.settings, person="a") as ctx,
    ):
        await store_secret(ctx, demo)
    assert (tmp_path / "demo" / "data" / "brygga.db").exists()


async def test_the_sample_vouchers_can_be_posted(office: Office) -> None:
    made = await add_vouchers(office.ctx, office.engagement.id, sample_vouchers(office.engagement))
    assert {one.state for one in await mark_ready(office.ctx, [one.id for one in made])} == {
        VoucherState.READY
    }


async def test_a_connected_sample_company_is_active(office: Office) -> None:
    (row,) = await overview(office.ctx, office.client.id)
    assert row.connection.state is ConnectionState.ACTIVE


async def test_a_sandbox_does_not_start_with_an_unknown_fault() -> None:
    with pytest.raises(UsageError, match="finns-inte"):
        await serve(faults=["finns-inte"])
