//! Prepare the renewal of licences that end: a draft with the same articles and quantities for the time
//! after; and tell of ends that come near, once 90 and once 30 days before.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::licence_inventory::{Ending, NextStep, TOLD_BEFORE_DAYS, common_end, inventory};
use abruf_domain::money::Quantity;
use abruf_domain::notation::Language::German;
use abruf_domain::period::Period;
use chrono::{Days, NaiveDate};
use sqlx::PgConnection;

use super::draft_call_off::{self, LineInput};
use super::{ActionError, Who, call_off_record, only};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::call_offs::{self, CallOff, Details};
use crate::storage::{StorageError, audit_log, licences, outbox};

/// The licences of one's member that run or begin later, by their end.
pub async fn endings(app: &App, actor: &Actor) -> Result<Vec<Ending>, ActionError> {
    only(actor, &[Role::Buyer, Role::Approver, Role::Treasurer])?;
    let mut tx = app.db.begin(actor).await?;
    Ok(of_member(&mut tx, actor.organisation, app.clock.today()).await?)
}

async fn of_member(
    conn: &mut PgConnection,
    member: OrganisationId,
    today: NaiveDate,
) -> Result<Vec<Ending>, StorageError> {
    Ok(inventory(&licences::lines(conn, member, today).await?, today))
}

/// Makes a draft for the time after the licences of a contract that end on a day.
///
/// # Errors
/// [`ActionError::NotFound`] if none end then; [`ActionError::NotNow`] once somebody has begun.
pub async fn renew(app: &App, actor: &Actor, contract: ContractId, ends_on: NaiveDate) -> Result<CallOff, ActionError> {
    only(actor, &[Role::Buyer])?;
    let mut tx = app.db.begin(actor).await?;
    let all = of_member(&mut tx, actor.organisation, app.clock.today()).await?;
    let ending = all.into_iter().find(|it| it.contract == contract && it.ends_on == ends_on);
    let ending = ending.ok_or(ActionError::NotFound)?;
    if matches!(ending.next_step, NextStep::InProgress | NextStep::Renewed) {
        return Err(ActionError::NotNow(format!(
            "Für die Zeit nach dem {} gibt es schon einen Abruf. Bitte ändern Sie diesen, solange er ein Entwurf ist.",
            German.date(ends_on)
        )));
    }
    let earlier = match ending.orders.first() {
        Some(first) => call_offs::find(&mut tx, *first).await?.map(|(call_off, _)| call_off.details),
        None => None,
    };
    tx.rollback().await?;
    let quantities = ending.quantities.iter();
    let lines: Vec<LineInput> =
        quantities.map(|(article, quantity)| LineInput::new(article, quantity.to_string())).collect();
    let draft = draft_call_off::create(app, actor, contract).await?;
    let version = draft_call_off::save_lines(app, actor, draft.id, draft.version, &lines).await?;
    let mut details = Details { performance: ending.following(), ..draft.details.clone() };
    if let Some(earlier) = earlier {
        details.need = format!("Verlängerung der Lizenzen, die am {} enden.", German.date(ends_on));
        details.cost_centre = earlier.cost_centre;
        details.papers.data_processing = earlier.papers.data_processing;
        details.papers.budget_account = earlier.papers.budget_account;
        // A renewal repeats on purpose.
        details.papers.recurring = true;
    }
    let version = draft_call_off::save_details(app, actor, draft.id, version, &details).await?;
    Ok(CallOff { details, version, ..draft })
}

/// The period proposed for a draft with licences, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedPeriod {
    /// From today to the common end.
    pub period: Period,
    /// Licences that end then already.
    pub running: Quantity,
}

impl ProposedPeriod {
    /// Why, in a sentence.
    #[must_use]
    pub fn german(&self) -> String {
        format!(
            "Vorgeschlagen bis {}: Dann enden auch Ihre {} laufenden Lizenzen dieses Vertrags, und Sie verlängern alle zusammen.",
            German.date(self.period.to()),
            German.number(self.running.decimal().normalize())
        )
    }
}

/// What is proposed for a draft without a period: the end most running licences of its contract share.
pub async fn propose(
    conn: &mut PgConnection,
    call_off: &CallOff,
    today: NaiveDate,
) -> Result<Option<ProposedPeriod>, StorageError> {
    if call_off.details.performance.is_some() || !call_off.status.is_editable() {
        return Ok(None);
    }
    let lines = licences::lines(conn, call_off.member, today).await?;
    Ok(common_end(&lines, call_off.contract, today).and_then(|(ends_on, running)| {
        let period = Period::new(today, ends_on).ok()?;
        Some(ProposedPeriod { period, running })
    }))
}

/// Tells of every end that has come near and that nobody has begun to renew. Returns of how many orders.
pub async fn tell_due(app: &App) -> Result<usize, ActionError> {
    let today = app.clock.today();
    let mut told = 0;
    // The later step first: who is told of it needs no word of the earlier one.
    for days in TOLD_BEFORE_DAYS.into_iter().rev() {
        let Some(until) = today.checked_add_days(Days::new(days)) else { continue };
        let days_before = i32::try_from(days).unwrap_or(i32::MAX);
        let mut tx = app.db.begin(RunsAs::Job).await?;
        let members = licences::members_to_tell(&mut tx, today, until, days_before).await?;
        tx.rollback().await?;
        for member in members {
            told += tell(app, member, until, days_before).await?;
        }
    }
    Ok(told)
}

async fn tell(app: &App, member: OrganisationId, until: NaiveDate, days_before: i32) -> Result<usize, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let mut told = 0;
    let all = of_member(&mut tx, member, app.clock.today()).await?;
    for ending in all.into_iter().filter(|ending| ending.ends_on <= until) {
        for order in ending.orders {
            let Some((call_off, _)) = call_offs::find(&mut tx, order).await? else { continue };
            if !licences::set_told(&mut tx, &call_off, days_before, now).await? {
                continue;
            }
            // What is renewed already is noted, so that nobody looks again, and not told.
            if ending.next_step.is_open() {
                outbox::push(&mut tx, app.chance.id(now), "tell_licence_ends", &call_off, now).await?;
                let record = call_off_record(app, &call_off, "licence_end_told", Who::Clock, None, None, now);
                audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
                told += 1;
            }
        }
    }
    tx.commit().await?;
    Ok(told)
}
