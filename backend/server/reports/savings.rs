//! Savings by evidence class (rules.md section 5): what was saved, and how sure that is.
//!
//! These are the planned savings; what is realised and audited stands beside them (`savings_stages.rs`).
//! Classes are never added together. A is printed net of surcharge and fee, which count fully against
//! it; B, C and P as effect. Negative savings stay in every sum. `none` is order value without a valid
//! baseline: it saves nothing and lowers the coverage.
//!
//! An entry counts for whoever sees its call-off: what an auditor's period cuts off stands in no sum.
//! Every row of every table is a filter; [`grouped`] by call-off with the same filter lists what the row sums.

use std::fmt::Display;

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::savings_totals;
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// Which entries count.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Calendar year of the stage event; all years without.
    pub year: Option<i32>,
    /// One contract.
    pub contract: Option<ContractId>,
    /// One member.
    pub member: Option<OrganisationId>,
    /// One class: A, B, C, P or none.
    pub class: Option<String>,
}

/// Sums of one group. Amounts net, in euros: contracts in other currencies are not mixed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Order value.
    pub volume: Net,
    /// Order value of lines with a valid baseline.
    pub evidenced_volume: Net,
    /// Effect against proven baselines.
    pub a_effect: Net,
    /// Surcharges.
    pub surcharge: Net,
    /// Fees of the cooperative.
    pub fee: Net,
    /// Bonus realised.
    pub bonus: Net,
    /// A: effect minus surcharge and fee, plus bonus.
    pub a_net: Net,
    /// Effect against list prices.
    pub b_effect: Net,
    /// Effect against benchmarks.
    pub c_effect: Net,
    /// Avoided tenders, no cash.
    pub p_effect: Net,
}

impl Sums {
    /// Nothing.
    pub const ZERO: Self = Self {
        volume: Net::ZERO,
        evidenced_volume: Net::ZERO,
        a_effect: Net::ZERO,
        surcharge: Net::ZERO,
        fee: Net::ZERO,
        bonus: Net::ZERO,
        a_net: Net::ZERO,
        b_effect: Net::ZERO,
        c_effect: Net::ZERO,
        p_effect: Net::ZERO,
    };

    /// Evidenced order value of lines in percent of that of all lines (coverage quota, rules.md section 5): a surcharge is
    /// no line, and nothing can be compared with it.
    #[must_use]
    pub fn coverage_pct(&self) -> Option<Decimal> {
        self.evidenced_volume.percent_of(self.volume - self.surcharge)
    }

    /// Both together: how a list adds up.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            volume: self.volume + other.volume,
            evidenced_volume: self.evidenced_volume + other.evidenced_volume,
            a_effect: self.a_effect + other.a_effect,
            surcharge: self.surcharge + other.surcharge,
            fee: self.fee + other.fee,
            bonus: self.bonus + other.bonus,
            a_net: self.a_net + other.a_net,
            b_effect: self.b_effect + other.b_effect,
            c_effect: self.c_effect + other.c_effect,
            p_effect: self.p_effect + other.p_effect,
        }
    }

    /// The figure of one class as it is printed: A net, the others as effect.
    #[must_use]
    pub fn of_class(&self, class: &str) -> Net {
        match class {
            "A" => self.a_net,
            "B" => self.b_effect,
            "C" => self.c_effect,
            "P" => self.p_effect,
            _ => Net::ZERO,
        }
    }
}

/// Sums as a statement gives them: order value, evidenced order value, effect of A, surcharge, fee, bonus, effects of B, C, P.
pub(super) fn sums_of(amounts: [Decimal; 9], row: impl Display) -> Result<Sums, StorageError> {
    let row = row.to_string();
    let [volume, evidenced, a, surcharge, fee, bonus, b, c, p] = amounts;
    let net = |value, column| consistent(Net::new(value), "savings_entry", column, &row);
    let (a_effect, surcharge, fee, bonus) =
        (net(a, "effect_net")?, net(surcharge, "surcharge_net")?, net(fee, "fee_net")?, net(bonus, "bonus_net")?);
    Ok(Sums {
        volume: net(volume, "order_net")?,
        evidenced_volume: net(evidenced, "order_net")?,
        a_effect,
        surcharge,
        fee,
        bonus,
        a_net: a_effect - surcharge - fee + bonus,
        b_effect: net(b, "effect_net")?,
        c_effect: net(c, "effect_net")?,
        p_effect: net(p, "effect_net")?,
    })
}

/// What the sums are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// One row over everything.
    Total,
    /// A row per contract, by number.
    Contract,
    /// A row per member, by name.
    Member,
    /// A row per call-off, newest first.
    CallOff,
}

