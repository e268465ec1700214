-- The overview reads the differences of the annexes without their bodies, and the newest run of each engagement.

CREATE INDEX annexes_differences ON annexes (import_id, account, difference);

DROP INDEX imports_engagement;

CREATE INDEX imports_newest ON imports (engagement_id, made_at, id);
