"""The legal forms of Swedish companies, by the short code that Fortnox, SIE (#FTYP) and the trade use."""

from __future__ import annotations

from core.errors import UsageError
from core.i18n import _
from core.text import clean

FORMS = {
    "AB": "aktiebolag",
    "EF": "enskild firma",
    "HB": "handelsbolag",
    "KB": "kommanditbolag",
    "EK": "ekonomisk förening",
    "BRF": "bostadsrättsförening",
    "IF": "ideell förening",
    "ST": "stiftelse",
    "FI": "filial",
    "X": "annan",
    "E": "enskild näringsverksamhet",
    "I": "ideell förening som bedriver näring",
    "S": "stiftelse som bedriver näring",
    "FL": "filial till utländskt bolag",
    "KHF": "kooperativ hyresrättsförening",
    "BF": "bostadsförening",
    "SF": "sambruksförening",
    "BAB": "bankaktiebolag",
    "MB": "medlemsbank",
    "SB": "sparbank",
    "BFL": "utländsk banks filial",
    "FAB": "försäkringsaktiebolag",
    "OFB": "ömsesidigt försäkringsbolag",
    "SE": "europabolag",
    "SCE": "europakooperativ",
    "TSF": "trossamfund",
}
"""Code to Swedish name. The first ten are brygga's own; the rest are SIE's (#FTYP) where they differ."""
_BY_NAME = {name: code for code, name in reversed(FORMS.items())} | {
    "enskild näringsidkare": "EF",
    "enskild": "EF",
}


def checked_form(text: str) -> str:
    """The code of a form given by code or Swedish name; empty stays empty.

    Raises:
        UsageError: ``usage``.
    """
    given = clean(text).strip()
    code = _BY_NAME.get(given.casefold(), given.upper())
    if not code or code in FORMS:
        return code
    raise UsageError(
        "usage",
        _("{form} is not a legal form.").format(form=given),
        _("Known ones are {forms}.").format(forms=", ".join(FORMS)),
        _("Choose one of them, or leave it out."),
    )
