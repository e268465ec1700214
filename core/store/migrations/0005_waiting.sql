-- When an export put a closing voucher aside until its fiscal year exists.
ALTER TABLE closing_vouchers ADD COLUMN waiting_since TEXT;
