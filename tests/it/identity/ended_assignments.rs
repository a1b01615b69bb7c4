//! Most assignments end with a day. One that began today and was ended at once, or was opened for hours, ends at an
//! instant, and from then on nobody acts for it.

use abruf::actions::create_administrator::create_administrator;
use abruf::actor::{Role, RunsAs};
use abruf::storage::people;
use abruf_domain::ids::{AssignmentId, PersonId};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;

use crate::web::Web;

const EVA: &str = "eva@altenrode.example";

/// Lets an assignment of today end at an instant, as the administration does.
async fn ends_in(web: &Web, id: AssignmentId, time: TimeDelta) {
    sqlx::query("UPDATE assignment SET valid_from = $2, valid_to = $2, ends_at = $3 WHERE id = $1")
        .bind(id.0)
        .bind(web.app.clock.today())
        .bind(web.now() + time)
        .execute(&web.database.owner)
        .await
        .unwrap();
}

/// Eva buys for a town, and today for another one as well.
async fn house() -> (Web, PersonId, AssignmentId) {
    let web = Web::new().await;
    let (town, other) = (web.member("Stadt Altenrode").await, web.member("Stadt Neufeld").await);
    let eva = web.person(EVA, Role::Buyer, town).await;
    let ends = web.assign(eva, Role::Buyer, other).await;
    (web, eva, ends)
}

#[tokio::test]
async fn an_assignment_counts_until_the_instant_at_which_it_ends() {
    let (web, eva, ends) = house().await;
    ends_in(&web, ends, TimeDelta::hours(1)).await;
    let acts = async || {
        let when = (web.now(), web.app.clock.today());
        let mut tx = web.app.db.begin(RunsAs::SignIn).await.unwrap();
        let all = people::assignments(&mut tx, eva, when).await.unwrap();
        let one = people::acting(&mut tx, eva, ends, when).await.unwrap();
        let organisation = all.iter().find(|it| it.organisation_name == "Stadt Altenrode").unwrap().actor.organisation;
        let other = one.as_ref().map(|it| it.actor.organisation);
        let told = people::mail_addresses(&mut tx, &[eva], other.unwrap_or(organisation), when).await.unwrap();
        (all.len(), one.is_some(), told.len())
    };
    assert_eq!(acts().await, (2, true, 1));
    web.wait(TimeDelta::minutes(59));
    assert_eq!(acts().await, (2, true, 1));
    web.wait(TimeDelta::minutes(1));
    assert_eq!(acts().await, (1, false, 1), "it is over, at noon of the same day");
}

#[tokio::test]
async fn nobody_is_told_of_an_organisation_they_act_for_no_more() {
    let (web, eva, ends) = house().await;
    let other = sqlx::query_scalar("SELECT organisation_id FROM assignment WHERE id = $1")
        .bind(ends.0)
        .fetch_one(&web.database.owner)
        .await
        .map(abruf_domain::ids::OrganisationId)
        .unwrap();
    let told = async || {
        let when = (web.now(), web.app.clock.today());
        let mut tx = web.app.db.begin(RunsAs::Job).await.unwrap();
        let people = people::mail_addresses(&mut tx, &[eva], other, when).await.unwrap();
        let role = people::mail_addresses_of_role(&mut tx, Role::Buyer, other, when).await.unwrap();
        (people, role)
    };
    assert_eq!(told().await, (vec![EVA.to_owned()], vec![EVA.to_owned()]));
    ends_in(&web, ends, TimeDelta::zero()).await;
    assert_eq!(told().await, (vec![], vec![]));
}

#[tokio::test]
async fn an_assignment_ended_at_once_is_neither_chosen_nor_given_a_key() {
    let (web, _, ends) = house().await;
    let (cookie, token) = (web.sign_in(EVA).await, web.token(EVA).await);
    assert!(web.get("/handeln-fuer", &cookie).await.text.contains("Stadt Neufeld"));
    ends_in(&web, ends, TimeDelta::zero()).await;
    let page = web.get("/handeln-fuer", &cookie).await;
    assert!(page.text.contains("Stadt Altenrode") && !page.text.contains("Stadt Neufeld"), "{}", page.text);
    let (csrf, assignment) = (page.form_token(), ends.0.to_string());
    let form = [("csrf", csrf.as_str()), ("assignment", assignment.as_str())];
    assert_eq!(web.post("/handeln-fuer", &cookie, &form).await.status, StatusCode::NOT_FOUND);
    let current = web.api("GET", "/api/v1/sessions/current", &token, None).await.json();
    assert_eq!(current["assignments"].as_array().unwrap().len(), 1, "{current}");
    let wanted =
        json!({ "name": "Export", "assignment_id": ends.0, "scopes": ["contracts:read"], "until": "2027-11-22" });
    let refused = web.api("POST", "/api/v1/api-keys", &token, Some(wanted)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    // Left with one, they act for it without choosing.
    let start = web.get("/", &web.sign_in(EVA).await).await;
    assert!(start.text.contains("Sie handeln für: <strong>Stadt Altenrode</strong>"), "{}", start.text);
}

#[tokio::test]
async fn the_command_line_makes_an_administrator_of_one_whose_term_ended_today() {
    let web = Web::new().await;
    let ada = web.person("ada@elbe.example", Role::Administrator, web.body).await;
    let id: AssignmentId = sqlx::query_scalar("SELECT id FROM assignment WHERE person_id = $1")
        .bind(ada.0)
        .fetch_one(&web.database.owner)
        .await
        .map(AssignmentId)
        .unwrap();
    ends_in(&web, id, TimeDelta::zero()).await;
    create_administrator(&web.app, "ada@elbe.example", "Ada Anfang").await.unwrap();
    let cookie = web.sign_in("ada@elbe.example").await;
    assert_eq!(web.get("/verwaltung/personen", &cookie).await.status, StatusCode::OK);
}
