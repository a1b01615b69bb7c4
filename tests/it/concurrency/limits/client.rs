//! One of the crowd: call-off after call-off, each with a fate drawn from the seed.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::{cancel_part, increase_of};
use abruf::actions::end_request::{expire_due, withdraw};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actions::return_call_off::return_to_requester;
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::Actor;
use abruf::app::App;
use abruf_domain::ids::{CallOffId, ContractId};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;

use super::Counts;
use super::scene::{CLIENTS, Scene, Town};
use crate::concurrency::{PATIENCE, busy};

/// What became of a client.
#[derive(Debug, Default)]
pub struct Lived {
    pub counts: Counts,
    /// Numbers of the orders that were answered.
    pub numbers: Vec<String>,
    /// Everything that may not be answered.
    pub failed: Vec<String>,
}

/// One of the crowd.
pub struct Client {
    app: App,
    owner: PgPool,
    contract: ContractId,
    /// Whether this one turns the clock, and from when.
    turns_the_clock: Option<DateTime<Utc>>,
    town: Town,
    drafts: Vec<CallOffId>,
    rng: ChaCha12Rng,
    lived: Lived,
}

impl Client {
    /// Thirty-two clients with so many drafts each, which lie ready.
    pub async fn crowd(scene: &Scene, seed: u64, call_offs: usize) -> Vec<Self> {
        let mut crowd = Vec::new();
        for (town, own) in scene.towns.iter().zip(CLIENTS) {
            let mut drafts = scene.drafts(&town.eva, own * call_offs).await;
            for _ in 0..own {
                let number = u64::try_from(crowd.len()).unwrap();
                let mut rng = ChaCha12Rng::seed_from_u64(seed.wrapping_mul(1000).wrapping_add(number));
                let drafts = (0..call_offs).map(|_| drafts.swap_remove(rng.random_range(0..drafts.len()))).collect();
                crowd.push(Self {
                    app: scene.world.app.clone(),
                    owner: scene.world.owner().clone(),
                    contract: scene.contract.id,
                    turns_the_clock: crowd.is_empty().then_some(scene.begin),
                    town: town.clone(),
                    drafts,
                    rng,
                    lived: Lived::default(),
                });
            }
        }
        crowd
    }

    /// All call-offs, one after the other.
    pub async fn live(mut self) -> Lived {
        let all = self.drafts.len();
        for (place, id) in std::mem::take(&mut self.drafts).into_iter().enumerate() {
            if let Some(begin) = self.turns_the_clock
                && (place == all / 3 || place == all * 2 / 3)
            {
                // A day after the requests of the beginning have run out.
                let days = if place == all / 3 { 15 } else { 30 };
                self.app.clock.set(begin + TimeDelta::days(days));
            }
            if let Err(failed) = self.call_off(id).await {
                self.lived.failed.push(failed);
            }
        }
        self.lived
    }

    async fn call_off(&mut self, id: CallOffId) -> Result<(), String> {
        match self.rng.random_range(0..200) {
            0..4 => self.cut().await?,
            4..10 => self.sweep().await?,
            _ => {}
        }
        if !self.submit(id).await? {
            return Ok(());
        }
        match self.rng.random_range(0..100) {
            0..60 => self.release(id).await?,
            60..72 => self.withdraw(id).await?,
            72..84 => self.done("left"),
            84..92 => {
                let returned = return_to_requester(&self.app, &self.town.approvers[0], id, "Menge?").await;
                if self.told(returned, "returned")?.is_some() && self.submit(id).await? {
                    self.release(id).await?;
                }
            }
            _ => self.release_twice(id).await?,
        }
        Ok(())
    }

    fn done(&mut self, what: &'static str) {
        *self.lived.counts.entry(what).or_default() += 1;
    }

    /// Whoever comes too late or finds no room is told so; nothing else may be in the way.
    fn told<T>(&mut self, result: Result<T, ActionError>, what: &'static str) -> Result<Option<T>, String> {
        let what = match result {
            Ok(answer) => {
                self.done(what);
                return Ok(Some(answer));
            }
            Err(ActionError::WrongState(_)) => "too late",
            Err(error) if busy(&error) => "busy in the end",
            // More than is left of the line, or all of it.
            Err(ActionError::Invalid(_)) => "not in part",
            // What is left would become dearer.
            Err(ActionError::Refused(_)) => "all or nothing",
            Err(error) => return Err(format!("{what}: {error:?}")),
        };
        self.done(what);
        Ok(None)
    }

