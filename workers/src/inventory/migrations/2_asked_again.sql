-- `cancel_sent` is when the payment service was last asked to end the hold, in microseconds; 0: never. It was 1 for ever once
-- it had been asked: those are asked again now.
DROP INDEX orders_held_by_expiry;
CREATE INDEX orders_held_by_expiry ON orders (expires_at) WHERE status = 'held';
