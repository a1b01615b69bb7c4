//! Enter where a supplier receives orders as data.

use abruf_domain::electronic_address::{ElectronicAddress, NotAnElectronicAddress, Scheme};
use abruf_domain::ids::OrganisationId;
use serde_json::json;

use super::stop_supplier::{known, log};
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::electronic_addresses;

/// Sets the electronic address of a supplier; an empty one takes it away. Later orders carry it.
///
/// # Errors
/// [`ActionError::NotFound`] for an organisation that is no supplier of the body, [`ActionError::Invalid`] for an
/// unknown scheme, another form or wrong check digits.
pub async fn set(
    app: &App,
    actor: &Actor,
    supplier: OrganisationId,
    scheme: &str,
    typed: &str,
) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    known(&mut tx, actor, supplier).await?;
    let address = match typed.trim() {
        "" => None,
        typed => Some(ElectronicAddress::read(scheme, typed).map_err(|error| explained(&error, typed))?),
    };
    let before = electronic_addresses::of_supplier(&mut tx, actor.body, supplier).await?;
    if before == address {
        return Ok(tx.rollback().await?);
    }
    electronic_addresses::set(&mut tx, actor.body, supplier, address.as_ref(), actor.person, now).await?;
    let written = |it: Option<&ElectronicAddress>| it.map(ToString::to_string);
    let what =
        json!({ "supplier": supplier, "before": written(before.as_ref()), "address": written(address.as_ref()) });
    log(app, &mut tx, actor, supplier, "electronic_address_set", what, now).await?;
    Ok(tx.commit().await?)
}

fn explained(error: &NotAnElectronicAddress, typed: &str) -> ActionError {
    let shown: String = typed.chars().take(60).collect();
    let (field, message) = match error {
        NotAnElectronicAddress::Scheme(scheme) => {
            let allowed: Vec<String> =
                Scheme::ALL.into_iter().map(|it| format!("{} ({})", it.code(), it.german())).collect();
            let message =
                format!("„{scheme}“ ist keine bekannte Art von Adresse. Möglich sind: {}.", allowed.join(", "));
            ("scheme", message)
        }
        NotAnElectronicAddress::Form(scheme) => (
            "electronic_address",
            format!(
                "„{shown}“ hat nicht die Form {}: {}. Bitte vergleichen Sie, zum Beispiel: {}.",
                genitive(*scheme),
                scheme.form(),
                scheme.example()
            ),
        ),
        NotAnElectronicAddress::CheckDigits(scheme) => (
            "electronic_address",
            format!(
                "Bei „{shown}“ passt die Prüfziffer {} nicht. Bitte vergleichen Sie Ziffer für Ziffer.",
                genitive(*scheme)
            ),
        ),
    };
    ActionError::Invalid(vec![FieldError::new(field, message)])
}

fn genitive(scheme: Scheme) -> String {
    format!("der {}", scheme.german())
}
