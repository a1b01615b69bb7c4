//! Baselines from a spreadsheet of past purchases. The file is put aside and looked at first: each purchase with the items of the
//! contract it may mean. What a person confirms is recorded as baselines of the kind earlier contract, with the file as
//! evidence; a second person has to approve each like any other.

use std::collections::BTreeMap;

use abruf_domain::canonical::sha256;
use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::ids::{BaselineId, ContractId};
use abruf_domain::name_match::{Name, likeliest};
use abruf_domain::notation::Language::German;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use super::evidence_file::{MediaType, SentFile, TABLES};
use super::import::cells::RowError;
use super::import::purchases::{self, Purchase, Purchases};
use super::record_baseline::{MAX_EVIDENCE, is_known, misfits, own};
use super::write_contract::log;
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::baseline_files::{self, StoredFile};
use crate::storage::baseline_items::{self, KnownItem};
use crate::storage::baselines::{self, Pending};
use crate::storage::{Tx, contracts};

/// Items proposed for a purchase.
const PROPOSED: usize = 3;

/// A purchase with what it may be a price of.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The purchase.
    pub purchase: Purchase,
    /// Items it may mean, the likeliest first.
    pub items: Vec<KnownItem>,
    /// Proposed without a question: the article numbers are the same, or the names nearly.
    pub chosen: Option<String>,
    /// Why nothing is proposed, or what to look at; empty where nothing is to be said.
    pub note: String,
}

/// What a file would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Name of the file.
    pub file_name: String,
    /// Rows of the file, right or wrong.
    pub count: usize,
    /// Purchases that can be read, in the order of the file.
    pub proposals: Vec<Proposal>,
    /// What is wrong with the other rows.
    pub errors: Vec<RowError>,
}

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Baselines that wait for their second person.
    pub recorded: usize,
    /// Purchases whose price stands there already, or of whose item a later purchase was taken.
    pub left_out: usize,
}

/// Puts a file aside for its preview, if it is a list of purchases.
///
/// # Errors
/// [`ActionError::Invalid`] at `file`: no table, or not the columns.
pub async fn put_aside(app: &App, actor: &Actor, contract: ContractId, file: &SentFile) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, contract).await?;
    let stored = taken(app, file)?;
    let id = app.chance.id(now);
    baseline_files::put_aside(&mut tx, contract, id, &stored, actor.person, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// The file as it is kept, if it can be read as a whole.
fn taken(app: &App, file: &SentFile) -> Result<StoredFile, ActionError> {
    let kind = file.recognised("file", TABLES)?;
    read(app, &file.bytes, kind)?;
    Ok(StoredFile { name: file.kept_name(), media_type: kind.key().to_owned(), bytes: file.bytes.clone() })
}

fn read(app: &App, bytes: &[u8], kind: MediaType) -> Result<Purchases, ActionError> {
    purchases::read(bytes, kind, app.clock.today())
        .map_err(|refused| ActionError::Invalid(vec![FieldError::new("file", refused.to_string())]))
}

/// The file that was put aside, looked at anew: prices and items may have changed since.
pub async fn preview(app: &App, actor: &Actor, contract: ContractId, id: Uuid) -> Result<Preview, ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, contract).await?;
    let file = baseline_files::waiting(&mut tx, contract, id).await?.ok_or(ActionError::NotFound)?;
    let items = baseline_items::of_contract(&mut tx, contract).await?;
    looked(app, &file, &items)
}

/// Looks at a file without keeping it.
pub async fn look(app: &App, actor: &Actor, contract: ContractId, file: &SentFile) -> Result<Preview, ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, contract).await?;
    let items = baseline_items::of_contract(&mut tx, contract).await?;
    looked(app, &taken(app, file)?, &items)
}

