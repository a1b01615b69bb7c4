//! Withdrawn and replaced baselines: dated corrections, and releases that stay as they were.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actions::{decide_baseline, withdraw_baseline};
use abruf::verify::verify;
use abruf_domain::ids::{BaselineId, CallOffId};
use axum::http::StatusCode;
use uuid::Uuid;

use super::{House, pairs};
use crate::pages::browser::{Browser, read};
use crate::world::World;
use crate::world::contract::{fixed, list_price, prior_contract, subscription, value};

impl House {
    /// With a proven price of training that has a list price behind it, and one for users that has none.
    async fn with_evidence() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let contract = world
            .contract("RV-2025-01")
            .fee("1.5")
            .ceiling(value("500000.00"))
            .item("CTX-UNI", subscription("11.85").unit("Nutzer"))
            .item("CTX-TRN", fixed("1180.00").unit("Tag"))
            .entitles(town)
            .baseline("CTX-UNI", prior_contract("14.20").per_month())
            .baseline("CTX-TRN", prior_contract("1250.00").dated("2025-12-02"))
            .baseline("CTX-TRN", list_price("1200.00").dated("2026-01-02"))
            .await;
        Self::over(world, contract, town).await
    }

    async fn baseline(&self, article: &str, kind: &str) -> BaselineId {
        let id: Uuid = sqlx::query_scalar(
            "SELECT b.id FROM baseline b JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
             WHERE i.article_number = $1 AND b.kind = $2",
        )
        .bind(article)
        .bind(kind)
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        BaselineId(id)
    }

    async fn withdrawn(&self, id: BaselineId) {
        let app = &self.world.app;
        withdraw_baseline::ask(app, &self.olga, id, "brutto abgeschrieben", None).await.unwrap();
        withdraw_baseline::approve(app, &self.otto, id).await.unwrap();
    }

    /// What was written at the release, byte for byte.
    async fn released_figures(&self, id: CallOffId) -> String {
        sqlx::query_scalar(
            "SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM savings_entry e WHERE call_off_id = $1 AND stage = 'planned'",
        )
        .bind(id.0)
        .fetch_one(self.world.owner())
        .await
        .unwrap()
    }

    async fn corrections(&self, id: CallOffId) -> Vec<(String, String, String, String)> {
        sqlx::query_as(
            "SELECT class, baseline_net::text, effect_net::text, order_net::text FROM savings_entry
             WHERE call_off_id = $1 AND stage = 'corrected' ORDER BY effect_net, class",
        )
        .bind(id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap()
    }

    async fn sums_agree(&self) {
        self.world.keeps_its_promises().await;
        let found = verify(&self.world.app, |_, _, _| {}).await.unwrap();
        assert!(found.failures.is_empty(), "{:?}", found.failures);
    }
}

fn quad(list: &[(&str, &str, &str, &str)]) -> Vec<(String, String, String, String)> {
    let owned = |it: &str| it.to_owned();
    list.iter().map(|(a, b, c, d)| (owned(a), owned(b), owned(c), owned(d))).collect()
}

#[tokio::test]
async fn a_withdrawal_is_a_dated_correction_and_the_release_stays_as_it_was() {
    let house = House::with_evidence().await;
    let order = house.order(&[("CTX-UNI", "10"), ("CTX-TRN", "2")]).await;
    // 10 × 12 × (14.20 − 11.85) and 2 × (1,250.00 − 1,180.00).
    assert_eq!(house.effects(order).await, pairs(&[("A", "422.00")]));
    let before = house.released_figures(order).await;
    house.world.at("2027-01-11T09:00:00Z");
    let training = house.baseline("CTX-TRN", "prior_contract").await;
    house.withdrawn(training).await;

    assert_eq!(house.released_figures(order).await, before);
    // The list price counts in its place: 2 × (1,200.00 − 1,180.00).
    assert_eq!(
        house.corrections(order).await,
        quad(&[("A", "-2500.00", "-140.00", "-2360.00"), ("B", "2400.00", "40.00", "2360.00")])
    );
    assert_eq!(house.effects(order).await, pairs(&[("A", "282.00"), ("B", "40.00")]));
    let dated = "SELECT count(*) FROM savings_entry WHERE stage = 'corrected' AND dated_on = '2027-01-11'";
    assert_eq!(house.number(dated).await, 2);
    house.sums_agree().await;

    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let address = format!("/verwaltung/vergleichspreise/{training}");
    let said = read(&olga.page(&address).await);
    assert!(said.contains("widerrufen") && said.contains("2 Berichtigungen"), "{said}");
    assert!(said.contains("Summe aller Seiten, geplant \u{2212}100,00 € \u{2212}100,00 €"), "{said}");
    assert!(said.contains("brutto abgeschrieben. Bestätigt von Otto Amt"), "{said}");
    let eva = Browser::signed_in(&house.world, &house.eva).await;
    let said = read(&eva.page(&format!("/abrufe/{order}/einsparung")).await);
    assert!(said.contains("Berichtigung") && said.contains("zurückgebucht"), "{said}");

    // The next order is compared with what counts.
    let next = house.order(&[("CTX-TRN", "1")]).await;
    assert_eq!(house.effects(next).await, pairs(&[("B", "20.00")]));
}

