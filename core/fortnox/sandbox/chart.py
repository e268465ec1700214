"""The chart of accounts, the voucher series and the predefined accounts of a sandbox company (BAS)."""

from __future__ import annotations

from dataclasses import dataclass

from core.fortnox.sandbox.records import Account, Series

CUSTOMERS = 1510
TAX_REDUCTION = 1513
BANK = 1930
SUPPLIERS = 2440
TAXES = 2710
SOCIAL_FEES = 2731
VAT_SETTLEMENT = 2650
INPUT_VAT = 2641
OUTPUT_VAT = {25: 2611, 12: 2621, 6: 2631}
SALES = {25: 3001, 12: 3002, 6: 3003, 0: 3308}
ROUNDING = 3740
BAD_DEBT = 6351
EXCHANGE_GAIN = 3960
EXCHANGE_LOSS = 7960
RESULT = 8999

CLOSING_SERIES = "I"
"""The closing series, which no period lock touches (ej låsbar serie)."""

# number, name, SRU code, VAT code; an account after a "-" is inactive
_CHART = """
1220 Inventarier och verktyg|7215|
1229 Ackumulerade avskrivningar på inventarier|7215|
1240 Bilar och andra transportmedel|7215|
1249 Ackumulerade avskrivningar på bilar|7215|
1460 Lager av handelsvaror|7241|
1510 Kundfordringar|7251|
1513 Kundfordringar – delad faktura|7251|
1515 Osäkra kundfordringar|7251|
1519 Nedskrivning av kundfordringar|7251|
1630 Skattekonto|7261|
1710 Förutbetalda hyreskostnader|7263|
1730 Förutbetalda försäkringspremier|7263|
1790 Övriga förutbetalda kostnader och upplupna intäkter|7263|
1910 Kassa|7281|
1930 Företagskonto|7281|
1940 Sparkonto|7281|
-1950 Bankcertifikat|7281|
2010 Eget kapital, delägare 1|7300|
2013 Övriga egna uttag, delägare 1|7300|
2019 Årets resultat, delägare 1|7300|
2081 Aktiekapital|7301|
2086 Reservfond|7301|
2091 Balanserad vinst eller förlust|7302|
2098 Vinst eller förlust från föregående år|7302|
2099 Årets resultat|7302|
2125 Periodiseringsfond 2025|7321|
2350 Andra långfristiga skulder till kreditinstitut|7352|
2440 Leverantörsskulder|7365|
2510 Skatteskulder|7368|
2512 Beräknad inkomstskatt|7368|
2611 Utgående moms på försäljning inom Sverige, 25 %|7369|U1
2614 Utgående moms omvänd betalningsskyldighet, 25 %|7369|UTFU1
2621 Utgående moms på försäljning inom Sverige, 12 %|7369|U2
2631 Utgående moms på försäljning inom Sverige, 6 %|7369|U3
2641 Debiterad ingående moms|7369|I
2645 Beräknad ingående moms på förvärv från utlandet|7369|I
2650 Redovisningskonto för moms|7369|R2
2710 Personalskatt|7369|
2731 Avräkning lagstadgade sociala avgifter|7369|
2890 Övriga kortfristiga skulder|7369|
2920 Upplupna semesterlöner|7370|
2940 Upplupna lagstadgade sociala avgifter|7370|
2960 Upplupna räntekostnader|7370|
2970 Förutbetalda intäkter|7370|
2990 Övriga upplupna kostnader och förutbetalda intäkter|7370|
3001 Försäljning inom Sverige, 25 % moms|7410|MP1
3002 Försäljning inom Sverige, 12 % moms|7410|MP2
3003 Försäljning inom Sverige, 6 % moms|7410|MP3
3308 Försäljning tjänster till annat EU-land|7410|FTEU
3740 Öres- och kronutjämning|7410|
3960 Valutakursvinster på fordringar och skulder av rörelsekaraktär|7413|
4010 Inköp av varor och material|7511|
4600 Underentreprenader|7511|
5010 Lokalhyra|7513|
5020 El för belysning|7513|
5060 Städning och renhållning|7513|
5410 Förbrukningsinventarier|7513|
5460 Förbrukningsmaterial|7513|
5611 Drivmedel för personbilar|7513|
5615 Leasing av personbilar|7513|
5800 Resekostnader|7513|
5910 Annonsering|7513|
6110 Kontorsmateriel|7513|
6212 Mobiltelefon|7513|
6230 Datakommunikation|7513|
6310 Företagsförsäkringar|7513|
6351 Konstaterade förluster på kundfordringar|7513|
6530 Redovisningstjänster|7513|
6570 Bankkostnader|7513|
-6590 Övriga externa tjänster, gammalt konto|7513|
6991 Övriga externa kostnader, avdragsgilla|7513|
7010 Löner till kollektivanställda|7514|
7210 Löner till tjänstemän|7514|
7290 Förändring av semesterlöneskuld|7514|
7510 Lagstadgade sociala avgifter|7514|
7832 Avskrivningar på inventarier och verktyg|7515|
7834 Avskrivningar på bilar och andra transportmedel|7515|
7960 Valutakursförluster på fordringar och skulder av rörelsekaraktär|7517|
8310 Ränteintäkter från omsättningstillgångar|7417|
8410 Räntekostnader för långfristiga skulder|7522|
8811 Avsättning till periodiseringsfond|7525|
8910 Skatt som belastar årets resultat|7528|
8999 Årets resultat|7450|
"""

