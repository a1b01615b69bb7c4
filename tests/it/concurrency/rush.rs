//! Fifty submissions against a rest of ten, then each of the ten released by two people at once.
//!
//! The rest is scarce in value, in quantity, under a member's quota, or in all of them nested. In the
//! same instant exactly ten may win; the other forty are told why and keep their draft as it was.

use std::collections::{BTreeMap, BTreeSet};

use abruf::actions::ActionError;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::Actor;
use abruf::app::App;
use abruf_domain::Outcome;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use uuid::Uuid;

use super::{Deed, patiently, together};
use crate::stress::{each_seed, each_seed_in_time};
use crate::world::World;
use crate::world::contract::{Contract, NewContract, fixed, quantity, value};

/// Requests that find room.
pub const ROOM: usize = 10;
/// Who wants it.
pub const RUSH: usize = 50;
const BUYERS: usize = 5;

/// Hands a draft over: the product, or a mutant of it.
pub type Submit = fn(App, Actor, CallOffId) -> Deed<Result<Submission, ActionError>>;

/// The product.
pub fn product(app: App, actor: Actor, id: CallOffId) -> Deed<Result<Submission, ActionError>> {
    Box::pin(patiently(async move || submit(&app, &actor, id, None).await))
}

/// By what the rest is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scarce {
    Value,
    Quantity,
    Quota,
    /// Contract, lot, item and quota at once.
    Everything,
}

impl Scarce {
    /// The rules that must have refused, no others.
    fn rules(self) -> BTreeSet<&'static str> {
        match self {
            Self::Value => ["cap-value"].into(),
            Self::Quantity => ["cap-quantity"].into(),
            Self::Quota => ["member-quota"].into(),
            Self::Everything => ["cap-value", "cap-quantity", "member-quota"].into(),
        }
    }

    fn limit<'a>(self, contract: NewContract<'a>, field: &Field) -> NewContract<'a> {
        let town = field.buyers[0].organisation;
        match self {
            Self::Value => contract.ceiling(value("11800.00")),
            Self::Quantity => contract.item_ceiling("TRN", quantity("10")),
            Self::Quota => contract.quota(town, value("11800.00")),
            Self::Everything => contract
                .ceiling(value("11800.00"))
                .lot_ceiling(value("11800.00"))
                .item_ceiling("TRN", quantity("10"))
                .quota(town, value("11800.00")),
        }
    }
}

/// Who races: five buyers of five towns, or of one where its quota is what they race for, and two
/// approvers per town. Every race has a contract of its own.
pub struct Field {
    pub world: World,
    buyers: Vec<Actor>,
    pub approvers: BTreeMap<Uuid, [Actor; 2]>,
    /// First and last day of the contracts.
    pub term: [String; 2],
}

impl Field {
    pub async fn new(scarce: Scarce) -> Self {
        Self::over(World::crowded().await, scarce).await
    }

    pub async fn over(world: World, scarce: Scarce) -> Self {
        let one_town = matches!(scarce, Scarce::Quota | Scarce::Everything);
        let term = ["2025-03-01", "2027-02-28"].map(str::to_owned);
        let mut field = Self { world, buyers: Vec::new(), approvers: BTreeMap::new(), term };
        for number in 0..if one_town { 1 } else { BUYERS } {
            let town = field.world.member(&format!("Stadt Altenrode {number}")).await;
            let approvers = [field.world.approver(town).await, field.world.approver(town).await];
            field.approvers.insert(town.0, approvers);
            for _ in 0..if one_town { BUYERS } else { 1 } {
                field.buyers.push(field.world.buyer(town).await);
            }
        }
        field
    }

    /// A new contract with room for ten, and fifty drafts of one unit each.
    pub async fn drafts(&self, scarce: Scarce, seed: u64) -> (Contract, Vec<(Actor, CallOffId)>) {
        let number = format!("RV-{seed}");
        let contract = self
            .world
            .contract(&number)
            .term(&self.term[0], &self.term[1])
            .lot("Schulung")
            .item("TRN", fixed("1180.00").unit("Tag"));
        let contract = self.approvers.keys().fold(contract, |contract, town| contract.entitles((*town).into()));
        let contract = scarce.limit(contract, self).await;
        let first = self.world.draft(&self.buyers[0], &contract, &[("TRN", "1")]).await;
        let mut drafts = vec![(self.buyers[0].clone(), first)];
        for (place, buyer) in self.buyers.iter().enumerate() {
            let count = RUSH / BUYERS - usize::from(place == 0);
            drafts.extend(self.world.copies(first, buyer, count).await.into_iter().map(|id| (buyer.clone(), id)));
        }
        assert_eq!(drafts.len(), RUSH);
        (contract, drafts)
    }

    /// One race. What it gives is everything that is not as promised.
    pub async fn race(&self, scarce: Scarce, seed: u64, submit: Submit) -> Vec<String> {
        let (contract, drafts) = self.drafts(scarce, seed).await;
        let before = self.as_left(&contract).await;
        let deeds = drafts.iter().map(|(buyer, id)| submit(self.world.app.clone(), buyer.clone(), *id)).collect();
        let submissions = together(seed, deeds).await;
        let after = self.as_left(&contract).await;

        let mut broken = Vec::new();
        let mut waiting = Vec::new();
        for ((buyer, id), submission) in drafts.iter().zip(submissions) {
            match submission {
                Ok(Submission::Submitted { .. }) => waiting.push((buyer.organisation, *id)),
                Ok(Submission::Declined { review, .. }) => {
                    let rules: BTreeSet<&str> =
                        review.with_outcome(Outcome::Block).map(|finding| finding.rule.as_str()).collect();
                    if rules != scarce.rules() {
                        broken.push(format!("declined by {rules:?}, not by {:?}", scarce.rules()));
                    }
                    if before[&id.0] != after[&id.0] {
                        broken.push(format!("a declined draft changed from {} to {}", before[&id.0], after[&id.0]));
                    }
                }
                other => broken.push(format!("neither submitted nor declined: {other:?}")),
            }
        }
        broken.extend(self.not_noted_as_declined(&contract, RUSH - ROOM).await);
        if waiting.len() != ROOM {
            broken.push(format!("{} submitted, room was for {ROOM}", waiting.len()));
        }
        broken.extend(self.not_all("reserved", &contract).await);
        broken.extend(self.world.broken_promises_of(contract.id).await);
        if broken.is_empty() {
            broken = self.release_twice(&contract, waiting, seed).await;
        }
        broken
    }

