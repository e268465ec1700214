-- What people add to the books of an engagement: supported amounts, sign-offs, notes, frozen annexes, source
-- settings; and a row index of each snapshot, rebuildable from its SIE bytes.

CREATE TABLE supported_amounts (
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    reference TEXT NOT NULL DEFAULT '',
    person TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (engagement_id, account)
) WITHOUT ROWID;

-- One living sign-off an account; those undone stay as history.
CREATE TABLE sign_offs (
    id TEXT PRIMARY KEY,
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    import_id TEXT NOT NULL REFERENCES imports (id),
    balance INTEGER NOT NULL,
    comment TEXT NOT NULL DEFAULT '',
    done_by TEXT NOT NULL,
    done_at TEXT NOT NULL,
    reviewed_by TEXT NOT NULL DEFAULT '',
    reviewed_at TEXT,
    undone_by TEXT NOT NULL DEFAULT '',
    undone_at TEXT,
    balance_after INTEGER
);
CREATE UNIQUE INDEX sign_offs_living ON sign_offs (engagement_id, account) WHERE undone_at IS NULL;
CREATE INDEX sign_offs_import ON sign_offs (import_id);

CREATE TABLE item_notes (
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    ledger TEXT NOT NULL,
    number TEXT NOT NULL,
    note TEXT NOT NULL,
    person TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (engagement_id, ledger, number)
) WITHOUT ROWID;

-- An annex as it was signed off. declined_import_id: the later import whose annex a person turned down.
CREATE TABLE frozen_annexes (
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    import_id TEXT NOT NULL REFERENCES imports (id),
    body BLOB NOT NULL,
    person TEXT NOT NULL,
    at TEXT NOT NULL,
    declined_import_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (engagement_id, account, import_id)
) WITHOUT ROWID;
CREATE INDEX frozen_annexes_import ON frozen_annexes (import_id);

CREATE TABLE source_settings (
    engagement_id TEXT PRIMARY KEY REFERENCES engagements (id) ON DELETE CASCADE,
    names TEXT NOT NULL,
    period_balances INTEGER NOT NULL,
    previous_year TEXT NOT NULL
);

CREATE TABLE account_names (
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (engagement_id, account)
) WITHOUT ROWID;

-- The live rows of an account, packed (core.store.rowindex); rows is their number.
CREATE TABLE import_rows (
    import_id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    rows INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (import_id, account)
);

-- The change of an account in a month (YYYYMM), where the engagement keeps period balances.
CREATE TABLE import_periods (
    import_id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    period INTEGER NOT NULL,
    change INTEGER NOT NULL,
    PRIMARY KEY (import_id, account, period)
) WITHOUT ROWID;
