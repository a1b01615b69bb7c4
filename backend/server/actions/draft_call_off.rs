//! Write a draft: create it, change its lines and details, look at its review without submitting.
//!
//! A draft is never lost: whatever is wrong with it is said, and it stays.

use abruf_domain::call_off::Status;
use abruf_domain::electronic_address::leitweg_id_is_valid;
use abruf_domain::facts::{CheckPoint, Facts, Offer};
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use abruf_domain::money::{Quantity, UnitPrice};
use abruf_domain::notation::Language::German;
use abruf_domain::proposal::propose;
use abruf_domain::{Review, review};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::withhold_prices::readable_with_facts;
use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, Asked, CallOff, Details, Line, WithLines};
use crate::storage::history::{self, Step};
use crate::storage::{Tx, assignments, budgets, contracts, facts, organisations};

/// Most lines of a call-off.
pub const MOST_LINES: usize = 400;

/// Largest quantity of a line.
const LARGEST_QUANTITY: i64 = 10_000_000;

/// A line as entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineInput {
    /// Article number.
    pub article_number: String,
    /// Quantity as typed, German or plain notation.
    pub quantity: String,
    /// A supplier's offer.
    pub offer: Option<OfferInput>,
}

impl LineInput {
    /// Without an offer.
    #[must_use]
    pub fn new(article_number: impl Into<String>, quantity: impl Into<String>) -> Self {
        Self { article_number: article_number.into(), quantity: quantity.into(), offer: None }
    }
}

/// A supplier's offer as entered: lower than the contract's price, or of a free-text item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferInput {
    /// Net price per unit, German or plain notation.
    pub unit_price: String,
    /// The quote or EVB-IT contract.
    pub document: String,
}

/// Starts a draft for the member the buyer acts for, with addresses filled in.
pub async fn create(app: &App, actor: &Actor, contract: ContractId) -> Result<CallOff, ActionError> {
    only(actor, &[Role::Buyer])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let terms = contracts::for_ordering(&mut tx, contract, app.clock.today()).await?.ok_or(ActionError::NotFound)?;
    let supplier = terms.first_supplier.ok_or(ActionError::Refused(
        "Für diesen Vertrag ist heute kein Lieferant eingetragen, oder er ist gesperrt. Bitte wenden Sie sich an die Geschäftsstelle.",
    ))?;
    let member = organisations::find(&mut tx, actor.organisation).await?.ok_or(ActionError::NotFound)?;
    let address = [vec![member.name.clone()], member.address_lines()].concat().join("\n");
    let call_off = CallOff {
        contract,
        id: CallOffId(app.chance.id(now)),
        body: terms.body,
        member: actor.organisation,
        buyer_of_record: terms.buyer_of_record(actor.organisation),
        supplier,
        supplier_chosen: false,
        status: Status::Draft,
        case_number: app.chance.case_number(),
        number: None,
        requester: actor.person,
        releaser: None,
        details: Details {
            delivery_address: address.clone(),
            invoice_address: address,
            leitweg_id: member.leitweg_id.unwrap_or_default(),
            contact: assignments::person_name(&mut tx, actor.person).await?.unwrap_or_default(),
            ..Details::default()
        },
        amounts: None,
        declined_at: None,
        created_at: now,
        changed_at: now,
        submitted_at: None,
        expires_at: None,
        released_at: None,
        ended_at: None,
        version: 1,
    };
    call_offs::insert(&mut tx, &call_off).await?;
    if terms.mechanism != "single" {
        name_proposed(app, &mut tx, &call_off).await?;
    }
    let step = Step {
        id: app.chance.id(now),
        decision: "created",
        person: Some(actor.person),
        review: None,
        reason: "",
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;
    tx.commit().await?;
    Ok(call_off)
}

/// From whom is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Whoever has been chosen; whom the mechanism proposes where nobody has.
    Keep,
    /// Whom the contract's mechanism proposes.
    Proposed,
    /// This one.
    Of(OrganisationId),
}

/// Replaces articles and quantities; offers stay with their article, and a chosen supplier stays. Unknown
/// article numbers are kept: the review says what is wrong with them.
pub async fn save_lines(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    seen_version: i32,
    lines: &[LineInput],
) -> Result<i32, ActionError> {
    let mut parsed = parse_lines(lines)?;
    let mut tx = app.db.begin(actor).await?;
    let (_, before) = own_editable(&mut tx, actor, id).await?;
    for line in parsed.iter_mut().filter(|line| line.offer.is_none()) {
        let same = before.iter().find(|before| before.article_number == line.article_number);
        line.offer = same.and_then(|same| same.offer.clone());
    }
    write_order(app, tx, actor, id, seen_version, &parsed, Choice::Keep).await
}

