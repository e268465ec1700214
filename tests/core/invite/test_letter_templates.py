"""The wording of letters: placeholders are checked, values cannot add lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.invite import letters
from core.invite.letters import LANGUAGES, LONGEST_SMS, PLACEHOLDERS, LetterKind, Template

OWN = Template(LetterKind.INVITATION, "sv", "{firm} och {client}", "Hej {first_name}!\n")
FACTS = dict.fromkeys(PLACEHOLDERS, "x")


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_bryggas_own_wording_passes_its_own_check(kind: LetterKind, language: str) -> None:
    assert letters.check(letters.default(kind, language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_invitation_tells_who_invites_what_comes_and_what_to_do(language: str) -> None:
    body = letters.default(LetterKind.INVITATION, language).body
    for piece in ("{firm}", "{client}", "Fortnox", "App Store", "Google Play", "{reply_to}"):
        assert piece in body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{nmae}", "{nmae}"),
        ("{0}", "{0}"),
        ("{}", "{}"),
        ("{client.__class__}", "__class__"),
        ("{client:>9}", "{client:>9}"),
        ("{client", "stängd"),
        ("}", "stängd"),
        ("   \n", "tom"),
    ],
)
def test_a_wrong_text_is_told_of(body: str, said: str) -> None:
    wrong = letters.check(replace(OWN, body=body))
    assert any(said in sentence for sentence in wrong), wrong


def test_a_needed_placeholder_is_missed() -> None:
    assert letters.check(replace(OWN, subject="Hej"))


def test_a_subject_has_one_line() -> None:
    assert letters.check(replace(OWN, subject="{firm} {client}\nBcc: x@example.com"))


def test_an_sms_is_short() -> None:
    sms = Template(LetterKind.SMS, "sv", "", "{firm}" + "x" * LONGEST_SMS)
    assert letters.check(sms)


def test_values_are_cleaned_to_one_line() -> None:
    facts = FACTS | {"client": "Firma\r\nBcc: x@example.com\x1b[2J", "firm": "Byrån"}
    subject, _body = letters.fill(OWN, facts)
    assert "\n" not in subject
    assert "\x1b" not in subject


def test_braces_in_a_name_are_left_alone() -> None:
    subject, _body = letters.fill(OWN, FACTS | {"client": "{firm}"})
    assert subject == "x och {firm}"


def test_a_firm_without_a_name_is_called_something() -> None:
    subject, _body = letters.fill(OWN, FACTS | {"firm": ""})
    assert subject == "redovisningsbyrån och x"
