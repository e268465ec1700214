"""What goes wrong at Fortnox, seen through the real program: exit codes, and nothing booked twice."""

from __future__ import annotations

import signal
from typing import Any

import httpx


def struck(client: Any) -> set[str]:
    listed = httpx.get(f"{client.sandbox['control']}/faults", trust_env=False).json()
    return {fault["name"] for fault in listed["faults"] if fault["struck"]}


def error_of(ran: Any) -> tuple[int, str]:
    assert len(ran.err.splitlines()) == 3, ran
    return ran.code, ran.json["error"]["code"]


def test_a_sandbox_that_is_not_running_is_exit_5(client: Any) -> None:
    brygga = client.brygga
    assert client.connect(client.tenants[0]["tenant"], "1")[0] == 0
    client.move()
    assert error_of(brygga("import", "1", "--json")) == (5, "fortnox_unreachable")


def test_an_answer_that_never_comes_is_exit_6_and_is_settled_once(client: Any) -> None:
    brygga, tenant = client.brygga, client.tenants[0]["tenant"]
    assert client.connect(tenant, "1")[0] == 0
    assert brygga("import", "1", "--no-ledgers").code == 0
    before = client.voucher_count(tenant)
    client.write_ready("Hyra")
    client.control("faults", name="drop-after", path="/3/vouchers", count=1)
    lost = brygga("export", "1", "--series", "I", "--json")
    assert (lost.code, lost.json["unknown"]) == (6, 1), lost
    assert isinstance(lost.json["retry_after"], int)
    client.heal()
    settled = brygga("export", "1", "--series", "I", "--wait", "--json")
    assert (settled.code, settled.json["posted"]) == (0, 1), settled
    assert client.voucher_count(tenant) == before + 1


def test_all_rejected_is_exit_1_with_fortnox_words_and_some_rejected_exit_3(client: Any) -> None:
    brygga, tenant = client.brygga, client.tenants[0]["tenant"]
    assert client.connect(tenant, "1")[0] == 0
    assert brygga("import", "1", "--no-ledgers").code == 0
    client.write_ready("One")
    client.control("faults", name="inactive-account", count=1)
    failed = brygga("export", "1", "--series", "I", "--json")
    assert (failed.code, failed.json["posted"], failed.json["rejected"]) == (1, 0, 1), failed
    assert failed.json["vouchers"][0]["error"]
    client.write_ready("Two", "Three")
    client.control("faults", name="inactive-account", count=1)
    partly = brygga("export", "1", "--series", "I", "--json")
    assert (partly.code, partly.json["posted"], partly.json["rejected"]) == (3, 1, 1), partly


def test_import_all_goes_on_past_a_client_that_needs_login(client: Any) -> None:
    brygga = client.brygga
    client.register(1)
    assert client.connect(client.tenants[1]["tenant"], "2")[0] == 0
    ran = brygga("import", "--all", "--json")
    assert ran.code == 4, ran
    assert [done["client"] for done in ran.json["imports"]] == [client.tenants[1]["name"]]
    assert [(failed["client"], failed["error"]["code"]) for failed in ran.json["failed"]] == [
        (client.tenants[0]["name"], "login_needed")
    ]


def test_a_consent_that_was_taken_back_is_exit_4(client: Any) -> None:
    assert client.connect(client.tenants[0]["tenant"], "1")[0] == 0
    client.control("faults", name="lapse")
    code, name = error_of(client.brygga("import", "1", "--json"))
    assert code == 4
    assert name in {"connection_lapsed", "login_needed"}


def test_a_missing_licence_is_said_in_fortnox_words(client: Any) -> None:
    assert client.connect(client.tenants[0]["tenant"], "1")[0] == 0
    client.control("faults", name="no-licence")
    assert error_of(client.brygga("import", "1", "--json")) == (1, "fortnox_error")


def test_an_import_that_fails_changes_nothing(client: Any) -> None:
    assert client.connect(client.tenants[0]["tenant"], "1")[0] == 0
    before = client.brygga("status", "--json").json
    client.control("faults", name="truncated", path="/3/sie")
    assert client.brygga("import", "1", "--json").code in {1, 5, 7}
    assert client.brygga("status", "--json").json == before


def test_a_signal_during_an_exchange_of_tokens_does_not_cost_the_connection(client: Any) -> None:
    brygga = client.brygga
    assert client.connect(client.tenants[0]["tenant"], "1")[0] == 0
    client.control("faults", name="clock-skew", path="/3/", count=1)
    client.control("faults", name="slow", path="/oauth-v1/token", count=1, delay_s=2)
    with client.start("import", "1", "--no-ledgers", "--json") as child:
        while "slow" not in struck(client):
            assert child.poll() is None
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 130
    assert brygga("import", "1", "--no-ledgers").code == 0
