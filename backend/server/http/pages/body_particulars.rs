//! `/einrichtung/genossenschaft`: what the cooperative says of itself.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::actions::ActionError;
use crate::actions::change_body::{self, KINDS};
use crate::app::App;
use crate::http::extract::Form;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::typed_fields::TypedFields;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::organisations::{self, Particulars};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/body_particulars.html")]
struct BodyParticularsPage {
    frame: Frame,
    kinds: &'static [(&'static str, &'static str)],
    fields: TypedFields,
    mistakes: Mistakes,
}

fn page(frame: Frame, fields: TypedFields, mistakes: Mistakes) -> Response {
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = BodyParticularsPage { frame: frame.titled("Genossenschaft"), kinds: KINDS, fields, mistakes };
    (status, Page(page)).into_response()
}

/// What is known, as fields of the form.
#[must_use]
pub fn typed_of(it: &Particulars) -> TypedFields {
    let fields = [
        ("body", &it.name),
        ("kind", &it.kind),
        ("street", &it.street),
        ("postcode", &it.postcode),
        ("town", &it.town),
        ("email", &it.email),
        ("phone", &it.phone),
        ("register_entry", &it.register_entry),
        ("represented_by", &it.represented_by),
        ("vat_id", &it.vat_id),
    ];
    TypedFields(fields.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
}

/// What was typed.
#[must_use]
pub fn read(typed: &TypedFields) -> Particulars {
    let at = |name: &str| typed.at(name).trim().to_owned();
    Particulars {
        name: at("body"),
        kind: at("kind"),
        street: at("street"),
        postcode: at("postcode"),
        town: at("town"),
        email: at("email"),
        phone: at("phone"),
        register_entry: at("register_entry"),
        represented_by: at("represented_by"),
        vat_id: at("vat_id"),
    }
}

/// `GET /einrichtung/genossenschaft`
pub async fn show(State(app): State<App>, SignedIn(actor): SignedIn, frame: Frame) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let known = organisations::particulars(&mut tx, actor.body).await?.ok_or_else(Problem::not_found)?;
    Ok(page(frame, typed_of(&known), Mistakes::default()))
}

/// `POST /einrichtung/genossenschaft`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = TypedFields(typed);
    match change_body::change(&app, &actor, &read(&typed)).await {
        Ok(()) => Ok(Redirect::to("/einrichtung?hinweis=genossenschaft").into_response()),
        Err(ActionError::Invalid(errors)) => Ok(page(frame.with_mistakes(), typed, Mistakes(errors))),
        Err(error) => Err(error.into()),
    }
}
