//! `/verwaltung/vertraege/{id}/vergleichspreise/neu`: a comparison price with its evidence, new or in the place of a wrong one.

use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::ids::{BaselineId, ContractId, OrganisationId};
use abruf_domain::money::UnitPrice;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::record_baseline::{self, NewBaseline};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::baseline_words::{KINDS, PERS, price_words};
use crate::http::pages::read_amount::read_number;
use crate::http::pages::written::{day, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;
use crate::storage::baselines::{self, Baseline, Standing};
use crate::storage::contracts::{self, Contract};
use crate::storage::{baseline_items, member_list};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/baseline_new.html")]
pub struct BaselineNewPage {
    frame: Frame,
    it: Contract,
    /// The baseline that this one replaces: id and what it says.
    replaces: Option<(Uuid, String)>,
    members: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
    /// A file was sent, which a browser does not send again by itself.
    file_again: bool,
    idempotency_key: Uuid,
}

impl BaselineNewPage {
    fn title(&self) -> &'static str {
        if self.replaces.is_some() { "Vergleichspreis ersetzen" } else { "Vergleichspreis erfassen" }
    }

    fn action(&self) -> String {
        format!("/verwaltung/vertraege/{}/vergleichspreise/neu", self.it.id)
    }
}

/// The form, as typed.
#[derive(Debug, Default, Clone)]
struct Typed {
    article_number: String,
    member_id: String,
    kind: String,
    unit_price: String,
    per: String,
    unit: String,
    dated_on: String,
    valid_from: String,
    valid_to: String,
    evidence: String,
    replaces: String,
    reason: String,
}

impl Typed {
    fn of(upload: &Upload) -> Self {
        let text = |name| upload.text(name).to_owned();
        Self {
            article_number: text("article_number"),
            member_id: text("member_id"),
            kind: text("kind"),
            unit_price: text("unit_price"),
            per: text("per"),
            unit: text("unit"),
            dated_on: text("dated_on"),
            valid_from: text("valid_from"),
            valid_to: text("valid_to"),
            evidence: text("evidence").replace("\r\n", " "),
            replaces: text("replaces"),
            reason: text("reason").replace("\r\n", "\n"),
        }
    }

    /// What the new one begins with: all the old one says, for whoever corrects one figure of it.
    fn over(old: &Baseline) -> Self {
        let shown = |it: Option<NaiveDate>| it.map(day).unwrap_or_default();
        Self {
            article_number: old.article_number.clone(),
            member_id: old.member.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default(),
            kind: old.kind.key().to_owned(),
            unit_price: old.unit_price.to_string().replace('.', ","),
            per: old.per.key().to_owned(),
            unit: old.unit.clone(),
            dated_on: day(old.dated_on),
            valid_from: shown(old.valid_from),
            valid_to: shown(old.valid_to),
            evidence: old.evidence.clone(),
            replaces: old.id.to_string(),
            reason: String::new(),
        }
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    artikel: String,
    ersetzt: String,
}

/// `GET /verwaltung/vertraege/{id}/vergleichspreise/neu`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<BaselineNewPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let mut typed =
        Typed { article_number: asked.artikel.clone(), kind: "prior_contract".to_owned(), ..Typed::default() };
    if let Ok(old) = asked.ersetzt.parse::<Uuid>() {
        let old = baselines::find(&mut tx, BaselineId(old)).await?;
        let old = old.filter(|it| it.contract.0 == id && it.standing() == Standing::Approved);
        typed = Typed::over(&old.ok_or_else(Problem::not_found)?);
    } else if let Some(item) = baseline_items::of_contract(&mut tx, ContractId(id))
        .await?
        .into_iter()
        .find(|item| item.article_number == asked.artikel)
    {
        typed.unit = item.unit;
        typed.per = if item.monthly == Some(true) { Per::Month } else { Per::Unit }.key().to_owned();
    }
    drop(tx);
    Ok(Page(page(&app, &actor, frame, id, typed, Mistakes::default(), false).await?))
}

