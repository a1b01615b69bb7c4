-- Keys with which programs act for one assignment of a person, within a narrower scope and until a day.

CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    assignment_id uuid NOT NULL REFERENCES assignment,
    name text NOT NULL,
    prefix text NOT NULL,
    key_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    uses bigint NOT NULL DEFAULT 0,
    last_used_at timestamptz,
    refusals bigint NOT NULL DEFAULT 0,
    last_refused_at timestamptz,
    revoked_at timestamptz,
    revoked_by uuid REFERENCES person,
    CONSTRAINT api_key_hash_once UNIQUE (key_sha256),
    CONSTRAINT api_key_prefix_once UNIQUE (prefix),
    CONSTRAINT api_key_hash_length CHECK (length(key_sha256) = 32),
    CONSTRAINT api_key_prefix_form CHECK (prefix ~ '^[0-9a-f]{12}$'),
    CONSTRAINT api_key_name_length CHECK (length(btrim(name)) BETWEEN 3 AND 80),
    CONSTRAINT api_key_within_a_year CHECK (created_at < expires_at AND expires_at <= created_at + interval '367 days'),
    CONSTRAINT api_key_scopes_known CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY[
        'contracts:read', 'call_offs:read', 'call_offs:draft', 'call_offs:submit', 'fulfilment:write', 'reports:read', 'archive:read']),
    CONSTRAINT api_key_revoked_by_somebody CHECK (num_nonnulls(revoked_at, revoked_by) IN (0, 2)),
    CONSTRAINT api_key_counts_not_negative CHECK (uses >= 0 AND refusals >= 0)
);
COMMENT ON TABLE api_key IS 'Keys of programs: each acts for one assignment of the person who made it, within its scopes, until it ends or is revoked';
COMMENT ON COLUMN api_key.id IS 'Made by the program';
COMMENT ON COLUMN api_key.person_id IS 'Who made it; it acts in their name';
COMMENT ON COLUMN api_key.assignment_id IS 'For which of their assignments; the key ends with it';
COMMENT ON COLUMN api_key.name IS 'What it is for, in the person''s words';
COMMENT ON COLUMN api_key.prefix IS 'The part of the key that is shown again, to tell keys apart; random, opens nothing';
COMMENT ON COLUMN api_key.key_sha256 IS 'SHA-256 of the whole key, which is shown once and holds 256 random bits';
COMMENT ON COLUMN api_key.scopes IS 'What it may do; never to approve or release';
COMMENT ON COLUMN api_key.created_at IS 'When it was made';
COMMENT ON COLUMN api_key.expires_at IS 'End: that of its last day in Berlin, at most a year later';
COMMENT ON COLUMN api_key.uses IS 'Requests it was accepted for';
COMMENT ON COLUMN api_key.last_used_at IS 'The last of them';
COMMENT ON COLUMN api_key.refusals IS 'Requests it was refused for, as it had ended or was revoked';
COMMENT ON COLUMN api_key.last_refused_at IS 'The last of them';
COMMENT ON COLUMN api_key.revoked_at IS 'When it was revoked; the next request is refused';
COMMENT ON COLUMN api_key.revoked_by IS 'By whom: the person, or somebody of the house';
CREATE INDEX api_key_of_person ON api_key (person_id, created_at DESC);
CREATE INDEX api_key_of_assignment ON api_key (assignment_id);
-- Counts are written by the function below alone.
GRANT SELECT, INSERT ON api_key TO abruf_app;
GRANT UPDATE (revoked_at, revoked_by) ON api_key TO abruf_app;
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key FORCE ROW LEVEL SECURITY;
CREATE POLICY api_key_door ON api_key USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));
CREATE POLICY api_key_house_reads ON api_key FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'body'
    AND EXISTS (SELECT FROM assignment a WHERE a.id = api_key.assignment_id AND a.body_id = (SELECT abruf.actor_body())));
CREATE POLICY api_key_house_revokes ON api_key FOR UPDATE USING (
    (SELECT abruf.actor_kind()) = 'body'
    AND EXISTS (SELECT FROM assignment a WHERE a.id = api_key.assignment_id AND a.body_id = (SELECT abruf.actor_body())));

