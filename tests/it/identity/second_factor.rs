//! Who needs a second factor can do nothing without one; how it is set up, shown, lost and replaced.

use abruf::actor::Role;
use abruf::one_time_code::Secret;
use axum::http::StatusCode;
use chrono::TimeDelta;
use data_encoding::BASE32;
use serde_json::json;

use super::{give_factor, password_only, phone, post_code, sign_in_with_code};
use crate::web::{Answer, PASSWORD, Web};

const KARL: &str = "karl@altenrode.example";
const EVA: &str = "eva@altenrode.example";

/// The secret the page shows as text.
fn shown(page: &Answer) -> Secret {
    let text = page.text.split("<dt>Schlüssel</dt><dd><strong class=\"cell-text\">").nth(1).unwrap();
    let text = text.split('<').next().unwrap().replace('-', "");
    Secret::known(BASE32.decode(text.as_bytes()).unwrap().try_into().unwrap())
}

fn recovery_codes(page: &Answer) -> Vec<String> {
    page.text.split("<li><strong>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_approver_sets_a_factor_up_and_can_do_nothing_else_before() {
    let web = Web::in_earnest().await;
    let town = web.member("Stadt Altenrode").await;
    web.person(KARL, Role::Approver, town).await;
    let form = [("email", KARL), ("password", PASSWORD), ("weiter", "/freigaben")];
    let half = web.post("/anmelden", "", &form).await;
    assert_eq!(half.header("location"), "/konto/zweiter-faktor?weiter=/freigaben");
    let cookie = half.cookie();
    for page in ["/", "/freigaben", "/abrufe", "/handeln-fuer", "/konto", "/konto/anmeldungen"] {
        let away = web.get(page, &cookie).await;
        assert_eq!(away.status, StatusCode::SEE_OTHER, "{page}");
        assert!(away.header("location").starts_with("/konto/zweiter-faktor"), "{page}: {}", away.header("location"));
    }
    assert_eq!(web.post("/konto/passwort", &cookie, &[]).await.status, StatusCode::UNAUTHORIZED);

    let page = web.get("/konto/zweiter-faktor?weiter=/freigaben", &cookie).await;
    assert!(page.status == StatusCode::OK && page.text.contains("<svg class=\"qr-code\""), "{}", page.text);
    let secret = shown(&page);
    assert_eq!(secret, shown(&web.get("/konto/zweiter-faktor", &cookie).await), "two tabs show one secret");
    let csrf = page.form_token();
    let post = async |code: &str| {
        let form = [("csrf", csrf.as_str()), ("code", code), ("weiter", "/freigaben")];
        web.post("/konto/zweiter-faktor", &cookie, &form).await
    };
    let wrong = post("000000").await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("Dieser Code gilt nicht"));
    let done = post(&secret.code_at(web.now())).await;
    assert_eq!((done.status, recovery_codes(&done).len()), (StatusCode::OK, 8), "{}", done.text);
    let new = done.cookie();
    assert_ne!(new, cookie);
    assert_eq!(web.get("/freigaben", &new).await.status, StatusCode::OK);
    assert_eq!(web.get("/freigaben", &cookie).await.status, StatusCode::SEE_OTHER, "the first session is over");
}

#[tokio::test]
async fn a_buyer_needs_none_and_may_have_one() {
    let web = Web::in_earnest().await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    let cookie = web.sign_in(EVA).await;
    assert_eq!(web.get("/abrufe", &cookie).await.status, StatusCode::OK);
    give_factor(&web, eva).await;
    let away = web.get("/abrufe", &cookie).await;
    assert_eq!(away.header("location"), "/anmelden/code?weiter=/abrufe", "the open session lacks it from now on");
    // One becomes an approver: from the next request on a factor is needed.
    sqlx::query("DELETE FROM second_factor").execute(&web.database.owner).await.unwrap();
    assert_eq!(web.get("/abrufe", &cookie).await.status, StatusCode::OK);
    web.assign(eva, Role::Approver, town).await;
    assert!(web.get("/abrufe", &cookie).await.header("location").starts_with("/konto/zweiter-faktor"));
}

