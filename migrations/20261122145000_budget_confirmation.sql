-- What a member keeps of its budget, from when on, and the treasurer's word on the money of a request.

CREATE TABLE budget_mode (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES organisation,
    mode text NOT NULL,
    valid_from date NOT NULL,
    set_by uuid REFERENCES person,
    set_at timestamptz NOT NULL,
    CONSTRAINT budget_mode_known CHECK (mode IN ('reference_only', 'confirmed', 'imported')),
    CONSTRAINT budget_mode_order_unique UNIQUE (member_id, valid_from, set_at)
);
COMMENT ON TABLE budget_mode IS 'What a member keeps of its budget in Abruf; on a day the latest entry counts that began by then, without one reference_only';
COMMENT ON COLUMN budget_mode.id IS 'Made by the program';
COMMENT ON COLUMN budget_mode.member_id IS 'The member';
COMMENT ON COLUMN budget_mode.mode IS 'reference_only: no amounts kept; confirmed: the treasurer confirms each request; imported: balances of the accounting system';
COMMENT ON COLUMN budget_mode.valid_from IS 'First day, never before the day it was set';
COMMENT ON COLUMN budget_mode.set_by IS 'The treasurer; null where it was taken over from the accounts of an earlier version';
COMMENT ON COLUMN budget_mode.set_at IS 'When; of two entries for one day the later counts';
CREATE TRIGGER budget_mode_append_only BEFORE UPDATE OR DELETE ON budget_mode FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

-- The mode stood at each account; the strictest of a member's accounts becomes the member's.
INSERT INTO budget_mode (id, member_id, mode, valid_from, set_at)
SELECT gen_random_uuid(), member_id,
       (ARRAY['reference_only', 'confirmed', 'imported'])[max(array_position(ARRAY['reference_only', 'confirmed', 'imported'], mode))],
       '2000-01-01', now()
FROM budget_account
GROUP BY member_id;
ALTER TABLE budget_account DROP COLUMN mode;

ALTER TABLE budget_account ADD COLUMN name text NOT NULL DEFAULT '';
COMMENT ON COLUMN budget_account.name IS 'What it is called, e.g. Geschäftsaufwendungen EDV; empty where nobody has said';
ALTER TABLE budget_account ADD CONSTRAINT budget_account_name_short CHECK (length(name) <= 200);

ALTER TABLE budget_year
    ADD COLUMN source text NOT NULL DEFAULT 'entered',
    ADD COLUMN as_of date NOT NULL DEFAULT '2000-01-01';
COMMENT ON COLUMN budget_year.source IS 'entered: typed by the treasurer; imported: from a file of the accounting system';
COMMENT ON COLUMN budget_year.as_of IS 'Day of the figure: own call-offs from this day on are taken off it';
ALTER TABLE budget_year ADD CONSTRAINT budget_year_source_known CHECK (source IN ('entered', 'imported'));

CREATE TABLE budget_confirmation (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES budget_account,
    amount numeric(14, 2) NOT NULL,
    requester_id uuid NOT NULL REFERENCES person,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT budget_confirmation_amount_positive CHECK (amount > 0),
    CONSTRAINT budget_confirmation_four_eyes CHECK (person_id <> requester_id)
);
CREATE INDEX budget_confirmation_of_call_off ON budget_confirmation (contract_id, call_off_id, at);
COMMENT ON TABLE budget_confirmation IS 'A treasurer confirmed the money of a request (Mittelbestätigung); the latest counts, as long as it covers the amount';
COMMENT ON COLUMN budget_confirmation.contract_id IS 'The contract';
COMMENT ON COLUMN budget_confirmation.id IS 'Made by the program';
COMMENT ON COLUMN budget_confirmation.call_off_id IS 'The request';
COMMENT ON COLUMN budget_confirmation.account_id IS 'The account that pays';
COMMENT ON COLUMN budget_confirmation.amount IS 'Up to this amount: gross, or net while the member deducts input VAT';
COMMENT ON COLUMN budget_confirmation.requester_id IS 'Who asked; stands here so that nobody confirms the money of their own request';
COMMENT ON COLUMN budget_confirmation.person_id IS 'The treasurer';
COMMENT ON COLUMN budget_confirmation.at IS 'When';
CREATE TRIGGER budget_confirmation_append_only BEFORE UPDATE OR DELETE ON budget_confirmation FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

GRANT SELECT, INSERT ON budget_mode, budget_confirmation TO abruf_app;

-- A member's own business and its auditors', not the body's.
ALTER TABLE budget_mode ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_mode FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_mode_actor ON budget_mode USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);
ALTER TABLE budget_confirmation ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_confirmation FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_confirmation_with_account ON budget_confirmation USING (
    EXISTS (SELECT FROM budget_account a WHERE a.id = budget_confirmation.account_id));
