//! What is asked for, with its papers, its money and the member's earlier call-offs.

use abruf_domain::facts::{
    BudgetMode, ContractTerms, EarlierCallOff, Offer, Papers, Parameters, Releaser, Request, RequestLine,
};
use abruf_domain::ids::OrganisationId;
use chrono::{Days, NaiveDate};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{award, budget};
use crate::storage::StorageError;
use crate::storage::call_offs::{CallOff, Line};
use crate::storage::organisations;

/// The request of a call-off on `day`, without what the member did before ([`past`]).
pub(super) async fn request(
    conn: &mut PgConnection,
    call_off: &CallOff,
    lines: &[Line],
    releaser: Option<Releaser>,
    contract: &ContractTerms,
    mode: BudgetMode,
    day: NaiveDate,
) -> Result<Request, StorageError> {
    let award = award::award(&mut *conn, call_off, releaser.as_ref().map(|releaser| releaser.person)).await?;
    let party = contract.parties.iter().find(|party| party.supplier == call_off.supplier);
    let supplier_name = match party {
        Some(party) => party.name.clone(),
        None => organisations::name(&mut *conn, call_off.supplier).await?.unwrap_or_default(),
    };
    let details = &call_off.details;
    Ok(Request {
        supplier: call_off.supplier,
        supplier_name,
        lines: lines
            .iter()
            .map(|line| RequestLine {
                position: line.position,
                article_number: line.article_number.clone(),
                quantity: line.quantity,
                offer: line
                    .offer
                    .as_ref()
                    .map(|offer| Offer { unit_price: offer.unit_price, document: offer.document.clone() }),
            })
            .collect(),
        performance: details.performance,
        need: details.need.clone(),
        requester: call_off.requester,
        releaser,
        papers: Papers {
            data_processing: details.papers.data_processing.clone(),
            council_resolution: details.papers.council_resolution.clone(),
            emergency_decision: details.papers.emergency_decision.clone(),
            commitment: details.papers.commitment.clone(),
            leitweg_id: Some(details.leitweg_id.clone()),
            order_reference: details.papers.order_reference.clone(),
            recurring: details.papers.recurring,
        },
        budget: budget::budget(conn, call_off, mode, day).await?,
        declines: award.declines,
        rank_requests: award.rank_requests,
        mini_competition: award.mini_competition,
        interests: award.interests,
        earlier: Vec::new(),
    })
}

/// A request for nothing: what is known of a member and a contract before anything is asked for.
pub(super) fn nothing() -> Request {
    let nobody = Uuid::nil();
    Request {
        supplier: OrganisationId(nobody),
        supplier_name: String::new(),
        lines: Vec::new(),
        performance: None,
        need: String::new(),
        requester: nobody.into(),
        releaser: None,
        papers: Papers::default(),
        budget: None,
        declines: Vec::new(),
        rank_requests: Vec::new(),
        mini_competition: None,
        interests: Vec::new(),
        earlier: Vec::new(),
    }
}

/// What the member did with this contract before.
pub(super) struct Past {
    /// Its own call-offs inside the longer of the two windows, drafts aside.
    pub earlier: Vec<EarlierCallOff>,
    /// Its process effect of the year of `day` is counted already, by an order that stands.
    pub process_effect_counted: bool,
}

/// What the member did with this contract up to `day`.
pub(super) async fn past(
    conn: &mut PgConnection,
    call_off: &CallOff,
    parameters: &Parameters,
    day: NaiveDate,
) -> Result<Past, StorageError> {
    let window = parameters.split_window_days.max(parameters.duplicate_window_days);
    let since = day.checked_sub_days(Days::new(window.into())).unwrap_or(NaiveDate::MIN);
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM savings_entry p
                          WHERE p.contract_id = $1 AND p.member_id = $2 AND p.class = 'P' AND p.stage = 'planned'
                            AND extract(year FROM p.dated_on) = extract(year FROM $5::date)
                            AND (SELECT sum(e.effect_net) FROM planned_savings e
                                 WHERE e.contract_id = p.contract_id AND e.call_off_id = p.call_off_id AND e.class = 'P') <> 0) AS "process_effect_counted!",
                  coalesce((SELECT jsonb_agg(jsonb_build_object(
                                       'number', coalesce(c.number, c.case_number), 'date', c.dated_on, 'net', c.net::text, 'gross', c.gross::text,
                                       'counts', c.status NOT IN ('refused', 'withdrawn', 'expired', 'cancelled'),
                                       'lines', coalesce((SELECT jsonb_agg(jsonb_build_array(l.article_number, l.quantity::text) ORDER BY l.position)
                                                          FROM call_off_line l
                                                          WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id AND l.quantity > 0), '[]'))
                                   ORDER BY c.dated_on, c.id)
                            FROM call_off c
                            WHERE c.contract_id = $1 AND c.member_id = $2 AND c.id <> $3 AND c.status NOT IN ('draft', 'discarded')
                              AND c.dated_on BETWEEN $4 AND $5), '[]') AS "earlier!: Json<Vec<EarlierCallOff>>""#,
        call_off.contract.0,
        call_off.member.0,
        call_off.id.0,
        since,
        day,
    )
    .fetch_one(conn)
    .await?;
    Ok(Past { earlier: row.earlier.0, process_effect_counted: row.process_effect_counted })
}
