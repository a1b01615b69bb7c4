//! Certificates: that a member may call off from a contract, and what it saved in a year.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::issue_certificate;
use crate::app::App;
use crate::http::api::paging;
use crate::http::api::window::{self, Part};
use crate::http::extract::{Path, Query};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::certificates::{self, Listed, Subject};

/// A frozen certificate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Certificate)]
pub struct CertificateView {
    id: Uuid,
    /// entitlement_certificate or savings_certificate.
    #[schema(example = "entitlement_certificate")]
    kind: String,
    /// For the telephone, not sequential.
    #[schema(example = "B-7K3M9Q2D")]
    number: String,
    member_id: Uuid,
    member: String,
    /// Of a certificate of entitlement.
    contract_id: Option<Uuid>,
    /// Of a certificate of savings.
    year: Option<i32>,
    file_name: String,
    /// Prüfkennung printed on each page.
    check_code: String,
    /// SHA-256 of the file, hexadecimal.
    sha256: String,
    pages: i32,
    issued_at: DateTime<Utc>,
    /// Number of the newer certificate about the same thing.
    replaced_by: Option<String>,
}

impl From<Listed> for CertificateView {
    fn from(it: Listed) -> Self {
        Self {
            id: it.id,
            kind: it.kind,
            number: it.number,
            member_id: it.member_id,
            member: it.member,
            contract_id: it.contract_id,
            year: it.year,
            file_name: it.file_name,
            check_code: it.check_code,
            sha256: HEXLOWER.encode(&it.sha256),
            pages: it.pages,
            issued_at: it.issued_at,
            replaced_by: it.replaced_by,
        }
    }
}

/// What is to be certified.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewCertificate {
    /// That the member may call off from a contract today.
    EntitlementCertificate {
        /// The contract.
        contract_id: Uuid,
    },
    /// What the member saved in a calendar year.
    SavingsCertificate {
        /// The year; not after this one.
        #[schema(example = 2026)]
        year: i32,
    },
}

/// The id of a certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateId {
    id: Uuid,
}

/// A page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CertificatesPage {
    /// Certificates to return.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Certificates to skip.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u32,
}

const fn fifty() -> u16 {
    50
}

/// Every certificate one may see, newest first.
#[utoipa::path(
    get, path = "/api/v1/certificates", tag = "certificates", params(CertificatesPage),
    responses((status = 200, body = Vec<CertificateView>))
)]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: Uri,
    Query(asked): Query<CertificatesPage>,
) -> Result<Part<Vec<CertificateView>>, Problem> {
    paging::check(asked.limit, asked.offset, 10_000_000, "")?;
    let mut tx = app.db.begin(&actor).await?;
    let total = certificates::count(&mut tx).await?;
    let rows = certificates::page(&mut tx, asked.limit.into(), asked.offset.into()).await?;
    let headers = window::of_part(&address, total, asked.limit, asked.offset, rows.len());
    Ok((headers, Answer(rows.into_iter().map(CertificateView::from).collect())))
}

/// A certificate as PDF.
#[utoipa::path(
    get, path = "/api/v1/certificates/{id}", tag = "certificates",
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>))
)]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let file = certificates::file(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let (name, bytes) = app.documents.read(file).await?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes))
}

/// Has a certificate issued; a newer one about the same thing replaces the older one and names it.
#[utoipa::path(
    post, path = "/api/v1/members/{id}/certificates", tag = "certificates",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewCertificate, responses((status = 201, body = CertificateId))
)]
pub async fn issue(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<NewCertificate>,
) -> Result<(StatusCode, Answer<CertificateId>), Problem> {
    let subject = match body {
        NewCertificate::EntitlementCertificate { contract_id } => Subject::Entitlement(ContractId(contract_id)),
        NewCertificate::SavingsCertificate { year } => Subject::Savings(year),
    };
    let id = issue_certificate::issue(&app, &actor, OrganisationId(id), subject, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(CertificateId { id })))
}
