"""The sandbox lives as long as its parent wants, and no longer."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
import tomllib

import pytest

from core.errors import Internal
from core.fortnox.sandbox.child import ROOT, start

PARENT = """
import asyncio, os
from core.fortnox.sandbox.child import start

async def main():
    async with start(clients=1) as child:
        print(child.info.api_url, flush=True)
        os.kill(os.getpid(), 9)

asyncio.run(main())
"""


def serve(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "core.fortnox.sandbox", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def test_the_printed_line_means_that_the_socket_listens() -> None:
    async with start(clients=7) as child:
        port = int(child.info.api_url.split(":")[2].removesuffix("/3"))
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
        assert len(child.info.tenants) == 7
        assert child.info.tenants[0].name == "Bageri Söder AB"
        config = tomllib.loads(child.info.config)
        assert config["fortnox"]["api_url"] == child.info.api_url
        assert config["secrets"]["keeper"] == "keyfile"
    assert child.process.returncode == 0


async def test_a_taken_port_is_told_in_one_error() -> None:
    async with start(clients=1) as child:
        port = int(child.info.api_url.split(":")[2].removesuffix("/3"))
        with pytest.raises(Internal, match=f"port {port}"):
            async with start(clients=1, port=port):
                pass


async def test_an_unknown_fault_is_told_in_one_error() -> None:
    with pytest.raises(Internal, match="earthquake"):
        async with start(clients=1, faults=["earthquake:1"]):
            pass


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.run(
        [sys.executable, "-c", PARENT], cwd=ROOT, capture_output=True, check=False, timeout=30
    )
    assert parent.returncode == -signal.SIGKILL
    port = int(parent.stdout.decode().split(":")[2].removesuffix("/3\n"))
    assert _is_freed(port)


def _is_freed(port: int) -> bool:
    """Whether nobody answers on the port any more, within some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)):
                return True
    return False


def test_a_terminated_server_stops_cleanly() -> None:
    with serve("--clients", "2", "--fault", "500-after:1") as server:
        assert server.stdout is not None
        line = json.loads(server.stdout.readline())
        assert set(line) == {
            "api_url",
            "auth_url",
            "client_id",
            "client_secret",
            "config",
            "control",
            "tenants",
        }
        server.terminate()
        assert server.wait(10) == 0
        assert server.stderr is not None
        assert server.stderr.read() == b""


async def test_a_twin_is_a_second_database_on_the_same_number() -> None:
    async with start(clients=2, twin=True) as child:
        first, twin = child.info.tenants[0], child.info.tenants[-1]
        assert (first.name, first.orgnr) == (twin.name, twin.orgnr)
        assert first.tenant != twin.tenant
        assert twin.years[1].to_date < first.years[1].from_date
