//! Every report by name: who may open it, what it may be asked, and its table. Pages, files, the API and the command line
//! come through here.

use abruf_domain::cpv;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::notation::Language;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use thiserror::Error;
use uuid::Uuid;

use super::question::{Mistake, NO_CATEGORY, Question};
use super::row_stream::Rows;
use super::savings_by::MOST_ROWS;
use super::savings_levels::class_words;
use super::table::{Column, Table};
use super::{
    burn_rate, contract_ceilings, coverage, expiring, minimum_purchases, names, negative_savings, open_evidence,
    retention, savings_levels, savings_lines, usage, utilisation,
};
use crate::actor::{Actor, Role, Standing};
use crate::storage::{StorageError, contracts, member_list};

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Report {
    /// Savings by up to three dimensions.
    SavingsBy,
    /// Call-offs behind them.
    SavingsCallOffs,
    /// Their lines.
    SavingsLines,
    /// Their bookings with baseline and evidence.
    SavingsEntries,
    /// Ceilings and quotas.
    Utilisation,
    /// Burn rate and next tender.
    BurnRate,
    /// Ending contracts and open options.
    Expiring,
    /// Who uses what, who could.
    Usage,
    /// Call-offs that cost more.
    NegativeCallOffs,
    /// Lines that cost more.
    NegativeLines,
    /// Lines without a valid baseline.
    OpenEvidence,
    /// Evidenced share of the order value, by contract.
    Coverage,
    /// Ceilings of the contracts of a year.
    ContractCeilings,
    /// What must have been called off by a day.
    MinimumPurchases,
    /// What is kept until when and why.
    Retention,
}

/// Why there is no table.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The question names what the reader may not see, or what is not there; nobody can tell which.
    #[error("no such report, contract, member, supplier or call-off")]
    NotFound,
    /// It cannot be asked like that.
    #[error("the question is out of bounds")]
    Refused(Vec<Mistake>),
    /// More rows than a report shows.
    #[error("more rows than a report shows")]
    TooLong,
}

impl Report {
    /// All of them, in the order of the index.
    pub const ALL: [Self; 15] = [
        Self::SavingsBy,
        Self::SavingsCallOffs,
        Self::SavingsLines,
        Self::SavingsEntries,
        Self::NegativeCallOffs,
        Self::NegativeLines,
        Self::OpenEvidence,
        Self::Coverage,
        Self::ContractCeilings,
        Self::Utilisation,
        Self::BurnRate,
        Self::MinimumPurchases,
        Self::Expiring,
        Self::Usage,
        Self::Retention,
    ];

