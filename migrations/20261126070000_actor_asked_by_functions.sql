-- Every policy asks who acts. As SQL functions these were unfolded into each place that asks: some twenty steps of JSON that
-- every statement set up a hundred times and took once or never. As PL/pgSQL functions they are one call each.

CREATE OR REPLACE FUNCTION abruf.actor_kind() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
DECLARE
    kind text := abruf.actor() ->> 'kind';
BEGIN
    IF kind IN ('member', 'body', 'auditor', 'job', 'sign_in', 'supplier', 'newcomer') THEN
        RETURN kind;
    END IF;
    -- A kind that this schema does not know is nobody, so that no policy that only asks for "not nobody" opens to it.
    RETURN 'nobody';
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_person() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN (abruf.actor() ->> 'person')::uuid;
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_organisation() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN (abruf.actor() ->> 'organisation')::uuid;
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_body() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN (abruf.actor() ->> 'body')::uuid;
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_contract() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN (abruf.actor() ->> 'contract')::uuid;
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_call_off() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN (abruf.actor() ->> 'call_off')::uuid;
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_invitation() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN (abruf.actor() ->> 'invitation')::uuid;
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_members() RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN ARRAY(SELECT jsonb_array_elements_text(coalesce(abruf.actor() -> 'members', '[]'))::uuid);
END
$$;

CREATE OR REPLACE FUNCTION abruf.actor_period() RETURNS daterange
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 AS $$
BEGIN
    RETURN daterange((abruf.actor() ->> 'from')::date, (abruf.actor() ->> 'to')::date, '[]');
END
$$;
