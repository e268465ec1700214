"""Secrets stay out of logs, tracebacks with local variables, the audit and every file."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina

from core import logs
from core.errors import BryggaError
from core.fortnox import resources
from core.register import Client, ConnectionMode
from core.store import records
from core.usecases import connect, refresh
from core.usecases.activity import activity
from core.usecases.context import Context
from core.usecases.refresh import open_pair
from core.usecases.tokens import open_api, vault


@pytest.fixture
def log(tmp_path: Path) -> Any:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logs.start(tmp_path / "log" / "brygga.log", "debug")
    yield tmp_path / "log" / "brygga.log"
    for handler in root.handlers:
        handler.close()
    root.handlers[:], level = before
    root.setLevel(level)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


async def tokens_of(ctx: Context, tenant: str) -> list[str]:
    record = await ctx.store.read(lambda tx: records.newest(tx, "tokens", tenant))
    assert record is not None
    pair = open_pair(await vault(ctx), record)
    assert pair.refresh is not None
    return [pair.access.reveal(), pair.refresh.reveal()]


def told(error: BaseException) -> str:
    """Everything that a crash screen could show: the chain of tracebacks with their local variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


async def ask(ctx: Context, client: Client) -> list[str]:
    """Use the connection; what a failure tells. A frame of its own, because the test knows the canaries."""
    try:
        await resources.company(await open_api(ctx, client))
    except BryggaError as error:
        return [told(error), str(error), repr(error.details)]
    return []


def files(*folders: Path) -> list[str]:
    """The content of every file."""
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path.read_bytes().decode("latin-1") for path in found]


async def test_no_secret_leaves_the_vault(
    ctx: Context,
    client: Client,
    person: Any,
    sandbox: Any,
    clock: Any,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    stack: ExitStack,
) -> None:
    monkeypatch.setattr(refresh, "PAUSES", ())
    stack.enter_context(stamina.set_testing(True, attempts=2))
    seen: list[str] = []
    tenant = sandbox.tenants[0]["tenant"]
    pending = await connect.begin_consent(ctx, client.id, mode=ConnectionMode.CODE)
    address = await person.decides(pending, tenant)
    canaries = [sandbox.info["client_secret"], parse_qs(urlsplit(address).query)["code"][0]]
    await connect.finish_consent(ctx, address)
    canaries += await tokens_of(ctx, tenant)
    for path, fault in (
        ("/3/", "html-error"),
        ("/3/", "500-before"),
        ("/3/", "no-licence"),
        ("/3/", "truncated"),
        ("/3/", "drop-before"),
        ("/oauth-v1/token", "drop-before"),
        ("/oauth-v1/token", "500-before"),
        ("/oauth-v1/token", "lapse"),
    ):
        clock.ahead += timedelta(hours=2)
        sandbox.fault(fault, path, count=20)
        seen += await ask(ctx, client)
        sandbox.control("DELETE", "faults")
        canaries += await tokens_of(ctx, tenant)
    seen.append(repr(await activity(ctx)))
    seen += files(log.parent, ctx.settings.data_dir)
    assert len(set(canaries)) > 8
    leaks = {
        text[max(0, text.find(one) - 300) :][:400] for one in set(canaries) for text in seen if one in text
    }
    assert leaks == set()
