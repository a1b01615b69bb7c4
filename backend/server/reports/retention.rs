//! What is kept until when and why: each call-off with its record, its documents, certificates; what may be destroyed
//! first stands first. It tells; nothing is deleted by it.
//!
//! Periods are those of the law when somebody looks, as `domain/src/retention.rs` computes them: a shorter one also frees
//! what is older.

use abruf_domain::call_off::document_in_words;
use abruf_domain::facts::SupplyChain;
use abruf_domain::law::lies_in;
use abruf_domain::retention::{ContractFile, Ground, Paper, RetentionClass};
use chrono::{Datelike, NaiveDate};
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::Question;
use super::savings_by::MOST_ROWS;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::parameters::{self, StoredParameter};

/// Something that is kept, with what its periods hang on.
struct Kept {
    /// `request`, `call_off`, or the kind of document or certificate.
    kind: String,
    name: String,
    file_name: String,
    made_on: NaiveDate,
    call_off: Option<Uuid>,
    member: String,
    /// Number and title; empty where it is about no contract.
    contract: String,
    awarded_on: Option<NaiveDate>,
    starts_on: Option<NaiveDate>,
    contract_end: Option<NaiveDate>,
    retention_class: Option<String>,
    through_body: bool,
    /// Jurisdictions of contract, body and member.
    of_contract: String,
    of_body: String,
    of_member: String,
}

/// A last day with the ground and the period it comes from.
struct Until<'a> {
    day: NaiveDate,
    ground: Ground,
    period: &'a StoredParameter,
}

/// The report.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question, today: NaiveDate) -> Result<Table, StorageError> {
    let mut periods = parameters::all(&mut *conn).await?;
    periods.retain(|it| it.key.starts_with("retention_") && it.is_valid_on(today));
    let all = kept(&mut *conn, question).await?;
    let mut judged: Vec<(Result<Until<'_>, Ground>, &Kept)> = all.iter().map(|it| (it.until(&periods), it)).collect();
    // What nobody knows a last day of stands at the end: it is kept.
    judged.sort_by_key(|(until, it)| (until.as_ref().map_or(NaiveDate::MAX, |it| it.day), it.name.clone()));
    let rows: Vec<Row> = judged.iter().map(|(until, it)| it.row(until.as_ref(), today)).collect();
    let over = judged.iter().filter(|(until, _)| until.as_ref().is_ok_and(|it| it.day < today)).count();
    let reported = count(&mut *conn, question).await?;
    Ok(Table {
        name: "retention",
        title: "Aufbewahrung: was bis wann und warum".to_owned(),
        lead: match over {
            0 => "Nichts in dieser Auswahl darf heute vernichtet werden. Das früheste Ende steht oben.".to_owned(),
            1 => "1 Unterlage dürfte heute vernichtet werden. Abruf löscht nichts von selbst.".to_owned(),
            over => format!("{over} Unterlagen dürften heute vernichtet werden. Abruf löscht nichts von selbst."),
        },
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Unterlagen",
        columns: columns(),
        checks: vec![Table::counted("Zeilen", &rows, reported)],
        rows,
        method: method(),
        empty: "In dieser Auswahl gibt es keine Unterlagen.".to_owned(),
    })
}

impl Kept {
    fn paper(&self) -> Paper {
        match self.kind.as_str() {
            "request" => Paper::Request,
            "competition_record" => Paper::CompetitionRecord,
            "entitlement_certificate" | "savings_certificate" => Paper::Certificate,
            kind if kind.starts_with("supplier_") => Paper::SupplierOrder,
            _ => Paper::Order,
        }
    }

    fn words(&self) -> String {
        let what = match self.kind.as_str() {
            "request" => "Vorgang ohne Bestellung",
            "call_off" => "Vorgang mit Prüfungen und Protokoll",
            "entitlement_certificate" => "Bescheinigung der Abrufberechtigung",
            "savings_certificate" => "Einsparbescheinigung",
            "competition_record" => "Vergabevermerk zum Miniwettbewerb",
            kind => document_in_words(kind),
        };
        format!("{what} {}", self.name)
    }

    fn contract_file(&self) -> Option<ContractFile> {
        let awarded_on = self.awarded_on.or(self.starts_on)?;
        Some(ContractFile { awarded_on, contract_end: self.contract_end? })
    }