impl Grouping {
    /// As the statements know it.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Contract => "contract",
            Self::Member => "member",
            Self::CallOff => "call_off",
        }
    }
}

/// A group with its name and sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Contract, member or call-off; nil for the total.
    pub id: Uuid,
    /// Title of the contract, name of the member, contract title of the call-off.
    pub name: String,
    /// Number of contract or call-off.
    pub number: String,
    /// Member of a call-off.
    pub member: String,
    /// Inhabitants of a member, for figures per inhabitant.
    pub inhabitants: Option<i32>,
    /// State key of a call-off.
    pub status: String,
    /// First day of its entries.
    pub dated_on: Option<NaiveDate>,
    /// Call-offs behind it.
    pub call_offs: i64,
    /// Those of them that were cancelled within the filter.
    pub cancelled: i64,
    /// Classes that have entries, also where these add up to nothing.
    pub classes: Vec<String>,
    /// Its sums.
    pub sums: Sums,
}

impl Group {
    /// The total over no entries.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            id: Uuid::nil(),
            name: String::new(),
            number: String::new(),
            member: String::new(),
            inhabitants: None,
            status: String::new(),
            dated_on: None,
            call_offs: 0,
            cancelled: 0,
            classes: Vec::new(),
            sums: Sums::ZERO,
        }
    }

    /// Whether entries of this class stand behind it.
    #[must_use]
    pub fn has(&self, class: &str) -> bool {
        self.classes.iter().any(|it| it == class)
    }
}

/// An amount per inhabitant, rounded once; `None` where nobody lives.
#[must_use]
pub fn per_inhabitant(net: Net, inhabitants: i32) -> Option<Net> {
    (0 < inhabitants).then(|| Net::rounded(net.decimal() / Decimal::from(inhabitants)))
}

/// Sums over everything the filter lets through.
pub async fn total(conn: &mut PgConnection, filter: &Filter) -> Result<Sums, StorageError> {
    Ok(grouped(conn, filter, Grouping::Total, 1, 0).await?.into_iter().next().map_or(Sums::ZERO, |group| group.sums))
}

/// The classes in the order of their evidence, and what has no valid baseline.
pub const CLASSES: [&str; 5] = ["A", "B", "C", "P", "none"];

/// The sums of every class on its own; none for a class without entries. The volumes of all five add up
/// to the whole.
pub async fn by_class(
    conn: &mut PgConnection,
    filter: &Filter,
) -> Result<Vec<(&'static str, Option<Sums>)>, StorageError> {
    let mut all = Vec::new();
    for class in CLASSES {
        let of_class = Filter { class: Some(class.to_owned()), ..filter.clone() };
        let group = grouped(conn, &of_class, Grouping::Total, 1, 0).await?.into_iter().next();
        all.push((class, group.map(|group| group.sums)));
    }
    Ok(all)
}

