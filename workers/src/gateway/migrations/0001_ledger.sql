-- Every charge that was ever asked for or cancelled, by its key. Amount and what follows are absent where a cancel came
-- first. `reference` is the client's order: not unique, or a client that charges twice would not show.
CREATE TABLE charges (
    charge_key   TEXT PRIMARY KEY,
    reference    TEXT,
    amount       BIGINT NOT NULL,
    currency     TEXT,
    token        TEXT,
    status       TEXT NOT NULL CHECK (status IN ('captured', 'declined', 'pending', 'busy', 'cancelled')),
    decline      TEXT,
    calls        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    completes_at BIGINT NOT NULL,
    refunded     BIGINT NOT NULL CHECK (refunded >= 0 AND refunded <= amount)
);

CREATE INDEX charges_pending ON charges (completes_at) WHERE status = 'pending';

CREATE TABLE refunds (
    refund_key  TEXT PRIMARY KEY,
    charge_key  TEXT NOT NULL,
    amount      BIGINT NOT NULL,
    refunded_at BIGINT NOT NULL
);
