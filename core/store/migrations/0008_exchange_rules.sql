-- What the exchange folder does by itself for a client, and what its files still have to do at Fortnox.

-- A client without a row follows the configuration. emit: 4e 4i 4e-closing annexes, separated by spaces.
CREATE TABLE exchange_rules (
    client_id TEXT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    emit TEXT NOT NULL,
    auto_export INTEGER NOT NULL,
    series TEXT NOT NULL,
    underlag INTEGER NOT NULL
) WITHOUT ROWID;

-- What the latest file of each kind in the out folder shows: an import, or a digest of it and the vouchers.
CREATE TABLE exchange_emitted (
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    shows TEXT NOT NULL,
    PRIMARY KEY (engagement_id, kind)
) WITHOUT ROWID;

-- A file that has come in and waits for Fortnox. kind: export upload. sent_at: an upload may be there since then.
CREATE TABLE exchange_errands (
    job_id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    details TEXT NOT NULL,
    since TEXT NOT NULL,
    due_at TEXT NOT NULL,
    tries INTEGER NOT NULL,
    sent_at TEXT
) WITHOUT ROWID;

CREATE INDEX exchange_jobs_client ON exchange_jobs (client_id, id);

-- Clients whose Fortnox has failed several times in a row; paused_until: the service leaves them alone until then.
CREATE TABLE breakers (
    client_id TEXT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    failed_at TEXT NOT NULL,
    paused_until TEXT
) WITHOUT ROWID;
