from __future__ import annotations

import string
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tools import catalogues


def swedish(area: str) -> list[Message]:
    return [message for message in catalogues.translated("sv", area) if message.id and message.string]


def forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [text] if isinstance(text, str) else [form for form in text or () if form]


def fields(text: str) -> set[str]:
    return {part[1] for part in string.Formatter().parse(text) if part[1] is not None}


@pytest.mark.parametrize("area", catalogues.AREAS)
def test_every_message_has_its_swedish(area: str) -> None:
    missing, __ = catalogues.differences("sv", area)
    assert missing == []


@pytest.mark.parametrize("area", catalogues.AREAS)
def test_no_translation_is_unused(area: str) -> None:
    __, unused = catalogues.differences("sv", area)
    assert unused == []


@pytest.mark.parametrize("area", catalogues.AREAS)
def test_a_translation_fills_in_what_its_message_does(area: str) -> None:
    strange = [
        message.id
        for message in swedish(area)
        for form in forms(message.string)
        if not fields(form) <= fields("".join(forms(message.id)))
    ]
    assert strange == []


def test_fragments_become_one_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (folder / "core.po").write_text(
        header + 'msgid "Nothing was sent."\nmsgstr "Inget skickades."\n', "utf-8"
    )
    (folder / "core.x.po").write_text(
        header + 'msgid "Nothing was read."\nmsgstr "Inget lästes."\n\nmsgid "No such"\nmsgstr "Nix"\n',
        "utf-8",
    )
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    catalogues.merge()
    assert sorted(message.id for message in catalogues.translated("sv", "core") if message.id) == [
        "Nothing was read.",
        "Nothing was sent.",
    ]
