"""Letters as ``.eml`` files, for a firm that sends them from its own mail program.

A file is named for its letter, so a letter that was cut off between writing and saving finds its own file again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.files import make_private_directory, write_atomically
from core.i18n import _
from core.invite.outbound import letter_file
from core.mail.message import Mail, Sender, to_bytes
from core.mail.post import Commit, Delivery, Fate, PostFailed
from core.reasons import reason


class FolderPost:
    """A folder that takes letters."""

    def __init__(self, folder: Path, sender: Sender) -> None:
        self.folder = folder
        self._sender = sender

    async def open(self) -> None:
        """Make the folder.

        Raises:
            PostFailed: it cannot be made.
        """
        try:
            await asyncio.to_thread(make_private_directory, self.folder)
        except OSError as error:
            raise PostFailed(_failed(error)) from None

    async def send(self, mail: Mail, commit: Commit) -> Delivery:
        """Write one letter; a file that is there already is this letter."""
        if not await commit():
            return Delivery(Fate.NOT_NOW)
        data = to_bytes(mail, self._sender, unsent=True)
        try:
            await asyncio.to_thread(write_atomically, self.path_of(mail.id), data, replace=False)
        except FileExistsError:
            return Delivery(Fate.ACCEPTED)
        except OSError as error:
            return Delivery(Fate.NOT_NOW, _failed(error))
        return Delivery(Fate.ACCEPTED)

    def path_of(self, letter_id: str) -> Path:
        """Where a letter lies."""
        return self.folder / letter_file(letter_id)

    async def close(self) -> None:
        """Nothing to say."""


def _failed(error: OSError) -> str:
    return _("The folder of letters cannot be written ({detail}).").format(detail=reason(error))
