//! `/abrufe/{id}/rangfolge`: who is asked, who has declined, until when an answer is due, who is next. For
//! drafts of contracts whose suppliers are asked one after the other.

use abruf_domain::answer_period::RankRequest;
use abruf_domain::cascade::{self, Answer};
use abruf_domain::facts::{Decline, Mechanism};
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::notation::Language::German;
use abruf_domain::period::{berlin_date, noon_of};
use abruf_domain::proposal::{first_lot, propose};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::draft_call_off::{self, Preview};
use crate::actions::{ActionError, FieldError, ask_rank, record_decline};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::written::{day, day_of, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::rank_requests;

#[derive(askama::Template)]
#[template(path = "pages/ranks.html")]
struct RanksPage {
    frame: Frame,
    id: CallOffId,
    contract: String,
    /// The contract has ranks at all.
    cascade: bool,
    /// What silence means here.
    period: String,
    rows: Vec<RankRow>,
    /// Whom the draft names now.
    named: String,
    /// The mechanism proposes somebody else than the draft names.
    proposed: Option<String>,
    /// Nobody is left.
    exhausted: bool,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
}

/// A supplier of the cascade in words.
struct RankRow {
    rank: u32,
    supplier: OrganisationId,
    name: String,
    /// Style and word of where it stands.
    state: (&'static str, &'static str),
    /// Asked when, declined when, due when, with the arithmetic.
    words: Vec<String>,
    /// It can be asked now.
    may_ask: bool,
    /// Its decline can be recorded.
    may_decline: bool,
}

impl RanksPage {
    fn is_typed_for(&self, form: &str, row: &RankRow) -> bool {
        self.typed.form == form && self.typed.supplier == row.supplier.0 && !self.mistakes.is_empty()
    }
}

/// Every field of the page; each form sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// ask, decline or take.
    form: String,
    supplier: Uuid,
    asked_on: String,
    received_at: String,
    reason: String,
    document: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /abrufe/{id}/rangfolge`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Away> {
    let hint = match asked.hinweis.as_str() {
        "gefragt" => "Die Anfrage ist vermerkt.",
        "abgesagt" => "Die Absage ist vermerkt.",
        "lieferant" => "Der Lieferant des Entwurfs ist geändert.",
        _ => "",
    };
    let preview = draft::own(&app, &actor, CallOffId(id)).await?;
    Ok(Page(page(&app, &actor, frame, preview, Typed::default(), Mistakes::default(), hint).await?).into_response())
}

/// `POST /abrufe/{id}/rangfolge`
pub async fn note(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    draft::own(&app, &actor, id).await?;
    let (status, mistakes) = match act(&app, &actor, id, &typed).await {
        Ok(hint) => return Ok(Redirect::to(&format!("/abrufe/{id}/rangfolge?hinweis={hint}")).into_response()),
        Err(error) => draft::mistakes(error, id)?,
    };
    let preview = draft::own(&app, &actor, id).await?;
    let page = page(&app, &actor, frame.with_mistakes(), preview, typed, mistakes, "").await?;
    Ok((status, Page(page)).into_response())
}

async fn act(app: &App, actor: &Actor, id: CallOffId, typed: &Typed) -> Result<&'static str, ActionError> {
    let supplier = OrganisationId(typed.supplier);
    match typed.form.as_str() {
        "take" => {
            draft_call_off::take_proposal(app, actor, id).await?;
            Ok("lieferant")
        }
        "decline" => {
            let received_on = needed("received_at", &typed.received_at, "Bitte geben Sie ein, wann die Absage kam.")?;
            let now = app.clock.now();
            // A day without its hour: today, that is until now.
            let received_at = if received_on == app.clock.today() { now } else { noon_of(received_on) };
            let decline =
                Decline { supplier, received_at, reason: typed.reason.clone(), document: typed.document.clone() };
            record_decline::record(app, actor, id, &decline).await?;
            Ok("abgesagt")
        }
        _ => {
            let asked_on = needed("asked_on", &typed.asked_on, "Bitte geben Sie ein, wann Sie gefragt haben.")?;
            ask_rank::ask(app, actor, id, &RankRequest { supplier, asked_on }, &typed.document).await?;
            Ok("gefragt")
        }
    }
}

fn needed(field: &str, text: &str, missing: &str) -> Result<NaiveDate, ActionError> {
    let wrong = |message: String| ActionError::Invalid(vec![FieldError::new(field, message)]);
    read_day(text).map_err(wrong)?.ok_or_else(|| wrong(missing.to_owned()))
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    preview: Preview,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<RanksPage, Problem> {
    let facts = &preview.facts;
    let mut tx = app.db.begin(actor).await?;
    let period = rank_requests::answer_period(&mut tx, &preview.call_off).await?;
    let requests = rank_requests::of(&mut tx, &preview.call_off).await?;
    drop(tx);
    let today = berlin_date(facts.evaluated_at);
    let cascade = matches!(facts.contract.mechanism, Mechanism::Cascade | Mechanism::MiniCompetitionAbove { .. });
    let ranks = if cascade { cascade::ranks(facts, first_lot(facts), today) } else { Vec::new() };
    let next = ranks.iter().find(|(_, answer)| !answer.has_passed()).map(|(party, _)| party.supplier);
    let named = preview.call_off.supplier;
    let rows = (1..)
        .zip(&ranks)
        .map(|(rank, (party, answer))| {
            let decline = facts.request.declines.iter().find(|decline| decline.supplier == party.supplier);
            let request = requests.iter().find(|request| request.supplier == party.supplier.0);
            let mut words = Vec::new();
            if let Some(request) = request {
                words.push(format!("Gefragt am {}: {}", day(request.on), as_typed(&request.document)));
            }
            if let Some(decline) = decline {
                let on = day_of(decline.received_at);
                words.push(format!(
                    "Abgesagt am {on}: {} ({})",
                    as_typed(&decline.reason),
                    as_typed(&decline.document)
                ));
            }
            if let Answer::Asked { deadline: Some(deadline), .. } | Answer::Silent(deadline) = answer {
                words.push(format!("Antwortfrist. {}.", deadline.written(&as_typed(&party.name), German)));
            }
            RankRow {
                rank,
                supplier: party.supplier,
                name: party.name.clone(),
                state: state(answer, next == Some(party.supplier)),
                words,
                may_ask: *answer == Answer::NotAsked && next == Some(party.supplier),
                may_decline: decline.is_none() && (next == Some(party.supplier) || request.is_some()),
            }
        })
        .collect();
    Ok(RanksPage {
        id: preview.call_off.id,
        contract: contract_line(&preview),
        cascade,
        period: match period {
            Some(1) => {
                "Der Lieferant hat 1 Arbeitstag für seine Antwort. Danach zählt Schweigen als Absage.".to_owned()
            }
            Some(days) => {
                format!("Jeder Lieferant hat {days} Arbeitstage für seine Antwort. Danach zählt Schweigen als Absage.")
            }
            None => "Dieser Vertrag setzt keine Antwortfrist. Es zählt nur eine schriftliche Absage.".to_owned(),
        },
        exhausted: cascade && next.is_none() && !ranks.is_empty(),
        named: facts.request.supplier_name.clone(),
        proposed: propose(facts)
            .filter(|proposal| cascade && proposal.party.supplier != named)
            .map(|proposal| proposal.party.name.clone()),
        rows,
        typed,
        mistakes,
        hint,
        frame: frame.titled("Rangfolge"),
    })
}

const fn state(answer: &Answer, next: bool) -> (&'static str, &'static str) {
    match answer {
        Answer::Declined { .. } => ("status status--bad", "hat abgesagt"),
        Answer::Silent(_) => ("status status--bad", "keine Antwort in der Frist"),
        Answer::Asked { .. } => ("status status--wait", "ist gefragt"),
        Answer::NotAsked if next => ("status status--info", "ist an der Reihe"),
        Answer::NotAsked => ("status", "kommt danach"),
    }
}
