//! What is open with a supplier: orders that are not closed and requests that wait, by member.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use abruf_domain::money::Net;
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::StorageError;
use super::error::{consistent, stored_key};
use super::supplier_stops::Reach;

/// An order or request that names a supplier.
#[derive(Debug, Clone)]
pub struct OpenOrder {
    /// Which.
    pub id: CallOffId,
    /// The contract.
    pub contract: ContractId,
    /// Where it stands.
    pub status: Status,
    /// Number, or case number while it has none.
    pub number: String,
    /// The member.
    pub member: String,
    /// Its central mail address.
    pub member_email: String,
    /// Number of the contract.
    pub contract_number: String,
    /// Net value.
    pub net: Option<Net>,
    /// ISO 4217.
    pub currency: String,
    /// Berlin date of submission or release.
    pub dated_on: Option<NaiveDate>,
    /// Falls under a stop in force, of whatever reach.
    pub stopped: bool,
}

/// Orders that are not closed and requests that wait, by member: those the actor may see, and those alone that a stop of
/// this reach concerns.
pub async fn open_orders(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
    reach: Reach,
    today: NaiveDate,
) -> Result<Vec<OpenOrder>, StorageError> {
    let (contract, lot) = reach.columns();
    let rows = sqlx::query!(
        r#"SELECT c.id, c.contract_id, c.status, coalesce(c.number, c.case_number) AS "number!", m.name AS member, m.email AS member_email,
                  f.number AS contract_number, c.net, f.currency, c.dated_on,
                  abruf.order_stopped_from(c.body_id, c.supplier_id, c.contract_id, c.id, $5) IS NOT NULL AS "stopped!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           WHERE c.body_id = $1 AND c.supplier_id = $2
             AND c.status IN ('submitted', 'returned', 'released', 'dispatched', 'confirmed', 'delivered', 'invoiced')
             AND ($3::uuid IS NULL OR c.contract_id = $3)
             AND ($4::uuid IS NULL OR EXISTS (SELECT FROM call_off_line l
                                              JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
                                              WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id AND i.lot_id = $4))
           ORDER BY m.name, m.id, c.dated_on, c.id"#,
        body.0,
        supplier.0,
        contract,
        lot,
        today,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(OpenOrder {
                id: CallOffId(row.id),
                contract: ContractId(row.contract_id),
                status: stored_key(&row.status, "call_off", "status", row.id)?,
                number: row.number,
                member: row.member,
                member_email: row.member_email,
                contract_number: row.contract_number,
                net: row.net.map(|net| consistent(Net::new(net), "call_off", "net", row.id)).transpose()?,
                currency: row.currency,
                dated_on: row.dated_on,
                stopped: row.stopped,
            })
        })
        .collect()
}
