//! Framework contracts as buyers, office, board and auditors look at them.

use abruf_domain::ids::{ContractId, GuardId, ItemId, LotId, OrganisationId};
use abruf_domain::money::Volume;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// What a new draft needs to know of its contract.
#[derive(Debug, Clone)]
pub struct ForOrdering {
    /// Purchasing body of the contract.
    pub body: OrganisationId,
    /// The body orders for the member: two linked orders.
    pub through_body: bool,
    /// Mechanism key: where it is not `single`, the draft's supplier is proposed by the domain.
    pub mechanism: String,
    /// Supplier of the first lot today.
    pub first_supplier: Option<OrganisationId>,
}

impl ForOrdering {
    /// Who orders from the supplier what this member needs.
    #[must_use]
    pub fn buyer_of_record(&self, member: OrganisationId) -> OrganisationId {
        if self.through_body { self.body } else { member }
    }
}

/// A visible contract, for a new draft.
pub async fn for_ordering(
    conn: &mut PgConnection,
    id: ContractId,
    today: NaiveDate,
) -> Result<Option<ForOrdering>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT c.body_id, c.supply_chain, c.mechanism,
                  (SELECT p.supplier_id
                   FROM contract_party p
                   JOIN lot l ON l.contract_id = p.contract_id AND l.id = p.lot_id
                   WHERE p.contract_id = c.id AND p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 <= p.valid_to)
                     AND coalesce($2 < least(p.stopped_from, (SELECT s.first_day FROM abruf.party_stop(c.body_id, c.id, p.lot_id, p.supplier_id, $2) s)), true)
                   ORDER BY l.number, p.rank
                   LIMIT 1) AS supplier_id
           FROM framework_contract c
           WHERE c.id = $1"#,
        id.0,
        today
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| ForOrdering {
        body: OrganisationId(row.body_id),
        through_body: row.supply_chain == "through_body",
        mechanism: row.mechanism,
        first_supplier: row.supplier_id.map(OrganisationId),
    }))
}

/// Whom a draft names before anybody has chosen: the highest rank of the lot of the first known article.
pub async fn supplier_of(
    conn: &mut PgConnection,
    contract: ContractId,
    articles: &[String],
    day: NaiveDate,
) -> Result<Option<OrganisationId>, StorageError> {
    let supplier = sqlx::query_scalar!(
        "SELECT p.supplier_id
         FROM item i
         JOIN framework_contract c ON c.id = i.contract_id
         JOIN contract_party p ON p.contract_id = i.contract_id AND p.lot_id = i.lot_id
         WHERE i.contract_id = $1 AND i.article_number = ANY ($2)
           AND p.valid_from <= $3 AND (p.valid_to IS NULL OR $3 <= p.valid_to)
           AND coalesce($3 < least(p.stopped_from, (SELECT s.first_day FROM abruf.party_stop(c.body_id, c.id, p.lot_id, p.supplier_id, $3) s)), true)
         ORDER BY array_position($2, i.article_number), p.rank
         LIMIT 1",
        contract.0,
        articles,
        day
    )
    .fetch_optional(conn)
    .await?;
    Ok(supplier.map(OrganisationId))
}

/// Key of the mechanism of a visible contract.
pub async fn mechanism(conn: &mut PgConnection, id: ContractId) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT mechanism FROM framework_contract WHERE id = $1", id.0).fetch_optional(conn).await?)
}

/// Leading body of a visible contract.
pub async fn body(conn: &mut PgConnection, id: ContractId) -> Result<Option<OrganisationId>, StorageError> {
    let body = sqlx::query_scalar!("SELECT body_id FROM framework_contract WHERE id = $1", id.0);
    Ok(body.fetch_optional(conn).await?.map(OrganisationId))
}

/// Number of a visible contract.
pub async fn number(conn: &mut PgConnection, id: ContractId) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT number FROM framework_contract WHERE id = $1", id.0).fetch_optional(conn).await?)
}

