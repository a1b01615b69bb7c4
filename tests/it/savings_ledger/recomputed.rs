//! Every row of the reports equals a slow computation from orders, deliveries and invoices that shares no code with the
//! program, and every total equals the list behind it; also after baselines were withdrawn and marks renewed. Here over one
//! large data set and every question, in `many.rs` over many small ones.

mod many;

use std::ops::Range;

use abruf::actions::ActionError;
use abruf::actions::advance_call_off::advance;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::dispatch_order::dispatch;
use abruf::actions::justify_finding::justify;
use abruf::actions::mark_audited::mark;
use abruf::actions::note_delivery::{DeliveryInput, deliver};
use abruf::actions::note_invoice::{InvoiceInput, InvoiceLineInput, cancel as take_off, note};
use abruf::actions::record_bonus::{self, CreditNote};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actions::withdraw_baseline;
use abruf::actor::{Actor, Role};
use abruf::reports::savings::{self, Filter, Grouping, Sums};
use abruf::reports::savings_stages::{self, By, StageGroup};
use abruf::storage::savings_marks::Verdict;
use abruf::verify::verify;
use abruf_domain::call_off::Status;
use abruf_domain::ids::{BaselineId, CallOffId, OrganisationId};
use abruf_domain::period::berlin_date;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rust_decimal::{Decimal, RoundingStrategy};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::world::World;
use crate::world::contract::{Contract, fixed, list_price, prior_contract, subscription, value};

/// What a process effect comes to here: 3,667.00 less 410.00, above 400.00.
const PROCESS_EFFECT: i64 = 3257;
const DIRECT_AWARD_LIMIT: i64 = 400;

/// An entry of the slow ledger.
#[derive(Debug, Clone, PartialEq)]
struct Slow {
    /// Call-off or bonus.
    id: Uuid,
    contract: Uuid,
    member: Uuid,
    year: i32,
    book: &'static str,
    class: &'static str,
    evidenced: bool,
    volume: Decimal,
    effect: Decimal,
    surcharge: Decimal,
    fee: Decimal,
    bonus: Decimal,
}

/// Whose order it is and when.
#[derive(Debug, Clone, Copy)]
struct Order {
    id: CallOffId,
    contract: usize,
    town: usize,
    year: i32,
    checked: bool,
    /// Marked once more after the corrections.
    renewed: bool,
}

/// The year in which baselines were withdrawn.
const CORRECTED: i32 = 2026;

/// Contracts of every class, towns, and orders with everything that happens to them.
struct Filled {
    world: World,
    towns: Vec<(OrganisationId, Actor, Actor)>,
    auditor: Actor,
    board: Actor,
    office: Actor,
    contracts: Vec<Contract>,
    orders: Vec<Order>,
    /// Who holds the process effect of a town and a year at the first contract.
    holders: Vec<((usize, i32), CallOffId)>,
    /// Two baselines of the first contract count no more.
    withdrawn: bool,
    chance: ChaCha8Rng,
}

