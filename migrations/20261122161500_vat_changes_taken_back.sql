-- A later VAT treatment goes with the item it was written for by mistake; of a contract that was ever in
-- force, nothing goes.
GRANT DELETE ON item_vat_change TO abruf_app;
CREATE POLICY item_vat_change_taken_back ON item_vat_change AS RESTRICTIVE FOR DELETE USING (
    (SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM framework_contract f
        WHERE f.id = item_vat_change.contract_id AND f.activated_at IS NULL
          AND f.status IN ('draft', 'demand_survey', 'resolution', 'tender', 'award')));