/// Replaces everything about the lines: articles, quantities, offers, and from whom.
pub async fn save_order(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    seen_version: i32,
    lines: &[LineInput],
    choice: Choice,
) -> Result<i32, ActionError> {
    let parsed = parse_lines(lines)?;
    let tx = app.db.begin(actor).await?;
    write_order(app, tx, actor, id, seen_version, &parsed, choice).await
}

async fn write_order(
    app: &App,
    mut tx: Tx,
    actor: &Actor,
    id: CallOffId,
    seen_version: i32,
    lines: &[Asked],
    choice: Choice,
) -> Result<i32, ActionError> {
    let (mut call_off, _) = own_editable(&mut tx, actor, id).await?;
    let version = changed(app, &mut tx, &call_off, seen_version).await?;
    call_offs::replace_lines(&mut tx, &call_off, lines).await?;
    let chosen = match choice {
        Choice::Keep => None,
        Choice::Proposed => Some(None),
        Choice::Of(supplier) => Some(Some(supplier)),
    };
    if let Some(supplier) = chosen.flatten()
        && !organisations::is_supplier(&mut tx, call_off.body, supplier).await?
    {
        return Err(ActionError::Invalid(vec![FieldError::new(
            "supplier_id",
            "Diesen Lieferanten gibt es nicht. Bitte wählen Sie einen Lieferanten des Vertrags.",
        )]));
    }
    if let Some(chosen) = chosen {
        call_offs::set_supplier(&mut tx, id, chosen).await?;
        call_off.supplier_chosen = chosen.is_some();
    }
    name_proposed(app, &mut tx, &call_off).await?;
    tx.commit().await?;
    Ok(version)
}

/// Orders from whom the mechanism proposes now, whoever was named before.
pub async fn take_proposal(app: &App, actor: &Actor, id: CallOffId) -> Result<(), ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let (mut call_off, _) = own_editable(&mut tx, actor, id).await?;
    call_offs::set_supplier(&mut tx, id, None).await?;
    call_off.supplier_chosen = false;
    name_proposed(app, &mut tx, &call_off).await?;
    Ok(tx.commit().await?)
}

/// Names whom the contract's mechanism proposes for the lines as they stand, unless somebody has chosen
/// or the request has left the draft.
pub(super) async fn name_proposed(app: &App, conn: &mut PgConnection, call_off: &CallOff) -> Result<(), ActionError> {
    if call_off.supplier_chosen || !call_off.status.is_editable() {
        return Ok(());
    }
    let Some((call_off, lines)) = call_offs::find(&mut *conn, call_off.id).await? else {
        return Err(ActionError::NotFound);
    };
    let proposed = match contracts::mechanism(&mut *conn, call_off.contract).await?.as_deref() {
        // One supplier per lot: nothing to weigh.
        Some("single") => {
            let articles: Vec<String> = lines.into_iter().map(|line| line.article_number).collect();
            contracts::supplier_of(&mut *conn, call_off.contract, &articles, app.clock.today()).await?
        }
        _ => {
            let now = app.clock.now();
            let facts = facts::gather(&mut *conn, &call_off, &lines, CheckPoint::Submission, None, now).await?;
            propose(&facts).map(|proposal| proposal.party.supplier)
        }
    };
    match proposed {
        Some(supplier) => Ok(call_offs::name_supplier(conn, call_off.id, supplier).await?),
        None => Ok(()),
    }
}

/// What is wrong with lines as entered, before anything is written.
pub fn check_lines(lines: &[LineInput]) -> Result<(), Vec<FieldError>> {
    match parse_lines(lines) {
        Err(ActionError::Invalid(errors)) => Err(errors),
        _ => Ok(()),
    }
}

/// Saves need, addresses, references and dates.
pub async fn save_details(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    seen_version: i32,
    details: &Details,
) -> Result<i32, ActionError> {
    check_details(details)?;
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = own_editable(&mut tx, actor, id).await?;
    let account = &details.papers.budget_account;
    if !account.is_empty() && !budgets::has_account(&mut tx, call_off.member, account).await? {
        return Err(ActionError::Invalid(vec![FieldError::new(
            "budget_account",
            format!(
                "Das Konto „{account}“ ist für Ihr Haus nicht eingetragen. Bitte wählen Sie eines Ihrer Konten oder lassen Sie das Feld leer."
            ),
        )]));
    }
    let version = changed(app, &mut tx, &call_off, seen_version).await?;
    call_offs::update_details(&mut tx, id, details).await?;
    tx.commit().await?;
    Ok(version)
}

/// A call-off with its review as it would be judged now; nothing is stored.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The call-off.
    pub call_off: CallOff,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What the review saw.
    pub facts: Facts,
    /// What it found.
    pub review: Review,
    /// The reader's member is not entitled: neither facts nor review hold a price.
    pub prices_withheld: bool,
}

