//! Whether templates work, seen with invented data before any document needs them: every value they name exists, every
//! sample fits its pages and keeps the rules that a template can break, and a file of each kind can be written.

use std::collections::BTreeMap;

use abruf_domain::supply_chain::Side;
use serde::Serialize;
use serde_json::Value;

use crate::cancellation::CancellationData;
use crate::data::References;
use crate::document::{CheckCode, Document, DocumentError};
use crate::frame::Page;
use crate::render::Job;
use crate::template::Templates;
use crate::template_rules::{Marks, broken};
use crate::{
    OrderData, cancellation, competition_record, delivery_change, entitlement_certificate, meeting_report, memo, order,
    report, sample, savings_certificate,
};

/// Kinds of samples, as [`preview`] takes them.
pub const KINDS: [&str; 11] = [
    "order",
    "draft",
    "cancellation",
    "partial_cancellation",
    "delivery_change",
    "memo",
    "entitlement_certificate",
    "savings_certificate",
    "competition_record",
    "meeting_report",
    "report",
];

/// A sample document of a kind with this many lines, or lots, contracts, suppliers.
///
/// # Errors
/// If there is no such kind, or if a template is broken.
pub fn preview(kind: &str, lines: usize, templates: &Templates) -> Result<Document, DocumentError> {
    let few = u32::try_from(lines).unwrap_or(u32::MAX);
    match kind {
        "order" => order(&sample::order(lines), templates),
        "draft" => order(&sample::draft(lines), templates),
        "cancellation" => cancellation(&sample::cancellation(lines), templates),
        "partial_cancellation" => cancellation(&sample::partial_cancellation(lines, false), templates),
        "delivery_change" => delivery_change(&sample::delivery_change(lines), templates),
        "memo" => memo(&sample::memo(lines), templates),
        "entitlement_certificate" => entitlement_certificate(&sample::entitlement_certificate(few), templates),
        "savings_certificate" => savings_certificate(&sample::savings_certificate(lines), templates),
        "competition_record" => competition_record(&sample::competition_record(few), templates),
        "meeting_report" => meeting_report(&sample::meeting_report(lines), templates),

        "report" => report(&sample::report(lines), templates),
        _ => Err(DocumentError::UnknownTemplate(kind.to_owned())),
    }
}

/// Renders every document with invented data: a template that passes works with ordinary data.
///
/// # Errors
/// What is wrong with the first template that does not work: its file, the line and the reason.
pub fn check_templates(templates: &Templates) -> Result<(), DocumentError> {
    let code = CheckCode::of(b"check of templates");
    let mut seen = Seen { templates, code, values: BTreeMap::new(), failure: None };
    for data in orders() {
        seen.lay_out(&order::job(&data))?;
    }
    for data in [sample::memo(1), sample::memo(12), sample::bare_memo()] {
        seen.lay_out(&memo::job(&data))?;
    }
    for data in [sample::entitlement_certificate(1), sample::entitlement_certificate(9), sample::bare_entitlement()] {
        seen.lay_out(&entitlement_certificate::job(&data))?;
    }
    for data in [0, 1, 12].map(sample::savings_certificate) {
        seen.lay_out(&savings_certificate::job(&data))?;
    }
    for data in [0, 1, 12].map(sample::meeting_report) {
        seen.lay_out(&meeting_report::job(&data))?;
    }

    for data in [0, 1, 12].map(sample::report) {
        seen.lay_out(&report::job(&data))?;
    }
    for data in [sample::competition_record(1), sample::competition_record(4), sample::abolished_competition()] {
        seen.lay_out(&competition_record::job(&data))?;
    }
    for data in [sample::delivery_change(1), sample::delivery_change(30), sample::bare_delivery_change()] {
        seen.lay_out(&delivery_change::job(&data))?;
    }
    for data in cancellations() {
        seen.lay_out(&cancellation::job(&data))?;
    }
    // A value that does not exist is told by name, so it comes before whatever else its template met.
    seen.check_values()?;
    seen.failure.map_or(Ok(()), Err)?;
    KINDS.iter().try_for_each(|kind| preview(kind, 2, templates).map(|_| ()))
}

fn orders() -> Vec<OrderData> {
    let mut bare = sample::order(3);
    bare.references = References::default();
    (bare.base_url, bare.delivery_address, bare.invoice_address) = (None, None, None);
    (bare.performance, bare.desired_delivery) = (None, None);
    (bare.contract.notice, bare.contract.notice_date, bare.contract.procedure) = (None, None, None);
    bare.contract.lots.clear();
    let pair = [Side::InHouse, Side::Supplier].map(|side| sample::of_pair(3, side));
    [sample::order(1), sample::order(60), sample::draft(2), bare].into_iter().chain(pair).collect()
}

fn cancellations() -> Vec<CancellationData> {
    let mut all = Vec::new();
    let partial = [false, true].map(|anew| sample::partial_cancellation(5, anew));
    for alone in [sample::cancellation(5)].into_iter().chain(partial) {
        for side in [Side::InHouse, Side::Supplier] {
            all.push(CancellationData { pair: sample::of_pair(3, side).pair, ..alone.clone() });
        }
        all.push(alone);
    }
    all
}

/// What the samples have shown: for each template, everything it saw.
struct Seen<'a> {
    templates: &'a Templates,
    code: CheckCode,
    values: BTreeMap<&'static str, Vec<Value>>,
    /// The first sample that did not work; none is tried after it.
    failure: Option<DocumentError>,
}