#[tokio::test]
async fn password_and_code_sign_in_and_a_code_only_once() {
    let web = Web::in_earnest().await;
    let town = web.member("Stadt Altenrode").await;
    let karl = web.person(KARL, Role::Approver, town).await;
    give_factor(&web, karl).await;
    let waiting = password_only(&web, KARL).await;
    assert_eq!(web.get("/freigaben", &waiting).await.status, StatusCode::SEE_OTHER);
    assert_eq!(web.get("/konto/zweiter-faktor", &waiting).await.header("location"), "/anmelden/code");
    let code = phone().code_at(web.now());
    let done = post_code(&web, &waiting, &code).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", done.text);
    let cookie = done.cookie();
    assert_ne!(cookie, waiting, "a new session: who knew the old one has nothing");
    assert_eq!(web.get("/freigaben", &cookie).await.status, StatusCode::OK);

    let waiting = password_only(&web, KARL).await;
    let again = post_code(&web, &waiting, &code).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the same code again");
    web.wait(TimeDelta::seconds(30));
    let next = post_code(&web, &waiting, &phone().code_at(web.now())).await;
    assert_eq!(next.status, StatusCode::SEE_OTHER);
    // A session that waits does not wait for ever.
    let waiting = password_only(&web, KARL).await;
    web.wait(TimeDelta::minutes(15));
    assert_eq!(web.get("/anmelden/code", &waiting).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn programs_send_the_code_with_the_password() {
    let web = Web::in_earnest().await;
    let town = web.member("Stadt Altenrode").await;
    let karl = web.person(KARL, Role::Approver, town).await;
    let sign_in = async |code: Option<&str>| {
        let mut body = json!({ "email": KARL, "password": PASSWORD });
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        web.api("POST", "/api/v1/sessions", "", Some(body)).await
    };
    let none = sign_in(None).await;
    assert_eq!(
        (none.status, &none.json()["type"]),
        (StatusCode::UNAUTHORIZED, &json!("/hilfe/probleme/second-factor-missing"))
    );
    give_factor(&web, karl).await;
    let missing = sign_in(None).await;
    assert_eq!(
        (missing.status, &missing.json()["type"]),
        (StatusCode::UNAUTHORIZED, &json!("/hilfe/probleme/second-factor-needed"))
    );
    assert_eq!(sign_in(Some("123")).await.json()["type"], "/hilfe/probleme/sign-in-refused");
    let code = phone().code_at(web.now());
    let done = sign_in(Some(&code)).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    let token = done.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(web.api("GET", "/api/v1/call-offs", &token, None).await.status, StatusCode::OK);
    assert_eq!(sign_in(Some(&code)).await.status, StatusCode::UNAUTHORIZED, "a code is good once");
    for page in ["second-factor-missing", "second-factor-needed"] {
        assert_eq!(web.get(&format!("/hilfe/probleme/{page}"), "").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_and_new_ones_replace_the_old() {
    let web = Web::in_earnest().await;
    let town = web.member("Stadt Altenrode").await;
    let karl = web.person(KARL, Role::Approver, town).await;
    give_factor(&web, karl).await;
    let cookie = sign_in_with_code(&web, KARL).await;
    web.wait(TimeDelta::seconds(30));
    let csrf = web.get("/konto/zweiter-faktor", &cookie).await.form_token();
    let renew =
        async |code: &str| web.post("/konto/zweiter-faktor/codes", &cookie, &[("csrf", &csrf), ("code", code)]).await;
    assert_eq!(renew("000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let old = recovery_codes(&renew(&phone().code_at(web.now())).await);
    web.wait(TimeDelta::seconds(30));
    let codes = recovery_codes(&renew(&phone().code_at(web.now())).await);
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM recovery_code WHERE length(code_sha256) = 32")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert_eq!((codes.len(), stored), (8, 8));

    let waiting = password_only(&web, KARL).await;
    assert_eq!(post_code(&web, &waiting, &old[0]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "an old one");
    let lower = codes[0].to_lowercase();
    assert_eq!(post_code(&web, &waiting, &lower).await.status, StatusCode::SEE_OTHER);
    let waiting = password_only(&web, KARL).await;
    assert_eq!(post_code(&web, &waiting, &codes[0]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "used");
    assert_eq!(post_code(&web, &waiting, &codes[1]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_phone_is_set_up_with_a_code_of_the_old_one() {
    let web = Web::in_earnest().await;
    let town = web.member("Stadt Altenrode").await;
    let karl = web.person(KARL, Role::Approver, town).await;
    give_factor(&web, karl).await;
    let cookie = sign_in_with_code(&web, KARL).await;
    web.wait(TimeDelta::seconds(30));
    let csrf = web.get("/konto/zweiter-faktor", &cookie).await.form_token();
    let remove = async |code: &str| {
        web.post("/konto/zweiter-faktor/entfernen", &cookie, &[("csrf", &csrf), ("code", code)]).await
    };
    assert_eq!(remove("000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(remove(&phone().code_at(web.now())).await.header("location"), "/konto/zweiter-faktor?hinweis=entfernt");
    let page = web.get("/konto/zweiter-faktor", &cookie).await;
    assert!(page.text.contains("Ihre Aufgaben verlangen einen zweiten Faktor"), "{}", page.text);
    assert_ne!(shown(&page), phone(), "another secret");
    assert_eq!(web.get("/freigaben", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_lost_factor_is_taken_away_by_two_others() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    let karl = web.person(KARL, Role::Approver, town).await;
    give_factor(&web, karl).await;
    web.person("ada@elbe.example", Role::Administrator, web.body).await;
    web.person("olga@elbe.example", Role::Office, web.body).await;
    let (ada, olga) = (web.sign_in("ada@elbe.example").await, web.sign_in("olga@elbe.example").await);
    let address = format!("/verwaltung/personen/{}", karl.0);
    let post = async |cookie: &str, name: &str, value: &str| {
        let csrf = web.get("/konto", cookie).await.form_token();
        web.post(&format!("{address}/zweiter-faktor"), cookie, &[("csrf", &csrf), (name, value)]).await
    };
    let short = post(&olga, "reason", "kurz").await;
    assert!(
        short.status == StatusCode::UNPROCESSABLE_ENTITY && short.text.contains("woran Sie die Person erkannt haben")
    );
    let asked = post(&olga, "reason", "Rückruf über die Zentrale des Rathauses").await;
    assert_eq!(asked.header("location"), format!("{address}?hinweis=beantragt"), "{}", asked.text);
    assert_eq!(post(&ada, "reason", "Rückruf über die Zentrale").await.status, StatusCode::CONFLICT, "one waits");
    assert_eq!(post(&olga, "decision", "ja").await.status, StatusCode::CONFLICT, "who asked does not decide");
    let left = "SELECT count(*) FROM second_factor";
    let count = async || sqlx::query_scalar::<_, i64>(left).fetch_one(&web.database.owner).await.unwrap();
    assert_eq!(count().await, 1);
    assert_eq!(post(&ada, "decision", "ja").await.header("location"), format!("{address}?hinweis=entschieden"));
    assert_eq!(count().await, 0);
    assert_eq!(post(&ada, "decision", "ja").await.status, StatusCode::NOT_FOUND, "none waits");
    let refused = sqlx::query(
        "INSERT INTO factor_reset (id, body_id, person_id, reason, asked_by, asked_at, decided_by, decided_at, approved)
         SELECT gen_random_uuid(), body_id, person_id, reason, asked_by, asked_at, asked_by, asked_at, true FROM factor_reset",
    )
    .execute(&web.database.owner)
    .await;
    assert!(refused.unwrap_err().to_string().contains("factor_reset_four_eyes"));
}
