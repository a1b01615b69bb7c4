//! `/verwaltung/system`: how the installation is doing, in words: gut, beobachten, handeln.

use std::path::Path;

use axum::extract::State;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::actor::{Role, RunsAs};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{count, day, instant, whole};
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::session::SignedIn;
use crate::storage::restore_tests::RestoreTest;
use crate::storage::waiting_work::Waiting;
use crate::storage::{MIGRATOR, first_steps, installation, outbox, restore_tests, waiting_work};

/// Free space below which the operator should act, as `abruf doctor` says it.
const SCARCE: u64 = 1 << 30;
/// Free space below which somebody should keep an eye on it.
const LITTLE: u64 = 10 << 30;
/// How long work may wait before somebody should look.
const SLOW: TimeDelta = TimeDelta::minutes(15);
/// How old the last backup may be.
const BACKUP_LASTS: TimeDelta = TimeDelta::days(2);
/// How old the last restore test may be, in days.
const TEST_LASTS: i64 = 30;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// Nothing to do.
    Good,
    /// Somebody should keep an eye on it.
    Watch,
    /// Somebody should do something.
    Act,
}

impl Light {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "gut",
            Self::Watch => "beobachten",
            Self::Act => "handeln",
        }
    }

    /// Style of the word.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "status status--good",
            Self::Watch => "status status--wait",
            Self::Act => "status status--bad",
        }
    }
}

/// A line of the page.
pub struct Row {
    light: Light,
    name: String,
    text: String,
}

fn row(light: Light, name: &str, text: String) -> Row {
    Row { light, name: name.to_owned(), text }
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/system_state.html")]
pub struct SystemStatePage {
    frame: Frame,
    rows: Vec<Row>,
    jobs: Vec<Row>,
    watch: usize,
    act: usize,
}

/// `GET /verwaltung/system`
pub async fn show(
    State(server): State<Server>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<SystemStatePage>, Problem> {
    let app = &server.app;
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let state = first_steps::state(&mut tx, now).await?;
    let held = outbox::is_held(&mut tx).await?;
    let failing = outbox::failing(&mut tx).await?;
    let tested = restore_tests::newest(&mut tx, actor.body, 1).await?.pop();
    let backed_up = installation::backed_up_at(&mut tx).await?;
    let work = waiting_work::by_kind(&mut tx, now).await?;
    tx.rollback().await?;
    let mut rows = vec![
        disk(server.security.data_dir.as_deref()),
        backup(backed_up, now),
        restore(tested.as_ref(), app.clock.today(), actor.role),
    ];
    if held {
        let text = "Nach einer Wiederherstellung angehalten. Freigeben: abruf doctor --release-outbox".to_owned();
        rows.push(row(Light::Act, "Postausgang", text));
    }
    rows.push(match app.mailer {
        Some(_) => row(Light::Good, "E-Mail-Versand", "eingerichtet".to_owned()),
        None => row(
            Light::Watch,
            "E-Mail-Versand",
            "nicht eingerichtet: Bestellungen verschickt jemand von Hand".to_owned(),
        ),
    });
    rows.push(match state.mails_failed {
        0 => row(Light::Good, "E-Mails, die nicht ankamen", "keine in den letzten sieben Tagen".to_owned()),
        some => row(Light::Act, "E-Mails, die nicht ankamen", format!("{} in den letzten sieben Tagen", whole(some))),
    });
    rows.extend([
        row(Light::Good, "Programm Abruf", format!("Version {}", env!("CARGO_PKG_VERSION"))),
        row(
            Light::Good,
            "Migrationen",
            format!("{} bekannt; beim Start wurden alle angewendet", MIGRATOR.iter().count()),
        ),
        row(Light::Good, "PostgreSQL", format!("Version {}", state.server)),
        row(Light::Good, "Größe der Datenbank", format!("{} MB", whole(state.bytes >> 20))),
        row(Light::Good, "Offene Sitzungen", whole(state.sessions)),
        log(&server.security.log),
    ]);
    let mut jobs: Vec<Row> = work.iter().map(|it| job(it, now)).collect();
    if let (Some((_, last)), Some(worst)) = (failing, jobs.iter_mut().find(|it| it.light == Light::Act)) {
        worst.text.push_str(&format!("; zuletzt: {last}"));
    }
    let number = |light| rows.iter().chain(&jobs).filter(|it| it.light == light).count();
    Ok(Page(SystemStatePage {
        watch: number(Light::Watch),
        act: number(Light::Act),
        frame: frame.titled("Systemzustand"),
        rows,
        jobs,
    }))
}

fn disk(data_dir: Option<&Path>) -> Row {
    const NAME: &str = "Freier Platz im Datenverzeichnis";
    let Some(data_dir) = data_dir else {
        return row(Light::Good, NAME, "Die Datenbank liegt auf einem anderen Server".to_owned());
    };
    match rustix::fs::statvfs(data_dir) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let light = match free {
                free if free < SCARCE => Light::Act,
                free if free < LITTLE => Light::Watch,
                _ => Light::Good,
            };
            let megabytes = i64::try_from(free >> 20).unwrap_or(i64::MAX);
            row(light, NAME, format!("{} MB frei, nötig sind {} MB", whole(megabytes), SCARCE >> 20))
        }
        Err(_) => row(Light::Act, NAME, "Das Verzeichnis ist nicht lesbar".to_owned()),
    }
}

