//! Part of a quota given to another member: nothing without both consents, never more than is left, never
//! more room in total.

use abruf::actions::ActionError;
use abruf::actions::transfer_quota::{Consented, Proposal, consent, propose, refuse};
use abruf::actor::Actor;
use abruf_domain::ids::OrganisationId;
use uuid::Uuid;

use super::{Altenrode, LINES};
use crate::world::contract::{Contract, value};

/// Altenrode with 30,000 and Neufeld with 5,000; a call-off of LINES takes 19,424.
struct Two {
    here: Altenrode,
    contract: Contract,
    neighbour: OrganisationId,
    nora: Actor,
}

impl Two {
    async fn new() -> Self {
        let here = Altenrode::new().await;
        let neighbour = here.world.member("Stadt Neufeld").await;
        let nora = here.world.approver(neighbour).named("Nora Neu").await;
        let contract = here
            .citrix("RV-2025-01")
            .ceiling(value("500000.00"))
            .quota(here.town, value("30000.00"))
            .quota(neighbour, value("5000.00"))
            .entitles(here.town)
            .entitles(neighbour)
            .await;
        Self { here, contract, neighbour, nora }
    }

    fn of(&self, amount: &str) -> Proposal {
        Proposal {
            giver: self.here.town,
            taker: self.neighbour,
            value: Some(amount.parse().unwrap()),
            quantity: None,
            reason: "Altenrode braucht weniger".to_owned(),
        }
    }

    async fn propose(&self, actor: &Actor, amount: &str) -> Result<Uuid, ActionError> {
        propose(&self.here.world.app, actor, self.contract.id, &self.of(amount), None).await
    }

    async fn consent(&self, actor: &Actor, id: Uuid) -> Result<Consented, ActionError> {
        consent(&self.here.world.app, actor, self.contract.id, id).await
    }

    /// Limits of giver and taker.
    async fn limits(&self) -> [String; 2] {
        let mut limits = [String::new(), String::new()];
        for (place, member) in limits.iter_mut().zip([self.here.town, self.neighbour]) {
            *place = sqlx::query_scalar(
                "SELECT trim_scale(limit_amount)::text FROM guard WHERE contract_id = $1 AND member_id = $2",
            )
            .bind(self.contract.id.0)
            .bind(member.0)
            .fetch_one(self.here.world.owner())
            .await
            .unwrap();
        }
        limits
    }

    async fn confirmed_by_the_office(&self) {
        sqlx::query("UPDATE framework_contract SET quota_transfers_confirmed = true WHERE id = $1")
            .bind(self.contract.id.0)
            .execute(self.here.world.owner())
            .await
            .unwrap();
    }
}

#[track_caller]
fn field<T: std::fmt::Debug>(result: Result<T, ActionError>) -> String {
    match result {
        Err(ActionError::Invalid(errors)) if errors.len() == 1 => errors[0].field.clone(),
        other => panic!("not one wrong field but {other:?}"),
    }
}

