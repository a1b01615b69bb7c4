//! Record that an offer arrived and put it under seal: nobody, the program included, reads it before two persons
//! open it. Its salted digest goes into the log at once, so that a later change could be proved. Until the deadline a
//! bidder may replace its offer: every receipt stays, the latest in time counts, what it replaced stays closed.

use std::collections::BTreeMap;

use abruf_domain::audit::commitment;
use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Step, check_late, is_late};
use abruf_domain::money::UnitPrice;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::ask_competition_question::{check_arrival, check_invited_supplier};
use super::competition_step::{held, log};
use super::{ActionError, FieldError, check_text, is_storable};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competition_offers::{self, Content, NewReceipt, Receipt};
use crate::storage::mini_competitions::Competition;

/// An offer as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Whose.
    pub supplier: OrganisationId,
    /// When.
    pub received_at: DateTime<Utc>,
    /// How: mail, post.
    pub channel: String,
    /// Net price per unit by article; a late offer stays closed and has none.
    pub unit_prices: BTreeMap<String, UnitPrice>,
    /// What it says beside prices.
    pub statement: String,
}

/// What was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// After the deadline: excluded and not opened.
    pub late: bool,
    /// The digest of its content; empty for a late one.
    pub seal: String,
    /// From 1 for each supplier, in the order of recording.
    pub sequence: i32,
    /// Whether it takes the place of an offer of the same supplier.
    pub replaces: bool,
}

/// Records it; of several of a supplier the latest in time counts. Two at the same moment wait for each other at the
/// row of the competition.
///
/// # Errors
/// [`ActionError::Invalid`] for a supplier that was not asked, prices that are no offer for these lines, an instant that
/// cannot be or at which an offer of the supplier is recorded, anything a late offer says; [`ActionError::NotNow`] for
/// one in time that turns up after the opening.
pub async fn receive(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    arrived: &Arrived,
) -> Result<Received, ActionError> {
    let channel = arrived.channel.trim();
    check_text("channel", channel, 200, "Bitte schreiben Sie, wie das Angebot ankam, zum Beispiel: E-Mail oder Post.")?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Receive).await?;
    check_invited_supplier(&mut tx, id, arrived.supplier).await?;
    check_arrival(&competition, "received_at", arrived.received_at, now)?;
    let says_something = !arrived.unit_prices.is_empty() || !arrived.statement.trim().is_empty();
    check_late(arrived.received_at, competition.deadline_at, says_something)?;
    let late = is_late(arrived.received_at, competition.deadline_at);
    if !late && competition.opened_at.is_some() {
        return Err(ActionError::NotNow(
            "Die Angebote sind schon geöffnet. Ein Angebot, das rechtzeitig einging und jetzt erst auftaucht, kann nicht mehr verschlossen werden. Bitte heben Sie den Wettbewerb mit Begründung auf."
                .to_owned(),
        ));
    }
    let receipts = mini_competition_offers::receipts(&mut tx, id).await?;
    let own: Vec<&Receipt> = receipts.iter().filter(|receipt| receipt.supplier == arrived.supplier).collect();
    if own.iter().any(|receipt| receipt.received_at == arrived.received_at) {
        return Err(invalid(
            "received_at",
            "Von diesem Lieferanten ist für genau diesen Zeitpunkt schon ein Angebot erfasst. Es bleibt verschlossen, wie es einging. Ersetzt ein späteres Angebot es, geben Sie bitte dessen Eingang ein.",
        ));
    }
    let sequence = own.iter().map(|receipt| receipt.sequence).max().unwrap_or_default() + 1;
    let replaces = !late && own.iter().any(|receipt| !receipt.late && receipt.received_at < arrived.received_at);
    let salt = app.chance.bytes();
    let content = (!late).then(|| content(&competition, arrived)).transpose()?;
    let seal = content.as_ref().map(|content| commitment(&salt, content)).unwrap_or_default();
    let receipt =
        NewReceipt { supplier: arrived.supplier, sequence, received_at: arrived.received_at, channel, seal: &seal };
    mini_competition_offers::insert_receipt(&mut tx, competition.contract, id, &receipt, actor.person, now).await?;
    if let Some(content) = &content {
        mini_competition_offers::insert_sealed(&mut tx, competition.contract, id, &receipt, content, salt).await?;
    }
    // What the offer says must not lie beside the log either.
    let detail = json!({ "supplier": arrived.supplier, "received_at": arrived.received_at, "late": late, "channel": channel, "seal": seal, "sequence": sequence });
    log(app, &mut tx, actor, &competition, "competition_offer_received", detail, now).await?;
    tx.commit().await?;
    Ok(Received { late, seal, sequence, replaces })
}

/// What goes under seal: prices for articles that were asked for, at least one.
fn content(competition: &Competition, arrived: &Arrived) -> Result<Content, ActionError> {
    let mut errors = Vec::new();
    for (article, price) in &arrived.unit_prices {
        let at = competition.lines.iter().position(|line| line.article_number == *article);
        let Some(at) = at else {
            let asked: Vec<&str> = competition.lines.iter().map(|line| line.article_number.as_str()).collect();
            errors.push(FieldError::new(
                "unit_prices",
                format!("Nach „{article}“ wurde nicht gefragt. Gefragt ist nach: {}.", asked.join(", ")),
            ));
            continue;
        };
        if price.is_negative() {
            errors.push(FieldError::new(
                format!("price-{at}"),
                "Der Preis kann nicht negativ sein. Bitte geben Sie 0 oder mehr ein.",
            ));
        }
    }
    if arrived.unit_prices.is_empty() {
        errors.push(FieldError::new(
            "price-0",
            "Ein Angebot nennt Preise. Bitte geben Sie sie so ein, wie sie im Angebot stehen.",
        ));
    }
    let statement = arrived.statement.trim().replace("\r\n", "\n");
    if 4000 < statement.chars().count() || !is_storable(&statement) {
        errors.push(FieldError::new(
            "statement",
            "Der Text ist zu lang oder enthält ein unsichtbares Zeichen. Erlaubt sind 4.000 Zeichen.",
        ));
    }
    if errors.is_empty() {
        Ok(Content { unit_prices: arrived.unit_prices.clone(), statement })
    } else {
        Err(ActionError::Invalid(errors))
    }
}

fn invalid(field: &str, message: &str) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
