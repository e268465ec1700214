"""What every command is handed: the settings, the writer, the person, and the way into the core."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from bridge.cli.interface import Interface
from bridge.cli.options import Options
from bridge.cli.output import Output
from core.config import Settings, load
from core.errors import UsageError
from core.fence import confined
from core.i18n import _
from core.paths import Paths
from core.reasons import reason
from core.register import Role
from core.secret import Secret

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.progress import Progress


class Session:
    """One run of one command."""

    def __init__(
        self, options: Options, output: Output, interface: Interface, *, role: Role = Role.ADMIN
    ) -> None:
        self.role = role
        self.options = options
        self.output = output
        self.interface = interface

    @cached_property
    def settings(self) -> Settings:
        """The configuration, read when it is first asked for.

        Raises:
            UsageError: ``config_invalid`` or ``file_missing``.
        """
        directory, person = self.options.data_dir, self.options.person
        own = Paths(directory.absolute()).person(person) if confined() and directory else None
        return load(self.options.config, directory, self.options.language, person_file=own)

    @property
    def person(self) -> str:
        """Whom the activity log names: ``--as``, else the user of the machine."""
        from core.usecases.context import current_person

        return self.options.person or current_person()

    @asynccontextmanager
    async def context(self) -> AsyncIterator[Context]:
        """The core, opened for this command and drained afterwards."""
        from core.usecases.context import open_context

        self._start_log()
        async with open_context(self.settings, person=self.person, role=self.role) as context:
            yield context

    def _start_log(self) -> None:
        from core import logs

        try:
            logs.start(self.settings.log_path, self.settings.log.level)
        except OSError as error:
            raise UsageError(
                "config_invalid",
                _("{path} cannot be written.").format(path=self.settings.log_path),
                reason(error),
                _("Choose another data directory with --data-dir or BRYGGA_DATA_DIR."),
            ) from error

    @asynccontextmanager
    async def keyed_context(self) -> AsyncIterator[Context]:
        """As ``context``, for commands that open the vault: a passphrase is asked for where somebody can answer."""
        from core.usecases.context import ASK

        async with self.context() as context:
            if self.ask is not None:
                context.shared[ASK] = self.ask
            yield context

    @property
    def ask(self) -> Callable[[], Secret] | None:
        """How to ask for the passphrase; None with ``--no-input`` or without a terminal."""
        if self.options.no_input or not sys.stdin.isatty():
            return None
        return ask_passphrase

    def report(self, progress: Progress) -> None:
        """Show a use case's progress on stderr."""
        from bridge.cli.progress import progress_line

        self.output.progress(progress_line(progress))


def ask_passphrase() -> Secret:
    """Ask on the terminal, without showing what is typed."""
    from getpass import getpass

    return Secret(getpass(_("Passphrase of brygga's master key: ")))


Run: TypeAlias = Annotated[Session, Parameter(parse=False)]
"""How a command asks for its session: ``run: Run``."""
