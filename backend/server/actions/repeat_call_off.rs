//! Order again what was ordered before: a new draft with the lines and details of an earlier call-off.
//! Licences are proposed to end with the running ones.

use abruf_domain::co_termination::proposed_period;
use abruf_domain::ids::CallOffId;

use super::draft_call_off::{self, LineInput};
use super::{ActionError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, CallOff, Details, Papers};

/// Starts a draft from a visible call-off of the buyer's member. Prices are those of today: only article
/// numbers, quantities and details are taken over.
pub async fn repeat(app: &App, actor: &Actor, earlier: CallOffId) -> Result<CallOff, ActionError> {
    only(actor, &[Role::Buyer])?;
    let mut tx = app.db.begin(actor).await?;
    let (earlier, lines) = call_offs::find(&mut tx, earlier).await?.ok_or(ActionError::NotFound)?;
    tx.rollback().await?;
    let lines: Vec<LineInput> =
        lines.into_iter().map(|line| LineInput::new(line.article_number, line.quantity.to_string())).collect();
    let draft = draft_call_off::create(app, actor, earlier.contract).await?;
    let version = draft_call_off::save_lines(app, actor, draft.id, draft.version, &lines).await?;
    let details = Details {
        performance: proposed_period(earlier.details.performance, app.clock.today()),
        desired_on: None,
        // A resolution or a commitment was for the earlier order.
        papers: Papers {
            data_processing: earlier.details.papers.data_processing.clone(),
            budget_account: earlier.details.papers.budget_account.clone(),
            ..Papers::default()
        },
        contact: draft.details.contact.clone(),
        ..earlier.details
    };
    let version = draft_call_off::save_details(app, actor, draft.id, version, &details).await?;
    Ok(CallOff { details, version, ..draft })
}
