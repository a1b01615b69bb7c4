//! A part of an order is taken back; the rest stands.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::{cancel_part, increase_of};
use abruf::actions::issue_document::issue_for;
use abruf::actions::release_call_off::release;
use abruf::actions::rest_of_order::{INCREASE, PartInput, PartsInput};
use abruf::storage::idempotency::IdempotencyKey;
use abruf::verify::verify;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;

use super::{Altenrode, invalid_field, released};
use crate::pages::browser::{Browser, read};
use crate::world::contract::{Contract, fixed, quantity, tiers, value};

fn part(position: i32, quantity: &str) -> PartInput {
    PartInput { position, quantity: quantity.into() }
}

impl Altenrode {
    /// GC-01, released by Karl: 120 users for twelve months and two days of training.
    async fn order(&self, contract: &Contract) -> CallOffId {
        let id = self.request(contract).await;
        released(release(&self.world.app, &self.karl, id, None).await);
        id
    }

    /// Sums of the savings entries: order value, effect, fee.
    async fn savings(&self, id: CallOffId) -> [String; 3] {
        let (order, effect, fee) = sqlx::query_as(
            "SELECT sum(order_net)::text, sum(effect_net)::text, sum(fee_net)::text FROM savings_entry
             WHERE call_off_id = $1 AND stage IN ('planned', 'cancelled', 'corrected')",
        )
        .bind(id.0)
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        [order, effect, fee]
    }

    async fn kept_and_verified(&self) {
        self.world.keeps_its_promises().await;
        let found = verify(&self.world.app, |_, _, _| {}).await.unwrap();
        assert!(found.failures.is_empty(), "{:?}", found.failures);
    }
}

#[tokio::test]
async fn volume_and_savings_return_and_the_rest_keeps_its_price() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.order(&contract).await;
    let done =
        cancel_part(app, &here.karl, id, PartsInput::new(&[part(1, "20")], "Weniger Plätze"), None).await.unwrap();
    // 20 users × 12 months × 11.85.
    assert_eq!((done.sequence, done.freed.to_string().as_str()), (1, "2844.00"));
    assert_eq!(here.volume(&contract, "contract").await, ["16580", "0", "0"]);
    assert_eq!(here.world.call_off(id).await.amounts.unwrap().net.to_string(), "16580.00");
    // 100 × 12 × (14.20 − 11.85) and two days at 70.00; fee 1.5 % of 16,580.00.
    assert_eq!(here.savings(id).await, ["16580.00", "2960.00", "248.70"]);
    here.world.keeps_its_promises().await;

    let done = cancel_part(app, &here.kora, id, PartsInput::new(&[part(1, "10"), part(2, "2")], "Ohne Schulung"), None)
        .await
        .unwrap();
    assert_eq!((done.sequence, done.freed.to_string().as_str()), (2, "3782.00"));
    assert_eq!(here.volume(&contract, "contract").await, ["12798", "0", "0"]);
    issue_for(app, id).await.unwrap();
    here.kept_and_verified().await;

    cancel(app, &here.karl, id, "Bedarf entfallen").await.unwrap();
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"], "only the rest was left to be freed");
    assert_eq!(here.savings(id).await, ["0.00", "0.00", "0.00"]);
    assert_eq!(
        here.steps(id).await,
        ["created", "submitted", "released", "partly_cancelled", "partly_cancelled", "cancelled"]
    );
    issue_for(app, id).await.unwrap();
    let names: Vec<String> =
        sqlx::query_scalar("SELECT file_name FROM document WHERE call_off_id = $1 ORDER BY file_name")
            .bind(id.0)
            .fetch_all(here.world.owner())
            .await
            .unwrap();
    let ends = ["-S1.pdf", "-S2.pdf", "-S3.pdf"].map(|end| names.iter().filter(|name| name.ends_with(end)).count());
    assert_eq!((names.len(), ends), (5, [1, 1, 1]), "{names:?}");
    here.kept_and_verified().await;
}

