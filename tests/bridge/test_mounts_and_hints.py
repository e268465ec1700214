from __future__ import annotations

import asyncio
from pathlib import Path

from bridge.exchange.hint import Hint
from core.mounts import file_system, is_local

MOUNTS = """22 1 0:20 / / rw - ext4 /dev/vda rw
31 22 0:40 / /srv/firm\\040share rw,relatime shared:1 - cifs //server/share rw
32 22 0:41 / /srv/fast rw - xfs /dev/vdb rw
"""


def test_the_file_system_is_that_of_the_deepest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    places = ("/srv/firm share/exchange", "/srv/fast/a/b", "/srv", "/")
    assert [file_system(Path(place), mounts) for place in places] == ["cifs", "xfs", "ext4", "ext4"]


def test_nothing_is_known_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "none") == ""


async def test_a_dropped_file_ends_the_wait(tmp_path: Path) -> None:
    hint, stop = Hint(tmp_path), asyncio.Event()
    if not is_local(tmp_path):
        return
    await hint.watch([tmp_path])
    waiting = asyncio.create_task(hint.wait(20, stop))
    while not waiting.done():
        (tmp_path / "books.se").write_bytes(b"x")
        await asyncio.sleep(0.05)
    assert await waiting
    await hint.close()


async def test_stopping_ends_the_wait_without_a_hint(tmp_path: Path) -> None:
    hint, stop = Hint(None), asyncio.Event()
    await hint.watch([tmp_path])
    stop.set()
    assert not await hint.wait(20, stop)
    assert not hint.is_alive
