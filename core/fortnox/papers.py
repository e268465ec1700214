"""Documents in the inbox at Fortnox.

A document has two ids there, ``Id`` in the inbox and ``ArchiveFileId`` in the archive, and the one in the other's
place is an error: here it goes by the first. The scope ``inbox`` is not among those that brygga asks for by itself:
it demands a licence of the company.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import NewType

import msgspec

from core.errors import BryggaError
from core.fortnox import errors, values
from core.fortnox.api import Api, Outcome, WriteResult
from core.fortnox.paging import segment
from core.fortnox.transport import SIE_LIMIT
from core.fortnox.values import NULL
from core.i18n import _

VOUCHERS = "inbox_v"
"""The inbox's folder of voucher documents."""
InboxId = NewType("InboxId", str)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as a list tells of it; ``size`` in bytes."""

    inbox_id: InboxId
    name: str
    size: int


class _FileItem(msgspec.Struct, rename="pascal"):
    id: msgspec.Raw = NULL
    name: msgspec.Raw = NULL
    size: msgspec.Raw = NULL

    def record(self) -> Paper:
        size = values.number(self.size)
        return Paper(InboxId(values.text(self.id)), values.text(self.name), int(size or 0))


class _FolderItem(msgspec.Struct, rename="pascal"):
    files: list[_FileItem] = []


async def inbox(api: Api, folder: str = VOUCHERS) -> list[Paper]:
    """The documents in a folder of the inbox.

    Raises:
        FortnoxRejected: the scope ``inbox`` or its licence is missing, or there is no such folder.
        LoginNeeded, TryLater: Fortnox did not give it.
    """
    return _folder(await api.get(f"inbox/{segment(folder)}", accept="*/*"))


def _folder(data: bytes) -> list[Paper]:
    content = values.envelope(data)
    if "Folder" not in content:
        raise errors.missing("Folder")
    return [item.record() for item in values.decode(content["Folder"], _FolderItem).files]


async def inbox_content(api: Api, inbox_id: InboxId) -> bytes:
    """A document of the inbox, byte for byte. Raises as ``inbox``."""
    return await api.get(f"inbox/{segment(inbox_id)}", accept="*/*", limit=SIE_LIMIT)


async def upload(api: Api, name: str, content: bytes, folder: str = VOUCHERS) -> Paper:
    """Put a document into a folder of the inbox, once.

    Raises:
        FortnoxRejected: Fortnox said no.
        TryLater: no certain answer; the document may be there all the same.
        LoginNeeded: there is no token; nothing was sent.
    """
    boundary = uuid.uuid4().hex
    sent = await api.post(
        "inbox",
        {"folderid": folder},
        _multipart(boundary, name, content),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    return values.decode(_done(sent, "File"), _FileItem).record()


def _multipart(boundary: str, name: str, content: bytes) -> bytes:
    """One field ``file``; the name without what would end its quotes or the line."""
    safe = "".join("_" if each in '"\\' or not each.isprintable() else each for each in name) or "file"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode()


def _done(sent: WriteResult, key: str) -> bytes:
    if sent.outcome is not Outcome.DONE:
        raise sent.error or errors.unreadable(_("The receipt could not be read."))
    try:
        content = values.envelope(sent.body)
    except BryggaError as error:
        raise errors.unreadable(_("The receipt could not be read.")) from error
    if key not in content:
        raise errors.missing(key)
    return bytes(content[key])
