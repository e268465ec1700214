"""Runs one command: find it, bind its words, await it, and turn what happened into an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import inspect
import logging
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from bridge.cli.exits import Exit, exit_code
from bridge.cli.interface import Interface
from bridge.cli.options import Options
from bridge.cli.output import Output, silence_stdout
from bridge.cli.session import Session
from core import logs
from core.errors import BryggaError, Internal, Interrupted, UsageError
from core.fence import confined, personal
from core.i18n import _, use
from core.reasons import reason
from core.register import Role
from core.text import clean

_NO_WRITING = frozenset({errno.EROFS, errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EDQUOT})
"""What a full or read-only disk and a foreign directory answer."""


def run(options: Options, interface: Interface, *, role: Role = Role.ADMIN) -> int:
    """Run the command of the options; the exit code of the contract."""
    output = Output(json=options.json)
    session = Session(options, output, interface, role=role)
    logging.getLogger().addHandler(logging.NullHandler())  # until the log is open, nothing is printed
    try:
        return int(_run(session))
    except BryggaError as error:
        _tell(output, error)
        return int(exit_code(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        _tell(output, _interrupted())
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        silence_stdout()
        return int(Exit.FAILED)
    except OSError as error:
        told = _of_the_disk(error, session)
        _tell(output, told)
        return int(exit_code(told))
    except Exception as error:  # noqa: BLE001 the last resort: three lines for the person, the rest in the log
        _tell(output, _internal(error, session))
        return int(Exit.FAILED)


def _tell(output: Output, error: BryggaError) -> None:
    """Print the error; a stdout that takes nothing more (a full disk) does not hide it from stderr."""
    try:
        output.error(error)
    except OSError:
        silence_stdout()


def _run(session: Session) -> int:
    _choose_language(session)
    words = session.options.command
    if session.options.help:
        from bridge.cli.forced import ALLOWED
        from bridge.cli.help import help_lines

        for line in help_lines(words, ALLOWED[session.role] if confined() else None):
            session.output.line(line)
        return Exit.DONE
    from bridge.cli.parser import bind, find_command

    command, words = find_command(words)
    function, bound = bind(command, words)
    _hold_inside(bound.arguments)
    result = function(*bound.args, **bound.kwargs, run=session)
    if inspect.iscoroutine(result):
        result = asyncio.run(_until_stopped(result))
    return result or Exit.DONE


def _hold_inside(arguments: dict[str, Any]) -> None:
    """On a forced session every path that was named lies in the person's hand-over folder, or is refused."""
    for name, value in arguments.items():
        if isinstance(value, Path):
            arguments[name] = personal(value)
        elif isinstance(value, (tuple, list)):
            arguments[name] = type(value)(
                personal(each) if isinstance(each, Path) else each for each in value
            )


def _choose_language(session: Session) -> None:
    """The configured language; a broken configuration is told of by the command that needs it."""
    try:
        use(session.settings.ui.language)
    except UsageError:
        use(session.options.language or "sv")


async def _until_stopped(work: Coroutine[Any, Any, int | None]) -> int | None:
    """Let SIGTERM and SIGHUP cancel the work as Ctrl-C does, so that it ends at a safe point."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task


def _interrupted() -> BryggaError:
    return Interrupted(
        "interrupted",
        _("Interrupted."),
        _("What was already stored stays; a voucher on its way is looked up before anything is sent again."),
        _("Run the command again to go on."),
    )


def _of_the_disk(error: OSError, session: Session) -> BryggaError:
    """What the system refused: a file that names itself, or else the output."""
    if error.errno not in _NO_WRITING:
        return _internal(error, session)
    if error.filename is None:
        return Internal(
            "internal",
            _("The output could not be written."),
            reason(error),
            _("What the command did stays done; send its output to a place with room."),
        )
    return UsageError(
        "config_invalid",
        _("{path} cannot be written.").format(path=clean(str(error.filename), None)),
        reason(error),
        _("Choose another data directory with --data-dir or BRYGGA_DATA_DIR."),
    )


def _internal(error: Exception, session: Session) -> BryggaError:
    with contextlib.suppress(BryggaError, OSError):
        logs.start(session.settings.log_path, session.settings.log.level)
    logging.getLogger("brygga.cli").error("internal error", exc_info=error)
    return Internal(
        "internal",
        _("Something went wrong inside brygga ({kind}).").format(kind=type(error).__name__),
        _("Nothing more was done after that point."),
        _("The log has the details; brygga paths shows where it lies."),
    )
