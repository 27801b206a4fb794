-- Unions join by invitation (R-25), officers' sessions and second factor (R-26).

CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    union_id TEXT NOT NULL REFERENCES unions (id),     -- the upper union that invites
    kind TEXT NOT NULL,                                -- union::Kind of who may register
    token_hash TEXT NOT NULL UNIQUE,                   -- SHA-256 of the link's token
    token_sealed TEXT NOT NULL,                        -- the token for the administrators' page and the QR code's answer
    uses BIGINT NOT NULL,                              -- registrations that wait or were approved
    uses_max BIGINT NOT NULL,
    created_by TEXT NOT NULL REFERENCES officers (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CHECK (uses >= 0 AND uses <= uses_max)
);
CREATE INDEX invitations_union ON invitations (union_id, id);

CREATE TABLE registrations (
    id TEXT PRIMARY KEY,
    invitation_id TEXT NOT NULL REFERENCES invitations (id),
    parent_id TEXT NOT NULL REFERENCES unions (id),    -- the upper union, who approves
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    details_sealed TEXT NOT NULL,                      -- JSON of union::registrations::Details
    officer_name TEXT NOT NULL,
    phone_sealed TEXT NOT NULL,                        -- of the first officer
    phone_index TEXT NOT NULL,
    password_hash TEXT NOT NULL,                       -- argon2id; '' once it is the officer's
    openid TEXT,                                       -- who scanned the QR code
    state TEXT NOT NULL,                               -- union::registrations::State
    reason TEXT NOT NULL,                              -- why it was rejected
    decided_by TEXT REFERENCES officers (id),
    decided_at BIGINT,
    union_id TEXT REFERENCES unions (id),              -- the union that it became
    created_at BIGINT NOT NULL
);
CREATE INDEX registrations_parent ON registrations (parent_id, state, id);
CREATE INDEX registrations_phone ON registrations (phone_index, id);
-- Two registrations at the same moment: one name under one parent, one phone.
CREATE UNIQUE INDEX registrations_name ON registrations (parent_id, name) WHERE state = 'pending';
CREATE UNIQUE INDEX registrations_one ON registrations (phone_index) WHERE state = 'pending';

-- Contact, address and telephone of a union that joined; sealed JSON.
ALTER TABLE unions ADD COLUMN details_sealed TEXT;

-- Whether this officer's sign-in needs a scan with the bound WeChat, too.
ALTER TABLE officers ADD COLUMN second_factor BIGINT NOT NULL DEFAULT 0;
-- One WeChat is one officer's: of earlier bindings the last made stays.
UPDATE officers SET openid = NULL
    WHERE openid IS NOT NULL AND id <> (SELECT MAX(o.id) FROM officers o WHERE o.openid = officers.openid);
CREATE UNIQUE INDEX officers_openid ON officers (openid);

CREATE TABLE officer_sessions (
    id TEXT PRIMARY KEY,
    officer_id TEXT NOT NULL REFERENCES officers (id),
    device TEXT NOT NULL,                              -- system and browser in words
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,                           -- to within ten minutes
    ended_at BIGINT
);
CREATE INDEX officer_sessions_officer ON officer_sessions (officer_id, ended_at, seen_at);
