//! `/aufsicht`: what a supervisory board controls. Every count leads to its list. The office records here what the
//! program cannot know: turnover beside the call-offs, results of restore tests.

use abruf_domain::activity_share::ActivityShare;
use abruf_domain::checks;
use abruf_domain::finding::Addressee;
use abruf_domain::money::Net;
use abruf_domain::notation::Language;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, record_restore_test, record_turnover};
use crate::actor::{Actor, Role, Standing};
use crate::app::App;
use crate::http::access::encoded;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::savings;
use crate::http::pages::savings_board::SignalView;
use crate::http::pages::savings_view::{About, Figure};
use crate::http::pages::volume_words::{scope_words, volume};
use crate::http::pages::written::{count, day, day_of, money, percent, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::contract_signals::{self, OpenEvidence, OpenOption};
use crate::reports::control::{self, Activity, Evidence, JustificationCount, RecordedVolume};
use crate::reports::savings::uncompared;
use crate::storage::restore_tests::{self, RestoreTest};
use crate::storage::tasks;

/// More than anybody leaves open.
const MOST_OWED: i64 = 1_000;
/// A restore test is due after so many days.
const RESTORE_DAYS: i64 = 30;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/control.html")]
pub struct ControlPage {
    frame: Frame,
    years: Vec<String>,
    year: String,
    view: String,
    may_record: bool,
    saved: bool,
    justifications: Vec<CountRow>,
    justified: i64,
    owed: i64,
    volumes: Vec<VolumeRow>,
    options: Vec<OptionRow>,
    evidence: OpenEvidence,
    uncompared_list: String,
    signals: Vec<SignalView>,
    /// Only whoever sees every call-off of the body can be told.
    activity: Option<ActivityView>,
    shown: Vec<Evidence>,
    tests: Vec<RestoreTest>,
    restore_sentence: String,
    restore_fine: bool,
    typed: Typed,
    mistakes: Mistakes,
    keys: [Uuid; 2],
}

/// Justifications of a member to a rule.
struct CountRow {
    rule: String,
    title: String,
    member: String,
    count: String,
    address: String,
}

/// A ceiling with recorded volume.
struct VolumeRow {
    contract: String,
    address: String,
    scope: String,
    limit: String,
    authorised: String,
    recorded: String,
    breached: bool,
}

/// An option without a decision.
struct OptionRow {
    contract: String,
    address: String,
    new_end: String,
    deadline: String,
    words: String,
}

/// The share of activity in words.
struct ActivityView {
    sentence: String,
    fine: bool,
    needed: String,
    rows: Vec<(i32, String, String, String, String)>,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    jahr: String,
    hinweis: String,
}

/// The fields of both forms; each sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    year: String,
    members: String,
    others: String,
    evidence: String,
    tested_on: String,
    backup_of: String,
    passed: String,
    remark: String,
}

/// `GET /aufsicht`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<ControlPage>, Problem> {
    let typed = Typed { year: (app.clock.today().year() - 1).to_string(), ..Typed::default() };
    Ok(Page(page(&app, &actor, frame, typed, Mistakes::default(), &asked).await?))
}

/// `POST /aufsicht/umsatz`
pub async fn turnover(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let year = typed.year.trim().parse::<i32>().ok().filter(|year| (0..=9999).contains(year));
    if year.is_none() {
        mistakes.add("year", "Bitte geben Sie das Jahr mit vier Ziffern ein, zum Beispiel 2025.");
    }
    let members = typed_net("members", &typed.members, &mut mistakes);
    let others = typed_net("others", &typed.others, &mut mistakes);
    if let (Some(year), Some(members), Some(others)) = (year, members, others) {
        let what = record_turnover::ToRecord { year, members, others, evidence: typed.evidence.clone() };
        match record_turnover::record(&app, &actor, &what, key.as_ref()).await {
            Ok(_) => return Ok(saved()),
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(error) => return Err(error.into()),
        }
    }
    wrong(&app, &actor, frame, typed, mistakes).await
}

