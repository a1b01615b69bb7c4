//! `/pruefung/abrufe/{id}`: everything stored about a call-off, side by side: reviews with every finding,
//! history, justifications, documents, ledger, savings, log.

use abruf_domain::call_off::{Status, document_in_words};
use abruf_domain::finding::{Finding, Value};
use abruf_domain::ids::CallOffId;
use abruf_domain::notation::Language;
use abruf_domain::review::Decision;
use abruf_domain::{Outcome, checks};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, FieldError, mark_audited};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::finding_view::{FindingView, with_marks};
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::audit_log::{EntryView, entry_view, in_groups};
use crate::http::pages::call_off_savings::{Books, MarkView, books, mark_view, renewal_view};
use crate::http::pages::timeline::{TimelineView, timeline};
use crate::http::pages::volume_words::{LedgerLine, ledger_line};
use crate::http::pages::written::{count, instant, money, status_class};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::documents::DocumentRow;
use crate::storage::history::Justification;
use crate::storage::proof::StoredReview;
use crate::storage::savings_marks::{self, Verdict};
use crate::storage::{audit_log, call_offs, contracts, documents, history, organisations, proof, realised_savings};

/// More than any call-off has.
const ALL: i64 = 10_000;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/audit_call_off.html")]
pub struct AuditCallOffPage {
    frame: Frame,
    id: Uuid,
    number: String,
    case_number: String,
    status: &'static str,
    status_class: &'static str,
    member: String,
    supplier: String,
    contract: contracts::Contract,
    net: String,
    gross: String,
    need: String,
    reviews: Vec<ReviewView>,
    steps: Vec<TimelineView>,
    justifications: Vec<(String, Justification, String)>,
    documents: Vec<DocumentView>,
    ledger: Vec<LedgerLine>,
    /// Planned, realised, audited.
    books: Books,
    marks: Vec<MarkView>,
    /// The reader is an auditor and the call-off was an order.
    may_mark: bool,
    typed: Typed,
    mistakes: Mistakes,
    idempotency_key: Uuid,
    log: Vec<EntryView>,
}

/// The mark, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    verdict: String,
    wording: String,
}

/// A stored review.
struct ReviewView {
    title: String,
    summary: String,
    status_class: &'static str,
    decision: &'static str,
    requested_by: String,
    facts_sha256: String,
    /// What somebody had to look at, blocks first.
    open: Vec<FindingRow>,
    passed: Vec<FindingRow>,
    passed_count: String,
    last: bool,
}

/// A finding with what it rests on.
struct FindingRow {
    it: FindingView,
    figures: Vec<(String, String)>,
    inputs: Vec<String>,
}

/// A frozen document.
struct DocumentView {
    it: DocumentRow,
    kind: &'static str,
    sha256: String,
    at: String,
}

/// `GET /pruefung/abrufe/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Page<AuditCallOffPage>, Problem> {
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default()).await?))
}

/// `POST /pruefung/abrufe/{id}/einsparung`: the auditor's mark on the savings.
pub async fn mark(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let done = match typed.verdict.parse::<Verdict>() {
        Ok(verdict) => {
            mark_audited::mark(&app, &actor, CallOffId(id), verdict, &typed.wording, key.as_ref()).await.map(|_| ())
        }
        Err(_) => {
            let message = "Bitte wählen Sie „Als geprüft markieren“ oder „Beanstanden“.".to_owned();
            Err(ActionError::Invalid(vec![FieldError::new("wording", message)]))
        }
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/pruefung/abrufe/{id}#pruefvermerk")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            mistakes.0.extend(errors);
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, mistakes).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<AuditCallOffPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let contract = contracts::find(&mut tx, call_off.contract).await?.ok_or_else(Problem::not_found)?;
    let currency = contract.currency.as_str();
    let reviews = proof::reviews(&mut tx, contract.id, call_off.id).await?;
    let steps = history::timeline(&mut tx, contract.id, call_off.id).await?;
    let justifications = history::justifications(&mut tx, contract.id, call_off.id).await?;
    let documents = documents::of_call_off(&mut tx, contract.id, call_off.id).await?;
    let ledger = proof::ledger(&mut tx, contract.id, Some(call_off.id), ALL, 0).await?;
    let savings = proof::savings_lines(&mut tx, contract.id, call_off.id).await?;
    let marks = savings_marks::of_call_off(&mut tx, contract.id, call_off.id).await?;
    let renewal = realised_savings::mark_to_renew(&mut tx, contract.id, call_off.id).await?;
    let log = audit_log::page(&mut tx, Some(call_off.id), ALL, 0).await?;
    let number = call_off.number.clone().unwrap_or_else(|| call_off.case_number.clone());
    let last = reviews.last().map(|review| review.id);
    let amount = |amount: Option<_>| amount.map_or_else(|| "–".to_owned(), |it| money(it, currency));
    Ok(AuditCallOffPage {
        frame: frame.titled(format!("Prüfung {number}")),
        id,
        number,
        status: if call_off.status == Status::Draft { "Entwurf, Prüfung abgelehnt" } else { call_off.status.german() },
        status_class: status_class(call_off.status),
        member: organisations::name(&mut tx, call_off.member).await?.unwrap_or_default(),
        supplier: organisations::name(&mut tx, call_off.supplier).await?.unwrap_or_default(),
        net: amount(call_off.amounts.map(|it| it.net.decimal())),
        gross: amount(call_off.amounts.map(|it| it.gross.decimal())),
        reviews: reviews.iter().map(|review| review_view(review, currency, Some(review.id) == last)).collect(),
        steps: timeline(&steps),
        justifications: justifications.into_iter().map(justification).collect(),
        documents: documents.into_iter().map(document_view).collect(),
        ledger: ledger.iter().map(|entry| ledger_line(entry, currency)).collect(),
        books: books(&savings, currency),
        marks: marks.into_iter().map(mark_view).chain(renewal.map(renewal_view)).collect(),
        may_mark: actor.role == Role::Auditor && call_off.number.is_some(),
        typed,
        mistakes,
        idempotency_key: app.chance.id(app.clock.now()),
        log: log.into_iter().map(entry_view).collect(),
        case_number: call_off.case_number,
        need: call_off.details.need,
        contract,
    })
}

