-- Savings that rested on a withdrawn or replaced baseline are corrected by dated entries; released figures stay.

ALTER TABLE savings_entry DROP CONSTRAINT savings_entry_stage_known;
ALTER TABLE savings_entry ADD CONSTRAINT savings_entry_stage_known
    CHECK (stage IN ('planned', 'cancelled', 'realised', 'audited', 'corrected'));
COMMENT ON COLUMN savings_entry.stage IS 'planned at release, cancelled as counter entry, realised and audited as they happen, corrected where a baseline counts no more';

ALTER TABLE savings_entry ADD COLUMN correction_id uuid;
COMMENT ON COLUMN savings_entry.correction_id IS 'The withdrawal of a baseline that this entry corrects for; null in every other stage';
ALTER TABLE savings_entry
    ADD CONSTRAINT savings_entry_correction FOREIGN KEY (contract_id, correction_id) REFERENCES baseline_withdrawal,
    ADD CONSTRAINT savings_entry_corrected_by CHECK ((stage = 'corrected') = (correction_id IS NOT NULL)),
    ADD CONSTRAINT savings_entry_corrected_lines CHECK (stage <> 'corrected' OR position IS NOT NULL);
CREATE INDEX savings_entry_of_baseline ON savings_entry (contract_id, baseline_id) WHERE baseline_id IS NOT NULL;
CREATE INDEX savings_entry_of_correction ON savings_entry (contract_id, correction_id) WHERE correction_id IS NOT NULL;

-- A release that has read a baseline just before its withdrawal reads and decides again. Whoever withdraws holds the row;
-- the release waits for it here and sees what has become of it.
CREATE FUNCTION abruf.baseline_still_counts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    since timestamptz;
BEGIN
    SELECT b.withdrawn_at INTO since FROM baseline b
    WHERE b.contract_id = NEW.contract_id AND b.id = NEW.baseline_id
    FOR SHARE;
    IF since IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'savings_entry_baseline_counts',
            MESSAGE = 'this baseline was withdrawn';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.baseline_still_counts() IS 'Nothing is released against a withdrawn baseline, not even in the instant of its withdrawal';
CREATE TRIGGER savings_entry_baseline_counts BEFORE INSERT ON savings_entry FOR EACH ROW
    WHEN (NEW.stage = 'planned' AND NEW.baseline_id IS NOT NULL) EXECUTE FUNCTION abruf.baseline_still_counts();
