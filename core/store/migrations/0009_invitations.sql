-- The invitation desk: whom clients want as users in their Fortnox, and the letters to them.
-- Personal data: nothing of it stands in the audit, and all of it goes with the client or by purge.

CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    mobile TEXT NOT NULL,
    username TEXT NOT NULL,
    choice TEXT NOT NULL,
    consent TEXT NOT NULL,
    state TEXT NOT NULL,
    batch INTEGER,
    created_at TEXT NOT NULL,
    exported_at TEXT,
    invited_at TEXT,
    reminded_at TEXT,
    closed_at TEXT,
    changed_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX invitations_client ON invitations (client_id);

-- What a person has said of a client; no personal data of the client's people.
CREATE TABLE invitation_clients (
    client_id TEXT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    admin INTEGER NOT NULL DEFAULT 0,
    admin_by TEXT NOT NULL DEFAULT '',
    admin_at TEXT,
    has_user INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- The highest batch number ever used, so that a purge does not make it free again.
CREATE TABLE invitation_batches (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    rows INTEGER NOT NULL
);

-- How many vouchers the client's books held when the person was invited: what documents that come are seen against.
-- Snapshots are pruned, so the figure is kept by itself.
CREATE TABLE invitation_baselines (
    invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    engagement_id TEXT NOT NULL,
    vouchers INTEGER NOT NULL,
    made_at TEXT NOT NULL,
    PRIMARY KEY (invitation_id, engagement_id)
) WITHOUT ROWID;

-- One row a letter, unique by what it is: the same one is never made twice.
-- state: queued sending unknown sent written refused bounced.
CREATE TABLE letters (
    id TEXT PRIMARY KEY,
    invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    round INTEGER NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (invitation_id, kind, round)
) WITHOUT ROWID;

CREATE TABLE letter_templates (
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, language)
) WITHOUT ROWID;