    /// Its name in the API and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SavingsBy => "savings-by",
            Self::SavingsCallOffs => "savings-call-offs",
            Self::SavingsLines => "savings-lines",
            Self::SavingsEntries => "savings-entries",
            Self::Utilisation => "utilisation",
            Self::BurnRate => "burn-rate",
            Self::Expiring => "expiring",
            Self::Usage => "usage",
            Self::NegativeCallOffs => "negative-call-offs",
            Self::NegativeLines => "negative-lines",
            Self::OpenEvidence => "open-evidence",
            Self::Coverage => "coverage",
            Self::ContractCeilings => "contract-ceilings",
            Self::MinimumPurchases => "minimum-purchases",
            Self::Retention => "retention",
        }
    }

    /// Its last step in the address of a page.
    #[must_use]
    pub const fn german_key(self) -> &'static str {
        match self {
            Self::SavingsBy => "einsparungen-nach",
            Self::SavingsCallOffs => "einsparungen-abrufe",
            Self::SavingsLines => "einsparungen-positionen",
            Self::SavingsEntries => "einsparungen-belege",
            Self::Utilisation => "ausschoepfung",
            Self::BurnRate => "abfluss",
            Self::Expiring => "auslaufende-vertraege",
            Self::Usage => "nutzung",
            Self::NegativeCallOffs => "mehrkosten-abrufe",
            Self::NegativeLines => "mehrkosten-positionen",
            Self::OpenEvidence => "offene-nachweise",
            Self::Coverage => "deckungsquote",
            Self::ContractCeilings => "hoechstwerte",
            Self::MinimumPurchases => "mindestabnahmen",
            Self::Retention => "aufbewahrung",
        }
    }

    /// The report of this name, in either language.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key || it.german_key() == key)
    }

    /// What it answers, for the index: title and sentence.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::SavingsBy => (
                "Einsparungen nach Wahl",
                "Nach Vertrag, Mitglied, Kategorie, Jahr, Lieferant und Klasse, bis zum Beleg.",
            ),
            Self::SavingsCallOffs => ("Einsparungen je Abruf", "Alle Abrufe mit ihrer Einsparung."),
            Self::SavingsLines => ("Einsparungen je Position", "Alle Positionen mit Vergleichswert."),
            Self::SavingsEntries => ("Einsparungen je Buchung", "Jede Buchung mit Vergleichspreis und Beleg."),
            Self::Utilisation => ("Ausschöpfung", "Höchstgrenzen und Kontingente: verbraucht, reserviert, frei."),
            Self::BurnRate => {
                ("Abfluss und Reichweite", "Wann ein Vertrag ausgeschöpft ist und die nächste Ausschreibung beginnt.")
            }
            Self::Expiring => ("Auslaufende Verträge", "Laufzeitenden und offene Optionen mit ihren Fristen."),
            Self::Usage => ("Nutzung", "Wer welchen Vertrag nutzt, und wer es könnte."),
            Self::NegativeCallOffs => ("Mehrkosten je Abruf", "Abrufe mit negativer Einsparung."),
            Self::NegativeLines => ("Mehrkosten je Position", "Positionen über ihrem Vergleichspreis."),
            Self::OpenEvidence => ("Offene Nachweise", "Positionen ohne gültigen Vergleichspreis, und was fehlt."),
            Self::Coverage => ("Deckungsquote", "Wie viel vom Wert der Positionen verglichen ist, je Vertrag."),
            Self::ContractCeilings => ("Höchstwerte der Verträge", "Höchstwert und Verbrauch je Vertrag eines Jahres."),
            Self::MinimumPurchases => {
                ("Mindestabnahmen in Gefahr", "Was bis wann abgerufen sein muss, was fehlt und was sonst geschieht.")
            }
            Self::Retention => (
                "Aufbewahrung",
                "Welche Unterlage bis wann und warum aufzubewahren ist, und was vernichtet werden darf.",
            ),
        }
    }

    /// Whether somebody in this role may open it. Burn rates and minimum purchases need the whole volume ledger, which only the body sees.
    #[must_use]
    pub const fn is_open_to(self, role: Role) -> bool {
        match self {
            Self::BurnRate | Self::MinimumPurchases => {
                matches!(role, Role::Office | Role::Board | Role::SupervisoryBoard)
            }
            _ => !matches!(role, Role::Administrator),
        }
    }

    /// Whether it lists what can be any number: then its CSV has no limit of rows.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::SavingsCallOffs
                | Self::SavingsLines
                | Self::SavingsEntries
                | Self::NegativeCallOffs
                | Self::NegativeLines
                | Self::OpenEvidence
        )
    }

    /// Whether it is a level of the savings report, with all of its filters.
    #[must_use]
    pub const fn is_savings(self) -> bool {
        matches!(self, Self::SavingsBy | Self::SavingsCallOffs | Self::SavingsLines | Self::SavingsEntries)
    }

    /// Whether a period can be asked for.
    #[must_use]
    pub const fn has_period(self) -> bool {
        !matches!(self, Self::Utilisation | Self::BurnRate | Self::MinimumPurchases | Self::ContractCeilings)
    }

    /// Whether a calendar year can be asked for.
    #[must_use]
    pub const fn has_year(self) -> bool {
        matches!(self, Self::ContractCeilings) || (self.has_period() && !matches!(self, Self::Expiring))
    }

    /// Whether one member can be asked for.
    #[must_use]
    pub const fn has_member(self) -> bool {
        !matches!(self, Self::BurnRate | Self::Expiring | Self::MinimumPurchases | Self::ContractCeilings)
    }

    /// The question without what this report does not ask.
    fn heard(self, question: &Question) -> Question {
        let mut heard = question.clone();
        if !self.is_savings() {
            (heard.supplier, heard.category, heard.class) = (None, None, None);
            (heard.call_off, heard.position) = (None, None);
        }
        if !self.has_period() {
            heard.from = None;
            // Ceilings can be asked for as they stood at the end of a day.
            heard.to = heard.to.filter(|_| self == Self::ContractCeilings);
        }
        if !self.has_year() {
            heard.year = None;
        }
        if !self.has_member() {
            heard.member = None;
        }
        if self != Self::BurnRate {
            heard.procedure = None;
        }
        if self != Self::SavingsBy {
            heard.by = Vec::new();
        }
        heard
    }
}

