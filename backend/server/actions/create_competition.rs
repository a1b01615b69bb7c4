//! Begin a mini-competition (§ 21 (5) VgV): the buyer from a draft that needs one, the office for a member.

use abruf_domain::facts::Price;
use abruf_domain::ids::{CallOffId, ContractId, MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Line, Scheme, earliest_deadline};
use abruf_domain::period::{Period, berlin_date};
use chrono::{Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Berlin;
use serde_json::json;

use super::competition_step::{facts_of, log_new};
use super::draft_call_off::{LineInput, parse_lines};
use super::keyed::Keyed;
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, Asked};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::mini_competitions::{self, Announced, Announcement, New};
use crate::storage::{Tx, organisations, parameters};

/// What the office names to begin one for a member.
#[derive(Debug, Clone)]
pub struct ForMember {
    /// The contract.
    pub contract: ContractId,
    /// For whom.
    pub member: OrganisationId,
    /// Lines as typed.
    pub lines: Vec<LineInput>,
    /// Period of what is paid by month.
    pub performance: Option<Period>,
}

/// Begins one from the buyer's own draft; its lines are asked for as they stand.
///
/// # Errors
/// [`ActionError::NotFound`] for a draft of somebody else, [`ActionError::Refused`] where the contract knows
/// no competitions or the draft has one already.
pub async fn from_draft(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    key: Option<&IdempotencyKey>,
) -> Result<MiniCompetitionId, ActionError> {
    only(actor, &[Role::Buyer])?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    if !call_off.status.is_editable() {
        return Err(ActionError::WrongState(call_off.status));
    }
    if mini_competitions::of_call_off(&mut tx, id).await?.is_some() {
        return Err(ActionError::Refused(
            "Zu diesem Entwurf gibt es schon einen Miniwettbewerb. Bitte führen Sie ihn weiter oder heben Sie ihn auf.",
        ));
    }
    let asked = lines.iter().map(Asked::from).collect();
    let place = (call_off.contract, call_off.body, call_off.member);
    let id = begin(app, &mut tx, actor, place, Some(id), asked, call_off.details.performance).await?;
    keyed.keep(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Begins one for a member of the house.
///
/// # Errors
/// [`ActionError::NotFound`] for a contract or member that is not there, [`ActionError::Invalid`] for lines
/// that cannot be asked for.
pub async fn for_member(
    app: &App,
    actor: &Actor,
    wish: &ForMember,
    key: Option<&IdempotencyKey>,
) -> Result<MiniCompetitionId, ActionError> {
    only(actor, &[Role::Office])?;
    let asked = parse_lines(&wish.lines)?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    if !organisations::is_member(&mut tx, actor.body, wish.member).await? {
        return Err(ActionError::NotFound);
    }
    let place = (wish.contract, actor.body, wish.member);
    let id = begin(app, &mut tx, actor, place, None, asked, wish.performance).await?;
    keyed.keep(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(id)
}

async fn begin(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    place: (ContractId, OrganisationId, OrganisationId),
    call_off: Option<CallOffId>,
    asked: Vec<Asked>,
    performance: Option<Period>,
) -> Result<MiniCompetitionId, ActionError> {
    let now = app.clock.now();
    let (contract, body, member) = place;
    let announced = mini_competitions::announced(tx, contract).await?.ok_or(ActionError::NotFound)?;
    if !announced.has_competitions {
        return Err(ActionError::Refused("Dieser Vertrag sieht keine Miniwettbewerbe vor. Bitte rufen Sie direkt ab."));
    }
    let facts = facts_of(tx, place, asked, performance, actor, now).await?;
    if facts.contract.status != "active" {
        return Err(ActionError::Refused(
            "Dieser Vertrag ist nicht in Kraft. Einen Miniwettbewerb gibt es nur zu einem aktiven Vertrag.",
        ));
    }
    let lots = facts.requested_lots();
    let lines = lines_of(&facts, performance)?;
    if 1 < lots.len() {
        return Err(invalid(
            "lines",
            "Die Positionen gehören zu verschiedenen Losen. Ein Miniwettbewerb fragt die Partner eines Loses. Bitte teilen Sie die Positionen auf.",
        ));
    }
    let days = answer_days(tx, &announced, member, berlin_date(now)).await?;
    let id = MiniCompetitionId(app.chance.id(now));
    let new = New {
        id,
        contract,
        call_off,
        body,
        member,
        run_by: actor.organisation,
        lot: lots.first().copied().flatten(),
        lines,
        performance,
        announcement: Announcement {
            title: facts.contract.title.clone(),
            deadline_at: noon(earliest_deadline(berlin_date(now), days)),
            submission: String::new(),
            scheme: announced.scheme.unwrap_or(Scheme::by_price()),
        },
    };
    mini_competitions::insert(tx, &new, actor.person, now).await?;
    let detail = json!({ "call_off": call_off, "lines": new.lines, "scheme": new.announcement.scheme });
    log_new(app, tx, actor, (contract, id, member), "competition_created", None, detail, now).await?;
    Ok(id)
}

/// The lines as the parties read them.
fn lines_of(facts: &abruf_domain::Facts, performance: Option<Period>) -> Result<Vec<Line>, ActionError> {
    let mut lines: Vec<Line> = Vec::new();
    for asked in &facts.request.lines {
        let Some(item) = facts.contract.item(&asked.article_number) else {
            return Err(invalid(
                "lines",
                &format!(
                    "Der Artikel „{}“ steht nicht im Vertrag {}. Bitte fragen Sie nur nach Artikeln des Vertrags.",
                    asked.article_number, facts.contract.number
                ),
            ));
        };
        // An article stands once in the request for offers, however the draft writes it.
        if let Some(line) = lines.iter_mut().find(|line| line.article_number == asked.article_number) {
            line.quantity = line.quantity + asked.quantity;
            continue;
        }
        lines.push(Line {
            article_number: item.article_number.clone(),
            title: item.title.clone(),
            unit: item.unit.clone(),
            quantity: asked.quantity,
            by_month: item.prices.iter().any(|term| matches!(term.price, Price::Subscription { .. })),
        });
    }
    if lines.is_empty() {
        return Err(invalid("lines", "Es gibt noch keine Position. Bitte geben Sie Artikel und Menge ein."));
    }
    if performance.is_none() && lines.iter().any(|line| line.by_month) {
        return Err(invalid(
            "performance",
            "Eine Position wird nach Monaten bezahlt. Bitte geben Sie zuerst den Leistungszeitraum an.",
        ));
    }
    Ok(lines)
}

/// Fewest calendar days for offers: the contract's, else the house's.
///
/// # Errors
/// If neither is known on this day.
pub async fn answer_days(
    tx: &mut Tx,
    announced: &Announced,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<u32, ActionError> {
    if let Some(days) = announced.answer_days {
        return Ok(days);
    }
    let house = parameters::valid_for_member(tx, member, day).await?;
    Ok(house.parsed("competition_answer_days")?)
}

/// Noon in Berlin of the first working day from then on: a deadline that somebody is there for.
fn noon(day: NaiveDate) -> chrono::DateTime<Utc> {
    use chrono::Datelike;
    let weekend = match day.weekday() {
        chrono::Weekday::Sat => 2,
        chrono::Weekday::Sun => 1,
        _ => 0,
    };
    let day = day.checked_add_days(Days::new(weekend)).unwrap_or(day);
    let noon = day.and_time(NaiveTime::MIN) + chrono::TimeDelta::hours(12);
    Berlin.from_local_datetime(&noon).earliest().map_or_else(|| noon.and_utc(), |at| at.with_timezone(&Utc))
}

fn invalid(field: &str, message: &str) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
