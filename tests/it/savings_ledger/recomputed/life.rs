//! Orders with everything that may happen to them, by the real actions.

use abruf::actions::advance_call_off::advance;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::dispatch_order::dispatch;
use abruf::actions::justify_finding::justify;
use abruf::actions::mark_audited::mark;
use abruf::actions::note_delivery::{DeliveryInput, deliver};
use abruf::actions::note_invoice::{InvoiceInput, InvoiceLineInput, cancel as take_off, note};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::Role;
use abruf::storage::savings_marks::Verdict;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::period::berlin_date;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{DIRECT_AWARD_LIMIT, Filled, Order};
use crate::world::World;
use crate::world::contract::{fixed, list_price, prior_contract, subscription, value};

impl Filled {
    pub(super) async fn new(seed: u64) -> Self {
        let world = World::seeded(seed).await;
        for (key, value) in [("process_cost_flat_net", "3667.00"), ("direct_award_limit_net", "400.00")] {
            world.law(key, value).await;
        }
        let mut towns = Vec::new();
        for name in ["Stadt Altenrode", "Stadt Bergheim"] {
            let id = world.member(name).await;
            towns.push((id, world.buyer(id).await, world.approver(id).await));
        }
        let [one, other] = [towns[0].0, towns[1].0];
        let first = world
            .contract("RV-2025-01")
            .fee("1.5")
            .process_share("410.00")
            .ceiling(value("500000.00"))
            .item("A1", fixed("100.00"))
            .item("B1", fixed("40.00"))
            .item("C1", fixed("12.345"))
            .item("N1", fixed("7.00"))
            .baseline("A1", prior_contract("123.45"))
            .baseline("B1", list_price("55.00"))
            .baseline("C1", list_price("13.999"))
            .entitles(one)
            .entitles(other)
            .await;
        sqlx::query(
            "UPDATE baseline SET kind = 'external_benchmark'
             WHERE item_id = (SELECT id FROM item WHERE contract_id = $1 AND article_number = 'C1')",
        )
        .bind(first.id.0)
        .execute(world.owner())
        .await
        .unwrap();
        let second = world
            .contract("RV-2025-02")
            .fee("0.7")
            .minimum("200.00")
            .surcharge("15.00")
            .ceiling(value("500000.00"))
            .item("A1", fixed("30.00"))
            .item("ABO", subscription("2.50"))
            .baseline("A1", prior_contract("29.10"))
            .baseline("ABO", prior_contract("3.10").per_month())
            .entitles(one)
            .entitles(other)
            .await;
        Self {
            auditor: world.auditor(&[one, other]).between("2025-01-01", "2026-12-31").await,
            board: world.person(Role::Board, world.body).await,
            office: world.office().await,
            towns,
            contracts: vec![first, second],
            orders: Vec::new(),
            holders: Vec::new(),
            chance: ChaCha8Rng::seed_from_u64(seed),
            world,
        }
    }

    /// An order in one of two years, with what happens to it in that year.
    pub(super) async fn live(&mut self) {
        let year = self.chance.random_range(2025..=2026);
        let (month, day) = (self.chance.random_range(4..=9), self.chance.random_range(1..=28));
        self.world.at(&format!("{year}-{month:02}-{day:02}T09:00:00Z"));
        let (town, contract) = (self.chance.random_range(0..2_usize), self.chance.random_range(0..2_usize));
        let articles: &[&str] = if contract == 0 { &["A1", "B1", "C1", "N1"] } else { &["A1", "ABO"] };
        let quantities: Vec<String> = articles.iter().map(|_| self.chance.random_range(1..=6).to_string()).collect();
        let lines: Vec<(&str, &str)> = articles.iter().copied().zip(quantities.iter().map(String::as_str)).collect();
        let (_, buyer, approver) = &self.towns[town];
        let app = &self.world.app;
        let id = self.world.draft(buyer, &self.contracts[contract], &lines).await;
        for rule in ["savings-negative", "baseline-missing", "baseline-stale", "order-splitting", "duplicate-call-off"]
        {
            // Which of them the review finds depends on the draft.
            let _ = justify(app, buyer, id, rule, "Lieferzeit geht vor.").await;
        }
        let submitted = submit(app, buyer, id, None).await.unwrap();
        assert!(matches!(submitted, Submission::Submitted { .. }), "{submitted:?}");
        let done = release(app, approver, id, None).await.unwrap();
        assert!(matches!(done, Release::Released { .. }), "{done:?}");
        let key = (town, year);
        if contract == 0
            && self.net(id).await > Decimal::from(DIRECT_AWARD_LIMIT)
            && !self.holders.iter().any(|(it, _)| *it == key)
        {
            self.holders.push((key, id));
        }
        dispatch(app, &self.towns[town].1, id, None, "email").await.unwrap();
        for step in 0..self.chance.random_range(2..14_u32) {
            self.happens(id, town, contract, step).await;
            let holds = Decimal::from(DIRECT_AWARD_LIMIT) < self.net(id).await
                && self.world.call_off(id).await.status != Status::Cancelled;
            self.holders.retain(|(_, holder)| *holder != id || holds);
        }
        let checked = self.chance.random_range(0..2) == 0;
        if checked {
            mark(&self.world.app, &self.auditor, id, Verdict::Checked, "", None).await.unwrap();
        }
        self.orders.push(Order { id, contract, town, year, checked });
    }

