"""The sandbox as a child process that cannot outlive its parent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from core.errors import Internal
from core.i18n import _

ROOT = Path(__file__).parents[3]
"""Where the ``core`` package lies: a checkout, or an environment's site-packages."""
START_SECONDS = 30
STOP_SECONDS = 5
LINE_LIMIT = 4 * 1024 * 1024


class YearInfo(msgspec.Struct, frozen=True):
    """A fiscal year of a company; dates ISO 8601."""

    id: str
    from_date: str = msgspec.field(name="from")
    to_date: str = msgspec.field(name="to")


class TenantInfo(msgspec.Struct, frozen=True):
    """A company at the sandbox."""

    name: str
    orgnr: str
    tenant: str
    traits: list[str]
    years: list[YearInfo]
    """Oldest first: the previous, the one to close, the next."""


class SandboxInfo(msgspec.Struct, frozen=True):
    """The line that the sandbox prints (contract.md, ``sandbox serve``)."""

    api_url: str
    auth_url: str
    client_id: str
    client_secret: str
    config: str
    """TOML text of a whole configuration."""
    control: str
    tenants: list[TenantInfo]


@dataclass
class SandboxChild:
    """A running sandbox."""

    info: SandboxInfo
    line: bytes
    """The printed line itself."""
    process: asyncio.subprocess.Process

    async def stop(self) -> None:
        """End it now; the context manager does the same on leaving."""
        await _end(self.process)


@contextlib.asynccontextmanager
async def start(
    clients: int = 5,
    port: int = 0,
    faults: Sequence[str] = (),
    seed: int | None = None,
    vouchers: int = 0,
    *,
    twin: bool = False,
) -> AsyncIterator[SandboxChild]:
    """Run a sandbox as long as the context lasts.

    The child watches its standard input, whose other end only this process holds: however this process ends,
    the child ends too. ``faults`` are ``NAME`` or ``NAME:COUNT``; ``vouchers`` adds a company of about so many
    a year, ``twin`` a second, abandoned database of the first company.

    Raises:
        Internal: it did not start (a taken port, an unknown fault).
    """
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *_command(clients, port, faults, seed, vouchers, twin=twin),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
            env=_environment(),
            start_new_session=True,
            limit=LINE_LIMIT,
        )
        try:
            line = await _first_line(process, said)
            yield SandboxChild(msgspec.json.decode(line, type=SandboxInfo), line, process)
        finally:
            await _end(process)


def _command(
    clients: int, port: int, faults: Sequence[str], seed: int | None, vouchers: int, *, twin: bool
) -> list[str]:
    """Of this very interpreter; ``-P`` keeps a folder called ``core`` in the working directory out of the way."""
    arguments = ["--clients", str(clients), "--port", str(port), "--until-stdin-closes"]
    arguments += [part for fault in faults for part in ("--fault", fault)]
    arguments += ["--seed", str(seed)] if seed is not None else []
    arguments += ["--vouchers", str(vouchers)] if vouchers else []
    arguments += ["--twin"] if twin else []
    return [sys.executable, "-P", "-m", "core.fortnox.sandbox", *arguments]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _environment() -> dict[str, str]:
    """The parent's own environment, with this very package found first."""
    paths = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


async def _first_line(process: asyncio.subprocess.Process, said: IO[bytes]) -> bytes:
    stdout = process.stdout
    assert stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await stdout.readline()
    except TimeoutError as error:
        raise _not_started(_("The sandbox did not start in time."), "") from error
    if not line:
        await process.wait()
        said.seek(0)
        reason = said.read().decode(errors="replace").strip().splitlines()
        raise _not_started(_("The sandbox did not start."), reason[-1] if reason else "")
    return line


def _not_started(title: str, reason: str) -> Internal:
    return Internal(
        "internal",
        title,
        reason or _("It is a process of its own on this computer; nothing was changed."),
        _("Try again; if it fails again, run: python -m core.fortnox.sandbox"),
    )
