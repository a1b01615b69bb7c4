-- What a supplier has paid as a bonus, and which member gets how much of it.

CREATE TABLE bonus_payment (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    year integer NOT NULL,
    net numeric(14, 2) NOT NULL,
    goes_to text NOT NULL,
    received_on date NOT NULL,
    document text NOT NULL,
    reverses_id uuid,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, reverses_id) REFERENCES bonus_payment,
    CONSTRAINT bonus_payment_year_known CHECK (year BETWEEN 1990 AND 2200),
    CONSTRAINT bonus_payment_goes_to_known CHECK (goes_to IN ('members', 'body')),
    CONSTRAINT bonus_payment_document_present CHECK (length(btrim(document)) >= 1),
    CONSTRAINT bonus_payment_document_once UNIQUE (contract_id, document),
    CONSTRAINT bonus_payment_reversed_once UNIQUE (contract_id, reverses_id),
    CONSTRAINT bonus_payment_sign CHECK (CASE WHEN reverses_id IS NULL THEN net > 0 ELSE net < 0 END)
);
COMMENT ON TABLE bonus_payment IS 'A bonus the supplier has paid by credit note; taken back by a counter entry. Never part of order value, ceiling or saving';
COMMENT ON COLUMN bonus_payment.contract_id IS 'The contract';
COMMENT ON COLUMN bonus_payment.id IS 'Made by the program';
COMMENT ON COLUMN bonus_payment.year IS 'Calendar year whose turnover earned it';
COMMENT ON COLUMN bonus_payment.net IS 'Net amount of the credit note, contract currency; negative in a counter entry';
COMMENT ON COLUMN bonus_payment.goes_to IS 'members: shared in bonus_share; body: kept by the purchasing body';
COMMENT ON COLUMN bonus_payment.received_on IS 'Date of the credit note, or of the counter entry';
COMMENT ON COLUMN bonus_payment.document IS 'Number of the credit note; why, in a counter entry';
COMMENT ON COLUMN bonus_payment.reverses_id IS 'The payment this entry takes back';
COMMENT ON COLUMN bonus_payment.person_id IS 'Who noted it';
COMMENT ON COLUMN bonus_payment.at IS 'When it was noted';
CREATE TRIGGER bonus_payment_append_only BEFORE UPDATE OR DELETE ON bonus_payment FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE bonus_share (
    contract_id uuid NOT NULL,
    bonus_id uuid NOT NULL,
    member_id uuid NOT NULL REFERENCES organisation,
    turnover_net numeric(14, 2) NOT NULL,
    share_net numeric(14, 2) NOT NULL,
    PRIMARY KEY (contract_id, bonus_id, member_id),
    FOREIGN KEY (contract_id, bonus_id) REFERENCES bonus_payment
);
COMMENT ON TABLE bonus_share IS 'The share of a member in a bonus, by largest remainder; all shares add up to the payment';
COMMENT ON COLUMN bonus_share.contract_id IS 'The contract';
COMMENT ON COLUMN bonus_share.bonus_id IS 'The payment';
COMMENT ON COLUMN bonus_share.member_id IS 'The member';
COMMENT ON COLUMN bonus_share.turnover_net IS 'Net turnover of the year it was shared by';
COMMENT ON COLUMN bonus_share.share_net IS 'What the member gets; negative in a counter entry';
CREATE TRIGGER bonus_share_append_only BEFORE UPDATE OR DELETE ON bonus_share FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE INDEX bonus_share_of_member ON bonus_share (member_id, contract_id);

-- At commit, when the shares are there.
CREATE FUNCTION abruf.bonus_is_shared_whole() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    shared numeric := (SELECT coalesce(sum(s.share_net), 0) FROM bonus_share s
                       WHERE s.contract_id = NEW.contract_id AND s.bonus_id = NEW.id);
BEGIN
    IF shared <> (CASE NEW.goes_to WHEN 'members' THEN NEW.net ELSE 0 END) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'bonus_payment_shared_whole',
            MESSAGE = 'the shares of a bonus add up to its payment';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.bonus_is_shared_whole() IS 'No cent of a bonus is lost or made when it is shared';
CREATE CONSTRAINT TRIGGER bonus_payment_shared_whole AFTER INSERT ON bonus_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION abruf.bonus_is_shared_whole();

GRANT SELECT, INSERT ON bonus_payment, bonus_share TO abruf_app;
ALTER TABLE bonus_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE bonus_share FORCE ROW LEVEL SECURITY;
CREATE POLICY bonus_share_actor ON bonus_share USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = bonus_share.contract_id)
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND EXISTS (SELECT FROM framework_contract f WHERE f.id = bonus_share.contract_id)
        ELSE false
    END);
ALTER TABLE bonus_payment ENABLE ROW LEVEL SECURITY;
ALTER TABLE bonus_payment FORCE ROW LEVEL SECURITY;
CREATE POLICY bonus_payment_actor ON bonus_payment USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = bonus_payment.contract_id)
        WHEN 'member' THEN EXISTS (SELECT FROM bonus_share s WHERE s.contract_id = bonus_payment.contract_id AND s.bonus_id = bonus_payment.id)
        WHEN 'auditor' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = bonus_payment.contract_id)
        ELSE false
    END);
