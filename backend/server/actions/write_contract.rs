//! Write a framework contract: the office drafts it and changes its terms until it is in force.

use abruf_domain::answer_period;
use abruf_domain::audit::AuditEntry;
use abruf_domain::bonus::{BonusClause, BonusMistake, BonusStep, MOST_STEPS};
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::contract_life::{BEFORE_ACTIVATION, State, Status};
use abruf_domain::ids::{ContractId, GuardId};
use abruf_domain::law;
use abruf_domain::money::Net;
use abruf_domain::notation::Language::German;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;

use super::keyed::Keyed;
use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::contract_drafts::{self, Making, Terms};
use crate::storage::error::stored_key;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::{StorageError, Tx, organisations};

/// Legal values of the fields that are chosen from a list, with the words users read.
pub const REGIMES: &[(&str, &str)] = &[("vgv", "VgV (ab EU-Schwellenwert)"), ("uvgo", "UVgO (unterhalb)")];
/// Who orders from whom.
pub const SUPPLY_CHAINS: &[(&str, &str)] =
    &[("direct", "Mitglied bestellt beim Lieferanten"), ("through_body", "Genossenschaft bestellt für das Mitglied")];
/// VAT of the in-house order, where the body orders.
pub const IN_HOUSE_VATS: &[(&str, &str)] =
    &[("S", "wie die Positionen, nach dem Tag der Leistung"), ("E", "steuerfrei"), ("O", "nicht steuerbar")];
/// What a partial cancellation does to the price of the rest.
pub const PRICES_OF_REST: &[(&str, &str)] =
    &[("price_as_ordered", "bleibt wie bestellt"), ("re_tier", "Rest wird neu berechnet, als wäre er allein bestellt")];
/// How a supplier is chosen.
pub const MECHANISMS: &[(&str, &str)] = &[
    ("single", "ein Lieferant je Los"),
    ("cascade", "Rangfolge"),
    ("rotation", "reihum"),
    ("best_price_per_item", "günstigster je Position"),
    ("mini_competition_above", "Rangfolge bis zur Wertgrenze, darüber Mini-Wettbewerb"),
];
/// Why members may call off without a procedure of their own.
pub const LEGAL_BASES: &[(&str, &str)] = &[
    ("inhouse", "Inhouse-Vergabe, § 108 Abs. 1, 4, 5 GWB"),
    ("central_purchasing_body", "zentrale Beschaffungsstelle, § 120 Abs. 4 GWB"),
    ("horizontal_cooperation", "Zusammenarbeit, § 108 Abs. 6 GWB"),
    ("joint_procurement", "gemeinsame Vergabe, § 4 VgV"),
];
/// Announced criteria of mini-competitions.
pub const CRITERIA: &[(&str, &str)] = &[("price", "Preis"), ("points", "Punkte")];
/// How long documents are kept.
pub const RETENTION_CLASSES: &[(&str, &str)] = &[
    ("award_file", "Vergabeakte: bis zum Vertragsende, mindestens 3 Jahre nach dem Zuschlag"),
    ("vouchers", "Buchungsbelege: 8 Jahre"),
    ("books", "Bücher und Abschlüsse: 10 Jahre"),
];

