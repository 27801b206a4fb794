-- A day of the public chain is its submissions, whatever else the campaign and the years have (ADR 0020).
CREATE INDEX applications_submitted ON applications (campaign_id, submitted_at) WHERE seq IS NOT NULL;
