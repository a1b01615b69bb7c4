//! What people and the clock do in the simulator, one step at a time, through the real actions.

use abruf::actions::ActionError;
use abruf::actions::advance_call_off::advance;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::{cancel_part, increase_of};
use abruf::actions::close_short::close_short;
use abruf::actions::draft_call_off::{self, LineInput};
use abruf::actions::end_request::{expire_due, refuse, withdraw};
use abruf::actions::justify_finding::justify;
use abruf::actions::note_delivery::{DeliveryInput, deliver};
use abruf::actions::record_volume::record;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actions::return_call_off::return_to_requester;
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actions::transfer_quota::{self, Consented, Proposal};
use abruf::actor::Actor;
use abruf::storage::call_offs::Details;
use abruf_domain::call_off::Status;
use abruf_domain::ids::GuardId;
use chrono::TimeDelta;
use rand::RngExt;
use rand::seq::IndexedRandom;
use uuid::Uuid;

use super::{Known, Simulation};

/// What a step did, in a word; or what may never happen where one person acts after the other.
pub type Done = Result<&'static str, String>;

/// What people may be told in the ordinary course of things.
fn told(result: Result<&'static str, ActionError>) -> Done {
    match result {
        Ok(done) => Ok(done),
        Err(ActionError::WrongState(_)) => Ok("wrong state"),
        Err(ActionError::NotFound | ActionError::NotPermitted(_)) => Ok("not theirs"),
        Err(ActionError::Invalid(_)) => Ok("invalid"),
        Err(ActionError::Refused(_)) => Ok("refused to begin"),
        Err(ActionError::NotNow(_)) => Ok("not now"),
        Err(error) => Err(format!("an action failed: {error:?}")),
    }
}

