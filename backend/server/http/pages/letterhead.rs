//! `/einrichtung/briefkopf`: the address block and the logo on documents, with a sample to look at before anything counts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};

use crate::actions::set_letterhead::{self, Logo};
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;
use crate::storage::organisations;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/letterhead.html")]
struct LetterheadPage {
    frame: Frame,
    name: String,
    address: Vec<String>,
    email: String,
    has_logo: bool,
    alt: String,
    mistakes: Mistakes,
}

async fn page(app: &App, actor: &Actor, frame: Frame, alt: &str, mistakes: Mistakes) -> Result<Response, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let body = organisations::find(&mut tx, actor.body).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = LetterheadPage {
        frame: frame.titled("Briefkopf"),
        address: body.address_lines(),
        name: body.name,
        email: body.email,
        has_logo: set_letterhead::has_logo(app, actor).await?,
        alt: alt.to_owned(),
        mistakes,
    };
    Ok((status, Page(page)).into_response())
}

fn sample(bytes: Vec<u8>) -> Response {
    let heads = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, "inline; filename=\"briefkopf-muster.pdf\""),
        (CACHE_CONTROL, "no-store"),
    ];
    (heads, bytes).into_response()
}

/// The logo of the form.
fn logo(upload: &Upload) -> Result<Logo, ActionError> {
    let Some(file) = upload.file("logo") else {
        let message = "Bitte wählen Sie die Datei mit dem Logo aus: PNG oder JPEG.";
        return Err(ActionError::Invalid(vec![FieldError::new("logo", message)]));
    };
    Ok(Logo { bytes: Arc::from(file.bytes.as_slice()), alt: upload.text("alt").to_owned() })
}

/// `GET /einrichtung/briefkopf`
pub async fn show(State(app): State<App>, SignedIn(actor): SignedIn, frame: Frame) -> Result<Response, Problem> {
    page(&app, &actor, frame, "", Mistakes::default()).await
}

/// `GET /einrichtung/briefkopf.pdf`: an invented order as it looks now.
pub async fn current(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Response, Problem> {
    Ok(sample(set_letterhead::preview(&app, &actor, None).await?))
}

/// `POST /einrichtung/briefkopf/vorschau`: the same with the uploaded logo; nothing is kept.
pub async fn preview(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    upload: Upload,
) -> Result<Response, Problem> {
    let made = match logo(&upload) {
        Ok(logo) => set_letterhead::preview(&app, &actor, Some(&logo)).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(bytes) => Ok(sample(bytes)),
        Err(ActionError::Invalid(errors)) => {
            page(&app, &actor, frame.with_mistakes(), upload.text("alt"), Mistakes(errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /einrichtung/briefkopf`
pub async fn set(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    upload: Upload,
) -> Result<Response, Problem> {
    let done = if upload.text("schritt") == "entfernen" {
        set_letterhead::set(&app, &actor, None).await
    } else {
        match logo(&upload) {
            Ok(logo) => set_letterhead::set(&app, &actor, Some(&logo)).await,
            Err(error) => Err(error),
        }
    };
    match done {
        Ok(()) => Ok(Redirect::to("/einrichtung?hinweis=briefkopf").into_response()),
        Err(ActionError::Invalid(errors)) => {
            page(&app, &actor, frame.with_mistakes(), upload.text("alt"), Mistakes(errors)).await
        }
        Err(error) => Err(error.into()),
    }
}
