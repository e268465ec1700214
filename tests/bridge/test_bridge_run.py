"""``brygga bridge run --once`` over an exchange folder, through the real program."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

BOOKS = """#FLAGGA 0
#PROGRAM "Prov" 1.0
#FORMAT PC8
#GEN 20260110
#SIETYP 4
#ORGNR {orgnr}
#FNAMN "Prov AB"
#RAR 0 {first} {last}
#KONTO 1930 "Bank"
#KONTO 3001 "Forsaljning"
#IB 0 1930 0.00
#UB 0 1930 {sales}
#RES 0 3001 -{sales}
#VER A 1 {last} "Faktura"
{{
#TRANS 1930 {{}} {sales}
#TRANS 3001 {{}} -{sales}
}}
"""
VOUCHERS = """#FLAGGA 0
#PROGRAM "Bokslut" 1.0
#FORMAT PC8
#GEN 20260110
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Prov AB"
#VER "" "" 20251231 "Periodisering"
{{
#TRANS 1710 {{}} 100.00
#TRANS 5010 {{}} {credit}
}}
"""


def books(sales: str = "250.00", orgnr: str = "556677-8899", year: str = "2025") -> bytes:
    text = BOOKS.format(sales=sales, orgnr=orgnr, first=f"{year}0101", last=f"{year}1231")
    return text.replace("\n", "\r\n").encode("cp437")


def vouchers(credit: str = "-100.00") -> bytes:
    return VOUCHERS.format(credit=credit).replace("\n", "\r\n").encode("cp437")


def listed(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


class Bridge:
    """A firm with one client, ``1``, and an exchange folder."""

    def __init__(self, brygga: Any, tmp_path: Path) -> None:
        self.brygga = brygga
        self.root = tmp_path / "exchange"
        self.configure()
        brygga("client", "add", "--name", "Prov AB", "--orgnr", "5566778899", "--number", "1")
        words = ("--from", "2025-01-01", "--to", "2025-12-31", "--source", "sie4")
        assert brygga("engagement", "add", "1", *words).code == 0
        (self.root / "1" / "in").mkdir(parents=True)

    def configure(self, **keys: object) -> None:
        wanted = {"dir": str(self.root), "stable_seconds": 0, "scan_seconds": 1, **keys}
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in wanted.items())
        self.brygga.use_config(f"[exchange]\n{text}")

    def drop(self, name: str | bytes, data: bytes, client: str = "1") -> Path:
        folder = self.root / client / "in"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / os.fsdecode(name)
        path.write_bytes(data)
        return path

    def once(self) -> Any:
        return self.brygga("bridge", "run", "--once", "--json")

    def outcomes(self) -> list[tuple[str, str, str]]:
        return [(one["name"], one["client"], one["outcome"]) for one in self.once().json["files"]]

    def imports(self) -> str:
        found: str = self.brygga("status", "--json").json["clients"][0]["last_import"]
        return found


@pytest.fixture
def bridge(brygga: Any, tmp_path: Path) -> Bridge:
    return Bridge(brygga, tmp_path)


def test_books_become_an_import_with_a_receipt_beside_the_file(bridge: Bridge) -> None:
    bridge.drop("books.se", books())
    ran = bridge.once()
    (one,) = ran.json["files"]
    receipt = json.loads((bridge.root / one["receipt"]).read_text("utf-8"))
    kept = (bridge.root / one["receipt"].removesuffix(".receipt.json")).read_bytes()
    assert (ran.code, one["outcome"], kept, receipt["vouchers"]) == (0, "done", books(), 1)
    assert bridge.imports() is not None
    assert listed(bridge.root / "1" / "in") == []


def test_it_makes_the_missing_folders(bridge: Bridge) -> None:
    assert bridge.once().json == {"files": [], "jobs": []}
    assert {"in", "out", "done", "failed", "underlag"} <= set(listed(bridge.root / "1"))


def test_it_works_without_any_configuration(brygga: Any) -> None:
    ran = brygga("bridge", "run", "--once", "--json")
    assert (ran.code, ran.json) == (0, {"files": [], "jobs": []})


def test_a_day_s_first_round_leaves_a_backup_that_holds(brygga: Any) -> None:
    for _round in range(2):
        assert brygga("bridge", "run", "--once").code == 0
    (kept,) = brygga("backup", "list", "--json").json["backups"]
    assert brygga("backup", "verify", kept["file"]).code == 0


def test_vouchers_become_drafts(bridge: Bridge) -> None:
    bridge.drop("bokslut.si", vouchers())
    assert bridge.outcomes() == [("bokslut.si", "1", "done")]
    (made,) = bridge.brygga("voucher", "list", "1", "--json").json["vouchers"]
    assert (made["state"], made["sum"], made["text"]) == ("draft", "100.00", "Periodisering")


def test_the_same_content_again_is_a_duplicate_without_effect(bridge: Bridge) -> None:
    bridge.drop("a.si", vouchers())
    bridge.drop("b.si", vouchers())
    assert [one[2] for one in bridge.outcomes()] == ["done", "duplicate"]
    bridge.drop("a.si", vouchers())
    assert [one[2] for one in bridge.outcomes()] == ["duplicate"]
    assert len(bridge.brygga("voucher", "list", "1", "--json").json["vouchers"]) == 1


def test_an_unbalanced_voucher_fails_in_swedish_with_its_line(bridge: Bridge) -> None:
    bridge.drop("fel.si", vouchers("-99.00"))
    ran = bridge.once()
    (one,) = ran.json["files"]
    text = (bridge.root / "1" / "failed" / "fel.si.error.txt").read_text("utf-8")
    error = json.loads((bridge.root / one["receipt"]).read_text("utf-8"))
    assert (ran.code, one["outcome"], error["code"], error["line"]) == (3, "failed", "voucher_unbalanced", 8)
    assert "Rad 8" in text
    assert bridge.brygga("voucher", "list", "1", "--json").json["vouchers"] == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><body>Logga in</body></html>\n", "not_sie"),
        (books(orgnr="559999-0004"), "company_mismatch"),
        (books(year="2023"), "year_unknown"),
    ],
)
def test_what_cannot_be_used_fails_with_an_explanation(bridge: Bridge, data: bytes, code: str) -> None:
    bridge.drop("fil.se", data)
    ran = bridge.once()
    error = json.loads((bridge.root / "1" / "failed" / "fil.se.error.json").read_text("utf-8"))
    assert (ran.code, error["code"]) == (3, code)
    assert (bridge.root / "1" / "failed" / "fil.se").read_bytes() == data


def test_a_new_year_is_made_where_the_firm_has_chosen_so(bridge: Bridge) -> None:
    bridge.configure(create_engagements=True)
    bridge.drop("fil.se", books(year="2024"))
    assert [one[2] for one in bridge.outcomes()] == ["done"]


def test_ready_vouchers_are_written_out_with_a_control_sum(bridge: Bridge) -> None:
    bridge.configure(auto_export=True)
    bridge.drop("bokslut.si", vouchers())
    ran = bridge.once()
    assert ran.code == 0, ran.out + ran.err
    assert [(job["job"], job["outcome"]) for job in ran.json["jobs"]] == [("out", "done")]
    (name,) = [one for one in listed(bridge.root / "1" / "out") if one.endswith(".si")]
    data = (bridge.root / "1" / "out" / name).read_bytes()
    summed = (bridge.root / "1" / "out" / f"{name}.sha256").read_text()
    assert summed.split() == [hashlib.sha256(data).hexdigest(), name]
    assert bridge.once().json["jobs"] == []


def test_half_a_file_and_a_name_that_says_unfinished_are_left(bridge: Bridge) -> None:
    bridge.drop("half.se", books()[:-30])
    bridge.drop("books.se.part", books())
    assert bridge.outcomes() == []
    assert listed(bridge.root / "1" / "in") == ["books.se.part", "half.se"]


def test_a_file_waits_for_its_sign_where_that_is_demanded(bridge: Bridge) -> None:
    bridge.configure(require_ready=True)
    bridge.drop("books.se", books())
    assert bridge.outcomes() == []
    bridge.drop("books.se.ready", b"")
    assert bridge.outcomes() == [("books.se", "1", "done")]
    assert listed(bridge.root / "1" / "in") == []


def test_a_control_sum_that_does_not_hold_yet_keeps_the_file_waiting(bridge: Bridge) -> None:
    bridge.drop("books.se", books())
    bridge.drop("books.se.sha256", b"0" * 64)
    assert bridge.outcomes() == []
    bridge.drop("books.se.sha256", hashlib.sha256(books()).hexdigest().encode())
    assert bridge.outcomes() == [("books.se", "1", "done")]


def test_what_is_no_file_is_put_aside_and_never_followed(bridge: Bridge, tmp_path: Path) -> None:
    secret = tmp_path / "secret.se"
    secret.write_bytes(books())
    incoming = bridge.root / "1" / "in"
    (incoming / "link.se").symlink_to(secret)
    os.mkfifo(incoming / "pipe.se")
    os.link(secret, incoming / "hard.se")
    assert sorted(bridge.outcomes()) == [(name, "1", "failed") for name in ("hard.se", "link.se", "pipe.se")]
    assert bridge.imports() is None
    assert secret.read_bytes() == books()


def test_names_of_any_bytes_are_taken_in(bridge: Bridge) -> None:
    bridge.drop(b"b\xe5ck\x1b[31m\n.se", books())
    bridge.drop("x" * 250 + ".si", vouchers())
    ran = bridge.once()
    assert [one["outcome"] for one in ran.json["files"]] == ["done", "done"]
    assert all((bridge.root / one["receipt"]).exists() for one in ran.json["files"])


def test_a_client_folder_that_is_a_link_is_not_entered(bridge: Bridge, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "in").mkdir(parents=True)
    (outside / "in" / "books.se").write_bytes(books())
    (bridge.root / "1").rename(tmp_path / "away")
    (bridge.root / "1").symlink_to(outside)
    assert bridge.outcomes() == []
    assert listed(outside) == ["in"]


def test_a_folder_never_carries_a_personal_identity_number(bridge: Bridge) -> None:
    words = ("--name", "Åsa Öberg 19811218-9876", "--orgnr", "811218-9876")
    assert bridge.brygga("client", "add", *words, "--number", "8112189876").code == 0
    bridge.once()
    assert listed(bridge.root) == [".processing", "1", "Asa-Oberg"]


def test_the_second_bridge_refuses(bridge: Bridge) -> None:
    command = bridge.brygga.command("bridge", "run")
    with subprocess.Popen(command, env=bridge.brygga.environ, cwd=bridge.brygga.directory) as service:
        deadline = time.monotonic() + 30
        while not (bridge.root / "1" / "out").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        ran = bridge.once()
        bridge.drop("books.se", books())
        while listed(bridge.root / "1" / "in") and time.monotonic() < deadline:
            time.sleep(0.05)
        service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0
    assert (ran.code, ran.json["error"]["code"]) == (7, "already_running")
    assert bridge.imports() is not None


def test_the_service_tells_how_it_is(bridge: Bridge) -> None:
    port = free_port()
    text = bridge.brygga.config.read_text() + f"\n[service]\nhealth_port = {port}\n"
    bridge.brygga.use_config(text)
    bridge.drop("books.se", books())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    command = bridge.brygga.command("bridge", "run")
    seen: dict[str, Any] = {}
    with subprocess.Popen(command, env=bridge.brygga.environ, cwd=bridge.brygga.directory) as service:
        deadline = time.monotonic() + 30
        while seen.get("files") != {"done": 1} and time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                opener.open(f"http://127.0.0.1:{port}/health", timeout=5) as page,
            ):
                seen = json.loads(page.read())
            time.sleep(0.05)
        with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            metrics = page.read().decode()
        service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0
    assert (seen["ok"], seen["files"]) == (True, {"done": 1})
    assert 'brygga_files_total{outcome="done"} 1' in metrics.splitlines()