CREATE FUNCTION abruf.keep_key_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by) THEN
        RAISE EXCEPTION 'a key that was revoked stays revoked' USING ERRCODE = 'check_violation', CONSTRAINT = 'api_key_stays_revoked';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.keep_key_revoked() IS 'Refuses to bring a revoked key back';
CREATE TRIGGER api_key_stays_revoked BEFORE UPDATE ON api_key FOR EACH ROW EXECUTE FUNCTION abruf.keep_key_revoked();

-- A key is somebody's own assignment: nobody makes one for another person's.
CREATE FUNCTION abruf.key_of_own_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM assignment a WHERE a.id = NEW.assignment_id AND a.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'a key acts for an assignment of its person' USING ERRCODE = 'check_violation', CONSTRAINT = 'api_key_of_own_assignment';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.key_of_own_assignment() IS 'Refuses a key for somebody else''s assignment';
CREATE TRIGGER api_key_of_own_assignment BEFORE INSERT ON api_key FOR EACH ROW EXECUTE FUNCTION abruf.key_of_own_assignment();

CREATE FUNCTION abruf.use_api_key(hash bytea, instant timestamptz, today date)
RETURNS TABLE (
    key_id uuid, key_person uuid, person_name text, demo boolean, key_scopes text[], made_at timestamptz, ends_at timestamptz,
    works boolean, to_be_noted boolean, has_factor boolean, needs_factor boolean,
    role text, assignment uuid, organisation uuid, organisation_name text, body uuid, body_name text, body_email text,
    period_from date, period_to date, members uuid[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_key api_key%ROWTYPE;
    good boolean;
    first_of_day boolean;
BEGIN
    SELECT k.* INTO found_key FROM api_key k WHERE k.key_sha256 = hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    good := found_key.revoked_at IS NULL AND instant < found_key.expires_at AND EXISTS (
        SELECT FROM assignment a
        WHERE a.id = found_key.assignment_id AND a.valid_from <= today AND (a.valid_to IS NULL OR today <= a.valid_to)
          AND (a.ends_at IS NULL OR instant < a.ends_at));
    IF good THEN
        -- Revoked in between: no row, and the key is refused.
        UPDATE api_key k SET uses = k.uses + 1, last_used_at = greatest(k.last_used_at, instant)
        WHERE k.id = found_key.id AND k.revoked_at IS NULL;
        good := FOUND;
    END IF;
    IF NOT good THEN
        UPDATE api_key k SET refusals = k.refusals + 1, last_refused_at = greatest(k.last_refused_at, instant) WHERE k.id = found_key.id;
    END IF;
    first_of_day := coalesce(
        (CASE WHEN good THEN found_key.last_used_at ELSE found_key.last_refused_at END AT TIME ZONE 'Europe/Berlin')::date < today, true);
    RETURN QUERY
    SELECT found_key.id, p.id, p.name, p.demo, found_key.scopes, found_key.created_at, found_key.expires_at, good, first_of_day,
           EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL),
           EXISTS (SELECT FROM assignment n
                   WHERE n.person_id = p.id AND n.role IN ('approver', 'office', 'administrator')
                     AND n.valid_from <= today AND (n.valid_to IS NULL OR today <= n.valid_to)
                     AND (n.ends_at IS NULL OR instant < n.ends_at)),
           a.role, a.id, a.organisation_id, o.name, a.body_id, b.name, b.email, a.period_from, a.period_to,
           CASE WHEN a.role <> 'auditor' THEN '{}' ELSE abruf.audited_members(a.id, a.body_id, a.all_members) END
    FROM person p
    JOIN assignment a ON a.id = found_key.assignment_id
    JOIN organisation o ON o.id = a.organisation_id
    JOIN organisation b ON b.id = a.body_id
    WHERE p.id = found_key.person_id;
END
$$;
COMMENT ON FUNCTION abruf.use_api_key(bytea, timestamptz, date) IS 'The key of this hash with the assignment it acts for, counted as used or as refused; no row if there is none';
REVOKE ALL ON FUNCTION abruf.use_api_key(bytea, timestamptz, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.use_api_key(bytea, timestamptz, date) TO abruf_app;
