"""What the tests of the command line share: a sealed machine, and the real program in a child process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from core import i18n
from tests.ports import free_port

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


@dataclass(frozen=True)
class Ran:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Brygga:
    """The real program over one data directory."""

    def __init__(self, directory: Path, environ: dict[str, str] | None = None) -> None:
        self.directory = directory
        self.config = directory / "config.toml"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory / "xdg"),
            "XDG_DATA_HOME": str(directory / "xdg"),
            "BRYGGA_DATA_DIR": str(directory / "data"),
            "BRYGGA_LANG": "en",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(PROJECT),
            **(environ or {}),
        }

    def use_config(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")
        self.environ["BRYGGA_CONFIG"] = str(self.config)

    def command(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "brygga", *map(str, words)]

    def __call__(self, *words: str | Path, stdin: str = "", environ: dict[str, str] | None = None) -> Ran:
        return self._run(self.command(*words), stdin, environ)

    def python(self, script: str) -> Ran:
        """Run a script in the program's place."""
        return self._run([sys.executable, "-c", script])

    def _run(self, command: list[str], stdin: str = "", environ: dict[str, str] | None = None) -> Ran:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={**self.environ, **(environ or {})},
            cwd=self.directory,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def brygga(tmp_path: Path) -> Brygga:
    return Brygga(tmp_path)


HIDDEN = re.compile(r"<input[^>]*type=.?hidden[^>]*>")
NAME, VALUE = re.compile(r"name=\"([^\"]*)\""), re.compile(r"value=\"([^\"]*)\"")


class Firm:
    """A running sandbox and a brygga that is configured for it."""

    def __init__(self, brygga: Brygga, sandbox: dict[str, Any]) -> None:
        self.brygga = brygga
        self.sandbox = sandbox
        self.tenants = sandbox["tenants"]

    def control(self, path: str, /, **body: object) -> None:
        httpx.post(f"{self.sandbox['control']}/{path}", json=body, trust_env=False).raise_for_status()

    def heal(self) -> None:
        httpx.delete(f"{self.sandbox['control']}/faults", trust_env=False).raise_for_status()

    def pass_window(self) -> None:
        """Fortnox's window of requests has passed."""
        (self.brygga.directory / "data" / "limits.db").unlink(missing_ok=True)

    def voucher_count(self, tenant: str) -> int:
        books = httpx.get(f"{self.sandbox['control']}/books/{tenant}", trust_env=False).json()
        return sum(len(year["vouchers"]) for year in books["years"])

    def move(self) -> None:
        """Point the configuration at a port where nothing listens."""
        text = self.brygga.config.read_text(encoding="utf-8")
        self.brygga.use_config(re.sub(r"127\.0\.0\.1:\d+/(3|oauth)", rf"127.0.0.1:{free_port()}/\1", text))

    def register(self, position: int = 0) -> str:
        """Add a company of the sandbox with its year; its client number."""
        tenant, number = self.tenants[position], str(position + 1)
        year = tenant["years"][1]
        words = ("--from", year["from"], "--to", year["to"], "--source", "fortnox")
        self.brygga("client", "add", "--name", tenant["name"], "--orgnr", tenant["orgnr"], "--number", number)
        assert self.brygga("engagement", "add", number, *words).code == 0
        return number

    def consent(self, address: str, tenant: str, decision: str = "approve") -> str:
        """Press a button on the consent page as a browser would; the redirect address."""
        page = httpx.get(address, trust_env=False)
        pairs = [(NAME.findall(tag)[0], "".join(VALUE.findall(tag)[:1])) for tag in HIDDEN.findall(page.text)]
        fields = {name: value.replace("&amp;", "&") for name, value in pairs}
        action = re.findall(r"<form[^>]*action=\"([^\"]*)\"", page.text)
        target = urljoin(address, action[0]) if action else address.partition("?")[0]
        answer = httpx.post(target, data={**fields, "tenant": tenant, "decision": decision}, trust_env=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run the program beside the test."""
        return subprocess.Popen(
            self.brygga.command(*words),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.brygga.environ,
            cwd=self.brygga.directory,
            encoding="utf-8",
        )

    def connect(self, tenant: str, *words: str, decision: str = "approve") -> tuple[int, list[Any]]:
        """Run ``brygga connect``, consent in the browser's place, follow the redirect to the listener."""
        with self.start("connect", *words, "--json") as child:
            assert child.stdout is not None
            first = json.loads(child.stdout.readline())
            assert set(first) == {"state", "address"}
            landed = self.consent(first["address"], tenant, decision)
            assert httpx.get(landed, trust_env=False, timeout=30).status_code < 500
            ended = child.wait(30)
            self.pass_window()
            return ended, [first, *map(json.loads, child.stdout)]

    def write_ready(self, *texts: str) -> list[str]:
        """Closing vouchers for client 1, ready to export; their ids."""
        rows = [{"account": "1710", "debit": "30000.00"}, {"account": "5010", "credit": "30000.00"}]
        made = [{"date": "2025-12-31", "text": text, "rows": rows} for text in texts]
        path = self.brygga.directory / "vouchers.json"
        path.write_text(json.dumps({"vouchers": made}), encoding="utf-8")
        added = self.brygga("voucher", "add", "1", path, "--json").json["vouchers"]
        ids = [voucher["id"] for voucher in added]
        assert self.brygga("voucher", "ready", *ids).code == 0
        return ids


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, Any]]:
    """A sandbox for the tests of a file, counting no requests: each test's firm has a window of its own."""
    command = [sys.executable, "-m", "brygga", "sandbox", "serve", "--clients", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=PROJECT) as child:
        assert child.stdout is not None
        info = json.loads(child.stdout.readline())
        httpx.post(f"{info['control']}/limit", json={"requests": None}, trust_env=False).raise_for_status()
        yield info
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0


