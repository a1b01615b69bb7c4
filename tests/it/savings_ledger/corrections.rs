//! A baseline that counts no more is corrected in every book: the plan, what is realised, and what an auditor had seen.

use abruf::actions::mark_audited::mark;
use abruf::actions::withdraw_baseline;
use abruf::storage::savings_marks::Verdict;
use abruf_domain::ids::BaselineId;
use uuid::Uuid;

use super::House;
use crate::pages::browser::{Browser, read};

const NOTHING: [&str; 4] = ["0.00", "0.00", "0.00", "0.00"];
const LINES: &[(&str, &str)] = &[("NBK", "10"), ("MON", "20")];

impl House {
    /// Two persons withdraw the baseline of this article.
    async fn withdraws(&self, article: &str) -> BaselineId {
        let id: Uuid = sqlx::query_scalar(
            "SELECT b.id FROM baseline b JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
             WHERE i.article_number = $1 AND b.withdrawn_at IS NULL",
        )
        .bind(article)
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        let otto = self.world.office().named("Otto Amt").await;
        withdraw_baseline::ask(&self.world.app, &self.olga, BaselineId(id), "brutto abgeschrieben", None)
            .await
            .unwrap();
        withdraw_baseline::approve(&self.world.app, &otto, BaselineId(id)).await.unwrap();
        BaselineId(id)
    }

    /// Entries of a book that stood before, byte for byte.
    async fn stood(&self, before: &str) -> String {
        sqlx::query_scalar(
            "SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM savings_entry e WHERE e.at < $1::timestamptz",
        )
        .bind(before)
        .fetch_one(self.world.owner())
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn what_was_realised_and_audited_is_corrected_each_in_its_own_book() {
    let house = House::new().await;
    let app = &house.world.app;
    let id = house.order(&house.contract().await, LINES).await;
    house.deliver(id, &[(1, "4")]).await;
    house.bill(id, "R-1", &[(1, "4", "100")]).await;
    mark(app, &house.anna, id, Verdict::Checked, "", None).await.unwrap();
    assert_eq!(house.book(id, "audited").await, ["80.00", "0.00", "8.00", "400.00"]);
    let day = "2026-12-01T09:00:00Z";
    let before = house.stood(day).await;

    house.world.at(day);
    let baseline = house.withdraws("NBK").await;
    assert_eq!(house.stood(day).await, before, "what stood stays as it was");
    assert_eq!(house.book(id, "planned").await, ["0.00", "200.00", "40.00", "2000.00"]);
    assert_eq!(house.book(id, "realised").await, ["0.00", "0.00", "8.00", "400.00"], "paid it is all the same");
    assert_eq!(house.book(id, "audited").await, NOTHING, "no auditor has seen the comparison that counts now");
    let dated = "SELECT count(*) FROM savings_entry
                 WHERE dated_on = '2026-12-01' AND correction_id IS NOT NULL AND (stage = 'corrected' OR source_kind = 'correction')";
    // In the plan and in what is realised from class A to none; audited the line and the fee.
    assert_eq!(house.number(dated).await, 6);
    house.is_sound().await;

    let said =
        read(&Browser::signed_in(&house.world, &house.eva).await.page(&format!("/abrufe/{id}/einsparung")).await);
    assert!(said.contains("zu erneuern") && said.contains("Vergleichspreis zählt nicht mehr"), "{said}");
    let said = read(
        &Browser::signed_in(&house.world, &house.olga)
            .await
            .page(&format!("/verwaltung/vergleichspreise/{baseline}"))
            .await,
    );
    for sums in ["geplant \u{2212}1.200,00 € \u{2212}200,00 €", "realisiert \u{2212}480,00 € \u{2212}80,00 €"] {
        assert!(said.contains(&format!("Summe aller Seiten, {sums}")), "{said}");
    }
    assert!(said.contains("Summe aller Seiten, geprüft \u{2212}480,00 € \u{2212}80,00 €"), "{said}");

    // The auditor looks again; what comes later is measured against what counts.
    house.world.at("2026-12-02T09:00:00Z");
    mark(app, &house.anna, id, Verdict::Checked, "ohne Vergleichspreis", None).await.unwrap();
    assert_eq!(house.book(id, "audited").await, house.book(id, "realised").await);
    let auditor = Browser::signed_in(&house.world, &house.anna).await;
    let said = read(&auditor.page(&format!("/pruefung/abrufe/{id}")).await);
    assert!(!said.contains("zu erneuern"), "{said}");
    house.deliver(id, &[(1, "6"), (2, "20")]).await;
    house.bill(id, "R-2", &[(1, "6", "100"), (2, "20", "50")]).await;
    assert_eq!(house.book(id, "realised").await, house.book(id, "planned").await);
    house.is_sound().await;
}

#[tokio::test]
async fn a_mark_stands_where_the_correction_does_not_reach_what_was_realised() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, LINES).await;
    house.deliver(id, &[(1, "4")]).await;
    house.bill(id, "R-1", &[(1, "4", "100")]).await;
    mark(&house.world.app, &house.anna, id, Verdict::Checked, "", None).await.unwrap();
    house.world.at("2026-12-01T09:00:00Z");
    house.withdraws("MON").await;
    assert_eq!(house.book(id, "planned").await, ["200.00", "0.00", "40.00", "2000.00"]);
    assert_eq!(house.book(id, "audited").await, ["80.00", "0.00", "8.00", "400.00"], "no monitor was delivered");
    house.is_sound().await;
}

#[tokio::test]
async fn the_program_itself_only_ever_takes_back_what_is_audited() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, LINES).await;
    house.deliver(id, &[(1, "4")]).await;
    house.bill(id, "R-1", &[(1, "4", "100")]).await;
    let mut tx = house.world.app.db.begin(abruf::actor::RunsAs::Job).await.unwrap();
    let refused = sqlx::query(
        "INSERT INTO savings_entry (contract_id, id, call_off_id, body_id, member_id, position, class, stage, baseline_id,
                                    effect_net, method_version, dated_on, at, source_kind, source_id)
         SELECT contract_id, gen_random_uuid(), call_off_id, body_id, member_id, position, class, 'audited', baseline_id,
                5, method_version, dated_on, at, 'mark', gen_random_uuid()
         FROM savings_entry WHERE call_off_id = $1 AND stage = 'realised'",
    )
    .bind(id.0)
    .execute(&mut *tx)
    .await
    .unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
}
