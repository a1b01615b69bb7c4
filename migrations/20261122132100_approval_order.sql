-- The approval order of a member (Freigabeordnung), version by version, and the steps approved under it.

CREATE TABLE approval_order (
    member_id uuid NOT NULL REFERENCES organisation,
    version integer NOT NULL,
    body_id uuid NOT NULL REFERENCES organisation,
    content jsonb NOT NULL,
    made_by uuid NOT NULL REFERENCES person,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, version),
    CONSTRAINT approval_order_version_positive CHECK (version >= 1),
    CONSTRAINT approval_order_content_whole CHECK (jsonb_typeof(content -> 'steps') = 'array' AND jsonb_typeof(content -> 'stand_ins') = 'array' AND jsonb_typeof(content -> 'absences') = 'array')
);
COMMENT ON TABLE approval_order IS 'Approval order of a member; a change makes a new version, none is ever edited';
COMMENT ON COLUMN approval_order.member_id IS 'The member';
COMMENT ON COLUMN approval_order.version IS 'Counts the changes, from 1; the highest is in force';
COMMENT ON COLUMN approval_order.body_id IS 'Purchasing body in whose house it was changed';
COMMENT ON COLUMN approval_order.content IS 'Steps (title, gross amount from which, CPV group, persons), stand-ins and absences with their days';
COMMENT ON COLUMN approval_order.made_by IS 'Who changed it';
COMMENT ON COLUMN approval_order.made_at IS 'In force from this instant; a request goes through the steps in force when it was submitted';
CREATE TRIGGER approval_order_append_only BEFORE UPDATE OR DELETE ON approval_order FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE step_approval (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    order_version integer NOT NULL,
    position integer NOT NULL,
    title text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    on_behalf_of uuid NOT NULL REFERENCES person,
    submitted_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT step_approval_once UNIQUE (contract_id, call_off_id, submitted_at, position),
    CONSTRAINT step_approval_position_positive CHECK (position >= 1)
);
COMMENT ON TABLE step_approval IS 'A step of the approval order approved for a request; the last step is the release itself and stands on the call-off';
COMMENT ON COLUMN step_approval.contract_id IS 'The contract';
COMMENT ON COLUMN step_approval.id IS 'Made by the program';
COMMENT ON COLUMN step_approval.call_off_id IS 'The request';
COMMENT ON COLUMN step_approval.order_version IS 'Version of the approval order the step is of';
COMMENT ON COLUMN step_approval.position IS 'Position of the step in that order, from 1';
COMMENT ON COLUMN step_approval.title IS 'What the step is called';
COMMENT ON COLUMN step_approval.person_id IS 'Who approved; never the requester';
COMMENT ON COLUMN step_approval.on_behalf_of IS 'For whom; the same person unless it stood in';
COMMENT ON COLUMN step_approval.submitted_at IS 'The submission that was approved; a new submission begins at the first step';
COMMENT ON COLUMN step_approval.at IS 'When';
CREATE TRIGGER step_approval_append_only BEFORE UPDATE OR DELETE ON step_approval FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision IN ('created', 'declined', 'submitted', 'justified', 'approved', 'returned', 'released', 'refused', 'withdrawn', 'expired', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled'));

GRANT SELECT, INSERT ON approval_order, step_approval TO abruf_app;

-- A member keeps its own order; the body sees those of its house, an auditor those of the members in scope.
ALTER TABLE approval_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE approval_order FORCE ROW LEVEL SECURITY;
CREATE POLICY approval_order_actor ON approval_order USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body()) AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        WHEN 'job' THEN true
        ELSE false
    END);

ALTER TABLE step_approval ENABLE ROW LEVEL SECURITY;
ALTER TABLE step_approval FORCE ROW LEVEL SECURITY;
CREATE POLICY step_approval_with_call_off ON step_approval USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = step_approval.contract_id AND c.id = step_approval.call_off_id));
