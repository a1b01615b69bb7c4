//! A deadline that is extended while it runs: with a reason, for all, and never after its end.

use std::time::Duration;

use abruf::actions::ActionError;
use abruf::actions::deliver_mail::deliver_next;
use abruf::actions::extend_competition_deadline::extend;
use abruf::actions::open_offers::sign;
use abruf::actions::tell_event::tell_next;
use abruf::app::App;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{House, Who};
use crate::mail_server::MailServer;
use crate::pages::browser::read;

const LATER: &str = "2026-12-09T11:00:00Z";

fn extension(until: &str) -> Value {
    json!({ "deadline_at": until, "reason": "Die Antwort zur Anreise ändert die Rechnung." })
}

impl House {
    async fn extensions(&self) -> i64 {
        let sql = "SELECT count(*) FROM mini_competition_extension";
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    async fn extend(&self, who: Who, id: Uuid, until: &str) -> Result<(), ActionError> {
        extend(&self.web.app, self.actor(who), id.into(), until.parse().unwrap(), "Mehr Zeit für alle.").await
    }
}

#[tokio::test]
async fn all_get_more_time_with_the_reason_and_offers_in_stay_sealed_and_valid() {
    let house = House::new().await;
    let id = house.sent().await;
    let at = |part: &str| format!("mini-competitions/{id}/{part}");
    house.at("2026-12-01T09:00:00Z").await;
    for (supplier, price) in [(0, "1080.00"), (1, "1083.17")] {
        house.done(Who::Eva, &at("offers"), house.offer(supplier, "2026-12-01T08:00:00Z", price)).await;
    }
    // In the last instant of the deadline.
    house.at("2026-12-02T11:00:00Z").await;
    house.done(Who::Eva, &at("extensions"), extension(LATER)).await;
    let shown = house.ask(Who::Olga, "GET", &format!("mini-competitions/{id}"), None).await;
    let it = shown.json();
    assert_eq!(
        (it["deadline_at"].as_str(), it["extensions"][0]["previous_at"].as_str()),
        (Some(LATER), Some("2026-12-02T11:00:00Z"))
    );
    assert_eq!(it["extensions"][0]["extended_by"], "Eva Muster");
    assert!(!shown.text.contains("1083"), "still sealed");

    let server = MailServer::start().await;
    let app = App { mailer: Some(server.mailer()), ..house.web.app.clone() };
    while tell_next(&app).await.unwrap() {}
    while deliver_next(&app).await.unwrap() {}
    let letters: Vec<String> =
        server.taken().iter().map(|it| it.text()).filter(|it| it.contains("ist verlängert")).collect();
    assert_eq!(letters.len(), 3, "everybody who was asked, whether they had offered or not");
    for letter in &letters {
        assert!(
            letter.contains("Angebote bis: 09.12.2026") && letter.contains("Grund: Die Antwort zur Anreise"),
            "{letter}"
        );
        assert!(letter.contains("bleibt verschlossen und gültig") && !letter.contains("GmbH"), "{letter}");
    }

    // After the first deadline and before the second: nothing is opened, an offer is in time, one may be replaced.
    house.at("2026-12-03T09:00:00Z").await;
    assert!(house.refused(Who::Eva, &at("opening"), json!({})).await.contains("09.12.2026"));
    let received = house.done(Who::Eva, &at("offers"), house.offer(0, "2026-12-03T08:00:00Z", "1070.00")).await;
    assert_eq!((received["late"].as_bool(), received["replaces"].as_bool()), (Some(false), Some(true)));
    house.done(Who::Eva, &at("extensions"), extension("2026-12-10T11:00:00Z")).await;
    house.at("2026-12-10T11:00:01Z").await;
    for who in [Who::Eva, Who::Karl] {
        house.done(who, &at("opening"), json!({})).await;
    }
    house.done(Who::Eva, &at("scoring"), house.marks(&[(0, "9"), (1, "5")])).await;
    let award = json!({ "supplier_id": house.suppliers[0].0, "reason": "Beste Punktzahl." });
    house.done(Who::Eva, &at("award"), award).await;
    let cookie = house.web.sign_in(&Who::Rita.email()).await;
    let record = read(&house.web.get(&format!("/miniwettbewerbe/{id}/vermerk"), &cookie).await.text);
    for said in [
        "Ende der Angebotsfrist: 02.12.2026",
        "Verlängert bis 09.12.2026",
        "Verlängert bis 10.12.2026",
        "Eva Muster",
        "Die Antwort zur Anreise",
    ] {
        assert!(record.contains(said), "{said}: {record}");
    }
    let file = house.web.get(&format!("/miniwettbewerbe/{id}/vermerk.pdf"), &cookie).await;
    assert_eq!(file.status, axum::http::StatusCode::OK, "{}", file.text);
    let input: String =
        sqlx::query_scalar("SELECT input FROM certificate").fetch_one(&house.web.database.owner).await.unwrap();
    for printed in ["2026-12-02T11:00:00Z", LATER, "2026-12-10T11:00:00Z"] {
        assert!(input.contains(printed), "{printed}: {input}");
    }
    let told: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE kind = 'tell_extension'")
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    assert_eq!(told, 2, "each extension is told");
}

#[tokio::test]
async fn what_is_no_extension_is_refused_with_its_field_and_writes_nothing() {
    let house = House::new().await;
    let made = house.done(Who::Eva, "mini-competitions", json!({ "call_off_id": house.drafts[0].0 })).await;
    let early = format!("mini-competitions/{}/extensions", made["id"].as_str().unwrap());
    assert!(house.refused(Who::Eva, &early, extension(LATER)).await.contains("nach dem Versand"));
    let house = House::new().await;
    let id = house.sent().await;
    let path = format!("mini-competitions/{id}/extensions");
    for (body, field, words) in [
        (extension("2026-12-02T11:00:00Z"), "deadline_at", "ein späteres Ende"),
        (extension("2026-12-01T11:00:00Z"), "deadline_at", "Verkürzen lässt sie sich nicht"),
        (json!({ "deadline_at": LATER, "reason": " " }), "\"reason\"", "begründen Sie"),
        (json!({ "deadline_at": LATER, "reason": "x".repeat(2001) }), "\"reason\"", "2.000"),
        (json!({ "deadline_at": "bald", "reason": "Mehr Zeit." }), "deadline_at", ""),
        (json!({ "deadline_at": LATER, "reason": "Mehr Zeit.", "for": "Beta" }), "for", ""),
    ] {
        let text = house.refused(Who::Eva, &path, body.clone()).await;
        assert!(text.contains(field) && text.contains(words), "{body}: {text}");
    }
    assert!(house.refused(Who::Olga, &path, extension(LATER)).await.contains("führt eine andere Stelle"));
    let foreign = house.ask(Who::Nora, "POST", &path, Some(extension(LATER))).await;
    assert_eq!(foreign.status, axum::http::StatusCode::NOT_FOUND);
    house.at("2026-12-02T11:00:01Z").await;
    let over = house.refused(Who::Eva, &path, extension(LATER)).await;
    assert!(over.contains("deadline_at") && over.contains("nur, solange sie läuft"), "{over}");
    assert_eq!(house.extensions().await, 0);
}

#[tokio::test]
async fn the_page_extends_and_keeps_what_was_typed() {
    let house = House::new().await;
    let id = house.sent().await;
    let cookie = house.web.sign_in(&Who::Eva.email()).await;
    let address = format!("/miniwettbewerbe/{id}");
    let token = house.web.get(&address, &cookie).await.form_token();
    let form = |until: &'static str, reason: &'static str| {
        [("form", "extend"), ("extended_to", until), ("extended_time", "12:00"), ("extension_reason", reason)]
    };
    let send = async |fields: [(&str, &str); 4]| {
        let fields = [&[("csrf", token.as_str())][..], &fields].concat();
        house.web.post(&address, &cookie, &fields).await
    };
    let wrong = send(form("01.12.2026", "Mehr Zeit.")).await;
    assert!(read(&wrong.text).contains("Verkürzen lässt sie sich nicht"), "{}", read(&wrong.text));
    assert!(wrong.text.contains("id=\"extended_to-fehler\"") && wrong.text.contains("Mehr Zeit."), "{}", wrong.text);
    let done = send(form("09.12.2026", "Mehr Zeit.")).await;
    assert!(done.header("location").ends_with("hinweis=verlaengert"), "{}", done.text);
    let page = read(&house.web.get(&address, &cookie).await.text);
    assert!(page.contains("09.12.2026") && page.contains("statt 02.12.2026") && page.contains("Mehr Zeit."), "{page}");
    let letter = house.web.get(&format!("{address}/einladung/{}", house.suppliers[0]), &cookie).await;
    let letter = read(&letter.text);
    assert!(letter.contains("02.12.2026") && letter.contains("verlängert bis 09.12.2026"), "{letter}");
}

/// On 28 March 2027 the clocks go from 02:00 to 03:00, on 31 October from 03:00 back to 02:00.
#[tokio::test]
async fn a_deadline_in_the_hour_that_is_missing_is_refused_and_in_the_doubled_one_it_is_the_first() {
    let house = House::new().await;
    let id = house.sent().await;
    let cookie = house.web.sign_in(&Who::Eva.email()).await;
    let address = format!("/miniwettbewerbe/{id}");
    let token = house.web.get(&address, &cookie).await.form_token();
    let send = async |day: &str, time: &str| {
        let reason = ("extension_reason", "Mehr Zeit.");
        let fields =
            [("csrf", token.as_str()), ("form", "extend"), ("extended_to", day), ("extended_time", time), reason];
        house.web.post(&address, &cookie, &fields).await
    };
    let before = house.log().await;
    for missing in ["02:00", "02:30", "02:59:59"] {
        let refused = send("28.03.2027", missing).await;
        let words = read(&refused.text);
        assert!(refused.text.contains("id=\"extended_time-fehler\""), "{missing}: {words}");
        assert!(words.contains("gibt es am 28.03.2027 nicht") && words.contains("ab 03:00 Uhr"), "{missing}: {words}");
        assert!(refused.text.contains(&format!("value=\"{missing}\"")), "{missing}: what was typed stays");
    }
    assert_eq!((house.extensions().await, house.log().await), (0, before));
    for (day, time, instant) in [
        ("28.03.2027", "01:59", "2027-03-28T00:59:00Z"),
        ("28.03.2027", "03:00", "2027-03-28T01:00:00Z"),
        ("31.10.2027", "01:59", "2027-10-30T23:59:00Z"),
        ("31.10.2027", "02:30", "2027-10-31T00:30:00Z"),
        ("31.10.2027", "03:00", "2027-10-31T02:00:00Z"),
    ] {
        let done = send(day, time).await;
        assert!(done.header("location").ends_with("hinweis=verlaengert"), "{day} {time}: {}", read(&done.text));
        let shown = house.ask(Who::Eva, "GET", &format!("mini-competitions/{id}"), None).await.json();
        assert_eq!(shown["deadline_at"].as_str(), Some(instant), "{day} {time}");
    }
}

#[tokio::test]
async fn an_offer_is_in_time_until_the_second_of_a_deadline_beyond_the_change_of_the_clock() {
    let house = House::new().await;
    let id = house.sent().await;
    // Noon in Berlin: an hour earlier in UTC than before the change.
    house.done(Who::Eva, &format!("mini-competitions/{id}/extensions"), extension("2027-03-30T10:00:00Z")).await;
    house.at("2027-03-30T10:00:01Z").await;
    for (supplier, received_at, late) in [(0, "2027-03-30T10:00:00Z", false), (1, "2027-03-30T10:00:01Z", true)] {
        let body =
            if late { house.arrival(supplier, received_at) } else { house.offer(supplier, received_at, "1080.00") };
        let received = house.done(Who::Eva, &format!("mini-competitions/{id}/offers"), body).await;
        assert_eq!(received["late"].as_bool(), Some(late), "{received_at}");
    }
}

#[tokio::test]
async fn two_who_extend_at_once_and_an_opening_beside_leave_one_deadline_in_force() {
    for round in 0..5 {
        let house = House::new().await;
        let id = house.sent().await;
        house.at("2026-12-02T11:00:00Z").await;
        let opens = async || sign(&house.web.app, house.actor(Who::Karl), id.into()).await;
        let (one, two, opening) =
            tokio::join!(house.extend(Who::Eva, id, LATER), house.extend(Who::Karl, id, LATER), opens());
        assert!(one.is_ok() != two.is_ok(), "round {round}: the second extends nothing: {one:?} {two:?}");
        assert!(opening.is_err(), "round {round}: no deadline was over");
        assert_eq!(house.extensions().await, 1);
        house.at("2026-12-02T11:00:01Z").await;
        assert!(opens().await.is_err(), "round {round}: the later deadline is in force");
    }
}

#[tokio::test]
async fn an_extension_that_waits_for_the_row_is_judged_when_its_turn_comes() {
    let house = House::new().await;
    let id = house.sent().await;
    house.at("2026-12-02T11:00:00Z").await;
    let mut holder = house.web.database.owner.begin().await.unwrap();
    sqlx::query("SELECT FROM mini_competition WHERE id = $1 FOR UPDATE").bind(id).execute(&mut *holder).await.unwrap();
    let after_waiting = async {
        // Until the extension waits for the row.
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        loop {
            let count: i64 = sqlx::query_scalar(waiting).fetch_one(&house.web.database.owner).await.unwrap();
            if 0 < count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        house.at("2026-12-02T11:00:01Z").await;
        holder.rollback().await.unwrap();
    };
    let (extended, ()) = tokio::join!(house.extend(Who::Eva, id, LATER), after_waiting);
    assert!(matches!(extended, Err(ActionError::Invalid(_))), "the deadline had passed meanwhile: {extended:?}");
    assert_eq!(house.extensions().await, 0);
    sign(&house.web.app, house.actor(Who::Karl), id.into()).await.unwrap();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the statements are put together from literals above")]
async fn the_database_moves_a_deadline_only_as_an_extension_says() {
    let house = House::new().await;
    let id = house.sent().await;
    let insert = |previous: &str, until: &str, reason: &str, at: &str| {
        format!(
            "INSERT INTO mini_competition_extension
             SELECT contract_id, id, {previous}, {until}, '{reason}', sent_by, {at} FROM mini_competition WHERE id = $1"
        )
    };
    let day = "deadline_at + interval '1 day'";
    for (sql, constraint) in [
        (format!("UPDATE mini_competition SET deadline_at = {day} WHERE id = $1"), "mini_competition_announced_stays"),
        (insert("deadline_at", "deadline_at", "Grund", "sent_at"), "mini_competition_extension_later"),
        (insert("deadline_at", day, " ", "sent_at"), "mini_competition_extension_reasoned"),
        (insert("deadline_at", day, "Grund", day), "mini_competition_extension_before_it_passed"),
    ] {
        let error = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).bind(id).execute(&house.web.database.owner).await;
        assert_eq!(error.unwrap_err().as_database_error().unwrap().constraint(), Some(constraint), "{sql}");
    }
    house.done(Who::Eva, &format!("mini-competitions/{id}/extensions"), extension(LATER)).await;
    for sql in [
        "DELETE FROM mini_competition_extension WHERE competition_id = $1",
        "UPDATE mini_competition_extension SET reason = 'anders' WHERE competition_id = $1",
    ] {
        let error = sqlx::query(sql).bind(id).execute(&house.web.database.owner).await.unwrap_err();
        let constraint = error.as_database_error().unwrap().constraint().map(str::to_owned);
        assert_eq!(constraint.as_deref(), Some("mini_competition_extension_append_only"), "{sql}");
    }
}
