//! `/abrufe/{id}/einsparung`: each line of a call-off with the price it is compared with, its date and
//! its evidence. The last step down from the board's figure.

use abruf_domain::ids::CallOffId;
use abruf_domain::money::{Net, Percent};
use abruf_domain::savings::realised::budget_effect;
use axum::extract::State;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::savings_view::share;
use crate::http::pages::written::{day, instant, money, period, quantity, unit_price};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings_levels::{class_words, kind_words};
use crate::storage::proof::{self, Baseline, SavingsLine};
use crate::storage::savings_marks::{self, Mark, Verdict};
use crate::storage::{call_offs, contracts, members, realised_savings};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/call_off_savings.html")]
pub struct CallOffSavingsPage {
    frame: Frame,
    id: Uuid,
    number: String,
    contract: String,
    /// `01.12.2026 bis 30.11.2027`; empty without.
    performance: String,
    books: Books,
    /// Order value with a valid baseline in percent of all lines; empty without.
    coverage: String,
    /// What class A changes in the budget, planned and realised, in words.
    budget: String,
    marks: Vec<MarkView>,
    /// Contracts in other currencies stay out of the report.
    foreign_currency: Option<String>,
}

/// Planned, realised and audited entries; the three are never added.
pub struct Books {
    /// Of the release, with its counter entries.
    pub planned: Book,
    /// Of deliveries and invoices.
    pub realised: Book,
    /// Of auditors' marks.
    pub audited: Book,
}

/// Entries with their sums.
pub struct Book {
    /// Its entries.
    pub lines: Vec<LineView>,
    /// What they come to.
    pub totals: Vec<TotalView>,
}

/// What an auditor says about the savings.
pub struct MarkView {
    /// `geprüft` or `beanstandet`.
    pub verdict: &'static str,
    /// Style of that word.
    pub class: &'static str,
    /// The objection, or a note.
    pub wording: String,
    /// When, and who if the reader may know.
    pub by: String,
}

/// An entry in words.
pub struct LineView {
    /// `Pos. 1`, or what it is without a position.
    pub place: String,
    /// Title of the item.
    pub title: String,
    /// `120 Nutzer`
    pub quantity: String,
    /// Price paid.
    pub paid: String,
    /// Order value.
    pub order: String,
    /// What it is compared with.
    pub compared: Vec<(&'static str, String)>,
    /// Comparison value.
    pub baseline: String,
    /// Effect, or costs against A.
    pub effect: String,
    /// It costs more.
    pub negative: bool,
    /// Class in words.
    pub class: &'static str,
    /// Day it counts.
    pub dated_on: String,
    /// Taken back by a cancellation.
    pub counter_entry: bool,
    /// Written because its baseline was withdrawn or replaced.
    pub correction: bool,
    /// The page of its baseline, with the evidence.
    pub evidence: Option<String>,
}

/// What the entries of a class come to: the figures of the lists above.
pub struct TotalView {
    /// `A netto`
    pub name: &'static str,
    /// `260,67 €`
    pub amount: String,
    /// It costs more.
    pub negative: bool,
    /// It is the figure of its class.
    pub result: bool,
}

/// `GET /abrufe/{id}/einsparung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Page<CallOffSavingsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let contract = contracts::find(&mut tx, call_off.contract).await?.ok_or_else(Problem::not_found)?;
    let lines = proof::savings_lines(&mut tx, call_off.contract, call_off.id).await?;
    let marks = savings_marks::of_call_off(&mut tx, call_off.contract, call_off.id).await?;
    let renewal = realised_savings::mark_to_renew(&mut tx, call_off.contract, call_off.id).await?;
    let deducts = match lines.first() {
        Some(line) => members::deducts_input_vat(&mut tx, call_off.member, line.dated_on).await?,
        None => false,
    };
    let number = call_off.number.unwrap_or(call_off.case_number);
    Ok(Page(CallOffSavingsPage {
        frame: frame.titled(format!("Einsparung von {number}")),
        id,
        number,
        contract: as_typed(&contract.title),
        performance: call_off.details.performance.map(period).unwrap_or_default(),
        coverage: coverage(&lines),
        budget: budget(&lines, deducts, &contract.currency),
        marks: marks.into_iter().map(mark_view).chain(renewal.map(renewal_view)).collect(),
        books: books(&lines, &contract.currency),
        foreign_currency: (contract.currency != "EUR").then_some(contract.currency),
    }))
}

