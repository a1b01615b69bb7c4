//! The facts of cases as rows of a fresh database: what the server has to read back. Ids are those of
//! the facts, which derive them from the names of the file.

use std::collections::BTreeSet;

use abruf::actor::{Actor, Role, Standing};
use abruf::storage::budget_confirmations::{self, Confirmation};
use abruf::storage::master_data::contracts::{self, NewContract, NewEntitlement, NewGuard, NewItem};
use abruf::storage::master_data::members;
use abruf::storage::master_data::prices::{self, NewBaseline, NewPrice};
use abruf::storage::supplier_stops::{self, NewStop, Reach};
use abruf_domain::Facts;
use abruf_domain::facts::{
    AuthorityClass, BindingRules, Budget, BudgetMode, Covers, FundsConfirmation, InhouseEvidence, LegalBasis, Member,
    Regime, Scope, ScopeState, StopScope, SupplyChain,
};
use abruf_domain::ids::{AssignmentId, EntitlementId, GuardId, LotId, OrganisationId, PersonId};
use abruf_domain::money::{Gross, Percent, Quantity, UnitPrice, Volume};
use abruf_domain::period::{Validity, berlin_date};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::web::{Web, known_hash};

/// Before everything, as the database can hold it.
fn early(day: NaiveDate) -> NaiveDate {
    day.max(NaiveDate::from_ymd_opt(1995, 1, 1).unwrap())
}

fn dated(validity: Validity) -> Validity {
    Validity { from: early(validity.from), to: validity.to }
}

fn always() -> Validity {
    Validity { from: early(NaiveDate::MIN), to: None }
}

/// Puts the facts of cases into a database.
pub(super) struct Stage<'a> {
    web: &'a Web,
    /// One records, the other releases.
    clerks: [PersonId; 2],
    /// Of every item and party that has none in the file.
    only_lot: LotId,
}

impl<'a> Stage<'a> {
    /// Contract, members and consumption of call-offs from one contract; the first says the terms.
    pub(super) async fn of(web: &'a Web, requests: &[&Facts]) -> Self {
        let first = requests[0];
        let mut stage = Self { web, clerks: [PersonId(Uuid::nil()); 2], only_lot: LotId(Uuid::nil()) };
        stage.only_lot = LotId(stage.id());
        let mut tx = web.database.owner.begin().await.unwrap();
        for place in 0..2 {
            let clerk = PersonId(stage.id());
            stage.person(&mut tx, clerk, false).await;
            stage.clerks[place] = clerk;
        }
        parameters(&mut tx, first).await;
        stage.suppliers(&mut tx, requests).await;
        stage.contract(&mut tx, first).await;
        let mut known = BTreeSet::new();
        for facts in requests {
            if known.insert(facts.member.id) {
                stage.member(&mut tx, facts).await;
            }
        }
        stage.entitlements(&mut tx, first).await;
        let mut guards = BTreeSet::new();
        let mut items = BTreeSet::new();
        for facts in requests {
            stage.items(&mut tx, facts, &mut items).await;
            let own = facts.scopes.iter().filter(|state| state.scope == Scope::Member || guards.insert(state.guard));
            for state in own {
                stage.guard(&mut tx, facts, state).await;
            }
            stage.running_totals(&mut tx, facts).await;
            stage.history(&mut tx, facts).await;
        }
        tx.commit().await.unwrap();
        stage
    }

    fn id(&self) -> Uuid {
        self.web.app.chance.id(self.web.now())
    }

    async fn person(&self, conn: &mut PgConnection, id: PersonId, technical: bool) {
        sqlx::query(
            "INSERT INTO person (id, email, name, password_hash, technical, created_at)
             VALUES ($1, $2, 'Eva Muster', $3, $4, '2020-01-01') ON CONFLICT DO NOTHING",
        )
        .bind(id.0)
        .bind(email(id))
        .bind(known_hash().await)
        .bind(technical)
        .execute(conn)
        .await
        .unwrap();
    }

