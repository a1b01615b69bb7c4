-- The second wall: what an actor may not see does not exist for it, whatever the program asks.
-- Policies read the actor once per statement ((SELECT ...) makes it an init plan).

GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO abruf_app;
GRANT DELETE ON call_off_line, assignment_member TO abruf_app;
REVOKE UPDATE ON document, audit_entry, volume_entry, review, approval, justification, savings_entry, idempotency_record, legal_parameter FROM abruf_app;

-- Call-offs: a member sees its own; the body sees what has been submitted or declined; an auditor
-- sees that too, for the members and the period in scope; jobs see all.
ALTER TABLE call_off ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_off FORCE ROW LEVEL SECURITY;
CREATE POLICY call_off_actor ON call_off USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body()) AND dated_on IS NOT NULL
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body())
            AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND dated_on <@ (SELECT abruf.actor_period())
        WHEN 'job' THEN true
        ELSE false
    END);

-- What hangs on a call-off is visible with it.
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['call_off_line', 'review', 'approval', 'justification', 'document', 'outbox'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = %I.contract_id AND c.id = %I.call_off_id))',
            child || '_with_call_off', child, child, child);
    END LOOP;
END
$$;

-- Savings carry body and member themselves, so that the board's sums need no join.
ALTER TABLE savings_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE savings_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY savings_entry_actor ON savings_entry USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body())
            AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND dated_on <@ (SELECT abruf.actor_period())
        WHEN 'job' THEN true
        ELSE false
    END);

-- The ledger is written by whoever moves volume, and read with the call-off; recorded facts by the body.
ALTER TABLE volume_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE volume_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY volume_entry_with_call_off ON volume_entry USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) = 'job' THEN true
        WHEN call_off_id IS NULL THEN (SELECT abruf.actor_kind()) IN ('body', 'auditor')
            AND EXISTS (SELECT FROM framework_contract f WHERE f.id = volume_entry.contract_id)
        ELSE EXISTS (SELECT FROM call_off c WHERE c.contract_id = volume_entry.contract_id AND c.id = volume_entry.call_off_id)
    END);

-- Contracts: everybody of a body that is party to it.
ALTER TABLE contract_body ENABLE ROW LEVEL SECURITY;
ALTER TABLE contract_body FORCE ROW LEVEL SECURITY;
CREATE POLICY contract_body_actor ON contract_body USING (
    (SELECT abruf.actor_kind()) = 'job' OR body_id = (SELECT abruf.actor_body()));

ALTER TABLE framework_contract ENABLE ROW LEVEL SECURITY;
ALTER TABLE framework_contract FORCE ROW LEVEL SECURITY;
CREATE POLICY framework_contract_actor ON framework_contract USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR body_id = (SELECT abruf.actor_body())
    OR EXISTS (SELECT FROM contract_body b WHERE b.contract_id = framework_contract.id));

DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['contract_option', 'lot', 'contract_party', 'item', 'price_term'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR EXISTS (SELECT FROM framework_contract f WHERE f.id = %I.contract_id))',
            child || '_with_contract', child, child);
    END LOOP;
END
$$;

-- Quotas, baselines and list entries of a member are its own business and the body's.
ALTER TABLE guard ENABLE ROW LEVEL SECURITY;
ALTER TABLE guard FORCE ROW LEVEL SECURITY;
CREATE POLICY guard_actor ON guard USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) = 'job' THEN true
        WHEN member_id IS NULL OR (SELECT abruf.actor_kind()) = 'body'
            THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = guard.contract_id)
        WHEN (SELECT abruf.actor_kind()) = 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN (SELECT abruf.actor_kind()) = 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);

ALTER TABLE baseline ENABLE ROW LEVEL SECURITY;
ALTER TABLE baseline FORCE ROW LEVEL SECURITY;
CREATE POLICY baseline_actor ON baseline USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) = 'job' THEN true
        WHEN member_id IS NULL OR (SELECT abruf.actor_kind()) = 'body'
            THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = baseline.contract_id)
        WHEN (SELECT abruf.actor_kind()) = 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN (SELECT abruf.actor_kind()) = 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);

ALTER TABLE entitlement ENABLE ROW LEVEL SECURITY;
ALTER TABLE entitlement FORCE ROW LEVEL SECURITY;
CREATE POLICY entitlement_actor ON entitlement USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM framework_contract f WHERE f.id = entitlement.contract_id));

-- Memberships: the list of members is known to all members of the body (§ 31 GenG).
ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
CREATE POLICY membership_actor ON membership USING (
    (SELECT abruf.actor_kind()) = 'job' OR body_id = (SELECT abruf.actor_body()));

-- People: oneself, the colleagues of the organisation one acts for, the body for its house, and
-- whoever appears on a visible call-off; sign-in looks up accounts before anybody acts.
ALTER TABLE assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment FORCE ROW LEVEL SECURITY;
CREATE POLICY assignment_actor ON assignment USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'sign_in' THEN true
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        ELSE organisation_id = (SELECT abruf.actor_organisation()) OR person_id = (SELECT abruf.actor_person())
    END);

ALTER TABLE assignment_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_member FORCE ROW LEVEL SECURITY;
CREATE POLICY assignment_member_actor ON assignment_member USING (
    EXISTS (SELECT FROM assignment a WHERE a.id = assignment_member.assignment_id));

ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE person FORCE ROW LEVEL SECURITY;
CREATE POLICY person_actor ON person USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) IN ('job', 'sign_in') THEN true
        WHEN id = (SELECT abruf.actor_person()) THEN true
        WHEN EXISTS (SELECT FROM assignment a WHERE a.person_id = person.id) THEN true
        ELSE EXISTS (SELECT FROM approval h WHERE h.person_id = person.id)
    END);

ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
CREATE POLICY session_actor ON session USING (
    (SELECT abruf.actor_kind()) IN ('job', 'sign_in') OR person_id = (SELECT abruf.actor_person()));

ALTER TABLE one_time_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE one_time_link FORCE ROW LEVEL SECURITY;
CREATE POLICY one_time_link_actor ON one_time_link USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));

ALTER TABLE idempotency_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_record FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_record_actor ON idempotency_record USING (
    (SELECT abruf.actor_kind()) = 'job' OR person_id = (SELECT abruf.actor_person()));

-- The log: members see what concerns them, the body its house, auditors their scope. Everyone may
-- append; the hashes are checked by constraints.
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_entry_append ON audit_entry FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) <> 'nobody');
CREATE POLICY audit_entry_read ON audit_entry FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body())
            AND (member_id IS NULL OR member_id = ANY ((SELECT abruf.actor_members())::uuid[]))
            AND (at AT TIME ZONE 'Europe/Berlin')::date <@ (SELECT abruf.actor_period())
        ELSE false
    END);

ALTER TABLE audit_detail ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_detail FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_detail_append ON audit_detail FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) <> 'nobody');
CREATE POLICY audit_detail_read ON audit_detail FOR SELECT USING (
    EXISTS (SELECT FROM audit_entry e WHERE e.chain_id = audit_detail.chain_id AND e.leaf_hash = audit_detail.leaf_hash));
CREATE INDEX audit_entry_by_leaf ON audit_entry (chain_id, leaf_hash);
