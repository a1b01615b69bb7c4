-- Links by which the office invites a town to see what it would have saved; the town uploads its purchases without an
-- account. The holder of such a link acts as `newcomer` and sees what hangs on this one invitation, nothing beside it.

CREATE FUNCTION abruf.actor_invitation() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (abruf.actor() ->> 'invitation')::uuid;
COMMENT ON FUNCTION abruf.actor_invitation() IS 'For the holder of an invitation link: the one invitation';
COMMENT ON FUNCTION abruf.actor_kind() IS 'member | body | auditor | job | sign_in | supplier | newcomer | nobody';

CREATE TABLE newcomer_invitation (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    official_key text REFERENCES register_entry,
    town text NOT NULL,
    kind text NOT NULL,
    region text NOT NULL,
    email text NOT NULL DEFAULT '',
    token_sha256 bytea NOT NULL,
    created_by uuid NOT NULL REFERENCES person,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    first_used_at timestamptz,
    analyses integer NOT NULL DEFAULT 0,
    CONSTRAINT newcomer_invitation_token_unique UNIQUE (token_sha256),
    CONSTRAINT newcomer_invitation_hash_length CHECK (length(token_sha256) = 32),
    CONSTRAINT newcomer_invitation_town_length CHECK (length(btrim(town)) BETWEEN 1 AND 200),
    CONSTRAINT newcomer_invitation_email_form CHECK (email = '' OR (length(email) BETWEEN 3 AND 254 AND email LIKE '_%@_%')),
    CONSTRAINT newcomer_invitation_ends CHECK (created_at < expires_at),
    CONSTRAINT newcomer_invitation_analyses_limited CHECK (analyses BETWEEN 0 AND 3)
);
COMMENT ON TABLE newcomer_invitation IS 'Invitation of a town to compare its purchases with the price lists; its link belongs to this town alone';
COMMENT ON COLUMN newcomer_invitation.id IS 'Made by the program';
COMMENT ON COLUMN newcomer_invitation.body_id IS 'Whose office invites, and whose contracts are compared';
COMMENT ON COLUMN newcomer_invitation.official_key IS 'Entry of the register; null for others, such as a municipal company';
COMMENT ON COLUMN newcomer_invitation.town IS 'Name, as the page states it';
COMMENT ON COLUMN newcomer_invitation.kind IS 'Legal kind it would be a member as; announced categories name kinds';
COMMENT ON COLUMN newcomer_invitation.region IS 'ISO 3166-2, e.g. DE-ST; announced categories name a region';
COMMENT ON COLUMN newcomer_invitation.email IS 'Where the office sends the link; empty if it hands it over otherwise';
COMMENT ON COLUMN newcomer_invitation.token_sha256 IS 'SHA-256 of the token; the token itself is shown once';
COMMENT ON COLUMN newcomer_invitation.created_by IS 'Who of the office invited';
COMMENT ON COLUMN newcomer_invitation.created_at IS 'When';
COMMENT ON COLUMN newcomer_invitation.expires_at IS 'Opens nothing from then on';
COMMENT ON COLUMN newcomer_invitation.revoked_at IS 'When the office took it back';
COMMENT ON COLUMN newcomer_invitation.first_used_at IS 'First analysis; from then on it is bound to the town that confirmed its name';
COMMENT ON COLUMN newcomer_invitation.analyses IS 'Analyses made with it; at most three, as each shows a little more of where prices lie';
CREATE INDEX newcomer_invitation_of_body ON newcomer_invitation (body_id, created_at DESC);
GRANT SELECT, INSERT ON newcomer_invitation TO abruf_app;
GRANT UPDATE (token_sha256, expires_at, revoked_at, first_used_at, analyses) ON newcomer_invitation TO abruf_app;
ALTER TABLE newcomer_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE newcomer_invitation FORCE ROW LEVEL SECURITY;
CREATE POLICY newcomer_invitation_actor ON newcomer_invitation USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'newcomer' THEN id = (SELECT abruf.actor_invitation())
        ELSE false
    END);
