//! Rows of every kind of object, written past the policies.

use abruf_domain::ids::{OrganisationId, PersonId};
use uuid::Uuid;

use crate::web::Web;

pub(super) async fn contract(web: &Web, body: OrganisationId, number: &str) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO framework_contract (id, body_id, number, title, regime, status, supply_chain, mechanism, legal_basis,
                                         notice_reference, notice_date, procedure_reference, starts_on, ends_on)
         VALUES ($1, $2, $3, 'Citrix', 'vgv', 'active', 'direct', 'single', '§ 103 Abs. 5 GWB', 'N-1', '2024-01-01', 'P-1',
                 '2025-01-01', '2028-12-31')",
    )
    .bind(id)
    .bind(body.0)
    .bind(number)
    .execute(&web.database.owner)
    .await
    .unwrap();
    sqlx::query("INSERT INTO guard (contract_id, id, scope, measure, limit_amount) VALUES ($1, $2, 'contract', 'value', 100000)")
        .bind(id)
        .bind(web.app.chance.id(web.now()))
        .execute(&web.database.owner)
        .await
        .unwrap();
    id
}

pub(super) async fn call_off(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    supplier: OrganisationId,
    requester: PersonId,
) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number,
                               requester_id, net, surcharge_net, vat, gross, dated_on, created_at, changed_at, submitted_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $5, 'submitted', $6, $7, 100, 0, 19, 119, '2026-11-20', $8, $8, $8, $8)",
    )
    .bind(contract)
    .bind(id)
    .bind(body.0)
    .bind(member.0)
    .bind(supplier.0)
    .bind(web.app.chance.case_number())
    .bind(requester.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

pub(super) async fn draft(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    supplier: OrganisationId,
    requester: PersonId,
) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number,
                               requester_id, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $4, $5, 'draft', $6, $7, $8, $8)",
    )
    .bind(contract)
    .bind(id)
    .bind(body.0)
    .bind(member.0)
    .bind(supplier.0)
    .bind(web.app.chance.case_number())
    .bind(requester.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// One that its member runs and has sent.
pub(super) async fn competition(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    by: PersonId,
) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        r#"INSERT INTO mini_competition (contract_id, id, text_form, deadline_at, criterion, state, body_id, member_id, run_by_id, title, lines,
                                         scheme, submission, created_by, created_at, sent_by, sent_at)
           VALUES ($1, $2, true, $6::timestamptz + interval '10 days', 'price', 'sent', $3, $4, $4, 'Beratung',
                   '[{"article_number": "A1", "title": "Beratung", "unit": "Tag", "quantity": "10", "by_month": false}]',
                   '{"price_weight": "100", "price_formula": "ratio", "criteria": [], "tie_rule": "draw"}', 'Postfach', $5, $6, $5, $6)"#,
    )
    .bind(contract)
    .bind(id)
    .bind(body.0)
    .bind(member.0)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// That this member may call off.
pub(super) async fn certificate(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    by: PersonId,
) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO certificate (id, kind, number, body_id, member_id, contract_id, dated_on, file_name, check_code, sha256,
                                  template_version, program_version, input, pages, bytes, person_id, issued_at)
         VALUES ($1, 'entitlement_certificate', $2, $3, $4, $5, '2026-11-20', 'Abrufberechtigung.pdf', 'ABCDEFGHIJKLMNOP',
                 sha256('%PDF-1.7'), '0123456789ab', '0.1.0', '{}', 1, '%PDF-1.7', $6, $7)",
    )
    .bind(id)
    .bind(web.app.chance.certificate_number())
    .bind(body.0)
    .bind(member.0)
    .bind(contract)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// A comparison price of a contract's one item.
