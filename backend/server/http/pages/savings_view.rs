//! Savings as pages show them: each figure with the address of the list it is the sum of; template
//! parts in `savings_parts.html`. The classes stay apart on every level.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use abruf_domain::notation::Language;
use rust_decimal::Decimal;

use crate::http::english::typed::as_typed;
use crate::http::pages::written::{count, money};
use crate::reports::catalogue::Report;
use crate::reports::question::Question;
use crate::reports::savings::{self, Filter, Group, Sums};

/// An amount in euros.
#[derive(Debug, Clone, Default)]
pub struct Amount {
    /// `1.234,50 €`
    pub text: String,
    /// Below zero: shown with minus and word.
    pub negative: bool,
    /// Nothing: a phone leaves it out.
    pub zero: bool,
    /// The word below a negative amount; empty where the minus is the rule.
    pub note: &'static str,
    /// List behind it; empty without.
    pub address: String,
}

impl Amount {
    /// Without a list of its own.
    #[must_use]
    pub fn plain(net: Net) -> Self {
        Self {
            text: money(net.decimal(), "EUR"),
            negative: net.is_negative(),
            zero: net.is_zero(),
            note: if net.is_negative() { "Mehrkosten" } else { "" },
            address: String::new(),
        }
    }

    /// With the list behind it.
    #[must_use]
    pub fn linked(net: Net, address: String) -> Self {
        Self { address, ..Self::plain(net) }
    }
}

/// Which figure of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The figure it is printed with: A net, the others as effect, without a class the order value.
    Result,
    /// Order value.
    Volume,
    /// Effect of class A before its costs.
    Effect,
    /// Surcharge, as it counts.
    Surcharge,
    /// Fee, as it counts.
    Fee,
    /// Bonus.
    Bonus,
    /// Surcharge, fee and bonus together, as they count.
    Costs,
}

impl Part {
    const ALL: [Self; 7] =
        [Self::Result, Self::Volume, Self::Effect, Self::Surcharge, Self::Fee, Self::Bonus, Self::Costs];

    /// Its key in addresses.
    const fn key(self) -> &'static str {
        match self {
            Self::Result => "",
            Self::Volume => "volumen",
            Self::Effect => "preiseffekt",
            Self::Surcharge => "zuschlag",
            Self::Fee => "umlage",
            Self::Bonus => "bonus",
            Self::Costs => "abzuege",
        }
    }
}

/// A figure of the report, wherever it stands: a part of a class, or without a class of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// A, B, C, P, none, or empty for all.
    pub class: &'static str,
    /// What of it.
    pub part: Part,
}

impl Figure {
    /// Order value of everything.
    pub const VOLUME: Self = Self { class: "", part: Part::Result };

    /// What a class is printed with.
    #[must_use]
    pub const fn result(class: &'static str) -> Self {
        Self { class, part: Part::Result }
    }

    /// A part of class A.
    #[must_use]
    pub const fn of_a(part: Part) -> Self {
        Self { class: "A", part }
    }

