CREATE TABLE ticket_types (
    ticket_type TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    remaining BIGINT NOT NULL,
    held BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    version BIGINT NOT NULL,
    announced BIGINT NOT NULL,
    CONSTRAINT stock_never_negative CHECK (remaining >= 0 AND held >= 0 AND sold >= 0)
);

CREATE TABLE orders (
    order_id TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    cancel_sent BIGINT NOT NULL,
    decision TEXT NOT NULL,
    settlement TEXT
);

CREATE INDEX orders_held_by_expiry ON orders (expires_at) WHERE status = 'held' AND cancel_sent = 0;

CREATE TABLE adjustments (
    adjustment_id TEXT PRIMARY KEY,
    decision TEXT NOT NULL
);
