//! An auditor draws a sample of the call-offs in scope, and extends it. What it was drawn from is kept as it was, so that
//! the draw can be repeated whatever happens to the call-offs later. How it is drawn: [`abruf_domain::sampling`].

use std::collections::{BTreeMap, BTreeSet};

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::{CallOffId, ContractId};
use abruf_domain::money::Net;
use abruf_domain::notation::Language::German;
use abruf_domain::sampling::{
    Apart, Confidence, Item, LARGEST_SEED, Method, MonetaryUnits, Part, Pick, Population, Tolerable,
};
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::keyed::Keyed;
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::audit_samples::{self, NewItem, Sample};
use crate::storage::call_off_list::{self, Search, Value};
use crate::storage::error::StorageError;
use crate::storage::idempotency::IdempotencyKey;

/// Largest population.
const MOST_CALL_OFFS: usize = 100_000;
/// Largest sample, with its extensions.
const MOST_DRAWN: usize = 10_000;
/// Most that one extension adds.
const MOST_ADDED: u32 = 1_000;
/// Most samples of an auditor.
const MOST_SAMPLES: usize = 200;

/// What is to be drawn.
#[derive(Debug)]
pub struct Wanted {
    /// The population before it is divided.
    pub search: Search,
    /// The same as the query of an address, to be kept.
    pub filter: String,
    /// Which part of it.
    pub part: Part,
    /// How.
    pub choice: Choice,
    /// The number that repeats it.
    pub seed: u32,
}

/// How it is to be drawn; what a share comes to depends on the population.
#[derive(Debug, Clone, Copy)]
pub enum Choice {
    /// By monetary units.
    MonetaryUnits(Tolerable, Confidence),
    /// So many.
    Random(u32),
    /// Everything from this amount on.
    Full(Net),
}

/// The call-offs of a search, divided.
#[derive(Debug)]
pub struct Divided {
    /// Orders in euros that stand.
    pub orders: Vec<Value>,
    /// Credits, cancelled ones, requests, other currencies.
    pub apart: Vec<(Value, Apart)>,
}

/// What would be drawn.
#[derive(Debug)]
pub struct Plan {
    /// From what.
    pub population: Population,
    /// How, in amounts.
    pub method: Method,
    /// Monetary units: n and J.
    pub units: Option<MonetaryUnits>,
    /// Which.
    pub picks: Vec<Pick>,
}

impl Plan {
    /// SHA-256 of the population in hexadecimal digits.
    #[must_use]
    pub fn population_sha256(&self) -> String {
        HEXLOWER.encode(&self.population.sha256())
    }
}

/// Reads the call-offs of a search and divides them.
///
/// # Errors
/// [`ActionError::Invalid`] where there are too many.
pub async fn divided(conn: &mut PgConnection, search: &Search) -> Result<Divided, ActionError> {
    let limit = i64::try_from(MOST_CALL_OFFS).unwrap_or(i64::MAX) + 1;
    let values = call_off_list::values(conn, search, limit).await?;
    if MOST_CALL_OFFS < values.len() {
        let message = "Die Grundgesamtheit hat mehr als 100.000 Abrufe. Bitte grenzen Sie sie ein, zum Beispiel mit einem kürzeren Zeitraum.";
        return Err(wrong("von", message));
    }
    let (mut orders, mut apart) = (Vec::new(), Vec::new());
    for it in values {
        match Apart::of(it.number.is_some(), it.status, &it.currency, it.net) {
            None => orders.push(it),
            Some(why) => apart.push((it, why)),
        }
    }
    Ok(Divided { orders, apart })
}

