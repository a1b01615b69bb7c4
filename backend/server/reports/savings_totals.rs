//! Savings read from the rollup that is kept with each entry of the ledger (`savings_total`): a few thousand rows where
//! the ledger has millions, and fewer still by year (`savings_year_totals.rs`). It knows contract, member, supplier, year, class, category and book, and answers a question
//! that asks nothing else; every other one is answered from the entries, and every auditor's, whose period can cut through
//! a year.

use abruf_domain::money::Net;
use chrono::{Datelike, NaiveDate};
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::{Dimension, Question};
use super::savings::{Filter, Group, Grouping, Sums, sums_of};
use super::savings_by::Part;
use super::savings_year_totals;
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// What the rollup is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Calendar year.
    pub year: Option<i32>,
    /// One contract.
    pub contract: Option<Uuid>,
    /// One member.
    pub member: Option<Uuid>,
    /// One supplier.
    pub supplier: Option<Uuid>,
    /// One CPV division; empty for what has none.
    pub category: Option<String>,
    /// One class.
    pub class: Option<String>,
    /// What it is put together by.
    pub by: Vec<Dimension>,
}

/// Cells with the same values of the dimensions asked for; the others are empty.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// Its contract.
    pub contract: Option<Uuid>,
    /// Its member.
    pub member: Option<Uuid>,
    /// Its supplier.
    pub supplier: Option<Uuid>,
    /// Its year.
    pub year: Option<i32>,
    /// Its class.
    pub class: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Call-offs in it, each once.
    pub call_offs: i64,
    /// Classes that have entries, see [`classes_of`].
    pub classes: i32,
    /// No entry is dated before.
    pub first_on: NaiveDate,
    /// Comparison value.
    pub baseline: Net,
    /// Its sums.
    pub sums: Sums,
}

/// First and last day on which something visible was booked.
#[derive(Debug, Clone, Copy)]
struct Days {
    first: NaiveDate,
    last: NaiveDate,
}

/// The days of the planned book; `None` where nothing is booked. `Err(())` within where the rollup is not for the reader.
async fn days(conn: &mut PgConnection) -> Result<Result<Option<Days>, ()>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT abruf.actor_kind() = 'auditor' AS "auditor!", min(first_on) AS first, max(last_on) AS last
           FROM savings_total WHERE book = 'planned'"#
    )
    .fetch_one(conn)
    .await?;
    Ok(if row.auditor { Err(()) } else { Ok(row.first.zip(row.last).map(|(first, last)| Days { first, last })) })
}

/// Whether the reader reads the rollup at all.
pub(super) async fn open(conn: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT abruf.actor_kind() <> 'auditor' AS "open!""#).fetch_one(conn).await?)
}

/// The question as the rollup is asked it; `None` where only the entries can answer.
pub(super) async fn asked(
    conn: &mut PgConnection,
    question: &Question,
    by: &[Dimension],
) -> Result<Option<Asked>, StorageError> {
    if question.call_off.is_some() || question.position.is_some() {
        return Ok(None);
    }
    // Without a period nobody need know from when to when there is something.
    let booked = if question.from.is_none() && question.to.is_none() {
        if !open(&mut *conn).await? {
            return Ok(None);
        }
        None
    } else {
        let Ok(booked) = days(conn).await? else { return Ok(None) };
        booked
    };
    let Some(year) = year_of(question, booked) else { return Ok(None) };
    Ok(Some(Asked {
        year,
        contract: question.contract,
        member: question.member,
        supplier: question.supplier,
        category: question
            .category
            .clone()
            .map(|it| if it == super::question::NO_CATEGORY { String::new() } else { it }),
        class: question.class.clone(),
        by: by.to_vec(),
    }))
}

/// The year that a period and a year come to, `Some(None)` for all; `None` where they cut through one.
fn year_of(question: &Question, booked: Option<Days>) -> Option<Option<i32>> {
    let (from, to) = (question.from, question.to);
    let whole = |day: NaiveDate| (day.month(), day.day());
    match (from, to) {
        (None, None) => Some(question.year),
        (Some(from), Some(to))
            if from.year() == to.year()
                && whole(from) == (1, 1)
                && whole(to) == (12, 31)
                && question.year.is_none_or(|year| year == from.year()) =>
        {
            Some(Some(from.year()))
        }
        // Everything that was ever booked lies in it.
        _ if booked.is_none_or(|it| from.is_none_or(|from| from <= it.first) && to.is_none_or(|to| it.last <= to)) => {
            Some(question.year)
        }
        _ => None,
    }
}

