//! `/verwaltung/vertraege/{id}/bearbeiten`: a contract in the making on one page. On top stands what is
//! still missing, each piece with a link to where it is cured; then lots, items, ceilings, entitlements,
//! options; at the end the activation by two persons.

use abruf_domain::Outcome;
use abruf_domain::contract_life::Status;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Volume;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::activate_contract::{self, Activated, Readiness, cure_link, is_in_the_making};
use crate::actions::{ActionError, copy_contract, load_price_list, write_contract_parts};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::finding_view::FindingView;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::contract_draft_fields::{Removal, Typed};
use crate::http::pages::item_traits::{ACCESSIBILITY_CHOICES, EVB_IT_CHOICES, VAT_CHOICES};
use crate::http::pages::law::name_of;
use crate::http::pages::members::{from_to, kind_words};
use crate::http::pages::price_fields::{COUNTED, PRICE_KINDS, index_choices};
use crate::http::pages::volume_words::{minimum_purchase_words, scope_words, volume};
use crate::http::pages::written::{self, count, day, instant};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contract_drafts::{self, Making, Terms};
use crate::storage::contract_part_rows::{self, CeilingRow, EntitlementRow, ItemRow, PartRow};
use crate::storage::contract_parts;
use crate::storage::{member_list, minimum_purchases};

/// Items on the page; more are found in the file of the contract.
const ITEMS: i64 = 50;

/// Scopes of a ceiling to choose from.
const SCOPES: &[(&str, &str)] = &[
    ("contract", "ganzer Vertrag"),
    ("lot", "ein Los (Nummer)"),
    ("item", "eine Position (Artikelnummer)"),
    ("member", "ein Mitglied (Name)"),
];
const MEASURES: &[(&str, &str)] = &[("value", "Wert netto"), ("quantity", "Menge")];
const MODES: &[(&str, &str)] = &[("named", "ein Mitglied"), ("category", "eine Gruppe der Bekanntmachung")];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contract_draft.html")]
pub struct ContractDraftPage {
    frame: Frame,
    id: Uuid,
    terms: Terms,
    status: &'static str,
    making: Making,
    handed_in: String,
    /// The actor handed it in.
    by_me: bool,
    todo: Vec<Todo>,
    notices: Vec<FindingView>,
    complete: bool,
    wants_words: bool,
    /// Whose procurement law it was judged by, as people call it.
    judged_by: String,
    lots: Vec<(PartRow, Vec<PartRow>)>,
    suppliers: Vec<String>,
    items: Vec<(ItemRow, Vec<String>)>,
    item_count: String,
    more_items: bool,
    ceilings: Vec<(Uuid, String, String, bool)>,
    entitled: Vec<(Uuid, String, String, String)>,
    options: Vec<(Uuid, String)>,
    minimum_purchases: Vec<(Uuid, String, String)>,
    members: Vec<(OrganisationId, String)>,
    indexes: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
}

impl ContractDraftPage {
    /// In force it is read in its file, not written.
    fn is_written_no_more(&self) -> bool {
        !is_in_the_making(&self.making.status)
    }

    fn action(&self, path: &str) -> String {
        format!("/verwaltung/vertraege/{}/{path}", self.id)
    }
}

