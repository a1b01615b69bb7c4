//! What would have been saved: the analysis of a town or member with the sums behind it, cut down to what its reader
//! may see. Sums are those of the lines beside them; where unit prices are not the reader's to know, articles have
//! bands and sums are named as [`abruf_domain::what_would_be_saved::disclosure`] allows.

use std::collections::{BTreeMap, BTreeSet};

use abruf_domain::ids::{ContractId, ItemId};
use abruf_domain::money::Net;
use abruf_domain::what_would_be_saved::disclosure::{ArticleSum, Band, Withheld, about_saved};
use abruf_domain::what_would_be_saved::{MatchedBy, Unmatched};
use chrono::NaiveDate;
use uuid::Uuid;

use super::call_off_prospects::ContractProspect;
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::purchase_analyses::{self, AnalysedLine, Analysis, ItemText};
use crate::storage::purchase_uploads::Uploader;

/// What a reader may know of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Entitled: paid less what the list asks, to the cent.
    Exact(Net),
    /// Not entitled: the band of the article over all its lines.
    Within(Band),
}

/// The sum of a contract, or of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Entitled: to the cent.
    Exact(Net),
    /// Rounded.
    About(Net),
    /// Not named.
    Withheld(Withheld),
}

/// A line that matched.
#[derive(Debug, Clone)]
pub struct MatchedLine {
    /// Line of the file.
    pub line: u64,
    /// As in the file: number and words.
    pub bought: String,
    /// Number and text of the list.
    pub listed: String,
    /// How it was recognised.
    pub by: MatchedBy,
    /// Quantity with its unit.
    pub quantity: abruf_domain::money::Quantity,
    /// Unit of the list.
    pub unit: String,
    /// Paid.
    pub paid: Net,
    /// Currency.
    pub currency: String,
    /// When, if the file says so.
    pub bought_on: Option<NaiveDate>,
    /// The contract.
    pub contract: String,
    /// What the list asks; only for whoever is entitled.
    pub ours: Option<Net>,
    /// The difference.
    pub difference: Difference,
}

/// A line that did not match.
#[derive(Debug, Clone)]
pub struct UnmatchedLine {
    /// Line of the file.
    pub line: u64,
    /// As in the file.
    pub bought: String,
    /// Paid.
    pub paid: Net,
    /// Currency.
    pub currency: String,
    /// Why.
    pub reason: Unmatched,
}

