//! Papers and references that only some requests need: which fields the form of step 2 shows, and what
//! was typed into them. What is not shown stays as it is.

use abruf_domain::facts::BudgetMode;
use abruf_domain::period::berlin_date;
use chrono::Datelike;

use crate::actions::draft_call_off::Preview;
use crate::actor::Actor;
use crate::app::App;
use crate::http::pages::draft::Away;
use crate::storage::budgets;
use crate::storage::call_offs::Papers;

/// The fields this request needs.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// An item processes personal data, and no framework-wide agreement serves the member.
    pub data_processing: bool,
    /// The order reaches the limit of the council.
    pub council: bool,
    /// Performance goes on in a later year.
    pub commitment: bool,
    /// The member's invoices are routed by reference.
    pub order_reference: bool,
    /// The member has ordered from this contract lately: it may be a duplicate.
    pub recurring: bool,
    /// Accounts of the member, to choose from; without any there is no field.
    pub accounts: Vec<String>,
    /// The member compares each call-off with the money of its account: one has to be named.
    pub account_needed: bool,
}

impl Wanted {
    /// What the field of the account is called.
    #[must_use]
    pub const fn account_label(&self) -> &'static str {
        if self.account_needed { "Konto, das bezahlt" } else { "Konto, das bezahlt (freiwillig)" }
    }

    /// What the draft needs as it stands, and what has been filled in before.
    pub async fn of(app: &App, actor: &Actor, preview: &Preview) -> Result<Self, Away> {
        let (facts, papers) = (&preview.facts, &preview.call_off.details.papers);
        let priced = &preview.review.priced;
        let served = facts.contract.data_processing.as_ref();
        let served = served.is_some_and(|agreement| agreement.members.contains(&facts.member.id));
        let reached = facts.member.council_limit.as_ref().is_some_and(|limit| {
            let value = if limit.net { priced.net.decimal() } else { priced.gross.decimal() };
            limit.amount.decimal() <= value
        });
        let this_year = berlin_date(facts.evaluated_at).year();
        let mut tx = app.db.begin(actor).await?;
        Ok(Self {
            data_processing: !papers.data_processing.is_empty()
                || (!served && facts.contract.items.iter().any(|item| item.traits.personal_data)),
            council: reached || !papers.council_resolution.is_empty() || !papers.emergency_decision.is_empty(),
            commitment: !papers.commitment.is_empty()
                || facts.request.performance.is_some_and(|period| this_year < period.to().year()),
            order_reference: facts.member.routes_invoices || !papers.order_reference.is_empty(),
            recurring: papers.recurring || !facts.request.earlier.is_empty(),
            accounts: budgets::accounts(&mut tx, facts.member.id).await?,
            account_needed: facts.request.budget.as_ref().is_some_and(|budget| budget.mode == BudgetMode::Imported),
        })
    }
}

/// The fields as a browser sends them; what is `None` was not shown.
#[derive(Debug, Clone, Default)]
pub struct TypedPapers {
    /// Contract under Art. 28 GDPR.
    pub data_processing: Option<String>,
    /// Resolution of the council.
    pub council_resolution: Option<String>,
    /// Emergency decision.
    pub emergency_decision: Option<String>,
    /// Commitment authorisation.
    pub commitment: Option<String>,
    /// Order reference.
    pub order_reference: Option<String>,
    /// Account that pays.
    pub budget_account: Option<String>,
    /// The box for recurring orders was shown: one that is not ticked sends nothing.
    pub recurring_shown: Option<String>,
    /// The box.
    pub recurring: Option<String>,
}

impl TypedPapers {
    /// As saved.
    #[must_use]
    pub fn of(papers: &Papers) -> Self {
        Self {
            data_processing: Some(papers.data_processing.clone()),
            council_resolution: Some(papers.council_resolution.clone()),
            emergency_decision: Some(papers.emergency_decision.clone()),
            commitment: Some(papers.commitment.clone()),
            order_reference: Some(papers.order_reference.clone()),
            budget_account: Some(papers.budget_account.clone()),
            recurring_shown: None,
            recurring: papers.recurring.then(|| "ja".to_owned()),
        }
    }

    /// As the action takes it.
    #[must_use]
    pub fn over(&self, before: &Papers) -> Papers {
        let text = |typed: &Option<String>, before: &String| {
            typed.as_ref().map_or_else(|| before.clone(), |typed| typed.trim().to_owned())
        };
        Papers {
            data_processing: text(&self.data_processing, &before.data_processing),
            council_resolution: text(&self.council_resolution, &before.council_resolution),
            emergency_decision: text(&self.emergency_decision, &before.emergency_decision),
            commitment: text(&self.commitment, &before.commitment),
            order_reference: text(&self.order_reference, &before.order_reference),
            budget_account: text(&self.budget_account, &before.budget_account),
            recurring: if self.recurring_shown.is_some() { self.recurring.is_some() } else { before.recurring },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_did_not_show_stays_as_it_was() {
        let before = Papers { commitment: "VE 2027".to_owned(), recurring: true, ..Papers::default() };
        let typed = TypedPapers { order_reference: Some(" BZ-7 ".to_owned()), ..TypedPapers::default() };
        let after = typed.over(&before);
        assert_eq!(
            (after.order_reference.as_str(), after.commitment.as_str(), after.recurring),
            ("BZ-7", "VE 2027", true)
        );
        let shown = TypedPapers { recurring_shown: Some("1".to_owned()), ..typed };
        assert!(!shown.over(&before).recurring, "the box was there and not ticked");
    }
}
