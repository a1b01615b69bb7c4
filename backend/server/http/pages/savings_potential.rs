//! `/sparpotenzial` for a member, `/sparpotenzial/{token}` for an invited town without an account: upload past
//! purchases, look at how they were read, see what would have been saved, and what may be called off from when.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::actions::analyse_purchases::{self, Confirmed, Holder};
use crate::actions::{ActionError, FieldError, invite_newcomer};
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::savings_potential_view::{ProspectView, ResultView, WaitingView, typed_layout};
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::day_of;
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::server::Server;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;
use crate::reports::call_off_prospects::{Prospect, prospects};
use crate::reports::savings_potential::savings_potential;
use crate::storage::newcomer_invitations::{Invitation, MOST_ANALYSES};
use crate::storage::organisations;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/savings_potential.html")]
struct SavingsPotentialPage {
    frame: Frame,
    /// Address of the page.
    base: String,
    body: String,
    /// Of an invited town.
    invited: Option<InvitedView>,
    hint: &'static str,
    waiting: Option<WaitingView>,
    result: Option<ResultView>,
    prospects: Vec<ProspectView>,
    mistakes: Mistakes,
}

/// What the page says of an invitation.
struct InvitedView {
    town: String,
    until: String,
    left: i32,
    /// Answers to whether one uploads for this town.
    answers: Vec<(String, String)>,
    /// The answer that was given.
    answered: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
    /// Which list `seite` is about: passend or offen.
    liste: String,
    seite: String,
}

/// `GET /sparpotenzial`
pub async fn of_member(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let place = Place { app: &app, holder: Holder::Member(&actor), base: "/sparpotenzial".to_owned() };
    place.page(frame, &asked, TypedFields::default(), Mistakes::default()).await
}

/// `POST /sparpotenzial`
pub async fn upload_of_member(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    upload: Upload,
) -> Result<Response, Problem> {
    let place = Place { app: &app, holder: Holder::Member(&actor), base: "/sparpotenzial".to_owned() };
    place.upload(frame, upload).await
}

/// `POST /sparpotenzial/auswertung`
pub async fn step_of_member(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let place = Place { app: &app, holder: Holder::Member(&actor), base: "/sparpotenzial".to_owned() };
    place.step(frame, TypedFields(fields)).await
}

/// `GET /sparpotenzial/{token}`
pub async fn of_town(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    server.security.paper_limit.check(client)?;
    let invitation = opened(&server.app, &token).await?;
    Place::of_town(&server.app, &invitation, &token)
        .page(frame, &asked, TypedFields::default(), Mistakes::default())
        .await
}

/// `POST /sparpotenzial/{token}`
pub async fn upload_of_town(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(token): Path<String>,
    upload: Result<Upload, Problem>,
) -> Result<Response, Problem> {
    server.security.paper_limit.check(client)?;
    // Whoever has no link learns nothing, whatever they send.
    let invitation = opened(&server.app, &token).await?;
    Place::of_town(&server.app, &invitation, &token).upload(frame, upload?).await
}

/// `POST /sparpotenzial/{token}/auswertung`
pub async fn step_of_town(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(token): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    server.security.paper_limit.check(client)?;
    let invitation = opened(&server.app, &token).await?;
    Place::of_town(&server.app, &invitation, &token).step(frame, TypedFields(fields)).await
}

/// Absent, expired and taken back look alike.
async fn opened(app: &App, token: &str) -> Result<Invitation, Problem> {
    invite_newcomer::open(app, token).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "link-unknown",
            "Diesen Link gibt es nicht",
            "Bitte öffnen Sie den Link aus der Einladung ganz, oder bitten Sie die Geschäftsstelle um einen neuen.",
        )
    })
}

/// Whose page it is.
struct Place<'a> {
    app: &'a App,
    holder: Holder<'a>,
    base: String,
}

impl<'a> Place<'a> {
    fn of_town(app: &'a App, invitation: &'a Invitation, token: &str) -> Self {
        Self { app, holder: Holder::Invited(invitation), base: format!("/sparpotenzial/{token}") }
    }

