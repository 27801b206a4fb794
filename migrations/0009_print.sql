-- The number stands on the printed form, so a draft has it from its beginning (ADR 0014). Drafts from before get one
-- made of the random end of their id, in the letters of kernel::code.
UPDATE applications
SET number = REPLACE(REPLACE(UPPER(SUBSTR(id, 29, 4) || '-' || SUBSTR(id, 33, 4)), '0', 'G'), '1', 'H')
WHERE number IS NULL;

-- The position on the waiting list at submission, for the receipt; NULL when a place was free.
ALTER TABLE applications ADD COLUMN waited_as BIGINT;
