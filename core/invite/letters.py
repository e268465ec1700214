"""Letters to clients: templates with checked placeholders, filled in for one row."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from core.i18n import _
from core.text import clean

LANGUAGES = ("sv", "en")
LONGEST_SUBJECT = 150
LONGEST_BODY = 20_000
LONGEST_SMS = 459
"""Three parts of an SMS in GSM 03.38; a longer one is refused when the template is saved."""


class LetterKind(StrEnum):
    """What a letter is about, and by which way it goes."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Template:
    """A letter with ``{placeholders}``. An SMS has no subject."""

    kind: LetterKind
    language: str
    subject: str
    body: str
    edited: bool = False
    """The firm's own wording, not brygga's."""


PLACEHOLDERS = ("name", "first_name", "client", "firm", "sender", "username", "reply_to")
"""The person, the person's first name, the client company, the firm, who invites, the suggested username, where
questions go."""
UNTOLD = {
    "sv": {"firm": "redovisningsbyrån", "reply_to": "avsändaradressen"},
    "en": {"firm": "the accounting firm", "reply_to": "the sender's address"},
}
"""What stands in a letter where the configuration does not say it."""
_NEEDED = {
    LetterKind.INVITATION: ("client", "firm"),
    LetterKind.REMINDER: ("client", "firm"),
    LetterKind.SMS: ("firm",),
}
"""Without these nobody knows who writes, and about which company."""


def default(kind: LetterKind, language: str) -> Template:
    """Brygga's own wording."""
    place = resources.files("core.invite") / "templates" / f"{kind}.{language}.txt"
    subject, _blank, body = place.read_text(encoding="utf-8").partition("\n\n")
    return Template(kind, language, "" if kind is LetterKind.SMS else subject.strip(), body.strip() + "\n")


def check(template: Template) -> list[str]:
    """What is wrong with a template, in sentences; empty when it can be used."""
    wrong: list[str] = []
    found: set[str] = set()
    for part in (template.subject, template.body):
        try:
            fields = [field for field in string.Formatter().parse(part) if field[1] is not None]
        except ValueError:
            wrong.append(
                _("A brace is not closed: placeholders are written {example}.").format(example="{client}")
            )
            continue
        for _text, name, form, conversion in fields:
            if name in PLACEHOLDERS and not form and conversion is None:
                found.add(name)
            else:
                shown = clean(str(name)) + (f":{clean(form)}" if form else "")
                wrong.append(_("There is no placeholder {name}.").format(name="{" + shown + "}"))
    if not wrong:
        missing = [name for name in _NEEDED[template.kind] if name not in found]
        wrong += [_("The placeholder {name} is missing.").format(name="{" + name + "}") for name in missing]
    return wrong + _lengths(template)


def _lengths(template: Template) -> list[str]:
    sms = template.kind is LetterKind.SMS
    wrong = []
    if not sms and not template.subject.strip():
        wrong.append(_("The subject is empty."))
    if len(template.subject) > LONGEST_SUBJECT or "\n" in template.subject:
        wrong.append(
            _("The subject is one line of at most {count} characters.").format(count=LONGEST_SUBJECT)
        )
    longest = LONGEST_SMS if sms else LONGEST_BODY
    if len(template.body) > longest:
        wrong.append(_("The text is longer than {count} characters.").format(count=longest))
    if not template.body.strip():
        wrong.append(_("The text is empty."))
    return wrong


def tidy(text: str) -> str:
    """A body as it is stored: every line cleaned, no spaces at the ends of lines, one line break at the end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean(line, None).rstrip() for line in lines).strip("\n") + "\n"


def fill(template: Template, facts: Mapping[str, str]) -> tuple[str, str]:
    """(subject, body) for one row; ``facts`` has a value for every placeholder.

    Values are cleaned to one line, so that none of them can add a header or a line.
    """
    untold = UNTOLD[template.language]
    safe = {name: clean(facts[name], 120).strip() or untold.get(name, "") for name in PLACEHOLDERS}
    return template.subject.format(**safe), template.body.format(**safe)
