//! The names of a turnover file to our contracts, members, suppliers and lots. Nobody is made: a name that is
//! nobody of ours refuses its rows and is listed once, with the table of the mapping it belongs to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use abruf_domain::ids::{ContractId, LotId, OrganisationId};
use chrono::{Datelike, NaiveDate};

use crate::actions::import::cells::RowError;
use crate::actions::import::turnover_cells::Repair;
use crate::actions::import::turnover_map::TurnoverMap;
use crate::actions::import::turnover_report::{Unknown, Warning, whole};
use crate::actions::import::turnover_rows::{TurnoverRow, TurnoverRows};

/// A contract turnover may belong to.
#[derive(Debug, Clone)]
pub struct KnownContract {
    /// Which.
    pub id: ContractId,
    /// Its number.
    pub number: String,
    /// ISO 4217.
    pub currency: String,
    /// Still being written: nothing was bought under it.
    pub draft: bool,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day with options.
    pub ends_on: NaiveDate,
    /// Its lots by number.
    pub lots: BTreeMap<i32, LotId>,
    /// Its suppliers.
    pub suppliers: BTreeSet<OrganisationId>,
}

/// Everybody a file may name.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// The contracts of the body.
    pub contracts: Vec<KnownContract>,
    /// Its members, also those that have left.
    pub members: Vec<(OrganisationId, String)>,
    /// Its suppliers.
    pub suppliers: Vec<(OrganisationId, String)>,
}

/// A line with whom and what it is about.
#[derive(Debug, Clone)]
pub struct AssignedRow {
    /// The line.
    pub row: TurnoverRow,
    /// The contract.
    pub contract: ContractId,
    /// The member.
    pub member: OrganisationId,
    /// The supplier, where the file names one.
    pub supplier: Option<OrganisationId>,
    /// The lot, where the file names one.
    pub lot: Option<LotId>,
}

/// What came of the names.
#[derive(Debug, Clone, Default)]
pub struct Assigned {
    /// The rows that are left.
    pub rows: Vec<AssignedRow>,
    /// Distinct names nobody knows.
    pub unknown: Vec<Unknown>,
    /// What is remarkable about the others.
    pub warnings: Vec<Warning>,
}

/// Finds a name as it is written, or in other capitals and with other spaces.
struct Index<'a, T> {
    exact: HashMap<&'a str, Vec<T>>,
    alike: HashMap<String, Vec<T>>,
    mapping: HashMap<String, &'a str>,
}

/// Why a name is nobody.
enum Nobody {
    Unknown,
    /// The mapping says somebody, who is not there.
    WronglyMapped(String),
    Several,
}

