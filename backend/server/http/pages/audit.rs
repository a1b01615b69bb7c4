//! `/pruefung`: how do I find the evidence? Every call-off in scope, also declined, refused, withdrawn,
//! expired and cancelled ones, with the size and sum of the whole population.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{ContractId, OrganisationId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;

use crate::actor::{Actor, Role, Standing};
use crate::app::App;
use crate::http::access::encoded;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::saved_filters::SavedFilters;
use crate::http::pages::spreadsheet;
use crate::http::pages::written::{count, day, day_of, instant, money, period, read_day, status_class};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::call_off_table::{cells, heads, status_words};
use crate::storage::call_off_list::{self, Search, Summary};
use crate::storage::{StorageError, assignments, contracts, member_list};

/// Call-offs on a page.
const PAGE: i64 = 50;
/// Rows of an export; more would not fit into a spreadsheet.
const EXPORT: i64 = 1_000_000;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/audit.html")]
pub struct AuditPage {
    frame: Frame,
    scope: String,
    /// Members in scope, where the sentence only counts them.
    in_scope: Vec<String>,
    asked: Asked,
    mistakes: Mistakes,
    members: Vec<(String, String)>,
    contracts: Vec<(String, String)>,
    statuses: Vec<(&'static str, &'static str)>,
    count: String,
    sum: String,
    rows: Vec<Row>,
    pager: Pager,
    /// The filters as they stand in an address.
    query: String,
    saved: SavedFilters,
    /// The reader is an auditor.
    may_sample: bool,
}

/// A call-off of the list.
struct Row {
    it: Summary,
    status: &'static str,
    status_class: &'static str,
    number: String,
    dated_on: String,
    changed: String,
    net: String,
    declined: String,
}

/// The filters, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) von: String,
    #[serde(default)]
    pub(super) bis: String,
    #[serde(default)]
    pub(super) mitglied: String,
    #[serde(default)]
    pub(super) vertrag: String,
    #[serde(default)]
    pub(super) stand: String,
    #[serde(default)]
    pub(super) betrag_von: String,
    #[serde(default)]
    pub(super) betrag_bis: String,
    #[serde(default)]
    pub(super) abgelehnt: String,
    #[serde(default)]
    pub(super) seite: String,
}

impl Asked {
    pub(super) fn pairs(&self) -> [(&str, &str); 9] {
        [
            ("q", &self.q),
            ("von", &self.von),
            ("bis", &self.bis),
            ("mitglied", &self.mitglied),
            ("vertrag", &self.vertrag),
            ("stand", &self.stand),
            ("betrag_von", &self.betrag_von),
            ("betrag_bis", &self.betrag_bis),
            ("abgelehnt", &self.abgelehnt),
        ]
    }

    /// The search, and what is wrong with what was typed.
    pub fn search(&self) -> (Search, Mistakes) {
        let mut mistakes = Mistakes::default();
        let mut read = |field: &str, result: Result<Option<_>, String>| {
            result.unwrap_or_else(|message| {
                mistakes.add(field, message);
                None
            })
        };
        let [from, to] = [("von", &self.von), ("bis", &self.bis)].map(|(field, text)| read(field, read_day(text)));
        let mut amount = |field: &str, text: &str| -> Option<Decimal> {
            read_amount(text).unwrap_or_else(|message| {
                mistakes.add(field, message);
                None
            })
        };
        let (net_from, net_to) = (amount("betrag_von", &self.betrag_von), amount("betrag_bis", &self.betrag_bis));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            mistakes.add("bis", "Das Ende liegt vor dem Beginn. Bitte prüfen Sie beide Daten.");
        }
        let search = Search {
            statuses: self.stand.parse::<Status>().into_iter().collect(),
            member: self.mitglied.parse().ok().map(OrganisationId),
            contract: self.vertrag.parse().ok().map(ContractId),
            requester: None,
            from,
            to,
            words: self.q.clone(),
            declined_only: self.abgelehnt == "1",
            net_from,
            net_to,
        };
        (search, mistakes)
    }

    fn is_empty(&self) -> bool {
        self.pairs().iter().all(|(_, value)| value.is_empty())
    }
}

