from __future__ import annotations

import inspect

import pytest

from bridge.cli.commands import COMMANDS, GROUPS, Command
from bridge.cli.help import help_lines
from bridge.cli.parser import arguments_of, bind, find_command
from core.errors import UsageError


def fault(*words: str) -> UsageError:
    command, rest = find_command(words)
    with pytest.raises(UsageError) as caught:
        bind(command, rest)
    return caught.value


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_of_the_table_exists_and_takes_its_session(command: Command) -> None:
    assert "run" in inspect.signature(command.load()).parameters


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_parameter_has_help(command: Command) -> None:
    for argument in arguments_of(command):
        assert not argument.parse or argument.parameter.help, argument.name


def test_every_group_is_explained() -> None:
    assert {command.words[0] for command in COMMANDS if len(command.words) == 2} == set(GROUPS)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (("client", "add", "--name", "x"), "--orgnr is missing."),
        (("client", "show"), "CLIENT is missing."),
        (("client", "show", "a", "b"), "Too many words: b"),
        (("client", "list", "--foo"), "There is no option --foo here."),
        (
            ("engagement", "add", "x", "--from", "2025", "--to", "2025-12-31", "--source", "sie4"),
            "2025 does not fit --from.",
        ),
        (("engagement", "source", "x", "paper"), "paper does not fit SOURCE."),
        (("status", "--watch", "--watch"), "--watch is given twice."),
        (("audit", "show", "--limit", "9" * 20), f"{'9' * 20} does not fit --limit."),
        (("invite", "purge", "--older-than", "9" * 10), f"{'9' * 10} does not fit --older-than."),
    ],
)
def test_wrong_words_give_three_lines(words: tuple[str, ...], title: str) -> None:
    error = fault(*words)
    assert error.code == "usage"
    assert error.title == title
    assert error.message
    assert error.hint.startswith("See: brygga ")


def test_a_choice_that_does_not_exist_names_the_choices() -> None:
    assert fault("engagement", "source", "x", "paper").message == "It is one of: fortnox, sie4"


def test_a_misspelt_option_is_guessed() -> None:
    assert "--number" in fault("client", "add", "--name", "x", "--orgnr", "1", "--nummer", "1").message


def test_only_an_option_that_can_be_given_is_guessed() -> None:
    assert "--run" not in fault("demo", "--runs").message


def test_a_misspelt_command_is_guessed() -> None:
    with pytest.raises(UsageError, match="client list"):
        find_command(("client", "lst"))


def test_a_group_alone_names_its_commands() -> None:
    with pytest.raises(UsageError, match="secrets rekey"):
        find_command(("secrets",))


def test_a_value_may_begin_with_a_dash_after_two_dashes() -> None:
    command, rest = find_command(("client", "show", "--", "-x"))
    assert bind(command, rest)[1].arguments == {"client": "-x"}


def test_the_help_lists_every_command() -> None:
    page = "\n".join(help_lines(()))
    assert all(command.name in page for command in COMMANDS)


def test_the_help_of_a_command_shows_how_it_is_written() -> None:
    first = next(iter(help_lines(("engagement", "add"))))
    assert first == "brygga engagement add CLIENT --from FROM --to TO --source SOURCE"


@pytest.mark.parametrize(
    "words", [("sie", "summary", "-"), ("annex", "1", "-o", "-"), ("voucher", "add", "1", "-")]
)
def test_a_single_dash_is_no_file(words: tuple[str, ...]) -> None:
    command, rest = find_command(words)
    with pytest.raises(UsageError, match="single - is no file name"):
        bind(command, rest)
