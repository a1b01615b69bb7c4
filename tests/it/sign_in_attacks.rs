//! R15: forty things that are tried at the door. Each is a name and whether the program did what it should; all run, then
//! those that failed are told together.

use std::time::Duration;

use abruf::actions::send_account_mail;
use abruf::actor::Role;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::json;
use tokio::time::Instant;

use crate::identity::{give_factor, password_only, phone, post_code};
use crate::mail_server::MailServer;
use crate::stress::say;
use crate::web::{Answer, PASSWORD, Web, escaped};
use crate::world::World;

const EVA: &str = "eva@altenrode.example";
const NOBODY: &str = "nia@altenrode.example";
/// How many the goal names.
const GOAL: usize = 40;
/// Pairs of attempts whose times are compared.
const PAIRS: usize = 40;

#[derive(Default)]
struct Cases {
    names: Vec<&'static str>,
    failed: Vec<String>,
}

impl Cases {
    fn holds(&mut self, name: &'static str, holds: bool) {
        self.names.push(name);
        if !holds {
            self.failed.push(name.to_owned());
        }
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, name: &'static str, is: T, should: T) {
        self.names.push(name);
        if is != should {
            self.failed.push(format!("{name}: {is:?}, not {should:?}"));
        }
    }
}

/// From this address, with these cookies.
async fn knock(web: &Web, from: &str, cookies: &str, email: &str, password: &str) -> Answer {
    let form = format!("email={}&password={}", escaped(email), escaped(password));
    let mut request = Request::post("/anmelden")
        .header(COOKIE, cookies)
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    let peer: std::net::IpAddr = from.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::new(peer, 4711)));
    web.send(request).await
}

async fn house() -> Web {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    web
}

/// The cookie by which a browser is known.
fn browser_cookie(answer: &Answer) -> String {
    let mut all = answer.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    let known = all.find(|it| it.starts_with("abruf-browser=")).expect("a known browser");
    known.split(';').next().unwrap().to_owned()
}

fn shown(answer: &Answer, email: &str) -> (StatusCode, String) {
    (answer.status, answer.text.replace(email, "…"))
}

#[tokio::test]
async fn forty_things_are_tried_at_the_door() {
    let mut cases = Cases::default();
    nobody_learns_who_has_an_account(&mut cases).await;
    guesses_are_counted(&mut cases).await;
    nobody_locks_another_out(&mut cases).await;
    what_is_typed_does_no_harm(&mut cases).await;
    codes_are_guarded(&mut cases).await;
    links_work_once(&mut cases).await;
    assert!(cases.failed.is_empty(), "{:#?}", cases.failed);
    assert_eq!(cases.names.len(), GOAL, "{:#?}", cases.names);
    println!("sign-in attacks: {} cases", cases.names.len());
}

async fn nobody_learns_who_has_an_account(cases: &mut Cases) {
    let web = house().await;
    let (known, unknown) =
        (knock(&web, "203.0.113.1", "", EVA, "falsch").await, knock(&web, "203.0.113.1", "", NOBODY, "falsch").await);
    cases.same("known and unknown address: same page", shown(&known, EVA), shown(&unknown, NOBODY));
    cases.same("known and unknown address: same headers", known.headers.len(), unknown.headers.len());
    let api = async |email: &str| {
        let answer =
            web.api("POST", "/api/v1/sessions", "", Some(json!({ "email": email, "password": "falsch" }))).await;
        (answer.status, answer.text.replace(answer.header("x-request-id"), ""))
    };
    cases.same("known and unknown address: same problem of the API", api(EVA).await, api(NOBODY).await);
    let invited = "idle@altenrode.example";
    sqlx::query("INSERT INTO person (id, email, name, created_at) VALUES (gen_random_uuid(), $1, 'Ina Neu', now())")
        .bind(invited)
        .execute(&web.database.owner)
        .await
        .unwrap();
    let idle = knock(&web, "203.0.113.1", "", invited, "falsch").await;
    cases.same("an account without a password looks like none", shown(&idle, invited), shown(&unknown, NOBODY));
    let abroad = Web::at("https://abruf.example").await;
    let town = abroad.member("Stadt Altenrode").await;
    abroad.person(EVA, Role::Buyer, town).await;
    sqlx::query("UPDATE person SET demo = true").execute(&abroad.database.owner).await.unwrap();
    let (demo, none) = (
        knock(&abroad, "203.0.113.1", "", EVA, PASSWORD).await,
        knock(&abroad, "203.0.113.1", "", NOBODY, PASSWORD).await,
    );
    cases.same("a demo account away from loopback looks like none", shown(&demo, EVA), shown(&none, NOBODY));

    // The median of interleaved pairs; each from a network of its own, so that no count ends the comparison.
    // What differs by itself differs each time; a busy machine does not.
    let mut same = false;
    for round in 0..3 {
        let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
        for pair in 0..PAIRS {
            // In turns: whoever comes second finds another machine.
            let mut turn = [(0, EVA), (1, NOBODY)];
            turn.rotate_left(pair % 2);
            for (index, email) in turn {
                let from = format!("198.{}.{pair}.{}", 51 + round, index + 1);
                let begin = Instant::now();
                knock(&web, &from, "", email, "falsch").await;
                times[index].push(begin.elapsed());
            }
        }
        let [known, unknown] = times.map(|mut all| {
            all.sort();
            all[PAIRS / 2]
        });
        let (less, more) = (known.min(unknown).as_micros(), known.max(unknown).as_micros());
        say(&format!("sign-in attacks: known {known:?}, unknown {unknown:?} (median of {PAIRS})"));
        same = (more - less) * 10 < more;
        if same {
            break;
        }
    }
    cases.holds("known and unknown address: same time, within a tenth", same);
    let (paused, none) = (known_pause(&house().await, EVA).await, known_pause(&house().await, NOBODY).await);
    cases.same("the pause is the same for both", paused, none);
}

