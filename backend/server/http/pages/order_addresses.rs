//! `/verwaltung/vertraege/{id}/bestelladressen`: where orders from a contract go by mail.

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::set_order_address;
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts;
use crate::storage::order_addresses::{self, SupplierAddress};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/order_addresses.html")]
pub struct OrderAddressesPage {
    frame: Frame,
    id: ContractId,
    number: String,
    title: String,
    /// Whether there is a mail server.
    sends: bool,
    suppliers: Vec<Row>,
    mistakes: Mistakes,
    saved: bool,
}

/// A supplier with its field.
struct Row {
    it: SupplierAddress,
    field: String,
    typed: String,
    hint: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// The form of one supplier.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    supplier: Uuid,
    address: String,
}

/// `GET /verwaltung/vertraege/{id}/bestelladressen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<OrderAddressesPage>, Problem> {
    let page = page(&app, &actor, frame, id, None, Mistakes::default()).await?;
    Ok(Page(OrderAddressesPage { saved: asked.hinweis == "gespeichert", ..page }))
}

/// `POST /verwaltung/vertraege/{id}/bestelladressen`
pub async fn save(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let supplier = OrganisationId(typed.supplier);
    match set_order_address::set(&app, &actor, ContractId(id), supplier, &typed.address).await {
        Ok(()) => {
            let back = format!("/verwaltung/vertraege/{id}/bestelladressen?hinweis=gespeichert");
            Ok(Redirect::to(&back).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), id, Some(&typed), Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Option<&Typed>,
    mistakes: Mistakes,
) -> Result<OrderAddressesPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let contract = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let row = |it: SupplierAddress| {
        let own = typed.filter(|typed| typed.supplier == it.supplier.0);
        Row {
            field: format!("address_{}", it.supplier),
            typed: own.map_or_else(|| it.address.clone(), |typed| typed.address.clone()),
            hint: match it.central.as_str() {
                "" => "Eine zentrale Adresse ist nicht bekannt. Ohne Eintrag wird nichts gesandt.".to_owned(),
                central => format!("Ohne Eintrag gilt die zentrale Adresse {central}."),
            },
            it,
        }
    };
    let suppliers = order_addresses::of_contract(&mut tx, contract.id).await?.into_iter().map(row).collect();
    Ok(OrderAddressesPage {
        frame: frame.titled("Bestelladressen"),
        id: contract.id,
        number: contract.number,
        title: contract.title,
        sends: app.mailer.is_some(),
        suppliers,
        mistakes,
        saved: false,
    })
}
