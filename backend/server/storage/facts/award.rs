//! How the supplier was found: declines, the mini-competition, declared interests.

use abruf_domain::answer_period::RankRequest;
use abruf_domain::facts::{DeclaredInterest, Decline, MiniCompetition};
use abruf_domain::ids::PersonId;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::storage::StorageError;
use crate::storage::call_offs::CallOff;

/// What stands behind the choice of a supplier.
pub(super) struct Award {
    pub declines: Vec<Decline>,
    pub rank_requests: Vec<RankRequest>,
    pub mini_competition: Option<MiniCompetition>,
    pub interests: Vec<DeclaredInterest>,
}

/// Declines and the mini-competition of a call-off, and the interests in its supplier of whoever acts on
/// it: requester, `releaser`, and the two who opened the offers. A competition run here counts once it is
/// awarded, with the offers that were compared.
pub(super) async fn award(
    conn: &mut PgConnection,
    call_off: &CallOff,
    releaser: Option<PersonId>,
) -> Result<Award, StorageError> {
    let row = sqlx::query!(
        r#"WITH competition AS (
             SELECT m.*, f.competition_criterion
             FROM mini_competition m
             JOIN framework_contract f ON f.id = m.contract_id
             WHERE m.contract_id = $1 AND m.call_off_id = $2 AND m.state IN ('recorded', 'awarded')
           ),
           standing AS (
             SELECT (s ->> 'supplier')::uuid AS supplier_id, s ->> 'score' AS score, s ->> 'rank' IS NOT NULL AS compared
             FROM competition m, LATERAL (
                 SELECT standings FROM mini_competition_scoring c
                 WHERE c.contract_id = m.contract_id AND c.competition_id = m.id
                 ORDER BY c.round DESC
                 LIMIT 1) last, jsonb_array_elements(last.standings) s
           )
           SELECT coalesce((SELECT jsonb_agg(jsonb_build_object('supplier', d.supplier_id, 'received_at', d.received_at,
                                                 'reason', d.reason, 'document', d.document) ORDER BY d.received_at, d.id)
                            FROM decline d
                            WHERE d.contract_id = $1 AND d.call_off_id = $2), '[]') AS "declines!: Json<Vec<Decline>>",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('supplier', r.supplier_id, 'asked_on', r.asked_on) ORDER BY r.asked_on, r.id)
                            FROM rank_request r
                            WHERE r.contract_id = $1 AND r.call_off_id = $2), '[]') AS "rank_requests!: Json<Vec<RankRequest>>",
                  (SELECT jsonb_build_object(
                              'text_form', m.text_form, 'deadline_at', m.deadline_at, 'opened_at', m.opened_at, 'criterion', m.criterion,
                              'announced', m.competition_criterion,
                              'opened_by', to_jsonb(array_remove(ARRAY[m.opened_by, m.opened_with], NULL)),
                              'invited', coalesce((SELECT jsonb_agg(i.supplier_id ORDER BY i.supplier_id)
                                                   FROM mini_competition_invitation i
                                                   WHERE i.contract_id = m.contract_id AND i.competition_id = m.id), '[]'),
                              'offers', coalesce((SELECT jsonb_agg(jsonb_build_object('supplier', o.supplier_id, 'unit_prices', o.unit_prices,
                                                                       'points', coalesce(o.points::text, CASE m.criterion WHEN 'points' THEN t.score END), 'received_at', o.received_at)
                                                                   ORDER BY o.supplier_id)
                                                  FROM mini_competition_offer o
                                                  LEFT JOIN standing t ON t.supplier_id = o.supplier_id
                                                  WHERE o.contract_id = m.contract_id AND o.competition_id = m.id
                                                    AND (m.state = 'recorded' OR t.compared)), '[]'))
                   FROM competition m) AS "mini_competition: Json<MiniCompetition>",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('person', d.person_id, 'supplier', d.supplier_id, 'nature', d.nature,
                                                 'validity', jsonb_build_object('from', d.valid_from, 'to', d.valid_to))
                                             ORDER BY d.person_id, d.valid_from, d.id)
                            FROM declared_interest d
                            WHERE d.supplier_id = $3
                              AND (d.person_id IN ($4, $5) OR EXISTS (SELECT FROM competition m WHERE d.person_id IN (m.opened_by, m.opened_with)))),
                           '[]') AS "interests!: Json<Vec<DeclaredInterest>>""#,
        call_off.contract.0,
        call_off.id.0,
        call_off.supplier.0,
        call_off.requester.0,
        releaser.map(Uuid::from),
    )
    .fetch_one(conn)
    .await?;
    Ok(Award {
        declines: row.declines.0,
        rank_requests: row.rank_requests.0,
        mini_competition: row.mini_competition.map(|held| held.0),
        interests: row.interests.0,
    })
}
