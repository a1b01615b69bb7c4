//! What the organs of the cooperative have before them: the turnover the program cannot know, a restore test, a proposal,
//! and the report of last year, frozen for the next meeting.

use abruf_domain::money::Net;
use chrono::Datelike;
use rust_decimal::Decimal;

use super::world::World;
use crate::actions::freeze_meeting_report::{ToFreeze, freeze};
use crate::actions::record_resolution::{self, Kind};
use crate::actions::{ActionError, record_restore_test, record_turnover};
use crate::app::App;

/// Turnover beside call-offs in euros, three years back to last year: training for members, consulting for others.
const TURNOVER: [(i64, i64); 3] = [(184_200, 6_150), (197_350, 5_900), (211_480, 7_240)];

/// Enters it, at the end of the history.
pub(super) async fn enter(app: &App, world: &World) -> Result<(), ActionError> {
    let office = &world.leadership.office;
    let this_year = world.calendar.anchor().year();
    for (back, (members, others)) in (1..).zip(TURNOVER.into_iter().rev()) {
        let euros = |amount: i64| Net::rounded(Decimal::from(amount));
        let year = this_year - back;
        let evidence = format!("Jahresabschluss {year}, Anlage 3 (Umsatzerlöse)");
        let what = record_turnover::ToRecord { year, members: euros(members), others: euros(others), evidence };
        record_turnover::record(app, office, &what, None).await?;
    }
    let test = record_restore_test::ToRecord {
        tested_on: world.calendar.working_day_before(12),
        backup_of: world.calendar.working_day_before(14),
        passed: true,
        remark: "Eingespielt auf dem Probe-Server, abruf verify ohne Befund.".to_owned(),
    };
    record_restore_test::record(app, office, &test, None).await?;
    let meeting_on = world.calendar.day(23);
    let proposal = record_resolution::ToRecord {
        meeting_on,
        number: format!("TOP 4/{}", meeting_on.year()),
        kind: Kind::Proposal,
        wording: format!("Der Aufsichtsrat nimmt den Bericht über die Einsparungen {} zur Kenntnis.", this_year - 1),
        dated_on: world.calendar.working_day_before(3),
    };
    record_resolution::record(app, office, &proposal, None).await?;
    let asked = ToFreeze {
        year: this_year - 1,
        meeting_on,
        meeting: "Aufsichtsrat, nächste Sitzung".to_owned(),
        confirmed: true,
    };
    match freeze(app, office, &asked, None).await {
        // A small demo may have no call-off in that year.
        Ok(_) | Err(ActionError::Invalid(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
