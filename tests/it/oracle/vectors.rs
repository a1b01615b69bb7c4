//! The file of `tests/oracle/prices.py` as facts: contracts once, orders that refer to the one before.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use abruf_domain::Facts;
use abruf_domain::money::Percent;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::environment;

/// Days from the first to the last, which may be open.
type Days = (NaiveDate, Option<NaiveDate>);
/// Category and rate.
type Vat = (String, String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    contract: u32,
    unit_price_decimals: u32,
    items: BTreeMap<String, Item>,
    index: Vec<IndexValue>,
    minimum: Option<Value>,
    fee_pct: String,
    /// What paying in time saves.
    pub cash_discount_pct: Percent,
    max_age_months: u32,
    baselines: Vec<Value>,
    process: Process,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    terms: Vec<Term>,
    vat: Vat,
    vat_changes: Vec<(NaiveDate, String, String)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    supplier: u32,
    released: bool,
    validity: Days,
    price: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexValue {
    value: String,
    published: NaiveDate,
    released: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Process {
    central_share: Option<String>,
    direct_award_limit: String,
    flat: String,
    own_effort: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    order: u32,
    day: NaiveDate,
    performance: Option<(NaiveDate, NaiveDate)>,
    /// Article, quantity, and the price of an offer where there is one.
    lines: Vec<Vec<String>>,
    /// Called off before by all and by the member, by article.
    #[serde(default)]
    before: BTreeMap<String, (String, String)>,
    /// Unit prices of the chosen supplier's offer.
    competition: Option<BTreeMap<String, String>>,
    /// The process effect of the year is counted already.
    #[serde(default)]
    counted: bool,
    /// What the independent model says.
    pub expect: Value,
}

/// An order with its contract.
pub struct Vector<'a> {
    /// Line of the file, from 1.
    pub line: usize,
    pub contract: &'a Contract,
    pub order: &'a Order,
}

/// The file named by `ABRUF_VECTORS`, else the one in the repository.
fn path() -> PathBuf {
    match environment("ABRUF_VECTORS") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/vectors.jsonl"),
    }
}

