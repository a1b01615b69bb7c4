//! Connections are shared: what one request said about its actor must not be there for the next.

use abruf::actor::{Actor, Role, RunsAs, Standing};
use abruf::storage::Db;
use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use sqlx::ConnectOptions;

use super::{filled, key};
use crate::cluster::app_options;

/// The members whose call-offs the transaction sees.
async fn seen(db: &Db, who: RunsAs<'_>, how: usize) -> Vec<uuid::Uuid> {
    let mut tx = db.begin(who).await.unwrap();
    let seen = sqlx::query_scalar("SELECT member_id FROM call_off ORDER BY 1").fetch_all(&mut *tx).await.unwrap();
    // Committed, rolled back, dropped, ended by an error.
    match how % 4 {
        0 => tx.commit().await.unwrap(),
        1 => tx.rollback().await.unwrap(),
        2 => drop(tx),
        _ => {
            let refused = sqlx::query("SELECT 1 / 0").execute(&mut *tx).await;
            assert!(refused.is_err());
            drop(tx);
        }
    }
    seen
}

#[tokio::test]
async fn two_thousand_changes_of_actor_on_two_connections_leave_nothing_behind() {
    let database = filled().await;
    let db = Db::connect(app_options(&database.name).disable_statement_logging(), 2).await.unwrap();
    let mut owner = database.owner.acquire().await.unwrap();
    let mut people = Vec::new();
    for (tenant, house) in [("ours", "ours"), ("neighbour", "ours"), ("other", "other")] {
        let member = key(&mut owner, "organisation.id", tenant).await;
        people.push(Actor {
            person: PersonId(key(&mut owner, "person.id", tenant).await),
            assignment: AssignmentId(uuid::Uuid::nil()),
            role: Role::Buyer,
            organisation: OrganisationId(member),
            body: OrganisationId(key(&mut owner, "body", house).await),
            standing: Standing::Member,
            request_id: None,
            key: None,
        });
    }
    for round in 0..2000 {
        let actor = &people[round % people.len()];
        assert_eq!(seen(&db, actor.into(), round).await, [actor.organisation.0], "round {round}");
        // Whoever takes the connection next without saying who they are sees nothing.
        if round % 5 == 0 {
            let left: i64 = sqlx::query_scalar("SELECT count(*) FROM call_off").fetch_one(db.pool()).await.unwrap();
            assert_eq!(left, 0, "round {round}: the actor stayed on the connection");
        }
        if round % 97 == 0 {
            assert_eq!(seen(&db, RunsAs::Job, round).await.len(), 3, "round {round}");
        }
    }
    println!("row security: 2000 changes of actor on 2 connections, nothing left behind");
}