    /// The latest of its last days; the ground of which nothing is known, as it may be the latest.
    fn until<'a>(&self, periods: &'a [StoredParameter]) -> Result<Until<'a>, Ground> {
        let class = self.retention_class.as_deref().and_then(RetentionClass::from_key);
        let chain = if self.through_body { SupplyChain::ThroughBody } else { SupplyChain::Direct };
        let contract = self.contract_file();
        let mut latest: Option<Until<'a>> = None;
        for ground in self.paper().grounds(class, Some(chain)) {
            let jurisdiction = match ground {
                // What is about no contract belongs to no procurement file.
                Ground::ProcurementFile if self.contract.is_empty() => continue,
                Ground::ProcurementFile => &self.of_contract,
                Ground::CooperativeVoucher | Ground::CooperativeLetter => &self.of_body,
                Ground::MemberVoucher | Ground::MemberBooks => &self.of_member,
            };
            let said = periods.iter().filter(|it| it.key == ground.key() && lies_in(jurisdiction, &it.jurisdiction));
            let period = said.max_by_key(|it| it.jurisdiction.len()).ok_or(ground)?;
            let years = period.value.parse::<u32>().map_err(|_| ground)?;
            let day = ground.last_day(years, self.made_on, contract).ok_or(ground)?;
            if latest.as_ref().is_none_or(|it| it.day < day) {
                latest = Some(Until { day, ground, period });
            }
        }
        latest.ok_or(Ground::ProcurementFile)
    }

    fn row(&self, until: Result<&Until<'_>, &Ground>, today: NaiveDate) -> Row {
        let (day, state, ground, source, provided) = match until {
            Err(ground) => {
                let why = format!("Für „{}“ nennt das Recht keine Frist.", ground.german());
                (None, "aufbewahren", *ground, String::new(), why)
            }
            Ok(it) => {
                let state = if it.day < today { "darf vernichtet werden" } else { "aufbewahren" };
                (Some(it.day), state, it.ground, source(it.period), self.provided(it))
            }
        };
        let cells = vec![
            Cell::text(self.words()),
            Cell::Day(self.made_on),
            Cell::text(self.member.clone()),
            Cell::text(self.contract.clone()),
            Cell::text(self.file_name.clone()),
            Cell::day(day),
            Cell::text(state),
            Cell::text(ground.german()),
            Cell::text(source),
            Cell::text(provided),
        ];
        match self.call_off {
            Some(call_off) => Row::leading_to(cells, format!("/abrufe/{call_off}")),
            None => Row::of(cells),
        }
    }

    /// What the last day assumes.
    fn provided(&self, until: &Until<'_>) -> String {
        let year = self.made_on.year();
        if until.ground.waits_for_accounts() {
            let next = year + 1;
            return format!(
                "frühestens: wenn der Jahresabschluss {year} im Jahr {next} beschlossen wird, sonst später"
            );
        }
        if until.ground != Ground::ProcurementFile {
            return String::new();
        }
        if self.contract_end == Some(until.day) {
            "bis zum Ende der Laufzeit, Stand heute".to_owned()
        } else if self.awarded_on.is_none() {
            "Tag des Zuschlags nicht erfasst, gerechnet ab Vertragsbeginn".to_owned()
        } else {
            String::new()
        }
    }
}

/// `§ 8 Abs. 4 VgV (3 Jahre)`.
fn source(period: &StoredParameter) -> String {
    let unsure = if period.certainty == "?" { ", zu prüfen" } else { "" };
    format!("{} ({} Jahre{unsure})", period.source, period.value)
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("record", "Unterlage", Kind::Text),
        Column::new("made_on", "Vom", Kind::Day),
        Column::new("member", "Mitglied", Kind::Text).typed(),
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed().not_on_paper(),
        Column::new("file_name", "Datei", Kind::Text).typed().not_on_paper(),
        Column::new("keep_until", "Aufzubewahren bis", Kind::Day),
        Column::new("state", "Heute", Kind::Text),
        Column::new("ground", "Warum", Kind::Text),
        Column::new("source", "Quelle", Kind::Text).typed(),
        Column::new("provided", "Vorbehalt", Kind::Text).not_on_paper(),
    ]
}

fn method() -> Vec<String> {
    [
        "Es zählt die längste Frist, die für eine Unterlage gilt. Die Jahre sind die des Rechts von heute; sie stehen mit Quelle auf der Seite „Recht“.",
        "Vergabeakte: bis zum Ende der Laufzeit mit ausgeübten Optionen, mindestens so viele Jahre ab dem Zuschlag. Sie gilt für jeden Vorgang, auch den abgelehnten, und für jedes Dokument zu einem Rahmenvertrag.",
        "Beleg oder Bücher des Mitglieds: ab dem 1. Januar nach dem Beschluss über den Jahresabschluss. Diesen Tag kennt Abruf nicht und nimmt den frühesten an: im Jahr nach dem Vorgang.",
        "Beleg oder Brief der Genossenschaft: ab dem Ende des Jahres. Das gilt, wo sie selbst bestellt oder bescheinigt.",
        "Ob Bücher, Belege oder nur die Vergabeakte gemeint sind, sagt die Aufbewahrungsklasse des Rahmenvertrags.",
        "Abruf löscht nichts von selbst. Vor dem Vernichten bitte prüfen: laufende Prüfung, Rechtsstreit, Förderbescheid, Anbietung an das Archiv.",
        "Entwürfe stehen nicht hier. Sitzungsberichte auch nicht: sie gehören zu den Niederschriften der Organe (§ 47 GenG), für die keine Frist endet.",
        "Zeitraum und Jahr der Auswahl meinen den Tag der Unterlage. Abgleich: die Zahl der Zeilen gegen eine eigene Zählung.",
    ]
    .map(ToOwned::to_owned)
    .to_vec()
}

