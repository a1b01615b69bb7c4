//! Invitations, recovery, sessions, emergency access, what happened at the door.

use abruf::actions::{break_glass, send_account_mail};
use abruf::actor::Role;
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::mail_server::{MailServer, Mood};
use crate::web::{PASSWORD, Web};
use crate::world::World;

const EVA: &str = "eva@altenrode.example";
const ADA: &str = "ada@elbe.example";

/// An administrator, a buyer, an auditor's house.
async fn house() -> Web {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    web.person(ADA, Role::Administrator, web.body).await;
    web
}

async fn member(web: &Web) -> uuid::Uuid {
    sqlx::query_scalar("SELECT organisation_id FROM organisation_role WHERE role = 'member' LIMIT 1")
        .fetch_one(&web.database.owner)
        .await
        .unwrap()
}

fn local(url: &Value) -> String {
    url.as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
}

#[tokio::test]
async fn the_administration_invites_and_the_link_works_once() {
    let web = house().await;
    let (ada, town) = (web.token(ADA).await, member(&web).await);
    let body = json!({ "name": "Karl Beispiel", "email": "Karl@Altenrode.example",
                       "assignment": { "role": "approver", "organisation_id": town, "release_limit_gross": "50000.00" } });
    let invite = async |body: Value| web.api("POST", "/api/v1/people", &ada, Some(body)).await;
    let made = invite(body.clone()).await;
    assert_eq!((made.status, &made.json()["way"]), (StatusCode::CREATED, &json!("link")), "{}", made.text);
    let link = local(&made.json()["url"]);
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM one_time_link WHERE purpose = 'invitation' AND used_at IS NULL AND created_by IS NOT NULL")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert_eq!(stored, 1);
    web.wait(TimeDelta::days(6));
    let done = web.post(&link, "", &[("password", PASSWORD), ("repeated", PASSWORD)]).await;
    assert_eq!(done.header("location"), "/anmelden?hinweis=eingerichtet", "{}", done.text);
    assert_eq!(web.get(&link, "").await.status, StatusCode::NOT_FOUND);
    let karl = web.token("karl@altenrode.example").await;
    let current = web.api("GET", "/api/v1/sessions/current", &karl, None).await.json();
    assert_eq!(current["acting_for"]["role"], "approver");

    let ada = web.token(ADA).await;
    for (field, wrong) in [
        (
            "email",
            json!({ "name": "X", "email": "keine-adresse", "assignment": { "role": "buyer", "organisation_id": town } }),
        ),
        ("name", json!({ "name": " ", "email": "x@y.de", "assignment": { "role": "buyer", "organisation_id": town } })),
        ("role", json!({ "name": "X", "email": "x@y.de", "assignment": { "role": "chef", "organisation_id": town } })),
        (
            "organisation",
            json!({ "name": "X", "email": "x@y.de", "assignment": { "role": "board", "organisation_id": town } }),
        ),
        (
            "organisation",
            json!({ "name": "X", "email": "x@y.de", "assignment": { "role": "buyer", "organisation_id": web.body.0 } }),
        ),
        (
            "to",
            json!({ "name": "X", "email": "x@y.de", "assignment": { "role": "buyer", "organisation_id": town, "from": "2027-01-02", "to": "2027-01-01" } }),
        ),
        (
            "from",
            json!({ "name": "X", "email": "x@y.de", "assignment": { "role": "buyer", "organisation_id": town, "from": "2020-01-02" } }),
        ),
        (
            "limit",
            json!({ "name": "X", "email": "x@y.de", "assignment": { "role": "buyer", "organisation_id": town, "release_limit_gross": "5" } }),
        ),
        (
            "role",
            json!({ "name": "K", "email": "karl@altenrode.example", "assignment": { "role": "approver", "organisation_id": town } }),
        ),
    ] {
        let refused = web.api("POST", "/api/v1/people", &ada, Some(wrong)).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{}",
            refused.text
        );
    }
    let people: i64 = sqlx::query_scalar("SELECT count(*) FROM person WHERE email = 'x@y.de'")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert_eq!(people, 0, "what is refused leaves nothing");
    // A person who has an account gets one thing more to do, and nobody a key to it.
    let more = json!({ "name": "Karl", "email": "karl@altenrode.example", "assignment": { "role": "buyer", "organisation_id": town } });
    let known = web.api("POST", "/api/v1/people", &ada, Some(more)).await;
    assert_eq!(
        (known.status, &known.json()["way"], &known.json()["url"]),
        (StatusCode::CREATED, &json!("known"), &Value::Null)
    );
    let id = known.json()["id"].as_str().unwrap().to_owned();
    let renewed = web.api("POST", &format!("/api/v1/people/{id}/link"), &ada, None).await;
    assert_eq!(renewed.status, StatusCode::CONFLICT, "no link into an account in use is shown: {}", renewed.text);
}

