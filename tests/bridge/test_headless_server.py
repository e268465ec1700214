"""A server without a keyring, through the real program: what is wrong, why, and the command that mends it."""

from __future__ import annotations

from typing import Any

import pytest

HEADLESS = {
    "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    "DBUS_SESSION_BUS_ADDRESS": "",
    "XDG_RUNTIME_DIR": "",
    "DISPLAY": "",
}
APP = '[fortnox]\nclient_id = "abc"\n'


@pytest.fixture
def server(brygga: Any) -> Any:
    brygga.environ |= HEADLESS
    brygga.use_config(APP + '[secrets]\nkeeper = "keyring"\n')
    return brygga


def keeper_lines(out: str) -> list[str]:
    """The line that is wrong and those that belong to it."""
    lines = out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("wrong"))
    end = next(number for number, line in enumerate(lines[start + 1 :], start + 1) if line[0] != " ")
    return lines[start:end]


def test_doctor_explains_a_missing_keyring_in_three_lines_and_names_the_fix(server: Any) -> None:
    ran = server("doctor")
    lines = keeper_lines(ran.out)
    assert (ran.code, len(lines)) == (1, 3), ran
    assert "brygga secrets init --keeper keyfile" in lines[2]


def test_the_fix_that_doctor_names_mends_it(server: Any) -> None:
    assert server("secrets", "init", "--keeper", "keyfile", "--no-input").code == 0
    checks = {check["code"]: check["ok"] for check in server("secrets", "doctor", "--json").json["checks"]}
    assert checks["keeper"]


def test_a_server_where_nobody_chose_is_told_the_ways_in_three_lines(brygga: Any) -> None:
    brygga.environ |= HEADLESS
    brygga.use_config(APP)
    ran = brygga("doctor")
    lines = keeper_lines(ran.out)
    assert (ran.code, len(lines)) == (1, 3), ran
    assert "brygga secrets init --keeper keyfile" in lines[2]


def test_a_keyring_that_keeps_nothing_is_not_chosen(brygga: Any) -> None:
    brygga.environ |= HEADLESS
    refused = brygga("secrets", "init", "--keeper", "keyring", "--no-input", "--json")
    assert (refused.code, refused.json["error"]["code"], len(refused.err.splitlines())) == (2, "no_keeper", 3)
    assert brygga("config", "show", "--json").json["secrets"]["keeper"] == ""