    /// Whether it waits for release now.
    async fn submit(&mut self, id: CallOffId) -> Result<bool, String> {
        let mut submission = submit(&self.app, &self.town.eva, id, None).await;
        for _ in 0..PATIENCE {
            if !submission.as_ref().is_err_and(busy) {
                break;
            }
            self.done("busy");
            submission = submit(&self.app, &self.town.eva, id, None).await;
        }
        match submission {
            Ok(Submission::Submitted { .. }) => self.done("submitted"),
            Ok(Submission::Declined { .. }) => self.done("declined"),
            Ok(Submission::Incomplete { gaps, .. }) => return Err(format!("incomplete: {gaps:?}")),
            Err(error) => return self.told(Err(error), "submitted").map(|done: Option<()>| done.is_some()),
        }
        Ok(matches!(submission, Ok(Submission::Submitted { .. })))
    }

    /// Whether it is an order by this release, which is counted.
    fn released(&mut self, release: Result<Release, ActionError>) -> Result<bool, String> {
        match self.told(release, "decided")? {
            Some(Release::Released { number, .. }) => {
                self.done("released");
                self.lived.numbers.push(number);
                return Ok(true);
            }
            // A cancellation has moved the place of an order in its tiers: it became dearer.
            Some(Release::Changed { .. }) => self.done("changed"),
            Some(Release::Expired { .. }) => self.done("expired"),
            Some(other) => return Err(format!("neither released nor changed: {other:?}")),
            None => {}
        }
        Ok(false)
    }

    async fn release(&mut self, id: CallOffId) -> Result<(), String> {
        let karl = self.town.approvers[self.rng.random_range(0..2)].clone();
        let mut answer = release(&self.app, &karl, id, None).await;
        for _ in 0..PATIENCE {
            if !answer.as_ref().is_err_and(busy) {
                break;
            }
            self.done("busy");
            answer = release(&self.app, &karl, id, None).await;
        }
        if self.released(answer)? {
            self.after(id, &karl).await?;
        }
        Ok(())
    }

    /// Both approvers in the same instant: one makes the order.
    async fn release_twice(&mut self, id: CallOffId) -> Result<(), String> {
        let [karl, kora] = self.town.approvers.clone();
        let (one, other) = tokio::join!(release(&self.app, &karl, id, None), release(&self.app, &kora, id, None));
        let wins = [self.released(one)?, self.released(other)?];
        match wins {
            [true, true] => Err(format!("{id} was released twice")),
            [false, false] => Ok(()),
            _ => {
                self.done("released by the other");
                Ok(())
            }
        }
    }

    /// What happens to an order.
    async fn after(&mut self, id: CallOffId, karl: &Actor) -> Result<(), String> {
        match self.rng.random_range(0..100) {
            0..30 => {
                let done = cancel(&self.app, karl, id, "Doppelt bestellt").await;
                self.told(done, "cancelled").map(drop)
            }
            30..55 => {
                let quantity = self.rng.random_range(1..4).to_string();
                let parts = [PartInput { position: 1, quantity }];
                // Where the contract prices the rest anew it may cost more, and has to find room.
                let accepted_increase = increase_of(&self.app, karl, id, &parts).await.ok().flatten();
                let input = PartsInput { accepted_increase, ..PartsInput::new(&parts, "Weniger Bedarf") };
                let done = cancel_part(&self.app, karl, id, input, None).await;
                self.told(done, "cancelled in part").map(drop)
            }
            _ => Ok(()),
        }
    }

    async fn withdraw(&mut self, id: CallOffId) -> Result<(), String> {
        let done = withdraw(&self.app, &self.town.eva, id).await;
        self.told(done, "withdrawn").map(drop)
    }

    /// Lets go what has run out.
    async fn sweep(&mut self) -> Result<(), String> {
        let done = expire_due(&self.app, Some(self.contract)).await;
        if let Some(count) = self.told(done, "swept")? {
            *self.lived.counts.entry("expired").or_default() += count;
        }
        Ok(())
    }

    /// A court cuts a ceiling a little, not below what is taken.
    async fn cut(&mut self) -> Result<(), String> {
        let done = sqlx::query(
            "UPDATE guard SET limit_amount = limit_amount * 0.98, version = version + 1
             WHERE contract_id = $1 AND authorised + recorded + reserved <= limit_amount * 0.98
               AND id = (SELECT id FROM guard WHERE contract_id = $1 AND limit_amount IS NOT NULL ORDER BY id OFFSET $2 LIMIT 1)",
        )
        .bind(self.contract.0)
        .bind(i64::from(self.rng.random_range(0..8)))
        .execute(&self.owner)
        .await
        .map_err(|error| format!("cut: {error}"))?;
        self.done(if done.rows_affected() == 1 { "cut" } else { "not cut" });
        Ok(())
    }
}
