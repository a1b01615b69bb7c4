//! Call-offs and their lines.

use abruf_domain::call_off::Status;
use abruf_domain::facts::{Offer, VatTreatment};
use abruf_domain::ids::{CallOffId, ContractId, ItemId, OrganisationId, PersonId, PriceTermId};
use abruf_domain::money::{Gross, Net, Percent, Quantity, UnitPrice, Vat};
use abruf_domain::period::Period;
use abruf_domain::pricing::PricedCallOff;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent, stored_key};

/// What the requester fills in beside the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Reason for need and quantity.
    pub need: String,
    /// Performance period.
    pub performance: Option<Period>,
    /// Desired delivery date.
    pub desired_on: Option<NaiveDate>,
    /// Delivery address, lines.
    pub delivery_address: String,
    /// Invoice address, lines.
    pub invoice_address: String,
    /// Routing id for the e-invoice.
    pub leitweg_id: String,
    /// Kostenstelle.
    pub cost_centre: String,
    /// Aktenzeichen.
    pub file_reference: String,
    /// Contact at the member.
    pub contact: String,
    /// Papers and references that some requests need.
    #[serde(default)]
    pub papers: Papers,
}

/// Papers and references of a request, and the account that pays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Papers {
    /// The member's own contract under Art. 28 GDPR.
    pub data_processing: String,
    /// Resolution of the council.
    pub council_resolution: String,
    /// Documented emergency decision in its place.
    pub emergency_decision: String,
    /// Commitment authorisation (VE) or budget reference for later years.
    pub commitment: String,
    /// Order reference of the member.
    pub order_reference: String,
    /// The order repeats on purpose.
    pub recurring: bool,
    /// Account that pays, as the member writes it; empty where none is named.
    pub budget_account: String,
}

/// Amounts of the last submission or release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// Net order value with surcharge.
    pub net: Net,
    /// Surcharge within it.
    pub surcharge: Net,
    /// VAT.
    pub vat: Vat,
    /// Gross.
    pub gross: Gross,
}

impl From<&PricedCallOff> for Amounts {
    fn from(priced: &PricedCallOff) -> Self {
        Self { net: priced.net, surcharge: priced.surcharge, vat: priced.vat_total, gross: priced.gross }
    }
}

/// A call-off without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOff {
    /// The contract.
    pub contract: ContractId,
    /// Which.
    pub id: CallOffId,
    /// Purchasing body.
    pub body: OrganisationId,
    /// Member whose need it is.
    pub member: OrganisationId,
    /// Who orders from the supplier.
    pub buyer_of_record: OrganisationId,
    /// Supplier.
    pub supplier: OrganisationId,
    /// The requester chose the supplier; else the contract's first is taken.
    pub supplier_chosen: bool,
    /// State.
    pub status: Status,
    /// Vorgangsnummer.
    pub case_number: String,
    /// Call-off number, from release on.
    pub number: Option<String>,
    /// Who asks.
    pub requester: PersonId,
    /// Who released.
    pub releaser: Option<PersonId>,
    /// What the requester filled in.
    pub details: Details,
    /// Amounts of the last submission or release.
    pub amounts: Option<Amounts>,
    /// Last declined submission.
    pub declined_at: Option<DateTime<Utc>>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub changed_at: DateTime<Utc>,
    /// Last successful submission.
    pub submitted_at: Option<DateTime<Utc>>,
    /// End of the reservation.
    pub expires_at: Option<DateTime<Utc>>,
    /// Release.
    pub released_at: Option<DateTime<Utc>>,
    /// Refusal, withdrawal, expiry or cancellation.
    pub ended_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    pub version: i32,
}

/// A line that stands: one that was cancelled in whole is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Position from 1.
    pub position: i32,
    /// Article number as entered.
    pub article_number: String,
    /// Quantity.
    pub quantity: Quantity,
    /// The item, after a review knew it.
    pub item: Option<ItemId>,
    /// Price used at the last submission or release.
    pub price_term: Option<PriceTermId>,
    /// Effective unit price.
    pub unit_price: Option<UnitPrice>,
    /// Line amount.
    pub net: Option<Net>,
    /// VAT category and rate.
    pub vat: Option<VatTreatment>,
    /// A supplier's offer.
    pub offer: Option<Offer>,
}

