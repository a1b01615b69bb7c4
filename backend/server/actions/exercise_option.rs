//! Exercise an option to extend the term, with date and document. After its deadline it has no effect
//! and is refused: nobody should believe the contract goes on.

use abruf_domain::checks;
use abruf_domain::ids::ContractId;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::steer_contract::{held, state};
use super::write_contract::log;
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contract_changes;

/// Exercises an option on a day, proven by a document. Said twice, it is written once.
pub async fn exercise(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    option: Uuid,
    on: NaiveDate,
    document: &str,
) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let document = document.trim();
    let mut tx = app.db.begin(actor).await?;
    let it = held(&mut tx, actor, contract).await?;
    if state(&it, app.clock.today())?.is_writable() {
        return Err(ActionError::NotNow(
            "Der Vertrag ist noch nicht in Kraft. Optionen werden danach ausgeübt.".to_owned(),
        ));
    }
    let Some((new_end, deadline, exercised)) = contract_changes::option(&mut tx, contract, option).await? else {
        return Err(ActionError::NotFound);
    };
    super::check_text("document", document, 400, "Bitte nennen Sie das Schreiben, mit dem die Option ausgeübt wurde.")?;
    match exercised {
        Some(exercised) if exercised == on => return Ok(()),
        Some(exercised) => {
            return Err(ActionError::NotNow(format!("Diese Option ist schon am {} ausgeübt.", German.date(exercised))));
        }
        None => {}
    }
    let wrong = |message: String| Err(ActionError::Invalid(vec![FieldError::new("exercised_on", message)]));
    if app.clock.today() < on {
        return wrong(
            "Dieser Tag liegt in der Zukunft. Bitte geben Sie den Tag ein, an dem die Option ausgeübt wurde."
                .to_owned(),
        );
    }
    if deadline < on {
        return wrong(too_late(new_end, deadline, on));
    }
    contract_changes::exercise_option(&mut tx, contract, option, on, document).await?;
    let what = json!({ "option": option, "new_end": new_end, "exercised_on": on, "document": document });
    log(app, &mut tx, actor, contract, "contract_option_exercised", &what, now).await?;
    tx.commit().await?;
    Ok(())
}

/// In the words of the rule within-term, whose clause it is.
fn too_late(new_end: NaiveDate, deadline: NaiveDate, on: NaiveDate) -> String {
    let texts = checks::by_id("within-term").map(|rule| rule.texts);
    let title = texts.map_or("Laufzeit", |texts| texts.title(German));
    let cure = texts.map_or("", |texts| texts.section(German, "cure.late_option"));
    let [new_end, deadline, on] = [new_end, deadline, on].map(|day| German.date(day));
    format!(
        "{title} (within-term): Die Verlängerung bis {new_end} wurde am {on} erklärt, möglich war das bis {deadline}. \
         Sie wirkt nicht. {}",
        cure.trim()
    )
}
