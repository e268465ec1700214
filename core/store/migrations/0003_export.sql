-- What follows an export: receipts and proofs; and the firm's voucher templates, acknowledgements, and the
-- earlier revisions of closing vouchers, for undoing.

CREATE TABLE receipts (
    id TEXT PRIMARY KEY,
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    made_at TEXT NOT NULL,
    person TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX receipts_engagement ON receipts (engagement_id, id);

-- The latest proof of each engagement. lagging: balance accounts that the next year has not taken over.
CREATE TABLE proofs (
    engagement_id TEXT PRIMARY KEY REFERENCES engagements (id) ON DELETE CASCADE,
    made_at TEXT NOT NULL,
    import_id TEXT NOT NULL,
    holds INTEGER NOT NULL,
    lagging INTEGER NOT NULL
);

CREATE TABLE voucher_templates (
    name TEXT PRIMARY KEY,
    rows TEXT NOT NULL
);

-- A check that a person has read and lets pass. subject: what it concerned, so that a new reason asks again.
CREATE TABLE acknowledgements (
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    subject TEXT NOT NULL,
    person TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (engagement_id, code, subject)
);

-- What a closing voucher was before each local change; before is null where it did not exist.
CREATE TABLE voucher_changes (
    seq INTEGER PRIMARY KEY,
    engagement_id TEXT NOT NULL REFERENCES engagements (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    voucher_id TEXT NOT NULL,
    before TEXT,
    position INTEGER
);
CREATE INDEX voucher_changes_engagement ON voucher_changes (engagement_id, seq);

-- Which of the firm's own vouchers a snapshot's books hold.
CREATE TABLE import_own_vouchers (
    import_id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    voucher_id TEXT NOT NULL,
    PRIMARY KEY (import_id, voucher_id)
) WITHOUT ROWID;
