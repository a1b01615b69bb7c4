-- Facts that stand (terms, prices, evidence, law) are read once and remembered by the program, until one of
-- them changes. The state below is another one after each change, and it changes in the transaction of
-- the change: whoever sees the old state sees the old facts.

CREATE TABLE standing_facts (
    sole boolean PRIMARY KEY DEFAULT true,
    state uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT standing_facts_one_row CHECK (sole)
);
COMMENT ON TABLE standing_facts IS 'Which state of the facts that stand holds; one row';
COMMENT ON COLUMN standing_facts.sole IS 'Always true: there is one row';
COMMENT ON COLUMN standing_facts.state IS 'Another one after each change of any of these facts, in any database';
INSERT INTO standing_facts DEFAULT VALUES;
GRANT SELECT ON standing_facts TO abruf_app;

CREATE TABLE standing_facts_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
COMMENT ON TABLE standing_facts_change IS 'One row inside a transaction that changes standing facts; empty between transactions';
COMMENT ON COLUMN standing_facts_change.id IS 'Order of the changes';

CREATE FUNCTION abruf.note_standing_facts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('abruf.standing_facts_changed', true) IS DISTINCT FROM 'yes' THEN
        INSERT INTO standing_facts_change DEFAULT VALUES;
        PERFORM set_config('abruf.standing_facts_changed', 'yes', true);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.note_standing_facts() IS 'Notes once per transaction that standing facts change';

-- At commit, so that the one row is the last thing a transaction waits for: it can be part of no deadlock.
CREATE FUNCTION abruf.renew_standing_facts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE standing_facts SET state = gen_random_uuid();
    DELETE FROM standing_facts_change WHERE id = NEW.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.renew_standing_facts() IS 'Names the state after a change';

CREATE CONSTRAINT TRIGGER standing_facts_change_renews AFTER INSERT ON standing_facts_change
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION abruf.renew_standing_facts();

DO $$
DECLARE
    source text;
BEGIN
    FOREACH source IN ARRAY ARRAY[
        'organisation', 'membership', 'authority_class', 'inhouse_evidence', 'input_vat_deduction', 'council_limit',
        'binding_rules', 'budget_mode', 'legal_parameter', 'supplier_stop',
        'framework_contract', 'contract_body', 'contract_option', 'lot', 'contract_party', 'entitlement',
        'data_processing_accession', 'item', 'item_vat_change', 'price_term', 'index_value', 'baseline'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I
             FOR EACH STATEMENT EXECUTE FUNCTION abruf.note_standing_facts()', source || '_stands', source);
    END LOOP;
END
$$;
