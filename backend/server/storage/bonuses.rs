//! Bonuses that suppliers have paid, and what they are shared by.

use abruf_domain::bonus::GoesTo;
use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use abruf_domain::money::Net;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::StorageError;
use super::error::{consistent, stored_key};

/// What a member has called off in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turnover {
    /// Which.
    pub member: OrganisationId,
    /// Its name.
    pub name: String,
    /// Net value of what was released, less what was cancelled.
    pub net: Net,
}

/// The turnover of each member from a contract in a calendar year, by name: the order values that the
/// savings report sums, each on the day of its release or cancellation.
pub async fn turnover(conn: &mut PgConnection, contract: ContractId, year: i32) -> Result<Vec<Turnover>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.member_id AS "member_id!", o.name, sum(e.order_net) AS "net!"
           FROM planned_savings e
           JOIN organisation o ON o.id = e.member_id
           WHERE e.contract_id = $1 AND extract(year FROM e.dated_on)::int = $2
           GROUP BY e.member_id, o.name
           ORDER BY o.name, e.member_id"#,
        contract.0,
        year
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = consistent(Net::new(row.net), "savings_entry", "order_net", row.member_id)?;
            Ok(Turnover { member: OrganisationId(row.member_id), name: row.name, net })
        })
        .collect()
}

/// Years in which somebody has called off from a contract or a bonus was paid, with the turnover of all
/// members and what was paid; the newest first.
pub async fn years(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<(i32, Net, Net)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT year AS "year!", sum(turnover) AS "turnover!", sum(paid) AS "paid!"
           FROM (SELECT extract(year FROM dated_on)::int AS year, order_net AS turnover, 0 AS paid
                 FROM planned_savings WHERE contract_id = $1
                 UNION ALL
                 SELECT year, 0, net FROM bonus_payment WHERE contract_id = $1) AS both_sides
           GROUP BY 1
           ORDER BY 1 DESC"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let turnover = consistent(Net::new(row.turnover), "savings_entry", "order_net", row.year)?;
            Ok((row.year, turnover, consistent(Net::new(row.paid), "bonus_payment", "net", row.year)?))
        })
        .collect()
}

/// A bonus that was paid, or its counter entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Which.
    pub id: Uuid,
    /// Calendar year of the turnover.
    pub year: i32,
    /// Net amount; negative in a counter entry.
    pub net: Net,
    /// Who gets it.
    pub goes_to: GoesTo,
    /// Date of the credit note.
    pub received_on: NaiveDate,
    /// Its number; why, in a counter entry.
    pub document: String,
    /// The payment this one takes back.
    pub reverses: Option<Uuid>,
    /// Whether it was taken back.
    pub reversed: bool,
    /// What each member gets, by name; empty where the body keeps it.
    pub shares: Vec<Share>,
}

/// What a member gets of a bonus.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Share {
    /// Which.
    pub member: OrganisationId,
    /// Its name.
    pub name: String,
    /// What it was shared by.
    pub turnover: Net,
    /// What it gets; negative in a counter entry.
    pub net: Net,
}

/// The bonuses of a contract as far as they are visible, the newest first.
pub async fn payments(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Payment>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT p.id, p.year, p.net, p.goes_to, p.received_on, p.document, p.reverses_id,
                  EXISTS (SELECT FROM bonus_payment r WHERE r.contract_id = p.contract_id AND r.reverses_id = p.id) AS "reversed!",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('member', s.member_id, 'name', o.name, 'turnover', s.turnover_net::text,
                                                                'net', s.share_net::text) ORDER BY o.name, o.id)
                            FROM bonus_share s
                            JOIN organisation o ON o.id = s.member_id
                            WHERE s.contract_id = p.contract_id AND s.bonus_id = p.id), '[]') AS "shares!: Json<Vec<Share>>"
           FROM bonus_payment p
           WHERE p.contract_id = $1
           ORDER BY p.at DESC, p.id DESC"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Payment {
                id: row.id,
                year: row.year,
                net: consistent(Net::new(row.net), "bonus_payment", "net", row.id)?,
                goes_to: stored_key(&row.goes_to, "bonus_payment", "goes_to", row.id)?,
                received_on: row.received_on,
                document: row.document,
                reverses: row.reverses_id,
                reversed: row.reversed,
                shares: row.shares.0,
            })
        })
        .collect()
}

/// Enters a payment with its shares; the database refuses at commit what does not add up.
pub async fn insert(
    conn: &mut PgConnection,
    contract: ContractId,
    payment: &Payment,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO bonus_payment (contract_id, id, year, net, goes_to, received_on, document, reverses_id, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        contract.0,
        payment.id,
        payment.year,
        payment.net.decimal(),
        payment.goes_to.key(),
        payment.received_on,
        payment.document,
        payment.reverses,
        person.0,
        now,
    )
    .execute(&mut *conn)
    .await?;
    let column = |of: fn(&Share) -> rust_decimal::Decimal| payment.shares.iter().map(of).collect::<Vec<_>>();
    let members: Vec<Uuid> = payment.shares.iter().map(|share| share.member.0).collect();
    sqlx::query!(
        "INSERT INTO bonus_share (contract_id, bonus_id, member_id, turnover_net, share_net)
         SELECT $1, $2, * FROM unnest($3::uuid[], $4::numeric[], $5::numeric[])",
        contract.0,
        payment.id,
        &members,
        &column(|share| share.turnover.decimal()),
        &column(|share| share.net.decimal()),
    )
    .execute(conn)
    .await?;
    Ok(())
}
