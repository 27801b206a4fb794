-- ADR 0028: an application whose place came after its own review window is decided in the campaign's next intake.
ALTER TABLE applications ADD COLUMN carried_from TEXT REFERENCES intakes (id); -- the intake it was submitted in; NULL: this one

-- A draft begun in the next intake meanwhile must not keep the one that waited from its place; it cannot be submitted (R-5).
DROP INDEX applications_one_open;
CREATE UNIQUE INDEX applications_one_open ON applications (worker_id, intake_id)
    WHERE state NOT IN ('withdrawn', 'rejected', 'expired') AND carried_from IS NULL;
