//! `/abrufe/{id}/einsparung`: each line of a call-off with the price it is compared with, its date and
//! its evidence. The last step down from the board's figure.

use abruf_domain::ids::CallOffId;
use abruf_domain::money::Net;
use axum::extract::State;
use uuid::Uuid;

use crate::app::App;
use crate::http::extract::Path;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{day, money, period, quantity, unit_price};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings_levels::{class_words, kind_words};
use crate::storage::proof::{self, Baseline, SavingsLine};
use crate::storage::{call_offs, contracts};

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
    lines: Vec<LineView>,
    totals: Vec<TotalView>,
    /// Contracts in other currencies stay out of the report.
    foreign_currency: Option<String>,
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
    let number = call_off.number.unwrap_or(call_off.case_number);
    Ok(Page(CallOffSavingsPage {
        frame: frame.titled(format!("Einsparung von {number}")),
        id,
        number,
        contract: contract.title,
        performance: call_off.details.performance.map(period).unwrap_or_default(),
        totals: totals(&lines, &contract.currency),
        lines: lines.iter().map(|line| line_view(line, &contract.currency)).collect(),
        foreign_currency: (contract.currency != "EUR").then_some(contract.currency),
    }))
}

/// The entries by class, counter entries with them; also for the auditor's page.
pub fn totals(lines: &[SavingsLine], currency: &str) -> Vec<TotalView> {
    let of_class = |class: &'static str| lines.iter().filter(move |line| line.class == class);
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

/// Words an entry; also for the auditor's page.
pub fn line_view(line: &SavingsLine, currency: &str) -> LineView {
    let counted =
        if line.position.is_none() && line.class == "A" { line.bonus - line.surcharge - line.fee } else { line.effect };
    let place = match (line.position, line.class.as_str()) {
        (Some(position), _) => format!("Pos. {position}"),
        (None, "P") => "Prozesseffekt".to_owned(),
        (None, _) => "Zuschlag und Umlage".to_owned(),
    };
    LineView {
        place,
        title: if line.article_number.is_empty() {
            String::new()
        } else {
            format!("{} ({})", line.title, line.article_number)
        },
        quantity: line.quantity.map(|amount| format!("{} {}", quantity(amount), line.unit)).unwrap_or_default(),
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
        ("Beleg", baseline.evidence.clone()),
    ];
    words.extend(baseline.approved_by.clone().map(|name| ("Freigegeben von", name)));
    words
}
