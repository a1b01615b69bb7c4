//! Change what an item of a contract in force is beside its price (CPV code, accessibility, EVB-IT, VAT, freight): one
//! person proposes, a second one releases. VAT and freight are never changed backwards: they get a first day
//! that is still to come. Orders keep what they were released with.

use abruf_domain::facts::{Accessibility, EvbIt, VatChange};
use abruf_domain::ids::ContractId;
use abruf_domain::notation::Language::German;
use serde_json::{Value, json};
use uuid::Uuid;

use super::item_freight::{self, FreightWish, Persons};
use super::steer_contract::{held, running};
use super::write_contract::log;
use super::write_item::{check_accessibility, check_cpv, check_evb_it, check_vat};
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contracts::Contract;
use crate::storage::item_proposals::{self, Current, Proposal, Traits};
use crate::storage::price_proposals::{self, CurrentPrice, Hit};
use crate::storage::{StorageError, Tx};

/// What this file does is possible only while the contract runs.
const ONLY: &str = "Positionen ändern Sie nur, solange er läuft.";

/// What somebody wants one trait to be.
#[derive(Debug, Clone, Default)]
pub enum Wanted<T> {
    /// As it is.
    #[default]
    Same,
    /// This from now on.
    Be(T),
}

impl<T: Clone> Wanted<T> {
    fn over(self, standing: &T) -> T {
        match self {
            Self::Same => standing.clone(),
            Self::Be(wanted) => wanted,
        }
    }
}

/// What somebody wants an item to be.
#[derive(Debug, Clone, Default)]
pub struct ItemWish {
    /// CPV code; empty: none.
    pub cpv: Wanted<String>,
    /// Accessibility; `None`: no user interface.
    pub accessibility: Wanted<Option<Accessibility>>,
    /// EVB-IT contract; `None`: no IT item.
    pub evb_it: Wanted<Option<EvbIt>>,
    /// A VAT treatment from a first day of supply on.
    pub vat: Option<VatChange>,
    /// Another freight with one supplier from a day on.
    pub freight: Option<FreightWish>,
}

/// A proposal before it is written.
#[derive(Debug, Clone)]
pub struct ItemChange {
    /// Of which article.
    pub article_number: String,
    /// What it shall be.
    pub wish: ItemWish,
    /// The document behind it.
    pub document: String,
}

/// What a proposal would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The item as it stands.
    pub before: Current,
    /// What it would be.
    pub after: Traits,
    /// The price whose freight would change, as it stands.
    pub price: Option<CurrentPrice>,
    /// Open requests it hits.
    pub hits: Vec<Hit>,
}

/// Looks at a change without writing it.
pub async fn preview(app: &App, actor: &Actor, id: ContractId, change: &ItemChange) -> Result<Preview, ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    judged(app, &mut tx, &contract, change).await
}

/// Proposes a change; at most one waits at a time.
pub async fn propose(app: &App, actor: &Actor, id: ContractId, change: &ItemChange) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    let preview = judged(app, &mut tx, &contract, change).await?;
    let missing = "Bitte nennen Sie den Beleg, zum Beispiel Erklärung des Lieferanten vom 12.05.2027.";
    check_text("document", change.document.trim(), 400, missing)?;
    let proposal = Proposal {
        id: app.chance.id(now),
        item: preview.before.id,
        after: preview.after.clone(),
        document: change.document.trim().to_owned(),
        recorded_by: actor.person,
        recorded_by_name: String::new(),
        recorded_at: now,
    };
    item_proposals::insert(&mut tx, id, &proposal).await.map_err(pending)?;
    log(app, &mut tx, actor, id, "item_change_proposed", &told(&proposal, &preview), now).await?;
    tx.commit().await?;
    Ok(proposal.id)
}

/// The waiting proposal beside what stands; `None` if none waits.
pub async fn waiting(app: &App, actor: &Actor, id: ContractId) -> Result<Option<(Proposal, Preview)>, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let Some(proposal) = item_proposals::waiting(&mut tx, id).await? else { return Ok(None) };
    let preview = stored(&mut tx, id, &proposal).await?;
    Ok(Some((proposal, preview)))
}

