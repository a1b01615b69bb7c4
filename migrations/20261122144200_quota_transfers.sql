-- Part of a member's quota given to another member of the same contract, with the consent of both.

ALTER TABLE framework_contract ADD COLUMN quota_transfers_confirmed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN framework_contract.quota_transfers_confirmed IS 'Whether the quota agreement asks the office to confirm transfers between members';

CREATE TABLE quota_transfer (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    giver_id uuid NOT NULL REFERENCES organisation,
    taker_id uuid NOT NULL REFERENCES organisation,
    value_net numeric(18, 4),
    quantity numeric(18, 4),
    reason text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES person,
    proposed_at timestamptz NOT NULL,
    given_by uuid REFERENCES person,
    given_at timestamptz,
    taken_by uuid REFERENCES person,
    taken_at timestamptz,
    confirmation_needed boolean NOT NULL,
    confirmed_by uuid REFERENCES person,
    confirmed_at timestamptz,
    ended_as text,
    ended_by uuid REFERENCES person,
    ended_at timestamptz,
    end_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (contract_id, id),
    CONSTRAINT quota_transfer_two_members CHECK (giver_id <> taker_id),
    CONSTRAINT quota_transfer_of_something CHECK (num_nonnulls(value_net, quantity) >= 1),
    CONSTRAINT quota_transfer_positive CHECK (coalesce(value_net > 0, true) AND coalesce(quantity > 0, true)),
    CONSTRAINT quota_transfer_reason_present CHECK (reason <> ''),
    CONSTRAINT quota_transfer_given_whole CHECK ((given_by IS NULL) = (given_at IS NULL)),
    CONSTRAINT quota_transfer_taken_whole CHECK ((taken_by IS NULL) = (taken_at IS NULL)),
    CONSTRAINT quota_transfer_confirmed_whole CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CONSTRAINT quota_transfer_two_persons CHECK (given_by <> taken_by),
    CONSTRAINT quota_transfer_end_known CHECK (ended_as IN ('effective', 'refused', 'withdrawn', 'short')),
    CONSTRAINT quota_transfer_end_whole CHECK ((ended_as IS NULL) = (ended_at IS NULL)),
    CONSTRAINT quota_transfer_both_consents CHECK (
        ended_as IS DISTINCT FROM 'effective'
        OR (given_at IS NOT NULL AND taken_at IS NOT NULL AND (NOT confirmation_needed OR confirmed_at IS NOT NULL)))
);
CREATE UNIQUE INDEX quota_transfer_one_open ON quota_transfer (contract_id, giver_id, taker_id) WHERE ended_as IS NULL;
CREATE INDEX quota_transfer_open ON quota_transfer (contract_id) WHERE ended_as IS NULL;
COMMENT ON TABLE quota_transfer IS 'Part of a quota that a member gives to another one; effective only with both consents';
COMMENT ON COLUMN quota_transfer.contract_id IS 'The contract';
COMMENT ON COLUMN quota_transfer.id IS 'Made by the program';
COMMENT ON COLUMN quota_transfer.giver_id IS 'The member that gives';
COMMENT ON COLUMN quota_transfer.taker_id IS 'The member that receives';
COMMENT ON COLUMN quota_transfer.value_net IS 'Net value, contract currency; null: none';
COMMENT ON COLUMN quota_transfer.quantity IS 'Quantity; null: none';
COMMENT ON COLUMN quota_transfer.reason IS 'Why';
COMMENT ON COLUMN quota_transfer.proposed_by IS 'Who proposed it: an approver of the giver, or the office';
COMMENT ON COLUMN quota_transfer.proposed_at IS 'When';
COMMENT ON COLUMN quota_transfer.given_by IS 'Approver of the giver that consented';
COMMENT ON COLUMN quota_transfer.given_at IS 'When';
COMMENT ON COLUMN quota_transfer.taken_by IS 'Approver of the taker that consented; another person';
COMMENT ON COLUMN quota_transfer.taken_at IS 'When';
COMMENT ON COLUMN quota_transfer.confirmation_needed IS 'Whether the office has to confirm, as the quota agreement said when it was proposed';
COMMENT ON COLUMN quota_transfer.confirmed_by IS 'Who of the office confirmed';
COMMENT ON COLUMN quota_transfer.confirmed_at IS 'When';
COMMENT ON COLUMN quota_transfer.ended_as IS 'effective; refused; withdrawn; short: the giver had too little left. Null while it waits';
COMMENT ON COLUMN quota_transfer.ended_by IS 'Who ended it; null: the program, by the last consent';
COMMENT ON COLUMN quota_transfer.ended_at IS 'When';
COMMENT ON COLUMN quota_transfer.end_reason IS 'Why it was refused or withdrawn';

CREATE FUNCTION abruf.refuse_change_of_ended_transfer() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_as IS NOT NULL THEN
        RAISE EXCEPTION 'a quota transfer that has ended stays as it is' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.refuse_change_of_ended_transfer() IS 'Trigger of quota_transfer: what has ended is final';
CREATE TRIGGER quota_transfer_ended_is_final BEFORE UPDATE OR DELETE ON quota_transfer FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change_of_ended_transfer();

GRANT SELECT, INSERT ON quota_transfer TO abruf_app;
GRANT UPDATE (given_by, given_at, taken_by, taken_at, confirmed_by, confirmed_at, ended_as, ended_by, ended_at, end_reason) ON quota_transfer TO abruf_app;
ALTER TABLE quota_transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE quota_transfer FORCE ROW LEVEL SECURITY;
CREATE POLICY quota_transfer_actor ON quota_transfer USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN (SELECT abruf.actor_organisation()) IN (giver_id, taker_id)
            AND EXISTS (SELECT FROM framework_contract f WHERE f.id = quota_transfer.contract_id)
        WHEN 'body' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = quota_transfer.contract_id)
        WHEN 'auditor' THEN giver_id = ANY ((SELECT abruf.actor_members())::uuid[]) OR taker_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);
