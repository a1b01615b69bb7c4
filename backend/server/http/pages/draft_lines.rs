//! `/abrufe/{id}/positionen`: what and how much? Step 1 of a new call-off.
//!
//! A short schedule is one table with a quantity per article; a long one is searched, or typed by
//! article number. Every button saves first, so nothing typed is lost on the way.

use std::collections::BTreeMap;

use abruf_domain::call_off::Status;
use abruf_domain::facts::{Item, Price};
use abruf_domain::ids::{CallOffId, ContractId};
use abruf_domain::period::{Period, last_day_of_months};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::FieldError;
use crate::actions::draft_call_off::{self, Choice, LineInput, Preview};
use crate::actions::renew_licences;
use crate::actor::Actor;
use crate::app::App;
use crate::http::access::encoded;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::contract::ItemView;
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::judged::{OpenFinding, open_finding};
use crate::http::pages::line_entries::{Entry, entries, saved_entries};
use crate::http::pages::order_view::{OrderView, SavingsView};
use crate::http::pages::period_fields::{PeriodFields, read_period};
use crate::http::pages::supplier_fields::{SupplierFields, read_choice};
use crate::http::pages::written::{day, money, price, quantity};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts::{self, ScheduleItem};
use crate::storage::facts;

/// Up to so many articles are one table.
const SHORT: i64 = 30;
/// Empty rows to type into, where the schedule is long.
const EMPTY_ROWS: usize = 3;
/// Rules that are about lines, told while one enters them.
const ABOUT_LINES: [&str; 12] = [
    "item-in-scope",
    "lot-supplier-match",
    "supplier-is-party",
    "price-matches-terms",
    "price-version-approved",
    "qty-increment",
    "min-order-value",
    "tier-jump-cheaper",
    "cap-value",
    "cap-quantity",
    "member-quota",
    "best-price-item",
];

#[derive(askama::Template)]
#[template(path = "pages/draft_lines.html")]
struct LinesPage {
    frame: Frame,
    id: CallOffId,
    contract: String,
    version: i32,
    rows: Vec<Row>,
    /// Nobody has got it yet: it can be discarded.
    is_draft: bool,
    /// The whole schedule is on the page.
    short: bool,
    searched: String,
    found: Option<i64>,
    period: Option<PeriodFields>,
    /// Why this period is proposed, where nobody has chosen one yet.
    proposed: Option<String>,
    order: OrderView,
    savings: Option<SavingsView>,
    supplier: SupplierFields,
    findings: Vec<OpenFinding>,
    mistakes: Mistakes,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    suche: String,
}

/// A row of the table.
struct Row {
    index: usize,
    /// The article number can be typed.
    typed: bool,
    article_number: String,
    title: String,
    price: Vec<String>,
    packing: String,
    quantity: String,
    net: String,
    /// Free-text item: a quote or EVB-IT contract gives its price.
    quoted: bool,
    offer_price: String,
    offer_document: String,
    article_error: Option<String>,
    quantity_error: Option<String>,
    offer_price_error: Option<String>,
    offer_document_error: Option<String>,
}

impl LinesPage {
    fn found_line(&self) -> Option<String> {
        Some(match self.found? {
            0 => format!("Kein Artikel passt zu „{}“.", self.searched),
            found if found <= SHORT => format!("{found} Artikel gefunden"),
            found => format!("{found} Artikel gefunden, gezeigt werden {SHORT}. Bitte suchen Sie genauer."),
        })
    }
}

impl Row {
    const fn is_filled(&self) -> bool {
        !self.quantity.is_empty()
    }

    /// An offer stands there, or something is wrong with it.
    const fn has_offer(&self) -> bool {
        !self.offer_price.is_empty()
            || !self.offer_document.is_empty()
            || self.offer_price_error.is_some()
            || self.offer_document_error.is_some()
    }
}

/// `GET /abrufe/{id}/positionen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Away> {
    let preview = draft::own(&app, &actor, CallOffId(id)).await?;
    let typed = Typed {
        entries: saved_entries(&preview),
        period: PeriodFields::of(&preview),
        search: asked.suche,
        supplier: None,
    };
    Ok(Page(page(&app, &actor, frame, preview, typed, Vec::new()).await?).into_response())
}

/// What is in the form: from the draft, or as it was sent.
struct Typed {
    entries: Vec<Entry>,
    period: PeriodFields,
    search: String,
    /// What the choice of a supplier sent, where the page has one.
    supplier: Option<String>,
}

