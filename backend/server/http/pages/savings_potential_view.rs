//! What would have been saved, in words: a file that waits, the result, what may be called off from when.

use abruf_domain::money::Net;
use abruf_domain::what_would_be_saved::MatchedBy;
use abruf_domain::what_would_be_saved::disclosure::Band;

use crate::actions::analyse_purchases::Waiting;
use crate::actions::import::purchase_columns::{Field, Layout};
use crate::actions::import::purchase_rows::{self, Purchases};
use crate::actions::import::spreadsheet::Sheet;
use crate::http::finding_view::FindingView;
use crate::http::pages::pager::Pager;
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::{count, day, day_of, in_units, money, whole};
use crate::reports::call_off_prospects::ContractProspect;
use crate::reports::savings_potential::{
    ContractPart, Difference, MatchedLine, Saved, SavingsPotential, UnmatchedLine,
};

/// Lines shown of a file before it is confirmed.
const SHOWN: usize = 10;
/// Problems shown; the rest is counted.
const PROBLEMS: usize = 50;
/// Lines on a page of the result.
const PAGE: i64 = 100;

/// A file that waits to be confirmed.
pub struct WaitingView {
    pub file_name: String,
    pub notes: Vec<String>,
    /// Rows above the purchases, and the value of the hidden field.
    pub skipped: usize,
    pub heads: Vec<(String, String)>,
    pub fields: Vec<ColumnField>,
    pub decimals: Vec<(&'static str, &'static str)>,
    pub decimal: String,
    pub currency: String,
    pub consent: bool,
    pub sentence: String,
    pub missing: Option<&'static str>,
    pub problems: Vec<String>,
    pub more_problems: usize,
    pub rows: Vec<WaitingRow>,
    /// There is an analysis that would go.
    pub replaces: bool,
}

/// A field with the column chosen for it.
pub struct ColumnField {
    pub key: &'static str,
    pub label: &'static str,
    pub chosen: String,
}

/// A line as it was read.
pub struct WaitingRow {
    pub line: u64,
    pub bought: String,
    pub quantity: String,
    pub paid: String,
    pub bought_on: String,
}

/// The layout as the form says it; the proposal where the form was not sent.
pub fn typed_layout(sheet: &Sheet, typed: &TypedFields) -> Layout {
    let mut layout = Layout::propose(sheet);
    if typed.at("zahlen").is_empty() {
        return layout;
    }
    layout.decimal_comma = typed.at("zahlen") == "komma";
    let mut columns = Vec::new();
    for field in Field::ALL {
        let chosen: Option<usize> = typed.at(field.key()).parse().ok();
        // One column is one thing.
        columns.extend(
            chosen.filter(|at| *at < width(sheet) && !columns.iter().any(|(_, it)| it == at)).map(|at| (field, at)),
        );
    }
    layout.columns = columns;
    layout
}

fn width(sheet: &Sheet) -> usize {
    sheet.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0)
}

impl WaitingView {
    pub fn of(waiting: Waiting, typed: &TypedFields, replaces: bool) -> Self {
        let layout = typed_layout(&waiting.sheet, typed);
        let currency = typed.or("waehrung", "EUR").trim().to_uppercase();
        let missing = purchase_rows::missing(&layout);
        let read = match missing {
            None => purchase_rows::purchases(&waiting.sheet, &layout, &currency),
            Some(_) => Purchases::default(),
        };
        let mut heads = vec![(String::new(), "nicht in der Datei".to_owned())];
        heads.extend((0..width(&waiting.sheet)).map(|column| (column.to_string(), layout.name(column))));
        Self {
            sentence: format!(
                "{}: {} lesbar, {} mit Fehler",
                count(number(read.rows), "Zeile", "Zeilen"),
                whole(number(read.lines.len())),
                whole(number(read.rejected()))
            ),
            problems: read.problems.iter().take(PROBLEMS).map(ToString::to_string).collect(),
            more_problems: read.problems.len().saturating_sub(PROBLEMS),
            rows: read
                .lines
                .iter()
                .take(SHOWN)
                .map(|it| WaitingRow {
                    line: it.line,
                    bought: format!("{} {}", it.article_number, it.description).trim().to_owned(),
                    quantity: in_units(it.quantity, &it.unit),
                    paid: money(it.paid.decimal(), &it.currency),
                    bought_on: it.bought_on.map(day).unwrap_or_default(),
                })
                .collect(),
            fields: Field::ALL
                .into_iter()
                .map(|field| ColumnField {
                    key: field.key(),
                    label: field.german(),
                    chosen: layout.column(field).map(|column| column.to_string()).unwrap_or_default(),
                })
                .collect(),
            decimals: vec![("komma", "1.234,50 (deutsch)"), ("punkt", "1,234.50 (englisch)")],
            decimal: if layout.decimal_comma { "komma" } else { "punkt" }.to_owned(),
            skipped: layout.skipped,
            consent: typed.at("einwilligung") == "ja",
            currency,
            missing,
            heads,
            notes: waiting.sheet.notes,
            file_name: waiting.file_name,
            replaces,
        }
    }
}

