//! Notes who from outside a member looks at its call-offs and documents, once the answer is on its way: nobody waits
//! for it, and the member's own people, who place and release orders, are not noted at all.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::actor::{Actor, Standing};
use crate::app::App;
use crate::http::access::Object;
use crate::http::server::Server;
use crate::http::session::Current;
use crate::storage::{StorageError, access_log};

/// Lists and archives of call-offs as files.
const EXPORTS: [&str; 4] =
    ["/pruefung/abrufe.csv", "/pruefung/abrufe.zip", "/api/v1/call-off-bags", "/berichte/einsparungen/abrufe.csv"];

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    CallOff(Uuid),
    Document(Uuid),
    Export,
}

/// Layer inside the session: every successful look of the body and of auditors.
pub async fn note(State(server): State<Server>, request: Request, next: Next) -> Response {
    let looked = looked_at(&server, &request);
    let response = next.run(request).await;
    if let Some((actor, look)) =
        looked.filter(|_| [StatusCode::OK, StatusCode::PARTIAL_CONTENT].contains(&response.status()))
    {
        let app = server.app.clone();
        tokio::spawn(async move {
            if let Err(error) = write(&app, &actor, look).await {
                tracing::error!(%error, "an access could not be noted");
            }
        });
    }
    response
}

async fn write(app: &App, actor: &Actor, look: Look) -> Result<(), StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    match look {
        Look::CallOff(id) => access_log::note(&mut tx, actor, id, "call_off", now).await?,
        Look::Document(id) => access_log::note(&mut tx, actor, id, "document", now).await?,
        Look::Export => access_log::note_export(&mut tx, actor, now).await?,
    }
    Ok(tx.commit().await?)
}

fn looked_at(server: &Server, request: &Request) -> Option<(Actor, Look)> {
    if request.method() != Method::GET {
        return None;
    }
    let acting = Current::of(request.extensions())?.acting.as_ref()?;
    if matches!(acting.actor.standing, Standing::Member) {
        return None;
    }
    let matched = request.extensions().get::<MatchedPath>()?.as_str();
    if EXPORTS.contains(&matched) {
        return Some((acting.actor.clone(), Look::Export));
    }
    let row = server.table.iter().find(|row| row.method == Method::GET && row.path == matched)?;
    let id = || request.uri().path().split('/').find_map(|part| part.parse::<Uuid>().ok());
    let look = match row.access.object {
        Object::CallOff => Look::CallOff(id()?),
        Object::Document => Look::Document(id()?),
        _ => return None,
    };
    Some((acting.actor.clone(), look))
}
