-- `due_at` is when the sweep looks at an order again, in microseconds: at a hold that is over, or about which it asked long ago,
-- and at a rejection that may be forgotten. Rejections of older builds have 0, and stay.
ALTER TABLE orders RENAME COLUMN cancel_sent TO due_at;
UPDATE orders SET due_at = CASE WHEN due_at = 0 THEN expires_at ELSE due_at + 600000000 END WHERE status = 'held';
DROP INDEX orders_held_by_expiry;
CREATE INDEX orders_held ON orders (due_at) WHERE status = 'held';
CREATE INDEX orders_rejected ON orders (due_at) WHERE status = 'rejected' AND due_at > 0;
