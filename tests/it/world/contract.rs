//! Framework contracts: terms, lots, items with prices, ceilings, entitlements, baselines.

use abruf_domain::ids::{ContractId, OrganisationId};
use serde_json::json;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::{Made, World};

/// An active contract.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Which.
    pub id: ContractId,
    /// Its number, stem of its call-off numbers.
    pub number: String,
}

/// A ceiling: so much, of what, and how strictly.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    measure: &'static str,
    amount: &'static str,
    hard: bool,
}

/// A ceiling by net value.
pub const fn value(amount: &'static str) -> Limit {
    Limit { measure: "value", amount, hard: true }
}

/// A ceiling by quantity.
pub const fn quantity(amount: &'static str) -> Limit {
    Limit { measure: "quantity", amount, hard: true }
}

impl Limit {
    /// Exceeding it needs a justification only; for quotas.
    pub const fn soft(self) -> Self {
        Self { hard: false, ..self }
    }
}

/// An item's price and packing.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    kind: &'static str,
    unit_price: Option<&'static str>,
    list: Option<(&'static str, &'static str)>,
    tiers: &'static [(&'static str, &'static str)],
    counted: Option<&'static str>,
    unit: &'static str,
    step: &'static str,
    vat: &'static str,
}

const NO_PRICE: Offer =
    Offer { kind: "", unit_price: None, list: None, tiers: &[], counted: None, unit: "Stück", step: "1", vat: "19" };

/// The same net price for every unit.
pub const fn fixed(unit_price: &'static str) -> Offer {
    Offer { kind: "fixed", unit_price: Some(unit_price), ..NO_PRICE }
}

/// A net price per unit and month.
pub const fn subscription(unit_price_month: &'static str) -> Offer {
    Offer { kind: "subscription", unit_price: Some(unit_price_month), ..NO_PRICE }
}

/// A list price less a discount in percent.
pub const fn list_minus(list_price: &'static str, discount_pct: &'static str) -> Offer {
    Offer { kind: "list_minus", list: Some((list_price, discount_pct)), ..NO_PRICE }
}

/// Quantity from which on, and unit price of all units then.
pub const fn tiers(tiers: &'static [(&'static str, &'static str)]) -> Offer {
    Offer { kind: "tier_all_units_per_order", tiers, ..NO_PRICE }
}

/// First quantity and unit price of each tier; units cost what their own tier says, counted over
/// `per_order`, `per_member` or `per_contract`.
pub const fn graduated(counted: &'static str, tiers: &'static [(&'static str, &'static str)]) -> Offer {
    Offer { kind: "tier_graduated", counted: Some(counted), tiers, ..NO_PRICE }
}

impl Offer {
    /// Its unit.
    pub const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// Only whole multiples of this quantity.
    pub const fn in_packs_of(self, step: &'static str) -> Self {
        Self { step, ..self }
    }

    /// VAT rate in percent.
    pub const fn vat(self, rate: &'static str) -> Self {
        Self { vat: rate, ..self }
    }
}

/// A comparison price.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    kind: &'static str,
    unit_price: &'static str,
    per: &'static str,
    dated: &'static str,
}

/// What the member paid before: class A.
pub const fn prior_contract(unit_price: &'static str) -> Comparison {
    Comparison { kind: "prior_contract", unit_price, per: "unit", dated: "2025-11-10" }
}

/// What the list says: class B.
pub const fn list_price(unit_price: &'static str) -> Comparison {
    Comparison { kind: "list_price", ..prior_contract(unit_price) }
}

impl Comparison {
    /// Per unit and month.
    pub const fn per_month(self) -> Self {
        Self { per: "month", ..self }
    }

    /// Date of the evidence.
    pub const fn dated(self, dated: &'static str) -> Self {
        Self { dated, ..self }
    }
}

/// Where a ceiling stands.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    Contract,
    Lot(i32),
    Item(&'a str),
    Member(OrganisationId),
}

struct Entitled<'a> {
    member: Option<OrganisationId>,
    category: Option<(&'a str, bool)>,
    from: Option<&'a str>,
    entered_on: Option<&'a str>,
}

