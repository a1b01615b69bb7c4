//! The check without a draft, submission and release give the same verdict on the same state: over random
//! contracts, baskets, details, days and people. All follows from a seed.

use std::collections::BTreeMap;

use abruf::actions::ActionError;
use abruf::actions::check_call_off::{Question, check};
use abruf::actions::draft_call_off::{self, LineInput};
use abruf::actions::end_request::{expire_due, withdraw};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actions::withhold_prices::readable;
use abruf::actor::Actor;
use abruf::storage::call_offs::Details;
use abruf_domain::Review;
use abruf_domain::canonical::canonical_json;
use abruf_domain::ids::CallOffId;
use abruf_domain::period::Period;
use chrono::{Days, TimeDelta};
use rand::rngs::ChaCha12Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::Altenrode;
use crate::stress::{first_seed, say, time};
use crate::world::contract::{Contract, fixed, graduated, prior_contract, quantity, subscription, tiers, value};

/// States of the ordinary test and of the long one.
const STATES: usize = 150;
const MANY_STATES: usize = 10_000;
/// States that share their contracts: the limits fill up, then new ones are made.
const STATES_OF_A_CONTRACT: usize = 25;
/// What the contracts of a batch have, and what none has.
const ARTICLES: [&[&str]; 4] =
    [&["TRN", "SRV", "PAP", "EAK", "SUB"], &["TRN", "SRV", "PAP"], &["TRN", "EAK"], &["TRN", "SRV"]];
const ELSEWHERE: &[&str] = &["SUB", "EAK", "XXX"];

/// Everything a verdict consists of, as programs read it.
fn verdict(review: &Review) -> String {
    canonical_json(&(review.decision, &review.findings, &review.priced, &review.savings, &review.gaps))
}

/// One seed at work.
struct Trial {
    here: Altenrode,
    /// Who may release in Altenrode: without limit, up to a small one, and the requester.
    approvers: Vec<Actor>,
    /// A buyer of a town that leaves, and an approver there.
    nora: Actor,
    nils: Actor,
    contracts: Vec<Contract>,
    rng: ChaCha12Rng,
    counts: BTreeMap<&'static str, usize>,
    /// Rules that blocked.
    rules: BTreeMap<String, usize>,
}

impl Trial {
    async fn new(seed: u64) -> Self {
        let here = Altenrode::new().await;
        let leaving = here.world.member("Stadt Neufeld").left("2026-12-20").await;
        let nora = here.world.buyer(leaving).await;
        let nils = here.world.approver(leaving).await;
        let small = here.world.approver(here.town).up_to("3000.00").await;
        let herself = here.world.approver(here.town).same_person_as(&here.eva).await;
        let approvers = vec![here.karl.clone(), here.kora.clone(), small, herself];
        let rng = ChaCha12Rng::seed_from_u64(seed);
        Self {
            here,
            approvers,
            nora,
            nils,
            contracts: Vec::new(),
            rng,
            counts: BTreeMap::new(),
            rules: BTreeMap::new(),
        }
    }

