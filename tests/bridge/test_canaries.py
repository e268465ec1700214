"""The whole spine with secrets that are looked for afterwards in every file, stream and screen of brygga's."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.config import load
from core.store import records
from core.usecases.context import Context, open_context
from core.usecases.refresh import open_pair
from core.usecases.tokens import vault

CRASH_COMMAND = """
import sys
import core.usecases.snapshots as snapshots
import core.usecases.imports as imports
import brygga

async def broken(ctx, *arguments, **keywords):
    from core.usecases.tokens import app, open_api
    token = (await (await open_api(ctx, arguments[0].client))._tokens.access()).reveal()
    secret = (await app(ctx)).client_secret.reveal()
    return {}[len(token) + len(secret)]

imports._finish = broken
sys.exit(brygga.main(["import", "1", "--no-ledgers"]))
"""
CRASH_SCREEN = """
import asyncio
import sys
from core.clock import SystemClock
from core.config import load
from tui.app import BryggaApp

class Broken(BryggaApp):
    async def on_ready(self):
        self.set_timer(0.2, self.fall)

    async def fall(self):
        from core.usecases.clients import list_clients
        from core.usecases.tokens import app, open_api
        ctx = await self.context()
        api = await open_api(ctx, (await list_clients(ctx))[0])
        token = (await api._tokens.access()).reveal()
        secret = (await app(ctx)).client_secret.reveal()
        return {}[len(token) + len(secret)]

screen = Broken(load(), "anna", SystemClock())
asyncio.run(screen.run_async(headless=True, size=(120, 36)))
print(screen.return_code)
"""


class Watcher:
    """Collects the canaries, and everything that brygga lets out."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.canaries: set[str] = set()
        self.seen: dict[str, str] = {}

    def run(self, *words: str, stdin: str = "") -> Any:
        return self.keep(" ".join(words), self.client.brygga(*words, stdin=stdin))

    def keep(self, name: str, ran: Any) -> Any:
        self.seen[f"{len(self.seen)} {name}: stdout"] = ran.out
        self.seen[f"{len(self.seen)} {name}: stderr"] = ran.err
        self.look()
        return ran

    def look(self) -> None:
        """The tokens as they are now."""
        brygga = self.client.brygga
        settings = load(brygga.config, brygga.directory / "data", environ={})
        self.canaries |= set(asyncio.run(_tokens(settings)))

    def files(self) -> Iterator[tuple[str, str]]:
        for path in self.client.brygga.directory.rglob("*"):
            if path.is_file() and path.name != "master.key":
                yield str(path.name), path.read_bytes().decode("latin-1")

    def leaks(self) -> list[str]:
        places = [*self.seen.items(), *self.files()]
        return [
            f"{name}: …{text[max(0, text.find(canary) - 80) :][:200]}"
            for name, text in places
            for canary in self.canaries
            if canary in text
        ]


async def _tokens(settings: Any) -> list[str]:
    found: list[str] = []
    async with open_context(settings, person="test", read_only=True) as ctx:
        for record in await ctx.store.read(records.every):
            if record.kind == "tokens":
                found += await _opened(ctx, record)
    return found


async def _opened(ctx: Context, record: Any) -> list[str]:
    pair = open_pair(await vault(ctx), record)
    return [secret.reveal() for secret in (pair.access, pair.refresh) if secret is not None]


@pytest.fixture
def watcher(client: Any) -> Watcher:
    brygga, secret = client.brygga, client.sandbox["client_secret"]
    brygga.use_config(brygga.config.read_text(encoding="utf-8") + '\n[log]\nlevel = "debug"\n')
    del brygga.environ["BRYGGA_FORTNOX_CLIENT_SECRET"]
    made = Watcher(client)
    basic = base64.b64encode(f"{client.sandbox['client_id']}:{secret}".encode()).decode()
    made.canaries |= {secret, basic, (brygga.directory / "data" / "master.key").read_text().strip()}
    made.run("secrets", "set", "fortnox-client-secret", stdin=f"{secret}\n")
    return made


def consent(watcher: Watcher) -> None:
    """Connect through a pasted address; its code is a canary."""
    client = watcher.client
    pending = watcher.run("connect", "1", "--no-wait", "--json")
    landed = client.consent(pending.json["address"], client.tenants[0]["tenant"])
    watcher.canaries |= set(parse_qs(urlsplit(landed).query)["code"])
    assert watcher.run("connect", "--paste", landed).code == 0


def test_no_secret_leaves_brygga_on_the_whole_spine(watcher: Watcher) -> None:
    client = watcher.client
    consent(watcher)
    assert watcher.run("import", "1", "--no-ledgers").code == 0
    client.write_ready("Hyra")
    assert watcher.run("export", "1", "--series", "I").code == 0
    for fault, path in (("500-before", "/3/"), ("no-licence", "/3/"), ("clock-skew", "/3/"), ("lapse", "/")):
        client.control("faults", name=fault, path=path)
        assert watcher.run("import", "1", "--no-ledgers").code in {1, 4, 5}
        client.heal()
    consent(watcher)
    crashed = watcher.keep("crash", client.brygga.python(CRASH_COMMAND))
    assert (crashed.code, len(crashed.err.splitlines())) == (1, 3), crashed
    assert "KeyError" in (client.brygga.directory / "data" / "brygga.log").read_text(encoding="utf-8")
    screen = watcher.keep("crash screen", client.brygga.python(CRASH_SCREEN))
    assert "brygga met a fault of its own." in screen.out + screen.err, screen
    assert screen.out.splitlines()[-1] == "1", screen
    watcher.run("doctor")
    watcher.run("status", "--json")
    assert watcher.run("disconnect", "1").code == 0
    assert len(watcher.canaries) >= 9
    assert watcher.leaks() == []
