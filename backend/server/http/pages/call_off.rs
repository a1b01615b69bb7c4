//! `/abrufe/{id}`: what is it, what was found, what happened, what can I do?

use abruf_domain::call_off::{Status, document_in_words};
use abruf_domain::cancellation::OffStep;
use abruf_domain::data_format::DataFormat;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::CallOffId;
use abruf_domain::{Facts, Outcome, Review};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::confirm_order::in_words;
use crate::actions::{draft_call_off, rest_of_order};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::delivery_mail::MailView;
use crate::http::pages::draft::Away;
use crate::http::pages::judged::Judged;
use crate::http::pages::order_view::{OrderView, SavingsView};
use crate::http::pages::pair_view::{PairRow, pair_view};
use crate::http::pages::questions::{QuestionView, question_views};
use crate::http::pages::refused_lines::refused_view;
use crate::http::pages::timeline::{TimelineView, timeline};
use crate::http::pages::written::{day, day_of, instant, money, period, quantity, runs_out, status_class};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::contracts::Contract;
use crate::storage::documents::DocumentRow;
use crate::storage::partial_cancellations::{Kind, PartialCancellation};
use crate::storage::{
    StorageError, Tx, assignments, complaints, confirmations, contracts, dispatches, documents, history, invoices,
    order_lines, organisations, refused_lines,
};

#[derive(askama::Template)]
#[template(path = "pages/call_off.html")]
struct CallOffPage {
    frame: Frame,
    id: CallOffId,
    call_off: CallOff,
    contract: Contract,
    member: String,
    supplier: String,
    requester: String,
    order: OrderView,
    judged: Judged,
    /// What the findings are: of which check point, of when.
    judged_as: String,
    savings: Option<SavingsView>,
    timeline: Vec<TimelineView>,
    question: Option<String>,
    /// Lines that were refused: what, why, by whom.
    refused: Vec<(String, String, String)>,
    /// Questions that are answered, each with its answer.
    answered: Vec<QuestionView>,
    documents: Vec<DocumentRow>,
    /// What did not reach the supplier by mail, in words.
    undelivered: Vec<String>,
    /// What is open on the way: address, what, in words.
    fulfilment: Vec<(&'static str, &'static str, String)>,
    /// What was taken back: what, why, who and when.
    taken_back: Vec<(String, String, String)>,
    /// Both orders, where the body orders from the supplier.
    pair: Option<[PairRow; 2]>,
    /// Rests that are no orderable quantity any more, in words.
    off_step: Vec<String>,
    /// Partial cancellations whose document is still to be made.
    parts_to_come: Vec<i32>,
    role: Role,
    own: bool,
    /// End of the reservation in words.
    runs_out: String,
    today: String,
    mistakes: Mistakes,
    /// What was typed as a reason, when it was not enough.
    reason: String,
    back: String,
}

impl CallOffPage {
    fn title(&self) -> &str {
        self.call_off.number.as_deref().unwrap_or(&self.call_off.case_number)
    }