def set_up(brygga: Brygga, sandbox: dict[str, Any]) -> Firm:
    """A firm with its key and its client secret, and no client."""
    redirect = f'redirect_uri = "http://127.0.0.1:{free_port()}/callback"\nmode = "code"\n'
    config = sandbox["config"].replace("[fortnox]\n", f"[fortnox]\n{redirect}")
    brygga.use_config(config + "\n[export]\nhorizon_seconds = 1\n")
    assert brygga("secrets", "init", "--keeper", "keyfile").code == 0
    brygga.environ["BRYGGA_FORTNOX_CLIENT_SECRET"] = sandbox["client_secret"]
    return Firm(brygga, sandbox)


@pytest.fixture
def firm(brygga: Brygga, sandbox: dict[str, Any]) -> Iterator[Firm]:
    running = set_up(brygga, sandbox)
    running.heal()
    yield running
    running.heal()


SCOPES = "bookkeeping companyinformation settings invoice supplierinvoice payment inbox"


@pytest.fixture(scope="module")
def imported_once(sandbox: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Firm, int]:
    """The first company as client 1, connected and imported, and how many vouchers it had then."""
    firm = set_up(Brygga(tmp_path_factory.mktemp("imported")), sandbox)
    text = firm.brygga.config.read_text("utf-8")
    firm.brygga.use_config(text.replace("[fortnox]\n", f'[fortnox]\nscopes = "{SCOPES}"\n'))
    tenant = firm.tenants[0]["tenant"]
    firm.register()
    code, lines = firm.connect(tenant, "1")
    assert code == 0, lines
    assert firm.brygga("import", "1").code == 0
    return firm, firm.voucher_count(tenant)


@pytest.fixture
def imported(imported_once: tuple[Firm, int], tmp_path: Path) -> Iterator[Firm]:
    """A copy for one test; imported again when another test has booked since."""
    made, count = imported_once
    shutil.copytree(made.brygga.directory, tmp_path, dirs_exist_ok=True)
    brygga = Brygga(tmp_path, {"BRYGGA_FORTNOX_CLIENT_SECRET": made.sandbox["client_secret"]})
    brygga.use_config(made.brygga.config.read_text("utf-8"))
    firm = Firm(brygga, made.sandbox)
    firm.heal()
    firm.pass_window()
    if firm.voucher_count(firm.tenants[0]["tenant"]) != count:
        assert brygga("import", "1", "--no-ledgers").code == 0
        firm.pass_window()
    yield firm
    firm.heal()


@pytest.fixture
def client(firm: Firm) -> Firm:
    """The first company as client 1 with its year, not connected."""
    firm.register()
    return firm
