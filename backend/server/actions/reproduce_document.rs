//! Make a stored document again, from its recorded input and the templates, logo and fonts of then, and compare the bytes.
//! Changes nothing.

use std::fmt;

use abruf_documents::{CheckCode, HouseStyle, Templates};
use abruf_domain::ids::DocumentId;

use super::ActionError;
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::document_store::StoredFile;
use crate::storage::documents::{self, Recorded};

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The same bytes.
    Identical,
    /// Other bytes, drawn by another version of the program than the one that made it. The stored file stays the
    /// original.
    OtherProgram {
        /// The version that made it.
        then: String,
    },
    /// Other bytes from the same version of the program: a defect, or somebody changed something.
    Different(String),
    /// Nothing was recorded that it could be made from.
    NotRecorded,
}

/// A document that was made again.
#[derive(Debug, Clone)]
pub struct Reproduced {
    /// Its name.
    pub file_name: String,
    /// What came out.
    pub outcome: Outcome,
}

impl fmt::Display for Reproduced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.file_name;
        match &self.outcome {
            Outcome::Identical => write!(f, "{name}: gleich, Byte für Byte."),
            Outcome::OtherProgram { then } => write!(
                f,
                "{name}: anders. Erstellt hat es Abruf {then}, dies ist Abruf {}; die neue Fassung zeichnet anders. Es gilt die gespeicherte Datei.",
                env!("CARGO_PKG_VERSION")
            ),
            Outcome::Different(why) => write!(f, "{name}: anders, obwohl das Programm dasselbe ist: {why}."),
            Outcome::NotRecorded => write!(
                f,
                "{name}: nicht möglich. Es stammt aus der Zeit, bevor die Angaben zu Dokumenten aufbewahrt wurden. Es gilt die gespeicherte Datei."
            ),
        }
    }
}

/// The documents of a call-off or supplier order, by number, case number or Prüfkennung; all of them without words.
pub async fn find(app: &App, named: Option<&str>) -> Result<Vec<DocumentId>, ActionError> {
    let code = named.and_then(super::issue_document::check_code);
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let ids = documents::ids(&mut tx, code.as_deref().or(named)).await?;
    Ok(tx.rollback().await.map(|()| ids)?)
}

/// Makes one document again.
pub async fn reproduce(app: &App, id: DocumentId) -> Result<Reproduced, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let recorded = documents::recorded(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let texts = documents::template(&mut tx, &recorded.template_version).await?;
    let assets = documents::template_assets(&mut tx, &recorded.template_version).await?;
    tx.rollback().await?;
    let assets = assets.into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
    let style = HouseStyle { texts, assets };
    let file_name = recorded.file_name.clone();
    let (sha256, bytes) = (recorded.sha256.clone(), recorded.bytes.clone());
    let stored = match app.documents.read(StoredFile { file_name: file_name.clone(), sha256, bytes }).await {
        Ok((_, bytes)) => bytes,
        Err(error) if error.is_of_the_document() => {
            return Ok(Reproduced { file_name, outcome: Outcome::Different(error.to_string()) });
        }
        Err(error) => return Err(error.into()),
    };
    let compared = tokio::task::spawn_blocking(move || compare(&recorded, &stored, &style)).await;
    let outcome = compared.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    Ok(Reproduced { file_name, outcome })
}

fn compare(recorded: &Recorded, stored: &[u8], style: &HouseStyle) -> Outcome {
    let Some(input) = recorded.input.as_deref().filter(|_| !style.texts.is_empty()) else {
        return Outcome::NotRecorded;
    };
    if CheckCode::of(input.as_bytes()).as_str() != recorded.check_code {
        return Outcome::Different("die aufbewahrten Angaben passen nicht zur Prüfkennung".to_owned());
    }
    let made =
        Templates::embedded().with_style(style).and_then(|templates| abruf_documents::reproduce(input, &templates));
    let same_program = recorded.program_version == env!("CARGO_PKG_VERSION");
    match made {
        Ok(made) if made.bytes == stored => Outcome::Identical,
        _ if !same_program => Outcome::OtherProgram { then: recorded.program_version.clone() },
        Ok(made) if made.template_version != recorded.template_version => {
            Outcome::Different("die aufbewahrte Vorlage ist nicht die von damals".to_owned())
        }
        Ok(_) => Outcome::Different("die Datei hat andere Bytes".to_owned()),
        Err(error) => Outcome::Different(error.to_string()),
    }
}