impl Simulation<'_> {
    /// One step drawn by weight, and the contract it was about.
    pub async fn step(&mut self) -> (usize, Done) {
        let contract = self.rng.random_range(0..self.contracts.len());
        let open = [Status::Submitted];
        let done = match self.rng.random_range(0..100) {
            0..18 => self.draft(contract).await,
            18..40 => match self.pick(contract, &[Status::Draft, Status::Returned]) {
                Some(known) => self.submit(known).await,
                None => self.draft(contract).await,
            },
            40..58 => match self.pick(contract, &open) {
                Some(known) => self.release(known).await,
                None => self.draft(contract).await,
            },
            58..61 => match self.pick(contract, &[Status::Submitted, Status::Returned]) {
                Some(known) => {
                    let buyer = self.somebody(known, Self::requester);
                    told(withdraw(&self.world.app, &buyer, known.id).await.map(|()| "withdrawn"))
                }
                None => Ok("nothing to do"),
            },
            61..64 => match self.pick(contract, &open) {
                Some(known) => {
                    let approver = self.somebody(known, Self::approver);
                    told(refuse(&self.world.app, &approver, known.id, "Kein Bedarf").await.map(|()| "refused"))
                }
                None => Ok("nothing to do"),
            },
            64..69 => match self.pick(contract, &open) {
                Some(known) => {
                    let approver = self.somebody(known, Self::approver);
                    let done = return_to_requester(&self.world.app, &approver, known.id, "Menge?").await;
                    told(done.map(|()| "returned"))
                }
                None => Ok("nothing to do"),
            },
            69..73 => match self.pick(contract, &[Status::Draft, Status::Returned]) {
                Some(known) => self.change(known).await,
                None => Ok("nothing to do"),
            },
            73..78 => match self.pick(contract, &[Status::Released, Status::Dispatched, Status::Confirmed]) {
                Some(known) => {
                    let approver = self.somebody(known, Self::approver);
                    let done = cancel(&self.world.app, &approver, known.id, "Doppelt bestellt").await;
                    told(done.map(|()| "cancelled"))
                }
                None => Ok("nothing to do"),
            },
            78..83 => match self.pick(
                contract,
                &[Status::Released, Status::Dispatched, Status::Confirmed, Status::Delivered, Status::Invoiced],
            ) {
                Some(known) => match self.rng.random_range(0..5) {
                    0 => self.cancel_part(known).await,
                    1 => match self.pick(contract, &[Status::Dispatched, Status::Confirmed]) {
                        Some(known) => self.deliver(known).await,
                        None => self.advance(known).await,
                    },
                    _ => self.advance(known).await,
                },
                None => Ok("nothing to do"),
            },
            83..86 => match self.pick(contract, &open) {
                Some(known) => {
                    let done =
                        justify(&self.world.app, &self.olga, known.id, "member-quota", "Nachtrag ist zugesagt").await;
                    told(done.map(|()| "justified"))
                }
                None => Ok("nothing to do"),
            },
            86..89 => self.record(contract).await,
            89..91 => self.cut(contract).await,
            91..94 => {
                let contract = self.contracts[contract].id;
                told(
                    expire_due(&self.world.app, Some(contract))
                        .await
                        .map(|count| if count == 0 { "nothing due" } else { "expired" }),
                )
            }
            94..96 => self.transfer(contract).await,
            _ => {
                let hours = self.rng.random_range(1..96);
                self.world.app.clock.set(self.world.app.clock.now() + TimeDelta::hours(hours));
                Ok("time passes")
            }
        };
        (contract, done)
    }

    /// A call-off of the contract in one of these states; now and then one that does not fit.
    fn pick(&mut self, contract: usize, wanted: &[Status]) -> Option<Known> {
        let any = self.rng.random_range(0..20) == 0;
        let fits =
            |known: &&Known| known.contract == contract && (any || wanted.contains(&self.seen.states[&known.id.0]));
        let fitting: Vec<Known> = self.call_offs.iter().filter(fits).copied().collect();
        fitting.choose(&mut self.rng).copied()
    }

    /// Whoever should act; now and then somebody of another town.
    fn somebody(&mut self, known: Known, who: fn(&mut Self, Known) -> Actor) -> Actor {
        let town = if self.rng.random_range(0..25) == 0 { (known.town + 1) % self.towns.len() } else { known.town };
        who(self, Known { town, ..known })
    }

    fn requester(&mut self, known: Known) -> Actor {
        // Now and then a colleague.
        let buyer = if self.rng.random_range(0..20) == 0 { 1 - known.buyer } else { known.buyer };
        self.towns[known.town].buyers[buyer].clone()
    }

    fn approver(&mut self, known: Known) -> Actor {
        self.towns[known.town].approvers.choose(&mut self.rng).unwrap().clone()
    }

    fn lines(&mut self) -> Vec<LineInput> {
        (0..self.rng.random_range(1..4))
            .map(|_| {
                let article = *["NBK", "MON", "DOC", "DOC"].choose(&mut self.rng).unwrap();
                LineInput::new(article, self.rng.random_range(1..7).to_string())
            })
            .collect()
    }

    async fn draft(&mut self, contract: usize) -> Done {
        let (town, buyer) = (self.rng.random_range(0..self.towns.len()), self.rng.random_range(0..2));
        let lines = self.lines();
        let actor = self.towns[town].buyers[buyer].clone();
        let app = &self.world.app;
        let draft = match draft_call_off::create(app, &actor, self.contracts[contract].id).await {
            Ok(draft) => draft,
            Err(error) => return told(Err(error)),
        };
        let details = Details { need: "Ersatzbedarf, Menge laut Inventar".to_owned(), ..draft.details };
        let saved = async {
            let version = draft_call_off::save_lines(app, &actor, draft.id, draft.version, &lines).await?;
            draft_call_off::save_details(app, &actor, draft.id, version, &details).await
        };
        let done = told(saved.await.map(|_| "drafted"));
        self.call_offs.push(Known { id: draft.id, contract, town, buyer });
        self.seen.states.insert(draft.id.0, Status::Draft);
        done
    }

    async fn change(&mut self, known: Known) -> Done {
        let buyer = self.somebody(known, Self::requester);
        let lines = self.lines();
        let version = self.world.call_off(known.id).await.version;
        told(draft_call_off::save_lines(&self.world.app, &buyer, known.id, version, &lines).await.map(|_| "changed"))
    }

    async fn submit(&mut self, known: Known) -> Done {
        let buyer = self.somebody(known, Self::requester);
        let again = self.seen.states[&known.id.0] == Status::Returned;
        told(submit(&self.world.app, &buyer, known.id, None).await.map(|submission| match submission {
            Submission::Submitted { .. } if again => "submitted again",
            Submission::Submitted { .. } => "submitted",
            Submission::Declined { .. } => "declined",
            Submission::Incomplete { .. } => "incomplete",
        }))
    }

    async fn release(&mut self, known: Known) -> Done {
        let approver = self.somebody(known, Self::approver);
        let own = self.towns[known.town].buyers[known.buyer].person == approver.person;
        let done = release(&self.world.app, &approver, known.id, None).await;
        if own && matches!(done, Ok(Release::Released { .. })) {
            return Err(format!("{} was released by its requester", known.id));
        }
        told(done.map(|release| match release {
            Release::Released { .. } => "released",
            Release::Expired { .. } => "found expired",
            Release::Changed { .. } => "changed since",
            Release::Blocked { .. } => "blocked",
            Release::Unjustified { .. } => "unjustified",
            Release::NotTheirTurn { .. } => "not their turn",
        }))
    }

    async fn advance(&mut self, known: Known) -> Done {
        let next = self.seen.states[&known.id.0].next_step().unwrap_or(Status::Dispatched);
        let approver = self.somebody(known, Self::approver);
        told(advance(&self.world.app, &approver, known.id, next).await.map(|()| "advanced"))
    }

    /// Quantities of one to three lines; now and then more than there is.
    fn parts(&mut self) -> Vec<PartInput> {
        let positions = self.rng.random_range(1..4);
        (1..=positions)
            .map(|position| PartInput { position, quantity: self.rng.random_range(1..4).to_string() })
            .collect()
    }

    async fn cancel_part(&mut self, known: Known) -> Done {
        let approver = self.somebody(known, Self::approver);
        let parts = self.parts();
        let accepted_increase = increase_of(&self.world.app, &approver, known.id, &parts).await.ok().flatten();
        let input = PartsInput { accepted_increase, ..PartsInput::new(&parts, "Weniger Bedarf") };
        let done = cancel_part(&self.world.app, &approver, known.id, input, None).await;
        told(done.map(|_| "cancelled in part"))
    }

    async fn deliver(&mut self, known: Known) -> Done {
        let buyer = self.somebody(known, Self::requester);
        let delivered_on = self.world.app.clock.today();
        // One piece of the first line: mostly a part, now and then all of it.
        let quantities = vec![PartInput { position: 1, quantity: "1".to_owned() }];
        let input = DeliveryInput { delivered_on, note_number: String::new(), quantities };
        let done = deliver(&self.world.app, &buyer, known.id, &input, None).await;
        if done.is_ok() && self.rng.random_range(0..2) == 0 {
            return self.close_short(known).await;
        }
        told(done.map(|_| "delivered a part"))
    }

    async fn close_short(&mut self, known: Known) -> Done {
        let approver = self.somebody(known, Self::approver);
        let done = close_short(&self.world.app, &approver, known.id, None, "Kommt nicht mehr", None).await;
        told(done.map(|_| "closed short"))
    }

    /// A ceiling of the contract.
    async fn guard(&mut self, contract: usize) -> Uuid {
        let guards: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM guard WHERE contract_id = $1 ORDER BY id")
            .bind(self.contracts[contract].id.0)
            .fetch_all(self.world.owner())
            .await
            .unwrap();
        *guards.choose(&mut self.rng).unwrap()
    }

    /// The office records an emergency order, or takes an earlier record back.
    async fn record(&mut self, contract: usize) -> Done {
        let guard = GuardId(self.guard(contract).await);
        let amount = self.rng.random_range(-40..40) * self.rng.random_range(1..20);
        let evidence = format!("Notbestellung {}", self.rng.random_range(0..1_000_000));
        let amount = amount.to_string().parse().unwrap();
        let contract = self.contracts[contract].id;
        let done = record(&self.world.app, &self.olga, contract, guard, amount, &evidence, None).await;
        told(done.map(|breached| if breached { "recorded above the limit" } else { "recorded" }))
    }

    /// A town gives part of its quota to another one, which consents, or says no now and then.
    async fn transfer(&mut self, contract: usize) -> Done {
        let (from, to) = (self.rng.random_range(0..self.towns.len()), self.rng.random_range(0..self.towns.len()));
        let [giver, taker] = [from, to].map(|town| self.towns[town].approvers[1].clone());
        let proposal = Proposal {
            giver: giver.organisation,
            taker: taker.organisation,
            value: Some((self.rng.random_range(1..20) * 100).to_string().parse().unwrap()),
            quantity: None,
            reason: "Bedarf verschoben".to_owned(),
        };
        let says_no = self.rng.random_range(0..5) == 0;
        let (app, contract) = (&self.world.app, self.contracts[contract].id);
        let id = match transfer_quota::propose(app, &giver, contract, &proposal, None).await {
            Ok(id) => id,
            Err(error) => return told(Err(error)),
        };
        if says_no {
            let done = transfer_quota::refuse(app, &taker, contract, id, "Kein Bedarf").await;
            return told(done.map(|()| "transfer refused"));
        }
        told(transfer_quota::consent(app, &taker, contract, id).await.map(|done| match done {
            Consented::Effective => "transferred",
            Consented::Short => "transfer short",
            Consented::Waits => "transfer waits",
        }))
    }

    /// A court cuts a ceiling; below what is taken it is breached.
    async fn cut(&mut self, contract: usize) -> Done {
        let guard = self.guard(contract).await;
        let cut = "UPDATE guard
                   SET limit_amount = floor(limit_amount * 0.95), version = version + 1,
                       breached = breached OR (hard AND floor(limit_amount * 0.95) < authorised + recorded + reserved)
                   WHERE contract_id = $1 AND id = $2 AND limit_amount IS NOT NULL";
        let cut = sqlx::query(cut).bind(self.contracts[contract].id.0).bind(guard).execute(self.world.owner()).await;
        cut.map(|_| "cut").map_err(|error| error.to_string())
    }
}
