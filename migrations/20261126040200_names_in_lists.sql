-- Lists of call-offs look for the people that words may mean, as search does: past the policies by name, which are asked about
-- those found only.
CREATE FUNCTION abruf.found_people(pattern text) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT p.id FROM person p WHERE p.name ILIKE pattern);
END
$$;
COMMENT ON FUNCTION abruf.found_people(text) IS 'Ids of people whose name is like this; whoever asks sees only those the policies show';
REVOKE ALL ON FUNCTION abruf.found_people(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.found_people(text) TO abruf_app;

-- Whether somebody may read a name is asked of their acts, seven for each call-off, and for each name in a list.
CREATE INDEX approval_of_person ON approval (person_id);

-- Competitions have many policies of their own: asking for acts in one costs twenty times as much as asking for an assignment, and was
-- asked first for every name. Permissive policies have no order that one could rely on; so this one asks the cheap question first.
ALTER POLICY person_of_competition ON person USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) IN ('job', 'sign_in') THEN true
        WHEN id = (SELECT abruf.actor_person()) THEN true
        WHEN abruf.works_with(id) THEN true
        ELSE abruf.acted_in_competition(id)
    END);
