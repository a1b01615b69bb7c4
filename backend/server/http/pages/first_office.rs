//! `/einrichtung/geschaeftsstelle`: the first account of the office, by invitation.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::assign_role::NewPost;
use crate::actions::invite_person::{self, NewPerson, Way};
use crate::actor::Role;
use crate::app::App;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::instant;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::visitor::Visitor;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/first_office.html")]
struct FirstOfficePage {
    frame: Frame,
    fields: TypedFields,
    mistakes: Mistakes,
    mails: bool,
    idempotency_key: Uuid,
    /// What came of an invitation.
    done: Option<&'static str>,
    /// A link, shown once, and its end.
    link: Option<(String, String)>,
}

fn page(app: &App, frame: Frame, fields: TypedFields, mistakes: Mistakes) -> FirstOfficePage {
    FirstOfficePage {
        frame: frame.titled("Erstes Konto der Geschäftsstelle"),
        fields,
        mistakes,
        mails: app.mailer.is_some(),
        idempotency_key: app.chance.id(app.clock.now()),
        done: None,
        link: None,
    }
}

/// `GET /einrichtung/geschaeftsstelle`
pub async fn show(State(app): State<App>, frame: Frame) -> Response {
    Page(page(&app, frame, TypedFields::default(), Mistakes::default())).into_response()
}

/// `POST /einrichtung/geschaeftsstelle`: answers with the page, as a link is stored nowhere.
pub async fn invite(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = TypedFields(typed);
    let new = NewPerson {
        name: typed.at("name").to_owned(),
        email: typed.at("email").to_owned(),
        post: NewPost {
            role: Role::Office.key().to_owned(),
            organisation: actor.body.0,
            from: None,
            to: None,
            limit: None,
            scope: None,
            members: Vec::new(),
        },
    };
    match invite_person::invite(&app, &actor, &new, &visitor.origin, key.as_ref()).await {
        Ok(invited) => {
            let mut page = page(&app, frame, TypedFields::default(), Mistakes::default());
            page.done = Some(match invited.way {
                Way::Link(link) => {
                    page.link = Some((link.url, instant(link.expires_at)));
                    "Geben Sie diesen Link auf sicherem Weg weiter. Er wird nur jetzt gezeigt."
                }
                Way::Letter => "Die Person bekommt eine E-Mail mit einem Link, der sieben Tage gilt.",
                Way::Known => "Die Person hat schon ein Konto. Sie handelt jetzt auch für die Geschäftsstelle.",
                Way::Before => {
                    "Die Person ist schon eingeladen. Einen neuen Link gibt es auf ihrer Seite unter Personen."
                }
            });
            Ok(Page(page).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, frame.with_mistakes(), typed, Mistakes(errors));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