/// Judges a visible call-off as it stands.
pub async fn preview(app: &App, actor: &Actor, id: CallOffId) -> Result<Preview, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Submission, None, app.clock.now()).await?;
    tx.rollback().await?;
    let review = review(&facts);
    let (facts, review, prices_withheld) = readable_with_facts(actor, facts, review);
    Ok(Preview { call_off, lines, facts, review, prices_withheld })
}

/// The actor's own draft or returned request, held until the transaction ends.
async fn own_editable(conn: &mut PgConnection, actor: &Actor, id: CallOffId) -> Result<WithLines, ActionError> {
    only(actor, &[Role::Buyer])?;
    let (call_off, lines) = call_offs::lock(conn, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if !call_off.status.is_editable() {
        return Err(ActionError::WrongState(call_off.status));
    }
    Ok((call_off, lines))
}

async fn changed(
    app: &App,
    conn: &mut PgConnection,
    call_off: &CallOff,
    seen_version: i32,
) -> Result<i32, ActionError> {
    call_offs::touch(conn, call_off.id, seen_version, app.clock.now())
        .await?
        .ok_or(ActionError::Stale { seen: seen_version, is: call_off.version })
}

/// Lines as typed, in numbers; every wrong one is named.
pub(super) fn parse_lines(lines: &[LineInput]) -> Result<Vec<Asked>, ActionError> {
    if lines.len() > MOST_LINES {
        return Err(ActionError::Invalid(vec![FieldError::new(
            "lines",
            format!(
                "{} Positionen sind zu viele. Ein Abruf hat höchstens {MOST_LINES}. Bitte teilen Sie ihn auf.",
                lines.len()
            ),
        )]));
    }
    let mut errors = Vec::new();
    let mut parsed = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let article = line.article_number.trim();
        if article.is_empty() || 100 < article.chars().count() || !is_storable(article) {
            errors.push(FieldError::new(
                format!("lines[{index}].article_number"),
                "Bitte geben Sie eine Artikelnummer mit höchstens 100 Zeichen ein.",
            ));
        }
        let offer = line.offer.as_ref().map(parse_offer).transpose();
        match (parse_quantity(&line.quantity), offer) {
            (Ok(quantity), Ok(offer)) => {
                parsed.push(Asked { article_number: article.to_owned(), quantity, offer });
            }
            (quantity, offer) => {
                let quantity = quantity.err().map(|message| ("quantity", message));
                for (field, message) in quantity.into_iter().chain(offer.err()) {
                    errors.push(FieldError::new(format!("lines[{index}].{field}"), message));
                }
            }
        }
    }
    if errors.is_empty() { Ok(parsed) } else { Err(ActionError::Invalid(errors)) }
}

/// A price with its document: without one an offer proves nothing.
fn parse_offer(typed: &OfferInput) -> Result<Offer, (&'static str, String)> {
    let price: String = typed.unit_price.trim().chars().take(40).collect();
    let unreadable = || {
        (
            "offer.unit_price",
            format!("„{price}“ ist kein Preis. Bitte geben Sie einen Betrag ein, zum Beispiel 1180,00."),
        )
    };
    let unit_price: UnitPrice = german_to_plain(&price).and_then(|plain| plain.parse().ok()).ok_or_else(unreadable)?;
    if unit_price.is_negative() {
        return Err(unreadable());
    }
    let document = typed.document.trim();
    if document.is_empty() || 500 < document.chars().count() || !is_storable(document) {
        return Err((
            "offer.document",
            "Bitte nennen Sie das Angebot des Lieferanten mit Datum oder Nummer, höchstens 500 Zeichen.".to_owned(),
        ));
    }
    Ok(Offer { unit_price, document: document.to_owned() })
}

/// A quantity as clerks type it: `12`, `0,25`, `1.200`; or plain as machines write it: `0.25`.
///
/// # Errors
/// With what is wrong and what to type, in German.
pub fn parse_quantity(text: &str) -> Result<Quantity, String> {
    let typed: String = text.trim().chars().take(60).collect();
    let cut = if 20 < typed.chars().count() { "…" } else { "" };
    let shown: String = typed.chars().take(20).chain(cut.chars()).collect();
    let too_large =
        || format!("Menge {shown} ist zu groß. Höchstens 10.000.000 sind möglich. Bitte prüfen Sie die Eingabe.");
    let unreadable = || format!("„{shown}“ ist keine Menge. Bitte geben Sie eine Zahl ein, zum Beispiel 12 oder 0,25.");
    let plain = german_to_plain(&typed).ok_or_else(unreadable)?;
    let only_digits = plain.len() > 10 && plain.bytes().all(|it| it.is_ascii_digit());
    let quantity: Quantity = plain.parse().map_err(|_| if only_digits { too_large() } else { unreadable() })?;
    if quantity.decimal() <= Decimal::ZERO {
        return Err(format!("Menge {shown} geht nicht. Bitte geben Sie mehr als 0 ein oder löschen Sie die Zeile."));
    }
    if Decimal::from(LARGEST_QUANTITY) < quantity.decimal() {
        return Err(too_large());
    }
    Ok(quantity)
}

