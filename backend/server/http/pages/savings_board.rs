//! What the dashboard has for a board beside its tables: the year before, two pictures, and what to look at.

use abruf_domain::money::{Net, Volume};
use chrono::{Datelike, NaiveDate};
use sqlx::PgConnection;

use crate::actor::{Actor, Standing};
use crate::http::charts::bars::{BarFacts, Bars};
use crate::http::charts::line::{Line, YearFacts};
use crate::http::english::typed::as_typed;
use crate::http::pages::savings_view::{About, Amount, Figure, share};
use crate::reports::catalogue::Report;
use crate::reports::ceiling_history;
use crate::reports::contract_signals::{self, Signal, Urgency};
use crate::reports::savings::{self, Group, Grouping};
use crate::storage::StorageError;
use crate::storage::contracts::{self, Contract};

/// Years of the line.
pub const YEARS: i32 = 5;

/// The figures of the year before.
#[derive(Debug, Clone)]
pub struct LastYear {
    /// The year.
    pub year: i32,
    /// Order value, with its list.
    pub volume: Amount,
    /// Class A, with its list.
    pub saved: Amount,
    /// Evidenced share.
    pub coverage: String,
    /// The list behind it.
    pub coverage_list: String,
    /// Share of the ceilings at its end; empty for those who do not see every call-off.
    pub utilisation: String,
    /// The list behind it.
    pub utilisation_list: String,
}

impl LastYear {
    /// The year before the one a page is about; none without call-offs, and none of all years.
    pub async fn of(conn: &mut PgConnection, actor: &Actor, about: About) -> Result<Option<Self>, StorageError> {
        let Some(year) = about.year.map(|year| year - 1) else { return Ok(None) };
        let before = About { year: Some(year), ..about };
        let total = savings::grouped(&mut *conn, &before.filter(""), Grouping::Total, 1, 0).await?.into_iter().next();
        let Some(total) = total else { return Ok(None) };
        Ok(Some(Self {
            year,
            volume: before.figure(Figure::VOLUME, &total.sums, true),
            saved: before.figure(Figure::result("A"), &total.sums, total.has("A")),
            coverage: total.sums.coverage_pct().map_or_else(|| "–".to_owned(), share),
            coverage_list: before.report(Report::Coverage),
            utilisation_list: format!("{}&bis=31.12.{year}", before.report(Report::ContractCeilings)),
            utilisation: match actor.standing {
                Standing::Body => utilisation_at_the_end_of(conn, year).await?.unwrap_or_default(),
                Standing::Member | Standing::Auditor(_) => String::new(),
            },
        }))
    }
}

/// Share of the ceilings in euros that was called off when this year ended, measured at today's ceilings.
pub async fn utilisation_at_the_end_of(conn: &mut PgConnection, year: i32) -> Result<Option<String>, StorageError> {
    let Some(next) = NaiveDate::from_ymd_opt(year + 1, 1, 1) else { return Ok(None) };
    let ran = |it: &Contract| it.starts_on.year() <= year && year <= it.effective_end.year() && it.currency == "EUR";
    let all = contracts::list(&mut *conn, None).await?;
    let limited: Vec<_> = all.iter().filter(|it| ran(it)).filter_map(|it| Some((it.id, it.ceiling.limit?))).collect();
    let ids: Vec<_> = limited.iter().map(|(id, _)| *id).collect();
    let consumed = ceiling_history::consumed_before(conn, &ids, next).await?;
    let consumed: Net = consumed.into_iter().map(|(_, volume)| volume.as_net()).sum();
    let limit: Net = limited.into_iter().map(|(_, limit): (_, Volume)| limit.as_net()).sum();
    Ok(consumed.percent_of(limit).map(share))
}

/// Bars of these contracts.
#[must_use]
pub fn bars(by_contract: &[Group]) -> Option<Bars> {
    let facts: Vec<BarFacts> = by_contract
        .iter()
        .map(|group| BarFacts {
            name: group.name.clone(),
            classes: ["A", "B", "C"].map(|class| group.has(class).then(|| group.sums.of_class(class))),
        })
        .collect();
    Bars::of("Einsparung je Rahmenvertrag, die Belegklassen getrennt", &facts)
}

/// The figures of the years that end with `last`, oldest first; none of a year without call-offs.
pub async fn years_until(
    conn: &mut PgConnection,
    about: About,
    last: i32,
) -> Result<Vec<(i32, Option<Group>)>, StorageError> {
    let mut years = Vec::new();
    for year in last - YEARS + 1..=last {
        let filter = About { year: Some(year), ..about }.filter("");
        years.push((year, savings::grouped(&mut *conn, &filter, Grouping::Total, 1, 0).await?.into_iter().next()));
    }
    Ok(years)
}

/// The line over these years.
#[must_use]
pub fn line(years: &[(i32, Option<Group>)]) -> Option<Line> {
    let facts: Vec<YearFacts> = years
        .iter()
        .map(|(year, group)| YearFacts {
            year: *year,
            classes: group.as_ref().map(|group| ["A", "B", "C"].map(|class| group.sums.of_class(class))),
        })
        .collect();
    Line::of("Einsparung in fünf Jahren, die Belegklassen getrennt", &facts)
}

/// Something to look at, with where it leads.
#[derive(Debug, Clone)]
pub struct SignalView {
    /// Style.
    pub class: &'static str,
    /// `dringend`
    pub word: &'static str,
    /// Outline of its shape in a square of 16: not by colour alone.
    pub shape: &'static str,
    /// Number and title, or what else.
    pub about: String,
    /// What there is.
    pub words: String,
    /// Where it leads; empty without.
    pub address: String,
}

impl SignalView {
    /// Words a signal; `evidence` is the list behind open evidence.
    #[must_use]
    pub fn of(signal: Signal, evidence: &str) -> Self {
        let (class, shape) = match signal.urgency {
            Urgency::Urgent => ("signal signal--urgent", "M8 1 15 8 8 15 1 8z"),
            Urgency::Soon => ("signal signal--soon", "M8 1 15 15 1 15z"),
            Urgency::Notice => ("signal", "M2 2h12v12H2z"),
        };
        Self {
            class,
            word: signal.urgency.german(),
            shape,
            address: signal
                .contract
                .map_or_else(|| evidence.to_owned(), |contract| format!("/rahmenvertraege/{contract}")),
            about: match (signal.contract, signal.about.split_once(' ')) {
                (Some(_), Some((number, title))) => format!("{number} {}", as_typed(title)),
                _ => signal.about,
            },
            words: signal.words,
        }
    }
}

/// What to look at; nothing for members, who have their own pages for it.
pub async fn signals(
    conn: &mut PgConnection,
    actor: &Actor,
    about: About,
    today: NaiveDate,
    uncompared: i64,
) -> Result<Vec<SignalView>, StorageError> {
    if actor.standing == Standing::Member {
        return Ok(Vec::new());
    }
    let evidence = about.list(Figure::result("none"));
    let all = contract_signals::of_today(conn, today, uncompared, actor.standing == Standing::Body).await?;
    Ok(all.into_iter().map(|signal| SignalView::of(signal, &evidence)).collect())
}