    fn class(&self) -> &'static str {
        status_class(self.call_off.status)
    }

    fn performance(&self) -> Option<String> {
        self.call_off.details.performance.map(period)
    }

    fn desired(&self) -> Option<String> {
        self.call_off.details.desired_on.map(day)
    }

    fn has_order(&self) -> bool {
        self.call_off.number.is_some()
    }

    fn has_cancellation(&self) -> bool {
        self.documents.iter().any(|document| document.kind == "cancellation")
    }

    fn is_cancelled(&self) -> bool {
        self.call_off.status == Status::Cancelled
    }

    /// It never became an order, or is none any more.
    const fn is_void(&self) -> bool {
        matches!(
            self.call_off.status,
            Status::Discarded | Status::Refused | Status::Withdrawn | Status::Expired | Status::Cancelled
        )
    }

    fn may_edit(&self) -> bool {
        self.own && self.role == Role::Buyer && self.call_off.status == Status::Returned
    }

    fn may_withdraw(&self) -> bool {
        self.own && self.role == Role::Buyer && self.call_off.status.may_become(Status::Withdrawn)
    }

    fn may_copy(&self) -> bool {
        self.role == Role::Buyer
    }

    fn may_release(&self) -> bool {
        self.role == Role::Approver && self.call_off.status == Status::Submitted
    }

    fn may_cancel(&self) -> bool {
        self.role == Role::Approver && self.call_off.status.may_become(Status::Cancelled)
    }

    /// Whether there are deliveries and invoices to look at.
    fn is_order(&self) -> bool {
        self.call_off.status.is_ordered()
    }

    /// The last step; those before are noted where they happen.
    fn next_step(&self) -> Option<Status> {
        let may = matches!(self.role, Role::Buyer | Role::Approver);
        self.call_off.status.next_step().filter(|next| may && *next == Status::Closed)
    }

    fn has_actions(&self) -> bool {
        self.may_edit()
            || self.may_withdraw()
            || self.may_copy()
            || self.may_release()
            || self.may_cancel()
            || self.is_order()
    }

    fn kind(&self, document: &DocumentRow) -> &'static str {
        document_in_words(&document.kind)
    }

    fn file(&self, document: &DocumentRow) -> String {
        match (document.kind.as_str(), document.sequence) {
            ("order", _) => "bestellung.pdf".to_owned(),
            ("memo", _) => "vermerk.pdf".to_owned(),
            ("supplier_order", _) => "lieferantenauftrag.pdf".to_owned(),
            ("supplier_cancellation", _) => "lieferantenauftrag/stornierung.pdf".to_owned(),
            ("supplier_partial_cancellation", Some(sequence)) => {
                format!("lieferantenauftrag/teilstornierungen/{sequence}")
            }
            ("supplier_delivery_change", Some(sequence)) => format!("lieferantenauftrag/terminaenderungen/{sequence}"),
            ("delivery_change", Some(sequence)) => format!("terminaenderungen/{sequence}"),
            (_, Some(sequence)) => format!("teilstornierungen/{sequence}"),
            _ => "stornierung.pdf".to_owned(),
        }
    }

    /// Where the same order is as data for programs, with the name of the format.
    fn as_data(&self, document: &DocumentRow) -> Vec<(String, &'static str)> {
        let page = match document.kind.as_str() {
            "order" => "bestellung",
            "supplier_order" => "lieferantenauftrag",
            _ => return Vec::new(),
        };
        let address = |format: &DataFormat| (format!("{page}.{}.xml", format.key()), format.german());
        document.as_data.iter().map(address).collect()
    }

    fn made(&self, document: &DocumentRow) -> String {
        instant(document.created_at)
    }

    /// The hash in groups of eight, for reading aloud.
    fn hash(&self, document: &DocumentRow) -> String {
        let hex = data_encoding::HEXLOWER.encode(&document.sha256);
        hex.as_bytes().chunks(8).map(|part| String::from_utf8_lossy(part)).collect::<Vec<_>>().join(" ")
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /abrufe/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Away> {
    let mut mistakes = Mistakes::default();
    if asked.hinweis == "begruendung" {
        mistakes.add("inhalt", "Bitte begründen Sie in eigenen Worten (höchstens 4.000 Zeichen).");
    }
    rendered(&app, &actor, frame, CallOffId(id), mistakes, String::new()).await
}

/// The page, also after a form on it was not right.
///
/// # Errors
/// If there is none for this actor; or another page is the right one.
pub(super) async fn rendered(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    mistakes: Mistakes,
    reason: String,
) -> Result<Response, Away> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    if call_off.status == Status::Draft && call_off.requester == actor.person && actor.role == Role::Buyer {
        return Err(Away::To(format!("/abrufe/{id}/positionen")));
    }
    let judgement = judgement(&mut tx, &call_off).await?;
    let (facts, review, judged_as) = match judgement {
        Some(stored) => stored,
        None => {
            let preview = draft_call_off::preview(app, actor, id).await?;
            (preview.facts, preview.review, "Stand jetzt, noch nicht eingereicht".to_owned())
        }
    };
    let written = history::justifications(&mut tx, call_off.contract, id).await?;
    let steps = history::timeline(&mut tx, call_off.contract, id).await?;
    let contract = contracts::find(&mut tx, call_off.contract).await?.ok_or_else(Problem::not_found)?;
    let open_for_words = call_off.status == Status::Submitted || call_off.status == Status::Returned;
    let number = call_off.number.clone().unwrap_or_else(|| call_off.case_number.clone());
    let documents = documents::of_call_off(&mut tx, call_off.contract, id).await?;
    let stands = rest_of_order::standing(&mut tx, &call_off, &facts, &review).await?;
    let page = CallOffPage {
        id,
        member: organisations::name(&mut tx, call_off.member).await?.unwrap_or_default(),
        supplier: organisations::name(&mut tx, call_off.supplier).await?.unwrap_or_default(),
        requester: assignments::person_name(&mut tx, call_off.requester).await?.unwrap_or_default(),
        order: OrderView::of(&facts, &stands.priced),
        judged: Judged::of(&review, &contract.currency, &written, actor.role, open_for_words),
        judged_as,
        savings: stands.savings.as_ref().map(|savings| SavingsView::of(savings, &facts)),
        question: steps
            .iter()
            .rfind(|step| step.decision == "returned")
            .filter(|_| call_off.status == Status::Returned)
            .map(|step| step.reason.clone()),
        refused: refused_lines::of_call_off(&mut tx, &call_off).await?.iter().map(refused_view).collect(),
        answered: question_views(&steps).into_iter().filter(|it| !it.answer.is_empty()).collect(),
        timeline: timeline(&steps),
        undelivered: undelivered(&mut tx, app, &call_off).await?,
        fulfilment: fulfilment(&mut tx, &call_off).await?,
        taken_back: stands.cancellations.iter().map(|it| taken_back(it, &review, &contract.currency)).collect(),
        pair: pair_view(&mut tx, &call_off, &facts, &stands.priced).await?,
        off_step: stands.off_step.iter().map(off_step).collect(),
        parts_to_come: stands
            .cancellations
            .iter()
            .map(|it| it.sequence)
            .filter(|sequence| {
                documents.iter().all(|it| it.kind != "partial_cancellation" || it.sequence != Some(*sequence))
            })
            .collect(),
        documents,
        role: actor.role,
        own: call_off.requester == actor.person,
        runs_out: call_off
            .expires_at
            .filter(|_| call_off.status.holds_reservation())
            .map(|until| format!("bis {}, {}", day_of(until), runs_out(until, app.clock.now())))
            .unwrap_or_default(),
        today: day(app.clock.today()),
        back: format!("/abrufe/{id}"),
        contract,
        call_off,
        frame: if mistakes.is_empty() { frame.titled(number) } else { frame.titled(number).with_mistakes() },
        mistakes,
        reason,
    };
    Ok(Page(page).into_response())
}

