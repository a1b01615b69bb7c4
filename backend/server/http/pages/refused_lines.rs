//! `/freigaben/{id}/positionen`: approve some lines and refuse others. The rest waits as reviewed anew.

use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::actions::refuse_lines::{LinesRefused, Refusal, refuse_lines};
use crate::actions::{ActionError, FieldError};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path};
use crate::http::form::Mistakes;
use crate::http::layout::Frame;
use crate::http::pages::approval::{Reason, again};
use crate::http::pages::draft::Away;
use crate::http::pages::written::{instant, quantity};
use crate::http::session::SignedIn;
use crate::storage::refused_lines::RefusedLine;

/// `POST /freigaben/{id}/positionen`
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let refusals: Vec<Refusal> = fields
        .iter()
        .filter(|(name, _)| name == "refuse")
        .filter_map(|(_, position)| position.parse().ok())
        .map(|position| Refusal {
            position,
            reason: value(&format!("reason_{position}")).unwrap_or_default().to_owned(),
        })
        .collect();
    let version = value("version").and_then(|it| it.parse().ok()).unwrap_or_default();
    let wrong = match refuse_lines(&app, &actor, CallOffId(id), version, &refusals).await {
        Ok(LinesRefused::Done { .. }) => {
            return Ok(Redirect::to(&format!("/freigaben/{id}?hinweis=positionen")).into_response());
        }
        Ok(LinesRefused::Declined { review }) => {
            let titles: Vec<&str> =
                review.with_outcome(abruf_domain::Outcome::Block).map(|it| it.rule.as_str()).collect();
            let words = titles
                .into_iter()
                .filter_map(abruf_domain::checks::by_id)
                .map(|rule| format!("„{}“", rule.texts.title(abruf_domain::notation::Language::German)))
                .collect::<Vec<_>>();
            let why = if words.is_empty() { "eine Begründung fehlt".to_owned() } else { words.join(", ") };
            let message = format!(
                "Ohne diese Positionen ist der Rest nicht zulässig: {why}. Es wurde nichts geändert. Geben Sie den Abruf mit einer Frage zurück."
            );
            vec![FieldError::new("lines", message)]
        }
        // The page says whose turn it is, or that it is over.
        Ok(LinesRefused::NotTheirTurn { .. } | LinesRefused::Expired) | Err(ActionError::WrongState(_)) => {
            return Ok(Redirect::to(&format!("/freigaben/{id}")).into_response());
        }
        Err(ActionError::Stale { .. }) => {
            let message =
                "Der Abruf wurde inzwischen geändert. Bitte prüfen Sie den neuen Stand und wählen Sie noch einmal aus.";
            vec![FieldError::new("lines", message)]
        }
        Err(ActionError::Invalid(errors)) => {
            errors.into_iter().map(|error| FieldError::new("lines", error.message)).collect()
        }
        Err(error) => return Err(error.into()),
    };
    let typed = Reason { lines: refusals, ..Reason::default() };
    again(&app, &actor, frame, CallOffId(id), Mistakes(wrong), typed).await
}

/// A refused line in words: „2 × CTX-TRN“, why, by whom.
#[must_use]
pub fn refused_view(line: &RefusedLine) -> (String, String, String) {
    (
        format!("{} × {}", quantity(line.quantity), line.article_number),
        line.reason.clone(),
        format!("{}, {}", as_typed(&line.person), instant(line.at)),
    )
}
