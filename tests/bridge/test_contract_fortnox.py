"""Connections, imports and exports against the real sandbox, through the real program."""

from __future__ import annotations

import json
import signal
import socket
import tomllib
from typing import Any
from urllib.parse import urlsplit

CONNECTED_KEYS = {"state", "company", "orgnr", "tenant", "mode", "days_left"}


def error_of(ran: Any) -> tuple[int, str]:
    assert len(ran.err.splitlines()) == 3, ran
    return ran.code, ran.json["error"]["code"]


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


def test_the_whole_job(client: Any) -> None:
    """Consent, import, annexes, voucher, dry run, export, proof, nothing left, disconnect."""
    brygga, tenant = client.brygga, client.tenants[0]
    assert error_of(brygga("import", "1", "--json")) == (4, "login_needed")

    code, lines = client.connect(tenant["tenant"], "1")
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

    client.pass_window()
    client.write_ready("Hyra")
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

    client.pass_window()
    assert brygga("import", "1", "--json").json["changes"] == {"added": 1, "removed": 0, "altered": 0}
    diff = brygga("diff", "1", "--json").json
    assert [change["ours"] for change in diff["added"]] == [True]
    status = brygga("status", "1", "--json").json["clients"][0]
    assert (status["vouchers"]["posted"], status["connection"]["state"]) == (1, "active")

    assert brygga("disconnect", "1", "--json").code == 0
    assert error_of(brygga("import", "1", "--json")) == (4, "login_needed")


def test_a_consent_for_another_company_is_refused(client: Any) -> None:
    code, lines = client.connect(client.tenants[1]["tenant"], "1")
    assert code == 7
    assert (lines[1]["state"], lines[1]["error"]["code"]) == ("refused", "company_mismatch")
    assert lines[1].keys() >= CONNECTED_KEYS
    assert client.brygga("status", "--json").json["clients"][0]["connection"]["state"] == "none"


def test_a_denied_consent_is_exit_4(client: Any) -> None:
    code, lines = client.connect(client.tenants[0]["tenant"], "1", decision="deny")
    assert (code, lines[1]["state"], lines[1]["error"]["code"]) == (4, "refused", "consent_denied")


def test_the_redirect_address_can_be_pasted(client: Any) -> None:
    brygga, tenant = client.brygga, client.tenants[0]["tenant"]
    pending = brygga("connect", "1", "--no-wait", "--json")
    assert (pending.code, [line["state"] for line in pending.lines]) == (0, ["waiting"])
    landed = client.consent(pending.json["address"], tenant)
    done = brygga("connect", "1", "--paste", landed, "--json")
    assert (done.code, done.json["state"], done.json["tenant"]) == (0, "connected", tenant)


def test_where_nothing_can_listen_the_address_is_shown_and_can_be_pasted(client: Any) -> None:
    brygga, tenant = client.brygga, client.tenants[0]["tenant"]
    redirect = urlsplit(tomllib.loads(brygga.config.read_text("utf-8"))["fortnox"]["redirect_uri"])
    with socket.create_server(("127.0.0.1", redirect.port)):
        ran = brygga("connect", "1", "--json")
    assert (ran.code, ran.lines[0]["state"], ran.lines[1]["error"]["code"]) == (
        2,
        "waiting",
        "config_invalid",
    )
    landed = client.consent(ran.lines[0]["address"], tenant)
    assert brygga("connect", "--paste", landed, "--json").json["state"] == "connected"


def test_connect_first_makes_client_and_engagement(firm: Any) -> None:
    code, lines = firm.connect(firm.tenants[1]["tenant"], "--new")
    assert (code, lines[1]["state"]) == (0, "connected")
    assert [client["orgnr"] for client in firm.brygga("client", "list", "--json").json["clients"]] == [
        firm.tenants[1]["orgnr"]
    ]
    assert len(firm.brygga("engagement", "list", "--json").json["engagements"]) == 1


def test_connect_needs_a_client_or_new(firm: Any) -> None:
    assert error_of(firm.brygga("connect", "--json")) == (2, "usage")


def test_waiting_for_a_consent_can_be_interrupted(client: Any) -> None:
    with client.start("connect", "1", "--json") as child:
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        last = json.loads(child.stdout.read())
        assert (child.wait(20), last["error"]["code"]) == (130, "interrupted")


def test_the_headless_demo_holds(brygga: Any) -> None:
    ran = brygga("demo", "--headless", "--clients", "1", "--json")
    assert ran.code == 0, ran
    assert [step["step"] for step in ran.lines] == [
        "sandbox", "connect", "import", "annexes", "voucher", "export", "proof", "result",
    ]  # fmt: skip
    assert all(step["ok"] for step in ran.lines)
