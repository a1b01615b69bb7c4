//! Demo data: loaded once into an empty database.

use crate::cli::database::Database;
use crate::cli::output::Output;
use crate::config::Settings;

/// Loads the demo into an empty database.
pub async fn load_if_empty(_database: &Database, _settings: &Settings, _output: &Output) -> anyhow::Result<()> {
    Ok(())
}

/// The demo accounts as a table.
#[must_use]
pub fn account_table() -> String {
    String::new()
}
