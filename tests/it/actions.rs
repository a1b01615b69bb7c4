//! What people can do, action by action: the way it goes, and every way it must not.
//!
//! Told with the people of Altenrode and the Citrix contract of the golden cases (GC-01): 120 users for
//! twelve months and two training days are 19,424.00 euros net.

mod agreement;
mod approval_chain;
mod cascade;
mod change_mail;
mod documents;
mod escalation;
mod fulfilment;
mod invoices;
mod line_refusals;
mod narrow_stops;
mod order_answer;
mod order_mail;
mod orders;
mod partial_cancellation;
mod quota_transfers;
mod release;
mod requests;
mod submission;
mod supplier_invoices;
mod supplier_orders;
mod supplier_stops;
mod told_events;
mod turns;
mod walls;
mod what_if;

use abruf::actions::ActionError;
use abruf::actions::release_call_off::Release;
use abruf::actions::submit_call_off::Submission;
use abruf::actor::Actor;
use abruf::storage::history::latest_review;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::{Finding, Outcome, Review};

use crate::world::World;
use crate::world::contract::{Contract, NewContract, fixed, prior_contract, subscription, value};

/// GC-01.
const LINES: &[(&str, &str)] = &[("CTX-UNI", "120"), ("CTX-TRN", "2")];

/// A town with its people.
struct Altenrode {
    world: World,
    town: OrganisationId,
    /// Buyer.
    eva: Actor,
    /// Approvers.
    karl: Actor,
    kora: Actor,
    /// Of the body's office.
    olga: Actor,
}

impl Altenrode {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
        let eva = world.buyer(town).named("Eva Muster").await;
        let karl = world.approver(town).named("Karl Beispiel").await;
        let kora = world.approver(town).named("Kora Beispiel").await;
        let olga = world.office().named("Olga Amt").await;
        Self { world, town, eva, karl, kora, olga }
    }

    /// Items, fee and baselines of the Citrix contract; ceilings and entitlements are the test's.
    fn citrix<'a>(&'a self, number: &'a str) -> NewContract<'a> {
        self.world
            .contract(number)
            .fee("1.5")
            .lot("Citrix")
            .item("CTX-UNI", subscription("11.85").unit("Nutzer"))
            .item("CTX-TRN", fixed("1180.00").unit("Tag"))
            .baseline("CTX-UNI", prior_contract("14.20").per_month())
            .baseline("CTX-TRN", prior_contract("1250.00").dated("2025-12-02"))
    }

    /// As the golden cases have it: half a million, Altenrode on the list.
    async fn contract(&self) -> Contract {
        self.citrix("RV-2025-01").ceiling(value("500000.00")).entitles(self.town).await
    }

    /// A submitted request of Eva's.
    async fn request(&self, contract: &Contract) -> CallOffId {
        self.world.request(&self.eva, contract, LINES).await
    }

    /// What one scope of a contract holds: authorised, recorded, reserved.
    async fn volume(&self, contract: &Contract, scope: &str) -> [String; 3] {
        let (authorised, recorded, reserved) = sqlx::query_as(
            "SELECT trim_scale(authorised)::text, trim_scale(recorded)::text, trim_scale(reserved)::text
             FROM guard WHERE contract_id = $1 AND scope = $2",
        )
        .bind(contract.id.0)
        .bind(scope)
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        [authorised, recorded, reserved]
    }

    /// What happened to a call-off, in the words of its history; within an instant of the standing clock
    /// in the order it was written.
    async fn steps(&self, id: CallOffId) -> Vec<String> {
        sqlx::query_scalar("SELECT decision FROM approval WHERE call_off_id = $1 ORDER BY at, ctid")
            .bind(id.0)
            .fetch_all(self.world.owner())
            .await
            .unwrap()
    }

    /// The review that a release rests on, as it is stored and as this approver sees it.
    async fn release_review(&self, approver: &Actor, contract: &Contract, id: CallOffId) -> Review {
        let mut tx = self.world.app.db.begin(approver).await.unwrap();
        let review = latest_review(&mut tx, contract.id, id, CheckPoint::Release.key()).await.unwrap();
        tx.rollback().await.unwrap();
        review.expect("a released call-off has a review of its release")
    }

    /// What the log says about a call-off.
    async fn log(&self, id: CallOffId) -> Vec<String> {
        sqlx::query_scalar("SELECT action FROM audit_entry WHERE call_off_id = $1 ORDER BY sequence")
            .bind(id.0)
            .fetch_all(self.world.owner())
            .await
            .unwrap()
    }
}

/// Rules with this outcome.
fn rules(review: &Review, outcome: Outcome) -> Vec<&str> {
    review.with_outcome(outcome).map(|finding| finding.rule.as_str()).collect()
}

/// The one finding that blocks.
fn block(review: &Review) -> &Finding {
    let blocks: Vec<&Finding> = review.with_outcome(Outcome::Block).collect();
    let [block] = blocks.as_slice() else { panic!("not one block but {:?}", rules(review, Outcome::Block)) };
    block
}

/// A parameter or figure of a finding, as plain text.
fn figure(finding: &Finding, name: &str) -> String {
    let value = finding.params.get(name).or_else(|| finding.figures.get(name));
    let value = value.unwrap_or_else(|| panic!("{} has no `{name}`: {finding:?}", finding.rule));
    value.plain().as_str().unwrap().to_owned()
}

#[track_caller]
fn declined(submission: Result<Submission, ActionError>) -> Box<Review> {
    let Ok(Submission::Declined { review, .. }) = submission else { panic!("not declined: {submission:?}") };
    review
}

#[track_caller]
fn submitted(submission: Result<Submission, ActionError>) -> Box<Review> {
    let Ok(Submission::Submitted { review, .. }) = submission else { panic!("not submitted: {submission:?}") };
    review
}

#[track_caller]
fn released(release: Result<Release, ActionError>) -> String {
    let Ok(Release::Released { number, .. }) = release else { panic!("not released: {release:?}") };
    number
}

#[track_caller]
fn invalid_field<T: std::fmt::Debug>(result: Result<T, ActionError>) -> String {
    let Err(ActionError::Invalid(errors)) = result else { panic!("not invalid: {result:?}") };
    errors[0].field.clone()
}
