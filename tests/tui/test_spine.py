"""The whole job with keys alone, against the sandbox, from an empty data directory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from core.config import Settings, load
from core.fortnox.sandbox.child import SandboxChild, start
from core.register import PendingConsent, VoucherState
from core.usecases.demo import approve
from core.usecases.vouchers import list_vouchers
from tests.ports import free_port
from tui.screens.consent import ConsentDialog

PRESSES = 60
"""What a person may need; a typed field counts as one."""


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[tuple[SandboxChild, Settings]]:
    """A sandbox, and an empty data directory whose configuration knows its addresses and nothing else."""
    async with start() as child:
        config = tmp_path / "config.toml"
        addresses = f'api_url = "{child.info.api_url}"\nauth_url = "{child.info.auth_url}"\n'
        redirect = f'redirect_uri = "http://127.0.0.1:{free_port()}/callback"\n'
        config.write_text("[fortnox]\n" + addresses + redirect, encoding="utf-8")
        yield child, load(config, tmp_path / "data", environ={})


class Counted:
    """Hands that count: a key is one press, and so is a typed field."""

    def __init__(self, driven: Any) -> None:
        self.driven = driven
        self.presses = 0

    async def press(self, *keys: str) -> None:
        self.presses += len(keys)
        await self.driven.press(*keys)

    async def write(self, text: str) -> None:
        self.presses += 1
        await self.driven.write(text)

    async def see(self, piece: str) -> None:
        await self.driven.until_text(piece)


async def connect(hands: Counted, child: SandboxChild) -> None:
    """From the first screen to a connected client."""
    app = hands.driven.app
    await hands.see("startguiden")
    await hands.press("n")
    await hands.see("Hur vill du börja?")
    await hands.press("enter")
    await hands.see("Före den första anslutningen")
    await hands.press("down", "enter")
    await hands.see("Client-Secret")
    await hands.write(child.info.client_id)
    await hands.press("down")
    await hands.write(child.info.client_secret)
    await hands.press("down", "enter")
    await hands.driven.until(lambda: isinstance(app.screen, ConsentDialog), "the consent")
    pending: PendingConsent = app.screen._pending
    answer = await approve(await app.context(), pending, child.info.tenants[0].tenant)
    await hands.write(answer)
    await hands.press("down", "enter")
    await hands.see("Importera nu")


async def test_the_browser_coming_back_is_enough(
    sandbox: tuple[SandboxChild, Settings], drive: Callable[..., Any]
) -> None:
    child, settings = sandbox
    settings.config_file.write_text(child.info.config, encoding="utf-8")
    known = load(settings.config_file, settings.data_dir, environ={})
    fortnox = msgspec.structs.replace(known.fortnox, redirect_uri=f"http://127.0.0.1:{free_port()}/callback")
    whole = msgspec.structs.replace(known, fortnox=fortnox, client_secret=child.info.client_secret)
    async with drive(whole) as driven:
        await driven.press("n", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, ConsentDialog), "the consent")
        pending = driven.app.screen._pending
        address = urlsplit(await approve(await driven.app.context(), pending, child.info.tenants[1].tenant))
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(
            f"GET {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
        )
        await driven.until_text("Importera nu")
        assert "Cykel & Co HB" in driven.text
        writer.close()
        await reader.read()


async def write_voucher(hands: Counted) -> None:
    """A balanced voucher, saved as ready."""
    await hands.press("6")
    await hands.see("Ingen har skrivits än")
    await hands.press("n")
    await hands.see("Debet")
    await hands.write("Periodisering av hyra")
    await hands.press("tab")
    await hands.write("1710")
    await hands.press("tab")
    await hands.write("30000")
    await hands.press("tab")
    await hands.write("5010")
    await hands.press("f6", "f7")
    await hands.see("klar att överföra")


async def test_from_an_empty_directory_to_a_posted_voucher(
    sandbox: tuple[SandboxChild, Settings], drive: Callable[..., Any]
) -> None:
    child, settings = sandbox
    async with drive(settings) as driven:
        hands = Counted(driven)
        await connect(hands, child)
        await hands.press("enter")
        await hands.see("importerad 2026")
        await driven.idle()
        await write_voucher(hands)
        await hands.press("e")
        await hands.see("uppfyllda")
        await hands.press("tab", "enter")
        await hands.see("överförd I")
        (posted,) = await list_vouchers(await driven.app.context(), driven.app.engagement_id)
    assert posted.state is VoucherState.POSTED
    assert hands.presses <= PRESSES