#[tokio::test]
async fn an_auditor_is_invited_with_scope_and_end_and_ends_by_date() {
    let web = house().await;
    let office = web.organisation("Rechnungsprüfungsamt", "pruefungsamt").await;
    web.plays(office, "audit_body").await;
    let (ada, town) = (web.token(ADA).await, member(&web).await);
    let invite = async |assignment: Value| {
        let body = json!({ "name": "Rita Revision", "email": "rita@rpa.example", "assignment": assignment });
        web.api("POST", "/api/v1/people", &ada, Some(body)).await
    };
    let open = invite(json!({ "role": "auditor", "organisation_id": office.0 })).await;
    assert_eq!(open.json()["errors"][0]["field"], "to", "an audit has an end");
    let long = json!({ "role": "auditor", "organisation_id": office.0, "to": "2036-01-01", "scope_from": "2026-01-01", "scope_to": "2026-12-31" });
    assert_eq!(invite(long).await.json()["errors"][0]["field"], "to");
    let right = json!({ "role": "auditor", "organisation_id": office.0, "to": "2026-11-24", "scope_from": "2026-01-01", "scope_to": "2026-12-31", "members": [town] });
    let made = invite(right).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let link = local(&made.json()["url"]);
    web.post(&link, "", &[("password", PASSWORD), ("repeated", PASSWORD)]).await;
    let cookie = web.sign_in("rita@rpa.example").await;
    assert_eq!(web.get("/pruefung", &cookie).await.status, StatusCode::OK);
    web.wait(TimeDelta::days(3));
    let cookie = web.sign_in("rita@rpa.example").await;
    assert_eq!(
        web.get("/pruefung", &cookie).await.header("location"),
        "/handeln-fuer?weiter=/pruefung",
        "the audit is over"
    );
}

