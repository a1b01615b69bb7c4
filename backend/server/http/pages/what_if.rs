//! `/rahmenvertraege/{id}/probe`: would this call-off be lawful, on that day, and how much could still
//! be ordered? Nothing is written.

use abruf_domain::headroom::Headroom;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::period::noon_of;
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::check_call_off::{Answer, Question, check};
use crate::actions::draft_call_off::LineInput;
use crate::actions::{ActionError, FieldError};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::finding_view::{FindingView, gap_errors};
use crate::http::layout::{Frame, Page};
use crate::http::pages::judged::Judged;
use crate::http::pages::period_fields::{PeriodFields, read_period};
use crate::http::pages::written::{day, in_units, money, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs::Details;
use crate::storage::contracts::{self, Contract};
use crate::storage::{member_list, organisations};

/// Articles offered for completion.
const ARTICLES: i64 = 300;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/what_if.html")]
pub struct WhatIfPage {
    frame: Frame,
    contract: Contract,
    asked: Asked,
    members: Vec<(OrganisationId, String)>,
    articles: Vec<(String, String)>,
    errors: Vec<FieldError>,
    verdict: Option<Verdict>,
}

impl WhatIfPage {
    fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }
}

/// What the address may carry.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    mitglied: String,
    artikel: String,
    menge: String,
    bedarf: String,
    von: String,
    bis: String,
    am: String,
}

struct Verdict {
    day: String,
    other_day: bool,
    headline: String,
    tone: &'static str,
    gaps: Vec<String>,
    net: String,
    gross: String,
    most: String,
    limits: Vec<FindingView>,
    judged: Judged,
}

/// `GET /rahmenvertraege/{id}/probe`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<WhatIfPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let contract = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let today = app.clock.today();
    let schedule = contracts::schedule(&mut tx, contract.id, today, "", ARTICLES, 0).await?;
    let members = match actor.role {
        Role::Office => member_list::options(&mut tx, &actor).await?,
        _ => Vec::new(),
    };
    tx.rollback().await?;

    let (verdict, errors) = if asked.artikel.trim().is_empty() && asked.menge.trim().is_empty() {
        (None, Vec::new())
    } else {
        match judge(&app, &actor, contract.id, &asked).await? {
            Ok(verdict) => (Some(verdict), Vec::new()),
            Err(errors) => (None, errors),
        }
    };
    Ok(Page(WhatIfPage {
        frame: frame.titled("Probeprüfung"),
        articles: schedule.into_iter().map(|item| (item.article_number, item.title)).collect(),
        contract,
        asked,
        members,
        errors,
        verdict,
    }))
}

/// The verdict, or what is wrong at which field.
async fn judge(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    asked: &Asked,
) -> Result<Result<Verdict, Vec<FieldError>>, Problem> {
    let mut question = match question(contract, asked) {
        Ok(question) => question,
        Err(errors) => return Ok(Err(errors)),
    };
    question.details.leitweg_id = leitweg_id(app, actor, question.member).await?;
    match check(app, actor, &question).await {
        Ok(answer) => Ok(Ok(Verdict::of(&answer, actor.role, question.at.is_some()))),
        Err(ActionError::Invalid(errors)) => Ok(Err(errors.into_iter().map(at_our_field).collect())),
        Err(error) => Err(error.into()),
    }
}

/// Filled in as a draft has it.
async fn leitweg_id(app: &App, actor: &Actor, member: Option<OrganisationId>) -> Result<String, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let member = organisations::find(&mut tx, member.unwrap_or(actor.organisation)).await?;
    tx.rollback().await?;
    Ok(member.and_then(|member| member.leitweg_id).unwrap_or_default())
}

fn question(contract: ContractId, asked: &Asked) -> Result<Question, Vec<FieldError>> {
    let performance = read_period(&PeriodFields::typed(&asked.von, &asked.bis))
        .map_err(|errors| errors.into_iter().map(at_our_field).collect::<Vec<_>>())?;
    let on = read_day(&asked.am).map_err(|message| vec![FieldError::new("am", message)])?;
    Ok(Question {
        contract: contract.0,
        member: asked.mitglied.parse().ok().map(OrganisationId),
        lines: vec![LineInput::new(asked.artikel.clone(), asked.menge.clone())],
        details: Details { need: asked.bedarf.clone(), performance, ..Details::default() },
        at: on.map(noon_of),
        headroom: true,
        ..Question::default()
    })
}

/// Fields of the action under the names of this form.
fn at_our_field(error: FieldError) -> FieldError {
    let field = match error.field.as_str() {
        "lines[0].article_number" => "artikel",
        "lines[0].quantity" => "menge",
        "performance_from" => "von",
        "performance_to" => "bis",
        "need" => "bedarf",
        _ => "artikel",
    };
    FieldError::new(field, error.message)
}

impl Verdict {
    fn of(answer: &Answer, role: Role, other_day: bool) -> Self {
        let review = &answer.review;
        let currency = &answer.facts.contract.currency;
        let judged = Judged::of(review, currency, &[], role, false);
        let owed = judged.owed_by_requester + judged.owed_by_others;
        let (headline, tone) = match (review.gaps.is_empty(), judged.blocks, owed) {
            (false, ..) => ("Für ein Ergebnis fehlen noch Angaben.", "finding--justify"),
            (true, 0, 0) => ("Ja, dieser Abruf wäre zulässig.", "finding--passed"),
            (true, 0, _) => ("Ja, aber nur mit Begründung.", "finding--justify"),
            (true, ..) => ("Nein, so wäre der Abruf nicht zulässig.", "finding--block"),
        };
        let headroom = answer.headroom.first();
        Self {
            day: day(review.day),
            other_day,
            headline: headline.to_owned(),
            tone,
            gaps: gap_errors(&review.gaps).into_iter().map(|gap| gap.message).collect(),
            net: money(review.priced.net.decimal(), currency),
            gross: money(review.priced.gross.decimal(), currency),
            most: headroom.map(|headroom| most(headroom, answer)).unwrap_or_default(),
            limits: headroom
                .map(|it| it.limited_by.iter().map(|finding| FindingView::on_page(finding, currency)).collect())
                .unwrap_or_default(),
            judged,
        }
    }
}

fn most(headroom: &Headroom, answer: &Answer) -> String {
    let unit = answer.facts.contract.item(&headroom.article_number).map_or("", |item| item.unit.as_str());
    match headroom.quantity {
        None => "keine".to_owned(),
        Some(_) if headroom.limited_by.is_empty() => "nicht begrenzt".to_owned(),
        Some(quantity) if headroom.to_justify.is_empty() => in_units(quantity, unit),
        Some(quantity) => format!("{}, dann mit Begründung", in_units(quantity, unit)),
    }
}