/// Something that is missing.
struct Todo {
    title: String,
    sentence: String,
    cure: String,
    link: String,
    blocks: bool,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/vertraege/{id}/bearbeiten`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<ContractDraftPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "gespeichert" => "Gespeichert.",
        "entfernt" => "Entfernt.",
        "vorgelegt" => "Vorgelegt. Eine zweite Person der Geschäftsstelle kann den Vertrag jetzt aktivieren.",
        "kopiert" => "Kopiert. Bitte prüfen Sie Nummer, Bekanntmachung, Laufzeit und Preise.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, None, Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/vertraege/{id}/bearbeiten`: adds a part.
pub async fn add(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visible(&app, &actor, id).await?;
    let mut mistakes = Mistakes::default();
    let contract = ContractId(id);
    let done = if typed.part == "list" {
        load_price_list::load(&app, &actor, contract, &typed.csv, &typed.map).await.map(|_| ())
    } else {
        match typed.read(&mut mistakes) {
            Some(part) => write_contract_parts::add(&app, &actor, contract, &part).await,
            None => Err(ActionError::Invalid(mistakes.0)),
        }
    };
    match done {
        Ok(()) => {
            let anchor = match typed.part.as_str() {
                "item" | "list" => "positionen",
                "ceiling" => "hoechstwerte",
                "entitlement" => "berechtigte",
                "option" => "optionen",
                _ => "lose",
            };
            Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/bearbeiten?hinweis=gespeichert#{anchor}"))
                .into_response())
        }
        Err(ActionError::Invalid(errors)) => wrong(&app, &actor, frame, id, typed, errors).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /verwaltung/vertraege/{id}/entfernen`
pub async fn remove(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(removal): Form<Removal>,
) -> Result<Response, Problem> {
    visible(&app, &actor, id).await?;
    let part = removal.part().ok_or_else(Problem::not_found)?;
    match write_contract_parts::remove(&app, &actor, ContractId(id), part).await {
        Ok(()) => Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/bearbeiten?hinweis=entfernt")).into_response()),
        Err(ActionError::Invalid(errors)) => wrong(&app, &actor, frame, id, Typed::default(), errors).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /verwaltung/vertraege/{id}/vorlegen`: the first person.
pub async fn hand_in(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visible(&app, &actor, id).await?;
    let seen = typed.seen.parse().unwrap_or(0);
    match activate_contract::hand_in(&app, &actor, ContractId(id), seen, &typed.note).await {
        Ok(Activated::Done) => {
            Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/bearbeiten?hinweis=vorgelegt")).into_response())
        }
        Ok(Activated::Refused(_)) => wrong(&app, &actor, frame, id, typed, Vec::new()).await,
        Err(ActionError::Invalid(errors)) => wrong(&app, &actor, frame, id, typed, errors).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /verwaltung/vertraege/{id}/aktivieren`: the second person.
pub async fn activate(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visible(&app, &actor, id).await?;
    let seen = typed.seen.parse().unwrap_or(0);
    match activate_contract::activate(&app, &actor, ContractId(id), seen).await {
        Ok(Activated::Done) => {
            Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}?hinweis=aktiviert")).into_response())
        }
        Ok(Activated::Refused(readiness)) => {
            let mut page = page(&app, &actor, frame.with_mistakes(), id, None, Mistakes::default(), "").await?;
            page.judged(&readiness);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(ActionError::Invalid(errors)) => wrong(&app, &actor, frame, id, typed, errors).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /verwaltung/vertraege/{id}/kopieren`
pub async fn copy(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let copy = copy_contract::copy(&app, &actor, ContractId(id)).await?;
    Ok(Redirect::to(&format!("/verwaltung/vertraege/{copy}/bearbeiten?hinweis=kopiert")))
}

/// Foreign and absent look alike before anything is read from the form.
async fn visible(app: &App, actor: &Actor, id: Uuid) -> Result<(), Problem> {
    let mut tx = app.db.begin(actor).await?;
    contract_drafts::making(&mut tx, ContractId(id)).await?.map(|_| ()).ok_or_else(Problem::not_found)
}

async fn wrong(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    errors: Vec<crate::actions::FieldError>,
) -> Result<Response, Problem> {
    let page = page(app, actor, frame.with_mistakes(), id, Some(typed), Mistakes(errors), "").await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Option<Typed>,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<ContractDraftPage, Problem> {
    let contract = ContractId(id);
    let readiness = activate_contract::readiness(app, actor, contract).await?.ok_or_else(Problem::not_found)?;
    let mut tx = app.db.begin(actor).await?;
    let terms = contract_drafts::terms(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let making = contract_drafts::making(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let lots = contract_part_rows::lot_rows(&mut tx, contract).await?;
    let (items, total) = contract_part_rows::item_rows(&mut tx, contract, ITEMS).await?;
    let ceilings = contract_part_rows::ceiling_rows(&mut tx, contract).await?;
    let entitled = contract_part_rows::entitlement_rows(&mut tx, contract).await?;
    let options = contract_part_rows::option_rows(&mut tx, contract).await?;
    let minimum_purchases = minimum_purchases::list(&mut tx, Some(contract)).await?;
    let suppliers = contract_parts::supplier_names(&mut tx, actor.body, app.clock.today()).await?;
    let members = member_list::options(&mut tx, actor).await?;
    let indexes = index_choices(&mut tx).await?;
    let handed_in = making
        .submitted_at
        .map(|at| format!("{}, {}", making.submitted_by_name.as_deref().unwrap_or("eine Person"), instant(at)));
    let mut page = ContractDraftPage {
        frame: frame.titled(format!("{} bearbeiten", terms.number)),
        id,
        status: making.status.parse::<Status>().map_or("", Status::german),
        by_me: making.submitted_by == Some(actor.person),
        handed_in: handed_in.unwrap_or_default(),
        todo: Vec::new(),
        notices: Vec::new(),
        complete: false,
        wants_words: false,
        judged_by: name_of(&readiness.jurisdiction),
        typed: typed.unwrap_or_else(|| Typed::proposed(lots.len() + 1)),
        lots,
        suppliers,
        item_count: count(total, "Position", "Positionen"),
        more_items: ITEMS < total,
        items: items
            .into_iter()
            .map(|it| {
                let words = it.price.as_ref().map(|price| written::price(price, &it.unit, &terms.currency, 2));
                (it, words.unwrap_or_default())
            })
            .collect(),
        ceilings: ceilings.into_iter().map(|it| ceiling_words(it, &making, &terms.currency)).collect(),
        entitled: entitled.into_iter().map(entitlement_words).collect(),
        options: options
            .into_iter()
            .map(|(id, end, deadline)| (id, format!("Verlängerung bis {}, auszuüben bis {}", day(end), day(deadline))))
            .collect(),
        minimum_purchases: minimum_purchases
            .iter()
            .map(|it| (it.id, minimum_purchase_words(it), it.consequence.clone()))
            .collect(),
        members,
        indexes,
        terms,
        making,
        mistakes,
        hint,
    };
    page.judged(&readiness);
    Ok(page)
}

impl ContractDraftPage {
    /// Takes in what stands between the draft and its activation.
    fn judged(&mut self, readiness: &Readiness) {
        let base = format!("/verwaltung/vertraege/{}", self.id);
        let empty = readiness.empty.iter().map(|text| Todo {
            title: "Bedingungen".to_owned(),
            sentence: text.sentence.to_owned(),
            cure: text.cure.to_owned(),
            link: format!("{base}/bedingungen#{}", text.field),
            blocks: true,
        });
        let base = &base;
        let found = [Outcome::Block, Outcome::Justify].into_iter().flat_map(|outcome| {
            readiness.with_outcome(outcome).map(move |finding| {
                let words = FindingView::on_page(finding, &readiness.currency);
                Todo {
                    blocks: outcome == Outcome::Block,
                    link: format!("{base}{}", cure_link(finding)),
                    title: words.title,
                    sentence: words.sentence,
                    cure: words.cure,
                }
            })
        });
        self.todo = empty.chain(found).collect();
        self.notices =
            readiness.with_outcome(Outcome::Notice).map(|it| FindingView::on_page(it, &readiness.currency)).collect();
        self.complete = readiness.is_complete();
        self.wants_words = readiness.wants_words();
    }
}

fn ceiling_words(it: CeilingRow, making: &Making, currency: &str) -> (Uuid, String, String, bool) {
    let whole = it.scope == "contract" && it.measure == "value";
    let limit = match it.limit.and_then(|limit| Volume::new(limit).ok()) {
        Some(limit) => volume(limit, &it.measure, currency),
        None if whole && !making.ceiling_waived => "noch nicht angegeben".to_owned(),
        None => "ohne Grenze".to_owned(),
    };
    let limit = if it.hard { limit } else { format!("{limit}, darüber mit Begründung") };
    (it.id, scope_words(&it.scope, &it.name, &it.measure), limit, !whole)
}

fn entitlement_words(it: EntitlementRow) -> (Uuid, String, String, String) {
    let who = it.member.unwrap_or_else(|| {
        let kinds: Vec<&str> = it.kinds.iter().flatten().map(|kind| kind_words(kind)).collect();
        format!("Gruppe: {} in {}", kinds.join(", "), it.region.unwrap_or_default())
    });
    (it.id, who, from_to(it.valid_from, it.valid_to), format!("{}, {}", it.document, day(it.document_date)))
}
