-- With it a mail's link has the order's key. Absent for orders that were decided by an older build.
ALTER TABLE mails ADD COLUMN request_hash TEXT;
