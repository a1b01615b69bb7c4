//! Invoices of orders.

use abruf_domain::Finding;
use abruf_domain::ids::PersonId;
use abruf_domain::money::{Net, Percent, Quantity, UnitPrice, Vat};
use abruf_domain::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// Who pays an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    /// The member, for its order.
    Member,
    /// The body, for the supplier order of a pair.
    Body,
}

impl Payer {
    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Body => "body",
        }
    }
}

/// An invoice.
#[derive(Debug, Clone)]
pub struct Invoice {
    /// Which.
    pub id: Uuid,
    /// Who pays it.
    pub payer: Payer,
    /// Number the supplier gave it.
    pub number: String,
    /// Its date.
    pub invoiced_on: NaiveDate,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// Sum of the lines.
    pub net: Net,
    /// VAT on them.
    pub vat: Vat,
    /// What order and delivery cover.
    pub payable: Net,
    /// What the rules say about it.
    pub review: Uuid,
    /// Those findings.
    pub findings: Vec<Finding>,
    /// Whether the rules block its payment.
    pub blocked: bool,
    /// The earlier invoice it corrects.
    pub replaces: Option<Uuid>,
    /// Why it counts no more, and since when.
    pub cancelled: Option<(String, DateTime<Utc>)>,
    /// Who noted it.
    pub by: PersonId,
    /// Their name, if visible.
    pub person: String,
    /// When it was noted.
    pub at: DateTime<Utc>,
}

impl Invoice {
    /// Whether it counts as billed: neither blocked nor cancelled.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !self.blocked && self.cancelled.is_none()
    }
}

/// A line of an invoice.
#[derive(Debug, Clone)]
pub struct InvoiceLine {
    /// Position of the order; 0 for its small-order surcharge.
    pub position: i32,
    /// Quantity billed.
    pub quantity: Quantity,
    /// Price per unit, per month for subscriptions.
    pub unit_price: UnitPrice,
    /// Line amount.
    pub net: Net,
    /// VAT rate.
    pub vat_rate: Percent,
    /// What it covers of a subscription.
    pub performance: Option<Period>,
}

/// Writes an invoice with its lines.
pub async fn insert(conn: &mut PgConnection, call_off: &CallOff, new: &Invoice) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO invoice (contract_id, id, call_off_id, member_id, supplier_id, number, invoiced_on, net, vat, payable_net,
                              review_id, blocked, replaces_id, person_id, at, payer)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        call_off.member.0,
        call_off.supplier.0,
        new.number,
        new.invoiced_on,
        new.net.decimal(),
        new.vat.decimal(),
        new.payable.decimal(),
        new.review,
        new.blocked,
        new.replaces,
        new.by.0,
        new.at,
        new.payer.key()
    )
    .execute(&mut *conn)
    .await?;
    for line in &new.lines {
        sqlx::query!(
            "INSERT INTO invoice_line (contract_id, call_off_id, invoice_id, position, quantity, unit_price, net, vat_rate_pct,
                                       performance_from, performance_to)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            call_off.contract.0,
            call_off.id.0,
            new.id,
            line.position,
            line.quantity.decimal(),
            line.unit_price.decimal(),
            line.net.decimal(),
            line.vat_rate.decimal(),
            line.performance.map(Period::from),
            line.performance.map(Period::to)
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Writes that an invoice counts no more.
pub async fn insert_cancellation(
    conn: &mut PgConnection,
    call_off: &CallOff,
    invoice: Uuid,
    reason: &str,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO invoice_cancellation (contract_id, call_off_id, invoice_id, reason, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        call_off.contract.0,
        call_off.id.0,
        invoice,
        reason,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The invoices the member gets for an order, oldest first.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<Invoice>, StorageError> {
    paid_by(conn, call_off, Payer::Member).await
}

/// The invoices of one side of an order, oldest first.
pub async fn paid_by(conn: &mut PgConnection, call_off: &CallOff, payer: Payer) -> Result<Vec<Invoice>, StorageError> {
    let mut lines = Vec::new();
    for row in sqlx::query!(
        "SELECT invoice_id, position, quantity, unit_price, net, vat_rate_pct, performance_from, performance_to
         FROM invoice_line
         WHERE contract_id = $1 AND call_off_id = $2
         ORDER BY position",
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(&mut *conn)
    .await?
    {
        let key = format!("{} position {}", row.invoice_id, row.position);
        let performance = match (row.performance_from, row.performance_to) {
            (Some(from), Some(to)) => Some(consistent(Period::new(from, to), "invoice_line", "performance_to", &key)?),
            _ => None,
        };
        let line = InvoiceLine {
            position: row.position,
            quantity: consistent(Quantity::new(row.quantity), "invoice_line", "quantity", &key)?,
            unit_price: consistent(UnitPrice::new(row.unit_price), "invoice_line", "unit_price", &key)?,
            net: consistent(Net::new(row.net), "invoice_line", "net", &key)?,
            vat_rate: consistent(Percent::new(row.vat_rate_pct), "invoice_line", "vat_rate_pct", &key)?,
            performance,
        };
        lines.push((row.invoice_id, line));
    }
    let rows = sqlx::query!(
        r#"SELECT i.id, i.number, i.invoiced_on, i.net, i.vat, i.payable_net, i.review_id, r.findings, i.blocked, i.replaces_id,
                  i.person_id, coalesce(n.name, '') AS "person!", i.at, c.reason AS "cancelled_for?", c.at AS "cancelled_at?"
           FROM invoice i
           JOIN order_review r ON r.contract_id = i.contract_id AND r.id = i.review_id
           LEFT JOIN invoice_cancellation c ON c.contract_id = i.contract_id AND c.invoice_id = i.id
           LEFT JOIN person n ON n.id = i.person_id
           WHERE i.contract_id = $1 AND i.call_off_id = $2 AND i.payer = $3
           ORDER BY i.at, i.id"#,
        call_off.contract.0,
        call_off.id.0,
        payer.key()
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = |value, column| consistent(Net::new(value), "invoice", column, row.id);
            Ok(Invoice {
                id: row.id,
                payer,
                number: row.number,
                invoiced_on: row.invoiced_on,
                lines: lines.iter().filter(|(invoice, _)| *invoice == row.id).map(|(_, line)| line.clone()).collect(),
                net: net(row.net, "net")?,
                vat: consistent(Vat::new(row.vat), "invoice", "vat", row.id)?,
                payable: net(row.payable_net, "payable_net")?,
                review: row.review_id,
                findings: consistent(serde_json::from_value(row.findings), "order_review", "findings", row.id)?,
                blocked: row.blocked,
                replaces: row.replaces_id,
                cancelled: row.cancelled_for.zip(row.cancelled_at),
                by: PersonId(row.person_id),
                person: row.person,
                at: row.at,
            })
        })
        .collect()
}
