//! `/miniwettbewerbe/neu`: the office begins a mini-competition for a member. And from a draft: the button of its
//! review page.

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use abruf_domain::period::Period;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::create_competition::{self, ForMember};
use crate::actions::draft_call_off::LineInput;
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::competition_form::Typed;
use crate::http::pages::draft::Away;
use crate::http::pages::written::read_day;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{contracts, member_list};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/competition_new.html")]
pub struct CompetitionNewPage {
    frame: Frame,
    contracts: Vec<(String, String)>,
    members: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
    idempotency_key: Uuid,
}

/// `GET /miniwettbewerbe/neu`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<CompetitionNewPage>, Problem> {
    Ok(Page(page(&app, &actor, frame, Typed::default(), Mistakes::default()).await?))
}

/// `POST /miniwettbewerbe/neu`
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed(fields);
    let mut mistakes = Mistakes::default();
    let wish = read(&typed, &mut mistakes);
    if mistakes.is_empty() {
        match create_competition::for_member(&app, &actor, &wish, key.as_ref()).await {
            Ok(id) => return Ok(Redirect::to(&format!("/miniwettbewerbe/{id}")).into_response()),
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(ActionError::Refused(reason)) => mistakes.add("contract_id", reason),
            Err(ActionError::NotFound) => mistakes.add(
                "contract_id",
                "Diesen Vertrag oder dieses Mitglied gibt es nicht. Bitte wählen Sie aus den Listen.",
            ),
            Err(error) => return Err(error.into()),
        }
    }
    let page = page(&app, &actor, frame.with_mistakes(), typed, mistakes).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// `POST /abrufe/{id}/miniwettbewerb`: from a draft of one's own.
pub async fn from_draft(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Form(_): Form<Vec<(String, String)>>,
) -> Result<Redirect, Away> {
    let made = create_competition::from_draft(&app, &actor, CallOffId(id), None).await?;
    Ok(Redirect::to(&format!("/miniwettbewerbe/{made}")))
}

fn read(typed: &Typed, mistakes: &mut Mistakes) -> ForMember {
    let mut chosen = |field: &str, missing: &str| {
        let id = typed.get(field).parse::<Uuid>();
        if id.is_err() {
            mistakes.add(field, missing);
        }
        id.unwrap_or_default()
    };
    let contract = ContractId(chosen("contract_id", "Bitte wählen Sie den Vertrag."));
    let member = OrganisationId(chosen("member_id", "Bitte wählen Sie das Mitglied."));
    let mut lines = Vec::new();
    for (at, line) in typed.get("lines").lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match line.split_once(';') {
            Some((article, quantity)) => lines.push(LineInput::new(article.trim(), quantity.trim())),
            None => mistakes.add(
                "lines",
                format!(
                    "Zeile {}: Bitte schreiben Sie Artikelnummer, Semikolon und Menge, zum Beispiel CON-PT; 16.",
                    at + 1
                ),
            ),
        }
    }
    let mut day =
        |field: &str| read_day(typed.get(field)).map_err(|message| mistakes.add(field, message)).ok().flatten();
    let (from, to) = (day("performance"), day("performance_to"));
    let performance = match (from, to) {
        (Some(from), Some(to)) => match Period::new(from, to) {
            Ok(period) => Some(period),
            Err(_) => {
                mistakes.add("performance_to", "Das Ende liegt vor dem Beginn. Bitte prüfen Sie beide Daten.");
                None
            }
        },
        (None, None) => None,
        _ => {
            mistakes.add(
                "performance_to",
                "Zum Leistungszeitraum gehören erster und letzter Tag. Bitte ergänzen Sie beide.",
            );
            None
        }
    };
    ForMember { contract, member, lines, performance }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<CompetitionNewPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let contracts = contracts::list(&mut tx, None).await?;
    let members = member_list::options(&mut tx, actor).await?;
    Ok(CompetitionNewPage {
        frame: frame.titled("Neuer Miniwettbewerb"),
        contracts: contracts
            .into_iter()
            .filter(|it| it.mechanism == "mini_competition_above")
            .map(|it| (it.id.to_string(), format!("{} {}", it.number, as_typed(&it.title))))
            .collect(),
        members: members.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        typed,
        mistakes,
        idempotency_key: app.chance.id(app.clock.now()),
    })
}
