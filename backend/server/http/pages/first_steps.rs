//! `/einrichtung`: what a new installation still needs, step by step, each with the page where it is done.

use axum::extract::State;
use serde::Deserialize;

use crate::actor::RunsAs;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page, may_open};
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::session::SignedIn;
use crate::storage::{first_steps, organisations};

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
    hint: &'static str,
    body: String,
    done: usize,
    steps: Vec<Step>,
}

/// A step with how it is done.
struct Step {
    done: bool,
    title: &'static str,
    text: String,
    /// A command of the operator.
    command: &'static str,
    /// A page where it is done.
    address: &'static str,
    /// Another way: its address, and what it is.
    other: Option<(&'static str, &'static str)>,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /einrichtung`
pub async fn show(
    State(server): State<Server>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<FirstStepsPage>, Problem> {
    let mut tx = server.app.db.begin(RunsAs::Job).await?;
    let has = first_steps::of_body(&mut tx, actor.body, server.app.clock.today()).await?;
    let known = organisations::particulars(&mut tx, actor.body).await?.unwrap_or_default();
    tx.rollback().await?;
    let lacks: Vec<&str> = [("Straße", &known.street), ("Ort", &known.town), ("E-Mail", &known.email)]
        .into_iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(name, _)| name)
        .collect();
    let missing = |what: &str| format!(" Es fehlt: {what}.");
    // What is done by somebody else is told, and leads nowhere.
    let opens = |address: &str| may_open(&server.table, actor.role, address);
    let step = |done: bool, title, text: &str, lacks: &str, address| Step {
        done,
        title,
        text: if done { text.to_owned() } else { format!("{text}{}", missing(lacks)) },
        command: "",
        address: if opens(address) { address } else { "" },
        other: None,
    };
    let steps = vec![
        step(true, "Administration", "Ihr Konto hat der Link von der Befehlszeile angelegt.", "", ""),
        step(
            has.address,
            "Genossenschaft: Name, Rechtsform, Anschrift, Register",
            "Die Angaben stehen im Impressum, auf Bestellungen und im Hilfefeld jeder Seite.",
            &lacks.join(", "),
            "/einrichtung/genossenschaft",
        ),
        step(
            has.office,
            "Erstes Konto der Geschäftsstelle",
            "Die Geschäftsstelle pflegt Verträge und Mitglieder. Weitere Personen laden Sie unter Personen ein.",
            "eine Person, die für die Geschäftsstelle handelt",
            "/einrichtung/geschaeftsstelle",
        ),
        step(
            has.letterhead,
            "Briefkopf",
            "Das Logo auf den Dokumenten, mit einem Muster zum Ansehen. Ohne eigenes Logo steht nur der Name.",
            "ein Logo",
            "/einrichtung/briefkopf",
        ),
        step(
            has.register,
            "Verzeichnis der Städte und Gemeinden",
            "Daraus nimmt die Geschäftsstelle Mitglieder auf.",
            "das Verzeichnis; eines ist mitgeliefert",
            "/einrichtung/verzeichnis",
        ),
        Step {
            other: Some(("/verwaltung/mitglieder/einlesen", "Mitglieder einlesen"))
                .filter(|(address, _)| opens(address)),
            ..step(
                has.member,
                "Erstes Mitglied aufnehmen",
                "Das tut die Geschäftsstelle: einzeln aus dem Verzeichnis, oder viele auf einmal aus einer Liste (CSV oder XLSX).",
                "ein Mitglied",
                "/verwaltung/mitglieder/aufnehmen",
            )
        },
        step(
            has.contract,
            "Ersten Rahmenvertrag anlegen",
            "Das tut die Geschäftsstelle: zuerst die Bedingungen, dann im Entwurf Lose, Preise und Berechtigte. Eine Preisliste fügen Sie dort als CSV ein und ordnen ihre Spalten zu; eine XLSX-Datei speichern Sie vorher als CSV. Danach aktiviert eine zweite Person den Vertrag. Einen weiteren können Sie von einem vorhandenen kopieren.",
            "ein Vertrag",
            "/verwaltung/vertraege/neu",
        ),
        Step {
            command: "abruf backup sicherung.abruf",
            ..step(
                has.restore_test,
                "Sichern und die Wiederherstellung proben",
                "Eine Sicherung, die nie zurückgespielt wurde, ist keine.",
                "eine gelungene Probe, von der Geschäftsstelle unter Aufsicht eingetragen",
                "",
            )
        },
    ];
    Ok(Page(FirstStepsPage {
        hint: match asked.hinweis.as_str() {
            "genossenschaft" => "Die Angaben sind gespeichert.",
            "briefkopf" => "Der Briefkopf gilt ab jetzt für neue Dokumente.",
            "verzeichnis" => "Das Verzeichnis ist eingelesen.",
            _ => "",
        },
        frame: frame.titled("Einrichtung"),
        body: known.name,
        done: steps.iter().filter(|step| step.done).count(),
        steps,
    }))
}
