//! `/verwaltung/recht`: what the law of a jurisdiction says in numbers, and whom its findings cite.

use abruf_domain::checks;
use abruf_domain::law::keys::{self, Key, Origin};
use abruf_domain::law::{self, lies_in};
use abruf_domain::notation::Language;
use abruf_domain::texts::Certainty;
use axum::extract::State;
use serde::Deserialize;

use crate::actions::change_law;
use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::day;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::parameters::{self, StoredParameter};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/law.html")]
pub struct LawPage {
    frame: Frame,
    chosen: &'static str,
    name: &'static str,
    holidays: &'static str,
    /// Path and name of each jurisdiction.
    jurisdictions: Vec<(&'static str, &'static str)>,
    waiting: Vec<WaitingView>,
    groups: Vec<(&'static str, Vec<ParameterView>)>,
    citations: Vec<CitationView>,
}

/// A proposal that waits.
struct WaitingView {
    key: &'static str,
    jurisdiction: String,
    words: String,
}

/// A number as it holds today.
struct ParameterView {
    key: &'static str,
    title: &'static str,
    value: String,
    validity: String,
    source: String,
    mark: String,
    /// Name of the jurisdiction that says so, where it is another.
    from: &'static str,
    /// What follows.
    next: String,
}

/// What a rule cites here.
struct CitationView {
    rule: &'static str,
    title: &'static str,
    source: String,
    mark: &'static str,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Path of a jurisdiction; without it the first Land, else the first pack.
    #[serde(default)]
    gebiet: String,
}

/// Path and name of every jurisdiction with a pack.
pub(super) fn jurisdictions() -> Vec<(&'static str, &'static str)> {
    law::packs().iter().map(|pack| (pack.jurisdiction.as_str(), pack.name.as_str())).collect()
}

/// The name of a jurisdiction; its path where it has no pack.
pub(super) fn name_of(jurisdiction: &str) -> String {
    law::pack(jurisdiction).map_or_else(|| jurisdiction.to_owned(), |pack| pack.name.clone())
}

/// `01.11.2025 bis 31.12.2027`, `seit 01.11.2025`, `ab 01.11.2027`.
pub(super) fn validity(it: &StoredParameter, today: chrono::NaiveDate) -> String {
    match it.valid_to {
        Some(to) => format!("{} bis {}", day(it.valid_from), day(to)),
        None if today < it.valid_from => format!("ab {}", day(it.valid_from)),
        None => format!("seit {}", day(it.valid_from)),
    }
}

/// `GET /verwaltung/recht`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<LawPage>, Problem> {
    let waiting = change_law::waiting(&app, &actor).await?;
    let mut tx = app.db.begin(&actor).await?;
    let values = parameters::all(&mut tx).await?;
    let own = parameters::jurisdiction_of(&mut tx, actor.body).await?;
    let wanted = if asked.gebiet.is_empty() { own.as_str() } else { asked.gebiet.as_str() };
    let known =
        |path: &str| law::pack(path).or_else(|| law::packs().iter().rfind(|pack| lies_in(path, &pack.jurisdiction)));
    let pack = known(wanted).filter(|pack| asked.gebiet.is_empty() || pack.jurisdiction == wanted);
    let pack = pack.ok_or_else(Problem::not_found)?;
    let today = app.clock.today();
    let of = |origin: Origin| {
        let keys = keys::ALL.iter().filter(move |key| key.origin == origin);
        keys.filter_map(|key| view(key, &values, &pack.jurisdiction, today)).collect::<Vec<_>>()
    };
    let citations = law::citations(&pack.jurisdiction);
    let mut cited: Vec<CitationView> = law::packs()
        .iter()
        .flat_map(|pack| &pack.citations)
        .filter_map(|it| checks::by_id(&it.rule))
        .map(|rule| {
            let own = citations.get(rule.id);
            CitationView {
                rule: rule.id,
                title: rule.texts.title(Language::German),
                source: own.map_or_else(|| rule.texts.source(Language::German).to_owned(), |it| it.source.clone()),
                mark: own.map_or_else(|| rule.texts.certainty(), |it| it.certainty).mark(),
            }
        })
        .collect();
    cited.sort_by_key(|it| it.title);
    cited.dedup_by_key(|it| it.rule);
    Ok(Page(LawPage {
        frame: frame.titled("Recht"),
        chosen: &pack.jurisdiction,
        name: &pack.name,
        holidays: &pack.holidays,
        jurisdictions: jurisdictions(),
        waiting: waiting
            .into_iter()
            .map(|(it, preview)| WaitingView {
                key: preview.key.key,
                words: format!(
                    "{}, {}: {} ab {}, vorgeschlagen von {}",
                    preview.key.title,
                    name_of(&it.jurisdiction),
                    preview.key.written(&it.value),
                    day(it.valid_from),
                    it.proposed_by_name
                ),
                jurisdiction: it.jurisdiction,
            })
            .collect(),
        groups: vec![(Origin::Law.word(), of(Origin::Law)), ("Vorgaben des Hauses", of(Origin::House))],
        citations: cited,
    }))
}

/// The number as it holds in a jurisdiction today; `None` where nobody says anything.
fn view(key: &Key, values: &[StoredParameter], jurisdiction: &str, today: chrono::NaiveDate) -> Option<ParameterView> {
    let said = || values.iter().filter(|it| it.key == key.key && lies_in(jurisdiction, &it.jurisdiction));
    let it = said().filter(|it| it.is_valid_on(today)).max_by_key(|it| it.jurisdiction.len());
    let next = said()
        .filter(|next| today < next.valid_from && it.is_none_or(|it| it.jurisdiction.len() <= next.jurisdiction.len()))
        .min_by_key(|next| next.valid_from);
    if it.is_none() && next.is_none() {
        return None;
    }
    Some(ParameterView {
        key: key.key,
        title: key.title,
        value: it.map_or_else(|| "heute keiner".to_owned(), |it| key.written(&it.value)),
        validity: it.map(|it| validity(it, today)).unwrap_or_default(),
        source: it.map(|it| it.source.clone()).unwrap_or_default(),
        mark: it.map(|it| it.certainty.clone()).unwrap_or_default(),
        from: it
            .filter(|it| it.jurisdiction != jurisdiction)
            .and_then(|it| law::pack(&it.jurisdiction))
            .map_or("", |pack| &pack.name),
        next: next.map(|it| format!("ab {}: {}", day(it.valid_from), key.written(&it.value))).unwrap_or_default(),
    })
}

/// What the marks mean: mark and words.
pub(super) fn marks() -> [(&'static str, &'static str); 3] {
    Certainty::ALL.map(|it| (it.mark(), it.german()))
}
