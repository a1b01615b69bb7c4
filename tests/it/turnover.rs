//! Turnover of others: files with every kind of dirt into the ledger, to the last fraction of a cent; suppliers'
//! reports beside it; and, with `ABRUF_TURNOVER=<file>`, real files.

mod command_line;
mod dirt;
mod pages;
mod real_file;
mod reports;
mod revoked;

use std::fs;
use std::path::Path;

use abruf::actions::import::ImportError;
use abruf::actions::import::turnover_report::TurnoverReport;
use abruf::actions::import_turnover::{TurnoverFile, import};
use abruf::actor::Actor;
use abruf_domain::ids::OrganisationId;

use crate::world::World;
use crate::world::contract::{Contract, Limit, value};

/// Sum of all amounts of `stray-letter.csv`, added up outside of the program.
const STRAY_LETTER: &str = "336197.0792";
/// Its part under "Rahmen I" and "Rahmen II".
const PARTS: [&str; 2] = ["217121.9900", "119075.0892"];

/// A body with the contracts, members and suppliers that the made-up files name.
struct Stage {
    world: World,
    office: Actor,
    town: OrganisationId,
    contracts: [Contract; 2],
}

impl Stage {
    async fn new() -> Self {
        Self::limited(value("900000.00")).await
    }

    /// With this ceiling of the first contract, half of it for its first lot.
    async fn limited(limit: Limit) -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        for name in [
            "Stadt Neufeld",
            "Landkreis Köthenau",
            "Wasserverband Obere Bode",
            "Bürgerhof Altenrode gGmbH",
            "Hochschule Ilmtal",
        ] {
            world.member(name).await;
        }
        for name in ["Nordlicht Systemhaus GmbH", "Büro & Form OHG"] {
            let supplier = world.organisation(name, "unternehmen").await;
            world.plays(supplier, "supplier").await;
        }
        let first = world.contract("RV-2025-01").ceiling(limit).lot("Software").lot("Beratung").await;
        let second = world.contract("RV-2025-02").ceiling(value("900000.00")).lot("Software").lot("Beratung").await;
        let office = world.office().await;
        Self { world, office, town, contracts: [first, second] }
    }

    async fn take(
        &self,
        name: &str,
        bytes: &[u8],
        mapping: &str,
        partial: bool,
    ) -> Result<TurnoverReport, ImportError> {
        let file = TurnoverFile { name, bytes, mapping, partial, control_sum: None, upload: None, key: None };
        import(&self.world.app, &self.office, &file, &|_, _| ()).await
    }

    async fn take_stray_letter(&self) -> TurnoverReport {
        self.take("stray-letter.csv", &file("stray-letter.csv"), &text("stray-letter.toml"), false).await.unwrap()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.world.owner()).await.unwrap()
    }

    /// What is recorded against the value of a contract, and whether it is breached.
    async fn recorded(&self, contract: &Contract) -> (String, bool) {
        sqlx::query_as(
            "SELECT recorded::text, breached FROM guard WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'",
        )
        .bind(contract.id.0)
        .fetch_one(self.world.owner())
        .await
        .unwrap()
    }
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/turnover").join(name)
}

fn file(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

/// A small file in the notation of `spreadsheet.toml`.
fn small(rows: &[&str]) -> Vec<u8> {
    format!("Vertrag;Mitglied;Monat;Betrag;Rechnung\n{}\n", rows.join("\n")).into_bytes()
}
