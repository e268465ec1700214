"""The words of one command to the arguments of its function; mistakes become usage errors in three lines."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from cyclopts import App, CycloptsError, Parameter
from cyclopts import exceptions as faults
from cyclopts.argument import ArgumentCollection

from bridge.cli.commands import COMMANDS, Command, beginning_with, find
from core.errors import UsageError
from core.i18n import _
from core.text import clean

LARGEST: Final = 999_999_999


def find_command(words: tuple[str, ...]) -> tuple[Command, tuple[str, ...]]:
    """The command that is meant, and the words left for it.

    Raises:
        UsageError: there is no such command.
    """
    found = find(words)
    if found:
        return found
    group = beginning_with(words[:1])
    if group and len(words) == 1:
        title = _("{name} needs one more word.").format(name=words[0])
        meant = ", ".join(command.name for command in group)
    else:
        title = _("There is no command {name}.").format(name=clean(" ".join(words[:2])))
        names = [command.name for command in (group or COMMANDS)]
        close = difflib.get_close_matches(" ".join(words[:2]), names, n=3, cutoff=0.5)
        meant = ", ".join(close or ([command.name for command in group] if group else []))
    message = _("Did you mean: {commands}?").format(commands=meant) if meant else _("Nothing was run.")
    raise UsageError("usage", title, message, _("See: brygga --help"))


def bind(command: Command, words: tuple[str, ...]) -> tuple[Callable[..., Any], inspect.BoundArguments]:
    """The function of the command and its arguments.

    Raises:
        UsageError: the words do not fit the command.
    """
    function = command.load()
    try:
        __, bound, ___ = _app(function).parse_args(words, print_error=False, exit_on_error=False)
    except CycloptsError as error:
        if "-" in words:
            raise _no_stream() from error
        raise UsageError(
            "usage", _title(error), _reason(error), _("See: brygga {name} --help").format(name=command.name)
        ) from error
    _hold_small(bound)
    return function, bound


def _hold_small(bound: inspect.BoundArguments) -> None:
    """No whole number that a person means is larger than this; the store takes no larger ones.

    Raises:
        UsageError: ``usage``.
    """
    for name, value in bound.arguments.items():
        if isinstance(value, int) and abs(value) > LARGEST:
            raise UsageError(
                "usage",
                _("{value} does not fit {name}.").format(
                    value=clean(str(value), 60), name=f"--{name.replace('_', '-')}"
                ),
                _("It is a whole number of at most nine digits."),
                _("See: brygga --help"),
            )


def _no_stream() -> UsageError:
    return UsageError(
        "usage",
        _("A single - is no file name here."),
        _("brygga reads named files; what it can print goes to standard output without --output."),
        _("Give the file's name, or leave --output out."),
    )


def arguments_of(command: Command) -> ArgumentCollection:
    """What the command takes, for its help and the reference."""
    return _app(command.load()).assemble_argument_collection()


def _app(function: Callable[..., Any]) -> App:
    app = App(help_flags=[], version_flags=[], default_parameter=Parameter(negative=()))
    app.default(function)
    return app


def _title(error: CycloptsError) -> str:
    if isinstance(error, faults.MissingArgumentError):
        return _("{name} is missing.").format(name=_name(error))
    if isinstance(error, faults.RepeatArgumentError):
        return _("{name} is given twice.").format(name=clean(error.token.keyword or error.token.value))
    if isinstance(error, faults.UnknownOptionError):
        return _("There is no option {name} here.").format(
            name=clean(error.token.keyword or error.token.value)
        )
    if isinstance(error, faults.UnusedCliTokensError):
        return _("Too many words: {words}").format(words=clean(" ".join(error.unused_tokens or [])))
    value = getattr(getattr(error, "token", None), "value", "")
    return _("{value} does not fit {name}.").format(value=clean(value) or "''", name=_name(error))


def _reason(error: CycloptsError) -> str:
    argument = error.argument
    if isinstance(error, faults.UnknownOptionError):
        options = (known for known in error.argument_collection if known.parse)
        names = [name for option in options for name in option.names if name.startswith("-")]
        close = difflib.get_close_matches(error.token.keyword or error.token.value, names, n=1)
        if close:
            return _("Did you mean: {commands}?").format(commands=close[0])
    choices = argument.get_choices() if argument else None
    if choices:
        return _("It is one of: {choices}").format(choices=", ".join(choices))
    if argument and argument.hint is date:
        return _("A date is written year-month-day, for example 2025-12-31.")
    if argument and argument.hint is int:
        return _("It is a whole number.")
    if argument and argument.parameter.help:
        return f"{_name(error)}: {_(argument.parameter.help)}"
    return _("Nothing was run.")


def _name(error: CycloptsError) -> str:
    return error.argument.name if error.argument else "?"
