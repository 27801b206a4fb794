-- What the city publishes: 政策通知 and 网站资讯 with their attachments (R-36, ADR 0030).

CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,          -- the last part of its address; never changes
    kind TEXT NOT NULL,                 -- content::articles::Kind
    title TEXT NOT NULL,
    issuer TEXT NOT NULL,               -- 发布单位
    summary TEXT NOT NULL,              -- for lists and for the card that it is shared as
    body TEXT NOT NULL,                 -- Markdown
    state TEXT NOT NULL,                -- content::articles::State
    publish_at BIGINT NOT NULL,         -- public from then on, once it was published; 0 before
    pinned BIGINT NOT NULL,
    sample BIGINT NOT NULL,             -- 示例数据
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT NOT NULL
);
CREATE INDEX articles_public ON articles (kind, state, pinned, publish_at, id);

CREATE TABLE article_files (
    id TEXT PRIMARY KEY,                -- its bytes are kept under articles/<id>
    article_id TEXT NOT NULL REFERENCES articles (id),
    name TEXT NOT NULL,                 -- as people see it, with its ending
    media TEXT NOT NULL,                -- content::articles::FileType
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (article_id, name)
);
