-- Campaigns made by the city, the ledger of quotas, transfers between units, the public chain (R-19, R-20, R-27).

-- R-19: every change of a unit's total; quotas.total is always its sum, as quotas.taken is place_entries'.
CREATE TABLE quota_entries (
    id TEXT PRIMARY KEY,
    campaign_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    delta BIGINT NOT NULL,
    total BIGINT NOT NULL,                         -- afterwards
    cause TEXT NOT NULL,                           -- campaign::QuotaCause
    reference TEXT NOT NULL,                       -- an import's SHA-256, a transfer's id; else ''
    reason TEXT NOT NULL,                          -- in words, by who changed it
    at BIGINT NOT NULL,
    actor TEXT NOT NULL
);
CREATE INDEX quota_entries_unit ON quota_entries (campaign_id, unit_id, id);

-- What stood before there was a ledger is its first line.
INSERT INTO quota_entries (id, campaign_id, unit_id, delta, total, cause, reference, reason, at, actor)
    SELECT 'opened-' || q.campaign_id || '-' || q.unit_id, q.campaign_id, q.unit_id, q.total, q.total, 'opened', '', '',
        c.created_at, 'system:'
    FROM quotas q JOIN campaigns c ON c.id = q.campaign_id;

-- R-27: who gives money besides the city, whose amount is campaigns.city_grant_fen.
CREATE TABLE funders (
    id TEXT PRIMARY KEY,
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    kind TEXT NOT NULL,                            -- campaign::funders::Kind
    union_id TEXT NOT NULL REFERENCES unions (id), -- whose workers get it; the root: everybody's
    name TEXT NOT NULL,                            -- who gives; for an employer the name as on the application form
    amount_fen BIGINT NOT NULL,                    -- to each person
    created_at BIGINT NOT NULL,
    UNIQUE (campaign_id, kind, union_id, name),
    CHECK (amount_fen > 0)
);

-- Places that one unit gives to another: proposed, accepted, approved by the city.
CREATE TABLE transfers (
    id TEXT PRIMARY KEY,
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    intake_id TEXT NOT NULL REFERENCES intakes (id), -- ends unapproved with its application window
    from_id TEXT NOT NULL REFERENCES unions (id),
    to_id TEXT NOT NULL REFERENCES unions (id),
    places BIGINT NOT NULL,
    reason TEXT NOT NULL,                          -- by the unit that gives
    state TEXT NOT NULL,                           -- campaign::transfers::State
    answer TEXT NOT NULL,                          -- why it was refused
    proposed_by TEXT NOT NULL REFERENCES officers (id),
    accepted_by TEXT REFERENCES officers (id),
    ended_by TEXT REFERENCES officers (id),        -- none: ended by time
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    CHECK (places > 0 AND from_id <> to_id)
);
CREATE INDEX transfers_from ON transfers (from_id, id);
CREATE INDEX transfers_to ON transfers (to_id, id);
CREATE INDEX transfers_open ON transfers (state, id);

-- The public chain: one text a day, its SHA-256 in the next day's.
CREATE TABLE place_digests (
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    day TEXT NOT NULL,                             -- '2026-11-05', Asia/Shanghai
    previous TEXT NOT NULL,                        -- the day before's hash; 64 zeros for the first
    audit_head TEXT NOT NULL,                      -- the audit trail's head that was published with it; '' for none
    body TEXT NOT NULL,                            -- the text, as it is downloaded
    hash TEXT NOT NULL,                            -- SHA-256 of the body in hex
    made_at BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, day)
);
