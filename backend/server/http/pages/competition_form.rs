//! What people type on the pages of a mini-competition, read into what the actions take.

use abruf_domain::ids::OrganisationId;
use abruf_domain::mini_competition::{Criterion, Line, Mark, PriceFormula, Scheme, TieRule};
use abruf_domain::money::{Percent, Points, UnitPrice};
use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Berlin;
use uuid::Uuid;

use crate::actions::receive_offer::Arrived;
use crate::http::form::Mistakes;
use crate::http::pages::read_amount::read_number;
use crate::http::pages::written::{self, day_of, read_day};
use crate::storage::mini_competitions::{Announcement, Competition};

/// Rows for criteria the form offers.
pub(super) const CRITERION_ROWS: usize = 4;

/// What a form sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed(pub(super) Vec<(String, String)>);

impl Typed {
    /// The value of a field, empty if it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// As [`Self::get`]; where nothing was sent, what stands there.
    pub(super) fn or(&self, name: &str, there: String) -> String {
        match self.0.iter().find(|(known, _)| known == name) {
            Some((_, value)) => value.clone(),
            None => there,
        }
    }

    /// A supplier chosen in a field.
    pub(super) fn supplier(&self, name: &str, mistakes: &mut Mistakes) -> OrganisationId {
        let chosen = self.get(name).parse::<Uuid>();
        if chosen.is_err() {
            mistakes.add(name, "Bitte wählen Sie einen Lieferanten.");
        }
        OrganisationId(chosen.unwrap_or_default())
    }

    /// Day and time of day in Berlin; without a time, noon where `noon`, else a mistake.
    pub(super) fn instant(&self, day_name: &str, time_name: &str, mistakes: &mut Mistakes) -> DateTime<Utc> {
        let day = match read_day(self.get(day_name)) {
            Ok(Some(day)) => Some(day),
            Ok(None) => {
                mistakes.add(day_name, "Bitte geben Sie den Tag ein, zum Beispiel 01.03.2027.");
                None
            }
            Err(message) => {
                mistakes.add(day_name, message);
                None
            }
        };
        let time = read_time(self.get(time_name));
        if time.is_none() {
            mistakes.add(
                time_name,
                format!(
                    "„{}“ ist keine Uhrzeit. Bitte geben Sie Stunde und Minute ein, zum Beispiel 14:30.",
                    self.get(time_name).chars().take(20).collect::<String>()
                ),
            );
        }
        let Some((day, time)) = day.zip(time) else { return DateTime::default() };
        // What is said twice on the day summer time ends counts from its first time on.
        let read = Berlin.from_local_datetime(&day.and_time(time)).earliest();
        if read.is_none() {
            mistakes.add(
                time_name,
                format!(
                    "{} Uhr gibt es am {} nicht: Die Uhren springen von 02:00 auf 03:00 Uhr. Bitte geben Sie eine Zeit davor oder ab 03:00 Uhr ein.",
                    time.format("%H:%M"),
                    written::day(day)
                ),
            );
        }
        read.map(|at| at.with_timezone(&Utc)).unwrap_or_default()
    }

    /// What the invitation says; criteria of the contract stand as they are.
    pub(super) fn announcement(&self, announced: Option<&Scheme>, mistakes: &mut Mistakes) -> Announcement {
        Announcement {
            title: self.get("title").to_owned(),
            deadline_at: self.instant("deadline_at", "deadline_time", mistakes),
            submission: self.get("submission").to_owned(),
            scheme: announced.cloned().unwrap_or_else(|| self.scheme(mistakes)),
        }
    }

    fn scheme(&self, mistakes: &mut Mistakes) -> Scheme {
        let mut criteria = Vec::new();
        for at in 0..CRITERION_ROWS {
            let name = self.get(&format!("criteria[{at}].name"));
            let field = format!("criteria[{at}].weight");
            if name.is_empty() && self.get(&field).is_empty() {
                continue;
            }
            criteria.push(Criterion { name: name.to_owned(), weight: self.weight(&field, mistakes) });
        }
        let formula = PriceFormula::ALL.iter().find(|(key, ..)| *key == self.get("price_formula"));
        let tie_rule = TieRule::ALL.iter().find(|(key, ..)| *key == self.get("tie_rule"));
        Scheme {
            price_weight: self.weight("price_weight", mistakes),
            price_formula: formula.map_or(PriceFormula::Ratio, |(_, formula, _)| *formula),
            criteria,
            tie_rule: tie_rule.map_or(TieRule::Draw, |(_, rule, _)| *rule),
        }
    }

