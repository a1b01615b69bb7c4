//! The same order in the database, on paper and as data: row by row, to the cent. The orders are made by the real
//! actions from random lines; what is read of each is what others get, the PDF and the messages that lie in it.

mod found;

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::issue_document::issue_for;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf_documents::embedded;
use abruf_domain::data_format::DataFormat;
use abruf_domain::ids::CallOffId;
use rand::rngs::ChaCha12Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;

use found::{Row, Sums, check_paper, of_order_x, of_peppol};

use crate::stress::{each_seed, each_seed_in_time, say};
use crate::world::World;
use crate::world::contract::{Contract, Offer, fixed, graduated, list_minus, subscription, tiers, value};

/// Orders of the ordinary test, and the count issue 4 names.
const ORDERS: u64 = 15;
const MANY_ORDERS: u64 = 500;
/// Of so many orders one has every item of its contract.
const LONG_ONE_IN: u64 = 20;
/// Items of the usual contract, of the long one of the ordinary test, and the most lines an order may have.
const ITEMS: usize = 30;
const LONG: usize = 60;
const LONGEST: usize = 400;

/// Every kind of price, with the steps in which it is ordered.
const OFFERS: [(Offer, &str); 7] = [
    (fixed("1180.00").unit("Tag"), "1"),
    (fixed("0.0499"), "1"),
    (fixed("12.345678").unit("kWh").vat("7").in_packs_of("0.125"), "0.125"),
    (subscription("11.85").unit("Nutzer"), "1"),
    (list_minus("4.00", "12.5").in_packs_of("5"), "5"),
    (tiers(&[("1", "900.00"), ("10", "850.00")]), "1"),
    (graduated("per_order", &[("1", "3.00"), ("15", "2.50")]), "1"),
];

struct House {
    world: World,
    usual: Contract,
    long: Contract,
    lines: usize,
    /// How many orders had what.
    surcharges: usize,
    cancelled: usize,
    categories: Vec<String>,
}

impl House {
    async fn new(longest: usize) -> Self {
        let world = World::new().await;
        let usual = schedule(&world, "RV-2025-01", ITEMS).await;
        let long = schedule(&world, "RV-2025-02", longest).await;
        // Who supplies towns may be a public buyer, too: then its routing id is its address.
        sqlx::query("UPDATE organisation SET leitweg_id = '04011000-1234512345-06' WHERE id = $1")
            .bind(world.supplier.0)
            .execute(world.owner())
            .await
            .unwrap();
        Self { world, usual, long, lines: 0, surcharges: 0, cancelled: 0, categories: Vec::new() }
    }

    /// An order of a town of its own, drawn from the seed.
    async fn order(&mut self, seed: u64, place: u64) {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let name = format!("Stadt Nr. {seed}");
        let town = self.world.member(&name).await;
        sqlx::query("UPDATE organisation SET leitweg_id = '04011000-1234512345-06' WHERE id = $1")
            .bind(town.0)
            .execute(self.world.owner())
            .await
            .unwrap();
        let [buyer, approver] = [self.world.buyer(town).await, self.world.approver(town).await];
        let whole = place.is_multiple_of(LONG_ONE_IN);
        let contract = if whole { self.long.clone() } else { self.usual.clone() };
        let lines = if whole { self.items(&contract).await } else { drawn(&mut rng) };
        let lines: Vec<(String, String)> =
            lines.into_iter().map(|item| (article(item), quantity(&mut rng, item).to_string())).collect();
        let asked: Vec<(&str, &str)> = lines.iter().map(|(article, quantity)| (&**article, &**quantity)).collect();
        let id = self.world.request(&buyer, &contract, &asked).await;
        let done = release(&self.world.app, &approver, id, None).await.unwrap();
        assert!(matches!(done, Release::Released { .. }), "{done:?}");
        self.compare(id, "order").await;

        if place % 3 == 1 && 1 < lines.len() {
            let parts = [PartInput { position: 1, quantity: lines[0].1.clone() }];
            let input = PartsInput::new(&parts, "Bedarf kleiner");
            cancel_part(&self.world.app, &approver, id, input, None).await.unwrap();
            self.compare(id, "partial_cancellation").await;
            self.cancelled += 1;
        } else if place % 3 == 2 {
            cancel(&self.world.app, &approver, id, "Bedarf entfallen").await.unwrap();
            self.compare(id, "cancellation").await;
            self.cancelled += 1;
        }
        self.lines += lines.len();
    }

