//! Record that a supplier of a cascade was asked for a call-off. From that day its answer period runs,
//! where the contract sets one.

use abruf_domain::answer_period::RankRequest;
use abruf_domain::cascade::{self, Answer};
use abruf_domain::facts::{CheckPoint, Facts, Mechanism, Party};
use abruf_domain::ids::CallOffId;
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use abruf_domain::proposal::first_lot;
use serde_json::json;

use super::{ActionError, FieldError, Who, call_off_record, check_text, draft_call_off, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::{Tx, audit_log, call_offs, facts, rank_requests};

/// Records a request; the office, or whoever asks for the call-off.
///
/// # Errors
/// [`ActionError::Invalid`] where it is not the turn of the supplier, the day lies in the future, or the
/// request stands there already; [`ActionError::WrongState`] once the call-off is released or over.
pub async fn ask(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    request: &RankRequest,
    document: &str,
) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Office])?;
    let document = document.trim();
    check_text("document", document, 500, "Bitte nennen Sie das Schreiben der Anfrage (höchstens 500 Zeichen).")?;
    let now = app.clock.now();
    if app.clock.today() < request.asked_on {
        return Err(wrong(
            "asked_on",
            format!(
                "Der {} liegt in der Zukunft. Bitte vermerken Sie die Anfrage, sobald sie gestellt ist.",
                German.date(request.asked_on)
            ),
        ));
    }
    let mut tx = app.db.begin(actor).await?;
    let call_off = open(&mut tx, actor, id).await?;
    let seen = ranks_of(app, &mut tx, &call_off).await?;
    check_turn(&seen, request)?;
    if !rank_requests::insert(&mut tx, &call_off, app.chance.id(now), request, document, actor.person, now).await? {
        return Err(wrong("supplier_id", "Die Anfrage an diesen Lieferanten ist schon vermerkt.".to_owned()));
    }
    draft_call_off::name_proposed(app, &mut tx, &call_off).await?;
    let detail = json!({ "request": request, "document": document });
    let record = call_off_record(app, &call_off, "rank_request_recorded", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}

/// A call-off that still waits for its supplier, held; another requester's looks absent.
pub(super) async fn open(tx: &mut Tx, actor: &Actor, id: CallOffId) -> Result<CallOff, ActionError> {
    let (call_off, _) = call_offs::lock(tx, id).await?.ok_or(ActionError::NotFound)?;
    if actor.role == Role::Buyer && call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if !call_off.status.is_editable() && !call_off.status.holds_reservation() {
        return Err(ActionError::WrongState(call_off.status));
    }
    Ok(call_off)
}

async fn ranks_of(app: &App, tx: &mut Tx, call_off: &CallOff) -> Result<Facts, ActionError> {
    let (call_off, lines) = call_offs::find(tx, call_off.id).await?.ok_or(ActionError::NotFound)?;
    Ok(facts::gather(tx, &call_off, &lines, CheckPoint::Submission, None, app.clock.now()).await?)
}

/// Only one supplier is asked at a time, in the order of the ranks.
fn check_turn(facts: &Facts, request: &RankRequest) -> Result<(), ActionError> {
    let contract = &facts.contract;
    if !matches!(contract.mechanism, Mechanism::Cascade | Mechanism::MiniCompetitionAbove { .. }) {
        return Err(wrong(
            "supplier_id",
            format!("Der Rahmenvertrag {} hat keine Rangfolge. Anfragen sind nicht nötig.", contract.number),
        ));
    }
    let day = berlin_date(facts.evaluated_at);
    let ranks = cascade::ranks(facts, first_lot(facts), day);
    let Some((_, answer)) = ranks.iter().find(|(party, _)| party.supplier == request.supplier) else {
        return Err(wrong(
            "supplier_id",
            "Dieser Lieferant ist heute nicht Partner des Vertrags für diese Artikel. Bitte wählen Sie einen aus der Rangfolge."
                .to_owned(),
        ));
    };
    match answer {
        Answer::Declined { .. } => {
            Err(wrong("supplier_id", "Dieser Lieferant hat für diesen Abruf schon abgesagt.".to_owned()))
        }
        Answer::Asked { .. } | Answer::Silent(_) => {
            Err(wrong("supplier_id", "Die Anfrage an diesen Lieferanten ist schon vermerkt.".to_owned()))
        }
        Answer::NotAsked => match cascade::next(facts, first_lot(facts), day) {
            Some(next) if next.supplier != request.supplier => Err(wrong("supplier_id", not_yet(next))),
            _ => Ok(()),
        },
    }
}

fn not_yet(next: &Party) -> String {
    format!(
        "Zuerst ist {} an der Reihe. Bitte fragen Sie dort an und vermerken Sie die Absage, bevor Sie weiterfragen.",
        next.name
    )
}

fn wrong(field: &str, message: String) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
