//! What somebody from outside a member downloads is seen by the member: every route that gives out a file says what it
//! leaves behind, or why nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use abruf::actor::Role;
use abruf::http::access::{Object, Route};
use abruf::http::access_log::{DOWNLOADS, Noted};
use axum::http::{Method, StatusCode};

use super::house::{House, standings};
use super::{absent, table};

/// Whether the path says that it is a file: an ending, or a last part that names one.
fn names_a_file(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let parts = ["{datei}", "{format}", "{kind}", "{sequence}", "{party}", "datei", "beleg", "evidence", "record"];
    last.contains('.')
        || parts.contains(&last)
        || path == "/bescheinigungen/{id}"
        || path == "/api/v1/certificates/{id}"
}

fn is_listed(path: &str) -> bool {
    DOWNLOADS.iter().any(|(listed, _)| *listed == path)
}

#[test]
fn every_route_whose_path_names_a_file_says_what_it_leaves_behind() {
    let table = table();
    let reads = table.iter().filter(|route| route.method == Method::GET);
    let missing: Vec<&str> =
        reads.clone().map(|it| it.path.as_str()).filter(|path| names_a_file(path) && !is_listed(path)).collect();
    assert!(missing.is_empty(), "add these to DOWNLOADS in http/access_log.rs: {missing:#?}");
    let there: BTreeSet<&str> = reads.map(|it| it.path.as_str()).collect();
    for (path, noted) in DOWNLOADS {
        assert!(there.contains(path), "{path} is listed, but no route");
        if let Noted::Nothing(reason) = noted {
            assert!(10 < reason.len(), "{path}: no reason");
        }
    }
    println!("access log: {} routes give out files", DOWNLOADS.len());
}

/// Anything but a page or JSON is a file.
fn gives_a_file(answer: &crate::web::Answer) -> bool {
    let kind = answer.header("content-type");
    let shown = ["text/html", "application/json", "application/problem+json"].iter().any(|it| kind.starts_with(it));
    answer.status == StatusCode::OK && (!shown || answer.header("content-disposition").starts_with("attachment"))
}

async fn noted(house: &House) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM access_entry WHERE what <> 'call_off'")
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap()
}

/// Reports take a name and a format in place of ids.
fn address_of(route: &Route) -> Option<Route> {
    let path = match route.path.as_str() {
        "/berichte/{bericht}/{datei}" => "/berichte/einsparungen-nach/bericht.csv",
        _ => return None,
    };
    Some(Route { path: path.to_owned(), ..route.clone() })
}

#[tokio::test]
async fn every_file_that_is_handed_out_is_listed_and_the_noted_ones_are_written_down() {
    let house = House::new().await;
    let outside = [Role::Office, Role::Board, Role::SupervisoryBoard, Role::Auditor, Role::Administrator];
    let (mut files, mut written) = (0, 0);
    for route in table().into_iter().filter(|it| it.method == Method::GET) {
        for role in outside.into_iter().filter(|role| route.access.lets_in(Some(*role))) {
            let who = Some(house.signed_in(role, standings(role)[0]));
            let before = noted(&house).await;
            let id = house.objects(route.access.object, role).0.unwrap_or(absent());
            let answer = house.ask(&address_of(&route).unwrap_or_else(|| route.clone()), id, who).await;
            // Style sheets and icons are no data.
            if !gives_a_file(&answer) || route.path.starts_with("/assets/") || route.path.starts_with("/health/") {
                continue;
            }
            files += 1;
            let name = format!("GET {} as {role:?}", route.path);
            let Some((_, leaves)) = DOWNLOADS.iter().find(|(path, _)| *path == route.path) else {
                panic!("{name} gives out {}, but is not in DOWNLOADS", answer.header("content-type"));
            };
            if matches!(leaves, Noted::Nothing(_)) || route.access.object == Object::Secret {
                continue;
            }
            // It is written after the answer has left.
            let mut now = before;
            for _ in 0..200 {
                now = noted(&house).await;
                if before < now {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            assert!(before < now, "{name} left nothing behind");
            written += 1;
        }
    }
    println!("access log: {files} files handed out to people from outside, {written} written down");
    assert!(10 <= written, "only {written}");
}
