//! Bad input: a German message at the field, what was typed kept, nothing written, never a 500.

use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;

use super::Town;
use super::browser::{Browser, read};
use crate::world::contract::value;

struct Draft {
    town: Town,
    eva: Browser,
    id: CallOffId,
}

impl Draft {
    async fn new() -> Self {
        let town = Town::new().await;
        let id = town.world.draft(&town.eva, &town.citrix, &[("CTX-TRN", "2")]).await;
        let eva = town.browser(&town.eva).await;
        Self { town, eva, id }
    }

    fn path(&self, step: &str) -> String {
        format!("/abrufe/{}/{step}", self.id)
    }

    /// Sends a step with these fields; it must be answered with its own page and write nothing.
    async fn refused(&self, step: &str, fields: &[(&str, &str)]) -> String {
        let before = self.town.world.call_off_with_lines(self.id).await;
        let page = self.eva.page(&self.path(step)).await;
        let answer = self.eva.submit(&page, &self.path(step), fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}: {}", answer.text);
        assert!(answer.text.contains("<title>Fehler: "), "{fields:?}");
        assert!(answer.text.contains("Bitte prüfen Sie Ihre Angaben"), "{fields:?}");
        let target = answer.text.split("error-summary__list").nth(1).unwrap().split("href=\"#").nth(1).unwrap();
        let target = target.split('"').next().unwrap();
        assert!(answer.text.contains(&format!("id=\"{target}\"")), "{fields:?}: the link leads to a field: {target}");
        assert_eq!(self.town.world.call_off_with_lines(self.id).await, before, "{fields:?} wrote something");
        answer.text
    }
}

#[tokio::test]
async fn impossible_quantities_are_refused_at_their_field() {
    let draft = Draft::new().await;
    for typed in ["0", "-1", "1e9", "1000000000", "zwölf", "1,2,3", &"9".repeat(40), "0,00001", "<script>"] {
        let page =
            draft.refused("positionen", &[("angebot", "CTX-TRN"), ("menge", typed), ("weiter", "angaben")]).await;
        assert!(page.contains("aria-invalid=\"true\"") && read(&page).contains("Bitte"), "{typed}");
        assert!(!page.contains("<script>"), "{typed}");
        if !typed.contains('<') {
            assert!(page.contains(&format!("value=\"{typed}\"")), "{typed} is kept");
        }
    }
    let nothing = draft.refused("positionen", &[("angebot", "CTX-TRN"), ("menge", "0,5x")]).await;
    assert!(read(&nothing).contains("ist keine Menge"));
}

#[tokio::test]
async fn forty_digits_are_too_many_not_no_number() {
    let draft = Draft::new().await;
    let digits = "9".repeat(40);
    let page = draft.refused("positionen", &[("angebot", "CTX-TRN"), ("menge", &digits)]).await;
    assert!(read(&page).contains("Menge 99999999999999999999… ist zu groß. Höchstens 10.000.000"), "{}", read(&page));
}

#[tokio::test]
async fn a_day_of_delivery_in_the_past_is_refused() {
    let draft = Draft::new().await;
    let page = draft.refused("angaben", &[("need", "Ersatz"), ("desired_on", "1.1.26")]).await;
    assert!(read(&page).contains("Der Wunschtermin 1.1.26 liegt vor heute, dem 22.11.2026."), "{}", read(&page));
}