    async fn organisation(&self, conn: &mut PgConnection, id: OrganisationId, name: &str, kind: &str, region: &str) {
        sqlx::query(
            "INSERT INTO organisation (id, name, kind, region, jurisdiction, created_at) VALUES ($1, $2, $3, $4, $5, '2020-01-01')
             ON CONFLICT DO NOTHING",
        )
        .bind(id.0)
        .bind(name)
        .bind(kind)
        .bind(region)
        // As the admission does it: DE-ST lies under the law of de/st.
        .bind(region.to_lowercase().replace('-', "/"))
        .execute(conn)
        .await
        .unwrap();
    }

    async fn role(&self, conn: &mut PgConnection, id: OrganisationId, role: &str) {
        sqlx::query(
            "INSERT INTO organisation_role (id, organisation_id, body_id, role, valid_from) VALUES ($1, $2, $3, $4, '1995-01-01')
             ON CONFLICT DO NOTHING",
        )
        .bind(self.id())
        .bind(id.0)
        .bind(self.web.body.0)
        .bind(role)
        .execute(conn)
        .await
        .unwrap();
    }

    async fn suppliers(&self, conn: &mut PgConnection, requests: &[&Facts]) {
        for facts in requests {
            let parties = facts.contract.parties.iter().map(|party| (party.supplier, party.name.clone()));
            let named = parties.chain([(facts.request.supplier, facts.request.supplier_name.clone())]);
            let priced = facts.contract.items.iter().flat_map(|item| &item.prices);
            let further = priced.map(|term| term.supplier);
            let further = further.chain(facts.request.declines.iter().map(|decline| decline.supplier));
            let further = further.chain(facts.request.interests.iter().map(|interest| interest.supplier));
            let held = facts.request.mini_competition.iter();
            let further = further.chain(held.flat_map(|held| held.invited.clone()));
            let further = further.map(|supplier| (supplier, supplier.to_string()));
            for (supplier, name) in named.chain(further) {
                self.organisation(conn, supplier, &name, "unternehmen", "DE-ST").await;
                self.role(conn, supplier, "supplier").await;
            }
        }
    }

    async fn contract(&self, conn: &mut PgConnection, facts: &Facts) {
        let terms = &facts.contract;
        let row = NewContract {
            id: terms.id,
            body: self.web.body,
            number: &terms.number,
            title: &terms.title,
            description: "",
            search_words: "",
            regime: if terms.regime == Regime::Uvgo { "uvgo" } else { "vgv" },
            supply_chain: if terms.supply_chain == SupplyChain::Direct { "direct" } else { "through_body" },
            mechanism: terms.mechanism,
            answer_period_days: terms.answer_period.as_ref().map(|period| i32::try_from(period.working_days).unwrap()),
            legal_basis: "Bekanntmachung",
            legal_basis_key: terms.legal_basis,
            runoff_allowed: terms.runoff_allowed,
            cash_discount: terms.cash_discount,
            competition_criterion: facts.request.mini_competition.as_ref().and_then(|held| held.announced),
            data_processing: terms.data_processing.as_ref().map(|agreement| agreement.reference.as_str()),
            in_house_vat: terms.in_house_vat.as_ref(),
            notice_reference: &terms.notice_reference,
            notice_date: terms.notice_date,
            procedure_reference: "V-1",
            term: terms.term,
            unit_price_decimals: i32::try_from(terms.unit_price_decimals).unwrap(),
            fee: terms.fee_pct,
            min_order: terms.min_order.clone(),
            delivery_terms: "",
            activated_at: facts.evaluated_at,
        };
        contracts::insert(conn, &row).await.unwrap();
        sqlx::query("UPDATE framework_contract SET status = $2, process_central_share_net = $3 WHERE id = $1")
            .bind(terms.id.0)
            .bind(&terms.status)
            .bind(terms.process_central_share.map(|share| share.decimal()))
            .execute(&mut *conn)
            .await
            .unwrap();
        for option in &terms.options {
            let document = if option.exercised_on.is_some() { "Schreiben zur Verlängerung" } else { "" };
            contracts::insert_option(conn, terms.id, self.id(), option, document).await.unwrap();
        }
        let lots: Vec<(LotId, i32, &str)> = match terms.lots.as_slice() {
            [] => vec![(self.only_lot, 1, "Los")],
            lots => lots.iter().map(|lot| (lot.id, lot.number, lot.title.as_str())).collect(),
        };
        for (lot, number, title) in lots {
            sqlx::query("INSERT INTO lot (contract_id, id, number, title) VALUES ($1, $2, $3, $4)")
                .bind(terms.id.0)
                .bind(lot.0)
                .bind(number)
                .bind(title)
                .execute(&mut *conn)
                .await
                .unwrap();
            for party in terms.parties.iter().filter(|party| party.lot.is_none_or(|own| own == lot)) {
                let rank = i32::try_from(party.rank).unwrap();
                let since = early(party.validity.from);
                let stopped = party.validity.to.map(|to| to + Days::new(1)).filter(|_| party.stop_scope.is_none());
                contracts::insert_party(conn, terms.id, lot, party.supplier, rank, since, stopped).await.unwrap();
            }
        }
        self.narrow_stops(conn, facts).await;
        for award in &terms.last_awards {
            sqlx::query("UPDATE lot_turn SET last_supplier_id = $3 WHERE contract_id = $1 AND lot_id = $2")
                .bind(terms.id.0)
                .bind(award.lot.unwrap_or(self.only_lot).0)
                .bind(award.supplier.0)
                .execute(&mut *conn)
                .await
                .unwrap();
        }
        let series: BTreeSet<_> = terms.index_values.iter().map(|value| value.series).collect();
        for series in series {
            let name = series.to_string();
            prices::insert_index_series(conn, series, self.web.body, &name, "Amtliche Statistik").await.unwrap();
        }
        for value in &terms.index_values {
            let [recorded_by, released_by] = self.clerks;
            let released = value.released.then_some((released_by, facts.evaluated_at));
            let (id, day) = (self.id(), early(value.published_on));
            prices::insert_index_value(conn, id, value.series, day, value.value, recorded_by, released).await.unwrap();
        }
    }