    /// Contracts that differ in all that a verdict may rest on.
    async fn contracts(&mut self, batch: usize) {
        let world = &self.here.world;
        world.at("2026-11-22T09:00:00Z");
        let [altenrode, neufeld] = [self.here.town, self.nora.organisation];
        let numbers = ["N", "T", "R", "M"].map(|kind| format!("RV-{batch}-{kind}"));
        let nested = world
            .contract(&numbers[0])
            .fee("1.5")
            .ceiling(value("15000.00"))
            .ceiling(quantity("450"))
            .lot("Leistungen")
            .lot_ceiling(value("12000.00"))
            .item("TRN", fixed("1180.00").unit("Tag"))
            .item("SRV", fixed("150.25").unit("Stunde"))
            .lot("Zubehör")
            .lot_ceiling(quantity("400"))
            .item("PAP", tiers(&[("1", "4.00"), ("50", "3.75"), ("100", "3.50")]).in_packs_of("5"))
            .item("EAK", graduated("per_contract", &[("1", "48.00"), ("101", "44.50"), ("201", "41.00")]))
            .item("SUB", subscription("11.85").unit("Nutzer"))
            .item_ceiling("SRV", quantity("40"))
            .item_ceiling("SUB", value("400.00"))
            .quota(altenrode, value("9000.00"))
            .quota(neufeld, quantity("40").soft())
            .baseline("TRN", prior_contract("1250.00").dated("2024-12-10"))
            .baseline("SUB", prior_contract("14.20").per_month())
            .entitles(altenrode)
            .entitles(neufeld)
            .await;
        let short = world
            .contract(&numbers[1])
            .term("2025-03-01", "2026-12-10")
            .option("2026-12-31", "2026-11-30", Some("2026-11-20"))
            .minimum("400.00")
            .surcharge("25.00")
            .process_share("410.00")
            .ceiling(value("12000.00"))
            .item("TRN", fixed("1180.00").unit("Tag"))
            .item("SRV", fixed("150.25").unit("Stunde").vat("7"))
            .item("PAP", fixed("4.00").in_packs_of("10"))
            .quota(altenrode, value("6000.00").soft())
            .entitles(altenrode)
            .entitles_since(neufeld, "2026-12-01")
            .await;
        let second = world.organisation("Börde Systemhaus GmbH", "unternehmen").await;
        world.plays(second, "supplier").await;
        let rotation = world
            .contract(&numbers[2])
            .mechanism("rotation")
            .supplier(second)
            .minimum("300.00")
            .item("TRN", fixed("1180.00").unit("Tag"))
            .item("EAK", graduated("per_member", &[("1", "48.00"), ("31", "44.50")]))
            .item_ceiling("TRN", quantity("12"))
            .entitles_every("stadt", true)
            .await;
        let competition = world
            .contract(&numbers[3])
            .competition_above("4000.00")
            .ceiling(value("15000.00"))
            .item("TRN", fixed("1180.00").unit("Tag"))
            .item("SRV", fixed("150.25").unit("Stunde"))
            .entitles(altenrode)
            .await;
        world.second_price(&nested, "TRN", "2026-12-03", "1210.00").await;
        world.second_price(&short, "SRV", "2026-12-02", "139.90").await;
        self.contracts = vec![nested, short, rotation, competition];
    }

    fn basket(&mut self, contract: usize) -> Vec<LineInput> {
        (0..self.rng.random_range(1..4))
            .map(|_| {
                let articles = if self.rng.random_range(0..30) == 0 { ELSEWHERE } else { ARTICLES[contract] };
                let article = *articles.choose(&mut self.rng).unwrap();
                let quantity = match article {
                    "TRN" => self.rng.random_range(1..5),
                    // Mostly whole packs.
                    "PAP" if self.rng.random_range(0..8) != 0 => 10 * self.rng.random_range(1..15),
                    _ => self.rng.random_range(1..25),
                };
                LineInput::new(article, quantity.to_string())
            })
            .collect()
    }

    fn details(&mut self, details: Details) -> Details {
        let today = self.here.world.app.clock.today();
        // Now and then beyond the end of a contract.
        let days = if self.rng.random_range(0..15) == 0 { 400 } else { 3 };
        let begin = today + Days::new(self.rng.random_range(0..days));
        let period = Period::new(begin, begin + Days::new(self.rng.random_range(0..days))).unwrap();
        let mut chance = |times: u32| self.rng.random_range(0..times) == 0;
        Details {
            need: if chance(20) { String::new() } else { "Ersatzbedarf laut Inventar".to_owned() },
            performance: if chance(25) { None } else { Some(period) },
            ..details
        }
    }

    /// A state that nobody has seen: time passes, and somebody drafts something.
    async fn draft(&mut self, buyer: &Actor) -> (CallOffId, Question) {
        let clock = &self.here.world.app.clock;
        clock.set(clock.now() + TimeDelta::minutes(self.rng.random_range(0..60 * 30)));
        // A submission lets go of what has run out, a question writes nothing: the same state is after it.
        expire_due(&self.here.world.app, None).await.unwrap();
        let place = self.rng.random_range(0..self.contracts.len());
        let (contract, lines) = (self.contracts[place].id, self.basket(place));
        let app = self.here.world.app.clone();
        let draft = draft_call_off::create(&app, buyer, contract).await.unwrap();
        let details = self.details(draft.details);
        let version = draft_call_off::save_lines(&app, buyer, draft.id, draft.version, &lines).await.unwrap();
        draft_call_off::save_details(&app, buyer, draft.id, version, &details).await.unwrap();
        (draft.id, Question { contract: contract.0, lines, details, ..Question::default() })
    }

