"""Swedish first, English second: gettext with English message ids.

Each area owns a catalogue (``core``, ``bridge``, ``tui``) under ``core/locale/<language>/LC_MESSAGES``;
the areas are chained, so that a message is found wherever it is translated. Messages marked with ``_`` are
translated when the sentence is made, in the language that ``use`` chose for the process.
"""

from __future__ import annotations

import gettext
from pathlib import Path
from typing import ClassVar

AREAS = ("core", "bridge", "tui")
LANGUAGES = ("sv", "en")
LOCALE_DIR = Path(__file__).parent / "locale"


class _Active:
    """The language of this process and its chained catalogues."""

    language = "sv"
    catalogue: gettext.NullTranslations | None = None
    messages: ClassVar[dict[str, str]] = {}
    """What has been translated: a screen asks for the same words again and again."""


def use(language: str) -> None:
    """Choose the language of everything that is shown from now on: ``sv`` or ``en``."""
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}")
    _Active.language = language
    _Active.catalogue = _load(language)
    _Active.messages = {}


def language() -> str:
    """The language in use."""
    return _Active.language


def _load(language: str) -> gettext.NullTranslations:
    chained = gettext.NullTranslations()
    found: gettext.NullTranslations | None = None
    for area in AREAS:
        catalogue = gettext.translation(area, LOCALE_DIR, [language], fallback=True)
        if found is None:
            chained = found = catalogue
        else:
            found.add_fallback(catalogue)
    return chained


def _catalogue() -> gettext.NullTranslations:
    if _Active.catalogue is None:
        _Active.catalogue = _load(_Active.language)
    return _Active.catalogue


def _(message: str) -> str:
    """The message in the language in use."""
    found = _Active.messages.get(message)
    if found is None:
        found = _Active.messages[message] = _catalogue().gettext(message) if message else ""
    return found


def ngettext(singular: str, plural: str, count: int) -> str:
    """The singular or plural form for ``count`` in the language in use."""
    return _catalogue().ngettext(singular, plural, count)


def mark(message: str) -> str:
    """Mark a message for the catalogues without translating it yet (tables built at import time)."""
    return message
