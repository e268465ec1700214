"""The global options, which stand before or after the command; read without the command parser's import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import UsageError
from core.i18n import LANGUAGES, _
from core.paths import LANGUAGE_VARIABLE

HELP_FLAGS = frozenset({"--help", "-h"})
VALUE_OPTIONS = ("--config", "--data-dir", "--lang", "--as")


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of every command, and the command's own words in ``command``."""

    config: Path | None = None
    data_dir: Path | None = None
    language: str | None = None
    person: str = ""
    json: bool = False
    no_input: bool = False
    version: bool = False
    help: bool = False
    command: tuple[str, ...] = field(default=())


def split(arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Take the global options out of the words of a command line; nothing after ``--`` is touched.

    Raises:
        UsageError: an option lacks its value, or the language is not one of ours.
    """
    values: dict[str, str] = {}
    flags: set[str] = set()
    command: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            command.extend([word, *words])
        elif name in VALUE_OPTIONS:
            following = value if equals else next(words, "")
            values[name] = _value_of(name, following if equals or not following.startswith("--") else "")
        elif word in {"--json", "--no-input", "--version"} or word in HELP_FLAGS:
            flags.add(word)
        else:
            command.append(word)
    return Options(
        config=_path(values.get("--config")),
        data_dir=_path(values.get("--data-dir")),
        language=_language(values.get("--lang") or environ.get(LANGUAGE_VARIABLE)),
        person=values.get("--as", ""),
        json="--json" in flags,
        no_input="--no-input" in flags,
        version="--version" in flags,
        help=bool(flags & HELP_FLAGS),
        command=tuple(command),
    )


def _path(value: str | None) -> Path | None:
    return Path(value) if value is not None else None


def _value_of(name: str, value: str) -> str:
    if not value:
        raise UsageError(
            "usage",
            _("The option {name} lacks its value.").format(name=name),
            _("The command was not run."),
            _("See: brygga --help"),
        )
    return value


def _language(value: str | None) -> str | None:
    if value and value not in LANGUAGES:
        raise UsageError(
            "usage",
            _("brygga does not know the language {value}.").format(value=value),
            _("It speaks Swedish (sv) and English (en)."),
            _("Choose with --lang sv or --lang en."),
        )
    return value or None
