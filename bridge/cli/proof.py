"""``brygga proof`` and ``brygga receipt``: what an export did to the books, and the paper on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from bridge.cli import shape
from bridge.cli.exits import Exit
from bridge.cli.parameters import ClientName, Target, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, facts, table
from core.errors import UsageError
from core.i18n import _, mark, ngettext
from core.model import Voucher
from core.money import parse_amount
from core.usecases.engagements import find_engagement
from core.usecases.proofs import ProofResult, balances_to_carry, carry_path, prove_export
from core.usecases.receipt_files import write_receipt
from core.usecases.receipts import Receipt, list_receipts


async def proof(client: ClientName, /, *, year: Year = None, run: Run) -> int:
    """Show that the books changed by our vouchers and nothing else."""
    async with run.keyed_context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        result = await prove_export(ctx, engagement.id, progress=run.report)
    run.output.answer(proof_record(result), lambda: proof_lines(result))
    return Exit.DONE if result.proof.holds else Exit.FAILED


def proof_record(result: ProofResult) -> shape.Json:
    """A proof as JSON."""
    found = result.proof
    return {
        "client": result.client.name,
        "year": shape.years(result.engagement.year),
        "holds": found.holds,
        "imports": [shape.moment(at) for at in result.imports],
        "found": [shape.voucher(one) for one in found.found],
        "missing": [shape.voucher(one) for one in found.missing],
        "altered": [shape.voucher(one) for one in found.altered],
        "others": {
            "added": [_other(one) for one in found.added],
            "removed": [_other(one) for one in found.removed],
            "changed": [_other(one) for one in found.changed],
        },
        "unexplained": {account: shape.amount(ore) for account, ore in found.unexplained.items()},
        "next_year": shape.years(result.next_year),
        "lagging": _lagging(result.lags),
    }


def _lagging(lags: Iterable[Any]) -> list[shape.Json]:
    return [
        {"account": lag.account, "closed": shape.amount(lag.closed), "opened": shape.amount(lag.opened)}
        for lag in lags
    ]


def _other(one: Voucher) -> shape.Json:
    return {
        "series": one.series,
        "number": one.number,
        "date": shape.day(one.date),
        "text": one.text,
        "sum": shape.amount(one.turnover),
    }


def proof_lines(result: ProofResult) -> Iterator[str]:
    """A proof for people."""
    found = result.proof
    if found.holds:
        yield _("The books after less the books before are exactly our vouchers.")
    else:
        yield _("The books did not change by our vouchers alone.")
    yield from _voucher_table(result)
    for account, ore in found.unexplained.items():
        yield _("Not explained by our vouchers: {account} {amount}").format(
            account=account, amount=amount(ore)
        )
    if result.lags:
        count = len(result.lags)
        yield ngettext(
            "{count} opening balance of {year} lags behind.",
            "{count} opening balances of {year} lag behind.",
            count,
        ).format(count=count, year=result.next_year)
        for lag in result.lags:
            text = _("{account}: closed at {closed}, opened at {opened}")
            yield text.format(account=lag.account, closed=amount(lag.closed), opened=amount(lag.opened))
        yield result.carry_path


def _voucher_table(result: ProofResult) -> Iterator[str]:
    """Every voucher that is ours or has moved, what is wrong first."""
    found = result.proof
    groups: Sequence[tuple[str, Sequence[Any]]] = (
        (_("Missing in the books"), found.missing),
        (_("Changed in Fortnox"), found.altered),
        (_("Booked by others"), found.added),
        (_("Removed by others"), found.removed),
        (_("Changed by others"), found.changed),
        (_("In the books as sent"), found.found),
    )
    heads = (_("Voucher"), _("Date"), _("Turnover"), _("In the books"), _("Text"))
    rows = [
        (f"{one.series} {one.number}", one.date.isoformat(), amount(one.turnover), what, one.text)
        for what, vouchers in groups
        for one in vouchers
    ]
    yield from table(heads, rows, right=(2,))


async def carry(*, run: Run) -> None:
    """List the clients whose opening balances lag behind."""
    async with run.context() as ctx:
        waiting = await balances_to_carry(ctx)
    record = [
        {
            "client": one.client.name,
            "year": shape.years(one.engagement.year),
            "accounts": len(one.lags),
            "next_year": shape.years(one.next_year),
            "lagging": _lagging(one.lags),
            "seen": shape.moment(one.seen),
        }
        for one in waiting
    ]
    heads = (_("Client"), _("Year"), _("Accounts"))
    rows = [(one.client.name, one.engagement.year.label, str(len(one.lags))) for one in waiting]

    def lines() -> Iterator[str]:
        yield from table(heads, rows, right=(2,))
        if waiting:
            yield carry_path()

    run.output.answer({"clients": record}, lines)


async def receipt(
    client: ClientName,
    number: Annotated[
        str | None, option(mark("the receipt's id; the latest when left out"), "RECEIPT")
    ] = None,
    /,
    *,
    year: Year = None,
    output: Target = None,
    run: Run,
) -> None:
    """Show the receipt of an export, or write it as JSON or PDF by the file's name."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        known = await list_receipts(ctx, engagement.id)
        chosen = next((one for one in known if number in {None, one.id}), None)
        if number is not None and chosen is None:
            raise _unknown(number)
        if output is not None and chosen is not None:
            await write_receipt(chosen, output)
    record = {"receipts": [dict(one.body) for one in known] if number is None else [dict(chosen.body)]}  # type: ignore[union-attr] # checked above
    run.output.answer(record, lambda: receipt_lines(chosen))


def receipt_lines(chosen: Receipt | None) -> Iterator[str]:
    """A receipt for people."""
    if chosen is None:
        yield _("There is no receipt: nothing has been exported.")
        return
    body: Mapping[str, Any] = chosen.body
    yield from facts(
        [
            (_("Receipt"), chosen.id),
            (_("Client"), f"{body['client']} {body['orgnr']}"),
            (_("Fiscal year"), "–".join(body["year"])),
            (_("Time"), body["made_at"]),
            (_("Person"), chosen.person),
            (_("Turnover"), _kronor(body["sum"])),
        ]
    )
    heads = (_("Voucher"), _("Date"), _("Turnover"), _("Text"), "SHA-256")
    rows = [
        (
            f"{line['series']} {line['number']}",
            line["date"] or "–",
            _kronor(line["sum"]),
            line["text"] or "–",
            line["sha256"][:16],
        )
        for line in body["vouchers"]
    ]
    yield from table(heads, rows, right=(2,))


def _kronor(text: str | None) -> str:
    """An amount of the receipt for people."""
    return amount(parse_amount(text)) if text else "–"


def _unknown(number: str) -> UsageError:
    return UsageError(
        "id_unknown",
        _("There is no receipt {id}.").format(id=number),
        _("Every export that posts something leaves one."),
        _("Leave the id out for the latest."),
    )