    /// Stops of this contract, and of single lots of it.
    async fn narrow_stops(&self, conn: &mut PgConnection, facts: &Facts) {
        let mut known = BTreeSet::new();
        for party in &facts.contract.parties {
            let (Some(from), Some(scope)) = (party.stopped_from, party.stop_scope) else { continue };
            let lot = party.lot.filter(|_| scope == StopScope::Lot);
            // A contract is stopped once, in whatever lots the supplier is its party.
            if !known.insert((party.supplier, lot)) {
                continue;
            }
            let contract = facts.contract.id;
            let stop = NewStop {
                id: self.id(),
                reach: lot.map_or(Reach::Contract(contract), |lot| Reach::Lot(contract, lot)),
                stopped_from: from,
                reason: "insolvent",
                document: "Beschluss des Amtsgerichts",
                person: self.clerks[0],
                at: facts.evaluated_at,
            };
            supplier_stops::insert(conn, self.web.body, party.supplier, &stop).await.unwrap();
        }
    }

    /// What a file does not carry is as it is for a lawful member: rules about it stay silent.
    async fn member(&self, conn: &mut PgConnection, facts: &Facts) {
        let Member { id, name, kind, region, .. } = &facts.member;
        let (id, day) = (*id, berlin_date(facts.evaluated_at));
        self.organisation(conn, id, name, kind, region).await;
        self.role(conn, id, "member").await;
        for membership in &facts.member.memberships {
            sqlx::query(
                "INSERT INTO membership (id, body_id, member_id, declared_on, effective_from, effective_to) VALUES ($1, $2, $3, $4, $4, $5)",
            )
            .bind(self.id())
            .bind(self.web.body.0)
            .bind(id.0)
            .bind(membership.from)
            .bind(membership.to)
            .execute(&mut *conn)
            .await
            .unwrap();
        }
        for suspension in &facts.member.suspensions {
            sqlx::query(
                "WITH recorder AS (INSERT INTO person (id, email, name, created_at) VALUES ($1, $1::text || '@fall.example', 'Gesa', now()) RETURNING id)
                 INSERT INTO membership_suspension (id, body_id, member_id, valid_from, valid_to, reason, recorded_by, recorded_at)
                 SELECT $1, $2, $3, $4, $5, 'Fall', r.id, now() FROM recorder r",
            )
            .bind(self.id())
            .bind(self.web.body.0)
            .bind(id.0)
            .bind(suspension.from)
            .bind(suspension.to)
            .execute(&mut *conn)
            .await
            .unwrap();
        }
        let lawful = AuthorityClass {
            class: "§ 99 Nr. 1 GWB".to_owned(),
            validity: always(),
            document: "Beitrittserklärung".to_owned(),
        };
        for class in facts.member.authority.clone().unwrap_or_else(|| vec![lawful]) {
            let class = AuthorityClass { validity: dated(class.validity), ..class };
            members::insert_authority_class(conn, self.id(), id, &class).await.unwrap();
        }
        let lawful = InhouseEvidence {
            year: day.year(),
            control: true,
            activity_share: "95".parse().unwrap(),
            private_capital: false,
            approved: true,
            document: "Nachweis".to_owned(),
        };
        let evidence = facts.member.inhouse_evidence.clone().unwrap_or_else(|| vec![lawful]);
        let needs_evidence = facts.contract.legal_basis == Some(LegalBasis::Inhouse)
            || facts.contract.supply_chain == SupplyChain::ThroughBody;
        for evidence in evidence.into_iter().filter(|_| needs_evidence) {
            let [recorded_by, approved_by] = self.clerks;
            let approved = evidence.approved.then_some((approved_by, facts.evaluated_at));
            let evidence_id = self.id();
            members::insert_inhouse_evidence(conn, evidence_id, self.web.body, &evidence, recorded_by, approved)
                .await
                .unwrap();
        }
        if facts.member.deducts_input_vat {
            members::insert_input_vat_deduction(conn, self.id(), id, always()).await.unwrap();
        }
        if let Some(limit) = &facts.member.council_limit {
            members::insert_council_limit(conn, self.id(), id, limit, always()).await.unwrap();
        }
        let everything = Gross::rounded(Decimal::from(99_999_999));
        let lawful = BindingRules { current_business: Some(everything), recorded_on: always().from };
        let rules = facts.member.binding_rules.clone().unwrap_or(lawful);
        let (limit, since) = (rules.current_business, early(rules.recorded_on));
        members::insert_binding_rules(conn, self.id(), id, limit, since).await.unwrap();
        let agreement = facts.contract.data_processing.as_ref();
        if agreement.is_some_and(|agreement| agreement.members.contains(&id)) {
            let since = always().from;
            members::insert_data_processing_accession(conn, facts.contract.id, id, since, "Beitritt").await.unwrap();
        }
        if let Some(budget) = &facts.request.budget {
            // Files name amounts without asking the treasurer: what a member does that imports them.
            let mode = match (budget.mode, &budget.confirmation) {
                (BudgetMode::Confirmed, None) => BudgetMode::Imported,
                (mode, _) => mode,
            };
            let budget = Budget { mode, account: account(facts), ..budget.clone() };
            members::insert_budget(conn, self.id(), id, &budget, day).await.unwrap();
        }
    }

