"""The invitation desk by commands: a firm of 120 clients in three batches, letters at a real server, bad lists."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from core.orgnr import with_check_digit
from tests.mailserver import MailServer

if TYPE_CHECKING:
    from tests.bridge.conftest import Brygga

CLIENTS = 120


@pytest.fixture
def firm(brygga: Brygga, mail_server: MailServer) -> Brygga:
    brygga.use_config(
        '[firm]\nname = "Byrån Åhlén AB"\n\n[mail]\nhost = "127.0.0.1"\n'
        f'port = {mail_server.port}\nsecurity = "none"\nfrom = "byra@example.com"\nreply_to = "svar@example.com"\n'
    )
    return brygga


def register(brygga: Brygga, count: int) -> None:
    rows = [f"{n};Klient {n:03} Åkeri AB;{with_check_digit(f'556{n:06}')}" for n in range(1, count + 1)]
    path = brygga.directory / "klienter.csv"
    path.write_text("nummer;namn;orgnr\n" + "\n".join(rows), "utf-8")
    assert brygga("client", "import", path).code == 0


@pytest.mark.timeout(240)
def test_120_clients_go_through_three_batches(firm: Brygga, mail_server: MailServer) -> None:
    register(firm, CLIENTS)
    users = firm.directory / "users.csv"
    rows = [f"{n};Åsa Öberg {n};asa{n}@example.com;x" for n in range(1, CLIENTS + 1)]
    users.write_text("klientnummer;namn;e-post;systemadministratör\n" + "\n".join(rows), "cp1252")
    assert len(firm("--json", "invite", "import", users, "--preview").json["rows"]) == CLIENTS
    assert firm("--json", "invite", "import", users).json["added"] == CLIENTS
    for number, size in ((1, 50), (2, 50), (3, 20)):
        path = firm.directory / f"batch{number}.xlsx"
        done = firm("--json", "invite", "export", "-o", path)
        assert done.code == 0, done.err
        assert (done.json["batch"], len(done.json["invitations"])) == (number, size)
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        assert sheet.max_row == size + 1
        sent = firm("--json", "invite", "send")
        assert (sent.code, sent.json["sent"]) == (0, size)
        assert firm("invite", "mark", "--batch", str(number), "--state", "invited").code == 0
    now = firm("--json", "invite", "list").json
    assert {one["state"] for one in now["invitations"]} == {"invited"}
    assert now["batch"] == {"number": 4, "rows": 0, "limit": 50, "queued": 0, "left_out": 0}
    assert firm("--json", "invite", "send").json["sent"] == 0
    addresses = [one.recipients[0] for one in mail_server.letters]
    assert len(addresses) == len(set(addresses)) == CLIENTS


def test_a_user_is_added_with_a_suggested_username(firm: Brygga) -> None:
    register(firm, 1)
    done = firm(
        "--json", "invite", "add", "1", "--name", "Åsa Öberg", "--email", "asa@example.com",
        "--mobile", "070-123 45 67", "--existing", "--admin",
    )  # fmt: skip
    assert done.code == 0, done.err
    one = done.json
    assert (one["username"], one["mobile"], one["choice"]) == ("asa.oberg", "+46701234567", "existing")
    assert (one["admin"], one["state"], one["place"]) == (True, "draft", "batch")
    assert "asa.oberg" in firm("invite", "list").out


def test_a_wrong_address_is_no_row(firm: Brygga) -> None:
    register(firm, 1)
    done = firm("--json", "invite", "add", "1", "--name", "Åsa", "--email", "asa.example.com")
    assert (done.code, done.json["error"]["code"]) == (2, "usage")
    assert len(done.err.splitlines()) == 3


def test_without_the_tick_nothing_is_written(firm: Brygga) -> None:
    register(firm, 1)
    firm("invite", "add", "1", "--name", "Åsa", "--email", "asa@example.com")
    path = firm.directory / "b.csv"
    done = firm("--json", "invite", "export", "-o", path)
    assert (done.code, done.json["error"]["code"]) == (7, "invitation_faulty")
    assert not path.exists()
    assert firm("invite", "mark", "1", "--admin").code == 0
    assert firm("invite", "export", "-o", path).code == 0
    table = list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    assert table[1][1:6] == [
        "1",
        "Klient 001 Åkeri AB",
        with_check_digit("556000001"),
        "Åsa",
        "asa@example.com",
    ]
    assert firm("invite", "export", "-o", path, "--batch", "1").code == 7


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"klient;namn\n1;A\n", "Row 1"),
        (b'klient;namn;e-post\n1;"A;a@example.com\n', "Row 2"),
        (b"klient;namn;e-post\n1;A\x81;a@example.com\n", "Row 2"),
        (b"", "empty"),
    ],
    ids=["header", "quote", "encoding", "nothing"],
)
def test_a_broken_list_names_its_row(firm: Brygga, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    done = firm("invite", "import", path)
    assert done.code == 2
    assert said in done.err


def test_faulty_rows_name_row_and_column(firm: Brygga, tmp_path: Path) -> None:
    register(firm, 1)
    path = tmp_path / "list.csv"
    path.write_bytes(b"klientnummer;namn;e-post\n1;A;a@example.com\n1;B;b\n")
    done = firm("--json", "invite", "import", path)
    assert (done.code, done.json["error"]["code"]) == (7, "invitation_faulty")
    assert [(one["line"], one["column"]) for one in done.json["rows"]] == [(3, 3)]
    assert firm("--json", "invite", "import", path, "--skip-faulty").json["added"] == 1


def test_a_dead_server_is_try_again_later(firm: Brygga, mail_server: MailServer) -> None:
    register(firm, 1)
    firm("invite", "add", "1", "--name", "Åsa", "--email", "asa@example.com", "--admin")
    before = firm("--json", "invite", "list").json
    mail_server.stop()
    done = firm("--json", "invite", "send", "1")
    assert (done.code, done.json["error"]["code"]) == (5, "mail_unreachable")
    assert firm("--json", "invite", "list").json == before
    assert firm("doctor").code != 0


def test_the_doctor_finds_a_living_mail_server(firm: Brygga) -> None:
    checks = {one["code"]: one["ok"] for one in firm("--json", "doctor").json["checks"]}
    assert checks["mail"]


def test_a_letter_is_shown_changed_and_taken_back(firm: Brygga, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("{firm} – {client}\n\nHej {first_name}!\n", "utf-8")
    assert firm("invite", "letter", "--set", path, "--language", "sv").code == 0
    shown = firm("--json", "invite", "letter", "--preview", "--language", "sv").json
    assert (shown["body"], shown["edited"]) == ("Hej Anna!\n", True)
    path.write_text("Hej\n\n{nobody}\n", "utf-8")
    assert firm("invite", "letter", "--set", path).code == 2
    assert not firm("--json", "invite", "letter", "--reset").json["edited"]


def test_no_address_reaches_log_or_audit(firm: Brygga, mail_server: MailServer) -> None:
    register(firm, 2)
    mail_server.refuse["asa1@example.com"] = "550 5.1.1 <asa1@example.com> unknown"
    for n in (1, 2):
        firm("invite", "add", str(n), "--name", f"Åsa Öberg {n}", "--email", f"asa{n}@example.com", "--admin")
    assert firm("invite", "send", "1", "2").code == 3
    firm("invite", "purge", "1")
    audit = firm.directory / "audit.jsonl"
    assert firm("audit", "export", audit).code == 0
    log = firm.directory / "data" / "brygga.log"
    for text in (audit.read_text("utf-8"), log.read_text("utf-8") if log.exists() else ""):
        assert "@example.com" not in text
        assert "Öberg" not in text


def test_a_purged_client_is_forgotten(firm: Brygga) -> None:
    register(firm, 1)
    firm("invite", "add", "1", "--name", "Åsa", "--email", "asa@example.com")
    assert firm("--json", "invite", "purge", "1").json == {"purged": 1}
    store = b"".join(path.read_bytes() for path in (firm.directory / "data").glob("brygga.db*"))
    assert b"asa@example.com" not in store
    assert firm("invite", "purge").code == 2
