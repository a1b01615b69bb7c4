-- A kind of actor that this schema does not know is nobody, so that no policy that only asks for "not nobody" opens to it.

CREATE OR REPLACE FUNCTION abruf.actor_kind() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN abruf.actor() ->> 'kind' IN ('member', 'body', 'auditor', 'job', 'sign_in', 'supplier', 'newcomer')
            THEN abruf.actor() ->> 'kind'
        ELSE 'nobody'
    END;