/// Makes a report. Without an actor the program itself reads, within what its transaction shows; only the levels of the
/// savings report can be read like that.
///
/// # Errors
/// See [`ReportError`].
pub async fn table(
    conn: &mut PgConnection,
    actor: Option<&Actor>,
    report: Report,
    question: &Question,
    now: DateTime<Utc>,
) -> Result<Table, ReportError> {
    let today = abruf_domain::period::berlin_date(now);
    let (question, filter) = &admitted(&mut *conn, actor, report, question, now).await?;
    let mut table = match (report, actor) {
        (Report::SavingsBy, _) => savings_levels::breakdown(&mut *conn, question).await?,
        (Report::SavingsCallOffs, _) => savings_levels::call_offs(&mut *conn, question).await?,
        (Report::SavingsLines, _) => savings_lines::lines(&mut *conn, question).await?,
        (Report::SavingsEntries, _) => savings_lines::entries(&mut *conn, question).await?,
        (Report::NegativeCallOffs, _) => negative_savings::call_offs(&mut *conn, question).await?,
        (Report::NegativeLines, _) => negative_savings::lines(&mut *conn, question).await?,
        (Report::OpenEvidence, _) => open_evidence::table(&mut *conn, question).await?,
        (Report::Utilisation, actor) => {
            let whole = actor.is_some_and(|it| it.standing == Standing::Body);
            utilisation::table(&mut *conn, question, whole).await?
        }
        (Report::BurnRate, _) => burn_rate::table(&mut *conn, question, today).await?,
        (Report::Coverage, _) => coverage::table(&mut *conn, question).await?,
        (Report::ContractCeilings, _) => contract_ceilings::table(&mut *conn, question).await?,
        (Report::MinimumPurchases, _) => minimum_purchases::table(&mut *conn, question, today).await?,
        (Report::Retention, _) => retention::table(&mut *conn, question, today).await?,
        (Report::Expiring, _) => expiring::table(&mut *conn, question, today).await?,
        (Report::Usage, None) => return Err(ReportError::NotFound),
        (Report::Usage, Some(actor)) => {
            let members: Option<Vec<Uuid>> = match &actor.standing {
                Standing::Member => Some(vec![actor.organisation.0]),
                Standing::Body => None,
                Standing::Auditor(scope) => Some(scope.members.iter().map(|it| it.0).collect()),
            };
            usage::table(&mut *conn, question, (actor.body.0, members.as_deref()), today).await?
        }
    };
    if i64::try_from(table.rows.len()).is_ok_and(|rows| MOST_ROWS < rows) {
        return Err(ReportError::TooLong);
    }
    table.filter.clone_from(filter);
    table.as_of = now;
    Ok(table)
}

/// The question as this report hears it, and in words, if the reader may ask it.
///
/// # Errors
/// See [`ReportError`].
pub async fn admitted(
    conn: &mut PgConnection,
    actor: Option<&Actor>,
    report: Report,
    question: &Question,
    now: DateTime<Utc>,
) -> Result<(Question, Vec<String>), ReportError> {
    if actor.map_or(!report.is_savings(), |actor| !report.is_open_to(actor.role)) {
        return Err(ReportError::NotFound);
    }
    let mistakes = question.mistakes(abruf_domain::period::berlin_date(now));
    if !mistakes.is_empty() {
        return Err(ReportError::Refused(mistakes));
    }
    let mut question = report.heard(question);
    // What was consumed at an earlier day is known to whoever sees every booking.
    if report == Report::ContractCeilings && actor.is_none_or(|it| it.standing != Standing::Body) {
        question.to = None;
    }
    let filter = filter(&mut *conn, actor, &question).await?;
    Ok((question, filter))
}