    async fn net(&self, id: CallOffId) -> Decimal {
        sqlx::query_scalar("SELECT net FROM call_off WHERE id = $1")
            .bind(id.0)
            .fetch_one(self.world.owner())
            .await
            .unwrap()
    }

    /// Something that may happen to an order; what its state does not allow is refused, and changes nothing.
    async fn happens(&mut self, id: CallOffId, town: usize, contract: usize, step: u32) {
        let rows: Vec<(i32, Decimal, Decimal, Decimal)> = sqlx::query_as(
            "SELECT position, quantity, delivered, unit_price FROM call_off_line WHERE call_off_id = $1 ORDER BY position",
        )
        .bind(id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap();
        let (position, quantity, delivered, unit_price) = rows[self.chance.random_range(0..rows.len())];
        let open = self.some_of(quantity - delivered);
        let billed = self.some_of(if delivered.is_zero() { quantity } else { delivered });
        let what = self.chance.random_range(0..10);
        let factor = if self.chance.random_range(0..3) == 0 { Decimal::new(95, 2) } else { Decimal::ONE };
        let with_surcharge = contract == 1 && self.chance.random_range(0..2) == 0;
        let (_, buyer, approver) = &self.towns[town];
        let app = &self.world.app;
        let today = berlin_date(app.clock.now());
        let parts = |quantity: &str| vec![PartInput { position, quantity: quantity.to_owned() }];
        let _refused = match (what, open, billed) {
            (0..4, Some(open), _) => {
                let input = DeliveryInput { delivered_on: today, note_number: String::new(), quantities: parts(&open) };
                deliver(app, buyer, id, &input, None).await.err()
            }
            (4..7, _, Some(billed)) => {
                let line = |position: i32, quantity: &str, unit_price: Decimal| InvoiceLineInput {
                    position,
                    quantity: quantity.to_owned(),
                    unit_price: unit_price.round_dp(4).normalize().to_string().replace('.', ","),
                    vat_rate: None,
                    performance: None,
                };
                let mut lines = vec![line(position, &billed, unit_price * factor)];
                if with_surcharge {
                    lines.push(line(0, "1", Decimal::from(15)));
                }
                let number = format!("R-{id}-{step}");
                let input = InvoiceInput { number, invoiced_on: today, lines, stated: Vec::new(), replaces: None };
                note(app, buyer, id, &input, None).await.err()
            }
            (7, ..) => {
                let last = "SELECT id FROM invoice WHERE call_off_id = $1 ORDER BY at DESC, id DESC LIMIT 1";
                let last: Option<Uuid> =
                    sqlx::query_scalar(last).bind(id.0).fetch_optional(self.world.owner()).await.unwrap();
                match last {
                    Some(invoice) => take_off(app, buyer, id, invoice, "Falsch").await.err(),
                    None => cancel(app, approver, id, "Bedarf entfallen").await.err(),
                }
            }
            (8, Some(open), _) => {
                cancel_part(app, approver, id, PartsInput::new(&parts(&open), "Weniger"), None).await.err()
            }
            _ => advance(app, buyer, id, Status::Invoiced).await.err(),
        };
    }

    /// A whole part of a quantity; none of nothing.
    fn some_of(&mut self, quantity: Decimal) -> Option<String> {
        let whole: i64 = quantity.trunc().try_into().unwrap();
        (0 < whole).then(|| self.chance.random_range(1..=whole).to_string())
    }
}
