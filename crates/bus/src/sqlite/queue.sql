-- Totals; what was sent and not settled waits or is in somebody's hands.
CREATE TABLE IF NOT EXISTS queues (
    name    TEXT PRIMARY KEY,
    sent    INTEGER NOT NULL DEFAULT 0,
    settled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Written once and deleted once. Who has a message stands elsewhere, in narrow tables, so that claiming does not
-- rewrite it.
CREATE TABLE IF NOT EXISTS messages (
    seq          INTEGER PRIMARY KEY,
    redeliveries INTEGER NOT NULL DEFAULT 0,
    body         TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS ready (
    queue TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (queue, seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS consumers (
    id      INTEGER PRIMARY KEY,
    queue   TEXT NOT NULL,
    session TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS claims (
    consumer INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (consumer, seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS dead_letters (
    id       INTEGER PRIMARY KEY,
    queue    TEXT NOT NULL,
    message  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    buried   TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS dead_letters_by_queue ON dead_letters (queue);
