-- The officers' desk (R-21 … R-24, ADR 0021): what the inbox filters by, claims while looking, recalls, relatives,
-- ready-made sentences, passing many at once.

ALTER TABLE applications ADD COLUMN returns BIGINT NOT NULL DEFAULT 0;   -- how often it was returned for correction
ALTER TABLE applications ADD COLUMN flagged BIGINT NOT NULL DEFAULT 0;   -- 1: a check of the machine failed when last made
UPDATE applications
SET returns = (SELECT COUNT(*) FROM events e WHERE e.application_id = applications.id AND e.event = 'returned');

-- The inbox reads these alone: they hold every column that it filters and sorts by, so the fat rows stay untouched.
CREATE INDEX inbox_all ON applications (submitted_at, id, state, intake_id, level, since, returns, flagged);
CREATE INDEX inbox_state ON applications (state, submitted_at, id, intake_id, level, since, returns, flagged);
CREATE INDEX inbox_unit ON applications (unit_id, submitted_at, id, state, intake_id, level, since, returns, flagged);
CREATE INDEX inbox_union ON applications (union_id, submitted_at, id, state, intake_id, level, since, returns, flagged);
CREATE INDEX inbox_holder ON applications (holder_id, state, since, id, submitted_at, unit_id, union_id, intake_id, level, returns, flagged);
DROP INDEX applications_holder;                  -- the beginning of inbox_holder
-- Counts by state.
CREATE INDEX applications_unit_state ON applications (unit_id, state);

-- Every end of a submitted application's name and number, in small letters: a part of either is the beginning of a key.
CREATE TABLE application_keys (
    application_id TEXT NOT NULL REFERENCES applications (id),
    key TEXT NOT NULL,
    PRIMARY KEY (application_id, key)
);
INSERT INTO application_keys (application_id, key)
WITH RECURSIVE places (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM places WHERE i < 60)
SELECT DISTINCT a.id, LOWER(SUBSTR(REPLACE(a.applicant, ' ', ''), p.i))
FROM applications a JOIN places p ON p.i <= LENGTH(REPLACE(a.applicant, ' ', '')) WHERE a.submitted_at IS NOT NULL
UNION
SELECT a.id, LOWER(SUBSTR(REPLACE(a.number, '-', ''), p.i))
FROM applications a JOIN places p ON p.i <= LENGTH(REPLACE(a.number, '-', '')) - 1 WHERE a.submitted_at IS NOT NULL;
CREATE INDEX application_keys_key ON application_keys (key, application_id);

-- Who looks at an application of their step. Ends by itself; decides nothing.
CREATE TABLE review_claims (
    application_id TEXT PRIMARY KEY REFERENCES applications (id),
    officer_id TEXT NOT NULL REFERENCES officers (id),
    since BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    before_id TEXT                                 -- from whom it was taken over
);
CREATE INDEX review_claims_officer ON review_claims (officer_id, ends_at);

-- Why it was returned or rejected: review::ReasonCode; '' with other verdicts and before codes.
ALTER TABLE decisions ADD COLUMN code TEXT NOT NULL DEFAULT '';

-- A pass taken back by who gave it: a fact beside the decision, which stays.
CREATE TABLE decision_recalls (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    application_id TEXT NOT NULL REFERENCES applications (id),
    officer_id TEXT NOT NULL REFERENCES officers (id),
    at BIGINT NOT NULL
);
CREATE INDEX decision_recalls_application ON decision_recalls (application_id);
CREATE INDEX decisions_application ON decisions (application_id, id);
CREATE INDEX decisions_officer ON decisions (officer_id, id);

-- 回避: an officer declared the applicant a relative.
CREATE TABLE relatives (
    application_id TEXT NOT NULL REFERENCES applications (id),
    officer_id TEXT NOT NULL REFERENCES officers (id),
    relation TEXT NOT NULL,                        -- review::Relation
    at BIGINT NOT NULL,
    PRIMARY KEY (application_id, officer_id)
);

-- Ready-made sentences of a union; the built-in ones stand in review::phrases.
CREATE TABLE phrases (
    id TEXT PRIMARY KEY,
    union_id TEXT NOT NULL REFERENCES unions (id),
    verdict TEXT NOT NULL,                         -- review::Verdict
    code TEXT NOT NULL,                            -- review::ReasonCode
    fix TEXT NOT NULL,                             -- a field or document that is ticked with it, or ''
    text TEXT NOT NULL,
    place BIGINT NOT NULL                          -- order within the union
);
CREATE INDEX phrases_union ON phrases (union_id, place);
-- An inherited or built-in sentence that a union and those below it do not use.
CREATE TABLE phrases_off (
    union_id TEXT NOT NULL REFERENCES unions (id),
    phrase_id TEXT NOT NULL,
    PRIMARY KEY (union_id, phrase_id)
);

-- Passing many at once: what was chosen, with the version that was seen, and what came of each.
CREATE TABLE bulk_runs (
    id TEXT PRIMARY KEY,
    officer_id TEXT NOT NULL REFERENCES officers (id),
    made_at BIGINT NOT NULL,
    started_at BIGINT,
    worked_until BIGINT NOT NULL,                  -- a lease: who works on it dies, another goes on
    finished_at BIGINT
);
CREATE INDEX bulk_runs_officer ON bulk_runs (officer_id, made_at);
CREATE TABLE bulk_items (
    run_id TEXT NOT NULL REFERENCES bulk_runs (id),
    place BIGINT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    version BIGINT NOT NULL,
    outcome TEXT NOT NULL,                         -- '' to be done, 'passed', or a refusal's code
    words TEXT NOT NULL,                           -- the refusal's words
    PRIMARY KEY (run_id, place),
    UNIQUE (run_id, application_id)
);