/// `POST /abrufe/{id}/positionen`
pub async fn save(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let preview = draft::own(&app, &actor, id).await?;
    let one =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let period = match one("weiter") {
        // The other date that is one click away.
        "ein-jahr" => a_year_from(app.clock.today()),
        _ => PeriodFields::typed(one("performance_from"), one("performance_to")),
    };
    let asked_period = fields.iter().any(|(key, _)| key == "performance_from");
    let supplier = fields.iter().find(|(key, _)| key == "lieferant").map(|(_, value)| value.clone());
    let typed = Typed { entries: entries(&fields), period, search: one("suche").to_owned(), supplier };
    let wrong = match write(&app, &actor, &preview, &typed, draft::version(one("version")), asked_period).await? {
        Written::Saved if one("weiter") == "angaben" && typed.entries.iter().all(|entry| !entry.counts()) => {
            let message = "Bitte geben Sie bei mindestens einem Artikel eine Menge ein.";
            (StatusCode::UNPROCESSABLE_ENTITY, vec![FieldError::new("lines[0].quantity", message)])
        }
        Written::Saved => return Ok(Redirect::to(&next(id, one("weiter"), &typed.search)).into_response()),
        Written::Wrong(status, errors) => (status, errors),
    };
    // The version is read again: what was changed elsewhere is overwritten only knowingly.
    let preview = draft::own(&app, &actor, id).await?;
    let page = page(&app, &actor, frame.with_mistakes(), preview, typed, wrong.1).await?;
    Ok((wrong.0, Page(page)).into_response())
}

/// Twelve months from a day on.
fn a_year_from(today: NaiveDate) -> PeriodFields {
    let end = last_day_of_months(today, 12).unwrap_or(today);
    PeriodFields { from: day(today), to: day(end) }
}

/// Where the button leads.
fn next(id: CallOffId, button: &str, search: &str) -> String {
    match button {
        "angaben" => format!("/abrufe/{id}/angaben"),
        "rangfolge" => format!("/abrufe/{id}/rangfolge"),
        "liste" => format!("/abrufe/{id}/schnellerfassung"),
        "frage" => format!("/abrufe/{id}/rueckfrage"),
        _ if search.trim().is_empty() => format!("/abrufe/{id}/positionen"),
        _ => format!("/abrufe/{id}/positionen?suche={}", encoded(search)),
    }
}

enum Written {
    Saved,
    Wrong(StatusCode, Vec<FieldError>),
}

async fn write(
    app: &App,
    actor: &Actor,
    preview: &Preview,
    typed: &Typed,
    version: i32,
    asked_period: bool,
) -> Result<Written, Away> {
    let id = preview.call_off.id;
    let lines: Vec<LineInput> =
        typed.entries.iter().filter(|entry| entry.counts()).map(|entry| input(entry, preview)).collect();
    let mut errors = unknown(app, actor, preview.call_off.contract, &lines).await?;
    let period = read_period(&typed.period).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        None
    });
    if let Err(wrong) = draft_call_off::check_lines(&lines) {
        errors.extend(wrong);
    }
    let choice = read_choice(typed.supplier.as_deref()).unwrap_or_else(|| {
        errors.push(FieldError::new("lieferant", "Bitte wählen Sie einen Lieferanten aus der Liste."));
        Choice::Keep
    });
    if !errors.is_empty() {
        return Ok(Written::Wrong(StatusCode::UNPROCESSABLE_ENTITY, errors));
    }
    let saved = match draft_call_off::save_order(app, actor, id, version, &lines, choice).await {
        Ok(version) if asked_period => save_period(app, actor, preview, version, period).await,
        other => other,
    };
    match saved {
        Ok(_) => Ok(Written::Saved),
        Err(error) => {
            let (status, mistakes) = draft::mistakes(error, id)?;
            Ok(Written::Wrong(status, mistakes.0))
        }
    }
}

/// As the action takes it; where the form had no fields for an offer, an earlier one stays.
fn input(entry: &Entry, preview: &Preview) -> LineInput {
    let saved = saved_entries(preview);
    let before = saved.iter().find(|before| !entry.offer_sent && before.article_number == entry.article_number);
    match before {
        Some(before) => LineInput { offer: before.input().offer, ..entry.input() },
        None => entry.input(),
    }
}

async fn save_period(
    app: &App,
    actor: &Actor,
    preview: &Preview,
    version: i32,
    period: Option<Period>,
) -> Result<i32, crate::actions::ActionError> {
    if preview.call_off.details.performance == period {
        return Ok(version);
    }
    let details = crate::storage::call_offs::Details { performance: period, ..preview.call_off.details.clone() };
    draft_call_off::save_details(app, actor, preview.call_off.id, version, &details).await
}

