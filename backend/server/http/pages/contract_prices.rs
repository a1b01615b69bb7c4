//! `/verwaltung/vertraege/{id}/preise`: a new version of prices, looked at before it is proposed, and
//! released by a second person.

use abruf_domain::ids::ContractId;
use abruf_domain::money::Percent;
use abruf_domain::price_change::Change;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::change_prices::{self, Preview, PriceChange, Wish};
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::price_fields::{COUNTED, PRICE_KINDS, PriceFields, index_choices, read_price};
use crate::http::pages::read_amount::read_number;
use crate::http::pages::written::{self, count, day, day_of, percent, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts::{self, Contract};

/// Prices on the page; the release covers all.
const SHOWN: usize = 200;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contract_prices.html")]
pub struct ContractPricesPage {
    frame: Frame,
    it: Contract,
    typed: Typed,
    mistakes: Mistakes,
    /// What was typed would do this.
    preview: Option<PreviewView>,
    /// What waits: id, words, own, reason.
    waiting: Option<(Uuid, String, bool, String)>,
    waiting_view: Option<PreviewView>,
    hint: &'static str,
    indexes: Vec<(String, String)>,
}

impl ContractPricesPage {
    fn action(&self) -> String {
        format!("/verwaltung/vertraege/{}/preise", self.it.id)
    }
}

/// A preview in words.
struct PreviewView {
    count: String,
    beyond: String,
    lines: Vec<LineView>,
    hits: Vec<String>,
    more: bool,
}

/// A price before and after.
struct LineView {
    article: String,
    title: String,
    before: Vec<String>,
    after: Vec<String>,
    change: String,
    beyond: bool,
}

/// The fields, as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// ansehen, vorschlagen, freigeben or zuruecknehmen.
    schritt: String,
    valid_from: String,
    /// percent or typed.
    how: String,
    words: String,
    percent: String,
    article_number: String,
    price_kind: String,
    price: String,
    discount: String,
    tiers: String,
    counted: String,
    index: String,
    index_base: String,
    fixed_share: String,
    variable_share: String,
    threshold: String,
    document: String,
    reason: String,
    proposal: Uuid,
}

