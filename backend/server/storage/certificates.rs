//! Frozen certificates of entitlement and of savings, records of mini-competitions, and the papers of meeting reports.

use abruf_domain::ids::{ContractId, MiniCompetitionId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::document_store::StoredFile;

/// What a certificate is about, beside its member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The member may call off from this contract.
    Entitlement(ContractId),
    /// What the member saved in this calendar year.
    Savings(i32),
    /// What an organ of the body had before it about this calendar year; the "member" is the body itself.
    Meeting(i32),
    /// A decided mini-competition of the member under this contract.
    Competition(ContractId, MiniCompetitionId),
}

impl Subject {
    /// As the database and JSON write the kind.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Entitlement(_) => "entitlement_certificate",
            Self::Savings(_) => "savings_certificate",
            Self::Meeting(_) => "meeting_report",
            Self::Competition(..) => "competition_record",
        }
    }

    /// Contract, year, mini-competition.
    const fn parts(self) -> (Option<Uuid>, Option<i32>, Option<Uuid>) {
        match self {
            Self::Entitlement(contract) => (Some(contract.0), None, None),
            Self::Savings(year) | Self::Meeting(year) => (None, Some(year), None),
            Self::Competition(contract, id) => (Some(contract.0), None, Some(id.0)),
        }
    }
}

/// A certificate to be written.
#[derive(Debug)]
pub struct NewCertificate<'a> {
    /// Which.
    pub id: Uuid,
    /// About what.
    pub subject: Subject,
    /// `B-7K3M9Q2D`.
    pub number: &'a str,
    /// Who certifies.
    pub body: OrganisationId,
    /// Whom it is about.
    pub member: OrganisationId,
    /// Berlin day printed on it.
    pub dated_on: NaiveDate,
    /// The certificate it replaces.
    pub previous: Option<Uuid>,
    /// Name offered at download.
    pub file_name: &'a str,
    /// Printed Prüfkennung.
    pub check_code: &'a str,
    /// SHA-256 of the file.
    pub sha256: &'a [u8; 32],
    /// Which template made it.
    pub template_version: &'a str,
    /// Canonical input the Prüfkennung stands for.
    pub input: &'a str,
    /// Number of pages.
    pub pages: usize,
    /// The file, if it is to lie in its row.
    pub bytes: Option<&'a [u8]>,
    /// Its size.
    pub byte_count: usize,
    /// Who had it issued; `None`: the program.
    pub by: Option<PersonId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a certificate; it can never be changed again.
pub async fn insert(conn: &mut PgConnection, new: &NewCertificate<'_>) -> Result<(), StorageError> {
    let (contract, year, competition) = new.subject.parts();
    sqlx::query!(
        "INSERT INTO certificate (id, kind, number, body_id, member_id, contract_id, year, competition_id, dated_on, previous_id,
                                  file_name, check_code, sha256, template_version, program_version, input, pages, bytes, person_id,
                                  issued_at, byte_count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        new.id,
        new.subject.kind(),
        new.number,
        new.body.0,
        new.member.0,
        contract,
        year,
        competition,
        new.dated_on,
        new.previous,
        new.file_name,
        new.check_code,
        &new.sha256[..],
        new.template_version,
        env!("CARGO_PKG_VERSION"),
        new.input,
        i32::try_from(new.pages).unwrap_or(i32::MAX),
        new.bytes,
        new.by.map(Uuid::from),
        new.at,
        i32::try_from(new.byte_count).unwrap_or(i32::MAX),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A certificate that another one replaces.
#[derive(Debug, Clone)]
pub struct Previous {
    /// Which.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Day printed on it.
    pub dated_on: NaiveDate,
    /// Prüfkennung.
    pub check_code: String,
}

/// The newest certificate about this.
pub async fn newest(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
    subject: Subject,
) -> Result<Option<Previous>, StorageError> {
    let (contract, year, _) = subject.parts();
    Ok(sqlx::query_as!(
        Previous,
        "SELECT id, number, dated_on, check_code
         FROM certificate
         WHERE body_id = $1 AND member_id = $2 AND kind = $3
           AND contract_id IS NOT DISTINCT FROM $4 AND year IS NOT DISTINCT FROM $5
         ORDER BY issued_at DESC, id DESC
         LIMIT 1",
        body.0,
        member.0,
        subject.kind(),
        contract,
        year
    )
    .fetch_optional(conn)
    .await?)
}

/// A certificate without its bytes.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// `entitlement_certificate` or `savings_certificate`.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Whom it is about.
    pub member_id: Uuid,
    /// The member's name.
    pub member: String,
    /// The contract it is about.
    pub contract_id: Option<Uuid>,
    /// The contract's number and title.
    pub contract: Option<String>,
    /// The year it is about.
    pub year: Option<i32>,
    /// Prüfkennung.
    pub check_code: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Name offered at download.
    pub file_name: String,
    /// Pages.
    pub pages: i32,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Number of the certificate that replaces it.
    pub replaced_by: Option<String>,
}

/// The visible certificates, newest first; records of mini-competitions stand at their competition,
/// meeting reports on their own page.
pub async fn page(conn: &mut PgConnection, limit: i64, offset: i64) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT c.id, c.kind, c.number, c.member_id, m.name AS member, c.contract_id,
                  f.number || ' ' || f.title AS contract, c.year, c.check_code, c.sha256, c.file_name, c.pages, c.issued_at,
                  (SELECT n.number FROM certificate n WHERE n.previous_id = c.id ORDER BY n.issued_at, n.id LIMIT 1) AS replaced_by
           FROM certificate c
           JOIN organisation m ON m.id = c.member_id
           LEFT JOIN framework_contract f ON f.id = c.contract_id
           WHERE c.competition_id IS NULL AND c.kind <> 'meeting_report'
           ORDER BY c.issued_at DESC, c.id DESC
           LIMIT $1 OFFSET $2"#,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many certificates are visible.
pub async fn count(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM certificate WHERE competition_id IS NULL AND kind <> 'meeting_report'"#
    )
    .fetch_one(conn)
    .await?)
}

/// The file of a visible certificate.
pub async fn file(conn: &mut PgConnection, id: Uuid) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(StoredFile, "SELECT file_name, sha256, bytes FROM certificate WHERE id = $1", id)
        .fetch_optional(conn)
        .await?)
}

/// The file of the record of a mini-competition.
pub async fn of_competition(
    conn: &mut PgConnection,
    id: MiniCompetitionId,
) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(StoredFile, "SELECT file_name, sha256, bytes FROM certificate WHERE competition_id = $1", id.0)
        .fetch_optional(conn)
        .await?)
}