/// The result in words.
pub struct ResultView {
    pub made: String,
    pub prices_of: String,
    pub sentence: String,
    pub goes: String,
    pub consent: bool,
    pub totals: Vec<String>,
    pub contracts: Vec<ContractView>,
    pub matched: Vec<MatchedView>,
    pub matched_count: String,
    pub matched_pager: Pager,
    pub unmatched: Vec<UnmatchedView>,
    pub unmatched_count: String,
    pub unmatched_pager: Pager,
}

/// A contract of the result.
pub struct ContractView {
    pub contract: String,
    pub entitled: bool,
    pub lines: String,
    pub paid: String,
    pub saved: String,
    pub bands: Vec<String>,
}

/// A matched line.
pub struct MatchedView {
    pub line: u64,
    pub bought: String,
    pub listed: String,
    pub by: String,
    pub quantity: String,
    pub paid: String,
    pub bought_on: String,
    pub contract: String,
    pub ours: String,
    pub difference: String,
    pub dearer: bool,
}

/// A line that did not match.
pub struct UnmatchedView {
    pub line: u64,
    pub bought: String,
    pub paid: String,
    pub reason: &'static str,
}

impl ResultView {
    pub fn of(it: SavingsPotential, base: &str, list: &str, page: &str) -> Self {
        let pager = |name: &str, total: usize| {
            let asked = if list == name { page } else { "" };
            Pager::new(asked, PAGE, number(total), base, &[("liste", name)])
        };
        let matched_pager = pager("passend", it.matched.len()).listing("passende Zeilen");
        let unmatched_pager = pager("offen", it.unmatched.len()).listing("nicht passende Zeilen");
        let analysis = &it.analysis;
        Self {
            sentence: format!(
                "{}: {} passend, {} nicht passend, {} nicht lesbar.",
                count(analysis.rows_read.into(), "Zeile", "Zeilen"),
                whole(number(it.matched.len())),
                whole(number(it.unmatched.len())),
                whole(analysis.rows_rejected.into())
            ),
            made: day_of(analysis.created_at),
            prices_of: day(analysis.prices_of),
            goes: match analysis.delete_after {
                Some(at) => format!("Alles wird am {} gelöscht, wenn Sie bis dahin nicht beitreten.", day_of(at)),
                None => "Sie sind Mitglied: Die Auswertung bleibt, bis Sie sie löschen.".to_owned(),
            },
            consent: analysis.consent,
            totals: it.totals.iter().map(total).collect(),
            contracts: it.contracts.iter().map(contract).collect(),
            matched: on_page(&it.matched, &matched_pager).map(matched).collect(),
            matched_count: count(number(it.matched.len()), "Zeile", "Zeilen"),
            unmatched: on_page(&it.unmatched, &unmatched_pager).map(unmatched).collect(),
            unmatched_count: count(number(it.unmatched.len()), "Zeile", "Zeilen"),
            matched_pager,
            unmatched_pager,
        }
    }
}

fn on_page<'a, T>(all: &'a [T], pager: &Pager) -> impl Iterator<Item = &'a T> {
    let skipped = usize::try_from(pager.offset()).unwrap_or(0);
    all.iter().skip(skipped).take(usize::try_from(PAGE).unwrap_or(usize::MAX))
}