#[tokio::test]
async fn without_another_baseline_the_line_counts_for_nothing_and_stays_in_the_order_value() {
    let house = House::with_evidence().await;
    let order = house.order(&[("CTX-UNI", "10"), ("CTX-TRN", "2")]).await;
    house.withdrawn(house.baseline("CTX-UNI", "prior_contract").await).await;
    assert_eq!(
        house.corrections(order).await,
        quad(&[("A", "-1704.00", "-282.00", "-1422.00"), ("none", "0.00", "0.00", "1422.00")])
    );
    assert_eq!(house.effects(order).await, pairs(&[("A", "140.00"), ("none", "0.00")]));
    house.sums_agree().await;
}

#[tokio::test]
async fn what_is_taken_back_after_a_withdrawal_is_not_measured_against_it_again() {
    let house = House::with_evidence().await;
    let app = &house.world.app;
    let order = house.order(&[("CTX-UNI", "10"), ("CTX-TRN", "2")]).await;
    let gone = house.order(&[("CTX-TRN", "3")]).await;
    cancel(app, &house.karl, gone, "Bedarf entfallen").await.unwrap();
    house.withdrawn(house.baseline("CTX-TRN", "prior_contract").await).await;
    assert!(house.corrections(gone).await.is_empty(), "a cancelled order has nothing to correct");

    let part = [PartInput { position: 2, quantity: "1".into() }];
    cancel_part(app, &house.karl, order, PartsInput::new(&part, "ein Tag weniger"), None).await.unwrap();
    assert_eq!(house.effects(order).await, pairs(&[("A", "282.00"), ("B", "20.00")]));
    house.sums_agree().await;
    cancel(app, &house.karl, order, "Bedarf entfallen").await.unwrap();
    assert!(house.effects(order).await.is_empty());
    house.sums_agree().await;
}

#[tokio::test]
async fn a_withdrawal_takes_two_persons_and_waits_once() {
    let house = House::with_evidence().await;
    let app = &house.world.app;
    let id = house.baseline("CTX-UNI", "prior_contract").await;
    let order = house.order(&[("CTX-UNI", "10")]).await;
    for reason in ["", "  "] {
        let refused = withdraw_baseline::ask(app, &house.olga, id, reason, None).await.unwrap_err();
        assert!(matches!(refused, ActionError::Invalid(_)), "{refused:?}");
    }
    withdraw_baseline::ask(app, &house.olga, id, "falsche Menge", None).await.unwrap();
    let not_now = |done: Result<(), ActionError>| matches!(done, Err(ActionError::NotNow(_)));
    assert!(not_now(withdraw_baseline::ask(app, &house.otto, id, "auch", None).await.map(|_| ())), "one waits");
    assert!(not_now(withdraw_baseline::approve(app, &house.olga, id).await), "not one's own");
    withdraw_baseline::keep(app, &house.otto, id).await.unwrap();
    assert!(not_now(withdraw_baseline::approve(app, &house.otto, id).await), "none waits any more");
    assert!(house.corrections(order).await.is_empty());
    for stranger in [&house.eva, &house.karl] {
        let refused = withdraw_baseline::ask(app, stranger, id, "weg", None).await.unwrap_err();
        assert!(matches!(refused, ActionError::NotPermitted(_)), "{refused:?}");
    }
    house.withdrawn(id).await;
    assert!(not_now(withdraw_baseline::ask(app, &house.olga, id, "noch einmal", None).await.map(|_| ())));
    let constraint = "baseline_withdrawal_four_eyes";
    let error = sqlx::query("UPDATE baseline_withdrawal SET decided_by = recorded_by WHERE withdrawn")
        .execute(house.world.owner())
        .await
        .unwrap_err();
    assert_eq!(error.into_database_error().unwrap().constraint(), Some(constraint));
}

