"""Frozen records of the firm's own register: clients, engagements, connections, imports, closing vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from core.model import Annex, Day, Finding, FiscalYear, Ledger, Row
from core.money import Ore


class SourceKind(StrEnum):
    """Where an engagement's books come from (datakälla)."""

    FORTNOX = "fortnox"
    SIE4 = "sie4"


class Role(StrEnum):
    """What a person may do (behörighet): only read, do the work, or look after the firm's things too."""

    READER = "reader"
    CONSULTANT = "consultant"
    ADMIN = "admin"


class Person(Struct, frozen=True):
    """Somebody who enters over SSH."""

    name: str
    role: Role
    keys: tuple[str, ...]
    """Public keys, ``TYPE BASE64`` each."""
    added_at: datetime


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

    DECIDE = "decide"
    CONNECT = "connect"
    IMPORT = "import"
    EXPLAIN = "explain"
    WRITE = "write"
    EXPORT = "export"
    WRITE_FILE = "write_file"
    WAIT = "wait"
    DONE = "done"


class Client(Struct, frozen=True):
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


class Engagement(Struct, frozen=True):
    """One client's one fiscal year being closed (uppdrag)."""

    id: str
    client_id: str
    year: FiscalYear
    source: SourceKind
    locked: bool = False


class Connection(Struct, frozen=True):
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


class PendingConsent(Struct, frozen=True):
    """A consent that a person has been sent to give; it lives ten minutes."""

    state: str
    client_id: str | None
    """None when the client is to be made from what Fortnox says."""
    address: str
    redirect_uri: str
    expires_at: datetime
    mode: ConnectionMode = ConnectionMode.CODE


class ConnectionView(Struct, frozen=True):
    """A connection as the overview shows it. ``days_left`` is None where nothing can lapse."""

    state: ConnectionState
    mode: ConnectionMode | None = None
    days_left: int | None = None
    company: str = ""
    last_used_at: datetime | None = None


class ImportRun(Struct, frozen=True):
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


class ClosingVoucher(Struct, frozen=True, gc=False):
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
    waiting_since: datetime | None = None
    """When an export put it aside until its fiscal year exists; means nothing in another state."""
    undecided: bool = False
    """Whether it was looked for in vain (or found twice), so that a person must decide; never written."""

    @property
    def turnover(self) -> Ore:
        """The debit total (omslutning)."""
        return sum(row.amount for row in self.rows if row.amount > 0)

    @property
    def balance(self) -> Ore:
        """Debit less credit: 0 for a balanced voucher."""
        return sum(row.amount for row in self.rows)


class DraftVoucher(Struct, frozen=True):
    """A closing voucher before it has an id: from the editor, a JSON file or a SIE 4I file."""

    date: Day
    text: str
    rows: tuple[Row, ...]


class Check(Struct, frozen=True):
    """One line of a checklist: export, doctor, secrets doctor. The texts are in the language in use."""

    code: str
    ok: bool
    text: str
    remedy: str = ""
    warning: bool = False
    """Not ok, but nothing is refused because of it."""
    subject: str = ""
    """What it concerns, for a check that a person may let pass: another subject asks anew."""
    why: str = ""
    """The reason, on a line of its own between the text and the remedy."""


class AnnexStatus(Struct, frozen=True):
    """An annex in the overview. ``difference`` is None where the source carries no ledger."""

    account: str
    difference: Ore | None
    task: bool = False
    """The difference is work to do in the client's own program, not an error (kontantmetoden)."""
    signed_off: bool = False
    """A person has signed the account off, with a comment where it differs."""

    @property
    def unsettled(self) -> bool:
        """Whether somebody has still to look into a difference."""
        return bool(self.difference) and not self.signed_off


