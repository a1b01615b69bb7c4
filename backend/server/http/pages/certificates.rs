//! `/bescheinigungen`: certificates of entitlement and of savings: have one issued, find those there are. The newest
//! counts; older ones stay and say so on their public page.

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Datelike;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::issue_certificate::{ISSUERS, issue};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings;
use crate::storage::certificates::{self, Listed, Subject};
use crate::storage::{contracts, member_list};

/// Certificates on a page.
const ROWS: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/certificates.html")]
pub struct CertificatesPage {
    frame: Frame,
    may_issue: bool,
    /// To choose from; empty for a member's people, who act for one.
    members: Vec<(String, String)>,
    contracts: Vec<(String, String)>,
    years: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
    /// One per form.
    keys: [Uuid; 2],
    /// The certificate that was just issued.
    issued: Option<Listed>,
    rows: Vec<Listed>,
    total: i64,
    pager: Pager,
}

impl CertificatesPage {
    /// „Abrufberechtigung“, „Einsparung 2026“.
    fn about(row: &Listed) -> String {
        row.year.map_or_else(|| "Abrufberechtigung".to_owned(), |year| format!("Einsparung {year}"))
    }

    /// The contract, for certificates of entitlement.
    fn contract(row: &Listed) -> &str {
        row.contract.as_deref().unwrap_or_default()
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    vertrag: String,
    jahr: String,
    mitglied: String,
    neu: String,
    seite: String,
}

/// The fields of both forms; each sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Of the certificate of entitlement.
    member_id: String,
    contract_id: String,
    /// Of the certificate of savings.
    savings_member_id: String,
    year: String,
}

/// `GET /bescheinigungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<CertificatesPage>, Problem> {
    let typed = Typed {
        member_id: asked.mitglied.clone(),
        contract_id: asked.vertrag.clone(),
        savings_member_id: asked.mitglied.clone(),
        year: asked.jahr.clone(),
    };
    Ok(Page(page(&app, &actor, frame, typed, Mistakes::default(), &asked).await?))
}

/// `POST /bescheinigungen/abrufberechtigung`
pub async fn entitlement(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let member = chosen_member(&actor, "member_id", &typed.member_id, &mut mistakes);
    let contract = typed.contract_id.parse::<Uuid>();
    if contract.is_err() {
        mistakes.add("contract_id", "Bitte wählen Sie den Rahmenvertrag.");
    }
    let done = match (member, contract) {
        (Some(member), Ok(contract)) => {
            let subject = Subject::Entitlement(ContractId(contract));
            Some(issue(&app, &actor, member, subject, key.as_ref()).await)
        }
        _ => None,
    };
    answered(&app, &actor, frame, typed, mistakes, done, ("member_id", "contract_id")).await
}

/// `POST /bescheinigungen/einsparung`
pub async fn savings_of_a_year(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let member = chosen_member(&actor, "savings_member_id", &typed.savings_member_id, &mut mistakes);
    let year = typed.year.parse::<i32>();
    if year.is_err() {
        mistakes.add("year", "Bitte wählen Sie das Jahr.");
    }
    let done = match (member, year) {
        (Some(member), Ok(year)) => Some(issue(&app, &actor, member, Subject::Savings(year), key.as_ref()).await),
        _ => None,
    };
    answered(&app, &actor, frame, typed, mistakes, done, ("savings_member_id", "year")).await
}

/// `GET /bescheinigungen/{id}`: the frozen file.
pub async fn file(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let file = certificates::file(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let (name, bytes) = app.documents.read(file).await?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        // Names of ours are ASCII.
        (CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// The office chooses; a member's people have their own.
fn chosen_member(actor: &Actor, field: &str, typed: &str, mistakes: &mut Mistakes) -> Option<OrganisationId> {
    if actor.role != Role::Office {
        return Some(actor.organisation);
    }
    let member = typed.parse::<Uuid>().ok().map(OrganisationId);
    if member.is_none() {
        mistakes.add(field, "Bitte wählen Sie das Mitglied.");
    }
    member
}

async fn answered(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mut mistakes: Mistakes,
    done: Option<Result<Uuid, ActionError>>,
    (member, subject): (&str, &str),
) -> Result<Response, Problem> {
    match done {
        Some(Ok(id)) => return Ok(Redirect::to(&format!("/bescheinigungen?neu={id}")).into_response()),
        Some(Err(ActionError::Invalid(errors))) => mistakes.0.extend(errors),
        Some(Err(ActionError::NotFound)) => {
            let field = if actor.role == Role::Office { member } else { subject };
            mistakes.add(field, "Das gibt es nicht. Bitte wählen Sie aus der Liste.");
        }
        Some(Err(error)) => return Err(error.into()),
        None => {}
    }
    let page = page(app, actor, frame.with_mistakes(), typed, mistakes, &Asked::default()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mistakes: Mistakes,
    asked: &Asked,
) -> Result<CertificatesPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let may_issue = ISSUERS.contains(&actor.role);
    let total = certificates::count(&mut tx).await?;
    let pager = Pager::new(&asked.seite, ROWS, total, "/bescheinigungen", &[]);
    let rows = certificates::page(&mut tx, ROWS, pager.offset()).await?;
    let (mut members, mut offered, mut years) = (Vec::new(), Vec::new(), Vec::new());
    if may_issue {
        if actor.role == Role::Office {
            let all = member_list::options(&mut tx, actor).await?;
            members.extend(all.into_iter().map(|(id, name)| (id.to_string(), name)));
        }
        let active = contracts::list(&mut tx, None).await?.into_iter().filter(|it| it.status == "active");
        offered.extend(active.map(|it| (it.id.to_string(), format!("{} {}", it.number, as_typed(&it.title)))));
        years = savings::years(&mut tx).await?;
        let this_year = app.clock.today().year();
        if !years.contains(&this_year) {
            years.insert(0, this_year);
        }
    }
    let new = asked.neu.parse::<Uuid>().ok();
    Ok(CertificatesPage {
        frame: frame.titled("Bescheinigungen"),
        may_issue,
        members,
        contracts: offered,
        years: years.into_iter().map(|year| (year.to_string(), year.to_string())).collect(),
        typed,
        mistakes,
        keys: [app.chance.id(app.clock.now()), app.chance.id(app.clock.now())],
        issued: rows.iter().find(|row| Some(row.id) == new).cloned(),
        rows,
        total,
        pager,
    })
}