/// Shows the orders of the file, `most` of them; says how many there were.
pub fn each(most: usize, mut judge: impl FnMut(&Vector<'_>)) -> usize {
    let path = path();
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut contract: Option<Contract> = None;
    let mut count = 0;
    for (line, text) in (1..).zip(BufReader::new(file).lines()) {
        if count == most {
            break;
        }
        let place = format!("{}:{line}", path.display());
        let text = text.unwrap();
        if text.starts_with(r#"{"contract""#) {
            contract = Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{place}: {error}")));
            continue;
        }
        let order: Order = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{place}: {error}"));
        let contract = contract.as_ref().unwrap_or_else(|| panic!("{place}: an order before any contract"));
        assert_eq!(order.order, contract.contract, "{place}: order of another contract");
        judge(&Vector { line, contract, order: &order });
        count += 1;
    }
    count
}

/// The id with this number.
fn id(number: usize) -> String {
    uuid::Uuid::from_u128(number as u128).to_string()
}

fn organisation(supplier: u32) -> String {
    id(supplier as usize)
}

const MEMBER: usize = 9;
const LOT: usize = 10;
const SERIES: usize = 11;
const CONTRACT_CEILINGS: [(usize, &str); 2] = [(20, "value"), (21, "quantity")];

fn days((from, to): Days) -> Value {
    json!({ "from": from, "to": to })
}

fn vat(category: &str, rate: &str) -> Value {
    json!({ "category": category, "rate": rate, "reason": "" })
}

/// The price as the facts write it; an index clause names its series.
fn price(price: &Value) -> Value {
    let mut price = price.clone();
    if price["type"] == "index" {
        price["series"] = json!(id(SERIES));
    }
    price
}

impl Vector<'_> {
    /// The facts of the order, at noon of its day, with ceilings of the contract that nothing reaches.
    pub fn facts(&self) -> Facts {
        let order = self.order;
        let facts = json!({
            "evaluated_at": format!("{}T11:00:00Z", order.day),
            "check_point": "submission",
            "contract": self.terms(),
            "member": { "id": id(MEMBER), "name": "Stadt Altenrode", "kind": "stadt", "region": "DE-ST",
                        "memberships": [{ "from": "2012-04-01", "to": null }] },
            "request": self.request(),
            "scopes": CONTRACT_CEILINGS.map(|(guard, measure)| json!({
                "guard": id(guard), "scope": "contract", "measure": measure, "limit": "99999999999", "hard": true,
                "authorised": "0", "recorded": "0", "reserved": "0", "breached": false,
            })),
            "baselines": self.baselines(),
            "process_effect_counted": order.counted,
            "parameters": {
                "cap_warning_ratio": "0.80",
                "baseline_max_age_months": self.contract.max_age_months,
                "direct_award_limit": self.contract.process.direct_award_limit,
                "process_cost_flat": self.contract.process.flat,
                "process_own_call_off_effort": self.contract.process.own_effort,
            },
        });
        serde_json::from_value(facts).unwrap_or_else(|error| panic!("line {}: {error}", self.line))
    }

    fn terms(&self) -> Value {
        let contract = self.contract;
        json!({
            "id": id(30), "number": "RV-2025-01", "title": "Orakel", "status": "active",
            "notice_date": "2024-11-15", "notice_reference": "2024/S 222-700001",
            "term": { "from": "2025-01-01", "to": "2035-12-31" }, "options": [],
            "lots": [{ "id": id(LOT), "number": 1, "title": "Alles" }],
            "parties": [{ "supplier": organisation(1), "lot": id(LOT), "validity": { "from": "2025-01-01", "to": null } }],
            "items": (100..).zip(&contract.items).map(|(number, (article, item))| self.item(number, article, item)).collect::<Vec<_>>(),
            "entitlements": [],
            "currency": "EUR",
            "unit_price_decimals": contract.unit_price_decimals,
            "min_order": contract.minimum.as_ref().map(|minimum| json!({
                "value": minimum["value"],
                "surcharge": minimum["surcharge"].as_object().map(|surcharge| json!({ "net": surcharge["net"], "vat_rate": surcharge["vat"] })),
            })),
            "fee_pct": contract.fee_pct,
            "process_central_share": contract.process.central_share,
            "index_values": contract.index.iter().map(|index| json!({
                "series": id(SERIES), "value": index.value, "published_on": index.published, "released": index.released,
            })).collect::<Vec<_>>(),
        })
    }

    fn item(&self, number: usize, article: &str, item: &Item) -> Value {
        let none = ("0".to_owned(), "0".to_owned());
        let (by_all, by_member) = self.order.before.get(article).unwrap_or(&none);
        json!({
            "id": id(number), "article_number": article, "title": article, "unit": "Stück", "lot": id(LOT),
            "vat": vat(&item.vat.0, &item.vat.1), "min_quantity": "0", "step": "0",
            "prices": (1000 * number..).zip(&item.terms).map(|(number, term)| json!({
                "id": id(number), "supplier": organisation(term.supplier), "released": term.released,
                "validity": days(term.validity), "price": price(&term.price),
            })).collect::<Vec<_>>(),
            "vat_changes": item.vat_changes.iter().map(|(from, category, rate)| {
                json!({ "from": from, "vat": vat(category, rate) })
            }).collect::<Vec<_>>(),
            "called_off": { "by_all": by_all, "by_member": by_member },
        })
    }

    fn request(&self) -> Value {
        let order = self.order;
        let lines = (1..).zip(&order.lines).map(|(position, line): (i32, _)| {
            json!({
                "position": position, "article_number": line[0], "quantity": line[1],
                "offer": line.get(2).map(|unit_price| json!({ "unit_price": unit_price, "document": "Angebot" })),
            })
        });
        json!({
            "supplier": organisation(1), "supplier_name": "Anhalt Digital GmbH",
            "lines": lines.collect::<Vec<_>>(),
            "performance": order.performance.map(|(from, to)| json!({ "from": from, "to": to })),
            "need": "Ersatzbedarf", "requester": id(3), "releaser": null,
            "mini_competition": order.competition.as_ref().map(|unit_prices| json!({
                "invited": [organisation(1)], "text_form": true, "deadline_at": "2025-12-01T09:00:00Z",
                "opened_at": "2025-12-01T09:05:00Z", "criterion": "price",
                "offers": [{ "supplier": organisation(1), "unit_prices": unit_prices }],
            })),
        })
    }

    fn baselines(&self) -> Vec<Value> {
        let numbered = (50..).zip(&self.contract.baselines);
        let baseline = |(number, baseline): (usize, &Value)| {
            json!({
                "id": id(number), "article_number": baseline["article"], "kind": baseline["kind"],
                "unit_price": baseline["unit_price"], "per": baseline["per"], "dated": baseline["dated"],
                "evidence": "Rechnung 2025-0917",
            })
        };
        numbered.map(baseline).collect()
    }
}
