//! `/pruefung/stichprobe`: which evidence do I look at? Population, method and seed; what would be drawn, before it is;
//! and the auditor's own samples.
#![expect(clippy::disallowed_types, reason = "serde writes out every kind of number for what is flattened")]

use std::collections::BTreeMap;

use abruf_domain::money::{Net, Percent};
use abruf_domain::sampling::{Apart, Confidence, LARGEST_SEED, Method, Part, RISK_FACTORS, Tolerable, first_hit};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::draw_sample::{self, Choice, Divided, Plan, SEED_MISSING, Wanted};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::audit::{self, contracts_to_choose, query, scope, statuses_to_choose};
use crate::http::pages::audit_log::in_groups;
use crate::http::pages::read_amount::{read_amount, read_number};
use crate::http::pages::written::{count, instant, money, percent, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::call_off_table::status_words;
use crate::storage::{audit_samples, member_list};

/// Call-offs of the population apart that a preview lists.
const LISTED: usize = 50;
/// Longest filter that a sample keeps, in characters.
const LONGEST_FILTER: usize = 2000;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/sample_draw.html")]
pub struct SampleDrawPage {
    frame: Frame,
    scope: String,
    asked: Asked,
    mistakes: Mistakes,
    members: Vec<(String, String)>,
    contracts: Vec<(String, String)>,
    statuses: Vec<(&'static str, &'static str)>,
    levels: Vec<(String, String)>,
    factors: Vec<(String, String)>,
    preview: Option<Preview>,
    apart: Option<ApartView>,
    samples: Vec<SampleRow>,
    idempotency_key: Uuid,
}

/// What the address or the form may carry.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(flatten)]
    filter: audit::Asked,
    #[serde(default)]
    gesamtheit: String,
    #[serde(default)]
    methode: String,
    #[serde(default)]
    toleranz: String,
    #[serde(default)]
    sicherheit: String,
    #[serde(default)]
    anzahl: String,
    #[serde(default)]
    ab: String,
    #[serde(default)]
    startwert: String,
    /// SHA-256 of the population in the preview.
    #[serde(default)]
    gesehen: String,
}

