//! What members learn about looks from outside, what people learn about themselves, and that no page calls others.

use std::io::{Cursor, Read};
use std::time::Duration;

use abruf::actor::Role;
use axum::http::{Method, StatusCode};
use zip::ZipArchive;

use super::Desk;
use crate::pages::browser::read;
use crate::web::Web;

#[tokio::test]
async fn a_look_of_the_office_is_seen_by_the_member_and_its_own_looks_are_not_kept() {
    let desk = Desk::new().await;
    let id = desk.world.request(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    let path = format!("/abrufe/{id}");
    let karl = desk.browser(&desk.karl).await;
    karl.page(&path).await;
    desk.browser(&desk.office).await.page(&path).await;
    let mut text = String::new();
    // It is written after the answer has left.
    for _ in 0..100 {
        text = read(&karl.page("/zugriffe").await);
        if text.contains("1 Zugriff") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(text.contains("1 Zugriff") && text.contains("Geschäftsstelle, "), "{text}");
    assert!(!text.contains("Olga Office"), "role and organisation, not the name: {text}");
    let other = desk.world.member("Stadt Neufeld").await;
    let nora = desk.world.buyer(other).await;
    let text = read(&desk.browser(&nora).await.page("/zugriffe").await);
    assert!(text.contains("0 Zugriffe"), "{text}");
}

#[tokio::test]
async fn people_get_their_own_data_without_secrets_and_nobody_elses() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person("eva@altenrode.example", Role::Buyer, town).await;
    web.person("karl@altenrode.example", Role::Approver, town).await;
    let cookie = web.sign_in("eva@altenrode.example").await;
    let (status, _, bytes) = web.download("/einstellungen/meine-daten.zip", &cookie, &[]).await;
    assert_eq!(status, StatusCode::OK);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    for name in ["meine-daten.json", "meine-daten.csv"] {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        assert!(
            text.contains("eva@altenrode.example") && text.contains("assignment") && text.contains("session"),
            "{name}: {text}"
        );
        assert!(!text.contains("karl@") && !text.contains("$argon2"), "{name}: {text}");
    }
}

/// Addresses a page would load by itself or send a form to.
fn called(html: &str) -> Vec<String> {
    [
        "src=\"",
        "srcset=\"",
        "action=\"",
        "data=\"",
        "poster=\"",
        "<link rel=\"stylesheet\" href=\"",
        "<link rel=\"icon\" href=\"",
        "url(",
    ]
    .into_iter()
    .flat_map(|opening| {
        html.split(opening).skip(1).map(|rest| rest.split(['"', ')']).next().unwrap_or_default().to_owned())
    })
    .collect()
}

#[tokio::test]
async fn no_page_calls_anybody_else() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    let mut pages = 0;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Auditor) {
        let organisation = if matches!(role, Role::Buyer | Role::Approver | Role::Treasurer) { town } else { web.body };
        let email = format!("{}@altenrode.example", role.key());
        web.person(&email, role, organisation).await;
        let cookie = web.sign_in(&email).await;
        for route in abruf::http::routes().into_parts().2 {
            let page = route.method == Method::GET && !route.path.contains('{') && !route.path.starts_with("/api/");
            if !page || !route.access.lets_in(Some(role)) {
                continue;
            }
            let answer = web.get(&route.path, &cookie).await;
            if answer.header("content-type").starts_with("text/html") {
                pages += 1;
                for address in called(&answer.text) {
                    let own = address.starts_with('/') && !address.starts_with("//")
                        || address.starts_with("data:")
                        || address.starts_with('#')
                        || address.is_empty();
                    assert!(own, "{} as {role:?} calls {address}", route.path);
                }
            }
        }
    }
    println!("no third party: {pages} pages");
    assert!(50 <= pages, "only {pages} pages walked");
}
