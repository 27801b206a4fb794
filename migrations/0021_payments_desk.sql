-- What became of a difference between WeChat Pay's bill and our entries (payment::desk). Kept by what differs and by how much,
-- beside the comparison: a day compared anew remembers it, and another amount is another difference.
CREATE TABLE reconciliation_settlements (
    day TEXT NOT NULL,                             -- reconciliations.day
    kind TEXT NOT NULL,                            -- payment::Difference
    entry TEXT NOT NULL,                           -- payment::EntryKind
    reference TEXT NOT NULL,
    ours_fen BIGINT NOT NULL,                      -- -1: none
    theirs_fen BIGINT NOT NULL,                    -- -1: none
    note TEXT NOT NULL,                            -- how it was settled, in the officer's words
    officer_id TEXT NOT NULL,
    settled_at BIGINT NOT NULL,
    PRIMARY KEY (day, kind, entry, reference, ours_fen, theirs_fen)
);
CREATE INDEX payment_tries_created ON payment_tries (created_at);
CREATE INDEX payment_refunds_order ON payment_refunds (order_id, created_at);
