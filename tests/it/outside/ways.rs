//! The honest ways: in, tied, narrowed, with a second factor, out again; and providers that change their keys.

use abruf::actor::Role;
use abruf_domain::ids::OrganisationId;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST, REFERER};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::provider::{Key, Provider, parameter};
use super::{EVA, KARL, begin, is_refused, sign_in, tie, web_with};
use crate::identity::{give_factor, phone};
use crate::pages::browser::hidden;
use crate::web::{Answer, PASSWORD, Web, escaped};

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
async fn what_a_provider_says_of_members_narrows_whom_one_acts_for() {
    let (altenrode, neufeld) = (uuid::Uuid::from_u128(0xa1), uuid::Uuid::from_u128(0xa2));
    let provider = Provider::start(Key::ec("k1")).await;
    let more = format!(
        "member_claim = \"town\"\n[provider.members]\n\"stadt-a\" = \"{altenrode}\"\n\"stadt-n\" = \"{neufeld}\"\n\"weg\" = \"{}\"",
        uuid::Uuid::from_u128(0xa3)
    );
    let web = web_with(&[&provider], &more).await;
    for (id, name) in [(altenrode, "Stadt Altenrode"), (neufeld, "Stadt Neufeld")] {
        sqlx::query(
            "INSERT INTO organisation (id, name, kind, region, created_at) VALUES ($1, $2, 'stadt', 'DE-ST', $3)",
        )
        .bind(id)
        .bind(name)
        .bind(web.now())
        .execute(&web.database.owner)
        .await
        .unwrap();
        web.plays(OrganisationId(id), "member").await;
    }
    let eva = web.person(EVA, Role::Buyer, OrganisationId(altenrode)).await;
    web.assign(eva, Role::Treasurer, OrganisationId(neufeld)).await;
    let third = web.member("Stadt Drittwalde").await;
    web.assign(eva, Role::Buyer, third).await;
    tie(&web, &provider, "s-1", eva).await;
    let comes = async |town: Value| {
        let (page, browser) = begin(&web, "a", "/abrufe").await;
        web.get(&provider.says(&page, web.now(), |claims| claims["town"] = town), &browser).await
    };
    for (said, names) in [
        (json!("stadt-a"), vec!["Altenrode"]),
        (json!(["stadt-n"]), vec!["Neufeld"]),
        (json!(["stadt-a", "stadt-n", "kegelverein"]), vec!["Altenrode", "Neufeld"]),
    ] {
        let came = comes(said.clone()).await;
        assert_eq!(came.header("location"), "/abrufe", "{said}");
        let choice = web.get("/handeln-fuer", &came.cookie()).await.text;
        for name in ["Altenrode", "Neufeld", "Drittwalde"] {
            assert_eq!(choice.contains(name), names.contains(&name), "{said}: {name}");
        }
        let acts = choice.contains("Sie handeln für: <strong>");
        assert_eq!(acts, names.len() == 1, "{said}: where there is no choice nobody has to make it");
    }
    // Mapped or not: a member the person has no assignment for is not theirs; nor is one that is not mapped.
    for said in [json!("weg"), json!("Stadt Altenrode"), json!(altenrode), json!([]), json!(""), json!(7), Value::Null]
    {
        assert!(is_refused(&comes(said.clone()).await, "extern-aufgabe"), "{said}");
    }
    let by_password = web.get("/handeln-fuer", &web.sign_in(EVA).await).await.text;
    assert!(by_password.contains("Drittwalde"), "the password narrows nothing");
}

/// A form that meets no session, as a browser sends it.
async fn send_late(web: &Web, path: &str, form: &[(&str, &str)]) -> Answer {
    let body = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
    let request = Request::post(path)
        .header(HOST, "127.0.0.1:8080")
        .header(REFERER, format!("http://127.0.0.1:8080{path}"))
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    web.send(request.body(Body::from(body)).unwrap()).await
}

