from __future__ import annotations

import json
import logging
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import logs

PROJECT = Path(__file__).parents[2]
CANARY = "k4n4r1eF4gel77"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    path = tmp_path / "loggar" / "brygga.log"
    logs.start(path, "debug")
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization: BASIC {CANARY}==",
        f"GET https://x.test/cb?code={CANARY}&state=abc",
        f"state={CANARY}",
        f'{{"access_token": "{CANARY}"}}',
        f"{{'refresh_token': '{CANARY}', 'expires_in': 3600}}",
        f"BRYGGA_FORTNOX_CLIENT_SECRET={CANARY}",
        f"client_secret={CANARY}&grant_type=refresh_token",
        f"eyJ{CANARY}.{CANARY}.{CANARY}",
        f"password: {CANARY}",
        f"passphrase={CANARY}",
        f"refresh-token: {CANARY}",
        f"clientSecret={CANARY}",
        f"redirect=http%3A%2F%2Fx%3Fcode%3D{CANARY}%26state%3Dab",
        f'{{"access_token":"{CANARY}"}}'.replace('"', '\\"'),
    ],
)
def test_a_secret_never_reaches_the_log(text: str) -> None:
    assert CANARY not in logs.redact(text)


def test_ordinary_text_is_left_alone() -> None:
    text = "import av 2025: 1197 verifikationer, 1510 skiljer 4 512,00"
    assert logs.redact(text) == text


def test_a_line_is_json_with_its_message(log: Path) -> None:
    logging.getLogger("brygga").info("hej %s", "där")
    assert json.loads(log.read_text(encoding="utf-8"))["message"] == "hej där"


def test_a_traceback_is_kept_without_the_secret(log: Path) -> None:
    try:
        int(f"Bearer {CANARY}")
    except ValueError:
        logging.getLogger("brygga").exception("fel")
    written = log.read_text(encoding="utf-8")
    assert "ValueError" in written
    assert CANARY not in written


def _own_handlers() -> list[logging.Handler]:
    """Only brygga's: pytest's own would hand the half character on to the other process of a parallel run."""
    return [one for one in logging.getLogger().handlers if isinstance(one, logging.FileHandler)]


def test_a_half_character_does_not_end_up_on_stderr(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("brygga", logging.WARNING, "", 0, "fil \udcff.se", None, None)
    for handler in _own_handlers():
        handler.handle(record)
    assert capfd.readouterr().err == ""
    assert "fil" in log.read_text(encoding="utf-8")


def test_a_line_break_in_a_message_makes_no_second_line(log: Path) -> None:
    logging.getLogger("brygga").warning("a\nb\x1b[31m")
    assert len(log.read_text(encoding="utf-8").splitlines()) == 1


def test_only_the_owner_reads_the_log(log: Path) -> None:
    logging.getLogger("brygga").warning("hej")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_request_addresses_of_the_http_library_are_not_logged(log: Path) -> None:
    logging.getLogger("httpx").info("GET https://x.test")
    assert not log.exists()


def test_the_log_turns_at_its_size_and_keeps_five(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for handler in _own_handlers():
        monkeypatch.setattr(handler, "maxBytes", 2000)
    for number in range(200):
        logging.getLogger("brygga").info("rad %s Bearer %s", number, CANARY)
    files = sorted(one for one in log.parent.glob("brygga.log*") if one.suffix != ".lock")
    assert [one.name for one in files] == ["brygga.log", *(f"brygga.log.{number}" for number in range(1, 6))]
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 and one.stat().st_size <= 2000 for one in files)
    assert not any(CANARY in one.read_text(encoding="utf-8") for one in files)


WRITER = """
import logging, sys
from pathlib import Path
from core import logs

logs.LARGEST_FILE, logs.OLD_FILES = 20_000, 400
logs.start(Path(sys.argv[1]), "info")
for number in range(300):
    logging.getLogger("brygga").info("%s %s", sys.argv[2], number)
"""


def test_processes_that_turn_the_log_at_once_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "brygga.log"
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=PROJECT)
        for name in ("a", "b", "c")
    ]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    lines = [
        line for one in tmp_path.glob("brygga.log*") for line in one.read_text(encoding="utf-8").splitlines()
    ]
    assert sorted(json.loads(line)["message"] for line in lines) == sorted(
        f"{name} {number}" for name in "abc" for number in range(300)
    )
