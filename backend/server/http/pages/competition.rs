//! `/miniwettbewerbe/{id}`: a mini-competition with its next step first. Each form of the page is one step.

use std::collections::BTreeMap;

use abruf_domain::ids::{CallOffId, MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Line, PriceFormula, State as Standing, TieRule};
use abruf_domain::period::berlin_date;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::competition_step::{RUNNERS, party_addresses};
use crate::actions::open_offers::Signed;
use crate::actions::{
    ActionError, announce_competition, ask_competition_question, decide_competition, draft_call_off,
    extend_competition_deadline, open_offers, receive_offer, score_offers, send_invitations, use_competition,
};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::competition_form::{Typed, criterion_rows, day_and_time};
use crate::http::pages::competition_list::state_class;
use crate::http::pages::competition_view::CompetitionView;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{call_offs, mini_competitions};

/// A party of the lot with the address the invitation would go to.
struct PartyRow {
    id: OrganisationId,
    name: String,
    address: String,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/competition.html")]
pub struct CompetitionPage {
    frame: Frame,
    view: CompetitionView,
    may_act: bool,
    may_order: bool,
    over: bool,
    signed_by_me: bool,
    announced_scheme: bool,
    least_days: String,
    parties: Vec<PartyRow>,
    criteria: Vec<(String, String, String, String)>,
    now: (String, String),
    typed: Typed,
    /// The call-off that went on its way with the result.
    taken: Option<CallOffId>,
    mistakes: Mistakes,
    refused: String,
    hint: &'static str,
}

impl CompetitionPage {
    fn is(&self, key: &str) -> bool {
        self.view.it.state.key() == key
    }

    /// Whether this form was sent and is shown again.
    fn sent(&self, form: &str) -> bool {
        self.typed.get("form") == form
    }

    /// A field for each line of an offer: name and label.
    fn price_fields(&self) -> Vec<(String, String)> {
        let label = |line: &Line| {
            let month = if line.by_month { " und Monat" } else { "" };
            format!("{} ({}): Preis netto je {}{month}", line.title, line.article_number, line.unit)
        };
        self.view.it.lines.iter().enumerate().map(|(at, line)| (format!("price-{at}"), label(line))).collect()
    }

    fn class(&self) -> &'static str {
        state_class(Some(self.view.it.state))
    }

