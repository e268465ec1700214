"""The register commands, run as the real program: exit codes, error codes, keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

CLIENT_KEYS = {"id", "number", "name", "orgnr", "form", "responsible", "tenant", "default_series"}
ENGAGEMENT_KEYS = {"id", "client", "number", "orgnr", "year", "source", "locked"}
STATUS_KEYS = {
    "number",
    "name",
    "orgnr",
    "tenant",
    "year",
    "source",
    "connection",
    "last_import",
    "annexes",
    "vouchers",
    "findings",
    "next_step",
    "undecided",
    "paused_until",
}
ERROR_KEYS = {"code", "title", "message", "hint", "retryable"}


@pytest.fixture
def firm(brygga: Any) -> Any:
    assert (
        brygga("client", "add", "--name", "Nya Bygg [Norr] AB", "--orgnr", "5566778899", "--number", "7").code
        == 0
    )
    assert brygga("client", "add", "--name", "Åkeri Vest AB", "--orgnr", "559999-1055").code == 0
    return brygga


def refused(ran: Any, code: int, name: str) -> dict[str, Any]:
    """The error of a run that failed as the contract says: exit code, error code, three lines."""
    assert ran.code == code, ran
    error: dict[str, Any] = ran.json["error"]
    assert set(error) == ERROR_KEYS
    assert error["code"] == name
    assert len(ran.err.splitlines()) == 3, ran.err
    return error


def test_client_add_prints_the_record(brygga: Any) -> None:
    ran = brygga("client", "add", "--name", "A AB", "--orgnr", "165566778899", "--form", "ab", "--json")
    assert ran.code == 0
    assert set(ran.json) == CLIENT_KEYS
    assert (ran.json["orgnr"], ran.json["form"], ran.json["number"]) == ("556677-8899", "AB", None)


def test_client_list_has_a_list(firm: Any) -> None:
    assert [set(client) for client in firm("client", "list", "--json").json["clients"]] == [CLIENT_KEYS] * 2


@pytest.mark.parametrize("reference", ["7", "5566778899", "556677-8899", "165566778899", "bygg [n"])
def test_a_client_is_found_by_number_orgnr_or_part_of_the_name(firm: Any, reference: str) -> None:
    assert firm("client", "show", reference, "--json").json["name"] == "Nya Bygg [Norr] AB"


def test_a_name_with_brackets_is_shown_as_it_is(firm: Any) -> None:
    assert "Nya Bygg [Norr] AB" in firm("client", "list").out


def test_control_characters_in_a_name_are_gone(brygga: Any) -> None:
    ran = brygga("client", "add", "--name", "Ond\x1b]0;x\x07 [/] AB", "--orgnr", "5566778899")
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "[/] AB" in ran.out


def test_an_unknown_client_is_exit_2(firm: Any) -> None:
    refused(firm("client", "show", "nobody", "--json"), 2, "client_unknown")


def test_an_ambiguous_client_is_exit_2_and_lists_them(firm: Any) -> None:
    ran = firm("client", "show", "AB", "--json")
    refused(ran, 2, "client_ambiguous")
    assert len(ran.json["clients"]) == 2


def test_a_wrong_organisation_number_is_exit_2_and_nothing_is_stored(brygga: Any) -> None:
    refused(brygga("client", "add", "--name", "A", "--orgnr", "5566778890", "--json"), 2, "orgnr_invalid")
    assert brygga("client", "list", "--json").json == {"clients": []}


def test_clients_come_from_a_csv_file(brygga: Any, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("nummer;namn;orgnr\n1;A AB;5566778899\n2;B AB;559999-1055\n", encoding="utf-8")
    ran = brygga("client", "import", file, "--json")
    assert ran.code == 0
    assert [client["number"] for client in ran.json["clients"]] == ["1", "2"]


def test_a_missing_csv_file_is_exit_2(brygga: Any) -> None:
    refused(brygga("client", "import", "nowhere.csv", "--json"), 2, "file_missing")


def test_a_client_is_changed_and_keeps_what_is_left_out(firm: Any) -> None:
    made = firm("client", "change", "7", "--series", "I", "--responsible", "Bo", "--json").json
    assert (made["name"], made["number"], made["responsible"], made["default_series"]) == (
        "Nya Bygg [Norr] AB",
        "7",
        "Bo",
        "I",
    )
    assert firm("client", "change", "7", "--number", "", "--json").json["number"] is None


def test_a_client_number_that_another_client_has_is_refused(firm: Any) -> None:
    other = next(one for one in firm("client", "list", "--json").json["clients"] if one["number"] != "7")
    refused(firm("client", "change", other["orgnr"], "--number", "7", "--json"), 2, "usage")


def test_a_client_can_be_removed(firm: Any) -> None:
    assert firm("client", "remove", "7", "--json").json["name"] == "Nya Bygg [Norr] AB"
    assert len(firm("client", "list", "--json").json["clients"]) == 1


def add_year(firm: Any, client: str, first: str, last: str) -> Any:
    words = ("engagement", "add", client, "--from", first, "--to", last, "--source", "sie4", "--json")
    return firm(*words)


def test_engagement_add_list_source_lock_and_roll(firm: Any) -> None:
    assert set(add_year(firm, "7", "2025-05-01", "2026-04-30").json) == ENGAGEMENT_KEYS
    assert firm("engagement", "source", "7", "fortnox", "--json").json["source"] == "fortnox"
    assert firm("engagement", "lock", "7", "--json").json["locked"] is True
    assert firm("engagement", "unlock", "7", "--json").json["locked"] is False
    rolled = firm("engagement", "roll", "--to", "2027", "--json").json["engagements"]
    assert [engagement["year"] for engagement in rolled] == [["2026-05-01", "2027-04-30"]]
    assert len(firm("engagement", "list", "--json").json["engagements"]) == 2
    assert len(firm("engagement", "list", "Åkeri", "--json").json["engagements"]) == 0


def test_two_years_that_end_in_one_calendar_year_are_ambiguous(firm: Any) -> None:
    add_year(firm, "7", "2024-05-01", "2025-04-30")
    add_year(firm, "7", "2025-05-01", "2025-12-31")
    error = refused(firm("engagement", "lock", "7", "--year", "2025", "--json"), 2, "year_ambiguous")
    assert "2024-05-01" in error["message"]
    assert "2025-12-31" in error["message"]
    exact = firm("engagement", "lock", "7", "--year", "2025-05-01..2025-12-31", "--json")
    assert exact.json["year"] == ["2025-05-01", "2025-12-31"]


def test_an_unknown_year_is_exit_2(firm: Any) -> None:
    add_year(firm, "7", "2025-01-01", "2025-12-31")
    refused(firm("engagement", "lock", "7", "--year", "2024", "--json"), 2, "year_unknown")


def test_a_year_longer_than_eighteen_months_is_exit_2(firm: Any) -> None:
    assert add_year(firm, "7", "2024-07-01", "2025-12-31").code == 0
    refused(add_year(firm, "Åkeri", "2024-07-01", "2026-01-31"), 2, "usage")


def test_status_has_every_key(firm: Any) -> None:
    add_year(firm, "7", "2025-01-01", "2025-12-31")
    rows = firm("status", "--json").json["clients"]
    assert [set(row) for row in rows] == [STATUS_KEYS] * 2
    row = next(row for row in rows if row["number"] == "7")
    assert set(row["connection"]) == {"state", "mode", "days_left"}
    assert set(row["vouchers"]) == {"draft", "ready", "sending", "unknown", "posted", "rejected", "exported"}
    assert (row["year"], row["source"], row["next_step"]) == (["2025-01-01", "2025-12-31"], "sie4", "import")


def test_status_of_an_empty_firm_is_done_and_says_what_to_do(brygga: Any) -> None:
    ran = brygga("status")
    assert ran.code == 0
    assert "brygga client add" in ran.out