/// The sign-in page's form for a provider, sent; the provider's page and the cookie of the browser.
async fn go_with(web: &Web, weiter: &str, sealed: &str) -> (String, String) {
    let page = web.post("/anmelden/extern/a", "", &[("weiter", weiter), ("bewahrt", sealed)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let to = page.text.split("kern-btn--primary\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    (to.replace("&amp;", "&").replace("&#38;", "&"), page.cookie())
}

async fn kept_beside(web: &Web) -> Vec<Option<String>> {
    sqlx::query_scalar("SELECT kept FROM outside_sign_in").fetch_all(&web.database.owner).await.unwrap()
}

#[tokio::test]
async fn what_was_typed_before_is_there_after_signing_in_by_a_provider() {
    const FORM: &str = "/konto/schluessel";
    const TYPED: &str = "Export für die <Finanzsoftware> & mehr";
    let provider = Provider::start(Key::ec("k1")).await;
    let web = web_with(&[&provider], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    let karl = web.person(KARL, Role::Approver, town).await;
    give_factor(&web, karl).await;
    tie(&web, &provider, "s-1", eva).await;
    tie(&web, &provider, "s-2", karl).await;

    // Eva types, her session ends, she sends.
    let cookie = comes_in(&web, &provider, "s-1").await.cookie();
    let page = web.get(FORM, &cookie).await;
    let mut form = hidden(&page.text, FORM);
    form.push(("name".to_owned(), TYPED.to_owned()));
    let csrf = page.form_token();
    web.post("/abmelden", &cookie, &[("csrf", &csrf)]).await;
    let sent: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let asked = send_late(&web, FORM, &sent).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    let offered = hidden(&asked.text, "/anmelden/extern/a");
    let value = |name: &str| offered.iter().find(|(it, _)| it == name).unwrap().1.clone();
    let (weiter, sealed) = (value("weiter"), value("bewahrt"));
    assert_eq!(weiter, FORM);
    assert!(!sealed.is_empty() && !asked.text.contains("Finanzsoftware"));

    // Another person gets nothing of it, and goes where the form was.
    let (away, browser) = go_with(&web, &weiter, &sealed).await;
    assert_eq!(kept_beside(&web).await, [Some(sealed.clone())], "sealed, as it was sent");
    let back = web.get(&provider.says(&away, web.now(), |claims| claims["sub"] = json!("s-2")), &browser).await;
    assert!(back.text.contains("Code eingeben") && back.text.contains(&sealed), "{}", back.text);
    let (csrf, code) = (back.form_token(), phone().code_at(web.now()));
    let waiting = back.cookie();
    let form = [("csrf", csrf.as_str()), ("code", code.as_str()), ("weiter", FORM), ("bewahrt", sealed.as_str())];
    let karls = web.post("/anmelden/code", &waiting, &form).await;
    assert_eq!((karls.status, karls.header("location")), (StatusCode::SEE_OTHER, FORM), "{}", karls.text);

    // She herself finds it again, once signed in, and sends it.
    let (away, browser) = go_with(&web, &weiter, &sealed).await;
    let back = web.get(&provider.says(&away, web.now(), |_| ()), &browser).await;
    assert_eq!(back.status, StatusCode::OK, "{} {}", back.header("location"), back.text);
    assert!(back.text.contains("Ihre Eingaben sind noch da") && back.text.contains("Finanzsoftware"), "{}", back.text);
    assert!(kept_beside(&web).await.is_empty(), "nothing of it stays here");
    let again = hidden(&back.text, FORM);
    let plain = |text: &str| text.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&");
    let again: Vec<(String, String)> = again.into_iter().map(|(name, value)| (name, plain(&value))).collect();
    assert!(again.iter().any(|(name, value)| name == "name" && value == TYPED), "{again:?}");
    let sent: Vec<(&str, &str)> = again.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let done = web.post(FORM, &back.cookie(), &sent).await;
    assert_eq!(done.status, StatusCode::UNPROCESSABLE_ENTITY, "taken in the session of now: {}", done.text);
    assert!(done.text.contains("Finanzsoftware"), "{}", done.text);
}

#[tokio::test]
async fn only_forms_sealed_here_lie_beside_a_sign_in_by_a_provider() {
    let provider = Provider::start(Key::ec("k1")).await;
    let web = web_with(&[&provider], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    tie(&web, &provider, "s-1", eva).await;
    for made_up in ["", "x", "AAAA", &"A".repeat(90_000)] {
        let (away, browser) = go_with(&web, "https://evil.example/", made_up).await;
        assert!(kept_beside(&web).await.iter().all(Option::is_none), "{} characters", made_up.len());
        let back = web.get(&provider.says(&away, web.now(), |_| ()), &browser).await;
        assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", back.text);
    }
    assert_eq!(web.post("/anmelden/extern/gibt-es-nicht", "", &[]).await.status, StatusCode::NOT_FOUND);
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
