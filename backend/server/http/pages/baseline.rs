//! `/verwaltung/vergleichspreise/{id}`: one comparison price with its evidence, who recorded and who approved it, the orders it was
//! used for, and what was corrected where it counts no more. Readers look; the office decides.

use abruf_domain::ids::BaselineId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Months, NaiveDate};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, decide_baseline, withdraw_baseline};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::access::encoded;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::baseline_words::{kind_and_class, price_words, standing_words, validity_words};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, day, instant, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings_levels::class_words;
use crate::storage::baseline_decisions::{self, Withdrawal};
use crate::storage::baselines::{self, Baseline, Standing};
use crate::storage::savings_corrections::{self, Restatement, Sums, Use};
use crate::storage::{Tx, baseline_files};

/// Rows of a list on a page.
const PAGE: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/baseline.html")]
pub struct BaselinePage {
    frame: Frame,
    it: Baseline,
    standing: &'static str,
    class: &'static str,
    facts: Vec<(&'static str, String)>,
    /// Name and hash of the evidence file.
    file: Option<(String, String)>,
    /// The one it replaces, and the one that replaced it or shall.
    replaces: Option<Uuid>,
    replaced_by: Option<Uuid>,
    /// What was asked and decided about its withdrawal, the newest first.
    history: Vec<String>,
    /// Works for the body's office.
    office: bool,
    /// One's own: a second person has to decide.
    own: bool,
    /// The withdrawal that waits: reason, and whether it is one's own.
    asked: Option<(String, bool)>,
    /// It waits for the decision on its replacement.
    replacement_waits: bool,
    uses: Vec<UseRow>,
    use_count: String,
    use_sums: (String, String),
    uses_pager: Pager,
    corrections: Vec<CorrectionRow>,
    correction_count: String,
    /// Book, what its baselines and its effect change by.
    correction_sums: Vec<(&'static str, String, String)>,
    corrections_pager: Pager,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
    idempotency_key: Uuid,
}

impl BaselinePage {
    fn waits(&self) -> bool {
        self.it.standing() == Standing::Pending
    }

    fn counts(&self) -> bool {
        self.it.standing() == Standing::Approved
    }

    fn action(&self) -> String {
        format!("/verwaltung/vergleichspreise/{}", self.it.id)
    }
}

/// The books of the savings ledger.
const BOOKS: [(&str, &str); 3] = [("planned", "geplant"), ("realised", "realisiert"), ("audited", "geprüft")];

/// An order in words.
struct UseRow {
    call_off: Uuid,
    number: String,
    member: String,
    dated_on: String,
    baseline: String,
    effect: String,
}

/// A correction in words.
struct CorrectionRow {
    call_off: Uuid,
    number: String,
    member: String,
    /// `Pos. 1`, or the costs of the order.
    place: String,
    book: &'static str,
    what: &'static str,
    class: &'static str,
    baseline: String,
    effect: String,
    dated_on: String,
}

/// The forms, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    schritt: String,
    refusal: String,
    reason: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
    abrufe: String,
    berichtigungen: String,
}

/// `GET /verwaltung/vergleichspreise/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<BaselinePage>, Problem> {
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), &asked).await?))
}

