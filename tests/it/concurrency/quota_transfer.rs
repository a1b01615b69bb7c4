//! A transfer against call-offs of the giver that want the same rest: whoever comes first, the quota is
//! never exceeded, and both quotas together stay what they were.

use abruf::actions::ActionError;
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actions::transfer_quota::{Consented, Proposal, consent, propose};

use super::{Deed, repeated, together};
use crate::world::World;
use crate::world::contract::{fixed, value};

/// Call-offs of 900 each against a quota of 9,000, from which 5,000 are given away.
const CALL_OFFS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_and_call_offs_of_the_same_rest_never_go_over() {
    let world = World::crowded().await;
    let [giver, taker] = [world.member("Stadt Altenrode").await, world.member("Stadt Neufeld").await];
    let eva = world.buyer(giver).await;
    let [karl, nora] = [world.approver(giver).await, world.approver(taker).await];
    let mut number = 0;
    repeated("quota transfer", async |seed| {
        number += 1;
        let name = format!("RV-Q-{number}");
        let contract = world
            .contract(&name)
            .ceiling(value("100000.00"))
            .item("NBK", fixed("900.00"))
            .quota(giver, value("9000.00"))
            .quota(taker, value("1000.00"))
            .entitles(giver)
            .entitles(taker)
            .await;
        let first = world.draft(&eva, &contract, &[("NBK", "1")]).await;
        let mut drafts = world.copies(first, &eva, CALL_OFFS - 1).await;
        drafts.push(first);
        let proposal = Proposal {
            giver,
            taker,
            value: Some("5000.00".parse().unwrap()),
            quantity: None,
            reason: "Bedarf verschoben".to_owned(),
        };
        let transfer = propose(&world.app, &karl, contract.id, &proposal, None).await.unwrap();

        let mut deeds: Vec<Deed<Result<&'static str, String>>> = Vec::new();
        let (app, id, nora) = (world.app.clone(), contract.id, nora.clone());
        deeds.push(Box::pin(async move {
            match consent(&app, &nora, id, transfer).await {
                Ok(Consented::Effective) => Ok("given"),
                Ok(Consented::Short) => Ok("short"),
                other => Err(format!("{other:?}")),
            }
        }));
        for draft in drafts {
            let (app, eva) = (world.app.clone(), eva.clone());
            deeds.push(Box::pin(async move {
                match submit(&app, &eva, draft, None).await {
                    Ok(Submission::Submitted { .. }) => Ok("reserved"),
                    Ok(_) | Err(ActionError::Contended) => Ok("declined"),
                    Err(error) => Err(format!("{error:?}")),
                }
            }));
        }
        let results = together(seed, deeds).await;
        let wrong: Vec<_> = results.iter().filter(|result| result.is_err()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");

        let (limits, over): (String, i64) = sqlx::query_as(
            "SELECT trim_scale(sum(limit_amount))::text, count(*) FILTER (WHERE limit_amount < authorised + recorded + reserved)
             FROM guard WHERE contract_id = $1 AND scope = 'member'",
        )
        .bind(contract.id.0)
        .fetch_one(world.owner())
        .await
        .unwrap();
        assert_eq!((limits.as_str(), over), ("10000", 0), "{results:?}");
        let reserved = results.iter().filter(|result| **result == Ok("reserved")).count();
        // Nine hundred each: four fit beside the transfer, ten without it.
        match results[0] {
            Ok("given") => assert!(reserved <= 4, "{results:?}"),
            _ => assert!(5 <= reserved, "short, though there was room: {results:?}"),
        }
    })
    .await;
    world.keeps_its_promises().await;
}
