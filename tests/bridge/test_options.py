from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli.options import split
from core.errors import UsageError


def test_global_options_may_stand_before_and_after_the_command() -> None:
    before = split(["--json", "--as", "anna", "client", "list"], {})
    after = split(["client", "list", "--json", "--as=anna"], {})
    assert before == after
    assert before.command == ("client", "list")


def test_words_after_two_dashes_belong_to_the_command() -> None:
    assert split(["client", "show", "--", "--json"], {}).command == ("client", "show", "--", "--json")


def test_every_global_option_is_read() -> None:
    options = split(
        ["--config", "c.toml", "--data-dir=d", "--lang", "en", "--json", "--no-input", "--as", "a", "x"], {}
    )
    assert (options.config, options.data_dir, options.language) == (Path("c.toml"), Path("d"), "en")
    assert (options.json, options.no_input, options.person, options.command) == (True, True, "a", ("x",))


def test_the_language_comes_from_the_environment_unless_given() -> None:
    assert split([], {"BRYGGA_LANG": "en"}).language == "en"
    assert split(["--lang", "sv"], {"BRYGGA_LANG": "en"}).language == "sv"


@pytest.mark.parametrize("words", [["--config"], ["--as="], ["--lang", ""], ["--config", "--json", "status"]])
def test_an_option_without_its_value_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        split(words, {})
    assert caught.value.code == "usage"


def test_an_unknown_language_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="klingon"):
        split(["--lang", "klingon"], {})
