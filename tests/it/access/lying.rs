//! The walk with the program's own filters turned against it (R13). Every filter of the program asks for what belongs
//! to the actor: `member_id = actor.organisation`, `body_id = actor.body`, the role of the route's row. Here the
//! program is told of everybody that they act for the *other* body and its member, so that each of these filters
//! passes for exactly the rows it should hide; only PostgreSQL is told the truth. What is still hidden is hidden by
//! row-level security alone. No special build: the lie stands in the assignments of a throwaway database.

use std::collections::BTreeMap;

use abruf::actor::Role;
use abruf::http::access::Route;
use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::house::{House, is_of_member, standings};
use super::marks::{gives_away, mark, others_body, print_of_others, run};
use super::{table, walked};

/// Routes whose answer to everybody comes from a job or a function with the owner's eyes: the program's own filter is
/// the only wall there. Each with the reason why.
const FILTERED_BY_THE_PROGRAM: &[(&str, &str)] = &[
    ("GET /sparpotenzial", "compares with contracts the member has no right to yet; a job reads those of its body"),
    ("POST /sparpotenzial/auswertung", "the same job"),
];

/// Makes the program believe that our people act for the other body, and PostgreSQL know that they do not.
async fn lie(house: &House) {
    let nord = others_body(house).await;
    let owner = &house.web.database.owner;
    let mut tx = owner.begin().await.unwrap();
    run(&mut tx, "CREATE TABLE abruf.truth (person uuid PRIMARY KEY, setting jsonb NOT NULL)".to_owned()).await;
    run(&mut tx, "GRANT SELECT ON abruf.truth TO abruf_app".to_owned()).await;
    for role in Role::ALL {
        let (person, organisation, body): (Uuid, Uuid, Uuid) = sqlx::query_as(
            "SELECT a.person_id, a.organisation_id, a.body_id FROM assignment a JOIN person p ON p.id = a.person_id WHERE p.email = $1",
        )
        .bind(format!("{}-{}@altenrode.example", role.key(), standings(role)[0].key()))
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        let kind = match role {
            Role::Auditor => "auditor",
            _ if is_of_member(role) => "member",
            _ => "body",
        };
        let truth = json!({ "kind": kind, "person": person, "organisation": organisation, "body": body,
                            "members": [house.ours.member], "from": "2026-01-01", "to": "2026-12-31" });
        sqlx::query("INSERT INTO abruf.truth VALUES ($1, $2)")
            .bind(person)
            .bind(truth)
            .execute(&mut *tx)
            .await
            .unwrap();
        let believed = if is_of_member(role) { house.others.member.0 } else { nord };
        sqlx::query("UPDATE assignment SET organisation_id = $2, body_id = $3 WHERE person_id = $1")
            .bind(person)
            .bind(believed)
            .bind(nord)
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE assignment_member SET member_id = $1")
        .bind(house.others.member.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    let truth = "CREATE OR REPLACE FUNCTION abruf.actor() RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        DECLARE
            said jsonb := coalesce(nullif(current_setting('abruf.actor', true), ''), '{}')::jsonb;
        BEGIN
            RETURN coalesce((SELECT t.setting FROM abruf.truth t WHERE t.person = (said ->> 'person')::uuid), said);
        END $$";
    run(&mut tx, truth.to_owned()).await;
    tx.commit().await.unwrap();
}

fn is_filtered_by_the_program(route: &Route) -> bool {
    FILTERED_BY_THE_PROGRAM.iter().any(|(name, _)| *name == format!("{} {}", route.method, route.path))
}

/// Walks every route as everybody the row lets in, over what the other body has; the routes that gave it away.
async fn walk(house: &House) -> (usize, BTreeMap<StatusCode, usize>, Vec<String>) {
    let (mut asked, mut answers, mut given_away) = (0, BTreeMap::new(), Vec::new());
    for route in table().into_iter().filter(walked).filter(|route| !is_filtered_by_the_program(route)) {
        for role in Role::ALL.into_iter().filter(|role| route.access.lets_in(Some(*role))) {
            let who = Some(house.signed_in(role, standings(role)[0]));
            // Of no kind: a list, which filters by the actor it believes in.
            let ids = match house.objects(route.access.object, role).1 {
                none if none.is_empty() => vec![Uuid::from_u128(1)],
                foreign => foreign,
            };
            for id in ids {
                let answer = house.ask(&route, id, who).await;
                asked += 1;
                *answers.entry(answer.status).or_default() += 1;
                if gives_away(&answer) {
                    given_away.push(format!("{} {} as {role:?}: {}", route.method, route.path, answer.status));
                }
            }
        }
    }
    (asked, answers, given_away)
}

#[tokio::test]
async fn with_its_own_filters_turned_against_it_the_program_still_shows_and_writes_nothing_foreign() {
    let house = House::new().await;
    mark(&house).await;
    lie(&house).await;
    let before = print_of_others(&house).await;
    let (asked, answers, given_away) = walk(&house).await;
    println!("access: {asked} requests with the program's filters turned against it: {answers:?}");
    assert_eq!(given_away, Vec::<String>::new());
    let changed: Vec<_> =
        before.into_iter().zip(print_of_others(&house).await).filter(|(old, new)| old != new).collect();
    let logged: Vec<String> = sqlx::query_scalar("SELECT action FROM audit_entry WHERE body_id = $1 OR chain_id = $1")
        .bind(others_body(&house).await)
        .fetch_all(&house.web.database.owner)
        .await
        .unwrap();
    assert_eq!(changed, [], "rows of the other body were written; its log: {logged:?}");
}

/// The lie bites: without the second wall the same walk is shown a lot.
#[tokio::test]
async fn without_the_second_wall_the_same_walk_sees_foreign_rows() {
    let house = House::new().await;
    mark(&house).await;
    lie(&house).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity",
    )
    .fetch_all(&house.web.database.owner)
    .await
    .unwrap();
    let mut conn = house.web.database.owner.acquire().await.unwrap();
    for table in tables {
        run(&mut conn, format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")).await;
    }
    let (asked, _, given_away) = walk(&house).await;
    println!("access: {} of {asked} requests see foreign rows without the second wall", given_away.len());
    assert!(100 <= given_away.len(), "the program's filters are not turned: {given_away:?}");
}