fn review_view(stored: &StoredReview, currency: &str, last: bool) -> ReviewView {
    let review = &stored.review;
    let point = if stored.check_point == "release" { "bei der Freigabe" } else { "bei der Einreichung" };
    let found = |outcome, one: &str, several: &str| {
        let many = i64::try_from(review.with_outcome(outcome).count()).unwrap_or(i64::MAX);
        (0 < many).then(|| count(many, one, several))
    };
    let parts = [
        found(Outcome::Passed, "bestanden", "bestanden"),
        found(Outcome::Notice, "Hinweis", "Hinweise"),
        found(Outcome::Pending, "später geprüft", "später geprüft"),
        found(Outcome::Justify, "mit Begründung", "mit Begründung"),
        found(Outcome::Block, "blockiert", "blockiert"),
    ];
    let (decision, status_class) = match review.decision {
        Decision::Clear => ("zulässig", "status status--good"),
        Decision::NeedsJustification => ("mit Begründung zulässig", "status status--wait"),
        Decision::Blocked => ("blockiert", "status status--bad"),
    };
    let rows = |outcome| review.with_outcome(outcome).map(|finding| finding_row(finding, currency));
    let passed: Vec<FindingRow> = rows(Outcome::Passed).collect();
    ReviewView {
        open: [Outcome::Block, Outcome::Justify, Outcome::Pending, Outcome::Notice]
            .into_iter()
            .flat_map(rows)
            .collect(),
        passed_count: count(
            i64::try_from(passed.len()).unwrap_or(i64::MAX),
            "Prüfung bestanden",
            "Prüfungen bestanden",
        ),
        passed,
        title: format!("Prüfung {point}, {}", instant(stored.evaluated_at)),
        summary: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
        decision,
        status_class,
        requested_by: stored.requested_by.clone().unwrap_or_else(|| "–".to_owned()),
        facts_sha256: in_groups(&stored.facts_sha256),
        last,
    }
}

fn finding_row(finding: &Finding, currency: &str) -> FindingRow {
    let written =
        |(name, value): (&String, &Value)| (figure_words(name), with_marks(value).written(Language::German, currency));
    FindingRow {
        it: FindingView::on_page(finding, currency),
        figures: finding
            .params
            .iter()
            .chain(&finding.figures)
            .map(written)
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        inputs: finding.inputs.iter().map(|input| format!("{} {}", input_words(&input.kind), input.id)).collect(),
    }
}

/// Names of parameters and figures; one of a later rule stands as it is.
fn figure_words(name: &str) -> String {
    let words = match name {
        "after" => "danach",
        "consumed" => "abgerufen",
        "reserved" => "reserviert",
        "limit" => "Grenze",
        "free" => "frei",
        "this" => "dieser Abruf",
        "overrun" | "over" => "darüber",
        "place" => "Stelle",
        "contract" => "Vertrag",
        "member" => "Mitglied",
        "day" => "Stichtag",
        "deadline" => "Frist",
        "document" => "Beleg",
        "start" | "from" => "ab",
        "end" | "until" => "bis",
        "since" => "seit",
        "joined" => "beigetreten",
        "notice_date" => "Bekanntmachung vom",
        "notice" => "Bekanntmachung",
        "entered_on" => "eingetragen am",
        "minimum" => "Minimum",
        "next" => "nächste Menge",
        "fitting" => "noch möglich",
        "more" => "Mehrkosten",
        "modification" => "Änderung",
        "new_end" => "neues Ende",
        "exercised_on" => "ausgeübt am",
        "net" => "netto",
        "gross" => "brutto",
        "surcharge" => "Mindermengenzuschlag",
        "quantity" => "Menge",
        "step" => "Verpackungseinheit",
        "unit" => "Einheit",
        "share" => "Anteil",
        "threshold" => "Schwelle",
        "supplier" => "Lieferant",
        "status" => "Status",
        "months" => "Monate",
        "effect" => "Wirkung",
        "lines" => "Positionen",
        "lots" => "Lose",
        "sku" | "skus" | "articles" => "Artikelnummer",
        "item" => "Artikel",
        "missing" => "fehlt",
        "taken" => "belegt",
        "baseline" => "Vergleichswert",
        other => other,
    };
    words.to_owned()
}

fn input_words(kind: &str) -> &str {
    match kind {
        "guard" => "Höchstwert-Zeile",
        "entitlement" => "Abrufberechtigung",
        "price_term" => "Preis",
        "item" => "Leistungsposition",
        "organisation" => "Organisation",
        other => other,
    }
}

fn justification(it: Justification) -> (String, Justification, String) {
    let title =
        checks::by_id(&it.rule).map_or_else(|| it.rule.clone(), |check| check.texts.title(Language::German).to_owned());
    let at = instant(it.at);
    (title, it, at)
}

fn document_view(it: DocumentRow) -> DocumentView {
    DocumentView { kind: document_in_words(&it.kind), sha256: in_groups(&it.sha256), at: instant(it.created_at), it }
}