_SERIES = """
A Redovisning
B Kundfakturor
C Inbetalningar
D Leverantörsfakturor
E Utbetalningar
G Avskrivning
H Periodisering
I Bokslut
K Lön
M Moms
"""

PREDEFINED_ACCOUNTS = {
    "CUSTCLAIM": CUSTOMERS,
    "SUPDEBT": SUPPLIERS,
    "INVAT": INPUT_VAT,
    "OUTVAT_MP1": OUTPUT_VAT[25],
    "OUTVAT_MP2": OUTPUT_VAT[12],
    "OUTVAT_MP3": OUTPUT_VAT[6],
    "ROUNDOFF": ROUNDING,
    "BAD_DEBT": BAD_DEBT,
    "HOUSEWORK": TAX_REDUCTION,
    "EXCHGAIN": EXCHANGE_GAIN,
    "EXCHLOSS": EXCHANGE_LOSS,
    "VATDEBT": VAT_SETTLEMENT,
    "PAYMENT": BANK,
}

PREDEFINED_SERIES = {
    "INVOICE": "B",
    "INVOICEPAYMENT": "C",
    "SUPPLIERINVOICE": "D",
    "SUPPLIERPAYMENT": "E",
    "ACCRUAL": "H",
    "SALARY": "K",
    "VATREPORT": "M",
}


@dataclass(frozen=True)
class _Line:
    number: int
    name: str
    sru: int
    vat_code: str
    active: bool


def _lines() -> list[_Line]:
    lines = []
    for text in _CHART.strip().splitlines():
        head, sru, vat_code = text.split("|")
        number, name = head.removeprefix("-").split(" ", 1)
        lines.append(_Line(int(number), name, int(sru), vat_code, active=not head.startswith("-")))
    return lines


_LINES = _lines()


def accounts() -> dict[int, Account]:
    """A fresh chart for one fiscal year."""
    return {
        line.number: Account(line.number, line.name, line.sru, line.vat_code, active=line.active)
        for line in _LINES
    }


def series(*, manual: str) -> dict[str, Series]:
    """The voucher series of one fiscal year; the letters in ``manual`` are open for manual entry."""
    pairs = (line.split(" ", 1) for line in _SERIES.strip().splitlines())
    return {code: Series(code, name, manual=code in manual) for code, name in pairs}


def is_balance_account(number: int) -> bool:
    """Whether the account's balance is carried into the next year (classes 1 and 2)."""
    return number < 3000
