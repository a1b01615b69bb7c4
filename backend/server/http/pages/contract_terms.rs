//! `/verwaltung/vertraege/neu` and `/verwaltung/vertraege/{id}/bedingungen`: the terms of a contract in
//! the making, on one page.

use abruf_domain::cancellation::PriceOfRest;
use abruf_domain::ids::ContractId;
use abruf_domain::law;
use abruf_domain::money::{Net, Percent};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::write_contract::{
    self, CRITERIA, IN_HOUSE_VATS, LEGAL_BASES, MECHANISMS, PRICES_OF_REST, REGIMES, RETENTION_CLASSES, SUPPLY_CHAINS,
};
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::bonus_fields::BONUS_RECIPIENTS;
use crate::http::pages::contract_clauses::ClauseFields;
use crate::http::pages::law::name_of;
use crate::http::pages::read_amount::{read_amount, read_number};
use crate::http::pages::written::{day, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contract_drafts::{self, Terms};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contract_terms.html")]
pub struct ContractTermsPage {
    frame: Frame,
    /// The contract, unless it is a new one.
    id: Option<Uuid>,
    number: String,
    typed: Typed,
    mistakes: Mistakes,
    idempotency_key: Uuid,
    retention_classes: Vec<(&'static str, &'static str)>,
    legal_bases: Vec<(&'static str, &'static str)>,
    criteria: Vec<(&'static str, &'static str)>,
    /// Path and name of each jurisdiction with a law pack; the one chosen, where it has none.
    jurisdictions: Vec<(String, String)>,
}

impl ContractTermsPage {
    fn action(&self) -> String {
        self.id.map_or_else(
            || "/verwaltung/vertraege/neu".to_owned(),
            |id| format!("/verwaltung/vertraege/{id}/bedingungen"),
        )
    }
}

/// The form, as typed.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    number: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    search_words: String,
    #[serde(default)]
    regime: String,
    #[serde(default)]
    jurisdiction: String,
    #[serde(default)]
    supply_chain: String,
    #[serde(default)]
    mechanism: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    legal_basis: String,
    #[serde(default)]
    notice_reference: String,
    #[serde(default)]
    notice_date: String,
    #[serde(default)]
    procedure_reference: String,
    #[serde(default)]
    awarded_on: String,
    #[serde(default)]
    starts_on: String,
    #[serde(default)]
    ends_on: String,
    #[serde(default)]
    term_reason: String,
    #[serde(default)]
    term_reason_dated: String,
    #[serde(default)]
    fee_pct: String,
    #[serde(default)]
    min_order_value_net: String,
    #[serde(default)]
    surcharge_net: String,
    #[serde(default)]
    surcharge_vat_pct: String,
    #[serde(default = "as_ordered")]
    price_of_rest: String,
    #[serde(default)]
    delivery_terms: String,
    #[serde(default)]
    retention_class: String,
    #[serde(default)]
    price_change_limit_pct: String,
    #[serde(default)]
    answer_period_days: String,
    #[serde(default)]
    quota_transfers_confirmed: String,
    #[serde(default)]
    legal_basis_key: String,
    #[serde(default)]
    runoff_forbidden: String,
    #[serde(default)]
    cash_discount_pct: String,
    #[serde(default)]
    cash_discount_days: String,
    #[serde(default)]
    bonus_steps: String,
    #[serde(default)]
    bonus_goes_to: String,
    #[serde(default)]
    direct_limit_net: String,
    #[serde(default)]
    competition_criterion: String,
    #[serde(default)]
    compare_with_freight: String,
    #[serde(default)]
    data_processing_reference: String,
    #[serde(default)]
    unit_price_decimals: String,
    #[serde(default)]
    process_central_share_net: String,
    #[serde(default)]
    in_house_vat_category: String,
    #[serde(default)]
    in_house_vat_reason: String,
}

fn as_ordered() -> String {
    PriceOfRest::default().key().to_owned()
}

impl Typed {
    fn new() -> Self {
        Self {
            regime: "vgv".to_owned(),
            currency: "EUR".to_owned(),
            price_of_rest: as_ordered(),
            price_change_limit_pct: "30".to_owned(),
            unit_price_decimals: "2".to_owned(),
            ..Self::default()
        }
    }

