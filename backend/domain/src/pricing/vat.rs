//! VAT of a call-off: by category and date of supply, computed on the sum of its bases (EN 16931).

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::facts::{Item, Surcharge, VatTreatment};
use crate::money::{Net, Percent, Vat};
use crate::period::Period;

/// VAT of one category and rate: computed on the sum of its bases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatGroup {
    /// S, Z, E, AE or O.
    pub category: String,
    /// Rate in percent.
    pub rate: Percent,
    /// Sum of line amounts and surcharge.
    pub base: Net,
    /// Tax, rounded once.
    pub tax: Vat,
}

/// The part of a line that falls under one treatment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatPart {
    /// The treatment.
    pub vat: VatTreatment,
    /// Its share of the line; the shares sum to the line exactly.
    pub base: Net,
}

/// Shares of a subscription line by treatment: each month is a supply of its own, so a change of the
/// treatment inside the period splits the line. One part where nothing changes.
#[must_use]
pub fn parts(item: &Item, net: Net, performance: Option<Period>, day: NaiveDate, by_months: bool) -> Vec<VatPart> {
    let Some(period) = performance else { return vec![VatPart { vat: item.vat_on(day).clone(), base: net }] };
    if !by_months {
        // Anything else is supplied when it is complete.
        return vec![VatPart { vat: item.vat_on(period.to()).clone(), base: net }];
    }
    let mut begins: Vec<NaiveDate> = item.vat_changes.iter().map(|change| change.from).collect();
    begins.retain(|from| period.from() < *from && period.contains(*from));
    begins.sort_unstable();
    begins.dedup();

    let whole = period.months().numerator();
    let mut parts: Vec<VatPart> = Vec::new();
    let mut given = Net::ZERO;
    for last in begins.iter().filter_map(|from| from.checked_sub_days(Days::new(1))).chain([period.to()]) {
        let Ok(until_here) = Period::new(period.from(), last) else { continue };
        let reached = net.share(until_here.months().numerator(), whole);
        let vat = item.vat_on(last);
        match parts.last_mut().filter(|part| part.vat == *vat) {
            Some(part) => part.base += reached - given,
            None => parts.push(VatPart { vat: vat.clone(), base: reached - given }),
        }
        given = reached;
    }
    parts
}

/// A surcharge with its VAT: the contract's rate, or the treatment of the whole order.
#[must_use]
pub fn of_surcharge(surcharge: &Surcharge, whole: Option<&VatTreatment>) -> VatPart {
    let own = || VatTreatment {
        category: if surcharge.vat_rate == Percent::ZERO { "Z" } else { "S" }.to_owned(),
        rate: surcharge.vat_rate,
        reason: String::new(),
    };
    VatPart { vat: whole.cloned().unwrap_or_else(own), base: surcharge.net }
}

/// The groups of all parts, highest rate first.
#[must_use]
pub fn groups<'a>(parts: impl IntoIterator<Item = &'a VatPart>) -> Vec<VatGroup> {
    let mut groups: Vec<VatGroup> = Vec::new();
    for part in parts {
        add(&mut groups, &part.vat.category, part.vat.rate, part.base);
    }
    for group in &mut groups {
        group.tax = group.base.vat(group.rate);
    }
    groups.sort_by(|a, b| b.rate.cmp(&a.rate).then_with(|| a.category.cmp(&b.category)));
    groups
}

fn add(groups: &mut Vec<VatGroup>, category: &str, rate: Percent, net: Net) {
    if let Some(group) = groups.iter_mut().find(|group| group.rate == rate && group.category == category) {
        group.base += net;
    } else {
        groups.push(VatGroup { category: category.to_owned(), rate, base: net, tax: Vat::ZERO });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{item, of};
    use crate::facts::{Price, VatChange};

    fn licence() -> Item {
        let mut licence = item(11, "CTX", "Nutzer", Price::Subscription { unit_price_month: of("10.00") });
        let out = VatTreatment { category: "O".to_owned(), rate: of("0"), reason: "§ 2b UStG".to_owned() };
        let taxed = std::mem::replace(&mut licence.vat, out);
        licence.vat_changes = vec![VatChange { from: of("2027-01-01"), vat: taxed }];
        licence
    }

    #[test]
    fn a_year_across_new_year_is_taxed_by_its_months() {
        let year = Period::new(of("2026-10-01"), of("2027-09-30")).ok();
        let parts = parts(&licence(), of("1200.00"), year, of("2026-09-15"), true);
        let bases: Vec<(&str, Net)> = parts.iter().map(|part| (part.vat.category.as_str(), part.base)).collect();
        assert_eq!(bases, [("O", of("300.00")), ("S", of("900.00"))]);
    }

    #[test]
    fn a_work_is_supplied_when_it_is_complete() {
        let work = Period::new(of("2026-10-01"), of("2027-01-01")).ok();
        let parts = parts(&licence(), of("1200.00"), work, of("2026-09-15"), false);
        assert_eq!((parts.len(), parts[0].vat.category.as_str()), (1, "S"));
    }

    #[test]
    fn the_last_day_of_the_old_treatment_is_its_own() {
        let one_day = |text: &str| Period::new(of(text), of(text)).ok();
        let category =
            |text: &str| parts(&licence(), of("1.00"), one_day(text), of("2026-01-01"), true)[0].vat.category.clone();
        assert_eq!((category("2026-12-31").as_str(), category("2027-01-01").as_str()), ("O", "S"));
    }
}
