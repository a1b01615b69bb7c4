//! `abruf rollup`: the sums that are kept with the savings ledger, compared with it or put right.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::config::Settings;
use crate::storage::savings_totals::{self, Difference};

/// Prüft die mitgeführten Summen des Einsparungsbuchs oder rechnet sie neu.
#[derive(Debug, Clone, Copy, Args)]
pub struct Rollup {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// Vergleicht jede Summe mit dem ganzen Buch; ändert nichts.
    Verify,
    /// Rechnet jede Summe aus dem Buch nach und stellt sie richtig; wer bucht, wartet nicht.
    Rebuild,
}

/// What came of one contract.
#[derive(Debug)]
struct Compared {
    number: String,
    differences: Vec<Difference>,
    corrected: i64,
}

impl Rollup {
    /// Runs it; 10 if a sum differs and was not put right.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let database = Database::join_or_start(&settings).await?;
        let compared = self.in_database(&database, output).await;
        database.close(None).await?;
        let compared = compared?;
        output.answer(&self.sentences(&compared), &data(&compared));
        let differ = compared.iter().any(|it| !it.differences.is_empty());
        Ok(if differ { Exit::VerificationFailed } else { Exit::Ok })
    }

    async fn in_database(self, database: &Database, output: &Output) -> anyhow::Result<Vec<Compared>> {
        database.require_migrated().await?;
        let mut owner = database.owner_connection().await?;
        let compared = self.contracts(&mut owner, output).await;
        owner.close().await?;
        compared
    }

    async fn contracts(self, owner: &mut PgConnection, output: &Output) -> anyhow::Result<Vec<Compared>> {
        if matches!(self.what, What::Rebuild) && !savings_totals::begin_rebuild(owner).await? {
            let text = "Die Summen werden gerade schon neu gerechnet. Bitte das Ende abwarten";
            return Err(Ended::new(Exit::Conflict, text).into());
        }
        let contracts = savings_totals::contracts(owner).await?;
        let bar = output.progress("Rahmenverträge");
        let mut compared = Vec::with_capacity(contracts.len());
        for (contract, number) in &contracts {
            let corrected = match self.what {
                What::Verify => 0,
                What::Rebuild => savings_totals::correct(owner, *contract).await?,
            };
            // After a repair this is its proof.
            let differences = savings_totals::differences(owner, *contract).await?;
            compared.push(Compared { number: number.clone(), differences, corrected });
            bar.set(compared.len() as u64, contracts.len() as u64);
        }
        bar.finish();
        Ok(compared)
    }

    fn sentences(self, compared: &[Compared]) -> String {
        let differing: usize = compared.iter().map(|it| it.differences.len()).sum();
        let corrected: i64 = compared.iter().map(|it| it.corrected).sum();
        let told =
            compared.iter().flat_map(|it| it.differences.iter().map(|difference| sentence(&it.number, difference)));
        let extent = match self.what {
            _ if differing != 0 => format!(
                "{} Rahmenverträge verglichen, {differing} Summen weichen ab. Richtigstellen: abruf rollup rebuild",
                compared.len()
            ),
            What::Verify => format!("{} Rahmenverträge verglichen, jede Summe stimmt mit dem Buch.", compared.len()),
            What::Rebuild => {
                format!("{} Rahmenverträge nachgerechnet, {corrected} Summen richtiggestellt.", compared.len())
            }
        };
        told.chain([extent]).collect::<Vec<_>>().join("\n")
    }
}

/// Which sum is wrong, and by how much the ledger has more.
fn sentence(contract: &str, it: &Difference) -> String {
    let missing: Vec<String> = it.missing.iter().map(|(name, amount)| format!("{name} {amount}")).collect();
    let category = match it.category.as_str() {
        "" => "ohne CPV".to_owned(),
        "alle" => "alle Kategorien".to_owned(),
        category => format!("CPV {category}"),
    };
    let days = if it.days_missing { "; Tage fehlen" } else { "" };
    format!(
        "{contract}, {}, {}, {} {}, Klasse {}, {category}: im Buch mehr als in der Summe: {}{days}",
        it.member,
        it.supplier,
        it.book,
        it.year,
        it.class,
        missing.join(", ")
    )
}

fn data(compared: &[Compared]) -> Value {
    compared
        .iter()
        .map(|it| {
            let differences: Vec<String> = it.differences.iter().map(|found| sentence(&it.number, found)).collect();
            json!({ "contract": it.number, "corrected": it.corrected, "differences": differences })
        })
        .collect()
}
