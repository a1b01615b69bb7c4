//! Suppliers of a body: whether something may be ordered from them, what is open with them, and who is
//! next where they cannot deliver.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId, PersonId};
use abruf_domain::money::Net;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent, stored_key};

/// A supplier in the list of a body.
#[derive(Debug, Clone)]
pub struct SupplierRow {
    /// Which.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Contracts in force it is party to.
    pub contracts: i64,
    /// Orders that are not closed.
    pub open: i64,
    /// Since when it is stopped, today or to come.
    pub stopped_from: Option<NaiveDate>,
}

/// The suppliers of a body, stopped ones first.
pub async fn suppliers(
    conn: &mut PgConnection,
    body: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<SupplierRow>, StorageError> {
    Ok(sqlx::query_as!(
        SupplierRow,
        r#"SELECT o.id, o.name,
                  (SELECT count(DISTINCT p.contract_id)
                   FROM contract_party p
                   JOIN framework_contract f ON f.id = p.contract_id
                   WHERE p.supplier_id = o.id AND f.body_id = $1 AND f.status IN ('active', 'suspended')) AS "contracts!",
                  (SELECT count(*)
                   FROM call_off c
                   WHERE c.supplier_id = o.id AND c.body_id = $1
                     AND c.status IN ('released', 'dispatched', 'confirmed', 'delivered', 'invoiced')) AS "open!",
                  abruf.stopped_from($1, o.id, $2) AS stopped_from
           FROM organisation o
           WHERE EXISTS (SELECT FROM organisation_role r WHERE r.organisation_id = o.id AND r.body_id = $1 AND r.role = 'supplier')
           ORDER BY abruf.stopped_from($1, o.id, $2) IS NULL, o.name, o.id"#,
        body.0,
        day,
    )
    .fetch_all(conn)
    .await?)
}

/// A stop of a supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Which.
    pub id: Uuid,
    /// First day on which nothing may be ordered.
    pub stopped_from: NaiveDate,
    /// suspended, insolvent, terminated or excluded.
    pub reason: String,
    /// The document.
    pub document: String,
    /// Who entered it, if the name is still known.
    pub recorded_by: Option<String>,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// First day on which orders are possible again.
    pub lifted_from: Option<NaiveDate>,
    /// The document behind the end.
    pub lift_document: Option<String>,
}

/// The stops of a supplier, newest first.
pub async fn stops(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
) -> Result<Vec<Stop>, StorageError> {
    Ok(sqlx::query_as!(
        Stop,
        r#"SELECT s.id, s.stopped_from, s.reason, s.document, p.name AS "recorded_by?", s.recorded_at, s.lifted_from, s.lift_document
           FROM supplier_stop s
           LEFT JOIN person p ON p.id = s.recorded_by
           WHERE s.body_id = $1 AND s.supplier_id = $2
           ORDER BY s.stopped_from DESC, s.id DESC"#,
        body.0,
        supplier.0,
    )
    .fetch_all(conn)
    .await?)
}

/// A stop to be entered.
#[derive(Debug, Clone, Copy)]
pub struct NewStop<'a> {
    /// Its id.
    pub id: Uuid,
    /// First day on which nothing may be ordered.
    pub stopped_from: NaiveDate,
    /// suspended, insolvent, terminated or excluded.
    pub reason: &'a str,
    /// The document.
    pub document: &'a str,
    /// Who enters it.
    pub person: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Enters a stop. Fails by `supplier_stop_one_at_a_time` where another one covers a day of it.
pub async fn insert(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
    stop: &NewStop<'_>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO supplier_stop (id, body_id, supplier_id, stopped_from, reason, document, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        stop.id,
        body.0,
        supplier.0,
        stop.stopped_from,
        stop.reason,
        stop.document,
        stop.person.0,
        stop.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a stop that has not ended: orders are possible again from `from` on.
pub async fn lift(
    conn: &mut PgConnection,
    id: Uuid,
    from: NaiveDate,
    document: &str,
    person: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE supplier_stop SET lifted_from = $2, lift_document = $3, lifted_by = $4, lifted_at = $5
         WHERE id = $1 AND lifted_from IS NULL",
        id,
        from,
        document,
        person.0,
        at,
    )
    .execute(conn)
    .await?;
    affected("lift the stop of a supplier", 1, done.rows_affected())
}

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
}

