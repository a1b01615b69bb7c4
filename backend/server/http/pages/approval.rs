//! `/freigaben/{id}`: the one binding step. What is unusual comes first, then the decision; where
//! something changed since submission, the difference stands in place of the button.

use abruf_domain::call_off::Status;
use abruf_domain::checks::RELEASE_ONLY;
use abruf_domain::checks::budget_available::{self, awaits_treasurer};
use abruf_domain::ids::CallOffId;
use abruf_domain::{Outcome, Review};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::approval_turn::Turns;
use crate::actions::approve_step::{self, StepApproval};
use crate::actions::preview_release::{ReleasePreview, preview};
use crate::actions::refuse_lines::Refusal;
use crate::actions::release_call_off::{self, Release};
use crate::actions::{ActionError, FieldError, end_request, return_call_off};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::approval_steps::{StepView, step_views};
use crate::http::pages::draft::Away;
use crate::http::pages::judged::{Judged, OpenFinding, open_finding};
use crate::http::pages::order_view::{OrderView, SavingsView};
use crate::http::pages::pair_view::{PairRow, pair_view};
use crate::http::pages::questions::{QuestionView, question_views};
use crate::http::pages::written::{day_of, instant, money, period, quantity, runs_out};
use crate::http::session::SignedIn;
use crate::storage::{assignments, organisations};

#[derive(askama::Template)]
#[template(path = "pages/approval.html")]
struct ApprovalPage {
    frame: Frame,
    id: CallOffId,
    preview: ReleasePreview,
    requester: String,
    member: String,
    supplier: String,
    order: OrderView,
    judged: Judged,
    savings: Option<SavingsView>,
    pair: Option<[PairRow; 2]>,
    /// Why this person cannot release it, from the rules that are judged at release only.
    not_by_me: Vec<OpenFinding>,
    owed: Vec<OpenFinding>,
    /// The steps of the approval order it goes through.
    steps: Vec<StepView>,
    /// Why it is not this person's turn.
    not_my_turn: Vec<String>,
    new_findings: Vec<OpenFinding>,
    decision: Decision,
    runs_out: String,
    idempotency_key: Uuid,
    mistakes: Mistakes,
    typed: Reason,
    back: String,
    /// Single lines were refused just now.
    lines_refused: bool,
}

/// What can be decided now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// It no longer waits.
    Over,
    /// Its reservation has run out.
    Expired,
    /// One's own.
    Own,
    /// The approval order gives it to somebody else.
    NotMyTurn,
    /// A step before the release.
    Step,
    /// Above this person's limit.
    NotByMe,
    /// Something changed since submission.
    Changed,
    /// Somebody owes a text.
    Owed,
    /// Release it or not.
    Open,
}

impl ApprovalPage {
    fn contract(&self) -> String {
        format!("{} {}", self.preview.facts.contract.number, as_typed(&self.preview.facts.contract.title))
    }

    fn is(&self, decision: &str) -> bool {
        decision
            == match self.decision {
                Decision::Over => "over",
                Decision::Expired => "expired",
                Decision::Own => "own",
                Decision::NotMyTurn => "not_my_turn",
                Decision::Step => "step",
                Decision::NotByMe => "not_by_me",
                Decision::Changed => "changed",
                Decision::Owed => "owed",
                Decision::Open => "open",
            }
    }

    /// Refusing and asking back work while it waits, but not for one's own.
    fn may_say_no(&self) -> bool {
        !matches!(self.decision, Decision::Over | Decision::Expired | Decision::Own)
    }

