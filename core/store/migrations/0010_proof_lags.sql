-- The balance accounts that the next fiscal year had not taken over at a proof, and that year's days.
ALTER TABLE proofs ADD COLUMN lags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE proofs ADD COLUMN next_from TEXT;
ALTER TABLE proofs ADD COLUMN next_to TEXT;