const WAYS: &[(&str, &str)] = &[("percent", "Prozentsatz über eine Auswahl"), ("typed", "ein Artikel von Hand")];

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/vertraege/{id}/preise`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<ContractPricesPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "vorgeschlagen" => "Vorgeschlagen. Eine zweite Person der Geschäftsstelle gibt die Preise hier frei.",
        "freigegeben" => "Freigegeben. Die Preise gelten ab ihrem ersten Tag; erteilte Abrufe behalten ihren Preis.",
        "zurueckgenommen" => "Zurückgenommen.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/vertraege/{id}/preise`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let contract = ContractId(id);
    let to = |hint: &str| Redirect::to(&format!("/verwaltung/vertraege/{id}/preise?hinweis={hint}")).into_response();
    let done = match typed.schritt.as_str() {
        "freigeben" => {
            change_prices::release(&app, &actor, contract, typed.proposal).await.map(|()| Err("freigegeben"))
        }
        "zuruecknehmen" => {
            change_prices::take_back(&app, &actor, contract, typed.proposal).await.map(|()| Err("zurueckgenommen"))
        }
        "vorschlagen" => match read(&typed) {
            Ok(change) => change_prices::propose(&app, &actor, contract, &change).await.map(|()| Err("vorgeschlagen")),
            Err(errors) => Err(ActionError::Invalid(errors)),
        },
        _ => match read(&typed) {
            Ok(change) => change_prices::preview(&app, &actor, contract, &change).await.map(Ok),
            Err(errors) => Err(ActionError::Invalid(errors)),
        },
    };
    match done {
        Ok(Err(hint)) => Ok(to(hint)),
        Ok(Ok(preview)) => {
            let mut page = page(&app, &actor, frame, id, typed, Mistakes::default(), "").await?;
            page.preview = Some(view(&preview, &page.it.currency));
            Ok(Page(page).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            // Whoever has to write a reason sees again what for.
            let looked = match read(&typed) {
                Ok(change) => change_prices::preview(&app, &actor, contract, &change).await.ok(),
                Err(_) => None,
            };
            let mut page = page(&app, &actor, frame.with_mistakes(), id, typed, Mistakes(errors), "").await?;
            page.preview = looked.map(|preview| view(&preview, &page.it.currency));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The change, if every field can be read.
fn read(typed: &Typed) -> Result<PriceChange, Vec<FieldError>> {
    let mut errors = Vec::new();
    let valid_from = match read_day(&typed.valid_from) {
        Ok(Some(day)) => Some(day),
        Ok(None) => {
            errors.push(FieldError::new("valid_from", "Bitte geben Sie den ersten Tag der neuen Preise ein."));
            None
        }
        Err(message) => {
            errors.push(FieldError::new("valid_from", message));
            None
        }
    };
    let wish = if typed.how == "typed" {
        let fields = PriceFields {
            price_kind: typed.price_kind.clone(),
            price: typed.price.clone(),
            discount: typed.discount.clone(),
            tiers: typed.tiers.clone(),
            counted: typed.counted.clone(),
            index: typed.index.clone(),
            index_base: typed.index_base.clone(),
            fixed_share: typed.fixed_share.clone(),
            variable_share: typed.variable_share.clone(),
            threshold: typed.threshold.clone(),
        };
        match read_price(&fields) {
            Ok(Some(price)) => Some(Wish::Typed(vec![(typed.article_number.trim().to_owned(), price)])),
            Ok(None) => {
                errors.push(FieldError::new("price", "Bitte geben Sie den neuen Preis ein, zum Beispiel 12,50."));
                None
            }
            Err(wrong) => {
                errors.extend(wrong);
                None
            }
        }
    } else {
        let missing = || "Bitte geben Sie einen Prozentsatz ein, zum Beispiel 3,5 oder -2.".to_owned();
        let percent = read_number(&typed.percent, Percent::DECIMALS)
            .and_then(|number| number.ok_or_else(missing))
            .and_then(|number| Percent::new(number).map_err(|_| missing()));
        match percent {
            Ok(percent) => Some(Wish::Percentage { words: typed.words.clone(), percent }),
            Err(message) => {
                errors.push(FieldError::new("percent", message));
                None
            }
        }
    };
    match (valid_from, wish) {
        (Some(valid_from), Some(wish)) => Ok(PriceChange {
            valid_from,
            wish,
            document: typed.document.clone(),
            reason: typed.reason.trim().replace("\r\n", "\n"),
        }),
        _ => Err(errors),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<ContractPricesPage, Problem> {
    let contract = ContractId(id);
    let waiting = change_prices::waiting(app, actor, contract).await?;
    let mut tx = app.db.begin(actor).await?;
    let it = contracts::find(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    Ok(ContractPricesPage {
        frame: frame.titled(format!("Neue Preise {}", it.number)),
        waiting_view: waiting.as_ref().map(|(_, preview)| view(preview, &it.currency)),
        waiting: waiting.map(|(proposal, _)| {
            let words = format!(
                "Preise ab {}, vorgeschlagen am {} von {}. Beleg: {}.",
                day(proposal.valid_from),
                day_of(proposal.recorded_at),
                proposal.recorded_by_name,
                proposal.document
            );
            (proposal.id, words, proposal.recorded_by == actor.person, proposal.reason)
        }),
        it,
        typed,
        mistakes,
        preview: None,
        hint,
        indexes: index_choices(&mut tx).await?,
    })
}

fn view(preview: &Preview, currency: &str) -> PreviewView {
    let number = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let beyond = preview.beyond().count();
    PreviewView {
        count: count(number(preview.lines.len()), "Preis ändert sich", "Preise ändern sich"),
        beyond: if beyond == 0 {
            String::new()
        } else {
            let bound = percent(preview.bound.decimal());
            format!(
                "{} um mehr als {bound}. Bitte bestätigen Sie das mit einem Grund.",
                count(number(beyond), "Preis ändert sich", "Preise ändern sich")
            )
        },
        hits: preview
            .hits
            .iter()
            .map(|hit| {
                let lines = count(hit.lines, "Position", "Positionen");
                format!("{}: {} mit {lines}", hit.member, count(hit.requests, "offene Anfrage", "offene Anfragen"))
            })
            .collect(),
        more: SHOWN < preview.lines.len(),
        lines: preview
            .lines
            .iter()
            .take(SHOWN)
            .map(|line| LineView {
                article: line.before.article_number.clone(),
                title: line.before.title.clone(),
                before: written::price(&line.before.price, &line.before.unit, currency, 2),
                after: written::price(&line.after, &line.before.unit, currency, 2),
                change: match line.change {
                    Change::First => "neu".to_owned(),
                    Change::OtherKind => "andere Preisart".to_owned(),
                    Change::Percent(by) => {
                        let sign = if by.is_negative() { "" } else { "+" };
                        format!("{sign}{}", percent(by.decimal().round_dp(2)))
                    }
                },
                beyond: line.change.needs_reason(preview.bound),
            })
            .collect(),
    }
}
