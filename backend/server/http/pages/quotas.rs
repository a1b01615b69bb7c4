//! `/rahmenvertraege/{id}/kontingente`: the quotas one may see, and what members give to each other: propose,
//! consent, confirm, refuse.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Volume;
use abruf_domain::notation::Language::German;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::transfer_quota::{self, Consented, PARTIES, Proposal};
use crate::actions::{ActionError, FieldError};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{day_of, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts::{self, Contract};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::quota_transfers::{self, Quota, Transfer};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/quotas.html")]
pub struct QuotasPage {
    frame: Frame,
    it: Contract,
    quotas: Vec<QuotaRow>,
    open: Vec<TransferRow>,
    past: Vec<TransferRow>,
    /// Keys and names of the members to choose from; empty where nothing can be proposed.
    takers: Vec<(String, String)>,
    /// The office also chooses who gives.
    givers: Vec<(String, String)>,
    confirmed: bool,
    idempotency_key: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
}

/// A quota in words.
struct QuotaRow {
    member: String,
    limit: String,
    taken: String,
    free: String,
}

/// A transfer in words.
struct TransferRow {
    id: Uuid,
    what: String,
    reason: String,
    /// Whose consent stands there, and whose is missing.
    state: Vec<(&'static str, String)>,
    /// The actor's side still has to say yes.
    may_consent: bool,
    /// What the button says.
    consent: &'static str,
    /// The actor can end it.
    may_refuse: bool,
    refuse: &'static str,
}

impl QuotasPage {
    fn action(&self) -> String {
        format!("/rahmenvertraege/{}/kontingente", self.it.id)
    }

    fn is_typed_for(&self, id: &Uuid) -> bool {
        self.typed.form == "refuse" && self.typed.transfer == *id && !self.mistakes.is_empty()
    }
}

/// Every field of the page; each form sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// propose, consent or refuse.
    form: String,
    transfer: Uuid,
    giver: String,
    taker: String,
    value: String,
    quantity: String,
    reason: String,
    end_reason: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /rahmenvertraege/{id}/kontingente`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<QuotasPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "vorgeschlagen" => "Vorgeschlagen. Die andere Seite sieht den Vorschlag auf ihrer Startseite.",
        "zugestimmt" => "Zugestimmt. Wirksam wird die Übertragung, wenn alle zugestimmt haben.",
        "wirksam" => "Die Übertragung ist wirksam. Beide Kontingente sind geändert.",
        "zu-wenig" => {
            "Die Übertragung ist ohne Wirkung beendet: Vom Kontingent ist inzwischen zu wenig frei, oder eine Seite hat keins."
        }
        "beendet" => "Die Übertragung ist beendet. Die Kontingente bleiben, wie sie sind.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /rahmenvertraege/{id}/kontingente`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    match act(&app, &actor, ContractId(id), &typed, key.as_ref()).await {
        Ok(hint) => Ok(Redirect::to(&format!("/rahmenvertraege/{id}/kontingente?hinweis={hint}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, Mistakes(errors), "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn act(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    typed: &Typed,
    key: Option<&IdempotencyKey>,
) -> Result<&'static str, ActionError> {
    match typed.form.as_str() {
        "consent" => Ok(match transfer_quota::consent(app, actor, contract, typed.transfer).await? {
            Consented::Waits => "zugestimmt",
            Consented::Effective => "wirksam",
            Consented::Short => "zu-wenig",
        }),
        "refuse" => {
            transfer_quota::refuse(app, actor, contract, typed.transfer, &typed.end_reason).await?;
            Ok("beendet")
        }
        _ => {
            let giver = match actor.role {
                Role::Office => read_member("giver", &typed.giver)?,
                _ => actor.organisation,
            };
            let proposal = Proposal {
                giver,
                taker: read_member("taker", &typed.taker)?,
                value: read_volume("value", &typed.value)?,
                quantity: read_volume("quantity", &typed.quantity)?,
                reason: typed.reason.clone(),
            };
            transfer_quota::propose(app, actor, contract, &proposal, key).await?;
            Ok("vorgeschlagen")
        }
    }
}

fn wrong(field: &str, message: impl Into<String>) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}

fn read_member(field: &str, sent: &str) -> Result<OrganisationId, ActionError> {
    let id: Option<Uuid> = sent.trim().parse().ok();
    id.map(OrganisationId).ok_or_else(|| wrong(field, "Bitte wählen Sie ein Mitglied aus der Liste."))
}

fn read_volume(field: &str, typed: &str) -> Result<Option<Volume>, ActionError> {
    let amount = read_amount(typed).map_err(|message| wrong(field, message))?;
    let too_large = |_| wrong(field, "Das ist zu groß. Bitte prüfen Sie die Eingabe.");
    amount.map(Volume::new).transpose().map_err(too_large)
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<QuotasPage, Problem> {
    let contract = ContractId(id);
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let it = contracts::find(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let quotas = quota_transfers::quotas(&mut tx, contract).await?;
    let transfers = quota_transfers::of_contract(&mut tx, contract).await?;
    let members = quota_transfers::members(&mut tx, actor.body, app.clock.today()).await?;
    let confirmed = quota_transfers::are_confirmed(&mut tx, contract).await?.unwrap_or(true);
    let office = actor.role == Role::Office;
    // Something can be given where one sees a quota.
    let may_propose = PARTIES.contains(&actor.role) && quotas.iter().any(|quota| quota.limit.is_some());
    let choice = |wanted: &dyn Fn(OrganisationId) -> bool| {
        let blank = std::iter::once((String::new(), "bitte wählen".to_owned()));
        let named = members.iter().filter(|(member, _)| wanted(*member));
        blank.chain(named.map(|(member, name)| (member.to_string(), name.clone()))).collect::<Vec<_>>()
    };
    let has_quota = |member: OrganisationId| quotas.iter().any(|quota| quota.member == member && quota.limit.is_some());
    let (open, past): (Vec<&Transfer>, Vec<&Transfer>) = transfers.iter().partition(|it| it.ended_as.is_none());
    Ok(QuotasPage {
        frame: frame.titled(format!("Kontingente {}", it.number)),
        quotas: quotas.iter().map(|quota| quota_row(quota, &it.currency)).collect(),
        open: open.into_iter().map(|transfer| transfer_row(actor, transfer, &it.currency)).collect(),
        past: past.into_iter().map(|transfer| transfer_row(actor, transfer, &it.currency)).collect(),
        takers: match (may_propose, office) {
            (false, _) => Vec::new(),
            // The office sees who has a quota; a member does not see that of others.
            (true, true) => choice(&has_quota),
            (true, false) => choice(&|member| member != actor.organisation),
        },
        givers: if may_propose && office { choice(&has_quota) } else { Vec::new() },
        confirmed,
        idempotency_key: app.chance.id(now),
        it,
        typed,
        mistakes,
        hint,
    })
}

fn amount(volume: Volume, measure: &str, currency: &str) -> String {
    match measure {
        "value" => money(volume.decimal(), currency),
        _ => format!("{} Einheiten", German.number(volume.decimal().normalize())),
    }
}

fn quota_row(quota: &Quota, currency: &str) -> QuotaRow {
    let written = |volume| amount(volume, &quota.measure, currency);
    QuotaRow {
        member: quota.member_name.clone(),
        limit: quota.limit.map_or_else(|| "unbegrenzt".to_owned(), written),
        taken: written(quota.taken),
        free: match quota.limit {
            Some(limit) if quota.taken < limit => written(limit - quota.taken),
            Some(_) => written(Volume::ZERO),
            None => "unbegrenzt".to_owned(),
        },
    }
}

fn transfer_row(actor: &Actor, it: &Transfer, currency: &str) -> TransferRow {
    let amounts: Vec<String> = [(it.value, "value"), (it.quantity, "quantity")]
        .into_iter()
        .filter_map(|(volume, measure)| Some(amount(volume?, measure, currency)))
        .collect();
    let side = |name: &str, done: bool| match done {
        true => ("status status--good", format!("{} hat zugestimmt", as_typed(name))),
        false => ("status status--wait", format!("{} muss zustimmen", as_typed(name))),
    };
    let mut state = vec![side(&it.giver_name, it.given_by.is_some()), side(&it.taker_name, it.taken_by.is_some())];
    if it.confirmation_needed {
        state.push(match it.confirmed_by {
            Some(_) => ("status status--good", "Geschäftsstelle hat bestätigt".to_owned()),
            None => ("status status--wait", "Geschäftsstelle muss bestätigen".to_owned()),
        });
    }
    if let (Some(ended), Some(at)) = (&it.ended_as, it.ended_at) {
        let class = if ended == "effective" { "status status--good" } else { "status status--bad" };
        state = vec![(class, format!("{} seit {}", transfer_quota::ended(ended), day_of(at)))];
    }
    let open = it.ended_as.is_none();
    let gives = actor.role == Role::Approver && actor.organisation == it.giver;
    let takes = actor.role == Role::Approver && actor.organisation == it.taker;
    let confirms = actor.role == Role::Office && it.confirmation_needed;
    let may_consent = (gives && it.given_by.is_none() && it.taken_by != Some(actor.person))
        || (takes && it.taken_by.is_none() && it.given_by != Some(actor.person))
        || (confirms && it.confirmed_by.is_none());
    let withdraws = it.proposed_by == actor.person || it.given_by == Some(actor.person);
    TransferRow {
        id: it.id,
        what: format!("{} gibt {} an {}", as_typed(&it.giver_name), amounts.join(" und "), as_typed(&it.taker_name)),
        reason: if it.end_reason.is_empty() {
            it.reason.clone()
        } else {
            format!("{} Beendet: {}", as_typed(&it.reason), as_typed(&it.end_reason))
        },
        state,
        may_consent: open && may_consent,
        consent: if confirms { "Übertragung bestätigen" } else { "Übertragung zustimmen" },
        may_refuse: open && (gives || takes || actor.role == Role::Office),
        refuse: if withdraws { "Zurückziehen" } else { "Ablehnen" },
    }
}
