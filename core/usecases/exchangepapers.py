"""Supporting documents from a client's ``underlag`` folder to its inbox at Fortnox, each content once.

Before anything is sent the inbox is looked through for a document of the same name and content, so neither a
crash between the upload and its note nor a restored store puts it there twice. An upload without a certain answer
is looked for after the horizon of the export, because Fortnox may still be taking it in.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core.errors import BryggaError, FortnoxRejected, Refused
from core.files import read_regular_file
from core.fortnox import papers
from core.fortnox.api import Api
from core.fortnox.papers import Paper
from core.i18n import _
from core.papers import LARGEST_PAPER, PaperKind, kind_of, named_kind
from core.register import Client
from core.store import errands
from core.store.errands import Errand, ErrandKind
from core.usecases.context import Context
from core.usecases.errandstate import Wait, later
from core.usecases.exchange import Parcel, Settled, duplicate, earlier_of, heading, refuse, settle
from core.usecases.rights import Right, needs
from core.usecases.tokens import open_api

_MARGIN = timedelta(seconds=1)
_LONGEST_NAME = 80


@needs(Right.WORK)
async def take_paper(ctx: Context, parcel: Parcel) -> Settled | None:
    """Check a document and let it wait for its upload; settled at once when it is refused or a duplicate."""
    earlier = await ctx.store.read(lambda tx: earlier_of(tx, parcel))
    if earlier is not None:
        return await duplicate(ctx, parcel, earlier)
    try:
        data = await asyncio.to_thread(read_regular_file, parcel.copy, LARGEST_PAPER)
        _refuse_unfit(parcel.name, data)
    except Refused as error:
        return await refuse(ctx, parcel, error, is_sie=False)
    details = {"name": parcel.name, "sha256": parcel.sha256, "size": parcel.size, "owner": parcel.owner}
    errand = Errand(parcel.id, parcel.client_id, ErrandKind.UPLOAD, details, ctx.now(), ctx.now())
    await ctx.store.write(lambda tx: errands.put(tx, errand))
    return None


def _refuse_unfit(name: str, data: bytes) -> None:
    kind, named = kind_of(data), named_kind(name)
    if kind is not None and kind is named:
        return
    listed = ", ".join(each.name for each in PaperKind)
    if kind is not None:
        message = _("The content is {kind}, but the file's name says something else.").format(kind=kind.name)
    else:
        message = _("Fortnox's inbox takes {kinds}; this is none of them.").format(kinds=listed)
    raise Refused(
        "not_paper",
        _("The file was not uploaded."),
        message,
        _("Save it as PDF under a name that ends in .pdf and put it in the folder again."),
    )


@needs(Right.WORK)
async def upload_paper(ctx: Context, client: Client, errand: Errand, copy: Path) -> Wait | BryggaError | None:
    """Put the document into the inbox unless it is there; when that is not certain, the errand waits."""
    parcel = _parcel(errand, copy)
    earlier = await ctx.store.read(lambda tx: earlier_of(tx, parcel))
    if earlier is not None:
        await duplicate(ctx, parcel, earlier)
        return None
    if ctx.now() < _looked_for(ctx, errand):
        return Wait(_looked_for(ctx, errand), None)
    try:
        there = await _ensure_there(ctx, client, errand, parcel)
    except BryggaError as error:
        wait = later(ctx, errand, error)
        if error.retryable and not wait.given_up:
            sent = await ctx.store.read(lambda tx: errands.get(tx, errand.job_id))
            just_sent = sent is not None and sent.sent_at != errand.sent_at
            return replace(wait, due_at=_looked_for(ctx, sent)) if sent and just_sent else wait
        await refuse(ctx, parcel, error, is_sie=False)
        return error
    await settle(ctx, parcel, "done", {**heading(ctx, parcel, "done"), **_receipt(there)})
    return None


def _looked_for(ctx: Context, errand: Errand) -> datetime:
    """When a look into the inbox tells for certain whether an upload has come there."""
    if errand.sent_at is None:
        return errand.since
    return errand.sent_at + timedelta(seconds=ctx.settings.export.horizon_seconds) + _MARGIN


async def _ensure_there(ctx: Context, client: Client, errand: Errand, parcel: Parcel) -> Paper:
    api = await open_api(ctx, client, background=True)
    name = name_at_fortnox(parcel.name, parcel.sha256)
    there = await _find(api, name, parcel)
    if there is not None:
        return there
    data = await asyncio.to_thread(read_regular_file, parcel.copy, LARGEST_PAPER)
    sent = replace(errand, sent_at=ctx.now(), tries=errand.tries + 1)
    await ctx.store.write(lambda tx: errands.put(tx, sent))
    try:
        return await papers.upload(api, name, data)
    except FortnoxRejected:
        there = await _find(api, name, parcel)
        if there is None:
            raise
        return there


async def _find(api: Api, name: str, parcel: Parcel) -> Paper | None:
    """The document in the inbox, recognised by name, size and content."""
    for one in await papers.inbox(api):
        if one.name == name and one.size == parcel.size:
            content = await papers.inbox_content(api, one.inbox_id)
            if hashlib.sha256(content).hexdigest() == parcel.sha256:
                return one
    return None


def name_at_fortnox(name: str, sha256: str) -> str:
    """``kvitto-1a2b3c4d.pdf``: the file's own name with eight digits of its content's hash."""
    stem, _dot, ending = name.rpartition(".")
    plain = "".join(each if each.isalnum() or each in " ._-" else "_" for each in stem).strip(" .")
    return f"{plain[:_LONGEST_NAME] or 'underlag'}-{sha256[:8]}.{ending.lower()}"


def _parcel(errand: Errand, copy: Path) -> Parcel:
    told: dict[str, Any] = errand.details
    return Parcel(
        errand.job_id, errand.client_id, told["name"], copy, told["sha256"], told["size"], told["owner"]
    )


def _receipt(there: Paper) -> dict[str, Any]:
    return {
        "type": "underlag",
        "fortnox": {"id": there.inbox_id, "name": there.name, "folder": papers.VOUCHERS},
    }
