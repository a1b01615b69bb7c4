//! Which problem an error of the program becomes. What is our fault is logged here, once.

use axum::http::StatusCode;

use crate::actions::ActionError;
use crate::actions::sign_in::SignInError;
use crate::http::problem::Problem;
use crate::storage::StorageError;
use crate::storage::document_store::StoreError;

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut};
        match &error {
            StorageError::TryAgain(_) => {
                tracing::warn!(error = chain(&error), "asked the client to try again");
                Self::try_again()
            }
            StorageError::Unstorable(_) | StorageError::TooLarge(_) => {
                tracing::warn!(error = chain(&error), "refused what cannot be stored");
                Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    "Bitte prüfen Sie Ihre Angaben",
                    "Eine Angabe enthält ein unsichtbares Zeichen oder ein Datum oder einen Betrag, der zu weit reicht. Es wurde nichts gespeichert. Bitte geben Sie sie neu ein.",
                )
            }
            StorageError::Database(Io(_) | PoolTimedOut | PoolClosed) => {
                tracing::error!(error = chain(&error), "the database cannot be reached");
                Self::try_again().retry_after(5)
            }
            _ => {
                tracing::error!(error = chain(&error), "storage failed");
                Self::internal()
            }
        }
    }
}

impl From<ActionError> for Problem {
    fn from(error: ActionError) -> Self {
        match error {
            // What the role may not do is not there for it.
            ActionError::NotFound | ActionError::NotPermitted(_) => Self::not_found(),
            ActionError::WrongState(status) => {
                let detail = format!("Der Vorgang ist „{}“. Das geht jetzt nicht mehr.", status.german());
                Self::conflict("wrong-state", "Das geht jetzt nicht mehr", detail).with("state", status.key())
            }
            ActionError::Stale { seen, is } => Self::conflict(
                "stale",
                "Zwischenzeitlich geändert",
                "Jemand hat den Vorgang inzwischen geändert. Bitte laden Sie die Seite neu und prüfen Sie den neuen Stand.",
            )
            .with("seen_version", seen)
            .with("version", is),
            ActionError::Invalid(errors) => Self::invalid(errors),
            ActionError::Refused(reason) => Self::conflict("refused", "So geht es nicht", reason),
            ActionError::NotNow(reason) => Self::conflict("wrong-state", "Das geht jetzt nicht", reason),
            ActionError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "Schlüssel schon verwendet",
                "Dieser Idempotency-Key gehört zu einer anderen Anfrage. Bitte verwenden Sie für jede neue Anfrage einen neuen.",
            ),
            ActionError::Contended => Self::try_again(),
            ActionError::Document(error) => {
                tracing::error!(error = chain(&error), "a document could not be made");
                Self::internal()
            }
            ActionError::Store(error) => error.into(),
            ActionError::Storage(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "the file of a document cannot be had");
        if error.is_of_the_document() { Self::internal() } else { Self::try_again() }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        StorageError::from(error).into()
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Storage(error) => error.into(),
            SignInError::Password(error) => {
                tracing::error!(error = chain(&error), "sign-in failed");
                Self::internal()
            }
        }
    }
}

impl From<jsonwebtoken::errors::Error> for Problem {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        tracing::error!(error = chain(&error), "could not sign a session token");
        Self::internal()
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