fn rounded(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Class, baseline price, and months of an article.
fn compared(contract: usize, article: &str) -> (&'static str, Decimal, Decimal) {
    let (class, price, months) = match (contract, article) {
        (0, "A1") => ("A", "123.45", 1),
        (0, "B1") => ("B", "55.00", 1),
        (0, "C1") => ("C", "13.999", 1),
        (1, "A1") => ("A", "29.10", 1),
        (1, "ABO") => ("A", "3.10", 12),
        _ => ("none", "0", 1),
    };
    (class, price.parse().unwrap(), Decimal::from(months))
}

/// The same since the proven price of A1 and the list price of B1 count no more at the first contract.
fn compared_since(contract: usize, article: &str) -> (&'static str, Decimal, Decimal) {
    match (contract, article) {
        (0, "A1") => ("B", "130.00".parse().unwrap(), Decimal::ONE),
        (0, "B1") => ("none", Decimal::ZERO, Decimal::ONE),
        _ => compared(contract, article),
    }
}

/// A process effect is put at a price, and avoided tenders begin low.
async fn laws(world: &World) {
    for (key, value) in [("process_cost_flat_net", "3667.00"), ("direct_award_limit_net", "400.00")] {
        world.law(key, value).await;
    }
}

impl Filled {
    async fn new(seed: u64) -> Self {
        let world = World::seeded(seed).await;
        laws(&world).await;
        Self::over(world, seed).await
    }

    /// With towns and contracts of its own, in a world that may hold others already.
    async fn over(world: World, seed: u64) -> Self {
        let numbers = [1, 2].map(|number| format!("RV-{seed}-{number}"));
        let mut towns = Vec::new();
        for name in ["Stadt Altenrode", "Stadt Bergheim"] {
            let id = world.member(name).await;
            towns.push((id, world.buyer(id).await, world.approver(id).await));
        }
        let [one, other] = [towns[0].0, towns[1].0];
        let first = world
            .contract(&numbers[0])
            .fee("1.5")
            .process_share("410.00")
            .ceiling(value("500000.00"))
            .item("A1", fixed("100.00"))
            .item("B1", fixed("40.00"))
            .item("C1", fixed("12.345"))
            .item("N1", fixed("7.00"))
            .baseline("A1", prior_contract("123.45").dated("2025-03-01"))
            .baseline("A1", list_price("130.00").dated("2025-03-02"))
            .baseline("B1", list_price("55.00").dated("2025-03-01"))
            .baseline("C1", list_price("13.999").dated("2025-03-01"))
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
            .contract(&numbers[1])
            .fee("0.7")
            .minimum("200.00")
            .surcharge("15.00")
            .ceiling(value("500000.00"))
            .item("A1", fixed("30.00"))
            .item("ABO", subscription("2.50"))
            .baseline("A1", prior_contract("29.10").dated("2025-03-01"))
            .baseline("ABO", prior_contract("3.10").per_month().dated("2025-03-01"))
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
            withdrawn: false,
            chance: ChaCha8Rng::seed_from_u64(seed),
            world,
        }
    }

    /// An order in one of two years, with so many things that happen to it in that year.
    async fn live(&mut self, events: Range<u32>) {
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
        for step in 0..self.chance.random_range(events) {
            self.happens(id, town, contract, step).await;
            let holds = Decimal::from(DIRECT_AWARD_LIMIT) < self.net(id).await
                && self.world.call_off(id).await.status != Status::Cancelled;
            self.holders.retain(|(_, holder)| *holder != id || holds);
        }
        let checked = self.chance.random_range(0..2) == 0;
        if checked {
            mark(&self.world.app, &self.auditor, id, Verdict::Checked, "", None).await.unwrap();
        }
        self.orders.push(Order { id, contract, town, year, checked, renewed: false });
    }

    /// Two baselines of the first contract are withdrawn.
    async fn corrected(&mut self) {
        self.world.at("2026-11-22T08:00:00Z");
        let otto = self.world.office().named("Otto Amt").await;
        let wrong: Vec<Uuid> = sqlx::query_scalar(
            "SELECT b.id FROM baseline b JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
             WHERE b.contract_id = $1 AND ((i.article_number = 'A1' AND b.kind = 'prior_contract') OR i.article_number = 'B1')",
        )
        .bind(self.contracts[0].id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap();
        assert_eq!(wrong.len(), 2);
        let app = &self.world.app;
        for id in wrong.into_iter().map(BaselineId) {
            withdraw_baseline::ask(app, &self.office, id, "brutto abgeschrieben", None).await.unwrap();
            withdraw_baseline::approve(app, &otto, id).await.unwrap();
        }
        self.withdrawn = true;
    }

    /// An hour after the corrections an auditor looks at every second order of their contract again.
    async fn looked_at_again(&mut self) {
        self.world.at("2026-11-22T09:00:00Z");
        for order in self.orders.iter_mut().filter(|it| it.checked && it.contract == 0).step_by(2) {
            mark(&self.world.app, &self.auditor, order.id, Verdict::Checked, "", None).await.unwrap();
            order.renewed = true;
        }
    }

    /// A credit note for the first contract; refused where nobody has ordered from it in that year.
    async fn bonus(&self) -> Result<Uuid, ActionError> {
        let note = CreditNote {
            year: 2026,
            net: "33.33".parse().unwrap(),
            received_on: "2026-11-20".parse().unwrap(),
            document: "GS-1".to_owned(),
        };
        record_bonus::record(&self.world.app, &self.office, self.contracts[0].id, &note, None).await
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

    /// The whole ledger, computed from orders, deliveries, invoices and credit notes.
    async fn slowly(&self) -> Vec<Slow> {
        let counts_now: Compared = if self.withdrawn { compared_since } else { compared };
        let mut ledger = Vec::new();
        for order in &self.orders {
            let (planned, realised) = self.of_order(order, compared).await;
            let (planned_since, realised_since) = self.of_order(order, counts_now).await;
            let since = |book: &'static str, list: &[Slow]| {
                list.iter().map(|it| Slow { book, year: CORRECTED, ..it.clone() }).collect::<Vec<_>>()
            };
            let taken_back = |book: &'static str, list: &[Slow]| {
                since(book, list).into_iter().map(Slow::negative).collect::<Vec<_>>()
            };
            if order.checked {
                ledger.extend(realised.iter().map(|entry| Slow { book: "audited", ..entry.clone() }));
            }
            // A correction that reaches what is realised ends the mark, until the next one.
            if order.checked && realised != realised_since {
                ledger.extend(taken_back("audited", &realised));
                if order.renewed {
                    ledger.extend(since("audited", &realised_since));
                }
            }
            for (book, then, now) in [("planned", planned, planned_since), ("realised", realised, realised_since)] {
                ledger.extend(taken_back(book, &then));
                ledger.extend(since(book, &now));
                ledger.extend(then);
            }
        }
        let bonuses: Vec<(Uuid, Uuid, Uuid, i32, Decimal)> = sqlx::query_as(
            "SELECT p.id, p.contract_id, s.member_id, extract(year FROM p.received_on)::int, s.share_net
             FROM bonus_payment p JOIN bonus_share s ON s.bonus_id = p.id
             WHERE p.contract_id = ANY($1)",
        )
        .bind(self.contracts.iter().map(|it| it.id.0).collect::<Vec<_>>())
        .fetch_all(self.world.owner())
        .await
        .unwrap();
        ledger.extend(bonuses.into_iter().map(|(id, contract, member, year, bonus)| Slow {
            bonus,
            ..nothing(id, contract, member, year, "realised", "A")
        }));
        ledger
    }

    /// What is planned of an order and what is realised of it, compared like this.
    async fn of_order(&self, order: &Order, compared: Compared) -> (Vec<Slow>, Vec<Slow>) {
        let mut ledger = Vec::new();
        let contract = &self.contracts[order.contract];
        let (status, surcharge): (String, Decimal) =
            sqlx::query_as("SELECT status, surcharge_net FROM call_off WHERE id = $1")
                .bind(order.id.0)
                .fetch_one(self.world.owner())
                .await
                .unwrap();
        let lines: Vec<(i32, String, Decimal, Decimal, Decimal)> = sqlx::query_as(
            "SELECT position, article_number, quantity, delivered, unit_price FROM call_off_line WHERE call_off_id = $1",
        )
        .bind(order.id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap();
        let bills: Vec<(i32, Decimal, Decimal)> = sqlx::query_as(
            "SELECT l.position, l.quantity, l.net FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
             WHERE i.call_off_id = $1 AND NOT i.blocked
               AND NOT EXISTS (SELECT FROM invoice_cancellation c WHERE c.invoice_id = i.id)
             ORDER BY i.at, i.id",
        )
        .bind(order.id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap();
        let entry =
            |book, class| nothing(order.id.0, contract.id.0, self.towns[order.town].0.0, order.year, book, class);
        if status == "cancelled" {
            return (Vec::new(), Vec::new());
        }
        let settled = status == "invoiced" || status == "closed";
        let (mut realised, mut ordered, mut as_ordered) = (Vec::new(), surcharge, Decimal::ZERO);
        for (position, article, quantity, delivered, unit_price) in lines {
            let (class, price, months) = compared(order.contract, &article);
            let net = rounded(unit_price * quantity * months);
            let baseline = rounded(price * quantity * months);
            let evidenced = class != "none";
            let effect = |baseline: Decimal, net: Decimal| if evidenced { baseline - net } else { Decimal::ZERO };
            ordered += net;
            ledger.push(Slow { evidenced, volume: net, effect: effect(baseline, net), ..entry("planned", class) });
            // The invoices in their order, each as far as something is delivered that none before it counts.
            let (mut done, mut cheaper) = (Decimal::ZERO, Decimal::ZERO);
            for (_, billed, billed_net) in bills.iter().filter(|(at, ..)| *at == position) {
                let part = (*billed).min(delivered - done);
                done += part;
                cheaper += rounded((billed_net - rounded(unit_price * billed * months)) * part / billed);
            }
            if settled {
                done = delivered;
            }
            if done.is_zero() {
                continue;
            }
            let share = rounded(net * done / quantity);
            as_ordered += share;
            let paid = share + cheaper;
            let effect = effect(rounded(baseline * done / quantity), paid);
            realised.push(Slow { evidenced, volume: paid, effect, ..entry("realised", class) });
        }
        let percent: Decimal = ["1.5", "0.7"][order.contract].parse().unwrap();
        let fee = rounded(ordered * percent / Decimal::ONE_HUNDRED);
        ledger.push(Slow { volume: surcharge, surcharge, fee, ..entry("planned", "A") });
        let process = self.holders.iter().any(|(_, holder)| *holder == order.id);
        let process = if process { Decimal::from(PROCESS_EFFECT) } else { Decimal::ZERO };
        ledger.push(Slow { effect: process, ..entry("planned", "P") });
        if realised.is_empty() {
            return (ledger, realised);
        }
        realised.push(Slow { effect: process, ..entry("realised", "P") });
        let billed: Vec<Decimal> = bills.iter().filter(|(at, ..)| *at == 0).map(|(.., net)| *net).collect();
        let counted = if billed.is_empty() && settled { surcharge } else { billed.iter().copied().sum() };
        if settled || !billed.is_empty() {
            as_ordered += surcharge;
        }
        let fee = rounded(fee * as_ordered / ordered);
        realised.push(Slow { volume: counted, surcharge: counted, fee, ..entry("realised", "A") });
        (ledger, realised)
    }
}

/// Class, price and months of an article of a contract.
type Compared = fn(usize, &str) -> (&'static str, Decimal, Decimal);

impl Slow {
    fn negative(self) -> Self {
        Self {
            volume: -self.volume,
            effect: -self.effect,
            surcharge: -self.surcharge,
            fee: -self.fee,
            bonus: -self.bonus,
            ..self
        }
    }
}

const fn nothing(id: Uuid, contract: Uuid, member: Uuid, year: i32, book: &'static str, class: &'static str) -> Slow {
    Slow {
        id,
        contract,
        member,
        year,
        book,
        class,
        evidenced: false,
        volume: Decimal::ZERO,
        effect: Decimal::ZERO,
        surcharge: Decimal::ZERO,
        fee: Decimal::ZERO,
        bonus: Decimal::ZERO,
    }
}

/// What the filter lets through of a book: volume, evidenced volume, A, surcharge, fee, bonus, A net, B, C, P.
fn sums(ledger: &[Slow], filter: &Filter, book: &str, group: Option<Uuid>, by: By) -> [Decimal; 10] {
    let of_group = |it: &&Slow| {
        group.is_none_or(|group| match by {
            By::Total => true,
            By::Contract => it.contract == group,
            By::Member => it.member == group,
            By::CallOff => it.id == group,
        })
    };
    let asked = ledger
        .iter()
        .filter(|it| {
            it.book == book
                && filter.year.is_none_or(|year| it.year == year)
                && filter.contract.is_none_or(|contract| it.contract == contract.0)
                && filter.member.is_none_or(|member| it.member == member.0)
                && filter.class.as_deref().is_none_or(|class| it.class == class)
        })
        .filter(of_group);
    let all: Vec<&Slow> = asked.collect();
    let sum = |of: fn(&Slow) -> Decimal| all.iter().map(|it| of(it)).sum::<Decimal>();
    let effect = |class: &str| all.iter().filter(|it| it.class == class).map(|it| it.effect).sum::<Decimal>();
    let evidenced = all.iter().filter(|it| it.evidenced).map(|it| it.volume).sum::<Decimal>();
    let (surcharge, fee, bonus) = (sum(|it| it.surcharge), sum(|it| it.fee), sum(|it| it.bonus));
    let a = effect("A");
    [
        sum(|it| it.volume),
        evidenced,
        a,
        surcharge,
        fee,
        bonus,
        a - surcharge - fee + bonus,
        effect("B"),
        effect("C"),
        effect("P"),
    ]
}

fn told(it: &Sums) -> [Decimal; 10] {
    [
        it.volume,
        it.evidenced_volume,
        it.a_effect,
        it.surcharge,
        it.fee,
        it.bonus,
        it.a_net,
        it.b_effect,
        it.c_effect,
        it.p_effect,
    ]
    .map(|net| net.decimal())
}

fn added(sums: impl Iterator<Item = [Decimal; 10]>) -> [Decimal; 10] {
    sums.fold([Decimal::ZERO; 10], |mut all, one| {
        all.iter_mut().zip(one).for_each(|(all, one)| *all += one);
        all
    })
}

/// The sums of one book.
type BookOf = fn(&StageGroup) -> &Sums;

/// Compares every row of the reports, asked like this, with the slow ledger, and every total with its list; how many rows.
async fn agree(conn: &mut PgConnection, ledger: &[Slow], filters: &[Filter]) -> usize {
    let mut compared = 0;
    for filter in filters {
        let total = savings_stages::total(&mut *conn, filter).await.unwrap();
        for by in [By::Contract, By::Member, By::CallOff] {
            let groups = savings_stages::grouped(&mut *conn, filter, by).await.unwrap();
            let books: [(&str, BookOf); 3] =
                [("planned", |it| &it.planned), ("realised", |it| &it.realised), ("audited", |it| &it.audited)];
            for (book, of) in books {
                let slow = sums(ledger, filter, book, None, By::Total);
                assert_eq!(told(of(&total)), slow, "{filter:?}, {book}");
                assert_eq!(added(groups.iter().map(|it| told(of(it)))), slow, "{filter:?}, {book}, list by {by:?}");
                for group in &groups {
                    let slow = sums(ledger, filter, book, Some(group.id), by);
                    assert_eq!(told(of(group)), slow, "{filter:?}, {book}, {} {}", group.number, group.name);
                    compared += 1;
                }
            }
        }
        for (grouping, by) in
            [(Grouping::Contract, By::Contract), (Grouping::Member, By::Member), (Grouping::CallOff, By::CallOff)]
        {
            let groups = savings::grouped(&mut *conn, filter, grouping, 10_000, 0).await.unwrap();
            let total = told(&savings::total(&mut *conn, filter).await.unwrap());
            assert_eq!(added(groups.iter().map(|it| told(&it.sums))), total, "{filter:?}, list by {by:?}");
            for group in &groups {
                let slow = sums(ledger, filter, "planned", Some(group.id), by);
                assert_eq!(told(&group.sums), slow, "{filter:?}, {} {}", group.number, group.name);
                compared += 1;
            }
        }
    }
    compared
}

#[tokio::test]
async fn every_row_of_the_reports_is_what_a_slow_computation_from_the_orders_says() {
    let mut filled = Filled::new(2026).await;
    for _ in 0..45 {
        filled.live(2..14).await;
    }
    filled.corrected().await;
    let found = verify(&filled.world.app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "right after the corrections: {:?}", found.failures);
    filled.looked_at_again().await;
    filled.bonus().await.unwrap();
    let ledger = filled.slowly().await;
    for book in ["planned", "realised", "audited"] {
        let [volume, .., p] = sums(&ledger, &Filter::default(), book, None, By::Total);
        assert!(!volume.is_zero() && (book != "planned" || !p.is_zero()), "{book}: the world is too small");
    }
    let mut tx = filled.world.app.db.begin(&filled.board).await.unwrap();
    let compared = agree(&mut tx, &ledger, &filters(&filled)).await;
    assert!(2000 <= compared, "only {compared} rows were compared");
    drop(tx);
    filled.world.keeps_its_promises().await;
    let found = verify(&filled.world.app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
}

/// Years, contracts, members and classes in every combination.
fn filters(filled: &Filled) -> Vec<Filter> {
    let contracts = [None, Some(filled.contracts[0].id), Some(filled.contracts[1].id)];
    let members = [None, Some(filled.towns[0].0), Some(filled.towns[1].0)];
    let mut filters = Vec::new();
    for year in [None, Some(2025), Some(2026)] {
        for contract in contracts {
            for member in members {
                for class in [None, Some("A"), Some("B"), Some("C"), Some("P"), Some("none")] {
                    filters.push(Filter { year, contract, member, class: class.map(ToOwned::to_owned) });
                }
            }
        }
    }
    filters
}
