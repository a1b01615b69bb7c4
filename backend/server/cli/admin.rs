//! `abruf admin create`: the first administrator, by a one-time link.

use clap::Subcommand;
use serde_json::json;

use crate::actions::create_administrator::{Outcome, create_administrator};
use crate::actions::found_body::found_body;
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
}

impl Admin {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let Self::Create { email, name, body } = self;
        let database = Database::join_or_start(&settings).await?;
        database.migrate().await?;
        let app = database.app(&settings).await?;
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
