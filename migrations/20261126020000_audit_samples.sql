-- Samples of auditors: drawn by a seed from a population that is kept as it was, so that each can be drawn again, extended
-- and proved. They are the working papers of whoever drew them: nobody else sees what is looked at, nor what was found.

CREATE TABLE audit_sample (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    person_id uuid NOT NULL REFERENCES person,
    part text NOT NULL,
    filter text NOT NULL,
    method text NOT NULL,
    tolerable numeric(14, 2),
    confidence smallint,
    size bigint,
    sampling_interval numeric(14, 2),
    threshold numeric(14, 2),
    seed integer NOT NULL,
    population text NOT NULL,
    population_sha256 bytea NOT NULL,
    population_count integer NOT NULL,
    population_net numeric(18, 2),
    drawn_at timestamptz NOT NULL,
    CONSTRAINT audit_sample_part_known CHECK (part IN ('orders', 'apart')),
    CONSTRAINT audit_sample_method_known CHECK (
        CASE method
            WHEN 'mus' THEN num_nulls(tolerable, confidence, size, sampling_interval, population_net) = 0 AND threshold IS NULL
            WHEN 'random' THEN size IS NOT NULL AND num_nonnulls(tolerable, confidence, sampling_interval, threshold) = 0
            WHEN 'full' THEN threshold IS NOT NULL AND num_nonnulls(tolerable, confidence, size, sampling_interval) = 0
            ELSE false
        END),
    CONSTRAINT audit_sample_filter_length CHECK (length(filter) <= 2000),
    CONSTRAINT audit_sample_seed_sane CHECK (seed BETWEEN 1 AND 999999999),
    CONSTRAINT audit_sample_population_sha256 CHECK (population_sha256 = sha256(convert_to(population, 'UTF8')))
);
COMMENT ON TABLE audit_sample IS 'A sample drawn by an auditor; seed, parameters and population draw it again [processing: board]';
COMMENT ON COLUMN audit_sample.id IS 'Made by the program';
COMMENT ON COLUMN audit_sample.body_id IS 'The purchasing body';
COMMENT ON COLUMN audit_sample.person_id IS 'The auditor; nobody else sees it';
COMMENT ON COLUMN audit_sample.part IS 'orders: orders in euros that stand; apart: credits, cancelled ones, requests, other currencies [no person]';
COMMENT ON COLUMN audit_sample.filter IS 'The search that made the population, as the query of an address; may hold words searched for [personal]';
COMMENT ON COLUMN audit_sample.method IS 'mus: monetary units; random: plain random sample; full: everything from an amount on [no person]';
COMMENT ON COLUMN audit_sample.tolerable IS 'mus: tolerable misstatement TM, in euros';
COMMENT ON COLUMN audit_sample.confidence IS 'mus: level of confidence in percent';
COMMENT ON COLUMN audit_sample.size IS 'mus: n = ceil(RF x BV / TM); random: how many';
COMMENT ON COLUMN audit_sample.sampling_interval IS 'mus: J = BV / n, rounded down to the cent';
COMMENT ON COLUMN audit_sample.threshold IS 'full: everything of at least this amount';
COMMENT ON COLUMN audit_sample.seed IS 'The number that repeats the draw';
COMMENT ON COLUMN audit_sample.population IS 'What it was drawn from: a line each, case number;net value, by case number [no person]';
COMMENT ON COLUMN audit_sample.population_sha256 IS 'SHA-256 of population [no person]';
COMMENT ON COLUMN audit_sample.population_count IS 'Call-offs in the population';
COMMENT ON COLUMN audit_sample.population_net IS 'Net value of the population, for orders: book value BV';
COMMENT ON COLUMN audit_sample.drawn_at IS 'When';
CREATE INDEX audit_sample_of_person ON audit_sample (person_id, body_id, drawn_at);
CREATE TRIGGER audit_sample_append_only BEFORE UPDATE OR DELETE ON audit_sample FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON audit_sample TO abruf_app;
ALTER TABLE audit_sample ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_sample FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_sample_own ON audit_sample USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'auditor' THEN person_id = (SELECT abruf.actor_person()) AND body_id = (SELECT abruf.actor_body())
        ELSE false
    END);

