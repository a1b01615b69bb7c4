//! What waits for somebody: requests for release, justifications owed.

use abruf_domain::finding::{Addressee, Finding, Outcome};
use abruf_domain::ids::{CallOffId, ContractId, PersonId};
use abruf_domain::money::{Gross, Net};
use abruf_domain::review::Review;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::error::consistent;

/// A request that waits for release.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Which.
    pub id: CallOffId,
    /// The contract.
    pub contract: ContractId,
    /// Vorgangsnummer.
    pub case_number: String,
    /// Contract number.
    pub contract_number: String,
    /// Contract title.
    pub contract_title: String,
    /// ISO 4217.
    pub currency: String,
    /// Who asked.
    pub requester: String,
    /// Id of who asked.
    pub requester_id: PersonId,
    /// Kostenstelle.
    pub cost_centre: String,
    /// Reason for the need.
    pub need: String,
    /// Titles and quantities of the lines, in order: `120 × Citrix-Arbeitsplatz`.
    pub lines: Vec<String>,
    /// Net value.
    pub net: Net,
    /// Gross value.
    pub gross: Gross,
    /// When it was submitted.
    pub submitted_at: DateTime<Utc>,
    /// End of the reservation.
    pub expires_at: DateTime<Utc>,
    /// What the review at submission found beside passed rules.
    pub unusual: Vec<Finding>,
}

/// The visible requests that wait for release, oldest first.
pub async fn waiting(conn: &mut PgConnection, limit: i64) -> Result<Vec<Waiting>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.contract_id, c.case_number, f.number AS contract_number, f.title AS contract_title, f.currency,
                  coalesce(p.name, '') AS "requester!", c.requester_id, c.cost_centre, c.need, c.net AS "net!", c.gross AS "gross!",
                  c.submitted_at AS "submitted_at!", c.expires_at AS "expires_at!",
                  ARRAY(SELECT concat_ws(' × ', replace(trim_scale(l.quantity)::text, '.', ','), coalesce(i.title, l.article_number))
                        FROM call_off_line l
                        LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
                        WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id
                        ORDER BY l.position
                        LIMIT 3) AS "lines!",
                  (SELECT r.result
                   FROM review r
                   WHERE r.contract_id = c.contract_id AND r.call_off_id = c.id AND r.check_point = 'submission'
                   ORDER BY r.evaluated_at DESC, r.id DESC
                   LIMIT 1) AS review
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           LEFT JOIN person p ON p.id = c.requester_id
           WHERE c.status = 'submitted' AND c.net IS NOT NULL AND c.gross IS NOT NULL
             AND c.submitted_at IS NOT NULL AND c.expires_at IS NOT NULL
           ORDER BY c.submitted_at, c.id
           LIMIT $1"#,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = CallOffId(row.id);
            let review: Option<Review> = row
                .review
                .map(|result| consistent(serde_json::from_value(result), "review", "result", id))
                .transpose()?;
            let unusual = review.map(|review| {
                let open = review.open_findings().into_iter();
                open.filter(|finding| finding.outcome != Outcome::Pending).cloned().collect()
            });
            Ok(Waiting {
                id,
                contract: ContractId(row.contract_id),
                case_number: row.case_number,
                contract_number: row.contract_number,
                contract_title: row.contract_title,
                currency: row.currency,
                requester: row.requester,
                requester_id: PersonId(row.requester_id),
                cost_centre: row.cost_centre,
                need: row.need,
                lines: row.lines,
                net: consistent(Net::new(row.net), "call_off", "net", id)?,
                gross: consistent(Gross::new(row.gross), "call_off", "gross", id)?,
                submitted_at: row.submitted_at,
                expires_at: row.expires_at,
                unusual: unusual.unwrap_or_default(),
            })
        })
        .collect()
}

/// A justification somebody owes for a request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// The request.
    pub id: CallOffId,
    /// Vorgangsnummer.
    pub case_number: String,
    /// The member.
    pub member: String,
    /// Contract number.
    pub contract_number: String,
    /// The rule.
    pub rule: String,
    /// End of the reservation.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The justifications that `addressee` owes, by end of the reservation.
pub async fn owed(conn: &mut PgConnection, addressee: Addressee, limit: i64) -> Result<Vec<Owed>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.case_number, m.name AS member, f.number AS contract_number, c.expires_at,
                  finding.value ->> 'rule' AS "rule!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           CROSS JOIN LATERAL (
               SELECT r.result
               FROM review r
               WHERE r.contract_id = c.contract_id AND r.call_off_id = c.id AND r.check_point = 'submission'
               ORDER BY r.evaluated_at DESC, r.id DESC
               LIMIT 1) review
           CROSS JOIN LATERAL jsonb_array_elements(review.result -> 'findings') AS finding
           WHERE c.status = 'submitted'
             AND finding.value ->> 'outcome' = 'justify'
             AND finding.value ->> 'addressee' = $1
             AND NOT EXISTS (SELECT FROM justification j
                             WHERE j.contract_id = c.contract_id AND j.call_off_id = c.id
                               AND j.rule = finding.value ->> 'rule')
           ORDER BY c.expires_at, c.id, finding.value ->> 'rule'
           LIMIT $2"#,
        addressee.key(),
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Owed {
            id: CallOffId(row.id),
            case_number: row.case_number,
            member: row.member,
            contract_number: row.contract_number,
            rule: row.rule,
            expires_at: row.expires_at,
        })
        .collect())
}

/// How many differences between suppliers' reports and the ledger nobody has closed; the list is
/// `supplier_reports::lines`.
pub async fn open_differences(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM supplier_report_line l
           WHERE l.outcome <> 'matched'
             AND NOT EXISTS (SELECT FROM supplier_report_closing c WHERE c.contract_id = l.contract_id AND c.line_id = l.id)"#
    )
    .fetch_one(conn)
    .await?)
}
