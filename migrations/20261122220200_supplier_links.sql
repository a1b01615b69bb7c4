-- A one-time link by which the supplier answers an order without an account, and what its holder may see: that one
-- order and nothing beside it.

CREATE TABLE supplier_link (
    token_sha256 bytea PRIMARY KEY,
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    mail_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, mail_id) REFERENCES mail,
    CONSTRAINT supplier_link_hash_length CHECK (length(token_sha256) = 32),
    CONSTRAINT supplier_link_ends CHECK (created_at < expires_at)
);
COMMENT ON TABLE supplier_link IS 'One-time link to answer an order; one for each attempt to send it, as only the hash is kept';
COMMENT ON COLUMN supplier_link.token_sha256 IS 'SHA-256 of the token; the token itself stands in the mail alone';
COMMENT ON COLUMN supplier_link.contract_id IS 'The contract';
COMMENT ON COLUMN supplier_link.call_off_id IS 'The order';
COMMENT ON COLUMN supplier_link.mail_id IS 'The mail that carries it';
COMMENT ON COLUMN supplier_link.created_at IS 'When it was made';
COMMENT ON COLUMN supplier_link.expires_at IS 'Opens no answer from then on';
COMMENT ON COLUMN supplier_link.used_at IS 'When an answer used it, or another link of the same order, up';
CREATE INDEX supplier_link_of_call_off ON supplier_link (contract_id, call_off_id);
GRANT SELECT, INSERT ON supplier_link TO abruf_app;
GRANT UPDATE (used_at) ON supplier_link TO abruf_app;

CREATE FUNCTION abruf.actor_call_off() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (abruf.actor() ->> 'call_off')::uuid;
COMMENT ON FUNCTION abruf.actor_call_off() IS 'For the holder of a supplier link: the one order';
COMMENT ON FUNCTION abruf.actor_kind() IS 'member | body | auditor | job | sign_in | supplier | nobody';

CREATE FUNCTION abruf.actor_contract() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (abruf.actor() ->> 'contract')::uuid;
COMMENT ON FUNCTION abruf.actor_contract() IS 'For the holder of a supplier link: the contract of the order';

ALTER TABLE supplier_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE supplier_link FORCE ROW LEVEL SECURITY;
CREATE POLICY supplier_link_actor ON supplier_link USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'supplier' AND call_off_id = (SELECT abruf.actor_call_off())));

-- What hangs on the call-off and the contract is visible with them.
CREATE POLICY call_off_supplier ON call_off USING (
    (SELECT abruf.actor_kind()) = 'supplier' AND id = (SELECT abruf.actor_call_off()));
CREATE POLICY framework_contract_supplier ON framework_contract FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'supplier' AND id = (SELECT abruf.actor_contract()));

ALTER TABLE supplier_confirmation
    ADD COLUMN link_sha256 bytea REFERENCES supplier_link,
    ALTER COLUMN person_id DROP NOT NULL,
    ADD CONSTRAINT supplier_confirmation_by_somebody CHECK (num_nonnulls(person_id, link_sha256) = 1),
    ADD CONSTRAINT supplier_confirmation_once_by_link UNIQUE (link_sha256);
COMMENT ON COLUMN supplier_confirmation.link_sha256 IS 'The link by which the supplier answered itself; null where a person noted the confirmation';
COMMENT ON COLUMN supplier_confirmation.person_id IS 'Who noted it; null where the supplier answered by its link';
