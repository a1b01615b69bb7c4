//! `/verwaltung/vertraege/{id}/positionen`: what an item of a contract in force is beside its price, changed
//! by two persons.

use abruf_domain::facts::{Accessibility, EvbIt, VatChange, VatTreatment};
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::{Percent, UnitPrice};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::change_items::{self, ItemChange, ItemWish, Preview, Wanted};
use crate::actions::item_freight::FreightWish;
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::item_traits::{ACCESSIBILITY_CHOICES, EVB_IT_CHOICES, VAT_CHOICES};
use crate::http::pages::read_amount::read_number;
use crate::http::pages::written::{count, day, day_of, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts::{self, Contract};
use crate::storage::item_proposals::{self, Current, Traits, VatRow};
use crate::storage::price_proposals;

/// Articles to choose from; more are found by words.
const SHOWN: i64 = 25;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contract_items.html")]
pub struct ContractItemsPage {
    frame: Frame,
    it: Contract,
    words: String,
    /// Article number and title of what can be changed.
    articles: Vec<(String, String)>,
    /// Title of the chosen article; empty while none is.
    chosen: String,
    /// Whose prices the chosen article has today, and their freight.
    freights: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
    preview: Option<PreviewView>,
    /// What waits: id, words, own.
    waiting: Option<(Uuid, String, bool)>,
    waiting_view: Option<PreviewView>,
    hint: &'static str,
}

impl ContractItemsPage {
    fn action(&self) -> String {
        format!("/verwaltung/vertraege/{}/positionen", self.it.id)
    }
}

/// A preview in words.
struct PreviewView {
    title: String,
    /// What, before, after.
    rows: Vec<(&'static str, String, String)>,
    hits: Vec<String>,
}

/// The fields, as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// ansehen, vorschlagen, freigeben or zuruecknehmen.
    schritt: String,
    proposal: Uuid,
    article_number: String,
    cpv: String,
    accessibility: String,
    accessibility_evidence: String,
    evb_it: String,
    evb_it_type: String,
    vat_from: String,
    vat_category: String,
    vat_rate_pct: String,
    vat_reason: String,
    freight_from: String,
    freight: String,
    freight_supplier: String,
    document: String,
}

impl Typed {
    /// The form of an item as it stands.
    fn of(item: &Current) -> Self {
        let (accessibility, evidence) = match &item.traits.accessibility {
            Some(Accessibility::Stated { document }) => ("stated", document.clone()),
            Some(Accessibility::Excepted { reason }) => ("excepted", reason.clone()),
            Some(Accessibility::Missing) => ("missing", String::new()),
            None => ("", String::new()),
        };
        let (evb_it, kind) = match &item.traits.evb_it {
            Some(EvbIt::Typed { kind }) => ("typed", kind.clone()),
            Some(EvbIt::Missing) => ("missing", String::new()),
            None => ("", String::new()),
        };
        Self {
            article_number: item.article_number.clone(),
            cpv: item.traits.cpv.clone(),
            accessibility: accessibility.to_owned(),
            accessibility_evidence: evidence,
            evb_it: evb_it.to_owned(),
            evb_it_type: kind,
            ..Self::default()
        }
    }
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
    #[serde(default)]
    artikel: String,
    #[serde(default)]
    q: String,
}

/// `GET /verwaltung/vertraege/{id}/positionen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<ContractItemsPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "vorgeschlagen" => "Vorgeschlagen. Eine zweite Person der Geschäftsstelle gibt die Änderung hier frei.",
        "freigegeben" => "Freigegeben. Die Änderung gilt; erteilte Abrufe bleiben, wie sie sind.",
        "zurueckgenommen" => "Zurückgenommen.",
        _ => "",
    };
    let mut tx = app.db.begin(&actor).await?;
    let contract = ContractId(id);
    contracts::number(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let typed = match asked.artikel.as_str() {
        "" => Typed::default(),
        article => {
            let item = item_proposals::by_article(&mut tx, contract, article).await?;
            Typed::of(&item.ok_or_else(Problem::not_found)?)
        }
    };
    tx.rollback().await?;
    Ok(Page(page(&app, &actor, frame, id, (typed, asked.q), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/vertraege/{id}/positionen`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let contract = ContractId(id);
    let done = match typed.schritt.as_str() {
        "freigeben" => change_items::release(&app, &actor, contract, typed.proposal).await.map(|()| Err("freigegeben")),
        "zuruecknehmen" => {
            change_items::take_back(&app, &actor, contract, typed.proposal).await.map(|()| Err("zurueckgenommen"))
        }
        step => match read(&typed) {
            Ok(change) if step == "vorschlagen" => {
                change_items::propose(&app, &actor, contract, &change).await.map(|_| Err("vorgeschlagen"))
            }
            Ok(change) => change_items::preview(&app, &actor, contract, &change).await.map(Ok),
            Err(errors) => Err(ActionError::Invalid(errors)),
        },
    };
    match done {
        Ok(Err(hint)) => {
            Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/positionen?hinweis={hint}")).into_response())
        }
        Ok(Ok(preview)) => {
            let typed = (typed, String::new());
            let mut page = page(&app, &actor, frame, id, typed, Mistakes::default(), "").await?;
            page.preview = Some(view(&preview));
            Ok(Page(page).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let typed = (typed, String::new());
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, Mistakes(errors), "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The change, if every field can be read.
fn read(typed: &Typed) -> Result<ItemChange, Vec<FieldError>> {
    let mut errors = Vec::new();
    let evidence = typed.accessibility_evidence.trim().to_owned();
    let accessibility = match typed.accessibility.as_str() {
        "stated" => Some(Accessibility::Stated { document: evidence }),
        "excepted" => Some(Accessibility::Excepted { reason: evidence }),
        "missing" => Some(Accessibility::Missing),
        _ => None,
    };
    let evb_it = match typed.evb_it.as_str() {
        "typed" => Some(EvbIt::Typed { kind: typed.evb_it_type.trim().to_owned() }),
        "missing" => Some(EvbIt::Missing),
        _ => None,
    };
    let vat = read_vat(typed, &mut errors);
    let freight = read_freight(typed, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(ItemChange {
        article_number: typed.article_number.clone(),
        wish: ItemWish {
            cpv: Wanted::Be(typed.cpv.clone()),
            accessibility: Wanted::Be(accessibility),
            evb_it: Wanted::Be(evb_it),
            vat,
            freight,
        },
        document: typed.document.clone(),
    })
}

/// A later VAT treatment; none where all its fields are empty.
fn read_vat(typed: &Typed, errors: &mut Vec<FieldError>) -> Option<VatChange> {
    let fields = [&typed.vat_from, &typed.vat_category, &typed.vat_rate_pct, &typed.vat_reason];
    if fields.iter().all(|field| field.trim().is_empty()) {
        return None;
    }
    let missing = || "Bitte geben Sie den ersten Liefertag der neuen Umsatzsteuer ein.".to_owned();
    let from = read_day(&typed.vat_from)
        .and_then(|day| day.ok_or_else(missing))
        .map_err(|message| errors.push(FieldError::new("vat_from", message)));
    let rate = read_number(&typed.vat_rate_pct, Percent::DECIMALS)
        .and_then(|it| it.map(Percent::new).transpose().map_err(|_| "Möglich sind 0 bis 100 Prozent.".to_owned()))
        .map_err(|message| errors.push(FieldError::new("vat_rate_pct", message)));
    let (from, rate) = (from.ok()?, rate.ok()?.unwrap_or(Percent::ZERO));
    let usual = if rate.is_zero() { "Z" } else { "S" };
    let category = Some(typed.vat_category.as_str()).filter(|it| !it.is_empty()).unwrap_or(usual);
    let reason = typed.vat_reason.trim().to_owned();
    Some(VatChange { from, vat: VatTreatment { category: category.to_owned(), rate, reason } })
}

/// A later freight; none where its fields are empty.
fn read_freight(typed: &Typed, errors: &mut Vec<FieldError>) -> Option<FreightWish> {
    let (amount, day) = (typed.freight.trim(), typed.freight_from.trim());
    if amount.is_empty() && day.is_empty() {
        return None;
    }
    let missing = || "Bitte geben Sie den ersten Tag der neuen Fracht ein.".to_owned();
    let from = read_day(day)
        .and_then(|day| day.ok_or_else(missing))
        .map_err(|message| errors.push(FieldError::new("freight_from", message)));
    let per_unit = match amount.to_lowercase().as_str() {
        "keine" => Ok(None),
        "" => Err("Bitte geben Sie die neue Fracht je Einheit ein; „keine“, wenn keine mehr gilt.".to_owned()),
        _ => read_number(amount, UnitPrice::DECIMALS).and_then(|it| {
            it.map(UnitPrice::new)
                .transpose()
                .map_err(|_| "Diese Zahl ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
        }),
    };
    let per_unit = per_unit.map_err(|message| errors.push(FieldError::new("freight", message)));
    let supplier = typed.freight_supplier.parse().ok().map(OrganisationId);
    Some(FreightWish { supplier, from: from.ok()?, per_unit: per_unit.ok()? })
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    (typed, words): (Typed, String),
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<ContractItemsPage, Problem> {
    let contract = ContractId(id);
    let waiting = change_items::waiting(app, actor, contract).await?;
    let mut tx = app.db.begin(actor).await?;
    let it = contracts::find(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let chosen = item_proposals::by_article(&mut tx, contract, typed.article_number.trim()).await?;
    let prices = match &chosen {
        Some(item) => price_proposals::of_article(&mut tx, contract, &item.article_number, app.clock.today()).await?,
        None => Vec::new(),
    };
    Ok(ContractItemsPage {
        freights: prices
            .iter()
            .map(|it| (it.supplier.to_string(), format!("{} (heute: {})", it.supplier_name, freight_words(it.freight))))
            .collect(),
        frame: frame.titled(format!("Positionen ändern {}", it.number)),
        articles: item_proposals::articles(&mut tx, contract, &words, SHOWN).await?,
        chosen: chosen.map(|item| item.title).unwrap_or_default(),
        waiting_view: waiting.as_ref().map(|(_, preview)| view(preview)),
        waiting: waiting.map(|(proposal, _)| {
            let words = format!(
                "Vorgeschlagen am {} von {}. Beleg: {}.",
                day_of(proposal.recorded_at),
                proposal.recorded_by_name,
                proposal.document
            );
            (proposal.id, words, proposal.recorded_by == actor.person)
        }),
        words,
        it,
        typed,
        mistakes,
        preview: None,
        hint,
    })
}

fn view(preview: &Preview) -> PreviewView {
    let (before, after) = (&preview.before.traits, &preview.after);
    let mut rows = Vec::new();
    for (what, words) in [
        ("CPV-Code", cpv_words as fn(&Traits) -> String),
        ("Barrierefreiheit", accessibility_words),
        ("EVB-IT", evb_it_words),
    ] {
        let (before, after) = (words(before), words(after));
        if before != after {
            rows.push((what, before, after));
        }
    }
    if let Some(change) = &after.vat {
        let stands = preview.before.vat.iter().map(vat_words).collect::<Vec<_>>().join("; ");
        let row = VatRow {
            from: Some(change.from),
            category: change.vat.category.clone(),
            rate: change.vat.rate.to_string(),
            reason: change.vat.reason.clone(),
        };
        rows.push(("Umsatzsteuer", stands, format!("dazu {}", vat_words(&row))));
    }
    if let Some(change) = &after.freight {
        let supplier = preview.price.as_ref().map(|price| price.supplier_name.as_str()).unwrap_or_default();
        let stands = freight_words(preview.price.as_ref().and_then(|price| price.freight));
        let until = preview.price.as_ref().and_then(|price| price.valid_to);
        let until = until.map(|last| format!(", bis der Preis am {} endet", day(last))).unwrap_or_default();
        let wanted = format!("{} bei {supplier} ab {}{until}", freight_words(change.per_unit), day(change.from));
        rows.push(("Fracht je Einheit", stands, wanted));
    }
    PreviewView {
        title: format!("{} ({})", preview.before.title, preview.before.article_number),
        rows,
        hits: preview
            .hits
            .iter()
            .map(|hit| {
                let lines = count(hit.lines, "Position", "Positionen");
                format!("{}: {} mit {lines}", hit.member, count(hit.requests, "offene Anfrage", "offene Anfragen"))
            })
            .collect(),
    }
}

fn cpv_words(traits: &Traits) -> String {
    if traits.cpv.is_empty() { "keiner".to_owned() } else { traits.cpv.clone() }
}

fn accessibility_words(traits: &Traits) -> String {
    match &traits.accessibility {
        None => "keine Bedienoberfläche".to_owned(),
        Some(Accessibility::Stated { document }) => format!("Erklärung: {document}"),
        Some(Accessibility::Excepted { reason }) => format!("Ausnahme: {reason}"),
        Some(Accessibility::Missing) => "noch kein Nachweis".to_owned(),
    }
}

fn evb_it_words(traits: &Traits) -> String {
    match &traits.evb_it {
        None => "keine IT-Leistung".to_owned(),
        Some(EvbIt::Typed { kind }) => kind.clone(),
        Some(EvbIt::Missing) => "IT-Leistung, Typ noch offen".to_owned(),
    }
}

fn freight_words(freight: Option<UnitPrice>) -> String {
    freight.map_or_else(|| "keine genannt".to_owned(), |it| format!("{} netto", it.with_decimals(2).replace('.', ",")))
}

/// „19 % ab 01.01.2027“
fn vat_words(row: &VatRow) -> String {
    let words = match row.category.as_str() {
        "S" => format!("{} %", row.rate.replace('.', ",")),
        category => format!("{category} {}", row.reason).trim().to_owned(),
    };
    match row.from {
        Some(from) => format!("{words} ab {}", day(from)),
        None => words,
    }
}
