//! `/verwaltung/vertraege` and the file of a contract: every term, who is party and entitled, every price
//! version, every ceiling beside the sums of its ledger. To be read, not edited.

use abruf_domain::facts::Price;
use abruf_domain::ids::ContractId;
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::activate_contract::is_in_the_making;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::bonus_fields::clause_words;
use crate::http::pages::law::name_of;
use crate::http::pages::members::from_to;
use crate::http::pages::meter::Meter;
use crate::http::pages::pager::Pager;
use crate::http::pages::volume_words::{LedgerLine, ledger_line, minimum_purchase_words, scope_words, volume};
use crate::http::pages::written::{self, count, day, money, percent};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contract_clauses::Clauses;
use crate::storage::contract_drafts::{self, Terms};
use crate::storage::contract_terms::{self, GuardRow, OptionRow, PartyRow, PriceRow};
use crate::storage::contracts::{self, Contract, EntitlementRow};
use crate::storage::facts::StoredPrice;
use crate::storage::{minimum_purchases, proof};

/// Prices and bookings on a page.
const PAGE: i64 = 50;
/// Bookings on the page of the contract.
const NEWEST: i64 = 10;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contract_files.html")]
pub struct ContractFilesPage {
    frame: Frame,
    words: String,
    count: String,
    /// With what is left, its term, and a word where it does not run today.
    rows: Vec<(Contract, Meter, String, &'static str)>,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contract_file.html")]
pub struct ContractFilePage {
    frame: Frame,
    it: Contract,
    terms: Vec<(&'static str, String)>,
    options: Vec<String>,
    minimum_purchases: Vec<String>,
    parties: Vec<(String, String)>,
    entitled: Vec<(String, String, String)>,
    words: String,
    price_count: String,
    prices: Vec<PriceView>,
    price_pager: Pager,
    guards: Vec<GuardView>,
    ledger: Vec<LedgerLine>,
    ledger_count: String,
    /// Just put into force.
    activated: bool,
}

impl ContractFilePage {
    /// Whether it can still be written.
    fn in_the_making(&self) -> bool {
        is_in_the_making(&self.it.status)
    }

    /// Too long for half a row beside others.
    fn is_long(&self, value: &str) -> bool {
        90 < value.chars().count()
    }

    fn entitled_count(&self) -> String {
        count(i64::try_from(self.entitled.len()).unwrap_or(i64::MAX), "Eintrag", "Einträge")
    }
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/ledger.html")]
pub struct LedgerPage {
    frame: Frame,
    it: Contract,
    count: String,
    lines: Vec<LedgerLine>,
    pager: Pager,
}

/// A version of a price in words.
struct PriceView {
    it: PriceRow,
    price: Vec<String>,
    valid: String,
}

/// A ceiling in words.
struct GuardView {
    scope: String,
    limit: String,
    authorised: String,
    recorded: String,
    reserved: String,
    breached: bool,
    agrees: bool,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    seite: String,
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/vertraege`
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<ContractFilesPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let contracts = contracts::list(&mut tx, Some(&asked.q)).await?;
    let today = app.clock.today();
    Ok(Page(ContractFilesPage {
        frame: frame.titled("Verträge"),
        words: asked.q,
        count: count(i64::try_from(contracts.len()).unwrap_or(i64::MAX), "Rahmenvertrag", "Rahmenverträge"),
        rows: contracts
            .into_iter()
            .map(|it| {
                let meter = Meter::of(&it.ceiling, &it.currency);
                let term = term(&it);
                let state = match () {
                    () if is_in_the_making(&it.status) => "in Vorbereitung",
                    () if it.effective_end < today => "abgelaufen",
                    () if today < it.starts_on => "künftig",
                    () => "",
                };
                (it, meter, term, state)
            })
            .collect(),
    }))
}

/// `GET /verwaltung/vertraege/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<ContractFilePage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let path = format!("/verwaltung/vertraege/{id}");
    let prices = contract_terms::price_count(&mut tx, it.id, &asked.q).await?;
    let price_pager = Pager::new(&asked.seite, PAGE, prices, &path, &[("q", &asked.q)]);
    let decimals = contracts::unit_price_decimals(&mut tx, it.id).await?;
    let price_rows = contract_terms::prices(&mut tx, it.id, &asked.q, PAGE, price_pager.offset()).await?;
    let bookings = proof::ledger_count(&mut tx, it.id).await?;
    let ledger = proof::ledger(&mut tx, it.id, None, NEWEST, 0).await?;
    let options = contract_terms::options(&mut tx, it.id).await?;
    let parties = contract_terms::parties(&mut tx, it.id).await?;
    let guards = contract_terms::guards(&mut tx, it.id).await?;
    let entitled = contracts::entitlements(&mut tx, it.id).await?;
    let minimum_purchases = minimum_purchases::list(&mut tx, Some(it.id)).await?;
    let written = contract_drafts::terms(&mut tx, it.id).await?;
    Ok(Page(ContractFilePage {
        frame: frame.titled(format!("{} {}", it.number, as_typed(&it.title))),
        terms: [terms(&it), law_choice_and_quotas(written.as_ref()), payment(written.as_ref(), &it.currency)].concat(),
        options: options.iter().map(option_words).collect(),
        minimum_purchases: minimum_purchases
            .iter()
            .map(|it| format!("{}. Sonst: {}", minimum_purchase_words(it), as_typed(&it.consequence)))
            .collect(),
        parties: parties.iter().map(party_words).collect(),
        entitled: entitled.into_iter().map(entitlement_words).collect(),
        price_count: count(prices, "Preis", "Preise"),
        prices: price_rows.into_iter().map(|row| price_view(row, &it.currency, decimals)).collect(),
        price_pager,
        guards: guards.iter().map(|guard| guard_view(guard, &it.currency)).collect(),
        ledger: ledger.iter().map(|entry| ledger_line(entry, &it.currency)).collect(),
        ledger_count: count(bookings, "Buchung", "Buchungen"),
        activated: asked.hinweis == "aktiviert",
        words: asked.q,
        it,
    }))
}

/// `GET /verwaltung/vertraege/{id}/volumenbuch`
pub async fn ledger(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<LedgerPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let total = proof::ledger_count(&mut tx, it.id).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, &format!("/verwaltung/vertraege/{id}/volumenbuch"), &[]);
    let lines = proof::ledger(&mut tx, it.id, None, PAGE, pager.offset()).await?;
    Ok(Page(LedgerPage {
        frame: frame.titled(format!("Volumenbuch {}", it.number)),
        count: count(total, "Buchung", "Buchungen"),
        lines: lines.iter().map(|entry| ledger_line(entry, &it.currency)).collect(),
        pager,
        it,
    }))
}

fn term(it: &Contract) -> String {
    format!("{} bis {}", day(it.starts_on), day(it.effective_end))
}

fn terms(it: &Contract) -> Vec<(&'static str, String)> {
    let optional = |amount: Option<Decimal>| amount.map_or_else(|| "keiner".to_owned(), |net| money(net, &it.currency));
    vec![
        ("Status", status_words(&it.status).to_owned()),
        ("Laufzeit mit ausgeübten Optionen", term(it)),
        ("Laufzeit ohne Optionen bis", day(it.ends_on)),
        ("Vergaberecht", if it.regime == "vgv" { "VgV (ab EU-Schwellenwert)" } else { "UVgO (unterhalb)" }.to_owned()),
        ("Rechtsgrundlage des Abrufs", as_typed(&it.legal_basis)),
        ("Bekanntmachung", format!("{} vom {}", as_typed(&it.notice_reference), day(it.notice_date))),
        ("Vergabeverfahren", as_typed(&it.procedure_reference)),
        (
            "Lieferweg",
            if it.supply_chain == "direct" {
                "Mitglied bestellt beim Lieferanten"
            } else {
                "Genossenschaft bestellt für das Mitglied"
            }
            .to_owned(),
        ),
        ("Auswahl des Lieferanten", mechanism_words(&it.mechanism).to_owned()),
        ("Umlage", percent(it.fee_pct)),
        ("Mindestbestellwert netto", optional(it.min_order_value_net)),
        ("Zuschlag darunter netto", optional(it.surcharge_net)),
        ("Währung", it.currency.clone()),
        (
            "Lieferung und Zahlung",
            if it.delivery_terms.is_empty() { "–".to_owned() } else { as_typed(&it.delivery_terms) },
        ),
    ]
}

/// Whose procurement law holds, what silence means in a cascade, and who agrees to transfers of quotas.
fn law_choice_and_quotas(written: Option<&Terms>) -> Vec<(&'static str, String)> {
    let Some(written) = written else { return Vec::new() };
    let mut rows = vec![("Rechtsraum der Vergabe", name_of(&written.jurisdiction))];
    if matches!(written.mechanism.as_str(), "cascade" | "mini_competition_above") {
        let words = match written.answer_period_days {
            Some(1) => "1 Arbeitstag, danach zählt Schweigen als Absage".to_owned(),
            Some(days) => format!("{days} Arbeitstage, danach zählt Schweigen als Absage"),
            None => "keine, es zählt nur eine schriftliche Absage".to_owned(),
        };
        rows.push(("Antwortfrist in der Rangfolge", words));
    }
    let office = if written.quota_transfers_confirmed { ", die Geschäftsstelle bestätigt" } else { "" };
    rows.push(("Übertragung von Kontingenten", format!("mit Zustimmung beider Mitglieder{office}")));
    rows
}

/// What paying early and calling off much earns; neither is part of an order value.
fn payment(written: Option<&Terms>, currency: &str) -> Vec<(&'static str, String)> {
    let Some(clauses) = written.map(|it| &it.clauses) else { return Vec::new() };
    let discount = cash_discount_words(clauses).unwrap_or_else(|| "keines".to_owned());
    let bonus = clauses.bonus.as_ref().map(|it| clause_words(it, currency).join(" "));
    vec![("Skonto", discount), ("Bonus", bonus.unwrap_or_else(|| "keiner".to_owned()))]
}

/// `2 % bei Zahlung binnen 14 Tagen`
pub(super) fn cash_discount_words(clauses: &Clauses) -> Option<String> {
    let (rate, days) = clauses.cash_discount_pct.zip(clauses.cash_discount_days)?;
    let days = if days == 1 { "eines Tages".to_owned() } else { format!("{days} Tagen") };
    Some(format!("{} bei Zahlung binnen {days}", percent(rate.decimal())))
}

fn status_words(status: &str) -> &str {
    match status {
        "draft" => "Entwurf",
        "demand_survey" => "Bedarfsabfrage",
        "resolution" => "Beschluss",
        "tender" => "Ausschreibung",
        "award" => "Zuschlag",
        "active" => "aktiv",
        "suspended" => "ausgesetzt",
        "terminated" => "gekündigt",
        "wound_up" => "abgewickelt",
        "archived" => "archiviert",
        other => other,
    }
}

fn mechanism_words(mechanism: &str) -> &str {
    match mechanism {
        "single" => "ein Lieferant je Los",
        "cascade" => "Rangfolge",
        "rotation" => "reihum",
        "best_price_per_item" => "günstigster je Position",
        "mini_competition_above" => "Rangfolge bis zur Wertgrenze, darüber Miniwettbewerb",
        other => other,
    }
}

pub(super) fn option_words(option: &OptionRow) -> String {
    let state = match option.exercised_on {
        Some(on) if on <= option.notice_deadline => format!("ausgeübt am {} ({})", day(on), as_typed(&option.document)),
        Some(on) => format!("am {} verspätet ausgeübt, zählt nicht ({})", day(on), as_typed(&option.document)),
        None => "nicht ausgeübt".to_owned(),
    };
    format!("Verlängerung bis {}, auszuüben bis {}: {state}", day(option.new_end), day(option.notice_deadline))
}

fn party_words(party: &PartyRow) -> (String, String) {
    let since = |from: Option<NaiveDate>| from.map(|from| from_to(from, party.valid_to)).unwrap_or_default();
    let supplier = party.supplier.as_ref().map_or_else(
        || "noch ohne Lieferanten".to_owned(),
        |name| match party.rank {
            Some(rank) if 1 < rank => format!("{}, Rang {rank}, {}", as_typed(name), since(party.valid_from)),
            _ => format!("{}, {}", as_typed(name), since(party.valid_from)),
        },
    );
    (format!("Los {} {}", party.lot_number, as_typed(&party.lot_title)), supplier)
}

fn entitlement_words(row: EntitlementRow) -> (String, String, String) {
    let proof = format!("{}, {}", as_typed(&row.document), day(row.document_date));
    (as_typed(row.member.unwrap_or(row.wording)), from_to(row.valid_from, row.valid_to), proof)
}

fn price_view(it: PriceRow, currency: &str, decimals: u32) -> PriceView {
    let stored = StoredPrice {
        kind: it.kind.clone(),
        unit_price: it.unit_price,
        list_price: it.list_price,
        discount_pct: it.discount_pct,
        tiers: it.tiers.clone(),
        clause: it.clause.clone(),
    };
    let price = Price::try_from(stored).map(|price| written::price(&price, &it.unit, currency, decimals));
    PriceView { price: price.unwrap_or_default(), valid: from_to(it.valid_from, it.valid_to), it }
}

fn guard_view(guard: &GuardRow, currency: &str) -> GuardView {
    let words = |amount| volume(amount, &guard.measure, currency);
    GuardView {
        scope: scope_words(&guard.scope, &guard.scope_name, &guard.measure),
        limit: guard.limit.map_or_else(|| "ohne Grenze".to_owned(), words),
        authorised: words(guard.authorised),
        recorded: words(guard.recorded),
        reserved: words(guard.reserved),
        breached: guard.breached,
        agrees: guard.agrees,
    }
}
