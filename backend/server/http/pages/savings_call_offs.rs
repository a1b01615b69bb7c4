//! `/berichte/einsparungen/abrufe`: the call-offs a figure is the sum of. Under the list stands their
//! sum over all pages, beside the figure of the report, and the difference, which must be nothing.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::http::extract::Query;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::savings_view::{About, Amount, costs};
use crate::http::pages::written::{count, day, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings::{self, Group, Grouping, Sums};
use crate::storage::{Tx, contracts, member_list};

/// Call-offs on a page.
const PAGE: i64 = 50;
/// More than any report sums; the list is read whole, because its sum is the proof.
const ALL: i64 = 10_000_000;

/// The classes of the report with their words.
const CLASSES: [(&str, &str); 5] = [
    ("A", "Klasse A, belegt"),
    ("B", "Klasse B, Listenpreis"),
    ("C", "Klasse C, Vergleichswert"),
    ("P", "Klasse P, Prozesskosten"),
    ("none", "ohne Vergleichspreis"),
];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/savings_call_offs.html")]
pub struct SavingsCallOffsPage {
    frame: Frame,
    /// What is filtered by, in words.
    chosen: Vec<String>,
    back: String,
    class: String,
    count: String,
    rows: Vec<CallOffRow>,
    sum: Amount,
    checks: Vec<Comparison>,
    pager: Pager,
}

/// A call-off of the list.
struct CallOffRow {
    id: Uuid,
    number: String,
    dated_on: String,
    status: &'static str,
    member: String,
    contract: String,
    volume: Amount,
    effect: Amount,
    costs: Amount,
    a_net: Amount,
    b: Amount,
    c: Amount,
    p: Amount,
}

/// The list against the report.
struct Comparison {
    name: &'static str,
    listed: Amount,
    reported: Amount,
    difference: String,
    agrees: bool,
}

/// What the address may carry. What does not parse filters nothing out and nothing in: 404.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    jahr: String,
    #[serde(default)]
    vertrag: String,
    #[serde(default)]
    mitglied: String,
    #[serde(default)]
    klasse: String,
    #[serde(default)]
    seite: String,
}

impl Asked {
    fn about(&self) -> Result<About, Problem> {
        let id = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<Uuid>().map(Some).map_err(|_| Problem::not_found()),
        };
        Ok(About {
            year: self.jahr.parse().ok(),
            contract: id(&self.vertrag)?.map(ContractId),
            member: id(&self.mitglied)?.map(OrganisationId),
        })
    }

    fn class(&self) -> &str {
        CLASSES.iter().map(|(class, _)| *class).find(|class| *class == self.klasse).unwrap_or_default()
    }
}

/// `GET /berichte/einsparungen/abrufe`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<SavingsCallOffsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (about, class) = (asked.about()?, asked.class());
    let mut chosen = vec![about.year.map_or_else(|| "alle Jahre".to_owned(), |year| year.to_string())];
    chosen.extend(names(&mut tx, about, &actor).await?);
    chosen.extend(CLASSES.iter().find(|(key, _)| *key == class).map(|(_, words)| (*words).to_owned()));
    let filter = about.filter(class);
    let reported = savings::total(&mut tx, &filter).await?;
    let groups = savings::grouped(&mut tx, &filter, Grouping::CallOff, ALL, 0).await?;
    let listed = groups.iter().fold(Sums::ZERO, |sum, group| sum.plus(&group.sums));
    let total = i64::try_from(groups.len()).unwrap_or(i64::MAX);
    let filters =
        [("jahr", &*about.year_key()), ("vertrag", &asked.vertrag), ("mitglied", &asked.mitglied), ("klasse", class)];
    let pager = Pager::new(&asked.seite, PAGE, total, "/berichte/einsparungen/abrufe", &filters);
    let from = usize::try_from(pager.offset()).unwrap_or(0);
    let shown = groups.iter().skip(from).take(usize::try_from(PAGE).unwrap_or(0));
    Ok(Page(SavingsCallOffsPage {
        frame: frame.titled("Abrufe hinter der Zahl"),
        chosen,
        back: back(about),
        class: class.to_owned(),
        count: count(total, "Abruf", "Abrufe"),
        rows: shown.map(call_off_row).collect(),
        sum: Amount::plain(if matches!(class, "" | "none") { listed.volume } else { listed.of_class(class) }),
        checks: comparisons(&listed, &reported, class),
        pager,
    }))
}

/// Names of contract and member; what one may not see does not exist.
async fn names(tx: &mut Tx, about: About, actor: &crate::actor::Actor) -> Result<Vec<String>, Problem> {
    let mut names = Vec::new();
    if let Some(contract) = about.contract {
        names.push(contracts::find(tx, contract).await?.ok_or_else(Problem::not_found)?.title);
    }
    if let Some(member) = about.member {
        names.push(member_list::visible_name(tx, actor, member).await?.ok_or_else(Problem::not_found)?);
    }
    Ok(names)
}

/// The page whose figure brought the reader here, as far as the address tells.
fn back(about: About) -> String {
    let year = about.year_key();
    match (about.contract, about.member) {
        (Some(contract), _) => format!("/berichte/einsparungen/vertraege/{contract}?jahr={year}"),
        (None, Some(member)) => format!("/berichte/einsparungen/mitglieder/{member}?jahr={year}"),
        (None, None) => format!("/berichte/einsparungen?jahr={year}"),
    }
}

fn call_off_row(group: &Group) -> CallOffRow {
    let sums = &group.sums;
    let status = group.status.parse::<Status>().ok();
    let saving = format!("/abrufe/{}/einsparung", group.id);
    CallOffRow {
        id: group.id,
        number: group.number.clone(),
        dated_on: group.dated_on.map(day).unwrap_or_default(),
        status: status.map_or("", Status::german),
        member: group.member.clone(),
        contract: group.name.clone(),
        volume: Amount::plain(sums.volume),
        effect: Amount::plain(sums.a_effect),
        costs: Amount::plain(costs(sums)),
        a_net: Amount::linked(sums.a_net, saving.clone()),
        b: Amount::linked(sums.b_effect, saving.clone()),
        c: Amount::linked(sums.c_effect, saving.clone()),
        p: Amount::linked(sums.p_effect, saving),
    }
}

fn comparisons(listed: &Sums, reported: &Sums, class: &str) -> Vec<Comparison> {
    let row = |name, listed: Net, reported: Net| Comparison {
        name,
        listed: Amount::plain(listed),
        reported: Amount::plain(reported),
        difference: money((listed - reported).decimal(), "EUR"),
        agrees: listed == reported,
    };
    let all = [
        ("", row("Abrufvolumen", listed.volume, reported.volume)),
        ("A", row("Klasse A netto", listed.a_net, reported.a_net)),
        ("B", row("Klasse B", listed.b_effect, reported.b_effect)),
        ("C", row("Klasse C", listed.c_effect, reported.c_effect)),
        ("P", row("Klasse P", listed.p_effect, reported.p_effect)),
    ];
    all.into_iter().filter(|(of, _)| class.is_empty() || of.is_empty() || *of == class).map(|(_, row)| row).collect()
}