/// The order, or what changes it, where its mail failed or came back.
async fn undelivered(tx: &mut Tx, app: &App, call_off: &CallOff) -> Result<Vec<String>, StorageError> {
    if call_off.number.is_none() {
        return Ok(Vec::new());
    }
    let sent = dispatches::of_call_off(&mut *tx, call_off).await?;
    let post = MailView::read(tx, app, call_off, &sent).await?;
    let order = post.failure.into_iter().map(|words| format!("Bestellung: {words}"));
    let changes = post.changes.into_iter().filter(|it| it.failed).map(|it| format!("{}: {}", it.title, it.words));
    Ok(order.chain(changes).collect())
}

/// What needs somebody between dispatch and payment, most urgent first.
async fn fulfilment(
    tx: &mut Tx,
    call_off: &CallOff,
) -> Result<Vec<(&'static str, &'static str, String)>, StorageError> {
    let mut open = Vec::new();
    if !call_off.status.is_ordered() {
        return Ok(open);
    }
    let blocked: Vec<String> = invoices::of_call_off(&mut *tx, call_off)
        .await?
        .into_iter()
        .filter(|it| it.blocked && it.cancelled.is_none())
        .map(|it| it.number)
        .collect();
    if !blocked.is_empty() {
        let words = format!("Rechnung {} weicht ab. Bitte fordern Sie eine berichtigte an.", blocked.join(", "));
        open.push(("rechnungen", "Zahlung gesperrt", words));
    }
    let confirmations = confirmations::of_call_off(&mut *tx, call_off).await?;
    if let Some(differs) = confirmations.last().filter(|it| it.differs && it.answer.is_none()) {
        let words = format!("{}. Bitte annehmen oder widersprechen.", in_words(differs));
        open.push(("lieferungen", "Abweichend bestätigt", words));
    }
    let complaints = complaints::of_call_off(&mut *tx, call_off).await?;
    for complaint in complaints.iter().filter(|it| it.resolution.is_none()) {
        let words = format!("Position {}: {}", complaint.position, as_typed(&complaint.wording));
        open.push(("lieferungen", "Offene Reklamation", words));
    }
    for note in dispatches::of_call_off(&mut *tx, call_off).await? {
        if note.findings.iter().any(|finding| finding.outcome == Outcome::Notice) {
            let words =
                "Die Bestellung ging nach Vertragsende hinaus oder zu. Die Geschäftsstelle klärt das.".to_owned();
            open.push(("lieferungen", "Zugang nach Vertragsende", words));
        }
    }
    let lines = order_lines::of_call_off(tx, call_off).await?;
    if call_off.status != Status::Delivered
        && lines.iter().any(|line| !line.delivered.is_zero() && !line.open().is_zero())
    {
        let arrived = lines.iter().filter(|line| line.open().is_zero()).count();
        let words = format!("{arrived} von {} Positionen vollständig geliefert", lines.len());
        open.push(("lieferungen", "Teilgeliefert", words));
    }
    Ok(open)
}

