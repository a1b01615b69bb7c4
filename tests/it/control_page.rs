//! The control page of the supervisory board: every count leads to its list, the share of activity is computed, and what
//! the program cannot know is recorded with its evidence.

use abruf::actions::justify_finding::justify;
use abruf::actions::record_volume::record;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::submit;
use abruf::actor::{Actor, Role};
use abruf_domain::ids::OrganisationId;
use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, prior_contract, value};

/// A body whose towns order in-house from it, dearer than before, so that there is something to justify.
struct House {
    world: World,
    town: OrganisationId,
    contract: Contract,
    eva: Actor,
    karl: Actor,
    olga: Actor,
    sven: Actor,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let eva = world.buyer(town).named("Eva Muster").await;
        let karl = world.approver(town).named("Karl Beispiel").await;
        let olga = world.office().named("Olga Amt").await;
        let sven = world.person(Role::SupervisoryBoard, world.body).named("Sven Aufsicht").await;
        let contract = world
            .contract("RV-2025-01")
            .fee("2")
            .ceiling(value("1000.00"))
            .option("2028-12-31", "2026-12-10", None)
            .option("2029-12-31", "2028-06-30", None)
            .item("A1", fixed("100.00"))
            .item("N1", fixed("7.00"))
            .baseline("A1", prior_contract("90.00"))
            .entitles(town)
            .await;
        Self { world, town, contract, eva, karl, olga, sven }
    }

    /// Orders at a loss, which has to be justified or noticed; rules that find nothing need no words.
    async fn order(&self, lines: &[(&str, &str)]) {
        let id = self.world.draft(&self.eva, &self.contract, lines).await;
        for rule in ["savings-negative", "baseline-missing", "baseline-stale"] {
            let _ = justify(&self.world.app, &self.eva, id, rule, "Lieferzeit geht vor.").await;
        }
        let submitted = submit(&self.world.app, &self.eva, id, None).await.unwrap();
        assert!(format!("{submitted:?}").starts_with("Submitted"), "{submitted:?}");
        let done = release(&self.world.app, &self.karl, id, None).await.unwrap();
        assert!(matches!(done, Release::Released { .. }), "{done:?}");
    }

    /// A written justification, as an action would leave it.
    async fn justified(&self, rule: &str) {
        sqlx::query(
            "INSERT INTO justification (contract_id, call_off_id, rule, addressee, wording, person_id, at)
             SELECT contract_id, id, $1, 'requester', 'Lieferzeit geht vor.', requester_id, changed_at
             FROM call_off ORDER BY created_at DESC LIMIT 1 ON CONFLICT DO NOTHING",
        )
        .bind(rule)
        .execute(self.world.owner())
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn every_count_of_justifications_leads_to_its_list() {
    let house = House::new().await;
    for rule in ["savings-negative", "member-quota"] {
        house.order(&[("A1", "1"), ("N1", "1")]).await;
        house.justified(rule).await;
    }
    house.order(&[("A1", "1")]).await;
    house.justified("member-quota").await;
    let sven = Browser::signed_in(&house.world, &house.sven).await;
    let page = sven.page("/aufsicht?jahr=2026").await;
    let links: Vec<(String, i64)> = page
        .split("href=\"/aufsicht/begruendungen?")
        .skip(1)
        .map(|part| {
            let (address, rest) = part.split_once('"').unwrap();
            let text = read(rest.split_once('>').unwrap().1.split_once("</a>").unwrap().0);
            let number = text.split_whitespace().next().unwrap().parse().unwrap();
            (format!("/aufsicht/begruendungen?{}", address.replace("&#38;", "&").replace("&amp;", "&")), number)
        })
        .collect();
    assert!(3 <= links.len(), "the sum and a row per rule: {page}");
    for (address, number) in &links {
        let list = sven.page(address).await;
        let rows = i64::try_from(list.matches("<td data-label=\"Begründung\">").count()).unwrap();
        assert_eq!(rows, *number, "{address}");
    }
    let sum: i64 = links[1..].iter().map(|(_, number)| number).sum();
    assert_eq!(links[0].1, sum, "the sum is that of its rows");
    assert!(read(&page).contains("Stadt Altenrode"), "{page}");
    let nothing = read(&sven.page("/aufsicht?jahr=2019").await);
    assert!(nothing.contains("Niemand musste in diesem Zeitraum etwas begründen."), "{nothing}");
    let nobody = sven.get("/aufsicht/begruendungen?mitglied=keines").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn breached_ceilings_open_options_and_open_evidence_are_told() {
    let house = House::new().await;
    house.order(&[("N1", "2")]).await;
    let guard: Uuid =
        sqlx::query_scalar("SELECT id FROM guard WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'")
            .bind(house.contract.id.0)
            .fetch_one(house.world.owner())
            .await
            .unwrap();
    let (amount, app) = ("1200.00".parse().unwrap(), &house.world.app);
    let breached = record(app, &house.olga, house.contract.id, guard.into(), amount, "Fax vom 20.11.2026", None).await;
    assert!(breached.unwrap(), "the ceiling is 1000.00");
    let sven = Browser::signed_in(&house.world, &house.sven).await;
    let page = read(&sven.page("/aufsicht").await);
    assert!(page.contains("überzogen") && page.contains("1.200,00 €"), "{page}");
    assert!(page.contains("Option bis 31.12.2028 ist bis 10.12.2026 auszuüben (in 18 Tagen)"), "{page}");
    assert!(page.contains("30.06.2028") && page.contains("noch 586 Tage"), "every open option is listed: {page}");
    assert!(page.contains("1 Position ohne gültigen Vergleichspreis"), "{page}");
    assert!(page.contains("Noch keine bestandene Wiederherstellungsprobe erfasst."), "{page}");
    // The dashboard and the interface know the same.
    let dashboard = read(&sven.page("/berichte/einsparungen?jahr=2026").await);
    assert!(dashboard.contains("Höchstwert überzogen, keine Abrufe möglich"), "{dashboard}");
    let web = Web::over(house.world).await;
    web.cookie_of(&house.sven, "sven@elbe-saale.example").await;
    let token = web.token("sven@elbe-saale.example").await;
    let report = web.api("GET", "/api/v1/reports/control?year=2026", &token, None).await.json();
    assert_eq!(report["volumes"][0]["breached"], true, "{report}");
    assert_eq!(report["options"].as_array().unwrap().len(), 2);
    assert_eq!(report["evidence"]["uncompared"], 1);
    assert_eq!(report["activity"]["state"], "incomplete");
    let wrong = web.api("GET", "/api/v1/reports/control?year=99999", &token, None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_share_of_activity_is_computed_from_three_recorded_years() {
    let house = House::new().await;
    house.world.at("2025-06-02T09:00:00Z");
    house.order(&[("A1", "5")]).await;
    house.world.at("2026-11-22T09:00:00Z");
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let page = olga.page("/aufsicht").await;
    assert!(read(&page).contains("Für 2023, 2024, 2025 ist kein Umsatz erfasst."), "{page}");
    let record = async |year: &str, members: &str, others: &str, evidence: &str| {
        let page = olga.page("/aufsicht").await;
        let fields = [("year", year), ("members", members), ("others", others), ("evidence", evidence)];
        olga.submit(&page, "/aufsicht/umsatz", &fields).await
    };
    for (year, members, others, evidence, said) in [
        ("2026", "1", "1", "Abschluss", "2026 ist nicht möglich: Es zählen abgeschlossene Jahre, 2000 bis 2025."),
        ("2025", "viel", "1", "Abschluss", "„viel“ ist kein Betrag."),
        ("2025", "-1", "1", "Abschluss", "Ein Umsatz kann nicht negativ sein."),
        ("2025", "1", "1", " ", "Bitte nennen Sie den Beleg"),
        ("zwei", "1", "", "Abschluss", "Bitte geben Sie das Jahr mit vier Ziffern ein"),
    ] {
        let refused = record(year, members, others, evidence).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(read(&refused.text).contains(said), "{said}: {}", refused.text);
    }
    // Five pieces at 100.00 and 2 % fee: direct contracts are no turnover of the body, their fee is: 10.00.
    for (year, members, others) in [("2023", "490,00", "100"), ("2024", "300", "0"), ("2025", "1", "900")] {
        assert_eq!(record(year, members, others, "Jahresabschluss").await.status, StatusCode::SEE_OTHER);
    }
    // The last figure was wrong: a correction is a new row, and the newest counts.
    assert_eq!(record("2025", "0", "100", "Jahresabschluss, berichtigt").await.status, StatusCode::SEE_OTHER);
    let page = read(&olga.page("/aufsicht").await);
    let said = "80 % des Umsatzes der drei Jahre entfallen auf Mitglieder: 800,00 € von 1.000,00 €. Das ist nicht mehr als 80 %.";
    assert!(page.contains(said), "{page}");
    assert_eq!(record("2024", "300,01", "0", "Jahresabschluss").await.status, StatusCode::SEE_OTHER);
    let page = read(&olga.page("/aufsicht").await);
    assert!(page.contains("Das ist mehr als 80 %."), "{page}");
    assert!(page.contains("10,00 €") && page.contains("Jahresabschluss, berichtigt"), "{page}");
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM body_turnover").fetch_one(house.world.owner()).await.unwrap();
    assert_eq!(rows, 5, "corrections keep what was there");
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_restore_test_is_noted_with_its_result_and_grows_old() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let note = async |tested: &str, backup: &str, passed: &str, remark: &str| {
        let page = olga.page("/aufsicht").await;
        let fields = [("tested_on", tested), ("backup_of", backup), ("passed", passed), ("remark", remark)];
        olga.submit(&page, "/aufsicht/wiederherstellung", &fields).await
    };
    for (tested, backup, passed, remark, said) in [
        ("23.11.2026", "20.11.2026", "ja", "ohne Befund", "Die Probe liegt in der Zukunft."),
        ("20.11.2026", "21.11.2026", "ja", "ohne Befund", "Die Sicherung ist jünger als die Probe."),
        ("20.11.2026", "", "ja", "ohne Befund", "Bitte geben Sie den Tag ein"),
        ("20.11.2026", "19.11.2026", "", "ohne Befund", "Bitte wählen Sie, ob die Probe bestanden ist."),
        ("20.11.2026", "19.11.2026", "ja", "", "Bitte schreiben Sie, was geprüft wurde"),
    ] {
        let refused = note(tested, backup, passed, remark).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(read(&refused.text).contains(said), "{said}: {}", refused.text);
    }
    assert_eq!(note("12.10.2026", "11.10.2026", "ja", "ohne Befund").await.status, StatusCode::SEE_OTHER);
    let page = olga.page("/aufsicht").await;
    let said = "Letzte bestandene Wiederherstellungsprobe: vor 41 Tagen. Empfohlen: alle 30 Tage.";
    assert!(read(&page).contains(said) && page.contains("finding--justify"), "{page}");
    assert_eq!(note("20.11.2026", "19.11.2026", "nein", "Archiv unlesbar").await.status, StatusCode::SEE_OTHER);
    assert!(read(&olga.page("/aufsicht").await).contains("Die jüngste Probe ist nicht bestanden."));
    assert_eq!(note("21.11.2026", "20.11.2026", "ja", "ohne Befund").await.status, StatusCode::SEE_OTHER);
    let page = read(&olga.page("/aufsicht").await);
    assert!(page.contains("Letzte bestandene Wiederherstellungsprobe: gestern."), "{page}");
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn auditors_see_their_scope_and_members_nothing() {
    let house = House::new().await;
    house.order(&[("A1", "1")]).await;
    house.justified("member-quota").await;
    let neighbour = house.world.member("Stadt Neufeld").await;
    let of_town = house.world.auditor(&[house.town]).await;
    let of_neighbour = house.world.auditor(&[neighbour]).await;
    let inside = Browser::signed_in(&house.world, &of_town).await;
    let page = read(&inside.page("/aufsicht").await);
    assert!(
        page.contains("1 Begründung") && page.contains("Den Anteil berechnet nur, wer alle Abrufe sieht."),
        "{page}"
    );
    assert!(!page.contains("Umsatz speichern"), "auditors read");
    let outside = Browser::signed_in(&house.world, &of_neighbour).await;
    let page = read(&outside.page("/aufsicht").await);
    assert!(!page.contains("Altenrode") && page.contains("Niemand musste"), "{page}");
    let foreign = outside.get(&format!("/aufsicht/begruendungen?mitglied={}", house.town)).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let eva = Browser::signed_in(&house.world, &house.eva).await;
    assert_eq!(eva.get("/aufsicht").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn by_api_turnover_and_restore_tests_are_recorded_by_those_who_know() {
    let house = House::new().await;
    let admin = house.world.person(Role::Administrator, house.world.body).named("Ada Betrieb").await;
    let web = Web::over(house.world).await;
    web.cookie_of(&admin, "ada@elbe-saale.example").await;
    web.cookie_of(&house.olga, "olga@elbe-saale.example").await;
    let (ada, olga) = (web.token("ada@elbe-saale.example").await, web.token("olga@elbe-saale.example").await);
    let test = json!({ "tested_on": "2026-11-20", "backup_of": "2026-11-19", "passed": true, "remark": "ohne Befund" });
    let made = web.api("POST", "/api/v1/restore-tests", &ada, Some(test)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let turnover = json!({ "year": 2025, "members": "100.00", "others": "1.5", "evidence": "Jahresabschluss" });
    let refused = web.api("POST", "/api/v1/body-turnovers", &ada, Some(turnover.clone())).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let made = web.api("POST", "/api/v1/body-turnovers", &olga, Some(turnover)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let wrong = json!({ "year": 2025, "members": "1,5", "others": "1.5", "evidence": "Jahresabschluss" });
    let refused = web.api("POST", "/api/v1/body-turnovers", &olga, Some(wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert_eq!(refused.json()["errors"][0]["field"], "members");
}
