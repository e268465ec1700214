"""Copying out of the terminal: OSC 52 for what terminals take, a private file for the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.fence import confined
from core.i18n import _

if TYPE_CHECKING:
    from tui.app import BryggaApp

CAP: Final = 74_000
"""Bytes; base64 of this just fits the 100 kB that common terminals accept."""


def _folder(app: BryggaApp) -> Path:
    """Where a person finds what the terminal did not take."""
    from core.files import make_private_directory

    return confined() or make_private_directory(app.settings.paths.copies)


def copy_address(app: BryggaApp, address: str) -> str:
    """Copy an address, and lay it in a file for those whose terminal takes no copies."""
    from core.files import write_atomically

    app.copy_to_clipboard(address)
    target = _folder(app) / "address.txt"
    write_atomically(target, address.encode() + b"\n")
    return _("Copied. It also lies in {path}.").format(path=target)


def copy(app: BryggaApp, text: str) -> str:
    """Copy the text; the sentence says where it went."""
    if not text:
        return _("There is nothing to copy.")
    data = text.encode()
    if len(data) <= CAP:
        app.copy_to_clipboard(text)
        return _("Copied: {count} rows.").format(count=text.count("\n") + 1)
    from core.files import write_atomically

    target = _folder(app) / "copy.tsv"
    write_atomically(target, data)
    return _("Too much for the terminal; it lies in {path}.").format(path=target)
