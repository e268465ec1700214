"""Connections, imports and exports against the real sandbox, through the real program."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

HIDDEN = re.compile(r"<input[^>]*type=.?hidden[^>]*>")
NAME, VALUE = re.compile(r"name=\"([^\"]*)\""), re.compile(r"value=\"([^\"]*)\"")
CONNECTED_KEYS = {"state", "company", "orgnr", "tenant", "mode", "days_left"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Firm:
    """A running sandbox and a brygga that is configured for it."""

    def __init__(self, brygga: Any, sandbox: dict[str, Any]) -> None:
        self.brygga = brygga
        self.sandbox = sandbox
        self.tenants = sandbox["tenants"]

    def control(self, path: str, /, **body: object) -> None:
        httpx.post(f"{self.sandbox['control']}/{path}", json=body, trust_env=False).raise_for_status()

    def heal(self) -> None:
        httpx.delete(f"{self.sandbox['control']}/faults", trust_env=False).raise_for_status()

    def voucher_count(self, tenant: str) -> int:
        books = httpx.get(f"{self.sandbox['control']}/books/{tenant}", trust_env=False).json()
        return sum(len(year["vouchers"]) for year in books["years"])


def consent(address: str, tenant: str, decision: str = "approve") -> str:
    """Press a button on the consent page as a browser would; the redirect address."""
    page = httpx.get(address, trust_env=False)
    fields = {NAME.findall(tag)[0]: "".join(VALUE.findall(tag)[:1]) for tag in HIDDEN.findall(page.text)}
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    action = re.findall(r"<form[^>]*action=\"([^\"]*)\"", page.text)
    target = urljoin(address, action[0]) if action else address.partition("?")[0]
    answer = httpx.post(target, data={**fields, "tenant": tenant, "decision": decision}, trust_env=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def connect(brygga: Any, tenant: str, *words: str, decision: str = "approve") -> tuple[int, list[Any]]:
    """Run ``brygga connect``, consent in the browser's place, follow the redirect to the listener."""
    command = brygga.command("connect", *words, "--json")
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=brygga.environ,
        cwd=brygga.directory,
        encoding="utf-8",
    ) as child:
        assert child.stdout is not None
        first = json.loads(child.stdout.readline())
        assert set(first) == {"state", "address"}
        assert httpx.get(consent(first["address"], tenant, decision), trust_env=False).status_code < 500
        rest = [json.loads(line) for line in child.stdout]
        return child.wait(30), [first, *rest]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    import sys

    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "brygga", "sandbox", "serve", "--clients", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0


@pytest.fixture
def firm(brygga: Any, sandbox: dict[str, Any]) -> Iterator[Firm]:
    redirect = f'redirect_uri = "http://127.0.0.1:{free_port()}/callback"\nmode = "code"\n'
    config = sandbox["config"].replace("[fortnox]\n", f"[fortnox]\n{redirect}")
    brygga.use_config(config + "\n[export]\nhorizon_seconds = 1\n")
    assert brygga("secrets", "init", "--keeper", "keyfile").code == 0
    brygga.environ["BRYGGA_FORTNOX_CLIENT_SECRET"] = sandbox["client_secret"]
    running = Firm(brygga, sandbox)
    running.heal()
    yield running
    running.heal()


@pytest.fixture
def client(firm: Firm) -> Firm:
    """The first company as client 1 with its year, not connected."""
    tenant = firm.tenants[0]
    year = tenant["years"][1]
    firm.brygga("client", "add", "--name", tenant["name"], "--orgnr", tenant["orgnr"], "--number", "1")
    words = ("--from", year["from"], "--to", year["to"], "--source", "fortnox")
    assert firm.brygga("engagement", "add", "1", *words).code == 0
    return firm


def error_of(ran: Any) -> tuple[int, str]:
    assert len(ran.err.splitlines()) == 3, ran
    return ran.code, ran.json["error"]["code"]


