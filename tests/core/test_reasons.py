from __future__ import annotations

import errno
import os
import re
import socket
import sqlite3
import ssl
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config_tables import Tables
from core.i18n import use
from core.reasons import of_chain, reason

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_the_system_s_english_is_never_shown(number: int) -> None:
    told = reason(OSError(number, os.strerror(number)))
    assert os.strerror(number) not in told
    assert told.endswith(".")


@pytest.mark.parametrize(
    ("number", "swedish"),
    [
        (errno.ENOSPC, "Disken är full."),
        (errno.EACCES, "Användaren har inte rätt att göra det."),
        (errno.EROFS, "Disken kan bara läsas."),
    ],
)
def test_common_reasons_have_sentences_of_their_own(number: int, swedish: str) -> None:
    assert reason(OSError(number, "x")) == swedish


def test_a_reason_follows_the_language() -> None:
    use("en")
    assert reason(OSError(errno.ENOSPC, "x")) == "The disk is full."


def sqlite_error(statement: str) -> sqlite3.Error:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute(statement)
    except sqlite3.Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError(statement)


def test_a_full_store_is_a_full_disk() -> None:
    full = sqlite_error(
        "CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9999) SELECT i, hex(randomblob(99)) FROM n"
    )
    assert reason(full) == "Disken är full."


def test_a_store_s_fault_without_a_sentence_shows_its_code() -> None:
    assert reason(sqlite_error("nonsense")) == "Databasen svarade med felkoden SQLITE_ERROR."


@pytest.mark.parametrize(
    ("text", "swedish"),
    [
        ('x = 1\n[a\ny = "z"', "Rad 2 går inte att läsa från tecken 3."),
        ("x = 1\nx = 2", "Samma inställning står där två gånger."),
        ("x = ", "Filen slutar mitt i en inställning."),
    ],
)
def test_a_fault_in_toml_tells_where_it_is(text: str, swedish: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert reason(caught.value) == swedish


@pytest.mark.parametrize(
    ("raw", "swedish"),
    [
        ({"ui": {"sprak": "sv"}}, "Inställningen ui.sprak finns inte."),
        (
            {"exchange": {"scan_seconds": "5"}},
            "exchange.scan_seconds ska vara ett heltal, inte text inom citattecken.",
        ),
        ({"ui": {"language": "de"}}, "ui.language kan inte vara de."),
        ({"firm": 3}, "firm ska vara en tabell, inte ett heltal."),
    ],
)
def test_a_wrong_setting_is_named(raw: dict[str, Any], swedish: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(raw, Tables)
    assert reason(caught.value) == swedish


def test_a_certificate_that_is_not_trusted_is_no_missing_right() -> None:
    assert "certifikatet" in reason(ssl.SSLCertVerificationError(1, "certificate verify failed"))


def test_a_name_that_nobody_knows_is_told_of() -> None:
    assert "namnet" in reason(socket.gaierror(-2, "Name or service not known"))


def test_the_system_s_reason_is_found_behind_a_library_s() -> None:
    library = RuntimeError("All connection attempts failed")
    library.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert of_chain(library) == "Ingen svarar där."


def test_no_code_shows_the_system_s_own_words() -> None:
    """Errors of the system, of SQLite and of TOML pass ``core.reasons``."""
    shown = re.compile(r"\.strerror\b|reason=error\b")
    sources = [path for area in ("core", "bridge", "tui") for path in (PROJECT / area).rglob("*.py")]
    found = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in sources
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if shown.search(line) and "LOG." not in line
    ]
    assert found == []
