-- How a supplier was found: declines, mini-competitions, declared interests, and whose turn it is in a lot.

CREATE TABLE decline (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    received_at timestamptz NOT NULL,
    reason text NOT NULL,
    document text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT decline_once UNIQUE (contract_id, call_off_id, supplier_id),
    CONSTRAINT decline_reason_present CHECK (reason <> ''),
    CONSTRAINT decline_document_present CHECK (document <> '')
);
COMMENT ON TABLE decline IS 'A supplier of a cascade that passes on a call-off (§ 21 (4) VgV); append-only';
COMMENT ON COLUMN decline.contract_id IS 'The contract';
COMMENT ON COLUMN decline.id IS 'Made by the program';
COMMENT ON COLUMN decline.call_off_id IS 'The call-off it was asked for';
COMMENT ON COLUMN decline.supplier_id IS 'Who declined';
COMMENT ON COLUMN decline.received_at IS 'When it was received, or when the answer period ended in silence';
COMMENT ON COLUMN decline.reason IS 'Why';
COMMENT ON COLUMN decline.document IS 'The document';
COMMENT ON COLUMN decline.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN decline.recorded_at IS 'When';

CREATE TABLE mini_competition (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    text_form boolean NOT NULL,
    deadline_at timestamptz NOT NULL,
    criterion text NOT NULL,
    opened_at timestamptz,
    opened_by uuid REFERENCES person,
    opened_with uuid REFERENCES person,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT mini_competition_once UNIQUE (contract_id, call_off_id),
    CONSTRAINT mini_competition_criterion_known CHECK (criterion IN ('price', 'points')),
    CONSTRAINT mini_competition_opened_whole CHECK (opened_at IS NOT NULL OR (opened_by IS NULL AND opened_with IS NULL)),
    CONSTRAINT mini_competition_two_persons CHECK (opened_by <> opened_with)
);
COMMENT ON TABLE mini_competition IS 'A renewed competition among the suppliers of a lot behind a call-off (§ 21 (5) VgV)';
COMMENT ON COLUMN mini_competition.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition.id IS 'Made by the program';
COMMENT ON COLUMN mini_competition.call_off_id IS 'The call-off it was held for';
COMMENT ON COLUMN mini_competition.text_form IS 'Whether all were asked in text form';
COMMENT ON COLUMN mini_competition.deadline_at IS 'End of the time for offers';
COMMENT ON COLUMN mini_competition.criterion IS 'Criterion applied: price or points';
COMMENT ON COLUMN mini_competition.opened_at IS 'When the offers were opened; sealed before';
COMMENT ON COLUMN mini_competition.opened_by IS 'Who opened them';
COMMENT ON COLUMN mini_competition.opened_with IS 'The second person at the opening';

CREATE TABLE mini_competition_invitation (
    contract_id uuid NOT NULL,
    competition_id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    PRIMARY KEY (contract_id, competition_id, supplier_id),
    FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition
);
COMMENT ON TABLE mini_competition_invitation IS 'Suppliers asked in a mini-competition';
COMMENT ON COLUMN mini_competition_invitation.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition_invitation.competition_id IS 'The mini-competition';
COMMENT ON COLUMN mini_competition_invitation.supplier_id IS 'Who was asked';

CREATE TABLE mini_competition_offer (
    contract_id uuid NOT NULL,
    competition_id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    received_at timestamptz NOT NULL,
    unit_prices jsonb NOT NULL,
    points numeric(8, 4),
    PRIMARY KEY (contract_id, competition_id, supplier_id),
    FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition,
    CONSTRAINT mini_competition_offer_priced CHECK (jsonb_typeof(unit_prices) = 'object')
);
COMMENT ON TABLE mini_competition_offer IS 'An offer in a mini-competition; nobody sees it before the opening';
COMMENT ON COLUMN mini_competition_offer.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition_offer.competition_id IS 'The mini-competition';
COMMENT ON COLUMN mini_competition_offer.supplier_id IS 'Whose';
COMMENT ON COLUMN mini_competition_offer.received_at IS 'When it was received';
COMMENT ON COLUMN mini_competition_offer.unit_prices IS 'Net unit prices by article number: {"MON-27": "212.00"}';
COMMENT ON COLUMN mini_competition_offer.points IS 'Points, where they decide';

CREATE TABLE declared_interest (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    supplier_id uuid NOT NULL REFERENCES organisation,
    nature text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    declared_at timestamptz NOT NULL,
    CONSTRAINT declared_interest_nature_present CHECK (nature <> ''),
    CONSTRAINT declared_interest_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to)
);
CREATE INDEX declared_interest_of_person ON declared_interest (person_id);
COMMENT ON TABLE declared_interest IS 'Interests of persons in suppliers, declared by themselves (§ 6 VgV)';
COMMENT ON COLUMN declared_interest.id IS 'Made by the program';
COMMENT ON COLUMN declared_interest.person_id IS 'Whose';
COMMENT ON COLUMN declared_interest.supplier_id IS 'In which supplier';
COMMENT ON COLUMN declared_interest.nature IS 'What it is: shares, a seat, a relative';
COMMENT ON COLUMN declared_interest.valid_from IS 'First day, included';
COMMENT ON COLUMN declared_interest.valid_to IS 'Last day, included; null while it lasts';
COMMENT ON COLUMN declared_interest.declared_at IS 'When it was declared';