/// Columns and rows of a list as the database gives them, without a limit; `None` for reports that sum up and are short.
pub fn rows<'a>(conn: &'a mut PgConnection, report: Report, question: &'a Question) -> Option<(Vec<Column>, Rows<'a>)> {
    Some(match report {
        Report::SavingsCallOffs => {
            (savings_levels::call_off_columns(), savings_levels::call_off_rows(conn, question, None))
        }
        Report::SavingsLines => (savings_lines::line_columns(), savings_lines::line_rows(conn, question, None)),
        Report::SavingsEntries => (savings_lines::entry_columns(), savings_lines::entry_rows(conn, question, None)),
        Report::NegativeCallOffs => {
            (negative_savings::call_off_columns(), negative_savings::call_off_rows(conn, question, None))
        }
        Report::NegativeLines => (negative_savings::line_columns(), negative_savings::line_rows(conn, question, None)),
        Report::OpenEvidence => (open_evidence::columns(), open_evidence::rows(conn, question, None)),
        _ => return None,
    })
}

/// The question in words. What the reader may not see is not there.
async fn filter(
    conn: &mut PgConnection,
    actor: Option<&Actor>,
    question: &Question,
) -> Result<Vec<String>, ReportError> {
    let day = |day| Language::German.date(day);
    let mut words = Vec::new();
    words.extend(match (question.from, question.to) {
        (Some(from), Some(to)) => Some(format!("{} bis {}", day(from), day(to))),
        (Some(from), None) => Some(format!("ab {}", day(from))),
        (None, Some(to)) => Some(format!("bis {}", day(to))),
        (None, None) => None,
    });
    words.extend(question.year.map(|year| format!("Jahr {year}")));
    if let Some(contract) = question.contract {
        let contract = contracts::find(&mut *conn, ContractId(contract)).await?.ok_or(ReportError::NotFound)?;
        words.push(format!("{} {}", contract.number, contract.title));
    }
    if let Some(member) = question.member {
        let name = match actor {
            Some(actor) => member_list::visible_name(&mut *conn, actor, OrganisationId(member)).await?,
            None => names::organisations(&mut *conn, &[member]).await?.into_values().next(),
        };
        words.push(name.ok_or(ReportError::NotFound)?);
    }
    if let Some(supplier) = question.supplier {
        let name = names::visible_supplier(&mut *conn, supplier).await?.ok_or(ReportError::NotFound)?;
        words.push(format!("Lieferant {name}"));
    }
    words.extend(question.category.as_deref().map(|category| match category {
        NO_CATEGORY => "ohne CPV-Code".to_owned(),
        division => cpv::name(division),
    }));
    words.extend(question.class.as_deref().map(|class| format!("Klasse {}", class_words(class))));
    if let Some(call_off) = question.call_off {
        let number = names::visible_call_off(&mut *conn, call_off).await?.ok_or(ReportError::NotFound)?;
        words.push(format!("Abruf {number}"));
    }
    words.extend(question.position.map(|position| match position {
        0 => "ohne Position".to_owned(),
        position => format!("Position {position}"),
    }));
    words.extend(question.procedure.map(|it| it.german().to_owned()));
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_has_names_of_its_own_and_readers() {
        for (at, report) in Report::ALL.into_iter().enumerate() {
            assert_eq!(Report::from_key(report.key()), Some(report));
            assert_eq!(Report::from_key(report.german_key()), Some(report));
            assert!(Report::ALL[..at].iter().all(|it| it.words().0 != report.words().0));
            assert!(report.is_open_to(Role::Board) && !report.is_open_to(Role::Administrator));
        }
        assert!(!Report::MinimumPurchases.is_open_to(Role::Buyer));
        assert!(!Report::BurnRate.is_open_to(Role::Buyer) && !Report::BurnRate.is_open_to(Role::Auditor));
        assert_eq!(Report::from_key("einsparungen"), None, "the board's own page");
    }

    #[test]
    fn a_report_does_not_hear_what_it_does_not_ask() {
        let question = Question {
            year: Some(2026),
            class: Some("A".to_owned()),
            member: Some(Uuid::nil()),
            ..Question::default()
        };
        assert_eq!(Report::SavingsLines.heard(&question), question);
        assert_eq!(Report::BurnRate.heard(&question), Question::default());
    }
}