    /// The figure an address asks for; what is unknown asks for nothing in particular.
    #[must_use]
    pub fn asked(class: &str, part: &str) -> Self {
        let class = ["A", "B", "C", "P", "none"].into_iter().find(|known| *known == class).unwrap_or_default();
        let part = Part::ALL.into_iter().find(|known| known.key() == part).unwrap_or(Part::Result);
        let fits = class == "A" || matches!(part, Part::Result) || (part == Part::Volume && !class.is_empty());
        Self { class, part: if fits { part } else { Part::Result } }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.part, self.class.as_bytes()) {
            (Part::Result, b"") => "Abrufvolumen",
            (Part::Result, b"none") => "Volumen ohne Vergleichspreis",
            (Part::Volume, _) => "Volumen dieser Klasse",
            (Part::Effect, _) => "A Preiseffekt",
            (Part::Surcharge, _) => "Mindermengenzuschlag",
            (Part::Fee, _) => "Umlage",
            (Part::Bonus, _) => "Bonus",
            (Part::Costs, _) => "Zuschlag, Umlage, Bonus",
            (Part::Result, b"A") => "A netto",
            (Part::Result, b"B") => "B Liste",
            (Part::Result, b"C") => "C Vergleich",
            (Part::Result, _) => "P Prozess",
        }
    }

    /// Its value in these sums.
    #[must_use]
    pub fn of(self, sums: &Sums) -> Net {
        match self.part {
            Part::Result if matches!(self.class, "" | "none") => sums.volume,
            Part::Result => sums.of_class(self.class),
            Part::Volume => sums.volume,
            Part::Effect => sums.a_effect,
            Part::Surcharge => -sums.surcharge,
            Part::Fee => -sums.fee,
            Part::Bonus => sums.bonus,
            Part::Costs => costs(sums),
        }
    }

    /// Its value as it is shown, without a list. Order value below zero, and with it every effect, comes
    /// from cancellations; costs are negative by nature.
    #[must_use]
    pub fn amount(self, sums: &Sums) -> Amount {
        let amount = Amount::plain(self.of(sums));
        let note = match self.part {
            _ if !amount.negative => "",
            Part::Surcharge | Part::Fee | Part::Costs => "",
            _ if sums.volume.is_negative() => "Storno",
            _ => "Mehrkosten",
        };
        let negative = amount.negative && !note.is_empty();
        Amount { note, negative, ..amount }
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
    pub fn list(&self, figure: Figure) -> String {
        let mut address = format!("/berichte/einsparungen/abrufe?jahr={}", self.year_key());
        if let Some(contract) = self.contract {
            address.push_str(&format!("&vertrag={contract}"));
        }
        if let Some(member) = self.member {
            address.push_str(&format!("&mitglied={member}"));
        }
        for (name, value) in [("klasse", figure.class), ("zahl", figure.part.key())] {
            if !value.is_empty() {
                address.push_str(&format!("&{name}={value}"));
            }
        }
        address
    }

    /// Address of a report about the same.
    #[must_use]
    pub fn report(&self, report: Report) -> String {
        let question = Question {
            year: self.year,
            contract: self.contract.map(|it| it.0),
            member: self.member.map(|it| it.0),
            ..Question::default()
        };
        let query = question.address();
        format!("/berichte/{}{}{query}", report.german_key(), if query.is_empty() { "" } else { "?" })
    }

    /// A figure with the list behind it. Where no entry stands behind it there is no list; a sum of zero
    /// may well have one.
    #[must_use]
    pub fn figure(&self, figure: Figure, sums: &Sums, entries: bool) -> Amount {
        let borne = !matches!(figure.part, Part::Surcharge | Part::Bonus) || !figure.of(sums).is_zero();
        let address = if entries && borne { self.list(figure) } else { String::new() };
        Amount { address, ..figure.amount(sums) }
    }
}

/// A class with its figures. Only A has surcharge, fee and bonus, and only A has a net.
#[derive(Debug, Clone)]
pub struct ClassRow {
    /// A, B, C, P, or empty for what is compared with nothing.
    pub letter: &'static str,
    /// What it is measured against.
    pub name: &'static str,
    /// How sure it is.
    pub meaning: &'static str,
    /// Order value that this class rests on.
    pub volume: Amount,
    /// That of all order value.
    pub share: String,
    /// Effect.
    pub effect: Option<Amount>,
    /// Surcharge, fee, bonus.
    pub costs: Option<[Amount; 3]>,
    /// The figure of the class, with its list.
    pub result: Amount,
}