/// A line as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Article number as entered.
    pub article_number: String,
    /// Quantity.
    pub quantity: Quantity,
    /// A supplier's offer: lower than the contract's price, or of a free-text item.
    pub offer: Option<Offer>,
}

impl From<&Line> for Asked {
    fn from(line: &Line) -> Self {
        Self { article_number: line.article_number.clone(), quantity: line.quantity, offer: line.offer.clone() }
    }
}

impl Line {
    /// What is asked for, before any review.
    #[must_use]
    pub fn asked(position: i32, asked: Asked) -> Self {
        Self {
            position,
            article_number: asked.article_number,
            quantity: asked.quantity,
            item: None,
            price_term: None,
            unit_price: None,
            net: None,
            vat: None,
            offer: asked.offer,
        }
    }
}

/// A call-off with its lines.
pub type WithLines = (CallOff, Vec<Line>);

/// As [`find`], holding the row until the transaction ends; a parallel attempt waits as long as [`super::session_settings`] allows.
pub async fn lock(conn: &mut PgConnection, id: CallOffId) -> Result<Option<WithLines>, StorageError> {
    sqlx::query!("SELECT id FROM call_off WHERE id = $1 FOR UPDATE", id.0).fetch_optional(&mut *conn).await?;
    // A later statement, so that it sees what the other transaction wrote while we waited.
    find(conn, id).await
}

