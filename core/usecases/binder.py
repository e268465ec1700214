"""Bokslutspärm: everything that supports a closed year, in one zip and, where reportlab is there, one PDF."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.clock import rfc3339
from core.errors import UsageError
from core.files import content_hash
from core.i18n import _
from core.model import Annex
from core.output.document import Document
from core.register import Client, ClosingVoucher, Engagement, FrozenAnnex, ImportRun, SignOff
from core.store import imports, reconciliation, vouchers
from core.store.database import Transaction
from core.usecases.annexes import views
from core.usecases.binder_lists import sign_off_document, voucher_document
from core.usecases.context import Context
from core.usecases.documents import (
    annex_document,
    can_write_pdf,
    reconciliation_document,
    render,
    report_document,
)
from core.usecases.engagements import load
from core.usecases.reconcile import Reconciliation, read_list
from core.usecases.reports import Report, ReportKind, read_report


@dataclass(frozen=True, slots=True)
class Binder:
    """A finished binder: its bytes and what is in it."""

    client: Client
    engagement: Engagement
    name: str
    """A file name without any organisation number (a sole trader's is a personal identity number)."""
    data: bytes
    contents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    client: Client
    engagement: Engagement
    run: ImportRun
    annexes: Sequence[Annex]
    frozen: Sequence[FrozenAnnex]
    listed: Reconciliation
    reports: Sequence[Report]
    vouchers: Sequence[ClosingVoucher]
    sign_offs: Sequence[SignOff]
    packed: bytes


async def make_binder(ctx: Context, engagement_id: str) -> Binder:
    """The engagement's binder: the same bytes as long as nothing in it has changed.

    Raises:
        UsageError: ``id_unknown``; ``usage``: nothing has been imported yet.
    """
    parts = await ctx.store.read(lambda tx: _read(tx, engagement_id))
    binder = await asyncio.to_thread(_bind, parts)
    client, engagement = parts.client, parts.engagement

    def record(tx: Transaction) -> None:
        ctx.record(
            tx,
            "binder.made",
            client_id=client.id,
            engagement_id=engagement.id,
            sha256=content_hash(binder.data),
        )

    await ctx.store.write(record)
    return binder


def _read(tx: Transaction, engagement_id: str) -> _Parts:
    client, engagement = load(tx, engagement_id)
    run = imports.latest(tx, engagement_id)
    if run is None:
        raise UsageError(
            "usage",
            _("Nothing has been imported for {client} {year}.").format(
                client=client.name, year=engagement.year.label
            ),
            _("A binder holds the annexes, statements and sign-offs of imported books."),
            _("Import the year first."),
        )
    return _Parts(
        client,
        engagement,
        run,
        [view.shown for view in views(tx, engagement_id, run)],
        list(reconciliation.frozen(tx, engagement_id).values()),
        read_list(tx, engagement_id),
        [read_report(tx, engagement_id, kind) for kind in ReportKind],
        vouchers.of_engagement(tx, engagement_id),
        reconciliation.sign_offs(tx, engagement_id),
        imports.packed_sie(tx, run.id),
    )


def _bind(parts: _Parts) -> Binder:
    documents = _documents(parts)
    files = {f"{name}.xlsx": render(document, "xlsx") for name, document in documents.items()}
    if can_write_pdf():
        sheets = [sheet for document in documents.values() for sheet in document.sheets]
        whole = Document(parts.client.name, parts.client.orgnr, parts.engagement.year.to_date, sheets)
        files = {"00-" + _("binder") + ".pdf": render(whole, "pdf"), **files}
    files[_("books") + ".se"] = imports.unpack_sie(parts.packed)
    files["manifest.json"] = _manifest(parts, files)
    year = f"{parts.engagement.year.from_date}--{parts.engagement.year.to_date}"
    return Binder(
        parts.client,
        parts.engagement,
        f"{_('binder')}-{year}.zip",
        _zip(files, parts.run.made_at),
        tuple(files),
    )


def _documents(parts: _Parts) -> dict[str, Document]:
    """The documents in reading order, by file name without ending."""
    client, day = parts.client, parts.engagement.year.to_date
    made = {"01-" + _("statements"): report_document(*parts.reports)}
    made["02-" + _("reconciliation")] = reconciliation_document(parts.listed)
    if parts.annexes:
        made["03-" + _("annexes")] = annex_document(client, parts.engagement, parts.annexes)
    if parts.frozen:
        frozen = [one.annex for one in parts.frozen]
        made["04-" + _("signed-off-annexes")] = annex_document(client, parts.engagement, frozen)
    names = {line.code: line.label for one in parts.reports for line in one.lines}
    made["05-" + _("closing-vouchers")] = voucher_document(client, day, parts.vouchers, names)
    made["06-" + _("sign-offs")] = sign_off_document(client, day, parts.sign_offs)
    return made


def _manifest(parts: _Parts, files: dict[str, bytes]) -> bytes:
    """What the binder rests on, and the SHA-256 of every file in it."""
    record = {
        "client": parts.client.name,
        "year": [str(parts.engagement.year.from_date), str(parts.engagement.year.to_date)],
        "locked": parts.engagement.locked,
        "import": {
            "id": parts.run.id,
            "made_at": rfc3339(parts.run.made_at),
            "source": parts.run.source.value,
            "person": parts.run.person,
            "sha256": parts.run.sha256,
        },
        "files": {name: content_hash(data) for name, data in files.items()},
    }
    return json.dumps(record, ensure_ascii=False, indent=2).encode() + b"\n"


def _zip(files: dict[str, bytes], at: datetime) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return target.getvalue()
