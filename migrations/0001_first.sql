-- One text for SQLite and PostgreSQL: TEXT and BIGINT only. Ids are UUID v7 text made by us (they sort by time);
-- times are milliseconds since 1970 UTC; money is fen; 0/1 are truth values. *_sealed is AES-256-GCM text
-- (kernel::sealed), *_index its keyed hash for equality.

CREATE TABLE unions (
    id TEXT PRIMARY KEY,
    parent_id TEXT REFERENCES unions (id),
    kind TEXT NOT NULL,                 -- union::Kind
    name TEXT NOT NULL,
    path TEXT NOT NULL,                 -- '/root/unit/street/': ids from the root; a subtree is a prefix
    no BIGINT NOT NULL,                 -- order among its siblings (Annex 1's number for units)
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (parent_id, name)
);
CREATE INDEX unions_path ON unions (path);

CREATE TABLE officers (
    id TEXT PRIMARY KEY,
    union_id TEXT NOT NULL REFERENCES unions (id),
    name TEXT NOT NULL,
    phone_sealed TEXT NOT NULL,
    phone_index TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,        -- argon2id, PHC string
    roles TEXT NOT NULL,                -- union::Role, comma-separated
    openid TEXT,
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX officers_union ON officers (union_id);

CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    employer TEXT NOT NULL,
    phone_sealed TEXT NOT NULL,
    phone_index TEXT NOT NULL UNIQUE,
    union_id TEXT REFERENCES unions (id),
    openid TEXT UNIQUE,
    unionid TEXT,
    study_plan BIGINT NOT NULL,         -- 为我定制个性化的学习计划
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE followers (
    openid TEXT PRIMARY KEY,
    following BIGINT NOT NULL,
    scene TEXT,                         -- the QR code's scene that brought them
    changed_at BIGINT NOT NULL
);

CREATE TABLE campaigns (
    id TEXT PRIMARY KEY,
    year BIGINT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    city_grant_fen BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE intakes (
    id TEXT PRIMARY KEY,
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    season TEXT NOT NULL,               -- campaign::Season
    apply_from BIGINT NOT NULL,
    apply_until BIGINT NOT NULL,
    review_from BIGINT NOT NULL,
    review_until BIGINT NOT NULL,
    UNIQUE (campaign_id, season)
);

CREATE TABLE quotas (
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    unit_id TEXT NOT NULL REFERENCES unions (id),
    total BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    next_seq BIGINT NOT NULL,           -- the order of submission within the unit; grows under the row's lock
    PRIMARY KEY (campaign_id, unit_id),
    CHECK (taken >= 0 AND taken <= total)
);

CREATE TABLE applications (
    id TEXT PRIMARY KEY,
    worker_id TEXT NOT NULL REFERENCES workers (id),
    intake_id TEXT NOT NULL REFERENCES intakes (id),
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    union_id TEXT REFERENCES unions (id),          -- the worker's union
    unit_id TEXT REFERENCES unions (id),           -- its ancestor (or itself) that has places
    state TEXT NOT NULL,                           -- application::State
    step BIGINT NOT NULL,                          -- 0 is the worker's union; counts up to the centre
    holder_id TEXT REFERENCES unions (id),         -- the union whose step it is
    since BIGINT NOT NULL,                         -- since when in this state and step
    number TEXT UNIQUE,
    seq BIGINT,                                    -- order of submission within the unit
    submitted_at BIGINT,
    applicant TEXT NOT NULL,
    level TEXT NOT NULL,                           -- application::Level, '' in an early draft
    institution TEXT NOT NULL,
    form_sealed TEXT NOT NULL,                     -- JSON of application::FormText
    form_version BIGINT NOT NULL,
    printed_version BIGINT NOT NULL,               -- 0: never printed
    checked_version BIGINT NOT NULL,               -- the version the four checks of R-15 were ticked for; 0: never
    version BIGINT NOT NULL,                       -- of the row: every change adds one
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- One application at a time; after it ended without a grant the worker may begin another.
CREATE UNIQUE INDEX applications_one_open ON applications (worker_id, intake_id)
    WHERE state NOT IN ('withdrawn', 'rejected', 'expired');
CREATE INDEX applications_holder ON applications (holder_id, state, since);
CREATE INDEX applications_waiting ON applications (campaign_id, unit_id, state, seq);
CREATE INDEX applications_union ON applications (union_id, state);
CREATE INDEX applications_intake ON applications (intake_id, state);

-- R-5: who holds the year's and the level's only subsidy, by the ID number's keyed hash.
CREATE TABLE claims (
    id_index TEXT NOT NULL,
    scope TEXT NOT NULL,                           -- 'year' | 'level'
    value TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    PRIMARY KEY (id_index, scope, value)
);
CREATE INDEX claims_application ON claims (application_id);

-- R-20: every place taken, released or passed on; quotas.taken is always its sum.
CREATE TABLE place_entries (
    id TEXT PRIMARY KEY,
    campaign_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    delta BIGINT NOT NULL,                         -- +1 taken, -1 released
    cause TEXT NOT NULL,                           -- campaign::PlaceCause
    at BIGINT NOT NULL,
    actor TEXT NOT NULL
);
CREATE INDEX place_entries_unit ON place_entries (campaign_id, unit_id, id);

CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    kind TEXT NOT NULL,                            -- application::DocumentKind
    media_type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    form_version BIGINT NOT NULL,                  -- of the form when it was uploaded (R-17)
    current BIGINT NOT NULL,                       -- 0: replaced, kept for the file
    uploaded_at BIGINT NOT NULL
);
CREATE INDEX documents_application ON documents (application_id, current);

-- R-22: facts, never changed.
CREATE TABLE decisions (
    id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    application_version BIGINT NOT NULL,           -- the version that was seen
    step BIGINT NOT NULL,
    union_id TEXT NOT NULL REFERENCES unions (id),
    officer_id TEXT NOT NULL REFERENCES officers (id),
    verdict TEXT NOT NULL,                         -- review::Verdict
    reason TEXT NOT NULL,
    corrections TEXT NOT NULL,                     -- JSON list of field and document names
    at BIGINT NOT NULL,
    UNIQUE (application_id, application_version)
);

-- The dated timeline that the worker sees (R-18, R-30).
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    union_id TEXT,                                 -- the union that acted
    note TEXT NOT NULL,                            -- its words for the worker
    corrections TEXT NOT NULL,                     -- JSON list of field and document names to be mended
    at BIGINT NOT NULL
);
CREATE INDEX events_application ON events (application_id, id);

CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL,                           -- notice::Event
    recipient_kind TEXT NOT NULL,                  -- 'worker' | 'officer'
    recipient_id TEXT NOT NULL,
    application_id TEXT,
    dedup TEXT NOT NULL UNIQUE,                    -- one message for one cause and recipient
    content TEXT NOT NULL,                         -- JSON of notice::Content; no personal data
    channel TEXT NOT NULL,                         -- '' until sent; 'wechat' | 'sms'
    state TEXT NOT NULL,                           -- notice::Delivery
    msgid TEXT,
    error TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX notices_application ON notices (application_id, id);
CREATE INDEX notices_msgid ON notices (msgid);
CREATE INDEX notices_recipient ON notices (recipient_kind, recipient_id, state);

CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    dedup TEXT UNIQUE,
    state TEXT NOT NULL,                           -- outbox::State
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    claimed_by TEXT,
    error TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, due_at);

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,                      -- 'worker' | 'officer' | 'system'
    actor_id TEXT NOT NULL,
    act TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    detail TEXT NOT NULL                           -- JSON, no personal data
);
CREATE INDEX audit_subject ON audit (subject_kind, subject_id, id);
