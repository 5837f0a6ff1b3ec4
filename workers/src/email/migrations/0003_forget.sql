-- Names and addresses that are to be forgotten one day, by the moment from which their time counts.
CREATE INDEX mails_to_forget ON mails (COALESCE(decided_at, noted_at)) WHERE email IS NOT NULL AND state <> 'due';
