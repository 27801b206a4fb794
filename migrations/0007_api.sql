-- The mini-program's door (account::mini). An openid is per app, so the mini-program's are not those of workers.openid.

CREATE TABLE mini_bindings (
    openid TEXT PRIMARY KEY,
    worker_id TEXT NOT NULL UNIQUE REFERENCES workers (id),
    unionid TEXT,
    bound_at BIGINT NOT NULL
);
