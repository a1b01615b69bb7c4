-- Who is acting: each transaction says so once with set_config('abruf.actor', <json>, true),
-- and every row-level policy reads it here. No actor sees nothing.
--
-- The application role is neither owner nor allowed to bypass the policies. The owner migrates and
-- backs up and has BYPASSRLS (checked by `abruf doctor`). An external database grants abruf_app to
-- its own application login.

CREATE SCHEMA abruf;
COMMENT ON SCHEMA abruf IS 'Functions that read the actor of the running transaction, and the append-only guard';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'abruf_app') THEN
        CREATE ROLE abruf_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA abruf TO abruf_app;

CREATE FUNCTION abruf.actor() RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('abruf.actor', true), ''), '{}')::jsonb;
COMMENT ON FUNCTION abruf.actor() IS 'The actor of this transaction: kind, person, organisation, body, and for auditors members, from, to';

CREATE FUNCTION abruf.actor_kind() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(abruf.actor() ->> 'kind', 'nobody');
COMMENT ON FUNCTION abruf.actor_kind() IS 'member | body | auditor | job | sign_in | nobody';

CREATE FUNCTION abruf.actor_person() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (abruf.actor() ->> 'person')::uuid;

CREATE FUNCTION abruf.actor_organisation() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (abruf.actor() ->> 'organisation')::uuid;
COMMENT ON FUNCTION abruf.actor_organisation() IS 'The organisation the person acts for';

CREATE FUNCTION abruf.actor_body() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (abruf.actor() ->> 'body')::uuid;
COMMENT ON FUNCTION abruf.actor_body() IS 'The purchasing body in whose house the person acts';

CREATE FUNCTION abruf.actor_members() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY(SELECT jsonb_array_elements_text(coalesce(abruf.actor() -> 'members', '[]'))::uuid);
COMMENT ON FUNCTION abruf.actor_members() IS 'For auditors: the members in scope, written out';

CREATE FUNCTION abruf.actor_period() RETURNS daterange
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN daterange((abruf.actor() ->> 'from')::date, (abruf.actor() ->> 'to')::date, '[]');
COMMENT ON FUNCTION abruf.actor_period() IS 'For auditors: the days in scope, both ends included';

CREATE FUNCTION abruf.refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        CONSTRAINT = TG_TABLE_NAME || '_append_only',
        MESSAGE = format('%s is append-only', TG_TABLE_NAME);
END
$$;
COMMENT ON FUNCTION abruf.refuse_change() IS 'Trigger of append-only tables; the second wall behind the missing rights';
