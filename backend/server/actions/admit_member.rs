//! Admit a municipality of the register as a member (§ 15 GenG): the declaration comes first, the
//! admission decides from which day on it may call off.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::facts::AuthorityClass;
use abruf_domain::ids::OrganisationId;
use abruf_domain::period::Validity;
use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;

use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::master_data::members::insert_authority_class;
use crate::storage::members::{self, NewMembership};
use crate::storage::purchase_analyses;
use crate::storage::register::{self, RegisterEntry};
use crate::storage::{StorageError, Tx};

/// Most shares anybody takes; more is a slip of the hand.
pub const MOST_SHARES: i32 = 100_000;

/// Class of municipalities and districts as contracting authorities.
const TERRITORIAL_AUTHORITY: &str = "§ 99 Nr. 1 GWB";

/// An admission, as the office enters it.
#[derive(Debug, Clone, Serialize)]
pub struct Admission {
    /// Official municipality key of the register.
    pub official_key: String,
    /// Date of the declaration of accession.
    pub declared_on: NaiveDate,
    /// First day of membership.
    pub effective_from: NaiveDate,
    /// Shares taken.
    pub shares: i32,
    /// Nominal value of one.
    pub share_value_net: Decimal,
}

/// Constraints that refuse a second membership; whoever comes first in parallel decides which one speaks.
const TAKEN: [&str; 3] = ["membership_once", "organisation_role_once", "organisation_official_key_unique"];

/// Whether somebody else has admitted the same municipality first.
pub(super) fn is_taken(error: &StorageError) -> bool {
    error.constraint().is_some_and(|name| TAKEN.contains(&name))
}

/// Admits; the municipality is a member of the actor's body from `effective_from` on. An admission that
/// stands there already, word for word, is not written again: a form sent twice.
pub async fn admit(app: &App, actor: &Actor, admission: &Admission) -> Result<OrganisationId, ActionError> {
    only(actor, &[Role::Office])?;
    match write(app, actor, admission).await {
        Err(ActionError::Storage(error)) if is_taken(&error) => {}
        written => return written,
    }
    let mut tx = app.db.begin(actor).await?;
    let entry = register::find(&mut tx, &admission.official_key).await?.ok_or(ActionError::NotFound)?;
    if let Some(member) = members::with_official_key(&mut tx, &entry.official_key).await?
        && members::is_admitted(&mut tx, &membership(actor, member, admission)).await?
    {
        return Ok(member);
    }
    Err(ActionError::Invalid(vec![FieldError::new(
        "effective_from",
        format!(
            "{} ist an diesem Tag oder danach schon Mitglied. Die Mitgliedschaft steht in der Liste der Mitglieder.",
            entry.name
        ),
    )]))
}

fn membership(actor: &Actor, member: OrganisationId, admission: &Admission) -> NewMembership {
    NewMembership {
        body: actor.body,
        member,
        declared_on: admission.declared_on,
        effective_from: admission.effective_from,
        shares: admission.shares,
        share_value_net: admission.share_value_net,
    }
}

async fn write(app: &App, actor: &Actor, admission: &Admission) -> Result<OrganisationId, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let entry = register::find(&mut tx, &admission.official_key).await?.ok_or(ActionError::NotFound)?;
    let member = enter(app, &mut tx, actor, &entry, admission).await?;
    tx.commit().await?;
    Ok(member)
}

/// Writes one admission of the municipality of this entry, with its log, into a transaction of the actor; one or many of
/// them are committed together.
///
/// # Errors
/// [`ActionError::Invalid`] where the admission itself is wrong; an error that [`is_taken`] where it is a member by then.
pub(super) async fn enter(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    entry: &RegisterEntry,
    admission: &Admission,
) -> Result<OrganisationId, ActionError> {
    check(admission)?;
    let now = app.clock.now();
    let known = members::with_official_key(&mut *tx, &entry.official_key).await?;
    let member = match known {
        Some(known) => known,
        None => {
            let id = OrganisationId(app.chance.id(now));
            let (kind, land) = (kind(entry), land(&entry.official_key));
            members::insert_organisation(&mut *tx, id, entry, kind, land, now).await?;
            id
        }
    };
    members::insert_role(&mut *tx, app.chance.id(now), actor.body, member, admission.effective_from).await?;
    members::insert_membership(&mut *tx, app.chance.id(now), &membership(actor, member, admission)).await?;
    if known.is_none() {
        // Whoever stands in the register is one: the register is the evidence.
        let class = AuthorityClass {
            class: TERRITORIAL_AUTHORITY.to_owned(),
            validity: Validity { from: admission.declared_on, to: None },
            document: entry.source.clone(),
        };
        insert_authority_class(&mut *tx, app.chance.id(now), member, &class).await?;
    }
    // What the town had compared before it joined is its own from now on.
    purchase_analyses::hand_over_to_members(&mut *tx, app.clock.today()).await?;
    let mut log = AuditEntry::new(now, Some(actor.person.0), "member_admitted", "organisation", member.0);
    log.after = Some(HEXLOWER.encode(&sha256(canonical_json(admission).as_bytes())));
    actor.sign(&mut log);
    let concerns = Concerns { body: Some(actor.body), member: Some(member), call_off: None };
    let detail = json!({ "name": entry.name, "admission": admission });
    audit_log::append(&mut *tx, actor.body.0, &Record::with_detail(log, concerns, app.chance.bytes(), detail)).await?;
    Ok(member)
}

fn check(admission: &Admission) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    if admission.effective_from < admission.declared_on {
        errors.push(FieldError::new(
            "effective_from",
            "Die Mitgliedschaft kann nicht vor der Beitrittserklärung beginnen. Bitte prüfen Sie beide Daten.",
        ));
    }
    if !(1..=MOST_SHARES).contains(&admission.shares) {
        errors.push(FieldError::new("shares", "Bitte geben Sie eine Zahl zwischen 1 und 100.000 ein."));
    }
    if admission.share_value_net.is_sign_negative() {
        errors.push(FieldError::new("share_value", "Der Wert eines Anteils kann nicht negativ sein."));
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

/// Legal kind; a Gemeinde outside a Verbandsgemeinde is an Einheitsgemeinde.
pub(super) fn kind(entry: &RegisterEntry) -> &'static str {
    match (entry.kind.contains("Stadt"), entry.association.is_empty()) {
        (true, _) => "stadt",
        (false, true) => "einheitsgemeinde",
        (false, false) => "mitgliedsgemeinde",
    }
}

/// The Land, as ISO 3166-2 writes it, from the first two digits of the official key.
pub(super) fn land(official_key: &str) -> &'static str {
    const LAENDER: [&str; 16] =
        ["SH", "HH", "NI", "HB", "NW", "HE", "RP", "BW", "BY", "SL", "BE", "BB", "MV", "SN", "ST", "TH"];
    let number = official_key.get(..2).and_then(|digits| digits.parse::<usize>().ok());
    number.and_then(|number| LAENDER.get(number.checked_sub(1)?)).copied().unwrap_or("ST")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_key_names_the_land() {
        assert_eq!((land("15003000"), land("01001000"), land("16051000")), ("ST", "SH", "TH"));
    }

    #[test]
    fn nobody_joins_before_declaring_it() {
        let admission = Admission {
            official_key: "15003000".to_owned(),
            declared_on: "2027-03-01".parse().unwrap(),
            effective_from: "2027-02-28".parse().unwrap(),
            shares: 0,
            share_value_net: Decimal::ZERO,
        };
        let Err(ActionError::Invalid(errors)) = check(&admission) else { panic!("it is not right") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["effective_from", "shares"]);
    }
}
