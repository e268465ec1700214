"""Files that a person asked for: whole or not at all, never over an existing one by accident."""

from __future__ import annotations

from pathlib import Path

from core.errors import Refused, UsageError
from core.fence import personal
from core.files import shown, write_atomically
from core.i18n import _
from core.reasons import reason


def write_file(path: Path, data: bytes, *, force: bool | None = None, mode: int = 0o644) -> None:
    """Write ``data`` to ``path``; an existing file is replaced only with ``force``.

    Args:
        path: where.
        data: what.
        force: whether to write over an existing file; None where the caller offers no such choice.
        mode: who may read it; ``PRIVATE_FILE`` for what is about people.

    Raises:
        Refused: ``file_exists``; the file is left as it is.
        UsageError: ``file_missing``: the folder is not there, or it cannot be written.
    """
    path = personal(path)
    try:
        write_atomically(path, data, mode, replace=bool(force))
    except FileExistsError as error:
        raise already_there(path, can_force=force is not None) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            "file_missing",
            _("There is no folder {folder}.").format(folder=shown(path.parent)),
            _("Nothing was written."),
            _("Make the folder or choose another one."),
        ) from error
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("The file {path} cannot be written.").format(path=shown(path)),
            reason(error),
            _("Choose another folder, or ask for the right to write there."),
        ) from error


def already_there(path: Path, *, can_force: bool = False) -> Refused:
    """The error of a name that is taken."""
    offered = _("Choose another name, or write over it with --force.")
    return Refused(
        "file_exists",
        _("There is already a file {path}.").format(path=shown(path)),
        _("It was left as it is."),
        offered if can_force else _("Choose another name."),
    )
