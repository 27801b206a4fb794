-- Supervision (R-31): the audit trail's chain (ADR 0023), and what the audit page and the dashboard read by (ADR 0024).

-- The line's own keyed hash, made in the act's transaction; '' for lines from before this migration.
ALTER TABLE audit ADD COLUMN mark TEXT NOT NULL DEFAULT '';
-- 1 once the line is in audit_chain. No part of what is hashed.
ALTER TABLE audit ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX audit_unsealed ON audit (id) WHERE sealed = 0;
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_act ON audit (act, id);

-- Append-only. No foreign key: a line that was deleted must be found missing, not forbidden.
CREATE TABLE audit_chain (
    seq BIGINT PRIMARY KEY,
    audit_id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,                 -- SHA-256 of the hash before, a line feed, the canonical line; hex
    tags TEXT NOT NULL,                 -- eight keyed tags of 8 hex digits, one a column (supervision::chain::COLUMNS)
    mark TEXT NOT NULL,                 -- keyed hash of all of this row
    at BIGINT NOT NULL                  -- when it was sealed
);

-- One row: the end of the chain, and the lock of who seals.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,                -- 0: nothing was sealed yet
    hash TEXT NOT NULL,
    mark TEXT NOT NULL,                 -- keyed hash of seq, hash and at
    at BIGINT NOT NULL
);
INSERT INTO audit_head (id, seq, hash, mark, at) VALUES (1, 0, '', '', 0);

-- The dashboard groups an intake's applications and the decisions of its days without touching their rows, in the order of
-- these indexes. The days are Shanghai's, counted from 1970; the expressions are those of supervision's store.
CREATE INDEX applications_board ON applications (intake_id, union_id, state, holder_id, since);
CREATE INDEX applications_board_day ON applications (intake_id, ((submitted_at + 28800000) / 86400000), union_id, submitted_at);
CREATE INDEX decisions_board_day ON decisions (((at + 28800000) / 86400000), union_id, verdict, at);
CREATE INDEX decisions_board_verdict ON decisions (verdict, at, union_id, corrections);