    async fn entitlements(&self, conn: &mut PgConnection, facts: &Facts) {
        for entry in &facts.contract.entitlements {
            if let Covers::Named { member } = entry.covers {
                self.organisation(conn, member, &member.to_string(), "stadt", "DE-ST").await;
            }
            let proven = entry.proven_on.unwrap_or(facts.contract.notice_date);
            let row = NewEntitlement {
                // A file may name a member twice; its own ids derive from the name.
                id: EntitlementId(self.id()),
                covers: entry.covers.clone(),
                validity: dated(entry.validity),
                entered_on: proven,
                document: &entry.document,
                document_date: proven,
                modification_reference: entry.modification_reference.as_deref(),
                wording: "Wortlaut der Bekanntmachung",
            };
            contracts::insert_entitlement(conn, facts.contract.id, &row).await.unwrap();
        }
    }

    /// Items that are not there yet, their ceilings before their prices.
    async fn items(&self, conn: &mut PgConnection, facts: &Facts, known: &mut BTreeSet<Uuid>) {
        for item in facts.contract.items.iter().filter(|item| known.insert(item.id.0)) {
            let row = NewItem {
                id: item.id,
                lot: item.lot.unwrap_or(self.only_lot),
                article_number: &item.article_number,
                title: &item.title,
                unit: &item.unit,
                cpv: "30000000-9",
                vat: item.vat.clone(),
                min_quantity: item.min_quantity,
                step: item.step,
                traits: item.traits.clone(),
            };
            contracts::insert_item(conn, facts.contract.id, &row).await.unwrap();
            for change in &item.vat_changes {
                contracts::insert_vat_change(conn, facts.contract.id, item.id, change).await.unwrap();
            }
            for (version, term) in (1..).zip(&item.prices) {
                let row = NewPrice {
                    id: term.id,
                    item: item.id,
                    supplier: term.supplier,
                    version,
                    price: &term.price,
                    validity: dated(term.validity),
                    freight: term.freight,
                    recorded_by: self.clerks[0],
                    released: term.released.then_some((self.clerks[1], facts.evaluated_at)),
                };
                prices::insert(conn, facts.contract.id, &row).await.unwrap();
            }
            for baseline in facts.baselines.iter().filter(|it| it.article_number == item.article_number) {
                let row = NewBaseline {
                    id: baseline.id,
                    item: item.id,
                    kind: baseline.kind,
                    unit_price: baseline.unit_price,
                    per: baseline.per,
                    dated_on: baseline.dated,
                    evidence: &baseline.evidence,
                    sha256: None,
                    recorded_by: self.clerks[0],
                    approved_by: self.clerks[1],
                    approved_at: facts.evaluated_at,
                };
                prices::insert_baseline(conn, facts.contract.id, &row).await.unwrap();
            }
        }
    }

