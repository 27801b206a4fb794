-- 选学报读: the catalogue, enrolments and what follows them (R-3, R-33 … R-35, ADR 0026). A provider is a union of kind
-- `provider`, a tree of its own; its officers are officers (union::providers).

CREATE TABLE institutions (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    place TEXT NOT NULL,
    about TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE programs (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,          -- 项目编号, the office's own: an import finds its programs by it
    institution_id TEXT NOT NULL REFERENCES institutions (id),
    provider_id TEXT NOT NULL REFERENCES unions (id),
    level TEXT NOT NULL,                -- enrolment::Level
    form TEXT NOT NULL,                 -- enrolment::StudyForm
    major TEXT NOT NULL,
    months BIGINT NOT NULL,             -- 学制
    fee_fen BIGINT NOT NULL,            -- the whole tuition
    terms TEXT NOT NULL,                -- JSON list of fen, one an instalment; their sum is the fee
    place TEXT NOT NULL,
    distance BIGINT NOT NULL,
    refunds TEXT NOT NULL,              -- JSON of enrolment::RefundRules
    about TEXT NOT NULL,
    state TEXT NOT NULL,                -- enrolment::ProgramState
    sample BIGINT NOT NULL,             -- 示例数据
    first_entry TEXT NOT NULL,          -- earliest entry date of its intakes, for the order of the list
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX programs_open ON programs (state, first_entry, id);
CREATE INDEX programs_provider ON programs (provider_id);

-- Seats of one entry date; `taken` counts the enrolments that hold one.
CREATE TABLE program_intakes (
    id TEXT PRIMARY KEY,
    program_id TEXT NOT NULL REFERENCES programs (id),
    entry_date TEXT NOT NULL,           -- 2027-03-01
    enrol_until BIGINT NOT NULL,
    seats BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    UNIQUE (program_id, entry_date),
    CHECK (taken >= 0 AND taken <= seats)
);

-- What a program is found by: the ends of its names, in Han, in pinyin and in initials, so that a range of the index
-- answers what was typed.
CREATE TABLE program_keys (
    word TEXT NOT NULL,
    program_id TEXT NOT NULL REFERENCES programs (id),
    PRIMARY KEY (word, program_id)
);
CREATE INDEX program_keys_program ON program_keys (program_id);

CREATE TABLE favourites (
    worker_id TEXT NOT NULL REFERENCES workers (id),
    program_id TEXT NOT NULL REFERENCES programs (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (worker_id, program_id)
);

-- R-3, our own check: what a worker tells, judged by the city centre.
CREATE TABLE identity_checks (
    id TEXT PRIMARY KEY,
    worker_id TEXT NOT NULL REFERENCES workers (id),
    told_sealed TEXT NOT NULL,          -- JSON: name and ID number; emptied once decided
    id_index TEXT NOT NULL,
    state TEXT NOT NULL,                -- account::identity::State
    reason TEXT NOT NULL,
    officer_id TEXT,
    asked_at BIGINT NOT NULL,
    decided_at BIGINT
);
CREATE UNIQUE INDEX identity_checks_open ON identity_checks (worker_id) WHERE state = 'waiting';
CREATE INDEX identity_checks_state ON identity_checks (state, asked_at);

CREATE TABLE enrolments (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    worker_id TEXT NOT NULL REFERENCES workers (id),
    program_id TEXT NOT NULL REFERENCES programs (id),
    intake_id TEXT NOT NULL REFERENCES program_intakes (id),
    provider_id TEXT NOT NULL REFERENCES unions (id),
    state TEXT NOT NULL,                -- enrolment::states::State
    since BIGINT NOT NULL,
    applicant TEXT NOT NULL,
    basics_sealed TEXT NOT NULL,        -- JSON of enrolment::Basics
    -- What the worker agreed to, whatever the catalogue says later.
    institution TEXT NOT NULL,
    major TEXT NOT NULL,
    level TEXT NOT NULL,
    form TEXT NOT NULL,
    entry_date TEXT NOT NULL,
    fee_fen BIGINT NOT NULL,
    refunds TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    paid_at BIGINT,                     -- of the first instalment
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- One at a time in one program's intake.
CREATE UNIQUE INDEX enrolments_one_open ON enrolments (worker_id, intake_id)
    WHERE state IN ('held', 'paid', 'admitted', 'completed');
CREATE INDEX enrolments_worker ON enrolments (worker_id, id);
CREATE INDEX enrolments_held ON enrolments (state, held_until);
CREATE INDEX enrolments_provider ON enrolments (provider_id, state, id);
CREATE INDEX enrolments_program ON enrolments (program_id, state);

CREATE TABLE enrolment_terms (
    enrolment_id TEXT NOT NULL REFERENCES enrolments (id),
    term BIGINT NOT NULL,               -- from 1
    fen BIGINT NOT NULL,
    due TEXT NOT NULL,                  -- 2027-03-01
    order_id TEXT,                      -- the payment order that is to pay it, or did
    paid_at BIGINT,
    refund_fen BIGINT NOT NULL,         -- asked back
    refunded_at BIGINT,
    PRIMARY KEY (enrolment_id, term)
);
CREATE UNIQUE INDEX enrolment_terms_order ON enrolment_terms (order_id);

CREATE TABLE enrolment_events (
    id TEXT PRIMARY KEY,
    enrolment_id TEXT NOT NULL REFERENCES enrolments (id),
    event TEXT NOT NULL,                -- enrolment::states::Event
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX enrolment_events_of ON enrolment_events (enrolment_id, id);

-- What the provider reports of each term (R-32, R-34); a correction is a new line.
CREATE TABLE study_reports (
    id TEXT PRIMARY KEY,
    enrolment_id TEXT NOT NULL REFERENCES enrolments (id),
    term BIGINT NOT NULL,
    status TEXT NOT NULL,               -- enrolment::StudyStatus
    note TEXT NOT NULL,
    officer_id TEXT NOT NULL REFERENCES officers (id),
    at BIGINT NOT NULL
);
CREATE INDEX study_reports_of ON study_reports (enrolment_id, term, id);
-- Nobody holds two unpaid seats at once.
CREATE UNIQUE INDEX enrolments_one_held ON enrolments (worker_id) WHERE state = 'held';

-- What a worker typed last on the page of the basic data: nothing is lost, and the next enrolment is filled with it.
CREATE TABLE enrolment_basics (
    worker_id TEXT PRIMARY KEY REFERENCES workers (id),
    basics_sealed TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- R-35: the enrolment that an application was filled from; its receipt is drawn from it.
CREATE TABLE application_enrolments (
    application_id TEXT PRIMARY KEY REFERENCES applications (id),
    enrolment_id TEXT NOT NULL REFERENCES enrolments (id)
);
