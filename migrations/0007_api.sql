-- The mini-program's door (account::mini). An openid is per app, so the mini-program's are not those of workers.openid.

CREATE TABLE mini_bindings (
    openid TEXT PRIMARY KEY,
    worker_id TEXT NOT NULL UNIQUE REFERENCES workers (id),
    unionid TEXT,
    bound_at BIGINT NOT NULL
);

-- What a person answered when the mini-program asked whether it may send a message: each acceptance is one message.
CREATE TABLE mini_grants (
    openid TEXT NOT NULL,
    template_id TEXT NOT NULL,
    granted BIGINT NOT NULL,            -- acceptances not used yet
    refused BIGINT NOT NULL,            -- 1: the last answer was no
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (openid, template_id)
);