    async fn upload(&self, frame: Frame, upload: Upload) -> Result<Response, Problem> {
        let typed = TypedFields(upload.texts().to_vec());
        let done = match upload.file("datei") {
            Some(file) => {
                let bytes = file.bytes.clone();
                analyse_purchases::upload(self.app, self.holder, &file.name, bytes, typed.at("fuer") == "diese").await
            }
            None => {
                let message = "Bitte wählen Sie die Datei mit Ihren Einkäufen (CSV oder XLSX, höchstens 8 MB).";
                Err(ActionError::Invalid(vec![FieldError::new("datei", message)]))
            }
        };
        match done {
            Ok(()) => Ok(Redirect::to(&self.base).into_response()),
            Err(ActionError::Invalid(errors)) => {
                self.page(frame.with_mistakes(), &Asked::default(), typed, Mistakes(errors)).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn step(&self, frame: Frame, typed: TypedFields) -> Result<Response, Problem> {
        let to = |hint: &str| Ok(Redirect::to(&format!("{}?hinweis={hint}", self.base)).into_response());
        match typed.at("schritt") {
            "verwerfen" => {
                analyse_purchases::discard(self.app, self.holder).await?;
                to("verworfen")
            }
            "loeschen" => {
                analyse_purchases::forget(self.app, self.holder).await?;
                to("geloescht")
            }
            "auswerten" => {
                let Some(waiting) = analyse_purchases::waiting(self.app, self.holder).await? else {
                    return to("keine-datei");
                };
                let confirmed = Confirmed {
                    currency: typed.at("waehrung").trim().to_uppercase(),
                    consent: typed.at("einwilligung") == "ja",
                    replace: typed.at("ersetzen") == "ja",
                };
                let layout = typed_layout(&waiting.sheet, &typed);
                match analyse_purchases::analyse(self.app, self.holder, layout, &confirmed).await {
                    Ok(_) => to("ausgewertet"),
                    Err(ActionError::Invalid(errors)) => {
                        self.page(frame.with_mistakes(), &Asked::default(), typed, Mistakes(errors)).await
                    }
                    Err(error) => Err(error.into()),
                }
            }
            _ => self.page(frame, &Asked::default(), typed, Mistakes::default()).await,
        }
    }

    async fn page(
        &self,
        frame: Frame,
        asked: &Asked,
        typed: TypedFields,
        mistakes: Mistakes,
    ) -> Result<Response, Problem> {
        let prospect = match self.holder {
            Holder::Member(actor) => Prospect::Member(actor.organisation),
            Holder::Invited(it) => {
                Prospect::Town { name: it.town.clone(), kind: it.kind.clone(), region: it.region.clone() }
            }
        };
        let prospects = prospects(self.app, self.holder.body(), &prospect).await?;
        let potential = savings_potential(self.app, self.holder.runs_as(), self.holder.uploader(), &prospects).await?;
        let waiting = analyse_purchases::waiting(self.app, self.holder).await?;
        let is_member = matches!(self.holder, Holder::Member(_));
        let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = SavingsPotentialPage {
            frame: frame.titled("Was hätten Sie gespart?"),
            body: self.body_name().await?,
            invited: match self.holder {
                Holder::Invited(it) => Some(InvitedView {
                    until: day_of(it.expires_at - chrono::TimeDelta::seconds(1)),
                    left: MOST_ANALYSES - it.analyses,
                    answered: typed.at("fuer").to_owned(),
                    answers: [
                        ("", "Bitte wählen".to_owned()),
                        ("diese", format!("Für {}", it.town)),
                        ("andere", "Für eine andere Stadt".to_owned()),
                    ]
                    .map(|(key, words)| (key.to_owned(), words))
                    .into(),
                    town: it.town.clone(),
                }),
                Holder::Member(_) => None,
            },
            hint: hint(&asked.hinweis),
            waiting: waiting.map(|it| WaitingView::of(it, &typed, potential.is_some())),
            result: potential.map(|it| ResultView::of(it, &self.base, &asked.liste, &asked.seite)),
            prospects: prospects.iter().map(|it| ProspectView::of(it, is_member)).collect(),
            base: self.base.clone(),
            mistakes,
        };
        // The address is the key: no search engine lists it.
        Ok((status, [(ROBOTS, "noindex, nofollow")], Page(page)).into_response())
    }

    async fn body_name(&self) -> Result<String, Problem> {
        let mut tx = self.app.db.begin(self.holder.runs_as()).await?;
        let name = organisations::name(&mut tx, self.holder.body()).await?.unwrap_or_default();
        tx.rollback().await?;
        Ok(name)
    }
}

fn hint(key: &str) -> &'static str {
    match key {
        "ausgewertet" => "Ihre Einkäufe sind ausgewertet.",
        "verworfen" => "Die Datei ist gelöscht. Es wurde nichts ausgewertet.",
        "geloescht" => "Ihre Auswertung ist mit allen Zeilen gelöscht.",
        "keine-datei" => "Es wartet keine Datei mehr. Bitte laden Sie sie noch einmal hoch.",
        _ => "",
    }
}