async fn known_pause(web: &Web, email: &str) -> Vec<(StatusCode, String)> {
    let mut all = Vec::new();
    for _ in 0..7 {
        all.push(shown(&knock(web, "203.0.113.1", "", email, "falsch").await, email));
    }
    all
}

async fn guesses_are_counted(cases: &mut Cases) {
    let web = house().await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(knock(&web, "203.0.113.1", "", EVA, "falsch").await.status);
    }
    cases.same("four failures are only counted", statuses[..4].to_vec(), vec![StatusCode::UNPROCESSABLE_ENTITY; 4]);
    cases.same("the fifth begins a pause", statuses[4], StatusCode::TOO_MANY_REQUESTS);
    let paused = knock(&web, "203.0.113.1", "", EVA, PASSWORD).await;
    cases.same("the right password is not looked at in a pause", paused.status, StatusCode::TOO_MANY_REQUESTS);
    cases.same("the pause says how long", paused.header("retry-after"), "900");
    let cased = knock(&web, "203.0.113.1", "", " EVA@Altenrode.Example ", PASSWORD).await;
    cases.same("capitals and spaces do not get around it", cased.status, StatusCode::TOO_MANY_REQUESTS);
    let mut api = Request::post("/api/v1/sessions")
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "email": EVA, "password": PASSWORD }).to_string()))
        .unwrap();
    let peer: std::net::SocketAddr = "203.0.113.1:1".parse().unwrap();
    api.extensions_mut().insert(ConnectInfo(peer));
    cases.same("nor does the API", web.send(api).await.status, StatusCode::TOO_MANY_REQUESTS);
    let forwarded = Request::post("/anmelden")
        .header("x-forwarded-for", "198.51.100.9")
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("email={}&password={PASSWORD}", escaped(EVA))));
    let mut forwarded = forwarded.unwrap();
    forwarded.extensions_mut().insert(ConnectInfo(peer));
    cases.same("nor does an invented X-Forwarded-For", web.send(forwarded).await.status, StatusCode::TOO_MANY_REQUESTS);
    web.wait(TimeDelta::minutes(15));
    let after = knock(&web, "203.0.113.1", "", EVA, PASSWORD).await;
    cases.same("after the pause the right password opens", after.status, StatusCode::SEE_OTHER);

    let guess = || knock(&web, "203.0.113.2", "", EVA, "falsch");
    let answers = tokio::join!(guess(), guess(), guess(), guess(), guess(), guess(), guess(), guess());
    let all = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5, answers.6, answers.7];
    let looked_at = all.iter().filter(|it| it.status == StatusCode::UNPROCESSABLE_ENTITY).count();
    cases.same("parallel guesses do not outrun the count", looked_at, 4);

    // Ever other networks: fifty in all.
    let web = house().await;
    let mut last = StatusCode::OK;
    for network in 0..10 {
        for _ in 0..5 {
            last = knock(&web, &format!("198.51.100.{network}"), "", EVA, "falsch").await.status;
        }
    }
    cases.same("fifty from everywhere pause the address", last, StatusCode::TOO_MANY_REQUESTS);
    let fresh = knock(&web, "192.0.2.77", "", EVA, PASSWORD).await.status;
    cases.same("also for a network that is new", fresh, StatusCode::TOO_MANY_REQUESTS);
    let six = house().await;
    for last in 1..=5 {
        knock(&six, &format!("2001:db8::{last}"), "", EVA, "falsch").await;
    }
    let neighbour = knock(&six, "2001:db8::ffff", "", EVA, PASSWORD).await.status;
    cases.same("the addresses of one IPv6 line count as one", neighbour, StatusCode::TOO_MANY_REQUESTS);
    let spray = house().await;
    let mut sprayed = StatusCode::OK;
    // One is given back each second.
    for number in 0..80 {
        sprayed = knock(&spray, "203.0.113.9", "", &format!("p{number}@altenrode.example"), "falsch").await.status;
    }
    cases.same(
        "one address of a client tries sixty accounts a minute, not more",
        sprayed,
        StatusCode::TOO_MANY_REQUESTS,
    );
}

