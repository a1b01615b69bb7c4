//! Data processing agreement (Auftragsverarbeitung).
//!
//! Items that process personal data on behalf of the member need a contract under Art. 28 GDPR: the
//! member's own, or the framework's if the member acceded to it. Once per call-off.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "data-processing-agreement",
    version: 1,
    addressee: Addressee::Administration,
    texts: texts!("data_processing_agreement"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let personal = case.requested_items().filter(|item| item.traits.personal_data);
    let articles: Vec<String> = personal.map(|item| item.article_number.clone()).collect();
    if articles.is_empty() {
        return Vec::new();
    }
    let framework = case.facts.contract.data_processing.as_ref();
    let verdict = match (case.facts.request.papers.data_processing.trim(), framework) {
        ("", Some(agreement)) if agreement.members.contains(&case.facts.member.id) => {
            Verdict::passed().wording("framework").figure("agreement", agreement.reference.as_str())
        }
        ("", Some(agreement)) => {
            Verdict::justify().wording("not_acceded").figure("agreement", agreement.reference.as_str())
        }
        ("", None) => Verdict::justify(),
        (own, _) => Verdict::passed().figure("agreement", own),
    };
    vec![verdict.figure("articles", articles).figure("member", case.facts.member.name.as_str())]
}
