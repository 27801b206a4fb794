-- ADR 0015. What was uploaded is cleaned before it is stored, so the same file is found by either hash.
ALTER TABLE documents ADD COLUMN upload_sha256 TEXT NOT NULL DEFAULT '';
-- When the bytes of a replaced document were deleted that nobody had looked at; NULL: they are there.
ALTER TABLE documents ADD COLUMN erased_at BIGINT;

CREATE INDEX documents_upload_sha256 ON documents (upload_sha256);
CREATE INDEX documents_sha256 ON documents (sha256);