/// Evidence classes by the bits of `savings_year_total.classes`.
const CLASS_BITS: [(i32, &str); 5] = [(1, "A"), (2, "B"), (4, "C"), (8, "P"), (16, "none")];

/// The classes of these bits.
pub(super) fn classes_of(bits: i32) -> Vec<String> {
    CLASS_BITS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, class)| (*class).to_owned()).collect()
}

/// What the cells come to, in no order; one over all without a dimension, none where there are no entries.
pub(super) async fn cells(conn: &mut PgConnection, asked: &Asked) -> Result<Vec<Cell>, StorageError> {
    if savings_year_totals::know(asked) {
        return savings_year_totals::cells(conn, asked).await;
    }
    let by = |dimension| asked.by.contains(&dimension);
    // A call-off counts once per value of what is asked: by year, class and category it can have several.
    let level = i32::from(by(Dimension::Year) || asked.year.is_some())
        + 2 * i32::from(by(Dimension::Class) || asked.class.is_some())
        + 4 * i32::from(by(Dimension::Category) || asked.category.is_some());
    let rows = sqlx::query!(
        r#"SELECT CASE WHEN $1 THEN t.contract_id END AS contract_id, CASE WHEN $2 THEN t.member_id END AS member_id,
                  CASE WHEN $3 THEN t.supplier_id END AS supplier_id, CASE WHEN $4 THEN t.year END AS year,
                  CASE WHEN $5 THEN t.class END AS class, CASE WHEN $6 THEN t.category END AS category,
                  sum(CASE $13::int WHEN 0 THEN t.orders WHEN 1 THEN t.orders_of_year WHEN 2 THEN t.orders_of_class
                                    WHEN 3 THEN t.orders_of_year_class WHEN 4 THEN t.orders_of_category
                                    WHEN 5 THEN t.orders_of_year_category WHEN 6 THEN t.orders_of_class_category
                                    ELSE t.orders_of_cell END) AS "call_offs!",
                  bit_or(abruf.savings_class_bit(t.class)) AS "classes!",
                  min(t.first_on) AS "first_on!",
                  sum(t.baseline_net) AS "baseline!", sum(t.order_net) AS "volume!", sum(t.evidenced_net) AS "evidenced!",
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'A'), 0) AS "a!",
                  sum(t.surcharge_net) AS "surcharge!", sum(t.fee_net) AS "fee!", sum(t.bonus_net) AS "bonus!",
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'B'), 0) AS "b!",
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'C'), 0) AS "c!",
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'P'), 0) AS "p!"
           FROM savings_total t
           WHERE t.book = 'planned'
             AND t.contract_id = ANY (ARRAY(SELECT f.id FROM framework_contract f WHERE f.currency = 'EUR'))
             AND ($7::int IS NULL OR t.year = $7)
             AND ($8::uuid IS NULL OR t.contract_id = $8)
             AND ($9::uuid IS NULL OR t.member_id = $9)
             AND ($10::uuid IS NULL OR t.supplier_id = $10)
             AND ($11::text IS NULL OR t.category = $11)
             AND ($12::text IS NULL OR t.class = $12)
           GROUP BY 1, 2, 3, 4, 5, 6"#,
        by(Dimension::Contract),
        by(Dimension::Member),
        by(Dimension::Supplier),
        by(Dimension::Year),
        by(Dimension::Class),
        by(Dimension::Category),
        asked.year,
        asked.contract,
        asked.member,
        asked.supplier,
        asked.category,
        asked.class,
        level,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Cell {
                sums: sums_of(
                    [row.volume, row.evidenced, row.a, row.surcharge, row.fee, row.bonus, row.b, row.c, row.p],
                    "sum",
                )?,
                baseline: consistent(Net::new(row.baseline), "savings_total", "baseline_net", "sum")?,
                contract: row.contract_id,
                member: row.member_id,
                supplier: row.supplier_id,
                year: row.year,
                class: row.class,
                category: row.category,
                call_offs: row.call_offs,
                classes: row.classes,
                first_on: row.first_on,
            })
        })
        .collect()
}

