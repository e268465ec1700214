"""Documents at Fortnox: the inbox, the archive, and which document belongs to which voucher.

A document has two ids: ``Id`` in the inbox, ``ArchiveFileId`` in the archive. They are two types here, because
the one in the other's place is an error at Fortnox. The scopes ``inbox``, ``archive`` and ``connectfile`` are not
among those that brygga asks for by itself: they demand licences of the company.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import NewType

import msgspec

from core.errors import BryggaError
from core.fortnox import errors, values
from core.fortnox.api import Api, Outcome, WriteResult
from core.fortnox.paging import listed, segment
from core.fortnox.transport import SIE_LIMIT
from core.fortnox.values import NULL
from core.i18n import _
from core.model import VoucherRef

VOUCHERS = "inbox_v"
"""The inbox's folder of voucher documents."""
InboxId = NewType("InboxId", str)
ArchiveId = NewType("ArchiveId", str)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as a list tells of it; ``size`` in bytes."""

    inbox_id: InboxId
    archive_id: ArchiveId
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Attached:
    """A document that belongs to a voucher."""

    inbox_id: InboxId
    voucher: VoucherRef


class _FileItem(msgspec.Struct, rename="pascal"):
    id: msgspec.Raw = NULL
    archive_file_id: msgspec.Raw = NULL
    name: msgspec.Raw = NULL
    size: msgspec.Raw = NULL

    def record(self) -> Paper:
        size = values.number(self.size)
        return Paper(
            InboxId(values.text(self.id)),
            ArchiveId(values.text(self.archive_file_id)),
            values.text(self.name),
            int(size or 0),
        )


class _FolderItem(msgspec.Struct, rename="pascal"):
    files: list[_FileItem] = []


class _ConnectionItem(msgspec.Struct, rename="pascal"):
    file_id: msgspec.Raw = NULL
    voucher_series: msgspec.Raw = NULL
    voucher_number: msgspec.Raw = NULL
    voucher_year: msgspec.Raw = NULL

    def record(self) -> Attached:
        voucher = VoucherRef(
            values.text(self.voucher_series),
            values.text(self.voucher_number),
            values.text(self.voucher_year),
        )
        return Attached(InboxId(values.text(self.file_id)), voucher)


async def inbox(api: Api, folder: str = VOUCHERS) -> list[Paper]:
    """The documents in a folder of the inbox.

    Raises:
        FortnoxRejected: the scope ``inbox`` or its licence is missing, or there is no such folder.
        LoginNeeded, TryLater: Fortnox did not give it.
    """
    return _folder(await api.get(f"inbox/{segment(folder)}", accept="*/*"))


async def archive(api: Api) -> list[Paper]:
    """The documents in the root of the archive. Raises as ``inbox``, for the scope ``archive``."""
    return _folder(await api.get("archive", accept="*/*"))


def _folder(data: bytes) -> list[Paper]:
    content = values.envelope(data)
    if "Folder" not in content:
        raise errors.missing("Folder")
    return [item.record() for item in values.decode(content["Folder"], _FolderItem).files]


async def inbox_content(api: Api, inbox_id: InboxId) -> bytes:
    """A document of the inbox, byte for byte. Raises as ``inbox``."""
    return await api.get(f"inbox/{segment(inbox_id)}", accept="*/*", limit=SIE_LIMIT)


async def archive_content(api: Api, archive_id: ArchiveId) -> bytes:
    """A document of the archive, byte for byte. Raises as ``archive``."""
    return await api.get("archive", {"fileid": archive_id}, accept="*/*", limit=SIE_LIMIT)


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


async def attachments(api: Api, year_id: str) -> list[Attached]:
    """Which documents belong to which vouchers of the fiscal year.

    Raises:
        FortnoxRejected: the scope ``connectfile`` or its licence is missing.
        LoginNeeded, TryLater: Fortnox did not give it.
    """
    items = await listed(
        api, "voucherfileconnections", "VoucherFileConnections", _ConnectionItem, {"financialyear": year_id}
    )
    return [item.record() for item in items]


async def attach(api: Api, inbox_id: InboxId, voucher: VoucherRef) -> Attached:
    """Tie an uploaded document to a booked voucher, once. Raises as ``upload``."""
    body = {
        "FileId": inbox_id,
        "VoucherSeries": voucher.series,
        "VoucherNumber": voucher.number,
    }
    sent = await api.post(
        "voucherfileconnections",
        {"financialyear": voucher.year_id},
        msgspec.json.encode({"VoucherFileConnection": body}),
    )
    return values.decode(_done(sent, "VoucherFileConnection"), _ConnectionItem).record()


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