/// What would be drawn.
struct Preview {
    /// Hidden fields of the form that draws it.
    fields: Vec<(&'static str, String)>,
    sentence: String,
    population: String,
    sha256: String,
    size: String,
    /// How the size came about.
    formula: String,
    interval: String,
    first: String,
    drawn: String,
    certain: String,
    coverage: String,
}

/// What is no order that stands.
struct ApartView {
    counts: Vec<(&'static str, String)>,
    rows: Vec<ApartRow>,
    /// How many the list leaves out.
    more: String,
    /// Address that draws from them.
    address: String,
}

/// A call-off apart.
struct ApartRow {
    id: Uuid,
    number: String,
    why: &'static str,
    status: &'static str,
    net: String,
}

/// A sample in the list.
struct SampleRow {
    id: Uuid,
    drawn_at: String,
    method: &'static str,
    seed: String,
    items: String,
    marked: String,
    findings: String,
}

/// A method in words, by its key.
pub(super) fn method_words(key: &str) -> &'static str {
    match key {
        "mus" => "Geldeinheiten (MUS)",
        "random" => "Zufall",
        _ => "Vollprüfung ab einem Betrag",
    }
}

/// The sentence that a seed is shown with; without groups, as it is typed.
pub(super) fn seed_sentence(seed: u32) -> String {
    format!("Ihr Startwert ist {seed}. Mit ihm lässt sich die Auswahl jederzeit wiederholen.")
}

/// `3,00`
pub(super) fn factor(level: Confidence) -> String {
    factor_text(level.factor_in_hundredths())
}

fn factor_text(hundredths: u16) -> String {
    abruf_domain::notation::Language::German.number(Decimal::new(hundredths.into(), 2))
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Asked {
    /// Somebody asked for a preview.
    fn wants_preview(&self) -> bool {
        !self.methode.is_empty()
    }

    fn part(&self) -> Part {
        Part::from_key(&self.gesamtheit).unwrap_or(Part::Orders)
    }

    /// What is to be drawn, and what is wrong with what was typed.
    fn wanted(&self) -> Result<Wanted, Mistakes> {
        let (search, mut mistakes) = self.filter.search();
        let filter = query(&self.filter);
        if LONGEST_FILTER < filter.len() {
            mistakes.add("q", "Der Filter ist zu lang. Bitte kürzen Sie das Stichwort.");
        }
        let choice = match self.methode.as_str() {
            "mus" => self.monetary_units(&mut mistakes),
            "random" => self.random(&mut mistakes),
            "full" => self.full(&mut mistakes),
            _ => {
                mistakes.add("methode", "Bitte wählen Sie ein Verfahren.");
                None
            }
        };
        let seed = whole_number(&self.startwert).filter(|seed| (1..=LARGEST_SEED).contains(seed));
        if seed.is_none() {
            mistakes.add("startwert", SEED_MISSING);
        }
        match (choice, seed) {
            (Some(choice), Some(seed)) if mistakes.is_empty() => {
                Ok(Wanted { search, filter, part: self.part(), choice, seed })
            }
            _ => Err(mistakes),
        }
    }

    fn monetary_units(&self, mistakes: &mut Mistakes) -> Option<Choice> {
        let level = self.sicherheit.parse().ok().and_then(Confidence::of);
        if level.is_none() {
            mistakes.add("sicherheit", "Bitte wählen Sie eine Sicherheit aus der Liste.");
        }
        let tolerable = match read_tolerable(&self.toleranz) {
            Ok(tolerable) => Some(tolerable),
            Err(message) => {
                mistakes.add("toleranz", message);
                None
            }
        };
        Some(Choice::MonetaryUnits(tolerable?, level?))
    }

    fn random(&self, mistakes: &mut Mistakes) -> Option<Choice> {
        let size = whole_number(&self.anzahl).filter(|size| (1..=10_000).contains(size));
        if size.is_none() {
            mistakes.add("anzahl", "Bitte geben Sie eine ganze Zahl von 1 bis 10.000 ein.");
        }
        size.map(Choice::Random)
    }

    fn full(&self, mistakes: &mut Mistakes) -> Option<Choice> {
        let from = match read_amount(&self.ab) {
            Ok(Some(from)) if Decimal::ZERO <= from => Net::new(from).ok(),
            Ok(_) => None,
            Err(message) => {
                mistakes.add("ab", message);
                return None;
            }
        };
        if from.is_none() {
            mistakes.add("ab", "Bitte geben Sie einen Betrag ab 0,00 ein, zum Beispiel 25.000,00.");
        }
        from.map(Choice::Full)
    }

    /// The fields that draw what the preview shows.
    fn fields(&self, seen: String) -> Vec<(&'static str, String)> {
        let filter = &self.filter;
        let all = [
            ("q", &filter.q),
            ("von", &filter.von),
            ("bis", &filter.bis),
            ("mitglied", &filter.mitglied),
            ("vertrag", &filter.vertrag),
            ("stand", &filter.stand),
            ("betrag_von", &filter.betrag_von),
            ("betrag_bis", &filter.betrag_bis),
            ("abgelehnt", &filter.abgelehnt),
            ("gesamtheit", &self.gesamtheit),
            ("methode", &self.methode),
            ("toleranz", &self.toleranz),
            ("sicherheit", &self.sicherheit),
            ("anzahl", &self.anzahl),
            ("ab", &self.ab),
            ("startwert", &self.startwert),
        ];
        let typed = all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone()));
        typed.chain([("gesehen", seen)]).collect()
    }
}

/// A whole number as people type it.
pub(super) fn whole_number(text: &str) -> Option<u32> {
    read_number(text, 0).ok().flatten()?.to_u32()
}

