//! Savings as pages show them: each figure with the address of the list it is the sum of; template
//! parts in `savings_parts.html`. The classes stay apart on every level.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use rust_decimal::Decimal;

use crate::http::pages::written::{count, money, percent};
use crate::reports::savings::{Filter, Group, Sums};

/// An amount in euros.
#[derive(Debug, Clone, Default)]
pub struct Amount {
    /// `1.234,50 €`
    pub text: String,
    /// Below zero: shown with minus and word.
    pub negative: bool,
    /// List behind it; empty without.
    pub address: String,
}

impl Amount {
    /// Without a list of its own.
    #[must_use]
    pub fn plain(net: Net) -> Self {
        Self { text: money(net.decimal(), "EUR"), negative: net.is_negative(), address: String::new() }
    }

    /// With the list behind it; nothing stands behind nothing.
    #[must_use]
    pub fn linked(net: Net, address: String) -> Self {
        Self { address: if net.is_zero() { String::new() } else { address }, ..Self::plain(net) }
    }
}

/// What a page or a row is about: the filter of its figures and the address of their lists.
#[derive(Debug, Clone, Copy, Default)]
pub struct About {
    /// Calendar year; all without.
    pub year: Option<i32>,
    /// One contract.
    pub contract: Option<ContractId>,
    /// One member.
    pub member: Option<OrganisationId>,
}

impl About {
    /// The year as the address and people write it.
    #[must_use]
    pub fn year_key(&self) -> String {
        self.year.map_or_else(|| "alle".to_owned(), |year| year.to_string())
    }

    /// The filter of the report; an empty class means all.
    #[must_use]
    pub fn filter(&self, class: &str) -> Filter {
        Filter {
            year: self.year,
            contract: self.contract,
            member: self.member,
            class: (!class.is_empty()).then(|| class.to_owned()),
        }
    }

    /// Address of the call-offs behind a figure.
    #[must_use]
    pub fn list(&self, class: &str) -> String {
        let mut address = format!("/berichte/einsparungen/abrufe?jahr={}", self.year_key());
        if let Some(contract) = self.contract {
            address.push_str(&format!("&vertrag={contract}"));
        }
        if let Some(member) = self.member {
            address.push_str(&format!("&mitglied={member}"));
        }
        if !class.is_empty() {
            address.push_str(&format!("&klasse={class}"));
        }
        address
    }
}

/// A class with its figures. Only A has surcharge, fee and bonus, and only A has a net.
#[derive(Debug, Clone)]
pub struct ClassRow {
    /// A, B, C or P.
    pub letter: &'static str,
    /// What it is measured against.
    pub name: &'static str,
    /// How sure it is.
    pub meaning: &'static str,
    /// Effect.
    pub effect: Amount,
    /// Surcharge, fee, bonus.
    pub costs: Option<[Amount; 3]>,
    /// The figure of the class, with its list.
    pub result: Amount,
}

/// The classes in the order of their evidence.
#[must_use]
pub fn classes(sums: &Sums, about: About) -> Vec<ClassRow> {
    let row = |letter: &'static str, name, meaning, effect: Net| ClassRow {
        letter,
        name,
        meaning,
        effect: Amount::plain(effect),
        costs: (letter == "A")
            .then(|| [Amount::plain(-sums.surcharge), Amount::plain(-sums.fee), Amount::plain(sums.bonus)]),
        result: Amount::linked(sums.of_class(letter), about.list(letter)),
    };
    vec![
        row("A", "belegt", "gegenüber einem früheren Vertrag oder eingeholten Angeboten", sums.a_effect),
        row("B", "Listenpreis", "gegenüber dem Listenpreis des Herstellers", sums.b_effect),
        row("C", "Vergleichswert", "gegenüber einem anderen öffentlichen Rahmenvertrag", sums.c_effect),
        row("P", "Prozesskosten", "ersparte Vergabeverfahren, nicht zahlungswirksam", sums.p_effect),
    ]
}

/// A contract or member in a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Title or name.
    pub name: String,
    /// Number and call-offs.
    pub note: String,
    /// Its own page.
    pub address: String,
    /// Order value.
    pub volume: Amount,
    /// `87 % verglichen`
    pub coverage: String,
    /// Effect of class A.
    pub effect: Amount,
    /// Surcharge and fee, less bonus, as they count.
    pub costs: Amount,
    /// A in the end.
    pub a_net: Amount,
    /// B.
    pub b: Amount,
    /// C.
    pub c: Amount,
    /// P.
    pub p: Amount,
    /// A per inhabitant; empty where nobody lives.
    pub per_inhabitant: String,
}

impl Row {
    /// Words a group. `about` names the group itself.
    #[must_use]
    pub fn of(group: &Group, about: About, address: String) -> Self {
        let sums = &group.sums;
        let call_offs = count(group.call_offs, "Abruf", "Abrufe");
        Self {
            name: group.name.clone(),
            note: if group.number.is_empty() { call_offs } else { format!("{} · {call_offs}", group.number) },
            address,
            volume: Amount { address: about.list(""), ..Amount::plain(sums.volume) },
            coverage: coverage(sums),
            effect: Amount::plain(sums.a_effect),
            costs: Amount::plain(costs(sums)),
            a_net: Amount::linked(sums.a_net, about.list("A")),
            b: Amount::linked(sums.b_effect, about.list("B")),
            c: Amount::linked(sums.c_effect, about.list("C")),
            p: Amount::linked(sums.p_effect, about.list("P")),
            per_inhabitant: group
                .inhabitants
                .filter(|inhabitants| 0 < *inhabitants)
                .map(|inhabitants| per_inhabitant(sums.a_net, inhabitants))
                .unwrap_or_default(),
        }
    }
}

