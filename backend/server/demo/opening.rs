//! Entering a contract: terms, lots, items, prices, entitlements, ceilings, and its first log entry.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use abruf_domain::facts::{Covers, ItemTraits, Measure, Scope};
use abruf_domain::ids::{BaselineId, ContractId, EntitlementId, GuardId, ItemId, LotId, OrganisationId, PriceTermId};
use abruf_domain::money::Volume;
use abruf_domain::period::Validity;
use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::calendar::{Calendar, at, later, working_day_from};
use super::call_offs::{Planned, is_listed_late};
use super::contracts::{self, Baseline, Design, Entitled, Item};
use super::evidence;
use super::members;
use super::world::{REGION, World};
use super::{ceilings, minimum_purchases};
use crate::chance::Chance;
use crate::storage::StorageError;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::baseline_files;
use crate::storage::master_data::contracts::{
    NewContract, NewEntitlement, NewGuard, NewItem, insert, insert_entitlement, insert_guard, insert_item, insert_lot,
    insert_option, insert_party,
};
use crate::storage::master_data::members::insert_data_processing_accession;
use crate::storage::master_data::prices::{self, NewBaseline, NewPrice, insert_baseline};

/// Agreement under Art. 28 GDPR of contracts with items that process personal data.
const DATA_PROCESSING: &str = "Rahmenvertrag über die Auftragsverarbeitung, Anlage 5 der Rahmenvereinbarung";

/// A contract that has been entered.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub id: ContractId,
    pub design: Design,
    /// Whether each member of the world is on its list or in its category.
    pub entitled: Vec<bool>,
    /// The guard row of its value ceiling.
    pub guard: GuardId,
    pub limit: Volume,
    items: Vec<ItemId>,
    /// Baselines that are approved later, with the instant.
    pub later_baselines: Vec<(DateTime<Utc>, usize, Baseline)>,
}

/// What all parts of a contract need.
struct Opening<'a> {
    world: &'a World,
    chance: &'a Chance,
    design: &'a Design,
    id: ContractId,
    activated_at: DateTime<Utc>,
}

/// Enters a contract whose call-offs are planned.
pub(super) async fn open(
    conn: &mut PgConnection,
    world: &World,
    chance: &Chance,
    design: Design,
    entitled: Vec<bool>,
    plan: &[Planned],
) -> Result<Opened, StorageError> {
    let activated_at = at(Calendar::new(design.term.from()).working_day_before(4), 11, 0);
    let id = ContractId(chance.id(activated_at));
    let opening = Opening { world, chance, design: &design, id, activated_at };
    opening.terms(conn).await?;
    let lots = opening.lots(conn).await?;
    let items = opening.items(conn, &lots).await?;
    opening.entitlements(conn, &entitled).await?;
    let limit = ceilings::of_contract(design.ceiling, ceilings::planned_net(&design, plan));
    let guard = opening.guards(conn, &lots, &items, &entitled, plan, limit).await?;
    minimum_purchases::enter(conn, id, &design, &items, plan).await?;
    let later_baselines = opening.baselines(conn, &items).await?;
    opening.log(conn).await?;
    Ok(Opened { id, design, entitled, guard, limit, items, later_baselines })
}

impl Opened {
    /// Enters a baseline, approved now.
    pub(super) async fn approve(
        &self,
        conn: &mut PgConnection,
        world: &World,
        chance: &Chance,
        item: usize,
        baseline: &Baseline,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        enter_baseline(conn, world, chance, self.id, self.items[item], baseline, now).await
    }
}