/// Comma is the decimal separator; points before groups of three are thousands, if a comma follows or
/// there are several. A single point stays a decimal point.
pub(super) fn german_to_plain(text: &str) -> Option<String> {
    if let Some((whole, fraction)) = text.split_once(',') {
        if fraction.contains([',', '.']) {
            return None;
        }
        return Some(format!("{}.{fraction}", without_thousands(whole)?));
    }
    if text.matches('.').count() == 1 {
        let (whole, fraction) = text.split_once('.')?;
        // "1.200" typed by a clerk means twelve hundred; a machine would not pad a quantity to three zeros.
        if fraction.len() == 3 && !whole.is_empty() && whole != "0" {
            return without_thousands(text);
        }
        return Some(text.to_owned());
    }
    without_thousands(text)
}

fn without_thousands(text: &str) -> Option<String> {
    let mut groups = text.split('.');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || first.len() <= 3);
    grouped.then(|| format!("{first}{}", rest.concat()))
}

/// What is wrong with details as entered.
pub(super) fn check_details(details: &Details) -> Result<(), ActionError> {
    let papers = &details.papers;
    let limits: [(&str, &str, &str, usize); 13] = [
        ("need", "Die Begründung", &details.need, 4000),
        ("delivery_address", "Die Lieferanschrift", &details.delivery_address, 500),
        ("invoice_address", "Die Rechnungsanschrift", &details.invoice_address, 500),
        ("leitweg_id", "Die Leitweg-ID", &details.leitweg_id, 46),
        ("cost_centre", "Die Kostenstelle", &details.cost_centre, 100),
        ("file_reference", "Das Aktenzeichen", &details.file_reference, 100),
        ("contact", "Die Ansprechperson", &details.contact, 200),
        ("data_processing", "Der Vertrag zur Auftragsverarbeitung", &papers.data_processing, 500),
        ("council_resolution", "Der Gremienbeschluss", &papers.council_resolution, 500),
        ("emergency_decision", "Die Eilentscheidung", &papers.emergency_decision, 500),
        ("commitment", "Die Verpflichtungsermächtigung", &papers.commitment, 500),
        ("order_reference", "Das Bestellzeichen", &papers.order_reference, 100),
        ("budget_account", "Das Konto", &papers.budget_account, 100),
    ];
    let mut errors: Vec<FieldError> = limits
        .iter()
        .filter(|(_, _, text, most)| *most < text.chars().count())
        .map(|(field, name, text, most)| {
            let number = |it: usize| German.number(it.into());
            let (count, most) = (number(text.chars().count()), number(*most));
            FieldError::new(
                *field,
                format!("{name} hat {count} Zeichen, erlaubt sind {most}. Bitte kürzen Sie den Text."),
            )
        })
        .collect();
    errors.extend(limits.iter().filter(|(_, _, text, _)| !is_storable(text)).map(|(field, name, _, _)| {
        FieldError::new(*field, format!("{name} enthält ein unsichtbares Zeichen. Bitte geben Sie den Text neu ein."))
    }));
    let leitweg_id = details.leitweg_id.trim();
    if !leitweg_id.is_empty() && !leitweg_id_is_valid(leitweg_id) {
        errors.push(FieldError::new(
            "leitweg_id",
            "Die Leitweg-ID hat eine falsche Prüfziffer oder Form. Bitte vergleichen Sie, zum Beispiel: 04011000-1234512345-06.",
        ));
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_clerks_and_machines_write_them() {
        for (typed, meant) in
            [("12", "12"), ("0,25", "0.25"), ("0.25", "0.25"), ("1.200", "1200"), ("1.200,5", "1200.5"), (" 3 ", "3")]
        {
            assert_eq!(parse_quantity(typed).map(|q| q.to_string()).as_deref(), Ok(meant), "{typed}");
        }
    }

    #[test]
    fn impossible_quantities_are_answered_with_what_to_do() {
        for typed in ["0", "-1", "1e9", "1000000000", "zwölf", "", "1,2,3", "1..2", &"9".repeat(40), "0,00001"] {
            let message = parse_quantity(typed).expect_err(typed);
            assert!(message.contains("Bitte"), "{typed}: {message}");
        }
    }
}
