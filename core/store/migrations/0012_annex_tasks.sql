-- Whether an annex's difference is work to do in the client's own program (kontantmetoden), not an error.
ALTER TABLE annexes ADD COLUMN task INTEGER NOT NULL DEFAULT 0;

UPDATE annexes SET task = 1
    WHERE difference <> 0 AND CAST(body AS TEXT) LIKE '%"code":"cash_method%';

DROP INDEX annexes_differences;

CREATE INDEX annexes_differences ON annexes (import_id, account, difference, task);