/// Drafts a contract. Its log begins here.
pub async fn draft(
    app: &App,
    actor: &Actor,
    terms: &Terms,
    key: Option<&IdempotencyKey>,
) -> Result<ContractId, ActionError> {
    only(actor, &[Role::Office])?;
    check(terms)?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    let terms = &settled(&mut tx, actor, terms).await?;
    let id = ContractId(app.chance.id(now));
    let guard = GuardId(app.chance.id(now));
    contract_drafts::insert(&mut tx, id, actor.body, guard, terms).await.map_err(|error| taken(error, terms))?;
    log(app, &mut tx, actor, id, "contract_drafted", terms, now).await?;
    keyed.keep(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Overwrites the terms of a draft; with `seen_version` only if it is still the one that was read.
pub async fn rewrite(
    app: &App,
    actor: &Actor,
    id: ContractId,
    seen_version: Option<i32>,
    terms: &Terms,
) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let is = writable(&mut tx, actor, id).await?.version;
    if let Some(seen) = seen_version.filter(|seen| *seen != is) {
        return Err(ActionError::Stale { seen, is });
    }
    check(terms)?;
    let terms = &settled(&mut tx, actor, terms).await?;
    if contract_drafts::terms(&mut tx, id).await?.as_ref() == Some(terms) {
        return Ok(());
    }
    contract_drafts::update(&mut tx, id, terms).await.map_err(|error| taken(error, terms))?;
    contract_drafts::touch(&mut tx, id).await?;
    log(app, &mut tx, actor, id, "contract_terms_changed", terms, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Holds a contract of the actor's body that can still be written.
pub(super) async fn writable(tx: &mut Tx, actor: &Actor, id: ContractId) -> Result<Making, ActionError> {
    let making = contract_drafts::hold(tx, id).await?.ok_or(ActionError::NotFound)?;
    // A contract of another body to which ours is party may be read, not written.
    if making.body != actor.body {
        return Err(ActionError::NotFound);
    }
    let status: Status = stored_key(&making.status, "framework_contract", "status", id)?;
    if !BEFORE_ACTIVATION.iter().any(|state: &State| state.key() == status.key()) {
        return Err(ActionError::NotNow(format!(
            "Der Vertrag ist „{}“. Geschrieben wird nur vor der Aktivierung. Preise ändern Sie mit einer neuen \
             Preisversion, Höchstwerte mit einer Änderung nach § 132 GWB.",
            status.german()
        )));
    }
    Ok(making)
}

/// Writes into the contract's log what was changed, by its digest; names and free text lie beside.
pub(super) async fn log<T: Serialize + Sync>(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    contract: ContractId,
    action: &str,
    what: &T,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "framework_contract", contract.0);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), json!(what));
    audit_log::append_to_contract(tx, contract, &record).await
}

fn taken(error: StorageError, terms: &Terms) -> ActionError {
    if error.constraint() == Some("framework_contract_number_unique") {
        let message =
            format!("Die Nummer „{}“ hat schon ein anderer Vertrag. Bitte wählen Sie eine andere.", terms.number);
        return ActionError::Invalid(vec![FieldError::new("number", message)]);
    }
    error.into()
}

/// Checks what the form can know; what is still missing for activation is no mistake of a draft.
fn check(terms: &Terms) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
    for (field, text, most, needed) in [
        ("number", &terms.number, 40, Some("Bitte geben Sie die Vertragsnummer ein, zum Beispiel RV-2027-03.")),
        ("title", &terms.title, 200, Some("Bitte geben Sie einen kurzen Titel ein, zum Beispiel Notebooks.")),
        ("description", &terms.description, 4_000, None),
        ("search_words", &terms.search_words, 1_000, None),
        ("legal_basis", &terms.legal_basis, 4_000, None),
        ("notice_reference", &terms.notice_reference, 100, None),
        ("procedure_reference", &terms.procedure_reference, 100, None),
        ("term_reason", &terms.term_reason, 4_000, None),
        ("delivery_terms", &terms.delivery_terms, 4_000, None),
    ] {
        let length = text.chars().count();
        if let Some(message) = needed.filter(|_| text.trim().is_empty()) {
            wrong(field, message.to_owned());
        } else if most < length {
            let [length, most] = [length, most].map(|it: usize| German.number(it.into()));
            wrong(field, format!("Der Text hat {length} Zeichen, erlaubt sind {most}. Bitte kürzen Sie ihn."));
        } else if !is_storable(text) {
            wrong(field, "Der Text enthält ein unsichtbares Zeichen. Bitte geben Sie ihn neu ein.".to_owned());
        }
    }
    for (field, value, list) in [
        ("regime", Some(&terms.regime), REGIMES),
        ("supply_chain", Some(&terms.supply_chain), SUPPLY_CHAINS),
        ("mechanism", Some(&terms.mechanism), MECHANISMS),
        ("price_of_rest", Some(&terms.price_of_rest), PRICES_OF_REST),
        ("retention_class", terms.retention_class.as_ref(), RETENTION_CLASSES),
        ("legal_basis_key", terms.clauses.legal_basis_key.as_ref(), LEGAL_BASES),
        ("in_house_vat_category", Some(&terms.clauses.in_house_vat_category), IN_HOUSE_VATS),
        ("competition_criterion", terms.clauses.competition_criterion.as_ref(), CRITERIA),
    ] {
        if let Some(value) = value.filter(|value| !list.iter().any(|(key, _)| key == value)) {
            let allowed: Vec<&str> = list.iter().map(|(key, _)| *key).collect();
            wrong(field, format!("„{value}“ ist nicht möglich. Möglich sind: {}.", allowed.join(", ")));
        }
    }
    if terms.currency.len() != 3 || !terms.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        wrong(
            "currency",
            format!("„{}“ ist keine Währung. Erwartet sind drei Großbuchstaben wie EUR.", terms.currency),
        );
    }
    if terms.ends_on < terms.starts_on {
        let start = German.date(terms.starts_on);
        wrong("ends_on", format!("Das Ende liegt vor dem Beginn am {start}. Bitte prüfen Sie beide Daten."));
    }
    if terms.term_reason.is_empty() != terms.term_reason_dated.is_none() {
        wrong(
            "term_reason_dated",
            "Begründung und Datum ihres Belegs gehören zusammen. Bitte ergänzen Sie beides.".to_owned(),
        );
    }
    for (field, value) in [
        ("fee_pct", Some(terms.fee_pct)),
        ("surcharge_vat_pct", terms.surcharge_vat_pct),
        ("price_change_limit_pct", Some(terms.price_change_limit_pct)),
        ("cash_discount_pct", terms.clauses.cash_discount_pct),
    ] {
        if value.is_some_and(|value| value.is_negative() || Decimal::ONE_HUNDRED < value.decimal()) {
            wrong(field, "Möglich sind 0 bis 100 Prozent.".to_owned());
        }
    }
    for (field, value) in [
        ("min_order_value_net", terms.min_order_value_net),
        ("surcharge_net", terms.surcharge_net),
        ("direct_limit_net", terms.clauses.direct_limit_net),
        ("process_central_share_net", terms.clauses.process_central_share_net),
    ] {
        if value.is_some_and(Net::is_negative) {
            wrong(
                field,
                "Der Betrag kann nicht negativ sein. Bitte lassen Sie das Feld leer oder geben Sie 0 oder mehr ein."
                    .to_owned(),
            );
        }
    }
    if terms.surcharge_net.is_some() != terms.surcharge_vat_pct.is_some() {
        wrong(
            "surcharge_vat_pct",
            "Zuschlag und sein Umsatzsteuersatz gehören zusammen. Bitte ergänzen Sie beides.".to_owned(),
        );
    }
    if terms.surcharge_net.is_some() && terms.min_order_value_net.is_none() {
        wrong("min_order_value_net", "Ein Zuschlag braucht einen Mindestbestellwert, unter dem er gilt.".to_owned());
    }
    let longest = i32::try_from(answer_period::LONGEST).unwrap_or(i32::MAX);
    if let Some(days) = terms.answer_period_days {
        if !has_ranks(&terms.mechanism) {
            wrong(
                "answer_period_days",
                "Eine Antwortfrist gibt es nur bei einer Rangfolge. Bitte lassen Sie das Feld leer oder wählen Sie die Rangfolge."
                    .to_owned(),
            );
        } else if !(1..=longest).contains(&days) {
            wrong(
                "answer_period_days",
                format!(
                    "{days} Arbeitstage sind nicht möglich. Möglich sind 1 bis {longest}, leer heißt: Schweigen zählt nicht."
                ),
            );
        }
    }
    errors.extend(clause_mistakes(terms));
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

