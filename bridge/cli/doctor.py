"""``brygga doctor``, ``paths`` and ``keys``: is everything in order, where it lies, and the keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.cli import shape
from bridge.cli.exits import Exit
from bridge.cli.session import Run
from bridge.cli.tables import facts, wrapped
from core.config import Settings
from core.errors import Internal, Refused, UsageError
from core.i18n import _
from core.register import Check


async def doctor(*, run: Run) -> int:
    """Examine everything that brygga rests on; exit 1 when something is wrong."""
    from core.usecases.doctor import examine, examine_without_store

    try:
        async with run.context() as ctx:
            found = await examine(ctx)
    except (UsageError, Internal, Refused) as error:
        found = await examine_without_store(run.settings, error)
    return answer_checks(run, found)


def answer_checks(run: Run, found: list[Check]) -> int:
    """Print a checklist; 1 when a line of it is wrong and more than a warning."""
    run.output.answer(shape.checks(found), lambda: check_lines(found))
    return Exit.DONE if all(check.ok or check.warning for check in found) else Exit.FAILED


def check_lines(found: Iterable[Check]) -> Iterator[str]:
    """A checklist for people: what was found, and what to do where it is not in order."""
    for check in found:
        word = _("ok") if check.ok else _("note") if check.warning else _("wrong")
        yield f"{word.ljust(6)}  {check.text}"
        more = () if check.ok else (check.why, check.remedy)
        yield from (f"{' ' * 6}  {line}" for line in more if line)


def paths(*, run: Run) -> None:
    """Show where everything lies."""
    places = _places(run.settings)
    record = {key: value for key, (value, _name) in places.items()}
    run.output.answer(record, lambda: facts((name, value) for value, name in places.values()))


def _places(settings: Settings) -> dict[str, tuple[str, str]]:
    """Key -> (path, what it is)."""
    inside = settings.paths
    return {
        "config": (str(settings.config_file), _("configuration")),
        "data_dir": (str(settings.data_dir), _("data directory")),
        "settings": (str(inside.settings), _("changed in the interface")),
        "store": (str(settings.store_path), _("store")),
        "keyfile": (str(settings.keyfile_path), _("master key (keyfile)")),
        "log": (str(settings.log_path), _("log")),
        "locks": (str(inside.locks), _("locks")),
        "limits": (str(inside.limits), _("request window")),
        "copies": (str(inside.copies), _("copies")),
        "exchange": (settings.exchange.dir, _("exchange folder")),
    }


def keys(*, run: Run) -> None:
    """List the keys of the interface."""
    known = run.interface.keys(run.settings.ui.keys)
    record = {"keys": [{"key": key, "action": action, "text": text} for key, action, text in known]}
    run.output.answer(record, lambda: wrapped((_("Key"), _("Action"), _("Does")), known))