/// `60.000` or `3 %`.
fn read_tolerable(text: &str) -> Result<Tolerable, String> {
    const EXAMPLE: &str = "Bitte geben Sie einen Betrag oder einen Anteil ein, zum Beispiel 60.000 oder 3 %.";
    if text.trim_end().ends_with('%') {
        let share = read_number(text, 4)?.filter(|it| Decimal::ZERO < *it && *it <= Decimal::ONE_HUNDRED);
        let share = share.and_then(|it| Percent::new(it).ok());
        return share.map(Tolerable::Share).ok_or_else(|| {
            "Der Anteil muss über 0 % liegen und darf höchstens 100 % sein. Üblich sind 3 %.".to_owned()
        });
    }
    let amount = read_amount(text)?.filter(|it| Decimal::ZERO < *it).and_then(|it| Net::new(it).ok());
    amount.map(Tolerable::Amount).ok_or_else(|| EXAMPLE.to_owned())
}

/// `GET /pruefung/stichprobe`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    page(&app, &actor, frame, asked, Mistakes::default()).await
}

/// `POST /pruefung/stichprobe`: draws what the preview showed.
pub async fn draw(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, asked): KeyedForm<Asked>,
) -> Result<Response, Problem> {
    let mistakes = match asked.wanted() {
        Err(mistakes) => mistakes,
        Ok(wanted) => match draw_sample::draw(&app, &actor, &wanted, &asked.gesehen, key.as_ref()).await {
            Ok(id) => return Ok(Redirect::to(&format!("/pruefung/stichprobe/{id}")).into_response()),
            Err(ActionError::Invalid(errors)) => Mistakes(errors),
            Err(error) => return Err(error.into()),
        },
    };
    page(&app, &actor, frame, asked, mistakes).await
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    mut asked: Asked,
    mut mistakes: Mistakes,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (mut preview, mut apart) = (None, None);
    if asked.wants_preview() {
        match asked.wanted() {
            // Said already where a form was sent.
            Err(wrong) if mistakes.is_empty() => mistakes = wrong,
            Err(_) => {}
            Ok(wanted) => {
                let found = match draw_sample::divided(&mut tx, &wanted.search).await {
                    Ok(divided) => {
                        apart = apart_view(&asked, &divided);
                        divided.plan(wanted.part, wanted.choice, wanted.seed)
                    }
                    Err(error) => Err(error),
                };
                match found {
                    Ok(plan) => preview = Some(preview_of(&asked, &wanted, &plan)),
                    Err(ActionError::Invalid(errors)) if mistakes.is_empty() => mistakes = Mistakes(errors),
                    Err(ActionError::Invalid(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    } else {
        // What planning in Germany begins with.
        for (field, usual) in [(&mut asked.toleranz, "3 %"), (&mut asked.sicherheit, "95"), (&mut asked.anzahl, "25")] {
            if field.is_empty() {
                usual.clone_into(field);
            }
        }
        if asked.startwert.is_empty() {
            // Four digits: easy to note on paper, and nobody has to think of one.
            asked.startwert = (1000 + u16::from_be_bytes(app.chance.bytes()) % 9000).to_string();
        }
    }
    let members = member_list::options(&mut tx, actor).await?;
    let page = SampleDrawPage {
        frame: if mistakes.is_empty() { frame } else { frame.with_mistakes() }.titled("Stichprobe"),
        scope: scope(&mut tx, actor).await?,
        members: members.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        contracts: contracts_to_choose(&mut tx).await?,
        statuses: statuses_to_choose(),
        levels: RISK_FACTORS.iter().map(|(level, _)| (level.to_string(), percent((*level).into()))).collect(),
        factors: RISK_FACTORS.iter().map(|(level, factor)| (percent((*level).into()), factor_text(*factor))).collect(),
        preview,
        apart,
        samples: audit_samples::list(&mut tx, actor).await?.into_iter().map(sample_row).collect(),
        idempotency_key: app.chance.id(app.clock.now()),
        asked,
        mistakes,
    };
    let status = if page.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Page(page)).into_response())
}

fn preview_of(asked: &Asked, wanted: &Wanted, plan: &Plan) -> Preview {
    let book = plan.population.sum();
    let euros = |net: Net| money(net.decimal(), "EUR");
    let drawn: Net = plan.picks.iter().filter_map(|it| it.item.net).sum();
    let certain = plan.picks.iter().filter(|it| it.certain).count();
    let of_orders = wanted.part == Part::Orders;
    let calls = |many: usize| count(number(many), "Abruf", "Abrufe");
    let formula = match (plan.method, plan.units) {
        (Method::MonetaryUnits { tolerable, confidence }, Some(_)) => {
            format!("Faktor {} × {} ÷ {}, aufgerundet", factor(confidence), euros(book), euros(tolerable))
        }
        _ => String::new(),
    };
    Preview {
        fields: asked.fields(plan.population_sha256()),
        sentence: seed_sentence(wanted.seed),
        population: if of_orders {
            format!("{} im Wert von {}", calls(plan.population.items().len()), euros(book))
        } else {
            calls(plan.population.items().len())
        },
        sha256: in_groups(&plan.population.sha256()),
        size: plan.units.map(|it| whole(i64::try_from(it.size).unwrap_or(i64::MAX))).unwrap_or_default(),
        formula,
        interval: plan.units.map(|it| euros(it.interval)).unwrap_or_default(),
        first: plan.units.map(|it| euros(first_hit(wanted.seed, 0, it.interval))).unwrap_or_default(),
        drawn: calls(plan.picks.len()),
        certain: if plan.units.is_some() { calls(certain) } else { String::new() },
        coverage: match drawn.percent_of(book) {
            Some(share) if of_orders => format!("{}, {} der Grundgesamtheit", euros(drawn), percent(share)),
            _ => String::new(),
        },
    }
}

fn apart_view(asked: &Asked, divided: &Divided) -> Option<ApartView> {
    if divided.apart.is_empty() {
        return None;
    }
    let mut counts: BTreeMap<Apart, i64> = BTreeMap::new();
    for (_, why) in &divided.apart {
        *counts.entry(*why).or_default() += 1;
    }
    let said = |why: &Apart| Some((why.german(), whole(*counts.get(why)?)));
    let row = |(it, why): &(crate::storage::call_off_list::Value, Apart)| ApartRow {
        id: it.id.0,
        number: it.number.clone().unwrap_or_else(|| it.case_number.clone()),
        why: why.german(),
        status: status_words(it.status),
        net: it.net.map_or_else(|| "–".to_owned(), |net| money(net.decimal(), &it.currency)),
    };
    let left = divided.apart.len().saturating_sub(LISTED);
    let filter = query(&asked.filter);
    let before = if filter.is_empty() { String::new() } else { format!("{filter}&") };
    Some(ApartView {
        counts: Apart::ALL.iter().filter_map(said).collect(),
        rows: divided.apart.iter().take(LISTED).map(row).collect(),
        more: if left == 0 { String::new() } else { count(number(left), "weiterer Abruf", "weitere Abrufe") },
        address: format!("/pruefung/stichprobe?{before}gesamtheit=apart"),
    })
}

fn sample_row(it: audit_samples::Listed) -> SampleRow {
    SampleRow {
        id: it.id,
        drawn_at: instant(it.drawn_at),
        method: method_words(&it.method),
        seed: it.seed.to_string(),
        items: whole(it.items),
        marked: format!("{} / {}", whole(it.marked), whole(it.items)),
        findings: whole(it.findings),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tolerable_is_an_amount_or_a_share() {
        let amount = |text: &str| Tolerable::Amount(text.parse().unwrap());
        assert_eq!(read_tolerable("60.000 €"), Ok(amount("60000")));
        assert_eq!(read_tolerable("3 %"), Ok(Tolerable::Share("3".parse().unwrap())));
        assert_eq!(read_tolerable("2,5%"), Ok(Tolerable::Share("2.5".parse().unwrap())));
        for wrong in ["", "drei", "0", "-5", "0 %", "101 %", "x %"] {
            assert!(read_tolerable(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_seed_is_shown_as_it_is_typed() {
        let sentence = "Ihr Startwert ist 8417. Mit ihm lässt sich die Auswahl jederzeit wiederholen.";
        assert_eq!(seed_sentence(8417), sentence);
        assert_eq!(
            ["8417", "8.417", " 8417 ", "84,17", "-1", ""].map(whole_number),
            [Some(8417), Some(8417), Some(8417), None, None, None]
        );
    }
}