fn backup(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Row {
    const NAME: &str = "Letzte Sicherung";
    match at {
        None => row(
            Light::Act,
            NAME,
            "noch keine mit abruf backup; eine Sicherung auf anderem Weg kennt Abruf nicht".to_owned(),
        ),
        Some(at) => row(if BACKUP_LASTS < now - at { Light::Act } else { Light::Good }, NAME, instant(at)),
    }
}

fn restore(test: Option<&RestoreTest>, today: NaiveDate, role: Role) -> Row {
    const NAME: &str = "Letzte Probe der Wiederherstellung";
    let how = if role == Role::Office { ". Eintragen unter Aufsicht" } else { "" };
    let Some(test) = test else {
        return row(Light::Act, NAME, format!("noch nie geprobt{how}"));
    };
    let days = (today - test.tested_on).num_days();
    let light = match test.passed {
        false => Light::Act,
        true if TEST_LASTS < days => Light::Watch,
        true => Light::Good,
    };
    let came = if test.passed { "gelungen" } else { "gescheitert" };
    let text = format!(
        "vor {}, {came}, Sicherung vom {}. Empfohlen: alle {TEST_LASTS} Tage",
        count(days, "Tag", "Tagen"),
        day(test.backup_of)
    );
    row(light, NAME, text)
}

/// The more it writes, the more data of persons lie in files that nobody deletes.
fn log(filter: &str) -> Row {
    let chatty = filter.contains("debug") || filter.contains("trace");
    row(if chatty { Light::Watch } else { Light::Good }, "Protokollstufe", filter.to_owned())
}

fn job(it: &Waiting, now: DateTime<Utc>) -> Row {
    let age = it.oldest.map(|at| now - at);
    let light = match age {
        _ if 0 < it.failing => Light::Act,
        Some(age) if SLOW < age => Light::Watch,
        _ => Light::Good,
    };
    let mut text = count(it.open, "offen", "offen");
    if let Some(age) = age {
        text.push_str(&format!(", seit {}", lasted(age)));
    }
    if 0 < it.failing {
        text.push_str(&format!(", {} gescheitert", whole(it.failing)));
    }
    row(light, kind(&it.kind), text)
}

fn lasted(age: TimeDelta) -> String {
    match (age.num_days(), age.num_hours(), age.num_minutes()) {
        (0, 0, minutes) => count(minutes.max(0), "Minute", "Minuten"),
        (0, hours, _) => count(hours, "Stunde", "Stunden"),
        (days, ..) => count(days, "Tag", "Tagen"),
    }
}

/// Kinds of work in words; a new kind shows its key.
fn kind(key: &str) -> &str {
    match key {
        "mail" => "E-Mails zu Vorgängen",
        "account_mail" => "E-Mails mit Links zu Konten",
        "newcomer_mail" => "E-Mails an eingeladene Städte",
        "issue_order" => "Bestellungen erstellen",
        "issue_memo" => "Abrufvermerke erstellen",
        "issue_cancellation" | "issue_partial_cancellation" => "Stornierungen erstellen",
        "issue_delivery_change" | "issue_supplier_delivery_change" => "Terminänderungen erstellen",
        "issue_supplier_order" => "Lieferantenaufträge erstellen",
        "issue_supplier_cancellation" | "issue_supplier_partial_cancellation" => {
            "Stornierungen an Lieferanten erstellen"
        }
        other if other.starts_with("tell_") => "Nachrichten über Ereignisse schreiben",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_fails_or_waits_long_is_said_in_words() {
        let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
        let work = |failing, minutes| Waiting {
            kind: "issue_order".to_owned(),
            open: 2,
            failing,
            oldest: Some(now - TimeDelta::minutes(minutes)),
        };
        let said = |it: &Waiting| {
            let row = job(it, now);
            (row.light.word(), row.text)
        };
        assert_eq!(said(&work(0, 1)), ("gut", "2 offen, seit 1 Minute".to_owned()));
        assert_eq!(said(&work(0, 60)), ("beobachten", "2 offen, seit 1 Stunde".to_owned()));
        assert_eq!(said(&work(1, 1)), ("handeln", "2 offen, seit 1 Minute, 1 gescheitert".to_owned()));
        assert_eq!(backup(None, now).light, Light::Act);
        assert_eq!(backup(Some(now - TimeDelta::hours(5)), now).light, Light::Good);
        assert_eq!(log("info,abruf=debug").light, Light::Watch);
    }
}
