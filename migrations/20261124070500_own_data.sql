-- What the program holds about one person, for their right to know it (Art. 15 GDPR): every row of every table that
-- points at the person, taken from the catalogue, so that no table can be forgotten.

CREATE FUNCTION abruf.rows_about(who uuid) RETURNS TABLE (source text, content jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place record;
BEGIN
    IF abruf.actor_kind() <> 'job' AND abruf.actor_person() IS DISTINCT FROM who THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 'person', to_jsonb(p) - 'password_hash' FROM person p WHERE p.id = who;
    FOR place IN
        SELECT k.conrelid::regclass AS place, c.relname::text AS name, string_agg(format('t.%I = $1', a.attname), ' OR ' ORDER BY a.attnum) AS pointing
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
        WHERE k.contype = 'f' AND k.confrelid = 'person'::regclass AND c.relnamespace = 'public'::regnamespace
        GROUP BY k.conrelid, c.relname
        ORDER BY c.relname
    LOOP
        -- Files and secrets are no data about a person that this file could show.
        RETURN QUERY EXECUTE format(
            'SELECT %L, to_jsonb(t) - ARRAY[''bytes'', ''token_sha256'', ''input'', ''key_sha256'', ''secret''] FROM %s t WHERE %s',
            place.name, place.place, place.pointing) USING who;
    END LOOP;
    RETURN QUERY
    SELECT 'audit_entry', e.canonical::jsonb FROM audit_entry e WHERE e.canonical::jsonb ->> 'actor' = who::text;
END
$$;
COMMENT ON FUNCTION abruf.rows_about(uuid) IS 'Every row that points at this person, with its table; only for themselves and for jobs';
REVOKE ALL ON FUNCTION abruf.rows_about(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.rows_about(uuid) TO abruf_app;