fn number(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// `1.200,00 € gespart`, `60,00 € teurer`.
fn saved_words(saved: Net, currency: &str) -> String {
    let word = if saved.is_negative() { "teurer" } else { "gespart" };
    let amount = if saved.is_negative() { -saved } else { saved };
    format!("{} {word}", money(amount.decimal(), currency))
}

/// `Bezahlt 12.000,00 €: etwa 1.200,00 € gespart`.
fn total((currency, paid, saved, rounded): &(String, Net, Net, bool)) -> String {
    let about = if *rounded { "etwa " } else { "" };
    format!("Bezahlt {}: {about}{}", money(paid.decimal(), currency), saved_words(*saved, currency))
}

fn contract(it: &ContractPart) -> ContractView {
    let bands = |(band, articles): &(Band, usize)| {
        format!("{}: {}", band.german(), count(number(*articles), "Artikel", "Artikel"))
    };
    ContractView {
        contract: it.contract.clone(),
        entitled: it.entitled,
        lines: format!(
            "{}, {}",
            count(number(it.lines), "Zeile", "Zeilen"),
            count(number(it.articles), "Artikel", "Artikel")
        ),
        paid: money(it.paid.decimal(), &it.currency),
        saved: match it.saved {
            Saved::Exact(saved) => saved_words(saved, &it.currency),
            Saved::About(saved) => format!("etwa {}", saved_words(saved, &it.currency)),
            Saved::Withheld(why) => why.german().to_owned(),
        },
        bands: it.bands.iter().map(bands).collect(),
    }
}

fn matched(it: &MatchedLine) -> MatchedView {
    let (difference, dearer) = match it.difference {
        Difference::Exact(less) => (saved_words(less, &it.currency), less.is_negative()),
        Difference::Within(band) => (band.german().to_owned(), band.is_dearer()),
    };
    MatchedView {
        line: it.line,
        bought: it.bought.clone(),
        listed: it.listed.clone(),
        by: match it.by {
            MatchedBy::Article => "Artikelnummer".to_owned(),
            MatchedBy::Description(share) => format!("Bezeichnung, {share} % der Wörter gleich"),
        },
        quantity: in_units(it.quantity, &it.unit),
        paid: money(it.paid.decimal(), &it.currency),
        bought_on: it.bought_on.map(day).unwrap_or_default(),
        contract: it.contract.clone(),
        ours: it.ours.map(|ours| money(ours.decimal(), &it.currency)).unwrap_or_default(),
        difference,
        dearer,
    }
}

fn unmatched(it: &UnmatchedLine) -> UnmatchedView {
    UnmatchedView {
        line: it.line,
        bought: it.bought.clone(),
        paid: money(it.paid.decimal(), &it.currency),
        reason: it.reason.german(),
    }
}

/// How one stands to a contract, in words.
pub struct ProspectView {
    pub contract: String,
    pub may: bool,
    pub sentence: String,
    pub reasons: Vec<FindingView>,
}

impl ProspectView {
    pub fn of(it: &ContractProspect, is_member: bool) -> Self {
        let sentence = match it.span {
            _ if it.exhausted => {
                "Der Vertrag ist ausgeschöpft. Die nächste Ausschreibung bringt neues Volumen.".to_owned()
            }
            Some((from, to)) if it.blocks.is_empty() && is_member => {
                format!("Abrufen möglich ab {} bis {}.", day(from), day(to))
            }
            Some((from, to)) if it.blocks.is_empty() => format!(
                "Die Bekanntmachung schließt spätere Mitglieder Ihrer Art ein: abrufen können Sie ab dem Tag Ihrer Aufnahme, frühestens ab {}, bis {}.",
                day(from),
                day(to)
            ),
            _ if is_member => "Abrufen ist nicht möglich.".to_owned(),
            _ => "Auch als Mitglied können Sie hier nicht abrufen, sondern erst mit der nächsten Ausschreibung."
                .to_owned(),
        };
        Self {
            contract: format!("{} ({})", it.contract.title, it.contract.number),
            may: it.may_call_off(),
            sentence,
            reasons: it.blocks.iter().map(|block| FindingView::on_page(block, &it.contract.currency)).collect(),
        }
    }
}