/// `GET /pruefung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (search, mistakes) = asked.search();
    let population = call_off_list::count(&mut tx, &search).await?;
    let pager = Pager::new(&asked.seite, PAGE, population.count, "/pruefung", &asked.pairs());
    let rows = call_off_list::page(&mut tx, &search, PAGE, pager.offset()).await?;
    let members = member_list::options(&mut tx, &actor).await?;
    let counted = matches!(actor.standing, Standing::Auditor(_)) && NAMED < members.len();
    let named = |(id, name): (OrganisationId, String)| (id.to_string(), name);
    let frame = frame.titled("Prüfung");
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = AuditPage {
        frame: if mistakes.is_empty() { frame } else { frame.with_mistakes() },
        scope: scope(&mut tx, &actor).await?,
        in_scope: if counted { members.iter().map(|(_, name)| name.clone()).collect() } else { Vec::new() },
        members: members.into_iter().map(named).collect(),
        contracts: contracts_to_choose(&mut tx).await?,
        statuses: statuses_to_choose(),
        count: count(population.count, "Abruf", "Abrufe"),
        sum: money(population.ordered_net.decimal(), "EUR"),
        rows: if mistakes.is_empty() { rows.into_iter().map(row).collect() } else { Vec::new() },
        query: query(&asked),
        saved: SavedFilters::of(&mut tx, &actor, "audit", &asked.pairs()).await?,
        may_sample: actor.role == Role::Auditor,
        pager,
        mistakes,
        asked,
    };
    Ok((status, Page(page)).into_response())
}

/// `GET /pruefung/abrufe.csv`
pub async fn export(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (search, mistakes) = asked.search();
    if !mistakes.is_empty() {
        return Err(Problem::invalid(mistakes.0));
    }
    let mut tx = app.db.begin(&actor).await?;
    let rows = call_off_list::page(&mut tx, &search, EXPORT, 0).await?;
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    spreadsheet::download(&format!("abrufe-{}.csv", app.clock.today()), &heads(), &rows)
}

/// So many members are named in a sentence; more are counted.
const NAMED: usize = 3;

/// What the reader may look at, in a sentence.
pub async fn scope(conn: &mut PgConnection, actor: &Actor) -> Result<String, StorageError> {
    let Standing::Auditor(scope) = &actor.standing else {
        return Ok(
            "Sie sehen alle Abrufe der Mitglieder, die eingereicht oder bei der Prüfung abgelehnt wurden.".to_owned()
        );
    };
    let names: Vec<String> = member_list::options(conn, actor).await?.into_iter().map(|(_, name)| name).collect();
    let members = match names.len() {
        1..=NAMED => names.iter().map(as_typed).collect::<Vec<_>>().join(", "),
        many => count(i64::try_from(many).unwrap_or(i64::MAX), "Mitglied", "Mitglieder"),
    };
    let until = assignments::valid_to(conn, actor.assignment).await?.map(day);
    let until = until.map_or_else(|| "unbefristet".to_owned(), |day| format!("gültig bis {day}"));
    Ok(format!("Ihr Prüfauftrag: {members}, Abrufe vom {}, {until}.", period(scope.period)))
}

/// Contracts that can be searched in.
pub(super) async fn contracts_to_choose(conn: &mut PgConnection) -> Result<Vec<(String, String)>, StorageError> {
    let found = contracts::list(conn, None).await?;
    Ok(found.into_iter().map(|it| (it.id.to_string(), format!("{} {}", it.number, it.title))).collect())
}

/// States that can be searched for.
pub(super) fn statuses_to_choose() -> Vec<(&'static str, &'static str)> {
    Status::ALL.iter().map(|status| (status.key(), status_words(*status))).collect()
}

fn row(it: Summary) -> Row {
    Row {
        status: status_words(it.status),
        status_class: status_class(it.status),
        number: it.number.clone().unwrap_or_else(|| it.case_number.clone()),
        dated_on: it.dated_on.map(day).unwrap_or_default(),
        changed: day_of(it.changed_at),
        net: it.net.map_or_else(|| "–".to_owned(), |net| money(net.decimal(), &it.currency)),
        declined: match it.declined_at {
            Some(at) if it.status != Status::Draft => format!("Prüfung abgelehnt am {}", instant(at)),
            _ => String::new(),
        },
        it,
    }
}

/// The filters as they stand in an address.
pub(super) fn query(asked: &Asked) -> String {
    let pairs = asked.pairs();
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}
