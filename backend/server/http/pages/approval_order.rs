//! `/freigabeordnung`: who approves what, who stands in for whom, who is away. The people of a member
//! read it, its approvers keep it; each form adds one entry or takes one out.

use abruf_domain::approval::{Absence, ApprovalOrder, StandIn, StandInKind, Step};
use abruf_domain::ids::PersonId;
use abruf_domain::money::Gross;
use abruf_domain::period::Period;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::actions::{ActionError, set_approval_order};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{day, instant, money, one_of, period, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::approval_orders::{self, OrderVersion};
use crate::storage::assignments;

/// Changes shown at the end of the page; all stand in the log.
const CHANGES: i64 = 5;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/approval_order.html")]
pub struct ApprovalOrderPage {
    frame: Frame,
    may_change: bool,
    saved: bool,
    version: i32,
    steps: Vec<StepRow>,
    stand_ins: Vec<Row>,
    absences: Vec<Row>,
    changes: Vec<String>,
    /// Who can be chosen: id and name.
    people: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
}

/// A step in words.
struct StepRow {
    title: String,
    from: String,
    goods: String,
    who: String,
}

/// A stand-in or an absence in words.
struct Row {
    what: String,
    who: String,
    when: String,
    /// Class and word: today, to come, over.
    state: (&'static str, &'static str),
}

/// What a form sent; checkboxes repeat their name.
#[derive(Debug, Clone, Default)]
struct Typed(Vec<(String, String)>);

impl Typed {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim()).unwrap_or_default()
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(known, sent)| known == name && sent == value)
    }

    fn version(&self) -> i32 {
        self.get("version").parse().unwrap_or(-1)
    }

    fn person(&self, name: &str, mistakes: &mut Mistakes) -> Option<PersonId> {
        let person = self.get(name).parse::<Uuid>().ok().map(PersonId);
        if person.is_none() {
            mistakes.add(name, "Bitte wählen Sie eine Person aus.");
        }
        person
    }

    fn amount(&self, name: &str, mistakes: &mut Mistakes) -> Option<Gross> {
        let read = match read_amount(self.get(name)) {
            Ok(amount) => amount.map(Gross::new).transpose().map_err(|_| "Dieser Betrag ist zu groß.".to_owned()),
            Err(message) => Err(message),
        };
        read.map_err(|message| mistakes.add(name, message)).ok().flatten()
    }

    fn days(&self, from: &str, to: &str, mistakes: &mut Mistakes) -> Option<Period> {
        let mut read = |name: &str| match read_day(self.get(name)) {
            Ok(Some(day)) => Some(day),
            Ok(None) => {
                mistakes.add(name, "Bitte geben Sie diesen Tag an, zum Beispiel 01.03.2027.");
                None
            }
            Err(message) => {
                mistakes.add(name, message);
                None
            }
        };
        let (first, last) = (read(from)?, read(to)?);
        Period::new(first, last)
            .map_err(|_| {
                let message = format!("Das Ende liegt vor dem Beginn am {}. Bitte prüfen Sie beide Daten.", day(first));
                mistakes.add(to, message);
            })
            .ok()
    }
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /freigabeordnung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<ApprovalOrderPage>, Problem> {
    let saved = asked.hinweis == "gespeichert";
    Ok(Page(page(&app, &actor, frame, Typed::default(), Mistakes::default(), saved).await?))
}

/// `POST /freigabeordnung/schritt`
pub async fn add_step(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed(fields);
    let mut mistakes = Mistakes::default();
    let from_gross = typed.amount("from_gross", &mut mistakes).unwrap_or(Gross::ZERO);
    let persons = typed.0.iter().filter(|(name, _)| name == "persons");
    let step = Step {
        title: typed.get("title").to_owned(),
        from_gross,
        cpv: Some(typed.get("cpv").to_owned()).filter(|cpv| !cpv.is_empty()),
        persons: persons.filter_map(|(_, id)| id.parse().ok().map(PersonId)).collect(),
    };
    let place = match typed.get("place") {
        "" => usize::MAX,
        text => text.parse::<usize>().ok().filter(|place| 1 <= *place).unwrap_or_else(|| {
            mistakes.add("place", "Bitte geben Sie eine ganze Zahl ab 1 ein, oder nichts für die letzte Stelle.");
            usize::MAX
        }),
    };
    change(&app, &actor, frame, typed, mistakes, |order| {
        order.steps.insert((place - 1).min(order.steps.len()), step);
    })
    .await
}