#[tokio::test]
async fn every_scope_gets_its_share_back_in_value_and_quantity() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-SCOPES")
        .ceiling(value("100000.00"))
        .lot("Geräte")
        .lot_ceiling(quantity("500"))
        .item("NBK", fixed("900.00"))
        .item("MON", fixed("200.00"))
        .item_ceiling("NBK", quantity("100"))
        .item_ceiling("MON", value("50000.00"))
        .quota(here.town, value("90000.00"))
        .entitles(here.town)
        .await;
    let id = here.world.request(&here.eva, &contract, &[("NBK", "10"), ("MON", "20")]).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    cancel_part(
        &here.world.app,
        &here.karl,
        id,
        PartsInput::new(&[part(1, "3"), part(2, "20")], "Bedarf kleiner"),
        None,
    )
    .await
    .unwrap();
    let held: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT g.scope, coalesce(i.article_number, ''), trim_scale(g.authorised)::text
         FROM guard g LEFT JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
         WHERE g.contract_id = $1 ORDER BY 1, 2",
    )
    .bind(contract.id.0)
    .fetch_all(here.world.owner())
    .await
    .unwrap();
    let expected = [
        ("contract", "", "6300"),
        ("item", "MON", "0"),
        ("item", "NBK", "7"),
        ("lot", "", "7"),
        ("member", "", "6300"),
    ];
    assert_eq!(held, expected.map(|(scope, item, amount)| (scope.into(), item.into(), amount.into())));
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_tier_is_kept_unless_the_contract_prices_the_rest_anew() {
    let here = Altenrode::new().await;
    for (number, anew, freed) in [("RV-A", false, "1700.00"), ("RV-B", true, "1300.00")] {
        let contract = here
            .world
            .contract(number)
            .ceiling(value("50000.00"))
            .item("NBK", tiers(&[("1", "900.00"), ("10", "850.00")]))
            .entitles(here.town)
            .await;
        if anew {
            sqlx::query("UPDATE framework_contract SET price_of_rest = 're_tier' WHERE id = $1")
                .bind(contract.id.0)
                .execute(here.world.owner())
                .await
                .unwrap();
        }
        let id = here.world.request(&here.eva, &contract, &[("NBK", "10")]).await;
        released(release(&here.world.app, &here.karl, id, None).await);
        let done = cancel_part(&here.world.app, &here.karl, id, PartsInput::new(&[part(1, "2")], "Zwei zu viel"), None)
            .await
            .unwrap();
        // As ordered: 2 × 850. Anew: 10 × 850 less 8 × 900.
        assert_eq!(done.freed.to_string(), freed, "{number}");
        here.world.keeps_its_promises().await;
    }
}

impl Altenrode {
    /// Ten notebooks at 700.00; fewer than ten cost 900.00 each, and the contract prices the rest anew.
    async fn ten_at_the_price_of_ten(&self, number: &str, ceiling: &'static str) -> (Contract, CallOffId) {
        let contract = self
            .world
            .contract(number)
            .ceiling(value(ceiling))
            .item("NBK", tiers(&[("1", "900.00"), ("10", "700.00")]))
            .entitles(self.town)
            .await;
        sqlx::query("UPDATE framework_contract SET price_of_rest = 're_tier' WHERE id = $1")
            .bind(contract.id.0)
            .execute(self.world.owner())
            .await
            .unwrap();
        let id = self.world.request(&self.eva, &contract, &[("NBK", "10")]).await;
        released(release(&self.world.app, &self.karl, id, None).await);
        (contract, id)
    }
}

#[tokio::test]
async fn a_rest_that_costs_more_than_the_whole_has_to_be_accepted_with_its_amount() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (contract, id) = here.ten_at_the_price_of_ten("RV-C", "50000.00").await;
    let one = [part(1, "1")];
    // 9 × 900 are 1,100 more than 10 × 700.
    assert_eq!(increase_of(app, &here.karl, id, &one).await.unwrap(), Some("1100.00".parse().unwrap()));
    for accepted in [None, Some("1099.99".parse().unwrap())] {
        let input = PartsInput { accepted_increase: accepted, ..PartsInput::new(&one, "Einer zu viel") };
        assert_eq!(invalid_field(cancel_part(app, &here.karl, id, input, None).await), INCREASE);
        assert_eq!(here.volume(&contract, "contract").await, ["7000", "0", "0"], "nothing is written");
    }
    let input = PartsInput { accepted_increase: "1100.00".parse().ok(), ..PartsInput::new(&one, "Einer zu viel") };
    let done = cancel_part(app, &here.karl, id, input, None).await.unwrap();
    assert_eq!(done.freed.to_string(), "-1100.00");
    assert_eq!(here.volume(&contract, "contract").await, ["8100", "0", "0"]);
    assert_eq!(here.savings(id).await[0], "8100.00");
    issue_for(app, id).await.unwrap();
    here.kept_and_verified().await;
    // What is left of the rest is closed at the price it has now.
    cancel(app, &here.karl, id, "Bedarf entfallen").await.unwrap();
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    here.kept_and_verified().await;
}