fn looked(app: &App, file: &StoredFile, items: &[KnownItem]) -> Result<Preview, ActionError> {
    let kind = MediaType::from_key(&file.media_type).unwrap_or(MediaType::Csv);
    let Purchases { rows, errors, count } = read(app, &file.bytes, kind)?;
    let names: Vec<Name> = items.iter().map(|item| Name::of(&item.title)).collect();
    let proposals = rows.into_iter().map(|purchase| proposal(purchase, items, &names)).collect();
    Ok(Preview { file_name: file.name.clone(), count, proposals, errors })
}

/// By article number first, then by name. What is measured in another unit is never proposed.
fn proposal(purchase: Purchase, items: &[KnownItem], names: &[Name]) -> Proposal {
    let number = purchase.article_number.trim().to_lowercase();
    let same = items.iter().find(|item| !number.is_empty() && item.article_number.to_lowercase() == number);
    if let Some(item) = same {
        let misfits = misfits(item, &purchase.unit, purchase.per);
        return match misfits.into_iter().next() {
            None => Proposal {
                chosen: Some(item.article_number.clone()),
                items: vec![item.clone()],
                note: "gleiche Artikelnummer".to_owned(),
                purchase,
            },
            Some((_, message)) => Proposal { items: Vec::new(), chosen: None, note: message, purchase },
        };
    }
    let likely = likeliest(&purchase.title, names, PROPOSED);
    let fits = |item: &KnownItem| misfits(item, &purchase.unit, purchase.per).is_empty();
    let fitting: Vec<KnownItem> = likely.iter().map(|(at, _)| &items[*at]).filter(|item| fits(item)).cloned().collect();
    let note = match (likely.first(), fitting.first()) {
        (None, _) => "kein ähnlicher Artikel im Vertrag".to_owned(),
        (Some((at, _)), None) => {
            let item = &items[*at];
            let month = if item.monthly == Some(true) { " und Monat" } else { "" };
            format!("ähnlich ist „{}“, aber je {}{month}", item.title, item.unit)
        }
        (Some(_), Some(_)) => "ähnlicher Name: bitte prüfen".to_owned(),
    };
    Proposal { chosen: fitting.first().map(|item| item.article_number.clone()), items: fitting, note, purchase }
}

/// Records what was chosen: row of the file and article number; rows that are not named are left out. The file becomes the
/// evidence. Of several purchases of an item the latest counts, of one day the cheapest.
///
/// # Errors
/// [`ActionError::Invalid`] at `zeile-<row>` for what does not fit; then nothing is recorded.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    id: Uuid,
    choices: &BTreeMap<u64, String>,
) -> Result<Imported, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, contract).await?;
    let file = baseline_files::waiting(&mut tx, contract, id).await?.ok_or(ActionError::NotFound)?;
    if !baseline_files::forget(&mut tx, contract, id).await? {
        return Err(ActionError::NotFound);
    }
    let imported = write(app, &mut tx, actor, contract, &file, choices, now).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Records the chosen purchases of a file in one step, for programs.
pub async fn import(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    file: &SentFile,
    choices: &BTreeMap<u64, String>,
) -> Result<Imported, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, contract).await?;
    let imported = write(app, &mut tx, actor, contract, &taken(app, file)?, choices, now).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Forgets a file that was put aside.
pub async fn discard(app: &App, actor: &Actor, contract: ContractId, id: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, contract).await?;
    baseline_files::forget(&mut tx, contract, id).await?;
    Ok(tx.commit().await?)
}