impl<'a, T: Copy> Index<'a, T> {
    fn new(names: impl Iterator<Item = (&'a str, T)>, mapping: &'a BTreeMap<String, String>) -> Self {
        let mut index = Self {
            exact: HashMap::new(),
            alike: HashMap::new(),
            mapping: mapping.iter().map(|(name, ours)| (alike(name), ours.trim())).collect(),
        };
        for (name, id) in names {
            index.exact.entry(name).or_default().push(id);
            index.alike.entry(alike(name)).or_default().push(id);
        }
        index
    }

    /// Who it is, and whether the name is written as ours is.
    fn find(&self, name: &str) -> Result<(T, bool), Nobody> {
        let mapped = self.mapping.get(&alike(name)).copied().filter(|ours| !ours.is_empty());
        let wanted = mapped.unwrap_or(name);
        let exact = self.exact.get(wanted);
        match exact.or_else(|| self.alike.get(&alike(wanted))).map(Vec::as_slice) {
            Some([one]) => Ok((*one, exact.is_some())),
            Some(_) => Err(Nobody::Several),
            None => Err(mapped.map_or(Nobody::Unknown, |ours| Nobody::WronglyMapped(ours.to_owned()))),
        }
    }
}

/// What is left of a name where capitals, spaces and the kind of apostrophe do not matter.
fn alike(name: &str) -> String {
    let words = name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    words.replace(['’', '‘', '`', '´'], "'")
}

/// Assigns what can be assigned and refuses the rest. `only`: the one contract a supplier's report is about.
pub fn assign(read: &mut TurnoverRows, map: &TurnoverMap, known: &Directory, only: Option<ContractId>) -> Assigned {
    let contracts: HashMap<ContractId, &KnownContract> = known.contracts.iter().map(|it| (it.id, it)).collect();
    let find = Names {
        contracts: Index::new(known.contracts.iter().map(|it| (it.number.as_str(), it.id)), &map.contracts),
        members: Index::new(known.members.iter().map(|(id, name)| (name.as_str(), *id)), &map.members),
        suppliers: Index::new(known.suppliers.iter().map(|(id, name)| (name.as_str(), *id)), &map.suppliers),
    };
    let mut assigned = Assigned::default();
    let mut reasons: HashMap<u64, Vec<RowError>> = HashMap::new();
    let mut unknown: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    let mut notes: [Vec<u64>; 2] = [Vec::new(), Vec::new()];
    let mut spelt: Vec<(u64, String)> = Vec::new();
    for row in &read.rows {
        let mut judged = Judged { row, map, errors: Vec::new(), unknown: &mut unknown, spelt: &mut spelt };
        let contract = match only {
            Some(id) => Some(id),
            None => {
                judged.name("contracts", map.columns.framework.as_deref(), row.framework.as_deref(), &find.contracts)
            }
        };
        let contract = contract.and_then(|id| contracts.get(&id).copied());
        let member = judged.name("members", Some(&map.columns.customer), Some(&row.customer), &find.members);
        let supplier =
            judged.name("suppliers", map.columns.supplier.as_deref(), row.supplier.as_deref(), &find.suppliers);
        let lot = contract.and_then(|contract| judged.contract(contract));
        let errors = judged.errors;
        if let (Some(contract), Some(member), true) = (contract, member, errors.is_empty()) {
            let outside = row.month < contract.starts_on.with_day(1).unwrap_or(contract.starts_on)
                || contract.ends_on < row.month;
            if outside {
                notes[0].push(row.line);
            }
            if supplier.is_some_and(|supplier| !contract.suppliers.contains(&supplier)) {
                notes[1].push(row.line);
            }
            assigned.rows.push(AssignedRow { row: row.clone(), contract: contract.id, member, supplier, lot });
        } else {
            reasons.insert(row.line, errors);
        }
    }
    for (line, name) in spelt.iter().filter(|(line, _)| !reasons.contains_key(line)) {
        read.note(Repair::Spelling, *line, name);
    }
    read.reject(reasons);
    assigned.unknown = unknown.into_iter().map(|((table, name), rows)| Unknown { table, name, rows }).collect();
    let [outside, strangers] = notes;
    assigned.warnings.extend(told(
        "outside_term",
        &outside,
        "liegen außerhalb der Laufzeit ihres Vertrags. Sie zählen",
    ));
    assigned.warnings.extend(told(
        "not_party",
        &strangers,
        "nennen einen Lieferanten, der an ihrem Vertrag nicht beteiligt ist. Sie zählen",
    ));
    assigned
}

fn told(kind: &str, lines: &[u64], words: &str) -> Option<Warning> {
    let (line, rows) = (*lines.first()?, lines.len());
    let text = format!("{} Zeilen {words} (zuerst Zeile {line}).", whole(rows));
    Some(Warning { kind: kind.to_owned(), rows, line, text })
}

/// Everybody, by name.
struct Names<'a> {
    contracts: Index<'a, ContractId>,
    members: Index<'a, OrganisationId>,
    suppliers: Index<'a, OrganisationId>,
}

/// A row while its names are looked up.
struct Judged<'a> {
    row: &'a TurnoverRow,
    map: &'a TurnoverMap,
    errors: Vec<RowError>,
    unknown: &'a mut BTreeMap<(&'static str, String), usize>,
    spelt: &'a mut Vec<(u64, String)>,
}

