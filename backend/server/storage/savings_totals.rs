//! The rollup of the savings ledger (`savings_total`, and by year `savings_year_total`): putting its rows together, comparing
//! it with the ledger, and repair. Whoever books writes it by a trigger, the job the sums by year; reports read them in
//! `reports/savings_totals.rs` and `reports/savings_year_totals.rs`.

use abruf_domain::ids::ContractId;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::StorageError;

/// Puts the rows of each cell together; changes no sum. Returns how many cells it touched.
///
/// # Errors
/// If the database fails.
pub async fn settle(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT abruf.settle_savings_total() AS "cells!""#).fetch_one(conn).await?)
}

/// Every contract that has entries or sums, with its number, by number.
///
/// # Errors
/// If the database fails.
pub async fn contracts(conn: &mut PgConnection) -> Result<Vec<(ContractId, String)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT f.id, f.number
         FROM framework_contract f
         WHERE EXISTS (SELECT FROM savings_entry e WHERE e.contract_id = f.id)
            OR EXISTS (SELECT FROM savings_total t WHERE t.contract_id = f.id)
         ORDER BY f.number, f.id"
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (ContractId(row.id), row.number)).collect())
}

/// A cell whose sums are not those of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Name of the member.
    pub member: String,
    /// Name of the supplier.
    pub supplier: String,
    /// planned, realised or audited.
    pub book: String,
    /// Calendar year.
    pub year: i32,
    /// Evidence class; `alle` where the sum by year is meant.
    pub class: String,
    /// CPV division; empty without, `alle` where the sum by year is meant.
    pub category: String,
    /// What is missing in the sums, by name: entries and call-offs as numbers, amounts net.
    pub missing: Vec<(&'static str, Decimal)>,
    /// Whether an entry is dated outside of the days of the cell.
    pub days_missing: bool,
}

/// The cells of a contract that differ from the ledger.
///
/// # Errors
/// If the database fails.
pub async fn differences(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Difference>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT coalesce(m.name, d.member_id::text) AS "member!", coalesce(s.name, d.supplier_id::text) AS "supplier!", d.book AS "book!",
                  d.year AS "year!", d.class AS "class!", d.category AS "category!", d.days_missing AS "days_missing!",
                  d.entries AS "entries!", d.baseline_net AS "baseline!", d.order_net AS "volume!", d.evidenced_net AS "evidenced!",
                  d.effect_net AS "effect!", d.surcharge_net AS "surcharge!", d.fee_net AS "fee!", d.bonus_net AS "bonus!",
                  ARRAY[d.orders, d.orders_of_year, d.orders_of_class, d.orders_of_category, d.orders_of_year_class,
                        d.orders_of_year_category, d.orders_of_class_category, d.orders_of_cell] AS "orders!: Vec<i32>"
           FROM savings_total_difference d
           LEFT JOIN organisation m ON m.id = d.member_id
           LEFT JOIN organisation s ON s.id = d.supplier_id
           WHERE d.contract_id = $1
           ORDER BY m.name, d.member_id, s.name, d.supplier_id, d.book, d.year, d.class, d.category"#,
        contract.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut found: Vec<Difference> = rows
        .into_iter()
        .map(|row| {
            let orders = row.orders.into_iter().find(|count| *count != 0).unwrap_or_default();
            let all = [
                ("Buchungen", Decimal::from(row.entries)),
                ("Auftragswert", row.volume),
                ("Vergleichswert", row.baseline),
                ("verglichener Auftragswert", row.evidenced),
                ("Wirkung", row.effect),
                ("Zuschlag", row.surcharge),
                ("Umlage", row.fee),
                ("Bonus", row.bonus),
                ("Abrufe", Decimal::from(orders)),
            ];
            Difference {
                missing: all.into_iter().filter(|(_, amount)| !amount.is_zero()).collect(),
                member: row.member,
                supplier: row.supplier,
                book: row.book,
                year: row.year,
                class: row.class,
                category: row.category,
                days_missing: row.days_missing,
            }
        })
        .collect();
    found.extend(differences_by_year(conn, contract).await?);
    Ok(found)
}

/// The sums by year of a contract that are not those of its settled cells.
async fn differences_by_year(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Difference>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT coalesce(m.name, d.member_id::text) AS "member!", coalesce(s.name, d.supplier_id::text) AS "supplier!", d.book AS "book!",
                  d.year AS "year!", d.marks_differ AS "marks_differ!", d.orders AS "orders!", d.orders_of_year AS "orders_of_year!",
                  d.baseline_net AS "baseline!", d.order_net AS "volume!", d.evidenced_net AS "evidenced!",
                  d.a_effect_net AS "a!", d.b_effect_net AS "b!", d.c_effect_net AS "c!", d.p_effect_net AS "p!",
                  d.surcharge_net AS "surcharge!", d.fee_net AS "fee!", d.bonus_net AS "bonus!"
           FROM savings_year_total_difference d
           LEFT JOIN organisation m ON m.id = d.member_id
           LEFT JOIN organisation s ON s.id = d.supplier_id
           WHERE d.contract_id = $1
           ORDER BY m.name, d.member_id, s.name, d.supplier_id, d.body_id, d.book, d.year"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let orders = if row.orders == 0 { row.orders_of_year } else { row.orders };
            let all = [
                ("Auftragswert", row.volume),
                ("Vergleichswert", row.baseline),
                ("verglichener Auftragswert", row.evidenced),
                ("Wirkung A", row.a),
                ("Wirkung B", row.b),
                ("Wirkung C", row.c),
                ("Wirkung P", row.p),
                ("Zuschlag", row.surcharge),
                ("Umlage", row.fee),
                ("Bonus", row.bonus),
                ("Abrufe", Decimal::from(orders)),
            ];
            Difference {
                missing: all.into_iter().filter(|(_, amount)| !amount.is_zero()).collect(),
                member: row.member,
                supplier: row.supplier,
                book: row.book,
                year: row.year,
                class: "alle".to_owned(),
                category: "alle".to_owned(),
                days_missing: row.marks_differ,
            }
        })
        .collect())
}

/// Keeps others from rebuilding at the same time, as long as this connection lives; `false` if somebody is at it.
///
/// # Errors
/// If the database fails.
pub async fn begin_rebuild(owner: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock(817, 0) AS "free!""#).fetch_one(owner).await?)
}

/// Adds to the sums of a contract what the ledger says beyond them, as the owner of the tables and in a transaction that
/// sees one instant; nobody who books has to wait. Then the sums by year are made those of the cells. Returns how many
/// differed.
///
/// # Errors
/// If the database fails.
pub async fn correct(owner: &mut PgConnection, contract: ContractId) -> Result<i64, StorageError> {
    let cells = sqlx::query_scalar!(r#"SELECT abruf.correct_savings_total($1) AS "cells!""#, contract.0)
        .fetch_one(&mut *owner)
        .await?;
    let years = sqlx::query_scalar!(r#"SELECT abruf.rebuild_savings_year_total($1) AS "years!""#, contract.0)
        .fetch_one(owner)
        .await?;
    Ok(cells + years)
}
