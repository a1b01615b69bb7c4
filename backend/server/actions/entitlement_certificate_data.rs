//! What a certificate of entitlement prints: what the rules about membership, entitlement and term say on its day,
//! with the proofs they rest on.

use abruf_documents::EntitlementData;
use abruf_documents::data::{Body, ContractReference, EarlierPaper, Signature};
use abruf_documents::entitlement_certificate::LotScope;
use abruf_documents::memo::Named;
use abruf_domain::facts::SupplyChain;
use abruf_domain::ids::{ContractId, LotId, OrganisationId};
use abruf_domain::notation::Language;
use abruf_domain::{Facts, Finding, Outcome, checks, entitlement};
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::memo_words::{basis, entitlement as proofs};
use super::order_data::{organisation, party};
use super::{ActionError, FieldError};
use crate::app::App;
use crate::storage::contracts::{self, Contract};
use crate::storage::facts;

const GERMAN: Language = Language::German;

/// More articles than any contract has.
const ALL: i64 = 1_000_000;

/// A ceiling that was exceeded stops call-offs, but takes nobody's entitlement away.
const ABOUT_VOLUME: &str = "cap-breached";

/// Who certifies what, when, and under which number.
pub(super) struct Certified {
    /// Number of the certificate.
    pub number: String,
    /// The day it speaks of.
    pub day: NaiveDate,
    /// Who had it issued, and when.
    pub issued: Signature,
    /// The certificate it replaces.
    pub replaces: Option<EarlierPaper>,
    /// Who certifies.
    pub body: OrganisationId,
    /// Whom it is about.
    pub member: OrganisationId,
}

/// Puts a certificate together.
///
/// # Errors
/// If the member may not call off on that day: a field error that says why.
pub(super) async fn entitlement_data(
    app: &App,
    conn: &mut PgConnection,
    certified: Certified,
    id: ContractId,
) -> Result<EntitlementData, ActionError> {
    let contract = contracts::find(&mut *conn, id).await?.ok_or(ActionError::NotFound)?;
    let day = certified.day;
    let facts = facts::without_request(&mut *conn, id, contract.body, certified.member, certified.issued.at).await?;
    let findings: Vec<Finding> =
        entitlement::findings(&facts, day).into_iter().filter(|it| it.rule != ABOUT_VOLUME).collect();
    if let Some(block) = findings.iter().find(|it| it.outcome == Outcome::Block) {
        return Err(refused(&in_words(block, &contract.currency)));
    }
    let (since, until) = entitlement::span(&facts, day).ok_or_else(|| {
        refused("An diesem Tag liegen Mitgliedschaft, Berechtigung und Laufzeit nicht gemeinsam vor.")
    })?;
    let body = organisation(&mut *conn, certified.body).await?;
    let member = organisation(&mut *conn, certified.member).await?;
    Ok(EntitlementData {
        number: certified.number,
        day,
        issued: certified.issued,
        replaces: certified.replaces,
        demo: app.demo,
        issuer: party(&body),
        body: Body { name: body.name.clone(), address: body.address_lines(), contact: vec![body.email] },
        member: party(&member),
        in_house: facts.contract.supply_chain == SupplyChain::ThroughBody,
        since,
        until,
        basis: basis(&facts, &contract),
        proof: proofs(&facts, day),
        scope: scope(&mut *conn, &facts, id, day).await?,
        ceilings: ceilings(conn, &contract, certified.member).await?,
        sources: sources(&findings),
        contract: ContractReference {
            lots: facts.contract.lots.iter().map(|lot| facts.contract.lot_name(lot.id)).collect(),
            number: contract.number,
            title: contract.title,
            notice: Some(contract.notice_reference).filter(|it| !it.is_empty()),
            notice_date: Some(contract.notice_date),
            procedure: Some(contract.procedure_reference).filter(|it| !it.is_empty()),
        },
        base_url: Some(app.base_url.to_string()),
    })
}

fn refused(why: &str) -> ActionError {
    let message = format!(
        "Diese Abrufberechtigung kann heute nicht bescheinigt werden. {why} Bitte fragen Sie die Geschäftsstelle, wenn das nicht stimmt."
    );
    ActionError::Invalid(vec![FieldError::new("contract_id", message)])
}

fn in_words(finding: &Finding, currency: &str) -> String {
    checks::by_id(&finding.rule).map(|check| check.texts.sentence(finding, GERMAN, currency)).unwrap_or_default()
}

/// The articles of each lot and who delivers them.
async fn scope(
    conn: &mut PgConnection,
    facts: &Facts,
    contract: ContractId,
    day: NaiveDate,
) -> Result<Vec<LotScope>, ActionError> {
    let mut lots: Vec<(LotId, LotScope)> = Vec::new();
    for item in contracts::schedule(conn, contract, day, "", ALL, 0).await? {
        if lots.last().is_none_or(|(lot, _)| *lot != item.lot) {
            let parties = facts.contract.ranked_parties(Some(item.lot), day);
            let suppliers = parties.iter().map(|party| party.name.clone()).filter(|name| !name.is_empty()).collect();
            let lot = format!("Los {} {}", item.lot_number, item.lot_title);
            lots.push((item.lot, LotScope { lot, articles: 0, suppliers }));
        }
        if let Some((_, scope)) = lots.last_mut() {
            scope.articles += 1;
        }
    }
    Ok(lots.into_iter().map(|(_, scope)| scope).collect())
}

async fn ceilings(
    conn: &mut PgConnection,
    contract: &Contract,
    member: OrganisationId,
) -> Result<Vec<Named>, ActionError> {
    let money = |volume: abruf_domain::money::Volume| GERMAN.money(volume.decimal(), &contract.currency);
    let mut rows = Vec::new();
    if let Some(limit) = contract.ceiling.limit {
        let breached = if contract.ceiling.breached { ". Er ist überschritten; Abrufe sind gesperrt" } else { "" };
        rows.push(Named::new(
            "Höchstwert des Vertrags",
            format!("{} netto für alle Mitglieder{breached}", money(limit)),
        ));
    }
    let quota = contracts::quota(conn, contract.id, member).await?;
    if let Some((limit, hard)) = quota.and_then(|(ceiling, hard)| ceiling.limit.map(|limit| (limit, hard))) {
        let beyond = if hard { "" } else { "; darüber ist eine Begründung nötig" };
        rows.push(Named::new("Kontingent des Mitglieds", format!("{} netto{beyond}", money(limit))));
    }
    Ok(rows)
}

/// Each rule that was asked, with its source, once.
fn sources(findings: &[Finding]) -> Vec<Named> {
    let mut rows: Vec<Named> = Vec::new();
    for finding in findings {
        let title = checks::by_id(&finding.rule).map_or(finding.rule.as_str(), |check| check.texts.title(GERMAN));
        let row = Named::new(title, finding.source(GERMAN));
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}
