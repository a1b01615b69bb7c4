-- What a sample was drawn from are call-offs of members, not data of the auditor: somebody's own data leave it out.

CREATE OR REPLACE FUNCTION abruf.rows_about(who uuid) RETURNS TABLE (source text, content jsonb)
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
        RETURN QUERY EXECUTE format(
            'SELECT %L, to_jsonb(t) - ARRAY[''bytes'', ''token_sha256'', ''input'', ''key_sha256'', ''secret'', ''sealed'', ''code_sha256'', ''link_sha256'', ''population''] FROM %s t WHERE %s',
            place.name, place.place, place.pointing) USING who;
    END LOOP;
    RETURN QUERY
    SELECT 'audit_entry', e.canonical::jsonb FROM audit_entry e WHERE e.canonical::jsonb ->> 'actor' = who::text;
    RETURN QUERY
    SELECT 'audit_detail', d.detail FROM audit_detail d
    -- What they did to others is the others' data.
    WHERE d.detail ->> 'person' = who::text
       OR NOT d.detail ? 'person' AND EXISTS (
           SELECT FROM audit_entry e
           WHERE e.chain_id = d.chain_id AND e.leaf_hash = d.leaf_hash AND e.canonical::jsonb ->> 'actor' = who::text);
END
$$;