    fn note(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Asks, acts, and compares.
    async fn state(&mut self, place: &str) {
        let leaving = self.rng.random_range(0..4) == 0;
        let (buyer, approver) = match leaving {
            true => (self.nora.clone(), self.nils.clone()),
            false => (self.here.eva.clone(), self.approvers.choose(&mut self.rng).unwrap().clone()),
        };
        let (id, question) = self.draft(&buyer).await;
        let app = self.here.world.app.clone();
        let asked = async |question: &Question| check(&app, &buyer, question).await.map(|answer| answer.review);
        let at_submission = asked(&question).await.unwrap();
        let at_release = asked(&Question { approver: Some(approver.person), ..question.clone() }).await.unwrap();

        match submit(&app, &buyer, id, None).await.unwrap() {
            Submission::Submitted { review, .. } => {
                self.note("submitted");
                assert_eq!(verdict(&at_submission), verdict(&review), "{place}: {question:?}");
            }
            Submission::Declined { review, .. } => {
                self.note("declined");
                for finding in review.with_outcome(abruf_domain::Outcome::Block) {
                    *self.rules.entry(finding.rule.clone()).or_default() += 1;
                }
                // Whoever is not entitled is told so, and nothing that is made of prices.
                let review = readable(&buyer, &review);
                assert_eq!(verdict(&at_submission), verdict(&review), "{place}: {question:?}");
                return;
            }
            Submission::Incomplete { gaps, .. } => {
                self.note("incomplete");
                assert_eq!(at_submission.gaps, gaps, "{place}: {question:?}");
                return;
            }
        }
        let released = match release(&app, &approver, id, None).await {
            Ok(Release::Released { .. }) => {
                self.note("released");
                let contract = self.contracts.iter().find(|contract| contract.id.0 == question.contract).unwrap();
                self.here.release_review(&approver, contract, id).await
            }
            Ok(Release::Blocked { review, .. }) => {
                self.note("blocked");
                *review
            }
            Ok(Release::Unjustified { review, .. }) => {
                self.note("unjustified");
                *review
            }
            Ok(Release::Changed { now, .. }) => {
                self.note("changed");
                *now
            }
            other => panic!("{place}: {question:?}: {other:?}"),
        };
        assert_eq!(verdict(&at_release), verdict(&released), "{place}: {question:?}");
        // What waits would hold its volume for two weeks: now and then it does.
        if self.rng.random_range(0..3) != 0 {
            match withdraw(&app, &buyer, id).await {
                Ok(()) | Err(ActionError::WrongState(_)) => {}
                Err(error) => panic!("{place}: {error:?}"),
            }
        }
    }
}

/// `in_time`: as many of the states as fit into the time given.
async fn agree(states: usize, in_time: bool) {
    let began = std::time::Instant::now();
    let seed = first_seed();
    let late = || in_time && time().is_some_and(|time| time < began.elapsed());
    let mut trial = Trial::new(seed).await;
    let mut asked = 0;
    // What CI asks is asked however short the time.
    while asked < states.min(STATES) || (asked < states && !late()) {
        if asked.is_multiple_of(STATES_OF_A_CONTRACT) {
            trial.contracts(asked).await;
        }
        trial.state(&format!("ABRUF_TEST_SEED={seed}, state {asked}")).await;
        asked += 1;
    }
    say(&format!(
        "agreement: {asked} of {states} states from seed {seed} in {:.1?}: {:?}, by {:?}",
        began.elapsed(),
        trial.counts,
        trial.rules
    ));
    trial.here.world.keeps_its_promises().await;
    for limit in ["cap-value", "cap-quantity", "member-quota"] {
        assert!(trial.rules.contains_key(limit), "`{limit}` never blocked: {:?}", trial.rules);
    }
    for expected in ["submitted", "declined", "released", "blocked"] {
        let times = trial.counts.get(expected).copied().unwrap_or_default();
        assert!(asked / 50 < times, "hardly ever {expected}: {:?}", trial.counts);
    }
}

#[tokio::test]
async fn check_submission_and_release_agree_on_random_states() {
    agree(STATES, false).await;
}

#[tokio::test]
#[ignore = "long: run by ./check --long"]
async fn check_submission_and_release_agree_on_ten_thousand_random_states() {
    agree(MANY_STATES, true).await;
}