/// `POST /freigabeordnung/vertretung`
pub async fn add_stand_in(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed(fields);
    let mut mistakes = Mistakes::default();
    let kind = if typed.get("kind") == "delegate" { StandInKind::Delegate } else { StandInKind::Deputy };
    let of = typed.person("of", &mut mistakes);
    let person = typed.person("person", &mut mistakes);
    let period = typed.days("stand_from", "stand_to", &mut mistakes);
    let up_to_gross = typed.amount("up_to", &mut mistakes);
    change(&app, &actor, frame, typed, mistakes, |order| {
        if let (Some(of), Some(person), Some(period)) = (of, person, period) {
            order.stand_ins.push(StandIn { kind, of, person, period, up_to_gross });
        }
    })
    .await
}

/// `POST /freigabeordnung/abwesenheit`
pub async fn add_absence(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed(fields);
    let mut mistakes = Mistakes::default();
    let person = typed.person("absent", &mut mistakes);
    let period = typed.days("absent_from", "absent_to", &mut mistakes);
    change(&app, &actor, frame, typed, mistakes, |order| {
        if let (Some(person), Some(period)) = (person, period) {
            order.absences.push(Absence { person, period });
        }
    })
    .await
}

/// `POST /freigabeordnung/entfernen`
pub async fn remove(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed(fields);
    let mut mistakes = Mistakes::default();
    let part = typed.get("part").to_owned();
    let at = typed.get("at").parse().unwrap_or(usize::MAX);
    if !["steps", "stand_ins", "absences"].contains(&part.as_str()) || at == usize::MAX {
        mistakes.add("inhalt", "Bitte wählen Sie einen Eintrag aus der Liste.");
    }
    change(&app, &actor, frame, typed, mistakes, |order| {
        let mut nth = 0..;
        let mut stays = || nth.next() != Some(at);
        match part.as_str() {
            "steps" => order.steps.retain(|_| stays()),
            "stand_ins" => order.stand_ins.retain(|_| stays()),
            _ => order.absences.retain(|_| stays()),
        }
    })
    .await
}

