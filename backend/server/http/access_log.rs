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

/// What a download of somebody from outside the member leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// A file of the call-off in the address.
    CallOff,
    /// The certificate in the address.
    Certificate,
    /// A file of the mini-competition in the address.
    Competition,
    /// A list or archive over many members.
    Export,
    /// Nothing, with the reason.
    Nothing(&'static str),
}

/// Every route that gives out a file, with what it leaves behind. `tests/it/access/downloads.rs` compares it with the
/// access table, so that a new one cannot be forgotten. Pages about a call-off are noted by their object.
pub const DOWNLOADS: &[(&str, Noted)] = &[
    ("/abrufe/{id}/bestellung.pdf", Noted::CallOff),
    ("/abrufe/{id}/bestellung.order-x.xml", Noted::CallOff),
    ("/abrufe/{id}/bestellung.peppol.xml", Noted::CallOff),
    ("/abrufe/{id}/vermerk.pdf", Noted::CallOff),
    ("/abrufe/{id}/stornierung.pdf", Noted::CallOff),
    ("/abrufe/{id}/teilstornierungen/{sequence}", Noted::CallOff),
    ("/abrufe/{id}/terminaenderungen/{sequence}", Noted::CallOff),
    ("/abrufe/{id}/lieferantenauftrag.pdf", Noted::CallOff),
    ("/abrufe/{id}/lieferantenauftrag.order-x.xml", Noted::CallOff),
    ("/abrufe/{id}/lieferantenauftrag.peppol.xml", Noted::CallOff),
    ("/abrufe/{id}/lieferantenauftrag/stornierung.pdf", Noted::CallOff),
    ("/abrufe/{id}/lieferantenauftrag/teilstornierungen/{sequence}", Noted::CallOff),
    ("/abrufe/{id}/lieferantenauftrag/terminaenderungen/{sequence}", Noted::CallOff),
    ("/api/v1/call-offs/{id}/documents/{kind}", Noted::CallOff),
    ("/api/v1/call-offs/{id}/documents/{kind}/{format}", Noted::CallOff),
    ("/abrufe/{id}/entwurf.pdf", Noted::Nothing("only the requester opens a draft")),
    ("/bescheinigungen/{id}", Noted::Certificate),
    ("/api/v1/certificates/{id}", Noted::Certificate),
    ("/miniwettbewerbe/{id}/vermerk.pdf", Noted::Competition),
    ("/miniwettbewerbe/{id}/einladung/{party}", Noted::Competition),
    ("/miniwettbewerbe/{id}/mitteilung/{party}", Noted::Competition),
    ("/api/v1/mini-competitions/{id}/record", Noted::Competition),
    ("/pruefung/abrufe.csv", Noted::Export),
    ("/pruefung/abrufe.zip", Noted::Export),
    ("/pruefung/stichprobe/{id}/stichprobe.csv", Noted::Export),
    ("/pruefung/stichprobe/{id}/grundgesamtheit.csv", Noted::Export),
    ("/api/v1/audit/call-offs.zip", Noted::Export),
    ("/berichte/{bericht}/{datei}", Noted::Export),
    ("/berichte/einsparungen/abrufe.csv", Noted::Export),
    ("/berichte/einsparungen/stufen.csv", Noted::Export),
    ("/berichte/nutzen.csv", Noted::Export),
    ("/api/v1/reports/{name}/{format}", Noted::Export),
    ("/verwaltung/umsaetze/{id}/datei", Noted::Export),
    ("/verwaltung/umsaetze/{id}/abgelehnt.csv", Noted::Export),
    ("/verwaltung/mitglieder/einlesen/vorlage.csv", Noted::Nothing("headings of an empty list, no data of anybody")),
    ("/verwaltung/datenschutz.csv", Noted::Nothing("describes the schema, holds no data of anybody")),
    ("/einrichtung/briefkopf.pdf", Noted::Nothing("an invented order")),
    ("/einstellungen/meine-daten.zip", Noted::Nothing("one's own data")),
    ("/haushalt/verpflichtungen.csv", Noted::Nothing("of the member, for its own treasurer alone")),
    (
        "/verwaltung/vergleichspreise/{id}/beleg",
        Noted::Nothing("evidence of a contract's price, uploaded by the office"),
    ),
    ("/api/v1/baselines/{id}/evidence", Noted::Nothing("evidence of a contract's price, uploaded by the office")),
    ("/openapi.json", Noted::Nothing("the description of the interface")),
];

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    CallOff(Uuid),
    Document(Uuid),
    Certificate(Uuid),
    Competition(Uuid),
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
        Look::Certificate(id) => access_log::note_certificate(&mut tx, actor, id, now).await?,
        Look::Competition(id) => access_log::note_competition(&mut tx, actor, id, now).await?,
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
    let id = || request.uri().path().split('/').find_map(|part| part.parse::<Uuid>().ok());
    if let Some((_, noted)) = DOWNLOADS.iter().find(|(path, _)| *path == matched) {
        let look = match noted {
            Noted::CallOff => Look::Document(id()?),
            Noted::Certificate => Look::Certificate(id()?),
            Noted::Competition => Look::Competition(id()?),
            Noted::Export => Look::Export,
            Noted::Nothing(_) => return None,
        };
        return Some((acting.actor.clone(), look));
    }
    let row = server.table.iter().find(|row| row.method == Method::GET && row.path == matched)?;
    let look = match row.access.object {
        Object::CallOff => Look::CallOff(id()?),
        Object::Document => Look::Document(id()?),
        _ => return None,
    };
    Some((acting.actor.clone(), look))
}