/// Orders that are not closed and requests that wait, by member: those the actor may see.
pub async fn open_orders(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
) -> Result<Vec<OpenOrder>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.contract_id, c.status, coalesce(c.number, c.case_number) AS "number!", m.name AS member, m.email AS member_email,
                  f.number AS contract_number, c.net, f.currency, c.dated_on
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           WHERE c.body_id = $1 AND c.supplier_id = $2
             AND c.status IN ('submitted', 'returned', 'released', 'dispatched', 'confirmed', 'delivered', 'invoiced')
           ORDER BY m.name, m.id, c.dated_on, c.id"#,
        body.0,
        supplier.0,
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
            })
        })
        .collect()
}

/// Orders and requests of a stopped supplier that the actor may see: what a member has to settle.
pub async fn affected_orders(
    conn: &mut PgConnection,
    day: NaiveDate,
    limit: i64,
) -> Result<Vec<(CallOffId, String, String, NaiveDate)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, coalesce(c.number, c.case_number) AS "number!", o.name,
                  abruf.stopped_from(c.body_id, c.supplier_id, $1) AS "stopped_from!"
           FROM call_off c
           JOIN organisation o ON o.id = c.supplier_id
           WHERE c.status IN ('submitted', 'returned', 'released', 'dispatched', 'confirmed')
             AND EXISTS (SELECT FROM supplier_stop s
                         WHERE s.body_id = c.body_id AND s.supplier_id = c.supplier_id
                           AND s.stopped_from <= $1 AND (s.lifted_from IS NULL OR $1 < s.lifted_from))
           ORDER BY c.dated_on, c.id
           LIMIT $2"#,
        day,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (CallOffId(row.id), row.number, row.name, row.stopped_from)).collect())
}

/// A lot in force of which a supplier is party.
#[derive(Debug, Clone)]
pub struct AffectedLot {
    /// The contract.
    pub contract: Uuid,
    /// Its number.
    pub contract_number: String,
    /// Its title.
    pub contract_title: String,
    /// Key of its mechanism.
    pub mechanism: String,
    /// Number of the lot.
    pub lot_number: i32,
    /// Title of the lot.
    pub lot_title: String,
    /// Rank of the supplier.
    pub rank: i32,
    /// Who is next there without this supplier; `None`: nobody.
    pub next: Option<String>,
}

/// The lots in force of a supplier, and who has the next turn there without it: the next rank in a
/// cascade, whoever comes after the last award in a rotation, otherwise the first of the others.
pub async fn affected_lots(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<AffectedLot>, StorageError> {
    Ok(sqlx::query_as!(
        AffectedLot,
        r#"SELECT f.id AS contract, f.number AS contract_number, f.title AS contract_title, f.mechanism,
                  l.number AS lot_number, l.title AS lot_title, p.rank,
                  (SELECT o.name
                   FROM contract_party n
                   JOIN organisation o ON o.id = n.supplier_id
                   WHERE n.contract_id = p.contract_id AND n.lot_id = p.lot_id AND n.supplier_id <> p.supplier_id
                     AND n.valid_from <= $3 AND (n.valid_to IS NULL OR $3 <= n.valid_to)
                     AND coalesce($3 < least(n.stopped_from, abruf.stopped_from($1, n.supplier_id, $3)), true)
                   ORDER BY CASE WHEN f.mechanism = 'rotation' THEN n.rank <= coalesce(last.rank, 0) ELSE false END, n.rank
                   LIMIT 1) AS next
           FROM contract_party p
           JOIN framework_contract f ON f.id = p.contract_id
           JOIN lot l ON l.contract_id = p.contract_id AND l.id = p.lot_id
           LEFT JOIN lot_turn t ON t.contract_id = p.contract_id AND t.lot_id = p.lot_id
           LEFT JOIN contract_party last ON last.contract_id = p.contract_id AND last.lot_id = p.lot_id AND last.supplier_id = t.last_supplier_id
           WHERE f.body_id = $1 AND p.supplier_id = $2 AND f.status IN ('active', 'suspended')
             AND (p.valid_to IS NULL OR $3 <= p.valid_to)
           ORDER BY f.number, l.number"#,
        body.0,
        supplier.0,
        day,
    )
    .fetch_all(conn)
    .await?)
}
