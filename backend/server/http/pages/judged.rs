//! A review as pages show it: what needs action first, with who has to act and what was already
//! written; passed rules folded. Template `findings.html`.

use abruf_domain::checks::need_documented;
use abruf_domain::finding::{Addressee, Finding};
use abruf_domain::notation::Language;
use abruf_domain::{Outcome, Review};

use crate::actions::justify_finding::speaker;
use crate::actor::Role;
use crate::http::english::typed::as_typed;
use crate::http::finding_view::{FindingView, FindingsView};
use crate::http::pages::written::instant;
use crate::storage::history::Justification;

/// A finding that is not passed.
#[derive(Debug, Clone)]
pub struct OpenFinding {
    /// The finding in words.
    pub it: FindingView,
    /// Icon beside the word.
    pub icon: &'static str,
    /// The justification and who wrote it when.
    pub written: Option<(String, String)>,
    /// „Liegt bei: Geschäftsstelle“; empty where nobody has to act or the reader has.
    pub lies_with: String,
    /// The reader can justify it here.
    pub may_justify: bool,
    /// Cured by filling in the need, not by a text about it.
    pub wants_need: bool,
}

/// A review in words.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Blocks, justifications, notices, pending ones.
    pub open: Vec<OpenFinding>,
    /// Passed ones.
    pub passed: Vec<FindingView>,
    /// "17 Prüfungen bestanden".
    pub passed_line: String,
    /// How many blocks.
    pub blocks: usize,
    /// How many justifications the requester owes.
    pub owed_by_requester: usize,
    /// How many justifications others owe.
    pub owed_by_others: usize,
}

impl Judged {
    /// Words a review for somebody in `role`; `open_for_words`: justifications can still be written.
    #[must_use]
    pub fn of(review: &Review, currency: &str, written: &[Justification], role: Role, open_for_words: bool) -> Self {
        let rules: Vec<String> = written.iter().map(|it| it.rule.clone()).collect();
        let owed =
            |mine: bool| review.unjustified(&rules).filter(|it| (it.addressee == Addressee::Requester) == mine).count();
        let passed = review.with_outcome(Outcome::Passed).map(|it| FindingView::on_page(it, currency)).collect();
        Self {
            open: review
                .open_findings()
                .into_iter()
                .map(|finding| open_finding(finding, currency, written, role, open_for_words))
                .collect(),
            passed_line: FindingsView::of(review, currency).passed_line(),
            passed,
            blocks: review.with_outcome(Outcome::Block).count(),
            owed_by_requester: owed(true),
            owed_by_others: owed(false),
        }
    }

    /// The sentence above the findings of a draft.
    #[must_use]
    pub fn headline(&self) -> String {
        match (self.blocks, self.owed_by_requester, self.owed_by_others) {
            (0, 0, 0) => "Der Abruf ist zulässig.".to_owned(),
            (0, 0, 1) => "Sie können den Abruf zur Freigabe geben. Eine Begründung schreibt danach eine andere Stelle."
                .to_owned(),
            (0, 0, others) => format!(
                "Sie können den Abruf zur Freigabe geben. {others} Begründungen schreiben danach andere Stellen."
            ),
            (0, 1, _) => "Eine Begründung von Ihnen fehlt noch.".to_owned(),
            (0, own, _) => format!("{own} Begründungen von Ihnen fehlen noch."),
            (1, ..) => "So ist der Abruf nicht zulässig: Ein Punkt sperrt ihn.".to_owned(),
            (blocks, ..) => format!("So ist der Abruf nicht zulässig: {blocks} Punkte sperren ihn."),
        }
    }

    /// Whether nothing stands in the way of handing it over.
    #[must_use]
    pub const fn may_be_submitted(&self) -> bool {
        self.blocks == 0 && self.owed_by_requester == 0
    }
}

/// Words a single finding.
#[must_use]
pub fn open_finding(
    finding: &Finding,
    currency: &str,
    written: &[Justification],
    role: Role,
    open_for_words: bool,
) -> OpenFinding {
    let text = written.iter().find(|it| it.rule == finding.rule);
    let wants_need = finding.rule == need_documented::CHECK.id;
    let needs_action = matches!(finding.outcome, Outcome::Block | Outcome::Justify) && text.is_none();
    let addressed = speaker(finding.addressee);
    OpenFinding {
        it: FindingView::on_page(finding, currency),
        icon: match finding.outcome {
            Outcome::Block => "danger",
            Outcome::Justify => "warning",
            Outcome::Notice | Outcome::Pending => "info",
            Outcome::Passed => "success",
        },
        written: text.map(|it| (as_typed(&it.wording), format!("{}, {}", as_typed(&it.person), instant(it.at)))),
        lies_with: if needs_action && addressed != role {
            format!("Liegt bei: {}", finding.addressee.word(Language::German))
        } else {
            String::new()
        },
        may_justify: open_for_words
            && finding.outcome == Outcome::Justify
            && text.is_none()
            && !wants_need
            && addressed == role,
        wants_need,
    }
}
