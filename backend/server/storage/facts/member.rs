//! The member whose need it is: membership, authority, evidence, house rules.

use abruf_domain::facts::{AuthorityClass, BindingRules, CouncilLimit, InhouseEvidence, Member};
use abruf_domain::ids::OrganisationId;
use abruf_domain::period::Validity;
use chrono::NaiveDate;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::storage::StorageError;

/// Legal kinds that need no routing id for e-invoices (ERG LSA binds contracting authorities of public law).
const WITHOUT_ROUTING: [&str; 4] = ["kommunales_unternehmen", "stiftung", "genossenschaft", "unternehmen"];

/// The member on `day`, as the body knows it.
pub(super) async fn member(
    conn: &mut PgConnection,
    body: OrganisationId,
    id: OrganisationId,
    day: NaiveDate,
) -> Result<Member, StorageError> {
    let row = sqlx::query!(
        r#"SELECT o.name, o.kind, o.region,
                  coalesce((SELECT jsonb_agg(jsonb_build_object('from', m.effective_from, 'to', m.effective_to) ORDER BY m.effective_from)
                            FROM membership m
                            WHERE m.body_id = $2 AND m.member_id = o.id), '[]') AS "memberships!: Json<Vec<Validity>>",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('from', s.valid_from, 'to', s.valid_to) ORDER BY s.valid_from)
                            FROM membership_suspension s
                            WHERE s.body_id = $2 AND s.member_id = o.id AND s.lifted_at IS NULL), '[]') AS "suspensions!: Json<Vec<Validity>>",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('class', c.class, 'document', c.document, 'validity',
                                                 jsonb_build_object('from', c.valid_from, 'to', c.valid_to)) ORDER BY c.valid_from, c.id)
                            FROM authority_class c
                            WHERE c.member_id = o.id), '[]') AS "authority!: Json<Vec<AuthorityClass>>",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('year', e.year, 'control', e.control,
                                                 'activity_share', e.activity_share_pct::text, 'private_capital', e.private_capital,
                                                 'approved', e.approved_at IS NOT NULL, 'document', e.document) ORDER BY e.year, e.id)
                            FROM inhouse_evidence e
                            WHERE e.body_id = $2), '[]') AS "inhouse_evidence!: Json<Vec<InhouseEvidence>>",
                  EXISTS (SELECT FROM input_vat_deduction v
                          WHERE v.member_id = o.id AND v.valid_from <= $3 AND (v.valid_to IS NULL OR $3 <= v.valid_to)) AS "deducts!",
                  (SELECT jsonb_build_object('amount', l.amount::text, 'net', l.measured = 'net', 'source', l.source)
                   FROM council_limit l
                   WHERE l.member_id = o.id AND l.valid_from <= $3 AND (l.valid_to IS NULL OR $3 <= l.valid_to)) AS "council_limit: Json<CouncilLimit>",
                  (SELECT jsonb_build_object('current_business', b.current_business_gross::text, 'recorded_on', b.recorded_on)
                   FROM binding_rules b
                   WHERE b.member_id = o.id AND b.recorded_on <= $3
                   ORDER BY b.recorded_on DESC
                   LIMIT 1) AS "binding_rules: Json<BindingRules>"
           FROM organisation o
           WHERE o.id = $1"#,
        id.0,
        body.0,
        day,
    )
    .fetch_one(conn)
    .await?;
    Ok(Member {
        id,
        name: row.name,
        routes_invoices: !WITHOUT_ROUTING.contains(&row.kind.as_str()),
        kind: row.kind,
        region: row.region,
        memberships: row.memberships.0,
        suspensions: row.suspensions.0,
        authority: Some(row.authority.0),
        inhouse_evidence: Some(row.inhouse_evidence.0),
        deducts_input_vat: row.deducts,
        council_limit: row.council_limit.map(|limit| limit.0),
        binding_rules: row.binding_rules.map(|rules| rules.0),
    })
}