/// Changes the order as it stands and saves it, unless the form was wrong.
async fn change(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mut mistakes: Mistakes,
    change: impl FnOnce(&mut ApprovalOrder) + Send,
) -> Result<Response, Problem> {
    if mistakes.is_empty() {
        let mut tx = app.db.begin(actor).await?;
        let mut order = approval_orders::in_force(&mut tx, actor.organisation, app.clock.now()).await?.order;
        tx.rollback().await?;
        change(&mut order);
        match set_approval_order::set(app, actor, typed.version(), &order).await {
            Ok(_) => return Ok(Redirect::to("/freigabeordnung?hinweis=gespeichert").into_response()),
            Err(ActionError::Stale { .. }) => mistakes.add(
                "inhalt",
                "Jemand hat die Freigabeordnung inzwischen geändert. Bitte prüfen Sie den neuen Stand und speichern Sie noch einmal.",
            ),
            Err(ActionError::Invalid(errors)) => {
                for error in errors {
                    mistakes.add(field_of(&error.field), error.message);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    let page = page(app, actor, frame.with_mistakes(), typed, mistakes, false).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// The field of a form behind a place in the order.
fn field_of(place: &str) -> &'static str {
    let part = place.split('[').next().unwrap_or_default();
    let field = place.split('.').nth(1).unwrap_or_default();
    match (part, field.split('[').next().unwrap_or_default()) {
        ("steps", "title") => "title",
        ("steps", "from_gross") => "from_gross",
        ("steps", "cpv") => "cpv",
        ("steps", "persons") => "persons",
        ("stand_ins", "of") => "of",
        ("stand_ins", "person") => "person",
        ("stand_ins", "up_to_gross") => "up_to",
        ("absences", "person") => "absent",
        _ => "inhalt",
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mistakes: Mistakes,
    saved: bool,
) -> Result<ApprovalOrderPage, Problem> {
    let today = app.clock.today();
    let mut tx = app.db.begin(actor).await?;
    let OrderVersion { version, order } =
        approval_orders::in_force(&mut tx, actor.organisation, app.clock.now()).await?;
    let approvers = assignments::approver_names(&mut tx, actor.organisation, today).await?;
    let changes = approval_orders::changes(&mut tx, actor.organisation, CHANGES).await?;
    let mut names: Vec<(PersonId, String)> = approvers.iter().map(|(person, name)| (*person, as_typed(name))).collect();
    for person in order.persons() {
        if names.iter().all(|(known, _)| *known != person) {
            let name = assignments::person_name(&mut tx, person).await?.unwrap_or_else(|| "Person".to_owned());
            names.push((person, format!("{} (gibt nicht mehr frei)", as_typed(name))));
        }
    }
    let name = |person: PersonId| {
        names.iter().find(|(known, _)| *known == person).map(|(_, name)| name.clone()).unwrap_or_default()
    };
    Ok(ApprovalOrderPage {
        frame: frame.titled("Freigabeordnung"),
        may_change: actor.role == Role::Approver,
        saved,
        version,
        steps: order.steps.iter().map(|step| step_row(step, &name)).collect(),
        stand_ins: order.stand_ins.iter().map(|it| stand_in_row(it, today, &name)).collect(),
        absences: order
            .absences
            .iter()
            .map(|it| Row {
                what: "abwesend".to_owned(),
                who: name(it.person),
                when: period(it.period),
                state: state(it.period, today),
            })
            .collect(),
        changes: changes
            .into_iter()
            .map(|it| format!("Fassung {}: {}, {}", it.version, instant(it.at), as_typed(it.person)))
            .collect(),
        people: approvers.into_iter().map(|(person, name)| (person.to_string(), name)).collect(),
        typed,
        mistakes,
    })
}

fn step_row(step: &Step, name: &dyn Fn(PersonId) -> String) -> StepRow {
    let people: Vec<String> = step.persons.iter().map(|person| name(*person)).collect();
    StepRow {
        title: as_typed(&step.title),
        from: match step.from_gross {
            from if from.is_zero() => "alle Beträge".to_owned(),
            from => format!("ab {} brutto", money(from.decimal(), "EUR")),
        },
        goods: step.cpv.as_ref().map_or_else(|| "alle Leistungen".to_owned(), |cpv| format!("CPV {cpv}…")),
        who: if people.is_empty() { "jede Person mit Freigabe".to_owned() } else { one_of(&people) },
    }
}

fn stand_in_row(it: &StandIn, today: NaiveDate, name: &dyn Fn(PersonId) -> String) -> Row {
    let limit = it.up_to_gross.map(|up_to| format!(", bis {} brutto", money(up_to.decimal(), "EUR")));
    Row {
        what: format!("{}{}", it.kind.german(), limit.unwrap_or_default()),
        who: format!("{} entscheidet für {}", name(it.person), name(it.of)),
        when: period(it.period),
        state: state(it.period, today),
    }
}

fn state(period: Period, today: NaiveDate) -> (&'static str, &'static str) {
    match () {
        () if period.contains(today) => ("status status--good", "gilt heute"),
        () if today < period.from() => ("status status--info", "gilt noch nicht"),
        () => ("status", "vorbei"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_order_is_a_field_of_a_form() {
        for (place, field) in [
            ("steps[3].title", "title"),
            ("steps[0].persons[2]", "persons"),
            ("stand_ins[1].up_to_gross", "up_to"),
            ("absences[0].person", "absent"),
            ("steps", "inhalt"),
        ] {
            assert_eq!(field_of(place), field, "{place}");
        }
    }
}
