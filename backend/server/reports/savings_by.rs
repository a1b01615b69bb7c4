//! Savings broken down by any dimensions, and as one figure: from the rollup (`savings_totals.rs`) where it knows what is
//! asked, else from the entries. Its lists are of
//! `savings_levels.rs` and `savings_lines.rs`.

use abruf_domain::money::Net;
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::question::{Dimension, Question};
use super::savings::{Sums, sums_of};
use super::savings_totals;
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// Most rows of a table that is made as a whole: page, workbook, JSON and PDF. CSV and JSON lines have no limit.
pub const MOST_ROWS: i64 = 200_000;

/// Place of a dimension in the array of keys of the statement.
const fn place(dimension: Dimension) -> i32 {
    match dimension {
        Dimension::Contract => 1,
        Dimension::Member => 2,
        Dimension::Category => 3,
        Dimension::Year => 4,
        Dimension::Supplier => 5,
        Dimension::Class => 6,
    }
}

/// Bookings with the same keys.
#[derive(Debug, Clone)]
pub struct Part {
    /// The keys in the order asked for; empty ones behind them.
    pub keys: [String; 3],
    /// Call-offs behind it.
    pub call_offs: i64,
    /// Their classes.
    pub classes: Vec<String>,
    /// First day of its bookings.
    pub dated_on: Option<NaiveDate>,
    /// Comparison value of its lines.
    pub baseline: Net,
    /// Its sums.
    pub sums: Sums,
}

/// What the bookings of a question come to, put together by at most three keys; without any, one part over all.
/// Contracts in other currencies than the euro are not mixed in.
///
/// # Errors
/// If the database fails.
pub async fn grouped(
    conn: &mut PgConnection,
    question: &Question,
    by: &[Dimension],
) -> Result<Vec<Part>, StorageError> {
    if let Some(asked) = savings_totals::asked(&mut *conn, question, by).await? {
        return savings_totals::parts(conn, &asked).await;
    }
    let place = |at: usize| by.get(at).map_or(0, |it| place(*it));
    let rows = sqlx::query!(
        r#"SELECT coalesce(d.keys[$1::int], '') AS "k1!", coalesce(d.keys[$2::int], '') AS "k2!", coalesce(d.keys[$3::int], '') AS "k3!",
                  count(DISTINCT d.call_off_id) AS "call_offs!",
                  string_agg(DISTINCT d.class, ' ') AS "classes!",
                  min(d.dated_on) AS dated_on,
                  sum(d.baseline_net) AS "baseline!",
                  sum(d.order_net) AS "volume!",
                  coalesce(sum(d.order_net) FILTER (WHERE d.baseline_id IS NOT NULL), 0) AS "evidenced!",
                  coalesce(sum(d.effect_net) FILTER (WHERE d.class = 'A'), 0) AS "a!",
                  sum(d.surcharge_net) AS "surcharge!", sum(d.fee_net) AS "fee!", sum(d.bonus_net) AS "bonus!",
                  coalesce(sum(d.effect_net) FILTER (WHERE d.class = 'B'), 0) AS "b!",
                  coalesce(sum(d.effect_net) FILTER (WHERE d.class = 'C'), 0) AS "c!",
                  coalesce(sum(d.effect_net) FILTER (WHERE d.class = 'P'), 0) AS "p!"
           FROM (
             SELECT e.call_off_id, e.class, e.dated_on, e.baseline_id, e.baseline_net, e.order_net, e.effect_net,
                    e.surcharge_net, e.fee_net, e.bonus_net,
                    ARRAY[e.contract_id::text, e.member_id::text, coalesce(substring(i.cpv FROM '^[0-9]{2}'), ''),
                          extract(year FROM e.dated_on)::text, v.supplier_id::text, e.class] AS keys
             FROM planned_savings e
             JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
             JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
             LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
             LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
             WHERE ($4::date IS NULL OR $4 <= e.dated_on)
               AND ($5::date IS NULL OR e.dated_on <= $5)
               AND ($6::int IS NULL OR extract(year FROM e.dated_on) = $6)
               AND ($7::uuid IS NULL OR e.contract_id = $7)
               AND ($8::uuid IS NULL OR e.member_id = $8)
               AND ($9::uuid IS NULL OR v.supplier_id = $9)
               AND ($10::text IS NULL OR coalesce(substring(i.cpv FROM '^[0-9]{2}'), 'none') = $10)
               AND ($11::text IS NULL OR e.class = $11)
               AND ($12::uuid IS NULL OR e.call_off_id = $12)
               AND ($13::int IS NULL OR coalesce(e.position, 0) = $13)
           ) d
           GROUP BY 1, 2, 3
           LIMIT $14"#,
        place(0),
        place(1),
        place(2),
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        question.supplier,
        question.category,
        question.class,
        question.call_off,
        question.position,
        MOST_ROWS + 1
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Part {
                sums: sums_of(
                    [row.volume, row.evidenced, row.a, row.surcharge, row.fee, row.bonus, row.b, row.c, row.p],
                    &row.k1,
                )?,
                baseline: consistent(Net::new(row.baseline), "savings_entry", "baseline_net", &row.k1)?,
                call_offs: row.call_offs,
                classes: row.classes.split_whitespace().map(ToOwned::to_owned).collect(),
                dated_on: row.dated_on,
                keys: [row.k1, row.k2, row.k3],
            })
        })
        .collect()
}

/// The question as one figure, without any list.
///
/// # Errors
/// If the database fails.
pub async fn total(conn: &mut PgConnection, question: &Question) -> Result<Part, StorageError> {
    let whole = grouped(conn, question, &[]).await?.into_iter().next();
    Ok(whole.unwrap_or_else(|| Part {
        keys: Default::default(),
        call_offs: 0,
        classes: Vec::new(),
        dated_on: None,
        baseline: Net::ZERO,
        sums: Sums::ZERO,
    }))
}
