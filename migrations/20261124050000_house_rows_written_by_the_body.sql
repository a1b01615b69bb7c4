-- What belongs to the house of a body (its contracts, members, indexes) is read by everybody of the house and
-- written by the body's people and by jobs. The policies so far let whoever may read such a row write it:
-- a neighbour, an auditor, the holder of a supplier's link. The actions never did; now the database refuses it.

DO $$
DECLARE
    it record;
BEGIN
    FOR it IN
        SELECT name, CASE WHEN name IN ('lot_award', 'lot_turn') THEN 'ARRAY[''body'', ''job'', ''member'']' ELSE 'ARRAY[''body'', ''job'']' END AS writers
        FROM unnest(ARRAY[
            'contract_body', 'contract_event', 'contract_modification', 'contract_option', 'contract_party', 'entitlement',
            'framework_contract', 'index_series', 'index_value', 'inhouse_evidence', 'item', 'item_vat_change', 'lot',
            -- A release awards the turn of its lot.
            'lot_award', 'lot_turn', 'membership', 'price_term',
            -- What an auditor of the house reads whatever members are in scope.
            'body_turnover', 'bonus_payment', 'bonus_share', 'restore_test', 'supplier_report', 'supplier_report_closing',
            'supplier_report_line', 'turnover_import', 'turnover_line']) AS name
    LOOP
        EXECUTE format(
            'CREATE POLICY %I ON %I AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) = ANY (%s))',
            it.name || '_made_by', it.name, it.writers);
        EXECUTE format(
            'CREATE POLICY %I ON %I AS RESTRICTIVE FOR UPDATE USING ((SELECT abruf.actor_kind()) = ANY (%s))',
            it.name || '_changed_by', it.name, it.writers);
    END LOOP;
END
$$;

-- A neighbour could take it back.
CREATE POLICY order_address_taken_back_by ON order_address AS RESTRICTIVE FOR DELETE USING ((SELECT abruf.actor_kind()) IN ('body', 'job'));

-- Templates that papers were printed with are kept by whoever prints: somebody.
DO $$
DECLARE
    it text;
BEGIN
    FOREACH it IN ARRAY ARRAY['document_template', 'document_template_asset', 'template_asset'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', it);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', it);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (true)', it || '_read', it);
        EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) <> ''nobody'')', it || '_made_by', it);
    END LOOP;
END
$$;

-- Names of organisations are known to everybody; who they are to a body is known in its house. Both are written
-- by bodies, for their house, and by jobs.
ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation FORCE ROW LEVEL SECURITY;
CREATE POLICY organisation_read ON organisation FOR SELECT USING (true);
CREATE POLICY organisation_made_by ON organisation FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) IN ('body', 'job'));
CREATE POLICY organisation_changed_by ON organisation FOR UPDATE USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN id = (SELECT abruf.actor_body())
            OR EXISTS (SELECT FROM organisation_role r WHERE r.organisation_id = organisation.id AND r.body_id = (SELECT abruf.actor_body()))
        ELSE false
    END);

ALTER TABLE organisation_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_role FORCE ROW LEVEL SECURITY;
CREATE POLICY organisation_role_read ON organisation_role FOR SELECT USING (
    (SELECT abruf.actor_kind()) IN ('job', 'sign_in') OR body_id = (SELECT abruf.actor_body()));
CREATE POLICY organisation_role_made_by ON organisation_role FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'job' OR (SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body()));
CREATE POLICY organisation_role_changed_by ON organisation_role FOR UPDATE USING (
    (SELECT abruf.actor_kind()) = 'job' OR (SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body()));

ALTER TABLE register_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY register_entry_read ON register_entry FOR SELECT USING (true);
CREATE POLICY register_entry_made_by ON register_entry FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) = 'job');
CREATE POLICY register_entry_changed_by ON register_entry FOR UPDATE USING ((SELECT abruf.actor_kind()) = 'job');