/// A contract as lists and its page show it.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Which.
    pub id: ContractId,
    /// Purchasing body.
    pub body: OrganisationId,
    /// Number.
    pub number: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// vgv or uvgo.
    pub regime: String,
    /// Stored status key.
    pub status: String,
    /// direct or through_body.
    pub supply_chain: String,
    /// Mechanism key.
    pub mechanism: String,
    /// ISO 4217.
    pub currency: String,
    /// Why members may call off.
    pub legal_basis: String,
    /// Number of the notice.
    pub notice_reference: String,
    /// Date of the notice.
    pub notice_date: NaiveDate,
    /// Number of the procedure.
    pub procedure_reference: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day without options.
    pub ends_on: NaiveDate,
    /// Last day with options exercised in time.
    pub effective_end: NaiveDate,
    /// Fee in percent.
    pub fee_pct: Decimal,
    /// Minimum order value.
    pub min_order_value_net: Option<Decimal>,
    /// Surcharge below it.
    pub surcharge_net: Option<Decimal>,
    /// Delivery and payment terms.
    pub delivery_terms: String,
    /// Suppliers of its lots, joined.
    pub suppliers: String,
    /// The value ceiling of the contract.
    pub ceiling: Ceiling,
}

/// A ceiling with its consumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// Guard row.
    pub guard: GuardId,
    /// Limit; `None`: unlimited.
    pub limit: Option<Volume>,
    /// Authorised and recorded.
    pub consumed: Volume,
    /// Reserved by requests.
    pub reserved: Volume,
    /// Recorded facts exceed it.
    pub breached: bool,
}

impl Ceiling {
    /// What is left; zero where more than all is taken; `None`: unlimited.
    #[must_use]
    pub fn free(&self) -> Option<Volume> {
        self.limit.map(|limit| (limit - self.consumed - self.reserved).max(Volume::ZERO))
    }

    /// Taken share in whole percent, rounded down.
    #[must_use]
    pub fn percent(&self) -> Option<Decimal> {
        self.limit.and_then(|limit| (self.consumed + self.reserved).percent_of(limit))
    }
}

/// Visible contracts whose words match, by number; all without words.
pub async fn list(conn: &mut PgConnection, words: Option<&str>) -> Result<Vec<Contract>, StorageError> {
    let patterns: Vec<String> = words
        .unwrap_or_default()
        .split_whitespace()
        .take(8)
        .map(|word| format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")))
        .collect();
    let ids = sqlx::query_scalar!(
        "SELECT c.id
         FROM framework_contract c
         WHERE NOT EXISTS (
             SELECT FROM unnest($1::text[]) AS pattern
             WHERE NOT (concat_ws(' ', c.number, c.title, c.description, c.search_words) ILIKE pattern
                        OR EXISTS (SELECT FROM item i WHERE i.contract_id = c.id AND concat_ws(' ', i.article_number, i.title) ILIKE pattern)
                        OR EXISTS (SELECT FROM contract_party p JOIN organisation o ON o.id = p.supplier_id
                                   WHERE p.contract_id = c.id AND o.name ILIKE pattern)))
         ORDER BY c.number DESC",
        &patterns
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut contracts = Vec::with_capacity(ids.len());
    for id in ids {
        contracts.extend(find(&mut *conn, ContractId(id)).await?);
    }
    Ok(contracts)
}

/// A visible contract.
pub async fn find(conn: &mut PgConnection, id: ContractId) -> Result<Option<Contract>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT c.body_id, c.number, c.title, c.description, c.regime, c.status, c.supply_chain, c.mechanism, c.currency,
                  c.legal_basis, c.notice_reference, c.notice_date, c.procedure_reference, c.starts_on, c.ends_on,
                  c.fee_pct, c.min_order_value_net, c.surcharge_net, c.delivery_terms,
                  greatest(c.ends_on, (SELECT max(o.new_end) FROM contract_option o
                                       WHERE o.contract_id = c.id AND o.exercised_on <= o.notice_deadline)) AS "effective_end!",
                  (SELECT string_agg(DISTINCT o.name, ', ' ORDER BY o.name)
                   FROM contract_party p JOIN organisation o ON o.id = p.supplier_id
                   WHERE p.contract_id = c.id) AS suppliers,
                  g.id AS guard_id, g.limit_amount, g.authorised + g.recorded AS "consumed!", g.reserved, g.breached
           FROM framework_contract c
           JOIN guard g ON g.contract_id = c.id AND g.scope = 'contract' AND g.measure = 'value'
           WHERE c.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let volume = |value, column| consistent(Volume::new(value), "guard", column, row.guard_id);
        Ok(Contract {
            id,
            body: OrganisationId(row.body_id),
            ceiling: Ceiling {
                guard: GuardId(row.guard_id),
                limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
                consumed: volume(row.consumed, "authorised")?,
                reserved: volume(row.reserved, "reserved")?,
                breached: row.breached,
            },
            number: row.number,
            title: row.title,
            description: row.description,
            regime: row.regime,
            status: row.status,
            supply_chain: row.supply_chain,
            mechanism: row.mechanism,
            currency: row.currency,
            legal_basis: row.legal_basis,
            notice_reference: row.notice_reference,
            notice_date: row.notice_date,
            procedure_reference: row.procedure_reference,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            effective_end: row.effective_end,
            fee_pct: row.fee_pct,
            min_order_value_net: row.min_order_value_net,
            surcharge_net: row.surcharge_net,
            delivery_terms: row.delivery_terms,
            suppliers: row.suppliers.unwrap_or_default(),
        })
    })
    .transpose()
}

