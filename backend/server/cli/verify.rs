//! `abruf verify`: recompute everything that must agree.

use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::config::Settings;
use crate::verify::verify;

/// Runs it: exit code 10 if anything does not agree, 11 if documents are still to be made.
pub async fn run(settings: Settings, output: &Output) -> anyhow::Result<Exit> {
    let database = Database::join_or_start(&settings).await?;
    let app = database.app(&settings).await?;
    let progress = output.progress("Protokollketten");
    let verified = verify(&app, |done, total| progress.set(done as u64, total as u64)).await;
    progress.finish();
    database.close(Some(&app)).await?;
    let verified = verified?;
    for failure in &verified.failures {
        output.say(failure);
    }
    output.answer(&verified.sentence(), &verified);
    Ok(match (verified.failures.is_empty(), verified.documents_to_come) {
        (false, _) => Exit::VerificationFailed,
        (true, 0) => Exit::Ok,
        (true, to_come) => {
            output.say(&format!("{to_come} Dokumente sind noch nicht erstellt und deshalb nicht geprüft."));
            Exit::VerificationIncomplete
        }
    })
}