/// Surcharge, fee and bonus as they count in A.
#[must_use]
pub fn costs(sums: &Sums) -> Net {
    sums.bonus - sums.surcharge - sums.fee
}

/// `87 % verglichen`
#[must_use]
pub fn coverage(sums: &Sums) -> String {
    sums.coverage_pct().map(|share| format!("{} verglichen", percent(share))).unwrap_or_default()
}

fn per_inhabitant(net: Net, inhabitants: i32) -> String {
    money(Net::rounded(net.decimal() / Decimal::from(inhabitants)).decimal(), "EUR")
}

/// Share of the drawing's width for bars; the rest is for the values.
const BARS_PCT: i64 = 62;
/// Height of a row of the drawing.
const ROW: usize = 56;

/// A horizontal bar; lengths in percent of the drawing's width, places in pixels.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it stands for.
    pub name: String,
    /// Its value in words.
    pub value: String,
    /// Below zero: hatched.
    pub negative: bool,
    /// Left end.
    pub x: String,
    /// Length.
    pub length: String,
    /// Base line of the name.
    pub name_y: usize,
    /// Upper edge of the bar.
    pub bar_y: usize,
    /// Base line of the value.
    pub value_y: usize,
}

/// Bars with a common zero line.
#[derive(Debug, Clone)]
pub struct Chart {
    /// From top to bottom.
    pub bars: Vec<Bar>,
    /// Height of the drawing.
    pub height: usize,
    /// Place of the zero line.
    pub zero: String,
    /// The drawing in a sentence.
    pub description: String,
}

impl Chart {
    /// Class A, net, of these groups, largest first; none without groups.
    #[must_use]
    pub fn of(groups: &[Group]) -> Option<Self> {
        let mut groups: Vec<&Group> = groups.iter().collect();
        groups.sort_by_key(|group| (-group.sums.a_net, group.number.clone()));
        let value = |group: &&Group| group.sums.a_net.decimal();
        let largest = groups.iter().map(value).max()?.max(Decimal::ZERO);
        let smallest = groups.iter().map(value).min()?.min(Decimal::ZERO);
        let range = if largest == smallest { Decimal::ONE } else { largest - smallest };
        let share = |amount: Decimal| (amount * Decimal::from(BARS_PCT) / range).round_dp(2);
        let zero = share(-smallest);
        let bars: Vec<Bar> = groups
            .iter()
            .enumerate()
            .map(|(index, group)| {
                let amount = Amount::plain(group.sums.a_net);
                let length = share(group.sums.a_net.decimal().abs());
                Bar {
                    name: shortened(&group.name),
                    value: if amount.negative { format!("{} Mehrkosten", amount.text) } else { amount.text },
                    negative: amount.negative,
                    x: if amount.negative { zero - length } else { zero }.to_string(),
                    length: length.to_string(),
                    name_y: index * ROW + 16,
                    bar_y: index * ROW + 24,
                    value_y: index * ROW + 38,
                }
            })
            .collect();
        let best = groups
            .first()
            .map(|group| format!("Am meisten: {}, {}.", group.name, Amount::plain(group.sums.a_net).text));
        Some(Self {
            height: bars.len() * ROW,
            zero: zero.to_string(),
            description: format!(
                "{}, je ein Balken. {}",
                count(i64::try_from(bars.len()).unwrap_or(i64::MAX), "Rahmenvertrag", "Rahmenverträge"),
                best.unwrap_or_default()
            ),
            bars,
        })
    }
}

/// A name that fits on a phone.
fn shortened(name: &str) -> String {
    if name.chars().count() <= 40 {
        name.to_owned()
    } else {
        format!("{}…", name.chars().take(39).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, a_net: &str) -> Group {
        Group {
            id: uuid::Uuid::nil(),
            name: name.to_owned(),
            number: String::new(),
            member: String::new(),
            inhabitants: None,
            status: String::new(),
            dated_on: None,
            call_offs: 1,
            sums: Sums { a_net: a_net.parse().unwrap(), ..Sums::ZERO },
        }
    }

    #[test]
    fn bars_share_a_zero_line_and_losses_point_left() {
        let chart = Chart::of(&[group("Toner", "-50.00"), group("Citrix", "150.00")]).unwrap();
        assert_eq!(chart.zero, "15.50");
        assert_eq!((chart.bars[0].name.as_str(), chart.bars[0].length.as_str()), ("Citrix", "46.50"));
        assert_eq!((chart.bars[1].x.as_str(), chart.bars[1].length.as_str()), ("0.00", "15.50"));
        assert!(chart.bars[1].negative && chart.bars[1].value.ends_with("Mehrkosten"));
        assert!(Chart::of(&[]).is_none());
        assert_eq!(Chart::of(&[group("Nichts", "0.00")]).unwrap().bars[0].length, "0");
    }

    #[test]
    fn an_address_names_only_what_filters() {
        assert_eq!(About::default().list(""), "/berichte/einsparungen/abrufe?jahr=alle");
        let about = About { year: Some(2026), ..About::default() };
        assert_eq!(about.list("A"), "/berichte/einsparungen/abrufe?jahr=2026&klasse=A");
    }

    #[test]
    fn nothing_stands_behind_nothing() {
        assert_eq!(Amount::linked(Net::ZERO, "/x".to_owned()).address, "");
        assert!(Amount::plain("-1.32".parse().unwrap()).negative);
    }
}