impl Judged<'_> {
    fn refuse(&mut self, column: Option<&str>, message: String) {
        self.errors.push(RowError { line: self.row.line, column: column.map(str::to_owned), message });
    }

    fn name<T: Copy>(
        &mut self,
        table: &'static str,
        column: Option<&str>,
        name: Option<&str>,
        index: &Index<'_, T>,
    ) -> Option<T> {
        let name = name?;
        let who = match table {
            "contracts" => "Vertrag",
            "members" => "Mitglied",
            _ => "Lieferant",
        };
        let message = match index.find(name) {
            Ok((id, exact)) => {
                if !exact {
                    self.spelt.push((self.row.line, name.to_owned()));
                }
                return Some(id);
            }
            Err(Nobody::Unknown) => format!(
                "„{name}“ ist kein {who} bei uns. Erwartet: der Name wie bei uns oder ein Eintrag unter [{table}] in der Zuordnung"
            ),
            Err(Nobody::WronglyMapped(ours)) => {
                format!("„{name}“ steht in der Zuordnung für „{ours}“, aber das ist kein {who} bei uns")
            }
            Err(Nobody::Several) => format!(
                "„{name}“ passt auf mehrere. Bitte benennen Sie in der Zuordnung unter [{table}] genau, wer gemeint ist"
            ),
        };
        *self.unknown.entry((table, name.to_owned())).or_default() += 1;
        self.refuse(column, message);
        None
    }

    /// Currency, state and lot of the contract; the lot, where the row names one.
    fn contract(&mut self, contract: &KnownContract) -> Option<LotId> {
        let (row, columns) = (self.row, &self.map.columns);
        if contract.draft {
            let message = format!("Vertrag {} ist noch ein Entwurf. Umsatz hat er keinen", contract.number);
            self.refuse(columns.framework.as_deref(), message);
        }
        if contract.currency != row.currency {
            let message = format!(
                "Der Betrag ist in {}, Vertrag {} rechnet in {}. Umgerechnet wird nicht",
                row.currency, contract.number, contract.currency
            );
            self.refuse(Some(&columns.amount), message);
        }
        let lot = row.lot.as_deref()?;
        let found = lot.parse().ok().and_then(|number: i32| contract.lots.get(&number).copied());
        if found.is_none() {
            let message = format!("Los „{lot}“ gibt es in Vertrag {} nicht", contract.number);
            self.refuse(columns.lot.as_deref(), message);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const MAP: &str = "separator = \",\"\ndecimal = \".\"\ncurrency = \"GBP\"\n[columns]\ncustomer = \"Customer\"\n\
                       framework = \"Framework\"\nmonth = \"Month\"\namount = \"Charge\"\nlot = \"Lot\"\n\
                       [contracts]\n\"G-Cloud i\" = \"RV-1\"\n\"Verloren\" = \"RV-9\"\n";

    fn known() -> Directory {
        let day = |year| NaiveDate::from_ymd_opt(year, 1, 15).expect("a day");
        Directory {
            contracts: vec![KnownContract {
                id: ContractId(Uuid::from_u128(1)),
                number: "RV-1".to_owned(),
                currency: "GBP".to_owned(),
                draft: false,
                starts_on: day(2013),
                ends_on: day(2014),
                lots: BTreeMap::from([(3, LotId(Uuid::from_u128(3)))]),
                suppliers: BTreeSet::new(),
            }],
            members: vec![(OrganisationId(Uuid::from_u128(2)), "Department for Work and Pensions".to_owned())],
            suppliers: Vec::new(),
        }
    }

    #[test]
    fn names_are_mapped_or_found_and_unknown_ones_are_listed_once() {
        let text = "Framework,Lot,Customer,Month,Charge\n\
                    G-Cloud i,3,Department for Work And Pensions,2013-01,1\n\
                    RV-1,3,Department for Work and Pensions,2012-12,2\n\
                    RV-1,4,Department for Work and Pensions,2013-02,4\n\
                    RV-1,3,Nobody,2013-02,8\n\
                    RV-1,3,Nobody,2013-03,16\n\
                    Verloren,3,Department for Work and Pensions,2013-03,32\n";
        let map = TurnoverMap::read(MAP.as_bytes()).expect("a mapping");
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day");
        let mut read = super::super::turnover_rows::read(text.as_bytes(), &map, today).expect("a file");
        let assigned = assign(&mut read, &map, &known(), None);
        assert_eq!(assigned.rows.len(), 2);
        let unknown: Vec<_> = assigned.unknown.iter().map(|it| (it.table, it.name.as_str(), it.rows)).collect();
        assert_eq!(unknown, [("contracts", "Verloren", 1), ("members", "Nobody", 2)]);
        let report = read.report();
        let sums = &report.sums["GBP"];
        assert_eq!((sums.imported.to_string(), sums.rejected.to_string()), ("3".to_owned(), "60".to_owned()));
        assert!(sums.adds_up());
        assert!(report.errors[0].to_string().contains("Los „4“ gibt es in Vertrag RV-1 nicht"));
        assert!(report.errors[3].to_string().contains("steht in der Zuordnung für „RV-9“"));
        assert_eq!(report.warnings[0].kind, "spelling");
        assert_eq!(assigned.warnings[0].kind, "outside_term");
    }
}
