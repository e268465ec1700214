from __future__ import annotations

import pytest

from core import i18n
from core.i18n import _, ngettext


def test_swedish_is_the_language_of_the_start() -> None:
    assert i18n.language() == "sv"


def test_a_message_is_swedish() -> None:
    assert _("Nothing was changed.") == "Inget ändrades."


def test_a_message_is_english_when_asked_for() -> None:
    i18n.use("en")
    assert _("Nothing was changed.") == "Nothing was changed."


def test_an_unknown_message_is_shown_as_it_is() -> None:
    assert _("No such message at all") == "No such message at all"


def test_the_empty_message_is_empty() -> None:
    assert _("") == ""


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="klingon"):
        i18n.use("klingon")


@pytest.mark.parametrize(("count", "word"), [(0, "och"), (1, "och"), (2, "och")])
def test_plural_forms_are_translated(count: int, word: str) -> None:
    assert ngettext("and {count} more", "and {count} more", count).startswith(word)