/// Article numbers that the contract does not have.
pub(super) async fn unknown(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    lines: &[LineInput],
) -> Result<Vec<FieldError>, Problem> {
    let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
    let mut tx = app.db.begin(actor).await?;
    let known = facts::items(&mut tx, contract, &articles, app.clock.today()).await?;
    Ok(lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.article_number.is_empty() && line.article_number.chars().count() <= 100)
        .filter(|(_, line)| known.iter().all(|item| item.article_number != line.article_number))
        .map(|(index, line)| {
            let message = format!(
                "Artikelnummer {} steht nicht in diesem Vertrag. Bitte prüfen Sie die Nummer oder suchen Sie den Artikel.",
                line.article_number
            );
            FieldError::new(format!("lines[{index}].article_number"), message)
        })
        .collect())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    preview: Preview,
    typed: Typed,
    errors: Vec<FieldError>,
) -> Result<LinesPage, Problem> {
    let contract = preview.call_off.contract;
    let today = app.clock.today();
    let mut tx = app.db.begin(actor).await?;
    let short = contracts::schedule_count(&mut tx, contract, "").await? <= SHORT;
    let searched = typed.search.trim();
    let found = if short || searched.is_empty() {
        None
    } else {
        Some(contracts::schedule_count(&mut tx, contract, searched).await?)
    };
    let offered = if short || found.is_some() {
        contracts::schedule(&mut tx, contract, today, searched, SHORT, 0).await?
    } else {
        Vec::new()
    };
    let articles: Vec<String> = typed.entries.iter().map(|entry| entry.article_number.clone()).collect();
    let known = facts::items(&mut tx, contract, &articles, today).await?;
    let proposal = renew_licences::propose(&mut tx, &preview.call_off, today).await?;
    drop(tx);

    let per_month = |item: &Item| item.prices.iter().any(|term| matches!(term.price, Price::Subscription { .. }));
    let table = Table { preview: &preview, offered: &offered, known: &known, short, errors: &errors };
    let rows = table.rows(&typed.entries);
    let has_subscription = known.iter().any(per_month) || table.offers().iter().any(|item| item.per_month);
    let currency = &preview.facts.contract.currency;
    let untouched = typed.period.from.is_empty() && typed.period.to.is_empty();
    let proposal = proposal.filter(|_| has_subscription && untouched && errors.is_empty());
    let period = match &proposal {
        Some(it) => PeriodFields { from: day(it.period.from()), to: day(it.period.to()) },
        None => typed.period,
    };
    Ok(LinesPage {
        proposed: proposal.map(|it| it.german()),
        supplier: SupplierFields::of(&preview, typed.supplier.as_deref()),
        id: preview.call_off.id,
        contract: contract_line(&preview),
        version: preview.call_off.version,
        is_draft: preview.call_off.status == Status::Draft,
        short,
        searched: searched.to_owned(),
        found,
        period: has_subscription.then_some(period),
        order: OrderView::of(&preview.facts, &preview.review.priced),
        savings: preview
            .review
            .savings
            .as_ref()
            .filter(|_| !preview.lines.is_empty())
            .map(|savings| SavingsView::of(savings, &preview.facts)),
        findings: preview
            .review
            .open_findings()
            .into_iter()
            .filter(|finding| ABOUT_LINES.contains(&finding.rule.as_str()) && !preview.lines.is_empty())
            .map(|finding| open_finding(finding, currency, &[], actor.role, false))
            .collect(),
        mistakes: in_rows(&rows, &errors),
        rows,
        frame: frame.titled("Positionen"),
    })
}

/// The errors with the fields of the page as their targets.
fn in_rows(rows: &[Row], errors: &[FieldError]) -> Mistakes {
    let first = rows.first().map_or(0, |row| row.index);
    let of_rows = rows.iter().flat_map(|row| {
        let article = row.article_error.as_ref().map(|it| FieldError::new(format!("artikel-{}", row.index), it));
        let quantity = row.quantity_error.as_ref().map(|it| FieldError::new(format!("menge-{}", row.index), it));
        let price = row.offer_price_error.as_ref();
        let price = price.map(|it| FieldError::new(format!("angebotspreis-{}", row.index), it));
        let document = row.offer_document_error.as_ref();
        let document = document.map(|it| FieldError::new(format!("angebotsbeleg-{}", row.index), it));
        article.into_iter().chain(quantity).chain(price).chain(document)
    });
    let others = errors.iter().filter(|error| !error.field.starts_with("lines["));
    let mut mistakes: Vec<FieldError> = of_rows.chain(others.cloned()).collect();
    if mistakes.is_empty() {
        // About a line that is not there: the first field is where to begin.
        mistakes.extend(errors.iter().map(|error| FieldError::new(format!("menge-{first}"), &error.message)));
    }
    Mistakes(mistakes)
}

