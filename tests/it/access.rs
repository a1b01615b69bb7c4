//! Who may go where, walked: every route of the table with every role, over own, foreign and absent objects, and with
//! people whose member has left, will join or whose rights rest, whose term is over or has not begun.

mod documented;
mod downloads;
mod fields;
mod house;
mod lying;
mod marks;
mod operations;
mod rows;
mod swapped;

use abruf::actor::Role;
use abruf::http::access::{Answer as Expected, Object, Route, Who};
use axum::http::{Method, StatusCode};
use uuid::Uuid;

use crate::web::Answer;
use house::{House, is_of_member, seen, standings};

fn table() -> Vec<Route> {
    abruf::http::routes().into_parts().2
}

/// Signing out ends what the walk needs; probes and files are not about people.
fn walked(route: &Route) -> bool {
    let ends = (route.method == Method::POST && route.path == "/abmelden")
        || (route.method == Method::DELETE && route.path == "/api/v1/sessions/current");
    !ends && !route.path.starts_with("/health/") && !route.path.starts_with("/assets/")
}

fn is_page(route: &Route) -> bool {
    route.method == Method::GET && !route.path.starts_with("/api/")
}

fn leads_to(answer: &Answer, address: &str) -> bool {
    answer.status == StatusCode::SEE_OTHER && answer.header("location").starts_with(address)
}

fn absent() -> Uuid {
    Uuid::from_u128(1)
}

#[tokio::test]
async fn whoever_is_not_let_in_learns_nothing() {
    let house = House::new().await;
    let mut asked = 0;
    for route in table().into_iter().filter(walked) {
        let name = format!("{} {}", route.method, route.path);
        if route.access.who != Who::Public {
            let answer = house.ask(&route, absent(), None).await;
            let expected = if is_page(&route) {
                leads_to(&answer, "/anmelden")
            } else {
                answer.status == StatusCode::UNAUTHORIZED
            };
            assert!(expected, "{name}, signed out: {} {}", answer.status, answer.text);
            asked += 1;
        }
        for role in Role::ALL.into_iter().filter(|role| !route.access.lets_in(Some(*role))) {
            let who = Some(house.signed_in(role, standings(role)[0]));
            let nowhere = if route.path.starts_with("/api/") { "/api/gibt-es-nicht" } else { "/gibt-es-nicht" };
            let nowhere = Route { path: nowhere.to_owned(), ..route.clone() };
            let unknown = seen(&house.ask(&nowhere, absent(), who).await);
            let (own, foreign) = house.objects(route.access.object, role);
            for id in own.into_iter().chain(foreign).chain([absent()]) {
                let answer = seen(&house.ask(&route, id, who).await);
                assert_eq!(answer.0, StatusCode::NOT_FOUND, "{name} as {role:?}");
                assert_eq!(answer, unknown, "{name} as {role:?} gives away that it exists");
                asked += 1;
            }
        }
    }
    println!("access: {asked} requests of whoever is not let in");
}

#[tokio::test]
async fn whoever_is_let_in_sees_their_own_and_nothing_else() {
    let house = House::new().await;
    let mut asked = 0;
    for route in table().into_iter().filter(walked) {
        for role in Role::ALL.into_iter().filter(|role| route.access.lets_in(Some(*role))) {
            let name = format!("{} {} as {role:?}", route.method, route.path);
            let who = Some(house.signed_in(role, standings(role)[0]));
            let (own, foreign) = house.objects(route.access.object, role);
            let nothing = house.ask(&route, absent(), who).await;
            for id in foreign {
                let answer = house.ask(&route, id, who).await;
                // An answer may repeat the address that was asked for; whoever asks knows it already.
                let said = |answer, id: Uuid| format!("{:?}", seen(answer)).replace(&id.to_string(), "{id}");
                assert_eq!(said(&answer, id), said(&nothing, absent()), "{name}: foreign is told from absent");
                asked += 1;
            }
            assert!(!nothing.status.is_server_error(), "{name}: {}", nothing.text);
            asked += 1;
            if let Some(id) = own {
                assert_ne!(nothing.status, StatusCode::OK, "{name}: shows what does not exist");
                let answer = house.ask(&route, id, who).await;
                assert!(fine(&route, &answer), "{name}, own: {} {}", answer.status, answer.text);
                asked += 1;
            } else if route.access.object == Object::None {
                let turned_away = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
                // Without credentials even the sign-in of the API has its 4xx; pages open.
                assert!(!turned_away.contains(&nothing.status), "{name}: {} {}", nothing.status, nothing.text);
            }
        }
    }
    println!("access: {asked} requests of whoever is let in");
}

