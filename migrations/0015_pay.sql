-- Payments (payment): what is to be paid, each number under which WeChat Pay was asked for it, facts, refunds, the day's
-- comparison with WeChat Pay's bill. Money in fen, times in milliseconds UTC.
CREATE TABLE payment_orders (
    id TEXT PRIMARY KEY,
    purpose_kind TEXT NOT NULL,                    -- whose it is, such as 'enrolment'; opaque here
    purpose_id TEXT NOT NULL,
    active TEXT UNIQUE,                            -- 'kind:id' while the order counts: one such order a purpose
    description TEXT NOT NULL,                     -- what the payer reads
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL,                           -- payment::State
    channel TEXT NOT NULL,                         -- payment::Channel of the latest try; '' before the first
    expires_at BIGINT NOT NULL,
    transaction_id TEXT UNIQUE,                    -- WeChat's, of the payment that counts
    out_trade_no TEXT,                             -- the number under which it was paid
    paid_at BIGINT,
    refunding_fen BIGINT NOT NULL DEFAULT 0,       -- asked back and not yet ended
    refunded_fen BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (refunding_fen >= 0 AND refunded_fen >= 0 AND refunding_fen + refunded_fen <= amount_fen)
);
CREATE INDEX payment_orders_purpose ON payment_orders (purpose_kind, purpose_id, created_at);

-- WeChat Pay takes a number for one way of paying and one payer: who changes from phone to PC gets another one.
CREATE TABLE payment_tries (
    out_trade_no TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES payment_orders (id),
    channel TEXT NOT NULL,
    payer TEXT NOT NULL,                           -- keyed hash of the payer's openid; '' for a QR code
    state TEXT NOT NULL,                           -- payment::TryState
    code_url TEXT,
    created_at BIGINT NOT NULL,
    check_at BIGINT NOT NULL,                      -- when WeChat Pay is next asked, while open
    checks BIGINT NOT NULL
);
CREATE INDEX payment_tries_order ON payment_tries (order_id, created_at);
CREATE INDEX payment_tries_due ON payment_tries (state, check_at);

-- Facts: each transaction and each refund stands here once, whoever told of it first.
CREATE TABLE payment_entries (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES payment_orders (id),
    kind TEXT NOT NULL,                            -- payment::EntryKind
    amount_fen BIGINT NOT NULL,
    at BIGINT NOT NULL,
    out_trade_no TEXT NOT NULL,
    reference TEXT NOT NULL,                       -- transaction_id, or out_refund_no
    recorded_at BIGINT NOT NULL,
    UNIQUE (kind, reference)
);
CREATE INDEX payment_entries_order ON payment_entries (order_id);
CREATE INDEX payment_entries_at ON payment_entries (at);

CREATE TABLE payment_refunds (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES payment_orders (id),
    out_trade_no TEXT NOT NULL,
    out_refund_no TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL,                         -- the caller's key: asked twice it is one refund
    cause TEXT NOT NULL,                           -- payment::RefundCause
    reason TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    total_fen BIGINT NOT NULL,
    state TEXT NOT NULL,                           -- payment::RefundState
    problem TEXT NOT NULL,                         -- WeChat's code while it does not go on
    created_at BIGINT NOT NULL,
    check_at BIGINT NOT NULL,
    checks BIGINT NOT NULL,
    UNIQUE (order_id, request)
);
CREATE INDEX payment_refunds_due ON payment_refunds (state, check_at);

CREATE TABLE pay_notifications (
    id TEXT PRIMARY KEY,                           -- WeChat's: the same when it is repeated
    event_type TEXT NOT NULL,
    number TEXT NOT NULL,                          -- out_trade_no or out_refund_no
    outcome TEXT NOT NULL,                         -- payment::Outcome
    received_at BIGINT NOT NULL
);

CREATE TABLE reconciliations (
    id TEXT PRIMARY KEY,
    day TEXT NOT NULL UNIQUE,                      -- 'YYYY-MM-DD' in Shanghai
    payments BIGINT NOT NULL,                      -- of the bill
    payments_fen BIGINT NOT NULL,
    refunds BIGINT NOT NULL,
    refunds_fen BIGINT NOT NULL,
    differences BIGINT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE TABLE reconciliation_differences (
    id TEXT PRIMARY KEY,
    reconciliation_id TEXT NOT NULL REFERENCES reconciliations (id),
    kind TEXT NOT NULL,                            -- payment::Difference
    entry TEXT NOT NULL,                           -- payment::EntryKind
    out_trade_no TEXT NOT NULL,
    reference TEXT NOT NULL,
    ours_fen BIGINT,
    theirs_fen BIGINT
);
CREATE INDEX reconciliation_differences_of ON reconciliation_differences (reconciliation_id);
