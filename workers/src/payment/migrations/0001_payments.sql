-- One row for each order whose payment was asked for or cancelled. Amount and what follows are absent where the cancel
-- came first.
CREATE TABLE charges (
    order_id      TEXT PRIMARY KEY,
    amount        BIGINT,
    currency      TEXT,
    payment_token TEXT,
    expires_at    BIGINT,
    status        TEXT NOT NULL CHECK (status IN ('calling', 'captured', 'failed')),
    reason        TEXT CHECK ((reason IS NOT NULL) = (status = 'failed')),
    noted_at      BIGINT NOT NULL,
    decided_at    BIGINT CHECK ((decided_at IS NULL) = (status = 'calling')),
    CHECK (status = 'failed' OR amount IS NOT NULL)
);

CREATE TABLE refunds (
    payment_id TEXT PRIMARY KEY,
    order_id   TEXT NOT NULL,
    amount     BIGINT NOT NULL,
    why        TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('calling', 'refunded', 'refused')),
    refusal    TEXT CHECK ((refusal IS NOT NULL) = (status = 'refused')),
    noted_at   BIGINT NOT NULL,
    decided_at BIGINT CHECK ((decided_at IS NULL) = (status = 'calling'))
);