    fn of(terms: Terms) -> Self {
        let clauses = ClauseFields::of(&terms.clauses);
        let date = |date: Option<NaiveDate>| date.map(day).unwrap_or_default();
        let percent = |value: Percent| value.to_string().replace('.', ",");
        let net = |value: Option<Net>| value.map(|net| net.decimal().to_string().replace('.', ",")).unwrap_or_default();
        Self {
            notice_date: day(terms.notice_date),
            awarded_on: date(terms.awarded_on),
            starts_on: day(terms.starts_on),
            ends_on: day(terms.ends_on),
            term_reason_dated: date(terms.term_reason_dated),
            fee_pct: percent(terms.fee_pct),
            min_order_value_net: net(terms.min_order_value_net),
            surcharge_net: net(terms.surcharge_net),
            surcharge_vat_pct: terms.surcharge_vat_pct.map(percent).unwrap_or_default(),
            retention_class: terms.retention_class.unwrap_or_default(),
            price_change_limit_pct: percent(terms.price_change_limit_pct),
            answer_period_days: terms.answer_period_days.map(|days| days.to_string()).unwrap_or_default(),
            quota_transfers_confirmed: if terms.quota_transfers_confirmed { "ja".to_owned() } else { String::new() },
            legal_basis_key: clauses.legal_basis_key,
            runoff_forbidden: clauses.runoff_forbidden,
            cash_discount_pct: clauses.cash_discount_pct,
            cash_discount_days: clauses.cash_discount_days,
            bonus_steps: clauses.bonus_steps,
            bonus_goes_to: clauses.bonus_goes_to,
            direct_limit_net: clauses.direct_limit_net,
            competition_criterion: clauses.competition_criterion,
            compare_with_freight: clauses.compare_with_freight,
            data_processing_reference: clauses.data_processing_reference,
            unit_price_decimals: clauses.unit_price_decimals,
            process_central_share_net: clauses.process_central_share_net,
            in_house_vat_category: clauses.in_house_vat_category,
            in_house_vat_reason: clauses.in_house_vat_reason,
            number: terms.number,
            title: terms.title,
            description: terms.description,
            search_words: terms.search_words,
            regime: terms.regime,
            jurisdiction: terms.jurisdiction,
            supply_chain: terms.supply_chain,
            mechanism: terms.mechanism,
            currency: terms.currency,
            legal_basis: terms.legal_basis,
            notice_reference: terms.notice_reference,
            procedure_reference: terms.procedure_reference,
            term_reason: terms.term_reason,
            price_of_rest: terms.price_of_rest,
            delivery_terms: terms.delivery_terms,
        }
    }

    /// The fields of the clauses.
    fn clauses(&self) -> ClauseFields {
        ClauseFields {
            legal_basis_key: self.legal_basis_key.clone(),
            runoff_forbidden: self.runoff_forbidden.clone(),
            cash_discount_pct: self.cash_discount_pct.clone(),
            cash_discount_days: self.cash_discount_days.clone(),
            bonus_steps: self.bonus_steps.clone(),
            bonus_goes_to: self.bonus_goes_to.clone(),
            direct_limit_net: self.direct_limit_net.clone(),
            competition_criterion: self.competition_criterion.clone(),
            compare_with_freight: self.compare_with_freight.clone(),
            data_processing_reference: self.data_processing_reference.clone(),
            unit_price_decimals: self.unit_price_decimals.clone(),
            process_central_share_net: self.process_central_share_net.clone(),
            in_house_vat_category: self.in_house_vat_category.clone(),
            in_house_vat_reason: self.in_house_vat_reason.clone(),
        }
    }

