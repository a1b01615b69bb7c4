//! Making a document again, years later, from what was recorded with it: the canonical input, and templates, text
//! blocks, logo and fonts of then. The recorded version of the program stands in for today's wherever a document names it, so that a later
//! program that draws as the earlier one did gives the same bytes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{Document, DocumentError};
use crate::render::Job;
use crate::template::Templates;
use crate::{
    cancellation, competition_record, delivery_change, entitlement_certificate, meeting_report, memo, order, report,
    savings_certificate,
};

/// The recorded input, as far as it is the same for all documents.
#[derive(Deserialize)]
struct Recorded {
    data: Value,
    document: String,
    program: String,
}

/// The template a recorded input names: which document it is.
///
/// # Errors
/// If the text is no recorded input.
pub fn template_of(input: &str) -> Result<String, DocumentError> {
    Ok(recorded(input)?.document)
}

/// Makes the document of a recorded input with the templates of that time.
///
/// # Errors
/// If the text is no recorded input of a document this program knows, or if a template is broken.
pub fn reproduce(input: &str, templates: &Templates) -> Result<Document, DocumentError> {
    let Recorded { data, document, program } = recorded(input)?;
    match document.as_str() {
        "order.xml.j2" => again(&read(data)?, order::job, templates, &program),
        "cancellation.xml.j2" => again(&read(data)?, cancellation::job, templates, &program),
        "delivery_change.xml.j2" => again(&read(data)?, delivery_change::job, templates, &program),
        "memo.xml.j2" => again(&read(data)?, memo::job, templates, &program),
        "entitlement_certificate.xml.j2" => again(&read(data)?, entitlement_certificate::job, templates, &program),
        "competition_record.xml.j2" => again(&read(data)?, competition_record::job, templates, &program),
        "meeting_report.xml.j2" => again(&read(data)?, meeting_report::job, templates, &program),

        "report.xml.j2" => again(&read(data)?, report::job, templates, &program),
        "savings_certificate.xml.j2" => again(&read(data)?, savings_certificate::job, templates, &program),
        _ => Err(DocumentError::UnknownTemplate(document)),
    }
}

fn again<'a, D: Serialize>(
    data: &'a D,
    job: impl FnOnce(&'a D) -> Job<'a, D>,
    templates: &Templates,
    program: &str,
) -> Result<Document, DocumentError> {
    job(data).render_as(templates, program)
}

fn recorded(input: &str) -> Result<Recorded, DocumentError> {
    serde_json::from_str(input).map_err(|error| DocumentError::Input(error.to_string()))
}

fn read<D: for<'de> Deserialize<'de>>(data: Value) -> Result<D, DocumentError> {
    serde_json::from_value(data).map_err(|error| DocumentError::Input(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_kind_of_document_is_made_again_from_its_input_to_the_byte() {
        let templates = Templates::embedded();
        for first in [
            order(&sample::order(5), &templates),
            order(&sample::stress(2), &templates),
            cancellation(&sample::cancellation(3), &templates),
            cancellation(&sample::partial_cancellation(3, true), &templates),
            memo(&sample::memo(5), &templates),
            entitlement_certificate(&sample::entitlement_certificate(2), &templates),
            delivery_change(&sample::delivery_change(3), &templates),
            competition_record(&sample::competition_record(3), &templates),
            savings_certificate(&sample::savings_certificate(3), &templates),
            meeting_report(&sample::meeting_report(3), &templates),
            report(&sample::report(3), &templates),
        ] {
            let first = first.expect("a document");
            let name = template_of(&first.input).expect("its template");
            let then = Templates::embedded().with_style(&templates.style_of(&name)).expect("the files of then");
            assert_eq!(reproduce(&first.input, &then), Ok(first));
        }
    }

    #[test]
    fn a_reworded_template_gives_the_old_document_only_with_the_old_text() {
        let old = Templates::embedded();
        let first = order(&sample::order(2), &old).expect("a document");
        let text = include_str!("../../../pdf-templates/order.xml.j2").replace("verbindlich ab", "ab");
        let new = Templates::embedded().with_override("order.xml.j2", &text).expect("a template");
        assert_ne!(reproduce(&first.input, &new).expect("a document").sha256, first.sha256);
        let then = Templates::embedded().with_style(&old.style_of("order.xml.j2")).expect("the files of then");
        assert_eq!(reproduce(&first.input, &then).expect("a document").sha256, first.sha256);
    }

    #[test]
    fn the_recorded_program_is_named_and_not_todays() {
        let templates = Templates::embedded();
        let first = order(&sample::order(1), &templates).expect("a document");
        let earlier =
            first.input.replace(concat!("abruf-documents ", env!("CARGO_PKG_VERSION")), "abruf-documents 0.0.7");
        let again = reproduce(&earlier, &templates).expect("a document");
        assert_eq!(again.input, earlier);
        assert_ne!(again.check_code, first.check_code);
    }

    #[test]
    fn what_is_no_recorded_input_makes_no_document() {
        for text in ["", "{}", r#"{"data":{},"document":"order.xml.j2","program":"p","template":"t"}"#] {
            assert!(matches!(reproduce(text, &Templates::embedded()), Err(DocumentError::Input(_))), "{text}");
        }
        let foreign = r#"{"data":{},"document":"letter.xml.j2","program":"p","template":"t"}"#;
        assert!(matches!(reproduce(foreign, &Templates::embedded()), Err(DocumentError::UnknownTemplate(_))));
    }
}