    fn status(&self) -> &'static str {
        self.preview.call_off.status.german()
    }

    fn performance(&self) -> Option<String> {
        self.preview.call_off.details.performance.map(period)
    }

    fn submitted(&self) -> String {
        self.preview.call_off.submitted_at.map(instant).unwrap_or_default()
    }

    /// Findings beside the passed ones and those told elsewhere on the page.
    fn has_unusual(&self) -> bool {
        !self.judged.open.is_empty()
    }

    /// Amounts then and now: what, when submitted, now, whether they differ.
    fn amounts(&self) -> Vec<(&'static str, String, String, bool)> {
        let Some(seen) = &self.preview.seen else { return Vec::new() };
        let now = &self.preview.review;
        let currency = &self.preview.facts.contract.currency;
        let both = |read: &dyn Fn(&Review) -> String| (read(seen), read(now));
        [
            ("Summe netto", both(&|review| money(review.priced.net.decimal(), currency))),
            ("Umsatzsteuer", both(&|review| money(review.priced.vat_total.decimal(), currency))),
            ("Summe brutto", both(&|review| money(review.priced.gross.decimal(), currency))),
        ]
        .into_iter()
        .map(|(what, (then, now))| (what, then.clone(), now.clone(), then != now))
        .collect()
    }

    /// Lines that can be refused alone: position, what it is, whether chosen, reason as typed.
    fn refusable(&self) -> Vec<(i32, String, bool, String)> {
        let lines = &self.preview.review.priced.lines;
        if lines.len() < 2 {
            return Vec::new();
        }
        lines
            .iter()
            .map(|line| {
                let typed = self.typed.lines.iter().find(|it| it.position == line.position);
                let what = format!("{} × {}", quantity(line.quantity), line.article_number);
                (line.position, what, typed.is_some(), typed.map(|it| it.reason.clone()).unwrap_or_default())
            })
            .collect()
    }

    /// Whoever decides now may refuse single lines.
    fn may_refuse_lines(&self) -> bool {
        matches!(self.decision, Decision::Open | Decision::Step | Decision::Owed) && !self.refusable().is_empty()
    }

    fn questions(&self) -> Vec<QuestionView> {
        question_views(&self.preview.steps)
    }

    fn seen_at(&self) -> String {
        self.preview.seen.as_ref().map(|seen| day_of(seen.evaluated_at)).unwrap_or_default()
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// The forms of refusing and asking back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Reason {
    pub(super) reason: String,
    pub(super) question: String,
    /// Lines to be refused, as typed.
    #[serde(skip)]
    pub(super) lines: Vec<Refusal>,
}

/// The form of the release.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Understood {
    understood: String,
}

/// `GET /freigaben/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Away> {
    let mut mistakes = Mistakes::default();
    match asked.hinweis.as_str() {
        "begruendung" => mistakes.add("inhalt", "Bitte begründen Sie in eigenen Worten (höchstens 4.000 Zeichen)."),
        "nicht-erteilt" => {
            mistakes.add("entscheidung", "Der Abruf wurde nicht erteilt. Warum, steht bei der Entscheidung.");
        }
        _ => {}
    }
    let mut page = page(&app, &actor, frame, CallOffId(id), mistakes, Reason::default()).await?;
    page.lines_refused = asked.hinweis == "positionen";
    Ok(Page(page).into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    mistakes: Mistakes,
    typed: Reason,
) -> Result<ApprovalPage, Away> {
    let preview = preview(app, actor, id).await?;
    let now = app.clock.now();
    let call_off = &preview.call_off;
    let currency = preview.facts.contract.currency.as_str();
    let words = |finding| open_finding(finding, currency, &preview.justifications, actor.role, true);
    let mut judged = Judged::of(&preview.review, currency, &preview.justifications, actor.role, true);
    let at_release_only = |rule: &str| RELEASE_ONLY.iter().any(|check| check.id == rule);
    // The treasurer's word is told at the decision, where it is missing.
    let awaited = preview.review.with_outcome(Outcome::Block).any(awaits_treasurer);
    let told_below = |rule: &str| at_release_only(rule) || (awaited && rule == budget_available::CHECK.id);
    judged.open.retain(|finding| !(finding.it.blocks() && told_below(&finding.it.rule)));
    let not_by_me: Vec<OpenFinding> =
        preview.review.with_outcome(Outcome::Block).filter(|finding| told_below(&finding.rule)).map(words).collect();
    let turns = preview.turns.as_ref();
    let decision = match () {
        () if call_off.status != Status::Submitted => Decision::Over,
        () if call_off.expires_at.is_some_and(|end| end <= now) => Decision::Expired,
        () if call_off.requester == actor.person => Decision::Own,
        () if turns.is_some_and(|it| it.turn.is_err()) => Decision::NotMyTurn,
        () if turns.is_some_and(Turns::is_step) && preview.difference.is_none() => Decision::Step,
        () if !not_by_me.is_empty() => Decision::NotByMe,
        () if preview.difference.is_some() => Decision::Changed,
        () if !preview.owed.is_empty() => Decision::Owed,
        () => Decision::Open,
    };
    let mut tx = app.db.begin(actor).await?;
    let title = format!("Freigabe {}", call_off.case_number);
    Ok(ApprovalPage {
        id,
        requester: assignments::person_name(&mut tx, call_off.requester).await?.unwrap_or_default(),
        member: organisations::name(&mut tx, call_off.member).await?.unwrap_or_default(),
        supplier: organisations::name(&mut tx, call_off.supplier).await?.unwrap_or_default(),
        order: OrderView::of(&preview.facts, &preview.review.priced),
        pair: pair_view(&mut tx, call_off, &preview.facts, &preview.review.priced).await?,
        savings: preview.review.savings.as_ref().map(|savings| SavingsView::of(savings, &preview.facts)),
        owed: preview.owed.iter().map(words).collect(),
        steps: turns.map(step_views).unwrap_or_default(),
        not_my_turn: turns
            .map(|it| it.told_with(as_typed))
            .unwrap_or_default()
            .into_iter()
            .map(|it| it.message)
            .collect(),
        new_findings: preview.difference.iter().flat_map(|it| it.new_findings.iter()).map(words).collect(),
        runs_out: call_off.expires_at.map(|until| runs_out(until, now)).unwrap_or_default(),
        not_by_me,
        judged,
        decision,
        idempotency_key: app.chance.id(now),
        frame: if mistakes.is_empty() { frame.titled(title) } else { frame.titled(title).with_mistakes() },
        mistakes,
        typed,
        back: format!("/freigaben/{id}"),
        lines_refused: false,
        preview,
    })
}