/// A contract with the lines that matched it.
#[derive(Debug, Clone)]
pub struct ContractPart {
    /// Number and title.
    pub contract: String,
    /// Currency.
    pub currency: String,
    /// The reader is entitled: amounts are exact.
    pub entitled: bool,
    /// Lines.
    pub lines: usize,
    /// Different articles.
    pub articles: usize,
    /// Paid for them.
    pub paid: Net,
    /// Would have been saved.
    pub saved: Saved,
    /// Articles by band, the cheapest first.
    pub bands: Vec<(Band, usize)>,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct SavingsPotential {
    /// The analysis.
    pub analysis: Analysis,
    /// By contract.
    pub contracts: Vec<ContractPart>,
    /// Over the contracts whose sums are named, by currency: currency, paid, saved, rounded somewhere.
    pub totals: Vec<(String, Net, Net, bool)>,
    /// Matched lines, in the order of the file.
    pub matched: Vec<MatchedLine>,
    /// The others.
    pub unmatched: Vec<UnmatchedLine>,
}

/// The analysis of an uploader as it may read it; `prospects` says where it is entitled, which no town is that is no
/// member.
///
/// # Errors
/// If the database fails.
pub async fn savings_potential(
    app: &App,
    runs_as: RunsAs<'_>,
    uploader: Uploader,
    prospects: &[ContractProspect],
) -> Result<Option<SavingsPotential>, StorageError> {
    let mut tx = app.db.begin(runs_as).await?;
    let Some(analysis) = purchase_analyses::find(&mut tx, uploader, app.clock.now()).await? else { return Ok(None) };
    let lines = purchase_analyses::lines(&mut tx, analysis.id).await?;
    tx.rollback().await?;
    let items: BTreeSet<Uuid> = lines.iter().filter_map(|it| it.matched.ok()).map(|it| it.item.0).collect();
    let items: Vec<Uuid> = items.into_iter().collect();
    // Texts of a list are in the public notice; its prices are not read here.
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let texts = purchase_analyses::item_texts(&mut tx, &items).await?;
    tx.rollback().await?;
    let texts: BTreeMap<ItemId, ItemText> = texts.into_iter().map(|it| (it.id, it)).collect();
    let is_member = matches!(uploader, Uploader::Member(_));
    let entitled: BTreeSet<ContractId> = prospects
        .iter()
        .filter(|it| is_member && it.blocks.is_empty() && it.span.is_some())
        .map(|it| it.contract.id)
        .collect();
    let names: BTreeMap<ContractId, String> =
        prospects.iter().map(|it| (it.contract.id, format!("{} {}", it.contract.number, it.contract.title))).collect();
    Ok(Some(put_together(analysis, &lines, &texts, &names, &entitled)))
}

fn put_together(
    analysis: Analysis,
    lines: &[AnalysedLine],
    texts: &BTreeMap<ItemId, ItemText>,
    names: &BTreeMap<ContractId, String>,
    entitled: &BTreeSet<ContractId>,
) -> SavingsPotential {
    let mut sums: BTreeMap<ContractId, BTreeMap<ItemId, ArticleSum>> = BTreeMap::new();
    let mut counts: BTreeMap<ContractId, (usize, String)> = BTreeMap::new();
    for it in lines {
        let Ok(found) = it.matched else { continue };
        let nothing = ArticleSum { paid: Net::ZERO, ours: Net::ZERO };
        let sum = sums.entry(found.contract).or_default().entry(found.item).or_insert(nothing);
        *sum = ArticleSum { paid: sum.paid + it.purchase.paid, ours: sum.ours + found.ours };
        counts.entry(found.contract).or_insert_with(|| (0, it.purchase.currency.clone())).0 += 1;
    }
    let name = |contract: ContractId| {
        names.get(&contract).cloned().unwrap_or_else(|| "Vertrag, der nicht mehr läuft".to_owned())
    };
    let contracts: Vec<ContractPart> = sums
        .iter()
        .map(|(contract, articles)| {
            let (lines, currency) = counts.get(contract).cloned().unwrap_or_default();
            part(name(*contract), currency, lines, articles, entitled.contains(contract))
        })
        .collect();
    let (mut matched, mut unmatched) = (Vec::new(), Vec::new());
    for it in lines {
        let bought = format!("{} {}", it.purchase.article_number, it.purchase.description).trim().to_owned();
        let (paid, currency) = (it.purchase.paid, it.purchase.currency.clone());
        match it.matched {
            Err(reason) => unmatched.push(UnmatchedLine { line: it.purchase.line, bought, paid, currency, reason }),
            Ok(found) => {
                let exact = entitled.contains(&found.contract);
                let sum = sums[&found.contract][&found.item];
                let text = texts.get(&found.item);
                matched.push(MatchedLine {
                    line: it.purchase.line,
                    bought,
                    listed: text.map(|it| format!("{} {}", it.article_number, it.title)).unwrap_or_default(),
                    by: found.by,
                    quantity: it.purchase.quantity,
                    unit: text.map(|it| it.unit.clone()).unwrap_or_default(),
                    paid,
                    currency,
                    bought_on: it.purchase.bought_on,
                    contract: name(found.contract),
                    ours: exact.then_some(found.ours),
                    difference: match exact {
                        true => Difference::Exact(paid - found.ours),
                        false => Difference::Within(Band::of(sum.paid, sum.ours)),
                    },
                });
            }
        }
    }
    SavingsPotential { totals: totals(&contracts), analysis, contracts, matched, unmatched }
}

fn part(
    contract: String,
    currency: String,
    lines: usize,
    articles: &BTreeMap<ItemId, ArticleSum>,
    entitled: bool,
) -> ContractPart {
    let sums: Vec<ArticleSum> = articles.values().copied().collect();
    let paid: Net = sums.iter().map(|it| it.paid).sum();
    let ours: Net = sums.iter().map(|it| it.ours).sum();
    let of = |band: Band| sums.iter().filter(|it| Band::of(it.paid, it.ours) == band).count();
    ContractPart {
        contract,
        currency,
        entitled,
        lines,
        articles: sums.len(),
        paid,
        saved: match (entitled, about_saved(&sums)) {
            (true, _) => Saved::Exact(paid - ours),
            (false, Ok(about)) => Saved::About(about),
            (false, Err(withheld)) => Saved::Withheld(withheld),
        },
        bands: Band::ALL.into_iter().map(|band| (band, of(band))).filter(|(_, count)| 0 < *count).collect(),
    }
}

/// What is named, added up; what is withheld stays out, or the difference would name it.
fn totals(contracts: &[ContractPart]) -> Vec<(String, Net, Net, bool)> {
    let mut by_currency: BTreeMap<String, (Net, Net, bool)> = BTreeMap::new();
    for it in contracts {
        let (saved, rounded) = match it.saved {
            Saved::Exact(saved) => (saved, false),
            Saved::About(saved) => (saved, true),
            Saved::Withheld(_) => continue,
        };
        let sum = by_currency.entry(it.currency.clone()).or_insert((Net::ZERO, Net::ZERO, false));
        *sum = (sum.0 + it.paid, sum.1 + saved, sum.2 || rounded);
    }
    by_currency.into_iter().map(|(currency, (paid, saved, rounded))| (currency, paid, saved, rounded)).collect()
}
