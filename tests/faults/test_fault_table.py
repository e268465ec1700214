"""Every fault of the sandbox against import, export and connect, through the command line in this process.

Each row of the tables is a claim: the exit code, the error (or what became of the voucher), and a store in which
nothing else has changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import shutil
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import pytest
import stamina

import brygga
from core import i18n
from core.config import load
from core.fortnox.sandbox.child import SandboxInfo, TenantInfo
from core.usecases import refresh
from core.usecases.context import open_context
from core.usecases.demo import connect, register
from core.usecases.imports import import_year
from core.usecases.secrets import init_keeper, set_client_secret

BOOKS = ("clients", "engagements", "imports", "annexes", "closing_vouchers", "outbox")
CONSENTS = ("clients", "engagements", "connections", "secrets")

DONE = (0, "")
IMPORT = {
    "429": (5, "fortnox_limit"),
    "500-before": (5, "fortnox_error"),
    "500-after": DONE,
    "clock-skew": (1, "fortnox_error"),
    "drop-after": DONE,
    "drop-before": (5, "fortnox_unreachable"),
    "html-error": (5, "fortnox_unreachable"),
    "inactive-account": DONE,
    "lapse": (4, "connection_lapsed"),
    "late-commit": DONE,
    "locked-period": DONE,
    "lower-case-errors": (1, "fortnox_error"),
    "no-licence": (1, "fortnox_error"),
    "slow": DONE,
    "truncated": (5, "fortnox_unreachable"),
    "utf8-sie": DONE,
}
EXPORT = {
    "429": (5, "fortnox_limit", "ready"),
    "500-before": (6, "", "unknown"),
    "500-after": (6, "", "unknown"),
    "clock-skew": (1, "fortnox_error", "ready"),
    "drop-after": (6, "", "unknown"),
    "drop-before": (6, "", "unknown"),
    "html-error": (6, "", "unknown"),
    "inactive-account": (1, "", "rejected"),
    "lapse": (4, "connection_lapsed", "ready"),
    "late-commit": (6, "", "unknown"),
    "locked-period": (1, "", "rejected"),
    "lower-case-errors": (1, "", "rejected"),
    "no-licence": (1, "", "rejected"),
    "slow": (0, "", "posted"),
    "truncated": (6, "", "unknown"),
    "utf8-sie": (0, "", "posted"),
}
READING = {name: IMPORT[name] for name in ("429", "500-before", "drop-before", "html-error", "truncated")}
CONNECT = {
    ("429", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("429", "/3/"): (5, "fortnox_limit"),
    ("500-before", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("500-before", "/3/"): (5, "fortnox_error"),
    ("500-after", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("clock-skew", "/3/"): (1, "fortnox_error"),
    ("drop-after", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("drop-before", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("drop-before", "/3/"): (5, "fortnox_unreachable"),
    ("html-error", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("html-error", "/3/"): (5, "fortnox_unreachable"),
    ("inactive-account", ""): DONE,
    ("lapse", "/"): (4, "consent_denied"),
    ("late-commit", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("locked-period", ""): DONE,
    ("lower-case-errors", "/3/"): (1, "fortnox_error"),
    ("no-licence", "/3/"): (1, "fortnox_error"),
    ("slow", "/"): DONE,
    ("truncated", "/oauth-v1/token"): (5, "fortnox_unreachable"),
    ("truncated", "/3/"): (5, "fortnox_unreachable"),
    ("utf8-sie", ""): DONE,
}
COMPANION = {"lower-case-errors": "no-licence"}
"""Faults that show themselves only in the answer of another."""
RENEWING = ("lapse", "clock-skew")
"""Faults that make brygga exchange its tokens: each case needs a company of its own."""


class Sandbox:
    """A running sandbox and its control."""

    def __init__(self, info: SandboxInfo) -> None:
        self.info = info
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere())

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.info.control}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with self._opener.open(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, name: str, path: str) -> None:
        for each in filter(None, (name, COMPANION.get(name))):
            body: dict[str, Any] = {"name": each, "delay_s": 0.05}
            self.control("POST", "faults", {**body, "path": path} if path else body)

    def consent(self, address: str, tenant: str) -> str:
        """Approve as a person would; the address that the browser is sent to."""
        fields = dict(parse_qsl(urlsplit(address).query)) | {"tenant": tenant, "decision": "approve"}
        try:
            self._opener.open(address.partition("?")[0], urlencode(fields).encode(), timeout=20)
        except urllib.error.HTTPError as answer:
            with answer:
                return str(answer.headers["Location"])
        raise AssertionError("the consent page did not redirect")

    def booked(self, tenant: str, text: str) -> int:
        books = self.control("GET", f"books/{tenant}")
        return sum(one["text"] == text for year in books["years"] for one in year["vouchers"])


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_keywords: Any) -> None:
        return None


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    command = [sys.executable, "-m", "core.fortnox.sandbox", "--clients", "11", "--until-stdin-closes"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=request.config.rootpath
    ) as child:
        assert child.stdin
        assert child.stdout
        made = Sandbox(msgspec.json.decode(child.stdout.readline(), type=SandboxInfo))
        made.control("POST", "limit", {"requests": None})
        yield made
        child.stdin.close()


@pytest.fixture(scope="module")
def companies(sandbox: Sandbox) -> Sequence[TenantInfo]:
    """One for most cases, one for each case that exchanges tokens, and the last is not connected."""
    return [one for one in sandbox.info.tenants if not one.traits][:6]


@pytest.fixture(scope="module")
def prepared(
    sandbox: Sandbox, companies: Sequence[TenantInfo], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data directory with connected and imported clients."""
    directory = tmp_path_factory.mktemp("prepared")
    (directory / "config.toml").write_text(
        f"{sandbox.info.config}\n[export]\nhorizon_seconds = 60\n", encoding="utf-8"
    )
    asyncio.run(_prepare(directory, sandbox, companies))
    return directory


