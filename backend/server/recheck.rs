//! Replays every stored review: the facts of then through the rules of then. Changes nothing.
//!
//! Identical, explained by a listed change of the rule book, or alarm ([`abruf_domain::recheck`]).
//! Whether the facts themselves are those of then is what [`crate::verify`] looks at.

use std::collections::BTreeMap;

use abruf_domain::dispatch::{self, Dispatch};
use abruf_domain::edition::Change;
use abruf_domain::invoice::{self, Invoice};
use abruf_domain::notation::Language;
use abruf_domain::recheck::{Replay, recheck};
use abruf_domain::{Facts, Review};
use serde::Serialize;
use serde_json::Value;

use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::order_reviews::{self, StoredOrderReview};
use crate::storage::{StorageError, verification};

/// A review that does not come out as it is stored, and nothing explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// Which call-off and when.
    pub place: String,
    /// What differs: rules and parts of the result, in words.
    pub what: String,
}

/// What the replay of all reviews came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rechecked {
    /// Reviews replayed.
    pub reviews: usize,
    /// Of them identical to the last figure.
    pub identical: usize,
    /// Of them different as listed changes of the rule book say.
    pub explained: usize,
    /// Those changes with the number of reviews each explains.
    pub changes: BTreeMap<String, usize>,
    /// Of them different for no listed reason.
    pub alarms: Vec<Alarm>,
}

impl Rechecked {
    /// The result in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let extent = format!(
            "{} Prüfungen nachgerechnet: {} gleich, {} durch geänderte Regeln erklärt",
            self.reviews, self.identical, self.explained
        );
        match self.alarms.len() {
            0 => format!("{extent}, keine Abweichung."),
            alarms => format!(
                "{extent}, {alarms} ohne Erklärung abweichend. Bitte nichts ändern und die IT-Sicherheit verständigen."
            ),
        }
    }
}

/// Replays them all. `progress` hears how many are done.
///
/// # Errors
/// If the database cannot be read. A review that cannot be read as one is an alarm, no error.
pub async fn recheck_all(app: &App, mut progress: impl FnMut(usize, usize)) -> Result<Rechecked, StorageError> {
    let mut tx = app.db.begin_snapshot(RunsAs::Job).await?;
    let places = verification::reviews(&mut tx).await?;
    let mut done = Rechecked { reviews: places.len(), ..Rechecked::default() };
    for (number, place) in places.iter().enumerate() {
        let (at, facts, result) = verification::judgement(&mut tx, place).await?;
        let mut alarm = |what: String| {
            let at = Language::German.instant(at);
            done.alarms.push(Alarm { place: format!("Abruf {}, Prüfung vom {at}", place.label), what });
        };
        match (serde_json::from_str::<Facts>(&facts), serde_json::from_value::<Review>(result)) {
            (Err(error), _) => alarm(format!("die gespeicherten Tatsachen sind nicht lesbar: {error}")),
            (_, Err(error)) => alarm(format!("das gespeicherte Ergebnis ist nicht lesbar: {error}")),
            (Ok(facts), Ok(stored)) => match recheck(&facts, &stored) {
                Replay::Identical => done.identical += 1,
                Replay::Explained(changes) => {
                    done.explained += 1;
                    for change in changes {
                        *done.changes.entry(in_words(change)).or_default() += 1;
                    }
                }
                Replay::Alarm(differences) => {
                    let places: Vec<&str> = differences.iter().map(|it| it.place.as_str()).collect();
                    alarm(format!("es weichen ab: {}", places.join(", ")));
                }
            },
        }
        progress(number + 1, places.len());
    }
    for it in order_reviews::all(&mut tx).await? {
        done.reviews += 1;
        match findings_today(&it) {
            Ok(findings) if findings == it.findings => done.identical += 1,
            answer => {
                let at = Language::German.instant(it.at);
                let what = match answer {
                    Ok(_) => "die Feststellungen weichen ab".to_owned(),
                    Err(error) => format!("die gespeicherten Tatsachen sind nicht lesbar: {error}"),
                };
                let place = format!("Abruf {}, Prüfung nach der Freigabe vom {at}", it.label);
                done.alarms.push(Alarm { place, what });
            }
        }
    }
    tx.rollback().await?;
    Ok(done)
}

/// What the rules find on the stored facts of a dispatch, a receipt or an invoice.
fn findings_today(it: &StoredOrderReview) -> Result<Value, serde_json::Error> {
    serde_json::to_value(match it.check_point.as_str() {
        "invoice" => invoice::judge(&serde_json::from_str::<Invoice>(&it.facts)?),
        _ => dispatch::judge(&serde_json::from_str::<Dispatch>(&it.facts)?),
    })
}

fn in_words(change: &Change) -> String {
    format!("{} Fassung {} (Ausgabe {}): {}", change.rule, change.version, change.edition, change.what)
}
