-- A policy that looks into another table takes that table's policies into every statement, twice, and theirs again. In a
-- function all of that is set up for the rows that ask, as for persons. The functions run as the caller: the policies of the
-- tables they read hold. They write nothing, so parallel workers may call them. Only where few rows ask: a long list is
-- faster with the policy written out.

CREATE FUNCTION abruf.takes_part(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.contract_body b WHERE b.contract_id = wanted);
END
$$;
COMMENT ON FUNCTION abruf.takes_part(uuid) IS 'Whether the house of the actor is party to this contract, as its lead or beside it';

CREATE FUNCTION abruf.sees_call_off(of_contract uuid, wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.call_off c WHERE c.contract_id = of_contract AND c.id = wanted);
END
$$;
COMMENT ON FUNCTION abruf.sees_call_off(uuid, uuid) IS 'Whether the call-off of this contract is visible';

CREATE FUNCTION abruf.sees_competition(of_contract uuid, wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.mini_competition m WHERE m.contract_id = of_contract AND m.id = wanted);
END
$$;
COMMENT ON FUNCTION abruf.sees_competition(uuid, uuid) IS 'Whether the mini-competition of this contract is visible';

CREATE FUNCTION abruf.sees_offer(of_contract uuid, of_competition uuid, of_supplier uuid, handed_in timestamptz) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.mini_competition m
                   WHERE m.contract_id = of_contract AND m.id = of_competition AND m.opened_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM public.mini_competition_receipt r
                        WHERE r.contract_id = of_contract AND r.competition_id = of_competition AND r.supplier_id = of_supplier
                          AND NOT r.late AND handed_in < r.received_at);
END
$$;
COMMENT ON FUNCTION abruf.sees_offer(uuid, uuid, uuid, timestamptz) IS 'Whether the offer lies in a visible mini-competition that was opened, and its bidder handed in no later one in time';

CREATE FUNCTION abruf.takes_offers(of_contract uuid, wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.mini_competition m WHERE m.contract_id = of_contract AND m.id = wanted AND m.opened_at IS NULL);
END
$$;
COMMENT ON FUNCTION abruf.takes_offers(uuid, uuid) IS 'Whether the mini-competition is visible and not yet opened';

CREATE FUNCTION abruf.sees_interests_of(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.assignment a WHERE a.person_id = wanted)
        OR EXISTS (SELECT FROM public.mini_competition m WHERE wanted IN (m.opened_by, m.opened_with));
END
$$;
COMMENT ON FUNCTION abruf.sees_interests_of(uuid) IS 'Whether the person has a visible assignment, or opened the offers of a visible mini-competition';

CREATE FUNCTION abruf.audits_call_off(of_contract uuid, wanted uuid, of_body uuid, of_member uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.call_off c
                   WHERE c.contract_id = of_contract AND c.id = wanted AND c.body_id = of_body AND c.member_id = of_member);
END
$$;
COMMENT ON FUNCTION abruf.audits_call_off(uuid, uuid, uuid, uuid) IS 'Whether the call-off is visible and of this body and member';

GRANT EXECUTE ON FUNCTION
    abruf.takes_part(uuid), abruf.sees_call_off(uuid, uuid), abruf.sees_competition(uuid, uuid),
    abruf.sees_offer(uuid, uuid, uuid, timestamptz), abruf.takes_offers(uuid, uuid), abruf.sees_interests_of(uuid),
    abruf.audits_call_off(uuid, uuid, uuid, uuid)
    TO abruf_app;

-- The own house leads most contracts: then nobody asks further.
ALTER POLICY framework_contract_actor ON framework_contract USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR (status <> 'draft' OR (SELECT abruf.actor_kind()) = 'body')
        AND (body_id = (SELECT abruf.actor_body()) OR abruf.takes_part(id)));

DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['decline', 'rank_request', 'step_approval'] LOOP
        EXECUTE format(
            'ALTER POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR abruf.sees_call_off(contract_id, call_off_id))',
            child || '_with_call_off', child);
    END LOOP;
    FOREACH child IN ARRAY ARRAY['invitation', 'receipt', 'scoring', 'question', 'extension'] LOOP
        EXECUTE format(
            'ALTER POLICY %I ON %I USING (abruf.sees_competition(contract_id, competition_id))',
            'mini_competition_' || child || '_with_competition', 'mini_competition_' || child);
    END LOOP;
END
$$;

ALTER POLICY mini_competition_actor ON mini_competition USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) = 'job' THEN true
        WHEN state = 'recorded' THEN abruf.sees_call_off(contract_id, call_off_id)
        WHEN (SELECT abruf.actor_kind()) = 'member' THEN member_id = (SELECT abruf.actor_organisation()) AND (run_by_id = member_id OR sent_at IS NOT NULL)
        WHEN (SELECT abruf.actor_kind()) = 'body' THEN body_id = (SELECT abruf.actor_body()) AND (run_by_id = body_id OR sent_at IS NOT NULL)
        WHEN (SELECT abruf.actor_kind()) = 'auditor' THEN body_id = (SELECT abruf.actor_body())
            AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND (sent_at AT TIME ZONE 'Europe/Berlin')::date <@ (SELECT abruf.actor_period())
        ELSE false
    END);
ALTER POLICY mini_competition_offer_opened ON mini_competition_offer USING (
    abruf.sees_offer(contract_id, competition_id, supplier_id, received_at));
ALTER POLICY mini_competition_offer_hand_in ON mini_competition_offer WITH CHECK (
    abruf.takes_offers(contract_id, competition_id));

ALTER POLICY declared_interest_actor ON declared_interest USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR person_id = (SELECT abruf.actor_person())
    OR abruf.sees_interests_of(person_id));

ALTER POLICY outbox_with_competition ON outbox USING (
    competition_id IS NOT NULL AND abruf.sees_competition(contract_id, competition_id));

-- An entry dated within the period of an auditor is shown by the other policy already.
ALTER POLICY savings_entry_audited_read ON savings_entry USING (
    (SELECT abruf.actor_kind()) = 'auditor' AND stage = 'audited'
    AND body_id = (SELECT abruf.actor_body()) AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
    AND (dated_on <@ (SELECT abruf.actor_period())) IS NOT TRUE
    AND abruf.sees_call_off(contract_id, call_off_id));
ALTER POLICY savings_entry_audited_append ON savings_entry WITH CHECK (
    (SELECT abruf.actor_kind()) = 'auditor' AND stage = 'audited'
    AND abruf.audits_call_off(contract_id, call_off_id, body_id, member_id));

-- Of several policies for one verb the last by name is asked first. What a name costs must be asked last: whoever acted in a
-- competition was looked up for every name of every list, that of one's own included.
DROP POLICY person_of_competition ON person;
DROP POLICY person_actor ON person;
CREATE POLICY person_actor ON person FOR SELECT USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) IN ('job', 'sign_in') THEN true
        WHEN id = (SELECT abruf.actor_person()) THEN true
        WHEN abruf.works_with(id) THEN true
        ELSE abruf.acted_in_competition(id)
    END);
CREATE POLICY person_made_by ON person FOR INSERT WITH CHECK (
    CASE
        WHEN (SELECT abruf.actor_kind()) IN ('job', 'sign_in') THEN true
        WHEN id = (SELECT abruf.actor_person()) THEN true
        ELSE abruf.works_with(id)
    END);
CREATE POLICY person_changed_by ON person FOR UPDATE USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) IN ('job', 'sign_in') THEN true
        WHEN id = (SELECT abruf.actor_person()) THEN true
        ELSE abruf.works_with(id)
    END);

-- Whether somebody acted on a visible call-off is asked for each name an auditor reads, and each time all steps of all
-- call-offs were read, and all call-offs: their list of call-offs took longer than a request may. OFFSET 0 looks up the
-- one call-off of a step instead of reading all of them first.
CREATE INDEX approval_of_person ON approval (person_id);
ALTER POLICY approval_with_call_off ON approval USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = approval.contract_id AND c.id = approval.call_off_id OFFSET 0));