/// The entries of a call-off by book: planned, realised, audited; also for the auditor's page.
#[must_use]
pub fn books(lines: &[SavingsLine], currency: &str) -> Books {
    let book = |book: &str| {
        let own: Vec<&SavingsLine> = lines.iter().filter(|line| book_of(line) == book).collect();
        Book { totals: totals(&own, currency), lines: own.iter().map(|line| line_view(line, currency)).collect() }
    };
    Books { planned: book("planned"), realised: book("realised"), audited: book("audited") }
}

/// Cancellations and corrections are counter entries to the plan.
fn book_of(line: &SavingsLine) -> &'static str {
    match line.stage.as_str() {
        "realised" => "realised",
        "audited" => "audited",
        _ => "planned",
    }
}

/// Evidenced order value in percent of all lines, of what is planned.
fn coverage(lines: &[SavingsLine]) -> String {
    let planned = || lines.iter().filter(|line| book_of(line) == "planned" && line.position.is_some());
    let evidenced: Net = planned().filter(|line| line.baseline.is_some()).map(|line| line.order_net).sum();
    evidenced.percent_of(planned().map(|line| line.order_net).sum()).map(share).unwrap_or_default()
}

/// What class A changes in the budget of the member.
fn budget(lines: &[SavingsLine], deducts: bool, currency: &str) -> String {
    let of_book = |book: &str| {
        let own = || lines.iter().filter(move |line| book_of(line) == book);
        let of_a = || own().filter(|line| line.class == "A");
        let costs: Net = of_a().map(|line| line.surcharge + line.fee - line.bonus).sum();
        if deducts {
            let net = of_a().map(|line| line.effect).sum::<Net>() - costs;
            return money(net.decimal(), currency);
        }
        // Lines of other classes count for their rate alone.
        let effect = |line: &SavingsLine| if line.class == "A" { line.effect } else { Net::ZERO };
        let effects: Vec<(Net, Percent)> = own().filter_map(|line| Some((effect(line), line.vat_rate?))).collect();
        money(budget_effect(&effects, costs).decimal(), currency)
    };
    let why = if deducts { "netto, das Mitglied zieht Vorsteuer ab" } else { "mit Umsatzsteuer" };
    format!("geplant {}, realisiert {} ({why})", of_book("planned"), of_book("realised"))
}

/// A mark in words; also for the auditor's page.
#[must_use]
pub fn mark_view(mark: Mark) -> MarkView {
    let (verdict, class) = match mark.verdict {
        Verdict::Checked => ("geprüft", "status status--good"),
        Verdict::Objected => ("beanstandet", "status status--bad"),
    };
    let at = instant(mark.at);
    MarkView {
        verdict,
        class,
        by: if mark.person.is_empty() { at } else { format!("{at}, {}", as_typed(mark.person)) },
        wording: as_typed(mark.wording),
    }
}

/// That a mark has to be renewed because a correction took back what it audited; also for the auditor's page.
#[must_use]
pub fn renewal_view(since: DateTime<Utc>) -> MarkView {
    MarkView {
        verdict: "zu erneuern",
        class: "status status--wait",
        wording: "Ein Vergleichspreis dieses Abrufs zählt nicht mehr. Was als geprüft galt, ist zurückgenommen, bis die Prüfung neu hinsieht.".to_owned(),
        by: instant(since),
    }
}

