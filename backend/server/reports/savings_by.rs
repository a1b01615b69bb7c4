//! Savings broken down by any dimensions and on every level below: contract, member, call-off, line, booking with its
//! baseline. One statement for all of them, so that no level can count differently from another.

use abruf_domain::money::Net;
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::question::{Dimension, Question};
use super::savings::Sums;
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// More rows than any spreadsheet shows; a question that has more is refused by `catalogue`.
pub const MOST_ROWS: i64 = 200_000;

/// What bookings are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A dimension.
    Of(Dimension),
    /// Call-off.
    CallOff,
    /// Line of a call-off: `<call-off>/<position>`, position 0 for what belongs to no line.
    Line,
    /// Single booking.
    Entry,
}

impl By {
    /// Its place in the array of keys of the statement.
    const fn place(self) -> i32 {
        match self {
            Self::Of(Dimension::Contract) => 1,
            Self::Of(Dimension::Member) => 2,
            Self::Of(Dimension::Category) => 3,
            Self::Of(Dimension::Year) => 4,
            Self::Of(Dimension::Supplier) => 5,
            Self::Of(Dimension::Class) => 6,
            Self::CallOff => 7,
            Self::Line => 8,
            Self::Entry => 9,
        }
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
pub async fn grouped(conn: &mut PgConnection, question: &Question, by: &[By]) -> Result<Vec<Part>, StorageError> {
    let place = |at: usize| by.get(at).map_or(0, |it| it.place());
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
                          extract(year FROM e.dated_on)::text, v.supplier_id::text, e.class, e.call_off_id::text,
                          e.call_off_id::text || '/' || coalesce(e.position, 0), e.id::text] AS keys
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
            let net = |value, column| consistent(Net::new(value), "savings_entry", column, &row.k1);
            let (a_effect, surcharge, fee, bonus) = (
                net(row.a, "effect_net")?,
                net(row.surcharge, "surcharge_net")?,
                net(row.fee, "fee_net")?,
                net(row.bonus, "bonus_net")?,
            );
            Ok(Part {
                sums: Sums {
                    volume: net(row.volume, "order_net")?,
                    evidenced_volume: net(row.evidenced, "order_net")?,
                    a_effect,
                    surcharge,
                    fee,
                    bonus,
                    a_net: a_effect - surcharge - fee + bonus,
                    b_effect: net(row.b, "effect_net")?,
                    c_effect: net(row.c, "effect_net")?,
                    p_effect: net(row.p, "effect_net")?,
                },
                baseline: net(row.baseline, "baseline_net")?,
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
