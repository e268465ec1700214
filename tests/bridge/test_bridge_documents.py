"""What is generated from the command table, and the Swedish of the command line."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).parents[2]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_reference_is_up_to_date() -> None:
    reference = tool("reference")
    assert reference.TARGET.read_text(encoding="utf-8") == reference.text()


def test_every_sentence_of_the_command_line_has_its_swedish() -> None:
    assert tool("catalogues").differences("sv", "bridge") == ([], [])


def swedish() -> list[Message]:
    catalogue: Catalog = tool("catalogues").translated("sv", "bridge")
    return [message for message in catalogue if message.id]


@pytest.mark.parametrize("message", swedish(), ids=lambda message: str(message.id)[:40])
def test_a_translation_keeps_its_places(message: Message) -> None:
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    for english, translated in zip(ids, strings, strict=True):
        assert _places(str(english)) == _places(str(translated))


def _places(text: str) -> set[str]:
    import string

    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}
