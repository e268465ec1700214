"""The real program in a real terminal: from the first start to a posted voucher, by what the screen says alone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PRESSES = 60
"""What a person may need; a typed field counts as one."""

PATIENCE = 40.0
BOX = re.compile(r"[│┌┐└┘]")

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


@dataclass
class Person:
    """Eyes and hands at a terminal of 80 by 24; counts what the hands do."""

    terminal: list[str]
    presses: int = 0
    seen: list[str] = field(default_factory=list)

    def tmux(self, *words: str) -> str:
        done = subprocess.run([*self.terminal, *words], capture_output=True, text=True, check=True)
        return done.stdout

    def look(self) -> str:
        return self.tmux("capture-pane", "-p")

    def see(self, *pieces: str) -> str:
        """Wait until the screen says all of this; what it says."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            text = self.look()
            if all(piece in text for piece in pieces):
                return text
            time.sleep(0.05)
        pytest.fail(f"the screen never said {pieces}:\n{self.look()}")

    def press(self, *keys: str) -> None:
        self.presses += len(keys)
        self.tmux("send-keys", *keys)

    def write(self, text: str) -> None:
        self.presses += 1
        self.tmux("send-keys", "-l", text)

    def address(self) -> str:
        """The address that the dialog tells to open, read from its lines."""
        lines = [
            BOX.sub("", line).strip() for line in self.see("1. Öppna", "http:", "Väntar på svar").splitlines()
        ]
        first = next(place for place, line in enumerate(lines) if line.startswith("http://"))
        rest = lines[first:]
        return "".join(rest[: rest.index("")])


def approve_in_browser(address: str, tenant: str) -> None:
    """Choose the company, press *Godkänn*, and follow the browser back to brygga."""
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
    form = urllib.parse.urlencode(fields | {"tenant": tenant, "decision": "approve"}).encode()
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with browser.open(address.partition("?")[0], form, PATIENCE) as answer:
        answer.read()


@pytest.fixture
def sandbox() -> Iterator[dict[str, Any]]:
    """The loopback Fortnox as a program of its own; what it says of itself."""
    words = [sys.executable, str(ROOT / "brygga.py"), "sandbox", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


def in_terminal(tmp_path: Path, config: Path) -> list[str]:
    """Start brygga on an empty data directory in a terminal of its own; the words that reach the terminal."""
    terminal = ["tmux", "-S", str(tmp_path / "tmux")]
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    env = kept | {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "BRYGGA_CONFIG": str(config),
        "BRYGGA_DATA_DIR": str(tmp_path / "data"),
    }
    words = [sys.executable, str(ROOT / "brygga.py")]
    subprocess.run(
        [*terminal, "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", *words],
        env=env,
        check=True,
    )
    return terminal


@pytest.fixture
def person(sandbox: dict[str, Any], tmp_path: Path) -> Iterator[Person]:
    """A person before the program's first start; the configuration knows the sandbox's addresses and no more."""
    config = tmp_path / "config.toml"
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    config.write_text(
        f'[fortnox]\napi_url = "{sandbox["api_url"]}"\nauth_url = "{sandbox["auth_url"]}"\n'
        f'redirect_uri = "{redirect}"\n',
        encoding="utf-8",
    )
    terminal = in_terminal(tmp_path, config)
    try:
        yield Person(terminal)
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            subprocess.run([*terminal, "kill-server"], check=True, capture_output=True)


def connect(person: Person, sandbox: dict[str, Any]) -> None:
    """From the first screen to a connected client whose name, number and year Fortnox has told."""
    person.see("startguiden")
    person.press("n")
    person.see("Hur vill du börja?")
    person.press("Enter")
    person.see("Före den första anslutningen")
    person.press("Down", "Enter")
    person.see("Client-Secret")
    person.write(sandbox["client_id"])
    person.press("Down")
    person.write(sandbox["client_secret"])
    person.press("Down", "Enter")
    approve_in_browser(person.address(), sandbox["tenants"][0]["tenant"])
    company = sandbox["tenants"][0]
    person.see("Importera nu", company["name"])


def write_voucher(person: Person) -> None:
    person.press("6")
    person.see("n ")
    person.press("n")
    person.see("Debet", "Kredit")
    person.write("Periodisering av hyra")
    person.press("Tab")
    person.write("1710")
    person.press("Tab")
    person.write("30000")
    person.press("Tab")
    person.write("5010")
    person.see("F6", "F7")
    person.press("F6", "F7")
    person.see("klar att överföra")


def test_from_the_first_start_to_a_posted_voucher(person: Person, sandbox: dict[str, Any]) -> None:
    connect(person, sandbox)
    person.press("Enter")
    person.see("importerad 20")
    write_voucher(person)
    person.press("e")
    person.see("Avbryt", "uppfyllda")
    person.press("Tab", "Enter")
    person.see("överförd I 1")
    assert person.presses <= PRESSES
