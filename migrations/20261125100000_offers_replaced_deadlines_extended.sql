-- A bidder may replace its offer until the deadline (§ 53 (7), § 55 VgV by analogy): every receipt stays, the latest in
-- time counts, and what it replaced stays closed for good. Whoever runs a mini-competition may extend a deadline that
-- has not passed; every deadline stays with the reason it was left.

ALTER TABLE mini_competition_receipt
    ADD COLUMN sequence integer NOT NULL DEFAULT 1,
    DROP CONSTRAINT mini_competition_receipt_pkey,
    ADD CONSTRAINT mini_competition_receipt_pkey PRIMARY KEY (contract_id, competition_id, supplier_id, sequence),
    ADD CONSTRAINT mini_competition_receipt_sequence_positive CHECK (sequence >= 1),
    -- Which of two is the later one must not be a matter of taste.
    ADD CONSTRAINT mini_competition_receipt_once_at UNIQUE (contract_id, competition_id, supplier_id, received_at);
ALTER TABLE mini_competition_receipt ALTER COLUMN sequence DROP DEFAULT;
COMMENT ON COLUMN mini_competition_receipt.sequence IS 'From 1 for each supplier, in the order of recording; the latest in time by received_at counts';

ALTER TABLE mini_competition_offer
    ADD COLUMN sequence integer NOT NULL DEFAULT 1,
    DROP CONSTRAINT mini_competition_offer_pkey,
    ADD CONSTRAINT mini_competition_offer_pkey PRIMARY KEY (contract_id, competition_id, supplier_id, sequence),
    ADD CONSTRAINT mini_competition_offer_sequence_positive CHECK (sequence >= 1);
COMMENT ON COLUMN mini_competition_offer.sequence IS 'That of its receipt; 1 in records of competitions held elsewhere';

-- What was replaced is not opened with the rest: nobody learns what a bidder no longer offers.
DROP POLICY mini_competition_offer_opened ON mini_competition_offer;
CREATE POLICY mini_competition_offer_opened ON mini_competition_offer FOR SELECT USING (
    EXISTS (SELECT FROM mini_competition m
            WHERE m.contract_id = mini_competition_offer.contract_id AND m.id = mini_competition_offer.competition_id
              AND m.opened_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM mini_competition_receipt r
                    WHERE r.contract_id = mini_competition_offer.contract_id
                      AND r.competition_id = mini_competition_offer.competition_id
                      AND r.supplier_id = mini_competition_offer.supplier_id
                      AND NOT r.late AND mini_competition_offer.received_at < r.received_at));

CREATE TABLE mini_competition_extension (
    contract_id uuid NOT NULL,
    competition_id uuid NOT NULL,
    previous_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    reason text NOT NULL,
    extended_by uuid NOT NULL REFERENCES person,
    extended_at timestamptz NOT NULL,
    -- From one deadline there is one next.
    PRIMARY KEY (contract_id, competition_id, previous_at),
    FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition,
    CONSTRAINT mini_competition_extension_later CHECK (previous_at < deadline_at),
    CONSTRAINT mini_competition_extension_before_it_passed CHECK (extended_at <= previous_at),
    CONSTRAINT mini_competition_extension_reasoned CHECK (length(btrim(reason)) > 0)
);
COMMENT ON TABLE mini_competition_extension IS 'A deadline for offers that was extended before it had passed; all who were asked are told';
COMMENT ON COLUMN mini_competition_extension.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition_extension.competition_id IS 'The mini-competition';
COMMENT ON COLUMN mini_competition_extension.previous_at IS 'The deadline that was left';
COMMENT ON COLUMN mini_competition_extension.deadline_at IS 'The later one in its place';
COMMENT ON COLUMN mini_competition_extension.reason IS 'Why; all who were asked read it';
COMMENT ON COLUMN mini_competition_extension.extended_by IS 'Who extended it';
COMMENT ON COLUMN mini_competition_extension.extended_at IS 'When';
CREATE TRIGGER mini_competition_extension_append_only BEFORE UPDATE OR DELETE ON mini_competition_extension
    FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON mini_competition_extension TO abruf_app;
ALTER TABLE mini_competition_extension ENABLE ROW LEVEL SECURITY;
ALTER TABLE mini_competition_extension FORCE ROW LEVEL SECURITY;
CREATE POLICY mini_competition_extension_with_competition ON mini_competition_extension USING (
    EXISTS (SELECT FROM mini_competition m
            WHERE m.contract_id = mini_competition_extension.contract_id AND m.id = mini_competition_extension.competition_id));

-- As before, but a deadline may move where an extension says so, while nobody has signed the opening.
CREATE OR REPLACE FUNCTION abruf.keep_competition() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.sent_at IS NOT NULL AND (OLD.lines, OLD.scheme, OLD.submission, OLD.criterion, OLD.lot_id, OLD.sent_at, OLD.performance_from, OLD.performance_to)
            IS DISTINCT FROM (NEW.lines, NEW.scheme, NEW.submission, NEW.criterion, NEW.lot_id, NEW.sent_at, NEW.performance_from, NEW.performance_to))
        OR (OLD.sent_at IS NOT NULL AND OLD.deadline_at <> NEW.deadline_at
            AND (OLD.state <> 'sent' OR NEW.state <> 'sent' OR OLD.opened_by IS NOT NULL
                 OR NOT EXISTS (SELECT FROM mini_competition_extension e
                                WHERE e.contract_id = NEW.contract_id AND e.competition_id = NEW.id
                                  AND e.previous_at = OLD.deadline_at AND e.deadline_at = NEW.deadline_at)))
        OR (OLD.opened_by IS NOT NULL AND OLD.opened_by IS DISTINCT FROM NEW.opened_by)
        OR (OLD.opened_at IS NOT NULL AND (OLD.opened_at, OLD.opened_with) IS DISTINCT FROM (NEW.opened_at, NEW.opened_with))
        OR (OLD.decided_at IS NOT NULL AND (OLD.state, OLD.winner_id, OLD.decided_at, OLD.decision_reason) IS DISTINCT FROM (NEW.state, NEW.winner_id, NEW.decided_at, NEW.decision_reason))
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'restrict_violation',
            CONSTRAINT = 'mini_competition_announced_stays',
            MESSAGE = 'what was announced, opened or decided in a mini-competition stays';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION abruf.acted_in_competition(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM mini_competition m WHERE wanted IN (m.created_by, m.sent_by, m.opened_by, m.opened_with, m.decided_by))
        OR EXISTS (SELECT FROM mini_competition_receipt r WHERE r.recorded_by = wanted)
        OR EXISTS (SELECT FROM mini_competition_extension e WHERE e.extended_by = wanted)
        OR EXISTS (SELECT FROM mini_competition_scoring s WHERE s.scored_by = wanted);
END
$$;

-- All who were asked are told.
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_constraintdef(oid) INTO STRICT known FROM pg_constraint WHERE conname = 'outbox_kind_known';
    ALTER TABLE outbox DROP CONSTRAINT outbox_kind_known;
    EXECUTE format('ALTER TABLE outbox ADD CONSTRAINT outbox_kind_known CHECK (kind = %L OR %s)',
        'tell_extension', substring(known FROM '^CHECK \((.*)\)$'));
END
$$;
