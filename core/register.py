"""Frozen records of the firm's own register: clients, engagements, connections, imports, closing vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.model import Day, Finding, FiscalYear, Row
from core.money import Ore


class SourceKind(StrEnum):
    """Where an engagement's books come from (datakälla)."""

    FORTNOX = "fortnox"
    SIE4 = "sie4"


class ConnectionMode(StrEnum):
    """How brygga renews its access: client credentials, or a rotating refresh token."""

    SERVICE = "service"
    CODE = "code"


class ConnectionState(StrEnum):
    """What the overview says of a connection."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    NONE = "none"


class VoucherState(StrEnum):
    """The life of a closing voucher (bokslutsverifikation)."""

    DRAFT = "draft"
    READY = "ready"
    WAITING_YEAR = "waiting_year"
    SENDING = "sending"
    UNKNOWN = "unknown"
    POSTED = "posted"
    REJECTED = "rejected"
    EXPORTED = "exported"
    EXCLUDED = "excluded"


class NextStep(StrEnum):
    """The one thing an engagement needs next."""

    CONNECT = "connect"
    IMPORT = "import"
    EXPLAIN = "explain"
    WRITE = "write"
    EXPORT = "export"
    WRITE_FILE = "write_file"
    WAIT = "wait"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Client:
    """One company that the firm keeps (klient)."""

    id: str
    name: str
    orgnr: str
    """``NNNNNN-NNNN``; for a sole trader this is a personal identity number."""
    number: str = ""
    """The firm's own client number."""
    form: str = ""
    """Legal form: AB, EF, HB, KB, EK ..."""
    responsible: str = ""
    tenant: str = ""
    """Fortnox's database number once a connection is made; pinned from then on."""
    default_series: str = ""


@dataclass(frozen=True, slots=True)
class Engagement:
    """One client's one fiscal year being closed (uppdrag)."""

    id: str
    client_id: str
    year: FiscalYear
    source: SourceKind
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """A client's consent to Fortnox (koppling), without its secrets."""

    client_id: str
    tenant: str
    mode: ConnectionMode
    company: str
    orgnr: str
    scopes: str
    connected_at: datetime
    rotated_at: datetime
    """When the refresh token was last exchanged."""
    last_used_at: datetime
    """The last import or export; the validity that brygga shows counts from here."""
    needs_login: bool = False
    """Fortnox has refused the refresh token."""


@dataclass(frozen=True, slots=True)
class PendingConsent:
    """A consent that a person has been sent to give; it lives ten minutes."""

    state: str
    client_id: str | None
    """None when the client is to be made from what Fortnox says."""
    address: str
    redirect_uri: str
    expires_at: datetime
    mode: ConnectionMode = ConnectionMode.CODE


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as the overview shows it. ``days_left`` is None where nothing can lapse."""

    state: ConnectionState
    mode: ConnectionMode | None = None
    days_left: int | None = None
    company: str = ""
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One fetch of the books: a snapshot that never changes afterwards."""

    id: str
    engagement_id: str
    made_at: datetime
    source: SourceKind
    person: str
    sha256: str
    size: int
    """Bytes of the SIE file."""
    program: str
    encoding: str
    accounts: int
    vouchers: int
    transactions: int
    has_ledgers: bool
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosingVoucher:
    """A voucher made in brygga."""

    id: str
    """ULID."""
    engagement_id: str
    state: VoucherState
    date: Day
    text: str
    rows: tuple[Row, ...]
    year: FiscalYear
    """The target fiscal year: a reversal belongs to the next one."""
    series: str = ""
    """Filled when it is posted or written to a file."""
    number: str = ""
    error: str = ""
    """Fortnox's refusal in its own words, when rejected."""
    revision: int = 1

    @property
    def turnover(self) -> Ore:
        """The debit total (omslutning)."""
        return sum(row.amount for row in self.rows if row.amount > 0)

    @property
    def balance(self) -> Ore:
        """Debit less credit: 0 for a balanced voucher."""
        return sum(row.amount for row in self.rows)


@dataclass(frozen=True, slots=True)
class DraftVoucher:
    """A closing voucher before it has an id: from the editor, a JSON file or a SIE 4I file."""

    date: Day
    text: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a checklist: export, doctor, secrets doctor. The texts are in the language in use."""

    code: str
    ok: bool
    text: str
    remedy: str = ""
    warning: bool = False
    """Not ok, but nothing is refused because of it."""


@dataclass(frozen=True, slots=True)
class AnnexStatus:
    """An annex in the overview. ``difference`` is None where the source carries no ledger."""

    account: str
    difference: Ore | None


@dataclass(frozen=True, slots=True)
class EngagementStatus:
    """One row of the overview."""

    client: Client
    engagement: Engagement | None
    connection: ConnectionView
    last_import: datetime | None
    annexes: tuple[AnnexStatus, ...]
    vouchers: Mapping[VoucherState, int]
    findings: int
    next_step: NextStep


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A line of the activity log: who did what to which client, and how it went."""

    at: datetime
    person: str
    action: str
    client_id: str = ""
    engagement_id: str = ""
    outcome: str = "ok"
    details: Mapping[str, object] = field(default_factory=dict, hash=False)