CREATE TABLE lot_turn (
    contract_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    last_supplier_id uuid REFERENCES organisation,
    last_sequence bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (contract_id, lot_id),
    FOREIGN KEY (contract_id, lot_id) REFERENCES lot
);
COMMENT ON TABLE lot_turn IS 'Whose turn it was last in a lot (rotation): the rollup of lot_award over all members, and the lock of the lot';
COMMENT ON COLUMN lot_turn.contract_id IS 'The contract';
COMMENT ON COLUMN lot_turn.lot_id IS 'The lot';
COMMENT ON COLUMN lot_turn.last_supplier_id IS 'Supplier of the last award that stands; null before the first';
COMMENT ON COLUMN lot_turn.last_sequence IS 'Number of the last award made, cancelled or not';

CREATE TABLE lot_award (
    contract_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    sequence bigint NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    award_key uuid NOT NULL,
    cancelled boolean NOT NULL DEFAULT false,
    PRIMARY KEY (contract_id, lot_id, sequence),
    FOREIGN KEY (contract_id, lot_id) REFERENCES lot_turn,
    CONSTRAINT lot_award_once UNIQUE (contract_id, lot_id, award_key)
);
COMMENT ON TABLE lot_award IS 'Awards of a lot with rotation in their order. It names no member: a cancellation has to find the award before, which may be a stranger''s';
COMMENT ON COLUMN lot_award.contract_id IS 'The contract';
COMMENT ON COLUMN lot_award.lot_id IS 'The lot';
COMMENT ON COLUMN lot_award.sequence IS 'Running number within the lot';
COMMENT ON COLUMN lot_award.supplier_id IS 'Who got it';
COMMENT ON COLUMN lot_award.award_key IS 'Review the release rests on: known to who may see the call-off, tells others nothing';
COMMENT ON COLUMN lot_award.cancelled IS 'Cancelled: it does not move the turn';

GRANT SELECT, INSERT ON decline, mini_competition_invitation, mini_competition_offer TO abruf_app;
GRANT SELECT, INSERT, UPDATE ON mini_competition, declared_interest, lot_turn, lot_award TO abruf_app;

DO $$
DECLARE
    child text;
BEGIN
    -- What hangs on a call-off is visible with it.
    FOREACH child IN ARRAY ARRAY['decline', 'mini_competition'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = %I.contract_id AND c.id = %I.call_off_id))',
            child || '_with_call_off', child, child, child);
    END LOOP;
    -- The turn belongs to the contract: it names suppliers, no members.
    FOREACH child IN ARRAY ARRAY['lot_turn', 'lot_award'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR EXISTS (SELECT FROM framework_contract f WHERE f.id = %I.contract_id))',
            child || '_with_contract', child, child);
    END LOOP;
END
$$;

ALTER TABLE mini_competition_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE mini_competition_invitation FORCE ROW LEVEL SECURITY;
CREATE POLICY mini_competition_invitation_with_competition ON mini_competition_invitation USING (
    EXISTS (SELECT FROM mini_competition m WHERE m.contract_id = mini_competition_invitation.contract_id AND m.id = mini_competition_invitation.competition_id));

-- Sealed until opened: whoever may hand an offer in cannot read any before.
ALTER TABLE mini_competition_offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE mini_competition_offer FORCE ROW LEVEL SECURITY;
CREATE POLICY mini_competition_offer_opened ON mini_competition_offer FOR SELECT USING (
    EXISTS (SELECT FROM mini_competition m WHERE m.contract_id = mini_competition_offer.contract_id AND m.id = mini_competition_offer.competition_id AND m.opened_at IS NOT NULL));
CREATE POLICY mini_competition_offer_hand_in ON mini_competition_offer FOR INSERT WITH CHECK (
    EXISTS (SELECT FROM mini_competition m WHERE m.contract_id = mini_competition_offer.contract_id AND m.id = mini_competition_offer.competition_id AND m.opened_at IS NULL));

-- Interests: one's own, and of whoever may act on what the actor sees.
ALTER TABLE declared_interest ENABLE ROW LEVEL SECURITY;
ALTER TABLE declared_interest FORCE ROW LEVEL SECURITY;
CREATE POLICY declared_interest_actor ON declared_interest FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR person_id = (SELECT abruf.actor_person())
    OR EXISTS (SELECT FROM assignment a WHERE a.person_id = declared_interest.person_id)
    OR EXISTS (SELECT FROM mini_competition m WHERE declared_interest.person_id IN (m.opened_by, m.opened_with)));
CREATE POLICY declared_interest_declare ON declared_interest FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'job' OR person_id = (SELECT abruf.actor_person()));
CREATE POLICY declared_interest_end ON declared_interest FOR UPDATE USING (
    (SELECT abruf.actor_kind()) = 'job' OR person_id = (SELECT abruf.actor_person()));

-- Every lot has its turn from the beginning: a release has a row to wait for.
CREATE FUNCTION abruf.open_turn() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lot_turn (contract_id, lot_id) VALUES (NEW.contract_id, NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.open_turn() IS 'Trigger of lot: the rollup row of its awards is made with it';
CREATE TRIGGER lot_opens_turn AFTER INSERT ON lot FOR EACH ROW EXECUTE FUNCTION abruf.open_turn();
INSERT INTO lot_turn (contract_id, lot_id) SELECT contract_id, id FROM lot;