fn is_quoted(item: &Item) -> bool {
    item.prices.iter().any(|term| matches!(term.price, Price::Quoted { .. }))
}

/// What rows are made of.
struct Table<'a> {
    preview: &'a Preview,
    offered: &'a [ScheduleItem],
    known: &'a [Item],
    short: bool,
    errors: &'a [FieldError],
}

impl Table<'_> {
    fn offers(&self) -> Vec<ItemView> {
        let terms = &self.preview.facts.contract;
        let view = |item| ItemView::of(item, &terms.currency, terms.unit_price_decimals);
        let shown = |item: ItemView| if self.preview.prices_withheld { item.without_price() } else { item };
        self.offered.iter().map(view).map(shown).collect()
    }

    /// Offered articles with what was entered for them; before or after them the entries that are not offered.
    fn rows(&self, entries: &[Entry]) -> Vec<Row> {
        // Errors count the lines that were sent, without empty rows.
        let numbered: BTreeMap<usize, usize> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.counts())
            .enumerate()
            .map(|(n, (at, _))| (at, n))
            .collect();
        let mut used = vec![false; entries.len()];
        let mut offered = Vec::new();
        for item in self.offers() {
            let at = entries
                .iter()
                .enumerate()
                .position(|(at, entry)| !used[at] && entry.article_number == item.article_number);
            if let Some(at) = at {
                used[at] = true;
            }
            offered.push(self.offered_row(&item, at.map(|at| (&entries[at], numbered.get(&at).copied()))));
        }
        let mut others: Vec<Row> = entries
            .iter()
            .enumerate()
            .filter(|(at, entry)| !used[*at] && (entry.counts() || !entry.article_number.is_empty()))
            .map(|(at, entry)| self.entered_row(entry, numbered.get(&at).copied()))
            .collect();
        let mut rows = if self.short {
            offered.append(&mut others);
            offered
        } else {
            others.append(&mut offered);
            others.extend((0..EMPTY_ROWS).map(|_| self.entered_row(&Entry::default(), None)));
            others
        };
        for (index, row) in rows.iter_mut().enumerate() {
            row.index = index;
        }
        rows
    }

    fn offered_row(&self, item: &ItemView, entered: Option<(&Entry, Option<usize>)>) -> Row {
        let entry = entered.map(|(entry, _)| entry.clone()).unwrap_or_default();
        let sent = entered.and_then(|(_, sent)| sent);
        Row {
            typed: false,
            title: item.title.clone(),
            price: item.price.clone(),
            packing: item.packing.clone(),
            article_number: item.article_number.clone(),
            quoted: item.quoted,
            ..self.entered_row(&entry, sent)
        }
    }

    fn entered_row(&self, entry: &Entry, sent: Option<usize>) -> Row {
        let terms = &self.preview.facts.contract;
        let item = self.known.iter().find(|item| item.article_number == entry.article_number);
        let error = |field: &str| {
            let name = format!("lines[{}].{field}", sent?);
            self.errors.iter().find(|error| error.field == name).map(|error| error.message.clone())
        };
        Row {
            index: 0,
            typed: item.is_none(),
            article_number: entry.article_number.clone(),
            title: item.map(|item| item.title.clone()).unwrap_or_default(),
            price: item
                .filter(|_| !self.preview.prices_withheld)
                .and_then(|item| {
                    item.prices
                        .first()
                        .map(|term| price(&term.price, &item.unit, &terms.currency, terms.unit_price_decimals))
                })
                .unwrap_or_default(),
            packing: String::new(),
            quantity: entry.quantity.clone(),
            net: self.net(entry),
            quoted: item.is_some_and(is_quoted),
            offer_price: entry.offer_price.clone(),
            offer_document: entry.offer_document.clone(),
            article_error: error("article_number"),
            quantity_error: error("quantity"),
            offer_price_error: error("offer.unit_price"),
            offer_document_error: error("offer.document"),
        }
    }

    /// The saved amount, while what is typed is what is saved.
    fn net(&self, entry: &Entry) -> String {
        let lines = &self.preview.review.priced.lines;
        let line = lines
            .iter()
            .find(|line| line.article_number == entry.article_number && quantity(line.quantity) == entry.quantity);
        line.and_then(|line| line.net)
            .map(|net| money(net.decimal(), &self.preview.facts.contract.currency))
            .unwrap_or_default()
    }
}
