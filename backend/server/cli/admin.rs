//! `abruf admin first-link`: the way into a new installation; `abruf admin create`: an administrator, by a one-time link;
//! `abruf admin break-glass`: one for a few hours.

use clap::Subcommand;
use serde_json::json;

use crate::actions::create_administrator::{Outcome, create_administrator};
use crate::actions::found_body::found_body;
use crate::actions::set_up_account::NewLink;
use crate::actions::{break_glass, first_link};
use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::config::Settings;

/// Konten verwalten.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Legt eine Administration an und gibt einen Link aus, der einmal und 30 Minuten gilt.
    Create {
        /// E-Mail-Adresse, mit der sich die Person anmeldet.
        #[arg(long)]
        email: String,
        /// Name, wie er angezeigt wird.
        #[arg(long, default_value = "Administration")]
        name: String,
        /// Name der Genossenschaft; nur in einer neuen Installation, die noch keine hat.
        #[arg(long)]
        body: Option<String>,
    },
    /// Gibt den Link aus, mit dem eine neue Installation eingerichtet wird; er gilt 24 Stunden, solange niemand ein Passwort hat.
    FirstLink,
    /// Öffnet einen Notzugang: Administration für wenige Stunden, mit Begründung, für alle sichtbar, die Aufsicht führen.
    BreakGlass {
        /// E-Mail-Adresse, mit der sich die Person anmeldet.
        #[arg(long)]
        email: String,
        /// Begründung, 10 bis 500 Zeichen; sie steht im Protokoll.
        #[arg(long)]
        reason: String,
        /// Name, wie er angezeigt wird, wenn es das Konto noch nicht gibt.
        #[arg(long, default_value = "Notzugang")]
        name: String,
        /// Stunden bis zum Ende, 1 bis 24.
        #[arg(long, default_value_t = 4)]
        hours: i64,
    },
}

impl Admin {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let database = Database::join_or_start(&settings).await?;
        database.migrate().await?;
        let app = database.app(&settings).await?;
        let (email, name, body) = match self {
            Self::Create { email, name, body } => (email, name, body),
            Self::FirstLink => {
                let link = first_link::issue(&app).await;
                database.close(Some(&app)).await?;
                return Ok(first(link?, output));
            }
            Self::BreakGlass { email, reason, name, hours } => {
                let opened = break_glass::open(&app, &email, &name, &reason, hours).await;
                database.close(Some(&app)).await?;
                return Ok(told(opened?, output));
            }
        };
        let mut outcome = create_administrator(&app, &email, &name).await;
        if let (Ok(Outcome::NoBody), Some(body)) = (&outcome, &body) {
            found_body(&app, body).await?;
            outcome = create_administrator(&app, &email, &name).await;
        }
        database.close(Some(&app)).await?;
        match outcome? {
            Outcome::Created(link) => {
                output.answer(&link.url, &json!({ "link": link.url, "expires_at": link.expires_at }));
                Ok(Exit::Ok)
            }
            Outcome::NoBody => {
                output.say("Es gibt noch keine Genossenschaft in dieser Installation. Nennen Sie ihren Namen: --body \"Einkaufsgenossenschaft … eG\"");
                Ok(Exit::NotFound)
            }
            Outcome::Unusable => {
                output.say("Die E-Mail-Adresse oder der Name ist nicht brauchbar. Bitte prüfen Sie beide.");
                Ok(Exit::Usage)
            }
        }
    }
}

/// Says how a new installation is entered.
fn first(link: Option<NewLink>, output: &Output) -> Exit {
    match link {
        Some(link) => {
            output.answer(&link.url, &json!({ "link": link.url, "expires_at": link.expires_at }));
            Exit::Ok
        }
        None => output.refuse(
            "Hier kann sich schon jemand anmelden. Einen Link für ein Konto gibt aus: abruf admin create --email",
            Exit::Conflict,
        ),
    }
}

/// Says what came of an emergency access.
fn told(outcome: break_glass::Outcome, output: &Output) -> Exit {
    match outcome {
        break_glass::Outcome::Opened(link, ends_at) => {
            output.say(
                "Der Notzugang steht im Protokoll. Geschäftsstelle, Vorstand, Aufsichtsrat und Prüfung sehen ihn.",
            );
            let data = json!({ "link": link.url, "expires_at": link.expires_at, "ends_at": ends_at });
            output.answer(&link.url, &data);
            Exit::Ok
        }
        break_glass::Outcome::NoBody => {
            output.say("Es gibt noch keine Genossenschaft in dieser Installation. Legen Sie zuerst eine an: abruf admin create");
            Exit::NotFound
        }
        break_glass::Outcome::Unusable => {
            output.say("Bitte prüfen Sie die Angaben: eine E-Mail-Adresse, ein Name, 10 bis 500 Zeichen Begründung, 1 bis 24 Stunden.");
            Exit::Usage
        }
    }
}