#[tokio::test]
async fn who_has_left_will_join_or_rests_gets_what_the_table_says() {
    let house = House::new().await;
    let placed = "SELECT count(*) FROM call_off WHERE status NOT IN ('draft', 'discarded')";
    let before: i64 = sqlx::query_scalar(placed).fetch_one(&house.web.database.owner).await.unwrap();
    let mut asked = 0;
    for route in table().into_iter().filter(walked) {
        for role in Role::ALL {
            for relation in standings(role).iter().copied().skip(1) {
                let name = format!("{} {} as {role:?}, {relation:?}", route.method, route.path);
                let theirs = if is_of_member(role) { house.of_changed(route.access.object, relation) } else { None };
                let answer = house.ask(&route, theirs.unwrap_or(absent()), Some(house.signed_in(role, relation))).await;
                asked += 1;
                match route.access.answer(Some(role), relation) {
                    Expected::Choose if is_page(&route) => {
                        assert!(leads_to(&answer, "/handeln-fuer"), "{name}: {}", answer.status)
                    }
                    Expected::Choose | Expected::NothingThere => {
                        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}")
                    }
                    Expected::RefusedByRule => assert!(!answer.status.is_success(), "{name}: {}", answer.status),
                    Expected::LetIn if theirs.is_some() => {
                        assert!(fine(&route, &answer), "{name}: {} {}", answer.status, answer.text);
                    }
                    Expected::LetIn => assert!(!answer.status.is_server_error(), "{name}: {}", answer.text),
                    Expected::SignIn => unreachable!("{name}: everybody here is signed in"),
                }
            }
        }
    }
    let after: i64 = sqlx::query_scalar(placed).fetch_one(&house.web.database.owner).await.unwrap();
    assert_eq!(after, before, "nobody who is no member today has placed an order");
    println!("access: {asked} requests of those whose standing has changed");
}

/// Whether an answer about one's own object is no refusal of the person. An empty form is wrong and a second id is not
/// there, but not for want of rights.
fn fine(route: &Route, answer: &Answer) -> bool {
    if route.method == Method::GET && route.path.matches('{').count() == 1 {
        return answer.status == StatusCode::OK;
    }
    ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status) && !answer.status.is_server_error()
}

#[tokio::test]
async fn each_page_for_signed_in_people_has_a_visible_sign_out() {
    let house = House::new().await;
    let mut pages = 0;
    for route in table().into_iter().filter(walked).filter(|it| is_page(it) && it.access.who != Who::Public) {
        for role in Role::ALL.into_iter().filter(|role| route.access.lets_in(Some(*role))) {
            let id = house.objects(route.access.object, role).0.unwrap_or(absent());
            let answer = house.ask(&route, id, Some(house.signed_in(role, standings(role)[0]))).await;
            let is_html = answer.header("content-type").starts_with("text/html") && answer.text.contains("<html");
            if answer.status != StatusCode::OK || !is_html {
                continue;
            }
            let head = answer.text.split("</header>").next().unwrap();
            let form = head.split("action=\"/abmelden\"").nth(1).and_then(|rest| rest.split("</form>").next());
            let button = form.is_some_and(|form| form.contains("name=\"csrf\"") && form.contains(">Abmelden</button>"));
            assert!(button, "{} as {role:?} has no sign-out in its head", route.path);
            pages += 1;
        }
    }
    println!("access: {pages} pages with a sign-out");
    assert!(100 < pages, "{pages}");
}

#[test]
fn each_route_stands_in_the_table_once() {
    let mut seen = std::collections::BTreeSet::new();
    for route in table() {
        assert!(seen.insert((route.method.to_string(), route.path.clone())), "{} {} twice", route.method, route.path);
    }
    assert!(10 <= seen.len());
}
