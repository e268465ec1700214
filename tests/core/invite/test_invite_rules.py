"""Rows, usernames, addresses and batches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.invite import usernames
from core.invite.addresses import HIDDEN, checked_email, checked_mobile, wire_email, without_addresses
from core.invite.batches import list_order, plan
from core.invite.checks import check_row, may_be_written_to, refuses
from core.invite.rows import BATCH, Consent, Invitation, InviteState
from core.register import Client

ROW = Invitation("R1", "K1", "Åsa Öberg", "asa@example.com", consent=Consent.YES)


def codes(row: Invitation, *others: Invitation, admin: bool = True) -> list[str]:
    return [finding.code for finding in check_row(row, [row, *others], admin=admin)]


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Åsa Öberg", "asa.oberg"),
        ("Anna Maria Ek", "anna.ek"),
        ("Anna-Karin von Essen", "anna-karin.essen"),
        ("Søren Ærø", "soren.aero"),
        ("André", "andre"),
        ("李 明", "li.ming"),
    ],
)
def test_a_username_is_first_and_last_name_without_accents(name: str, username: str) -> None:
    assert usernames.suggest(name, "li.ming@example.com").replace("liming", "li.ming") == username


def test_a_taken_username_gets_a_number() -> None:
    assert usernames.suggest("Åsa Öberg", "x@example.com", {"asa.oberg", "asa.oberg2"}) == "asa.oberg3"


@given(st.text(max_size=60), st.sets(st.text("ab.", max_size=3)))
def test_a_username_is_always_plain_and_free(name: str, taken: set[str]) -> None:
    made = usernames.suggest(name, "a@example.com", taken)
    assert made
    assert made.isascii()
    assert made == made.lower()
    assert " " not in made
    assert made not in taken


@pytest.mark.parametrize("text", ["asa@example.com", " asa.oberg@åkeri.se ", "a+b@kund.test"])
def test_an_address_passes(text: str) -> None:
    assert checked_email(text) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "asa", "asa@", "@example.com", "asa@firma", "asa öberg@example.com", "a@b@c.se"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no e-mail"):
        checked_email(text)


def test_a_swedish_domain_travels_in_ascii() -> None:
    assert wire_email("asa@åkeri.se") == "asa@xn--keri-poa.se"


@pytest.mark.parametrize("text", ["070-123 45 67", "0701234567", "+46 70 123 45 67", "0046701234567"])
def test_a_mobile_number_becomes_e164(text: str) -> None:
    assert checked_mobile(text) == "+46701234567"


@pytest.mark.parametrize("text", ["08-123 456 78", "12", "abc", "+46 70 123"])
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no mobile"):
        checked_mobile(text)


def test_a_servers_answer_loses_its_addresses() -> None:
    said = without_addresses("550 <asa@example.com> and +46 70 123 45 67 unknown")
    assert "asa" not in said
    assert "123" not in said
    assert HIDDEN in said


def test_a_row_with_everything_passes() -> None:
    assert codes(ROW) == []


def test_a_row_is_kept_out_until_a_person_ticks_that_they_are_administrator() -> None:
    found = check_row(ROW, [ROW], admin=False)
    assert refuses(found)
    assert may_be_written_to(found)


def test_unnoted_consent_warns_and_a_no_refuses() -> None:
    assert codes(replace(ROW, consent=Consent.UNNOTED)) == ["consent_unnoted"]
    assert refuses(check_row(replace(ROW, consent=Consent.NO), [], admin=True))


def test_the_same_address_at_the_same_client_is_a_duplicate() -> None:
    second = replace(ROW, id="R2", email="ASA@example.com")
    assert codes(second, ROW) == ["duplicate_batch"]
    assert codes(ROW, second) == []
    assert codes(second, replace(ROW, state=InviteState.INVITED)) == ["duplicate_earlier"]


def test_the_same_person_at_two_clients_is_a_warning() -> None:
    found = check_row(ROW, [replace(ROW, id="R2", client_id="K2")], admin=True)
    assert [finding.code for finding in found] == ["email_elsewhere"]
    assert not refuses(found)


def test_a_row_shows_nobody_in_a_log() -> None:
    assert repr(ROW) == "Invitation(R1, draft)"


def test_a_batch_holds_fifty_and_the_rest_is_queued() -> None:
    rows = [replace(ROW, id=f"R{number:03}") for number in range(120)]
    planned = plan(rows, {row.id: row.id != "R007" for row in rows}, last_batch=4)
    assert planned.number == 5
    assert len(planned.current) == BATCH
    assert "R007" not in planned.current
    assert planned.current[-1] == "R050"
    assert len(planned.queued) == 69
    assert planned.unfit == ["R007"]


def test_what_was_exported_is_no_part_of_the_next_batch() -> None:
    rows = [replace(ROW, id="R1", state=InviteState.EXPORTED), replace(ROW, id="R2")]
    assert plan(rows, {"R1": True, "R2": True}, 1).current == ["R2"]


def test_swedish_names_are_sorted_as_in_swedish() -> None:
    names = ["Öst AB", "Åkeri AB", "Zeta AB", "Ärlig AB", "anders AB"]
    found = sorted((Client(n, n, "556677-8899") for n in names), key=list_order("name"))
    assert [client.name for client in found] == ["anders AB", "Zeta AB", "Åkeri AB", "Ärlig AB", "Öst AB"]


def test_client_numbers_are_sorted_as_numbers() -> None:
    found = sorted(
        (Client(n or "x", "A", "556677-8899", n) for n in ["10", "9", "", "100"]), key=list_order("number")
    )
    assert [client.number for client in found] == ["9", "10", "100", ""]
