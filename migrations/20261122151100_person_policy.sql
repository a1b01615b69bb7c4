-- Who may see a person hangs on assignments, approvals and competitions, each with policies of its own. Written
-- out in the policy, all of that was set up by every statement that reads a name, whether a row asked for it
-- or not. In functions it is set up for the rows that ask. They run as the caller: their own policies hold.

CREATE FUNCTION abruf.works_with(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM assignment a WHERE a.person_id = wanted) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM approval h WHERE h.person_id = wanted);
END
$$;
COMMENT ON FUNCTION abruf.works_with(uuid) IS 'Whether the person has a visible assignment, or acted on a visible call-off';

CREATE FUNCTION abruf.acted_in_competition(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM mini_competition m WHERE wanted IN (m.created_by, m.sent_by, m.opened_by, m.opened_with, m.decided_by))
        OR EXISTS (SELECT FROM mini_competition_receipt r WHERE r.recorded_by = wanted)
        OR EXISTS (SELECT FROM mini_competition_scoring s WHERE s.scored_by = wanted);
END
$$;
COMMENT ON FUNCTION abruf.acted_in_competition(uuid) IS 'Whether the person acted in a visible mini-competition';

GRANT EXECUTE ON FUNCTION abruf.works_with(uuid), abruf.acted_in_competition(uuid) TO abruf_app;

DROP POLICY person_actor ON person;
CREATE POLICY person_actor ON person USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) IN ('job', 'sign_in') THEN true
        WHEN id = (SELECT abruf.actor_person()) THEN true
        ELSE abruf.works_with(id)
    END);
DROP POLICY person_of_competition ON person;
CREATE POLICY person_of_competition ON person FOR SELECT USING (abruf.acted_in_competition(id));
