//! `/pruefung/stichprobe/{id}`: which call-offs were drawn, which of them have I looked at, and how does anybody draw the
//! same again? Seen by nobody but whoever drew it.

use abruf_domain::money::Net;
use abruf_domain::sampling::{Method, Part, first_hit};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actions::draw_sample;
use crate::actions::{ActionError, FieldError, mark_sample_item};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::audit_log::in_groups;
use crate::http::pages::pager::Pager;
use crate::http::pages::sample_draw::{factor, method_words, seed_sentence, whole_number};
use crate::http::pages::spreadsheet;
use crate::http::pages::written::{count, instant, money, percent, status_class, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::call_off_table::status_words;
use crate::reports::sample_table::{DRAWN, drawn};
use crate::storage::audit_samples::{self, Row, Sample, Verdict};

/// Items on a page.
const PAGE: i64 = 50;
/// More than any sample has.
const ALL: i64 = 100_000;
/// Columns of the file behind [`DRAWN`].
const BESIDE: [&str; 9] = [
    "Währung",
    "Abrufnummer",
    "Stand heute",
    "Mitglied",
    "Vertragsnummer",
    "Vertrag",
    "Lieferant",
    "Ergebnis",
    "Bemerkung",
];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/sample.html")]
pub struct SamplePage {
    frame: Frame,
    id: Uuid,
    drawn_at: String,
    method: &'static str,
    seed: String,
    /// Name and value of what it was drawn with and from.
    facts: Vec<(&'static str, String)>,
    /// What it says if nothing is found.
    meaning: String,
    progress: String,
    findings: String,
    /// Drawn, but out of sight today.
    hidden: String,
    sha256: String,
    /// Draws the same without the program's database.
    command: String,
    /// The search it was drawn from.
    search: String,
    rows: Vec<RowView>,
    pager: Pager,
    more: String,
    mistakes: Mistakes,
    idempotency_key: Uuid,
}

/// An item.
struct RowView {
    position: i32,
    round: i16,
    call_off: Uuid,
    number: String,
    case_number: String,
    status: &'static str,
    status_class: &'static str,
    member: String,
    contract: String,
    contract_number: String,
    net: String,
    certain: bool,
    verdict: &'static str,
    verdict_words: &'static str,
    verdict_class: &'static str,
    note: String,
    marked_at: String,
    /// Name of its field of notes.
    field: String,
    /// Its form stands open.
    open: bool,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    seite: String,
}

/// An extension, as typed.
#[derive(Debug, Default, Deserialize)]
pub struct More {
    #[serde(default)]
    mehr: String,
}

/// A mark, as typed.
#[derive(Debug, Default, Deserialize)]
pub struct Marked {
    #[serde(default)]
    position: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    seite: String,
}

/// What a form sent that was not right.
#[derive(Debug, Default)]
struct Typed {
    more: String,
    /// Position and note.
    note: Option<(i32, String)>,
}

const fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Open => "offen",
        Verdict::Checked => "geprüft",
        Verdict::Finding => "Feststellung",
    }
}

/// `GET /pruefung/stichprobe/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    page(&app, &actor, frame, id, &asked.seite, Typed::default(), Mistakes::default()).await
}

