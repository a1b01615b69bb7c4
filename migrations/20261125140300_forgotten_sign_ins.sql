-- What happened at the door is personal data with an end: events and sessions are deleted by a job after so many days. The
-- chain of sign-ins proves the same without names and stays.

ALTER TABLE installation ADD COLUMN sign_in_days integer NOT NULL DEFAULT 180,
    ADD CONSTRAINT installation_sign_in_days_in_bounds CHECK (sign_in_days BETWEEN 30 AND 730);
COMMENT ON COLUMN installation.sign_in_days IS 'Days after which sign-in events and ended sessions are deleted; abruf privacy keep changes it';

-- Not even a job forgets what is young: whoever broke in must not be able to sweep up behind themselves.
CREATE FUNCTION abruf.refuse_early_forgetting() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF clock_timestamp() - interval '30 days' < OLD.at THEN
        RAISE EXCEPTION '% is append-only for 30 days', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION abruf.refuse_early_forgetting() IS 'Lets rows go only after 30 days';
DROP TRIGGER sign_in_event_append_only ON sign_in_event;
CREATE TRIGGER sign_in_event_append_only BEFORE UPDATE ON sign_in_event FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER sign_in_event_kept_a_while BEFORE DELETE ON sign_in_event FOR EACH ROW EXECUTE FUNCTION abruf.refuse_early_forgetting();
GRANT DELETE ON sign_in_event, session TO abruf_app;
CREATE POLICY sign_in_event_forget ON sign_in_event FOR DELETE USING ((SELECT abruf.actor_kind()) = 'job');
-- The policy of sessions is for every verb; only the job may delete.
CREATE POLICY session_forget ON session AS RESTRICTIVE FOR DELETE USING ((SELECT abruf.actor_kind()) = 'job');
