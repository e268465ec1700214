"""What an import reads from Fortnox: the year's SIE file, the chart, the series and the ledgers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core import orgnr
from core.collector import collector_paused
from core.errors import Refused
from core.fortnox import resources
from core.fortnox.api import Api
from core.fortnox.schemas import FinancialYear
from core.i18n import _
from core.ledger.reading import ledger_prefixes, may_be_open, needs_details, paid_of
from core.model import (
    Account,
    Company,
    Finding,
    FiscalYear,
    Invoice,
    Ledger,
    LedgerData,
    LedgerReading,
    Series,
    Severity,
    Voucher,
)
from core.register import Client, Engagement
from core.sie.file import SieFile
from core.sie.journal import vouchers_on
from core.usecases.moved import Watch
from core.usecases.progress import Progress, Report
from core.usecases.siebooks import read_sie

STEPS = 7
PHASES = {Ledger.CUSTOMER: ("customer_ledger", 4), Ledger.SUPPLIER: ("supplier_ledger", 5)}
_PREDEFINED = {Ledger.CUSTOMER: resources.RECEIVABLE, Ledger.SUPPLIER: resources.PAYABLE}


@dataclass(frozen=True, slots=True)
class Fetched:
    """Everything that was read, before it is checked."""

    sie: bytes
    accounts: Sequence[Account] = ()
    series: Sequence[Series] = ()
    years: tuple[FiscalYear, ...] = ()
    """The company's fiscal years."""
    year_id: str = ""
    reading: LedgerReading | None = None
    """None where no ledger was read."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be read: the engagement's year, these ledgers, annexes as of ``on``."""

    client: Client
    engagement: Engagement
    ledgers: frozenset[Ledger]
    on: date
    at: datetime
    """When the reading began, UTC."""


async def fetch(api: Api, order: Order, report: Report) -> Fetched:
    """Read the engagement's year and the wanted ledgers.

    Raises:
        Refused: ``company_mismatch``, ``year_mismatch``.
        LoginNeeded, TryLater, FortnoxRejected: Fortnox did not give it.
    """
    report(Progress("company", 1, STEPS))
    refuse_other_tenant(order.client, await resources.company(api))
    report(Progress("year", 2, STEPS))
    years = await resources.financial_years(api)
    current = own_year(years, order.engagement.year)
    year_id = current.year.id or ""
    accounts = await resources.accounts(api, year_id)
    series = await resources.voucher_series(api, year_id)
    main = await _main_accounts(api) if order.ledgers else ()
    watch = await Watch.begin(api, year_id, order.at)
    report(Progress("sie", 3, STEPS))
    sie = await resources.sie(api, year_id)
    prefixes = ledger_prefixes(main)
    neighbours = await _neighbours(api, years, current.year, prefixes) if order.ledgers else ()
    read = [await _read_ledger(api, one, order.on, report) for one in Ledger if one in order.ledgers]
    findings = await watch.end((one.ledger, one.invoices) for one in read)
    if len(order.ledgers) < len(Ledger):
        findings.append(Finding(Severity.INFO, "ledgers_left_out"))
    every_year = tuple(found.year for found in years)
    reading = LedgerReading(tuple(read), order.on, every_year, year_id, neighbours, main, current.cash_method)
    return Fetched(sie, accounts, series, every_year, year_id, reading if read else None, tuple(findings))


def refuse_other_tenant(client: Client, company: Company) -> None:
    """Stop when the connection leads to another company or another database of the same company.

    Raises:
        Refused: ``company_mismatch``.
    """
    same_company = orgnr.same(company.orgnr, client.orgnr)
    if same_company and client.tenant in {"", company.tenant}:
        return
    raise Refused(
        "company_mismatch",
        _("The connection leads to {company} {orgnr} (tenant {tenant}).").format(
            company=company.name, orgnr=company.orgnr, tenant=company.tenant
        ),
        _("The client is {client} {orgnr} (tenant {tenant}). Nothing was read in.").format(
            client=client.name, orgnr=client.orgnr, tenant=client.tenant or "–"
        ),
        _("Disconnect it and connect to the right company."),
    )


def own_year(years: Sequence[FinancialYear], wanted: FiscalYear) -> FinancialYear:
    """Fortnox's year with exactly the engagement's interval.

    Raises:
        Refused: ``year_mismatch``, naming both intervals and the years that exist.
    """
    found = next((one for one in years if one.year == wanted), None)
    if found is not None:
        return found
    overlapping = next((one.year for one in years if wanted.to_date in one.year), None)
    raise Refused(
        "year_mismatch",
        _("Fortnox has no fiscal year {year}.").format(year=wanted)
        if overlapping is None
        else _("The fiscal year in Fortnox is {theirs}, the engagement's is {ours}.").format(
            theirs=overlapping, ours=wanted
        ),
        _("Nothing was changed. The years in Fortnox: {years}").format(
            years=", ".join(str(one.year) for one in years) or _("none")
        ),
        _("Add an engagement for the year that Fortnox has, or correct the year in Fortnox."),
    )


async def _neighbours(
    api: Api, years: Sequence[FinancialYear], current: FiscalYear, prefixes: tuple[str, ...]
) -> tuple[tuple[str, tuple[Voucher, ...]], ...]:
    """The vouchers on ledger accounts of the years next to the current one."""
    ordered = [one.year for one in years]
    at = ordered.index(current)
    found = []
    for year in (*ordered[max(at - 1, 0) : at], *ordered[at + 1 : at + 2]):
        try:
            sie = await read_sie(await resources.sie(api, year.id or ""))
        except Refused:
            continue
        found.append((year.id or "", await asyncio.to_thread(_on, sie, prefixes)))
    return tuple(found)


@collector_paused()
def _on(sie: SieFile, prefixes: tuple[str, ...]) -> tuple[Voucher, ...]:
    return tuple(vouchers_on(sie, prefixes, whole=False))


async def _main_accounts(api: Api) -> tuple[tuple[Ledger, str], ...]:
    predefined = await resources.predefined_accounts(api)
    return tuple((ledger, predefined[name]) for ledger, name in _PREDEFINED.items() if predefined.get(name))


async def _read_ledger(api: Api, ledger: Ledger, balance_day: date, report: Report) -> LedgerData:
    phase, step = PHASES[ledger]

    def page(number: int, pages: int) -> None:
        report(Progress(phase, step, STEPS, f"{number}/{pages}"))

    report(Progress(phase, step, STEPS))
    listed = await resources.invoices(api, ledger, report=page)
    open_then = {one.number for one in listed if may_be_open(one, balance_day)}
    payments = await resources.payments(api, ledger, matters=open_then.__contains__, report=page)
    paid = paid_of(payments)

    def needed(invoice: Invoice) -> bool:
        return invoice.number in open_then and needs_details(invoice, paid)

    async def detailed(invoice: Invoice) -> Invoice:
        return await resources.invoice(api, ledger, invoice.number)

    alone = await resources.each(listed, needed, detailed)
    invoices = tuple(alone.get(place, invoice) for place, invoice in enumerate(listed))
    return LedgerData(ledger, invoices, tuple(payments))
