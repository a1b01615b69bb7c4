//! Write what the invitation of a mini-competition says: subject, deadline, how to submit, criteria. Until it is
//! sent it can change; afterwards never.

use abruf_domain::ids::MiniCompetitionId;
use abruf_domain::mini_competition::{Step, check_announced};
use serde_json::json;

use super::competition_step::{held, log};
use super::{ActionError, FieldError, check_text};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competitions::{self, Announcement};

/// Longest text on how to submit, in characters.
const LONGEST: usize = 2000;

/// Writes it. The deadline is judged when the invitations go out: only then is known how long it is.
///
/// # Errors
/// [`ActionError::Invalid`] with everything that is wrong with the criteria; [`ActionError::NotNow`] once sent.
pub async fn announce(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    wanted: &Announcement,
) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Announce).await?;
    let announcement = Announcement {
        title: wanted.title.trim().to_owned(),
        submission: wanted.submission.trim().replace("\r\n", "\n"),
        ..wanted.clone()
    };
    check_text(
        "title",
        &announcement.title,
        200,
        "Bitte schreiben Sie, worum es geht, zum Beispiel: Notebooks für die Grundschulen.",
    )?;
    check_text(
        "submission",
        &announcement.submission,
        LONGEST,
        "Bitte schreiben Sie, wie Angebote abgegeben werden: Anschrift oder E-Mail-Adresse, die bis zur Öffnung niemand liest.",
    )?;
    let mut wrong = announcement.scheme.refusals();
    let announced = mini_competitions::announced(&mut tx, competition.contract).await?.ok_or(ActionError::NotFound)?;
    wrong.extend(check_announced(announced.scheme.as_ref(), &announcement.scheme).err());
    if !wrong.is_empty() {
        return Err(ActionError::Invalid(wrong.into_iter().map(|it| FieldError::new(it.field, it.german)).collect()));
    }
    if announced.criterion.is_some_and(|criterion| criterion != announcement.scheme.criterion()) {
        return Err(ActionError::Invalid(vec![FieldError::new(
            "criteria",
            "Der Vertrag hat ein anderes Zuschlagskriterium bekannt gemacht: allein den Preis oder Punkte. Bitte übernehmen Sie es.",
        )]));
    }
    mini_competitions::announce(&mut tx, id, &announcement).await?;
    let detail = json!({ "title": announcement.title, "deadline_at": announcement.deadline_at, "submission": announcement.submission, "scheme": announcement.scheme });
    log(app, &mut tx, actor, &competition, "competition_announced", detail, now).await?;
    Ok(tx.commit().await?)
}
