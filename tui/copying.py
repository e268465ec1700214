"""Copying out of the terminal: OSC 52 for what terminals take, a private file for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.i18n import _

if TYPE_CHECKING:
    from tui.app import BryggaApp

CAP: Final = 74_000
"""Bytes; base64 of this just fits the 100 kB that common terminals accept."""


def copy_address(app: BryggaApp, address: str) -> str:
    """Copy an address, and lay it in a file for those whose terminal takes no copies."""
    from core.files import make_private_directory, write_atomically

    app.copy_to_clipboard(address)
    target = make_private_directory(app.settings.paths.copies) / "address.txt"
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
    from core.files import make_private_directory, write_atomically

    target = make_private_directory(app.settings.paths.copies) / "copy.tsv"
    write_atomically(target, data)
    return _("Too much for the terminal; it lies in {path}.").format(path=target)
