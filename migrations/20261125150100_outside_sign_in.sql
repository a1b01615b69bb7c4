-- Signing in by an outside provider (OpenID Connect): whose identity there is whose account here, sign-ins under way,
-- and what a session got from the provider. What a person may do stays ours: dated assignments.

CREATE TABLE outside_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    linked_at timestamptz NOT NULL,
    last_used_at timestamptz,
    PRIMARY KEY (issuer, subject),
    CONSTRAINT outside_identity_one_per_provider UNIQUE (person_id, issuer),
    CONSTRAINT outside_identity_issuer_length CHECK (length(issuer) BETWEEN 8 AND 500),
    CONSTRAINT outside_identity_subject_length CHECK (length(subject) BETWEEN 1 AND 255)
);
COMMENT ON TABLE outside_identity IS 'Accounts of outside providers, each tied to one person by that person: by the one-time link of an invitation or in an open session';
COMMENT ON COLUMN outside_identity.issuer IS 'Address of the provider (claim iss)';
COMMENT ON COLUMN outside_identity.subject IS 'Who one is there (claim sub); means nothing without the issuer';
COMMENT ON COLUMN outside_identity.person_id IS 'Who one is here';
COMMENT ON COLUMN outside_identity.linked_at IS 'When they were tied';
COMMENT ON COLUMN outside_identity.last_used_at IS 'Last sign-in by it';
GRANT SELECT, INSERT, DELETE ON outside_identity TO abruf_app;
GRANT UPDATE (last_used_at) ON outside_identity TO abruf_app;
ALTER TABLE outside_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE outside_identity FORCE ROW LEVEL SECURITY;
CREATE POLICY outside_identity_door ON outside_identity USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));

CREATE TABLE outside_sign_in (
    state_sha256 bytea PRIMARY KEY,
    browser_sha256 bytea NOT NULL,
    provider text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    back_to text NOT NULL,
    link_sha256 bytea,
    person_id uuid REFERENCES person,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT outside_sign_in_hash_lengths CHECK (length(state_sha256) = 32 AND length(browser_sha256) = 32),
    CONSTRAINT outside_sign_in_link_length CHECK (length(link_sha256) = 32),
    CONSTRAINT outside_sign_in_one_purpose CHECK (num_nonnulls(link_sha256, person_id) <= 1),
    CONSTRAINT outside_sign_in_short CHECK (created_at < expires_at AND expires_at <= created_at + interval '15 minutes')
);
COMMENT ON TABLE outside_sign_in IS 'Sign-ins that wait for the answer of a provider; taken out by the first answer, so that none is taken twice';
COMMENT ON COLUMN outside_sign_in.state_sha256 IS 'SHA-256 of the parameter state';
COMMENT ON COLUMN outside_sign_in.browser_sha256 IS 'SHA-256 of a cookie: only the browser that began may go on';
COMMENT ON COLUMN outside_sign_in.provider IS 'Which provider, as the settings call it';
COMMENT ON COLUMN outside_sign_in.nonce IS 'What the token of the provider has to repeat';
COMMENT ON COLUMN outside_sign_in.verifier IS 'PKCE (RFC 7636): what the challenge was made of';
COMMENT ON COLUMN outside_sign_in.back_to IS 'Address of ours to go on to';
COMMENT ON COLUMN outside_sign_in.link_sha256 IS 'One-time link by which the account is to be tied';
COMMENT ON COLUMN outside_sign_in.person_id IS 'Who, signed in, ties an account';
COMMENT ON COLUMN outside_sign_in.created_at IS 'When it began';
COMMENT ON COLUMN outside_sign_in.expires_at IS 'No answer is taken from then on';
CREATE INDEX outside_sign_in_over ON outside_sign_in (expires_at);
GRANT SELECT, INSERT, DELETE ON outside_sign_in TO abruf_app;
ALTER TABLE outside_sign_in ENABLE ROW LEVEL SECURITY;
ALTER TABLE outside_sign_in FORCE ROW LEVEL SECURITY;
CREATE POLICY outside_sign_in_door ON outside_sign_in USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));

ALTER TABLE session ADD COLUMN issuer text,
    ADD COLUMN provider_session text,
    ADD COLUMN provider_factor_at timestamptz,
    ADD COLUMN may_act_for uuid[],
    ADD CONSTRAINT session_of_a_provider CHECK (issuer IS NOT NULL OR num_nonnulls(provider_session, provider_factor_at, may_act_for) = 0);
COMMENT ON COLUMN session.issuer IS 'Provider by which the person signed in; null: by password';
COMMENT ON COLUMN session.provider_session IS 'The session there (claim sid), so that the provider can end this one';
COMMENT ON COLUMN session.provider_factor_at IS 'When the provider vouched for a second factor, and the settings trust it in that; null: it did not';
COMMENT ON COLUMN session.may_act_for IS 'Assignments that fit what the provider said of roles and members; null: all';
CREATE INDEX session_of_provider ON session (issuer, provider_session) WHERE issuer IS NOT NULL;

DROP FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date);
CREATE FUNCTION abruf.session_acting(session_id uuid, session_person uuid, instant timestamptz, today date)
RETURNS TABLE (
    person_name text, assignment_id uuid, created_at timestamptz, expires_at timestamptz, second_factor_at timestamptz,
    has_factor boolean, needs_factor boolean,
    role text, organisation uuid, organisation_name text, body uuid, body_name text, body_email text,
    period_from date, period_to date, members uuid[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT p.name, s.assignment_id, s.created_at, s.expires_at, coalesce(s.second_factor_at, s.provider_factor_at),
           s.provider_factor_at IS NOT NULL
               OR EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL),
           EXISTS (SELECT FROM assignment n
                   WHERE n.person_id = p.id AND n.role IN ('approver', 'office', 'administrator')
                     AND n.valid_from <= today AND (n.valid_to IS NULL OR today <= n.valid_to)
                     AND (n.ends_at IS NULL OR instant < n.ends_at)),
           a.role, a.organisation_id, o.name, a.body_id, b.name, b.email, a.period_from, a.period_to,
           CASE
               WHEN a.role IS DISTINCT FROM 'auditor' THEN '{}'
               ELSE abruf.audited_members(a.id, a.body_id, a.all_members)
           END
    FROM session s
    JOIN person p ON p.id = s.person_id
    LEFT JOIN assignment a ON a.id = s.assignment_id AND a.person_id = s.person_id
        AND a.valid_from <= today AND (a.valid_to IS NULL OR today <= a.valid_to)
        AND (a.ends_at IS NULL OR instant < a.ends_at)
        AND (s.may_act_for IS NULL OR a.id = ANY (s.may_act_for))
    LEFT JOIN organisation o ON o.id = a.organisation_id
    LEFT JOIN organisation b ON b.id = a.body_id
    WHERE s.id = session_id AND s.person_id = session_person AND s.revoked_at IS NULL AND instant < s.expires_at;
END
$$;
COMMENT ON FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date) IS 'The session of this id and person with the assignment it acts under and what it lacks of a second factor; no row if it is revoked or over';
REVOKE ALL ON FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date) TO abruf_app;
