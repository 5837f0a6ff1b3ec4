-- Messages that were delivered before, while they are handled. A row of another process is what it died with.
CREATE TABLE handling (
    handler       TEXT   NOT NULL,
    message_id    TEXT   NOT NULL,
    -- A new one with each start.
    process       TEXT   NOT NULL,
    -- How many messages are handled together.
    together      BIGINT NOT NULL,
    -- Deaths before this one, while the message was handled alone.
    crashed_alone BIGINT NOT NULL,
    -- Microseconds since the epoch.
    begun_at      BIGINT NOT NULL,
    PRIMARY KEY (handler, message_id)
);
