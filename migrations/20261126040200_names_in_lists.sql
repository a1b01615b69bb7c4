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
