"""What the exchange folder does by itself for a client connected to the sandbox, through the real program."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

VOUCHERS = """#FLAGGA 0
#PROGRAM "Bokslut" 1.0
#FORMAT PC8
#GEN {gen}
#SIETYP 4
#ORGNR {orgnr}
#VER "" "" {day} "{text}"
{{
#TRANS 1710 {{}} 100.00
#TRANS {account} {{}} -100.00
}}
"""
PDF = b"%PDF-1.4\nunderlag\n%%EOF\n"


class Linked:
    """Client 1, connected and imported, with an exchange folder."""

    def __init__(self, firm: Any, tmp_path: Path) -> None:
        self.brygga, self.firm, self.tenant = firm.brygga, firm, firm.tenants[0]
        self.root = tmp_path / "exchange"
        text = firm.brygga.config.read_text("utf-8")
        firm.brygga.use_config(f'{text}\n[exchange]\ndir = "{self.root}"\nstable_seconds = 0\n')
        for name in ("in", "underlag"):
            (self.root / "1" / name).mkdir(parents=True)

    def rules(self, *words: str) -> Any:
        ran = self.brygga("exchange", "rules", "1", *words, "--json")
        assert ran.code == 0, ran
        return ran.json

    def once(self) -> Any:
        ran = self.brygga("bridge", "run", "--once", "--json")
        assert ran.json.keys() == {"files", "jobs"}, ran
        return ran

    def out(self) -> list[str]:
        return sorted(one.name for one in (self.root / "1" / "out").iterdir() if one.suffix != ".sha256")

    def drop(
        self, name: str, text: str = "Periodisering", *, account: str = "5010", gen: str = "20260110"
    ) -> None:
        body = VOUCHERS.format(
            orgnr=self.tenant["orgnr"],
            text=text,
            account=account,
            gen=gen,
            day=self.tenant["years"][1]["to"].replace("-", ""),
        )
        (self.root / "1" / "in" / name).write_bytes(body.replace("\n", "\r\n").encode("cp437"))

    def receipt(self, one: Any) -> Any:
        return json.loads((self.root / one["receipt"]).read_text("utf-8"))

    def states(self) -> list[str]:
        return [one["state"] for one in self.brygga("voucher", "list", "1", "--json").json["vouchers"]]

    def posted(self) -> int:
        return self.firm.voucher_count(self.tenant["tenant"])  # type: ignore[no-any-return]


@pytest.fixture
def linked(imported: Any, tmp_path: Path) -> Linked:
    return Linked(imported, tmp_path)


def test_a_client_without_rules_follows_the_configuration(linked: Linked) -> None:
    shown = linked.brygga("exchange", "show", "1", "--json").json
    assert (shown["own"], shown["emit"], shown["auto_export"], shown["underlag"]) == (False, [], False, False)
    changed = linked.rules("--emit", "annexes,4e", "--underlag", "on")
    assert (changed["own"], changed["emit"], changed["underlag"]) == (True, ["4e", "annexes"], True)
    assert changed["may_upload"]
    assert linked.rules("--standard")["own"] is False


def test_unknown_kinds_are_refused(linked: Linked) -> None:
    ran = linked.brygga("exchange", "rules", "1", "--emit", "5e", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "usage")


def test_fresh_books_closed_books_and_annexes_go_out_once_an_import(linked: Linked) -> None:
    linked.rules("--emit", "4e,4e-closing,annexes")
    jobs = linked.once().json["jobs"]
    assert [(one["job"], one["outcome"]) for one in jobs] == [("out", "done")] * 3
    first = linked.out()
    assert sorted(name.split("_")[2] for name in first) == ["4E", "4E-bokslut", "bilagor"]
    for name in first:
        data = (linked.root / "1" / "out" / name).read_bytes()
        summed = (linked.root / "1" / "out" / f"{name}.sha256").read_text().split()
        assert summed == [hashlib.sha256(data).hexdigest(), name]
    assert linked.once().json["jobs"] == []
    linked.firm.pass_window()
    assert linked.brygga("import", "1").code == 0
    linked.once()
    assert len(linked.out()) == 6
    books = next(linked.root / "1" / "out" / name for name in first if "_4E_" in name)
    assert linked.brygga("sie", "check", books).code == 0


def test_a_ready_voucher_makes_a_new_file_with_it(linked: Linked) -> None:
    linked.rules("--emit", "4e-closing")
    linked.once()
    linked.firm.write_ready("Egen periodisering")
    linked.once()
    newest = max(linked.out(), key=lambda name: (linked.root / "1" / "out" / name).stat().st_mtime_ns)
    assert len(linked.out()) == 2
    assert b"Egen periodisering" in (linked.root / "1" / "out" / newest).read_bytes()


def test_vouchers_are_posted_by_themselves_and_a_duplicate_is_not(linked: Linked) -> None:
    linked.rules("--auto-export", "on", "--series", "I")
    before = linked.posted()
    linked.drop("bokslut.si")
    ran = linked.once()
    (one,) = ran.json["files"]
    receipt = linked.receipt(one)
    assert (receipt["export"]["state"], receipt["export"]["series"]) == ("posted", "I")
    assert (receipt["vouchers"][0]["state"], bool(receipt["vouchers"][0]["number"])) == ("posted", True)
    assert linked.posted() == before + 1
    linked.drop("igen.si")
    assert [one["outcome"] for one in linked.once().json["files"]] == ["duplicate"]
    assert linked.posted() == before + 1


def test_the_same_voucher_in_a_file_written_another_day_stays_a_draft(linked: Linked) -> None:
    linked.rules("--auto-export", "on", "--series", "I")
    linked.drop("a.si")
    linked.once()
    before = linked.posted()
    linked.drop("b.si", gen="20260111")
    (one,) = linked.once().json["files"]
    assert linked.receipt(one)["export"]["error"]["code"] == "already_there"
    assert (linked.posted(), linked.states()) == (before, ["posted", "draft"])


def test_what_a_check_refuses_stays_a_draft_and_the_receipt_says_why(linked: Linked) -> None:
    linked.rules("--auto-export", "on", "--series", "I")
    linked.drop("fel.si", account="5999")
    ran = linked.once()
    (one,) = ran.json["files"]
    export = linked.receipt(one)["export"]
    assert (export["state"], export["error"]["code"]) == ("refused", "account_unknown")
    assert linked.states() == ["draft"]
    assert [(job["job"], job["outcome"]) for job in ran.json["jobs"]] == [("export", "failed")]


def test_without_a_series_nothing_is_posted(linked: Linked) -> None:
    linked.rules("--auto-export", "on")
    linked.drop("bokslut.si")
    (one,) = linked.once().json["files"]
    assert linked.receipt(one)["export"]["error"]["code"] == "series_unknown"
    assert linked.states() == ["draft"]


def test_a_voucher_that_a_person_made_ready_is_not_sent_along(linked: Linked) -> None:
    linked.rules("--auto-export", "on", "--series", "I")
    linked.firm.write_ready("Inte denna")
    linked.drop("bokslut.si")
    linked.once()
    assert sorted(linked.states()) == ["posted", "ready"]


def test_vouchers_whose_answer_is_lost_are_looked_up_and_posted_once(linked: Linked) -> None:
    linked.rules("--auto-export", "on", "--series", "I")
    linked.once()
    before = linked.posted()
    linked.firm.control("faults", name="drop-after", path="/3/vouchers", count=1)
    linked.drop("bokslut.si")
    ran = linked.once()
    waiting = linked.brygga("exchange", "show", "1", "--json").json["waiting"]
    assert (ran.json["files"], [one["kind"] for one in waiting]) == ([], ["export"])
    for _again in range(60):
        if files := linked.once().json["files"]:
            break
    assert linked.receipt(files[0])["export"]["state"] == "posted"
    assert (linked.posted(), linked.states()) == (before + 1, ["posted"])


def test_vouchers_that_a_person_must_decide_end_the_files_errand_and_the_receipt_says_so(
    linked: Linked,
) -> None:
    linked.rules("--auto-export", "on", "--series", "I")
    before = linked.posted()
    linked.firm.control("faults", name="drop-before", path="POST /3/vouchers", count=3)
    linked.drop("bokslut.si")
    for _again in range(60):
        if files := linked.once().json["files"]:
            break
    export = linked.receipt(files[0])["export"]
    assert (export["state"], export["error"]["code"]) == ("unknown", "outcome_unknown")
    shown = linked.brygga("exchange", "show", "1", "--json").json
    assert (shown["waiting"], linked.posted(), linked.states()) == ([], before, ["unknown"])
    (undecided,) = shown["undecided"]
    (row,) = linked.brygga("status", "1", "--json").json["clients"]
    assert (row["next_step"], row["undecided"]) == ("wait", True)
    assert "brygga voucher release ID" in linked.brygga("voucher", "show", undecided).out
    assert "brygga voucher release ID" in linked.brygga("export", "1", "--series", "I").out
    assert linked.brygga("voucher", "release", undecided).code == 0
    assert linked.brygga("export", "1", "--series", "I").code == 0
    shown = linked.brygga("exchange", "show", "1", "--json").json
    assert (shown["undecided"], shown["files"][0]["export"]) == ([], "posted")


def inbox(linked: Linked) -> list[str]:
    books = httpx.get(
        f"{linked.firm.sandbox['control']}/books/{linked.tenant['tenant']}", trust_env=False
    ).json()
    return [one["name"] for one in books["documents"]]


def test_a_supporting_document_is_uploaded_once_with_a_receipt(linked: Linked) -> None:
    linked.rules("--underlag", "on")
    before = len(inbox(linked))
    (linked.root / "1" / "underlag" / "Hyra mars.pdf").write_bytes(PDF)
    ran = linked.once()
    (one,) = ran.json["files"]
    receipt = linked.receipt(one)
    name = f"Hyra mars-{hashlib.sha256(PDF).hexdigest()[:8]}.pdf"
    assert (one["outcome"], receipt["fortnox"]["name"], receipt["fortnox"]["folder"]) == (
        "done",
        name,
        "inbox_v",
    )
    (linked.root / "1" / "underlag" / "igen.pdf").write_bytes(PDF)
    assert [one["outcome"] for one in linked.once().json["files"]] == ["duplicate"]
    assert inbox(linked)[before:] == [name]


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.exe", b"MZ\x90\x00"), ("a.pdf", b"\x89PNG\r\n\x1a\nIEND\xaeB`\x82"), ("a.se", b"#FLAGGA 0\n")],
)
def test_what_is_no_document_is_refused(linked: Linked, name: str, data: bytes) -> None:
    linked.rules("--underlag", "on")
    before = inbox(linked)
    (linked.root / "1" / "underlag" / name).write_bytes(data)
    for _again in range(5):
        if files := linked.once().json["files"]:
            break
    error = json.loads((linked.root / "1" / "failed" / f"{name}.error.json").read_text("utf-8"))
    assert (files[0]["outcome"], error["code"], error["findings"]) == ("failed", "not_paper", [])
    assert inbox(linked) == before


def test_documents_are_left_alone_without_the_rule(linked: Linked) -> None:
    (linked.root / "1" / "underlag" / "a.pdf").write_bytes(PDF)
    assert linked.once().json["files"] == []
    assert (linked.root / "1" / "underlag" / "a.pdf").exists()


def test_an_upload_whose_answer_is_lost_is_looked_for_and_not_repeated(linked: Linked) -> None:
    linked.rules("--underlag", "on")
    data = PDF.replace(b"underlag", b"another")
    before = len(inbox(linked))
    linked.firm.control("faults", name="drop-after", path="/3/inbox", count=1)
    (linked.root / "1" / "underlag" / "kvitto.pdf").write_bytes(data)
    assert linked.once().json["files"] == []
    for _again in range(60):
        if files := linked.once().json["files"]:
            break
    assert files[0]["outcome"] == "done"
    assert len(inbox(linked)) == before + 1
