//! The link of an invitation goes out by mail; what is stored is hashes.

use abruf::actions::deliver_mail::deliver_next;
use abruf::actions::invite_newcomer::{NewInvitation, invite, renew, revoke};
use axum::http::StatusCode;

use super::{KEY, Office};
use crate::mail_server::{MailServer, Mood};
use crate::pages::browser::{Browser, read};

impl Office {
    async fn with_mail() -> (Self, MailServer) {
        let server = MailServer::start().await;
        let mut office = Self::new().await;
        office.world.app.mailer = Some(server.mailer());
        (office, server)
    }

    async fn delivers(&self) {
        while deliver_next(&self.world.app).await.unwrap() {}
    }

    async fn opens(&self, link: &str) -> StatusCode {
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
        Browser::signed_out(&self.world).await.get(path).await.status
    }
}

fn neufeld() -> NewInvitation {
    let email = "kaemmerei@neufeld.example".to_owned();
    NewInvitation { official_key: KEY.to_owned(), days: 60, email, ..NewInvitation::default() }
}

/// The link in a letter.
fn link_in(text: &str) -> String {
    let at = text.find("http://127.0.0.1:8080/sparpotenzial/").unwrap_or_else(|| panic!("no link in {text}"));
    text[at..].split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_town_gets_its_link_by_mail_and_nothing_that_is_stored_opens_it() {
    let (office, server) = Office::with_mail().await;
    let shown = invite(&office.world.app, &office.olga, &neufeld(), None).await.unwrap();
    assert!(shown.mailed);
    office.delivers().await;
    let letter = server.only();
    assert_eq!((letter.to.as_str(), letter.header("Subject").is_empty()), ("kaemmerei@neufeld.example", false));
    let text = letter.text();
    assert!(text.contains("Stadt Neufeld") || text.contains("Neufeld"), "{text}");
    let mailed = link_in(&text);
    let shown = shown.url.unwrap();
    assert_ne!(mailed, shown, "the letter has a link of its own");
    for link in [&mailed, &shown] {
        assert_eq!(office.opens(link).await, StatusCode::OK, "{link}");
    }
    let stored: String = sqlx::query_scalar(
        "SELECT (SELECT string_agg(m::text, '') FROM newcomer_mail m) || (SELECT string_agg(l::text, '') FROM newcomer_mail_link l)
             || (SELECT string_agg(n::text, '') FROM newcomer_invitation n)",
    )
    .fetch_one(office.world.owner())
    .await
    .unwrap();
    for link in [&mailed, &shown] {
        assert!(!stored.contains(link.rsplit('/').next().unwrap()), "a token is stored");
    }
    let page = read(&Browser::signed_in(&office.world, &office.olga).await.page("/verwaltung/einladungen").await);
    assert!(page.contains("E-Mail gesandt am 22.11.2026"), "{page}");

    // Another link ends all before it, and is mailed too.
    let id = shown_id(&office).await;
    let renewed = renew(&office.world.app, &office.olga, id).await.unwrap();
    assert!(renewed.mailed);
    office.delivers().await;
    let second = link_in(&server.taken()[1].text());
    for (link, status) in [
        (&mailed, StatusCode::NOT_FOUND),
        (&shown, StatusCode::NOT_FOUND),
        (&second, StatusCode::OK),
        (&renewed.url.unwrap(), StatusCode::OK),
    ] {
        assert_eq!(office.opens(link).await, status, "{link}");
    }
    revoke(&office.world.app, &office.olga, id).await.unwrap();
    assert_eq!(office.opens(&second).await, StatusCode::NOT_FOUND);
}

async fn shown_id(office: &Office) -> uuid::Uuid {
    sqlx::query_scalar("SELECT id FROM newcomer_invitation").fetch_one(office.world.owner()).await.unwrap()
}

#[tokio::test]
async fn a_letter_is_tried_again_given_up_or_taken_back_and_the_office_reads_which() {
    let (office, server) = Office::with_mail().await;
    server.is_now(Mood::Busy);
    invite(&office.world.app, &office.olga, &neufeld(), None).await.unwrap();
    office.delivers().await;
    let olga = Browser::signed_in(&office.world, &office.olga).await;
    assert!(read(&olga.page("/verwaltung/einladungen").await).contains("E-Mail ist unterwegs"));
    server.is_now(Mood::Refuses);
    office.world.at("2026-11-22T09:05:00Z");
    office.delivers().await;
    let page = read(&olga.page("/verwaltung/einladungen").await);
    assert!(page.contains("E-Mail kam nicht an: ") && page.contains("Postfach unbekannt"), "{page}");

    server.is_now(Mood::Takes);
    let id = shown_id(&office).await;
    renew(&office.world.app, &office.olga, id).await.unwrap();
    revoke(&office.world.app, &office.olga, id).await.unwrap();
    office.delivers().await;
    assert!(server.taken().is_empty(), "a letter left the house for an invitation that was taken back");
    assert!(read(&olga.page("/verwaltung/einladungen").await).contains("E-Mail zurückgezogen"));
}

#[tokio::test]
async fn without_an_address_or_a_mail_server_nothing_is_sent_and_the_link_is_shown() {
    let (office, server) = Office::with_mail().await;
    let silent = NewInvitation { email: String::new(), ..neufeld() };
    let made = invite(&office.world.app, &office.olga, &silent, None).await.unwrap();
    assert!(!made.mailed && made.url.is_some());
    office.delivers().await;
    assert!(server.taken().is_empty());
    let alone = Office::new().await;
    let made = invite(&alone.world.app, &alone.olga, &neufeld(), None).await.unwrap();
    assert!(!made.mailed && made.url.is_some());
    assert_eq!(alone.number("SELECT count(*) FROM newcomer_mail").await, 0);
}