/// An item of the schedule with its price of the day, for pages.
#[derive(Debug, Clone)]
pub struct ScheduleItem {
    /// Which.
    pub id: ItemId,
    /// Its lot.
    pub lot: LotId,
    /// Number of the lot.
    pub lot_number: i32,
    /// Title of the lot.
    pub lot_title: String,
    /// Article number.
    pub article_number: String,
    /// Text.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// Smallest quantity.
    pub min_quantity: Decimal,
    /// Packing unit.
    pub step: Decimal,
    /// VAT rate in percent.
    pub vat_rate_pct: Decimal,
    /// Price kind of the day; `None`: no price today.
    pub kind: Option<String>,
    /// Of fixed and subscription.
    pub unit_price: Option<Decimal>,
    /// Of list_minus.
    pub list_price: Option<Decimal>,
    /// Of list_minus.
    pub discount_pct: Option<Decimal>,
    /// Of tiers.
    pub tiers: Option<serde_json::Value>,
    /// Of every other kind.
    pub clause: Option<serde_json::Value>,
    /// Version of the price.
    pub version: Option<i32>,
    /// First day of the price.
    pub price_from: Option<NaiveDate>,
}

/// The schedule of a contract with the prices valid on `day`; `words` filters, `limit` bounds.
pub async fn schedule(
    conn: &mut PgConnection,
    contract: ContractId,
    day: NaiveDate,
    words: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<ScheduleItem>, StorageError> {
    let pattern = format!("%{}%", words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let rows = sqlx::query!(
        r#"SELECT i.id, l.id AS lot_id, l.number AS lot_number, l.title AS lot_title, i.article_number, i.title, i.unit,
                  i.min_quantity, i.step, i.vat_rate_pct, p.kind AS "kind?", p.unit_price, p.list_price, p.discount_pct, p.tiers, p.clause,
                  p.version AS "version?", p.valid_from AS "price_from?"
           FROM item i
           JOIN lot l ON l.contract_id = i.contract_id AND l.id = i.lot_id
           LEFT JOIN LATERAL (
               SELECT kind, unit_price, list_price, discount_pct, tiers, clause, version, valid_from
               FROM price_term t
               WHERE t.contract_id = i.contract_id AND t.item_id = i.id AND t.released_at IS NOT NULL
                 AND t.valid_from <= $2 AND (t.valid_to IS NULL OR $2 <= t.valid_to)
               ORDER BY t.version DESC
               LIMIT 1) p ON true
           WHERE i.contract_id = $1 AND concat_ws(' ', i.article_number, i.title) ILIKE $3
           ORDER BY l.number, i.article_number
           LIMIT $4 OFFSET $5"#,
        contract.0,
        day,
        pattern,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ScheduleItem {
            id: ItemId(row.id),
            lot: LotId(row.lot_id),
            lot_number: row.lot_number,
            lot_title: row.lot_title,
            article_number: row.article_number,
            title: row.title,
            unit: row.unit,
            min_quantity: row.min_quantity,
            step: row.step,
            vat_rate_pct: row.vat_rate_pct,
            kind: row.kind,
            unit_price: row.unit_price,
            list_price: row.list_price,
            discount_pct: row.discount_pct,
            tiers: row.tiers,
            clause: row.clause,
            version: row.version,
            price_from: row.price_from,
        })
        .collect())
}

/// A member's quota in a contract.
pub async fn quota(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
) -> Result<Option<(Ceiling, bool)>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT id, limit_amount, authorised + recorded AS "consumed!", reserved, breached, hard
           FROM guard
           WHERE contract_id = $1 AND scope = 'member' AND measure = 'value' AND member_id = $2"#,
        contract.0,
        member.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let volume = |value, column| consistent(Volume::new(value), "guard", column, row.id);
        let ceiling = Ceiling {
            guard: GuardId(row.id),
            limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
            consumed: volume(row.consumed, "authorised")?,
            reserved: volume(row.reserved, "reserved")?,
            breached: row.breached,
        };
        Ok((ceiling, row.hard))
    })
    .transpose()
}

