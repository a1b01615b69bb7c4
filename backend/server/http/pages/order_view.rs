//! Lines and totals of a call-off as tables show them; template `order.html`.

use abruf_domain::Facts;
use abruf_domain::facts::Per;
use abruf_domain::money::{Net, UnitPrice};
use abruf_domain::pricing::{PricedCallOff, PricedLine};
use abruf_domain::savings::{EvidenceClass, LineEvidence, Savings};
use rust_decimal::Decimal;

use crate::http::english::typed::as_typed;
use crate::http::pages::written::{in_units, money, percent, unit_price};

/// A line.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Position.
    pub position: i32,
    /// Article number.
    pub article_number: String,
    /// Title of the schedule, or that there is none.
    pub title: String,
    /// `120 Nutzer`
    pub quantity: String,
    /// Price per unit, and month.
    pub unit_price: String,
    /// `12 Monate`; empty without.
    pub months: String,
    /// Line amount; a dash where it has no price yet.
    pub net: String,
}

/// Lines and totals.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// Lines.
    pub lines: Vec<LineView>,
    /// Surcharge, where there is one.
    pub surcharge: Option<String>,
    /// Net value.
    pub net: String,
    /// Rate and tax.
    pub vat: Vec<(String, String)>,
    /// Gross value.
    pub gross: String,
    /// A line has no price yet.
    pub incomplete: bool,
}

impl OrderView {
    /// From the facts of a review and its prices.
    #[must_use]
    pub fn of(facts: &Facts, priced: &PricedCallOff) -> Self {
        let currency = facts.contract.currency.as_str();
        Self {
            lines: priced.lines.iter().map(|line| line_view(facts, line, currency)).collect(),
            surcharge: (!priced.surcharge.is_zero()).then(|| money(priced.surcharge.decimal(), currency)),
            net: money(priced.net.decimal(), currency),
            vat: priced
                .vat
                .iter()
                .map(|group| (percent(group.rate.decimal()), money(group.tax.decimal(), currency)))
                .collect(),
            gross: money(priced.gross.decimal(), currency),
            incomplete: priced.lines.iter().any(|line| line.net.is_none()),
        }
    }
}

fn line_view(facts: &Facts, line: &PricedLine, currency: &str) -> LineView {
    let item = facts.contract.item(&line.article_number);
    let unit = item.map(|item| item.unit.as_str()).unwrap_or_default();
    let price = line.unit_price.as_ref().and_then(|price| price.parse::<UnitPrice>().ok());
    LineView {
        position: line.position,
        article_number: line.article_number.clone(),
        title: item.map_or_else(|| "nicht in diesem Vertrag".to_owned(), |item| as_typed(&item.title)),
        quantity: in_units(line.quantity, unit),
        unit_price: price.map_or_else(|| "–".to_owned(), |price| unit_price(price, currency)),
        months: line.months.as_ref().map(|months| written_months(months)).unwrap_or_default(),
        net: line.net.map_or_else(|| "–".to_owned(), |net| money(net.decimal(), currency)),
    }
}

/// `× 12 Monate`; a part of a month keeps its decimals.
fn written_months(months: &str) -> String {
    let number = months.parse::<Decimal>().map_or_else(|_| months.to_owned(), |it| it.normalize().to_string());
    if number == "1" { "× 1 Monat".to_owned() } else { format!("× {} Monate", number.replace('.', ",")) }
}

/// What a call-off saves, and how sure that is; template `order.html`.
#[derive(Debug, Clone)]
pub struct SavingsView {
    /// The sentence on top.
    pub headline: String,
    /// It costs more than before.
    pub negative: bool,
    /// How it comes about: what and how much.
    pub parts: Vec<(String, String)>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

impl SavingsView {
    /// From the savings of a review.
    #[must_use]
    pub fn of(savings: &Savings, facts: &Facts) -> Self {
        let currency = facts.contract.currency.as_str();
        let written = |net: Net| money(net.decimal(), currency);
        let compared = !savings.baseline.is_zero();
        let rate = savings.rate_pct.map(|rate| format!(" ({})", percent(rate))).unwrap_or_default();
        let headline = if !compared {
            "Für diese Positionen gibt es keinen gültigen Vergleichspreis. Es zählt keine Einsparung.".to_owned()
        } else if savings.net.is_negative() {
            format!("Dieser Abruf kostet {} mehr als der Vergleichspreis.", written(-savings.net))
        } else {
            format!("Einsparung {}{rate} gegenüber dem Vergleichspreis.", written(savings.net))
        };
        let mut parts = Vec::new();
        for class in [EvidenceClass::A, EvidenceClass::B, EvidenceClass::C] {
            let of_class = savings.lines.iter().filter(|line| line_class(&line.evidence) == Some(class));
            if of_class.clone().next().is_some() {
                parts.push((class_words(class).to_owned(), written(of_class.map(|line| line.effect).sum())));
            }
        }
        for (name, amount) in [("Mindermengenzuschlag", savings.surcharge), ("Umlage der Genossenschaft", savings.fee)]
        {
            if !amount.is_zero() {
                parts.push((name.to_owned(), written(-amount)));
            }
        }
        Self { headline, negative: savings.net.is_negative(), parts, notes: notes(savings, facts, &written) }
    }
}

const fn line_class(evidence: &LineEvidence) -> Option<EvidenceClass> {
    match evidence {
        LineEvidence::Valid { class, .. } => Some(*class),
        LineEvidence::Stale { .. } | LineEvidence::Missing => None,
    }
}

/// The evidence class in words.
const fn class_words(class: EvidenceClass) -> &'static str {
    match class {
        EvidenceClass::A => "Klasse A, belegt: früherer Vertrag oder Angebote",
        EvidenceClass::B => "Klasse B: gegenüber Listenpreis",
        EvidenceClass::C => "Klasse C: gegenüber Vergleichswert",
    }
}

fn notes(savings: &Savings, facts: &Facts, written: &dyn Fn(Net) -> String) -> Vec<String> {
    let mut notes: Vec<String> = savings
        .lines
        .iter()
        .filter_map(|line| match line.evidence {
            LineEvidence::Valid { baseline, .. } => facts.baselines.iter().find(|it| it.id == baseline),
            LineEvidence::Stale { .. } | LineEvidence::Missing => None,
        })
        .map(|baseline| {
            let per = if baseline.per == Per::Month { " je Monat" } else { "" };
            let price = unit_price(baseline.unit_price, &facts.contract.currency);
            format!("Vergleich {}: {price}{per}, {}.", baseline.article_number, as_typed(&baseline.evidence))
        })
        .collect();
    if let Some(coverage) = savings.coverage_pct.filter(|coverage| *coverage < Decimal::ONE_HUNDRED) {
        notes.push(format!("Belegt sind {} des Auftragswerts.", percent(coverage)));
    }
    if !savings.unevidenced_effect.is_zero() {
        notes.push(format!("Nachrichtlich, ohne gültigen Beleg: {}.", written(savings.unevidenced_effect)));
    }
    if !savings.process_effect_noncash.is_zero() {
        notes.push(format!(
            "Dazu {} ersparter Verfahrensaufwand (Klasse P, nicht zahlungswirksam, nicht eingerechnet).",
            written(savings.process_effect_noncash)
        ));
    }
    notes
}
