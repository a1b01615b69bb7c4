//! Price indexes and their values: recorded by one person of the office, released by a second.

use abruf_domain::ids::IndexSeriesId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::{FieldError, keep_price_index};
use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::price_indexes::{self, NewValue};

/// A price index.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceIndexView {
    id: Uuid,
    #[schema(example = "Erzeugerpreisindex Papier (2021 = 100)")]
    name: String,
    /// Who publishes it and where.
    source: String,
    /// Numbers of contracts with a price that follows it.
    contracts: Vec<String>,
    /// Latest publication first.
    values: Vec<IndexValueView>,
}

/// A published value.
#[derive(Debug, Serialize, ToSchema)]
struct IndexValueView {
    id: Uuid,
    /// First day of its month.
    month: Option<NaiveDate>,
    published_on: NaiveDate,
    #[schema(example = "118.9")]
    points: String,
    /// No price follows a provisional value.
    provisional: bool,
    /// Whether a second person released it.
    released: bool,
}

/// A new index.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPriceIndex {
    #[schema(max_length = 200)]
    name: String,
    #[schema(max_length = 400)]
    source: String,
}

/// A published value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIndexValue {
    price_index_id: Uuid,
    /// Any day of its month.
    month: NaiveDate,
    /// Not in the future: it counts from that day on.
    published_on: NaiveDate,
    #[schema(example = "118.9")]
    points: String,
    #[serde(default)]
    provisional: bool,
}

/// A value that waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexValueRelease {
    price_index_id: Uuid,
    value_id: Uuid,
}

/// What was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    id: Uuid,
}

/// All price indexes of the body with their values.
#[utoipa::path(get, path = "/api/v1/price-indexes", tag = "price-indexes", responses((status = 200, body = Vec<PriceIndexView>)))]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Answer<Vec<PriceIndexView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let mut views = Vec::new();
    for it in price_indexes::list(&mut tx).await? {
        let values = price_indexes::values(&mut tx, it.id).await?;
        views.push(PriceIndexView {
            id: it.id.0,
            name: it.name,
            source: it.source,
            contracts: it.contracts,
            values: values
                .into_iter()
                .map(|value| IndexValueView {
                    id: value.id,
                    month: value.month,
                    published_on: value.published_on,
                    points: value.points.to_string(),
                    provisional: value.provisional,
                    released: value.released_at.is_some(),
                })
                .collect(),
        });
    }
    Ok(Answer(views))
}

/// Enters a price index.
#[utoipa::path(post, path = "/api/v1/price-indexes", tag = "price-indexes", request_body = NewPriceIndex, responses((status = 201, body = Made)))]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewPriceIndex>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let id = keep_price_index::create(&app, &actor, &new.name, &new.source).await?;
    Ok((StatusCode::CREATED, Answer(Made { id: id.0 })))
}

/// Records a published value; it waits for a second person.
#[utoipa::path(post, path = "/api/v1/price-indexes/values", tag = "price-indexes", request_body = NewIndexValue, responses((status = 201, body = Made)))]
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewIndexValue>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let points = new.points.parse().map_err(|_| {
        let shown: String = new.points.chars().take(20).collect();
        let message = format!("„{shown}“ ist kein Indexwert. Erwartet wird eine Zahl wie 118.9.");
        Problem::invalid(vec![FieldError::new("points", message)])
    })?;
    let month = new.month.with_day(1).unwrap_or(new.month);
    let value = NewValue { month, published_on: new.published_on, points, provisional: new.provisional };
    let id = keep_price_index::record(&app, &actor, IndexSeriesId(new.price_index_id), &value).await?;
    Ok((StatusCode::CREATED, Answer(Made { id })))
}

/// Releases a value that somebody else recorded.
///
/// 409 for whoever recorded it, and once it is released.
#[utoipa::path(post, path = "/api/v1/price-indexes/releases", tag = "price-indexes", request_body = IndexValueRelease, responses((status = 204)))]
pub async fn release(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(it): Json<IndexValueRelease>,
) -> Result<StatusCode, Problem> {
    keep_price_index::release(&app, &actor, IndexSeriesId(it.price_index_id), it.value_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
