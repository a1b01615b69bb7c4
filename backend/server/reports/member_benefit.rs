//! Benefit after membership contribution ("Nutzen nach Mitgliedsbeitrag"): for each member and year what was realised
//! of class A, net of surcharge and fee and with bonuses, less what the member paid for its membership. A figure of its
//! own: no saving contains a contribution. B, C and the process effect are not in it.
//!
//! Beside it, as information, what class A changes in the budget of the member: with VAT where it deducts no input VAT
//! on the day of the entry (each call-off by VAT rate, surcharge and fee at the highest rate of its lines), without
//! bonuses, whose tax nobody records.

use abruf_domain::ids::OrganisationId;
use abruf_domain::money::{Gross, Net};
use sqlx::PgConnection;

use crate::storage::StorageError;
use crate::storage::error::consistent;

/// A member with its figures. Amounts in euros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBenefit {
    /// The member.
    pub member: OrganisationId,
    /// Its name.
    pub name: String,
    /// Class A: effect realised.
    pub effect: Net,
    /// Surcharges realised.
    pub surcharge: Net,
    /// Fees realised.
    pub fee: Net,
    /// Bonuses of credit notes of the year.
    pub bonus: Net,
    /// Contributions for the year.
    pub contribution: Net,
    /// Effect in the budget; information.
    pub budget: Gross,
}

impl MemberBenefit {
    /// Class A net, realised.
    #[must_use]
    pub fn a_net(&self) -> Net {
        self.effect - self.surcharge - self.fee + self.bonus
    }

    /// What is left of it after the contribution.
    #[must_use]
    pub fn benefit(&self) -> Net {
        self.a_net() - self.contribution
    }
}

/// Each member that saved or paid something in the year (in all years without one), by name, as far as visible.
pub async fn by_member(conn: &mut PgConnection, year: Option<i32>) -> Result<Vec<MemberBenefit>, StorageError> {
    let rows = sqlx::query!(
        r#"WITH line AS (
             SELECT e.member_id, e.contract_id, e.call_off_id, e.effect_net, e.surcharge_net, e.fee_net,
                    coalesce(l.vat_rate_pct,
                             (SELECT max(o.vat_rate_pct) FROM call_off_line o
                              WHERE o.contract_id = e.contract_id AND o.call_off_id = e.call_off_id), 0) AS rate,
                    EXISTS (SELECT FROM input_vat_deduction d
                            WHERE d.member_id = e.member_id AND d.valid_from <= e.dated_on
                              AND (d.valid_to IS NULL OR e.dated_on <= d.valid_to)) AS deducts
             FROM savings_entry e
             JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
             JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
             LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
             WHERE e.stage = 'realised' AND e.class = 'A' AND ($1::int IS NULL OR extract(year FROM e.dated_on) = $1)
           ), by_rate AS (
             SELECT member_id, call_off_id, rate, deducts, sum(effect_net) AS effect, sum(surcharge_net) AS surcharge,
                    sum(fee_net) AS fee, sum(effect_net - surcharge_net - fee_net) AS net
             FROM line
             GROUP BY member_id, call_off_id, rate, deducts
           ), saved AS (
             SELECT member_id, sum(effect) AS effect, sum(surcharge) AS surcharge, sum(fee) AS fee,
                    sum(net + CASE WHEN deducts THEN 0 ELSE round(net * rate / 100, 2) END) AS budget
             FROM by_rate
             GROUP BY member_id
           ), bonus AS (
             SELECT s.member_id, sum(s.share_net) AS net
             FROM bonus_payment p
             JOIN bonus_share s ON s.contract_id = p.contract_id AND s.bonus_id = p.id
             JOIN framework_contract f ON f.id = p.contract_id AND f.currency = 'EUR'
             WHERE $1::int IS NULL OR extract(year FROM p.received_on) = $1
             GROUP BY s.member_id
           ), paid AS (
             SELECT member_id, sum(net) AS net
             FROM membership_contribution
             WHERE $1::int IS NULL OR year = $1
             GROUP BY member_id
           )
           SELECT o.id, o.name, coalesce(s.effect, 0) AS "effect!", coalesce(s.surcharge, 0) AS "surcharge!",
                  coalesce(s.fee, 0) AS "fee!", coalesce(s.budget, 0) AS "budget!", coalesce(b.net, 0) AS "bonus!",
                  coalesce(p.net, 0) AS "contribution!"
           FROM organisation o
           LEFT JOIN saved s ON s.member_id = o.id
           LEFT JOIN bonus b ON b.member_id = o.id
           LEFT JOIN paid p ON p.member_id = o.id
           WHERE s.member_id IS NOT NULL OR b.member_id IS NOT NULL OR p.member_id IS NOT NULL
           ORDER BY o.name, o.id"#,
        year
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = |value, column| consistent(Net::new(value), "savings_entry", column, row.id);
            Ok(MemberBenefit {
                member: OrganisationId(row.id),
                name: row.name,
                effect: net(row.effect, "effect_net")?,
                surcharge: net(row.surcharge, "surcharge_net")?,
                fee: net(row.fee, "fee_net")?,
                bonus: net(row.bonus, "bonus_net")?,
                contribution: net(row.contribution, "contribution")?,
                budget: consistent(Gross::new(row.budget), "savings_entry", "effect_net", row.id)?,
            })
        })
        .collect()
}

/// All contributions of a year that are visible, asked for by themselves: the list must come to the same.
pub async fn contributions(conn: &mut PgConnection, year: Option<i32>) -> Result<Net, StorageError> {
    let sum = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(net), 0) AS "sum!" FROM membership_contribution WHERE $1::int IS NULL OR year = $1"#,
        year
    )
    .fetch_one(conn)
    .await?;
    consistent(Net::new(sum), "membership_contribution", "net", year.unwrap_or_default())
}

/// Years with something realised or paid, newest first.
pub async fn years(conn: &mut PgConnection) -> Result<Vec<i32>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT year AS "year!" FROM savings_total WHERE book = 'realised'
           UNION SELECT extract(year FROM dated_on)::int FROM savings_entry
                 WHERE stage = 'realised' AND (SELECT abruf.actor_kind()) = 'auditor'
           UNION SELECT extract(year FROM received_on)::int FROM bonus_payment
           UNION SELECT year FROM membership_contribution
           ORDER BY 1 DESC"#
    )
    .fetch_all(conn)
    .await?)
}
