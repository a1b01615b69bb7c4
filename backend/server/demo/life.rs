//! The steps of a call-off's life, each by the action behind it.

use abruf_domain::answer_period::RankRequest;
use abruf_domain::call_off::Status;
use abruf_domain::facts::{Measure, Scope};
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::money::{Gross, Quantity, Volume};
use abruf_domain::period::{Period, berlin_date};
use abruf_domain::{Outcome, Review};
use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::DemoError;
use super::call_offs::{Fate, Planned};
use super::contracts::{Baseline, Choice, Slip, units};
use super::opening::Opened;
use super::people::Approver;
use super::stream::{Step, Stream, Tick};
use super::{fill, words};
use crate::actions::draft_call_off::{self, LineInput};
use crate::actions::release_call_off::{self, Release};
use crate::actions::submit_call_off::{self, Submission};
use crate::actions::{
    ActionError, advance_call_off, ask_rank, cancel_call_off, decide_supplier_order, end_request, justify_finding,
    record_volume, return_call_off,
};
use crate::actor::{Actor, RunsAs};
use crate::storage::call_offs::{Details, Papers};
use crate::storage::{StorageError, volume};

/// The rule of soft quotas; its findings are the office's.
const QUOTA_RULE: &str = "member-quota";

/// Rule that asks why a service outlives its contract.
const RUNOFF_RULE: &str = "performance-beyond-term";

/// Rule that asks whether a need was divided.
const SPLITTING_RULE: &str = "order-splitting";

/// Net value in euros above which the demo's members ask their council first.
const COUNCIL_DECIDES: Decimal = Decimal::from_parts(60_000, 0, 0, false, 0);

/// A call-off on its way.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub id: CallOffId,
    pub planned: Planned,
    pub corrected: bool,
    pub returned: bool,
    pub version: i32,
    details: Details,
    /// Who is asked to release it.
    approver: usize,
}

impl Stream {
    pub(super) async fn draft(&mut self, planned: Planned) -> Result<(), DemoError> {
        let actor = self.buyer(&planned);
        let call_off =
            draft_call_off::create(&self.app, &actor, self.contract.id).await.map_err(self.failed("draft"))?;
        let details = Details {
            need: planned.basket.need.clone(),
            performance: planned.basket.performance,
            desired_on: planned.basket.desired_in.map(|days| berlin_date(self.now()) + Days::new(days)),
            cost_centre: planned.cost_centre.clone(),
            file_reference: planned.file_reference.clone(),
            papers: self.papers(&planned),
            ..call_off.details
        };
        let slip = self.slip(&planned);
        let is_draft = planned.fate == Fate::Draft;
        let competes = matches!(planned.fate, Fate::Competing | Fate::Competed);
        let approver = self.approver(&planned);
        let life = self.lives.len();
        self.lives.push(Life {
            id: call_off.id,
            planned,
            corrected: false,
            returned: false,
            version: call_off.version,
            details,
            approver,
        });
        self.write(life, slip).await?;
        if is_draft && let Choice::Cascade { .. } = self.contract.design.choice {
            self.ask_first(life).await?;
        }
        if competes {
            return self.compete(life).await;
        }
        if !is_draft {
            let at = self.soon();
            self.schedule(at, Step::Submit(life));
        }
        Ok(())
    }

