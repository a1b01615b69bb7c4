//! The suppliers of a mini-competition are told by mail, each on their own.

use abruf::actions::deliver_mail::deliver_next;
use abruf::actions::tell_event::tell_next;
use abruf::app::App;
use serde_json::json;

use super::{House, Who};
use crate::mail_server::{MailServer, Taken};

impl House {
    async fn tells(&self, server: &MailServer) -> Vec<Taken> {
        let before = server.taken().len();
        let app = App { mailer: Some(server.mailer()), ..self.web.app.clone() };
        while tell_next(&app).await.unwrap() {}
        while deliver_next(&app).await.unwrap() {}
        server.taken().split_off(before)
    }
}

#[tokio::test]
async fn parties_are_invited_and_told_the_outcome_without_learning_of_each_other() {
    let house = House::new().await;
    let server = MailServer::start().await;
    let id = house.sent().await;
    let invitations = house.tells(&server).await;
    assert_eq!(invitations.len(), 3);
    for letter in &invitations {
        let text = letter.text();
        assert!(text.contains("Beratung zur Netzumstellung") && text.contains("Angebote bis: 02.12.2026"), "{text}");
        assert!(text.contains("vergabe@altenrode.example") && text.contains("Lieferzeit 40"), "{text}");
        assert!(!text.contains("GmbH"), "no party stands in it: {text}");
    }
    house.done(Who::Eva, &format!("mini-competitions/{id}/abolition"), json!({ "reason": "Bedarf entfällt." })).await;
    let notices = house.tells(&server).await;
    assert_eq!(notices.len(), 3);
    assert!(notices[0].text().contains("Grund: Bedarf entfällt."), "{}", notices[0].text());
    assert!(house.tells(&server).await.is_empty(), "once");
}

#[tokio::test]
async fn whoever_offered_learns_whether_it_won_and_nothing_about_the_others() {
    let house = House::new().await;
    let server = MailServer::start().await;
    let id = house.opened().await;
    house.tells(&server).await;
    house.done(Who::Eva, &format!("mini-competitions/{id}/scoring"), house.marks(&[(0, "9"), (1, "5")])).await;
    let award = json!({ "supplier_id": house.suppliers[0].0, "reason": "Beste Punktzahl." });
    house.done(Who::Eva, &format!("mini-competitions/{id}/award"), award).await;
    let letters = house.tells(&server).await;
    let texts: Vec<String> = letters.iter().map(Taken::text).collect();
    assert_eq!(texts.len(), 2, "two had offered: {texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("hat den Zuschlag erhalten")).count(), 1, "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("nicht ausgewählt")).count(), 1, "{texts:?}");
    assert!(texts.iter().all(|text| !text.contains("Punkt") && !text.contains("GmbH")), "{texts:?}");
}
