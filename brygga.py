"""The front door: no command opens the interface, a command runs the headless front end.

Only here do the two front ends meet. The interface must not pay for the command parser's import, nor a
command for the interface's.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import BryggaError, UsageError
from core.i18n import LANGUAGES, _, language, use
from core.paths import LANGUAGE_VARIABLE

if TYPE_CHECKING:
    from bridge.cli.options import Options
    from core.config import Settings
    from core.register import Role


INTERRUPTED = 130
ESCAPE_DELAY = "50"
"""Milliseconds that a lone esc waits for the rest of a key's sequence; enough for SSH, and not felt."""


DUMB = frozenset({"dumb", "unknown"})
"""What a terminal calls itself that cannot move its cursor; a full-screen program paints on it without end."""


def _refuse_dumb() -> None:
    name = os.environ.get("TERM", "").lower()
    if name in DUMB:
        raise UsageError(
            "usage",
            _("The interface needs a terminal that can move its cursor."),
            _("This one calls itself {name}.").format(name=name),
            _("Try another terminal, or say what it can do: TERM=xterm-256color"),
        )


class Interface:
    """The full-screen interface as the commands see it."""

    def open(self, settings: Settings, person: str, role: Role) -> int:
        """Run the interface until it is left."""
        _refuse_dumb()
        from core.usecases.ahead import Ahead
        from core.usecases.welcome import is_first_start
        from tui.lean import import_textual

        ahead = None if is_first_start(settings) else Ahead(settings)
        import_textual()
        from tui.app import run

        return run(settings, person=person, role=role, ahead=ahead)

    async def open_inside(self, settings: Settings, person: str) -> int:
        """Run the interface inside a running event loop."""
        from core.clock import SystemClock
        from tui.app import BryggaApp

        return await BryggaApp(settings, person, SystemClock()).run_async() or 0

    def dashboard(self, settings: Settings) -> int:
        """Show the read-only overview until it is left."""
        _refuse_dumb()
        from tui.lean import import_textual

        import_textual()
        from tui.dashboard import run

        return run(settings)

    def keys(self, changes: Mapping[str, str]) -> Sequence[tuple[str, str, str]]:
        """The keys, the actions and what they do."""
        from tui.actions import key_word, rebound

        table = rebound(changes)
        rows = ((" ".join(map(key_word, action.keys)), action.id, _(action.help)) for action in table)
        return list(dict.fromkeys(rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run brygga; the exit code."""
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: Sequence[str]) -> int:
    from bridge.cli.environment import clear_for_session
    from bridge.cli.options import split
    from bridge.cli.output import Output, prepare_streams

    prepare_streams()
    with contextlib.suppress(BryggaError):
        clear_for_session(words, os.environ)
    wished = os.environ.get(LANGUAGE_VARIABLE, "")
    use(wished if wished in LANGUAGES else "sv")
    try:
        options = split(words, os.environ)
        use(options.language or language())
        if options.version:
            return _print_version(Output(json=options.json))
        if not options.command and not options.help:
            return _open_interface(options)
    except BryggaError as error:
        Output(json="--json" in words).error(error)
        return error.default_exit
    from bridge.cli.app import run

    return run(options, Interface())


def _print_version(output: Output) -> int:
    from core.version import __version__

    output.answer({"version": __version__}, lambda: [f"brygga {__version__}"])
    return 0


def _open_interface(options: Options) -> int:
    from core.config import load
    from core.register import Role
    from core.usecases.context import current_person

    if options.json:
        raise UsageError(
            "usage",
            _("--json needs a command."),
            _("Without a command brygga opens the interface, which prints nothing."),
            _("See: brygga --help"),
        )
    os.environ.setdefault("ESCDELAY", ESCAPE_DELAY)
    gc.disable()  # until the first paint: what start-up makes stays, and was looked through for nothing
    settings = load(options.config, options.data_dir, options.language)
    use(settings.ui.language)
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "usage",
            _("The interface needs a terminal."),
            _("Input or output goes to a file or a pipe."),
            _("Run a command instead, for example: brygga status"),
        )
    return Interface().open(settings, options.person or current_person(), Role.ADMIN)


if TYPE_CHECKING:
    from bridge.cli.output import Output

if __name__ == "__main__":
    sys.exit(main())