#[tokio::test]
async fn what_a_rest_costs_more_must_find_room_under_the_ceiling() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let one = [part(1, "1")];
    for (number, ceiling, fits) in [("RV-ROOM", "8100.00", true), ("RV-FULL", "8099.99", false)] {
        let (contract, id) = here.ten_at_the_price_of_ten(number, ceiling).await;
        let input = PartsInput { accepted_increase: "1100.00".parse().ok(), ..PartsInput::new(&one, "Einer zu viel") };
        let done = cancel_part(app, &here.karl, id, input, None).await;
        if fits {
            assert_eq!(done.unwrap().freed.to_string(), "-1100.00");
        } else {
            let Err(ActionError::Invalid(errors)) = &done else { panic!("{done:?}") };
            assert!(errors[0].message.contains("1.100,00\u{a0}€ netto mehr als bisher"), "{errors:?}");
            assert_eq!(here.volume(&contract, "contract").await, ["7000", "0", "0"]);
        }
        here.kept_and_verified().await;
    }
}

#[tokio::test]
async fn the_page_asks_before_a_rest_costs_more() {
    let here = Altenrode::new().await;
    let (_, id) = here.ten_at_the_price_of_ten("RV-ASK", "50000.00").await;
    let karl = Browser::signed_in(&here.world, &here.karl).await;
    let (path, typed) = (format!("/abrufe/{id}/teilstornierung"), [("menge_1", "1"), ("reason", "Einer zu viel")]);
    let page = karl.page(&path).await;
    assert!(!page.contains(INCREASE), "nobody is asked beforehand");
    let asked = karl.submit(&page, &path, &typed).await;
    let text = read(&asked.text);
    assert!(
        text.contains("kostet der Abruf 1.100,00 € mehr als bisher, nämlich 8.100,00 € statt 7.000,00 €"),
        "{text}"
    );
    assert!(asked.text.contains("value=\"1100.00\"") && text.contains("Ich bestätige den Mehrbetrag"), "{text}");
    let again = karl.submit(&asked.text, &path, &typed).await;
    assert_eq!(again.status, axum::http::StatusCode::UNPROCESSABLE_ENTITY, "without a tick it asks again");
    let accepted = [typed[0], typed[1], (INCREASE, "1100.00")];
    karl.leads_on(&asked.text, &path, &accepted).await;
    let text = read(&karl.page(&format!("/abrufe/{id}")).await);
    assert!(text.contains("Teilstornierung 1: 1 × NBK, Rest neu berechnet, 1.100,00 € netto mehr"), "{text}");
}

#[tokio::test]
async fn what_is_not_in_the_order_or_all_of_it_is_refused_with_its_line() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.order(&contract).await;
    for (parts, field) in [
        (&[][..], "lines"),
        (&[part(1, "121")], "lines[0].quantity"),
        (&[part(1, "viele")], "lines[0].quantity"),
        (&[part(3, "1")], "lines[0].position"),
        (&[part(1, "1"), part(1, "1")], "lines[1].quantity"),
        (&[part(1, "120"), part(2, "2")], "lines"),
    ] {
        assert_eq!(invalid_field(cancel_part(app, &here.karl, id, PartsInput::new(parts, "Grund"), None).await), field);
    }
    assert_eq!(
        invalid_field(cancel_part(app, &here.karl, id, PartsInput::new(&[part(1, "1")], " "), None).await),
        "reason"
    );
    let buyer = cancel_part(app, &here.eva, id, PartsInput::new(&[part(1, "1")], "Grund"), None).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");
    let request = here.request(&contract).await;
    let early = cancel_part(app, &here.karl, request, PartsInput::new(&[part(1, "1")], "Grund"), None).await;
    assert!(matches!(early, Err(ActionError::WrongState(Status::Submitted))), "{early:?}");
    assert_eq!(here.steps(id).await, ["created", "submitted", "released"]);
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_another_request_none() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.order(&contract).await;
    let key = IdempotencyKey { key: "t-1".into(), request_sha256: [1; 32] };
    let first =
        cancel_part(app, &here.karl, id, PartsInput::new(&[part(1, "20")], "Weniger"), Some(&key)).await.unwrap();
    let again =
        cancel_part(app, &here.karl, id, PartsInput::new(&[part(1, "20")], "Weniger"), Some(&key)).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(here.volume(&contract, "contract").await, ["16580", "0", "0"], "taken back once");
    let other = IdempotencyKey { request_sha256: [2; 32], ..key };
    let reused = cancel_part(app, &here.karl, id, PartsInput::new(&[part(1, "10")], "Weniger"), Some(&other)).await;
    assert!(matches!(reused, Err(ActionError::KeyReused)), "{reused:?}");
}

