from __future__ import annotations

import json

import pytest

from core.errors import FortnoxRejected, LoginNeeded, TryLater
from core.fortnox.errors import Fault, parse, to_error


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ('{"ErrorInformation":{"Error":1,"Message":"Kan inte","Code":2000434}}', "2000434", "Kan inte"),
        ('{"ErrorInformation":{"error":1,"message":"Ett","code":2000587}}', "2000587", "Ett"),
        ('{"message":"unauthorized"}', "", "unauthorized"),
        ('{"error":"invalid_grant","error_description":"Gone"}', "invalid_grant", "Gone"),
        ("<html><body>Bad gateway</body></html>", "", ""),
        ("", "", ""),
        ("[1]", "", ""),
        ('{"ErrorInformation":[]}', "", ""),
    ],
)
def test_every_body_that_was_recorded_is_read_by_its_content(body: str, code: str, text: str) -> None:
    assert parse(400, body.encode()) == Fault(400, code, text)


def test_broken_bytes_are_no_failure() -> None:
    assert parse(500, b"\xff\xfe{") == Fault(500)


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("", "2000550", "account_inactive"),
        ('Konto "3040" är inte aktivt', "", "account_inactive"),
        ("Kunde inte hitta konto", "2001304", "account_unknown"),
        ("Konto saknas i kontoplanen", "", "account_unknown"),
        ("Anna har låst perioden t.o.m. 2025-12-31.", "2000401", "period_locked"),
        ("Bokföringsdatumet ligger i en automatlåst period", "", "period_locked"),
        ("Verifikationsserien är inte manuell (F)", "", "series_not_manual"),
        ("Ogiltig verifikationsserie angiven", "", "series_unknown"),
        ("Api-licens saknas.", "2001103", "fortnox_error"),
        ("Något helt annat", "2009999", "fortnox_error"),
    ],
)
def test_refusals_become_the_codes_of_the_contract(text: str, code: str, expected: str) -> None:
    error = to_error(Fault(400, code, text))
    assert isinstance(error, FortnoxRejected)
    assert error.code == expected


def test_fortnox_words_and_code_reach_the_person() -> None:
    error = to_error(Fault(400, "2000359", "Värdet innehåller ej tillåtna tecken. (Comments)"))
    assert "Värdet innehåller ej tillåtna tecken. (Comments)" in error.message
    assert "2000359" in error.message
    assert error.details["fortnox_code"] == "2000359"
    assert error.hint


@pytest.mark.parametrize(
    "fault", [Fault(401, "", "unauthorized"), Fault(403, "2000310", "Ogiltig inloggning")]
)
def test_a_refused_login_asks_for_a_new_consent(fault: Fault) -> None:
    error = to_error(fault)
    assert isinstance(error, LoginNeeded)
    assert error.code == "connection_lapsed"


def test_too_many_requests_is_for_later_with_its_time() -> None:
    error = to_error(Fault(429), 2.4)
    assert isinstance(error, TryLater)
    assert (error.code, error.details["retry_after"]) == ("fortnox_limit", 2)


@pytest.mark.parametrize(("status", "code"), [(500, "fortnox_error"), (503, "fortnox_unreachable")])
def test_server_errors_are_for_later(status: int, code: str) -> None:
    error = to_error(Fault(status))
    assert isinstance(error, TryLater)
    assert error.code == code


def test_control_characters_in_the_message_do_not_pass() -> None:
    body = json.dumps({"ErrorInformation": {"Message": "a\x1b]0;x\x07b", "Code": 1}})
    assert "\x1b" not in parse(400, body.encode()).text
