-- The ledgers that an import read, so that annexes of another day need no new import.

CREATE TABLE import_ledgers (
    import_id TEXT PRIMARY KEY REFERENCES imports (id) ON DELETE CASCADE,
    body BLOB NOT NULL
);
