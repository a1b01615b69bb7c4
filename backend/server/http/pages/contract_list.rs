//! `/rahmenvertraege`: what may I use, and how much of it is left?

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::actions::analyse_purchases::COMPARERS;
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::meter::Meter;
use crate::http::pages::saved_filters::SavedFilters;
use crate::http::pages::standing::Standing;
use crate::http::pages::written::{count, day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::Tx;
use crate::storage::contracts::{self, Contract};

#[derive(askama::Template)]
#[template(path = "pages/contract_list.html")]
struct ContractListPage {
    frame: Frame,
    words: String,
    only_usable: bool,
    /// Members choose what they may use; the body looks at everything.
    for_member: bool,
    /// May look at what would have been saved.
    may_compare: bool,
    organisation: String,
    rows: Vec<Row>,
    suggestion: Option<String>,
    saved: SavedFilters,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    nutzbar: String,
}

struct Row {
    contract: Contract,
    meter: Meter,
    standing: Option<Standing>,
    may_order: bool,
}

impl Row {
    fn ends(&self) -> String {
        day(self.contract.effective_end)
    }

    fn reason(&self) -> &'static str {
        self.standing.as_ref().map_or("", Standing::short_reason)
    }
}

impl ContractListPage {
    fn result_count(&self) -> String {
        count(i64::try_from(self.rows.len()).unwrap_or(i64::MAX), "Rahmenvertrag", "Rahmenverträge")
    }
}

/// `GET /rahmenvertraege`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let only_usable = asked.nutzbar == "1";
    let mut rows = Vec::new();
    for contract in contracts::list(&mut tx, Some(&asked.q)).await? {
        rows.push(row(&app, &mut tx, &actor, contract).await?);
    }
    if only_usable {
        rows.retain(|row| row.standing.as_ref().is_none_or(Standing::may_call_off));
    }
    let suggestion = if rows.is_empty() && !asked.q.trim().is_empty() {
        meant(&asked.q, &contracts::list(&mut tx, None).await?)
    } else {
        None
    };
    let filters = [("q", asked.q.as_str()), ("nutzbar", asked.nutzbar.as_str())];
    let page = ContractListPage {
        saved: SavedFilters::of(&mut tx, &actor, "contracts", &filters).await?,
        organisation: frame.acting.as_ref().map(|acting| acting.organisation.clone()).unwrap_or_default(),
        frame: frame.titled("Rahmenverträge"),
        words: asked.q,
        only_usable,
        for_member: is_of_member(&actor),
        may_compare: COMPARERS.contains(&actor.role),
        rows,
        suggestion,
    };
    Ok(Page(page))
}

async fn row(app: &App, tx: &mut Tx, actor: &Actor, contract: Contract) -> Result<Row, Problem> {
    let standing = if is_of_member(actor) {
        Some(Standing::of(&mut *tx, &contract, actor.organisation, app.clock.now()).await?)
    } else {
        None
    };
    Ok(Row {
        meter: Meter::of(&contract.ceiling, &contract.currency),
        may_order: actor.role == Role::Buyer && standing.as_ref().is_some_and(Standing::may_call_off),
        contract,
        standing,
    })
}

/// Whether somebody acts for a member.
pub(super) const fn is_of_member(actor: &Actor) -> bool {
    matches!(actor.role, Role::Buyer | Role::Approver | Role::Treasurer)
}

/// The word of a title or supplier that was probably meant: at most two letters away.
fn meant(typed: &str, contracts: &[Contract]) -> Option<String> {
    let typed = typed.trim().to_lowercase();
    let length = typed.chars().count();
    if !(3..=40).contains(&length) {
        return None;
    }
    let texts = contracts.iter().flat_map(|it| [it.title.as_str(), it.suppliers.as_str(), it.description.as_str()]);
    texts
        .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()))
        .filter(|word| word.chars().count().abs_diff(length) <= 2)
        .map(|word| (distance(&typed, &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word.to_owned())
}

/// Letters to insert, remove or replace (Levenshtein), row by row.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_one_letter_away() {
        assert_eq!(distance("citrx", "citrix"), 1);
        assert_eq!(distance("monitor", "monitore"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