#[tokio::test]
async fn of_two_at_once_who_want_too_much_together_only_one_gets_it() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.order(&contract).await;
    let want = [part(1, "70")];
    let (first, second) = tokio::join!(
        cancel_part(app, &here.karl, id, PartsInput::new(&want, "Weniger"), None),
        cancel_part(app, &here.kora, id, PartsInput::new(&want, "Weniger"), None),
    );
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
    let refused = if first.is_ok() { second } else { first };
    let Err(ActionError::Invalid(errors)) = refused else { panic!("{refused:?}") };
    assert!(errors[0].message.contains("höchstens 50"), "{errors:?}");
    here.kept_and_verified().await;
    // What the program would never ask for, the database refuses by name.
    let beyond = sqlx::query("UPDATE call_off_line SET quantity = -1 WHERE call_off_id = $1 AND position = 1")
        .bind(id.0)
        .execute(here.world.owner())
        .await
        .unwrap_err();
    assert!(beyond.to_string().contains("call_off_line_"), "{beyond}");
}

#[tokio::test]
async fn a_rest_between_packing_units_is_allowed_and_pointed_out() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-PACK")
        .ceiling(value("50000.00"))
        .item("TON", fixed("40.00").in_packs_of("5"))
        .entitles(here.town)
        .await;
    let id = here.world.request(&here.eva, &contract, &[("TON", "20")]).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    let done = cancel_part(&here.world.app, &here.karl, id, PartsInput::new(&[part(1, "3")], "Drei zu viel"), None)
        .await
        .unwrap();
    let [off] = done.off_step.as_slice() else { panic!("{:?}", done.off_step) };
    assert_eq!((off.rest.to_string().as_str(), off.step.to_string().as_str()), ("17", "5"));
    let karl = Browser::signed_in(&here.world, &here.karl).await;
    let text = read(&karl.page(&format!("/abrufe/{id}")).await);
    assert!(text.contains("Es bleiben 17.") && text.contains("die Verpackungseinheit 5"), "{text}");
}

#[tokio::test]
async fn the_page_takes_back_what_is_typed_and_offers_the_paper() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.order(&contract).await;
    let karl = Browser::signed_in(&here.world, &here.karl).await;
    let path = format!("/abrufe/{id}");
    let form = format!("{path}/teilstornierung");
    let page = karl.page(&form).await;
    let wrong = karl.submit(&page, &form, &[("menge_1", "500"), ("reason", "Zu viel")]).await;
    assert_eq!(wrong.status, axum::http::StatusCode::UNPROCESSABLE_ENTITY);
    let text = read(&wrong.text);
    assert!(
        text.contains("Position 1: 500 ist zu viel. Bestellt sind noch 120. Bitte geben Sie höchstens 120 ein."),
        "{text}"
    );
    assert!(wrong.text.contains("value=\"500\"") && text.contains("Zu viel"), "what was typed is kept");
    let to = karl.leads_on(&page, &form, &[("menge_1", "20"), ("reason", "Weniger Plätze")]).await;
    assert_eq!(to, format!("{path}#teilstornierungen"));
    let text = read(&karl.page(&path).await);
    for words in ["Teilweise storniert", "Teilstornierung 1: 20 × CTX-UNI, 2.844,00 € netto frei", "16.580,00 €"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let paper = karl.get(&format!("{path}/teilstornierungen/1")).await;
    assert!(paper.text.starts_with("%PDF"), "{}", paper.text.chars().take(200).collect::<String>());
    let none = karl.get(&format!("{path}/teilstornierungen/2")).await;
    assert_eq!(none.status, axum::http::StatusCode::NOT_FOUND);
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    assert_eq!(eva.get(&form).await.status, axum::http::StatusCode::NOT_FOUND, "cancelling is the approver's");
}
