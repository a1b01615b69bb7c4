//! Suppliers of a body: whether something may be ordered from them, under all contracts, one or one lot, and who is next
//! where they cannot deliver. What is open with them lies in `open_orders.rs`.

use abruf_domain::ids::{CallOffId, ContractId, LotId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

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
    /// Since when it is stopped for all contracts, today or to come.
    pub stopped_from: Option<NaiveDate>,
    /// Stops of single contracts and lots that have not ended.
    pub narrow_stops: i64,
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
                  abruf.stopped_from($1, o.id, $2) AS stopped_from,
                  (SELECT count(*)
                   FROM supplier_stop s
                   WHERE s.body_id = $1 AND s.supplier_id = o.id AND s.contract_id IS NOT NULL
                     AND (s.lifted_from IS NULL OR $2 < s.lifted_from)) AS "narrow_stops!"
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
    /// The one contract it concerns, with its number; `None`: all of the body.
    pub contract: Option<(ContractId, String)>,
    /// The one lot of it, with number and title; `None`: all of the contract.
    pub lot: Option<(i32, String)>,
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
    let rows = sqlx::query!(
        r#"SELECT s.id, s.stopped_from, s.reason, s.document, p.name AS "recorded_by?", s.recorded_at, s.lifted_from, s.lift_document,
                  s.contract_id, f.number AS "contract_number?", l.number AS "lot_number?", l.title AS "lot_title?"
           FROM supplier_stop s
           LEFT JOIN person p ON p.id = s.recorded_by
           LEFT JOIN framework_contract f ON f.id = s.contract_id
           LEFT JOIN lot l ON l.contract_id = s.contract_id AND l.id = s.lot_id
           WHERE s.body_id = $1 AND s.supplier_id = $2
           ORDER BY s.stopped_from DESC, s.id DESC"#,
        body.0,
        supplier.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Stop {
            id: row.id,
            contract: row.contract_id.map(|id| (ContractId(id), row.contract_number.unwrap_or_default())),
            lot: row.lot_number.zip(row.lot_title),
            stopped_from: row.stopped_from,
            reason: row.reason,
            document: row.document,
            recorded_by: row.recorded_by,
            recorded_at: row.recorded_at,
            lifted_from: row.lifted_from,
            lift_document: row.lift_document,
        })
        .collect())
}

/// How far a stop reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All contracts of the body.
    Body,
    /// One contract.
    Contract(ContractId),
    /// One lot of it.
    Lot(ContractId, LotId),
}

impl Reach {
    /// Contract and lot as columns.
    #[must_use]
    pub fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Body => (None, None),
            Self::Contract(contract) => (Some(contract.0), None),
            Self::Lot(contract, lot) => (Some(contract.0), Some(lot.0)),
        }
    }
}

/// How far a stop of this contract, or of its lot with this number, reaches; `None` where the supplier is no party there
/// or the contract is not the body's.
pub async fn reach(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
    contract: ContractId,
    lot: Option<i32>,
) -> Result<Option<Reach>, StorageError> {
    let lots = sqlx::query_scalar!(
        "SELECT p.lot_id
         FROM contract_party p
         JOIN framework_contract f ON f.id = p.contract_id
         JOIN lot l ON l.contract_id = p.contract_id AND l.id = p.lot_id
         WHERE f.id = $1 AND f.body_id = $2 AND p.supplier_id = $3 AND ($4::int IS NULL OR l.number = $4)",
        contract.0,
        body.0,
        supplier.0,
        lot,
    )
    .fetch_all(conn)
    .await?;
    Ok(lots.first().map(|first| match lot {
        None => Reach::Contract(contract),
        Some(_) => Reach::Lot(contract, LotId(*first)),
    }))
}

/// A stop to be entered.
#[derive(Debug, Clone, Copy)]
pub struct NewStop<'a> {
    /// Its id.
    pub id: Uuid,
    /// How far it reaches.
    pub reach: Reach,
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

/// Enters a stop. Fails by `supplier_stop_one_at_a_time` where another one of the same reach covers a day of it.
pub async fn insert(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
    stop: &NewStop<'_>,
) -> Result<(), StorageError> {
    let (contract, lot) = stop.reach.columns();
    sqlx::query!(
        "INSERT INTO supplier_stop (id, body_id, supplier_id, stopped_from, reason, document, recorded_by, recorded_at, contract_id, lot_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        stop.id,
        body.0,
        supplier.0,
        stop.stopped_from,
        stop.reason,
        stop.document,
        stop.person.0,
        stop.at,
        contract,
        lot,
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

/// Orders and requests of a stopped supplier that the actor may see: what a member has to settle.
pub async fn affected_orders(
    conn: &mut PgConnection,
    day: NaiveDate,
    limit: i64,
) -> Result<Vec<(CallOffId, String, String, NaiveDate)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, coalesce(c.number, c.case_number) AS "number!", o.name,
                  abruf.order_stopped_from(c.body_id, c.supplier_id, c.contract_id, c.id, $1) AS "stopped_from!"
           FROM call_off c
           JOIN organisation o ON o.id = c.supplier_id
           WHERE c.status IN ('submitted', 'returned', 'released', 'dispatched', 'confirmed')
             AND EXISTS (SELECT FROM supplier_stop s
                         WHERE s.body_id = c.body_id AND s.supplier_id = c.supplier_id
                           AND s.stopped_from <= $1 AND (s.lifted_from IS NULL OR $1 < s.lifted_from))
             AND abruf.order_stopped_from(c.body_id, c.supplier_id, c.contract_id, c.id, $1) IS NOT NULL
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
    /// Since when it is stopped there, by a stop of any reach, today or to come.
    pub stopped_from: Option<NaiveDate>,
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
                  (SELECT s.first_day FROM abruf.party_stop($1, p.contract_id, p.lot_id, p.supplier_id, $3) s) AS stopped_from,
                  (SELECT o.name
                   FROM contract_party n
                   JOIN organisation o ON o.id = n.supplier_id
                   WHERE n.contract_id = p.contract_id AND n.lot_id = p.lot_id AND n.supplier_id <> p.supplier_id
                     AND n.valid_from <= $3 AND (n.valid_to IS NULL OR $3 <= n.valid_to)
                     AND coalesce($3 < least(n.stopped_from, (SELECT s.first_day FROM abruf.party_stop($1, n.contract_id, n.lot_id, n.supplier_id, $3) s)), true)
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
