-- What a contract announces about its mini-competitions, and the house's shortest time for offers.

ALTER TABLE framework_contract
    ADD COLUMN competition_answer_days integer,
    ADD COLUMN competition_scheme jsonb,
    ADD CONSTRAINT framework_contract_answer_days_positive CHECK (competition_answer_days BETWEEN 1 AND 365),
    ADD CONSTRAINT framework_contract_scheme_whole CHECK (jsonb_typeof(competition_scheme -> 'criteria') = 'array' AND competition_scheme ? 'price_weight' AND competition_scheme ? 'price_formula' AND competition_scheme ? 'tie_rule');
COMMENT ON COLUMN framework_contract.competition_answer_days IS 'Announced: fewest calendar days for offers in a mini-competition; null: the house parameter counts';
COMMENT ON COLUMN framework_contract.competition_scheme IS 'Announced: weights, price formula and tie rule of mini-competitions; null: each invitation says its own';

INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty) VALUES
    ('de', 'competition_answer_days', '10', '2000-01-01', NULL, 'Vorgabe der Genossenschaft (angemessene Frist, § 21 Abs. 5 Nr. 2 VgV)', 'K');