async def _prepare(directory: Path, sandbox: Sandbox, companies: Sequence[TenantInfo]) -> None:
    def settings() -> Any:
        return load(directory / "config.toml", directory / "data", environ={})

    await init_keeper(settings(), "keyfile")
    async with open_context(settings(), person="anna") as ctx:
        await set_client_secret(ctx, sandbox.info.client_secret)
        for number, tenant in enumerate(companies):
            client, engagement = await register(ctx, tenant, number)
            if tenant is companies[-1]:
                continue
            await connect(ctx, client, tenant)
            await import_year(ctx, engagement.id, ledgers=())


@dataclass
class Desk:
    """A copy of the prepared directory, and the command line on it."""

    sandbox: Sandbox
    directory: Path
    company: TenantInfo
    _read: Callable[[], Any]

    def __call__(self, *words: str) -> tuple[int, Any]:
        """Run a command in this process; its exit code and what it printed as JSON."""
        code = brygga.main([*words, "--json"])
        out, _err = self._read()
        return code, json.loads(out)

    def write_ready(self, text: str) -> None:
        """A voucher of its own for each case: what an earlier one booked is found by its marker."""
        rows = [{"account": "1710", "debit": "30000.00"}, {"account": "5010", "credit": "30000.00"}]
        made = {"date": self.company.years[1].to_date, "text": text, "rows": rows}
        path = self.directory / "voucher.json"
        path.write_text(json.dumps({"vouchers": [made]}), encoding="utf-8")
        _code, added = self("voucher", "add", self.company.orgnr, str(path))
        assert self("voucher", "ready", added["vouchers"][0]["id"])[0] == 0

    def fingerprint(self, tables: Sequence[str]) -> str:
        with closing(sqlite3.connect(self.directory / "data" / "brygga.db")) as store:
            rows = [store.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]
        return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.fixture