/// What is wrong with the clauses beside single values.
fn clause_mistakes(terms: &Terms) -> Vec<FieldError> {
    let clauses = &terms.clauses;
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
    if clauses.cash_discount_pct.is_some() != clauses.cash_discount_days.is_some() {
        let message =
            "Skonto und seine Frist gehören zusammen. Bitte ergänzen Sie beides, oder leeren Sie beide Felder.";
        wrong("cash_discount_days", message.to_owned());
    }
    if clauses.cash_discount_days.is_some_and(|days| !(0..=365).contains(&days)) {
        wrong("cash_discount_days", "Möglich sind 0 bis 365 Tage.".to_owned());
    }
    if let Some(mistake) = clauses.bonus.as_ref().and_then(BonusClause::mistake) {
        wrong("bonus_steps", bonus_words(mistake, &terms.currency));
    }
    if terms.mechanism == "mini_competition_above" && clauses.direct_limit_net.is_none() {
        let message = "Ein Mini-Wettbewerb braucht die bekannt gemachte Wertgrenze, bis zu der direkt abgerufen wird. \
                       Bitte geben Sie sie ein; 0 heißt: immer Mini-Wettbewerb.";
        wrong("direct_limit_net", message.to_owned());
    }
    if !(2..=6).contains(&clauses.unit_price_decimals) {
        let message =
            format!("{} Nachkommastellen sind nicht möglich. Möglich sind 2 bis 6.", clauses.unit_price_decimals);
        wrong("unit_price_decimals", message);
    }
    let reference = clauses.data_processing_reference.as_deref().unwrap_or_default();
    if 400 < reference.chars().count() || !is_storable(reference) {
        wrong("data_processing_reference", "Erlaubt sind höchstens 400 Zeichen. Bitte kürzen Sie den Text.".to_owned());
    }
    errors.extend(in_house_vat_mistakes(terms));
    errors
}

