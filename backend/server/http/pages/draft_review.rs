//! `/abrufe/{id}/pruefung`: is this call-off lawful? Step 3 of a new call-off, and the way to justify.

use abruf_domain::checks::mini_competition_required;
use abruf_domain::ids::CallOffId;
use abruf_domain::mini_competition::State as Standing;
use abruf_domain::{Finding, Outcome};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::justify_finding;
use crate::actions::{ActionError, FieldError};
use crate::app::App;
use crate::http::access::local_address;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::finding_view::gap_errors;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::judged::Judged;
use crate::http::pages::pair_view::{PairRow, pair_view};
use crate::http::session::SignedIn;
use crate::storage::{history, mini_competitions};

#[derive(askama::Template)]
#[template(path = "pages/draft_review.html")]
struct ReviewPage {
    frame: Frame,
    id: CallOffId,
    contract: String,
    judged: Judged,
    pair: Option<[PairRow; 2]>,
    gaps: Vec<FieldError>,
    declined: bool,
    mistake: Option<String>,
    back: String,
    /// The mini-competition of this draft: its address and whether it is won.
    competition: Option<(String, bool)>,
    /// The draft needs one and has none.
    needs_competition: bool,
}

impl ReviewPage {
    fn may_go_on(&self) -> bool {
        self.gaps.is_empty() && self.judged.may_be_submitted()
    }

    fn headline(&self) -> String {
        if self.gaps.is_empty() { self.judged.headline() } else { "Es fehlen noch Angaben.".to_owned() }
    }

    /// Style of the box with the headline.
    fn tone(&self) -> &'static str {
        match (self.may_go_on(), self.judged.blocks) {
            (true, _) => "finding--passed",
            (false, 0) => "finding--justify",
            (false, _) => "finding--block",
        }
    }
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /abrufe/{id}/pruefung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let preview = draft::own(&app, &actor, id).await?;
    let mut tx = app.db.begin(&actor).await?;
    let written = history::justifications(&mut tx, preview.call_off.contract, id).await?;
    let competition = mini_competitions::of_call_off(&mut tx, id).await?;
    let review = &preview.review;
    let needs =
        |finding: &Finding| finding.rule == mini_competition_required::CHECK.id && finding.outcome == Outcome::Block;
    let wordless = asked.hinweis == "begruendung";
    let frame = if wordless { frame.with_mistakes() } else { frame };
    let page = ReviewPage {
        frame: frame.titled("Prüfung"),
        contract: contract_line(&preview),
        judged: Judged::of(review, &preview.facts.contract.currency, &written, actor.role, true),
        pair: pair_view(&mut tx, &preview.call_off, &preview.facts, &review.priced).await?,
        gaps: gap_errors(&review.gaps),
        declined: asked.hinweis == "abgelehnt",
        mistake: wordless.then(|| "Bitte begründen Sie in eigenen Worten (höchstens 4.000 Zeichen).".to_owned()),
        back: format!("/abrufe/{id}/pruefung"),
        needs_competition: competition.is_none() && review.findings.iter().any(needs),
        competition: competition.map(|(id, state)| (format!("/miniwettbewerbe/{id}"), state == Standing::Awarded)),
        id,
    };
    Ok(Page(page).into_response())
}

/// The form of a justification.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Words {
    rule: String,
    wording: String,
    back: String,
}

/// `POST /abrufe/{id}/begruendung`, from every page that shows findings.
pub async fn justify(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Form(words): Form<Words>,
) -> Result<Redirect, Away> {
    let back = local_address(&words.back).map_or_else(|| format!("/abrufe/{id}"), str::to_owned);
    match justify_finding::justify(&app, &actor, CallOffId(id), &words.rule, &words.wording).await {
        Ok(()) => Ok(Redirect::to(&format!("{back}#regel-{}", words.rule))),
        Err(ActionError::Invalid(_)) => Ok(Redirect::to(&format!("{back}?hinweis=begruendung#fehler"))),
        Err(error) => Err(error.into()),
    }
}