    /// Where it stands, in words that say what waits.
    fn standing(&self) -> &'static str {
        match (self.view.it.state, self.over, self.view.it.first_signer.is_some()) {
            (Standing::Sent, false, _) => "versandt, Frist läuft",
            (Standing::Sent, true, false) => "Frist zu Ende, noch verschlossen",
            (Standing::Sent, true, true) => "Öffnung: eine Unterschrift fehlt",
            (state, ..) => state.german(),
        }
    }

    fn deadline(&self) -> (String, String) {
        let (day, time) = day_and_time(self.view.it.deadline_at);
        (self.typed.or("deadline_at", day), self.typed.or("deadline_time", time))
    }

    fn formulas(&self) -> Vec<(&'static str, &'static str, bool)> {
        let chosen = self.typed.get("price_formula");
        let is = |key: &str, own: PriceFormula| match chosen {
            "" => own == self.view.it.scheme.price_formula,
            chosen => chosen == key,
        };
        PriceFormula::ALL.iter().map(|(key, own, words)| (*key, *words, is(key, *own))).collect()
    }

    fn tie_rules(&self) -> Vec<(&'static str, &'static str, bool)> {
        let chosen = self.typed.get("tie_rule");
        let is = |key: &str, own: TieRule| match chosen {
            "" => own == self.view.it.scheme.tie_rule,
            chosen => chosen == key,
        };
        TieRule::ALL.iter().map(|(key, own, words)| (*key, *words, is(key, *own))).collect()
    }

    /// Parties for the form of an offer: one that has offered in time would replace its offer.
    fn offering(&self) -> Vec<(String, String)> {
        let invited = self.view.invitations.iter();
        invited.map(|it| (it.supplier.to_string(), self.view.offering_name(it))).collect()
    }

    /// Day and time of a later deadline: as typed, else the one in force.
    fn extended(&self) -> (String, String) {
        let (day, time) = day_and_time(self.view.it.deadline_at);
        (self.typed.or("extended_to", day), self.typed.or("extended_time", time))
    }

    fn invited(&self) -> Vec<(String, String)> {
        self.view.invitations.iter().map(|it| (it.supplier.to_string(), it.name.clone())).collect()
    }

    /// Offers on rank 1: id and name.
    fn best(&self) -> Vec<(String, String)> {
        let first = self.view.standings().iter().filter(|standing| standing.rank == Some(1));
        first.map(|standing| (standing.supplier.to_string(), self.view.name(&standing.supplier))).collect()
    }

    /// A mark or its reason, as typed or as scored before.
    fn marked(&self, supplier: &OrganisationId, at: &usize, what: &str) -> String {
        let scored = self.view.scoring.as_ref().and_then(|scoring| {
            scoring.marks.iter().find(|mark| mark.supplier_id == *supplier && mark.criterion == *at)
        });
        let there = match (scored, what) {
            (None, _) => String::new(),
            (Some(mark), "points") => self.view.points(&mark.points),
            (Some(mark), _) => mark.reason.clone(),
        };
        self.typed.or(&format!("marks[{supplier}][{at}].{what}"), there)
    }

    /// Offers that are compared: in time; the scoring finds the rest.
    fn use_label(&self) -> &'static str {
        if self.view.it.call_off.is_some() {
            "Ergebnis in den Entwurf übernehmen"
        } else {
            "Abruf mit diesem Ergebnis anlegen"
        }
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /miniwettbewerbe/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<CompetitionPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "gespeichert" => "Gespeichert.",
        "versandt" => "Der Versand ist festgehalten. Frist, Positionen und Kriterien stehen jetzt fest.",
        "verlaengert" => "Die Frist ist verlängert. Alle Eingeladenen werden benachrichtigt.",
        "ersetzt" => "Erfasst. Das Angebot ersetzt das frühere; das bleibt für immer verschlossen.",
        "erfasst" => "Erfasst. Das Angebot ist verschlossen, bis zwei Personen es öffnen.",
        "verspaetet" => "Erfasst. Das Angebot kam nach der Frist. Es bleibt verschlossen und wird nicht gewertet.",
        "unterschrieben" => "Ihre Unterschrift ist festgehalten. Jetzt unterschreibt eine zweite Person.",
        "geoeffnet" => "Die Angebote sind geöffnet.",
        "gewertet" => "Gewertet. Bitte prüfen Sie die Rangfolge und erteilen Sie den Zuschlag.",
        "vergeben" => "Der Zuschlag steht. Die Schreiben an alle Bieter finden Sie unten.",
        "aufgehoben" => "Der Miniwettbewerb ist aufgehoben.",
        _ => "",
    };
    let page = page(&app, &actor, frame, MiniCompetitionId(id), Typed::default(), Mistakes::default()).await?;
    Ok(Page(CompetitionPage { hint, ..page }))
}

/// `POST /miniwettbewerbe/{id}`
pub async fn step(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let id = MiniCompetitionId(id);
    let typed = Typed(fields);
    let mut mistakes = Mistakes::default();
    let mut refused = String::new();
    match act(&app, &actor, id, &typed, &mut mistakes).await {
        Ok(Some(to)) => return Ok(Redirect::to(&to).into_response()),
        Ok(None) => {}
        Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
        Err(ActionError::NotNow(reason)) => refused = reason,
        Err(ActionError::Refused(reason)) => reason.clone_into(&mut refused),
        Err(error) => return Err(error.into()),
    }
    let status = if refused.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
    let page = page(&app, &actor, frame.with_mistakes(), id, typed, mistakes).await?;
    Ok((status, Page(CompetitionPage { refused, ..page })).into_response())
}

