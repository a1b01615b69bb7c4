//! Search over contracts, items, call-offs and documents, each kind on its own.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::http::api::paging;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::search::{self, Hits};

/// Words and page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Words; all must match, by their German stem, as part of a compound, or mistyped by a letter or two.
    #[serde(default)]
    #[param(max_length = 200)]
    q: String,
    /// Rows to return of each kind.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Rows to skip of each kind.
    #[serde(default)]
    #[param(maximum = 1_000)]
    offset: u32,
}

const fn ten() -> u16 {
    10
}

/// What was found, by kind. Totals end at 1,000: ask more exactly then.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResult {
    /// Words taken as meant, where one stands in no contract.
    #[schema(example = json!(["Citrix"]))]
    also_searched: Vec<String>,
    contracts: FoundContracts,
    items: FoundItems,
    call_offs: FoundCallOffs,
    documents: FoundDocuments,
}

/// Contracts.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundContracts {
    total: i64,
    rows: Vec<FoundContract>,
}

/// A contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundContract {
    id: Uuid,
    number: String,
    title: String,
    suppliers: String,
    status: String,
}

/// Items.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundItems {
    total: i64,
    rows: Vec<FoundItem>,
}

/// An item.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundItem {
    contract_id: Uuid,
    contract_number: String,
    article_number: String,
    title: String,
}

/// Call-offs.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundCallOffs {
    total: i64,
    rows: Vec<FoundCallOff>,
}

/// A call-off.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundCallOff {
    id: Uuid,
    /// Number once released, before that the case number.
    number: String,
    contract_title: String,
    member: String,
    status: String,
}

/// Documents.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundDocuments {
    total: i64,
    rows: Vec<FoundDocument>,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundDocument {
    call_off_id: Uuid,
    kind: String,
    file_name: String,
    check_code: String,
}

/// Searches in everything the actor may see.
#[utoipa::path(get, path = "/api/v1/search", tag = "search", params(Question), responses((status = 200, body = SearchResult)))]
pub async fn search(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Question>,
) -> Result<Answer<SearchResult>, Problem> {
    paging::check(asked.limit, asked.offset, 1_000, &asked.q)?;
    let (limit, offset) = (i64::from(asked.limit), i64::from(asked.offset));
    let mut tx = app.db.begin(&actor).await?;
    let wanted = search::wanted(&mut tx, &asked.q).await?;
    let (contracts, items, call_offs, documents) = match &wanted {
        Some(wanted) => (
            search::contracts(&mut tx, wanted, limit, offset).await?,
            search::items(&mut tx, wanted, &asked.q, limit, offset).await?,
            search::call_offs(&mut tx, wanted, limit, offset).await?,
            search::documents(&mut tx, wanted, limit, offset).await?,
        ),
        None => (Hits::default(), Hits::default(), Hits::default(), Hits::default()),
    };
    Ok(Answer(SearchResult {
        also_searched: wanted.map(|it| it.meant).unwrap_or_default(),
        contracts: FoundContracts {
            total: contracts.total,
            rows: contracts
                .rows
                .into_iter()
                .map(|it| FoundContract {
                    id: it.id,
                    number: it.number,
                    title: it.title,
                    suppliers: it.suppliers,
                    status: it.status,
                })
                .collect(),
        },
        items: FoundItems {
            total: items.total,
            rows: items
                .rows
                .into_iter()
                .map(|it| FoundItem {
                    contract_id: it.contract,
                    contract_number: it.contract_number,
                    article_number: it.article_number,
                    title: it.title,
                })
                .collect(),
        },
        call_offs: FoundCallOffs {
            total: call_offs.total,
            rows: call_offs
                .rows
                .into_iter()
                .map(|it| FoundCallOff {
                    id: it.id,
                    number: it.number,
                    contract_title: it.contract_title,
                    member: it.member,
                    status: it.status.key().to_owned(),
                })
                .collect(),
        },
        documents: FoundDocuments {
            total: documents.total,
            rows: documents
                .rows
                .into_iter()
                .map(|it| FoundDocument {
                    call_off_id: it.call_off,
                    kind: it.kind,
                    file_name: it.file_name,
                    check_code: it.check_code,
                })
                .collect(),
        },
    }))
}
