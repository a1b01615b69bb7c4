//! `/einrichtung/erstmals/{token}`: a new installation, entered by the link that `abruf serve` prints on its terminal: the
//! cooperative and the first administrator. Whoever has no link finds nothing here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::actions::ActionError;
use crate::actions::change_body::KINDS;
use crate::actions::first_link::{self, Founding};
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::body_particulars::{read, typed_of};
use crate::http::pages::typed_fields::TypedFields;
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::server::Server;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/first_run.html")]
struct FirstRunPage {
    frame: Frame,
    kinds: &'static [(&'static str, &'static str)],
    fields: TypedFields,
    mistakes: Mistakes,
}

fn page(frame: Frame, fields: TypedFields, mistakes: Mistakes) -> Response {
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = FirstRunPage { frame: frame.titled("Abruf einrichten"), kinds: KINDS, fields, mistakes };
    (status, Page(page)).into_response()
}

fn gone() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "link-gone",
        "Dieser Link gilt nicht mehr",
        "Der Link ist abgelaufen, es gibt einen neueren, oder die Einrichtung ist schon geschehen. Einen neuen gibt auf dem Server aus: abruf admin first-link",
    )
}

/// `GET /einrichtung/erstmals/{token}`
pub async fn show(State(server): State<Server>, frame: Frame, Path(token): Path<String>) -> Result<Response, Problem> {
    match first_link::begun(&server.app, &token).await {
        Ok(begun) => Ok(page(frame, typed_of(&begun), Mistakes::default())),
        Err(ActionError::NotFound) => Err(gone()),
        Err(error) => Err(error.into()),
    }
}

/// `POST /einrichtung/erstmals/{token}`: goes on to where the administrator sets a password.
pub async fn submit(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(token): Path<String>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    let typed = TypedFields(typed);
    let new = Founding {
        body: read(&typed),
        person: typed.at("person").trim().to_owned(),
        person_email: typed.at("person_email").trim().to_owned(),
    };
    match first_link::found(&server.app, &token, &new).await {
        Ok(link) => {
            let address = link.url.strip_prefix(&*server.app.base_url).unwrap_or(&link.url);
            Ok(Redirect::to(address).into_response())
        }
        Err(ActionError::Invalid(errors)) => Ok(page(frame.with_mistakes(), typed, Mistakes(errors))),
        Err(ActionError::NotFound) => Err(gone()),
        Err(error) => Err(error.into()),
    }
}
