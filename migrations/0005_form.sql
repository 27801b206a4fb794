-- What a worker typed into a field while the same field was changed on another device: kept until the worker chooses
-- (ADR 0018).
CREATE TABLE form_conflicts (
    application_id TEXT NOT NULL REFERENCES applications (id),
    field TEXT NOT NULL,                           -- one of application::form::FIELDS
    editor TEXT NOT NULL,                          -- the open page it was typed in: random, made by the server
    value_sealed TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (application_id, field, editor)
);

-- Reminders go through the drafts and returned applications of one intake, by id.
CREATE INDEX applications_intake_id ON applications (intake_id, state, id);