impl Opening<'_> {
    async fn terms(&self, conn: &mut PgConnection) -> Result<(), StorageError> {
        let design = self.design;
        let contract = NewContract {
            id: self.id,
            body: self.world.body,
            number: &design.number,
            title: design.title,
            description: design.description,
            search_words: design.search_words,
            regime: design.regime,
            supply_chain: design.supply_chain,
            mechanism: design.choice.mechanism(),
            answer_period_days: design.choice.answer_days(),
            legal_basis: design.legal_basis,
            legal_basis_key: Some(design.legal_basis_key),
            runoff_allowed: true,
            cash_discount: None,
            competition_criterion: None,
            data_processing: design.processes_personal_data().then_some(DATA_PROCESSING),
            in_house_vat: design.in_house_vat.as_ref(),
            notice_reference: &design.notice_reference,
            notice_date: design.notice_date,
            procedure_reference: &design.procedure_reference,
            term: design.term,
            unit_price_decimals: i32::try_from(design.unit_price_decimals).unwrap_or(2),
            fee: design.fee.parse().expect("fees in the tables of the demo are written as decimals"),
            min_order: design.min_order.clone(),
            delivery_terms: design.delivery_terms,
            activated_at: self.activated_at,
        };
        insert(conn, &contract).await?;
        if design.processes_personal_data() {
            for member in &self.world.members {
                let since = member.membership.from.max(design.term.from());
                let document = "Beitrittserklärung zum Rahmenvertrag über die Auftragsverarbeitung";
                insert_data_processing_accession(conn, self.id, member.id, since, document).await?;
            }
        }
        for (option, document) in &design.options {
            insert_option(conn, self.id, self.chance.id(self.activated_at), option, document).await?;
        }
        Ok(())
    }

    async fn lots(&self, conn: &mut PgConnection) -> Result<Vec<LotId>, StorageError> {
        let mut ids = Vec::new();
        for (number, lot) in (1..).zip(&self.design.lots) {
            let id = LotId(self.chance.id(self.activated_at));
            let supplier = self.world.supplier(lot.supplier);
            let since = self.design.term.from();
            insert_lot(conn, self.id, id, number, lot.title, supplier, since).await?;
            if let Some(next) = self.design.choice.next() {
                insert_party(conn, self.id, id, self.world.supplier(next), 2, since, None).await?;
            }
            ids.push(id);
        }
        Ok(ids)
    }

    async fn items(&self, conn: &mut PgConnection, lots: &[LotId]) -> Result<Vec<ItemId>, StorageError> {
        let mut ids = Vec::new();
        for item in &self.design.items {
            let id = ItemId(self.chance.id(self.activated_at));
            let row = NewItem {
                id,
                lot: lots[item.lot],
                article_number: item.article,
                title: item.title,
                unit: item.unit,
                cpv: item.cpv,
                vat: item.vat.clone(),
                min_quantity: contracts::tenths(item.min),
                step: contracts::tenths(item.step),
                traits: ItemTraits { personal_data: item.personal_data, ..ItemTraits::default() },
            };
            insert_item(conn, self.id, &row).await?;
            self.prices(conn, id, item).await?;
            ids.push(id);
        }
        Ok(ids)
    }

    /// Each version ends the day before the next begins; the office records, its second person releases.
    async fn prices(&self, conn: &mut PgConnection, id: ItemId, item: &Item) -> Result<(), StorageError> {
        let first = self.design.lots[item.lot].supplier;
        for supplier in [Some(first), self.design.choice.next()].into_iter().flatten() {
            self.prices_of(conn, id, item, self.world.supplier(supplier)).await?;
        }
        Ok(())
    }

    async fn prices_of(
        &self,
        conn: &mut PgConnection,
        id: ItemId,
        item: &Item,
        supplier: OrganisationId,
    ) -> Result<(), StorageError> {
        let ends = item.prices.iter().skip(1).map(|(from, _)| Some(*from - Days::new(1))).chain([None]);
        for ((version, (from, price)), to) in (1..).zip(&item.prices).zip(ends) {
            let released_at = at(Calendar::new(*from).working_day_before(10), 14, 20);
            let row = NewPrice {
                id: PriceTermId(self.chance.id(released_at)),
                item: id,
                supplier,
                version,
                price,
                validity: Validity { from: *from, to },
                freight: None,
                recorded_by: self.world.leadership.office.person,
                released: Some((self.world.leadership.second_office.person, released_at)),
            };
            prices::insert(conn, self.id, &row).await?;
        }
        Ok(())
    }

    async fn entitlements(&self, conn: &mut PgConnection, entitled: &[bool]) -> Result<(), StorageError> {
        let design = self.design;
        let notice = design.notice_date;
        let reference = &design.notice_reference;
        match design.entitled {
            Entitled::Category { kinds, wording } => {
                let covers = Covers::Category {
                    kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                    region: REGION.to_owned(),
                    includes_future_members: true,
                };
                let document = format!("Angaben zu den Auftraggebern in der Bekanntmachung {reference}");
                self.entitle(conn, covers, notice, &document, None, wording).await
            }
            Entitled::Named(_) => {
                let listed = self.world.members.iter().zip(entitled).filter(|(_, listed)| **listed);
                for (place, (member, _)) in (1..).zip(listed) {
                    let document = format!("Anlage 3 der Bekanntmachung {reference}, lfd. Nr. {place}");
                    self.entitle(conn, Covers::Named { member: member.id }, notice, &document, None, "").await?;
                }
                for member in self.world.members.iter().filter(|member| is_listed_late(design, member)) {
                    let entered_on = working_day_from(self.world.calendar.month(-3) + Days::new(8));
                    let document = "Ergänzung der Liste durch die Geschäftsstelle auf Antrag der Stadt";
                    let modification = (member.row.key == members::LISTED_BY_MODIFICATION).then_some(
                        "Vertragsänderung Nr. 1 nach § 132 Abs. 3 GWB: + 1,4 % des ursprünglichen Auftragswerts",
                    );
                    let covers = Covers::Named { member: member.id };
                    self.entitle(conn, covers, entered_on, document, modification, "").await?;
                }
                Ok(())
            }
        }
    }

    async fn entitle(
        &self,
        conn: &mut PgConnection,
        covers: Covers,
        entered_on: NaiveDate,
        document: &str,
        modification_reference: Option<&str>,
        wording: &str,
    ) -> Result<(), StorageError> {
        let entitlement = NewEntitlement {
            id: EntitlementId(self.chance.id(self.activated_at)),
            covers,
            validity: Validity { from: entered_on, to: None },
            entered_on,
            document,
            document_date: entered_on,
            modification_reference,
            wording,
        };
        insert_entitlement(conn, self.id, &entitlement).await
    }

    async fn guards(
        &self,
        conn: &mut PgConnection,
        lots: &[LotId],
        items: &[ItemId],
        entitled: &[bool],
        plan: &[Planned],
        limit: Volume,
    ) -> Result<GuardId, StorageError> {
        let contract = self.guard(conn, Scope::Contract, None, Measure::Value, limit, true).await?;
        if self.design.demand.is_none() {
            // Nobody orders here: the lots share the ceiling.
            for lot in lots {
                let share = limit.decimal() / Decimal::from(lots.len());
                let share = Volume::new(share.round_dp(2)).expect("a part of a ceiling is small");
                self.guard(conn, Scope::Lot(*lot), None, Measure::Value, share, true).await?;
            }
        }
        for (item, id) in self.design.items.iter().zip(items) {
            if let Some(percent) = item.quantity_percent {
                let limit = ceilings::of_item(ceilings::planned_quantity(plan, item.article), percent);
                self.guard(conn, Scope::Item(*id), None, Measure::Quantity, limit, true).await?;
            }
        }
        if self.design.has_quotas {
            for (index, member) in self.world.members.iter().enumerate().filter(|(index, _)| entitled[*index]) {
                let planned = ceilings::planned_of_member(self.design, plan, index);
                let limit = ceilings::of_member(member.row.key, planned);
                self.guard(conn, Scope::Member, Some(member.id), Measure::Value, limit, false).await?;
            }
        }
        Ok(contract)
    }

    async fn guard(
        &self,
        conn: &mut PgConnection,
        scope: Scope,
        member: Option<OrganisationId>,
        measure: Measure,
        limit: Volume,
        hard: bool,
    ) -> Result<GuardId, StorageError> {
        let id = GuardId(self.chance.id(self.activated_at));
        insert_guard(conn, self.id, &NewGuard { id, scope, member, measure, limit: Some(limit), hard }).await?;
        Ok(id)
    }

    /// Enters what is approved when the contract begins; returns what is approved later.
    async fn baselines(
        &self,
        conn: &mut PgConnection,
        items: &[ItemId],
    ) -> Result<Vec<(DateTime<Utc>, usize, Baseline)>, StorageError> {
        let mut later_ones = Vec::new();
        for (index, item) in self.design.items.iter().enumerate() {
            for baseline in &item.baselines {
                let approved_at = later(at(baseline.dated_on, 12, 0), 8, 185);
                if self.activated_at < approved_at && self.design.demand.is_some() {
                    later_ones.push((approved_at, index, baseline.clone()));
                } else {
                    enter_baseline(conn, self.world, self.chance, self.id, items[index], baseline, approved_at).await?;
                }
            }
        }
        Ok(later_ones)
    }

    /// The chain of the contract begins with its activation, or when Abruf took the contract over.
    async fn log(&self, conn: &mut PgConnection) -> Result<(), StorageError> {
        let now = self.activated_at.max(at(self.world.calendar.starts_on(), 7, 0));
        let office = self.world.leadership.second_office.person;
        let entry = AuditEntry::new(now, Some(office.0), "contract_activated", "framework_contract", self.id.0);
        let concerns = Concerns { body: Some(self.world.body), ..Concerns::default() };
        audit_log::append_to_contract(conn, self.id, &Record::new(entry, concerns)).await
    }
}

/// The office records, the board approves: not the person who reports the saving.
async fn enter_baseline(
    conn: &mut PgConnection,
    world: &World,
    chance: &Chance,
    contract: ContractId,
    item: ItemId,
    baseline: &Baseline,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let office = world.leadership.office.person;
    let file = evidence::file(baseline);
    let digest = sha256(&file.bytes);
    baseline_files::keep(conn, contract, &digest, &file, office, now).await?;
    let row = NewBaseline {
        id: BaselineId(chance.id(now)),
        item,
        kind: baseline.kind,
        unit_price: baseline.price,
        per: baseline.per,
        dated_on: baseline.dated_on,
        evidence: &baseline.evidence,
        sha256: Some(&digest),
        recorded_by: office,
        approved_by: world.leadership.board,
        approved_at: now,
    };
    insert_baseline(conn, contract, &row).await
}
