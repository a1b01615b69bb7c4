//! Two officers decide on one supplier order while the member cancels its in-house order: one decision, one end.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::decide_supplier_order::{approve, refuse};
use abruf::actions::release_call_off::{Release, release};
use abruf::verify::verify;

use super::{Deed, repeated, together};
use crate::world::World;
use crate::world::contract::{fixed, value};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_officers_and_a_cancellation_make_one_decision() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let (eva, karl) = (world.buyer(town).await, world.approver(town).await);
    let [olga, otto] = [world.office().await, world.office().await];
    let contract =
        world.contract("RV-P").through_body().ceiling(value("1000000.00")).item("NBK", fixed("900.00")).await;
    let mut round = 0;
    repeated("supplier order", async |seed| {
        round += 1;
        let id = world.request(&eva, &contract, &[("NBK", "2")]).await;
        assert!(matches!(release(&world.app, &karl, id, None).await, Ok(Release::Released { .. })));
        let mut deeds: Vec<Deed<Result<&'static str, String>>> = Vec::new();
        let told = |done: Result<&'static str, ActionError>| match done {
            Err(ActionError::NotNow(_) | ActionError::WrongState(_)) => Ok("too late"),
            Err(error) => Err(format!("{error:?}")),
            Ok(done) => Ok(done),
        };
        let (app, olga) = (world.app.clone(), olga.clone());
        deeds.push(Box::pin(async move { told(approve(&app, &olga, id, None).await.map(|_| "approved")) }));
        let (app, otto) = (world.app.clone(), otto.clone());
        deeds.push(Box::pin(async move { told(refuse(&app, &otto, id, "Nein", None).await.map(|_| "refused")) }));
        // Every second time the member is there too.
        if round % 2 == 0 {
            let (app, karl) = (world.app.clone(), karl.clone());
            deeds.push(Box::pin(async move { told(cancel(&app, &karl, id, "Doch nicht").await.map(|()| "cancelled")) }));
        }
        let results = together(seed, deeds).await;
        let wrong: Vec<_> = results.iter().filter(|result| result.is_err()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let decided = results.iter().filter(|it| matches!(it, Ok("approved" | "refused"))).count();
        assert!(decided <= 1, "{results:?}");
        assert!(decided == 1 || results.contains(&Ok("cancelled")), "nobody decided: {results:?}");
        let (state, status, steps): (String, String, i64) = sqlx::query_as(
            "SELECT o.state, c.status, (SELECT count(*) FROM approval a WHERE a.call_off_id = c.id AND a.decision LIKE 'supplier_order%')
             FROM supplier_order o JOIN call_off c ON c.id = o.call_off_id WHERE c.id = $1",
        )
        .bind(id.0)
        .fetch_one(world.owner())
        .await
        .unwrap();
        assert_eq!(usize::try_from(steps), Ok(decided));
        let over = status == "cancelled";
        assert_eq!(over, state != "approved", "{state}, {status}: {results:?}");
    })
    .await;
    world.keeps_its_promises().await;
    let found = verify(&world.app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
}