#[tokio::test]
async fn a_character_nobody_can_store_is_no_fault_of_ours() {
    let draft = Draft::new().await;
    for path in ["/abrufe?q=%00", "/rahmenvertraege?q=%00"] {
        let answer = draft.eva.get(path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(read(&answer.text).contains("unsichtbares Zeichen"), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_article_is_refused_at_its_field() {
    let draft = Draft::new().await;
    let page = draft.refused("positionen", &[("artikel", "GIBT-ES-NICHT"), ("menge", "1")]).await;
    assert!(read(&page).contains("Artikelnummer GIBT-ES-NICHT steht nicht in diesem Vertrag."));
    let long = "X".repeat(10_000);
    draft.refused("positionen", &[("artikel", &long), ("menge", "1")]).await;
    let both = draft.refused("positionen", &[("artikel", "NIX"), ("menge", "0")]).await;
    assert!(read(&both).contains("NIX steht nicht") && read(&both).contains("Menge 0 geht nicht"));
}

#[tokio::test]
async fn days_that_do_not_exist_and_endless_texts_are_refused() {
    let draft = Draft::new().await;
    let long = "x".repeat(10_000);
    for (field, typed) in [
        ("performance_from", "30.02.2027"),
        ("performance_to", "31.04.2027"),
        ("desired_on", "morgen"),
        ("desired_on", "01.01.9999"),
        ("contact", long.as_str()),
        ("cost_centre", long.as_str()),
        ("need", long.as_str()),
        ("delivery_address", long.as_str()),
        ("leitweg_id", "04011000-1234512345-35"),
    ] {
        let page = draft.refused("angaben", &[(field, typed)]).await;
        assert!(page.contains(&format!("id=\"{field}-fehler\"")), "{field}: {}", read(&page));
        assert!(page.contains(typed), "{field} is kept");
    }
    let turned = draft.refused("angaben", &[("performance_from", "2.1.2027"), ("performance_to", "1.1.2027")]).await;
    assert!(read(&turned).contains("Das Ende liegt vor dem Beginn"));
}

#[tokio::test]
async fn a_draft_changed_elsewhere_is_not_overwritten_unseen() {
    let draft = Draft::new().await;
    let old = draft.eva.page(&draft.path("angaben")).await;
    draft.town.world.change(&draft.town.eva, draft.id, &[("CTX-TRN", "3")]).await;
    let answer = draft.eva.submit(&old, &draft.path("angaben"), &[("need", "Meine Worte")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text.contains("Meine Worte") && read(&answer.text).contains("in einem anderen Fenster geändert"));
    assert_eq!(draft.town.world.call_off(draft.id).await.details.need, "Ersatzbedarf, Menge laut Inventar");
    let knowingly = draft.eva.leads_on(&answer.text, &draft.path("angaben"), &[("need", "Meine Worte")]).await;
    assert_eq!(knowingly, draft.path("pruefung"));
}

#[tokio::test]
async fn a_declined_submission_shows_the_rule_and_keeps_the_draft() {
    let town = Town::new().await;
    let small = town
        .world
        .contract("RV-2025-03")
        .ceiling(value("2359.99"))
        .item("DAY", crate::world::contract::fixed("1180.00"))
        .entitles(town.eva.organisation)
        .await;
    let id = town.world.draft(&town.eva, &small, &[("DAY", "2")]).await;
    let eva = town.browser(&town.eva).await;
    let review = format!("/abrufe/{id}/pruefung");
    let page = eva.page(&review).await;
    for words in [
        "So ist der Abruf nicht zulässig: Ein Punkt sperrt ihn.",
        "Höchstwert blockiert",
        "das sind 0,01 € zu viel",
        "EuGH C-23/20",
    ] {
        assert!(read(&page).to_lowercase().contains(&words.to_lowercase()), "{words} in {}", read(&page));
    }
    assert!(!page.contains("Weiter zur Zusammenfassung"));
    let summary = format!("/abrufe/{id}/zusammenfassung");
    let page = eva.page(&summary).await;
    assert!(!page.contains("Zur Freigabe geben"));
    let token = [("csrf", eva.get("/handeln-fuer").await.form_token())];
    let pressed = eva.post(&summary, &[("csrf", &token[0].1), ("idempotency_key", "k1")]).await;
    assert_eq!(pressed.header("location"), format!("{review}?hinweis=abgelehnt"));
    assert!(read(&eva.page(pressed.header("location")).await).contains("Ihr Entwurf ist gespeichert."));
    let kept = town.world.call_off(id).await;
    assert!(kept.status.is_editable() && kept.declined_at.is_some());
}

#[tokio::test]
async fn what_belongs_to_others_looks_like_what_is_not_there() {
    let draft = Draft::new().await;
    let world = &draft.town.world;
    let other = world.member("Stadt Neufeld").await;
    let stranger = draft.town.browser(&world.buyer(other).named("Nora Neu").await).await;
    let absent = uuid::Uuid::from_u128(1).to_string();
    for step in [
        "",
        "/positionen",
        "/angaben",
        "/pruefung",
        "/zusammenfassung",
        "/bestaetigung",
        "/bestellung.pdf",
        "/bestellung.order-x.xml",
        "/entwurf.pdf",
    ] {
        let foreign = stranger.get(&format!("/abrufe/{}{step}", draft.id)).await;
        let nothing = stranger.get(&format!("/abrufe/{absent}{step}")).await;
        assert_eq!((foreign.status, &foreign.text), (StatusCode::NOT_FOUND, &nothing.text), "{step}");
    }
    let colleague = draft.town.browser(&world.buyer(draft.town.eva.organisation).named("Ina Zweite").await).await;
    assert_eq!(colleague.get(&draft.path("angaben")).await.status, StatusCode::NOT_FOUND, "a colleague's draft");
    assert!(read(&colleague.page(&format!("/abrufe/{}", draft.id)).await).contains("noch nicht eingereicht"));
}
