-- 订阅通知: one row for every "允许" of a WeChat user (one grant is one message), and for every refusal.
CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    openid TEXT NOT NULL,
    template_id TEXT NOT NULL,
    cause TEXT NOT NULL,                           -- the event's identity: delivered twice, it counts once
    state TEXT NOT NULL,                           -- account::grants::State
    granted_at BIGINT NOT NULL,
    notice_id TEXT UNIQUE,                         -- the one message that it is taken for
    taken_at BIGINT,
    msgid TEXT,
    outcome TEXT,                                  -- what WeChat says became of the message, 'success' or verbatim
    UNIQUE (openid, template_id, cause)
);
CREATE INDEX grants_open ON grants (openid, template_id, state, granted_at);