/// The parts of a question that the rollup can answer.
pub(super) async fn parts(conn: &mut PgConnection, asked: &Asked) -> Result<Vec<Part>, StorageError> {
    let cells = cells(conn, asked).await?;
    let key = |cell: &Cell, at: usize| {
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        asked.by.get(at).map_or_else(String::new, |dimension| match dimension {
            Dimension::Contract => text(cell.contract),
            Dimension::Member => text(cell.member),
            Dimension::Supplier => text(cell.supplier),
            Dimension::Year => cell.year.map(|year| year.to_string()).unwrap_or_default(),
            Dimension::Class => cell.class.clone().unwrap_or_default(),
            Dimension::Category => cell.category.clone().unwrap_or_default(),
        })
    };
    let part = |cell: Cell| Part {
        keys: [key(&cell, 0), key(&cell, 1), key(&cell, 2)],
        call_offs: cell.call_offs,
        dated_on: Some(cell.first_on),
        classes: cell.class_names(),
        baseline: cell.baseline,
        sums: cell.sums,
    };
    Ok(cells.into_iter().map(part).collect())
}

/// The groups of the board's pages. What was taken back is counted from the entries of cancellations, which are few.
pub(super) async fn groups(
    conn: &mut PgConnection,
    filter: &Filter,
    grouping: Grouping,
    limit: i64,
    offset: i64,
) -> Result<Vec<Group>, StorageError> {
    let rows = sqlx::query!(
        r#"WITH sums AS (
             SELECT CASE $5::text WHEN 'contract' THEN t.contract_id WHEN 'member' THEN t.member_id
                        ELSE '00000000-0000-0000-0000-000000000000' END AS id,
                    sum(CASE WHEN $1::int IS NULL AND $4::text IS NULL THEN t.orders WHEN $4::text IS NULL THEN t.orders_of_year
                             WHEN $1::int IS NULL THEN t.orders_of_class ELSE t.orders_of_year_class END) AS call_offs,
                    string_agg(DISTINCT t.class, ' ') AS classes, min(t.first_on) AS dated_on,
                    sum(t.order_net) AS volume, sum(t.evidenced_net) AS evidenced,
                    sum(CASE WHEN t.class = 'A' THEN t.effect_net ELSE 0 END) AS a,
                    sum(t.surcharge_net) AS surcharge, sum(t.fee_net) AS fee, sum(t.bonus_net) AS bonus,
                    sum(CASE WHEN t.class = 'B' THEN t.effect_net ELSE 0 END) AS b,
                    sum(CASE WHEN t.class = 'C' THEN t.effect_net ELSE 0 END) AS c,
                    sum(CASE WHEN t.class = 'P' THEN t.effect_net ELSE 0 END) AS p
             FROM savings_total t
             JOIN framework_contract f ON f.id = t.contract_id AND f.currency = 'EUR'
             WHERE t.book = 'planned'
               AND ($1::int IS NULL OR t.year = $1)
               AND ($2::uuid IS NULL OR t.contract_id = $2)
               AND ($3::uuid IS NULL OR t.member_id = $3)
               AND ($4::text IS NULL OR t.class = $4)
             GROUP BY 1
           ), taken_back AS (
             SELECT CASE $5::text WHEN 'contract' THEN e.contract_id WHEN 'member' THEN e.member_id
                        ELSE '00000000-0000-0000-0000-000000000000' END AS id,
                    count(DISTINCT e.call_off_id) AS cancelled
             FROM savings_entry e
             JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
             JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id AND v.status = 'cancelled'
             WHERE e.stage = 'cancelled'
               AND ($1::int IS NULL OR extract(year FROM e.dated_on) = $1)
               AND ($2::uuid IS NULL OR e.contract_id = $2)
               AND ($3::uuid IS NULL OR e.member_id = $3)
               AND ($4::text IS NULL OR e.class = $4)
             GROUP BY 1
           )
           SELECT s.id AS "id!", coalesce(f.title, m.name, '') AS "name!", coalesce(f.number, '') AS "number!",
                  m.inhabitants AS "inhabitants?", s.dated_on AS "dated_on!", s.call_offs AS "call_offs!", s.volume AS "volume!",
                  s.evidenced AS "evidenced!", s.a AS "a!", s.surcharge AS "surcharge!", s.fee AS "fee!", s.bonus AS "bonus!",
                  s.b AS "b!", s.c AS "c!", s.p AS "p!", coalesce(t.cancelled, 0) AS "cancelled!", s.classes AS "classes!"
           FROM sums s
           LEFT JOIN taken_back t ON t.id = s.id
           LEFT JOIN framework_contract f ON f.id = s.id
           LEFT JOIN organisation m ON m.id = s.id
           ORDER BY f.number, m.name, s.id
           LIMIT $6 OFFSET $7"#,
        filter.year,
        filter.contract.map(Uuid::from),
        filter.member.map(Uuid::from),
        filter.class,
        grouping.key(),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Group {
                sums: sums_of(
                    [row.volume, row.evidenced, row.a, row.surcharge, row.fee, row.bonus, row.b, row.c, row.p],
                    row.id,
                )?,
                id: row.id,
                name: row.name,
                number: row.number,
                inhabitants: row.inhabitants,
                dated_on: Some(row.dated_on),
                call_offs: row.call_offs,
                cancelled: row.cancelled,
                classes: row.classes.split_whitespace().map(ToOwned::to_owned).collect(),
                ..Group::nothing()
            })
        })
        .collect()
}

