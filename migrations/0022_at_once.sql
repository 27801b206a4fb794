-- Which outbox job made a line of an enrolment's timeline: a job that is done twice makes one line.
ALTER TABLE enrolment_events ADD COLUMN cause TEXT;
CREATE UNIQUE INDEX enrolment_events_cause ON enrolment_events (cause);

-- How often all of an officer's sessions were ended: a sign-in that began before does not come about after.
ALTER TABLE officers ADD COLUMN signed_out BIGINT NOT NULL DEFAULT 0;
