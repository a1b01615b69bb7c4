//! Membership contributions, and what is left of the savings after them.

use abruf::actions::ActionError;
use abruf::actions::record_contribution::{ContributionInput, record, reverse};
use abruf::actor::RunsAs;
use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::House;
use crate::pages::browser::{Browser, read};
use crate::web::Web;

fn input(net: &str) -> ContributionInput {
    ContributionInput {
        year: 2026,
        net: net.parse().unwrap(),
        dated_on: "2026-02-15".parse().unwrap(),
        document: "Beitragsbescheid 2026-017".to_owned(),
    }
}

fn fields(error: &ActionError) -> Vec<&str> {
    let ActionError::Invalid(errors) = error else { panic!("{error:?}") };
    errors.iter().map(|error| error.field.as_str()).collect()
}

#[tokio::test]
async fn the_office_enters_a_contribution_once_and_takes_it_back() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let path = format!("/verwaltung/mitglieder/{}/beitraege", house.town);
    let page = olga.page(&path).await;
    assert!(read(&page).contains("Noch kein Beitrag."), "{}", read(&page));
    let wrong = [("year", "bald"), ("net", "viel"), ("dated_on", ""), ("document", "Bescheid 17")];
    let answer = olga.submit(&page, &path, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for told in ["Kalenderjahr", "„viel“ ist kein Betrag", "Datum von Bescheid"] {
        assert!(read(&answer.text).contains(told), "{told}: {}", read(&answer.text));
    }
    assert!(answer.text.contains("value=\"Bescheid 17\""), "what was typed stays");
    let right = [("year", "2026"), ("net", "1.200,00"), ("dated_on", "15.02.2026"), ("document", "Bescheid 17")];
    for _ in 0..2 {
        let to = olga.leads_on(&page, &path, &right).await;
        assert!(to.ends_with("?hinweis=eingetragen"), "{to}");
    }
    assert_eq!(house.number("SELECT count(*) FROM membership_contribution").await, 1, "a double click is one entry");
    let page = olga.page(&path).await;
    assert!(read(&page).contains("Beitrag 2026: Bescheid 17, 1.200,00 € netto"), "{}", read(&page));
    let to = olga.leads_on(&page, &path, &[("schritt", "zuruecknehmen"), ("reason", "Betrag falsch")]).await;
    assert!(to.ends_with("?hinweis=zurueckgenommen"), "{to}");
    assert_eq!(house.number("SELECT coalesce(sum(net), 0)::bigint FROM membership_contribution").await, 0);
    let logged = "SELECT count(*) FROM audit_entry WHERE action IN ('contribution_recorded', 'contribution_reversed')";
    assert_eq!(house.number(logged).await, 2);
    house.is_sound().await;
}

