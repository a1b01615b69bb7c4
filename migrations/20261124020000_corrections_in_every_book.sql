-- Where a baseline counts no more, what was realised and audited against it is corrected too, each in its own book.

ALTER TABLE savings_entry
    DROP CONSTRAINT savings_entry_corrected_by,
    DROP CONSTRAINT savings_entry_corrected_lines,
    DROP CONSTRAINT savings_entry_audited_by_mark,
    ADD CONSTRAINT savings_entry_corrected_by
        CHECK ((stage = 'corrected' OR coalesce(source_kind, '') = 'correction') = (correction_id IS NOT NULL)),
    ADD CONSTRAINT savings_entry_corrected_lines CHECK (stage <> 'corrected' OR position IS NOT NULL),
    ADD CONSTRAINT savings_entry_audited_by_mark
        CHECK (stage NOT IN ('realised', 'audited') OR source_kind = 'correction' OR (stage = 'audited') = (source_kind = 'mark'));
COMMENT ON COLUMN savings_entry.stage IS 'planned at release, cancelled and corrected as counter entries to it; realised by delivery and invoice; audited by an auditor''s mark. Planned (with cancelled and corrected), realised and audited are books of their own, never added; corrections of the realised and the audited book stay in it and have the source correction';
COMMENT ON COLUMN savings_entry.source_kind IS 'What made a realised or audited entry: delivery, invoice, invoice_cancelled, rest (partial cancellation), settled (noted as invoiced in a word), cancellation, mark, correction (a baseline counts no more)';
COMMENT ON COLUMN savings_entry.source_id IS 'Which delivery, invoice, partial cancellation, step, mark or withdrawal of a baseline it was; the call-off itself for its cancellation';
COMMENT ON COLUMN savings_entry.correction_id IS 'The withdrawal of a baseline that this entry corrects for, in whichever book; null in every other entry';

-- One withdrawal makes entries in both books.
DROP INDEX savings_entry_once_per_event;
CREATE UNIQUE INDEX savings_entry_once_per_event
    ON savings_entry (contract_id, call_off_id, stage, source_kind, source_id, position, class, baseline_id) NULLS NOT DISTINCT
    WHERE stage IN ('realised', 'audited');

-- An audited figure is an auditor's. The program itself only ever takes it back.
DROP POLICY savings_entry_audited_by_auditors ON savings_entry;
CREATE POLICY savings_entry_audited_by_auditors ON savings_entry AS RESTRICTIVE FOR INSERT WITH CHECK (
    ((SELECT abruf.actor_kind()) = 'auditor') = (stage = 'audited')
    OR ((SELECT abruf.actor_kind()) = 'job' AND stage = 'audited' AND source_kind = 'correction'));