CREATE TABLE audit_sample_item (
    sample_id uuid NOT NULL REFERENCES audit_sample,
    position integer NOT NULL,
    round smallint NOT NULL,
    case_number text NOT NULL,
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    net numeric(14, 2),
    certain boolean NOT NULL,
    drawn_at timestamptz NOT NULL,
    PRIMARY KEY (sample_id, position),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT audit_sample_item_once UNIQUE (sample_id, case_number),
    CONSTRAINT audit_sample_item_round_sane CHECK (0 <= round)
);
COMMENT ON TABLE audit_sample_item IS 'A call-off that was drawn; an extension adds some and takes none away';
COMMENT ON COLUMN audit_sample_item.sample_id IS 'The sample';
COMMENT ON COLUMN audit_sample_item.position IS 'Counts from 1, in the order of the draw';
COMMENT ON COLUMN audit_sample_item.round IS '0 for the first draw, then the number of the extension';
COMMENT ON COLUMN audit_sample_item.case_number IS 'Vorgangsnummer, as the population names it [no person]';
COMMENT ON COLUMN audit_sample_item.contract_id IS 'Contract of the call-off';
COMMENT ON COLUMN audit_sample_item.call_off_id IS 'The call-off';
COMMENT ON COLUMN audit_sample_item.net IS 'Net value on the day of the draw';
COMMENT ON COLUMN audit_sample_item.certain IS 'It could not be missed: at least the interval, or the amount of a full check';
COMMENT ON COLUMN audit_sample_item.drawn_at IS 'When';
CREATE TRIGGER audit_sample_item_append_only BEFORE UPDATE OR DELETE ON audit_sample_item FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON audit_sample_item TO abruf_app;
ALTER TABLE audit_sample_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_sample_item FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_sample_item_of_sample ON audit_sample_item USING (
    EXISTS (SELECT FROM audit_sample s WHERE s.id = audit_sample_item.sample_id));

CREATE TABLE audit_sample_extension (
    sample_id uuid NOT NULL REFERENCES audit_sample,
    round smallint NOT NULL,
    asked integer NOT NULL,
    drawn_at timestamptz NOT NULL,
    PRIMARY KEY (sample_id, round),
    CONSTRAINT audit_sample_extension_sane CHECK (1 <= round AND asked BETWEEN 1 AND 1000)
);
COMMENT ON TABLE audit_sample_extension IS 'An extension of a sample: with how many more were asked for, it can be drawn again';
COMMENT ON COLUMN audit_sample_extension.sample_id IS 'The sample';
COMMENT ON COLUMN audit_sample_extension.round IS 'Counts from 1';
COMMENT ON COLUMN audit_sample_extension.asked IS 'How many more were asked for; monetary units may give one more or less';
COMMENT ON COLUMN audit_sample_extension.drawn_at IS 'When';
CREATE TRIGGER audit_sample_extension_append_only BEFORE UPDATE OR DELETE ON audit_sample_extension FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON audit_sample_extension TO abruf_app;
ALTER TABLE audit_sample_extension ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_sample_extension FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_sample_extension_of_sample ON audit_sample_extension USING (
    EXISTS (SELECT FROM audit_sample s WHERE s.id = audit_sample_extension.sample_id));

CREATE TABLE audit_sample_mark (
    sample_id uuid NOT NULL,
    id uuid NOT NULL,
    position integer NOT NULL,
    verdict text NOT NULL,
    note text NOT NULL DEFAULT '',
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (sample_id, id),
    FOREIGN KEY (sample_id, position) REFERENCES audit_sample_item,
    CONSTRAINT audit_sample_mark_verdict_known CHECK (verdict IN ('open', 'checked', 'finding')),
    CONSTRAINT audit_sample_mark_finding_worded CHECK (verdict <> 'finding' OR length(btrim(note)) >= 1)
);
COMMENT ON TABLE audit_sample_mark IS 'What the auditor noted on an item of a sample; the last one counts [processing: board]';
COMMENT ON COLUMN audit_sample_mark.sample_id IS 'The sample';
COMMENT ON COLUMN audit_sample_mark.id IS 'Made by the program';
COMMENT ON COLUMN audit_sample_mark.position IS 'Which item';
COMMENT ON COLUMN audit_sample_mark.verdict IS 'checked: looked at, nothing found; finding: what is wrong stands in note; open: taken back [no person]';
COMMENT ON COLUMN audit_sample_mark.note IS 'The finding, or a note [personal]';
COMMENT ON COLUMN audit_sample_mark.person_id IS 'The auditor';
COMMENT ON COLUMN audit_sample_mark.at IS 'When';
CREATE INDEX audit_sample_mark_of_item ON audit_sample_mark (sample_id, position, at);
CREATE TRIGGER audit_sample_mark_append_only BEFORE UPDATE OR DELETE ON audit_sample_mark FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON audit_sample_mark TO abruf_app;
ALTER TABLE audit_sample_mark ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_sample_mark FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_sample_mark_of_sample ON audit_sample_mark USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR person_id = (SELECT abruf.actor_person()) AND EXISTS (SELECT FROM audit_sample s WHERE s.id = audit_sample_mark.sample_id));
