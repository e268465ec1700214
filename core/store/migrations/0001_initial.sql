-- The firm's register, its snapshots of the books, its closing vouchers and their outbox, and the audit.
-- Amounts are öre; dates ISO 8601; moments RFC 3339 UTC; JSON and msgpack bodies are written by core.store.

CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    orgnr TEXT NOT NULL,
    number TEXT NOT NULL DEFAULT '',
    form TEXT NOT NULL DEFAULT '',
    responsible TEXT NOT NULL DEFAULT '',
    tenant TEXT NOT NULL DEFAULT '',
    default_series TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX clients_number ON clients (number) WHERE number <> '';
CREATE UNIQUE INDEX clients_tenant ON clients (tenant) WHERE tenant <> '';
CREATE INDEX clients_orgnr ON clients (orgnr);

CREATE TABLE engagements (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL,
    source TEXT NOT NULL,
    locked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (client_id, from_date, to_date)
);

CREATE TABLE connections (
    client_id TEXT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    tenant TEXT NOT NULL,
    mode TEXT NOT NULL,
    company TEXT NOT NULL,
    orgnr TEXT NOT NULL,
    scopes TEXT NOT NULL,
    connected_at TEXT NOT NULL,
    rotated_at TEXT NOT NULL,
    last_used_at TEXT NOT NULL,
    needs_login INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 1,
    refresh_started TEXT,
    attempt TEXT
);
CREATE INDEX connections_tenant ON connections (tenant);

-- AES-256-GCM records; kind, tenant and generation are bound to the ciphertext.
CREATE TABLE secrets (
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    generation INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    body BLOB NOT NULL,
    written_at TEXT NOT NULL,
    PRIMARY KEY (kind, tenant, generation)
);

CREATE TABLE pending_consents (
    state TEXT PRIMARY KEY,
    client_id TEXT REFERENCES clients (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    mode TEXT NOT NULL,
    expires_at TEXT NOT NULL
);

CREATE TABLE imports (
    id TEXT PRIMARY KEY,
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    made_at TEXT NOT NULL,
    source TEXT NOT NULL,
    person TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    program TEXT NOT NULL,
    encoding TEXT NOT NULL,
    accounts INTEGER NOT NULL,
    vouchers INTEGER NOT NULL,
    transactions INTEGER NOT NULL,
    has_ledgers INTEGER NOT NULL,
    findings TEXT NOT NULL
);
CREATE INDEX imports_engagement ON imports (engagement_id, id);

-- The bytes as they came (zlib): the evidence of the snapshot.
CREATE TABLE import_files (
    import_id TEXT PRIMARY KEY REFERENCES imports (id) ON DELETE CASCADE,
    sie BLOB NOT NULL
);

CREATE TABLE import_balances (
    import_id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 1,
    vat_code TEXT NOT NULL DEFAULT '',
    ib INTEGER NOT NULL,
    change INTEGER NOT NULL,
    ub INTEGER NOT NULL,
    previous_ub INTEGER NOT NULL,
    PRIMARY KEY (import_id, account)
) WITHOUT ROWID;

CREATE TABLE import_series (
    import_id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    manual INTEGER NOT NULL,
    PRIMARY KEY (import_id, code)
) WITHOUT ROWID;

CREATE TABLE annexes (
    import_id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    difference INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (import_id, account)
) WITHOUT ROWID;

CREATE TABLE closing_vouchers (
    id TEXT PRIMARY KEY,
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    date TEXT NOT NULL,
    text TEXT NOT NULL,
    rows TEXT NOT NULL,
    year_from TEXT NOT NULL,
    year_to TEXT NOT NULL,
    series TEXT NOT NULL DEFAULT '',
    number TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX closing_vouchers_engagement ON closing_vouchers (engagement_id, position);

-- One row a voucher that has ever been on its way to Fortnox. state: new sending unknown posted rejected conflict.
CREATE TABLE outbox (
    key TEXT NOT NULL,
    tenant TEXT NOT NULL,
    voucher_id TEXT NOT NULL,
    engagement_id TEXT NOT NULL,
    year_id TEXT NOT NULL,
    series TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    person TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    sent_at TEXT,
    number TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, key)
);
CREATE INDEX outbox_voucher ON outbox (voucher_id);

-- Append-only and hash-chained: each row's hash covers its content and the hash before it.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    person TEXT NOT NULL,
    action TEXT NOT NULL,
    client_id TEXT NOT NULL,
    engagement_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    details TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
