-- A new installation: the link by which whoever runs the server lets the first administrator in, and what a cooperative
-- has to say about itself beside its address. The particulars stand in the imprint.

CREATE TABLE first_link (
    token_sha256 bytea PRIMARY KEY,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT first_link_token_is_a_hash CHECK (octet_length(token_sha256) = 32),
    CONSTRAINT first_link_ends CHECK (created_at < expires_at AND expires_at <= created_at + interval '1 day')
);
COMMENT ON TABLE first_link IS 'Links into an installation in which nobody can sign in yet; the newest one opens, and none once somebody has a password';
COMMENT ON COLUMN first_link.token_sha256 IS 'SHA-256 of the token; the token itself is printed once, on the terminal of the server';
COMMENT ON COLUMN first_link.created_at IS 'When it was printed';
COMMENT ON COLUMN first_link.expires_at IS 'End, at most a day later';
GRANT SELECT, INSERT ON first_link TO abruf_app;
ALTER TABLE first_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE first_link FORCE ROW LEVEL SECURITY;
CREATE POLICY first_link_by_the_program ON first_link USING ((SELECT abruf.actor_kind()) = 'job');

ALTER TABLE organisation ADD COLUMN register_entry text NOT NULL DEFAULT '',
    ADD COLUMN represented_by text NOT NULL DEFAULT '',
    ADD COLUMN phone text NOT NULL DEFAULT '',
    ADD COLUMN vat_id text NOT NULL DEFAULT '',
    ADD CONSTRAINT organisation_particulars_length CHECK (
        length(register_entry) <= 200 AND length(represented_by) <= 200 AND length(phone) <= 50 AND length(vat_id) <= 20);
COMMENT ON COLUMN organisation.register_entry IS 'Of a body: register and number, e.g. Genossenschaftsregister Stendal GnR 1234; empty: not said [no person]';
COMMENT ON COLUMN organisation.represented_by IS 'Of a body: who represents it by law, by name; stands in the imprint [personal]';
COMMENT ON COLUMN organisation.phone IS 'Of a body: telephone of the imprint [personal]';
COMMENT ON COLUMN organisation.vat_id IS 'Of a body: VAT identification number, if it has one [no person]';
