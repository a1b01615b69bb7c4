//! Ceilings and quotas from the planned demand: round figures, as a tender would announce them.

use abruf_domain::money::{Net, Quantity, Volume};
use rust_decimal::Decimal;

use super::call_offs::Planned;
use super::contracts::{Ceiling, Design};
use super::members::OVER_QUOTA;

/// Value ceiling of a contract whose planned demand is `planned`.
pub(super) fn of_contract(ceiling: Ceiling, planned: Net) -> Volume {
    let share = planned.decimal() * Decimal::ONE_HUNDRED / Decimal::from(ceiling.taken_percent);
    let wanted = share.max(planned.decimal() + Decimal::from(ceiling.free_at_least));
    let round = round_up(wanted);
    volume(if ceiling.less_a_cent { round - Decimal::new(1, 2) } else { round })
}

/// Ceiling by quantity of which `planned` is `percent`.
pub(super) fn of_item(planned: Quantity, percent: u64) -> Volume {
    volume(round_up(planned.decimal() * Decimal::ONE_HUNDRED / Decimal::from(percent.max(1)) + Decimal::from(400)))
}

/// Soft quota of a member: some is left, except for those whose story is that it is too small.
pub(super) fn of_member(key: &str, planned: Net) -> Volume {
    let percent = if OVER_QUOTA.contains(&key) { 60 } else { 108 };
    let share = planned.decimal() * Decimal::from(percent) / Decimal::ONE_HUNDRED;
    let hundreds = (share / Decimal::ONE_HUNDRED).ceil() * Decimal::ONE_HUNDRED;
    volume(hundreds.max(Decimal::from(600)))
}

/// Net value of everything planned that will count against the ceiling in the end.
pub(super) fn planned_net(design: &Design, plan: &[Planned]) -> Net {
    plan.iter().filter(|planned| planned.fate.counts()).map(|planned| planned.net(design)).sum()
}

/// Quantity of an article within it.
pub(super) fn planned_quantity(plan: &[Planned], article: &str) -> Quantity {
    let counting = plan.iter().filter(|planned| planned.fate.counts());
    let lines = counting.flat_map(|planned| planned.basket.lines.iter());
    lines.filter(|(own, _)| *own == article).map(|(_, quantity)| *quantity).sum()
}

/// Net value of a member's part in it.
pub(super) fn planned_of_member(design: &Design, plan: &[Planned], member: usize) -> Net {
    let own = plan.iter().filter(|planned| planned.member == member && planned.fate.counts());
    own.map(|planned| planned.net(design)).sum()
}

/// Up to the next figure that a tender would name: steps of about a hundredth.
fn round_up(amount: Decimal) -> Decimal {
    let steps = [(1_000_000, 20_000), (200_000, 5_000), (20_000, 500)];
    let step = steps.iter().find(|(from, _)| Decimal::from(*from) <= amount).map_or(100, |(_, step)| *step);
    (amount / Decimal::from(step)).ceil() * Decimal::from(step)
}

fn volume(amount: Decimal) -> Volume {
    Volume::new(amount.round_dp(4)).expect("ceilings of the demo are small")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_a_round_figure_above_the_demand() {
        let ceiling = Ceiling { taken_percent: 95, free_at_least: 0, less_a_cent: false };
        let planned = Net::rounded(Decimal::from(1_234_567));
        assert_eq!(of_contract(ceiling, planned).to_string(), "1300000");
        let ceiling = Ceiling { taken_percent: 100, free_at_least: 50_000, less_a_cent: true };
        assert_eq!(of_contract(ceiling, Net::rounded(Decimal::from(100_000))).to_string(), "149999.99");
    }
}