#[tokio::test]
async fn a_replacement_takes_the_place_of_the_wrong_price_with_its_approval() {
    let house = House::with_evidence().await;
    let [olga, otto] =
        [Browser::signed_in(&house.world, &house.olga).await, Browser::signed_in(&house.world, &house.otto).await];
    let order = house.order(&[("CTX-TRN", "2")]).await;
    let before = house.released_figures(order).await;
    let wrong = house.baseline("CTX-TRN", "prior_contract").await;
    let form = format!("{}?ersetzt={wrong}", house.form());
    let page = olga.page(&form).await;
    assert!(page.contains("value=\"1250,00\"") && read(&page).contains("Ersetzt wird"), "{}", read(&page));
    let fields = |reason: &'static str| {
        [
            ("article_number", "CTX-TRN"),
            ("kind", "prior_contract"),
            ("unit_price", "1.210,00"),
            ("per", "unit"),
            ("unit", "Tag"),
            ("dated_on", "02.12.2025"),
            ("evidence", "Rechnung 2025-0917, netto"),
            ("reason", reason),
        ]
    };
    let pdf = ("file", "Rechnung.pdf", super::PDF);
    let answer = olga.upload(&page, &house.form(), &fields(""), pdf).await;
    assert!(read(&answer.text).contains("Bitte schreiben Sie, warum"), "{}", read(&answer.text));
    let answer = olga.upload(&page, &house.form(), &fields("1.250,00 € war brutto"), pdf).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
    let new = answer.header("location").split('?').next().unwrap().to_owned();
    assert_eq!(house.effects(order).await, pairs(&[("A", "140.00")]), "until it is approved nothing changes");
    let old = format!("/verwaltung/vergleichspreise/{wrong}");
    assert!(read(&otto.page(&old).await).contains("Ein Ersatz wartet auf die zweite Person"));

    house.approved(&otto, &new).await;
    assert_eq!(house.released_figures(order).await, before);
    assert_eq!(
        house.corrections(order).await,
        quad(&[("A", "-2500.00", "-140.00", "-2360.00"), ("A", "2420.00", "60.00", "2360.00")])
    );
    assert_eq!(house.effects(order).await, pairs(&[("A", "60.00")]));
    let said = read(&otto.page(&old).await);
    assert!(said.contains("Ersetzt durch") && said.contains("\u{2212}80,00 €"), "{said}");
    house.sums_agree().await;

    // The new one can be wrong too.
    let id = BaselineId(new.rsplit('/').next().unwrap().parse().unwrap());
    house.withdrawn(id).await;
    assert_eq!(house.effects(order).await, pairs(&[("B", "40.00")]));
    house.sums_agree().await;
}

#[tokio::test]
async fn a_refused_replacement_leaves_the_old_price_in_force() {
    let house = House::with_evidence().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let wrong = house.baseline("CTX-TRN", "prior_contract").await;
    let page = olga.page(&format!("{}?ersetzt={wrong}", house.form())).await;
    let fields = [
        ("article_number", "CTX-TRN"),
        ("kind", "prior_contract"),
        ("unit_price", "1.210,00"),
        ("per", "unit"),
        ("unit", "Tag"),
        ("dated_on", "02.12.2025"),
        ("evidence", "Rechnung"),
        ("reason", "vielleicht brutto"),
    ];
    let answer = olga.upload(&page, &house.form(), &fields, ("file", "Rechnung.pdf", super::PDF)).await;
    let new = answer.header("location").split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let app = &house.world.app;
    decide_baseline::refuse(app, &house.otto, BaselineId(new.parse().unwrap()), "doch netto").await.unwrap();
    let order = house.order(&[("CTX-TRN", "1")]).await;
    assert_eq!(house.effects(order).await, pairs(&[("A", "70.00")]));
    withdraw_baseline::ask(app, &house.olga, wrong, "jetzt aber", None).await.unwrap();
}

#[tokio::test]
async fn evidence_dated_after_an_order_proves_nothing_for_it() {
    let house = House::with_evidence().await;
    let before = house.order(&[("CTX-TRN", "2")]).await;
    house.world.at("2027-01-11T09:00:00Z");
    let [olga, otto] =
        [Browser::signed_in(&house.world, &house.olga).await, Browser::signed_in(&house.world, &house.otto).await];
    let wrong = house.baseline("CTX-TRN", "prior_contract").await;
    let page = olga.page(&format!("{}?ersetzt={wrong}", house.form())).await;
    let fields = [
        ("article_number", "CTX-TRN"),
        ("kind", "prior_contract"),
        ("unit_price", "1.210,00"),
        ("per", "unit"),
        ("unit", "Tag"),
        ("dated_on", "08.01.2027"),
        ("evidence", "Rechnung 2027-0003, netto"),
        ("reason", "1.250,00 € war brutto"),
    ];
    let answer = olga.upload(&page, &house.form(), &fields, ("file", "Rechnung.pdf", super::PDF)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
    let new = answer.header("location").split('?').next().unwrap().to_owned();
    house.approved(&otto, &new).await;
    // The list price of 2 January 2026 counts: 2 × (1,200.00 − 1,180.00).
    assert_eq!(house.effects(before).await, pairs(&[("B", "40.00")]));
    house.sums_agree().await;
    let after = house.order(&[("CTX-TRN", "2")]).await;
    assert_eq!(house.effects(after).await, pairs(&[("A", "60.00")]));
}
