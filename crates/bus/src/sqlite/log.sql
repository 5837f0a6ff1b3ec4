-- The offset that the topic's next record gets. It outlives records that expire.
CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- The offset that a consumer group reads next.
CREATE TABLE IF NOT EXISTS positions (
    consumer_group TEXT NOT NULL,
    topic          TEXT NOT NULL,
    next           INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic)
) WITHOUT ROWID;
