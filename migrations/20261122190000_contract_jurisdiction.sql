-- Whose procurement law a contract was awarded under: its own path, beside that of each member.

ALTER TABLE framework_contract ADD COLUMN jurisdiction text;
COMMENT ON COLUMN framework_contract.jurisdiction IS 'Path of the law pack of its procurement regime, e.g. de/st; that of the leading body where nobody says otherwise';
UPDATE framework_contract c SET jurisdiction = (SELECT o.jurisdiction FROM organisation o WHERE o.id = c.body_id);
ALTER TABLE framework_contract ALTER COLUMN jurisdiction SET NOT NULL;
ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_jurisdiction_form CHECK (jurisdiction ~ '^[a-z]{2}(/[a-z0-9]+)*$');

CREATE FUNCTION abruf.jurisdiction_of_body() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.jurisdiction := (SELECT o.jurisdiction FROM organisation o WHERE o.id = NEW.body_id);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.jurisdiction_of_body() IS 'A contract that names no jurisdiction lies in that of its body';
CREATE TRIGGER framework_contract_jurisdiction BEFORE INSERT ON framework_contract
    FOR EACH ROW WHEN (NEW.jurisdiction IS NULL) EXECUTE FUNCTION abruf.jurisdiction_of_body();
