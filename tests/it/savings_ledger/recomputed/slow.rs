//! The ledger once more, slowly: whole orders, deliveries, invoices and credit notes, without the program's code.

use abruf::reports::savings::Filter;
use abruf::reports::savings_stages::By;
use rust_decimal::{Decimal, RoundingStrategy};
use uuid::Uuid;

use super::{Filled, Order, PROCESS_EFFECT};

/// An entry of the slow ledger.
#[derive(Debug, Clone)]
pub(super) struct Slow {
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

impl Filled {
    /// The whole ledger, computed from orders, deliveries, invoices and credit notes.
    pub(super) async fn slowly(&self) -> Vec<Slow> {
        let mut ledger = Vec::new();
        for order in &self.orders {
            let realised = self.of_order(order, &mut ledger).await;
            if order.checked {
                ledger.extend(realised.iter().map(|entry| Slow { book: "audited", ..entry.clone() }));
            }
            ledger.extend(realised);
        }
        let bonuses: Vec<(Uuid, Uuid, Uuid, i32, Decimal)> = sqlx::query_as(
            "SELECT p.id, p.contract_id, s.member_id, extract(year FROM p.received_on)::int, s.share_net
             FROM bonus_payment p JOIN bonus_share s ON s.bonus_id = p.id",
        )
        .fetch_all(self.world.owner())
        .await
        .unwrap();
        ledger.extend(bonuses.into_iter().map(|(id, contract, member, year, bonus)| Slow {
            bonus,
            ..nothing(id, contract, member, year, "realised", "A")
        }));
        ledger
    }

    /// Adds what is planned of an order; returns what is realised of it.
    async fn of_order(&self, order: &Order, ledger: &mut Vec<Slow>) -> Vec<Slow> {
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
            return Vec::new();
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
            return realised;
        }
        realised.push(Slow { effect: process, ..entry("realised", "P") });
        let billed: Vec<Decimal> = bills.iter().filter(|(at, ..)| *at == 0).map(|(.., net)| *net).collect();
        let counted = if billed.is_empty() && settled { surcharge } else { billed.iter().copied().sum() };
        if settled || !billed.is_empty() {
            as_ordered += surcharge;
        }
        let fee = rounded(fee * as_ordered / ordered);
        realised.push(Slow { volume: counted, surcharge: counted, fee, ..entry("realised", "A") });
        realised
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
pub(super) fn sums(ledger: &[Slow], filter: &Filter, book: &str, group: Option<Uuid>, by: By) -> [Decimal; 10] {
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
