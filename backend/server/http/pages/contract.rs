//! `/rahmenvertraege/{id}`: may I, why without a tender, on which terms, and how much is left?

use std::collections::BTreeMap;

use abruf_domain::call_off::Status;
use abruf_domain::facts::Price;
use abruf_domain::ids::{CallOffId, ContractId};
use abruf_domain::money::{Net, Quantity};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::check_call_off::ASKERS;
use crate::actions::draft_call_off;
use crate::actions::withhold_prices::WITHHELD;
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::bonus_fields::clause_words;
use crate::http::pages::contract_file::cash_discount_words;
use crate::http::pages::contract_list::is_of_member;
use crate::http::pages::meter::Meter;
use crate::http::pages::pager::Pager;
use crate::http::pages::standing::Standing;
use crate::http::pages::written::{count, day, money, percent, price, quantity};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_off_list::{self, Search};
use crate::storage::contracts::{self, Contract, EntitlementRow, ScheduleItem};
use crate::storage::facts::StoredPrice;
use crate::storage::{Tx, bonuses, call_offs, contract_clauses};

/// Items on a page.
const ITEMS: i64 = 50;
/// Up to so many can be taken in at a glance.
const FEW: i64 = 10;

#[derive(askama::Template)]
#[template(path = "pages/contract.html")]
struct ContractPage {
    frame: Frame,
    contract: Contract,
    meter: Meter,
    quota: Option<Meter>,
    quota_is_hard: bool,
    /// Cash discount and bonus, where the contract knows them, and what the member has got of it.
    payment: Vec<(&'static str, String)>,
    standing: Option<Standing>,
    organisation: String,
    may_order: bool,
    /// The check without a draft.
    may_ask: bool,
    words: String,
    items: Vec<ItemView>,
    several_lots: bool,
    /// Some article comes in packs or from a least quantity on.
    has_packing: bool,
    /// Prices are not for this reader.
    withheld: bool,
    pager: Pager,
    total: i64,
    entitled: Vec<EntitlementRow>,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    seite: String,
}

/// An item of the schedule in words.
#[derive(Debug, Clone)]
pub struct ItemView {
    /// Article number.
    pub article_number: String,
    /// Text.
    pub title: String,
    /// `Los 2 Citrix`
    pub lot: String,
    /// Price of the day; tiers take a line each.
    pub price: Vec<String>,
    /// Packing, where it is not any whole number.
    pub packing: String,
    /// Priced per month.
    pub per_month: bool,
    /// Free-text item: its price is that of an attached quote or EVB-IT contract.
    pub quoted: bool,
}

impl ItemView {
    /// Words an item.
    #[must_use]
    pub fn of(item: &ScheduleItem, currency: &str, decimals: u32) -> Self {
        let stored = price_of(item);
        Self {
            article_number: item.article_number.clone(),
            title: as_typed(&item.title),
            lot: format!("Los {} {}", item.lot_number, as_typed(&item.lot_title)),
            price: stored.as_ref().map_or_else(
                || vec!["heute kein Preis".to_owned()],
                |stored| price(stored, &item.unit, currency, decimals),
            ),
            packing: packing(item),
            per_month: matches!(stored, Some(Price::Subscription { .. })),
            quoted: matches!(stored, Some(Price::Quoted { .. })),
        }
    }