/// `POST /verwaltung/vergleichspreise/{id}`
pub async fn decide(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let baseline = BaselineId(id);
    let done = match typed.schritt.as_str() {
        "freigeben" => decide_baseline::approve(&app, &actor, baseline).await.map(|()| "freigegeben"),
        "ablehnen" => decide_baseline::refuse(&app, &actor, baseline, &typed.refusal).await.map(|()| "abgelehnt"),
        "widerrufen" => {
            withdraw_baseline::ask(&app, &actor, baseline, &typed.reason, key.as_ref()).await.map(|_| "beantragt")
        }
        "widerruf-bestaetigen" => withdraw_baseline::approve(&app, &actor, baseline).await.map(|()| "widerrufen"),
        "behalten" => withdraw_baseline::keep(&app, &actor, baseline).await.map(|()| "behalten"),
        _ => Err(ActionError::NotFound),
    };
    match done {
        Ok(hint) => Ok(Redirect::to(&format!("/verwaltung/vergleichspreise/{id}?hinweis={hint}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let asked = Asked::default();
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, Mistakes(errors), &asked).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /verwaltung/vergleichspreise/{id}/beleg`
pub async fn evidence(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let file = baseline_files::of_baseline(&mut tx, BaselineId(id)).await?.ok_or_else(Problem::not_found)?;
    // Never shown in place: it is somebody else's file. Names may hold any letter (RFC 6266).
    let disposition = format!("attachment; filename*=UTF-8''{}", encoded(&file.name).replace('/', "%2F"));
    Ok(([(CONTENT_TYPE, file.media_type), (CONTENT_DISPOSITION, disposition)], file.bytes).into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    asked: &Asked,
) -> Result<BaselinePage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let it = baselines::find(&mut tx, BaselineId(id)).await?.ok_or_else(Problem::not_found)?;
    let (months, oldest) = baselines::oldest_fresh(&mut tx, actor.body, app.clock.today()).await?;
    let withdrawals = baseline_decisions::withdrawals(&mut tx, it.contract, it.id).await?;
    let waiting = withdrawals.iter().find(|it| it.decided.is_none());
    let (uses, use_sums, uses_pager) = uses(&mut tx, &it, &asked.abrufe).await?;
    let (corrections, correction_sums, corrections_pager) = corrections(&mut tx, &it, &asked.berichtigungen).await?;
    let (standing, class) = standing_words(&it, oldest);
    let sums =
        |sums: Sums| (money(sums.baseline_net.decimal(), &it.currency), money(sums.effect.decimal(), &it.currency));
    let office = actor.role == Role::Office && it.body == actor.body;
    Ok(BaselinePage {
        frame: frame.titled(format!("Vergleichspreis {}", it.article_number)),
        standing,
        class,
        facts: facts(&it, months),
        file: it.file_name.clone().zip(it.sha256.as_deref().map(|digest| HEXLOWER.encode(digest))),
        replaces: it.replaces.map(|id| id.0),
        replaced_by: withdrawals
            .iter()
            .filter(|it| it.decided.as_ref().is_none_or(|(_, _, withdrawn)| *withdrawn))
            .find_map(|it| it.replaced_by)
            .filter(|_| office || it.withdrawn_at.is_some())
            .map(|id| id.0),
        history: if office { withdrawals.iter().map(in_words).collect() } else { Vec::new() },
        office,
        own: it.recorded_by == actor.person,
        asked: waiting
            .filter(|it| it.replaced_by.is_none())
            .map(|it| (it.reason.clone(), it.recorded_by == actor.person)),
        replacement_waits: waiting.is_some_and(|it| it.replaced_by.is_some()),
        use_count: count(use_sums.rows, "Abruf", "Abrufe"),
        use_sums: sums(use_sums),
        uses: uses.into_iter().map(|row| use_row(row, &it.currency)).collect(),
        uses_pager,
        correction_count: count(correction_sums.iter().map(|it| it.rows).sum(), "Berichtigung", "Berichtigungen"),
        correction_sums: BOOKS
            .into_iter()
            .zip(correction_sums)
            .filter(|(_, it)| 0 < it.rows)
            .map(|((_, name), it)| {
                let (baseline, effect) = sums(it);
                (name, baseline, effect)
            })
            .collect(),
        corrections: corrections.into_iter().map(|row| correction_row(row, &it.currency)).collect(),
        corrections_pager,
        typed,
        mistakes,
        hint: hint(&asked.hinweis),
        idempotency_key: app.chance.id(app.clock.now()),
        it,
    })
}

async fn uses(tx: &mut Tx, it: &Baseline, asked: &str) -> Result<(Vec<Use>, Sums, Pager), Problem> {
    let (_, sums) = savings_corrections::uses(tx, it.contract, it.id, 1, 0).await?;
    let pager = Pager::new(asked, PAGE, sums.rows, &format!("/verwaltung/vergleichspreise/{}", it.id), &[]);
    let (rows, _) = savings_corrections::uses(tx, it.contract, it.id, PAGE, pager.offset()).await?;
    Ok((rows, sums, pager.named("abrufe").listing("Abrufe")))
}

async fn corrections(tx: &mut Tx, it: &Baseline, asked: &str) -> Result<(Vec<Restatement>, [Sums; 3], Pager), Problem> {
    let sums = savings_corrections::restated(tx, it.contract, it.id).await?;
    let all = sums.iter().map(|it| it.rows).sum();
    let pager = Pager::new(asked, PAGE, all, &format!("/verwaltung/vergleichspreise/{}", it.id), &[]);
    let rows = savings_corrections::restatements(tx, it.contract, it.id, PAGE, pager.offset()).await?;
    Ok((rows, sums, pager.named("berichtigungen").listing("Berichtigungen")))
}

fn facts(it: &Baseline, months: u32) -> Vec<(&'static str, String)> {
    let by = |name: &str, at: String| if name.is_empty() { at } else { format!("{}, {at}", as_typed(name)) };
    let last: Option<NaiveDate> = it.dated_on.checked_add_months(Months::new(months));
    let mut facts = vec![
        ("Preis netto", price_words(it)),
        ("Art", kind_and_class(it.kind)),
        ("Datum des Belegs", day(it.dated_on)),
        ("Frisch bis", last.map(|last| format!("{} ({months} Monate)", day(last))).unwrap_or_default()),
    ];
    facts.extend(validity_words(it).map(|words| ("Gilt", words)));
    facts.push(("Für", it.member.as_ref().map_or_else(|| "alle Mitglieder".to_owned(), |(_, name)| name.clone())));
    facts.push(("Beleg", it.evidence.clone()));
    facts.extend(it.recorded_at.map(|at| ("Erfasst", by(&it.recorded_by_name, instant(at)))));
    facts.extend(it.approved.as_ref().map(|(name, at)| ("Freigegeben", by(name, instant(*at)))));
    facts.extend(
        it.refused
            .as_ref()
            .map(|(name, at, why)| ("Abgelehnt", format!("{}: {}", by(name, instant(*at)), as_typed(why)))),
    );
    facts.extend(it.withdrawn_at.map(|at| ("Widerrufen am", instant(at))));
    facts
}

/// „Widerruf beantragt von Olga Amt, 22.11.2026, 10:00 Uhr: brutto abgeschrieben. Erteilt von Otto Amt, ...“
fn in_words(it: &Withdrawal) -> String {
    let what = if it.replaced_by.is_some() { "Ersatz" } else { "Widerruf" };
    let asked = format!(
        "{what} beantragt von {}, {}: {}",
        as_typed(&it.recorded_by_name),
        instant(it.recorded_at),
        as_typed(&it.reason)
    );
    match &it.decided {
        None => format!("{asked}. Wartet auf die zweite Person."),
        Some((name, at, true)) => format!("{asked}. Bestätigt von {}, {}.", as_typed(name), instant(*at)),
        Some((name, at, false)) => format!("{asked}. Nicht erteilt von {}, {}.", as_typed(name), instant(*at)),
    }
}

fn use_row(it: Use, currency: &str) -> UseRow {
    UseRow {
        call_off: it.call_off.0,
        number: it.number,
        member: it.member,
        dated_on: day(it.dated_on),
        baseline: money(it.baseline_net.decimal(), currency),
        effect: money(it.effect.decimal(), currency),
    }
}

fn correction_row(it: Restatement, currency: &str) -> CorrectionRow {
    CorrectionRow {
        call_off: it.call_off.0,
        number: it.number,
        member: it.member,
        place: it.position.map_or_else(|| "Zuschlag und Umlage".to_owned(), |position| format!("Pos. {position}")),
        book: BOOKS.into_iter().find(|(key, _)| *key == it.book).map_or("", |(_, name)| name),
        what: if it.takes_back { "zurückgenommen" } else { "zählt stattdessen" },
        class: class_words(&it.class),
        baseline: money(it.baseline_net.decimal(), currency),
        effect: money(it.effect.decimal(), currency),
        dated_on: day(it.dated_on),
    }
}

fn hint(key: &str) -> &'static str {
    match key {
        "erfasst" => "Erfasst. Eine zweite Person der Geschäftsstelle muss ihn freigeben; bis dahin zählt er nicht.",
        "freigegeben" => "Freigegeben. Er zählt ab jetzt für neue Abrufe.",
        "abgelehnt" => "Abgelehnt. Er zählt nie.",
        "beantragt" => "Beantragt. Eine zweite Person der Geschäftsstelle muss den Widerruf bestätigen.",
        "widerrufen" => "Widerrufen. Die Berichtigungen stehen unten.",
        "behalten" => "Der Widerruf ist nicht erteilt. Der Vergleichspreis zählt weiter.",
        _ => "",
    }
}
