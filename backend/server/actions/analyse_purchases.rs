//! Compare the past purchases of a town or member with the price lists in force: look at a file, confirm it, delete it
//! again. Nothing is analysed before it is confirmed; what waits goes after a day.

use std::collections::{BTreeMap, BTreeSet};

use abruf_domain::audit::AuditEntry;
use abruf_domain::facts::Facts;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use abruf_domain::what_would_be_saved::matching::{Catalogue, Match};
use abruf_domain::what_would_be_saved::{ListedItem, Purchase, Unmatched, listed_amount};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::import::purchase_columns::Layout;
use super::import::purchase_rows::{self, Purchases};
use super::import::spreadsheet::{self, Sheet};
use super::{ActionError, FieldError};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::newcomer_invitations::{self, Invitation, MOST_ANALYSES};
use crate::storage::purchase_analyses::{self, AnalysedLine, Analysis, Matched, NewAnalysis};
use crate::storage::purchase_uploads::{self, Upload, Uploader};
use crate::storage::{StorageError, Tx, facts};

/// Who of a member may compare its purchases.
pub const COMPARERS: &[Role] = &[Role::Buyer, Role::Approver];

/// How long a file waits to be confirmed.
const WAITS: TimeDelta = TimeDelta::days(1);
/// How long an analysis stays unless the town joins.
pub const STAYS: TimeDelta = TimeDelta::days(30);

/// Whose purchases are compared.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// A town with an invitation that opens.
    Invited(&'a Invitation),
    /// Somebody of a member.
    Member(&'a Actor),
}

impl Holder<'_> {
    /// As storage knows it.
    #[must_use]
    pub fn uploader(&self) -> Uploader {
        match self {
            Self::Invited(invitation) => Uploader::Invited(invitation.id),
            Self::Member(actor) => Uploader::Member(actor.organisation),
        }
    }

    /// What its transactions run as.
    #[must_use]
    pub fn runs_as(&self) -> RunsAs<'_> {
        match self {
            Self::Invited(invitation) => RunsAs::Newcomer { invitation: invitation.id },
            Self::Member(actor) => RunsAs::Actor(actor),
        }
    }

    /// Whose contracts.
    #[must_use]
    pub const fn body(&self) -> OrganisationId {
        match self {
            Self::Invited(invitation) => invitation.body,
            Self::Member(actor) => actor.body,
        }
    }
}

/// A file that waits, as far as it is understood.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Name of the file.
    pub file_name: String,
    /// Its cells.
    pub sheet: Sheet,
}

/// What the uploader says with a file.
#[derive(Debug, Clone, Default)]
pub struct Confirmed {
    /// ISO 4217 of lines without one.
    pub currency: String,
    /// The office may see the sums.
    pub consent: bool,
    /// The analysis that stands may go.
    pub replace: bool,
}

/// Keeps a file to be looked at; `for_this_town` is the word of whoever uploads by an invitation.
///
/// # Errors
/// [`ActionError::Invalid`] for a file that cannot be read, and for another town than the invited one.
pub async fn upload(
    app: &App,
    holder: Holder<'_>,
    file_name: &str,
    bytes: Vec<u8>,
    for_this_town: bool,
) -> Result<(), ActionError> {
    if let (Holder::Invited(invitation), false) = (holder, for_this_town) {
        let message = format!(
            "Diese Einladung gilt nur für {}. Es wurde nichts hochgeladen. Bitte lassen Sie sich von der Geschäftsstelle einen eigenen Link geben.",
            invitation.town
        );
        return Err(ActionError::Invalid(vec![FieldError::new("fuer", message)]));
    }
    let read = tokio::task::spawn_blocking(move || spreadsheet::read(&bytes)).await;
    let sheet = read
        .unwrap_or(Err(spreadsheet::SheetRefused::NoWorkbook))
        .map_err(|refused| ActionError::Invalid(vec![FieldError::new("datei", refused.to_string())]))?;
    let now = app.clock.now();
    let name: String = file_name.chars().filter(|c| !c.is_control()).take(200).collect();
    let upload = Upload { id: app.chance.id(now), file_name: name, sheet: stored(&sheet)? };
    let mut tx = app.db.begin(holder.runs_as()).await?;
    purchase_uploads::replace(&mut tx, holder.body(), holder.uploader(), &upload, now, now + WAITS).await?;
    Ok(tx.commit().await?)
}

/// The file that waits, if there is one.
pub async fn waiting(app: &App, holder: Holder<'_>) -> Result<Option<Waiting>, ActionError> {
    let mut tx = app.db.begin(holder.runs_as()).await?;
    let upload = purchase_uploads::find(&mut tx, holder.uploader(), app.clock.now()).await?;
    tx.rollback().await?;
    upload.map(|it| Ok(Waiting { sheet: unstored(&it)?, file_name: it.file_name })).transpose()
}

