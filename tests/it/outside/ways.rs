//! The honest ways: in, tied, narrowed, with a second factor, out again; and providers that change their keys.

use abruf::actor::Role;
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::provider::{Key, Provider, parameter};
use super::{EVA, KARL, begin, is_refused, sign_in, tie, web_with};
use crate::identity::{give_factor, phone};
use crate::web::{Answer, PASSWORD, Web};

const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

async fn comes_in(web: &Web, provider: &Provider, subject: &str) -> Answer {
    let answer = sign_in(web, provider, "a", subject).await;
    assert_eq!(answer.header("location"), "/abrufe", "{}", answer.text);
    answer
}

#[tokio::test]
async fn the_page_offers_each_provider_and_signs_in_and_out() {
    let (one, two) = (Provider::start(Key::ec("k1")).await, Provider::start(Key::rsa("k1")).await);
    let web = web_with(&[&one, &two], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    tie(&web, &one, "s-1", eva).await;
    let page = web.get("/anmelden?weiter=/abrufe", "").await.text;
    for link in ["/anmelden/extern/a?weiter=/abrufe", "/anmelden/extern/b?weiter=/abrufe"] {
        assert!(page.contains(link), "{page}");
    }
    let cookie = comes_in(&web, &one, "s-1").await.cookie();
    assert_eq!(web.get("/abrufe", &cookie).await.status, StatusCode::OK);
    assert!(web.get("/konto/anmeldungen", &cookie).await.text.contains("Über einen Anmeldedienst angemeldet"));

    let csrf = web.get("/konto", &cookie).await.form_token();
    let out = web.post("/abmelden", &cookie, &[("csrf", &csrf)]).await;
    assert_eq!(out.header("location"), "/anmelden?hinweis=abgemeldet&anbieter=a");
    assert_eq!(web.get("/abrufe", &cookie).await.status, StatusCode::SEE_OTHER);
    let after = web.get(out.header("location"), "").await.text;
    assert!(
        after.contains("Auch dort abmelden") && after.contains(&format!("{}/logout?client_id=abruf", one.issuer)),
        "{after}"
    );
}

#[tokio::test]
async fn keys_that_change_are_fetched_anew_but_not_for_every_forged_token() {
    let provider = Provider::start(Key::ec("k1")).await;
    let web = web_with(&[&provider], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    tie(&web, &provider, "s-1", eva).await;
    comes_in(&web, &provider, "s-1").await;
    assert_eq!(provider.keys_asked(), 1);
    web.wait(TimeDelta::seconds(60));
    provider.rotate(Key::rsa("k2"));
    comes_in(&web, &provider, "s-1").await;
    assert_eq!(provider.keys_asked(), 2, "under an unknown key the keys were fetched anew");
    // The key of before counts no more, and asking for keys that are not there is bounded.
    for _ in 0..5 {
        let (page, browser) = begin(&web, "a", "/").await;
        let unknown = Key::ec("k9");
        let token = unknown.token(&unknown.header(), &provider.claims(&page, web.now()));
        assert!(is_refused(&web.get(&provider.sends(&page, token), &browser).await, "extern-abgelehnt"));
    }
    assert_eq!(provider.keys_asked(), 2);
    // A provider that is silent for a while is known as it was.
    web.wait(TimeDelta::hours(2));
    provider.falls_silent();
    comes_in(&web, &provider, "s-1").await;
}

#[tokio::test]
async fn a_second_factor_there_counts_only_where_the_settings_trust_it() {
    let provider = Provider::start(Key::ec("k1")).await;
    for (trusted, amr, acr, lands) in [
        ("", json!(["pwd", "mfa"]), json!("high"), "/anmelden/code?weiter=/abrufe"),
        ("second_factor_amr = [\"mfa\"]", json!(["pwd", "mfa"]), Value::Null, "/abrufe"),
        ("second_factor_amr = [\"mfa\"]", json!(["pwd"]), json!("mfa"), "/anmelden/code?weiter=/abrufe"),
        ("second_factor_acr = [\"high\"]", Value::Null, json!("high"), "/abrufe"),
        ("second_factor_acr = [\"high\"]", json!(["high"]), json!("low"), "/anmelden/code?weiter=/abrufe"),
    ] {
        let web = web_with(&[&provider], trusted).await;
        let town = web.member("Stadt Altenrode").await;
        let karl = web.person(KARL, Role::Approver, town).await;
        give_factor(&web, karl).await;
        tie(&web, &provider, "s-1", karl).await;
        let (page, browser) = begin(&web, "a", "/abrufe").await;
        let back = provider.says(&page, web.now(), |claims| {
            claims["amr"] = amr.clone();
            claims["acr"] = acr.clone();
        });
        let came = web.get(&back, &browser).await;
        assert_eq!(came.header("location"), lands, "{trusted} {amr} {acr}");
        let opens = web.get("/freigaben", &came.cookie()).await.status == StatusCode::OK;
        assert_eq!(opens, lands == "/abrufe", "{trusted} {amr} {acr}");
        if !opens {
            // Our own code does what is missing, and the session stays one of the provider.
            let csrf = web.get("/anmelden/code", &came.cookie()).await.form_token();
            let code = phone().code_at(web.now());
            let form = [("csrf", csrf.as_str()), ("code", code.as_str())];
            let done = web.post("/anmelden/code", &came.cookie(), &form).await;
            assert_eq!(web.get("/freigaben", &done.cookie()).await.status, StatusCode::OK);
            let of: i64 = sqlx::query_scalar("SELECT count(*) FROM session WHERE issuer = $1 AND revoked_at IS NULL")
                .bind(&provider.issuer)
                .fetch_one(&web.database.owner)
                .await
                .unwrap();
            assert_eq!(of, 1);
        }
    }
    // Nobody without any factor becomes an approver by a provider that shows none.
    let web = web_with(&[&provider], "second_factor_amr = [\"mfa\"]").await;
    let town = web.member("Stadt Altenrode").await;
    let karl = web.person(KARL, Role::Approver, town).await;
    tie(&web, &provider, "s-1", karl).await;
    let came = sign_in(&web, &provider, "a", "s-1").await;
    assert_eq!(came.header("location"), "/konto/zweiter-faktor?weiter=/abrufe");
    assert_eq!(web.get("/freigaben", &came.cookie()).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_a_provider_says_narrows_our_assignments_and_gives_none() {
    let provider = Provider::start(Key::ec("k1")).await;
    let plain = web_with(&[&provider], "").await;
    drop(plain);
    let more = "role_claim = \"groups\"\n[provider.roles]\n\"einkauf\" = \"buyer\"\n\"kasse\" = \"treasurer\"\n\"chef\" = \"administrator\"";
    let web = web_with(&[&provider], more).await;
    let (town, other) = (web.member("Stadt Altenrode").await, web.member("Stadt Neufeld").await);
    let eva = web.person(EVA, Role::Buyer, town).await;
    let treasurer = web.assign(eva, Role::Treasurer, other).await;
    tie(&web, &provider, "s-1", eva).await;
    let comes = async |groups: Value| {
        let (page, browser) = begin(&web, "a", "/abrufe").await;
        web.get(&provider.says(&page, web.now(), |claims| claims["groups"] = groups), &browser).await
    };
    let buyer = comes(json!(["einkauf", "kegeln"])).await;
    assert_eq!(buyer.header("location"), "/abrufe");
    let cookie = buyer.cookie();
    assert_eq!(web.get("/lizenzen", &cookie).await.status, StatusCode::OK, "acts as the buyer, without a choice");
    assert_eq!(web.get("/haushalt", &cookie).await.status, StatusCode::NOT_FOUND);
    let choice = web.get("/handeln-fuer", &cookie).await;
    assert!(choice.text.contains("Altenrode") && !choice.text.contains("Neufeld"), "{}", choice.text);
    let csrf = choice.form_token();
    let treasurer = treasurer.0.to_string();
    let form = [("csrf", csrf.as_str()), ("assignment", treasurer.as_str())];
    assert_eq!(web.post("/handeln-fuer", &cookie, &form).await.status, StatusCode::NOT_FOUND);
    let treasurer = comes(json!("kasse")).await;
    assert_eq!(web.get("/haushalt", &treasurer.cookie()).await.status, StatusCode::OK);
    // A role the person has not been given here is not theirs, whatever the provider says.
    for groups in [json!(["chef"]), json!([]), json!("x"), json!(7), Value::Null] {
        assert!(is_refused(&comes(groups.clone()).await, "extern-aufgabe"), "{groups}");
    }
    // By the password they have all of it, as before.
    let cookie = web.sign_in(EVA).await;
    assert!(web.get("/handeln-fuer", &cookie).await.text.contains("Neufeld"));
}

#[tokio::test]
async fn an_account_is_tied_by_the_link_of_an_invitation_or_in_an_open_session() {
    let provider = Provider::start(Key::ec("k1")).await;
    let web = web_with(&[&provider], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    let karl = web.person(KARL, Role::Buyer, town).await;
    let link = async |purpose: &str| {
        let token = format!("link-{purpose}");
        sqlx::query(
            "INSERT INTO one_time_link (token_sha256, person_id, created_at, expires_at, purpose)
             VALUES (sha256($1::bytea), $2, $3, $3 + interval '20 minutes', $4)",
        )
        .bind(token.as_bytes())
        .bind(eva.0)
        .bind(web.now())
        .bind(purpose)
        .execute(&web.database.owner)
        .await
        .unwrap();
        format!("/konto/einrichten/{token}")
    };
    // After a forgotten password a link is for a password.
    let recovery = link("recovery").await;
    assert!(!web.get(&recovery, "").await.text.contains("Ohne eigenes Passwort"));
    assert_eq!(web.post(&format!("{recovery}/a"), "", &[]).await.status, StatusCode::NOT_FOUND);
    let invitation = link("invitation").await;
    assert!(web.get(&invitation, "").await.text.contains("Mit Stadt a anmelden"));
    let go = async |path: &str, cookie: &str, csrf: &str| {
        let page = web.post(path, cookie, &[("csrf", csrf)]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let to = page.text.split("kern-btn--primary\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        (to.replace("&amp;", "&").replace("&#38;", "&"), page.cookie())
    };
    let (page, browser) = go(&format!("{invitation}/a"), "", "").await;
    let came = web.get(&provider.says(&page, web.now(), |_| ()), &browser).await;
    assert_eq!((came.status, came.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", came.text);
    assert_eq!(web.get("/abrufe", &came.cookie()).await.status, StatusCode::OK);
    assert_eq!(web.get(&invitation, "").await.status, StatusCode::NOT_FOUND, "the link is used up");
    comes_in(&web, &provider, "s-1").await;

    // In an open session; an account that is somebody's stays theirs.
    let cookie = web.sign_in(KARL).await;
    let list = web.get("/konto/anbieter", &cookie).await;
    assert!(list.text.contains("nicht verbunden"));
    let csrf = list.form_token();
    let (page, browser) = go("/konto/anbieter/a/verbinden", &cookie, &csrf).await;
    let both = format!("{cookie}; {browser}");
    let taken = web.get(&provider.says(&page, web.now(), |_| ()), &both).await;
    assert_eq!(taken.header("location"), "/konto/anbieter?hinweis=extern-vergeben");
    // Whoever is not signed in any more, or as somebody else, ties nothing.
    let eva_cookie = web.sign_in(EVA).await;
    for others in [String::new(), format!("{eva_cookie}; ")] {
        let (page, browser) = go("/konto/anbieter/a/verbinden", &cookie, &csrf).await;
        let back = provider.says(&page, web.now(), |claims| claims["sub"] = json!("s-2"));
        let refused = web.get(&back, &format!("{others}{browser}")).await;
        assert_eq!(refused.header("location"), "/konto/anbieter?hinweis=extern-neu");
    }
    let (page, browser) = go("/konto/anbieter/a/verbinden", &cookie, &csrf).await;
    let back = provider.says(&page, web.now(), |claims| claims["sub"] = json!("s-2"));
    let tied = web.get(&back, &format!("{cookie}; {browser}")).await;
    assert_eq!(tied.header("location"), "/konto/anbieter?hinweis=verbunden");
    let of: uuid::Uuid = sqlx::query_scalar("SELECT person_id FROM outside_identity WHERE subject = 's-2'")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert_eq!(of, karl.0);
    let loose = web.post("/konto/anbieter/a/trennen", &cookie, &[("csrf", &csrf)]).await;
    assert_eq!(loose.header("location"), "/konto/anbieter?hinweis=getrennt");
    assert!(is_refused(&sign_in(&web, &provider, "a", "s-2").await, "extern-unbekannt"));
    // Without a password it is the only way in, and stays.
    sqlx::query("UPDATE person SET password_hash = NULL WHERE id = $1")
        .bind(eva.0)
        .execute(&web.database.owner)
        .await
        .unwrap();
    let csrf = web.get("/konto", &eva_cookie).await.form_token();
    let stays = web.post("/konto/anbieter/a/trennen", &eva_cookie, &[("csrf", &csrf)]).await;
    assert_eq!(stays.header("location"), "/konto/anbieter?hinweis=letzter");
    assert!(!PASSWORD.is_empty() && !parameter(&page, "state").is_empty());
}

#[tokio::test]
async fn a_provider_ends_what_began_by_it_and_nothing_else() {
    let provider = Provider::start(Key::ec("k1")).await;
    let web = web_with(&[&provider], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    tie(&web, &provider, "s-1", eva).await;
    let comes = async |sid: &str| {
        let (page, browser) = begin(&web, "a", "/").await;
        web.get(&provider.says(&page, web.now(), |claims| claims["sid"] = json!(sid)), &browser).await.cookie()
    };
    let (first, second, by_password) = (comes("x-1").await, comes("x-2").await, web.sign_in(EVA).await);
    let lives = async |cookie: &str| web.get("/abrufe", cookie).await.status == StatusCode::OK;
    let key = provider.key();
    let now = web.now().timestamp();
    let good = json!({ "iss": provider.issuer, "aud": "abruf", "sub": "s-1", "sid": "x-1", "iat": now, "exp": now + 120,
        "jti": "j", "events": { LOGOUT: {} } });
    let send = async |token: &str| web.post("/anmelden/extern/a/abmelden", "", &[("logout_token", token)]).await.status;
    for (name, field, value) in [
        ("with a nonce", "nonce", json!("n")),
        ("of no logout", "events", json!({ "other": {} })),
        ("with an event that is none", "events", json!({ LOGOUT: "x" })),
        ("of another issuer", "iss", json!("https://evil.example")),
        ("for another client", "aud", json!("other")),
        ("over", "exp", json!(now)),
        ("old", "iat", json!(now - 601)),
        ("without anybody", "sub", Value::Null),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        assert_eq!(send(&key.token(&key.header(), &wrong)).await, StatusCode::BAD_REQUEST, "{name}");
    }
    let foreign = Key::ec("k1");
    assert_eq!(send(&foreign.token(&foreign.header(), &good)).await, StatusCode::BAD_REQUEST, "of a foreign key");
    assert_eq!(send("x").await, StatusCode::BAD_REQUEST);
    assert!(lives(&first).await && lives(&second).await);

    assert_eq!(send(&key.token(&key.header(), &good)).await, StatusCode::OK);
    assert!(!lives(&first).await && lives(&second).await && lives(&by_password).await, "that session alone");
    let mut all = good.clone();
    all.as_object_mut().unwrap().remove("sid");
    let all = key.token(&key.header(), &all);
    assert_eq!(send(&all).await, StatusCode::OK);
    assert!(!lives(&second).await && lives(&by_password).await, "all that began by it");
    // Sent once more later, it ends nothing that began since.
    web.wait(TimeDelta::seconds(60));
    let third = comes("x-3").await;
    assert_eq!(send(&all).await, StatusCode::OK);
    assert!(lives(&third).await);
}
