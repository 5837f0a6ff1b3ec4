CREATE TABLE ticket_types (
    ticket_type TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    venue       TEXT NOT NULL
);

CREATE TABLE tickets (
    order_id      TEXT NOT NULL,
    ticket_number BIGINT NOT NULL,
    ticket_id     TEXT NOT NULL,
    ticket_type   TEXT NOT NULL,
    price         BIGINT NOT NULL,
    currency      TEXT NOT NULL,
    event         TEXT NOT NULL,
    event_date    TEXT NOT NULL,
    PRIMARY KEY (order_id, ticket_number)
);

-- One row for each order with a known buyer or a confirmation. `claim` says which sender is at it until `next_try_at`.
CREATE TABLE mails (
    order_id     TEXT PRIMARY KEY,
    email        TEXT,
    name         TEXT,
    total        BIGINT,
    tickets      BIGINT,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'due', 'sent', 'failed')),
    attempts     BIGINT NOT NULL,
    next_try_at  BIGINT NOT NULL,
    claim        TEXT,
    last_error   TEXT,
    noted_at     BIGINT NOT NULL,
    decided_at   BIGINT CHECK ((decided_at IS NULL) = (state IN ('waiting', 'due'))),
    announced    BIGINT NOT NULL
);

CREATE INDEX mails_due ON mails (next_try_at) WHERE state = 'due';
CREATE INDEX mails_unannounced ON mails (decided_at) WHERE announced = 0 AND decided_at IS NOT NULL;
