//! Change the prices of a contract in force: one person proposes a dated version, a second one releases
//! it. Prices are never overwritten and never retroactive: the version before ends the day before, and
//! orders keep the price they were released with.

use std::collections::BTreeMap;

use abruf_domain::facts::Price;
use abruf_domain::ids::{ContractId, ItemId, OrganisationId};
use abruf_domain::money::Percent;
use abruf_domain::notation::Language::German;
use abruf_domain::price_change::{self, Change};
use chrono::{Days, NaiveDate};
use serde_json::json;
use uuid::Uuid;

use super::steer_contract::{held, running};
use super::write_contract::log;
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contracts::{self, Contract};
use crate::storage::price_proposals::{self, CurrentPrice, Freight, Hit, Proposal, Succession};
use crate::storage::{Tx, contract_drafts};

/// Most mistakes told at once.
const MOST_TOLD: usize = 20;

/// What somebody wants the prices to be.
#[derive(Debug, Clone)]
pub enum Wish {
    /// All prices whose article, text or supplier match these words, by so many percent.
    Percentage {
        /// Words; empty is all.
        words: String,
        /// Percent, negative is cheaper.
        percent: Percent,
    },
    /// These articles at these prices.
    Typed(Vec<(String, Price)>),
    /// These articles with these suppliers at these prices, from a list.
    Listed(Vec<(String, OrganisationId, Price)>),
}

/// A proposal before it is written.
#[derive(Debug, Clone)]
pub struct PriceChange {
    /// First day of the new prices.
    pub valid_from: NaiveDate,
    /// What they should be.
    pub wish: Wish,
    /// The document behind it.
    pub document: String,
    /// Why a price changes by more than the bound.
    pub reason: String,
}

/// One price of a proposal beside the one it follows.
#[derive(Debug, Clone)]
pub struct Line {
    /// What holds until then.
    pub before: CurrentPrice,
    /// What shall hold.
    pub after: Price,
    /// How far it lies from it.
    pub change: Change,
}

/// What a proposal would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Its prices.
    pub lines: Vec<Line>,
    /// Open requests it hits.
    pub hits: Vec<Hit>,
    /// The contract's bound: more needs a reason.
    pub bound: Percent,
}

impl Preview {
    /// Prices that change by more than the bound.
    pub fn beyond(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.change.needs_reason(self.bound))
    }
}

/// Looks at a change without writing it.
pub async fn preview(app: &App, actor: &Actor, id: ContractId, change: &PriceChange) -> Result<Preview, ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    judged(app, &mut tx, &contract, change).await
}

/// Proposes a change; at most one waits at a time.
pub async fn propose(app: &App, actor: &Actor, id: ContractId, change: &PriceChange) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    let preview = judged(app, &mut tx, &contract, change).await?;
    let missing = "Bitte nennen Sie den Beleg, zum Beispiel Schreiben des Lieferanten vom 12.05.2027.";
    super::check_text("document", change.document.trim(), 400, missing)?;
    let beyond = preview.beyond().count();
    if 0 < beyond || !change.reason.trim().is_empty() {
        let missing = format!(
            "{beyond} Preise ändern sich um mehr als {} %. Bitte bestätigen Sie das mit einem Grund.",
            German.number(preview.bound.decimal().normalize())
        );
        super::check_text("reason", change.reason.trim(), 4_000, &missing)?;
    }
    if price_proposals::waiting(&mut tx, id).await?.is_some() {
        return Err(ActionError::NotNow(
            "Eine Preisversion wartet schon auf ihre zweite Person. Bitte geben Sie sie zuerst frei, oder nehmen Sie sie zurück."
                .to_owned(),
        ));
    }
    let proposal = Proposal {
        id: app.chance.id(now),
        valid_from: change.valid_from,
        document: change.document.trim().to_owned(),
        reason: change.reason.trim().to_owned(),
        recorded_by: actor.person,
        recorded_by_name: String::new(),
        recorded_at: now,
    };
    let lines: Vec<_> =
        preview.lines.iter().map(|line| (line.before.item, line.before.supplier, line.after.clone())).collect();
    price_proposals::insert(&mut tx, id, &proposal, &lines).await?;
    log(app, &mut tx, actor, id, "price_version_proposed", &told(&proposal, &preview.lines), now).await?;
    tx.commit().await?;
    Ok(())
}

/// The waiting proposal beside the prices it follows; `None` if none waits.
pub async fn waiting(app: &App, actor: &Actor, id: ContractId) -> Result<Option<(Proposal, Preview)>, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let Some(proposal) = price_proposals::waiting(&mut tx, id).await? else { return Ok(None) };
    let contract = contracts::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let preview = stored(&mut tx, &contract, &proposal).await?;
    Ok(Some((proposal, preview)))
}