/// „20 × CTX-UNI, 2.844,00 € netto frei“, why, who and when.
fn taken_back(it: &PartialCancellation, review: &Review, currency: &str) -> (String, String, String) {
    let article = |position| {
        let line = review.priced.lines.iter().find(|line| line.position == position);
        line.map_or("", |line| line.article_number.as_str())
    };
    let parts: Vec<String> =
        it.quantities.iter().map(|part| format!("{} × {}", quantity(part.quantity), article(part.position))).collect();
    let freed = match it.freed.is_negative() {
        false => format!("{} netto frei", money(it.freed.decimal(), currency)),
        true => format!("Rest neu berechnet, {} netto mehr", money(-it.freed.decimal(), currency)),
    };
    let what = if it.kind == Kind::ShortClose { "Restmenge geschlossen" } else { "Teilstornierung" };
    (
        format!("{what} {}: {}, {freed}", it.sequence, parts.join(", ")),
        it.reason.clone(),
        format!("{}, {}", as_typed(&it.person), instant(it.at)),
    )
}

/// „Position 1: Es bleiben 7. …“
fn off_step(it: &OffStep) -> String {
    let rest = quantity(it.rest);
    let bound = if it.step.is_zero() {
        format!("Die Mindestmenge ist {}", quantity(it.minimum))
    } else {
        format!("Die Mindestmenge ist {}, die Verpackungseinheit {}", quantity(it.minimum), quantity(it.step))
    };
    format!(
        "Position {}: Es bleiben {rest}. {bound}. Nach einer Teilstornierung ist das zulässig. Bitte klären Sie die Lieferung mit dem Lieferanten.",
        it.position
    )
}

/// The newest stored review, the one at release before the one at submission, with its time.
async fn judgement(tx: &mut Tx, call_off: &CallOff) -> Result<Option<(Facts, Review, String)>, Problem> {
    for (point, words) in [(CheckPoint::Release, "bei der Freigabe"), (CheckPoint::Submission, "bei der Einreichung")] {
        if let Some((facts, review)) =
            history::latest_judgement(&mut *tx, call_off.contract, call_off.id, point.key()).await?
        {
            let at = instant(review.evaluated_at);
            return Ok(Some((facts, review, format!("geprüft {words} am {at}"))));
        }
    }
    Ok(None)
}