    /// In a cascade the first supplier is asked before anything else.
    async fn ask_first(&self, life: usize) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        let supplier = self.world.supplier(self.contract.design.lots[0].supplier);
        let request = RankRequest { supplier, asked_on: berlin_date(self.now()) };
        ask_rank::ask(&self.app, &actor, self.lives[life].id, &request, "E-Mail an den Vertrieb")
            .await
            .map_err(self.failed("ask the first supplier for"))
    }

    /// The papers that a careful requester names: for years to come, and for what the council decides.
    fn papers(&self, planned: &Planned) -> Papers {
        let today = berlin_date(self.now());
        let ends_later = planned.basket.performance.filter(|period| today.year() < period.to().year());
        let resolution = COUNCIL_DECIDES < self.contract.design.net(&planned.basket, today).decimal();
        Papers {
            commitment: ends_later
                .map_or_else(String::new, |period| format!("Haushaltsplan {}, Produkt 11.1.6", period.to().year())),
            council_resolution: if resolution {
                format!("Beschluss des Hauptausschusses, Vorlage {}-118", today.year())
            } else {
                String::new()
            },
            order_reference: planned.file_reference.clone(),
            ..Papers::default()
        }
    }

    /// Saves lines and details, with a mistake if there is to be one.
    async fn write(&mut self, life: usize, slip: Slip) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        let Life { id, version, .. } = self.lives[life];
        let mut lines = self.lives[life].planned.basket.lines.clone();
        let mut details = self.lives[life].details.clone();
        match slip {
            Slip::None => {}
            Slip::NoNeed => details.need.clear(),
            Slip::OffStep => lines[0].1 = lines[0].1 + units(1),
            Slip::Unknown(article) => lines.push((article, units(1))),
        }
        let input: Vec<LineInput> = lines.iter().map(|(article, quantity)| line(article, *quantity)).collect();
        let version = draft_call_off::save_lines(&self.app, &actor, id, version, &input)
            .await
            .map_err(self.failed("save the lines of"))?;
        let version = draft_call_off::save_details(&self.app, &actor, id, version, &details)
            .await
            .map_err(self.failed("save the details of"))?;
        self.lives[life].version = version;
        Ok(())
    }

    pub(super) async fn correct(&mut self, life: usize) -> Result<(), DemoError> {
        self.lives[life].corrected = true;
        self.write(life, Slip::None).await?;
        let at = self.soon();
        self.schedule(at, Step::Submit(life));
        Ok(())
    }

    pub(super) async fn submit(&mut self, life: usize) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        self.explain_runoff(life).await?;
        let answer = submit_call_off::submit(&self.app, &actor, self.lives[life].id, None).await;
        // Back with a question, and the answer came too late.
        if self.lives[life].returned && matches!(answer, Err(ActionError::WrongState(Status::Expired))) {
            return Ok(());
        }
        match answer.map_err(self.failed("submit"))? {
            Submission::Submitted { expires_at, .. } => {
                self.lives[life].version += 1;
                self.plan_decision(life, expires_at);
            }
            Submission::Declined { review, .. } if self.explain_splitting(life, &review).await? => {
                let at = self.soon();
                self.schedule(at, Step::Submit(life));
            }
            Submission::Declined { review, .. } => self.plan_correction(life, &review),
            Submission::Incomplete { .. } => self.wonder(life, "incomplete"),
        }
        Ok(())
    }

    /// Licences that outlive the contract need a word from their requester.
    async fn explain_runoff(&mut self, life: usize) -> Result<(), DemoError> {
        let Life { id, planned, corrected, returned, .. } = &self.lives[life];
        // What was explained once stays explained.
        if *corrected || *returned {
            return Ok(());
        }
        let (id, actor) = (*id, self.buyer(planned));
        let outlives = |period: Period| self.contract.design.term.to() < period.to();
        if !planned.basket.performance.is_some_and(outlives) {
            return Ok(());
        }
        let preview = draft_call_off::preview(&self.app, &actor, id).await.map_err(self.failed("preview"))?;
        if preview.review.with_outcome(Outcome::Justify).any(|finding| finding.rule == RUNOFF_RULE) {
            let reason = words::RUNOFF_REASONS[life % words::RUNOFF_REASONS.len()];
            justify_finding::justify(&self.app, &actor, id, RUNOFF_RULE, reason)
                .await
                .map_err(self.failed("justify"))?;
        }
        Ok(())
    }

    /// A house that orders often says why its need was not one; whether that was all that was asked.
    async fn explain_splitting(&mut self, life: usize, review: &Review) -> Result<bool, DemoError> {
        let Life { id, planned, .. } = &self.lives[life];
        let (id, actor) = (*id, self.buyer(planned));
        let asked: Vec<&str> = review.with_outcome(Outcome::Justify).map(|finding| finding.rule.as_str()).collect();
        if review.with_outcome(Outcome::Block).next().is_some() || !asked.contains(&SPLITTING_RULE) {
            return Ok(false);
        }
        let reason = words::SPLITTING_REASONS[life % words::SPLITTING_REASONS.len()];
        match justify_finding::justify(&self.app, &actor, id, SPLITTING_RULE, reason).await {
            Ok(()) => Ok(true),
            // Explained before; something else is asked.
            Err(ActionError::Invalid(_)) => Ok(false),
            Err(error) => Err(self.failed("justify")(error)),
        }
    }

    pub(super) async fn release(&mut self, life: usize) -> Result<(), DemoError> {
        let asked = self.asked(life);
        let answer = release_call_off::release(&self.app, &asked.actor, self.lives[life].id, None).await;
        match answer.map_err(self.failed("release"))? {
            Release::Released { .. } => self.plan_delivery(life),
            Release::Blocked { .. } => {
                let Some(other) = self.colleague(life) else {
                    self.wonder(life, "blocked for everybody");
                    return Ok(());
                };
                self.lives[life].approver = other;
                let at = self.after(0, 1);
                self.schedule(at, Step::Release(life));
            }
            Release::Changed { .. } if matches!(self.lives[life].planned.fate, Fate::LeftAfterChange(_)) => {
                let expires_at = self.lives[life].planned.at + Days::new(15);
                self.schedule(expires_at, Step::Expire(life));
            }
            Release::Changed { .. } => {
                let at = self.now() + TimeDelta::minutes(6);
                self.schedule(at, Step::Return(life, "Seit der Anforderung hat sich etwas geändert, bitte prüfen."));
            }
            Release::Unjustified { .. } => {
                let at = self.after(1, 2);
                self.schedule(at, Step::Justify(life));
            }
            // The demo's members have no approval order yet.
            Release::NotTheirTurn { .. } => self.wonder(life, "somebody else's turn"),
            Release::Expired { .. } => {}
        }
        Ok(())
    }

    /// The requester, who is an approver too, tries it and may not.
    pub(super) async fn release_own(&mut self, life: usize) -> Result<(), DemoError> {
        let planned = &self.lives[life].planned;
        let requester = self.buyer(planned).person;
        let approvers = &self.world.members[planned.member].staff.approvers;
        let Some(own) = approvers.iter().find(|approver| approver.actor.person == requester) else {
            self.wonder(life, "its requester releases nothing");
            return Ok(());
        };
        let answer = release_call_off::release(&self.app, &own.actor, self.lives[life].id, None).await;
        let blocked = matches!(answer.map_err(self.failed("release"))?, Release::Blocked { .. });
        if !blocked {
            self.wonder(life, "released by its requester");
        }
        Ok(())
    }

    pub(super) async fn refuse(&mut self, life: usize) -> Result<(), DemoError> {
        let reason = self.dice.text(words::REFUSALS);
        let approver = self.asked(life).actor;
        end_request::refuse(&self.app, &approver, self.lives[life].id, reason).await.map_err(self.failed("refuse"))
    }

    pub(super) async fn give_back(&mut self, life: usize, reason: &'static str) -> Result<(), DemoError> {
        let approver = self.asked(life).actor;
        return_call_off::return_to_requester(&self.app, &approver, self.lives[life].id, reason)
            .await
            .map_err(self.failed("return"))?;
        self.lives[life].returned = true;
        self.lives[life].version += 1;
        if self.lives[life].planned.fate != Fate::Returned {
            let asked = self.lives[life].planned.fate == Fate::AskedFirst;
            let text = if asked { self.dice.text(words::ANSWERS) } else { words::AFTER_CHANGE };
            let at = self.after(0, 2);
            self.schedule(at, Step::Answer(life, text));
        }
        Ok(())
    }

    /// The requester adds a sentence and submits again.
    pub(super) async fn answer(&mut self, life: usize, text: &str) -> Result<(), DemoError> {
        let need = &mut self.lives[life].details.need;
        need.push(' ');
        need.push_str(text);
        self.write(life, Slip::None).await?;
        let at = self.soon();
        self.schedule(at, Step::Submit(life));
        Ok(())
    }

    pub(super) async fn withdraw(&mut self, life: usize) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        end_request::withdraw(&self.app, &actor, self.lives[life].id).await.map_err(self.failed("withdraw"))
    }

    pub(super) async fn expire(&mut self, life: usize) -> Result<(), DemoError> {
        end_request::expire(&self.app, self.lives[life].id).await.map_err(self.failed("let expire"))?;
        Ok(())
    }

    pub(super) async fn cancel(&mut self, life: usize) -> Result<(), DemoError> {
        let reason = self.dice.text(words::CANCELLATIONS);
        let approver = self.asked(life).actor;
        cancel_call_off::cancel(&self.app, &approver, self.lives[life].id, reason).await.map_err(self.failed("cancel"))
    }

    /// The office answers for a quota that is exceeded; then it can be released.
    pub(super) async fn justify(&mut self, life: usize) -> Result<(), DemoError> {
        let reason = self.dice.text(words::QUOTA_REASONS);
        let office = self.world.leadership.office.clone();
        justify_finding::justify(&self.app, &office, self.lives[life].id, QUOTA_RULE, reason)
            .await
            .map_err(self.failed("justify"))?;
        let at = self.after(0, 1);
        self.schedule(at, Step::Release(life));
        Ok(())
    }

    /// The office orders from the supplier what the member ordered in-house; then it is sent.
    pub(super) async fn approve_supplier_order(&mut self, life: usize) -> Result<(), DemoError> {
        let office = self.world.leadership.office.clone();
        decide_supplier_order::approve(&self.app, &office, self.lives[life].id, None)
            .await
            .map_err(self.failed("approve the supplier order of"))?;
        let at = self.after(0, 1);
        self.schedule(at, Step::Advance(life, Status::Dispatched));
        Ok(())
    }

    pub(super) async fn advance(&mut self, life: usize, to: Status) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        advance_call_off::advance(&self.app, &actor, self.lives[life].id, to).await.map_err(self.failed("advance"))?;
        self.plan_next(life, to);
        Ok(())
    }

    pub(super) async fn approve(&mut self, item: usize, baseline: &Baseline) -> Result<(), DemoError> {
        let mut tx = self.app.db.begin(RunsAs::Job).await?;
        self.contract.approve(&mut tx, &self.world, &self.app.chance, item, baseline, self.now()).await?;
        Ok(tx.commit().await.map_err(StorageError::from)?)
    }

    /// Plans what brings the ceiling to its story, from what is really taken.
    pub(super) async fn fill(&mut self) -> Result<(), DemoError> {
        let Some((_, goal)) = self.contract.design.fill else { return Ok(()) };
        let taken = self.taken().await?;
        let plan = fill::plan(goal, &self.contract, &self.world, &self.dice, self.now(), taken);
        self.tick(Tick::More(plan.len()));
        for planned in plan {
            self.schedule(planned.at, Step::Draft(Box::new(planned)));
        }
        Ok(())
    }

    /// More devices than are left, ordered on paper after a burst pipe.
    pub(super) async fn emergency(&mut self) -> Result<(), DemoError> {
        let free = self.contract.limit - self.taken().await?;
        let design = &self.contract.design;
        let Some(dearest) = design.items.last() else { return Ok(()) };
        let basket = super::contracts::Basket {
            lines: vec![(dearest.article, units(1))],
            need: String::new(),
            performance: None,
            desired_in: None,
        };
        let day = berlin_date(self.now());
        let price = design.net(&basket, day).decimal();
        let count = (free.decimal() / price).floor() + Decimal::from(2);
        let amount = Volume::new(count * price).expect("an emergency order of the demo is small");
        let evidence = format!(
            "Notbestellung auf Papier vom {}: {count} Multifunktionsgeräte nach dem Wasserschaden im Rathaus Königslauter, \
             Auftragsbestätigung des Lieferanten Nr. 4471",
            day.format("%d.%m.%Y")
        );
        let office = self.world.leadership.office.clone();
        let Opened { id, guard, .. } = self.contract;
        let breached = record_volume::record(&self.app, &office, id, guard, amount, &evidence, None)
            .await
            .map_err(self.failed("record an emergency order on"))?;
        if !breached {
            self.unforeseen.push(format!("{}: the emergency order breaches nothing", self.contract.design.number));
        }
        Ok(())
    }

    /// What is consumed and reserved of the value ceiling.
    async fn taken(&self) -> Result<Volume, DemoError> {
        let mut tx = self.app.db.begin(RunsAs::Job).await?;
        let nobody = OrganisationId(Uuid::nil());
        let scopes = volume::scopes(&mut tx, self.contract.id, nobody, &[], &[]).await?;
        tx.rollback().await.map_err(StorageError::from)?;
        let value = scopes.iter().find(|scope| scope.scope == Scope::Contract && scope.measure == Measure::Value);
        Ok(value.map_or(Volume::ZERO, abruf_domain::facts::ScopeState::taken))
    }

    pub(super) fn buyer(&self, planned: &Planned) -> Actor {
        let buyers = &self.world.members[planned.member].staff.buyers;
        buyers[planned.buyer % buyers.len()].clone()
    }

    /// The first approver, sometimes a deputy; who fills a contract up asks somebody who may.
    fn approver(&self, planned: &Planned) -> usize {
        let approvers = &self.world.members[planned.member].staff.approvers;
        let requester = self.buyer(planned).person;
        if matches!(planned.fate, Fate::ReleasedOn(_)) {
            return approvers.iter().position(|approver| approver.limit.is_none()).unwrap_or(0);
        }
        let others: Vec<usize> =
            (0..approvers.len()).filter(|index| approvers[*index].actor.person != requester).collect();
        if self.dice.percent(15) { others.last() } else { others.first() }.copied().unwrap_or(0)
    }

    pub(super) fn asked(&self, life: usize) -> Approver {
        let life = &self.lives[life];
        self.world.members[life.planned.member].staff.approvers[life.approver].clone()
    }

    /// Another approver, with a larger limit.
    fn colleague(&self, life: usize) -> Option<usize> {
        let asked: Option<Gross> = self.asked(life).limit;
        let approvers = &self.world.members[self.lives[life].planned.member].staff.approvers;
        asked?;
        approvers.iter().position(|approver| approver.limit.is_none())
    }

    /// Names the step that could not be done.
    pub(super) fn failed(&self, step: &'static str) -> impl Fn(ActionError) -> DemoError + use<> {
        let (contract, at): (String, DateTime<Utc>) = (self.contract.design.number.clone(), self.now());
        move |source| DemoError::Action { step, contract: contract.clone(), at, source }
    }
}

fn line(article: &str, quantity: Quantity) -> LineInput {
    LineInput::new(article, quantity.to_string())
}
