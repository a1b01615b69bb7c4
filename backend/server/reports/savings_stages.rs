//! Planned, realised and audited savings side by side. Three books: they are never added to each other, and within
//! a book the classes are never added (`abruf_domain::savings`).
//!
//! An entry counts for the day of its event and for whoever sees its call-off. Bonuses count as realised, in the year of
//! their credit note: they belong to a member and a contract, not to a call-off, and have rows of their own in the list
//! of call-offs, so that every list adds up to the figure above it.

use sqlx::PgConnection;
use uuid::Uuid;

use super::savings::{Filter, Sums, sums_of};
use super::savings_totals;
use crate::storage::StorageError;

/// What the sums are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// One row over everything.
    Total,
    /// A row per contract, by number.
    Contract,
    /// A row per member, by name.
    Member,
    /// A row per call-off and per bonus.
    CallOff,
}

impl By {
    const fn key(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Contract => "contract",
            Self::Member => "member",
            Self::CallOff => "call_off",
        }
    }
}

/// A group with its three books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageGroup {
    /// Contract, member, call-off or bonus; nil for the total.
    pub id: Uuid,
    /// Title of the contract, name of the member, contract title of call-off or bonus.
    pub name: String,
    /// Number of contract or call-off, document of a bonus.
    pub number: String,
    /// Member of a call-off.
    pub member: String,
    /// It is a call-off, and not a bonus.
    pub is_call_off: bool,
    /// Planned at release, less cancellations and corrections.
    pub planned: Sums,
    /// Realised by deliveries, invoices and bonuses.
    pub realised: Sums,
    /// Realised and marked as checked by an auditor.
    pub audited: Sums,
}

/// The three books over everything the filter lets through.
pub async fn total(conn: &mut PgConnection, filter: &Filter) -> Result<StageGroup, StorageError> {
    let nothing = StageGroup {
        id: Uuid::nil(),
        name: String::new(),
        number: String::new(),
        member: String::new(),
        is_call_off: false,
        planned: Sums::ZERO,
        realised: Sums::ZERO,
        audited: Sums::ZERO,
    };
    Ok(grouped(conn, filter, By::Total).await?.pop().unwrap_or(nothing))
}