    /// As whoever is not entitled may read it.
    #[must_use]
    pub fn without_price(self) -> Self {
        Self { price: vec![WITHHELD.to_owned()], ..self }
    }
}

fn price_of(item: &ScheduleItem) -> Option<Price> {
    let stored = StoredPrice {
        kind: item.kind.clone()?,
        unit_price: item.unit_price,
        list_price: item.list_price,
        discount_pct: item.discount_pct,
        tiers: item.tiers.clone(),
        clause: item.clause.clone(),
    };
    Price::try_from(stored).ok()
}

/// "in Schritten von 5, mindestens 10"; empty for whole pieces from 1.
fn packing(item: &ScheduleItem) -> String {
    let (Ok(step), Ok(least)) = (Quantity::new(item.step), Quantity::new(item.min_quantity)) else {
        return String::new();
    };
    let (step, least) = (quantity(step), quantity(least));
    match (step.as_str(), least.as_str()) {
        ("1", "1") => String::new(),
        ("1", _) => format!("mindestens {least}"),
        (_, least) if least == step || least == "1" => format!("nur in Schritten von {step}"),
        _ => format!("mindestens {least}, in Schritten von {step}"),
    }
}

impl ContractPage {
    fn term(&self) -> String {
        let optional = self.contract.ends_on < self.contract.effective_end;
        let extended = if optional { " (mit ausgeübter Verlängerung)" } else { "" };
        format!("{} bis {}{extended}", day(self.contract.starts_on), day(self.contract.effective_end))
    }

    fn amount(&self, amount: Net) -> String {
        money(amount.decimal(), &self.contract.currency)
    }

    fn limit(&self) -> String {
        self.contract.ceiling.limit.map_or_else(|| "ohne Höchstwert".to_owned(), |limit| self.amount(limit.as_net()))
    }

    fn reserved(&self) -> String {
        self.amount(self.contract.ceiling.reserved.as_net())
    }

    fn consumed(&self) -> String {
        self.amount(self.contract.ceiling.consumed.as_net())
    }

    fn minimum(&self) -> Option<String> {
        let currency = &self.contract.currency;
        let minimum = money(self.contract.min_order_value_net?, currency);
        Some(match self.contract.surcharge_net {
            Some(surcharge) => format!("{minimum} netto, darunter Zuschlag {}", money(surcharge, currency)),
            None => format!("{minimum} netto"),
        })
    }

    fn fee(&self) -> String {
        if self.contract.fee_pct.is_zero() {
            "keine".to_owned()
        } else {
            format!("{} des Nettowerts", percent(self.contract.fee_pct))
        }
    }

    fn notice(&self) -> String {
        format!("{} vom {}", as_typed(&self.contract.notice_reference), day(self.contract.notice_date))
    }

    /// Readers from outside the members are told what holds for those entitled.
    fn member_is_entitled(&self) -> bool {
        self.standing.as_ref().is_none_or(Standing::is_entitled)
    }

    /// A handful of articles needs no search.
    const fn is_searched(&self) -> bool {
        FEW < self.total || !self.words.is_empty()
    }

    fn item_count(&self) -> String {
        count(self.total, "Artikel", "Artikel")
    }

    fn named(&self) -> Vec<&EntitlementRow> {
        self.entitled.iter().filter(|entry| entry.member.is_some()).collect()
    }

    fn groups(&self) -> Vec<&EntitlementRow> {
        self.entitled.iter().filter(|entry| entry.member.is_none()).collect()
    }

    fn named_count(&self) -> String {
        count(
            i64::try_from(self.named().len()).unwrap_or(0),
            "namentlich abrufberechtigtes Mitglied",
            "namentlich abrufberechtigte Mitglieder",
        )
    }

    fn since(&self, entry: &EntitlementRow) -> String {
        match entry.valid_to {
            None => format!("seit {}", day(entry.valid_from)),
            Some(to) => format!("{} bis {}", day(entry.valid_from), day(to)),
        }
    }
}

/// `GET /rahmenvertraege/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let contract = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    Ok(Page(page(&app, &mut tx, &actor, frame, contract, asked).await?))
}