/// The classes in the order of their evidence, then the order value that no class stands for: the volumes
/// add up to the whole.
#[must_use]
pub fn classes(by_class: &[(&'static str, Option<Sums>)], whole: &Sums, about: About) -> Vec<ClassRow> {
    let row = |(class, found): &(&'static str, Option<Sums>)| {
        let sums = found.unwrap_or(Sums::ZERO);
        let figure = |part| about.figure(Figure { class, part }, &sums, found.is_some());
        let (letter, name, meaning) = match *class {
            "A" => ("A", "belegt", "gegenüber einem früheren Vertrag oder eingeholten Angeboten"),
            "B" => ("B", "Listenpreis", "gegenüber dem Listenpreis des Herstellers"),
            "C" => ("C", "Vergleichswert", "gegenüber einem anderen öffentlichen Rahmenvertrag"),
            "P" => ("P", "Prozesskosten", "ersparte Vergabeverfahren, nicht zahlungswirksam"),
            _ => ("", "Ohne Vergleichspreis", "fehlt oder ist zu alt, zählt mit 0,00 €"),
        };
        ClassRow {
            letter,
            name,
            meaning,
            volume: match *class {
                // An avoided tender is no order.
                "P" => Amount::default(),
                "none" => figure(Part::Result),
                _ => figure(Part::Volume),
            },
            share: match *class {
                "P" => String::new(),
                _ => sums
                    .volume
                    .percent_of(whole.volume)
                    .map(|it| format!("{} des Volumens", share(it)))
                    .unwrap_or_default(),
            },
            effect: (*class == "A").then(|| figure(Part::Effect)),
            costs: (*class == "A").then(|| [Part::Surcharge, Part::Fee, Part::Bonus].map(figure)),
            result: if *class == "none" { Amount::plain(Net::ZERO) } else { figure(Part::Result) },
        }
    };
    by_class.iter().map(row).collect()
}

/// A contract or member in a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Title or name.
    pub name: String,
    /// Number and call-offs.
    pub note: String,
    /// Its own page; empty for the sum of all.
    pub address: String,
    /// Order value.
    pub volume: Amount,
    /// `87,00 % verglichen`
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
    /// A per inhabitant; says so where nobody lives, as in a special-purpose association.
    pub per_inhabitant: String,
}

impl Row {
    /// Words a group. `about` names the group itself.
    #[must_use]
    pub fn of(group: &Group, about: About, address: String) -> Self {
        let call_offs = count(group.call_offs, "Abruf", "Abrufe");
        let note = if group.number.is_empty() { call_offs } else { format!("{} · {call_offs}", group.number) };
        Self {
            per_inhabitant: group
                .inhabitants
                .filter(|inhabitants| 0 < *inhabitants)
                .map_or_else(|| "ohne Einwohnerzahl".to_owned(), |inhabitants| in_words(group.sums.a_net, inhabitants)),
            ..Self::figures(group, about, as_typed(&group.name), note, address)
        }
    }

    fn figures(group: &Group, about: About, name: String, note: String, address: String) -> Self {
        let sums = &group.sums;
        let figure = |figure: Figure| about.figure(figure, sums, figure.class.is_empty() || group.has(figure.class));
        Self {
            name,
            note,
            address,
            volume: figure(Figure::VOLUME),
            coverage: coverage(sums),
            effect: figure(Figure::of_a(Part::Effect)),
            costs: figure(Figure::of_a(Part::Costs)),
            a_net: figure(Figure::result("A")),
            b: figure(Figure::result("B")),
            c: figure(Figure::result("C")),
            p: figure(Figure::result("P")),
            per_inhabitant: String::new(),
        }
    }
}

/// Rows of a table that fit on a screen; more are folded.
const SHORT: usize = 12;
/// Rows above the fold.
const LARGEST: usize = 10;

/// Contracts or members with their sum. A long table shows the largest and folds the whole.
#[derive(Debug, Clone)]
pub struct Groups {
    /// „Rahmenvertrag“ or „Mitglied“.
    pub what: &'static str,
    /// Whether people live there.
    pub with_inhabitants: bool,
    /// `Die 10 Mitglieder mit der größten belegten Einsparung`
    pub headline: String,
    /// The largest, if the table is long.
    pub largest: Vec<Row>,
    /// All of them.
    pub rows: Vec<Row>,
    /// `Alle 89 Mitglieder von A bis Z, davon 3 mit Mehrkosten`
    pub fold: String,
    /// Their sum.
    pub sum: Row,
}

impl Groups {
    /// Words groups that add up to `total`; `word` makes a row of each.
    #[must_use]
    pub fn of(what: &'static str, groups: &[Group], total: &Group, about: About, word: impl Fn(&Group) -> Row) -> Self {
        let long = SHORT < groups.len();
        let any_a = groups.iter().any(|group| Net::ZERO < group.sums.a_net);
        let mut ranked: Vec<&Group> = if long { groups.iter().collect() } else { Vec::new() };
        ranked.sort_by_key(|group| if any_a { -group.sums.a_net } else { -group.sums.volume });
        let losses = groups.iter().filter(|group| group.sums.a_net.is_negative() && !group.sums.volume.is_negative());
        let losses = match losses.count() {
            0 => String::new(),
            many => format!(", davon {many} mit Mehrkosten"),
        };
        let (several, order) =
            if what == "Mitglied" { ("Mitglieder", "von A bis Z") } else { ("Rahmenverträge", "nach Nummer") };
        Self {
            what,
            with_inhabitants: what == "Mitglied" && about.contract.is_none(),
            headline: format!(
                "Die {LARGEST} {several} mit {}",
                if any_a { "der größten belegten Einsparung" } else { "dem größten Abrufvolumen" }
            ),
            largest: ranked.into_iter().take(LARGEST).map(&word).collect(),
            rows: groups.iter().map(&word).collect(),
            fold: format!("Alle {} {several} {order}{losses}", groups.len()),
            sum: Row::figures(
                total,
                about,
                "Summe".to_owned(),
                count(total.call_offs, "Abruf", "Abrufe"),
                String::new(),
            ),
        }
    }
}

/// Surcharge, fee and bonus as they count in A.
#[must_use]
pub fn costs(sums: &Sums) -> Net {
    sums.bonus - sums.surcharge - sums.fee
}

/// `87,00 % verglichen`
#[must_use]
pub fn coverage(sums: &Sums) -> String {
    sums.coverage_pct().map(|it| format!("{} verglichen", share(it))).unwrap_or_default()
}

/// A share with two decimals: in a column of shares none looks rounder than it is.
#[must_use]
pub fn share(percent: Decimal) -> String {
    let mut percent = percent.round_dp(2);
    percent.rescale(2);
    Language::German.percent(percent)
}

fn in_words(net: Net, inhabitants: i32) -> String {
    savings::per_inhabitant(net, inhabitants).map(|net| money(net.decimal(), "EUR")).unwrap_or_default()
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
            cancelled: 0,
            classes: vec!["A".to_owned()],
            sums: Sums { a_net: a_net.parse().unwrap(), ..Sums::ZERO },
        }
    }

    #[test]
    fn an_address_names_only_what_filters() {
        assert_eq!(About::default().list(Figure::VOLUME), "/berichte/einsparungen/abrufe?jahr=alle");
        let about = About { year: Some(2026), ..About::default() };
        assert_eq!(about.list(Figure::result("A")), "/berichte/einsparungen/abrufe?jahr=2026&klasse=A");
        let fee = Figure::of_a(Part::Fee);
        assert_eq!(about.list(fee), "/berichte/einsparungen/abrufe?jahr=2026&klasse=A&zahl=umlage");
        assert_eq!(Figure::asked("A", "umlage"), fee);
        assert_eq!(Figure::asked("B", "umlage"), Figure::result("B"), "only A bears costs");
        assert_eq!(Figure::asked("x", "volumen"), Figure::VOLUME);
    }

    #[test]
    fn a_sum_of_zero_has_a_list_if_entries_stand_behind_it() {
        let zero = group("Toner", "0.00");
        let row = Row::of(&zero, About::default(), String::new());
        assert!(row.a_net.address.ends_with("klasse=A") && row.b.address.is_empty());
    }

    #[test]
    fn what_a_cancellation_takes_back_is_no_extra_cost() {
        let sums = |volume: &str, a_net: &str| Sums {
            volume: volume.parse().unwrap(),
            a_net: a_net.parse().unwrap(),
            fee: "1.00".parse().unwrap(),
            ..Sums::ZERO
        };
        assert_eq!(Figure::result("A").amount(&sums("-100.00", "-1.32")).note, "Storno");
        assert_eq!(Figure::result("A").amount(&sums("100.00", "-1.32")).note, "Mehrkosten");
        let fee = Figure::of_a(Part::Fee).amount(&sums("100.00", "0.00"));
        assert!(!fee.negative && fee.text.starts_with('\u{2212}'), "{fee:?}");
    }

    #[test]
    fn a_long_table_shows_the_largest_and_counts_losses() {
        let groups: Vec<Group> = (0..13).map(|n| group("Ort", &format!("{}.00", n - 2))).collect();
        let total = group("", "52.00");
        let table = Groups::of("Mitglied", &groups, &total, About::default(), |it| {
            Row::of(it, About::default(), String::new())
        });
        assert_eq!((table.largest.len(), table.rows.len()), (10, 13));
        assert_eq!(table.largest[0].a_net.text, "10,00\u{a0}€");
        assert_eq!(table.fold, "Alle 13 Mitglieder von A bis Z, davon 2 mit Mehrkosten");
        assert!(
            Groups::of("Mitglied", &groups[..3], &total, About::default(), |it| {
                Row::of(it, About::default(), String::new())
            })
            .largest
            .is_empty()
        );
    }

    #[test]
    fn shares_have_two_decimals() {
        assert_eq!(share(Decimal::from(100)), "100,00\u{a0}%");
        assert_eq!(share(Decimal::new(9995, 2)), "99,95\u{a0}%");
    }
}