fn bonus_words(mistake: BonusMistake, currency: &str) -> String {
    let step = |step: BonusStep| {
        format!("„ab {}: {}“", German.money(step.from.decimal(), currency), German.percent(step.rate.decimal()))
    };
    match mistake {
        BonusMistake::Steps(count) => {
            format!(
                "Ein Bonus braucht 1 bis {MOST_STEPS} Stufen, hier sind es {count}. Ohne Bonus bleibt das Feld leer."
            )
        }
        BonusMistake::NegativeTurnover(it) => {
            format!("Die Stufe {} beginnt unter 0. Bitte geben Sie einen Umsatz von 0 oder mehr ein.", step(it))
        }
        BonusMistake::NoRate(it) => {
            format!("Die Stufe {} gewährt nichts. Bitte geben Sie mehr als 0 % ein oder streichen Sie sie.", step(it))
        }
        BonusMistake::NotGrowing(it) => format!(
            "Die Stufe {} ist nicht höher als die davor. Umsatz und Prozentsatz müssen von Stufe zu Stufe steigen.",
            step(it)
        ),
    }
}

/// A supply without VAT names its reason; one with VAT, and a contract without in-house orders, has none.
fn in_house_vat_mistakes(terms: &Terms) -> Option<FieldError> {
    let clauses = &terms.clauses;
    let reason = clauses.in_house_vat_reason.trim();
    let wrong = |field: &str, message: &str| Some(FieldError::new(field, message));
    match (clauses.in_house_vat_category.as_str(), terms.supply_chain.as_str()) {
        ("S", _) if !reason.is_empty() => wrong(
            "in_house_vat_reason",
            "Ein Grund gehört nur zu „steuerfrei“ und „nicht steuerbar“. Bitte leeren Sie das Feld.",
        ),
        ("E" | "O", "direct") => wrong(
            "in_house_vat_category",
            "Diese Angabe gilt nur, wenn die Genossenschaft bestellt. Bitte wählen Sie „wie die Positionen“ oder den anderen Lieferweg.",
        ),
        ("E" | "O", _) if reason.is_empty() => wrong(
            "in_house_vat_reason",
            "Ohne Umsatzsteuer braucht die Bestellung einen Grund mit Fundstelle, zum Beispiel § 4 Nr. 29 UStG.",
        ),
        _ if 400 < reason.chars().count() || !is_storable(reason) => {
            wrong("in_house_vat_reason", "Erlaubt sind höchstens 400 Zeichen. Bitte kürzen Sie den Text.")
        }
        _ => None,
    }
}

/// Whether suppliers are asked one after the other.
fn has_ranks(mechanism: &str) -> bool {
    matches!(mechanism, "cascade" | "mini_competition_above")
}

/// The terms with their jurisdiction: the body's, where they name none.
async fn settled(tx: &mut Tx, actor: &Actor, terms: &Terms) -> Result<Terms, ActionError> {
    let own = organisations::jurisdiction(tx, actor.body).await?.unwrap_or_default();
    let named = terms.jurisdiction.trim();
    let jurisdiction = if named.is_empty() { own.as_str() } else { named };
    // The body's own may lie in a Land without a pack; then general law stands for it.
    if jurisdiction != own && law::pack(jurisdiction).is_none() {
        let known: Vec<&str> = law::packs().iter().map(|pack| pack.jurisdiction.as_str()).collect();
        let shown: String = jurisdiction.chars().take(40).collect();
        let message = format!("„{shown}“ ist kein Rechtsraum. Möglich sind: {}.", known.join(", "));
        return Err(ActionError::Invalid(vec![FieldError::new("jurisdiction", message)]));
    }
    check_calendar(jurisdiction, terms)?;
    Ok(Terms { jurisdiction: jurisdiction.to_owned(), ..terms.clone() })
}

/// A period in working days needs the holidays of the contract's law pack.
fn check_calendar(jurisdiction: &str, terms: &Terms) -> Result<(), ActionError> {
    if terms.answer_period_days.is_none() {
        return Ok(());
    }
    match answer_period::holidays(jurisdiction, terms.starts_on, terms.starts_on) {
        Some(_) => Ok(()),
        None => Err(ActionError::Invalid(vec![FieldError::new(
            "answer_period_days",
            format!(
                "Für „{jurisdiction}“ sind keine Feiertage bekannt, Arbeitstage lassen sich nicht zählen. Bitte lassen Sie das Feld leer."
            ),
        )])),
    }
}