/// `POST /freigaben/{id}/schritt`
pub async fn approve_step(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedForm(key, _form): KeyedForm<Understood>,
) -> Result<Response, Away> {
    match approve_step::approve(&app, &actor, CallOffId(id), key.as_ref()).await {
        Ok(StepApproval::Approved { .. }) => Ok(Redirect::to("/freigaben?hinweis=zugestimmt").into_response()),
        Ok(_) => Ok(Redirect::to(&format!("/freigaben/{id}?hinweis=nicht-erteilt")).into_response()),
        // Somebody else was faster: the page says what it is now.
        Err(ActionError::WrongState(_)) => Ok(Redirect::to(&format!("/freigaben/{id}")).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// `POST /freigaben/{id}/erteilen`
pub async fn release(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, form): KeyedForm<Understood>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    if form.understood != "ja" {
        let mistakes = Mistakes(vec![FieldError::new(
            "understood",
            "Bitte bestätigen Sie, dass der Abruf mit der Freigabe verbindlich ist.",
        )]);
        return again(&app, &actor, frame, id, mistakes, Reason::default()).await;
    }
    match release_call_off::release(&app, &actor, id, key.as_ref()).await {
        Ok(Release::Released { .. }) => Ok(Redirect::to(&format!("/abrufe/{id}/bestaetigung")).into_response()),
        Ok(_) => Ok(Redirect::to(&format!("/freigaben/{id}?hinweis=nicht-erteilt")).into_response()),
        // Somebody else was faster: the page says what it is now.
        Err(ActionError::WrongState(_)) => Ok(Redirect::to(&format!("/freigaben/{id}")).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// `POST /freigaben/{id}/ablehnen`
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Reason>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let done = end_request::refuse(&app, &actor, id, &typed.reason).await;
    decided(&app, &actor, frame, id, done, typed, "abgelehnt").await
}

/// `POST /freigaben/{id}/zurueckgeben`
pub async fn send_back(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Reason>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    // Without a question only what changed since submission goes back: that needs no words.
    if typed.question.trim().is_empty() {
        let seen = preview(&app, &actor, id).await?;
        if seen.call_off.status == Status::Submitted && seen.difference.is_none() {
            let message = "Bitte schreiben Sie Ihre Frage. Die anfordernde Person liest sie.";
            let mistakes = Mistakes(vec![FieldError::new("question", message)]);
            return again(&app, &actor, frame, id, mistakes, typed).await;
        }
    }
    let done = match return_call_off::return_to_requester(&app, &actor, id, &typed.question).await {
        // The field of this form has another name than the one for refusing, on the same page.
        Err(ActionError::Invalid(errors)) => Err(ActionError::Invalid(
            errors.into_iter().map(|error| FieldError::new("question", error.message)).collect(),
        )),
        other => other,
    };
    decided(&app, &actor, frame, id, done, typed, "zurueckgegeben").await
}

async fn decided(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    done: Result<(), ActionError>,
    typed: Reason,
    what: &str,
) -> Result<Response, Away> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/freigaben?hinweis={what}")).into_response()),
        Err(ActionError::Invalid(errors)) => again(app, actor, frame, id, Mistakes(errors), typed).await,
        Err(ActionError::WrongState(_)) => Ok(Redirect::to(&format!("/freigaben/{id}")).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// The page with what was wrong and what was typed.
pub(super) async fn again(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    mistakes: Mistakes,
    typed: Reason,
) -> Result<Response, Away> {
    let page = page(app, actor, frame, id, mistakes, typed).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}