def vouchers(folder: Path) -> Path:
    rows = [{"account": "1710", "debit": "30000.00"}, {"account": "5010", "credit": "30000.00"}]
    path = folder / "vouchers.json"
    path.write_text(json.dumps({"vouchers": [{"date": "2025-12-31", "text": "Hyra", "rows": rows}]}))
    return path


def test_sandbox_serve_prints_everything_needed(sandbox: dict[str, Any]) -> None:
    assert sandbox.keys() >= {
        "api_url",
        "auth_url",
        "client_id",
        "client_secret",
        "config",
        "control",
        "tenants",
    }
    assert sandbox["tenants"][0].keys() >= {"name", "orgnr", "tenant", "traits", "years"}
    assert sandbox["tenants"][0]["years"][0].keys() >= {"id", "from", "to"}


def test_sandbox_serve_refuses_an_unknown_fault(brygga: Any) -> None:
    assert error_of(brygga("sandbox", "serve", "--fault", "gremlins", "--json"))[0] == 2


def test_the_whole_job(client: Firm, tmp_path: Path) -> None:
    """Consent, import, annexes, voucher, dry run, export, proof, nothing left, disconnect."""
    brygga, tenant = client.brygga, client.tenants[0]
    assert error_of(brygga("import", "1", "--json")) == (4, "login_needed")

    code, lines = connect(brygga, tenant["tenant"], "1")
    assert code == 0, lines
    assert lines[1].keys() >= CONNECTED_KEYS
    assert (lines[1]["state"], lines[1]["tenant"], lines[1]["mode"]) == (
        "connected",
        tenant["tenant"],
        "code",
    )

    imported = brygga("import", "1", "--json")
    assert imported.code == 0, imported
    totals = {annex["account"]: annex for annex in imported.json["annexes"]}
    assert {"1510", "2440"} <= totals.keys()
    assert totals["1510"]["difference"] == "4512.00"

    annex = brygga("annex", "1", "--account", "1510", "--json").json["annexes"][0]
    item_keys = {
        "number", "name", "type", "invoice_date", "booked", "due_date", "currency", "total", "open",
        "settled_later", "note",
    }  # fmt: skip
    assert annex["items"][0].keys() >= item_keys
    assert annex["explanations"][0].keys() >= {"code", "text", "amount", "date", "reference"}

    identity = brygga("voucher", "add", "1", vouchers(tmp_path), "--json").json["vouchers"][0]["id"]
    assert brygga("voucher", "ready", identity).code == 0
    assert error_of(brygga("export", "1", "--series", "ZZ", "--json")) == (7, "series_unknown")
    plan = brygga("export", "1", "--series", "I", "--dry-run", "--json")
    assert plan.code == 0, plan
    assert plan.json["checks"][0].keys() >= {"code", "ok", "text", "remedy"}

    exported = brygga("export", "1", "--series", "I", "--json")
    assert exported.code == 0, exported
    assert exported.json.keys() >= {
        "client", "year", "series", "vouchers", "posted", "rejected", "unknown", "retry_after",
    }  # fmt: skip
    assert (exported.json["posted"], exported.json["retry_after"]) == (1, None)
    assert exported.json["vouchers"][0].keys() >= {"id", "state", "number", "error"}

    again = brygga("export", "1", "--series", "I", "--json")
    assert (again.code, again.json["posted"], again.json["vouchers"]) == (0, 0, [])

    assert brygga("import", "1", "--json").json["changes"] == {"added": 1, "removed": 0, "altered": 0}
    diff = brygga("diff", "1", "--json").json
    assert [change["ours"] for change in diff["added"]] == [True]
    status = brygga("status", "1", "--json").json["clients"][0]
    assert (status["vouchers"]["posted"], status["connection"]["state"]) == (1, "active")

    assert brygga("disconnect", "1", "--json").code == 0
    assert error_of(brygga("import", "1", "--json")) == (4, "login_needed")