/// Releases the waiting proposal; the second person.
pub async fn release(app: &App, actor: &Actor, id: ContractId, proposal: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    let waiting =
        item_proposals::waiting(&mut tx, id).await?.filter(|it| it.id == proposal).ok_or(ActionError::NotFound)?;
    if waiting.recorded_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diese Änderung selbst vorgeschlagen. Freigeben muss sie eine zweite Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    let today = app.clock.today();
    running(&contract, today, ONLY)?;
    if let Some(vat) = waiting.after.vat.as_ref().filter(|vat| vat.from <= today) {
        return Err(ActionError::NotNow(format!(
            "Die Umsatzsteuer sollte sich ab {} ändern. Dieser Tag ist da oder vorbei, und sie ändert sich nie rückwirkend. \
             Bitte nehmen Sie den Vorschlag zurück und schlagen Sie einen späteren Tag vor.",
            German.date(vat.from)
        )));
    }
    let preview = stored(&mut tx, id, &waiting).await?;
    item_proposals::apply(&mut tx, id, waiting.item, &waiting.after).await?;
    if let Some(change) = &waiting.after.freight {
        let persons = Persons { proposed_by: waiting.recorded_by, released_by: actor.person, at: now };
        item_freight::release(app, &mut tx, id, change, preview.price.as_ref(), &persons).await?;
    }
    item_proposals::decide(&mut tx, id, waiting.id, actor.person, now, true).await?;
    log(app, &mut tx, actor, id, "item_change_released", &told(&waiting, &preview), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the waiting proposal back; any person of the office.
pub async fn take_back(app: &App, actor: &Actor, id: ContractId, proposal: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    held(&mut tx, actor, id).await?;
    let waiting =
        item_proposals::waiting(&mut tx, id).await?.filter(|it| it.id == proposal).ok_or(ActionError::NotFound)?;
    let preview = stored(&mut tx, id, &waiting).await?;
    item_proposals::decide(&mut tx, id, waiting.id, actor.person, now, false).await?;
    log(app, &mut tx, actor, id, "item_change_taken_back", &told(&waiting, &preview), now).await?;
    tx.commit().await?;
    Ok(())
}

/// What the item would be; every mistake is named at its field.
async fn judged(app: &App, tx: &mut Tx, contract: &Contract, change: &ItemChange) -> Result<Preview, ActionError> {
    let today = app.clock.today();
    running(contract, today, ONLY)?;
    let article = change.article_number.trim();
    let wrong = |field: &str, message: String| ActionError::Invalid(vec![FieldError::new(field, message)]);
    let before = item_proposals::by_article(tx, contract.id, article).await?.ok_or_else(|| {
        let shown: String = article.chars().take(40).collect();
        let message = format!(
            "Der Artikel „{shown}“ steht nicht im Vertrag {}. Bitte prüfen Sie die Artikelnummer.",
            contract.number
        );
        wrong("article_number", message)
    })?;
    let ItemWish { cpv, accessibility, evb_it, vat, freight } = change.wish.clone();
    let mut after = Traits {
        cpv: cpv.over(&before.traits.cpv).trim().to_owned(),
        accessibility: accessibility.over(&before.traits.accessibility),
        evb_it: evb_it.over(&before.traits.evb_it),
        vat,
        freight: None,
    };
    let mut mistakes = Vec::new();
    let mut note = |checked: Result<(), ActionError>| match checked {
        Err(ActionError::Invalid(errors)) => {
            mistakes.extend(errors);
            Ok(())
        }
        other => other,
    };
    note(check_cpv(&after.cpv))?;
    note(check_accessibility(after.accessibility.as_ref()))?;
    note(check_evb_it(after.evb_it.as_ref()))?;
    if let Some(vat) = &after.vat {
        note(check_vat("vat", &vat.vat))?;
        if vat.from <= today {
            let message = format!(
                "Die Umsatzsteuer ändert sich nie rückwirkend. Bitte nennen Sie einen Liefertag nach dem {}.",
                German.date(today)
            );
            mistakes.push(FieldError::new("vat_from", message));
        }
        if before.vat.iter().any(|row| row.from == Some(vat.from)) {
            let message = format!(
                "Ab {} steht schon eine Umsatzsteuer. Bitte wählen Sie einen anderen Tag.",
                German.date(vat.from)
            );
            mistakes.push(FieldError::new("vat_from", message));
        }
    }
    let mut price = None;
    if let Some(wish) = freight {
        match item_freight::judged(tx, contract, &before.article_number, &wish, today).await {
            Ok((change, current)) => {
                after.freight = Some(change);
                price = Some(current);
            }
            Err(ActionError::Invalid(errors)) => mistakes.extend(errors),
            Err(error) => return Err(error),
        }
    }
    if mistakes.is_empty() && after == before.traits {
        let message = "So ändert sich nichts. Bitte prüfen Sie die Eingabe.";
        mistakes.push(FieldError::new("article_number", message));
    }
    if !mistakes.is_empty() {
        return Err(ActionError::Invalid(mistakes));
    }
    let hits = price_proposals::hits(tx, contract.id, std::slice::from_ref(&before.article_number)).await?;
    Ok(Preview { before, after, price, hits })
}

/// A stored proposal beside what stands now.
async fn stored(tx: &mut Tx, contract: ContractId, proposal: &Proposal) -> Result<Preview, ActionError> {
    let before = item_proposals::by_id(tx, contract, proposal.item).await?.ok_or(ActionError::NotFound)?;
    let hits = price_proposals::hits(tx, contract, std::slice::from_ref(&before.article_number)).await?;
    let price = match &proposal.after.freight {
        Some(change) => item_freight::price_of(tx, contract, &before.article_number, change).await?,
        None => None,
    };
    Ok(Preview { before, after: proposal.after.clone(), price, hits })
}

fn pending(error: StorageError) -> ActionError {
    if error.constraint() == Some("item_proposal_one_pending") {
        return ActionError::NotNow(
            "Eine Änderung wartet schon auf ihre zweite Person. Bitte geben Sie sie zuerst frei, oder nehmen Sie sie zurück."
                .to_owned(),
        );
    }
    error.into()
}

fn told(proposal: &Proposal, preview: &Preview) -> Value {
    let before = &preview.before;
    json!({
        "proposal": proposal.id,
        "item": before.id,
        "article_number": before.article_number,
        "before": before.traits,
        "freight_before": preview.price.as_ref().map(|price| price.freight),
        "after": proposal.after,
        "document": proposal.document,
    })
}
