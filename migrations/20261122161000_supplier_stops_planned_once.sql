-- An SQL function that is not inlined is planned at every call, and with row-level security planning takes
-- longer than looking. Every draft, check, submission and release asks for stops several times: PL/pgSQL
-- keeps the plan of the session.
CREATE OR REPLACE FUNCTION abruf.stopped_from(body uuid, supplier uuid, day date) RETURNS date
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT min(s.stopped_from)
        FROM supplier_stop s
        WHERE s.body_id = body AND s.supplier_id = supplier AND (s.lifted_from IS NULL OR day < s.lifted_from));
END
$$;
