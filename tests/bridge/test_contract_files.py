"""An engagement whose books come from a SIE file, through the real program."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SIE = """#FLAGGA 0
#PROGRAM "Prov" 1.0
#FORMAT PC8
#GEN 20260110
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Prov AB"
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
#KONTO 1510 "Kundfordringar"
#KONTO 1930 "Bank"
#KONTO 2091 "Balanserat resultat"
#KONTO 2440 "Leverantorsskulder"
#KONTO 3001 "Forsaljning"
#KONTO 6420 "Revision"
#KONTO 2990 "Upplupna kostnader"
#IB 0 1930 100.00
#IB 0 2091 -100.00
#UB 0 1930 100.00
#UB 0 1510 {sales}
#UB 0 2091 -100.00
#RES 0 3001 -{sales}
#VER A 1 20250315 "Faktura"
{{
#TRANS 1510 {{}} {sales}
#TRANS 3001 {{}} -{sales}
}}
"""

IMPORT_KEYS = {
    "client",
    "year",
    "source",
    "accounts",
    "vouchers",
    "transactions",
    "annexes",
    "changes",
    "findings",
}
VOUCHER_KEYS = {"id", "state", "date", "text", "sum", "year", "series", "number", "waiting_since"}
ANNEX_KEYS = {"account", "date", "items", "total", "books", "difference", "explanations", "signed_off"}


def sie_file(
    folder: Path, name: str = "books.se", sales: str = "250.00", change: tuple[str, str] = ("", "")
) -> Path:
    text = SIE.format(sales=sales).replace(*change) if change[0] else SIE.format(sales=sales)
    path = folder / name
    path.write_bytes(text.replace("\n", "\r\n").encode("cp437"))
    return path


def voucher_file(folder: Path, debit: object = "180.00", credit: object = "180.00") -> Path:
    rows = [{"account": "6420", "debit": debit}, {"account": 2990, "credit": credit, "text": "row"}]
    path = folder / "vouchers.json"
    path.write_text(json.dumps({"vouchers": [{"date": "2025-12-31", "text": "Revision", "rows": rows}]}))
    return path


@pytest.fixture
def firm(brygga: Any) -> Any:
    brygga("client", "add", "--name", "Prov AB", "--orgnr", "5566778899", "--number", "1")
    words = ("--from", "2025-01-01", "--to", "2025-12-31", "--source", "sie4")
    assert brygga("engagement", "add", "1", *words).code == 0
    return brygga


@pytest.fixture
def imported(firm: Any, tmp_path: Path) -> Any:
    assert firm("import", "1", "--file", sie_file(tmp_path)).code == 0
    return firm


def error_of(ran: Any) -> tuple[int, str]:
    assert len(ran.err.splitlines()) == 3, ran
    return ran.code, ran.json["error"]["code"]


def add_ready(firm: Any, folder: Path) -> str:
    made = firm("voucher", "add", "1", voucher_file(folder), "--json")
    assert made.code == 0, made
    identity: str = made.json["vouchers"][0]["id"]
    assert firm("voucher", "ready", identity).code == 0
    return identity


def test_import_of_a_file_has_every_key_and_no_ledgers(firm: Any, tmp_path: Path) -> None:
    ran = firm("import", "1", "--file", sie_file(tmp_path), "--json")
    assert ran.code == 0, ran
    assert ran.json.keys() >= IMPORT_KEYS
    assert (ran.json["accounts"], ran.json["vouchers"], ran.json["transactions"]) == (7, 1, 2)
    assert (ran.json["year"], ran.json["source"], ran.json["changes"]) == (
        ["2025-01-01", "2025-12-31"],
        "sie4",
        None,
    )
    first = next(annex for annex in ran.json["annexes"] if annex["account"] == "1510")
    assert (first["items"], first["total"], first["books"], first["difference"]) == (
        None,
        None,
        "250.00",
        None,
    )


def test_a_second_import_tells_what_changed(imported: Any, tmp_path: Path) -> None:
    ran = imported("import", "1", "--file", sie_file(tmp_path, sales="300.00"), "--json")
    assert ran.json["changes"] == {"added": 0, "removed": 0, "altered": 1}
    diff = imported("diff", "1", "--json").json
    assert diff.keys() >= {"added", "removed", "altered", "gaps", "accounts", "imports"}
    assert [
        (change["series"], change["number"], change["sum"], change["ours"]) for change in diff["altered"]
    ] == [("A", "1", "300.00", False)]
    moved = {change["account"]: (change["before"], change["after"]) for change in diff["accounts"]}
    assert moved["1510"] == ("250.00", "300.00")
    assert len(diff["imports"]) == 2


def test_annex_json_has_every_key(imported: Any) -> None:
    ran = imported("annex", "1", "--json")
    assert ran.code == 0
    assert all(annex.keys() >= ANNEX_KEYS for annex in ran.json["annexes"])


def test_annex_json_tells_of_the_sign_off_and_whether_it_still_holds(imported: Any, tmp_path: Path) -> None:
    def signed() -> Any:
        return imported("annex", "1", "--account", "1510", "--json").json["annexes"][0]["signed_off"]

    assert signed() is None
    assert imported("account", "done", "1", "1510", "--json").code == 0
    before = signed()
    assert before.keys() == {"by", "at", "difference", "changed_since"}
    assert (before["difference"], before["changed_since"]) == (None, False)
    imported("import", "1", "--file", sie_file(tmp_path, sales="300.00"), "--json")
    assert signed() == before | {"changed_since": True}


def test_annex_of_one_account_and_of_an_unknown_one(imported: Any) -> None:
    (annex,) = (shown := imported("annex", "1", "--account", "1510", "--json").json)["annexes"]
    assert annex["account"] == "1510"
    assert annex.items() <= shown.items()
    assert error_of(imported("annex", "1", "--account", "1234", "--json")) == (2, "account_unknown")


def test_annex_files_are_written_once(imported: Any, tmp_path: Path) -> None:
    target = tmp_path / "annex.xlsx"
    assert imported("annex", "1", "--format", "xlsx", "-o", target).code == 0
    assert target.read_bytes()[:2] == b"PK"
    assert error_of(imported("annex", "1", "--format", "xlsx", "-o", target, "--json")) == (7, "file_exists")
    assert imported("annex", "1", "--format", "xlsx", "--json").code == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("556677-8899", "559999-1055"), "company_mismatch"),
        (("#RAR 0 20250101 20251231", "#RAR 0 20240701 20250630"), "year_mismatch"),
    ],
)
def test_a_file_of_another_company_or_year_is_refused(
    firm: Any, tmp_path: Path, change: tuple[str, str], code: str
) -> None:
    file = sie_file(tmp_path, change=change)
    assert error_of(firm("import", "1", "--file", file, "--json")) == (7, code)
    assert firm("status", "--json").json["clients"][0]["last_import"] is None


def test_a_year_mismatch_names_both_intervals(firm: Any, tmp_path: Path) -> None:
    file = sie_file(tmp_path, change=("#RAR 0 20250101 20251231", "#RAR 0 20240701 20250630"))
    ran = firm("import", "1", "--file", file)
    assert "2024-07-01" in ran.err
    assert "2025-01-01" in ran.err


@pytest.mark.parametrize("content", [b"", b"<html><body>login</body></html>", b"<?xml version='1.0'?><sie/>"])
def test_what_is_not_sie_is_refused_with_findings(firm: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.se"
    path.write_bytes(content)
    ran = firm("import", "1", "--file", path, "--json")
    assert error_of(ran) == (7, "not_sie")
    assert ran.json["findings"][0].keys() == {"severity", "code", "line", "message"}


def test_a_missing_file_is_exit_2(firm: Any) -> None:
    assert error_of(firm("import", "1", "--file", "nowhere.se", "--json")) == (2, "file_missing")


def test_import_without_a_file_needs_the_other_source(firm: Any) -> None:
    assert error_of(firm("import", "1", "--json")) == (7, "wrong_source")


def test_a_locked_engagement_is_left_alone(firm: Any, tmp_path: Path) -> None:
    firm("engagement", "lock", "1")
    assert error_of(firm("import", "1", "--file", sie_file(tmp_path), "--json")) == (7, "engagement_locked")


def test_import_needs_a_client_or_all(firm: Any) -> None:
    assert error_of(firm("import", "--json")) == (2, "usage")
    assert error_of(firm("import", "1", "--all", "--json")) == (2, "usage")


def test_import_all_with_nothing_to_fetch_is_done(firm: Any) -> None:
    ran = firm("import", "--all", "--json")
    assert (ran.code, ran.json) == (0, {"imports": [], "failed": []})


def test_vouchers_live_from_draft_to_removed(imported: Any, tmp_path: Path) -> None:
    made = imported("voucher", "add", "1", voucher_file(tmp_path), "--json").json["vouchers"]
    assert [set(voucher) for voucher in made] == [VOUCHER_KEYS]
    assert (made[0]["state"], made[0]["sum"], made[0]["series"]) == ("draft", "180.00", None)
    identity = made[0]["id"]
    shown = imported("voucher", "show", identity, "--json").json["vouchers"][0]
    assert shown["rows"][0]["debit"] == "180.00"
    assert imported("voucher", "ready", identity, "--json").json["vouchers"][0]["state"] == "ready"
    assert imported("voucher", "remove", identity, "--json").json["vouchers"][0]["id"] == identity
    assert imported("voucher", "list", "1", "--json").json == {"vouchers": []}


def test_an_unbalanced_voucher_is_refused_and_nothing_is_stored(imported: Any, tmp_path: Path) -> None:
    file = voucher_file(tmp_path, credit="179.99")
    assert error_of(imported("voucher", "add", "1", file, "--json")) == (7, "voucher_unbalanced")
    assert imported("voucher", "list", "1", "--json").json == {"vouchers": []}


def test_an_unknown_voucher_is_exit_2(imported: Any) -> None:
    for word in ("show", "ready", "remove"):
        assert error_of(imported("voucher", word, "nothing", "--json")) == (2, "id_unknown")


def test_the_exported_file_holds_exactly_the_voucher(imported: Any, tmp_path: Path) -> None:
    identity = add_ready(imported, tmp_path)
    target = tmp_path / "out.si"
    ran = imported("export", "1", "--to-file", target, "--series", "I", "--json")
    assert ran.code == 0, ran
    assert [(one["id"], one["state"]) for one in ran.json["vouchers"]] == [(identity, "exported")]
    assert ran.json["vouchers"][0].keys() >= {"id", "state", "number", "error"}
    assert (ran.json["series"], ran.json["posted"], ran.json["retry_after"]) == ("I", 0, None)
    summary = imported("sie", "summary", target, "--json").json
    assert (summary["type"], summary["vouchers"], summary["transactions"]) == ("4I", 1, 2)
    text = target.read_bytes().decode("cp437")
    assert '20251231 "Revision"' in text


def test_a_file_is_never_written_over(imported: Any, tmp_path: Path) -> None:
    identity = add_ready(imported, tmp_path)
    target = tmp_path / "out.si"
    target.write_bytes(b"precious")
    assert error_of(imported("export", "1", "--to-file", target, "--json")) == (7, "file_exists")
    assert target.read_bytes() == b"precious"
    assert imported("voucher", "show", identity, "--json").json["vouchers"][0]["state"] == "ready"


def test_nothing_to_write_is_done_and_makes_no_file(imported: Any, tmp_path: Path) -> None:
    target = tmp_path / "out.si"
    ran = imported("export", "1", "--to-file", target, "--json")
    assert (ran.code, ran.json["file"], ran.json["vouchers"]) == (0, None, [])
    assert not target.exists()


def test_a_file_engagement_cannot_be_posted(imported: Any, tmp_path: Path) -> None:
    add_ready(imported, tmp_path)
    assert error_of(imported("export", "1", "--series", "I", "--json")) == (7, "wrong_source")


def test_export_without_a_series_is_wrong_usage(imported: Any) -> None:
    assert error_of(imported("export", "1", "--json")) == (2, "usage")


def test_looking_at_an_engagements_settings_changes_nothing(firm: Any) -> None:
    assert firm("engagement", "settings", "1", "--json").json["changed"] is False
    off = firm("engagement", "settings", "1", "--periods", "off", "--json").json
    assert (off["changed"], off["period_balances"]) == (True, False)


def test_sie_check_tells_good_from_bad(brygga: Any, tmp_path: Path) -> None:
    good = sie_file(tmp_path)
    bad = tmp_path / "bad.se"
    bad.write_bytes(b"<html>")
    assert brygga("sie", "check", good, "--json").code == 0
    assert brygga("sie", "check", bad, "--json").code == 7
    both = brygga("sie", "check", good, bad, "--json")
    assert both.code == 3
    assert [file["ok"] for file in both.json["files"]] == [True, False]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_at_all_is_exit_2_for_every_sie_command(
    brygga: Any, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "2025.se")
    for command in ("check", "summary"):
        assert error_of(brygga("sie", command, tmp_path / "2025.se", "--json")) == (2, "file_missing")


def test_a_year_cannot_be_written_before_it_has_been_imported(firm: Any, tmp_path: Path) -> None:
    assert error_of(firm("sie", "write4e", "1", "-o", tmp_path / "ut.se", "--json")) == (2, "usage")
    assert not (tmp_path / "ut.se").exists()


def test_sie_summary_has_every_key(brygga: Any, tmp_path: Path) -> None:
    summary = brygga("sie", "summary", sie_file(tmp_path), "--json").json
    assert summary.keys() >= {
        "type", "encoding", "program", "orgnr", "company", "years", "accounts", "vouchers", "transactions",
        "sums", "unbalanced", "ksumma", "findings",
    }  # fmt: skip
    assert summary["sums"]["ib"]["0"] == "0.00"


def test_sie_summary_of_what_is_not_sie_is_exit_7_with_findings(brygga: Any, tmp_path: Path) -> None:
    path = tmp_path / "wrong.se"
    path.write_bytes(b"")
    ran = brygga("sie", "summary", path, "--json")
    assert error_of(ran) == (7, "not_sie")
    assert ran.json["findings"]
