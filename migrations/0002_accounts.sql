-- The account's life: password, what was told at registration, the APP's link, real-name verification, leaving.

ALTER TABLE workers ADD COLUMN password_hash TEXT;     -- argon2id, PHC string
ALTER TABLE workers ADD COLUMN profile_sealed TEXT;    -- JSON of account::Profile (R-10): ID number and e-mail are in it
ALTER TABLE workers ADD COLUMN id_index TEXT;          -- keyed hash of the profile's ID number
ALTER TABLE workers ADD COLUMN app_index TEXT;         -- keyed hash of the APP's subject
ALTER TABLE workers ADD COLUMN verified_at BIGINT;     -- R-3: since when name and ID number are known to be true
ALTER TABLE workers ADD COLUMN closed_at BIGINT;       -- the account was left, or joined into another
ALTER TABLE workers ADD COLUMN joined_into TEXT;       -- the worker who goes on
CREATE UNIQUE INDEX workers_app ON workers (app_index);
CREATE INDEX workers_id_number ON workers (id_index);

-- Where a worker is signed in. A session without its row here is ended.
CREATE TABLE sign_ins (
    id TEXT PRIMARY KEY,
    worker_id TEXT NOT NULL REFERENCES workers (id),
    way TEXT NOT NULL,                  -- account::sign_ins::Way
    device TEXT NOT NULL,               -- in words: 'iPhone 微信'
    at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_worker ON sign_ins (worker_id, seen_at);

-- A text message about the account to a number that may no longer be the account's; deleted once it is sent.
CREATE TABLE account_messages (
    id TEXT PRIMARY KEY,
    phone_sealed TEXT NOT NULL,
    message TEXT NOT NULL,              -- account::messages::Message
    at BIGINT NOT NULL
);

-- An ended application whose personal data were erased, or an approved one that holds only what the audit needs.
ALTER TABLE applications ADD COLUMN erased_at BIGINT;
ALTER TABLE applications ADD COLUMN erase_after BIGINT;
CREATE INDEX applications_erase ON applications (erase_after);
