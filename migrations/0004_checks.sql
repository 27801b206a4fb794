-- Checks of papers by the machine (ADR 0016). What a file says is kept once, sealed; what it can be found by again
-- is kept as marks, which reveal nothing: hashes of files and pictures, keyed hashes of numbers.

CREATE TABLE paper_facts (
    document_id TEXT PRIMARY KEY REFERENCES documents (id),
    reader BIGINT NOT NULL,                        -- papers::read::READER; an older one's facts are taken again
    facts_sealed TEXT NOT NULL,                    -- JSON of papers::read::Facts
    read_at BIGINT NOT NULL
);

CREATE TABLE paper_marks (
    document_id TEXT NOT NULL REFERENCES documents (id),
    mark TEXT NOT NULL,                            -- papers::twins::Mark
    value TEXT NOT NULL,
    PRIMARY KEY (document_id, mark)
);
CREATE INDEX paper_marks_value ON paper_marks (mark, value);

-- Papers of different people that are the same; each pair stands twice, once for either side.
CREATE TABLE paper_twins (
    document_id TEXT NOT NULL REFERENCES documents (id),
    twin_id TEXT NOT NULL REFERENCES documents (id),
    how TEXT NOT NULL,                             -- papers::How
    found_at BIGINT NOT NULL,
    PRIMARY KEY (document_id, twin_id)
);

-- The card that a submitted application names, by its keyed hash.
CREATE TABLE application_cards (
    application_id TEXT PRIMARY KEY REFERENCES applications (id),
    card_index TEXT NOT NULL
);
CREATE INDEX application_cards_card ON application_cards (card_index);
