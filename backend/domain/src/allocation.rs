//! Shares of a bonus (Bonus, Rückvergütung) by net turnover: exact shares floored to the cent, the
//! cents left over to the largest remainders, ties by member id ascending (rules.md section 4).

use crate::money::Net;

/// The share of each member, in the order given; together exactly the bonus.
///
/// Who has no turnover, or gave more back than was ordered, gets nothing. `None` where nobody has
/// turnover: then there is no key to share by.
#[must_use]
pub fn shares<M: Ord + Clone>(bonus: Net, turnover: &[(M, Net)]) -> Option<Vec<(M, Net)>> {
    let counted = |net: Net| net.max(Net::ZERO).cents();
    let total: i128 = turnover.iter().map(|(_, net)| counted(*net)).sum();
    if total <= 0 {
        return None;
    }
    // Both below 10^16 cents, so that the product fits.
    let exact = |net: Net| bonus.cents() * counted(net);
    let mut cents: Vec<i128> = turnover.iter().map(|(_, net)| exact(*net).div_euclid(total)).collect();

    let mut by_remainder: Vec<usize> = (0..turnover.len()).filter(|index| 0 < counted(turnover[*index].1)).collect();
    by_remainder.sort_by(|one, other| {
        let remainder = |index: usize| exact(turnover[index].1).rem_euclid(total);
        remainder(*other).cmp(&remainder(*one)).then_with(|| turnover[*one].0.cmp(&turnover[*other].0))
    });
    let left = bonus.cents() - cents.iter().sum::<i128>();
    for index in by_remainder.into_iter().take(usize::try_from(left).unwrap_or_default()) {
        cents[index] += 1;
    }
    turnover.iter().zip(cents).map(|((member, _), cents)| Some((member.clone(), Net::of_cents(cents)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;
    use proptest::prelude::*;

    fn of_members(bonus: &str, turnover: &[(&'static str, &str)]) -> Option<Vec<(&'static str, String)>> {
        let turnover: Vec<(&str, Net)> = turnover.iter().map(|(member, net)| (*member, of(net))).collect();
        let shares = shares(of(bonus), &turnover)?;
        Some(shares.into_iter().map(|(member, net)| (member, net.to_string())).collect())
    }

    #[test]
    fn a_cent_left_over_goes_to_the_first_member_by_id_on_a_tie() {
        let shares = of_members("0.05", &[("c", "10.00"), ("a", "10.00"), ("b", "10.00")]);
        let expected = [("c", "0.01"), ("a", "0.02"), ("b", "0.02")].map(|(member, net)| (member, net.to_owned()));
        assert_eq!(shares, Some(expected.to_vec()));
    }

    #[test]
    fn who_gave_more_back_than_was_ordered_gets_nothing() {
        let shares = of_members("10.00", &[("a", "-5.00"), ("b", "5.00")]);
        assert_eq!(shares, Some(vec![("a", "0.00".to_owned()), ("b", "10.00".to_owned())]));
    }

    #[test]
    fn without_turnover_there_is_no_key() {
        assert_eq!(of_members("10.00", &[("a", "0.00")]), None);
        assert_eq!(of_members("10.00", &[]), None);
    }

    proptest! {
        #[test]
        fn no_cent_is_lost_or_made(bonus in -10_000_i128..1_000_000, nets in prop::collection::vec(0_i128..500_000, 1..12)) {
            let net = |cents: i128| Net::of_cents(cents).expect("a small amount");
            let turnover: Vec<(usize, Net)> = nets.iter().map(|cents| net(*cents)).enumerate().collect();
            prop_assume!(nets.iter().any(|cents| 0 < *cents));
            let shared: Net = shares(net(bonus), &turnover).expect("turnover").into_iter().map(|(_, net)| net).sum();
            prop_assert_eq!(shared, net(bonus));
        }
    }
}