async fn page(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    frame: Frame,
    contract: Contract,
    asked: Asked,
) -> Result<ContractPage, Problem> {
    let (standing, quota) = if is_of_member(actor) {
        let standing = Standing::of(&mut *tx, &contract, actor.organisation, app.clock.now()).await?;
        (Some(standing), contracts::quota(&mut *tx, contract.id, actor.organisation).await?)
    } else {
        (None, None)
    };
    let total = contracts::schedule_count(&mut *tx, contract.id, &asked.q).await?;
    let path = format!("/rahmenvertraege/{}", contract.id);
    let pager = Pager::new(&asked.seite, ITEMS, total, &path, &[("q", &asked.q)]);
    let items = contracts::schedule(&mut *tx, contract.id, app.clock.today(), &asked.q, ITEMS, pager.offset()).await?;
    let withheld = standing.as_ref().is_some_and(|standing| !standing.is_entitled());
    let decimals = contracts::unit_price_decimals(&mut *tx, contract.id).await?;
    Ok(ContractPage {
        meter: Meter::of(&contract.ceiling, &contract.currency),
        payment: payment(&mut *tx, actor, &contract).await?,
        quota: quota.as_ref().map(|(ceiling, _)| Meter::of(ceiling, &contract.currency)),
        quota_is_hard: quota.is_some_and(|(_, hard)| hard),
        may_ask: ASKERS.contains(&actor.role),
        may_order: actor.role == Role::Buyer && standing.as_ref().is_some_and(Standing::may_call_off),
        standing,
        organisation: frame.acting.as_ref().map(|acting| acting.organisation.clone()).unwrap_or_default(),
        words: asked.q,
        several_lots: items.iter().any(|item| Some(item.lot) != items.first().map(|first| first.lot)),
        has_packing: items.iter().any(|item| !packing(item).is_empty()),
        items: items
            .iter()
            .map(|item| ItemView::of(item, &contract.currency, decimals))
            .map(|item| if withheld { item.without_price() } else { item })
            .collect(),
        withheld,
        pager,
        total,
        entitled: contracts::entitlements(tx, contract.id).await?,
        frame: frame.titled(as_typed(&contract.title)),
        contract,
    })
}

/// Cash discount and bonus of the contract; members read what they have got of it.
async fn payment(tx: &mut Tx, actor: &Actor, contract: &Contract) -> Result<Vec<(&'static str, String)>, Problem> {
    let clauses = contract_clauses::of(&mut *tx, contract.id).await?;
    let mut rows = Vec::new();
    rows.extend(cash_discount_words(&clauses).map(|words| ("Skonto", words)));
    rows.extend(clauses.bonus.map(|bonus| ("Bonus", clause_words(&bonus, &contract.currency).join(" "))));
    if is_of_member(actor) {
        let mut by_year: BTreeMap<i32, Net> = BTreeMap::new();
        for payment in bonuses::payments(tx, contract.id).await? {
            let own: Net = payment.shares.iter().map(|share| share.net).sum();
            *by_year.entry(payment.year).or_insert(Net::ZERO) += own;
        }
        let words = by_year
            .iter()
            .rev()
            .filter(|(_, net)| !net.is_zero())
            .map(|(year, net)| format!("{} für {year}", money(net.decimal(), &contract.currency)));
        let words = words.collect::<Vec<_>>().join(", ");
        rows.extend(Some(("Ihr Anteil am Bonus", words)).filter(|(_, words)| !words.is_empty()));
    }
    Ok(rows)
}

/// `POST /rahmenvertraege/{id}/abrufen`: begins a draft, or goes on with one nothing was written into yet.
pub async fn call_off(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let id = match untouched(&app, &actor, ContractId(id)).await? {
        Some(draft) => draft,
        None => draft_call_off::create(&app, &actor, ContractId(id)).await?.id,
    };
    Ok(Redirect::to(&format!("/abrufe/{id}/positionen")))
}

/// A second click on „Abrufen“ must not leave two empty drafts.
async fn untouched(app: &App, actor: &Actor, contract: ContractId) -> Result<Option<CallOffId>, Problem> {
    let search = Search {
        statuses: vec![Status::Draft],
        contract: Some(contract),
        requester: Some(actor.person),
        ..Search::default()
    };
    let mut tx = app.db.begin(actor).await?;
    let Some(newest) = call_off_list::page(&mut tx, &search, 1, 0).await?.into_iter().next() else { return Ok(None) };
    let found = call_offs::find(&mut tx, newest.id).await?;
    Ok(found.filter(|(draft, _)| draft.version == 1 && draft.member == actor.organisation).map(|(draft, _)| draft.id))
}