async fn nobody_locks_another_out(cases: &mut Cases) {
    let web = house().await;
    let first = knock(&web, "203.0.113.1", "", EVA, PASSWORD).await;
    let browser = browser_cookie(&first);
    for _ in 0..6 {
        knock(&web, "198.51.100.66", "", EVA, "falsch").await;
    }
    let elsewhere = knock(&web, "203.0.113.1", "", EVA, PASSWORD).await;
    cases.same("failures elsewhere do not lock the person out", elsewhere.status, StatusCode::SEE_OTHER);
    for _ in 0..6 {
        knock(&web, "203.0.113.1", "", EVA, "falsch").await;
    }
    let same_house = knock(&web, "203.0.113.1", "", EVA, PASSWORD).await;
    cases.same("behind one address a colleague can", same_house.status, StatusCode::TOO_MANY_REQUESTS);
    let known = knock(&web, "203.0.113.1", &browser, EVA, PASSWORD).await;
    cases.same("but not a browser the person has used", known.status, StatusCode::SEE_OTHER);
    for network in 0..12 {
        for _ in 0..5 {
            knock(&web, &format!("192.0.2.{network}"), "", EVA, "falsch").await;
        }
    }
    let known = knock(&web, "203.0.113.1", &browser, EVA, PASSWORD).await;
    cases.same("nor can the whole world", known.status, StatusCode::SEE_OTHER);
    let forged = format!("abruf-browser={}.{}", "0".repeat(32), "0".repeat(64));
    let with_forged = knock(&web, "203.0.113.1", &forged, EVA, PASSWORD).await;
    cases.same("a browser cannot call itself known", with_forged.status, StatusCode::TOO_MANY_REQUESTS);
    let town = web.member("Stadt Neufeld").await;
    web.person("max@neufeld.example", Role::Buyer, town).await;
    for _ in 0..5 {
        knock(&web, "203.0.113.1", &browser, "max@neufeld.example", "falsch").await;
    }
    let others = knock(&web, "203.0.113.1", &browser, "max@neufeld.example", PASSWORD).await;
    cases.same("known for one account is not known for another", others.status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..5 {
        knock(&web, "203.0.113.1", &browser, EVA, "falsch").await;
    }
    let guessed = knock(&web, "203.0.113.1", &browser, EVA, PASSWORD).await;
    cases.same("and five failures pause a known browser too", guessed.status, StatusCode::TOO_MANY_REQUESTS);
}

async fn what_is_typed_does_no_harm(cases: &mut Cases) {
    let web = house().await;
    let fine = |answer: &Answer| answer.status.is_client_error() && answer.headers.get(SET_COOKIE).is_none();
    let sql = knock(&web, "203.0.113.1", "", "' OR 1=1 --", "' OR 1=1 --").await;
    cases.holds("SQL in both fields", fine(&sql));
    let long = knock(&web, "203.0.113.1", "", EVA, &"x".repeat(100_000)).await;
    cases.holds("a password of 100,000 characters", fine(&long));
    let nul = knock(&web, "203.0.113.1", "", "eva\0@altenrode.example", "x\0y").await;
    cases.holds("NUL in both fields", fine(&nul));
    let script = knock(&web, "203.0.113.1", "", "<script>alert(1)</script>", "falsch").await;
    cases.holds("a script as address comes back as text", fine(&script) && !script.text.contains("<script>alert"));
}

async fn codes_are_guarded(cases: &mut Cases) {
    let web = Web::in_earnest().await;
    let town = web.member("Stadt Altenrode").await;
    let karl = web.person(EVA, Role::Approver, town).await;
    give_factor(&web, karl).await;
    let waiting = password_only(&web, EVA).await;
    let page = web.get("/freigaben", &waiting).await;
    cases.same("the password alone opens nothing", page.header("location"), "/anmelden/code?weiter=/freigaben");
    let code = phone().code_at(web.now());
    let done = post_code(&web, &waiting, &code).await.status;
    let waiting = password_only(&web, EVA).await;
    let again = post_code(&web, &waiting, &code).await.status;
    cases.same("a code is taken once", (done, again), (StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY));
    web.wait(TimeDelta::minutes(5));
    let waiting = password_only(&web, EVA).await;
    let code = phone().code_at(web.now());
    let csrf = web.get("/anmelden/code", &waiting).await.form_token();
    let form = [("csrf", csrf.as_str()), ("code", code.as_str())];
    let (one, two) =
        tokio::join!(web.post("/anmelden/code", &waiting, &form), web.post("/anmelden/code", &waiting, &form));
    let entered =
        [one, two].iter().filter(|it| it.header("location") == "/" && it.headers.get(SET_COOKIE).is_some()).count();
    cases.same("also when it is sent twice at once", entered, 1);
    web.wait(TimeDelta::minutes(5));
    let old = phone().code_at(web.now() - TimeDelta::seconds(60));
    let waiting = password_only(&web, EVA).await;
    cases.same(
        "a code of a minute ago is over",
        post_code(&web, &waiting, &old).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
    );
    // Each time the password anew: it must not win guesses at the code.
    let mut last = StatusCode::OK;
    for _ in 0..4 {
        let half = web.post("/anmelden", "", &[("email", EVA), ("password", PASSWORD)]).await;
        if half.status != StatusCode::SEE_OTHER {
            last = half.status;
            break;
        }
        let answer = post_code(&web, &half.cookie(), "000000").await;
        last = if answer.header("location") == "/anmelden?hinweis=pause" {
            StatusCode::TOO_MANY_REQUESTS
        } else {
            answer.status
        };
    }
    cases.same("five wrong codes pause, whatever is typed between", last, StatusCode::TOO_MANY_REQUESTS);
}

async fn links_work_once(cases: &mut Cases) {
    let mail = MailServer::start().await;
    let mut world = World::new().await;
    world.app.mailer = Some(mail.mailer());
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let web = Web::over(world).await;
    let session = web.cookie_of(&eva, EVA).await;
    let ask = async |email: &str| web.post("/anmelden/vergessen", "", &[("email", email)]).await;
    let (known, unknown) = (ask(EVA).await, ask(NOBODY).await);
    cases.same("who asks for a link learns nothing", shown(&known, EVA), shown(&unknown, NOBODY));
    let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..PAIRS / 2 {
        for (index, email) in [EVA, NOBODY].into_iter().enumerate() {
            let begin = Instant::now();
            ask(email).await;
            times[index].push(begin.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut all| {
        all.sort();
        all[PAIRS / 4]
    });
    say(&format!("sign-in attacks: asking for a link, known {known:?}, unknown {unknown:?}"));
    let (less, more) = (known.min(unknown).as_micros(), known.max(unknown).as_micros());
    cases.holds("who asks for a link is answered at the same time, within a tenth", (more - less) * 10 < more);
    while send_account_mail::send_next(&web.app).await.unwrap() {}
    let link = mail.taken().last().unwrap().text();
    let link = link.lines().find(|line| line.contains("/konto/einrichten/")).unwrap().trim().to_owned();
    let link = link.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    let form = [("password", "ein-ganz-neues-1"), ("repeated", "ein-ganz-neues-1")];
    let (one, two) = tokio::join!(web.post(&link, "", &form), web.post(&link, "", &form));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    cases.same("a link works once", statuses, [StatusCode::SEE_OTHER, StatusCode::NOT_FOUND]);
    cases.same("and ends every session", web.get("/konto", &session).await.status, StatusCode::SEE_OTHER);
}
