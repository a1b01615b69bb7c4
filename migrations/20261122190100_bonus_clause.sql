-- What the supplier owes for a year's turnover, as the contract says it.

ALTER TABLE framework_contract ADD COLUMN bonus_steps jsonb, ADD COLUMN bonus_goes_to text;
COMMENT ON COLUMN framework_contract.bonus_steps IS 'Steps by net turnover of a calendar year, lowest first: [{"from": "50000.00", "rate": "1.5"}]; null: no bonus. Never part of order value or saving';
COMMENT ON COLUMN framework_contract.bonus_goes_to IS 'members: shared by their turnover of the year; body: the purchasing body keeps it; null: no bonus';
ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_bonus_whole CHECK ((bonus_steps IS NULL) = (bonus_goes_to IS NULL));
ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_bonus_goes_to_known CHECK (bonus_goes_to IN ('members', 'body'));
ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_bonus_has_steps
    CHECK (CASE jsonb_typeof(bonus_steps) WHEN 'array' THEN jsonb_array_length(bonus_steps) BETWEEN 1 AND 10 ELSE bonus_steps IS NULL END);
