-- When the machine last checked everything that was handed in (ADR 0029); 0: not yet, or not since it was handed in again.
-- A bulk pass leaves such ones to a person.

ALTER TABLE applications ADD COLUMN checked_at BIGINT NOT NULL DEFAULT 0;
UPDATE applications SET checked_at = updated_at WHERE flagged = 1;

-- Of the others nobody wrote down whether they were checked: the open ones are checked again. A paper that was read before
-- is not read again; the job ends with the checks of its application.
INSERT INTO outbox (id, kind, payload, dedup, state, attempts, due_at, claimed_by, error, created_at)
SELECT 'check-' || a.id, 'read_paper', '{"document":"' || MIN(d.id) || '"}', NULL, 'ready', 0, a.updated_at, NULL, '', a.updated_at
FROM applications a JOIN documents d ON d.application_id = a.id
WHERE a.flagged = 0 AND d.current = 1 AND a.state IN ('waitlisted', 'in_review', 'returned', 'recalled', 'recalled_waiting')
GROUP BY a.id, a.updated_at;

-- The dashboard counts returns and rejections by their coded reason, from an index alone.
DROP INDEX decisions_board_verdict;
CREATE INDEX decisions_board_reason ON decisions (verdict, at, union_id, code, corrections);
