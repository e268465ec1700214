"""The help texts, made from the command table and the functions' own parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from cyclopts.argument import Argument

from bridge.cli.commands import COMMANDS, GROUPS, Command, beginning_with, find
from bridge.cli.parser import arguments_of
from bridge.cli.tables import facts
from core.i18n import _

OF_A_SESSION: Final = frozenset({"--lang sv|en", "--json", "--no-input", "--help, -h"})
"""The global options that a session over SSH leaves to the person."""


def help_lines(words: tuple[str, ...], allowed: Collection[str] | None = None) -> Iterator[str]:
    """Help on the command, the group or everything that the words name.

    ``allowed`` are the commands of a person's session over SSH; None where every command may be run.
    """
    found = find(words)
    if found:
        yield from command_lines(found[0])
    elif words and beginning_with(words[:1]):
        yield from group_lines(words[0], allowed)
    else:
        yield from overview_lines(allowed)


def overview_lines(allowed: Collection[str] | None = None) -> Iterator[str]:
    """All commands on one page."""
    yield _("brygga closes the years of an accounting firm's clients.")
    yield ""
    yield _("Without a command it opens the interface. Commands:")
    yield from _indented(_told(COMMANDS, allowed))
    yield ""
    yield _("Options, before or after the command:")
    options = global_options()
    yield from _indented(options if allowed is None else [one for one in options if one[0] in OF_A_SESSION])
    yield ""
    yield _("More on one command: brygga COMMAND --help")


def _told(commands: Iterable[Command], allowed: Collection[str] | None) -> Iterator[tuple[str, str]]:
    for command in commands:
        if allowed is None or command.name in allowed:
            yield command.name, _(command.help)


def group_lines(group: str, allowed: Collection[str] | None = None) -> Iterator[str]:
    """The commands of one group."""
    yield f"brygga {group}: {_(GROUPS[group])}"
    yield ""
    yield from _indented(_told(beginning_with((group,)), allowed))


def command_lines(command: Command) -> Iterator[str]:
    """One command: how it is written and what each part means."""
    arguments = [argument for argument in arguments_of(command) if argument.parse]
    yield f"brygga {command.name} {usage(arguments)}".rstrip()
    yield ""
    yield f"  {_(command.help)}"
    if arguments:
        yield ""
        yield from _indented((spelling(argument), meaning(argument)) for argument in arguments)


def usage(arguments: list[Argument]) -> str:
    """``CLIENT [--year YEAR]``."""
    words = []
    for argument in arguments:
        word = argument.names[0] if takes_no_value(argument) else spelling(argument).split(", ")[0]
        words.append(word if argument.required else f"[{word}]")
    return " ".join(words)


def spelling(argument: Argument) -> str:
    """``--output, -o PATH`` or ``CLIENT``."""
    if argument.index is not None:
        return f"{argument.name}..." if takes_many(argument) else argument.name
    if takes_no_value(argument):
        return ", ".join(argument.names)
    value = argument.name.lstrip("-").upper()
    return ", ".join(f"{name} {value}" for name in argument.names)


def meaning(argument: Argument) -> str:
    """The help of an argument, with its choices and default."""
    parts = [_(argument.parameter.help) if argument.parameter.help else ""]
    choices = argument.get_choices()
    if choices:
        parts.append("(" + ", ".join(choices) + ")")
    default = argument.field_info.default
    if default not in {None, False, argument.field_info.empty, ""} and not isinstance(default, tuple):
        parts.append(_("[default: {value}]").format(value=default))
    return " ".join(part for part in parts if part)


def takes_no_value(argument: Argument) -> bool:
    """Whether the option is a plain flag."""
    return argument.hint is bool


def takes_many(argument: Argument) -> bool:
    """Whether the argument may be repeated."""
    return "tuple" in str(argument.hint) or "list" in str(argument.hint)


def global_options() -> list[tuple[str, str]]:
    """The options of every command."""
    return [
        ("--config FILE", _("the configuration file (BRYGGA_CONFIG)")),
        ("--data-dir DIR", _("the data directory (BRYGGA_DATA_DIR)")),
        ("--lang sv|en", _("the language (BRYGGA_LANG)")),
        ("--json", _("print JSON on stdout")),
        ("--no-input", _("never ask; fail instead")),
        ("--as NAME", _("the person that the activity log names")),
        ("--version", _("print the version")),
        ("--help, -h", _("print this help")),
    ]


def _indented(pairs: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> Iterator[str]:
    for line in facts(pairs):
        yield f"  {line}"
