//! Baselines: recorded with evidence by one person, decided by another; what is withdrawn leaves releases as they were.

mod corrections;
pub mod imports;
mod interface;

use abruf::actions::release_call_off::{Release, release};
use abruf::actor::Actor;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;

use crate::pages::browser::{Browser, read};
use crate::web::Answer;
use crate::world::World;
use crate::world::contract::{Contract, fixed, subscription, value};

/// A PDF, as far as anybody looks.
const PDF: &[u8] = b"%PDF-1.7\nRechnung 2025-0917\n%%EOF\n";

/// A contract with two colleagues of the office and a town that orders.
struct House {
    world: World,
    contract: Contract,
    olga: Actor,
    otto: Actor,
    eva: Actor,
    karl: Actor,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let contract = world
            .contract("RV-2025-01")
            .ceiling(value("500000.00"))
            .item("CTX-UNI", subscription("11.85").unit("Nutzer"))
            .item("CTX-TRN", fixed("1180.00").unit("Tag"))
            .item("MON-27", fixed("180.00"))
            .entitles(town)
            .await;
        Self::over(world, contract, town).await
    }

    async fn over(world: World, contract: Contract, town: abruf_domain::ids::OrganisationId) -> Self {
        let olga = world.office().named("Olga Amt").await;
        let otto = world.office().named("Otto Amt").await;
        let [eva, karl] = [world.buyer(town).await, world.approver(town).await];
        Self { world, contract, olga, otto, eva, karl }
    }

    /// An order, released.
    async fn order(&self, lines: &[(&str, &str)]) -> CallOffId {
        let id = self.world.request(&self.eva, &self.contract, lines).await;
        let done = release(&self.world.app, &self.karl, id, None).await.unwrap();
        assert!(matches!(done, Release::Released { .. }), "{done:?}");
        id
    }

    fn form(&self) -> String {
        format!("/verwaltung/vertraege/{}/vergleichspreise/neu", self.contract.id)
    }

    /// Records a price of training by the page; the fields replace those of a right one.
    async fn record(&self, by: &Browser, other: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let right = [
            ("article_number", "CTX-TRN"),
            ("kind", "prior_contract"),
            ("unit_price", "1.250,00"),
            ("per", "unit"),
            ("unit", "Tag"),
            ("dated_on", "02.12.2025"),
            ("valid_from", ""),
            ("valid_to", ""),
            ("member_id", ""),
            ("evidence", "Rechnung 2025-0917 der Firma Muster"),
        ];
        let kept = right.iter().filter(|(name, _)| !other.iter().any(|(field, _)| field == name));
        let fields: Vec<(&str, &str)> = kept.copied().chain(other.iter().copied()).collect();
        let page = by.page(&self.form()).await;
        by.upload(&page, &self.form(), &fields, ("file", file.0, file.1)).await
    }

    /// The address of a baseline recorded by the page.
    async fn recorded(&self, by: &Browser, other: &[(&str, &str)]) -> String {
        let answer = self.record(by, other, ("Rechnung.pdf", PDF)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
        answer.header("location").split('?').next().unwrap().to_owned()
    }

    async fn approved(&self, by: &Browser, address: &str) {
        let page = by.page(address).await;
        by.leads_on(&page, address, &[("schritt", "freigeben")]).await;
    }

    /// Classes with their sums of effects of an order.
    async fn effects(&self, id: CallOffId) -> Vec<(String, String)> {
        sqlx::query_as(
            "SELECT class, sum(effect_net)::text FROM savings_entry WHERE call_off_id = $1
             GROUP BY class HAVING sum(effect_net) <> 0 OR sum(order_net) <> 0 ORDER BY class",
        )
        .bind(id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.world.owner()).await.unwrap()
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn a_baseline_counts_once_a_second_person_has_approved_it_and_its_evidence_can_be_read() {
    let house = House::new().await;
    let [olga, otto, eva] = [
        Browser::signed_in(&house.world, &house.olga).await,
        Browser::signed_in(&house.world, &house.otto).await,
        Browser::signed_in(&house.world, &house.eva).await,
    ];
    let said = read(&olga.page("/verwaltung/vergleichspreise").await);
    assert!(said.contains("Noch gibt es keine Vergleichspreise"), "{said}");
    let said = read(&olga.page("/verwaltung/vergleichspreise?stand=none").await);
    assert!(said.contains("3 Positionen") && said.contains("CTX-TRN"), "{said}");

    let address = house.recorded(&olga, &[]).await;
    let before = house.order(&[("CTX-TRN", "2")]).await;
    assert_eq!(house.effects(before).await, pairs(&[("none", "0.00")]), "what waits counts for nothing");
    for path in [address.clone(), format!("{address}/beleg")] {
        assert_eq!(eva.get(&path).await.status, StatusCode::NOT_FOUND, "what waits is the office's business");
    }
    let page = olga.page(&address).await;
    let said = read(&page);
    assert!(said.contains("1.250,00 € je Tag") && said.contains("Freigeben muss ihn eine zweite Person"), "{said}");
    assert!(!page.contains("value=\"freigeben\""), "nobody approves their own");
    let own = olga.submit(&page, &address, &[("schritt", "freigeben")]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);

    house.approved(&otto, &address).await;
    let again = otto.submit(&page, &address, &[("schritt", "freigeben")]).await;
    assert!(again.status.is_client_error(), "decided once");
    let said = read(&eva.page(&address).await);
    for told in ["freigegeben", "früherer Vertrag, A – belegt", "02.12.2025", "Rechnung 2025-0917 der Firma Muster"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
    let file = eva.get(&format!("{address}/beleg")).await;
    assert_eq!((file.text.as_bytes(), file.header("content-type")), (PDF, "application/pdf"));
    assert_eq!(file.header("content-disposition"), "attachment; filename*=UTF-8''Rechnung.pdf");

    let after = house.order(&[("CTX-TRN", "2")]).await;
    assert_eq!(house.effects(after).await, pairs(&[("A", "140.00")]));
    let said = read(&eva.page(&format!("/abrufe/{after}/einsparung")).await);
    assert!(said.contains("Nachweis zu Pos. 1"), "from the figure to its evidence: {said}");
    let said = read(&olga.page(&address).await);
    assert!(said.contains("1 Abruf,") && said.contains("2.500,00 € 140,00 €"), "{said}");
    let logged =
        house.number("SELECT count(*) FROM audit_entry WHERE action IN ('baseline_recorded', 'baseline_approved')");
    assert_eq!(logged.await, 2);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_baseline_is_told_at_its_field_and_nothing_typed_is_lost() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let png = b"\x89PNG\r\n\x1a\n0000";
    let pdf = ("Rechnung.pdf", PDF);
    for (other, file, told) in [
        (&[("dated_on", "")][..], pdf, "Datum des Belegs ein"),
        (&[("dated_on", "23.11.2026")], pdf, "liegt nach heute, dem 22.11.2026"),
        (&[("unit", "Stunde")], pdf, "„Stunde“ ist eine andere Einheit als im Vertrag. Erwartet: der Preis je Tag."),
        (&[("per", "month")], pdf, "wird nicht nach Monaten bezahlt"),
        (&[("article_number", "CTX-UNI"), ("unit", "Nutzer")], pdf, "wird nach Monaten bezahlt"),
        (&[("unit_price", "0")], pdf, "Mit einem Preis von 0,00 lässt sich nichts vergleichen"),
        (&[("unit_price", "-12,50")], pdf, "Der Preis ist negativ"),
        (&[("unit_price", "viel")], pdf, "„viel“ ist keine Zahl"),
        (&[("article_number", "XXX")], pdf, "Der Artikel „XXX“ steht nicht im Vertrag"),
        (&[("valid_from", "01.02.2026"), ("valid_to", "31.01.2026")], pdf, "liegt vor dem ersten Tag 01.02.2026"),
        (&[("evidence", " ")], pdf, "Bitte nennen Sie den Beleg"),
        (&[("member_id", "00000000-0000-0000-0000-000000000001")], pdf, "Dieses Mitglied gibt es nicht"),
        (&[], ("Rechnung.pdf", &png[..]), "ist in Wirklichkeit ein PNG-Bild"),
        (&[], ("Rechnung.pdf", b"MZ\x90\x00"), "ist nicht ein PDF, oder sie ist beschädigt"),
        (&[], ("Makro.xlsx", b"PK\x03\x04no workbook"), "ist nicht eine Excel-Datei (XLSX)"),
        (&[], ("", b""), "Bitte laden Sie den Beleg hoch"),
    ] {
        let answer = house.record(&olga, other, file).await;
        let said = read(&answer.text);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}: {said}");
        assert!(said.contains(told), "{told}: {said}");
        assert!(said.contains("Bitte prüfen Sie Ihre Angaben"), "{told}: a summary leads to the field");
        if other.iter().all(|(name, _)| *name != "evidence") {
            assert!(
                answer.text.contains("value=\"Rechnung 2025-0917 der Firma Muster\""),
                "{told}: typed text is kept"
            );
        }
    }
    let large = vec![b'x'; 9_000_000];
    let answer = house.record(&olga, &[], ("gross.pdf", &large)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(read(&answer.text).contains("höchstens 8 MB"));
    assert_eq!(house.number("SELECT count(*) FROM baseline").await, 0);
    assert_eq!(house.number("SELECT count(*) FROM baseline_file").await, 0);

    house.recorded(&olga, &[]).await;
    let twice = house.record(&olga, &[], pdf).await;
    assert!(read(&twice.text).contains("steht schon bei CTX-TRN"), "{}", read(&twice.text));
}

#[tokio::test]
async fn a_refused_baseline_never_counts_and_says_why() {
    let house = House::new().await;
    let [olga, otto] =
        [Browser::signed_in(&house.world, &house.olga).await, Browser::signed_in(&house.world, &house.otto).await];
    let address = house.recorded(&olga, &[]).await;
    let page = otto.page(&address).await;
    let answer = otto.submit(&page, &address, &[("schritt", "ablehnen"), ("refusal", " ")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    otto.leads_on(&page, &address, &[("schritt", "ablehnen"), ("refusal", "Der Beleg zeigt 1.200,00 €.")]).await;
    let said = read(&olga.page(&address).await);
    assert!(said.contains("abgelehnt") && said.contains("Der Beleg zeigt 1.200,00 €."), "{said}");
    let id = house.order(&[("CTX-TRN", "1")]).await;
    assert_eq!(house.effects(id).await, pairs(&[("none", "0.00")]));
}

#[tokio::test]
async fn old_evidence_is_shown_as_stale_and_validity_limits_orders() {
    let house = House::new().await;
    let [olga, otto] =
        [Browser::signed_in(&house.world, &house.olga).await, Browser::signed_in(&house.world, &house.otto).await];
    let old = house.recorded(&olga, &[("dated_on", "21.11.2024")]).await;
    house.approved(&otto, &old).await;
    let later = house
        .recorded(
            &olga,
            &[("article_number", "MON-27"), ("unit", "Stück"), ("unit_price", "200"), ("valid_from", "23.11.2026")],
        )
        .await;
    house.approved(&otto, &later).await;
    let list = |stand: &str| format!("/verwaltung/vergleichspreise?stand={stand}");
    let said = read(&olga.page(&list("stale")).await);
    assert!(said.contains("1 Vergleichspreis") && said.contains("CTX-TRN") && said.contains("veraltet"), "{said}");
    let said = read(&olga.page(&list("approved")).await);
    assert!(said.contains("1 Vergleichspreis") && said.contains("MON-27"), "{said}");
    let id = house.order(&[("CTX-TRN", "1"), ("MON-27", "1")]).await;
    assert_eq!(house.effects(id).await, pairs(&[("none", "0.00")]), "one is too old, one not yet valid");
    house.world.at("2026-11-23T09:00:00Z");
    let id = house.order(&[("MON-27", "1")]).await;
    assert_eq!(house.effects(id).await, pairs(&[("A", "20.00")]));
}

#[tokio::test]
async fn how_many_months_evidence_counts_is_configured() {
    let house = House::new().await;
    let [olga, otto] =
        [Browser::signed_in(&house.world, &house.olga).await, Browser::signed_in(&house.world, &house.otto).await];
    let address = house.recorded(&olga, &[]).await;
    house.approved(&otto, &address).await;
    // Dated 2 December 2025, which is eleven whole months ago; 24 count unless somebody decides otherwise.
    for (months, quantity, effect) in
        [("", "1", ("A", "70.00")), ("12", "2", ("A", "140.00")), ("11", "3", ("none", "0.00"))]
    {
        if !months.is_empty() {
            house.world.law("baseline_max_age_months", months).await;
        }
        let id = house.order(&[("CTX-TRN", quantity)]).await;
        assert_eq!(house.effects(id).await, pairs(&[effect]), "{months} months");
    }
    let said = read(&olga.page("/verwaltung/vergleichspreise?stand=stale").await);
    assert!(said.contains("1 Vergleichspreis") && said.contains("veraltet"), "{said}");
}

#[tokio::test]
async fn what_a_town_paid_itself_counts_for_it_alone_and_is_seen_by_it_alone() {
    let world = World::new().await;
    let [altenrode, neufeld] = [world.member("Stadt Altenrode").await, world.member("Stadt Neufeld").await];
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("500000.00"))
        .item("CTX-TRN", fixed("1180.00").unit("Tag"))
        .entitles(altenrode)
        .entitles(neufeld)
        .await;
    let house = House::over(world, contract, altenrode).await;
    let nora = house.world.buyer(neufeld).await;
    let [olga, otto] =
        [Browser::signed_in(&house.world, &house.olga).await, Browser::signed_in(&house.world, &house.otto).await];
    let own = house.recorded(&olga, &[("member_id", &altenrode.to_string())]).await;
    house.approved(&otto, &own).await;
    let eva = Browser::signed_in(&house.world, &house.eva).await;
    let nora_sees = Browser::signed_in(&house.world, &nora).await;
    assert_eq!(eva.get(&own).await.status, StatusCode::OK);
    for path in [own.clone(), format!("{own}/beleg")] {
        assert_eq!(nora_sees.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let id = house.order(&[("CTX-TRN", "1")]).await;
    assert_eq!(house.effects(id).await, pairs(&[("A", "70.00")]));
    let other = house.world.request(&nora, &house.contract, &[("CTX-TRN", "1")]).await;
    let approver = house.world.approver(neufeld).await;
    release(&house.world.app, &approver, other, None).await.unwrap();
    assert_eq!(house.effects(other).await, pairs(&[("none", "0.00")]));
}

#[tokio::test]
async fn a_copied_contract_proposes_what_the_old_one_costs_as_its_baselines() {
    let house = House::new().await;
    let copy = abruf::actions::copy_contract::copy(&house.world.app, &house.olga, house.contract.id).await.unwrap();
    let proposed: Vec<(String, String, String, String, bool)> = sqlx::query_as(
        "SELECT i.article_number, b.unit_price::numeric(16, 2)::text, b.per, b.evidence, b.approved_at IS NULL
         FROM baseline b JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
         WHERE b.contract_id = $1 AND b.kind = 'prior_contract' AND b.dated_on = '2026-11-22' ORDER BY 1",
    )
    .bind(copy.0)
    .fetch_all(house.world.owner())
    .await
    .unwrap();
    let words: Vec<_> = proposed.iter().map(|it| (it.0.as_str(), it.1.as_str(), it.2.as_str(), it.4)).collect();
    assert_eq!(
        words,
        [("CTX-TRN", "1180.00", "unit", true), ("CTX-UNI", "11.85", "month", true), ("MON-27", "180.00", "unit", true)]
    );
    assert_eq!(proposed[0].3, "Rahmenvertrag RV-2025-01, Preisstand 1 ab 01.03.2025, in Kraft am 22.11.2026");
    let otto = Browser::signed_in(&house.world, &house.otto).await;
    let said = read(&otto.page(&format!("/verwaltung/vergleichspreise?vertrag={copy}&stand=pending")).await);
    assert!(said.contains("3 Vergleichspreise") && said.contains("11,85 € je Nutzer und Monat"), "{said}");
}
