//! What changes while a mini-competition of the demo runs: an offer is replaced, the deadline is extended.

use abruf_domain::ids::MiniCompetitionId;
use abruf_domain::period::berlin_date;
use chrono::Days;

use super::DemoError;
use super::calendar::{at, working_day_from};
use super::stream::Stream;
use crate::actions::extend_competition_deadline;
use crate::actor::RunsAs;
use crate::storage::mini_competitions;

/// What the first supplier offers in place of its offer: less than before, still more than the second.
const IMPROVED: &[(&str, &str)] = &[("SEC-PT", "1060.00"), ("SEC-UEBUNG", "6000.00")];

/// Calendar days that all get in addition.
const DAYS_MORE: u64 = 7;

impl Stream {
    pub(super) async fn improve(&self, life: usize, id: MiniCompetitionId) -> Result<(), DemoError> {
        self.offer(life, id, 0, IMPROVED).await
    }

    pub(super) async fn extend(&self, life: usize, id: MiniCompetitionId) -> Result<(), DemoError> {
        let failed = self.failed("extend the deadline of");
        let mut tx = self.app.db.begin(RunsAs::Job).await.map_err(|error| failed(error.into()))?;
        let found = mini_competitions::find(&mut tx, id).await.map_err(|error| failed(error.into()))?;
        tx.rollback().await.map_err(|error| failed(error.into()))?;
        let Some(found) = found else { return Ok(()) };
        let until = at(working_day_from(berlin_date(found.deadline_at) + Days::new(DAYS_MORE)), 12, 0);
        let reason = "Die Antwort zu Beratertagen aus der Ferne ändert die Rechnung der Bieter.";
        let actor = self.buyer(&self.lives[life].planned);
        extend_competition_deadline::extend(&self.app, &actor, id, until, reason).await.map_err(failed)
    }
}