/// `POST /verwaltung/vertraege/{id}/vergleichspreise/neu`
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    upload: Upload,
) -> Result<Response, Problem> {
    let typed = Typed::of(&upload);
    let mut mistakes = Mistakes::default();
    let done = match read(ContractId(id), &typed, &upload, &mut mistakes) {
        Some(new) => record_baseline::record(&app, &actor, &new, upload.key.as_ref()).await,
        None => Err(ActionError::Invalid(Vec::new())),
    };
    match done {
        Ok(new) => Ok(Redirect::to(&format!("/verwaltung/vergleichspreise/{new}?hinweis=erfasst")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            mistakes.0.extend(errors);
            let again = upload.file("file").is_some();
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, mistakes, again).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The baseline, if every field can be read.
fn read(contract: ContractId, typed: &Typed, upload: &Upload, mistakes: &mut Mistakes) -> Option<NewBaseline> {
    let kind = BaselineKind::from_key(&typed.kind);
    if kind.is_none() {
        mistakes.add("kind", "Bitte wählen Sie, was für ein Preis das ist.");
    }
    let unit_price = read_number(&typed.unit_price, UnitPrice::DECIMALS)
        .and_then(|it| it.ok_or_else(|| "Bitte geben Sie den Nettopreis ein, zum Beispiel 14,20.".to_owned()))
        .and_then(|it| {
            UnitPrice::new(it).map_err(|_| "Dieser Preis ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
        })
        .map_err(|message| mistakes.add("unit_price", message))
        .ok();
    let dated_on = read_day(&typed.dated_on)
        .and_then(|it| {
            it.ok_or_else(|| "Bitte geben Sie das Datum des Belegs ein, zum Beispiel 10.11.2025.".to_owned())
        })
        .map_err(|message| mistakes.add("dated_on", message))
        .ok();
    let mut limit = |field: &str, text: &str| read_day(text).map_err(|message| mistakes.add(field, message)).ok();
    let (valid_from, valid_to) = (limit("valid_from", &typed.valid_from), limit("valid_to", &typed.valid_to));
    let member = match typed.member_id.trim() {
        "" => Some(None),
        id => id.parse::<Uuid>().ok().map(|id| Some(OrganisationId(id))),
    };
    if member.is_none() {
        mistakes.add("member_id", "Bitte wählen Sie das Mitglied aus der Liste.");
    }
    let replaces = typed.replaces.parse::<Uuid>().ok().map(|id| (BaselineId(id), typed.reason.trim().to_owned()));
    Some(NewBaseline {
        contract,
        article_number: typed.article_number.clone(),
        member: member?,
        kind: kind?,
        unit_price: unit_price?,
        per: if typed.per == Per::Month.key() { Per::Month } else { Per::Unit },
        unit: typed.unit.clone(),
        dated_on: dated_on?,
        valid_from: valid_from?,
        valid_to: valid_to?,
        evidence: typed.evidence.clone(),
        file: upload.file("file").cloned(),
        replaces,
    })
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    file_again: bool,
) -> Result<BaselineNewPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let it = contracts::find(&mut tx, ContractId(id)).await?.filter(|it| it.body == actor.body);
    let it = it.ok_or_else(Problem::not_found)?;
    let replaces = match typed.replaces.parse::<Uuid>() {
        Err(_) => None,
        Ok(old) => baselines::find(&mut tx, BaselineId(old)).await?.map(|old| {
            let words = format!("{} vom {} ({})", price_words(&old), day(old.dated_on), as_typed(&old.evidence));
            (old.id.0, words)
        }),
    };
    let members = member_list::options(&mut tx, actor).await?;
    let all = std::iter::once((String::new(), "alle Mitglieder".to_owned()));
    let page = BaselineNewPage {
        members: all.chain(members.into_iter().map(|(id, name)| (id.to_string(), name))).collect(),
        it,
        replaces,
        typed,
        mistakes,
        file_again,
        idempotency_key: app.chance.id(app.clock.now()),
        frame,
    };
    let title = page.title();
    Ok(BaselineNewPage { frame: page.frame.clone().titled(title), ..page })
}
