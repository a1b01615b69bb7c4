//! Call-offs with all their documents as one file, for auditors' programs.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::call_off::Status;
use abruf_domain::ids::{ContractId, OrganisationId};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::http::extract::Query;
use crate::http::pages::audit_bag;
use crate::http::problem::{FieldError, Problem};
use crate::http::session::SignedIn;
use crate::storage::call_off_list::Search;

/// Which call-offs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct BagSearch {
    /// First day, by date of submission.
    from: Option<NaiveDate>,
    /// Last day, included.
    to: Option<NaiveDate>,
    /// One member.
    member_id: Option<Uuid>,
    /// One contract.
    contract_id: Option<Uuid>,
    /// One state, as in the list of call-offs.
    #[param(example = "cancelled")]
    status: Option<String>,
    /// Part of number, contract, member, supplier or requester.
    words: Option<String>,
    /// Only those with a declined submission.
    #[serde(default)]
    declined_only: bool,
}

/// The call-offs one may see as a `BagIt` bag (RFC 8493) in a ZIP: table, description of its columns, frozen PDFs,
/// manifests with SHA-256. The same state gives the same bytes; `Range` with `If-Range` takes up a broken download.
#[utoipa::path(
    get, path = "/api/v1/audit/call-offs.zip", tag = "proof", params(BagSearch),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>))
)]
pub async fn download(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<BagSearch>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let statuses = match asked.status.as_deref().map(str::parse::<Status>) {
        None => Vec::new(),
        Some(Ok(status)) => vec![status],
        Some(Err(_)) => {
            let allowed: Vec<&str> = Status::ALL.iter().map(|status| status.key()).collect();
            let message = format!("Diesen Stand gibt es nicht. Möglich sind: {}.", allowed.join(", "));
            return Err(Problem::invalid(vec![FieldError::new("status", message)]));
        }
    };
    let search = Search {
        statuses,
        member: asked.member_id.map(OrganisationId),
        contract: asked.contract_id.map(ContractId),
        from: asked.from,
        to: asked.to,
        words: asked.words.unwrap_or_default(),
        declined_only: asked.declined_only,
        ..Search::default()
    };
    audit_bag::bag(&app, &actor, &search, &headers).await
}
