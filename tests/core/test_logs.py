from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import logs

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