/// Lines without a valid baseline that releases wrote, cancelled ones included.
pub(super) async fn uncompared(conn: &mut PgConnection, filter: &Filter) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(sum(t.planned_entries), 0)::bigint AS "count!"
           FROM savings_total t
           JOIN framework_contract f ON f.id = t.contract_id AND f.currency = 'EUR'
           WHERE t.book = 'planned' AND t.class = 'none'
             AND ($1::int IS NULL OR t.year = $1) AND ($2::uuid IS NULL OR t.contract_id = $2) AND ($3::uuid IS NULL OR t.member_id = $3)"#,
        filter.year,
        filter.contract.map(Uuid::from),
        filter.member.map(Uuid::from),
    )
    .fetch_one(conn)
    .await?)
}

/// First day of the planned book, and its years, newest first; `None` where the rollup is not for the reader.
pub(super) async fn years(conn: &mut PgConnection) -> Result<Option<(Option<NaiveDate>, Vec<i32>)>, StorageError> {
    if !open(&mut *conn).await? {
        return Ok(None);
    }
    let rows = sqlx::query!(
        r#"SELECT year AS "year!", min(first_on) AS "first_on!" FROM savings_total WHERE book = 'planned' GROUP BY year ORDER BY year DESC"#
    )
    .fetch_all(conn)
    .await?;
    let first = rows.last().map(|row| row.first_on);
    Ok(Some((first, rows.into_iter().map(|row| row.year).collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_period_is_a_year_or_all_or_cuts_through_one() {
        let booked = Some(Days { first: day("2024-03-01").unwrap(), last: day("2026-11-20").unwrap() });
        let of = |from, to, year| year_of(&Question { from, to, year, ..Question::default() }, booked);
        assert_eq!(of(None, None, None), Some(None));
        assert_eq!(of(None, None, Some(2025)), Some(Some(2025)));
        assert_eq!(of(day("2025-01-01"), day("2025-12-31"), None), Some(Some(2025)));
        assert_eq!(of(day("2025-01-01"), day("2025-12-31"), Some(2025)), Some(Some(2025)));
        assert_eq!(of(day("2025-01-01"), day("2025-12-31"), Some(2026)), None, "nothing, said by the entries");
        assert_eq!(of(day("1980-01-01"), day("2029-12-31"), None), Some(None), "fifty years hold them all");
        assert_eq!(of(day("2024-03-01"), day("2026-11-20"), Some(2024)), Some(Some(2024)));
        assert_eq!(of(day("2024-03-02"), None, None), None);
        assert_eq!(of(None, day("2026-11-19"), None), None);
        assert_eq!(of(day("2025-01-01"), day("2026-12-31"), None), None, "two years of three");
        let nothing = Question { from: day("2025-02-02"), ..Question::default() };
        assert_eq!(year_of(&nothing, None), Some(None), "an empty ledger");
    }
}