/// An entitlement as pages show it.
#[derive(Debug, Clone)]
pub struct EntitlementRow {
    /// Named member; `None`: a category.
    pub member: Option<String>,
    /// Its id.
    pub member_id: Option<Uuid>,
    /// Wording of the notice.
    pub wording: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Proof.
    pub document: String,
    /// Date of the proof.
    pub document_date: NaiveDate,
}

/// Who is entitled.
pub async fn entitlements(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<EntitlementRow>, StorageError> {
    Ok(sqlx::query_as!(
        EntitlementRow,
        r#"SELECT o.name AS "member?", e.member_id, e.wording, e.valid_from, e.valid_to, e.document, e.document_date
           FROM entitlement e
           LEFT JOIN organisation o ON o.id = e.member_id
           WHERE e.contract_id = $1
           ORDER BY o.name NULLS FIRST, e.valid_from"#,
        contract.0
    )
    .fetch_all(conn)
    .await?)
}

/// Currency of a visible call-off's contract.
pub async fn currency_of(
    conn: &mut PgConnection,
    call_off: abruf_domain::ids::CallOffId,
) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT f.currency FROM call_off c JOIN framework_contract f ON f.id = c.contract_id WHERE c.id = $1",
        call_off.0
    )
    .fetch_optional(conn)
    .await?)
}

/// Decimals of unit prices that this contract derives from list prices.
pub async fn unit_price_decimals(conn: &mut PgConnection, contract: ContractId) -> Result<u32, StorageError> {
    let decimals = sqlx::query_scalar!("SELECT unit_price_decimals FROM framework_contract WHERE id = $1", contract.0)
        .fetch_optional(conn)
        .await?;
    Ok(decimals.unwrap_or(2).unsigned_abs())
}

/// How many items match the words of [`schedule`].
pub async fn schedule_count(conn: &mut PgConnection, contract: ContractId, words: &str) -> Result<i64, StorageError> {
    let pattern = format!("%{}%", words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM item
           WHERE contract_id = $1 AND concat_ws(' ', article_number, title) ILIKE $2"#,
        contract.0,
        pattern
    )
    .fetch_one(conn)
    .await?)
}
