-- Call-offs with their lines, reviews, approvals, justifications, and the signed volume ledger.

CREATE TABLE call_off (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid NOT NULL REFERENCES organisation,
    buyer_of_record_id uuid NOT NULL REFERENCES organisation,
    supplier_id uuid NOT NULL REFERENCES organisation,
    status text NOT NULL,
    case_number text NOT NULL,
    number text,
    requester_id uuid NOT NULL REFERENCES person,
    releaser_id uuid REFERENCES person,
    need text NOT NULL DEFAULT '',
    performance_from date,
    performance_to date,
    desired_on date,
    delivery_address text NOT NULL DEFAULT '',
    invoice_address text NOT NULL DEFAULT '',
    leitweg_id text NOT NULL DEFAULT '',
    cost_centre text NOT NULL DEFAULT '',
    file_reference text NOT NULL DEFAULT '',
    contact text NOT NULL DEFAULT '',
    net numeric(14, 2),
    surcharge_net numeric(14, 2),
    vat numeric(14, 2),
    gross numeric(14, 2),
    declined_at timestamptz,
    dated_on date,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    submitted_at timestamptz,
    expires_at timestamptz,
    released_at timestamptz,
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (contract_id, id),
    CONSTRAINT call_off_id_unique UNIQUE (id),
    CONSTRAINT call_off_case_number_unique UNIQUE (case_number),
    CONSTRAINT call_off_number_unique UNIQUE (contract_id, number),
    CONSTRAINT call_off_status_known CHECK (status IN ('draft', 'submitted', 'returned', 'refused', 'withdrawn', 'expired', 'released', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled')),
    CONSTRAINT call_off_requester_is_not_releaser CHECK (releaser_id IS NULL OR releaser_id <> requester_id),
    CONSTRAINT call_off_released_whole CHECK ((number IS NOT NULL) = (status IN ('released', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled')) AND (number IS NULL) = (released_at IS NULL) AND (number IS NULL) = (releaser_id IS NULL)),
    CONSTRAINT call_off_submitted_whole CHECK (status = 'draft' OR (submitted_at IS NOT NULL AND net IS NOT NULL AND gross IS NOT NULL)),
    CONSTRAINT call_off_performance_in_order CHECK ((performance_from IS NULL) = (performance_to IS NULL) AND (performance_from IS NULL OR performance_from <= performance_to))
);
COMMENT ON TABLE call_off IS 'A call-off (Abruf), from draft to closed';
COMMENT ON COLUMN call_off.contract_id IS 'The contract';
COMMENT ON COLUMN call_off.id IS 'Made by the program; address of its page';
COMMENT ON COLUMN call_off.body_id IS 'Purchasing body of the contract';
COMMENT ON COLUMN call_off.member_id IS 'Member whose need it is';
COMMENT ON COLUMN call_off.buyer_of_record_id IS 'Who orders from the supplier: the member (direct) or the body (through_body)';
COMMENT ON COLUMN call_off.supplier_id IS 'Supplier';
COMMENT ON COLUMN call_off.status IS 'State; returned is editable and keeps its reservation';
COMMENT ON COLUMN call_off.case_number IS 'Vorgangsnummer for the phone, V- and eight characters, not sequential';
COMMENT ON COLUMN call_off.number IS 'Contract number and running number, gapless per contract; from release on';
COMMENT ON COLUMN call_off.requester_id IS 'Who asks';
COMMENT ON COLUMN call_off.releaser_id IS 'Who released; never the requester (§ 3 KomKBVO LSA)';
COMMENT ON COLUMN call_off.need IS 'Reason for need and quantity (§ 8 VgV)';
COMMENT ON COLUMN call_off.performance_from IS 'First day of performance';
COMMENT ON COLUMN call_off.performance_to IS 'Last day of performance, included';
COMMENT ON COLUMN call_off.desired_on IS 'Desired delivery date';
COMMENT ON COLUMN call_off.delivery_address IS 'Delivery address, lines';
COMMENT ON COLUMN call_off.invoice_address IS 'Invoice address, lines';
COMMENT ON COLUMN call_off.leitweg_id IS 'Routing id for the e-invoice';
COMMENT ON COLUMN call_off.cost_centre IS 'Kostenstelle';
COMMENT ON COLUMN call_off.file_reference IS 'Aktenzeichen';
COMMENT ON COLUMN call_off.contact IS 'Contact at the member';
COMMENT ON COLUMN call_off.net IS 'Net order value including surcharge, as of the last submission or release';
COMMENT ON COLUMN call_off.surcharge_net IS 'Small-order surcharge within net';
COMMENT ON COLUMN call_off.vat IS 'VAT';
COMMENT ON COLUMN call_off.gross IS 'Gross order value';
COMMENT ON COLUMN call_off.declined_at IS 'Last submission that the review declined; the draft stayed';
COMMENT ON COLUMN call_off.dated_on IS 'Berlin date of the last submission, declined or not; decides an auditor''s period';
COMMENT ON COLUMN call_off.created_at IS 'When the draft was made';
COMMENT ON COLUMN call_off.changed_at IS 'Last change';
COMMENT ON COLUMN call_off.submitted_at IS 'Last successful submission';
COMMENT ON COLUMN call_off.expires_at IS 'End of the reservation';
COMMENT ON COLUMN call_off.released_at IS 'Release instant';
COMMENT ON COLUMN call_off.ended_at IS 'Refused, withdrawn, expired or cancelled';
COMMENT ON COLUMN call_off.version IS 'Counts the changes; a change names the version it saw';
CREATE INDEX call_off_of_member ON call_off (member_id, changed_at DESC);
CREATE INDEX call_off_of_contract ON call_off (contract_id, dated_on DESC);
CREATE INDEX call_off_waiting ON call_off (member_id, submitted_at) WHERE status = 'submitted';
CREATE INDEX call_off_expiring ON call_off (expires_at) WHERE status IN ('submitted', 'returned');

CREATE TABLE call_off_line (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    position integer NOT NULL,
    article_number text NOT NULL,
    item_id uuid,
    quantity numeric(14, 4) NOT NULL,
    price_term_id uuid,
    unit_price numeric(16, 6),
    net numeric(14, 2),
    vat_category text,
    vat_rate_pct numeric(8, 4),
    PRIMARY KEY (contract_id, call_off_id, position),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT call_off_line_quantity_positive CHECK (quantity > 0),
    CONSTRAINT call_off_line_position_positive CHECK (position >= 1)
);
COMMENT ON TABLE call_off_line IS 'Line of a call-off; price and VAT are those of the last submission or release';
COMMENT ON COLUMN call_off_line.contract_id IS 'The contract';
COMMENT ON COLUMN call_off_line.call_off_id IS 'The call-off';
COMMENT ON COLUMN call_off_line.position IS 'Position from 1';
COMMENT ON COLUMN call_off_line.article_number IS 'Article number as entered';
COMMENT ON COLUMN call_off_line.item_id IS 'The item, if the number is known';
COMMENT ON COLUMN call_off_line.quantity IS 'Quantity in the item''s unit';
COMMENT ON COLUMN call_off_line.price_term_id IS 'Price used';
COMMENT ON COLUMN call_off_line.unit_price IS 'Effective unit price';
COMMENT ON COLUMN call_off_line.net IS 'Line amount, rounded once';
COMMENT ON COLUMN call_off_line.vat_category IS 'VAT category of the line';
COMMENT ON COLUMN call_off_line.vat_rate_pct IS 'VAT rate by date of supply';

CREATE TABLE review (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    check_point text NOT NULL,
    outcome text NOT NULL,
    evaluated_at timestamptz NOT NULL,
    facts text NOT NULL,
    facts_sha256 bytea NOT NULL,
    result jsonb NOT NULL,
    requested_by uuid NOT NULL REFERENCES person,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT review_check_point_known CHECK (check_point IN ('submission', 'release')),
    CONSTRAINT review_outcome_known CHECK (outcome IN ('clear', 'needs_justification', 'blocked')),
    CONSTRAINT review_facts_hash CHECK (length(facts_sha256) = 32)
);
COMMENT ON TABLE review IS 'A stored review: the facts it saw, byte for byte, and what it found';
COMMENT ON COLUMN review.contract_id IS 'The contract';
COMMENT ON COLUMN review.id IS 'Made by the program';
COMMENT ON COLUMN review.call_off_id IS 'The call-off';
COMMENT ON COLUMN review.check_point IS 'submission or release';
COMMENT ON COLUMN review.outcome IS 'Decision of the review';
COMMENT ON COLUMN review.evaluated_at IS 'Instant the review judged';
COMMENT ON COLUMN review.facts IS 'Facts as canonical JSON (RFC 8785); text, so that not a byte changes';
COMMENT ON COLUMN review.facts_sha256 IS 'SHA-256 of the facts';
COMMENT ON COLUMN review.result IS 'Findings with rule versions, prices, savings';
COMMENT ON COLUMN review.requested_by IS 'Who caused it';
CREATE INDEX review_of_call_off ON review (contract_id, call_off_id, evaluated_at);

CREATE TABLE approval (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    decision text NOT NULL,
    person_id uuid REFERENCES person,
    review_id uuid,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, review_id) REFERENCES review,
    CONSTRAINT approval_decision_known CHECK (decision IN ('created', 'declined', 'submitted', 'justified', 'returned', 'released', 'refused', 'withdrawn', 'expired', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled')),
    CONSTRAINT approval_reason_present CHECK (decision NOT IN ('refused', 'cancelled') OR reason <> '')
);
COMMENT ON TABLE approval IS 'History of a call-off: who decided what, when, why';
COMMENT ON COLUMN approval.contract_id IS 'The contract';
COMMENT ON COLUMN approval.id IS 'Made by the program';
COMMENT ON COLUMN approval.call_off_id IS 'The call-off';
COMMENT ON COLUMN approval.decision IS 'What happened';
COMMENT ON COLUMN approval.person_id IS 'Who; null for the clock';
COMMENT ON COLUMN approval.review_id IS 'The review it rests on';
COMMENT ON COLUMN approval.reason IS 'Reason given; required for refusal and cancellation';
COMMENT ON COLUMN approval.at IS 'When';
CREATE INDEX approval_of_call_off ON approval (contract_id, call_off_id, at);

CREATE TABLE justification (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    rule text NOT NULL,
    addressee text NOT NULL,
    wording text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, call_off_id, rule),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT justification_wording_present CHECK (length(btrim(wording)) >= 1)
);
COMMENT ON TABLE justification IS 'Written justification of a justify finding by its addressee';
COMMENT ON COLUMN justification.contract_id IS 'The contract';
COMMENT ON COLUMN justification.call_off_id IS 'The call-off';
COMMENT ON COLUMN justification.rule IS 'Rule justified';
COMMENT ON COLUMN justification.addressee IS 'Who had to justify it';
COMMENT ON COLUMN justification.wording IS 'The text';
COMMENT ON COLUMN justification.person_id IS 'Who wrote it';
COMMENT ON COLUMN justification.at IS 'When';

CREATE TABLE volume_entry (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    guard_id uuid NOT NULL,
    call_off_id uuid,
    kind text NOT NULL,
    account text NOT NULL,
    amount numeric(18, 4) NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, guard_id) REFERENCES guard,
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT volume_entry_account_known CHECK (account IN ('authorised', 'recorded', 'reserved')),
    CONSTRAINT volume_entry_kind_known CHECK (kind IN ('reserve', 'give_back', 'authorise', 'cancel', 'record')),
    CONSTRAINT volume_entry_kind_fits CHECK (
        CASE kind
            WHEN 'reserve' THEN account = 'reserved' AND amount >= 0
            WHEN 'give_back' THEN account = 'reserved' AND amount <= 0
            WHEN 'authorise' THEN account = 'authorised' AND amount >= 0
            WHEN 'cancel' THEN account = 'authorised' AND amount <= 0
            ELSE account = 'recorded' AND reason <> ''
        END),
    CONSTRAINT volume_entry_call_off_named CHECK (kind = 'record' OR call_off_id IS NOT NULL)
);
COMMENT ON TABLE volume_entry IS 'Signed volume ledger; consumption is its sum, never edited';
COMMENT ON COLUMN volume_entry.contract_id IS 'The contract';
COMMENT ON COLUMN volume_entry.id IS 'Made by the program';
COMMENT ON COLUMN volume_entry.guard_id IS 'Scope it counts against';
COMMENT ON COLUMN volume_entry.call_off_id IS 'Call-off it comes from; null for recorded facts';
COMMENT ON COLUMN volume_entry.kind IS 'What happened';
COMMENT ON COLUMN volume_entry.account IS 'Column of the guard row it adds to';
COMMENT ON COLUMN volume_entry.amount IS 'Signed amount or quantity';
COMMENT ON COLUMN volume_entry.reason IS 'Evidence of a recorded fact';
COMMENT ON COLUMN volume_entry.at IS 'When';
CREATE INDEX volume_entry_of_guard ON volume_entry (contract_id, guard_id);
CREATE INDEX volume_entry_of_call_off ON volume_entry (contract_id, call_off_id);