#[tokio::test]
async fn the_pages_of_the_administration_invite_assign_end_and_sign_out() {
    let web = house().await;
    let (cookie, town) = (web.sign_in(ADA).await, member(&web).await.to_string());
    let page = web.get("/verwaltung/personen/einladen", &cookie).await;
    let csrf = page.form_token();
    let key = "7b9a6f0c";
    let form = [
        ("csrf", csrf.as_str()),
        ("idempotency_key", key),
        ("name", "Nora Neu"),
        ("email", "nora@altenrode.example"),
        ("role", "treasurer"),
        ("organisation", town.as_str()),
        ("from", ""),
        ("to", "31.12.2027"),
    ];
    let wrong: Vec<_> =
        form.iter().map(|(name, value)| if *name == "to" { ("to", "32.12.2027") } else { (*name, *value) }).collect();
    let refused = web.post("/verwaltung/personen/einladen", &cookie, &wrong).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("Nora Neu"),
        "what was typed stays"
    );
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| if *name == "idempotency_key" { (*name, "7b9a6f0d") } else { (*name, *value) })
        .collect();
    let made = web.post("/verwaltung/personen/einladen", &cookie, &form).await;
    assert!(made.status == StatusCode::OK && made.text.contains("/konto/einrichten/"), "{}", made.text);
    let twice = web.post("/verwaltung/personen/einladen", &cookie, &form).await;
    assert!(
        twice.status == StatusCode::OK && !twice.text.contains("/konto/einrichten/"),
        "a double click shows no second link"
    );

    let nora: uuid::Uuid = sqlx::query_scalar("SELECT id FROM person WHERE email = 'nora@altenrode.example'")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    let address = format!("/verwaltung/personen/{nora}");
    let more = [("csrf", csrf.as_str()), ("role", "buyer"), ("organisation", town.as_str())];
    let assigned = web.post(&format!("{address}/aufgaben"), &cookie, &more).await;
    assert_eq!(assigned.header("location"), format!("{address}?hinweis=aufgabe"), "{}", assigned.text);
    let shown = web.get(&address, &cookie).await;
    assert!(shown.text.contains("Kämmerei") && shown.text.contains("Sachbearbeitung"));
    let post: uuid::Uuid = sqlx::query_scalar("SELECT id FROM assignment WHERE person_id = $1 AND role = 'buyer'")
        .bind(nora)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    let end = format!("{address}/aufgaben/{post}/beenden");
    assert_eq!(
        web.post(&end, &cookie, &[("csrf", &csrf), ("to", "01.01.2020")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        web.post(&end, &cookie, &[("csrf", &csrf), ("to", "")]).await.header("location"),
        format!("{address}?hinweis=beendet")
    );
    assert_eq!(
        web.post(&end, &cookie, &[("csrf", &csrf), ("to", "")]).await.status,
        StatusCode::CONFLICT,
        "over already"
    );
    let out = web.post(&format!("{address}/abmelden"), &cookie, &[("csrf", &csrf)]).await;
    assert_eq!(out.header("location"), format!("{address}?hinweis=abgemeldet"));

    // Nobody locks the house from inside.
    let own: (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("SELECT p.id, a.id FROM person p JOIN assignment a ON a.person_id = p.id WHERE p.email = $1")
            .bind(ADA)
            .fetch_one(&web.database.owner)
            .await
            .unwrap();
    let end = format!("/verwaltung/personen/{}/aufgaben/{}/beenden", own.0, own.1);
    assert_eq!(web.post(&end, &cookie, &[("csrf", &csrf), ("to", "")]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_letter_carries_the_link_and_the_database_does_not() {
    let mail = MailServer::start().await;
    let mut world = World::new().await;
    world.app.mailer = Some(mail.mailer());
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let web = Web::over(world).await;
    web.cookie_of(&eva, EVA).await;

    let known = web.post("/anmelden/vergessen", "", &[("email", EVA)]).await;
    let unknown = web.post("/anmelden/vergessen", "", &[("email", "niemand@altenrode.example")]).await;
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text), "nobody can tell who has an account");
    assert!(known.text.contains("Wenn es zu dieser Adresse ein Konto gibt"));
    mail.is_now(Mood::Busy);
    assert!(send_account_mail::send_next(&web.app).await.unwrap());
    assert!(mail.taken().is_empty());
    mail.is_now(Mood::Takes);
    web.wait(TimeDelta::minutes(2));
    assert!(send_account_mail::send_next(&web.app).await.unwrap());
    assert!(!send_account_mail::send_next(&web.app).await.unwrap(), "nobody gets none");
    let letter = mail.only();
    let link = letter.text().lines().find(|line| line.contains("/konto/einrichten/")).unwrap().trim().to_owned();
    assert_eq!(letter.to, EVA);
    let link = link.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    let token = link.rsplit('/').next().unwrap().to_owned();
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT l::text FROM one_time_link l UNION ALL SELECT m::text FROM account_mail m")
            .fetch_all(&web.database.owner)
            .await
            .unwrap();
    assert!(rows.iter().all(|row| !row.contains(&token)), "only the hash is kept");

    let new = "ein-ganz-neues-1";
    let done = web.post(&link, "", &[("password", new), ("repeated", new)]).await;
    assert_eq!(done.header("location"), "/anmelden?hinweis=eingerichtet", "{}", done.text);
    assert_eq!(web.post(&link, "", &[("password", new), ("repeated", new)]).await.status, StatusCode::NOT_FOUND);
    // Nobody's letter box is filled: three within an hour.
    for _ in 0..5 {
        web.post("/anmelden/vergessen", "", &[("email", EVA)]).await;
    }
    while send_account_mail::send_next(&web.app).await.unwrap() {}
    assert_eq!(mail.taken().len(), 3);
}

#[tokio::test]
async fn a_person_sees_and_ends_their_own_sessions_and_nobody_elses() {
    let web = house().await;
    let (here, there, ada) = (web.sign_in(EVA).await, web.token(EVA).await, web.token(ADA).await);
    let page = web.get("/konto", &here).await;
    assert!(page.text.contains("diese Sitzung") && page.text.matches("/beenden\">").count() == 2, "{}", page.text);
    let list = web.api("GET", "/api/v1/sessions", &there, None).await.json();
    let rows = list.as_array().unwrap();
    assert_eq!((rows.len(), rows.iter().filter(|it| it["current"] == true).count()), (2, 1));
    let other = rows.iter().find(|it| it["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    let foreign = web.api("DELETE", &format!("/api/v1/sessions/{other}"), &ada, None).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "of somebody else");
    assert_eq!(
        web.api("DELETE", &format!("/api/v1/sessions/{other}"), &there, None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(web.get("/konto", &here).await.status, StatusCode::SEE_OTHER, "ended at once");
    let here = web.sign_in(EVA).await;
    let csrf = web.get("/konto", &here).await.form_token();
    assert_eq!(
        web.post("/konto/sitzungen/beenden", &here, &[("csrf", &csrf)]).await.header("location"),
        "/konto?hinweis=alle"
    );
    assert_eq!(web.api("GET", "/api/v1/sessions/current", &there, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(web.get("/konto", &here).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_changes_only_with_the_present_one() {
    let web = house().await;
    let here = web.sign_in(EVA).await;
    let csrf = web.get("/konto", &here).await.form_token();
    let new = "ein-ganz-neues-1";
    let change = async |present: &str| {
        let form = [("csrf", csrf.as_str()), ("present", present), ("password", new), ("repeated", new)];
        web.post("/konto/passwort", &here, &form).await
    };
    let refused = change("geraten-geraten").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("Ihr bisheriges Passwort stimmt nicht"), "{}", refused.text);
    web.sign_in(EVA).await;
    assert_eq!(change(PASSWORD).await.header("location"), "/konto?hinweis=passwort");
    let (old, changed) = ([("email", EVA), ("password", PASSWORD)], [("email", EVA), ("password", new)]);
    assert_eq!(web.post("/anmelden", "", &old).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(web.post("/anmelden", "", &changed).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_happened_at_the_door_is_seen_by_the_person_and_the_administration() {
    let web = house().await;
    web.post("/anmelden", "", &[("email", EVA), ("password", "falsch")]).await;
    web.post("/anmelden", "", &[("email", "niemand@x.example"), ("password", "falsch")]).await;
    let eva = web.sign_in(EVA).await;
    let own = web.get("/konto/anmeldungen", &eva).await;
    assert!(own.text.contains("Anmeldung fehlgeschlagen") && own.text.contains("2 Einträge"), "{}", own.text);
    let ada = web.sign_in(ADA).await;
    let all = web.get("/verwaltung/anmeldungen?art=sign_in_failed", &ada).await;
    assert!(all.text.contains("2 Einträge") && all.text.contains("unbekannte Adresse") && all.text.contains(EVA));
    assert!(!all.text.contains("niemand@x.example"), "what was typed is nobody's business");
    for asked in ["art=auffaellig&q=eva", "von=22.11.2026&bis=22.11.2026&art=sign_in_failed&q=EVA"] {
        assert!(web.get(&format!("/verwaltung/anmeldungen?{asked}"), &ada).await.text.contains("1 Eintrag"), "{asked}");
    }
    assert!(web.get("/verwaltung/anmeldungen?von=gestern", &ada).await.text.contains("ist kein Datum"));
    assert_eq!(web.get("/verwaltung/anmeldungen", &eva).await.status, StatusCode::NOT_FOUND);
    let events = web.api("GET", "/api/v1/sign-ins?kind=sign_in_failed", &web.token(ADA).await, None).await.json();
    assert_eq!(events["total"], 2);
    // Another house sees nothing of Eva.
    let mut other = house().await;
    other.body = other.organisation("Einkaufsverbund Nord eG", "genossenschaft").await;
    other.plays(other.body, "body").await;
    other.person("nora@nord.example", Role::Administrator, other.body).await;
    other.post("/anmelden", "", &[("email", EVA), ("password", "falsch")]).await;
    let nora = other.sign_in("nora@nord.example").await;
    assert!(!other.get("/verwaltung/anmeldungen", &nora).await.text.contains(EVA));
    let changed = sqlx::query("UPDATE sign_in_event SET kind = 'signed_out'").execute(&web.database.owner).await;
    assert!(changed.is_err(), "append-only, for the owner too");
}

#[tokio::test]
async fn an_emergency_access_ends_by_the_hour_and_everybody_who_watches_sees_it() {
    let web = house().await;
    let reason = "Administration im Urlaub, Notar wartet";
    for (email, why, hours) in [
        ("keine", reason, 4),
        ("root@x.example", "kurz", 4),
        ("root@x.example", reason, 25),
        ("root@x.example", reason, 0),
    ] {
        let outcome = break_glass::open(&web.app, email, "Notzugang", why, hours).await.unwrap();
        assert!(matches!(outcome, break_glass::Outcome::Unusable), "{email} {why} {hours}");
    }
    let outcome = break_glass::open(&web.app, "root@x.example", "Ruth Retterin", reason, 2).await.unwrap();
    let break_glass::Outcome::Opened(link, ends_at) = outcome else { panic!("not opened") };
    assert_eq!(ends_at, web.now() + TimeDelta::hours(2));
    let link = link.url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    web.post(&link, "", &[("password", PASSWORD), ("repeated", PASSWORD)]).await;
    assert_eq!(web.get(&link, "").await.status, StatusCode::NOT_FOUND, "once");
    let cookie = web.sign_in("root@x.example").await;
    assert_eq!(web.get("/verwaltung/personen/einladen", &cookie).await.status, StatusCode::OK);

    web.person("olga@elbe.example", Role::Office, web.body).await;
    let audit = web.organisation("Rechnungsprüfungsamt", "pruefungsamt").await;
    web.person("rita@rpa.example", Role::Auditor, audit).await;
    for email in ["olga@elbe.example", "rita@rpa.example", ADA] {
        let seen = web.get("/verwaltung/notzugang", &web.sign_in(email).await).await;
        assert!(seen.text.contains(reason) && seen.text.contains("offen"), "{email}: {}", seen.text);
    }
    let hub = web.get("/verwaltung", &web.sign_in("olga@elbe.example").await).await;
    assert!(hub.text.contains("1-mal ein Notzugang geöffnet"));
    assert_eq!(web.get("/verwaltung/notzugang", &web.sign_in(EVA).await).await.status, StatusCode::NOT_FOUND);
    let entries: Vec<String> =
        sqlx::query_scalar("SELECT canonical FROM audit_entry WHERE action = 'break_glass_opened'")
            .fetch_all(&web.database.owner)
            .await
            .unwrap();
    assert_eq!(entries.len(), 2, "in the chain of the body and of sign-ins");
    assert!(
        entries.iter().all(|entry| !entry.contains("Urlaub") && !entry.contains("root@")),
        "no personal data in a chain"
    );

    web.wait(TimeDelta::minutes(119));
    let cookie = web.sign_in("root@x.example").await;
    assert_eq!(web.get("/verwaltung/personen", &cookie).await.status, StatusCode::OK);
    web.wait(TimeDelta::minutes(1));
    assert_eq!(web.get("/verwaltung/personen", &cookie).await.status, StatusCode::SEE_OTHER, "after two hours");
    assert!(
        web.get("/verwaltung/notzugang", &web.sign_in(ADA).await).await.text.contains(reason),
        "it stays in the list"
    );
}
