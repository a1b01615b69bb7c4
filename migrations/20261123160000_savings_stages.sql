-- Savings by stage: what was realised and audited beside what was planned, each entry once per event; the process
-- effect of a year for the next order where the first one is taken back.

ALTER TABLE savings_entry DROP CONSTRAINT savings_entry_stage_known;
ALTER TABLE savings_entry ADD CONSTRAINT savings_entry_stage_known
    CHECK (stage IN ('planned', 'cancelled', 'realised', 'audited', 'corrected'));
COMMENT ON COLUMN savings_entry.stage IS 'planned at release, cancelled and corrected as counter entries to it; realised by delivery and invoice; audited by an auditor''s mark. Planned (with cancelled and corrected), realised and audited are books of their own, never added';

ALTER TABLE savings_entry ADD COLUMN source_kind text,
    ADD COLUMN source_id uuid;
COMMENT ON COLUMN savings_entry.source_kind IS 'What made a realised or audited entry: delivery, invoice, invoice_cancelled, rest (partial cancellation), settled (noted as invoiced in a word), cancellation, mark';
COMMENT ON COLUMN savings_entry.source_id IS 'Which delivery, invoice, partial cancellation, step or mark it was; the call-off itself for its cancellation';
ALTER TABLE savings_entry ADD CONSTRAINT savings_entry_source_named
    CHECK (stage NOT IN ('realised', 'audited') OR (source_kind IS NOT NULL AND source_id IS NOT NULL));
ALTER TABLE savings_entry ADD CONSTRAINT savings_entry_audited_by_mark
    CHECK (stage NOT IN ('realised', 'audited') OR (stage = 'audited') = (source_kind = 'mark'));
CREATE UNIQUE INDEX savings_entry_once_per_event
    ON savings_entry (contract_id, call_off_id, source_kind, source_id, position, class, baseline_id) NULLS NOT DISTINCT
    WHERE stage IN ('realised', 'audited');

-- The process effect counts once for what stands: taken back, the next order gets the next number.
ALTER TABLE savings_entry ADD COLUMN process_sequence integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN savings_entry.process_sequence IS 'Planned process effects: 1 for the first order of member, contract and year, one more for each that was taken back before; otherwise 1';
DROP INDEX savings_entry_process_once;
CREATE UNIQUE INDEX savings_entry_process_once
    ON savings_entry (contract_id, member_id, extract(year FROM dated_on), process_sequence)
    WHERE class = 'P' AND stage = 'planned';

CREATE TABLE savings_mark (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    verdict text NOT NULL,
    wording text NOT NULL DEFAULT '',
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT savings_mark_verdict_known CHECK (verdict IN ('checked', 'objected')),
    CONSTRAINT savings_mark_objection_worded CHECK (verdict = 'checked' OR length(btrim(wording)) >= 1)
);
COMMENT ON TABLE savings_mark IS 'What an auditor says about the savings of a call-off: checked, or an objection in words; the last one decides';
COMMENT ON COLUMN savings_mark.contract_id IS 'The contract';
COMMENT ON COLUMN savings_mark.id IS 'Made by the program';
COMMENT ON COLUMN savings_mark.call_off_id IS 'The call-off';
COMMENT ON COLUMN savings_mark.verdict IS 'checked: what the auditor saw as realised counts as audited; objected: nothing does';
COMMENT ON COLUMN savings_mark.wording IS 'The objection, or a note';
COMMENT ON COLUMN savings_mark.person_id IS 'The auditor';
COMMENT ON COLUMN savings_mark.at IS 'When';
CREATE INDEX savings_mark_of_call_off ON savings_mark (contract_id, call_off_id);
CREATE TRIGGER savings_mark_append_only BEFORE UPDATE OR DELETE ON savings_mark FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON savings_mark TO abruf_app;
ALTER TABLE savings_mark ENABLE ROW LEVEL SECURITY;
ALTER TABLE savings_mark FORCE ROW LEVEL SECURITY;
CREATE POLICY savings_mark_with_call_off ON savings_mark FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = savings_mark.contract_id AND c.id = savings_mark.call_off_id));
CREATE POLICY savings_mark_by_auditor ON savings_mark FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'auditor'
    AND person_id = (SELECT abruf.actor_person())
    AND EXISTS (SELECT FROM call_off c WHERE c.contract_id = savings_mark.contract_id AND c.id = savings_mark.call_off_id));

-- An auditor writes marks and nothing else; they are dated on the day of the mark, which may lie behind the period
-- in scope, and belong to the call-off, which lies within.
CREATE POLICY savings_entry_audited_read ON savings_entry FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'auditor' AND stage = 'audited'
    AND body_id = (SELECT abruf.actor_body())
    AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
    AND EXISTS (SELECT FROM call_off c WHERE c.contract_id = savings_entry.contract_id AND c.id = savings_entry.call_off_id));
CREATE POLICY savings_entry_audited_append ON savings_entry FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'auditor' AND stage = 'audited'
    AND EXISTS (SELECT FROM call_off c WHERE c.contract_id = savings_entry.contract_id AND c.id = savings_entry.call_off_id
                                         AND c.body_id = savings_entry.body_id AND c.member_id = savings_entry.member_id));
CREATE POLICY savings_entry_audited_by_auditors ON savings_entry AS RESTRICTIVE FOR INSERT WITH CHECK (
    ((SELECT abruf.actor_kind()) = 'auditor') = (stage = 'audited'));