/// `POST /aufsicht/wiederherstellung`
pub async fn restore_test(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let tested_on = typed_day("tested_on", &typed.tested_on, &mut mistakes);
    let backup_of = typed_day("backup_of", &typed.backup_of, &mut mistakes);
    let passed = match typed.passed.as_str() {
        "ja" => Some(true),
        "nein" => Some(false),
        _ => {
            mistakes.add("passed", "Bitte wählen Sie, ob die Probe bestanden ist.");
            None
        }
    };
    if let (Some(tested_on), Some(backup_of), Some(passed)) = (tested_on, backup_of, passed) {
        let what = record_restore_test::ToRecord { tested_on, backup_of, passed, remark: typed.remark.clone() };
        match record_restore_test::record(&app, &actor, &what, key.as_ref()).await {
            Ok(_) => return Ok(saved()),
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(error) => return Err(error.into()),
        }
    }
    wrong(&app, &actor, frame, typed, mistakes).await
}

fn saved() -> Response {
    Redirect::to("/aufsicht?hinweis=gespeichert").into_response()
}

async fn wrong(app: &App, actor: &Actor, frame: Frame, typed: Typed, mistakes: Mistakes) -> Result<Response, Problem> {
    let page = page(app, actor, frame.with_mistakes(), typed, mistakes, &Asked::default()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

fn typed_net(field: &str, text: &str, mistakes: &mut Mistakes) -> Option<Net> {
    match read_amount(text) {
        Ok(Some(amount)) => return Some(Net::rounded(amount)),
        Ok(None) => mistakes.add(field, "Bitte geben Sie den Betrag ein, zum Beispiel 1.234,50. Ohne Umsatz: 0."),
        Err(message) => mistakes.add(field, message),
    }
    None
}

fn typed_day(field: &str, text: &str, mistakes: &mut Mistakes) -> Option<NaiveDate> {
    match read_day(text) {
        Ok(Some(day)) => return Some(day),
        Ok(None) => mistakes.add(field, "Bitte geben Sie den Tag ein, zum Beispiel 01.03.2027."),
        Err(message) => mistakes.add(field, message),
    }
    None
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mistakes: Mistakes,
    asked: &Asked,
) -> Result<ControlPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let today = app.clock.today();
    let (years, year) = savings::years(&mut tx, &asked.jahr, today).await?;
    let about = About { year, ..About::default() };
    let counts = control::justification_counts(&mut tx, year).await?;
    let open = uncompared(&mut tx, &about.filter("")).await?;
    let uncompared_list = about.list(Figure::result("none"));
    let signals = contract_signals::of_today(&mut tx, today, open, actor.standing == Standing::Body).await?;
    let activity = match actor.standing {
        Standing::Body => Some(activity_view(&control::activity(&mut tx, actor.body, today).await?)),
        Standing::Member | Standing::Auditor(_) => None,
    };
    let tests = restore_tests::newest(&mut tx, actor.body, 5).await?;
    let (restore_sentence, restore_fine) = restore_words(&tests, today);
    let owed = tasks::owed(&mut tx, Addressee::Office, MOST_OWED).await?;
    Ok(ControlPage {
        view: savings::view(actor, &frame),
        frame: frame.titled("Aufsicht"),
        years,
        year: about.year_key(),
        may_record: actor.role == Role::Office,
        saved: asked.hinweis == "gespeichert",
        justified: counts.iter().map(|it| it.count).sum(),
        justifications: counts.into_iter().map(|it| count_row(it, &about.year_key())).collect(),
        owed: i64::try_from(owed.len()).unwrap_or(i64::MAX),
        volumes: control::recorded_volumes(&mut tx).await?.iter().map(volume_row).collect(),
        options: contract_signals::open_options(&mut tx, today).await?.iter().map(|it| option_row(it, today)).collect(),
        evidence: contract_signals::open_evidence(&mut tx, open).await?,
        signals: signals.into_iter().map(|it| SignalView::of(it, &uncompared_list)).collect(),
        uncompared_list,
        activity,
        shown: control::inhouse_evidence(&mut tx, actor.body).await?,
        tests,
        restore_sentence,
        restore_fine,
        typed,
        mistakes,
        keys: [app.chance.id(app.clock.now()), app.chance.id(app.clock.now())],
    })
}

/// Title of a rule; one that is no longer known keeps its id.
pub fn rule_title(rule: &str) -> String {
    checks::by_id(rule).map_or_else(|| rule.to_owned(), |it| it.texts.title(Language::German).to_owned())
}

fn count_row(it: JustificationCount, year: &str) -> CountRow {
    CountRow {
        title: rule_title(&it.rule),
        count: count(it.count, "Begründung", "Begründungen"),
        address: format!("/aufsicht/begruendungen?jahr={year}&regel={}&mitglied={}", encoded(&it.rule), it.member),
        member: it.member_name,
        rule: it.rule,
    }
}

fn volume_row(it: &RecordedVolume) -> VolumeRow {
    let amount = |amount| volume(amount, &it.measure, &it.currency);
    VolumeRow {
        contract: format!("{} {}", it.number, as_typed(&it.title)),
        address: format!("/rahmenvertraege/{}", it.contract),
        scope: scope_words(&it.scope, &it.of, &it.measure),
        limit: it.limit.map_or_else(|| "ohne Grenze".to_owned(), amount),
        authorised: amount(it.authorised),
        recorded: amount(it.recorded),
        breached: it.breached,
    }
}

fn option_row(it: &OpenOption, today: NaiveDate) -> OptionRow {
    let left = (it.notice_deadline - today).num_days();
    OptionRow {
        contract: format!("{} {}", it.number, as_typed(&it.title)),
        address: format!("/rahmenvertraege/{}", it.contract),
        new_end: day(it.new_end),
        deadline: day(it.notice_deadline),
        words: match left {
            ..0 => "verstrichen, nicht ausgeübt".to_owned(),
            0 => "heute".to_owned(),
            left => format!("noch {}", count(left, "Tag", "Tage")),
        },
    }
}

fn activity_view(it: &Activity) -> ActivityView {
    let needed = percent(it.needed.decimal());
    let euros = |net: Net| money(net.decimal(), "EUR");
    let (sentence, fine) = match &it.share {
        ActivityShare::Told(told) => {
            let share = percent(told.percent);
            let judged = if told.enough { "Das ist mehr als" } else { "Das ist nicht mehr als" };
            let sentence = format!(
                "{share} des Umsatzes der drei Jahre entfallen auf Mitglieder: {} von {}. {judged} {needed}.",
                euros(told.members),
                euros(told.total)
            );
            (sentence, told.enough)
        }
        ActivityShare::Incomplete { missing } => {
            let years: Vec<String> = missing.iter().map(ToString::to_string).collect();
            let sentence = format!(
                "Noch nicht zu berechnen: Für {} ist kein Umsatz erfasst. Die Geschäftsstelle trägt ihn unten ein.",
                years.join(", ")
            );
            (sentence, false)
        }
        ActivityShare::NoTurnover => ("Nicht zu berechnen: In den drei Jahren gab es keinen Umsatz.".to_owned(), false),
    };
    let rows = it.years.iter().map(|year| match &year.recorded {
        Some(recorded) => (
            year.year,
            euros(year.called_off),
            euros(recorded.members),
            euros(recorded.others),
            format!("{}, erfasst am {}", as_typed(&recorded.evidence), day_of(recorded.recorded_at)),
        ),
        None => (year.year, euros(year.called_off), "fehlt".to_owned(), "fehlt".to_owned(), String::new()),
    });
    ActivityView { sentence, fine, needed, rows: rows.collect() }
}

fn restore_words(tests: &[RestoreTest], today: NaiveDate) -> (String, bool) {
    let Some(passed) = tests.iter().find(|it| it.passed) else {
        return ("Noch keine bestandene Wiederherstellungsprobe erfasst.".to_owned(), false);
    };
    let ago = (today - passed.tested_on).num_days();
    let when = match ago {
        0 => "heute".to_owned(),
        1 => "gestern".to_owned(),
        days => format!("vor {days} Tagen"),
    };
    let failed_since = tests.first().is_some_and(|it| !it.passed);
    let fine = ago <= RESTORE_DAYS && !failed_since;
    let mut sentence =
        format!("Letzte bestandene Wiederherstellungsprobe: {when}. Empfohlen: alle {RESTORE_DAYS} Tage.");
    if failed_since {
        sentence.push_str(" Die jüngste Probe ist nicht bestanden.");
    }
    (sentence, fine)
}