/// Sums by group. Call-offs are summed from their entries, and for an auditor everything is; the other levels from the
/// rollup that is kept with each entry.
pub async fn grouped(
    conn: &mut PgConnection,
    filter: &Filter,
    grouping: Grouping,
    limit: i64,
    offset: i64,
) -> Result<Vec<Group>, StorageError> {
    if grouping != Grouping::CallOff && savings_totals::open(&mut *conn).await? {
        return savings_totals::groups(conn, filter, grouping, limit, offset).await;
    }
    let rows = sqlx::query!(
        r#"WITH sums AS (
             SELECT CASE $5::text
                        WHEN 'contract' THEN e.contract_id
                        WHEN 'member' THEN e.member_id
                        WHEN 'call_off' THEN e.call_off_id
                        ELSE '00000000-0000-0000-0000-000000000000'
                    END AS id,
                    count(DISTINCT e.call_off_id) AS call_offs,
                    count(DISTINCT e.call_off_id) FILTER (WHERE e.stage = 'cancelled' AND v.status = 'cancelled') AS cancelled,
                    string_agg(DISTINCT e.class, ' ') AS classes,
                    min(e.dated_on) AS dated_on,
                    sum(e.order_net) AS volume,
                    sum(e.order_net) FILTER (WHERE e.baseline_id IS NOT NULL) AS evidenced,
                    sum(e.effect_net) FILTER (WHERE e.class = 'A') AS a,
                    sum(e.surcharge_net) AS surcharge,
                    sum(e.fee_net) AS fee,
                    sum(e.bonus_net) AS bonus,
                    sum(e.effect_net) FILTER (WHERE e.class = 'B') AS b,
                    sum(e.effect_net) FILTER (WHERE e.class = 'C') AS c,
                    sum(e.effect_net) FILTER (WHERE e.class = 'P') AS p
             FROM planned_savings e
             JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
             JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
             WHERE ($1::int IS NULL OR extract(year FROM e.dated_on) = $1)
               AND ($2::uuid IS NULL OR e.contract_id = $2)
               AND ($3::uuid IS NULL OR e.member_id = $3)
               AND ($4::text IS NULL OR e.class = $4)
             GROUP BY 1
           )
           SELECT s.id AS "id!", coalesce(f.title, m.name, cf.title, '') AS "name!", coalesce(f.number, c.number, '') AS "number!",
                  coalesce(cm.name, '') AS "member!", m.inhabitants AS "inhabitants?", coalesce(c.status, '') AS "status!",
                  s.dated_on, s.call_offs AS "call_offs!", s.volume AS "volume!", coalesce(s.evidenced, 0) AS "evidenced!",
                  coalesce(s.a, 0) AS "a!", s.surcharge AS "surcharge!", s.fee AS "fee!", s.bonus AS "bonus!",
                  coalesce(s.b, 0) AS "b!", coalesce(s.c, 0) AS "c!", coalesce(s.p, 0) AS "p!",
                  s.cancelled AS "cancelled!", coalesce(s.classes, '') AS "classes!"
           FROM sums s
           LEFT JOIN framework_contract f ON f.id = s.id
           LEFT JOIN organisation m ON m.id = s.id
           LEFT JOIN call_off c ON c.id = s.id
           LEFT JOIN framework_contract cf ON cf.id = c.contract_id
           LEFT JOIN organisation cm ON cm.id = c.member_id
           ORDER BY CASE WHEN c.id IS NOT NULL THEN s.dated_on END DESC, f.number, m.name, c.number DESC, s.id
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
                member: row.member,
                inhabitants: row.inhabitants,
                status: row.status,
                dated_on: row.dated_on,
                call_offs: row.call_offs,
                cancelled: row.cancelled,
                classes: row.classes.split_whitespace().map(ToOwned::to_owned).collect(),
            })
        })
        .collect()
}

/// Years that have entries, newest first.
pub async fn years(conn: &mut PgConnection) -> Result<Vec<i32>, StorageError> {
    if let Some((_, years)) = savings_totals::years(&mut *conn).await? {
        return Ok(years);
    }
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT extract(year FROM dated_on)::int AS "year!"
           FROM planned_savings
           ORDER BY 1 DESC"#
    )
    .fetch_all(conn)
    .await?)
}

/// Positions without a valid baseline, those that were cancelled not counted.
pub async fn uncompared(conn: &mut PgConnection, filter: &Filter) -> Result<i64, StorageError> {
    let taken_back = taken_back(&mut *conn, filter).await?;
    if savings_totals::open(&mut *conn).await? {
        return Ok(savings_totals::uncompared(conn, filter).await? - taken_back);
    }
    let released = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM savings_entry e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
           WHERE e.class = 'none' AND e.stage = 'planned'
             AND ($1::int IS NULL OR extract(year FROM e.dated_on) = $1)
             AND ($2::uuid IS NULL OR e.contract_id = $2)
             AND ($3::uuid IS NULL OR e.member_id = $3)"#,
        filter.year,
        filter.contract.map(Uuid::from),
        filter.member.map(Uuid::from),
    )
    .fetch_one(conn)
    .await?;
    Ok(released - taken_back)
}

/// Positions without a valid baseline of which nothing is left.
async fn taken_back(conn: &mut PgConnection, filter: &Filter) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(DISTINCT (e.call_off_id, e.position)) AS "count!"
           FROM savings_entry e
           LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
           WHERE e.class = 'none' AND e.stage = 'cancelled' AND (v.status = 'cancelled' OR l.quantity = 0)
             AND ($1::int IS NULL OR extract(year FROM e.dated_on) = $1)
             AND ($2::uuid IS NULL OR e.contract_id = $2)
             AND ($3::uuid IS NULL OR e.member_id = $3)"#,
        filter.year,
        filter.contract.map(Uuid::from),
        filter.member.map(Uuid::from),
    )
    .fetch_one(conn)
    .await?)
}

/// Day of the first entry.
pub async fn first_day(conn: &mut PgConnection) -> Result<Option<NaiveDate>, StorageError> {
    if let Some((first, _)) = savings_totals::years(&mut *conn).await? {
        return Ok(first);
    }
    Ok(sqlx::query_scalar!("SELECT min(dated_on) FROM savings_entry WHERE stage = 'planned'").fetch_one(conn).await?)
}