#[tokio::test]
async fn a_transfer_without_the_second_consent_changes_nothing_and_with_it_both_quotas() {
    let two = Two::new().await;
    let id = two.propose(&two.here.karl, "10000.00").await.unwrap();
    assert_eq!(two.limits().await, ["30000", "5000"], "one consent is none");
    let own = two.consent(&two.here.kora, id).await;
    assert!(matches!(own, Err(ActionError::NotNow(_))), "the giver cannot consent twice: {own:?}");
    let office = two.consent(&two.here.olga, id).await;
    assert!(matches!(office, Err(ActionError::NotNow(_))), "the office cannot stand in for a member: {office:?}");
    assert_eq!(two.limits().await, ["30000", "5000"]);

    assert_eq!(two.consent(&two.nora, id).await.unwrap(), Consented::Effective);
    assert_eq!(two.limits().await, ["20000", "15000"]);
    let again = two.consent(&two.nora, id).await;
    assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");
    assert_eq!(two.limits().await, ["20000", "15000"]);
    two.here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn the_database_refuses_what_lacks_a_consent_by_name() {
    let two = Two::new().await;
    let id = two.propose(&two.here.karl, "10000.00").await.unwrap();
    let forged = sqlx::query("UPDATE quota_transfer SET ended_as = 'effective', ended_at = now() WHERE id = $1")
        .bind(id)
        .execute(two.here.world.owner())
        .await
        .unwrap_err();
    assert_eq!(forged.as_database_error().unwrap().constraint(), Some("quota_transfer_both_consents"));
}

#[tokio::test]
async fn what_the_office_proposes_needs_both_members_and_its_confirmation_where_agreed() {
    let two = Two::new().await;
    two.confirmed_by_the_office().await;
    let id = two.propose(&two.here.olga, "10000.00").await.unwrap();
    assert_eq!(two.consent(&two.nora, id).await.unwrap(), Consented::Waits);
    assert_eq!(two.consent(&two.here.olga, id).await.unwrap(), Consented::Waits);
    assert_eq!(two.limits().await, ["30000", "5000"]);
    assert_eq!(two.consent(&two.here.karl, id).await.unwrap(), Consented::Effective);
    assert_eq!(two.limits().await, ["20000", "15000"]);
}

#[tokio::test]
async fn more_than_is_left_is_refused_at_the_proposal_and_again_at_the_last_consent() {
    let two = Two::new().await;
    assert_eq!(field(two.propose(&two.here.karl, "30000.01").await), "value");
    let id = two.propose(&two.here.karl, "15000.00").await.unwrap();
    // Meanwhile 19,424 of the 30,000 are reserved.
    two.here.world.request(&two.here.eva, &two.contract, LINES).await;
    assert_eq!(two.consent(&two.nora, id).await.unwrap(), Consented::Short);
    assert_eq!(two.limits().await, ["30000", "5000"]);
    let late = two.consent(&two.nora, id).await;
    assert!(matches!(late, Err(ActionError::NotNow(_))), "{late:?}");
    // To the cent: 10,576 are left.
    assert_eq!(field(two.propose(&two.here.karl, "10576.01").await), "value");
    let id = two.propose(&two.here.karl, "10576.00").await.unwrap();
    assert_eq!(two.consent(&two.nora, id).await.unwrap(), Consented::Effective);
    assert_eq!(two.limits().await, ["19424", "15576"]);
    two.here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_transfer_can_be_withdrawn_or_refused_until_it_is_effective() {
    let two = Two::new().await;
    let app = &two.here.world.app;
    let contract = two.contract.id;
    let id = two.propose(&two.here.karl, "100.00").await.unwrap();
    assert_eq!(field(refuse(app, &two.nora, contract, id, " ").await), "end_reason");
    refuse(app, &two.nora, contract, id, "Kein Bedarf").await.unwrap();
    let after = two.consent(&two.nora, id).await;
    assert!(matches!(after, Err(ActionError::NotNow(_))), "{after:?}");
    let id = two.propose(&two.here.karl, "100.00").await.unwrap();
    refuse(app, &two.here.karl, contract, id, "Doch selbst gebraucht").await.unwrap();
    let ends: Vec<String> = sqlx::query_scalar("SELECT ended_as FROM quota_transfer ORDER BY ended_as")
        .fetch_all(two.here.world.owner())
        .await
        .unwrap();
    assert_eq!(ends, ["refused", "withdrawn"]);
    let id = two.propose(&two.here.karl, "100.00").await.unwrap();
    two.consent(&two.nora, id).await.unwrap();
    let late = refuse(app, &two.here.karl, contract, id, "Zu spät").await;
    assert!(matches!(late, Err(ActionError::NotNow(_))), "{late:?}");
}

#[tokio::test]
async fn others_see_no_transfer_and_nobody_gives_what_is_not_theirs() {
    let two = Two::new().await;
    let third = two.here.world.member("Stadt Fernau").await;
    let frida = two.here.world.approver(third).named("Frida Fern").await;
    let id = two.propose(&two.here.karl, "100.00").await.unwrap();
    for result in [two.consent(&frida, id).await.map(|_| ()), two.propose(&frida, "100.00").await.map(|_| ())] {
        assert!(matches!(result, Err(ActionError::NotFound)), "{result:?}");
    }
    let buyer = two.consent(&two.here.eva, id).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");
    let second = two.propose(&two.here.karl, "50.00").await;
    assert!(matches!(second, Err(ActionError::NotNow(_))), "one at a time between two: {second:?}");
    let app = &two.here.world.app;
    let to_itself = Proposal { taker: two.here.town, ..two.of("10.00") };
    assert_eq!(field(propose(app, &two.here.karl, two.contract.id, &to_itself, None).await), "taker");
    let nothing = Proposal { value: None, ..two.of("10.00") };
    assert_eq!(field(propose(app, &two.here.karl, two.contract.id, &nothing, None).await), "value");
    let pieces = Proposal { quantity: Some("5".parse().unwrap()), ..two.of("10.00") };
    assert_eq!(field(propose(app, &two.here.karl, two.contract.id, &pieces, None).await), "quantity");
}

#[tokio::test]
async fn a_member_without_a_quota_cannot_receive_one() {
    let two = Two::new().await;
    let third = two.here.world.member("Stadt Fernau").await;
    let frida = two.here.world.approver(third).named("Frida Fern").await;
    let app = &two.here.world.app;
    let proposal = Proposal { taker: third, ..two.of("10.00") };
    let id = propose(app, &two.here.karl, two.contract.id, &proposal, None).await.unwrap();
    assert_eq!(two.consent(&frida, id).await.unwrap(), Consented::Short);
    assert_eq!(two.limits().await, ["30000", "5000"]);
}