class EngagementStatus(Struct, frozen=True):
    """One row of the overview."""

    client: Client
    engagement: Engagement | None
    connection: ConnectionView
    last_import: datetime | None
    annexes: tuple[AnnexStatus, ...]
    vouchers: Mapping[VoucherState, int]
    findings: int
    next_step: NextStep
    paused_until: datetime | None = None
    """The service leaves the client alone until then, because its Fortnox failed several times in a row."""

    @property
    def only_tasks(self) -> bool:
        """Whether every difference left is work in the client's own program."""
        left = [annex for annex in self.annexes if annex.unsettled]
        return bool(left) and all(annex.task for annex in left)


class AuditEvent(Struct, frozen=True):
    """A line of the activity log: who did what to which client, and how it went."""

    at: datetime
    person: str
    action: str
    client_id: str = ""
    engagement_id: str = ""
    outcome: str = "ok"
    details: Mapping[str, object] = field(default_factory=dict)


class SupportedAmount(Struct, frozen=True):
    """What an underlag says that an account should stand at (avstämt belopp), ledger-signed öre."""

    account: str
    amount: Ore
    note: str
    reference: str
    """The file or paper that shows it."""
    person: str
    at: datetime


class SignOff(Struct, frozen=True):
    """An account marked as reconciled at the balance it then had; a later import may have undone it."""

    id: str
    account: str
    import_id: str
    balance: Ore
    """The account's UB when it was signed off."""
    comment: str
    done_by: str
    done_at: datetime
    reviewed_by: str = ""
    """The second reader (granskad av)."""
    reviewed_at: datetime | None = None
    undone_by: str = ""
    """Who undid it; empty when an import found another balance."""
    undone_at: datetime | None = None
    balance_after: Ore | None = None
    """The balance that undid it."""


class ItemNote(Struct, frozen=True):
    """A person's note on an item of an annex; it belongs to the invoice and survives every import."""

    ledger: Ledger
    number: str
    note: str
    person: str
    at: datetime


class FrozenAnnex(Struct, frozen=True):
    """An annex as it stood when it was signed off: räkenskapsinformation, never changed afterwards."""

    annex: Annex
    import_id: str
    person: str
    at: datetime
    declined_import_id: str = ""
    """The later import whose annex was turned down in favour of this one."""


class AccountNames(StrEnum):
    """Whose account names an engagement shows."""

    SOURCE = "source"
    EDITED = "edited"


class PreviousYear(StrEnum):
    """Where the comparison figures come from: the source, or last year's engagement in brygga."""

    SOURCE = "source"
    ENGAGEMENT = "engagement"


class SourceSettings(Struct, frozen=True):
    """How an engagement takes over the chart of accounts and the balances (kontoplan och saldon)."""

    names: AccountNames = AccountNames.SOURCE
    period_balances: bool = True
    """Keep the change of every account and month."""
    previous_year: PreviousYear = PreviousYear.SOURCE


class LedgerRow(Struct, frozen=True):
    """A row of an account in the books, with the running balance after it; ledger-signed öre."""

    date: Day
    series: str
    number: str
    text: str
    amount: Ore
    balance: Ore


class Present(Struct, frozen=True):
    """A session that has an engagement open."""

    session: str
    engagement_id: str
    person: str
    host: str
    pid: int
    since: datetime
    taken: int = 0
    """0, or the number of its taking over: a later one has a higher number."""


class Emit(StrEnum):
    """What brygga writes to a client's ``out`` folder by itself."""

    YEAR = "4e"
    """The books as Fortnox sent them, after every import."""
    VOUCHERS = "4i"
    """The ready closing vouchers of engagements whose books come from files."""
    CLOSED_YEAR = "4e-closing"
    """The imported year with the closing vouchers in it."""
    ANNEXES = "annexes"
    """The annexes as a workbook, after every import with ledgers."""


class ExchangeRules(Struct, frozen=True):
    """What the exchange folder does for a client."""

    emit: frozenset[Emit] = frozenset()
    auto_export: bool = False
    """Vouchers from a 4I file are ready at once, and posted where the books come from Fortnox."""
    series: str = ""
    """The series they are posted into; empty is the client's default series."""
    underlag: bool = False
    """Files in ``underlag`` are uploaded to the client's inbox at Fortnox."""