    /// Each request by two approvers at once: one makes the order, the other comes too late.
    async fn release_twice(
        &self,
        contract: &Contract,
        waiting: Vec<(abruf_domain::ids::OrganisationId, CallOffId)>,
        seed: u64,
    ) -> Vec<String> {
        let mut deeds: Vec<Deed<Result<Release, ActionError>>> = Vec::new();
        for (town, id) in waiting {
            for approver in self.approvers[&town.0].clone() {
                let app = self.world.app.clone();
                deeds.push(Box::pin(patiently(async move || release(&app, &approver, id, None).await)));
            }
        }
        let releases = together(seed, deeds).await;

        let mut broken = Vec::new();
        let mut numbers = BTreeSet::new();
        for pair in releases.chunks(2) {
            match pair {
                [Ok(Release::Released { number, .. }), Err(ActionError::WrongState(Status::Released))]
                | [Err(ActionError::WrongState(Status::Released)), Ok(Release::Released { number, .. })] => {
                    numbers.insert(number.clone());
                }
                other => broken.push(format!("not one winner and one who came too late: {other:?}")),
            }
        }
        let expected: BTreeSet<String> = (1..=ROOM).map(|number| format!("{}-{number:04}", contract.number)).collect();
        if numbers != expected {
            broken.push(format!("numbers {numbers:?}"));
        }
        broken.extend(self.not_all("authorised", contract).await);
        broken.extend(self.world.broken_promises_of(contract.id).await);
        broken
    }

    /// Every draft of the contract with its lines, apart from what a declined submission notes.
    async fn as_left(&self, contract: &Contract) -> BTreeMap<Uuid, String> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT c.id, (to_jsonb(c) - 'declined_at' - 'dated_on' || jsonb_build_object('lines', (
                 SELECT jsonb_agg(l ORDER BY l.position) FROM call_off_line l WHERE l.call_off_id = c.id)))::text
             FROM call_off c WHERE c.contract_id = $1",
        )
        .bind(contract.id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap();
        rows.into_iter().collect()
    }

    /// Unless so many are drafts still, each with the instant it was declined and an entry in the log.
    async fn not_noted_as_declined(&self, contract: &Contract, expected: usize) -> Vec<String> {
        let (drafts, entries): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM call_off WHERE contract_id = $1 AND status = 'draft' AND declined_at = $2),
                    (SELECT count(DISTINCT call_off_id) FROM audit_entry WHERE chain_id = $1 AND action = 'submission_declined')",
        )
        .bind(contract.id.0)
        .bind(self.world.app.clock.now())
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        let expected = i64::try_from(expected).unwrap();
        let noted = (drafts, entries) == (expected, expected);
        if noted { Vec::new() } else { vec![format!("{drafts} drafts declined, {entries} of them in the log")] }
    }

    /// Limited scopes whose whole limit is not in this account and in no other.
    pub async fn not_all(&self, account: &str, contract: &Contract) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT format('%s %s: %s reserved and %s authorised of %s', scope, measure, reserved, authorised, limit_amount)
             FROM guard
             WHERE contract_id = $1 AND limit_amount IS NOT NULL
               AND (reserved, authorised) IS DISTINCT FROM (CASE $2 WHEN 'reserved' THEN limit_amount ELSE 0 END,
                                                           CASE $2 WHEN 'authorised' THEN limit_amount ELSE 0 END)",
        )
        .bind(contract.id.0)
        .bind(account)
        .fetch_all(self.world.owner())
        .await
        .unwrap()
    }
}

/// Races of each kind in the ordinary test and in the long one.
const RACES: u64 = 5;
const MANY_RACES: u64 = 100;

const SCARCE: [Scarce; 4] = [Scarce::Value, Scarce::Quantity, Scarce::Quota, Scarce::Everything];

async fn ten_of_fifty(field: &Field, scarce: Scarce, seed: u64) {
    let broken = field.race(scarce, seed, product).await;
    assert!(broken.is_empty(), "seed {seed}: {}", broken.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_of_fifty_submissions_find_room_under_each_kind_of_limit() {
    for scarce in SCARCE {
        let field = Field::new(scarce).await;
        let what = format!("fifty submissions against a rest of ten, {scarce:?}");
        each_seed(&what, RACES, async |seed| ten_of_fifty(&field, scarce, seed).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: run by ./check --long"]
async fn ten_of_fifty_submissions_find_room_a_hundred_times_under_each_kind_of_limit() {
    for scarce in SCARCE {
        let field = Field::new(scarce).await;
        let what = format!("fifty submissions against a rest of ten, long, {scarce:?}");
        each_seed_in_time(&what, MANY_RACES, 4, async |seed| ten_of_fifty(&field, scarce, seed).await).await;
    }
}