/// The three books by group, in one statement: call-offs, and everything for an auditor, from their entries, the other
/// levels from the rollup that is kept with each entry.
pub async fn grouped(conn: &mut PgConnection, filter: &Filter, by: By) -> Result<Vec<StageGroup>, StorageError> {
    let from_entries = by == By::CallOff || !savings_totals::open(&mut *conn).await?;
    let rows = sqlx::query!(
        r#"WITH entry AS (
             SELECT e.contract_id, e.member_id, e.call_off_id AS id,
                    CASE WHEN e.stage IN ('realised', 'audited') THEN e.stage ELSE 'planned' END AS book,
                    e.class, CASE WHEN e.baseline_id IS NULL THEN 0 ELSE e.order_net END AS evidenced_net, e.effect_net,
                    e.surcharge_net, e.fee_net, e.bonus_net, e.order_net
             FROM savings_entry e
             JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
             JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
             WHERE $6
               AND ($1::int IS NULL OR extract(year FROM e.dated_on) = $1)
               AND ($2::uuid IS NULL OR e.contract_id = $2)
               AND ($3::uuid IS NULL OR e.member_id = $3)
               AND ($4::text IS NULL OR e.class = $4)
             UNION ALL
             SELECT t.contract_id, t.member_id, NULL, t.book, t.class, t.evidenced_net, t.effect_net, t.surcharge_net, t.fee_net,
                    t.bonus_net, t.order_net
             FROM savings_total t
             JOIN framework_contract f ON f.id = t.contract_id AND f.currency = 'EUR'
             WHERE NOT $6
               AND ($1::int IS NULL OR t.year = $1)
               AND ($2::uuid IS NULL OR t.contract_id = $2)
               AND ($3::uuid IS NULL OR t.member_id = $3)
               AND ($4::text IS NULL OR t.class = $4)
             UNION ALL
             SELECT p.contract_id, s.member_id, p.id, 'realised', 'A', 0, 0, 0, 0, s.share_net, 0
             FROM bonus_payment p
             JOIN bonus_share s ON s.contract_id = p.contract_id AND s.bonus_id = p.id
             JOIN framework_contract f ON f.id = p.contract_id AND f.currency = 'EUR'
             WHERE ($1::int IS NULL OR extract(year FROM p.received_on) = $1)
               AND ($2::uuid IS NULL OR p.contract_id = $2)
               AND ($3::uuid IS NULL OR s.member_id = $3)
               AND ($4::text IS NULL OR $4 = 'A')
           ), sums AS (
             SELECT CASE $5::text
                        WHEN 'contract' THEN contract_id
                        WHEN 'member' THEN member_id
                        WHEN 'call_off' THEN id
                        ELSE '00000000-0000-0000-0000-000000000000'
                    END AS id,
                    book,
                    sum(order_net) AS volume,
                    sum(evidenced_net) AS evidenced,
                    sum(effect_net) FILTER (WHERE class = 'A') AS a,
                    sum(surcharge_net) AS surcharge,
                    sum(fee_net) AS fee,
                    sum(bonus_net) AS bonus,
                    sum(effect_net) FILTER (WHERE class = 'B') AS b,
                    sum(effect_net) FILTER (WHERE class = 'C') AS c,
                    sum(effect_net) FILTER (WHERE class = 'P') AS p
             FROM entry
             GROUP BY 1, 2
           )
           SELECT s.id AS "id!", s.book AS "book!", coalesce(f.title, m.name, cf.title, pf.title, '') AS "name!",
                  coalesce(f.number, c.number, c.case_number, p.document, '') AS "number!", coalesce(cm.name, '') AS "member!",
                  c.id IS NOT NULL AS "is_call_off!", s.volume AS "volume!", coalesce(s.evidenced, 0) AS "evidenced!",
                  coalesce(s.a, 0) AS "a!", s.surcharge AS "surcharge!", s.fee AS "fee!", s.bonus AS "bonus!",
                  coalesce(s.b, 0) AS "b!", coalesce(s.c, 0) AS "c!", coalesce(s.p, 0) AS "p!"
           FROM sums s
           LEFT JOIN framework_contract f ON f.id = s.id
           LEFT JOIN organisation m ON m.id = s.id
           LEFT JOIN call_off c ON c.id = s.id
           LEFT JOIN framework_contract cf ON cf.id = c.contract_id
           LEFT JOIN organisation cm ON cm.id = c.member_id
           LEFT JOIN bonus_payment p ON p.id = s.id
           LEFT JOIN framework_contract pf ON pf.id = p.contract_id
           ORDER BY f.number, m.name, c.number DESC NULLS LAST, s.id, s.book"#,
        filter.year,
        filter.contract.map(Uuid::from),
        filter.member.map(Uuid::from),
        filter.class,
        by.key(),
        from_entries,
    )
    .fetch_all(conn)
    .await?;
    let mut groups: Vec<StageGroup> = Vec::new();
    for row in rows {
        let sums = sums_of(
            [row.volume, row.evidenced, row.a, row.surcharge, row.fee, row.bonus, row.b, row.c, row.p],
            row.id,
        )?;
        if groups.last().is_none_or(|group| group.id != row.id) {
            groups.push(StageGroup {
                id: row.id,
                name: row.name,
                number: row.number,
                member: row.member,
                is_call_off: row.is_call_off,
                planned: Sums::ZERO,
                realised: Sums::ZERO,
                audited: Sums::ZERO,
            });
        }
        if let Some(group) = groups.last_mut() {
            match row.book.as_str() {
                "realised" => group.realised = sums,
                "audited" => group.audited = sums,
                _ => group.planned = sums,
            }
        }
    }
    Ok(groups)
}

/// Years in which something was planned, realised, audited or paid as a bonus, newest first.
pub async fn years(conn: &mut PgConnection) -> Result<Vec<i32>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT year AS "year!" FROM savings_total
           UNION
           SELECT extract(year FROM dated_on)::int FROM savings_entry WHERE (SELECT abruf.actor_kind()) = 'auditor'
           UNION
           SELECT extract(year FROM p.received_on)::int FROM bonus_payment p
           ORDER BY 1 DESC"#
    )
    .fetch_all(conn)
    .await?)
}