def test_a_consent_for_another_company_is_refused(client: Firm) -> None:
    code, lines = connect(client.brygga, client.tenants[1]["tenant"], "1")
    assert code == 7
    assert (lines[1]["state"], lines[1]["error"]["code"]) == ("refused", "company_mismatch")
    assert lines[1].keys() >= CONNECTED_KEYS
    assert client.brygga("status", "--json").json["clients"][0]["connection"]["state"] == "none"


def test_a_denied_consent_is_exit_4(client: Firm) -> None:
    code, lines = connect(client.brygga, client.tenants[0]["tenant"], "1", decision="deny")
    assert (code, lines[1]["state"], lines[1]["error"]["code"]) == (4, "refused", "consent_denied")


def test_the_redirect_address_can_be_pasted(client: Firm) -> None:
    brygga, tenant = client.brygga, client.tenants[0]["tenant"]
    pending = brygga("connect", "1", "--no-wait", "--json")
    assert (pending.code, [line["state"] for line in pending.lines]) == (0, ["waiting"])
    landed = consent(pending.json["address"], tenant)
    done = brygga("connect", "1", "--paste", landed, "--json")
    assert (done.code, done.json["state"], done.json["tenant"]) == (0, "connected", tenant)


def test_connect_first_makes_client_and_engagement(firm: Firm) -> None:
    code, lines = connect(firm.brygga, firm.tenants[1]["tenant"], "--new")
    assert (code, lines[1]["state"]) == (0, "connected")
    assert [client["orgnr"] for client in firm.brygga("client", "list", "--json").json["clients"]] == [
        firm.tenants[1]["orgnr"]
    ]
    assert len(firm.brygga("engagement", "list", "--json").json["engagements"]) == 1


def test_connect_needs_a_client_or_new(firm: Firm) -> None:
    assert error_of(firm.brygga("connect", "--json")) == (2, "usage")


def test_waiting_for_a_consent_can_be_interrupted(client: Firm) -> None:
    brygga = client.brygga
    with subprocess.Popen(
        brygga.command("connect", "1", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=brygga.environ,
        cwd=brygga.directory,
        encoding="utf-8",
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        last = json.loads(child.stdout.read())
        assert (child.wait(20), last["error"]["code"]) == (130, "interrupted")


def test_a_sandbox_that_is_not_running_is_exit_5(client: Firm) -> None:
    brygga = client.brygga
    assert connect(brygga, client.tenants[0]["tenant"], "1")[0] == 0
    text = brygga.config.read_text(encoding="utf-8")
    brygga.use_config(re.sub(r"127\.0\.0\.1:\d+/(3|oauth)", rf"127.0.0.1:{free_port()}/\1", text))
    assert error_of(brygga("import", "1", "--json")) == (5, "fortnox_unreachable")


def test_an_answer_that_never_comes_is_exit_6_and_is_settled_once(client: Firm, tmp_path: Path) -> None:
    brygga, tenant = client.brygga, client.tenants[0]["tenant"]
    assert connect(brygga, tenant, "1")[0] == 0
    assert brygga("import", "1", "--no-ledgers").code == 0
    before = client.voucher_count(tenant)
    identity = brygga("voucher", "add", "1", vouchers(tmp_path), "--json").json["vouchers"][0]["id"]
    brygga("voucher", "ready", identity)
    client.control("faults", name="drop-after", path="/3/vouchers", count=1)
    lost = brygga("export", "1", "--series", "I", "--json")
    assert (lost.code, lost.json["unknown"]) == (6, 1), lost
    assert isinstance(lost.json["retry_after"], int)
    client.heal()
    settled = brygga("export", "1", "--series", "I", "--wait", "--json")
    assert (settled.code, settled.json["posted"]) == (0, 1), settled
    assert client.voucher_count(tenant) == before + 1


def test_the_headless_demo_holds(brygga: Any) -> None:
    ran = brygga("demo", "--headless", "--clients", "1", "--json")
    assert ran.code == 0, ran
    assert [step["step"] for step in ran.lines] == [
        "sandbox", "connect", "import", "annexes", "voucher", "export", "proof", "result",
    ]  # fmt: skip
    assert all(step["ok"] for step in ran.lines)