#[tokio::test]
async fn what_cannot_be_is_told_at_its_field_and_nothing_is_entered() {
    let house = House::new().await;
    let app = &house.world.app;
    for (wrong, field) in [
        (input("0.00"), "net"),
        (input("-5.00"), "net"),
        (ContributionInput { year: 1989, ..input("5.00") }, "year"),
        (ContributionInput { year: 2028, ..input("5.00") }, "year"),
        // It joined in 2012.
        (ContributionInput { year: 2011, ..input("5.00") }, "year"),
        (ContributionInput { dated_on: "2026-11-23".parse().unwrap(), ..input("5.00") }, "dated_on"),
        (ContributionInput { document: "  ".to_owned(), ..input("5.00") }, "document"),
    ] {
        let error = record(app, &house.olga, house.town, &wrong, None).await.unwrap_err();
        assert_eq!(fields(&error), [field], "{wrong:?}");
    }
    assert_eq!(house.number("SELECT count(*) FROM membership_contribution").await, 0);
    let buyer = record(app, &house.eva, house.town, &input("5.00"), None).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");
    let supplier = record(app, &house.olga, house.world.supplier, &input("5.00"), None).await;
    assert!(matches!(supplier, Err(ActionError::NotFound)), "no member: {supplier:?}");
    let id = record(app, &house.olga, house.town, &input("5.00"), None).await.unwrap();
    let twice = record(app, &house.olga, house.town, &input("7.00"), None).await.unwrap_err();
    assert_eq!(fields(&twice), ["document"]);
    let absent = reverse(app, &house.olga, house.town, Uuid::nil(), "x").await;
    assert!(matches!(absent, Err(ActionError::NotFound)), "{absent:?}");
    reverse(app, &house.olga, house.town, id, "Falsch").await.unwrap();
    let again = reverse(app, &house.olga, house.town, id, "Falsch").await;
    assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");
    for (statement, constraint) in [
        ("UPDATE membership_contribution SET net = 1", "membership_contribution_append_only"),
        ("DELETE FROM membership_contribution", "membership_contribution_append_only"),
        (
            "INSERT INTO membership_contribution SELECT gen_random_uuid(), body_id, member_id, year, -5, dated_on, 'x', NULL, person_id, at
             FROM membership_contribution WHERE reverses_id IS NULL",
            "membership_contribution_sign",
        ),
    ] {
        let refused = sqlx::query(statement).execute(house.world.owner()).await.expect_err(statement);
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
}

#[tokio::test]
async fn the_benefit_is_what_was_realised_less_the_contribution_and_no_saving_contains_it() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, &[("NBK", "10"), ("MON", "20")]).await;
    house.deliver(id, &[(1, "10")]).await;
    house.bill(id, "R-1", &[(1, "10", "100")]).await;
    record(&house.world.app, &house.olga, house.town, &input("50.00"), None).await.unwrap();
    let idle = house.world.member("Stadt Neufeld").await;
    let nora = house.world.buyer(idle).named("Nora Nachbar").await;
    record(&house.world.app, &house.olga, idle, &input("70.00"), None).await.unwrap();

    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let said = read(&olga.page("/berichte/nutzen?jahr=2026").await);
    // Effect 200.00, half of the fee of 40.00; 180.00 with tax is 214.20.
    for row in [
        "Stadt Altenrode 200,00 € \u{2212}20,00 € 180,00 € 50,00 € 130,00 € 214,20 €",
        "Stadt Neufeld 0,00 € 0,00 € 0,00 € 70,00 € \u{2212}70,00 € 0,00 €",
        "Alle 200,00 € \u{2212}20,00 € 180,00 € 120,00 € 60,00 € 214,20 €",
        "A netto realisiert: Abweichung der Liste 0,00 €",
        "Mitgliedsbeiträge: Abweichung der Liste 0,00 €",
    ] {
        assert!(said.contains(row), "{row}: {said}");
    }
    let csv = olga.get("/berichte/nutzen.csv?jahr=2026").await.text;
    assert!(csv.contains("Stadt Altenrode;200,00;0,00;20,00;0,00;180,00;50,00;130,00;214,20\r\n"), "{csv}");
    let savings = read(&olga.page("/berichte/einsparungen/stufen?jahr=2026").await);
    assert!(savings.contains("180,00 €") && !savings.contains("130,00 €"), "{savings}");
    let empty = read(&olga.page("/berichte/nutzen?jahr=2019").await);
    assert!(empty.contains("weder eine Einsparung realisiert noch ein Beitrag eingetragen"), "{empty}");

    // Who deducts input VAT bears the net amount.
    sqlx::query(
        "INSERT INTO input_vat_deduction (id, member_id, valid_from) VALUES (gen_random_uuid(), $1, '2012-04-01')",
    )
    .bind(house.town.0)
    .execute(house.world.owner())
    .await
    .unwrap();
    let said = read(&olga.page("/berichte/nutzen?jahr=2026").await);
    assert!(said.contains("130,00 € 180,00 €"), "{said}");
    let said = read(&olga.page(&format!("/abrufe/{id}/einsparung")).await);
    assert!(said.contains("realisiert 180,00 € (netto, das Mitglied zieht Vorsteuer ab)"), "{said}");

    // A member sees its own.
    let said = read(&Browser::signed_in(&house.world, &nora).await.page("/berichte/nutzen?jahr=2026").await);
    assert!(said.contains("Stadt Neufeld") && !said.contains("Stadt Altenrode"), "{said}");
    let mut tx = house.world.app.db.begin(&nora).await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM membership_contribution").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(seen, 1);
    drop(tx);
    let mut tx = house.world.app.db.begin(RunsAs::Job).await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM membership_contribution").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(seen, 2);
    house.is_sound().await;
}

#[tokio::test]
async fn programs_record_contributions_and_read_the_benefit() {
    let house = House::new().await;
    let House { world, olga, town, .. } = house;
    let web = Web::over(world).await;
    web.cookie_of(&olga, "olga@elbe-saale.example").await;
    let token = web.token("olga@elbe-saale.example").await;
    let path = format!("/api/v1/members/{town}/contributions");
    let body = |net: &str| json!({ "year": 2026, "net": net, "dated_on": "2026-02-15", "document": "Bescheid 17" });
    let wrong = web.api("POST", &path, &token, Some(body("-1.00"))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
    assert_eq!(wrong.json()["errors"][0]["field"], "net");
    let made = web.api("POST", &path, &token, Some(body("50.00"))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let benefit = web.api("GET", "/api/v1/reports/member-benefit?year=2026", &token, None).await.json();
    assert_eq!(benefit[0]["benefit_after_contribution"], "-50.00", "{benefit}");
    let back = format!("{path}/{}/reversal", made.json()["id"].as_str().unwrap());
    let reason = || Some(json!({ "reason": "Falsch" }));
    assert_eq!(web.api("POST", &back, &token, reason()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(web.api("POST", &back, &token, reason()).await.status, StatusCode::CONFLICT);
    let all = web.api("GET", &path, &token, None).await.json();
    assert_eq!((&all[0]["net"], &all[1]["reversed"]), (&json!("-50.00"), &json!(true)));
    let far = web.api("GET", "/api/v1/reports/member-benefit?year=50", &token, None).await;
    assert_eq!(far.status, StatusCode::BAD_REQUEST);
}
