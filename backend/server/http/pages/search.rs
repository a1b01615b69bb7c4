//! `/suche`: one field over contracts, items, call-offs and documents; each kind is a group of its own.

use abruf_domain::call_off::document_in_words;
use axum::extract::State;
use serde::Deserialize;

use crate::app::App;
use crate::http::access::encoded;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, day, day_of, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::Tx;
use crate::storage::search::{self, Hits, MOST, Wanted};

/// Rows of a group beside others.
const FEW: i64 = 5;
/// Rows on a page of one group.
const ROWS: i64 = 25;
/// Longest question, in characters.
const LONGEST: usize = 200;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/search.html")]
pub struct SearchPage {
    frame: Frame,
    words: String,
    /// What was taken as meant, where a word stands nowhere.
    meant: String,
    asked: bool,
    too_long: bool,
    total: String,
    groups: Vec<Group>,
    pager: Option<Pager>,
}

/// Hits of one kind.
struct Group {
    title: &'static str,
    key: &'static str,
    total: i64,
    rows: Vec<Row>,
    /// Address of all hits of this kind, where not all are shown.
    all: Option<String>,
}

/// A hit in words.
struct Row {
    address: String,
    title: String,
    text: String,
    note: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    art: String,
    seite: String,
}

impl Group {
    fn count(&self) -> String {
        if self.total < i64::from(MOST) { whole(self.total) } else { format!("{} oder mehr", whole(self.total)) }
    }

    fn is_cut(&self) -> bool {
        i64::from(MOST) <= self.total
    }
}

/// `GET /suche`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<SearchPage>, Problem> {
    let words = asked.q.trim().to_owned();
    let too_long = LONGEST < words.chars().count();
    let mut tx = app.db.begin(&actor).await?;
    let wanted = if too_long { None } else { search::wanted(&mut tx, &words).await? };
    let mut groups = Vec::new();
    let mut pager = None;
    if let Some(wanted) = &wanted {
        for kind in KINDS {
            if asked.art.is_empty() {
                groups.push(group(&mut tx, kind, wanted, &words, FEW, 0).await?);
            } else if asked.art == kind.0 {
                let place = |total| Pager::new(&asked.seite, ROWS, total, "/suche", &[("q", &words), ("art", kind.0)]);
                // How many there are decides which page there can be, and comes with its rows: asked a second time only beyond the end.
                let offset = place(MOST.into()).offset();
                let mut found = group(&mut tx, kind, wanted, &words, ROWS, offset).await?;
                if found.rows.is_empty() && 0 < offset {
                    let total = group(&mut tx, kind, wanted, &words, 1, 0).await?.total;
                    found = group(&mut tx, kind, wanted, &words, ROWS, place(total).offset()).await?;
                }
                let place = place(found.total);
                groups.push(found);
                pager = Some(place);
            }
        }
        groups.retain(|group| 0 < group.total);
    }
    let total: i64 = groups.iter().map(|group| group.total).sum();
    Ok(Page(SearchPage {
        frame: frame.titled(if words.is_empty() || too_long {
            "Suche".to_owned()
        } else {
            format!("Suche: {}", as_typed(&words))
        }),
        meant: wanted.map(|it| quoted(&it.meant)).unwrap_or_default(),
        asked: !words.is_empty(),
        too_long,
        total: count(total, "Treffer", "Treffer"),
        words,
        groups,
        pager,
    }))
}

/// Key in the address and title of each group.
type Kind = (&'static str, &'static str);

const KINDS: [Kind; 4] =
    [("vertraege", "Rahmenverträge"), ("artikel", "Artikel"), ("abrufe", "Abrufe"), ("dokumente", "Dokumente")];

async fn group(
    tx: &mut Tx,
    (key, title): Kind,
    wanted: &Wanted,
    words: &str,
    limit: i64,
    offset: i64,
) -> Result<Group, Problem> {
    let hits: Hits<Row> = match key {
        "vertraege" => in_rows(search::contracts(tx, wanted, limit, offset).await?, |it| Row {
            address: format!("/rahmenvertraege/{}", it.id),
            title: it.title,
            text: format!("{}, {}", it.number, as_typed(it.suppliers)).trim_end_matches(", ").to_owned(),
            note: if it.status == "active" { String::new() } else { "nicht in Kraft".to_owned() },
        }),
        "artikel" => in_rows(search::items(tx, wanted, words, limit, offset).await?, |it| Row {
            address: format!("/rahmenvertraege/{}?q={}", it.contract, encoded(&it.article_number)),
            title: it.title,
            text: format!("Art.-Nr. {}", it.article_number),
            note: format!("{} {}", it.contract_number, it.contract_title),
        }),
        "abrufe" => in_rows(search::call_offs(tx, wanted, limit, offset).await?, |it| Row {
            address: format!("/abrufe/{}", it.id),
            title: format!("{} {}", it.number, it.contract_title),
            text: format!("{}, {}", it.member, it.status.german()),
            note: it.dated_on.map_or_else(|| format!("geändert am {}", day_of(it.changed_at)), day),
        }),
        _ => in_rows(search::documents(tx, wanted, limit, offset).await?, |it| Row {
            address: format!("/abrufe/{}", it.call_off),
            title: it.file_name,
            text: format!("{}, {}", document_in_words(it.kind.trim_start_matches("supplier_")), it.member),
            note: format!("vom {}", day_of(it.created_at)),
        }),
    };
    let all = (limit < hits.total && limit == FEW).then(|| format!("/suche?q={}&art={key}", encoded(words)));
    Ok(Group { title, key, total: hits.total, rows: hits.rows, all })
}

fn in_rows<T>(hits: Hits<T>, row: impl Fn(T) -> Row) -> Hits<Row> {
    Hits { total: hits.total, rows: hits.rows.into_iter().map(row).collect() }
}

/// „Citrix“, „Zitrus“
fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("„{word}“")).collect::<Vec<_>>().join(", ")
}
