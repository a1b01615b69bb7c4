//! Issue a certificate and freeze it: that a member may call off from a contract, or what it saved in a year. A newer
//! one about the same thing names the older one, which stays as it is. Rendering holds no lock: the facts are read in
//! one snapshot, the PDF is made outside, and only then the certificate and its log entry are written.

use abruf_documents::data::{EarlierPaper, Signature};
use abruf_documents::{Document, Templates, reproduce::template_of};
use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::OrganisationId;
use abruf_domain::period::berlin_date;
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use super::entitlement_certificate_data::{Certified, entitlement_data};
use super::issue_document::off_the_runtime;
use super::keyed::Keyed;
use super::load_templates::templates_of;
use super::savings_certificate_data::savings_data;
use super::{ActionError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::certificates::{self, NewCertificate, Previous, Subject};
use crate::storage::error::consistent;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::{assignments, documents, member_list};

/// Who may have a certificate issued: the member's people for it, the office for every member.
pub const ISSUERS: &[Role] = &[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office];

/// Issues a certificate about `member`; returns its id.
///
/// # Errors
/// If the member or contract is not the actor's business, or if there is nothing to certify: a field error.
pub async fn issue(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    subject: Subject,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, ISSUERS)?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    match made(keyed, member, subject).await {
        // Somebody sent the same request at the same time and was first: theirs is the answer.
        Err(ActionError::KeyReused) => {
            let mut tx = app.db.begin(actor).await?;
            let first = keyed.replay(&mut tx).await?;
            tx.rollback().await?;
            first.ok_or(ActionError::KeyReused)
        }
        made => made,
    }
}

async fn made(keyed: Keyed<'_>, member: OrganisationId, subject: Subject) -> Result<Uuid, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let mut tx = app.db.begin_snapshot(actor).await?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    member_list::visible_name(&mut tx, actor, member).await?.ok_or(ActionError::NotFound)?;
    let previous = certificates::newest(&mut tx, actor.body, member, subject).await?;
    let certified = Certified {
        number: app.chance.certificate_number(),
        day: berlin_date(now),
        issued: Signature { name: assignments::person_name(&mut tx, actor.person).await?.unwrap_or_default(), at: now },
        replaces: previous.as_ref().map(replaced).transpose()?,
        body: actor.body,
        member,
    };
    let templates = templates_of(app, &mut tx, actor.body, member).await?;
    let (number, in_use) = (certified.number.clone(), templates.clone());
    let document = match subject {
        Subject::Entitlement(contract) => {
            let data = entitlement_data(app, &mut tx, certified, contract).await?;
            tx.rollback().await?;
            off_the_runtime(move || abruf_documents::entitlement_certificate(&data, &templates)).await?
        }
        Subject::Savings(year) => {
            let data = savings_data(app, &mut tx, certified, year).await?;
            tx.rollback().await?;
            off_the_runtime(move || abruf_documents::savings_certificate(&data, &templates)).await?
        }
        // Nobody asks for these here: one is made once its competition is decided, the other is frozen.
        Subject::Competition(..) | Subject::Meeting(_) => return Err(ActionError::NotFound),
    };
    freeze(keyed, member, subject, (&number, previous.map(|it| it.id)), &document, &in_use).await
}

fn replaced(previous: &Previous) -> Result<EarlierPaper, ActionError> {
    let check_code = consistent(previous.check_code.parse(), "certificate", "check_code", previous.id)?;
    Ok(EarlierPaper { number: previous.number.clone(), day: previous.dated_on, check_code })
}

async fn freeze(
    keyed: Keyed<'_>,
    member: OrganisationId,
    subject: Subject,
    (number, previous): (&str, Option<Uuid>),
    document: &Document,
    templates: &Templates,
) -> Result<Uuid, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let id = app.chance.id(now);
    let bytes = app.documents.put(&document.sha256, &document.bytes).await?;
    let mut tx = app.db.begin(actor).await?;
    let new = NewCertificate {
        id,
        subject,
        number,
        body: actor.body,
        member,
        dated_on: berlin_date(now),
        previous,
        file_name: &document.file_name,
        check_code: document.check_code.as_str(),
        sha256: &document.sha256,
        template_version: &document.template_version,
        input: &document.input,
        pages: document.pages,
        bytes,
        byte_count: document.bytes.len(),
        by: Some(actor.person),
        at: now,
    };
    certificates::insert(&mut tx, &new).await?;
    let template = template_of(&document.input)?;
    let (texts, assets) = (templates.texts(&template), templates.asset_hashes());
    documents::keep_template(&mut tx, &document.template_version, &texts, assets).await?;
    keyed.keep(&mut tx, &id).await?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "certificate_issued", "certificate", id);
    entry.after = Some(HEXLOWER.encode(&document.sha256));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), member: Some(member), call_off: None };
    let detail = json!({ "kind": subject.kind(), "number": number, "replaces": previous });
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    // The chain is the last thing that is locked.
    match subject {
        Subject::Entitlement(contract) => audit_log::append_to_contract(&mut tx, contract, &record).await?,
        Subject::Savings(_) | Subject::Competition(..) | Subject::Meeting(_) => {
            audit_log::append(&mut tx, actor.body.0, &record).await?;
        }
    }
    tx.commit().await?;
    Ok(id)
}