    /// Every item of the contract.
    async fn items(&self, contract: &Contract) -> Vec<usize> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM item WHERE contract_id = $1")
            .bind(contract.id.0)
            .fetch_one(self.world.owner())
            .await
            .unwrap();
        (0..usize::try_from(count).unwrap()).collect()
    }

    /// Database, paper and messages; a message of what changes an order has what stands after it.
    async fn compare(&mut self, id: CallOffId, kind: &str) {
        issue_for(&self.world.app, id).await.unwrap();
        let owner = self.world.owner();
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT position, article_number AS article, quantity, net, vat_category AS category, vat_rate_pct AS rate
             FROM call_off_line WHERE call_off_id = $1 ORDER BY position",
        )
        .bind(id.0)
        .fetch_all(owner)
        .await
        .unwrap();
        let prices: Vec<Decimal> =
            sqlx::query_scalar("SELECT unit_price FROM call_off_line WHERE call_off_id = $1 ORDER BY position")
                .bind(id.0)
                .fetch_all(owner)
                .await
                .unwrap();
        let sums: Sums = sqlx::query_as(
            "SELECT coalesce(surcharge_net, 0) AS surcharge, net, vat, gross FROM call_off WHERE id = $1",
        )
        .bind(id.0)
        .fetch_one(owner)
        .await
        .unwrap();
        let bytes: Vec<u8> = sqlx::query_scalar("SELECT bytes FROM document WHERE call_off_id = $1 AND kind = $2")
            .bind(id.0)
            .bind(kind)
            .fetch_one(owner)
            .await
            .unwrap();
        let message = |format| embedded(&bytes, format).map(|xml| String::from_utf8(xml).unwrap());
        let found = of_order_x(&message(DataFormat::OrderX).unwrap());
        assert!(found.0 == rows && found.1 == sums, "{kind}: {found:#?} is not {rows:#?} with {sums:?}");
        if kind == "order" {
            let found = of_peppol(&message(DataFormat::Peppol).expect("both addresses are known"));
            assert!(found.0 == rows && found.1 == sums, "Peppol: {found:#?} is not {rows:#?} with {sums:?}");
            check_paper(&bytes, &rows, &prices, &sums);
            self.surcharges += usize::from(!sums.surcharge.is_zero());
            self.categories.extend(rows.into_iter().map(|row| row.category));
        }
    }

    /// Fails where the drawn orders did not hold everything.
    fn told(&self) {
        let of = |category: &str| self.categories.iter().filter(|it| *it == category).count();
        let kinds = ["S", "E", "AE"].map(of);
        say(&format!(
            "order values: {} lines (S, E, AE: {kinds:?}), {} orders with surcharge, {} taken back in part or whole",
            self.lines, self.surcharges, self.cancelled
        ));
        assert!(kinds.iter().all(|count| 0 < *count) && 0 < self.surcharges && 0 < self.cancelled, "{kinds:?}");
    }
}

fn article(item: usize) -> String {
    format!("A{:03}", item + 1)
}

/// Few different items of the usual contract, in any order.
fn drawn(rng: &mut ChaCha12Rng) -> Vec<usize> {
    let mut items: Vec<usize> = (0..ITEMS).collect();
    items.shuffle(rng);
    let count = if rng.random_range(0..3) == 0 { 1 } else { rng.random_range(2..=ITEMS) };
    items.truncate(count);
    items
}

fn quantity(rng: &mut ChaCha12Rng, item: usize) -> Decimal {
    let step: Decimal = OFFERS[item % OFFERS.len()].1.parse().unwrap();
    (step * Decimal::from(rng.random_range(1_i64..30))).normalize()
}

/// A contract with so many items of every price and VAT category, and a surcharge on small orders.
async fn schedule(world: &World, number: &str, items: usize) -> Contract {
    let articles: Vec<String> = (0..items).map(article).collect();
    let mut contract = world
        .contract(number)
        .ceiling(value("900000000.00"))
        .minimum("500.00")
        .surcharge("9.90")
        .entitles_every("stadt", true);
    for (article, (offer, _)) in articles.iter().zip(OFFERS.iter().cycle()) {
        contract = contract.item(article, *offer);
    }
    let contract = contract.await;
    sqlx::query(
        "UPDATE item SET vat_category = free.category, vat_rate_pct = 0, vat_reason = free.reason
         FROM (VALUES (0, 'E', '§ 4 Nr. 21 UStG'), (1, 'AE', '§ 13b UStG')) AS free (rest, category, reason)
         WHERE contract_id = $1 AND substr(article_number, 2)::int % 5 = free.rest",
    )
    .bind(contract.id.0)
    .execute(world.owner())
    .await
    .unwrap();
    contract
}

#[tokio::test]
async fn database_paper_and_both_messages_of_an_order_agree_row_by_row_to_the_cent() {
    let mut house = House::new(LONG).await;
    let mut place = 0;
    each_seed("order values", ORDERS, async |seed| {
        house.order(seed, place).await;
        place += 1;
    })
    .await;
    house.told();
}

#[tokio::test]
#[ignore = "long: run by ./check --long"]
async fn database_paper_and_both_messages_of_five_hundred_orders_agree_row_by_row_to_the_cent() {
    let mut house = House::new(LONGEST).await;
    let mut place = 0;
    each_seed_in_time("order values", MANY_ORDERS, 1, async |seed| {
        house.order(seed, place).await;
        place += 1;
    })
    .await;
    house.told();
}
