//! What is asked for, with its papers, its money and the member's earlier call-offs.

use abruf_domain::facts::{EarlierCallOff, Offer, Papers, Parameters, Releaser, Request, RequestLine};
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::{Gross, Net, Quantity};
use chrono::{Days, NaiveDate};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{award, budget};
use crate::storage::StorageError;
use crate::storage::call_offs::{CallOff, Line};
use crate::storage::error::consistent;
use crate::storage::organisations;

/// The request of a call-off on `day`.
pub(super) async fn request(
    conn: &mut PgConnection,
    call_off: &CallOff,
    lines: &[Line],
    releaser: Option<Releaser>,
    parameters: &Parameters,
    day: NaiveDate,
) -> Result<Request, StorageError> {
    let award = award::award(&mut *conn, call_off, releaser.as_ref().map(|releaser| releaser.person)).await?;
    let details = &call_off.details;
    Ok(Request {
        supplier: call_off.supplier,
        supplier_name: organisations::name(&mut *conn, call_off.supplier).await?.unwrap_or_default(),
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
        budget: budget::budget(&mut *conn, call_off, day).await?,
        declines: award.declines,
        rank_requests: award.rank_requests,
        mini_competition: award.mini_competition,
        interests: award.interests,
        earlier: earlier(conn, call_off, parameters, day).await?,
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

/// The member's own call-offs from this contract inside the longer of the two windows, drafts aside.
async fn earlier(
    conn: &mut PgConnection,
    call_off: &CallOff,
    parameters: &Parameters,
    day: NaiveDate,
) -> Result<Vec<EarlierCallOff>, StorageError> {
    let window = parameters.split_window_days.max(parameters.duplicate_window_days);
    let since = day.checked_sub_days(Days::new(window.into())).unwrap_or(NaiveDate::MIN);
    let rows = sqlx::query!(
        r#"SELECT coalesce(c.number, c.case_number) AS "number!", c.dated_on AS "date!", c.net AS "net!", c.gross AS "gross!",
                  c.status NOT IN ('refused', 'withdrawn', 'expired', 'cancelled') AS "counts!",
                  coalesce((SELECT jsonb_agg(jsonb_build_array(l.article_number, l.quantity::text) ORDER BY l.position)
                            FROM call_off_line l
                            WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id AND l.quantity > 0), '[]') AS "lines!: Json<Vec<(String, Quantity)>>"
           FROM call_off c
           WHERE c.contract_id = $1 AND c.member_id = $2 AND c.id <> $3 AND c.status <> 'draft' AND c.dated_on BETWEEN $4 AND $5
           ORDER BY c.dated_on, c.id"#,
        call_off.contract.0,
        call_off.member.0,
        call_off.id.0,
        since,
        day,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(EarlierCallOff {
                date: row.date,
                net: consistent(Net::new(row.net), "call_off", "net", &row.number)?,
                gross: Some(consistent(Gross::new(row.gross), "call_off", "gross", &row.number)?),
                counts: row.counts,
                lines: row.lines.0,
                number: row.number,
            })
        })
        .collect()
}
