-- Where on the log a ticket type's announcement stands. Without a place it may not be there, and is announced once more.
ALTER TABLE ticket_types ADD COLUMN log_partition BIGINT;
ALTER TABLE ticket_types ADD COLUMN log_offset BIGINT;
