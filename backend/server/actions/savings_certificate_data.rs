//! What a certificate of savings prints: the entries of one member and year, summed by contract and class of evidence.

use abruf_documents::SavingsData;
use abruf_documents::data::Body;
use abruf_documents::savings_certificate::{ClassFigures, ContractSavings, totals};
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use abruf_domain::savings::METHOD_VERSION;
use chrono::Datelike;
use sqlx::PgConnection;

use super::entitlement_certificate_data::Certified;
use super::order_data::{organisation, party};
use super::{ActionError, FieldError};
use crate::app::App;
use crate::storage::savings::{self, ClassSums};
use crate::storage::{bonuses, parameters};

/// The first year there can be anything of.
const FIRST_YEAR: i32 = 1990;

/// How old a comparison price may be: its key in the law packs.
const MAX_AGE: &str = "baseline_max_age_months";

/// Puts a certificate together.
///
/// # Errors
/// If the year has not begun, or nobody has kept books then: a field error.
pub(super) async fn savings_data(
    app: &App,
    conn: &mut PgConnection,
    certified: Certified,
    year: i32,
) -> Result<SavingsData, ActionError> {
    let (day, member) = (certified.day, certified.member);
    if !(FIRST_YEAR..=day.year()).contains(&year) {
        let message = format!("{year} ist nicht möglich. Möglich sind die Jahre {FIRST_YEAR} bis {}.", day.year());
        return Err(ActionError::Invalid(vec![FieldError::new("year", message)]));
    }
    let sums = savings::of_member(&mut *conn, certified.body, member, year).await?;
    let mut contracts: Vec<ContractSavings> = Vec::new();
    for it in sums {
        match (it.class.as_deref(), contracts.last_mut()) {
            (None, _) => {
                let bonus_share = bonus_share(&mut *conn, it.contract, member, year).await?;
                contracts.push(whole(it, bonus_share));
            }
            (Some("none"), Some(contract)) => {
                contract.uncompared_lines = number(it.lines);
                contract.uncompared_volume = it.volume;
            }
            (Some(class @ ("A" | "B" | "C")), Some(contract)) => contract.classes.push(figures(class, &it)),
            // The effect on procedures is no saving of money, and has no order value.
            (Some(_), _) => {}
        }
    }
    let max_age: u32 = parameters::valid_for_member(&mut *conn, member, day).await?.parsed(MAX_AGE)?;
    let body = organisation(&mut *conn, certified.body).await?;
    let member = organisation(&mut *conn, member).await?;
    Ok(SavingsData {
        number: certified.number,
        day,
        as_of: certified.issued.at,
        issued: certified.issued,
        replaces: certified.replaces,
        demo: app.demo,
        issuer: party(&body),
        body: Body { name: body.name.clone(), address: body.address_lines(), contact: vec![body.email] },
        member: party(&member),
        year,
        running: year == day.year(),
        totals: totals(&contracts),
        volume: contracts.iter().map(|it| it.volume).sum(),
        lines: contracts.iter().map(|it| it.lines).sum(),
        contracts,
        method: vec![
            format!(
                "Jede Position wird mit einem belegten, datierten Preis derselben Leistung verglichen, der am Tag des Abrufs höchstens {max_age} Monate alt ist; die Wirkung ist der Vergleichsbetrag weniger der Betrag des Abrufs und bleibt auch stehen, wenn sie negativ ist."
            ),
            "Stornierungen sind mit ihren Gegenbuchungen enthalten, und was keinen gültigen Vergleichspreis hat, zählt mit 0,00 €.".to_owned(),
        ],
        method_version: METHOD_VERSION.to_string(),
        base_url: Some(app.base_url.to_string()),
    })
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn whole(sums: ClassSums, bonus_share: Option<Net>) -> ContractSavings {
    ContractSavings {
        number: sums.number,
        title: sums.title,
        call_offs: number(sums.call_offs),
        lines: number(sums.lines),
        volume: sums.volume,
        classes: Vec::new(),
        uncompared_lines: 0,
        uncompared_volume: Net::ZERO,
        bonus_share,
    }
}

/// Surcharges are part of the order value, but no line has them.
fn figures(class: &str, sums: &ClassSums) -> ClassFigures {
    ClassFigures {
        class: class.to_owned(),
        lines: number(sums.lines),
        volume: sums.volume - sums.surcharge,
        effect: sums.effect,
        surcharge: sums.surcharge,
        fee: sums.fee,
        bonus: sums.bonus,
        net: (class == "A").then(|| sums.effect - sums.surcharge - sums.fee + sums.bonus),
    }
}

/// What the member got of the bonus that the supplier paid for the year.
async fn bonus_share(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
    year: i32,
) -> Result<Option<Net>, ActionError> {
    let payments = bonuses::payments(conn, contract).await?;
    let shares = payments.iter().filter(|it| it.year == year).flat_map(|it| &it.shares);
    let own: Net = shares.filter(|share| share.member == member).map(|share| share.net).sum();
    Ok(Some(own).filter(|net| !net.is_zero()))
}
