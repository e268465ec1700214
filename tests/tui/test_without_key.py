from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.config import Settings


async def test_without_its_key_the_interface_opens_reads_and_says_so(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    firm.keyfile_path.unlink()
    async with drive(firm) as driven:
        await driven.until_text("huvudnyckel")
        assert "Bageri" in driven.text
        assert "secrets init" in driven.text
        await driven.press("3")
        await driven.until_text("1510")
    assert not firm.keyfile_path.exists()


async def test_with_its_key_nothing_is_said(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.until(lambda: len(list(driven.app.workers)) == 1, "the look at the key")
        assert "huvudnyckel" not in driven.text
