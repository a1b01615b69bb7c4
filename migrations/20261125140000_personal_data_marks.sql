-- Which columns hold data of persons, and what a table processes them for, stands at the end of its comment. The register
-- of processing (Art. 30 GDPR) is made of it (backend/server/reports/processing_register.rs), and
-- tests/it/processing_register.rs refuses a table with persons that says nothing.
--
-- A column of words, files or JSON ends with [personal] (names, addresses, whatever people write freely, files of others)
-- or [no person]. Columns that point at person need no mark; ids of others, numbers, days and flags name nobody. A table ends
-- with [processing: key], where the key is one of the activities of the register.

DO $$
DECLARE
    mark text;
    place text;
    said text;
BEGIN
    FOR mark, place IN
        SELECT '[personal]', unnest(string_to_array(regexp_replace(btrim('
        account_mail.answer approval.reason approval_order.content audit_detail.detail baseline.refusal
        baseline_file.bytes baseline_file.file_name baseline_import.bytes baseline_import.file_name
        baseline_withdrawal.reason break_glass.reason call_off.contact call_off.council_resolution
        call_off.delivery_address call_off.emergency_decision call_off.invoice_address call_off.need
        certificate.bytes certificate.input complaint.wording complaint_resolution.wording confirmation_answer.reason
        contract_event.reason declared_interest.nature decline.reason document.bytes document.input
        factor_reset.reason framework_contract.submission_note idempotency_record.answer invoice_cancellation.reason
        justification.wording legal_parameter_proposal.reason mail.answer mail.body mail.recipient mail.subject
        mail.told_how membership_suspension.reason mini_competition.decision_reason mini_competition_answer.answer
        mini_competition_invitation.address mini_competition_offer.statement mini_competition_question.question
        mini_competition_scoring.marks newcomer_invitation.email newcomer_mail.answer newcomer_mail.recipient
        order_address.address order_bounce.reason order_review.facts order_review.findings organisation.email
        partial_cancellation.reason person.email person.name person.password_hash price_proposal.reason
        purchase_analysis.file_name purchase_line.description purchase_upload.file_name purchase_upload.sheet
        quota_transfer.end_reason quota_transfer.reason refused_line.reason repeated_request.answer
        resolution.wording restore_test.remark review.facts review.result savings_mark.wording second_factor.sealed
        session.client session.network sign_in_event.client sign_in_event.network supplier_confirmation.note
        supplier_order.reason supplier_report.bytes supplier_report.file_name supplier_report_closing.reason
        supplier_report_line.note turnover_import.bytes turnover_import.file_name turnover_import.warnings
        turnover_line.raw turnover_reject.raw turnover_revocation.reason turnover_upload.bytes
        turnover_upload.file_name volume_entry.reason
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT '[no person]', unnest(string_to_array(regexp_replace(btrim('
        access_entry.what access_entry.role account_mail.purpose account_mail.state approval.decision assignment.role
        audit_detail.leaf_hash audit_detail.salt baseline.kind baseline.per baseline.evidence
        baseline.evidence_sha256 baseline_file.sha256 baseline_file.media_type baseline_import.media_type
        body_turnover.evidence bonus_payment.goes_to bonus_payment.document budget_mode.mode call_off.status
        call_off.case_number call_off.number call_off.leitweg_id call_off.cost_centre call_off.file_reference
        call_off.data_processing_reference call_off.commitment_reference call_off.order_reference certificate.kind
        certificate.number certificate.file_name certificate.check_code certificate.sha256
        certificate.template_version certificate.program_version confirmation_answer.decision contract_event.step
        contract_event.document contract_modification.ground contract_modification.publication
        contract_modification.clause contract_modification.document decline.document delivery.note_number
        document.kind document.file_name document.check_code document.sha256 document.template_version
        document.program_version electronic_address.scheme electronic_address.address framework_contract.number
        framework_contract.title framework_contract.description framework_contract.search_words
        framework_contract.regime framework_contract.status framework_contract.supply_chain
        framework_contract.mechanism framework_contract.currency framework_contract.legal_basis
        framework_contract.notice_reference framework_contract.procedure_reference framework_contract.delivery_terms
        framework_contract.legal_basis_key framework_contract.competition_criterion
        framework_contract.data_processing_reference framework_contract.term_reason
        framework_contract.retention_class framework_contract.price_of_rest framework_contract.competition_scheme
        framework_contract.in_house_vat_category framework_contract.in_house_vat_reason
        framework_contract.jurisdiction framework_contract.bonus_steps framework_contract.bonus_goes_to
        idempotency_record.key idempotency_record.request_sha256 inhouse_evidence.document invoice.number
        invoice.payer item_proposal.change item_proposal.document justification.rule justification.addressee
        legal_parameter_proposal.jurisdiction legal_parameter_proposal.key legal_parameter_proposal.value
        legal_parameter_proposal.source legal_parameter_proposal.certainty mail.kind mail.message_id mail.state
        meeting_report.meeting meeting_report.call_offs meeting_report.call_offs_sha256
        membership_contribution.document mini_competition.criterion mini_competition.state mini_competition.title
        mini_competition.lines mini_competition.scheme mini_competition.submission mini_competition.drawn
        mini_competition_invitation.supplier_name mini_competition_offer.unit_prices mini_competition_offer.salt
        mini_competition_receipt.channel mini_competition_receipt.seal mini_competition_scoring.standings
        newcomer_invitation.official_key newcomer_invitation.town newcomer_invitation.kind newcomer_invitation.region
        newcomer_invitation.token_sha256 newcomer_mail.message_id newcomer_mail.state notification.kind
        notification.title notification.address notification_choice.kind office_question.case_number
        one_time_link.token_sha256 one_time_link.purpose order_dispatch.kind order_dispatch.channel
        order_review.check_point order_review.outcome order_review.facts_sha256 organisation.name organisation.kind
        organisation.region organisation.jurisdiction organisation.official_key organisation.street
        organisation.postcode organisation.town organisation.leitweg_id partial_cancellation.kind
        price_proposal.document price_term.kind price_term.tiers price_term.clause purchase_analysis.currency
        purchase_line.article_number purchase_line.unit purchase_line.currency purchase_line.reason
        quota_transfer.ended_as rank_request.document recovery_code.code_sha256 refused_line.article_number
        repeated_request.key repeated_request.request_sha256 repeated_request.location resolution.number
        resolution.kind review.check_point review.outcome review.facts_sha256 saved_filter.list savings_mark.verdict
        sign_in_event.kind signing_authority.subject signing_authority.document step_approval.title
        supplier_confirmation.reference supplier_confirmation.link_sha256 supplier_order.number supplier_order.state
        supplier_report.basis supplier_report.currency supplier_report.sha256 supplier_report.mapping
        supplier_report.warnings supplier_report_line.outcome supplier_report_line.order_number supplier_stop.reason
        supplier_stop.document supplier_stop.lift_document turnover_import.sha256 turnover_import.mapping
        turnover_line.currency turnover_line.reference turnover_reject.currency turnover_reject.reason
        turnover_upload.purpose turnover_upload.sha256 turnover_upload.mapping turnover_upload.basis
        volume_entry.kind volume_entry.account
        ', E' \n'), '\s+', ' ', 'g'), ' '))
    LOOP
        SELECT col_description(a.attrelid, a.attnum) INTO STRICT said
        FROM pg_attribute a
        WHERE a.attrelid = split_part(place, '.', 1)::regclass AND a.attname = split_part(place, '.', 2);
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', split_part(place, '.', 1), split_part(place, '.', 2), said || ' ' || mark);
    END LOOP;
    FOR mark, place IN
        SELECT 'accounts', unnest(string_to_array(regexp_replace(btrim('
        person assignment session sign_in_event one_time_link account_mail second_factor recovery_code factor_reset
        break_glass
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'desk', unnest(string_to_array(regexp_replace(btrim('
        saved_filter notification notification_choice office_question
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'orders', unnest(string_to_array(regexp_replace(btrim('
        call_off approval approval_order step_approval justification review refused_line partial_cancellation
        order_address order_bounce order_dispatch order_review supplier_confirmation confirmation_answer delivery
        complaint complaint_resolution invoice invoice_cancellation supplier_order mail document budget_confirmation
        budget_mode volume_entry electronic_address
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'contracts', unnest(string_to_array(regexp_replace(btrim('
        framework_contract contract_event contract_modification item_proposal price_proposal price_term index_value
        baseline baseline_file baseline_import baseline_withdrawal inhouse_evidence supplier_stop bonus_payment
        legal_parameter_proposal
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'competitions', unnest(string_to_array(regexp_replace(btrim('
        mini_competition mini_competition_answer mini_competition_question mini_competition_receipt
        mini_competition_scoring mini_competition_invitation mini_competition_offer decline rank_request
        declared_interest
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'members', unnest(string_to_array(regexp_replace(btrim('
        organisation signing_authority membership_contribution membership_suspension quota_transfer
        newcomer_invitation newcomer_mail purchase_upload purchase_analysis purchase_line
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'turnover', unnest(string_to_array(regexp_replace(btrim('
        turnover_upload turnover_import turnover_line turnover_reject turnover_revocation supplier_report
        supplier_report_line supplier_report_closing body_turnover
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'board', unnest(string_to_array(regexp_replace(btrim('
        meeting_report resolution certificate restore_test savings_mark
        ', E' \n'), '\s+', ' ', 'g'), ' '))
        UNION ALL
        SELECT 'proof', unnest(string_to_array(regexp_replace(btrim('
        audit_detail access_entry idempotency_record repeated_request
        ', E' \n'), '\s+', ' ', 'g'), ' '))
    LOOP
        EXECUTE format('COMMENT ON TABLE %I IS %L', place, obj_description(place::regclass, 'pg_class') || ' [processing: ' || mark || ']');
    END LOOP;
END
$$;
