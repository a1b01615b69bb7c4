-- Whom an auditor looks at, said once: both who signs in and who is signed in ask for it.

CREATE FUNCTION abruf.audited_members(assignment uuid, body uuid, everyone boolean) RETURNS uuid[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- An auditor of all members also sees those that have left: their call-offs are still in scope.
    IF everyone THEN
        RETURN ARRAY(
            SELECT DISTINCT r.organisation_id FROM organisation_role r
            WHERE r.body_id = body AND r.role = 'member' ORDER BY r.organisation_id);
    END IF;
    RETURN ARRAY(SELECT m.member_id FROM assignment_member m WHERE m.assignment_id = assignment ORDER BY m.member_id);
END
$$;
COMMENT ON FUNCTION abruf.audited_members(uuid, uuid, boolean) IS 'The members in the scope of an auditor''s assignment, written out';
GRANT EXECUTE ON FUNCTION abruf.audited_members(uuid, uuid, boolean) TO abruf_app;

CREATE OR REPLACE FUNCTION abruf.session_acting(session_id uuid, session_person uuid, instant timestamptz, today date)
RETURNS TABLE (
    person_name text, assignment_id uuid, created_at timestamptz, expires_at timestamptz,
    role text, organisation uuid, organisation_name text, body uuid, body_name text, body_email text,
    period_from date, period_to date, members uuid[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT p.name, s.assignment_id, s.created_at, s.expires_at,
           a.role, a.organisation_id, o.name, a.body_id, b.name, b.email, a.period_from, a.period_to,
           CASE
               WHEN a.role IS DISTINCT FROM 'auditor' THEN '{}'
               ELSE abruf.audited_members(a.id, a.body_id, a.all_members)
           END
    FROM session s
    JOIN person p ON p.id = s.person_id
    LEFT JOIN assignment a ON a.id = s.assignment_id AND a.person_id = s.person_id
        AND a.valid_from <= today AND (a.valid_to IS NULL OR today <= a.valid_to)
    LEFT JOIN organisation o ON o.id = a.organisation_id
    LEFT JOIN organisation b ON b.id = a.body_id
    WHERE s.id = session_id AND s.person_id = session_person AND s.revoked_at IS NULL AND instant < s.expires_at;
END
$$;
