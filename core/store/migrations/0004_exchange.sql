-- The exchange folder: whose folder is whose, what became of every file that came in, what is on its way out.

-- A folder's name is never given to another client, also after its own is removed.
CREATE TABLE exchange_folders (
    client_id TEXT PRIMARY KEY,
    folder TEXT NOT NULL COLLATE NOCASE UNIQUE
) WITHOUT ROWID;

-- One row a file, written in the transaction of its effect. outcome: done failed duplicate.
CREATE TABLE exchange_jobs (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at TEXT NOT NULL,
    receipt TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX exchange_jobs_effect ON exchange_jobs (client_id, sha256) WHERE outcome = 'done';

-- A staged file that waits to be published in the client's out folder.
CREATE TABLE exchange_outgoing (
    name TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
