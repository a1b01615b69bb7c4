-- What happens to a contract after its activation: steps of its life, increases under § 132 GWB by two
-- persons, and the legal limits of such increases.

CREATE TABLE contract_event (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    step text NOT NULL,
    effective_on date NOT NULL,
    reason text NOT NULL,
    document text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    CONSTRAINT contract_event_step_known CHECK (step IN ('suspend', 'resume', 'terminate', 'wind_up', 'archive', 'cut_ceiling')),
    CONSTRAINT contract_event_reason_present CHECK (reason <> ''),
    CONSTRAINT contract_event_document_present CHECK (document <> '')
);
COMMENT ON TABLE contract_event IS 'What happened to a contract in force: suspended, resumed, terminated, its ceiling cut; append-only';
COMMENT ON COLUMN contract_event.contract_id IS 'The contract';
COMMENT ON COLUMN contract_event.id IS 'Made by the program';
COMMENT ON COLUMN contract_event.step IS 'suspend, resume, terminate, wind_up, archive, cut_ceiling';
COMMENT ON COLUMN contract_event.effective_on IS 'Day from which it counts, as the document says';
COMMENT ON COLUMN contract_event.reason IS 'Why, in words';
COMMENT ON COLUMN contract_event.document IS 'The document behind it';
COMMENT ON COLUMN contract_event.person_id IS 'Who entered it';
COMMENT ON COLUMN contract_event.at IS 'When it was entered';
CREATE TRIGGER contract_event_append_only BEFORE UPDATE OR DELETE ON contract_event FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE contract_modification (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    ground text NOT NULL,
    initial_net numeric(14, 2) NOT NULL,
    increase_net numeric(14, 2) NOT NULL,
    works boolean NOT NULL DEFAULT false,
    publication text NOT NULL DEFAULT '',
    clause text NOT NULL DEFAULT '',
    document text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    released boolean,
    PRIMARY KEY (contract_id, id),
    CONSTRAINT contract_modification_ground_known CHECK (ground IN ('review_clause', 'additional', 'unforeseen', 'minor')),
    CONSTRAINT contract_modification_increase_positive CHECK (increase_net > 0),
    CONSTRAINT contract_modification_initial_not_negative CHECK (initial_net >= 0),
    CONSTRAINT contract_modification_document_present CHECK (document <> ''),
    CONSTRAINT contract_modification_decided_whole CHECK (num_nonnulls(decided_by, decided_at, released) IN (0, 3)),
    CONSTRAINT contract_modification_four_eyes CHECK (NOT coalesce(released, false) OR decided_by <> recorded_by)
);
CREATE UNIQUE INDEX contract_modification_one_pending ON contract_modification (contract_id) WHERE decided_at IS NULL;
COMMENT ON TABLE contract_modification IS 'Increase of a contract''s maximum value without a new procedure (§ 132 GWB); counts once a second person has released it';
COMMENT ON COLUMN contract_modification.contract_id IS 'The contract';
COMMENT ON COLUMN contract_modification.id IS 'Made by the program';
COMMENT ON COLUMN contract_modification.ground IS 'review_clause (§ 132 (2) no. 1), additional (no. 2), unforeseen (no. 3), minor (§ 132 (3))';
COMMENT ON COLUMN contract_modification.initial_net IS 'Maximum value at the award, on which every percentage is taken';
COMMENT ON COLUMN contract_modification.increase_net IS 'By how much the maximum value rises';
COMMENT ON COLUMN contract_modification.works IS 'Whether the contract is about works';
COMMENT ON COLUMN contract_modification.publication IS 'Reference of the published notice (§ 132 (5) GWB); empty: none';
COMMENT ON COLUMN contract_modification.clause IS 'The review clause of the contract, where it is the ground';
COMMENT ON COLUMN contract_modification.document IS 'The document of the modification';
COMMENT ON COLUMN contract_modification.recorded_by IS 'Who proposed it';
COMMENT ON COLUMN contract_modification.recorded_at IS 'When';
COMMENT ON COLUMN contract_modification.decided_by IS 'Who released it or took it back; a release is a second person''s';
COMMENT ON COLUMN contract_modification.decided_at IS 'When; null: still waits';
COMMENT ON COLUMN contract_modification.released IS 'true: in force; false: taken back';

GRANT SELECT, INSERT ON contract_event TO abruf_app;
GRANT SELECT, INSERT, UPDATE ON contract_modification TO abruf_app;
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['contract_event', 'contract_modification'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR EXISTS (SELECT FROM framework_contract f WHERE f.id = %I.contract_id))',
            child || '_with_contract', child, child);
    END LOOP;
END
$$;

INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty) VALUES
    ('de', 'modification_minor_pct', '10', '2016-04-18', NULL, '§ 132 Abs. 3 GWB, Liefer- und Dienstleistungen', 'S'),
    ('de', 'modification_minor_works_pct', '15', '2016-04-18', NULL, '§ 132 Abs. 3 GWB, Bauleistungen', 'S'),
    ('de', 'modification_minor_uvgo_pct', '20', '2017-02-07', NULL, '§ 47 Abs. 2 UVgO, Anwendung auf Rahmenvereinbarungen strittig', '?'),
    ('de', 'modification_single_pct', '50', '2016-04-18', NULL, '§ 132 Abs. 2 Satz 2 GWB', 'S'),
    ('de', 'eu_threshold_supplies_net', '221000.00', '2024-01-01', '2025-12-31', 'Delegierte Verordnungen (EU) 2023/2495 bis 2497', 'K'),
    ('de', 'eu_threshold_works_net', '5538000.00', '2024-01-01', '2025-12-31', 'Delegierte Verordnungen (EU) 2023/2495 bis 2497', 'K'),
    ('de', 'eu_threshold_works_net', '5404000.00', '2026-01-01', '2027-12-31', 'Delegierte Verordnungen (EU) 2025/2150 bis 2152', 'S');