impl Divided {
    /// What would be drawn.
    ///
    /// # Errors
    /// [`ActionError::Invalid`] where nothing could be, or too much would be.
    pub fn plan(&self, part: Part, choice: Choice, seed: u32) -> Result<Plan, ActionError> {
        let item = |it: &Value| Item { case_number: it.case_number.clone(), net: it.net };
        let population = Population::new(match part {
            Part::Orders => self.orders.iter().map(item).collect(),
            Part::Apart => self.apart.iter().map(|(it, _)| item(it)).collect(),
        });
        if population.items().is_empty() {
            return Err(wrong(
                "gesamtheit",
                "In dieser Grundgesamtheit liegt kein Abruf. Bitte ändern Sie den Filter.",
            ));
        }
        let book = population.sum();
        let (method, units) = match choice {
            Choice::MonetaryUnits(..) if part == Part::Apart => {
                let message = "Gutschriften, Stornos und Anfragen haben keine Geldeinheiten, aus denen sich ziehen lässt. Bitte wählen Sie Zufall oder Vollprüfung.";
                return Err(wrong("methode", message));
            }
            Choice::MonetaryUnits(tolerable, confidence) => {
                let tolerable = tolerable.of(book);
                let units = MonetaryUnits::plan(book, tolerable, confidence);
                let message =
                    "Der tolerierbare Fehler muss mindestens 0,01 € betragen. Üblich sind 3 % der Grundgesamtheit.";
                let units = units.ok_or_else(|| wrong("toleranz", message))?;
                (Method::MonetaryUnits { tolerable, confidence }, Some(units))
            }
            Choice::Random(size) => (Method::Random { size }, None),
            Choice::Full(from) => (Method::Full { from }, None),
        };
        let picks = population.draw(method, seed);
        if picks.is_empty() {
            return Err(wrong("ab", "Kein Abruf der Grundgesamtheit erreicht diesen Betrag. Bitte senken Sie ihn."));
        }
        if MOST_DRAWN < picks.len() {
            let (field, cure) = match method {
                Method::MonetaryUnits { .. } => ("toleranz", "Bitte erhöhen Sie den tolerierbaren Fehler."),
                Method::Random { .. } => ("anzahl", "Bitte ziehen Sie weniger."),
                Method::Full { .. } => ("ab", "Bitte erhöhen Sie den Betrag."),
            };
            let found = German.number(Decimal::from(picks.len()));
            return Err(wrong(field, format!("Die Stichprobe hätte {found} Abrufe, möglich sind 10.000. {cure}")));
        }
        Ok(Plan { population, method, units, picks })
    }
}

/// Draws and keeps a sample; returns its id. `seen` is the hash of the population in the preview.
///
/// # Errors
/// [`ActionError::Invalid`] as the preview, and where the population is no longer the one that was seen.
pub async fn draw(
    app: &App,
    actor: &Actor,
    wanted: &Wanted,
    seen: &str,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Auditor])?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    if !(1..=LARGEST_SEED).contains(&wanted.seed) {
        return Err(wrong("startwert", SEED_MISSING));
    }
    if MOST_SAMPLES <= audit_samples::list(&mut tx, actor).await?.len() {
        return Err(ActionError::NotNow(
            "Sie haben schon 200 Stichproben. Mehr bewahrt Abruf für eine Person nicht auf.".to_owned(),
        ));
    }
    let divided = divided(&mut tx, &wanted.search).await?;
    let plan = divided.plan(wanted.part, wanted.choice, wanted.seed)?;
    if plan.population_sha256() != seen {
        let message = "Diese Grundgesamtheit haben Sie so noch nicht gesehen. Unten steht die Vorschau mit dem Stand von jetzt. Bitte prüfen Sie die Zahlen und ziehen Sie dann.";
        return Err(wrong("vorschau", message));
    }
    let sample = Sample {
        id: app.chance.id(keyed.now),
        part: wanted.part,
        filter: wanted.filter.clone(),
        method: plan.method,
        units: plan.units.map(|it| (i64::try_from(it.size).unwrap_or(i64::MAX), it.interval)),
        seed: wanted.seed,
        population_sha256: plan.population.sha256(),
        population_count: i32::try_from(plan.population.items().len()).unwrap_or(i32::MAX),
        population_net: (wanted.part == Part::Orders).then(|| plan.population.sum().decimal()),
        drawn_at: keyed.now,
    };
    let values = divided.orders.iter().chain(divided.apart.iter().map(|(it, _)| it));
    let ids = values.map(|it| (it.case_number.as_str(), (it.contract, it.id))).collect();
    let items = new_items(&plan.picks, &ids)?;
    audit_samples::insert(&mut tx, actor, &sample, &plan.population.text()).await?;
    audit_samples::insert_items(&mut tx, sample.id, 0, 0, &items, keyed.now).await?;
    log(&mut tx, keyed, "sample_drawn", &sample, &items).await?;
    keyed.keep(&mut tx, &sample.id).await?;
    tx.commit().await?;
    Ok(sample.id)
}

