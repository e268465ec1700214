"""The main job without a terminal: connect, import, annexes, voucher, export, proof; each step with its figures.

A step holds when its own figures agree; the job holds when every step does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge.cli import annex_shape, shape
from bridge.cli.connect import connected_lines, connected_record
from bridge.cli.diff import diff_record
from bridge.cli.exits import Exit
from bridge.cli.export import export_lines, export_record
from bridge.cli.imports import annex_summary, import_lines, import_record
from bridge.cli.session import Run
from bridge.cli.tables import amount
from bridge.cli.voucher import voucher_table
from core.i18n import _
from core.model import Annex
from core.money import Ore
from core.register import ClosingVoucher, Engagement
from core.usecases.annexes import annexes, explanation_text
from core.usecases.books import accounts
from core.usecases.connect import Connected
from core.usecases.context import Context, open_context
from core.usecases.demo import Demo, connect, register, sample_vouchers, store_secret
from core.usecases.diffs import BooksDiff, latest_diff
from core.usecases.export import available_series, export_vouchers
from core.usecases.imports import ImportResult, import_year
from core.usecases.vouchers import add_vouchers, get_voucher, mark_ready


@dataclass
class Job:
    """One run of the main job, and whether everything held so far."""

    run: Run
    ctx: Context
    held: bool = True

    def step(self, name: str, title: str, record: shape.Json, lines: Iterable[str], *, ok: bool) -> None:
        """Print one step."""
        self.held = self.held and ok
        verdict = _("ok") if ok else _("FAILED")
        shown = [f"[{verdict}] {title}", *(f"    {line}" for line in lines), ""]
        self.run.output.answer({"step": name, "ok": ok, **record}, lambda: shown)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One company, connected and imported."""

    tenant: str
    """The tenant that was asked for."""
    connected: Connected
    result: ImportResult
    annexes: list[Annex]


async def run_job(run: Run, demo: Demo) -> int:
    """Do the main job on the sample firm; 0 only if every step held."""
    async with open_context(demo.settings, person=run.person) as ctx:
        job = Job(run, ctx)
        _tell_sandbox(job, demo)
        await store_secret(ctx, demo)
        first = (await _fetch_all(job, demo))[0]
        vouchers = await _write_vouchers(job, first.engagement)
        before = await _balances(ctx, first.engagement)
        posted = await _export(job, first.engagement, vouchers)
        await _prove(job, first.engagement, before, posted)
    verdict = _("Everything held.") if job.held else _("Something did not hold; see the steps above.")
    run.output.answer({"step": "result", "ok": job.held}, lambda: [verdict])
    return Exit.DONE if job.held else Exit.FAILED


def _tell_sandbox(job: Job, demo: Demo) -> None:
    record: shape.Json = {
        "api_url": demo.settings.fortnox.api_url,
        "companies": [tenant.name for tenant in demo.tenants],
    }
    title = _("Sandbox at {address} with {count} companies").format(
        address=demo.settings.fortnox.api_url, count=len(demo.tenants)
    )
    job.step("sandbox", title, record, [tenant.name for tenant in demo.tenants], ok=True)


async def _fetch_all(job: Job, demo: Demo) -> list[ImportResult]:
    """Fetch every company at the same time (each has its own request window), and tell of them in order."""
    tasks = [asyncio.create_task(_fetch(job, demo, position)) for position in range(len(demo.tenants))]
    fetched = []
    try:
        for task in tasks:
            company = await task
            _tell_company(job, company)
            fetched.append(company.result)
    finally:
        for task in tasks:
            task.cancel()
    return fetched


async def _fetch(job: Job, demo: Demo, position: int) -> Fetched:
    """Register one company, connect it, import its year, make its annexes."""
    tenant = demo.tenants[position]
    client, engagement = await register(job.ctx, tenant, position)
    connected = await connect(job.ctx, client, tenant)
    result = await import_year(job.ctx, engagement.id, progress=job.run.report)
    return Fetched(tenant.tenant, connected, result, await annexes(job.ctx, engagement.id))


def _tell_company(job: Job, company: Fetched) -> None:
    connected, result = company.connected, company.result
    name = result.client.name
    job.step(
        "connect",
        _("Connect {client}").format(client=name),
        connected_record(connected),
        connected_lines(connected),
        ok=connected.company.tenant == company.tenant,
    )
    job.step(
        "import",
        _("Import {client}").format(client=name),
        import_record(result),
        list(import_lines(result))[:1],
        ok=result.run.vouchers > 0 and result.run.accounts > 0,
    )
    job.step(
        "annexes",
        _("Annexes of {client}").format(client=name),
        {"client": name, "annexes": [annex_shape.summary(annex) for annex in company.annexes]},
        _annex_lines(company.annexes),
        ok=bool(company.annexes) and all(agrees(annex) for annex in company.annexes),
    )