    /// A ceiling with what was consumed before as recorded facts, and what others hold as a request.
    async fn guard(&self, conn: &mut PgConnection, facts: &Facts, state: &ScopeState) {
        let contract = facts.contract.id;
        let member = (state.scope == Scope::Member).then_some(facts.member.id);
        // The running total of an item may stand there already, made with its price.
        let item = if let Scope::Item(item) = state.scope { Some(item.0) } else { None };
        let there: Option<Uuid> = sqlx::query_scalar("SELECT id FROM guard WHERE contract_id = $1 AND item_id = $2")
            .bind(contract.0)
            .bind(item)
            .fetch_optional(&mut *conn)
            .await
            .unwrap();
        let id = GuardId(there.unwrap_or_else(|| self.id()));
        if there.is_none() {
            let new = NewGuard {
                id,
                scope: state.scope,
                member,
                measure: state.measure,
                limit: state.limit,
                hard: state.hard,
            };
            contracts::insert_guard(conn, contract, &new).await.unwrap();
        }
        sqlx::query(
            "UPDATE guard SET limit_amount = $3, recorded = $4, breached = $5 WHERE contract_id = $1 AND id = $2",
        )
        .bind(contract.0)
        .bind(id.0)
        .bind(state.limit.map(Volume::decimal))
        .bind(state.consumed().decimal())
        .bind(state.breached)
        .execute(&mut *conn)
        .await
        .unwrap();
        self.entry(conn, facts, id, None, "record", "recorded", state.consumed()).await;
        if state.reserved != Volume::ZERO {
            let holder = match member {
                Some(member) => member,
                None => {
                    let other = OrganisationId(self.id());
                    self.organisation(conn, other, "Stadt Andernorts", "stadt", "DE-ST").await;
                    other
                }
            };
            let long_ago = berlin_date(facts.evaluated_at) - Days::new(700);
            let call_off = self.call_off(conn, facts, holder, "submitted", long_ago, None).await;
            self.entry(conn, facts, id, Some(call_off), "reserve", "reserved", state.reserved).await;
            sqlx::query("UPDATE guard SET reserved = $3 WHERE contract_id = $1 AND id = $2")
                .bind(contract.0)
                .bind(id.0)
                .bind(state.reserved.decimal())
                .execute(conn)
                .await
                .unwrap();
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of a ledger entry")]
    async fn entry(
        &self,
        conn: &mut PgConnection,
        facts: &Facts,
        guard: GuardId,
        call_off: Option<Uuid>,
        kind: &str,
        account: &str,
        amount: Volume,
    ) {
        sqlx::query(
            "INSERT INTO volume_entry (contract_id, id, guard_id, call_off_id, kind, account, amount, reason, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'Übernahme aus dem Vorsystem', $8)",
        )
        .bind(facts.contract.id.0)
        .bind(self.id())
        .bind(guard.0)
        .bind(call_off)
        .bind(kind)
        .bind(account)
        .bind(amount.decimal())
        .bind(facts.evaluated_at)
        .execute(conn)
        .await
        .unwrap();
    }

    /// Cumulative items without a ceiling of their own.
    async fn running_totals(&self, conn: &mut PgConnection, facts: &Facts) {
        for item in &facts.contract.items {
            let has_ceiling = facts.scopes.iter().any(|state| state.scope == Scope::Item(item.id));
            let before = item.called_off.by_all;
            if has_ceiling || before == Quantity::ZERO {
                continue;
            }
            let guard: Option<Uuid> = sqlx::query_scalar(
                "UPDATE guard SET recorded = $3 WHERE contract_id = $1 AND item_id = $2 RETURNING id",
            )
            .bind(facts.contract.id.0)
            .bind(item.id.0)
            .bind(before.decimal())
            .fetch_optional(&mut *conn)
            .await
            .unwrap();
            if let Some(guard) = guard {
                let amount = Volume::new(before.decimal()).unwrap();
                self.entry(conn, facts, GuardId(guard), None, "record", "recorded", amount).await;
            }
        }
    }

    /// Own orders of the past: recent ones, what counts towards the member's tiers, the process effect.
    async fn history(&self, conn: &mut PgConnection, facts: &Facts) {
        let member = facts.member.id;
        for earlier in &facts.request.earlier {
            let status = if earlier.counts { "closed" } else { "cancelled" };
            let id = self.call_off(conn, facts, member, status, earlier.date, Some((earlier.net, earlier.gross))).await;
            for (position, (article, quantity)) in (1..).zip(&earlier.lines) {
                self.line(conn, facts, id, position, article, *quantity).await;
            }
        }
        let long_ago = berlin_date(facts.evaluated_at) - Days::new(700);
        for item in facts.contract.items.iter().filter(|item| item.called_off.by_member != Quantity::ZERO) {
            let id = self.call_off(conn, facts, member, "closed", long_ago, None).await;
            self.line(conn, facts, id, 1, &item.article_number, item.called_off.by_member).await;
        }
        if facts.process_effect_counted {
            let id = self.call_off(conn, facts, member, "closed", long_ago, None).await;
            sqlx::query(
                "INSERT INTO savings_entry (contract_id, id, call_off_id, body_id, member_id, class, stage, baseline_net, effect_net,
                                            surcharge_net, fee_net, order_net, method_version, dated_on, at)
                 VALUES ($1, $2, $3, $4, $5, 'P', 'planned', 0, 1, 0, 0, 0, 1, $6, $7)",
            )
            .bind(facts.contract.id.0)
            .bind(self.id())
            .bind(id)
            .bind(self.web.body.0)
            .bind(member.0)
            .bind(berlin_date(facts.evaluated_at))
            .bind(facts.evaluated_at)
            .execute(conn)
            .await
            .unwrap();
        }
    }

    /// An order sent on this day, with one line at this price; `another` piece of the article beside it.
    pub(super) async fn sent_order(
        &self,
        facts: &Facts,
        day: NaiveDate,
        unit_price: UnitPrice,
        vat_rate: Percent,
        another: bool,
    ) -> Uuid {
        let mut tx = self.web.database.owner.begin().await.unwrap();
        let id = self.call_off(&mut tx, facts, facts.member.id, "dispatched", day, None).await;
        let line = &facts.request.lines[0];
        self.line(&mut tx, facts, id, 1, &line.article_number, line.quantity).await;
        if another {
            self.line(&mut tx, facts, id, 2, &line.article_number, Quantity::ONE).await;
        }
        sqlx::query(
            "UPDATE call_off_line l
             SET unit_price = $2, vat_rate_pct = $3, net = 0,
                 price_term_id = (SELECT p.id FROM price_term p WHERE p.contract_id = l.contract_id AND p.item_id = l.item_id LIMIT 1)
             WHERE call_off_id = $1",
        )
        .bind(id)
        .bind(unit_price.decimal())
        .bind(vat_rate.decimal())
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query("UPDATE call_off SET performance_from = $2, performance_to = $3 WHERE id = $1")
            .bind(id)
            .bind(facts.request.performance.map(|period| period.from()))
            .bind(facts.request.performance.map(|period| period.to()))
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn line(
        &self,
        conn: &mut PgConnection,
        facts: &Facts,
        call_off: Uuid,
        position: i32,
        article: &str,
        quantity: Quantity,
    ) {
        sqlx::query(
            "INSERT INTO call_off_line (contract_id, call_off_id, position, article_number, item_id, quantity)
             VALUES ($1, $2, $3, $4, (SELECT id FROM item WHERE contract_id = $1 AND article_number = $4), $5)",
        )
        .bind(facts.contract.id.0)
        .bind(call_off)
        .bind(position)
        .bind(article)
        .bind(quantity.decimal())
        .execute(conn)
        .await
        .unwrap();
    }

    async fn call_off(
        &self,
        conn: &mut PgConnection,
        facts: &Facts,
        member: OrganisationId,
        status: &str,
        day: NaiveDate,
        amounts: Option<(abruf_domain::money::Net, Option<Gross>)>,
    ) -> Uuid {
        let id = self.id();
        let (net, gross) = amounts.unwrap_or((abruf_domain::money::Net::ZERO, None));
        sqlx::query(
            "INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number, number,
                                   requester_id, releaser_id, net, surcharge_net, vat, gross, dated_on, created_at, changed_at,
                                   submitted_at, expires_at, released_at)
             SELECT $1, $2, $3, $4, $4, $5, $6, $7, CASE WHEN ordered THEN 'ALT-' || $7 END, $8, CASE WHEN ordered THEN $9 END,
                    $10, 0, 0, $11, $12, $13, $13, $13, $13 + interval '9 years', CASE WHEN ordered THEN $13 END
             FROM (SELECT $6 <> 'submitted' AS ordered) AS kind",
        )
        .bind(facts.contract.id.0)
        .bind(id)
        .bind(self.web.body.0)
        .bind(member.0)
        .bind(facts.request.supplier.0)
        .bind(status)
        .bind(self.web.app.chance.case_number())
        .bind(self.clerks[0].0)
        .bind(self.clerks[1].0)
        .bind(net.decimal())
        .bind(gross.map_or(net.decimal(), Gross::decimal))
        .bind(day)
        .bind(instant(day))
        .execute(conn)
        .await
        .unwrap();
        id
    }

    /// The people of a case: requester, releaser where there is one, and somebody of the office.
    pub(super) async fn people(&self, facts: &Facts) -> [Option<Actor>; 2] {
        let mut conn = self.web.database.owner.acquire().await.unwrap();
        let member = facts.member.id;
        self.person(&mut conn, facts.request.requester, false).await;
        let requester = self.assign(&mut conn, facts.request.requester, Role::Buyer, member, None, false).await;
        let releaser = match &facts.request.releaser {
            None => None,
            Some(releaser) => {
                self.person(&mut conn, releaser.person, releaser.technical).await;
                for authority in &releaser.power.authorities {
                    let authority =
                        abruf_domain::facts::Authority { validity: dated(authority.validity), ..authority.clone() };
                    let id = self.id();
                    members::insert_signing_authority(&mut conn, id, member, releaser.person, &authority)
                        .await
                        .unwrap();
                }
                let head = releaser.power.head;
                Some(self.assign(&mut conn, releaser.person, Role::Approver, member, releaser.limit, head).await)
            }
        };
        for interest in &facts.request.interests {
            self.person(&mut conn, interest.person, false).await;
            let id = self.id();
            abruf::storage::awards::insert_interest(
                &mut conn,
                id,
                interest.person,
                interest.supplier,
                &interest.nature,
                dated(interest.validity),
                facts.evaluated_at,
            )
            .await
            .unwrap();
        }
        [Some(requester), releaser]
    }

    async fn assign(
        &self,
        conn: &mut PgConnection,
        person: PersonId,
        role: Role,
        organisation: OrganisationId,
        limit: Option<Gross>,
        head: bool,
    ) -> Actor {
        let id = self.id();
        sqlx::query(
            "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from, release_limit_gross, heads_administration)
             VALUES ($1, $2, $3, $4, $5, '1995-01-01', $6, $7)",
        )
        .bind(id)
        .bind(person.0)
        .bind(role.key())
        .bind(organisation.0)
        .bind(self.web.body.0)
        .bind(limit.map(Gross::decimal))
        .bind(head)
        .execute(conn)
        .await
        .unwrap();
        Actor {
            person,
            assignment: AssignmentId(id),
            role,
            organisation,
            body: self.web.body,
            standing: Standing::Member,
            request_id: None,
            key: None,
        }
    }

    /// The mini-competition of a case behind a draft; two persons opened it unless the file says who.
    pub(super) async fn competition(&self, facts: &Facts, call_off: Uuid) {
        let Some(held) = &facts.request.mini_competition else { return };
        let mut tx = self.web.database.owner.begin().await.unwrap();
        let mut held = held.clone();
        if held.opened_by.is_none() {
            held.opened_by = Some(self.clerks.to_vec());
        }
        for person in held.opened_by.iter().flatten() {
            self.person(&mut tx, *person, false).await;
        }
        if held.opened_at.is_none() {
            held.opened_by = None;
        }
        let id = self.id();
        abruf::storage::awards::insert_competition(&mut tx, facts.contract.id, call_off, id, &held).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The treasurer's word on the money of a request, if the file has one.
    pub(super) async fn confirmation(&self, facts: &Facts, call_off: Uuid) {
        let confirmation = facts.request.budget.as_ref().and_then(|budget| budget.confirmation.as_ref());
        let Some(FundsConfirmation::Given { by, on, amount }) = confirmation else { return };
        let mut tx = self.web.database.owner.begin().await.unwrap();
        self.person(&mut tx, *by, false).await;
        let (call_off, _) = abruf::storage::call_offs::find(&mut tx, call_off.into()).await.unwrap().unwrap();
        let given = Confirmation { account: account(facts), amount: *amount, by: *by, at: instant(*on) };
        budget_confirmations::insert(&mut tx, self.id(), &call_off, &given).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Where a person signs in.
pub(super) fn email(person: PersonId) -> String {
    format!("{person}@beispiel.example")
}

/// The account of a case, named where the file does not.
pub(super) fn account(facts: &Facts) -> String {
    match &facts.request.budget {
        None => String::new(),
        Some(budget) if budget.account_missing => String::new(),
        Some(budget) if budget.account.is_empty() => "11.1.6".to_owned(),
        Some(budget) => budget.account.clone(),
    }
}

fn instant(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(10, 0, 0).unwrap().and_utc()
}

/// Law and house as the file has them.
async fn parameters(conn: &mut PgConnection, facts: &Facts) {
    let of = &facts.parameters;
    let values = [
        ("cap_warning_ratio", Some(of.cap_warning_ratio.decimal().to_string())),
        ("baseline_max_age_months", Some(of.baseline_max_age_months.to_string())),
        ("direct_award_limit_net", Some(of.direct_award_limit.to_string())),
        ("process_cost_flat_net", Some(of.process_cost_flat.to_string())),
        ("process_own_calloff_effort_net", Some(of.process_own_call_off_effort.to_string())),
        ("split_window_days", Some(of.split_window_days.to_string())),
        ("duplicate_window_days", Some(of.duplicate_window_days.to_string())),
        ("eu_threshold_supplies_net", of.eu_threshold.map(|limit| limit.to_string())),
    ];
    for (key, value) in values {
        sqlx::query("DELETE FROM legal_parameter WHERE key = $1").bind(key).execute(&mut *conn).await.unwrap();
        if let Some(value) = value {
            sqlx::query(
                "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, source, certainty) VALUES ('de', $1, $2, '1995-01-01', 'Fall', '?')",
            )
            .bind(key)
            .bind(value)
            .execute(&mut *conn)
            .await
            .unwrap();
        }
    }
}