/// Adds about `more` call-offs by the same seed; returns how many came in. What was drawn stays.
///
/// # Errors
/// [`ActionError::Invalid`] for a number that is not possible, and where nothing is left to draw.
pub async fn extend(
    app: &App,
    actor: &Actor,
    id: Uuid,
    more: u32,
    key: Option<&IdempotencyKey>,
) -> Result<usize, ActionError> {
    only(actor, &[Role::Auditor])?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let sample = audit_samples::find(&mut tx, actor, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    if !(1..=MOST_ADDED).contains(&more) {
        return Err(wrong("mehr", "Bitte geben Sie eine ganze Zahl von 1 bis 1.000 ein."));
    }
    let (drawn, last) = audit_samples::drawn(&mut tx, id).await?;
    let round = last + 1;
    let population = audit_samples::population(&mut tx, id).await?;
    let picks = population.extend(sample.method, sample.seed, round, &drawn, more);
    if picks.is_empty() {
        return Err(wrong(
            "mehr",
            "Es ist nichts mehr zu ziehen: Die Stichprobe enthält schon die ganze Grundgesamtheit.",
        ));
    }
    if MOST_DRAWN < drawn.len() + picks.len() {
        return Err(wrong("mehr", "Eine Stichprobe hat höchstens 10.000 Abrufe. Bitte ziehen Sie weniger."));
    }
    let numbers: Vec<String> = picks.iter().map(|it| it.item.case_number.clone()).collect();
    let visible = audit_samples::visible(&mut tx, &numbers).await?;
    if visible.len() < numbers.len() {
        let message =
            "Abrufe der Grundgesamtheit liegen nicht mehr in Ihrem Prüfauftrag. Bitte ziehen Sie eine neue Stichprobe.";
        return Err(wrong("mehr", message));
    }
    let ids = visible.iter().map(|(number, contract, call_off)| (number.as_str(), (*contract, *call_off))).collect();
    let items = new_items(&picks, &ids)?;
    match audit_samples::insert_extension(&mut tx, id, round, more, keyed.now).await {
        // Somebody extends it in another window at this instant.
        Err(error) if error.constraint().is_some_and(|it| it == "audit_sample_extension_pkey") => {
            return Err(ActionError::Contended);
        }
        done => done?,
    }
    audit_samples::insert_items(&mut tx, id, round, drawn.len(), &items, keyed.now).await?;
    log(&mut tx, keyed, "sample_extended", &sample, &items).await?;
    keyed.keep(&mut tx, &items.len()).await?;
    tx.commit().await?;
    Ok(items.len())
}

/// What to type as a seed.
pub const SEED_MISSING: &str = "Bitte geben Sie als Startwert eine ganze Zahl von 1 bis 999.999.999 ein.";

fn new_items(picks: &[Pick], ids: &BTreeMap<&str, (ContractId, CallOffId)>) -> Result<Vec<NewItem>, StorageError> {
    let item = |pick: &Pick| {
        let Item { case_number, net } = &pick.item;
        let (contract, call_off) = *ids.get(case_number.as_str()).ok_or_else(|| StorageError::Inconsistent {
            table: "audit_sample",
            column: "population",
            row: case_number.clone(),
            what: "drawn, but not read".to_owned(),
        })?;
        Ok(NewItem { case_number: case_number.clone(), contract, call_off, net: *net, certain: pick.certain })
    };
    picks.iter().map(item).collect()
}

/// The log proves that the sample stood on that day; the digest keeps from those who are audited what is looked at.
async fn log(
    conn: &mut PgConnection,
    keyed: Keyed<'_>,
    action: &str,
    sample: &Sample,
    items: &[NewItem],
) -> Result<(), ActionError> {
    let Keyed { actor, now, .. } = keyed;
    let numbers: BTreeSet<&str> = items.iter().map(|it| it.case_number.as_str()).collect();
    let content = json!({
        "sample": sample.id,
        "method": sample.method.key(),
        "seed": sample.seed,
        "population_sha256": HEXLOWER.encode(&sample.population_sha256),
        "items": numbers,
    });
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "audit_sample", sample.id);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&content).as_bytes())));
    entry.request_id.clone_from(&actor.request_id);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    audit_log::append(conn, actor.body.0, &Record::new(entry, concerns)).await?;
    Ok(())
}

fn wrong(field: &str, message: impl Into<String>) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
