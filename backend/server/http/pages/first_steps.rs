//! `/einrichtung`: what a new installation still needs, step by step; `/verwaltung/system`: how it is doing.

use axum::extract::State;

use crate::actor::RunsAs;
use crate::app::App;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{day, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{MIGRATOR, first_steps, organisations, outbox, restore_tests};

/// Shown at the door while nobody has an account.
#[derive(askama::Template)]
#[template(path = "pages/nobody_yet.html")]
pub struct NobodyYetPage {
    /// Around it.
    pub frame: Frame,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/first_steps.html")]
pub struct FirstStepsPage {
    frame: Frame,
    body: String,
    done: usize,
    steps: Vec<Step>,
}

/// A step with how it is done.
struct Step {
    done: bool,
    title: &'static str,
    text: &'static str,
    /// A command of the operator.
    command: &'static str,
    /// A page where it is done.
    address: &'static str,
}

/// `GET /einrichtung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<FirstStepsPage>, Problem> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let has = first_steps::of_body(&mut tx, actor.body, app.clock.today()).await?;
    let body = organisations::name(&mut tx, actor.body).await?.unwrap_or_default();
    let steps = vec![
        Step {
            done: true,
            title: "Genossenschaft und Administration",
            text: "Beides hat der Link von der Befehlszeile angelegt.",
            command: "",
            address: "",
        },
        Step {
            done: has.office,
            title: "Erstes Konto der Geschäftsstelle",
            text: "Die Geschäftsstelle pflegt Verträge und Mitglieder. Wer welche Aufgabe hat, steht unter Personen.",
            command: "",
            address: "/verwaltung/personen",
        },
        Step {
            done: has.address,
            title: "Anschrift und E-Mail der Genossenschaft",
            text: "Sie stehen im Impressum, auf Bestellungen und im Hilfefeld jeder Seite.",
            command: "",
            address: "/impressum",
        },
        Step {
            done: has.letterhead,
            title: "Briefkopf",
            text: "Logo, Anschrift und Schrift der Dokumente. Legen Sie letterhead.toml in den Ordner templates des Datenverzeichnisses und übernehmen Sie ihn. Ohne eigenen Briefkopf gilt der mitgelieferte.",
            command: "abruf template load",
            address: "",
        },
        Step {
            done: has.register,
            title: "Verzeichnis der Städte und Gemeinden einlesen",
            text: "Daraus werden Mitglieder aufgenommen.",
            command: "abruf import register deploy/register/gemeinden_st.csv --dry-run",
            address: "",
        },
        Step {
            done: has.member,
            title: "Erstes Mitglied aufnehmen",
            text: "Das tut die Geschäftsstelle aus dem Verzeichnis.",
            command: "",
            address: "/verwaltung/mitglieder/aufnehmen",
        },
        Step {
            done: has.contract,
            title: "Ersten Rahmenvertrag anlegen",
            text: "Das tut die Geschäftsstelle; eine zweite Person aktiviert ihn.",
            command: "",
            address: "/verwaltung/vertraege/neu",
        },
        Step {
            done: has.restore_test,
            title: "Sichern und die Wiederherstellung proben",
            text: "Eine Sicherung, die nie zurückgespielt wurde, ist keine.",
            command: "abruf backup sicherung.abruf",
            address: "",
        },
    ];
    Ok(Page(FirstStepsPage {
        frame: frame.titled("Einrichtung"),
        body,
        done: steps.iter().filter(|step| step.done).count(),
        steps,
    }))
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/system_state.html")]
pub struct SystemStatePage {
    frame: Frame,
    rows: Vec<(&'static str, String)>,
    /// What somebody should look after.
    worries: Vec<String>,
}

/// `GET /verwaltung/system`
pub async fn system(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<SystemStatePage>, Problem> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let state = first_steps::state(&mut tx, app.clock.now()).await?;
    let open = outbox::open(&mut tx).await?;
    let failing = outbox::failing(&mut tx).await?;
    let held = outbox::is_held(&mut tx).await?;
    let tested = restore_tests::newest(&mut tx, actor.body, 1).await?.pop();
    let mut worries = Vec::new();
    if let Some((count, last)) = &failing {
        worries.push(format!("{} Dokumente oder Nachrichten scheitern immer wieder, zuletzt: {last}", whole(*count)));
    }
    if held {
        worries.push(
            "Nach einer Wiederherstellung ist der Postausgang angehalten. Freigeben: abruf doctor --release-outbox"
                .to_owned(),
        );
    }
    if 0 < state.mails_failed {
        worries.push(format!("{} E-Mails der letzten sieben Tage kamen nicht an.", whole(state.mails_failed)));
    }
    let today = app.clock.today();
    let restored = match &tested {
        Some(test) => {
            let days = (today - test.tested_on).num_days();
            if !test.passed || 30 < days {
                worries.push(format!(
                    "Letzte Probe der Wiederherstellung: vor {days} Tagen, {}. Empfohlen: alle 30 Tage.",
                    if test.passed { "gelungen" } else { "gescheitert" }
                ));
            }
            format!(
                "{}, {}, Sicherung vom {}",
                day(test.tested_on),
                if test.passed { "gelungen" } else { "gescheitert" },
                day(test.backup_of)
            )
        }
        None => {
            worries.push("Die Wiederherstellung einer Sicherung wurde noch nie geprobt.".to_owned());
            "noch keine".to_owned()
        }
    };
    let rows = vec![
        ("Abruf", format!("Version {}", env!("CARGO_PKG_VERSION"))),
        ("PostgreSQL", format!("Version {}", state.server)),
        ("Migrationen", format!("{} bekannt, alle angewendet", MIGRATOR.iter().count())),
        ("Größe der Datenbank", format!("{} MB", whole(state.bytes >> 20))),
        ("Dokumente in Arbeit", whole(open)),
        ("E-Mails, die warten", whole(state.mails_waiting)),
        ("E-Mail-Versand", if app.mailer.is_some() { "eingerichtet" } else { "nicht eingerichtet" }.to_owned()),
        ("Offene Sitzungen", whole(state.sessions)),
        ("Letzte Probe der Wiederherstellung", restored),
    ];
    Ok(Page(SystemStatePage { frame: frame.titled("Systemzustand"), rows, worries }))
}