def desk(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    companies: Sequence[TenantInfo],
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    directory = Path(shutil.copytree(prepared, tmp_path / "firm"))
    (directory / "data" / "limits.db").unlink(missing_ok=True)
    monkeypatch.setenv("BRYGGA_CONFIG", str(directory / "config.toml"))
    monkeypatch.setenv("BRYGGA_DATA_DIR", str(directory / "data"))
    monkeypatch.setenv("BRYGGA_LANG", "en")
    monkeypatch.setattr(refresh, "PAUSES", ())
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    sandbox.control("DELETE", "faults")
    with stamina.set_testing(True, attempts=2):
        yield Desk(sandbox, directory, companies[_company(request)], capsys.readouterr)
    sandbox.control("DELETE", "faults")
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers[:], level = before
    root.setLevel(level)
    i18n.use("sv")


def _company(request: pytest.FixtureRequest) -> int:
    fault = request.node.callspec.params.get("fault", "")
    name = request.node.originalname
    if "connect" in name:
        return -1
    return 0 if fault not in RENEWING else 1 + RENEWING.index(fault) + 2 * ("export" in name)


def code_of(answer: Any) -> str:
    return str(answer.get("error", {}).get("code", ""))


@pytest.mark.parametrize("fault", IMPORT)
def test_an_import_ends_as_told_and_changes_nothing_unless_it_is_done(desk: Desk, fault: str) -> None:
    before = desk.fingerprint(BOOKS)
    desk.sandbox.fault(fault, "/3/sie" if fault == "utf8-sie" else "/3/" if fault != "lapse" else "/")
    code, answer = desk("import", desk.company.orgnr, "--no-ledgers")
    assert (code, code_of(answer)) == IMPORT[fault], answer
    assert (desk.fingerprint(BOOKS) == before) == (code != 0)


@pytest.mark.parametrize("fault", EXPORT)
def test_an_export_ends_as_told_and_its_voucher_is_what_is_certain(desk: Desk, fault: str) -> None:
    text = f"Hyra {fault}"
    desk.write_ready(text)
    before = desk.fingerprint(BOOKS[:4])
    path = "/" if fault == "lapse" else "POST /3/vouchers"
    desk.sandbox.fault(fault, "" if fault == "utf8-sie" else path)
    code, answer = desk("export", desk.company.orgnr, "--series", "A")
    _code, listed = desk("voucher", "list", desk.company.orgnr)
    states = [voucher["state"] for voucher in listed["vouchers"]]
    assert (code, code_of(answer), *states) == EXPORT[fault], answer
    assert desk.fingerprint(BOOKS[:4]) == before
    assert desk.sandbox.booked(desk.company.tenant, text) <= (states in (["posted"], ["unknown"]))


@pytest.mark.parametrize("fault", READING)
def test_an_export_that_cannot_check_sends_nothing(desk: Desk, fault: str) -> None:
    text = f"Hyra without {fault}"
    desk.write_ready(text)
    before = desk.fingerprint(BOOKS)
    desk.sandbox.fault(fault, "GET /3/")
    code, answer = desk("export", desk.company.orgnr, "--series", "A")
    assert (code, code_of(answer)) == READING[fault], answer
    assert desk.fingerprint(BOOKS) == before
    assert desk.sandbox.booked(desk.company.tenant, text) == 0


@pytest.mark.parametrize(("fault", "path"), CONNECT)
def test_a_connect_ends_as_told_and_stores_nothing_unless_it_is_done(
    desk: Desk, fault: str, path: str
) -> None:
    before = desk.fingerprint(CONSENTS)
    _code, waiting = desk("connect", desk.company.orgnr, "--no-wait", "--mode", "code")
    address = desk.sandbox.consent(waiting["address"], desk.company.tenant)
    desk.sandbox.fault(fault, path)
    code, answer = desk("connect", "--paste", address)
    assert (code, code_of(answer)) == CONNECT[fault, path], answer
    assert (desk.fingerprint(CONSENTS) == before) == (code != 0)


def test_the_tables_hold_every_fault_that_the_sandbox_documents() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9-]+)`", text.partition("## Fel")[2].partition("`no-service`")[0]))
    assert {name for name, _path in CONNECT} == set(IMPORT) == set(EXPORT)
    assert set(IMPORT) <= named
