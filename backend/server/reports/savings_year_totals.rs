//! Savings by contract, member, supplier and year, whatever class and category: read as they stand in `savings_year_total`,
//! with what is not settled yet (`savings_total`) beside it, and put together here. That the database reads rows and adds up
//! nothing is what makes a report over millions of lines a matter of milliseconds: most groups are one row.

use std::collections::HashMap;

use abruf_domain::money::Net;
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::Dimension;
use super::savings::sums_of;
use super::savings_totals::{Asked, Cell, classes_of};
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// Whether a question asks nothing that these sums do not know, and for a list: one figure alone is asked of the rollup
/// itself, so that list and figure come from two places.
pub(super) fn know(asked: &Asked) -> bool {
    let names = |dimension| asked.by.contains(&dimension);
    !asked.by.is_empty()
        && asked.class.is_none()
        && asked.category.is_none()
        && !names(Dimension::Class)
        && !names(Dimension::Category)
}

/// What a group is named by.
type Key = (Option<Uuid>, Option<Uuid>, Option<Uuid>, Option<i32>);

/// What the years come to, in no order.
pub(super) async fn cells(conn: &mut PgConnection, asked: &Asked) -> Result<Vec<Cell>, StorageError> {
    let by = |dimension| asked.by.contains(&dimension);
    let of_year = by(Dimension::Year) || asked.year.is_some();
    let rows = sqlx::query!(
        r#"SELECT t.contract_id AS "contract_id!", t.member_id AS "member_id!", t.supplier_id AS "supplier_id!", t.year AS "year!",
                  (CASE WHEN $1 THEN t.orders_of_year ELSE t.orders END)::bigint AS "call_offs!", t.classes AS "classes!",
                  t.first_on AS "first_on!",
                  t.baseline_net AS "baseline!", t.order_net AS "volume!", t.evidenced_net AS "evidenced!",
                  t.a_effect_net AS "a!", t.surcharge_net AS "surcharge!", t.fee_net AS "fee!", t.bonus_net AS "bonus!",
                  t.b_effect_net AS "b!", t.c_effect_net AS "c!", t.p_effect_net AS "p!"
           FROM savings_year_total t
           WHERE t.book = 'planned'
             AND t.contract_id = ANY (ARRAY(SELECT f.id FROM framework_contract f WHERE f.currency = 'EUR'))
             AND ($2::int IS NULL OR t.year = $2) AND ($3::uuid IS NULL OR t.contract_id = $3)
             AND ($4::uuid IS NULL OR t.member_id = $4) AND ($5::uuid IS NULL OR t.supplier_id = $5)
           UNION ALL
           SELECT t.contract_id, t.member_id, t.supplier_id, t.year,
                  sum(CASE WHEN $1 THEN t.orders_of_year ELSE t.orders END), bit_or(abruf.savings_class_bit(t.class)), min(t.first_on),
                  sum(t.baseline_net), sum(t.order_net), sum(t.evidenced_net),
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'A'), 0), sum(t.surcharge_net), sum(t.fee_net), sum(t.bonus_net),
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'B'), 0),
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'C'), 0),
                  coalesce(sum(t.effect_net) FILTER (WHERE t.class = 'P'), 0)
           FROM savings_total t
           WHERE NOT t.settled AND t.book = 'planned'
             AND t.contract_id = ANY (ARRAY(SELECT f.id FROM framework_contract f WHERE f.currency = 'EUR'))
             AND ($2::int IS NULL OR t.year = $2) AND ($3::uuid IS NULL OR t.contract_id = $3)
             AND ($4::uuid IS NULL OR t.member_id = $4) AND ($5::uuid IS NULL OR t.supplier_id = $5)
           GROUP BY t.contract_id, t.member_id, t.supplier_id, t.year"#,
        of_year,
        asked.year,
        asked.contract,
        asked.member,
        asked.supplier,
    )
    .fetch_all(conn)
    .await?;
    let named = [Dimension::Contract, Dimension::Member, Dimension::Supplier, Dimension::Year].map(by);
    let mut groups: HashMap<Key, Cell> = HashMap::with_capacity(rows.len());
    for row in rows {
        let key = (
            named[0].then_some(row.contract_id),
            named[1].then_some(row.member_id),
            named[2].then_some(row.supplier_id),
            named[3].then_some(row.year),
        );
        let cell = Cell {
            contract: key.0,
            member: key.1,
            supplier: key.2,
            year: key.3,
            class: None,
            category: None,
            call_offs: row.call_offs,
            classes: row.classes,
            first_on: row.first_on,
            baseline: consistent(Net::new(row.baseline), "savings_year_total", "baseline_net", "sum")?,
            sums: sums_of(
                [row.volume, row.evidenced, row.a, row.surcharge, row.fee, row.bonus, row.b, row.c, row.p],
                "sum",
            )?,
        };
        groups.entry(key).and_modify(|it| it.take_in(&cell)).or_insert(cell);
    }
    Ok(groups.into_values().collect())
}

impl Cell {
    /// Adds another one of the same group.
    fn take_in(&mut self, other: &Self) {
        self.call_offs += other.call_offs;
        self.classes |= other.classes;
        self.first_on = self.first_on.min(other.first_on);
        self.baseline += other.baseline;
        self.sums = self.sums.plus(&other.sums);
    }

    /// The classes that have entries.
    pub(super) fn class_names(&self) -> Vec<String> {
        classes_of(self.classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::savings::Sums;

    fn cell(volume: &str, classes: i32, first_on: &str) -> Cell {
        Cell {
            contract: None,
            member: None,
            supplier: None,
            year: Some(2026),
            class: None,
            category: None,
            call_offs: 2,
            classes,
            first_on: first_on.parse().unwrap(),
            baseline: "1.10".parse().unwrap(),
            sums: Sums { volume: volume.parse().unwrap(), ..Sums::ZERO },
        }
    }

    #[test]
    fn groups_add_up_and_keep_every_class_and_the_first_day() {
        let mut one = cell("10.05", 1, "2026-03-01");
        one.take_in(&cell("-0.06", 18, "2026-02-01"));
        assert_eq!(one.sums.volume.to_string(), "9.99");
        assert_eq!((one.call_offs, one.baseline.to_string().as_str()), (4, "2.20"));
        assert_eq!(one.class_names(), ["A", "B", "none"]);
        assert_eq!(one.first_on, "2026-02-01".parse().unwrap());
    }

    #[test]
    fn classes_categories_and_single_figures_are_asked_of_the_rollup_itself() {
        let asked = |by: &[Dimension]| Asked { by: by.to_vec(), ..Asked::default() };
        assert!(know(&asked(&[Dimension::Contract, Dimension::Year, Dimension::Member])));
        assert!(!know(&asked(&[])));
        assert!(!know(&asked(&[Dimension::Contract, Dimension::Class])));
        assert!(!know(&asked(&[Dimension::Category])));
        let of_class = Asked { class: Some("A".to_owned()), ..asked(&[Dimension::Member]) };
        assert!(!know(&of_class));
    }
}
