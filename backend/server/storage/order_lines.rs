//! The lines of an order as they stand: ordered, taken back, delivered, at which price.

use abruf_domain::money::{Percent, Quantity, UnitPrice};
use sqlx::PgConnection;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// A line of an order, also one that was cancelled in whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// Position of the order.
    pub position: i32,
    /// Article number.
    pub article_number: String,
    /// Title of the item.
    pub title: String,
    /// Unit of the item.
    pub unit: String,
    /// Quantity that stands.
    pub quantity: Quantity,
    /// Quantity taken back after release.
    pub cancelled: Quantity,
    /// Quantity delivered.
    pub delivered: Quantity,
    /// Effective unit price, per month for subscriptions.
    pub unit_price: UnitPrice,
    /// VAT rate of the line.
    pub vat_rate: Option<Percent>,
    /// Paid by the month of the performance period.
    pub monthly: bool,
}

impl OrderLine {
    /// What is still to be delivered.
    #[must_use]
    pub fn open(&self) -> Quantity {
        self.quantity - self.delivered
    }
}

/// The lines of an order by position.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<OrderLine>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT l.position, l.article_number, coalesce(i.title, l.article_number) AS "title!", coalesce(i.unit, '') AS "unit!",
                  l.quantity, l.cancelled, l.delivered, l.unit_price, l.vat_rate_pct, coalesce(p.kind = 'subscription', false) AS "monthly!"
           FROM call_off_line l
           LEFT JOIN price_term p ON p.contract_id = l.contract_id AND p.id = l.price_term_id
           LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
           WHERE l.contract_id = $1 AND l.call_off_id = $2
           ORDER BY l.position"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = format!("{} position {}", call_off.id, row.position);
            let quantity = |value, column| consistent(Quantity::new(value), "call_off_line", column, &key);
            Ok(OrderLine {
                position: row.position,
                article_number: row.article_number,
                title: row.title,
                unit: row.unit,
                quantity: quantity(row.quantity, "quantity")?,
                cancelled: quantity(row.cancelled, "cancelled")?,
                delivered: quantity(row.delivered, "delivered")?,
                unit_price: consistent(
                    UnitPrice::new(row.unit_price.unwrap_or_default()),
                    "call_off_line",
                    "unit_price",
                    &key,
                )?,
                vat_rate: row
                    .vat_rate_pct
                    .map(|rate| consistent(Percent::new(rate), "call_off_line", "vat_rate_pct", &key))
                    .transpose()?,
                monthly: row.monthly,
            })
        })
        .collect()
}