/// Takes the step of the form; `None` if it could not be read.
async fn act(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    typed: &Typed,
    mistakes: &mut Mistakes,
) -> Result<Option<String>, ActionError> {
    let told = |hint: &str| Ok(Some(format!("/miniwettbewerbe/{id}?hinweis={hint}")));
    match typed.get("form") {
        "announce" => {
            let mut tx = app.db.begin(actor).await?;
            let it = mini_competitions::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
            let announced = mini_competitions::announced(&mut tx, it.contract).await?.and_then(|it| it.scheme);
            tx.rollback().await?;
            let announcement = typed.announcement(announced.as_ref(), mistakes);
            if !mistakes.is_empty() {
                return Ok(None);
            }
            announce_competition::announce(app, actor, id, &announcement).await?;
            told("gespeichert")
        }
        "send" => {
            let addresses: BTreeMap<OrganisationId, String> = typed
                .0
                .iter()
                .filter_map(|(name, value)| {
                    let supplier = name.strip_prefix("invitations[")?.strip_suffix(']')?.parse::<Uuid>().ok()?;
                    Some((OrganisationId(supplier), value.clone()))
                })
                .collect();
            send_invitations::send(app, actor, id, &addresses).await?;
            told("versandt")
        }
        "question" => {
            let supplier = typed.supplier("asking_id", mistakes);
            let asked_at = typed.instant("asked_at", "asked_time", mistakes);
            if !mistakes.is_empty() {
                return Ok(None);
            }
            let done = ask_competition_question::ask(app, actor, id, supplier, asked_at, typed.get("question")).await;
            done.map_err(|error| error.at("supplier_id", "asking_id"))?;
            told("gespeichert")
        }
        "answer" => {
            let question: Uuid = typed.get("question_id").parse().unwrap_or_default();
            let field = format!("answer-{question}");
            let done = ask_competition_question::answer(app, actor, id, question, typed.get(&field)).await;
            done.map_err(|error| error.at("answer", &field))?;
            told("gespeichert")
        }
        "offer" => {
            let mut tx = app.db.begin(actor).await?;
            let it = mini_competitions::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
            tx.rollback().await?;
            let arrived = typed.offer(&it.lines, mistakes);
            if !mistakes.is_empty() {
                return Ok(None);
            }
            let received = receive_offer::receive(app, actor, id, &arrived).await?;
            told(match (received.late, received.replaces) {
                (true, _) => "verspaetet",
                (false, true) => "ersetzt",
                (false, false) => "erfasst",
            })
        }
        "extend" => {
            let until = typed.instant("extended_to", "extended_time", mistakes);
            if !mistakes.is_empty() {
                return Ok(None);
            }
            let done = extend_competition_deadline::extend(app, actor, id, until, typed.get("extension_reason")).await;
            done.map_err(|error| error.at("deadline_at", "extended_to"))?;
            told("verlaengert")
        }
        "open" => match open_offers::sign(app, actor, id).await? {
            Signed::First => told("unterschrieben"),
            Signed::Opened => told("geoeffnet"),
        },
        "score" => {
            let marks = typed.marks(mistakes);
            if !mistakes.is_empty() {
                return Ok(None);
            }
            score_offers::score(app, actor, id, &marks).await?;
            told("gewertet")
        }
        "award" => {
            let winner = typed.supplier("winner", mistakes);
            if !mistakes.is_empty() {
                return Ok(None);
            }
            let done = decide_competition::award(app, actor, id, winner, typed.get("reason"), typed.get("drawn")).await;
            done.map_err(|error| error.at("supplier_id", "winner"))?;
            told("vergeben")
        }
        "cancel" => {
            decide_competition::cancel(app, actor, id, typed.get("cancel_reason")).await?;
            told("aufgehoben")
        }
        "use" => {
            let mut tx = app.db.begin(actor).await?;
            let it = mini_competitions::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
            tx.rollback().await?;
            let draft = match it.call_off {
                Some(draft) => draft,
                None => draft_call_off::create(app, actor, it.contract).await?.id,
            };
            use_competition::take(app, actor, id, draft).await?;
            Ok(Some(format!("/abrufe/{draft}/angaben")))
        }
        _ => {
            mistakes.add("formular", "Diese Eingabe gehört zu keinem Schritt. Bitte laden Sie die Seite neu.");
            Ok(None)
        }
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: MiniCompetitionId,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<CompetitionPage, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let view = CompetitionView::read(&mut tx, id).await?;
    let it = &view.it;
    let announced = mini_competitions::announced(&mut tx, it.contract).await?.ok_or_else(Problem::not_found)?;
    let may_act = RUNNERS.contains(&actor.role) && it.run_by == actor.organisation;
    let drafted = it.state == Standing::Drafted;
    let parties = if drafted { party_addresses(&mut tx, it, actor, now).await? } else { Vec::new() };
    let least_days =
        crate::actions::create_competition::answer_days(&mut tx, &announced, it.member, berlin_date(now)).await?;
    let call_off = match it.call_off {
        Some(id) => call_offs::find(&mut tx, id).await?,
        None => None,
    };
    tx.rollback().await?;
    Ok(CompetitionPage {
        taken: call_off.filter(|(it, _)| !it.status.is_editable()).map(|(it, _)| it.id),
        frame: frame.titled(format!("Miniwettbewerb {}", it.title)),
        may_act,
        may_order: actor.role == Role::Buyer && it.member == actor.organisation,
        over: it.deadline_at < now,
        signed_by_me: it.first_signer == Some(actor.person),
        announced_scheme: announced.scheme.is_some(),
        least_days: least_days.to_string(),
        parties: parties
            .into_iter()
            .map(|(id, name, address)| PartyRow { address: typed.or(&format!("invitations[{id}]"), address), id, name })
            .collect(),
        criteria: criterion_rows(&typed, it),
        now: day_and_time(now),
        view,
        typed,
        mistakes,
        refused: String::new(),
        hint: "",
    })
}