/// Lets the file that waits go.
pub async fn discard(app: &App, holder: Holder<'_>) -> Result<(), ActionError> {
    let mut tx = app.db.begin(holder.runs_as()).await?;
    purchase_uploads::delete(&mut tx, holder.uploader()).await?;
    Ok(tx.commit().await?)
}

/// Compares the file that waits, read by this layout, with the lists of today.
///
/// # Errors
/// [`ActionError::NotFound`] without a file, [`ActionError::Invalid`] where a column is missing or the analysis that
/// stands must not go, [`ActionError::NotNow`] where the invitation allows no more.
pub async fn analyse(
    app: &App,
    holder: Holder<'_>,
    layout: Layout,
    confirmed: &Confirmed,
) -> Result<Uuid, ActionError> {
    let wrong = |field: &str, message: &str| Err(ActionError::Invalid(vec![FieldError::new(field, message)]));
    let Some(waiting) = waiting(app, holder).await? else { return Err(ActionError::NotFound) };
    if let Some(message) = purchase_rows::missing(&layout) {
        return wrong("spalte_artikelnummer", message);
    }
    if confirmed.currency.len() != 3 || !confirmed.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return wrong("waehrung", "Bitte geben Sie die Währung mit drei Buchstaben ein, zum Beispiel EUR.");
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let catalogue = purchase_analyses::catalogue(&mut tx, holder.body(), berlin_date(now)).await?;
    tx.rollback().await?;
    let currency = confirmed.currency.clone();
    let compared = tokio::task::spawn_blocking(move || compare(&waiting.sheet, &layout, &currency, catalogue)).await;
    let Ok((purchases, catalogue, matches)) = compared else { return Err(ActionError::Contended) };
    if purchases.lines.is_empty() {
        return wrong("datei", "Keine Zeile der Datei ist lesbar. Bitte prüfen Sie die Zuordnung der Spalten.");
    }
    let (rows_read, rows_rejected) = (count(purchases.rows), count(purchases.rejected()));
    let (lines, member) = priced(app, holder, purchases.lines, &catalogue, &matches, now).await?;

    let mut tx = app.db.begin(holder.runs_as()).await?;
    let invitation = match holder {
        Holder::Invited(known) => {
            let locked = newcomer_invitations::lock(&mut tx, known.id).await?.ok_or(ActionError::NotFound)?;
            Some(Some(locked).filter(|it| it.is_open(now)).ok_or(ActionError::NotFound)?)
        }
        Holder::Member(_) => None,
    };
    if let Some(before) = purchase_analyses::find(&mut tx, holder.uploader(), now).await?
        && !confirmed.replace
    {
        let message = format!(
            "Es gibt schon eine Auswertung vom {}. Sie bleibt, bis Sie bestätigen, dass die neue sie ersetzt.",
            German.date(berlin_date(before.created_at))
        );
        return wrong("ersetzen", &message);
    }
    if let Some(invitation) = &invitation {
        if MOST_ANALYSES <= invitation.analyses {
            return Err(ActionError::NotNow(format!(
                "Mit dieser Einladung sind {MOST_ANALYSES} Auswertungen möglich, und so viele gab es. Bitte wenden Sie sich an die Geschäftsstelle."
            )));
        }
        newcomer_invitations::count_analysis(&mut tx, invitation.id, now).await?;
    }
    // Confirmed twice at once: the second finds the file gone.
    let file_name = purchase_uploads::delete(&mut tx, holder.uploader()).await?.ok_or(ActionError::NotFound)?;
    let kept = invitation.is_none() || member.is_some();
    let analysis = Analysis {
        id: app.chance.id(now),
        file_name,
        prices_of: berlin_date(now),
        rows_read,
        rows_rejected,
        consent: confirmed.consent,
        created_at: now,
        delete_after: (!kept).then(|| now + STAYS),
    };
    let new = NewAnalysis {
        analysis: &analysis,
        body: holder.body(),
        uploader: holder.uploader(),
        member,
        currency: &confirmed.currency,
    };
    purchase_analyses::replace(&mut tx, &new, &lines).await?;
    log(&mut tx, holder, analysis.id, "purchases_analysed", now).await?;
    tx.commit().await?;
    Ok(analysis.id)
}

/// Deletes the analysis at once, as its owner wishes.
///
/// # Errors
/// [`ActionError::NotFound`] where there is none.
pub async fn forget(app: &App, holder: Holder<'_>) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(holder.runs_as()).await?;
    let known = purchase_analyses::find(&mut tx, holder.uploader(), now).await?.ok_or(ActionError::NotFound)?;
    purchase_analyses::delete_one(&mut tx, known.id).await?;
    log(&mut tx, holder, known.id, "purchases_deleted", now).await?;
    Ok(tx.commit().await?)
}

