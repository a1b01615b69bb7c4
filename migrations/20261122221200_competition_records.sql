-- The record of a mini-competition (Vergabevermerk): one more frozen paper that no call-off is the event of.

ALTER TABLE certificate
    ADD COLUMN competition_id uuid,
    ADD CONSTRAINT certificate_of_competition FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition,
    ADD CONSTRAINT certificate_competition_once UNIQUE (competition_id),
    ALTER COLUMN person_id DROP NOT NULL,
    ADD CONSTRAINT certificate_person_asked CHECK ((person_id IS NULL) = (kind = 'competition_record')),
    DROP CONSTRAINT certificate_kind_fits,
    ADD CONSTRAINT certificate_kind_fits CHECK (
        CASE kind
            WHEN 'entitlement_certificate' THEN contract_id IS NOT NULL AND year IS NULL AND competition_id IS NULL
            WHEN 'savings_certificate' THEN contract_id IS NULL AND year IS NOT NULL AND competition_id IS NULL
            WHEN 'competition_record' THEN num_nonnulls(contract_id, competition_id) = 2 AND year IS NULL AND previous_id IS NULL
            ELSE false
        END);
COMMENT ON COLUMN certificate.competition_id IS 'The mini-competition it is the record of; null: a certificate';
COMMENT ON COLUMN certificate.kind IS 'entitlement_certificate (of a member and a contract), savings_certificate (of a member and a year) or competition_record (of a decided mini-competition)';
COMMENT ON COLUMN certificate.person_id IS 'Who had it issued; null: the program, once a mini-competition was decided';
COMMENT ON TABLE certificate IS 'Frozen certificates of entitlement and of savings, a newer one about the same thing replaces the older one and names it; and records of decided mini-competitions';