/// `POST /pruefung/stichprobe/{id}/erweitern`
pub async fn extend(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<More>,
) -> Result<Response, Problem> {
    // What is no number is as wrong as none.
    let more = whole_number(&typed.mehr).unwrap_or(0);
    match draw_sample::extend(&app, &actor, id, more, key.as_ref()).await {
        Ok(_) => Ok(Redirect::to(&format!("/pruefung/stichprobe/{id}#gezogen")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let typed = Typed { more: typed.mehr, note: None };
            page(&app, &actor, frame, id, "", typed, Mistakes(errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /pruefung/stichprobe/{id}/vermerk`: the auditor's mark on an item.
pub async fn mark(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Marked>,
) -> Result<Response, Problem> {
    let position = typed.position.parse::<i32>().unwrap_or(0);
    let field = format!("note-{position}");
    let done = match typed.verdict.parse::<Verdict>() {
        Ok(verdict) => {
            mark_sample_item::mark(&app, &actor, (id, position), verdict, &typed.note, key.as_ref()).await.map(|_| ())
        }
        Err(_) => {
            let message = "Bitte wählen Sie „Geprüft“, „Feststellung“ oder „Wieder offen“.";
            Err(ActionError::Invalid(vec![FieldError::new("note", message)]))
        }
    };
    match done {
        Ok(()) => {
            let page = typed.seite.parse::<u32>().unwrap_or(1);
            Ok(Redirect::to(&format!("/pruefung/stichprobe/{id}?seite={page}#abruf-{position}")).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let errors = errors.into_iter().map(|it| FieldError::new(&field, it.message)).collect();
            let note = Typed { note: Some((position, typed.note)), ..Typed::default() };
            page(&app, &actor, frame, id, &typed.seite, note, Mistakes(errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /pruefung/stichprobe/{id}/stichprobe.csv`
pub async fn export(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    found(&mut tx, &actor, id).await?;
    let rows = audit_samples::items(&mut tx, id, ALL, 0).await?;
    let heads: Vec<&str> = DRAWN.into_iter().chain(BESIDE).collect();
    let rows: Vec<Vec<String>> = rows.into_iter().map(cells).collect();
    spreadsheet::download("stichprobe.csv", &heads, &rows)
}

/// `GET /pruefung/stichprobe/{id}/grundgesamtheit.csv`: what it was drawn from, for `abruf sample`; neither head nor mark,
/// so that `sha256sum` says the number that the page shows.
pub async fn population(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    found(&mut tx, &actor, id).await?;
    let text = audit_samples::population(&mut tx, id).await?.text();
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=absent"),
        (CONTENT_DISPOSITION, "attachment; filename=\"grundgesamtheit.csv\""),
    ];
    Ok((headers, text).into_response())
}

async fn found(conn: &mut PgConnection, actor: &Actor, id: Uuid) -> Result<Sample, Problem> {
    audit_samples::find(conn, actor, id).await?.ok_or_else(Problem::not_found)
}

fn cells(row: Row) -> Vec<String> {
    let first = drawn(row.position.into(), row.round.into(), &row.case_number, row.net, row.certain);
    let beside = [
        row.currency,
        row.number.unwrap_or_default(),
        status_words(row.status).to_owned(),
        row.member,
        row.contract_number,
        row.contract_title,
        row.supplier,
        verdict_words(row.verdict).to_owned(),
        row.note,
    ];
    first.into_iter().chain(beside).collect()
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    asked_page: &str,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let sample = found(&mut tx, actor, id).await?;
    let progress = audit_samples::progress(&mut tx, id).await?;
    let extensions = audit_samples::extensions(&mut tx, id).await?;
    let pager = Pager::new(asked_page, PAGE, progress.visible, &format!("/pruefung/stichprobe/{id}"), &[]);
    let rows = audit_samples::items(&mut tx, id, PAGE, pager.offset()).await?;
    let hidden = progress.items - progress.visible;
    let page = SamplePage {
        frame: if mistakes.is_empty() { frame } else { frame.with_mistakes() }.titled("Stichprobe"),
        id,
        drawn_at: instant(sample.drawn_at),
        method: method_words(sample.method.key()),
        seed: seed_sentence(sample.seed),
        facts: facts(&sample, &progress),
        meaning: meaning(sample.method),
        progress: format!("{} / {}", whole(progress.checked + progress.findings), whole(progress.items)),
        findings: count(progress.findings, "Feststellung", "Feststellungen"),
        hidden: if hidden == 0 { String::new() } else { count(hidden, "Abruf", "Abrufe") },
        sha256: in_groups(&sample.population_sha256),
        command: command(&sample, &extensions),
        search: if sample.filter.is_empty() { "/pruefung".to_owned() } else { format!("/pruefung?{}", sample.filter) },
        rows: rows.into_iter().map(|row| row_view(row, typed.note.as_ref())).collect(),
        pager,
        more: if typed.more.is_empty() { "10".to_owned() } else { typed.more },
        idempotency_key: app.chance.id(app.clock.now()),
        mistakes,
    };
    let status = if page.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Page(page)).into_response())
}

fn euros(net: Net) -> String {
    money(net.decimal(), "EUR")
}

fn facts(sample: &Sample, progress: &audit_samples::Progress) -> Vec<(&'static str, String)> {
    let calls = count(sample.population_count.into(), "Abruf", "Abrufe");
    let mut facts = vec![(
        "Grundgesamtheit",
        match sample.population_net {
            Some(net) => format!("{calls} im Wert von {}", money(net, "EUR")),
            None => calls,
        },
    )];
    match sample.method {
        Method::MonetaryUnits { tolerable, confidence } => {
            facts.push(("Tolerierbarer Fehler", euros(tolerable)));
            facts.push((
                "Sicherheit",
                format!("{}, Faktor {}", percent(confidence.percent().into()), factor(confidence)),
            ));
            if let Some((size, interval)) = sample.units {
                facts.push(("Umfang n", whole(size)));
                facts.push(("Intervall J", euros(interval)));
                facts.push(("Erster Treffer bei", euros(first_hit(sample.seed, 0, interval))));
            }
        }
        Method::Random { size } => facts.push(("Umfang n", whole(size.into()))),
        Method::Full { from } => facts.push(("Alle ab", euros(from))),
    }
    facts.push(("Gezogen", count(progress.items, "Abruf", "Abrufe")));
    if sample.units.is_some() {
        facts.push(("Davon sicher gezogen", count(progress.certain, "Abruf", "Abrufe")));
    }
    let drawn = Net::new(progress.net).ok();
    let book = sample.population_net.filter(|_| sample.part == Part::Orders).and_then(|book| Net::new(book).ok());
    if let Some((drawn, share)) = drawn.zip(book).and_then(|(drawn, book)| Some((drawn, drawn.percent_of(book)?))) {
        facts.push(("Wert der Stichprobe", format!("{}, {} der Grundgesamtheit", euros(drawn), percent(share))));
    }
    facts
}

fn meaning(method: Method) -> String {
    match method {
        Method::MonetaryUnits { tolerable, confidence } => format!(
            "Finden Sie keinen Fehler, so sind in der Grundgesamtheit mit {} Sicherheit höchstens {} falsch. Mit einem Fehler gilt dieser Satz nicht mehr; dann erweitern Sie die Stichprobe.",
            percent(confidence.percent().into()),
            euros(tolerable)
        ),
        Method::Random { .. } => {
            "Jeder Abruf konnte gleich wahrscheinlich gezogen werden. Wie viel Geld die Stichprobe abdeckt, ist Zufall."
                .to_owned()
        }
        Method::Full { .. } => {
            "Über kleinere Abrufe sagt die Vollprüfung nichts. Eine Erweiterung nimmt die nächstkleineren.".to_owned()
        }
    }
}

/// Draws the same from the file of the population.
fn command(sample: &Sample, extensions: &[i32]) -> String {
    let how = match sample.method {
        Method::MonetaryUnits { tolerable, confidence } => {
            format!("mus grundgesamtheit.csv --tolerable {tolerable} --confidence {}", confidence.percent())
        }
        Method::Random { size } => format!("random grundgesamtheit.csv --size {size}"),
        Method::Full { from } => format!("full grundgesamtheit.csv --from {from}"),
    };
    let more: String = extensions.iter().map(|more| format!(" --extend {more}")).collect();
    format!("abruf sample {how} --seed {}{more}", sample.seed)
}

fn row_view(row: Row, typed: Option<&(i32, String)>) -> RowView {
    let typed = typed.filter(|(position, _)| *position == row.position);
    RowView {
        position: row.position,
        round: row.round,
        call_off: row.call_off.0,
        number: row.number.unwrap_or_else(|| row.case_number.clone()),
        case_number: row.case_number,
        status: status_words(row.status),
        status_class: status_class(row.status),
        member: row.member,
        contract: row.contract_title,
        contract_number: row.contract_number,
        net: row.net.map_or_else(|| "–".to_owned(), |net| money(net.decimal(), &row.currency)),
        certain: row.certain,
        verdict: row.verdict.key(),
        verdict_words: verdict_words(row.verdict),
        verdict_class: match row.verdict {
            Verdict::Open => "status status--wait",
            Verdict::Checked => "status status--good",
            Verdict::Finding => "status status--bad",
        },
        note: typed.map_or(row.note, |(_, note)| note.clone()),
        marked_at: row.marked_at.map(instant).unwrap_or_default(),
        field: format!("note-{}", row.position),
        open: typed.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abruf_domain::sampling::Confidence;

    #[test]
    fn the_command_says_everything_that_draws_the_same() {
        let mut sample = Sample {
            id: Uuid::nil(),
            part: Part::Orders,
            filter: String::new(),
            method: Method::MonetaryUnits {
                tolerable: "60000".parse().unwrap(),
                confidence: Confidence::of(95).unwrap(),
            },
            units: None,
            seed: 8417,
            population_sha256: [0; 32],
            population_count: 1,
            population_net: None,
            drawn_at: chrono::DateTime::UNIX_EPOCH,
        };
        assert_eq!(
            command(&sample, &[10, 25]),
            "abruf sample mus grundgesamtheit.csv --tolerable 60000.00 --confidence 95 --seed 8417 --extend 10 --extend 25"
        );
        sample.method = Method::Full { from: "25000".parse().unwrap() };
        assert_eq!(command(&sample, &[]), "abruf sample full grundgesamtheit.csv --from 25000.00 --seed 8417");
    }
}