    /// The terms, if every field can be read.
    fn read(&self, mistakes: &mut Mistakes) -> Option<Terms> {
        let mut date = |field: &str, text: &str, missing: Option<&str>| {
            let read = read_day(text);
            match (&read, missing) {
                (Err(message), _) => mistakes.add(field, message.clone()),
                (Ok(None), Some(missing)) => mistakes.add(field, missing),
                _ => {}
            }
            read.ok().flatten()
        };
        let notice_date = date(
            "notice_date",
            &self.notice_date,
            Some("Bitte geben Sie das Datum der Bekanntmachung ein. Es entscheidet, wer abrufen darf."),
        );
        let starts_on = date("starts_on", &self.starts_on, Some("Bitte geben Sie den ersten Tag der Laufzeit ein."));
        let ends_on =
            date("ends_on", &self.ends_on, Some("Bitte geben Sie den letzten Tag der Laufzeit ohne Optionen ein."));
        let awarded_on = date("awarded_on", &self.awarded_on, None);
        let term_reason_dated = date("term_reason_dated", &self.term_reason_dated, None);
        let mut percent = |field: &str, text: &str| {
            let read = read_number(text, Percent::DECIMALS).and_then(|number| {
                number.map(Percent::new).transpose().map_err(|_| "Möglich sind 0 bis 100 Prozent.".to_owned())
            });
            read.map_err(|message| mistakes.add(field, message)).ok().flatten()
        };
        let fee_pct = percent("fee_pct", &self.fee_pct).unwrap_or(Percent::ZERO);
        let surcharge_vat_pct = percent("surcharge_vat_pct", &self.surcharge_vat_pct);
        let price_change_limit_pct = percent("price_change_limit_pct", &self.price_change_limit_pct);
        let mut net = |field: &str, text: &str| {
            let read = read_amount(text).and_then(|amount| {
                amount
                    .map(Net::new)
                    .transpose()
                    .map_err(|_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
            });
            read.map_err(|message| mistakes.add(field, message)).ok().flatten()
        };
        let min_order_value_net = net("min_order_value_net", &self.min_order_value_net);
        let surcharge_net = net("surcharge_net", &self.surcharge_net);
        let clauses = self.clauses().read(mistakes);
        if price_change_limit_pct.is_none() && mistakes.at("price_change_limit_pct").is_none() {
            mistakes.add("price_change_limit_pct", "Bitte geben Sie einen Prozentsatz ein, zum Beispiel 30.");
        }
        let answer_period_days = match self.answer_period_days.trim() {
            "" => None,
            typed => match typed.parse::<i32>() {
                Ok(days) => Some(days),
                Err(_) => {
                    let message = format!(
                        "„{typed}“ ist keine Zahl von Tagen. Bitte geben Sie 1 bis 30 ein oder lassen Sie das Feld leer."
                    );
                    mistakes.add("answer_period_days", message);
                    None
                }
            },
        };
        if !mistakes.is_empty() {
            return None;
        }
        let text = |text: &str| text.trim().replace("\r\n", "\n");
        Some(Terms {
            number: text(&self.number),
            title: text(&self.title),
            description: text(&self.description),
            search_words: text(&self.search_words),
            regime: self.regime.clone(),
            jurisdiction: self.jurisdiction.clone(),
            supply_chain: self.supply_chain.clone(),
            mechanism: self.mechanism.clone(),
            currency: text(&self.currency),
            legal_basis: text(&self.legal_basis),
            notice_reference: text(&self.notice_reference),
            notice_date: notice_date?,
            procedure_reference: text(&self.procedure_reference),
            awarded_on,
            starts_on: starts_on?,
            ends_on: ends_on?,
            term_reason: text(&self.term_reason),
            term_reason_dated,
            fee_pct,
            min_order_value_net,
            surcharge_net,
            surcharge_vat_pct,
            price_of_rest: self.price_of_rest.clone(),
            delivery_terms: text(&self.delivery_terms),
            retention_class: Some(self.retention_class.clone()).filter(|key| !key.is_empty()),
            price_change_limit_pct: price_change_limit_pct?,
            answer_period_days,
            quota_transfers_confirmed: !self.quota_transfers_confirmed.is_empty(),
            clauses,
        })
    }
}

/// `GET /verwaltung/vertraege/neu`
pub async fn new(State(app): State<App>, SignedIn(_): SignedIn, frame: Frame) -> Page<ContractTermsPage> {
    Page(page(&app, frame, None, Typed::new(), Mistakes::default()))
}

/// `POST /verwaltung/vertraege/neu`
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    if let Some(terms) = typed.read(&mut mistakes) {
        match write_contract::draft(&app, &actor, &terms, key.as_ref()).await {
            Ok(id) => return Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/bearbeiten")).into_response()),
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(wrong(&app, frame, None, typed, mistakes))
}

/// `GET /verwaltung/vertraege/{id}/bedingungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Page<ContractTermsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let terms = contract_drafts::terms(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    Ok(Page(page(&app, frame, Some(id), Typed::of(terms), Mistakes::default())))
}

/// `POST /verwaltung/vertraege/{id}/bedingungen`
pub async fn save(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    contract_drafts::making(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let mut mistakes = Mistakes::default();
    if let Some(terms) = typed.read(&mut mistakes) {
        match write_contract::rewrite(&app, &actor, ContractId(id), None, &terms).await {
            Ok(()) => return Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/bearbeiten")).into_response()),
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(wrong(&app, frame, Some(id), typed, mistakes))
}

fn wrong(app: &App, frame: Frame, id: Option<Uuid>, typed: Typed, mistakes: Mistakes) -> Response {
    let page = page(app, frame.with_mistakes(), id, typed, mistakes);
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

fn page(app: &App, frame: Frame, id: Option<Uuid>, typed: Typed, mistakes: Mistakes) -> ContractTermsPage {
    ContractTermsPage {
        frame: frame.titled(if id.is_some() { "Bedingungen des Vertrags" } else { "Neuer Vertrag" }),
        id,
        // A link without words leads nowhere for whoever hears it.
        number: if typed.number.trim().is_empty() { "Vertrag".to_owned() } else { typed.number.clone() },
        jurisdictions: jurisdictions(&typed.jurisdiction),
        typed,
        mistakes,
        idempotency_key: app.chance.id(app.clock.now()),
        retention_classes: or_none(RETENTION_CLASSES),
        legal_bases: or_none(LEGAL_BASES),
        criteria: or_none(CRITERIA),
    }
}

/// Whose procurement law can be chosen. A stored one without a pack stays what it is.
fn jurisdictions(chosen: &str) -> Vec<(String, String)> {
    let own = (String::new(), "Rechtsraum der Genossenschaft".to_owned());
    let mut all: Vec<_> = law::packs().iter().map(|pack| (pack.jurisdiction.clone(), pack.name.clone())).collect();
    if !chosen.is_empty() && law::pack(chosen).is_none() {
        all.push((chosen.to_owned(), name_of(chosen)));
    }
    std::iter::once(own).filter(|_| chosen.is_empty()).chain(all).collect()
}

/// The list, with the choice of none before it.
fn or_none(list: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    std::iter::once(("", "noch nicht gewählt")).chain(list.iter().copied()).collect()
}