pub(super) async fn baseline(web: &Web, contract: Uuid, by: PersonId) -> Uuid {
    let [id, item, lot, approver] = [0; 4].map(|_| web.app.chance.id(web.now()));
    sqlx::query(
        "WITH approver AS (
             INSERT INTO person (id, email, name, created_at) VALUES ($4, $4::text || '@beispiel.example', 'Gero Prüfer', $6)
         ), lot AS (
             INSERT INTO lot (contract_id, id, number, title) VALUES ($1, $3, 1, 'Los')
         ), item AS (
             INSERT INTO item (contract_id, id, lot_id, article_number, title, unit, vat_rate_pct)
             VALUES ($1, $2, $3, 'A1', 'Monitor', 'Stück', 19)
         ), file AS (
             INSERT INTO baseline_file (contract_id, sha256, file_name, media_type, bytes, recorded_by, recorded_at)
             VALUES ($1, sha256('a;b'), 'Beleg.csv', 'text/csv', 'a;b', $5, $6)
         )
         INSERT INTO baseline (contract_id, id, item_id, kind, unit_price, per, dated_on, evidence, evidence_sha256, recorded_by,
                               approved_by, approved_at)
         VALUES ($1, $7, $2, 'prior_contract', 12.5, 'unit', '2026-01-10', 'Rechnung 7', sha256('a;b'), $5, $4, $6)",
    )
    .bind(contract)
    .bind(item)
    .bind(lot)
    .bind(approver)
    .bind(by.0)
    .bind(web.now())
    .bind(id)
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// A frozen report of a body, about a year without call-offs.
pub(super) async fn meeting_report(web: &Web, body: OrganisationId, by: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    let input = serde_json::json!({ "data": {
        "number": "SB-2026-01", "meeting": "Aufsichtsrat", "day": "2026-11-30", "year": 2025, "running": false,
        "as_of": "2026-11-22T12:00:00Z", "frozen": { "name": "Eva Muster", "at": "2026-11-22T12:00:00Z" }, "demo": true,
        "issuer": { "name": "eG", "unit": null, "address": [] }, "body": { "name": "eG", "address": [], "contact": [] },
        "figures": [], "total": nothing(), "call_offs": 0, "contracts": [], "members": [], "years": [], "signals": [],
        "resolutions": [], "restatement": null, "listed": nothing(), "list_sha256": "", "method": [],
        "method_version": "1", "base_url": null,
    }});
    sqlx::query(
        "INSERT INTO certificate (id, kind, number, body_id, member_id, year, dated_on, file_name, check_code, sha256,
                                  template_version, program_version, input, pages, bytes, person_id, issued_at)
         VALUES ($1, 'meeting_report', 'SB-2026-01', $2, $2, 2025, '2026-11-20', 'Sitzungsbericht.pdf', 'ABCDEFGHIJKLMNOP',
                 sha256('%PDF-1.7'), '0123456789ab', '0.1.0', $3, 1, '%PDF-1.7', $4, $5)",
    )
    .bind(id)
    .bind(body.0)
    .bind(input.to_string())
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO meeting_report (id, body_id, year, meeting_on, meeting, sequence, as_of, call_offs, call_offs_sha256,
                                     frozen_by, frozen_at)
         VALUES ($1, $2, 2025, '2026-11-30', 'Aufsichtsrat', 1, $4, '[]', sha256('[]'), $3, $4)",
    )
    .bind(id)
    .bind(body.0)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// Of a town that is no member.
pub(super) async fn invitation(web: &Web, body: OrganisationId, by: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO newcomer_invitation (id, body_id, town, kind, region, token_sha256, created_by, created_at, expires_at)
         VALUES ($1, $2, 'Stadt Ohneland', 'stadt', 'DE-ST', sha256($1::text::bytea), $3, $4, $4::timestamptz + interval '10 days')",
    )
    .bind(id)
    .bind(body.0)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

fn nothing() -> serde_json::Value {
    serde_json::json!({ "volume": "0.00", "a_net": "0.00", "b": "0.00", "c": "0.00", "p": "0.00" })
}
/// An uploaded file, an import and a supplier's report, all with one id and without lines.
pub(super) async fn turnover(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    supplier: OrganisationId,
    by: PersonId,
) -> Uuid {
    let id = web.app.chance.id(web.now());
    for statement in [
        "INSERT INTO turnover_upload (id, body_id, purpose, file_name, sha256, bytes, mapping, person_id, at)
         SELECT $1, $2, 'turnover', 'u.csv', sha256('u'), 'u', '', $5, $6 WHERE $3::uuid <> $4::uuid",
        "INSERT INTO turnover_import (id, body_id, file_name, sha256, bytes, mapping, warnings, person_id, at)
         SELECT $1, $2, 'u.csv', sha256('u'), 'u', '', '[]', $5, $6 WHERE $3::uuid <> $4::uuid",
        "INSERT INTO supplier_report (contract_id, id, body_id, supplier_id, period_from, period_to, basis, currency, file_name, sha256, bytes,
                                      mapping, warnings, reported, known, person_id, at)
         VALUES ($3, $1, $2, $4, '2026-10-01', '2026-10-01', 'orders', 'EUR', 'm.csv', sha256('u'), 'u', '', '[]', 0, 0, $5, $6)",
    ] {
        sqlx::query(statement)
            .bind(id)
            .bind(body.0)
            .bind(contract)
            .bind(supplier.0)
            .bind(by.0)
            .bind(web.now())
            .execute(&web.database.owner)
            .await
            .unwrap();
    }
    id
}

/// A full check of the one call-off that it holds.
pub(super) async fn sample(web: &Web, body: OrganisationId, auditor: PersonId, contract: Uuid, call_off: Uuid) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO audit_sample (id, body_id, person_id, part, filter, method, threshold, seed, population, population_sha256,
                                   population_count, population_net, drawn_at)
         SELECT $1, $2, $3, 'orders', '', 'full', 0, 8417, text, sha256(convert_to(text, 'UTF8')), 1, 100, $5
         FROM (SELECT case_number || E';100.00\\n' AS text FROM call_off WHERE id = $4) AS population",
    )
    .bind(id)
    .bind(body.0)
    .bind(auditor.0)
    .bind(call_off)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO audit_sample_item (sample_id, position, round, case_number, contract_id, call_off_id, net, certain, drawn_at)
         SELECT $1, 1, 0, case_number, $2, $3, 100, true, $4 FROM call_off WHERE id = $3",
    )
    .bind(id)
    .bind(contract)
    .bind(call_off)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}
