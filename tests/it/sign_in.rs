//! Signing in and out, pauses, one-time links, sessions and their end.

use abruf::actions::create_administrator::{self, create_administrator};
use abruf::actor::Role;
use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::json;

use crate::web::{PASSWORD, Web};

const EVA: &str = "eva@altenrode.example";

async fn with_eva() -> Web {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    web
}

#[tokio::test]
async fn a_person_signs_in_acts_and_signs_out() {
    let web = with_eva().await;
    let away = web.get("/handeln-fuer?x=1&y=2", "").await;
    assert_eq!(
        (away.status, away.header("location")),
        (StatusCode::SEE_OTHER, "/anmelden?weiter=/handeln-fuer%3Fx%3D1%26y%3D2")
    );

    let form = [("email", " EVA@Altenrode.example "), ("password", PASSWORD), ("weiter", "/handeln-fuer")];
    let answer = web.post("/anmelden", "", &form).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/handeln-fuer"));
    let set = answer.header("set-cookie");
    assert!(
        set.starts_with("abruf=ey")
            && set.contains("HttpOnly")
            && set.contains("SameSite=Lax")
            && set.contains("Path=/")
    );
    assert!(!set.contains("Secure"), "plain HTTP on loopback");

    let cookie = answer.cookie();
    let page = web.get("/handeln-fuer", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text.contains("Sie handeln für: <strong>Stadt Altenrode</strong>") && page.text.contains("Eva Muster")
    );

    let stale = web.post("/abmelden", &cookie, &[("csrf", "wrong")]).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    let out = web.post("/abmelden", &cookie, &[("csrf", &page.form_token())]).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/anmelden?hinweis=abgemeldet"));
    assert!(out.header("set-cookie").starts_with("abruf=;"));
    assert_eq!(
        web.get("/handeln-fuer", &cookie).await.status,
        StatusCode::SEE_OTHER,
        "the old cookie is worth nothing"
    );
}

