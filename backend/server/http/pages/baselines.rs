//! `/verwaltung/vergleichspreise`: what the prices of our contracts are compared with, what waits for its second person, what is
//! too old, and which items nothing is compared with.

use abruf_domain::ids::ContractId;
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::http::access::encoded;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::baseline_words::{STANDINGS, kind_and_class, price_words, standing_words};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::baseline_items::{self, Uncompared};
use crate::storage::baselines::{self, Baseline, Filter};
use crate::storage::contracts;

/// Rows on a page.
const PAGE: i64 = 50;
/// Stand of the list of items without any.
const NONE: &str = "none";

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/baselines.html")]
pub struct BaselinesPage {
    frame: Frame,
    asked: Asked,
    /// Id and name of the contracts to choose from.
    contracts: Vec<(String, String)>,
    /// The chosen one, where prices are recorded for.
    contract: Option<Uuid>,
    months: u32,
    count: String,
    rows: Vec<Row>,
    uncompared: Vec<UncomparedRow>,
    pager: Pager,
    hint: &'static str,
}

impl BaselinesPage {
    fn shows_items(&self) -> bool {
        self.asked.stand == NONE
    }

    fn is_filtered(&self) -> bool {
        !(self.asked.q.is_empty() && self.asked.stand.is_empty() && self.asked.vertrag.is_empty())
    }
}

/// A baseline in words.
struct Row {
    id: Uuid,
    article: String,
    title: String,
    contract: String,
    member: String,
    price: String,
    kind: String,
    dated: String,
    standing: &'static str,
    class: &'static str,
}

/// An item nothing is compared with.
struct UncomparedRow {
    it: Uncompared,
    /// Its article number in an address.
    article: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    vertrag: String,
    stand: String,
    seite: String,
    hinweis: String,
}

/// `GET /verwaltung/vergleichspreise`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<BaselinesPage>, Problem> {
    let today = app.clock.today();
    let mut tx = app.db.begin(&actor).await?;
    let ours = contracts::list(&mut tx, None).await?.into_iter().filter(|it| it.body == actor.body);
    let contracts: Vec<(String, String)> = std::iter::once((String::new(), "alle Verträge".to_owned()))
        .chain(ours.map(|it| (it.id.to_string(), format!("{} {}", it.number, as_typed(&it.title)))))
        .collect();
    let contract = contracts.iter().find(|(id, _)| !id.is_empty() && *id == asked.vertrag);
    let contract = contract.and_then(|(id, _)| id.parse::<Uuid>().ok());
    let (months, oldest) = baselines::oldest_fresh(&mut tx, actor.body, today).await?;
    let filter = Filter { contract: contract.map(ContractId), standing: &asked.stand, words: &asked.q, oldest };
    let filters = [("vertrag", asked.vertrag.as_str()), ("stand", asked.stand.as_str()), ("q", asked.q.as_str())];
    let pager = |total| Pager::new(&asked.seite, PAGE, total, "/verwaltung/vergleichspreise", &filters);
    let (rows, uncompared, pager, count) = if asked.stand == NONE {
        let wanted = asked.seite.parse::<i64>().unwrap_or(1).clamp(1, 100_000);
        let of = |page: i64| (PAGE, (page - 1) * PAGE);
        let (limit, offset) = of(wanted);
        let (items, total) =
            baseline_items::without_any(&mut tx, actor.body, filter.contract, today, limit, offset).await?;
        let rows = items.into_iter().map(|it| UncomparedRow { article: encoded(&it.article_number), it });
        (Vec::new(), rows.collect(), pager(total), count(total, "Position", "Positionen"))
    } else {
        let total = baselines::count(&mut tx, filter).await?;
        let pager = pager(total);
        let found = baselines::list(&mut tx, filter, PAGE, pager.offset()).await?;
        let rows = found.into_iter().map(|it| row(it, oldest)).collect();
        (rows, Vec::new(), pager, count(total, "Vergleichspreis", "Vergleichspreise"))
    };
    Ok(Page(BaselinesPage {
        frame: frame.titled("Vergleichspreise"),
        contracts,
        contract,
        months,
        count,
        rows,
        uncompared,
        pager,
        hint: match asked.hinweis.as_str() {
            "eingespielt" => "Eingespielt. Die Vergleichspreise warten jetzt auf die zweite Person.",
            "verworfen" => "Die Datei ist verworfen. Es wurde nichts erfasst.",
            _ => "",
        },
        asked,
    }))
}

fn row(it: Baseline, oldest: chrono::NaiveDate) -> Row {
    let (standing, class) = standing_words(&it, oldest);
    Row {
        id: it.id.0,
        price: price_words(&it),
        kind: kind_and_class(it.kind),
        dated: day(it.dated_on),
        standing,
        class,
        article: it.article_number,
        title: it.title,
        contract: it.contract_number,
        member: it.member.map(|(_, name)| name).unwrap_or_default(),
    }
}