/// A contract in the making.
#[must_use = "a builder does nothing until it is awaited"]
pub struct NewContract<'a> {
    world: &'a World,
    number: &'a str,
    notice: &'a str,
    term: [&'a str; 2],
    fee: &'a str,
    minimum: Option<&'a str>,
    surcharge: Option<&'a str>,
    process_share: Option<&'a str>,
    mechanism: &'a str,
    direct_limit: Option<&'a str>,
    through_body: bool,
    suppliers: Vec<OrganisationId>,
    options: Vec<(&'a str, &'a str, Option<&'a str>)>,
    lots: Vec<&'a str>,
    items: Vec<(&'a str, Offer, usize)>,
    limits: Vec<(Place<'a>, Limit)>,
    entitled: Vec<Entitled<'a>>,
    baselines: Vec<(&'a str, Comparison)>,
}

impl World {
    /// An active contract from March 2025 to February 2027, announced in November 2024, without ceilings,
    /// items or entitlements yet.
    pub fn contract<'a>(&'a self, number: &'a str) -> NewContract<'a> {
        NewContract {
            world: self,
            number,
            notice: "2024-11-15",
            term: ["2025-03-01", "2027-02-28"],
            fee: "0",
            minimum: None,
            surcharge: None,
            process_share: None,
            mechanism: "single",
            direct_limit: None,
            through_body: false,
            suppliers: vec![self.supplier],
            options: Vec::new(),
            lots: Vec::new(),
            items: Vec::new(),
            limits: Vec::new(),
            entitled: Vec::new(),
            baselines: Vec::new(),
        }
    }
}

impl<'a> NewContract<'a> {
    /// The body orders for its members, who order in-house without VAT; evidence for the year lies in the file.
    pub fn through_body(self) -> Self {
        Self { through_body: true, ..self }
    }

    /// Date of the contract notice.
    pub fn announced(self, notice: &'a str) -> Self {
        Self { notice, ..self }
    }

    /// First and last day.
    pub fn term(self, from: &'a str, to: &'a str) -> Self {
        Self { term: [from, to], ..self }
    }

    /// An option until `new_end`, exercised on a day or not yet.
    pub fn option(mut self, new_end: &'a str, deadline: &'a str, exercised_on: Option<&'a str>) -> Self {
        self.options.push((new_end, deadline, exercised_on));
        self
    }

    /// Fee in percent.
    pub fn fee(self, percent: &'a str) -> Self {
        Self { fee: percent, ..self }
    }

    /// Smallest order value; refused below.
    pub fn minimum(self, net: &'a str) -> Self {
        Self { minimum: Some(net), ..self }
    }

    /// Surcharge below the minimum instead of a refusal.
    pub fn surcharge(self, net: &'a str) -> Self {
        Self { surcharge: Some(net), ..self }
    }

    /// Share of the central tender: the contract has a process effect.
    pub fn process_share(self, net: &'a str) -> Self {
        Self { process_share: Some(net), ..self }
    }

    /// How a supplier is chosen.
    pub fn mechanism(self, mechanism: &'a str) -> Self {
        Self { mechanism, ..self }
    }

    /// Mini-competitions above this net value.
    pub fn competition_above(self, direct_limit: &'a str) -> Self {
        Self { mechanism: "mini_competition_above", direct_limit: Some(direct_limit), ..self }
    }

    /// A further supplier of every lot, at the same prices.
    pub fn supplier(mut self, supplier: OrganisationId) -> Self {
        self.suppliers.push(supplier);
        self
    }

    /// Ceiling of the whole contract.
    pub fn ceiling(self, limit: Limit) -> Self {
        self.limit(Place::Contract, limit)
    }

    /// Opens the next lot; items that follow belong to it. Without any there is one.
    pub fn lot(mut self, title: &'a str) -> Self {
        self.lots.push(title);
        self
    }

    /// Ceiling of the lot opened last.
    pub fn lot_ceiling(self, limit: Limit) -> Self {
        let lot = i32::try_from(self.lots.len()).unwrap();
        self.limit(Place::Lot(lot), limit)
    }

    /// An item of the lot opened last.
    pub fn item(mut self, article: &'a str, offer: Offer) -> Self {
        self.items.push((article, offer, self.lots.len().max(1)));
        self
    }

    /// Ceiling of an item.
    pub fn item_ceiling(self, article: &'a str, limit: Limit) -> Self {
        self.limit(Place::Item(article), limit)
    }

    /// A member's quota.
    pub fn quota(self, member: OrganisationId, limit: Limit) -> Self {
        self.limit(Place::Member(member), limit)
    }

    /// Names a member on the list of the notice.
    pub fn entitles(self, member: OrganisationId) -> Self {
        self.entitled(Entitled { member: Some(member), category: None, from: None, entered_on: None })
    }

    /// Puts a member on the list on a later day.
    pub fn entitles_since(self, member: OrganisationId, entered_on: &'a str) -> Self {
        let (from, entered_on) = (Some(entered_on), Some(entered_on));
        self.entitled(Entitled { member: Some(member), category: None, from, entered_on })
    }

    /// Announces a category: a legal kind in Sachsen-Anhalt, with or without members that join later.
    pub fn entitles_every(self, kind: &'a str, with_future_members: bool) -> Self {
        let category = Some((kind, with_future_members));
        self.entitled(Entitled { member: None, category, from: None, entered_on: None })
    }

    /// An approved comparison price of an item.
    pub fn baseline(mut self, article: &'a str, comparison: Comparison) -> Self {
        self.baselines.push((article, comparison));
        self
    }

    fn limit(mut self, place: Place<'a>, limit: Limit) -> Self {
        self.limits.push((place, limit));
        self
    }

    fn entitled(mut self, entitled: Entitled<'a>) -> Self {
        self.entitled.push(entitled);
        self
    }

    async fn insert(self) -> Contract {
        let mut tx = self.world.owner().begin().await.unwrap();
        let id = self.world.id();
        self.insert_terms(&mut tx, id).await;
        self.insert_lots(&mut tx, id).await;
        for (article, offer, lot) in &self.items {
            self.insert_item(&mut tx, id, article, offer, *lot).await;
        }
        self.insert_guards(&mut tx, id).await;
        for entitled in &self.entitled {
            self.insert_entitlement(&mut tx, id, entitled).await;
        }
        for (article, comparison) in &self.baselines {
            self.insert_baseline(&mut tx, id, article, comparison).await;
        }
        tx.commit().await.unwrap();
        Contract { id: ContractId(id), number: self.number.to_owned() }
    }

    async fn insert_terms(&self, tx: &mut PgTransaction<'_>, id: Uuid) {
        sqlx::query(
            "INSERT INTO framework_contract (id, body_id, number, title, regime, status, supply_chain, mechanism, legal_basis,
                                             notice_reference, notice_date, procedure_reference, starts_on, ends_on, fee_pct,
                                             process_central_share_net, min_order_value_net, surcharge_net, surcharge_vat_pct, direct_limit_net, activated_at,
                                             in_house_vat_category, in_house_vat_reason)
             VALUES ($1, $2, $3, 'Citrix-Lizenzen und Schulung', 'vgv', 'active', CASE WHEN $13 THEN 'through_body' ELSE 'direct' END, $11, '§ 103 Abs. 5 GWB',
                     '2024/S 222-700001', $4::date, 'V-2024-11', $5::date, $6::date, $7::numeric, $8::numeric, $9::numeric,
                     $10::numeric, CASE WHEN $10 IS NOT NULL THEN 19 END, $12::numeric, $5::date,
                     CASE WHEN $13 THEN 'E' ELSE 'S' END, CASE WHEN $13 THEN '§ 4 Nr. 29 UStG' ELSE '' END)",
        )
        .bind(id)
        .bind(self.world.body.0)
        .bind(self.number)
        .bind(self.notice)
        .bind(self.term[0])
        .bind(self.term[1])
        .bind(self.fee)
        .bind(self.process_share)
        .bind(self.minimum)
        .bind(self.surcharge)
        .bind(self.mechanism)
        .bind(self.direct_limit)
        .bind(self.through_body)
        .execute(&mut **tx)
        .await
        .unwrap();
        if self.through_body {
            self.insert_evidence(tx).await;
        }
        sqlx::query("INSERT INTO contract_body (contract_id, body_id, is_lead) VALUES ($1, $2, true)")
            .bind(id)
            .bind(self.world.body.0)
            .execute(&mut **tx)
            .await
            .unwrap();
        for (new_end, deadline, exercised_on) in &self.options {
            sqlx::query(
                "INSERT INTO contract_option (contract_id, id, new_end, notice_deadline, exercised_on, document)
                 VALUES ($1, $2, $3::date, $4::date, $5::date, 'Schreiben zur Verlängerung')",
            )
            .bind(id)
            .bind(self.world.id())
            .bind(new_end)
            .bind(deadline)
            .bind(*exercised_on)
            .execute(&mut **tx)
            .await
            .unwrap();
        }
    }

    async fn insert_evidence(&self, tx: &mut PgTransaction<'_>) {
        let [recorder, approver] = self.world.clerks;
        sqlx::query(
            "INSERT INTO inhouse_evidence (id, body_id, year, control, activity_share_pct, private_capital, document, recorded_by,
                                           approved_by, approved_at)
             VALUES ($1, $2, 2026, true, 93, false, 'Nachweis 2026', $3, $4, '2026-03-01')",
        )
        .bind(self.world.id())
        .bind(self.world.body.0)
        .bind(recorder.0)
        .bind(approver.0)
        .execute(&mut **tx)
        .await
        .unwrap();
    }

    async fn insert_lots(&self, tx: &mut PgTransaction<'_>, contract: Uuid) {
        let titles = if self.lots.is_empty() { &["Software"][..] } else { &self.lots[..] };
        for (number, title) in (1..).zip(titles) {
            sqlx::query(
                "WITH lot AS (INSERT INTO lot (contract_id, id, number, title) VALUES ($1, $2, $3, $4) RETURNING contract_id, id)
                 INSERT INTO contract_party (contract_id, lot_id, supplier_id, rank, valid_from)
                 SELECT contract_id, id, supplier, rank, $6::date FROM lot, unnest($5::uuid[]) WITH ORDINALITY AS party (supplier, rank)",
            )
            .bind(contract)
            .bind(self.world.id())
            .bind::<i32>(number)
            .bind(title)
            .bind(self.suppliers.iter().map(|supplier| supplier.0).collect::<Vec<_>>())
            .bind(self.term[0])
            .execute(&mut **tx)
            .await
            .unwrap();
        }
    }

    async fn insert_item(&self, tx: &mut PgTransaction<'_>, contract: Uuid, article: &str, offer: &Offer, lot: usize) {
        let item = self.world.id();
        sqlx::query(
            "INSERT INTO item (contract_id, id, lot_id, article_number, title, unit, vat_rate_pct, min_quantity, step)
             SELECT $1, $2, id, $4, $4 || ', je ' || $5, $5, $6::numeric, $7::numeric, $7::numeric
             FROM lot WHERE contract_id = $1 AND number = $3",
        )
        .bind(contract)
        .bind(item)
        .bind(i32::try_from(lot).unwrap())
        .bind(article)
        .bind(offer.unit)
        .bind(offer.vat)
        .bind(offer.step)
        .execute(&mut **tx)
        .await
        .unwrap();
        for supplier in &self.suppliers {
            self.insert_price(tx, contract, item, *supplier, offer).await;
        }
        if offer.counted.is_some_and(|counted| counted != "per_order") && !self.has_item_ceiling(article) {
            sqlx::query(
                "INSERT INTO guard (contract_id, id, scope, measure, item_id) VALUES ($1, $2, 'item', 'quantity', $3)",
            )
            .bind(contract)
            .bind(self.world.id())
            .bind(item)
            .execute(&mut **tx)
            .await
            .unwrap();
        }
    }

    fn has_item_ceiling(&self, article: &str) -> bool {
        self.limits.iter().any(|(place, _)| matches!(place, Place::Item(own) if *own == article))
    }

    async fn insert_price(
        &self,
        tx: &mut PgTransaction<'_>,
        contract: Uuid,
        item: Uuid,
        supplier: OrganisationId,
        offer: &Offer,
    ) {
        let tiers: Vec<_> =
            offer.tiers.iter().map(|(from, price)| json!({ "from": from, "unit_price": price })).collect();
        let (tiers, clause) = match offer.counted {
            Some(counted) => (None, Some(json!({ "type": offer.kind, "counted": counted, "tiers": tiers }))),
            None => ((!tiers.is_empty()).then(|| json!(tiers)), None),
        };
        sqlx::query(
            "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, list_price, discount_pct,
                                     tiers, valid_from, recorded_by, released_by, released_at, clause)
             VALUES ($1, $2, $3, $4, 1, $5, $6::numeric, $7::numeric, $8::numeric, $9, $10::date, $11, $12, $10::date, $13)",
        )
        .bind(contract)
        .bind(self.world.id())
        .bind(item)
        .bind(supplier.0)
        .bind(offer.kind)
        .bind(offer.unit_price)
        .bind(offer.list.map(|(price, _)| price))
        .bind(offer.list.map(|(_, discount)| discount))
        .bind(tiers)
        .bind(self.term[0])
        .bind(self.world.clerks[0].0)
        .bind(self.world.clerks[1].0)
        .bind(clause)
        .execute(&mut **tx)
        .await
        .unwrap();
    }

    /// Every contract has a value row, limited or not: it carries the numbers and the audit chain.
    async fn insert_guards(&self, tx: &mut PgTransaction<'_>, contract: Uuid) {
        let has_value =
            self.limits.iter().any(|(place, limit)| matches!(place, Place::Contract) && limit.measure == "value");
        if !has_value {
            sqlx::query("INSERT INTO guard (contract_id, id, scope, measure) VALUES ($1, $2, 'contract', 'value')")
                .bind(contract)
                .bind(self.world.id())
                .execute(&mut **tx)
                .await
                .unwrap();
        }
        for (place, limit) in &self.limits {
            insert_guard(tx, contract, self.world.id(), *place, limit).await;
        }
    }

    async fn insert_entitlement(&self, tx: &mut PgTransaction<'_>, contract: Uuid, entitled: &Entitled<'_>) {
        sqlx::query(
            "INSERT INTO entitlement (contract_id, id, mode, member_id, kinds, region, includes_future_members, valid_from,
                                      entered_on, document, document_date, wording)
             VALUES ($1, $2, CASE WHEN $4 IS NULL THEN 'named' ELSE 'category' END, $3, CASE WHEN $4 IS NOT NULL THEN ARRAY[$4] END,
                     CASE WHEN $4 IS NOT NULL THEN 'DE-ST' END, coalesce($5, false), $6::date, $7::date,
                     'Anlage 3 der Bekanntmachung', $7::date, coalesce($4, ''))",
        )
        .bind(contract)
        .bind(self.world.id())
        .bind(entitled.member.map(Uuid::from))
        .bind(entitled.category.map(|(kind, _)| kind))
        .bind(entitled.category.map(|(_, future)| future))
        .bind(entitled.from.unwrap_or(self.notice))
        .bind(entitled.entered_on.unwrap_or(self.notice))
        .execute(&mut **tx)
        .await
        .unwrap();
    }

    async fn insert_baseline(
        &self,
        tx: &mut PgTransaction<'_>,
        contract: Uuid,
        article: &str,
        comparison: &Comparison,
    ) {
        sqlx::query(
            "INSERT INTO baseline (contract_id, id, item_id, kind, unit_price, per, dated_on, evidence, recorded_by, approved_by, approved_at)
             SELECT $1, $2, id, $4, $5::numeric, $6, $7::date, 'Rechnung 2025-0917', $8, $9, $7::date
             FROM item WHERE contract_id = $1 AND article_number = $3",
        )
        .bind(contract)
        .bind(self.world.id())
        .bind(article)
        .bind(comparison.kind)
        .bind(comparison.unit_price)
        .bind(comparison.per)
        .bind(comparison.dated)
        .bind(self.world.clerks[0].0)
        .bind(self.world.clerks[1].0)
        .execute(&mut **tx)
        .await
        .unwrap();
    }
}

async fn insert_guard(conn: &mut PgConnection, contract: Uuid, id: Uuid, place: Place<'_>, limit: &Limit) {
    let (scope, lot, article, member) = match place {
        Place::Contract => ("contract", None, None, None),
        Place::Lot(number) => ("lot", Some(number), None, None),
        Place::Item(article) => ("item", None, Some(article), None),
        Place::Member(member) => ("member", None, None, Some(member.0)),
    };
    sqlx::query(
        "INSERT INTO guard (contract_id, id, scope, measure, lot_id, item_id, member_id, limit_amount, hard)
         VALUES ($1, $2, $3, $4, (SELECT id FROM lot WHERE contract_id = $1 AND number = $5),
                 (SELECT id FROM item WHERE contract_id = $1 AND article_number = $6), $7, $8::numeric, $9)",
    )
    .bind(contract)
    .bind(id)
    .bind(scope)
    .bind(limit.measure)
    .bind(lot)
    .bind(article)
    .bind(member)
    .bind(limit.amount)
    .bind(limit.hard)
    .execute(conn)
    .await
    .unwrap();
}

impl<'a> IntoFuture for NewContract<'a> {
    type Output = Contract;
    type IntoFuture = Made<'a, Contract>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.insert())
    }
}