/// Finds a visible call-off and its lines.
pub async fn find(conn: &mut PgConnection, id: CallOffId) -> Result<Option<WithLines>, StorageError> {
    let Some(row) = sqlx::query!(
        r#"SELECT c.*, a.account AS "budget_account?",
                  coalesce((SELECT jsonb_agg(jsonb_build_object(
                                       'position', l.position, 'article_number', l.article_number, 'quantity', l.quantity::text,
                                       'item', l.item_id, 'price_term', l.price_term_id, 'unit_price', l.unit_price::text, 'net', l.net::text,
                                       'vat_category', l.vat_category, 'vat_rate_pct', l.vat_rate_pct::text, 'vat_reason', i.vat_reason,
                                       'offer_unit_price', l.offer_unit_price::text, 'offer_document', l.offer_document) ORDER BY l.position)
                            FROM call_off_line l
                            LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
                            WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id AND l.quantity > 0), '[]') AS "lines!: Json<Vec<StoredLine>>"
           FROM call_off c
           LEFT JOIN budget_account a ON a.id = c.budget_account_id
           WHERE c.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?
    else {
        return Ok(None);
    };
    let amounts = match (row.net, row.surcharge_net, row.vat, row.gross) {
        (Some(net), Some(surcharge), Some(vat), Some(gross)) => Some(Amounts {
            net: consistent(Net::new(net), "call_off", "net", id)?,
            surcharge: consistent(Net::new(surcharge), "call_off", "surcharge_net", id)?,
            vat: consistent(Vat::new(vat), "call_off", "vat", id)?,
            gross: consistent(Gross::new(gross), "call_off", "gross", id)?,
        }),
        _ => None,
    };
    let performance = match (row.performance_from, row.performance_to) {
        (Some(from), Some(to)) => Some(consistent(Period::new(from, to), "call_off", "performance_to", id)?),
        _ => None,
    };
    let lines = row.lines.0.into_iter().map(|line| line.read(id)).collect::<Result<_, _>>()?;
    let call_off = CallOff {
        contract: ContractId(row.contract_id),
        id,
        body: OrganisationId(row.body_id),
        member: OrganisationId(row.member_id),
        buyer_of_record: OrganisationId(row.buyer_of_record_id),
        supplier: OrganisationId(row.supplier_id),
        supplier_chosen: row.supplier_chosen,
        status: stored_key(&row.status, "call_off", "status", id)?,
        case_number: row.case_number,
        number: row.number,
        requester: PersonId(row.requester_id),
        releaser: row.releaser_id.map(PersonId),
        details: Details {
            need: row.need,
            performance,
            desired_on: row.desired_on,
            delivery_address: row.delivery_address,
            invoice_address: row.invoice_address,
            leitweg_id: row.leitweg_id,
            cost_centre: row.cost_centre,
            file_reference: row.file_reference,
            contact: row.contact,
            papers: Papers {
                data_processing: row.data_processing_reference,
                council_resolution: row.council_resolution,
                emergency_decision: row.emergency_decision,
                commitment: row.commitment_reference,
                order_reference: row.order_reference,
                recurring: row.recurring,
                budget_account: row.budget_account.unwrap_or_default(),
            },
        },
        amounts,
        declined_at: row.declined_at,
        created_at: row.created_at,
        changed_at: row.changed_at,
        submitted_at: row.submitted_at,
        expires_at: row.expires_at,
        released_at: row.released_at,
        ended_at: row.ended_at,
        version: row.version,
    };
    Ok(Some((call_off, lines)))
}

/// A line as the statement above builds it; amounts as text, so that none becomes a float.
#[derive(Debug, Deserialize)]
struct StoredLine {
    position: i32,
    article_number: String,
    quantity: Decimal,
    item: Option<ItemId>,
    price_term: Option<PriceTermId>,
    unit_price: Option<Decimal>,
    net: Option<Decimal>,
    vat_category: Option<String>,
    vat_rate_pct: Option<Decimal>,
    vat_reason: Option<String>,
    offer_unit_price: Option<Decimal>,
    offer_document: String,
}

impl StoredLine {
    fn read(self, call_off: CallOffId) -> Result<Line, StorageError> {
        let key = || format!("{call_off} position {}", self.position);
        let unit_price = |price, column| consistent(UnitPrice::new(price), "call_off_line", column, key());
        let vat = match (self.vat_category, self.vat_rate_pct) {
            (Some(category), Some(rate)) => Some(VatTreatment {
                category,
                rate: consistent(Percent::new(rate), "call_off_line", "vat_rate_pct", key())?,
                reason: self.vat_reason.unwrap_or_default(),
            }),
            _ => None,
        };
        let offered = self.offer_unit_price.map(|price| unit_price(price, "offer_unit_price")).transpose()?;
        Ok(Line {
            quantity: consistent(Quantity::new(self.quantity), "call_off_line", "quantity", key())?,
            item: self.item,
            price_term: self.price_term,
            unit_price: self.unit_price.map(|price| unit_price(price, "unit_price")).transpose()?,
            net: self.net.map(|net| consistent(Net::new(net), "call_off_line", "net", key())).transpose()?,
            vat,
            offer: offered.map(|unit_price| Offer { unit_price, document: self.offer_document }),
            position: self.position,
            article_number: self.article_number,
        })
    }
}

/// Writes a new draft.
pub async fn insert(conn: &mut PgConnection, call_off: &CallOff) -> Result<(), StorageError> {
    let details = &call_off.details;
    sqlx::query!(
        "INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number,
                               requester_id, delivery_address, invoice_address, leitweg_id, contact, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
        call_off.contract.0,
        call_off.id.0,
        call_off.body.0,
        call_off.member.0,
        call_off.buyer_of_record.0,
        call_off.supplier.0,
        call_off.status.key(),
        call_off.case_number,
        call_off.requester.0,
        details.delivery_address,
        details.invoice_address,
        details.leitweg_id,
        details.contact,
        call_off.created_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the lines of a draft, in order.
pub async fn replace_lines(conn: &mut PgConnection, call_off: &CallOff, lines: &[Asked]) -> Result<(), StorageError> {
    sqlx::query!(
        "DELETE FROM call_off_line WHERE contract_id = $1 AND call_off_id = $2",
        call_off.contract.0,
        call_off.id.0
    )
    .execute(&mut *conn)
    .await?;
    let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
    let quantities: Vec<_> = lines.iter().map(|line| line.quantity.decimal()).collect();
    let offers: Vec<_> = lines.iter().map(|line| line.offer.as_ref().map(|offer| offer.unit_price.decimal())).collect();
    let documents: Vec<String> =
        lines.iter().map(|line| line.offer.as_ref().map_or_else(String::new, |offer| offer.document.clone())).collect();
    sqlx::query!(
        "INSERT INTO call_off_line (contract_id, call_off_id, position, article_number, quantity, offer_unit_price, offer_document)
         SELECT $1, $2, position, article_number, quantity, offer_unit_price, offer_document
         FROM unnest($3::text[], $4::numeric[], $5::numeric[], $6::text[]) WITH ORDINALITY
              AS line (article_number, quantity, offer_unit_price, offer_document, position)",
        call_off.contract.0,
        call_off.id.0,
        &articles,
        &quantities,
        &offers as &[Option<Decimal>],
        &documents,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets from whom is ordered; `None`: nobody has chosen, the contract's first is taken.
pub async fn set_supplier(
    conn: &mut PgConnection,
    id: CallOffId,
    chosen: Option<OrganisationId>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE call_off SET supplier_id = coalesce($2, supplier_id), supplier_chosen = $2 IS NOT NULL WHERE id = $1",
        id.0,
        chosen.map(Uuid::from) as Option<Uuid>,
    )
    .execute(conn)
    .await?;
    affected("choose the supplier of a call-off", 1, done.rows_affected())
}

/// Names a supplier that nobody has chosen.
pub async fn name_supplier(
    conn: &mut PgConnection,
    id: CallOffId,
    supplier: OrganisationId,
) -> Result<(), StorageError> {
    let done =
        sqlx::query!("UPDATE call_off SET supplier_id = $2 WHERE id = $1", id.0, supplier.0).execute(conn).await?;
    affected("name the supplier of a call-off", 1, done.rows_affected())
}

/// Saves the details of a draft.
pub async fn update_details(conn: &mut PgConnection, id: CallOffId, details: &Details) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE call_off
         SET need = $2, performance_from = $3, performance_to = $4, desired_on = $5, delivery_address = $6,
             invoice_address = $7, leitweg_id = $8, cost_centre = $9, file_reference = $10, contact = $11,
             data_processing_reference = $12, council_resolution = $13, emergency_decision = $14, commitment_reference = $15,
             order_reference = $16, recurring = $17,
             budget_account_id = (SELECT a.id FROM budget_account a WHERE a.member_id = call_off.member_id AND a.account = $18)
         WHERE id = $1",
        id.0,
        details.need,
        details.performance.map(Period::from),
        details.performance.map(Period::to),
        details.desired_on,
        details.delivery_address,
        details.invoice_address,
        details.leitweg_id,
        details.cost_centre,
        details.file_reference,
        details.contact,
        details.papers.data_processing,
        details.papers.council_resolution,
        details.papers.emergency_decision,
        details.papers.commitment,
        details.papers.order_reference,
        details.papers.recurring,
        details.papers.budget_account,
    )
    .execute(conn)
    .await?;
    affected("update the details of a call-off", 1, done.rows_affected())
}

/// Counts a change of a draft; `None` if another version was changed in between.
pub async fn touch(
    conn: &mut PgConnection,
    id: CallOffId,
    seen_version: i32,
    now: DateTime<Utc>,
) -> Result<Option<i32>, StorageError> {
    Ok(sqlx::query_scalar!(
        "UPDATE call_off SET version = version + 1, changed_at = $3 WHERE id = $1 AND version = $2 RETURNING version",
        id.0,
        seen_version,
        now
    )
    .fetch_optional(conn)
    .await?)
}

/// Writes the prices of a review onto the lines.
pub async fn write_prices(
    conn: &mut PgConnection,
    call_off: &CallOff,
    priced: &PricedCallOff,
) -> Result<(), StorageError> {
    let columns = PriceColumns::of(priced);
    let done = sqlx::query!(
        "UPDATE call_off_line l
         SET item_id = p.item_id, price_term_id = p.price_term_id, unit_price = p.unit_price, net = p.net,
             vat_category = p.vat_category, vat_rate_pct = p.vat_rate_pct
         FROM unnest($3::int[], $4::uuid[], $5::uuid[], $6::numeric[], $7::numeric[], $8::text[], $9::numeric[])
              AS p (position, item_id, price_term_id, unit_price, net, vat_category, vat_rate_pct)
         WHERE l.contract_id = $1 AND l.call_off_id = $2 AND l.position = p.position",
        call_off.contract.0,
        call_off.id.0,
        &columns.positions,
        &columns.items as &[Option<Uuid>],
        &columns.terms as &[Option<Uuid>],
        &columns.unit_prices as &[Option<Decimal>],
        &columns.nets as &[Option<Decimal>],
        &columns.categories as &[Option<String>],
        &columns.rates as &[Option<Decimal>],
    )
    .execute(conn)
    .await?;
    affected("write the prices of a call-off", u64::try_from(priced.lines.len()).unwrap_or(0), done.rows_affected())
}

/// The lines turned by ninety degrees, as `unnest` takes them.
#[derive(Default)]
pub(super) struct PriceColumns {
    pub positions: Vec<i32>,
    pub items: Vec<Option<Uuid>>,
    pub terms: Vec<Option<Uuid>>,
    pub unit_prices: Vec<Option<Decimal>>,
    pub nets: Vec<Option<Decimal>>,
    pub categories: Vec<Option<String>>,
    pub rates: Vec<Option<Decimal>>,
}

impl PriceColumns {
    pub fn of(priced: &PricedCallOff) -> Self {
        let mut columns = Self::default();
        for line in &priced.lines {
            columns.positions.push(line.position);
            columns.items.push(line.item.map(Uuid::from));
            columns.terms.push(line.price_term.map(Uuid::from));
            columns.unit_prices.push(line.unit_price.as_ref().and_then(|price| price.parse().ok()));
            columns.nets.push(line.net.map(Net::decimal));
            columns.categories.push(line.vat.as_ref().map(|vat| vat.category.clone()));
            columns.rates.push(line.vat.as_ref().map(|vat| vat.rate.decimal()));
        }
        columns
    }
}

/// The draft becomes a request.
pub async fn set_submitted(
    conn: &mut PgConnection,
    id: CallOffId,
    amounts: &Amounts,
    dated_on: NaiveDate,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE call_off
         SET status = 'submitted', net = $2, surcharge_net = $3, vat = $4, gross = $5, dated_on = $6,
             submitted_at = $7, changed_at = $7, expires_at = $8, version = version + 1
         WHERE id = $1",
        id.0,
        amounts.net.decimal(),
        amounts.surcharge.decimal(),
        amounts.vat.decimal(),
        amounts.gross.decimal(),
        dated_on,
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    affected("submit a call-off", 1, done.rows_affected())
}

/// The review declined the submission; the draft stays as it is.
pub async fn set_declined(
    conn: &mut PgConnection,
    id: CallOffId,
    dated_on: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!("UPDATE call_off SET declined_at = $3, dated_on = $2 WHERE id = $1", id.0, dated_on, now)
        .execute(conn)
        .await?;
    affected("note a declined submission", 1, done.rows_affected())
}

/// Changes the state, and notes the end where it is one.
pub async fn set_status(
    conn: &mut PgConnection,
    id: CallOffId,
    from: Status,
    to: Status,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let ends =
        matches!(to, Status::Discarded | Status::Refused | Status::Withdrawn | Status::Expired | Status::Cancelled);
    let done = sqlx::query!(
        "UPDATE call_off
         SET status = $3, changed_at = $4, ended_at = CASE WHEN $5 THEN $4 ELSE ended_at END, version = version + 1
         WHERE id = $1 AND status = $2",
        id.0,
        from.key(),
        to.key(),
        now,
        ends,
    )
    .execute(conn)
    .await?;
    affected("change the state of a call-off", 1, done.rows_affected())
}

/// Requests whose reservation has run out; of one contract or of all.
pub async fn expired(
    conn: &mut PgConnection,
    contract: Option<ContractId>,
    now: DateTime<Utc>,
) -> Result<Vec<CallOffId>, StorageError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM call_off
         WHERE status IN ('submitted', 'returned') AND expires_at <= $2 AND ($1::uuid IS NULL OR contract_id = $1)
         ORDER BY expires_at, id
         LIMIT 500",
        contract.map(Uuid::from),
        now
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(CallOffId).collect())
}
