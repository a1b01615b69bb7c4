-- One row of every table for each of three tenants, from the catalogue: what a new table looks like is not
-- known here, and need not be. Constraints and triggers are taken off (of this throwaway copy) so that rows
-- need no sense; the policies and the rights, which are what is looked at, stay as they are.
--
-- Tenants: 'ours' and 'neighbour' are members of one body, 'other' is the member of another one. A value is
-- the md5 of what it is and of whom: foreign keys lead to the row of the same tenant.

CREATE SCHEMA wall;

CREATE TABLE wall.link AS
SELECT DISTINCT ON (k.conrelid, a.attname) k.conrelid AS relation, a.attname AS name, k.confrelid AS target, b.attname AS target_name
FROM pg_constraint k
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (here, there)
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here
JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.there
WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND k.conrelid <> k.confrelid
-- The longest key says most: (contract, order) before (contract).
ORDER BY k.conrelid, a.attname, cardinality(k.conkey) DESC, k.oid;

CREATE FUNCTION wall.key(what text, tenant text) RETURNS uuid
    LANGUAGE sql IMMUTABLE RETURN md5(what || ' of ' || tenant)::uuid;

-- The id in this column: of the row it leads to, in the end.
CREATE FUNCTION wall.id_in(relation regclass, name text, tenant text) RETURNS uuid
    LANGUAGE plpgsql AS $$
DECLARE
    link wall.link;
BEGIN
    -- One body for two of them; entries of the log lie in its chain.
    IF name IN ('body_id', 'chain_id') THEN
        RETURN wall.key('body', CASE tenant WHEN 'neighbour' THEN 'ours' ELSE tenant END);
    END IF;
    IF name = 'supplier_id' THEN
        RETURN wall.key('supplier', tenant);
    END IF;
    SELECT * INTO link FROM wall.link l WHERE l.relation = id_in.relation AND l.name = id_in.name;
    IF FOUND THEN
        RETURN wall.id_in(link.target, link.target_name, tenant);
    END IF;
    RETURN wall.key(relation::text || '.' || name, tenant);
END
$$;

-- What must have a certain value for a policy to show the row to anybody.
CREATE TABLE wall.certain (relation text, name text, value text);
INSERT INTO wall.certain VALUES
    ('framework_contract', 'status', 'active'),
    ('certificate', 'kind', 'entitlement_certificate'),
    ('certificate', 'year', '2026'),
    ('mini_competition', 'state', 'sent'),
    ('guard', 'version', '0'),
    ('guard', 'scope', 'lot');

CREATE FUNCTION wall.value_of(relation regclass, name text, type regtype, tenant text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    given text;
BEGIN
    SELECT value INTO given FROM wall.certain c WHERE c.relation = value_of.relation::text AND c.name = value_of.name;
    IF FOUND THEN
        RETURN given;
    END IF;
    RETURN CASE
        WHEN type = 'uuid'::regtype THEN wall.id_in(relation, name, tenant)::text
        WHEN type = 'boolean'::regtype THEN 'true'
        WHEN type = 'date'::regtype THEN '2026-06-15'
        WHEN type = 'timestamptz'::regtype THEN '2026-06-15 10:00:00+00'
        WHEN type = 'daterange'::regtype THEN '[2026-06-15,2026-06-16)'
        WHEN type IN ('jsonb'::regtype, 'json'::regtype) THEN '{}'
        -- Bytes that are keys differ by tenant; those of a file and of what leads to it do not differ within.
        WHEN type = 'bytea'::regtype THEN '\x' || md5('bytes of ' || tenant)
        WHEN type = 'text'::regtype THEN 'text of ' || tenant
        WHEN type::text LIKE '%[]' THEN '{}'
        ELSE '1'
    END;
END
$$;

CREATE FUNCTION wall.columns_of(relation regclass) RETURNS TABLE (name text, type regtype)
    LANGUAGE sql STABLE AS $$
    SELECT a.attname::text, a.atttypid::regtype
    FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY a.attnum
$$;

DO $$
DECLARE
    it record;
    tenant text;
BEGIN
    FOR it IN
        SELECT k.conrelid::regclass AS relation, k.conname AS name FROM pg_constraint k
        WHERE k.connamespace = 'public'::regnamespace AND k.conrelid <> 0 AND k.contype IN ('f', 'c', 'x', 'u', 'p')
        ORDER BY array_position(ARRAY['f', 'c', 'x', 'u', 'p']::"char"[], k.contype)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', it.relation, it.name);
    END LOOP;
    FOR it IN
        SELECT i.indexrelid::regclass AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('DROP INDEX %s', it.name);
    END LOOP;
    FOR it IN SELECT c.oid::regclass AS relation FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> '_sqlx_migrations'
    LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', it.relation);
        -- Law and parameters that the migrations brought.
        EXECUTE format('DELETE FROM %s', it.relation);
        FOREACH tenant IN ARRAY ARRAY['ours', 'neighbour', 'other'] LOOP
            EXECUTE (
                SELECT format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', it.relation,
                              string_agg(quote_ident(c.name), ', '),
                              string_agg(quote_nullable(wall.value_of(it.relation, c.name, c.type, tenant)), ', '))
                FROM wall.columns_of(it.relation) c);
        END LOOP;
    END LOOP;
END
$$;