/// The entries of a book by class, counter entries with them.
fn totals(lines: &[&SavingsLine], currency: &str) -> Vec<TotalView> {
    let of_class = |class: &'static str| lines.iter().copied().filter(move |line| line.class == class);
    let sum = |class, amount: fn(&SavingsLine) -> Net| of_class(class).map(amount).sum::<Net>();
    let view = |name, amount: Net, result| TotalView {
        name,
        amount: money(amount.decimal(), currency),
        negative: amount.is_negative() && result,
        result,
    };
    let mut totals = Vec::new();
    if of_class("A").next().is_some() {
        let effect = sum("A", |line| line.effect);
        let costs = sum("A", |line| line.bonus - line.surcharge - line.fee);
        totals.push(view("A Preiseffekt", effect, false));
        totals.push(view("Zuschlag, Umlage, Bonus", costs, false));
        totals.push(view("A netto", effect + costs, true));
    }
    for (class, name) in [("B", "B Liste"), ("C", "C Vergleich"), ("P", "P Prozess")] {
        if of_class(class).next().is_some() {
            totals.push(view(name, sum(class, |line| line.effect), true));
        }
    }
    totals
}

/// What made an entry, in words.
fn source_words(source: &str) -> &str {
    match source {
        "delivery" => "durch Lieferung",
        "invoice" => "durch Rechnung",
        "invoice_cancelled" => "Rechnung aufgehoben",
        "rest" => "durch Teilstornierung",
        "settled" => "als abgerechnet gemeldet",
        "mark" => "durch Prüfvermerk",
        "correction" => "Vergleichspreis zählt nicht mehr",
        other => other,
    }
}

/// Words an entry.
fn line_view(line: &SavingsLine, currency: &str) -> LineView {
    let counted =
        if line.position.is_none() && line.class == "A" { line.bonus - line.surcharge - line.fee } else { line.effect };
    let place = match (line.position, line.class.as_str()) {
        (Some(position), _) => format!("Pos. {position}"),
        (None, "P") => "Prozesseffekt".to_owned(),
        (None, _) => "Zuschlag und Umlage".to_owned(),
    };
    let article = if line.article_number.is_empty() {
        String::new()
    } else {
        format!("{} ({})", as_typed(&line.title), line.article_number)
    };
    // Quantity and price are those of the order: a realised part has its own.
    let ordered = line.quantity.filter(|_| line.source.is_none());
    let source = line.source.as_deref().map(source_words);
    LineView {
        place,
        title: [Some(article.as_str()).filter(|it| !it.is_empty()), source]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
        quantity: ordered.map(|amount| format!("{} {}", quantity(amount), line.unit)).unwrap_or_default(),
        paid: line
            .unit_price
            .map(|price| {
                let per_month = line.baseline.as_ref().is_some_and(|baseline| baseline.per_month);
                format!("{}{}", unit_price(price, currency), if per_month { " je Monat" } else { "" })
            })
            .unwrap_or_default(),
        order: money(line.order_net.decimal(), currency),
        compared: compared(line, currency),
        baseline: money(line.baseline_net.decimal(), currency),
        effect: money(counted.decimal(), currency),
        negative: counted.is_negative(),
        class: class_words(&line.class),
        dated_on: day(line.dated_on),
        counter_entry: line.stage == "cancelled",
        correction: line.stage == "corrected" || line.source.as_deref() == Some("correction"),
        evidence: line.baseline.as_ref().map(|baseline| format!("/verwaltung/vergleichspreise/{}", baseline.id)),
    }
}

fn compared(line: &SavingsLine, currency: &str) -> Vec<(&'static str, String)> {
    if let Some(baseline) = &line.baseline {
        return of_baseline(baseline, currency);
    }
    if line.position.is_some() {
        return vec![("Vergleichspreis", "keiner oder zu alt: zählt mit 0,00 €".to_owned())];
    }
    [("Mindermengenzuschlag", -line.surcharge), ("Umlage", -line.fee), ("Bonus", line.bonus)]
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(name, amount)| (name, money(amount.decimal(), currency)))
        .collect()
}

fn of_baseline(baseline: &Baseline, currency: &str) -> Vec<(&'static str, String)> {
    let per = if baseline.per_month { " je Monat" } else { "" };
    let mut words = vec![
        ("Vergleichspreis", format!("{}{per}", unit_price(baseline.unit_price, currency))),
        ("Art", kind_words(&baseline.kind).to_owned()),
        ("Vom", day(baseline.dated_on)),
        ("Beleg", as_typed(&baseline.evidence)),
    ];
    words.extend(baseline.approved_by.as_ref().map(|name| ("Freigegeben von", as_typed(name))));
    words
}
