"""SIE bytes on their way into brygga: read in a thread, refused when they are not this company's year."""

from __future__ import annotations

import asyncio

from core import orgnr
from core.collector import collector_paused
from core.errors import Refused
from core.i18n import _
from core.model import FiscalYear
from core.register import Client
from core.sie.books import accept
from core.sie.file import SieFile
from core.sie.messages import message
from core.sie.reader import LARGEST_FILE, read


async def read_sie(data: bytes, name: str = "", largest: int = LARGEST_FILE) -> SieFile:
    """Read the bytes without holding the event loop.

    Raises:
        Refused: ``not_sie`` or ``sie_fatal``, with the finding's sentence and ``details["findings"]``.
    """
    return accept(await asyncio.to_thread(_read, data, name, largest))


@collector_paused()
def _read(data: bytes, name: str, largest: int) -> SieFile:
    return read(data, name=name, largest=largest)


def refuse_other_company(client: Client, sie: SieFile) -> None:
    """Stop a file that names another company; one without a number is let through.

    Raises:
        Refused: ``company_mismatch``.
    """
    if sie.orgnr and not orgnr.same(sie.orgnr, client.orgnr):
        raise Refused(
            "company_mismatch",
            _("The file belongs to {company} {orgnr}.").format(company=sie.company, orgnr=sie.orgnr),
            _("The client is {client} {orgnr}. Nothing was changed.").format(
                client=client.name, orgnr=client.orgnr
            ),
            _("Choose the client's own file, or correct its organisation number."),
        )


def refuse_other_year(year: FiscalYear, sie: SieFile) -> None:
    """Stop a file of another fiscal year.

    Raises:
        Refused: ``year_mismatch``, naming both intervals.
    """
    in_file = sie.years.get(0)
    if in_file != year:
        raise Refused(
            "year_mismatch",
            _("The file is for the fiscal year {year}.").format(year=in_file)
            if in_file is not None
            else _("The file does not name its fiscal year."),
            _("The engagement is for {year}. Nothing was changed.").format(year=year),
            _("Export the right year, or add an engagement for the year of the file."),
        )


_LOSES_ROWS = frozenset({"amount_bad", "date_bad", "line_too_long", "row_outside_voucher"})
"""Findings after which a voucher of the file may lack a row or its day."""


def refuse_damaged(sie: SieFile) -> None:
    """Stop a file of vouchers in which something could not be read: what is left may balance all the same.

    Raises:
        Refused: ``sie_fatal``, with the first fault's sentence and ``details["findings"]``.
    """
    first = next((one for one in sie.findings if one.code in _LOSES_ROWS), None)
    if first is not None:
        raise Refused(
            "sie_fatal",
            _("Line {line}: {fault}").format(line=first.line, fault=message(first)),
            _("No voucher of the file was taken in, because one of them may lack a row."),
            _("Correct the line, or write the file again from the other program."),
            {"findings": list(sie.findings)},
        )