async fn kept(conn: &mut PgConnection, question: &Question) -> Result<Vec<Kept>, StorageError> {
    Ok(sqlx::query_as!(
        Kept,
        r#"SELECT k.kind AS "kind!", k.name AS "name!", k.file_name AS "file_name!", k.made_on AS "made_on!",
                  k.call_off_id AS "call_off?", m.name AS "member!", coalesce(f.number || ' ' || f.title, '') AS "contract!",
                  f.awarded_on AS "awarded_on?", f.starts_on AS "starts_on?",
                  greatest(f.ends_on, (SELECT max(x.new_end) FROM contract_option x
                                       WHERE x.contract_id = f.id AND x.exercised_on <= x.notice_deadline)) AS "contract_end?",
                  f.retention_class AS "retention_class?", coalesce(f.supply_chain = 'through_body', false) AS "through_body!",
                  coalesce(f.jurisdiction, b.jurisdiction) AS "of_contract!", b.jurisdiction AS "of_body!",
                  m.jurisdiction AS "of_member!"
           FROM (SELECT CASE WHEN c.number IS NULL THEN 'request' ELSE 'call_off' END AS kind, c.id, coalesce(c.number, c.case_number) AS name,
                        '' AS file_name, (coalesce(c.released_at, c.submitted_at) AT TIME ZONE 'Europe/Berlin')::date AS made_on,
                        c.contract_id, c.member_id, c.body_id, c.id AS call_off_id
                 FROM call_off c
                 WHERE c.submitted_at IS NOT NULL
                 UNION ALL
                 SELECT d.kind, d.id, coalesce(c.number, c.case_number), d.file_name,
                        (d.created_at AT TIME ZONE 'Europe/Berlin')::date, c.contract_id, c.member_id, c.body_id, c.id
                 FROM document d
                 JOIN call_off c ON c.contract_id = d.contract_id AND c.id = d.call_off_id
                 UNION ALL
                 SELECT t.kind, t.id, t.number, t.file_name, t.dated_on, t.contract_id, t.member_id, t.body_id, NULL
                 FROM certificate t
                 WHERE t.kind <> 'meeting_report') k
           JOIN organisation m ON m.id = k.member_id
           JOIN organisation b ON b.id = k.body_id
           LEFT JOIN framework_contract f ON f.id = k.contract_id
           WHERE ($1::date IS NULL OR $1 <= k.made_on) AND ($2::date IS NULL OR k.made_on <= $2)
             AND ($3::int IS NULL OR extract(year FROM k.made_on) = $3)
             AND ($4::uuid IS NULL OR k.contract_id = $4) AND ($5::uuid IS NULL OR k.member_id = $5)
           ORDER BY k.made_on, k.name, k.kind, k.id
           LIMIT $6"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        MOST_ROWS + 1
    )
    .fetch_all(conn)
    .await?)
}

/// How many there are, counted table by table.
async fn count(conn: &mut PgConnection, question: &Question) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"WITH asked AS (SELECT coalesce($1::date, '-infinity') AS first, coalesce($2::date, 'infinity') AS last),
                call_offs AS (
             SELECT count(*) AS n
             FROM call_off c, asked, LATERAL (SELECT (coalesce(c.released_at, c.submitted_at) AT TIME ZONE 'Europe/Berlin')::date AS day) x
             WHERE c.submitted_at IS NOT NULL AND x.day BETWEEN asked.first AND asked.last
               AND ($3::int IS NULL OR extract(year FROM x.day) = $3)
               AND ($4::uuid IS NULL OR c.contract_id = $4) AND ($5::uuid IS NULL OR c.member_id = $5)),
                documents AS (
             SELECT count(*) AS n
             FROM document d
             JOIN call_off c ON c.id = d.call_off_id, asked, LATERAL (SELECT (d.created_at AT TIME ZONE 'Europe/Berlin')::date AS day) x
             WHERE x.day BETWEEN asked.first AND asked.last AND ($3::int IS NULL OR extract(year FROM x.day) = $3)
               AND ($4::uuid IS NULL OR d.contract_id = $4) AND ($5::uuid IS NULL OR c.member_id = $5)),
                certificates AS (
             SELECT count(*) AS n
             FROM certificate t, asked
             WHERE t.kind <> 'meeting_report' AND t.dated_on BETWEEN asked.first AND asked.last
               AND ($3::int IS NULL OR extract(year FROM t.dated_on) = $3)
               AND ($4::uuid IS NULL OR t.contract_id = $4) AND ($5::uuid IS NULL OR t.member_id = $5))
           SELECT c.n + d.n + t.n AS "n!" FROM call_offs c, documents d, certificates t"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member
    )
    .fetch_one(conn)
    .await?)
}
