"""The sample firm: five companies with one trait each, and as many plain ones as are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product

from core import orgnr

FIRST_TENANT = 410_000
TENANT_STEP = 137
DAYS_AFTER_YEAR_END = 41
"""A company's present day lies this long after its fiscal year: the tenth of February for a calendar year."""


@dataclass(frozen=True)
class Goods:
    """What a company sells: text, net price range in kronor and VAT rate."""

    text: str
    low: int
    high: int
    vat_rate: int = 25


@dataclass(frozen=True)
class Trade:
    """A line of business: what is sold to whom, and what is bought from whom for which account."""

    goods: tuple[Goods, ...]
    customers: tuple[str, ...]
    suppliers: tuple[tuple[str, str, int], ...]
    """(name, text, cost account)."""


@dataclass(frozen=True)
class Profile:
    """What makes one sandbox company; the story generator turns it into books."""

    name: str
    orgnr: str
    tenant: int
    trade: Trade
    city: str = "Örebro"
    form: str = "AB"
    method: str = "ACCRUAL"
    traits: tuple[str, ...] = ()
    from_date: date = date(2025, 1, 1)
    to_date: date = date(2025, 12, 31)
    invoices: int = 12
    """Customer invoices a month."""
    purchases: int = 8
    """Supplier invoices a month, besides rent and insurance."""
    cash_sales: int = 0
    """Sales over the counter a month."""
    part_payments: float = 0.06
    """The share of invoices that are paid in two parts."""
    previous_share: float = 1
    """How busy the previous year was, beside the one to be closed."""
    salaries: tuple[int, ...] = (31_500, 28_900)
    """Monthly gross pay, kronor."""
    monthly_vat: bool = False
    rent: int = 30_000
    """Kronor a quarter, paid in advance."""
    manual: str = "AI"
    """The voucher series that are open for manual entry."""
    cost_centers: tuple[tuple[str, str], ...] = ()

    @property
    def today(self) -> date:
        """The company's present day."""
        return self.to_date + timedelta(days=DAYS_AFTER_YEAR_END)

    @property
    def partnership(self) -> bool:
        """Whether the equity is the partners' own accounts."""
        return self.form in {"HB", "KB", "EF"}


BAKERY = Trade(
    (
        Goods("Bröd och bullar", 900, 6_400, 12),
        Goods("Tårtor till konferens", 1_200, 9_800, 12),
        Goods("Uthyrning av kaffevagn", 800, 2_400, 25),
    ),
    (
        "Café Lyktan",
        "Hotell Svartån AB",
        "Kommunens skolkök",
        "Livs & Delikatess HB",
        "Restaurang Åkanten AB",
    ),
    (
        ("Nerikes Kvarn AB", "Mjöl och jäst", 4010),
        ("Mejeri Mälaren ek.för.", "Smör och grädde", 4010),
        ("Elbolaget Norrsken AB", "El", 5020),
        ("Kuvert & Papper AB", "Förpackningar", 5460),
    ),
)
CYCLES = Trade(
    (Goods("Cykel, lager", 3_900, 18_000), Goods("Service och reservdelar", 350, 2_800)),
    ("Cykelbudet Väst AB", "Region Mitts friskvård", "Samfälligheten Ekbacken", "Hyrcykel i Viken AB"),
    (
        ("Nordiska Cykelgrossisten AB", "Cyklar", 4010),
        ("Däck & Slang AB", "Reservdelar", 4010),
        ("Elbolaget Norrsken AB", "El", 5020),
    ),
)
PROPERTY = Trade(
    (Goods("Fastighetsskötsel", 4_500, 22_000), Goods("Reparation och målning", 6_000, 38_000)),
    ("BRF Sjöutsikten", "BRF Kvarnen 7", "Karin Ek", "Olof Strand", "Nordlicht Immobilien GmbH"),
    (
        ("Färg & Tapet i Öster AB", "Färg", 4010),
        ("Rörjouren Öst AB", "Underentreprenad", 4600),
        ("Telebolaget AB", "Mobiltelefoni", 6212),
    ),
)
BUILDING = Trade(
    (Goods("Byggarbete, löpande räkning", 12_000, 96_000), Goods("Material enligt offert", 3_000, 41_000)),
    (
        "Norra Hamnen Fastigheter AB",
        "Bygdegården i Ås",
        "Industri [Syd] AB",
        "Lantgård Holm",
        "BRF Tallkotten",
    ),
    (
        ("Byggmaterial Norr AB", "Virke och gips", 4010),
        ("Betong & Armering AB", "Betong", 4010),
        ("Maskinuthyrarna i Ås AB", "Hyra av lift", 4600),
        ("Drivmedel Direkt AB", "Diesel", 5611),
    ),
)
HAULAGE = Trade(
    (Goods("Transportuppdrag", 3_200, 27_000), Goods("Lagerhållning", 1_800, 9_000)),
    ("Träförädling Väst AB", "Möbelfabriken i Dal AB", "Grossist Centrum AB", "Havsfisk ek.för."),
    (
        ("Drivmedel Direkt AB", "Diesel", 5611),
        ("Lastbilsverkstan i Väst AB", "Service lastbil", 4600),
        ("Leasing Norden AB", "Leasing", 5615),
    ),
)
CONSULTING = Trade(
    (
        Goods("Konsultarvode", 8_000, 48_000),
        Goods("Kurs", 2_500, 14_000),
        Goods("Kurslitteratur", 400, 3_600, 6),
    ),
    ("Kommunhuset i Lid", "Maskin & Verktyg AB", "Stiftelsen Lärkan", "Apotek Björken AB"),
    (("Datortjänst i Syd AB", "Molntjänst", 6230), ("Kontorsvaror AB", "Kontorsmateriel", 6110)),
)
_PLAIN_TRADES = (CONSULTING, BAKERY, CYCLES, BUILDING, HAULAGE)
_PLAIN_NAMES = (
    "Alm",
    "Björk",
    "Ceder",
    "Duvan",
    "Ek",
    "Fura",
    "Gran",
    "Hassel",
    "Idegran",
    "Järnek",
    "Kastanj",
)
_PLAIN_KINDS = ("Konsult AB", "Bageri AB", "Cykelverkstad AB", "Bygg AB", "Frakt AB")
_CITIES = ("Lund", "Umeå", "Växjö", "Kalmar", "Gävle", "Skövde", "Ängelholm")


