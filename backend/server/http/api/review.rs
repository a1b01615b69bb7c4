//! A review as programs read it.

use abruf_domain::Review;
use abruf_domain::savings::Savings;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::FieldError;
use crate::http::finding_view::{FindingView, gap_errors};

/// The judgement on a call-off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewView {
    /// submission or release.
    check_point: String,
    /// clear, needs_justification or blocked.
    decision: String,
    /// The instant judged.
    evaluated_at: DateTime<Utc>,
    /// Its date in Berlin.
    day: NaiveDate,
    /// What is missing in the form.
    gaps: Vec<FieldError>,
    /// Every finding, passed ones too, in the order of the rule book.
    findings: Vec<FindingView>,
    /// Lines with price and amount; absent where no price was found.
    lines: Vec<PricedLineView>,
    /// Small-order surcharge.
    surcharge: String,
    /// Net order value.
    #[schema(example = "19424.00")]
    net: String,
    /// VAT by rate, highest first.
    vat: Vec<VatView>,
    /// Gross order value.
    #[schema(example = "23114.56")]
    gross: String,
    /// Savings; absent where the call-off is blocked.
    savings: Option<SavingsView>,
}

/// A line with its price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PricedLine)]
pub struct PricedLineView {
    position: i32,
    article_number: String,
    quantity: String,
    unit_price: Option<String>,
    months: Option<String>,
    net: Option<String>,
}

/// VAT of one rate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VatGroup)]
pub struct VatView {
    category: String,
    rate_pct: String,
    base: String,
    tax: String,
}

/// Savings of one call-off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Savings)]
pub struct SavingsView {
    /// Sum of evidenced baselines.
    baseline: String,
    /// Sum of evidenced effects.
    price_effect: String,
    surcharge: String,
    fee: String,
    bonus_realised: String,
    /// Saved in the end; may be negative.
    net: String,
    /// `net` in percent of the baseline.
    rate_pct: Option<String>,
    /// Against stale baselines; shown, not counted.
    unevidenced_effect: String,
    /// Avoided tender; no cash, never added.
    process_effect_noncash: String,
    /// Evidenced order value in percent.
    coverage_pct: Option<String>,
}

impl From<&Savings> for SavingsView {
    fn from(savings: &Savings) -> Self {
        Self {
            baseline: savings.baseline.to_string(),
            price_effect: savings.price_effect.to_string(),
            surcharge: savings.surcharge.to_string(),
            fee: savings.fee.to_string(),
            bonus_realised: savings.bonus_realised.to_string(),
            net: savings.net.to_string(),
            rate_pct: savings.rate_pct.map(|rate| rate.to_string()),
            unevidenced_effect: savings.unevidenced_effect.to_string(),
            process_effect_noncash: savings.process_effect_noncash.to_string(),
            coverage_pct: savings.coverage_pct.map(|coverage| coverage.to_string()),
        }
    }
}

impl ReviewView {
    /// Puts a review into words.
    #[must_use]
    pub fn of(review: &Review, currency: &str) -> Self {
        let priced = &review.priced;
        Self {
            check_point: review.check_point.key().to_owned(),
            decision: review.decision.key().to_owned(),
            evaluated_at: review.evaluated_at,
            day: review.day,
            gaps: gap_errors(&review.gaps),
            findings: review.findings.iter().map(|finding| FindingView::of(finding, currency)).collect(),
            lines: priced
                .lines
                .iter()
                .map(|line| PricedLineView {
                    position: line.position,
                    article_number: line.article_number.clone(),
                    quantity: line.quantity.to_string(),
                    unit_price: line.unit_price.clone(),
                    months: line.months.clone(),
                    net: line.net.map(|net| net.to_string()),
                })
                .collect(),
            surcharge: priced.surcharge.to_string(),
            net: priced.net.to_string(),
            vat: priced
                .vat
                .iter()
                .map(|group| VatView {
                    category: group.category.clone(),
                    rate_pct: group.rate.to_string(),
                    base: group.base.to_string(),
                    tax: group.tax.to_string(),
                })
                .collect(),
            gross: priced.gross.to_string(),
            savings: review.savings.as_ref().map(SavingsView::from),
        }
    }
}
