"""Writes SIE 4: CP437, CRLF, mandatory records in the order of SIE 4B section 5.12, the same bytes every time.

Header values stand unquoted but for free text, because Fortnox refuses quoted ones (its support article on
SIE import); its texts are at most 50 characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.errors import Refused
from core.i18n import _
from core.model import Company, Finding, FiscalYear, Voucher
from core.money import to_swedish
from core.sie import emit
from core.sie.emit import Emitter
from core.sie.findings import Findings

PROGRAM = "brygga"
LONGEST_TEXT = 50
"""Characters in a voucher's or row's text that Fortnox takes."""

DIMENSION_NAMES = {
    "1": "Kostnadsställe",
    "2": "Kostnadsbärare",
    "6": "Projekt",
    "7": "Anställd",
    "8": "Kund",
    "9": "Leverantör",
    "10": "Faktura",
}
"""Reserved dimensions (SIE 4B section 8.17)."""


@dataclass(frozen=True, slots=True)
class Written:
    """A written file and what had to be changed on the way."""

    data: bytes
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who writes the file, and for which company."""

    company: Company
    generated: date
    version: str
    fnr: str = ""
    """The company's id in the receiving program, echoed from its own file."""
    sign: str = ""
    """Who made the file."""


def write_4i(
    vouchers: Sequence[Voucher],
    origin: Origin,
    *,
    year: FiscalYear | None = None,
    accounts: Mapping[str, str] | None = None,
    objects: Mapping[tuple[str, str], str] | None = None,
    dimensions: Mapping[str, str] | None = None,
    ksumma: bool = False,
) -> Written:
    """Closing vouchers for the books they came from (SIE 4B section 4.8).

    Args:
        vouchers: balanced vouchers; an empty number lets the receiver choose.
        origin: the company and the maker of the file.
        year: the fiscal year of the vouchers.
        accounts: names by account number; the used ones are declared.
        objects: names by (dimension, object); the used ones are declared.
        dimensions: names by dimension; the reserved ones are known.
        ksumma: whether the control sum is written (Fortnox writes none).

    Raises:
        Refused: ``voucher_unbalanced`` for a voucher whose rows do not sum to zero.
    """
    for voucher in vouchers:
        refuse_unbalanced(voucher)
    emitter = Emitter(Findings())
    _write_header(emitter, origin, year)
    rows = [row for voucher in vouchers for row in voucher.rows]
    for account in sorted({row.account for row in rows}):
        name = (accounts or {}).get(account) or account
        emitter.record("KONTO", emitter.code(account), emitter.text(name))
    _write_objects(emitter, {pair for row in rows for pair in row.objects}, dimensions or {}, objects or {})
    for voucher in vouchers:
        write_voucher(emitter, voucher, limit=LONGEST_TEXT)
    return Written(emitter.to_bytes(ksumma=ksumma), emitter.findings.in_file_order())


def refuse_unbalanced(voucher: Voucher) -> None:
    """Stop a voucher whose rows do not sum to zero."""
    if voucher.balance:
        raise Refused(
            "voucher_unbalanced",
            _("A voucher does not balance."),
            _("“{text}” of {date} differs by {amount}.").format(
                text=voucher.text, date=voucher.date, amount=to_swedish(voucher.balance)
            ),
            _("Correct the voucher and write the file again; nothing was written."),
        )


def _write_header(emitter: Emitter, origin: Origin, year: FiscalYear | None) -> None:
    write_program(emitter, origin)
    emitter.record("SIETYP", "4")
    if origin.fnr:
        emitter.record("FNR", emitter.code(origin.fnr))
    if origin.company.orgnr:
        emitter.record("ORGNR", emitter.code(origin.company.orgnr))
    emitter.record("FNAMN", emitter.text(origin.company.name))
    if year is not None:
        emitter.record("RAR", "0", emit.day(year.from_date), emit.day(year.to_date))


def write_program(emitter: Emitter, origin: Origin) -> None:
    """The first four records: flag, program, format, day of writing."""
    emitter.record("FLAGGA", "0")
    emitter.record("PROGRAM", emitter.text(PROGRAM), emitter.code(origin.version or "0"))
    emitter.record("FORMAT", "PC8")
    emitter.record("GEN", emit.day(origin.generated), emitter.text(origin.sign) if origin.sign else "")


def _write_objects(
    emitter: Emitter,
    used: Iterable[tuple[str, str]],
    dimensions: Mapping[str, str],
    objects: Mapping[tuple[str, str], str],
) -> None:
    pairs = sorted(used)
    for dimension in sorted({dimension for dimension, _number in pairs}):
        name = dimensions.get(dimension) or DIMENSION_NAMES.get(dimension) or dimension
        emitter.record("DIM", emitter.code(dimension), emitter.text(name))
    for dimension, number in pairs:
        name = objects.get((dimension, number)) or number
        emitter.record("OBJEKT", emitter.code(dimension), emitter.text(number), emitter.text(name))


def write_voucher(emitter: Emitter, voucher: Voucher, *, limit: int | None = None) -> None:
    """A voucher with its live rows; texts are cut at ``limit`` characters."""
    emitter.record(
        "VER",
        *emit.optional(
            [
                emitter.code(voucher.series),
                emitter.code(voucher.number),
                emit.day(voucher.date),
                emitter.text(voucher.text, limit),
                emit.day(voucher.registered),
            ]
        ),
    )
    emitter.raw("{")
    for row in voucher.rows:
        fields = [emitter.code(row.account), emitter.objects(row.objects), emit.amount(row.amount)]
        if row.text:
            fields += ['""', emitter.text(row.text, limit)]
        emitter.record("TRANS", *fields)
    emitter.raw("}")