def agrees(annex: Annex) -> bool:
    """Whether the items make the total, and total and books the difference, which is explained."""
    if annex.items is None or annex.total is None or annex.difference is None:
        return False
    side = -1 if annex.account.startswith("2") else 1
    sums = sum(item.open for item in annex.items) == annex.total
    signs = annex.difference == side * annex.total - annex.books
    return sums and signs and (annex.difference == 0 or bool(annex.explanations))


def _annex_lines(made: list[Annex]) -> Iterator[str]:
    yield from annex_summary(made)
    for annex in made:
        if annex.difference:
            yield from (explanation_text(one, annex.account) for one in annex.explanations[:2])


async def _write_vouchers(job: Job, engagement: Engagement) -> list[ClosingVoucher]:
    drafts = sample_vouchers(engagement)[:1]
    made = await add_vouchers(job.ctx, engagement.id, drafts)
    ready = await mark_ready(job.ctx, [voucher.id for voucher in made])
    job.step(
        "voucher",
        _("Write a closing voucher and mark it ready"),
        shape.vouchers(ready),
        voucher_table(ready),
        ok=all(voucher.balance == 0 and voucher.turnover > 0 for voucher in ready),
    )
    return ready


async def _export(job: Job, engagement: Engagement, ready: list[ClosingVoucher]) -> list[ClosingVoucher]:
    series = (await available_series(job.ctx, engagement.id))[0].code
    result = await export_vouchers(job.ctx, engagement.id, series, wait=True, progress=job.run.report)
    job.step(
        "export",
        _("Export to series {series}").format(series=series),
        export_record(result),
        export_lines(result),
        ok=result.posted == len(ready) and not result.rejected and not result.unknown,
    )
    return [await get_voucher(job.ctx, voucher.id) for voucher in ready]


async def _prove(
    job: Job, engagement: Engagement, before: dict[str, Ore], ours: list[ClosingVoucher]
) -> None:
    """Import again: the books after less the books before are our vouchers and nothing else."""
    await import_year(job.ctx, engagement.id, progress=job.run.report)
    after = await _balances(job.ctx, engagement)
    diff = await latest_diff(job.ctx, engagement.id)
    moved = difference(before, after)
    job.step(
        "proof",
        _("Import again: the books after less the books before"),
        {**diff_record(diff), "moved": {account: shape.amount(ore) for account, ore in moved.items()}},
        _proof_lines(moved, diff),
        ok=moved == effect_of(ours) and only_ours(diff, ours),
    )


def _proof_lines(moved: dict[str, Ore], diff: BooksDiff) -> Iterator[str]:
    yield _("Vouchers added {added}, removed {removed}, altered {altered}").format(
        added=len(diff.added), removed=len(diff.removed), altered=len(diff.altered)
    )
    for account, ore in sorted(moved.items()):
        yield f"{account}  {amount(ore)}"


async def _balances(ctx: Context, engagement: Engagement) -> dict[str, Ore]:
    return {row.account.number: row.ib + row.change for row in await accounts(ctx, engagement.id)}


def difference(before: dict[str, Ore], after: dict[str, Ore]) -> dict[str, Ore]:
    """The accounts that moved, and by how much."""
    numbers = before.keys() | after.keys()
    moved = {number: after.get(number, 0) - before.get(number, 0) for number in numbers}
    return {number: ore for number, ore in moved.items() if ore}


def effect_of(vouchers: Iterable[ClosingVoucher]) -> dict[str, Ore]:
    """What vouchers do to the accounts."""
    effect: dict[str, Ore] = {}
    for voucher in vouchers:
        for row in voucher.rows:
            effect[row.account] = effect.get(row.account, 0) + row.amount
    return {account: ore for account, ore in effect.items() if ore}


def only_ours(diff: BooksDiff, ours: Iterable[ClosingVoucher]) -> bool:
    """Whether exactly our vouchers were added and nothing else changed."""
    numbers = {(voucher.series, voucher.number) for voucher in ours}
    added = {(change.series, change.number) for change in diff.added}
    return (
        added == numbers and all(change.ours for change in diff.added) and not (diff.removed or diff.altered)
    )
