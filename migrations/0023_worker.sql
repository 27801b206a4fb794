-- Every page of a worker asks for their applications; the unique index on (worker_id, intake_id) holds only the open ones.
CREATE INDEX applications_worker ON applications (worker_id);