/// Releases the waiting proposal; the second person.
pub async fn release(app: &App, actor: &Actor, id: ContractId, proposal: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    let waiting =
        price_proposals::waiting(&mut tx, id).await?.filter(|it| it.id == proposal).ok_or(ActionError::NotFound)?;
    if waiting.recorded_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diese Preise selbst vorgeschlagen. Freigeben muss sie eine zweite Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    running(&contract, app.clock.today(), ONLY)?;
    if waiting.valid_from <= app.clock.today() {
        return Err(ActionError::NotNow(format!(
            "Die Preise sollten ab {} gelten. Dieser Tag ist da oder vorbei, und Preise gelten nie rückwirkend. Bitte nehmen \
             Sie den Vorschlag zurück und schlagen Sie einen späteren Tag vor.",
            German.date(waiting.valid_from)
        )));
    }
    let preview = stored(&mut tx, &contract, &waiting).await?;
    for line in &preview.lines {
        if line.before.valid_from == waiting.valid_from {
            return Err(ActionError::NotNow(format!(
                "Artikel {} hat ab {} inzwischen einen anderen freigegebenen Preis. Bitte nehmen Sie den Vorschlag zurück.",
                line.before.article_number,
                German.date(waiting.valid_from)
            )));
        }
        let next = Succession {
            id: app.chance.id(now),
            follows: &line.before,
            price: &line.after,
            freight: Freight::Stays,
            valid_from: waiting.valid_from,
            recorded_by: waiting.recorded_by,
            released_by: actor.person,
            at: now,
        };
        price_proposals::succeed(&mut tx, id, &next).await?;
    }
    price_proposals::decide(&mut tx, id, waiting.id, actor.person, now, true).await?;
    log(app, &mut tx, actor, id, "price_version_released", &told(&waiting, &preview.lines), now).await?;
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
        price_proposals::waiting(&mut tx, id).await?.filter(|it| it.id == proposal).ok_or(ActionError::NotFound)?;
    price_proposals::decide(&mut tx, id, waiting.id, actor.person, now, false).await?;
    log(app, &mut tx, actor, id, "price_version_taken_back", &told(&waiting, &[]), now).await?;
    tx.commit().await?;
    Ok(())
}

/// What this file does is possible only while the contract runs.
const ONLY: &str = "Neue Preisversionen gibt es nur, solange er läuft.";