#[tokio::test]
async fn a_sign_out_clears_what_the_browser_keeps_and_leads_to_the_sign_in_page() {
    let web = with_eva().await;
    let cookie = web.sign_in(EVA).await;
    let csrf = web.get("/handeln-fuer", &cookie).await.form_token();
    let out = web.post("/abmelden", &cookie, &[("csrf", &csrf)]).await;
    assert_eq!(out.header("clear-site-data"), r#""cache", "storage""#);
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/anmelden?hinweis=abgemeldet"));
    let cookies: Vec<&str> = out.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    assert!(
        matches!(cookies.as_slice(), [only] if only.starts_with("abruf=;") && only.contains("Max-Age=0")),
        "the cookie of the session alone goes; language and known browser stay: {cookies:?}"
    );
    let page = web.get(out.header("location"), "").await;
    assert!(page.status == StatusCode::OK && page.text.contains("Sie sind abgemeldet."), "{}", page.text);
    assert_eq!(page.header("clear-site-data"), "", "once");
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_the_host() {
    let web = Web::at("https://abruf.example").await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    let answer = web.post("/anmelden", "", &[("email", EVA), ("password", PASSWORD)]).await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-abruf=") && set.contains("Secure") && !set.contains("Domain"));
    assert!(answer.header("strict-transport-security").contains("max-age"));
    let plain = answer.cookie().replace("__Host-abruf", "abruf");
    assert_eq!(web.get("/handeln-fuer", &plain).await.status, StatusCode::SEE_OTHER);
    assert_eq!(web.get("/handeln-fuer", &answer.cookie()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn going_on_after_signing_in_stays_in_the_house() {
    let web = with_eva().await;
    for foreign in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let answer = web.post("/anmelden", "", &[("email", EVA), ("password", PASSWORD), ("weiter", foreign)]).await;
        assert_eq!(answer.header("location"), "/", "{foreign}");
    }
}

#[tokio::test]
async fn five_failures_pause_known_and_unknown_addresses_alike() {
    let web = with_eva().await;
    let mut answers = Vec::new();
    for email in [EVA, "niemand@altenrode.example"] {
        let mut texts = Vec::new();
        for _ in 0..6 {
            let answer = web.post("/anmelden", "", &[("email", email), ("password", "falsch")]).await;
            assert!(answer.headers.get(SET_COOKIE).is_none());
            texts.push((answer.status, answer.text.replace(email, "…")));
        }
        answers.push(texts);
    }
    assert_eq!(answers[0], answers[1], "nobody can tell who has an account");
    let left = |index: usize| answers[0][index].1.clone();
    assert!(left(0).contains("Noch 4 Versuche, danach 15 Minuten Pause."));
    assert!(left(3).contains("Noch 1 Versuch, danach 15 Minuten Pause."));
    assert!(left(4).contains("Bitte versuchen Sie es ab 13:15 Uhr noch einmal."), "{}", left(4));
    assert_eq!(answers[0][5].0, StatusCode::TOO_MANY_REQUESTS);

    let paused = web.post("/anmelden", "", &[("email", EVA), ("password", PASSWORD)]).await;
    assert_eq!((paused.status, paused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "900"));
    web.wait(TimeDelta::minutes(15));
    let again = web.post("/anmelden", "", &[("email", EVA), ("password", "falsch")]).await;
    assert!(again.text.contains("Noch 4 Versuche"), "the count starts anew");
    web.sign_in(EVA).await;
    let after = web.post("/anmelden", "", &[("email", EVA), ("password", "falsch")]).await;
    assert!(after.text.contains("Noch 4 Versuche"), "a success forgets the failures");
}

#[tokio::test]
async fn empty_fields_are_asked_for_and_cost_no_attempt() {
    let web = with_eva().await;
    for (email, password) in [("", ""), (EVA, ""), (" ", PASSWORD)] {
        for _ in 0..3 {
            let answer = web.post("/anmelden", "", &[("email", email), ("password", password)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text.contains("Bitte geben Sie E-Mail und Passwort ein."), "{email:?}");
        }
    }
    let first = web.post("/anmelden", "", &[("email", EVA), ("password", "falsch")]).await;
    assert!(first.text.contains("Noch 4 Versuche"), "{}", first.text);
}

#[tokio::test]
async fn whoever_is_sent_to_sign_in_reads_why() {
    let web = with_eva().await;
    let sent = web.get("/anmelden?weiter=/abrufe", "").await;
    assert!(sent.text.contains("Bitte melden Sie sich an. Danach geht es auf der Seite weiter"));
    for other in ["/anmelden", "/anmelden?weiter=/", "/anmelden?weiter=//evil.example"] {
        assert!(!web.get(other, "").await.text.contains("Bitte melden Sie sich an."), "{other}");
    }
}

#[tokio::test]
async fn each_page_says_when_the_session_ends() {
    let web = with_eva().await;
    let cookie = web.sign_in(EVA).await;
    let sentence = |hour: &str| format!("Ihre Sitzung endet um {hour} Uhr, wenn Sie bis dahin keine Seite öffnen.");
    let page = web.get("/handeln-fuer", &cookie).await;
    assert!(page.text.contains(&sentence("14:00")), "{}", page.text);
    assert!(page.text.contains("role=\"alertdialog\"") && page.text.contains("/session.js"));
    web.wait(TimeDelta::minutes(30));
    let renewed = web.get("/handeln-fuer", &cookie).await;
    assert!(renewed.text.contains(&sentence("14:30")), "{}", renewed.text);
    assert!(!web.get("/anmelden", "").await.text.contains("Ihre Sitzung endet"));
}

#[tokio::test]
async fn parallel_guesses_do_not_outrun_the_pause() {
    let web = with_eva().await;
    let guess = || web.post("/anmelden", "", &[("email", EVA), ("password", "falsch")]);
    let answers = tokio::join!(guess(), guess(), guess(), guess(), guess(), guess(), guess(), guess());
    let all = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5, answers.6, answers.7];
    let looked_at = all.iter().filter(|it| it.status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!(looked_at, 4, "the fifth begins the pause");
    assert!(all.iter().all(|it| it.status.is_client_error()));
}

#[tokio::test]
async fn the_same_person_may_sign_in_many_times_at_once() {
    let web = with_eva().await;
    let token = || web.token(EVA);
    let (a, b, c, d, e, f, g, h) = tokio::join!(token(), token(), token(), token(), token(), token(), token(), token());
    for token in [a, b, c, d, e, f, g, h] {
        assert_eq!(web.api("GET", "/api/v1/sessions/current", &token, None).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_cookie_renews_itself_until_an_hour_idle_or_twelve_in_all() {
    let web = with_eva().await;
    let mut cookie = web.sign_in(EVA).await;
    assert!(web.get("/handeln-fuer", &cookie).await.headers.get(SET_COOKIE).is_none(), "not due yet");
    for _ in 0..14 {
        web.wait(TimeDelta::minutes(50));
        let page = web.get("/handeln-fuer", &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        cookie = page.cookie();
        assert!(cookie.starts_with("abruf=ey"));
    }
    web.wait(TimeDelta::minutes(21));
    assert_eq!(web.get("/handeln-fuer", &cookie).await.status, StatusCode::SEE_OTHER, "twelve hours are over");

    let idle = web.sign_in(EVA).await;
    web.wait(TimeDelta::minutes(60));
    assert_eq!(web.get("/handeln-fuer", &idle).await.status, StatusCode::SEE_OTHER, "an hour idle");
}

#[tokio::test]
async fn a_bearer_ends_after_ten_minutes_unless_renewed() {
    let web = with_eva().await;
    let token = web.token(EVA).await;
    web.wait(TimeDelta::seconds(599));
    let renewed = web.api("PUT", "/api/v1/sessions/current", &token, Some(json!({}))).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text);
    assert_eq!(renewed.json()["expires_at"], "2026-11-22T12:19:59Z");
    web.wait(TimeDelta::seconds(1));
    let over = web.api("GET", "/api/v1/sessions/current", &token, None).await;
    assert_eq!((over.status, over.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    let renewed = renewed.json()["token"].as_str().unwrap().to_owned();
    let current = web.api("GET", "/api/v1/sessions/current", &renewed, None).await;
    assert_eq!(current.json()["acting_for"]["organisation_name"], "Stadt Altenrode");

    assert_eq!(web.api("DELETE", "/api/v1/sessions/current", &renewed, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(web.api("GET", "/api/v1/sessions/current", &renewed, None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_assignment_that_ends_ends_at_once() {
    let web = with_eva().await;
    let cookie = web.sign_in(EVA).await;
    sqlx::query("UPDATE assignment SET valid_to = '2026-11-21'").execute(&web.database.owner).await.unwrap();
    let page = web.get("/handeln-fuer", &cookie).await;
    assert!(page.text.contains("Ihnen ist zurzeit keine Aufgabe zugewiesen."));
    assert!(!page.text.contains("Sie handeln für"));
}

#[tokio::test]
async fn a_person_with_several_assignments_chooses_one_of_their_own() {
    let web = with_eva().await;
    let town = web.member("Stadt Neufeld").await;
    let person = web.person("max@neufeld.example", Role::Buyer, town).await;
    let approver = web.assign(person, Role::Approver, town).await;
    let foreign: (uuid::Uuid,) =
        sqlx::query_as("SELECT a.id FROM assignment a JOIN person p ON p.id = a.person_id WHERE p.email = $1")
            .bind(EVA)
            .fetch_one(&web.database.owner)
            .await
            .unwrap();

    let cookie = web.sign_in("max@neufeld.example").await;
    let page = web.get("/handeln-fuer", &cookie).await;
    assert!(page.text.contains("Sachbearbeitung") && page.text.contains("Freigabe"));
    let csrf = page.form_token();
    let choose = |id: String| {
        let (web, cookie, csrf) = (&web, cookie.as_str(), csrf.as_str());
        async move { web.post("/handeln-fuer", cookie, &[("csrf", csrf), ("assignment", &id), ("weiter", "/abrufe")]).await }
    };
    assert_eq!(choose(foreign.0.to_string()).await.status, StatusCode::NOT_FOUND);
    let chosen = choose(approver.to_string()).await;
    assert_eq!((chosen.status, chosen.header("location")), (StatusCode::SEE_OTHER, "/abrufe"));
    assert!(web.get("/handeln-fuer", &cookie).await.text.contains("<span class=\"app-acting__role\">Freigabe</span>"));

    let body = json!({ "email": "max@neufeld.example", "password": PASSWORD, "assignment_id": foreign.0 });
    let refused = web.api("POST", "/api/v1/sessions", "", Some(body)).await;
    assert_eq!(
        (refused.status, refused.json()["errors"][0]["field"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("assignment_id"))
    );
    let body = json!({ "email": "max@neufeld.example", "password": PASSWORD, "assignment_id": approver.0 });
    let created = web.api("POST", "/api/v1/sessions", "", Some(body)).await;
    assert_eq!(created.json()["acting_for"]["role"], "approver");
}

#[tokio::test]
async fn demo_accounts_stay_on_loopback() {
    for (base_url, status) in
        [("http://127.0.0.1:8080", StatusCode::SEE_OTHER), ("https://abruf.example", StatusCode::UNPROCESSABLE_ENTITY)]
    {
        let web = Web::at(base_url).await;
        let town = web.member("Stadt Altenrode").await;
        web.person(EVA, Role::Buyer, town).await;
        sqlx::query("UPDATE person SET demo = true").execute(&web.database.owner).await.unwrap();
        let answer = web.post("/anmelden", "", &[("email", EVA), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, status, "{base_url}");
    }
}

#[tokio::test]
async fn the_first_administrator_sets_a_password_with_a_link_that_works_once() {
    let web = Web::new().await;
    let new = async || match create_administrator(&web.app, "Admin@Elbe-Saale.example", "Ada Admin").await.unwrap() {
        create_administrator::Outcome::Created(link) => {
            link.url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
        }
        _ => panic!("no link"),
    };
    let older = new().await;
    let link = new().await;
    assert_eq!(web.get(&older, "").await.status, StatusCode::NOT_FOUND, "a newer link replaces the older");
    assert!(web.get(&link, "").await.text.contains("Guten Tag, Ada Admin."));

    let short = web.post(&link, "", &[("password", "zu kurz"), ("repeated", "zu kurz")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.text.contains("Das Passwort hat 7 Zeichen.") && short.text.contains("<title>Fehler: "));
    let differ = web.post(&link, "", &[("password", "richtig-lang-1"), ("repeated", "richtig-lang-2")]).await;
    assert!(differ.text.contains("Die beiden Passwörter sind verschieden."));

    let form = [("password", PASSWORD), ("repeated", PASSWORD)];
    let (one, two) = tokio::join!(web.post(&link, "", &form), web.post(&link, "", &form));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::NOT_FOUND]);
    let gone = web.get(&link, "").await;
    assert!(gone.status == StatusCode::NOT_FOUND && gone.text.contains("Dieser Link gilt nicht mehr"));

    let token = web.token("admin@elbe-saale.example").await;
    let current = web.api("GET", "/api/v1/sessions/current", &token, None).await.json();
    assert_eq!(current["acting_for"]["role"], "administrator");
    let link = new().await;
    web.wait(TimeDelta::minutes(30));
    assert_eq!(web.get(&link, "").await.status, StatusCode::NOT_FOUND, "a link lasts 30 minutes");
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old() {
    let web = with_eva().await;
    let cookie = web.sign_in(EVA).await;
    let link = match create_administrator(&web.app, EVA, "Eva Muster").await.unwrap() {
        create_administrator::Outcome::Created(link) => {
            link.url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
        }
        _ => panic!("no link"),
    };
    let done = web.post(&link, "", &[("password", "ein-ganz-neues"), ("repeated", "ein-ganz-neues")]).await;
    assert_eq!(done.header("location"), "/anmelden?hinweis=eingerichtet");
    assert_eq!(web.get("/handeln-fuer", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let web = with_eva().await;
    let cookie = web.sign_in(EVA).await;
    let token = web.get("/handeln-fuer", &cookie).await.form_token();
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for path in ["/abmelden", "/anmelden"] {
            let request = Request::post(path)
                .header(COOKIE, &cookie)
                .header("host", "127.0.0.1:8080")
                .header(name, value)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(format!("csrf={token}&email={EVA}&password={PASSWORD}")))
                .unwrap();
            assert_eq!(web.send(request).await.status, StatusCode::FORBIDDEN, "{name} {path}");
        }
    }
    // A cookie on the API without the token is a foreign form, too.
    let request = Request::delete("/api/v1/sessions/current").header(COOKIE, &cookie).body(Body::empty()).unwrap();
    assert_eq!(web.send(request).await.status, StatusCode::FORBIDDEN);
    let request = Request::delete("/api/v1/sessions/current").header(COOKIE, &cookie).header("x-csrf-token", token);
    assert_eq!(web.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn unusable_tokens_are_nobody() {
    let web = with_eva().await;
    let other = Web::seeded("http://127.0.0.1:8080", 43).await;
    let town = other.member("Stadt Altenrode").await;
    other.person(EVA, Role::Buyer, town).await;
    let foreign = other.token(EVA).await;
    let good = web.token(EVA).await;
    let cut = &good[..good.len() - 2];
    for token in ["x", "a.b.c", foreign.as_str(), cut] {
        assert_eq!(web.api("GET", "/api/v1/sessions/current", token, None).await.status, StatusCode::UNAUTHORIZED);
    }
    sqlx::query("UPDATE session SET revoked_at = now()").execute(&web.database.owner).await.unwrap();
    assert_eq!(web.api("GET", "/api/v1/sessions/current", &good, None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_sign_in_event_is_in_its_chain_without_personal_data() {
    let web = with_eva().await;
    web.post("/anmelden", "", &[("email", EVA), ("password", "falsch")]).await;
    let cookie = web.sign_in(EVA).await;
    let token = web.get("/handeln-fuer", &cookie).await.form_token();
    web.post("/abmelden", &cookie, &[("csrf", &token)]).await;
    create_administrator(&web.app, EVA, "Eva Muster").await.unwrap();

    let entries: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT sequence, action, canonical FROM audit_entry WHERE chain_id = $1 ORDER BY sequence")
            .bind(uuid::Uuid::nil())
            .fetch_all(&web.database.owner)
            .await
            .unwrap();
    let actions: Vec<_> = entries.iter().map(|(sequence, action, _)| (*sequence, action.as_str())).collect();
    let expected = ["sign_in_failed", "signed_in", "signed_out", "administrator_appointed"];
    assert_eq!(actions, (1..).zip(expected).collect::<Vec<_>>());
    assert!(entries.iter().all(|(_, _, text)| !text.contains("altenrode") && !text.contains("Muster")));
    assert!(entries[1].2.contains("\"request_id\":\""));
}
