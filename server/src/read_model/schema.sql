-- The next offset to read, for each partition, and the id of the record before it.
CREATE TABLE positions (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next INTEGER NOT NULL,
    last_id TEXT NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

-- Every event once. `seq` is the order of arrival here; all else is the log's, and offsets below 0 are of a log that is
-- gone. An order is named by its `seq`: orders' own ids are random, and an index on them would have a page of its own to
-- write for almost every event. So would an index on all events' ids; repeats are found among the events of the order.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    kind TEXT NOT NULL,
    order_seq INTEGER,
    payload TEXT NOT NULL
);
CREATE INDEX events_of_order ON events (order_seq) WHERE order_seq IS NOT NULL;
CREATE UNIQUE INDEX events_of_no_order ON events (id) WHERE order_seq IS NULL;
CREATE INDEX sales ON events (partition, offset) WHERE kind = 'TICKET_SOLD';

-- Orders as their events tell them, in the order in which the first of each arrived here. `state` is the fold, as JSON.
CREATE TABLE orders (
    seq INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE,
    updated_at INTEGER NOT NULL,
    state TEXT NOT NULL
);

-- Ticket types as they were defined last. `definition` is TICKET_TYPE_DEFINED.
CREATE TABLE ticket_types (
    ticket_type TEXT PRIMARY KEY,
    definition TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE stock (
    ticket_type TEXT PRIMARY KEY,
    remaining INTEGER NOT NULL,
    held INTEGER NOT NULL,
    sold INTEGER NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID;

-- Changes of stock that were decided. `refused` says why one was not possible, and is set only then.
CREATE TABLE adjustments (
    adjustment_id TEXT PRIMARY KEY,
    decided_at INTEGER NOT NULL,
    ticket_type TEXT NOT NULL,
    change INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    refused TEXT
) WITHOUT ROWID;

-- What happened in each period in which anything did, in periods of several lengths: orders by when they came, once decided,
-- and tickets by when they were sold. `length` and `start` are seconds, `start` since the epoch.
CREATE TABLE periods (
    length INTEGER NOT NULL,
    start INTEGER NOT NULL,
    placed INTEGER NOT NULL,
    sold INTEGER NOT NULL,
    PRIMARY KEY (length, start)
) WITHOUT ROWID;

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- Records that cannot be read: kept for people to look at.
CREATE TABLE unreadable (
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    kind TEXT NOT NULL,
    why TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (partition, offset)
) WITHOUT ROWID;