/// Hands over what belongs to towns that have joined, and deletes what nobody joined for in time. Returns how many
/// analyses went.
pub async fn forget_due(app: &App) -> Result<usize, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    purchase_analyses::hand_over_to_members(&mut tx, berlin_date(now)).await?;
    purchase_uploads::delete_due(&mut tx, now).await?;
    let gone = purchase_analyses::delete_due(&mut tx, now).await?;
    for (id, body) in &gone {
        let entry = AuditEntry::new(now, None, "purchases_deleted", "purchase_analysis", *id);
        let concerns = Concerns { body: Some(*body), ..Concerns::default() };
        audit_log::append(&mut tx, body.0, &Record::new(entry, concerns)).await?;
    }
    tx.commit().await?;
    Ok(gone.len())
}

fn compare(
    sheet: &Sheet,
    layout: &Layout,
    currency: &str,
    catalogue: Vec<ListedItem>,
) -> (Purchases, Vec<ListedItem>, Vec<Match>) {
    let purchases = purchase_rows::purchases(sheet, layout, currency);
    let matches = {
        let known = Catalogue::new(&catalogue);
        purchases.lines.iter().map(|purchase| known.find(purchase)).collect()
    };
    (purchases, catalogue, matches)
}

/// The lines with what the lists ask for them; and the member the town is, if it is one.
///
/// Prices are read by the program itself: whoever uploads may not see them.
async fn priced(
    app: &App,
    holder: Holder<'_>,
    purchases: Vec<Purchase>,
    catalogue: &[ListedItem],
    matches: &[Match],
    now: DateTime<Utc>,
) -> Result<(Vec<AnalysedLine>, Option<OrganisationId>), ActionError> {
    let day = berlin_date(now);
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let member = match holder {
        Holder::Member(actor) => Some(actor.organisation),
        Holder::Invited(Invitation { official_key: Some(key), .. }) => {
            purchase_analyses::member_with_key(&mut tx, holder.body(), key, day).await?
        }
        Holder::Invited(_) => None,
    };
    let mut articles: BTreeMap<ContractId, BTreeSet<String>> = BTreeMap::new();
    for (at, _) in matches.iter().flatten() {
        articles.entry(catalogue[*at].contract).or_default().insert(catalogue[*at].article_number.clone());
    }
    let mut known: BTreeMap<ContractId, Facts> = BTreeMap::new();
    for (contract, articles) in articles {
        let articles: Vec<String> = articles.into_iter().collect();
        let facts =
            facts::of_articles(&mut tx, contract, holder.body(), member.unwrap_or(holder.body()), &articles, now);
        known.insert(contract, facts.await?);
    }
    tx.rollback().await?;
    let judge = |purchase: &Purchase, found: &Match| -> Result<Matched, Unmatched> {
        let (at, by) = (*found)?;
        let listed = &catalogue[at];
        let facts = known.get(&listed.contract).ok_or(Unmatched::NoPrice)?;
        let item = facts.contract.item(&listed.article_number).ok_or(Unmatched::NoPrice)?;
        let ours = listed_amount(facts, item, purchase.quantity, day).ok_or(Unmatched::NoPrice)?;
        Ok(Matched { contract: listed.contract, item: listed.item, by, ours })
    };
    let lines = purchases
        .into_iter()
        .zip(matches)
        .map(|(purchase, found)| AnalysedLine { matched: judge(&purchase, found), purchase })
        .collect();
    Ok((lines, member))
}

async fn log(
    tx: &mut Tx,
    holder: Holder<'_>,
    analysis: Uuid,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let actor = if let Holder::Member(actor) = holder { Some(actor) } else { None };
    let mut entry = AuditEntry::new(now, actor.map(|it| it.person.0), action, "purchase_analysis", analysis);
    if let Some(actor) = actor {
        actor.sign(&mut entry);
    }
    let member = actor.map(|it| it.organisation);
    let concerns = Concerns { body: Some(holder.body()), member, call_off: None };
    audit_log::append(tx, holder.body().0, &Record::new(entry, concerns)).await
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn stored(sheet: &Sheet) -> Result<serde_json::Value, ActionError> {
    serde_json::to_value(sheet).map_err(|error| inconsistent(Uuid::nil(), &error))
}

fn unstored(upload: &Upload) -> Result<Sheet, ActionError> {
    serde_json::from_value(upload.sheet.clone()).map_err(|error| inconsistent(upload.id, &error))
}

fn inconsistent(row: Uuid, error: &serde_json::Error) -> ActionError {
    ActionError::Storage(StorageError::Inconsistent {
        table: "purchase_upload",
        column: "sheet",
        row: row.to_string(),
        what: error.to_string(),
    })
}
