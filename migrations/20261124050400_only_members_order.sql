-- Who is no member on the day, or whose rights rest on it, places no call-off: the rule member-active says so
-- with its reason, and here the database refuses the same again, for a request handed in and for its release.
-- Facts recorded beside the program are rows that are inserted; they are looked at by no rule and not here.

CREATE FUNCTION abruf.call_off_by_a_member() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    -- A request is dated when it is handed in; what counts at its release is the day of the release.
    day date := coalesce((NEW.released_at AT TIME ZONE 'Europe/Berlin')::date, NEW.dated_on);
BEGIN
    IF NOT EXISTS (SELECT FROM membership m
                   WHERE m.body_id = NEW.body_id AND m.member_id = NEW.member_id
                     AND m.effective_from <= day AND (m.effective_to IS NULL OR day <= m.effective_to))
        OR EXISTS (SELECT FROM membership_suspension s
                   WHERE s.body_id = NEW.body_id AND s.member_id = NEW.member_id AND s.lifted_at IS NULL
                     AND s.valid_from <= day AND (s.valid_to IS NULL OR day <= s.valid_to)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'call_off_by_a_member',
            MESSAGE = 'only a member whose rights do not rest places a call-off';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.call_off_by_a_member() IS 'Trigger of call_off: nobody but a member hands in or releases, on the day of the call-off';
CREATE TRIGGER call_off_by_a_member AFTER UPDATE OF status ON call_off FOR EACH ROW
    WHEN (OLD.status = 'draft' AND NEW.status = 'submitted' OR OLD.number IS NULL AND NEW.number IS NOT NULL)
    EXECUTE FUNCTION abruf.call_off_by_a_member();
