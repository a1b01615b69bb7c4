-- An entry of the log goes into a chain of one's own house: that of the body one acts in or of a contract one
-- sees. So far everybody could write into every chain. A member writes about itself, or about nobody.

DROP POLICY audit_entry_append ON audit_entry;
CREATE POLICY audit_entry_append ON audit_entry FOR INSERT WITH CHECK (
    CASE (SELECT abruf.actor_kind())
        WHEN 'nobody' THEN false
        WHEN 'job' THEN true
        WHEN 'sign_in' THEN body_id IS NULL AND member_id IS NULL AND call_off_id IS NULL
        WHEN 'supplier' THEN chain_id = (SELECT abruf.actor_contract())
        WHEN 'newcomer' THEN EXISTS (SELECT FROM newcomer_invitation i WHERE i.body_id = audit_entry.chain_id)
        ELSE (chain_id = (SELECT abruf.actor_body())
              OR EXISTS (SELECT FROM framework_contract f WHERE f.id = audit_entry.chain_id)
              OR body_id IS NULL AND member_id IS NULL AND call_off_id IS NULL)
    END);

DROP POLICY audit_detail_append ON audit_detail;
CREATE POLICY audit_detail_append ON audit_detail FOR INSERT WITH CHECK (
    CASE (SELECT abruf.actor_kind())
        WHEN 'nobody' THEN false
        WHEN 'job' THEN true
        WHEN 'sign_in' THEN body_id IS NULL AND member_id IS NULL
        WHEN 'supplier' THEN chain_id = (SELECT abruf.actor_contract())
        WHEN 'newcomer' THEN EXISTS (SELECT FROM newcomer_invitation i WHERE i.body_id = audit_detail.chain_id)
        ELSE (chain_id = (SELECT abruf.actor_body())
              OR EXISTS (SELECT FROM framework_contract f WHERE f.id = audit_detail.chain_id)
              OR body_id IS NULL AND member_id IS NULL)
    END);

-- Heads of chains move with an actor, never without.
ALTER TABLE audit_chain ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_chain FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_chain_actor ON audit_chain USING ((SELECT abruf.actor_kind()) <> 'nobody');