impl Seen<'_> {
    fn lay_out<D: Serialize>(&mut self, job: &Job<'_, D>) -> Result<(), DocumentError> {
        if self.failure.is_none() {
            self.failure = match job.sample(self.templates, &self.code) {
                Ok((pages, language)) => self.rule_broken(job, &pages, &language),
                Err(error) => Some(error),
            };
        }
        self.values.entry(job.template).or_default().push(job.seen(self.templates, &self.code)?);
        Ok(())
    }

    fn rule_broken<D: Serialize>(&self, job: &Job<'_, D>, pages: &[Page], language: &str) -> Option<DocumentError> {
        // A report is made when asked for and not kept: there is nothing to compare it with.
        let kept = job.template != "report.xml.j2";
        let marks = kept.then(|| Marks { code: &self.code, qr: job.letter.base_url.is_some() });
        let reason = broken(pages, language, marks.as_ref())?;
        let line = self.templates.line_of(job.template, "<doc");
        Some(DocumentError::Template { file: job.template.to_owned(), line, reason })
    }

    /// Every value that a template names is in the data of some sample, also where no sample leads.
    fn check_values(&self) -> Result<(), DocumentError> {
        for name in self.templates.names() {
            let users = self.templates.users(name);
            let samples: Vec<&Value> = users.iter().filter_map(|user| self.values.get(*user)).flatten().collect();
            for (path, line) in self.templates.named_values(name) {
                if !samples.iter().any(|sample| may_hold(sample, &path)) {
                    let reason = self.why_missing(&path);
                    return Err(DocumentError::Template { file: name.to_owned(), line, reason });
                }
            }
        }
        Ok(())
    }
}

impl Seen<'_> {
    fn why_missing(&self, path: &str) -> String {
        let Some(block) = path.strip_prefix("block.") else { return format!("`{path}` is not in the data") };
        let known: Vec<&str> = self.templates.text_blocks().keys().map(String::as_str).collect();
        format!("`{path}` is not in the data: there is no file blocks/{block}.txt; blocks are {}", known.join(", "))
    }
}

/// Whether the path leads to something; what is absent in a sample may hold anything.
fn may_hold(value: &Value, path: &str) -> bool {
    let mut at = value;
    for step in path.split('.') {
        match at {
            Value::Object(fields) => match fields.get(step) {
                Some(field) => at = field,
                None => return false,
            },
            Value::Null => return true,
            // Numbers, texts and lists have no fields.
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, from: &str, to: &str) -> (String, usize, String) {
        let templates = Templates::embedded();
        let text = templates.style_of(name).texts.remove(name).expect("a text");
        assert!(text.contains(from), "{from}");
        let changed = templates.with_override(name, &text.replacen(from, to, 1)).expect("a template");
        let DocumentError::Template { file, line, reason } = check_templates(&changed).expect_err("a refusal") else {
            panic!("another error")
        };
        (file, line, reason)
    }

    #[test]
    fn the_templates_of_the_program_pass() {
        assert_eq!(check_templates(&Templates::embedded()), Ok(()));
    }

    #[test]
    fn a_value_that_does_not_exist_is_found_even_where_no_sample_leads() {
        let (file, line, reason) =
            refused("memo.xml.j2", "<h1>", "{% if data.number == \"\" %}{{ data.nmae }}{% endif %}\n<h1>");
        assert_eq!((file.as_str(), reason.as_str()), ("memo.xml.j2", "`data.nmae` is not in the data"));
        assert!(1 < line, "{line}");
        let (file, _, _) = refused("notehead.xml.j2", "{{ letter.reference }}", "{{ letter.refrence }}");
        assert_eq!(file, "notehead.xml.j2");
        let (_, _, reason) = refused("memo.xml.j2", "<h1>", "{% if false %}{{ block.thanks }}{% endif %}<h1>");
        assert!(reason.contains("no file blocks/thanks.txt; blocks are closing, greeting"), "{reason}");
    }

    #[test]
    fn a_template_that_breaks_a_rule_of_conformance_is_refused_with_the_rule() {
        for (name, from, to, told_of, wanted) in [
            ("order.xml.j2", "<h1>", "<h2>Vorab</h2><h1>", "order.xml.j2", "`h2` stands before `h1` (PDF/UA-1, 7.4.2)"),
            ("memo.xml.j2", "lang=\"de\"", "lang=\"\"", "memo.xml.j2", "`lang` is ``"),
            (
                "letterhead.xml.j2",
                "<p class=\"label\">Prüfkennung <b>{{ check.code }}</b></p>",
                "",
                "order.xml.j2",
                "the Prüfkennung (`check.code`) is not printed on page 1",
            ),
            ("notehead.xml.j2", "{% if check.url %}", "{% if false %}", "memo.xml.j2", "no QR code (`check.url`)"),
            ("letterhead.xml.j2", "x=\"125\"", "x=\"195\"", "order.xml.j2", "does not stand on the paper, page 1"),
        ] {
            let (file, line, reason) = refused(name, from, to);
            assert_eq!(file, told_of, "{from}: {reason}");
            assert!(0 < line && reason.contains(wanted), "{from}, line {line}: {reason}");
        }
    }

    #[test]
    fn every_kind_has_a_preview_and_nothing_else_has() {
        for kind in KINDS {
            assert!(preview(kind, 3, &Templates::embedded()).expect(kind).bytes.starts_with(b"%PDF-"));
        }
        assert!(matches!(
            preview("letter", 3, &Templates::embedded()),
            Err(DocumentError::UnknownTemplate(name)) if name == "letter"
        ));
    }
}
