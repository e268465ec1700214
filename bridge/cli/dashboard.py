"""``brygga dashboard``: the overview for a screen on the wall."""

from __future__ import annotations

import sys

from bridge.cli.session import Run
from core.errors import UsageError
from core.i18n import _


def dashboard(*, run: Run) -> int:
    """Show the overview full-screen: it reads by itself, never writes, and needs no key."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "usage",
            _("The dashboard needs a terminal."),
            _("Input or output goes to a file or a pipe."),
            _("Without one, a line for every change is printed by: brygga status --watch"),
        )
    return run.interface.dashboard(run.settings)
