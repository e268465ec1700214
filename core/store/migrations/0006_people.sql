-- The people who enter over SSH: what they may do, and their public keys, one a line without comments.

CREATE TABLE people (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    keys TEXT NOT NULL,
    added_at TEXT NOT NULL
) WITHOUT ROWID;
