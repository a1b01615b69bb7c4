-- A stop may be narrower than all contracts of the body: one contract, or one lot of it. Where the supplier cannot
-- deliver one lot only, the cascade moves on there and nowhere else.

ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_of_body UNIQUE (body_id, id);
ALTER TABLE supplier_stop
    ADD COLUMN contract_id uuid,
    ADD COLUMN lot_id uuid,
    ADD CONSTRAINT supplier_stop_of_own_contract FOREIGN KEY (body_id, contract_id) REFERENCES framework_contract (body_id, id),
    ADD CONSTRAINT supplier_stop_of_known_lot FOREIGN KEY (contract_id, lot_id) REFERENCES lot (contract_id, id),
    ADD CONSTRAINT supplier_stop_lot_of_contract CHECK (lot_id IS NULL OR contract_id IS NOT NULL),
    DROP CONSTRAINT supplier_stop_one_at_a_time,
    -- One at a time in each place; a narrow one may run under a wide one and outlast it.
    ADD CONSTRAINT supplier_stop_one_at_a_time EXCLUDE USING gist (
        body_id WITH =, supplier_id WITH =,
        coalesce(contract_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
        coalesce(lot_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
        daterange(stopped_from, lifted_from, '[)') WITH &&);
COMMENT ON TABLE supplier_stop IS 'Days on which nothing may be ordered from a supplier of a body: under any of its contracts, one of them, or one lot';
COMMENT ON COLUMN supplier_stop.contract_id IS 'The one contract it concerns; null: all of the body';
COMMENT ON COLUMN supplier_stop.lot_id IS 'The one lot of it; null: all of the contract';

COMMENT ON FUNCTION abruf.stopped_from(uuid, uuid, date) IS 'First day of the supplier''s stop for all contracts that has not ended by this day; null without one';
CREATE OR REPLACE FUNCTION abruf.stopped_from(body uuid, supplier uuid, day date) RETURNS date
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT min(s.stopped_from)
        FROM supplier_stop s
        WHERE s.body_id = body AND s.supplier_id = supplier AND s.contract_id IS NULL
          AND (s.lifted_from IS NULL OR day < s.lifted_from));
END
$$;

-- PL/pgSQL, so that the plan of the session is kept (20261122161000).
CREATE FUNCTION abruf.party_stop(body uuid, contract uuid, lot uuid, supplier uuid, day date)
    RETURNS TABLE (first_day date, scope text)
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
        SELECT s.stopped_from, CASE WHEN s.contract_id IS NULL THEN 'body' WHEN s.lot_id IS NULL THEN 'contract' ELSE 'lot' END
        FROM supplier_stop s
        WHERE s.body_id = body AND s.supplier_id = supplier
          AND (s.lifted_from IS NULL OR day < s.lifted_from)
          AND (s.contract_id IS NULL OR s.contract_id = contract AND (s.lot_id IS NULL OR s.lot_id = lot))
        -- Of several that begin on one day the widest speaks.
        ORDER BY s.stopped_from, s.contract_id IS NOT NULL, s.lot_id IS NOT NULL
        LIMIT 1;
END
$$;
COMMENT ON FUNCTION abruf.party_stop(uuid, uuid, uuid, uuid, date) IS 'First day and width (body, contract, lot) of the stop of a party of a lot that has not ended by this day; no row without one';

CREATE FUNCTION abruf.order_stopped_from(body uuid, supplier uuid, contract uuid, call_off uuid, day date) RETURNS date
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT min(s.stopped_from)
        FROM supplier_stop s
        WHERE s.body_id = body AND s.supplier_id = supplier AND s.stopped_from <= day
          AND (s.lifted_from IS NULL OR day < s.lifted_from)
          AND (s.contract_id IS NULL
               OR s.contract_id = contract
                  AND (s.lot_id IS NULL
                       OR EXISTS (SELECT FROM call_off_line l
                                  JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
                                  WHERE l.contract_id = contract AND l.call_off_id = call_off AND i.lot_id = s.lot_id))));
END
$$;
COMMENT ON FUNCTION abruf.order_stopped_from(uuid, uuid, uuid, uuid, date) IS 'First day of the stop in force on this day that an order or request falls under; null without one';
GRANT EXECUTE ON FUNCTION abruf.party_stop(uuid, uuid, uuid, uuid, date), abruf.order_stopped_from(uuid, uuid, uuid, uuid, date) TO abruf_app;
