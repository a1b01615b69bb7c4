//! The stream of one contract: its planned call-offs carried out by the real actions, event by event
//! in the order of time, with a clock that stands where the event is.
//!
//! What an action answers decides what happens next, as in life: whoever is not allowed to release
//! leaves it to a colleague, what has changed is returned and submitted again, a soft quota waits for
//! the office. Events after the end of the history do not take place; so some requests wait today.
//!
//! Contracts share no ceiling, no number, no chain. Each stream has its own clock and chance, and any
//! order in which the streams take turns gives the same rows.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering as Memory};

use abruf_domain::call_off::Status;
use abruf_domain::ids::MiniCompetitionId;
use abruf_domain::{Outcome, Review};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc::UnboundedSender;

use super::DemoError;
use super::calendar::{at, in_office_hours, later};
use super::call_offs::{Fate, Planned};
use super::competitions::Round;
use super::contracts::{Baseline, Slip};
use super::dice::Dice;
use super::life::Life;
use super::opening::Opened;
use super::world::World;
use crate::app::App;

/// What a stream tells about its progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tick {
    /// One more planned call-off has begun.
    Begun,
    /// So many more are planned.
    More(usize),
}

/// Something that happens.
#[derive(Debug)]
pub(super) enum Step {
    /// A baseline is approved: index of its item.
    Approve(usize, Box<Baseline>),
    /// Call-offs that fill the ceiling up are planned.
    Fill,
    /// An emergency order on paper is recorded.
    Emergency,
    /// A draft is made.
    Draft(Box<Planned>),
    /// The call-off with this index …
    Correct(usize),
    Submit(usize),
    Release(usize),
    ReleaseOwn(usize),
    Refuse(usize),
    Return(usize, &'static str),
    Answer(usize, &'static str),
    Withdraw(usize),
    Expire(usize),
    Cancel(usize),
    Justify(usize),
    ApproveSupplierOrder(usize),
    Compete(usize, MiniCompetitionId, Round),
    Advance(usize, Status),
}

/// A step with its instant; the number keeps those of one instant in the order they were planned.
#[derive(Debug)]
struct Event {
    at: DateTime<Utc>,
    number: u64,
    step: Step,
}

impl Event {
    fn key(&self) -> (DateTime<Utc>, u64) {
        (self.at, self.number)
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// The stream of one contract.
pub(super) struct Stream {
    pub(super) app: App,
    pub(super) world: Arc<World>,
    pub(super) contract: Opened,
    pub(super) dice: Dice,
    pub(super) lives: Vec<Life>,
    /// Answers that no plan foresaw: the plan does not fit the rules.
    pub(super) unforeseen: Vec<String>,
    queue: BinaryHeap<Reverse<Event>>,
    planned: u64,
    ticks: UnboundedSender<Tick>,
    stop: Arc<AtomicBool>,
}

impl Stream {
    /// A stream with its events; `app` has a clock and a chance of its own.
    pub(super) fn new(
        app: App,
        world: Arc<World>,
        contract: Opened,
        dice: Dice,
        plan: Vec<Planned>,
        ticks: UnboundedSender<Tick>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let mut stream = Self {
            app,
            world,
            contract,
            dice,
            lives: Vec::with_capacity(plan.len()),
            unforeseen: Vec::new(),
            queue: BinaryHeap::new(),
            planned: 0,
            ticks,
            stop,
        };
        for (at, item, baseline) in std::mem::take(&mut stream.contract.later_baselines) {
            stream.schedule(at, Step::Approve(item, Box::new(baseline)));
        }
        if let Some((day, _)) = stream.contract.design.fill {
            stream.schedule(at(day, 9, 0), Step::Fill);
        }
        if let Some(day) = stream.contract.design.emergency {
            stream.schedule(at(day, 13, 40), Step::Emergency);
        }
        for planned in plan {
            stream.schedule(planned.at, Step::Draft(Box::new(planned)));
        }
        stream
    }

    /// Carries everything out up to the end of the history, or until another stream has failed.
    /// Returns the answers that nobody had foreseen.
    pub(super) async fn run(mut self) -> Result<Vec<String>, DemoError> {
        let ends = self.world.calendar.ends();
        while let Some(Reverse(event)) = self.queue.pop() {
            if ends <= event.at || self.stop.load(Memory::Relaxed) {
                break;
            }
            self.app.clock.set(event.at);
            if let Err(error) = self.take(event.step).await {
                self.stop.store(true, Memory::Relaxed);
                return Err(error);
            }
        }
        Ok(self.unforeseen)
    }

    async fn take(&mut self, step: Step) -> Result<(), DemoError> {
        match step {
            Step::Approve(item, baseline) => self.approve(item, &baseline).await,
            Step::Fill => self.fill().await,
            Step::Emergency => self.emergency().await,
            Step::Draft(planned) => {
                self.tick(Tick::Begun);
                self.draft(*planned).await
            }
            Step::Correct(life) => self.correct(life).await,
            Step::Submit(life) => self.submit(life).await,
            Step::Release(life) => self.release(life).await,
            Step::ReleaseOwn(life) => self.release_own(life).await,
            Step::Refuse(life) => self.refuse(life).await,
            Step::Return(life, reason) => self.give_back(life, reason).await,
            Step::Answer(life, text) => self.answer(life, text).await,
            Step::Withdraw(life) => self.withdraw(life).await,
            Step::Expire(life) => self.expire(life).await,
            Step::Cancel(life) => self.cancel(life).await,
            Step::Justify(life) => self.justify(life).await,
            Step::ApproveSupplierOrder(life) => self.approve_supplier_order(life).await,
            Step::Compete(life, id, round) => self.compete_on(life, id, round).await,
            Step::Advance(life, to) => self.advance(life, to).await,
        }
    }

    pub(super) fn schedule(&mut self, at: DateTime<Utc>, step: Step) {
        self.planned += 1;
        self.queue.push(Reverse(Event { at, number: self.planned, step }));
    }

    pub(super) fn tick(&self, tick: Tick) {
        // Nobody listens any more only when the load has failed.
        let _ = self.ticks.send(tick);
    }

    /// Notes an answer that the plan had not foreseen.
    pub(super) fn wonder(&mut self, life: usize, answer: &str) {
        let (number, planned) = (&self.contract.design.number, &self.lives[life].planned);
        let member = self.world.members[planned.member].row.name;
        let (at, fate) = (self.now(), planned.fate);
        self.unforeseen.push(format!("{number}, {member}, {at}, planned as {fate:?}: {answer}"));
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Within the hour.
    pub(super) fn soon(&self) -> DateTime<Utc> {
        self.now() + TimeDelta::minutes(i64::try_from(self.dice.between(4, 40)).unwrap_or(4))
    }

    /// In office hours after `from` to `to` working days.
    pub(super) fn after(&self, from: u64, to: u64) -> DateTime<Utc> {
        later(self.now(), self.dice.between(from, to), self.dice.roll(560))
    }

    /// What comes after a successful submission.
    pub(super) fn plan_decision(&mut self, life: usize, expires_at: DateTime<Utc>) {
        let decided_at = {
            let days = *self.dice.pick(&[0, 0, 1, 1, 1, 1, 2, 2, 3, 5]);
            self.after(days, days)
        };
        let once_returned = self.lives[life].returned;
        let (at, step) = match self.lives[life].planned.fate {
            Fate::AskedFirst | Fate::Returned if !once_returned => {
                (decided_at, Step::Return(life, self.dice.text(super::words::QUESTIONS)))
            }
            Fate::Ordered
            | Fate::AskedFirst
            | Fate::Corrected(_)
            | Fate::Cancelled
            | Fate::LeftToBody
            | Fate::Competed => (decided_at, Step::Release(life)),
            Fate::ReleasedOn(_) | Fate::LeftAfterChange(_) if once_returned => (decided_at, Step::Release(life)),
            Fate::ReleasedOn(day) | Fate::LeftAfterChange(day) => {
                (in_office_hours(day, self.dice.roll(300)), Step::Release(life))
            }
            Fate::Refused => (decided_at, Step::Refuse(life)),
            Fate::Withdrawn => (decided_at, Step::Withdraw(life)),
            Fate::Expired => (expires_at + TimeDelta::minutes(7), Step::Expire(life)),
            Fate::OwnRelease => (self.soon(), Step::ReleaseOwn(life)),
            Fate::Waiting | Fate::Returned => return,
            Fate::Declined(_) | Fate::Draft | Fate::Competing => {
                // The rules allowed what the plan took for impossible.
                self.wonder(life, "submitted");
                (decided_at, Step::Withdraw(life))
            }
        };
        self.schedule(at, step);
    }

    /// What comes after a declined submission.
    pub(super) fn plan_correction(&mut self, life: usize, review: &Review) {
        match self.lives[life].planned.fate {
            Fate::Corrected(_) if !self.lives[life].corrected => {
                let at = if self.dice.percent(60) { self.soon() } else { self.after(1, 2) };
                self.schedule(at, Step::Correct(life));
            }
            Fate::Declined(_) => {}
            _ => {
                let open = review.with_outcome(Outcome::Block).chain(review.with_outcome(Outcome::Justify));
                let rules: Vec<&str> = open.map(|finding| finding.rule.as_str()).collect();
                self.wonder(life, &format!("declined by {}", rules.join(", ")));
            }
        }
    }

    /// What comes after a release.
    pub(super) fn plan_delivery(&mut self, life: usize) {
        if self.lives[life].planned.fate == Fate::Cancelled {
            let at = self.after(1, 4);
            self.schedule(at, Step::Cancel(life));
        } else if self.lives[life].planned.fate == Fate::LeftToBody {
            // The office has it on its list today.
        } else if self.contract.design.supply_chain == "through_body" {
            let at = self.after(0, 1);
            self.schedule(at, Step::ApproveSupplierOrder(life));
        } else {
            let at = self.after(0, 1);
            self.schedule(at, Step::Advance(life, Status::Dispatched));
        }
    }

    /// What comes after a step of an order.
    pub(super) fn plan_next(&mut self, life: usize, reached: Status) {
        let lead = self.contract.design.demand.map_or(1, |demand| demand.lead);
        let Some(next) = reached.next_step() else { return };
        let (from, to) = match next {
            Status::Confirmed => (1, 3),
            Status::Delivered => (lead, lead + lead / 2 + 2),
            Status::Invoiced => (2, 14),
            _ => (4, 18),
        };
        let at = self.after(from, to);
        self.schedule(at, Step::Advance(life, next));
    }

    /// The mistake of this submission, if it is to have one.
    pub(super) fn slip(&self, planned: &Planned) -> Slip {
        match planned.fate {
            Fate::Corrected(slip) | Fate::Declined(slip) => slip,
            _ => Slip::None,
        }
    }
}