    fn weight(&self, field: &str, mistakes: &mut Mistakes) -> Percent {
        let read = read_number(self.get(field), Percent::DECIMALS).and_then(|number| {
            number.map(Percent::new).transpose().map_err(|_| "Möglich sind 0 bis 100 Prozent.".to_owned())
        });
        match read {
            Ok(weight) => weight.unwrap_or(Percent::ZERO),
            Err(message) => {
                mistakes.add(field, message);
                Percent::ZERO
            }
        }
    }

    /// An offer as it arrived.
    pub(super) fn offer(&self, lines: &[Line], mistakes: &mut Mistakes) -> Arrived {
        let mut unit_prices = std::collections::BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            let field = format!("price-{at}");
            let read = read_number(self.get(&field), UnitPrice::DECIMALS).and_then(|number| {
                number
                    .map(UnitPrice::new)
                    .transpose()
                    .map_err(|_| "Dieser Preis ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
            });
            match read {
                Ok(Some(price)) => drop(unit_prices.insert(line.article_number.clone(), price)),
                Ok(None) => {}
                Err(message) => mistakes.add(&field, message),
            }
        }
        Arrived {
            supplier: self.supplier("supplier_id", mistakes),
            received_at: self.instant("received_at", "received_time", mistakes),
            channel: self.get("channel").to_owned(),
            unit_prices,
            statement: self.get("statement").to_owned(),
        }
    }

    /// Marks of all fields that were sent; the scoring says which are missing.
    pub(super) fn marks(&self, mistakes: &mut Mistakes) -> Vec<Mark> {
        let mut marks = Vec::new();
        for (name, typed) in &self.0 {
            let Some(key) = name.strip_suffix(".points") else { continue };
            let place = key.strip_prefix("marks[").and_then(|rest| rest.strip_suffix(']')?.split_once("]["));
            let Some((supplier, criterion)) = place else { continue };
            let (Ok(supplier), Ok(criterion)) = (supplier.parse::<Uuid>(), criterion.parse()) else { continue };
            let read = read_number(typed, Points::DECIMALS).and_then(|number| {
                number.map(Points::new).transpose().map_err(|_| "Erlaubt sind 0 bis 10 Punkte.".to_owned())
            });
            match read {
                Ok(Some(points)) => marks.push(Mark {
                    supplier_id: OrganisationId(supplier),
                    criterion,
                    points,
                    reason: self.get(&format!("{key}.reason")).to_owned(),
                }),
                Ok(None) => {}
                Err(message) => mistakes.add(name, message),
            }
        }
        marks
    }
}

/// Day and time of an instant in Berlin, as the fields want them.
pub(super) fn day_and_time(at: DateTime<Utc>) -> (String, String) {
    (day_of(at), at.with_timezone(&Berlin).format("%H:%M").to_string())
}

/// `14:30`, `9:05`, `14.30`, `14:30:05`
fn read_time(text: &str) -> Option<NaiveTime> {
    let text = text.trim().trim_end_matches("Uhr").trim().replace('.', ":");
    NaiveTime::parse_from_str(&text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M:%S")).ok()
}

/// The scheme of a draft as its fields show it: names and weights, empty rows at the end.
pub(super) fn criterion_rows(typed: &Typed, it: &Competition) -> Vec<(String, String, String, String)> {
    (0..CRITERION_ROWS)
        .map(|at| {
            let there = it.scheme.criteria.get(at);
            let (name, weight) = (format!("criteria[{at}].name"), format!("criteria[{at}].weight"));
            let shown_name = typed.or(&name, there.map(|it| it.name.clone()).unwrap_or_default());
            let shown_weight =
                typed.or(&weight, there.map(|it| it.weight.to_string().replace('.', ",")).unwrap_or_default());
            (name, shown_name, weight, shown_weight)
        })
        .collect()
}
