-- Being told (R-23): what each officer wishes, digests, and what is noted of a delivery.

-- union::preferences::Way: by which way an officer is told, in which order.
ALTER TABLE officers ADD COLUMN notice_way TEXT NOT NULL DEFAULT 'wechat_sms';
-- Quiet hours in minutes of the day (Asia/Shanghai); none when either is NULL. From later than until: over midnight.
ALTER TABLE officers ADD COLUMN quiet_from BIGINT;
ALTER TABLE officers ADD COLUMN quiet_until BIGINT;

-- The times at which digests and reminders were planned, '2026-11-24T09' and 'T15': each once, whichever process comes.
CREATE TABLE digest_slots (
    slot TEXT PRIMARY KEY,
    planned_at BIGINT NOT NULL
);

-- How often an SMS was begun whose end nobody noted.
ALTER TABLE notices ADD COLUMN doubts BIGINT NOT NULL DEFAULT 0;
-- The message by which an officer had this one sent again.
ALTER TABLE notices ADD COLUMN resent_as TEXT;
-- Those that were not delivered.
CREATE INDEX notices_lost ON notices (id) WHERE state IN ('failed', 'refused', 'unknown');
