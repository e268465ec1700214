"""Resources: the inbox, the archive, and documents tied to vouchers."""

from __future__ import annotations

import uuid

from core.fortnox.sandbox import lists
from core.fortnox.sandbox.answers import (
    Answer,
    ApiError,
    Document,
    json_answer,
    missing_field,
    not_found,
    whole,
)
from core.fortnox.sandbox.company import YEAR
from core.fortnox.sandbox.routes import Call, resource
from core.fortnox.sandbox.world import StoredFile

INBOX_FOLDERS = {
    "inbox_v": "Verifikationer",
    "inbox_s": "Leverantörsfakturor",
    "inbox_kf": "Kundfakturor",
    "inbox_d": "Dagskassor",
    "inbox_b": "Bankfiler",
    "inbox_a": "Anläggningsregister",
    "inbox_l": "Löner",
    "inbox_o": "Order",
    "inbox_of": "Offerter",
}
NAMESPACE = uuid.UUID("6d3c2b1a-0f00-4000-8000-000000000042")


@resource("GET", "/3/inbox", "inbox", "path")
def inbox(call: Call) -> Document:
    """The inbox's root, with its fixed folders."""
    folders = [
        {"@url": f"{call.base}/inbox/{key}", "Id": key, "Name": name} for key, name in INBOX_FOLDERS.items()
    ]
    files = [_file(call, stored, "inbox") for stored in call.tenant.files.values() if not stored.folder]
    root = {"@url": f"{call.base}/inbox", "Id": "root", "Name": "root", "Email": ""}
    return {"Folder": root | {"Files": files, "Folders": folders}}


@resource("POST", "/3/inbox", "inbox", "path folderid")
def upload_to_inbox(call: Call) -> Document:
    """Upload a document to the inbox."""
    return {"File": _file(call, _store(call, call.query.get("folderid", "inbox_v")), "inbox")}


@resource("GET", "/3/inbox/{Id}", "inbox", raw=True)
def inbox_file(call: Call) -> Answer:
    """A document by its inbox id, or one of the inbox's folders."""
    key = call.path["Id"]
    if key in INBOX_FOLDERS:
        return _folder(call, key)
    stored = call.tenant.files.get(key)
    if stored is None:
        raise not_found("filen", 2001161)
    return Answer(200, stored.content, "application/octet-stream")


def _folder(call: Call, key: str) -> Answer:
    files = [_file(call, stored, "inbox") for stored in call.tenant.files.values() if stored.folder == key]
    folder = {"@url": f"{call.base}/inbox/{key}", "Id": key, "Name": INBOX_FOLDERS[key], "Email": ""}
    return json_answer({"Folder": folder | {"Files": files, "Folders": []}})


@resource("GET", "/3/archive", "archive", "path fileid", raw=True)
def archive(call: Call) -> Answer:
    """The archive's root, or with ``fileid`` a document by its archive id."""
    wanted = call.query.get("fileid")
    if wanted is not None:
        return _by_archive_id(call, wanted)
    files = [_file(call, stored, "archive") for stored in call.tenant.files.values()]
    root = {"@url": f"{call.base}/archive", "Id": "root", "Name": "root", "Email": ""}
    return json_answer({"Folder": root | {"Files": files, "Folders": []}})


@resource("POST", "/3/archive", "archive", "path folderid")
def upload_to_archive(call: Call) -> Document:
    """Upload a document to the archive."""
    return {"File": _file(call, _store(call, ""), "archive")}


@resource("GET", "/3/archive/{id}", "archive", "fileid", raw=True)
def archive_file(call: Call) -> Answer:
    """A document of the archive."""
    return _by_archive_id(call, call.path["id"])


def _by_archive_id(call: Call, wanted: str) -> Answer:
    for stored in call.tenant.files.values():
        if stored.archive_id == wanted:
            return Answer(200, stored.content, "application/octet-stream")
    raise not_found("filen", 2001161)


def _store(call: Call, folder: str) -> StoredFile:
    if call.upload is None:
        raise ApiError(2001392, "Ingen eller felaktig typ av data.")
    name, content = call.upload
    index = len(call.tenant.files)
    ids = [
        str(uuid.uuid5(NAMESPACE, f"{call.tenant.number}/{index}/{kind}")) for kind in ("inbox", "archive")
    ]
    stored = StoredFile(ids[0], ids[1], name, folder, content)
    call.tenant.files[stored.id] = stored
    return stored


def _file(call: Call, stored: StoredFile, room: str) -> Document:
    return {
        "@url": f"{call.base}/{room}/{stored.id}",
        "ArchiveFileId": stored.archive_id,
        "Comments": "",
        "Id": stored.id,
        "Name": stored.name,
        "Path": stored.folder,
        "Size": len(stored.content),
    }


@resource("GET", "/3/voucherfileconnections", "connectfile", YEAR, listing=True)
def connections(call: Call) -> Document:
    """The documents tied to vouchers."""
    year = call.year.id if call.query.get("financialyear") else None
    found = [each for each in call.tenant.connections if year is None or each["VoucherYear"] == year]
    return lists.page("VoucherFileConnections", found, call.query, lambda item: item)


@resource("GET", "/3/voucherfileconnections/{FileId}", "connectfile")
def connection(call: Call) -> Document:
    """What one document is tied to."""
    for each in call.tenant.connections:
        if each["FileId"] == call.path["FileId"]:
            return {"VoucherFileConnection": each}
    raise not_found("filkopplingen", 2001161)


@resource("POST", "/3/voucherfileconnections", "connectfile", YEAR)
def connect(call: Call) -> Document:
    """Tie an uploaded document to a voucher."""
    given = call.body.get("VoucherFileConnection") if isinstance(call.body, dict) else None
    if not isinstance(given, dict):
        raise ApiError(2001392, "Ingen eller felaktig typ av data.")
    for name in ("FileId", "VoucherSeries", "VoucherNumber"):
        if not given.get(name):
            raise missing_field(name)
    if str(given["FileId"]) not in call.tenant.files:
        raise not_found("filen", 2001161)
    year, number = call.year, str(given["VoucherNumber"])
    voucher = call.books.find(year, str(given["VoucherSeries"]), whole(number) or 0)
    if voucher is None:
        raise not_found("verifikationen", 2000441)
    made: Document = {
        "@url": f"{call.base}/voucherfileconnections/{given['FileId']}",
        "FileId": given["FileId"],
        "VoucherDescription": voucher.text,
        "VoucherNumber": number,
        "VoucherSeries": voucher.series,
        "VoucherYear": year.id,
    }
    call.tenant.connections.append(made)
    return {"VoucherFileConnection": made}
