//! Items of contracts in force: what they are beside their price, changed by two persons.

use abruf_domain::facts::{Accessibility, EvbIt, VatChange};
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::UnitPrice;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::change_items::{self, ItemChange, ItemWish, Wanted};
use crate::actions::item_freight::FreightWish;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts;

/// What an item shall be; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItemChange {
    /// Of which article.
    article_number: String,
    /// CPV code; empty: none.
    #[serde(default)]
    cpv: Option<String>,
    /// `none`, `stated` with `document`, `excepted` with `reason`, or `missing`.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"state": "stated", "document": "BITV-Erklärung vom 12.05.2027"}))]
    accessibility: Option<AccessibilityWish>,
    /// `none`, `typed` with `kind`, or `missing`.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"state": "typed", "kind": "Überlassung Typ B"}))]
    evb_it: Option<EvbItWish>,
    /// VAT of supplies from a day to come on.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"from": "2027-01-01", "vat": {"category": "S", "rate": "7", "reason": ""}}))]
    vat: Option<VatChange>,
    /// Freight with one supplier for orders of a day to come on.
    #[serde(default)]
    freight: Option<NewFreight>,
    /// The document behind it.
    #[schema(max_length = 400)]
    document: String,
}

/// Freight of an item with one supplier. It stands with the price, which stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFreight {
    /// First day of orders it counts for; after today.
    from: NaiveDate,
    /// Whose; may be left out where one supplier only has a price.
    #[serde(default)]
    supplier_id: Option<Uuid>,
    /// Net per unit; null: none is named any more.
    #[schema(value_type = Option<String>, example = "4.50")]
    per_unit: Option<UnitPrice>,
}

/// Accessibility, or that there is no user interface.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
enum AccessibilityWish {
    None,
    Stated { document: String },
    Excepted { reason: String },
    Missing,
}

impl From<AccessibilityWish> for Option<Accessibility> {
    fn from(wish: AccessibilityWish) -> Self {
        match wish {
            AccessibilityWish::None => None,
            AccessibilityWish::Stated { document } => Some(Accessibility::Stated { document }),
            AccessibilityWish::Excepted { reason } => Some(Accessibility::Excepted { reason }),
            AccessibilityWish::Missing => Some(Accessibility::Missing),
        }
    }
}

/// EVB-IT contract, or that it is no IT item.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
enum EvbItWish {
    None,
    Typed { kind: String },
    Missing,
}

impl From<EvbItWish> for Option<EvbIt> {
    fn from(wish: EvbItWish) -> Self {
        match wish {
            EvbItWish::None => None,
            EvbItWish::Typed { kind } => Some(EvbIt::Typed { kind }),
            EvbItWish::Missing => Some(EvbIt::Missing),
        }
    }
}

/// The id of a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemChangeId {
    id: Uuid,
}

/// Proposes what an item shall be beside its price; the first of two persons, and at most one waits.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/item-changes", tag = "contract-changes", request_body = NewItemChange,
    responses((status = 201, body = ItemChangeId))
)]
pub async fn propose_item(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<NewItemChange>,
) -> Result<(StatusCode, Answer<ItemChangeId>), Problem> {
    let mut tx = app.db.begin(&actor).await?;
    contracts::number(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let change = ItemChange {
        article_number: body.article_number,
        wish: ItemWish {
            cpv: body.cpv.map_or(Wanted::Same, Wanted::Be),
            accessibility: body.accessibility.map_or(Wanted::Same, |it| Wanted::Be(it.into())),
            evb_it: body.evb_it.map_or(Wanted::Same, |it| Wanted::Be(it.into())),
            vat: body.vat,
            freight: body.freight.map(|it| FreightWish {
                supplier: it.supplier_id.map(OrganisationId),
                from: it.from,
                per_unit: it.per_unit,
            }),
        },
        document: body.document,
    };
    let id = change_items::propose(&app, &actor, ContractId(id), &change).await?;
    Ok((StatusCode::CREATED, Answer(ItemChangeId { id })))
}

/// Releases the waiting change of an item; the second of two persons.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/item-changes/{change}/release", tag = "contract-changes",
    responses((status = 204))
)]
pub async fn release_item(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, change)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    change_items::release(&app, &actor, ContractId(id), change).await?;
    Ok(StatusCode::NO_CONTENT)
}