/// Reads what holds on the first day and compares; every mistake is named by its article.
async fn judged(app: &App, tx: &mut Tx, contract: &Contract, change: &PriceChange) -> Result<Preview, ActionError> {
    let today = app.clock.today();
    running(contract, today, ONLY)?;
    let wrong = |field: &str, message: String| ActionError::Invalid(vec![FieldError::new(field, message)]);
    if change.valid_from <= today {
        let earliest = German.date(today.checked_add_days(Days::new(1)).unwrap_or(today));
        let message =
            format!("Preise gelten nie rückwirkend und nie für heute. Der früheste erste Tag ist der {earliest}.");
        return Err(wrong("valid_from", message));
    }
    if contract.effective_end < change.valid_from {
        let end = German.date(contract.effective_end);
        return Err(wrong(
            "valid_from",
            format!("Der Vertrag endet am {end}. Ein Preis danach gilt nie. Bitte prüfen Sie den Tag."),
        ));
    }
    let words = match &change.wish {
        Wish::Percentage { words, .. } => words.as_str(),
        Wish::Typed(_) | Wish::Listed(_) => "",
    };
    let current = price_proposals::current(tx, contract.id, change.valid_from, words).await?;
    let mut mistakes = Vec::new();
    let mut pairs: Vec<(CurrentPrice, Price)> = Vec::new();
    match &change.wish {
        Wish::Percentage { percent, .. } => {
            if percent.decimal() <= -Percent::HUNDRED.decimal() || percent.is_zero() {
                let message =
                    "Bitte geben Sie einen Prozentsatz über -100 und ungleich 0 ein, zum Beispiel 3,5 oder -2.";
                return Err(wrong("percent", message.to_owned()));
            }
            let decimals = contracts::unit_price_decimals(tx, contract.id).await?;
            pairs.extend(current.into_iter().map(|before| {
                let after = price_change::changed_by(&before.price, *percent, decimals);
                (before, after)
            }));
        }
        Wish::Typed(prices) => {
            let mut by_article: BTreeMap<&str, Vec<&CurrentPrice>> = BTreeMap::new();
            for price in &current {
                by_article.entry(&price.article_number).or_default().push(price);
            }
            for (article, after) in prices {
                match by_article.get(article.as_str()).map(Vec::as_slice) {
                    Some([before]) => pairs.push(((*before).clone(), after.clone())),
                    Some(several) => mistakes.push(FieldError::new(
                        "prices",
                        format!("Artikel {article} hat am ersten Tag {} Lieferanten. Bitte ändern Sie ihn mit einem Prozentsatz und dem Namen des Lieferanten.", several.len()),
                    )),
                    None => mistakes.push(without_price(article, change.valid_from)),
                }
            }
        }
        // Compared below, where prices are looked up by article and supplier.
        Wish::Listed(_) => {}
    }
    if let Wish::Listed(prices) = &change.wish {
        let mut by_place: BTreeMap<(String, OrganisationId), CurrentPrice> = BTreeMap::new();
        for price in price_proposals::current(tx, contract.id, change.valid_from, "").await? {
            by_place.insert((price.article_number.clone(), price.supplier), price);
        }
        for (article, supplier, after) in prices {
            match by_place.remove(&(article.clone(), *supplier)) {
                Some(before) => pairs.push((before, after.clone())),
                None => mistakes.push(without_price(article, change.valid_from)),
            }
        }
    }
    for (before, after) in &pairs {
        let article = &before.article_number;
        for fault in price_change::faults(after, before.min_quantity) {
            mistakes.push(FieldError::new(
                "prices",
                format!("Artikel {article} (price-version-approved): {}", fault.german()),
            ));
        }
        if before.valid_from == change.valid_from {
            let day = German.date(change.valid_from);
            mistakes.push(FieldError::new("valid_from", format!("Artikel {article} hat ab {day} schon einen freigegebenen Preis (price-version-approved). Zwei Versionen dürfen sich nicht überschneiden. Bitte wählen Sie einen späteren ersten Tag.")));
        }
    }
    pairs.retain(|(before, after)| before.price != *after);
    if mistakes.is_empty() && pairs.is_empty() {
        let message = "So ändert sich kein Preis. Bitte prüfen Sie Auswahl und Eingabe.";
        mistakes.push(FieldError::new("prices", message));
    }
    if !mistakes.is_empty() {
        mistakes.truncate(MOST_TOLD);
        return Err(ActionError::Invalid(mistakes));
    }
    compared(tx, contract, pairs).await
}

fn without_price(article: &str, day: NaiveDate) -> FieldError {
    let day = German.date(day);
    let message =
        format!("Artikel {article} hat am {day} keinen freigegebenen Preis. Bitte prüfen Sie die Artikelnummer.");
    FieldError::new("prices", message)
}

/// A stored proposal beside what holds now on its first day.
async fn stored(tx: &mut Tx, contract: &Contract, proposal: &Proposal) -> Result<Preview, ActionError> {
    let lines = price_proposals::lines(tx, contract.id, proposal.id).await?;
    let lines: BTreeMap<(ItemId, OrganisationId), Price> =
        lines.into_iter().map(|(item, supplier, price)| ((item, supplier), price)).collect();
    let current = price_proposals::current(tx, contract.id, proposal.valid_from, "").await?;
    let pairs = current.into_iter().filter_map(|before| {
        let after = lines.get(&(before.item, before.supplier)).cloned()?;
        Some((before, after))
    });
    compared(tx, contract, pairs.collect()).await
}

async fn compared(tx: &mut Tx, contract: &Contract, pairs: Vec<(CurrentPrice, Price)>) -> Result<Preview, ActionError> {
    let bound = contract_drafts::terms(tx, contract.id).await?.ok_or(ActionError::NotFound)?.price_change_limit_pct;
    let articles: Vec<String> = pairs.iter().map(|(before, _)| before.article_number.clone()).collect();
    let hits = price_proposals::hits(tx, contract.id, &articles).await?;
    let lines = pairs
        .into_iter()
        .map(|(before, after)| Line { change: price_change::change(Some(&before.price), &after), before, after })
        .collect();
    Ok(Preview { lines, hits, bound })
}

fn told(proposal: &Proposal, lines: &[Line]) -> serde_json::Value {
    let prices: Vec<_> = lines.iter().map(|line| json!({ "price": line.before.id, "after": line.after })).collect();
    json!({
        "proposal": proposal.id,
        "valid_from": proposal.valid_from,
        "document": proposal.document,
        "reason": proposal.reason,
        "prices": prices,
    })
}