async fn write(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    contract: ContractId,
    file: &StoredFile,
    choices: &BTreeMap<u64, String>,
    now: DateTime<Utc>,
) -> Result<Imported, ActionError> {
    let items = baseline_items::of_contract(tx, contract).await?;
    let preview = looked(app, file, &items)?;
    let chosen = chosen(&preview, &items, choices)?;
    let taken: usize = chosen.values().map(Vec::len).sum();
    if taken == 0 {
        let message =
            "Kein Einkauf ist einem Artikel zugeordnet. Bitte wählen Sie bei mindestens einer Zeile den Artikel.";
        return Err(ActionError::Invalid(vec![FieldError::new("file", message)]));
    }
    let digest = sha256(&file.bytes);
    baseline_files::keep(tx, contract, &digest, file, actor.person, now).await?;
    let mut recorded = 0;
    for purchases in chosen.values() {
        let latest = purchases.iter().max_by_key(|(_, it)| (it.dated_on, std::cmp::Reverse(it.unit_price), it.line));
        let Some((item, purchase)) = latest else { continue };
        let evidence = evidence(purchase, &file.name);
        let pending = Pending {
            id: BaselineId(app.chance.id(now)),
            item: item.id,
            member: None,
            kind: BaselineKind::PriorContract,
            unit_price: purchase.unit_price,
            per: purchase.per,
            dated_on: purchase.dated_on,
            valid_from: None,
            valid_to: None,
            evidence: &evidence,
            sha256: Some(&digest),
            recorded_by: actor.person,
            recorded_at: now,
            replaces: None,
        };
        if !is_known(tx, contract, item, &pending).await? {
            baselines::insert(tx, contract, &pending).await?;
            recorded += 1;
        }
    }
    let told = json!({ "file": HEXLOWER.encode(&digest), "rows": preview.count, "recorded": recorded });
    log(app, tx, actor, contract, "baselines_imported", &told, now).await?;
    Ok(Imported { recorded, left_out: taken - recorded })
}

/// Purchases with the item they are proposed for, by article.
type ByArticle<'a> = BTreeMap<&'a str, Vec<(&'a KnownItem, &'a Purchase)>>;

/// The chosen purchases by article; every choice that does not fit is named at its row.
fn chosen<'a>(
    preview: &'a Preview,
    items: &'a [KnownItem],
    choices: &BTreeMap<u64, String>,
) -> Result<ByArticle<'a>, ActionError> {
    let mut mistakes = Vec::new();
    let mut by_item: BTreeMap<&str, Vec<(&KnownItem, &Purchase)>> = BTreeMap::new();
    for (line, article) in choices.iter().filter(|(_, article)| !article.trim().is_empty()) {
        let field = format!("zeile-{line}");
        let Some(proposal) = preview.proposals.iter().find(|it| it.purchase.line == *line) else {
            let message =
                format!("Die Zeile {line} kann nicht gelesen werden. Bitte sehen Sie in der Liste der Fehler nach.");
            mistakes.push(FieldError::new(field, message));
            continue;
        };
        let purchase = &proposal.purchase;
        let Some(item) = items.iter().find(|item| item.article_number == article.trim()) else {
            let shown: String = article.trim().chars().take(40).collect();
            let message =
                format!("Zeile {line}: Der Artikel „{shown}“ steht nicht im Vertrag. Bitte wählen Sie einen anderen.");
            mistakes.push(FieldError::new(field, message));
            continue;
        };
        match misfits(item, &purchase.unit, purchase.per).into_iter().next() {
            Some((_, message)) => mistakes.push(FieldError::new(field, format!("Zeile {line}: {message}"))),
            None => by_item.entry(&item.article_number).or_default().push((item, purchase)),
        }
    }
    if mistakes.is_empty() { Ok(by_item) } else { Err(ActionError::Invalid(mistakes)) }
}

/// „R-2025-7: Monitor 27 Zoll, gekauft am 10.11.2025 (einkauf.xlsx, Zeile 12)“
fn evidence(purchase: &Purchase, file: &str) -> String {
    let document = if purchase.document.is_empty() { String::new() } else { format!("{}: ", purchase.document) };
    let title: String = purchase.title.chars().take(150).collect();
    let per = if purchase.per == Per::Month { ", je Monat" } else { "" };
    let file: String = file.chars().take(80).collect();
    let text = format!(
        "{document}{title}{per}, gekauft am {} ({file}, Zeile {})",
        German.date(purchase.dated_on),
        purchase.line
    );
    text.chars().take(MAX_EVIDENCE).collect()
}

/// Number and title of a contract files can be imported for.
pub async fn contract_of(app: &App, actor: &Actor, id: ContractId) -> Result<contracts::Contract, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, id).await
}