def _tenant(index: int) -> int:
    return FIRST_TENANT + TENANT_STEP * index


def _orgnr(index: int, prefix: str = "559999") -> str:
    """A number from a series that is not in use."""
    return orgnr.with_check_digit(f"{prefix}{index:03d}")


def _first_five() -> list[Profile]:
    return [
        Profile(
            "Bageri Söder AB", _orgnr(101), _tenant(1), BAKERY, traits=("direct_1510",),
            invoices=22, purchases=14, cash_sales=20, monthly_vat=True,
        ),
        Profile(
            "Cykel & Co HB", _orgnr(102, "969999"), _tenant(2), CYCLES, city="Varberg", form="HB",
            method="CASH", traits=("cash_method",), invoices=9, purchases=8, cash_sales=9,
            salaries=(27_400,), rent=21_000, manual="A",
        ),
        Profile(
            "Östra Fastighet AB", _orgnr(103), _tenant(3), PROPERTY, city="Norrköping",
            traits=("rot", "currency"), invoices=14, purchases=9,
        ),
        Profile(
            "Nya Bygg [Norr] AB", _orgnr(104), _tenant(4), BUILDING, city="Luleå",
            traits=("brackets", "locked"), invoices=16, purchases=15, monthly_vat=True,
            salaries=(34_000, 33_100, 30_250, 29_900),
        ),
        Profile(
            "Åkeri Vest AB", _orgnr(105), _tenant(5), HAULAGE, city="Borås", traits=("broken_year",),
            from_date=date(2025, 5, 1), to_date=date(2026, 4, 30), invoices=18, purchases=12,
            cost_centers=(("LB1", "Lastbil 1"), ("LB2", "Lastbil 2")),
        ),
    ]  # fmt: skip


def _plain(index: int) -> Profile:
    names = list(product(_PLAIN_NAMES, range(len(_PLAIN_TRADES))))
    name, kind = names[(index * 7) % len(names)]
    lap = index // len(names)
    suffix = f" {lap + 1}" if lap else ""
    return Profile(
        f"{name} {_PLAIN_KINDS[kind].removesuffix(' AB')}{suffix} AB",
        _orgnr(200 + index) if index < 800 else _orgnr(index % 1000, f"55999{8 - index // 1000}"),
        _tenant(index + 6),
        _PLAIN_TRADES[kind],
        city=_CITIES[index % len(_CITIES)],
        invoices=5,
        purchases=3,
        salaries=(9_500 + 100 * (index % 40),),
        rent=4_500 + 300 * (index % 20),
    )


def profiles(clients: int, big: int = 0, *, twin: bool = False) -> list[Profile]:
    """The firm's companies.

    ``big`` adds one more company of about that many vouchers a year; ``twin`` the first company's abandoned
    database, under the same name and organisation number and last booked two years earlier.
    """
    chosen = _first_five()[:clients] + [_plain(index) for index in range(max(0, clients - 5))]
    if twin:
        chosen.append(_twin())
    if big:
        chosen.append(_big(big))
    return chosen


def _twin() -> Profile:
    return replace(
        _first_five()[0],
        tenant=_tenant(0),
        traits=("twin",),
        from_date=date(2023, 1, 1),
        to_date=date(2023, 12, 31),
        invoices=4,
        purchases=3,
        cash_sales=2,
    )


def _big(vouchers: int) -> Profile:
    """A fifth of the vouchers are customer invoices, a quarter their payments, a third sales over the counter."""
    month = vouchers / 12
    return replace(
        _plain(999),
        name="Storgrossisten i Mitt AB",
        orgnr=_orgnr(999),
        traits=("big",),
        invoices=round(month * 0.20),
        part_payments=0.25,
        previous_share=0.05,
        purchases=round(month * 0.10),
        cash_sales=round(month * 0.35),
        monthly_vat=True,
    )
