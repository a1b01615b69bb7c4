//! What the board sees: every figure equals the sum of the list behind it, on every level.

use std::collections::BTreeSet;

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::justify_finding::justify;
use abruf::actions::release_call_off::{Release, release};
use abruf::actor::{Actor, Role};
use abruf_domain::ids::{ContractId, OrganisationId};
use axum::http::StatusCode;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, list_price, prior_contract, value};

/// A town with the two people a call-off needs.
struct Town {
    id: OrganisationId,
    buyer: Actor,
    approver: Actor,
}

/// A body after some years: contracts of every class, one dearer than before, cancellations.
struct House {
    world: World,
    towns: Vec<Town>,
    contracts: Vec<Contract>,
    board: Actor,
}

async fn house(seed: u64, call_offs: u32) -> House {
    let world = World::seeded(seed).await;
    let mut towns = Vec::new();
    for name in ["Stadt Altenrode", "Stadt Bergheim", "Stadt Neufeld"] {
        let id = world.member(name).await;
        towns.push(Town {
            id,
            buyer: world.buyer(id).await,
            approver: world.approver(id).named("Karl Beispiel").await,
        });
    }
    let entitled = |contract| {
        towns
            .iter()
            .fold(contract, |contract: crate::world::contract::NewContract<'_>, town| contract.entitles(town.id))
    };
    let contracts = vec![
        entitled(
            world
                .contract("RV-2025-01")
                .fee("1.5")
                .ceiling(value("500000.00"))
                .item("A1", fixed("100.00"))
                .item("B1", fixed("40.00"))
                .item("N1", fixed("7.00"))
                .baseline("A1", prior_contract("123.45"))
                .baseline("B1", list_price("55.00")),
        )
        .await,
        entitled(
            world
                .contract("RV-2025-02")
                .minimum("200.00")
                .surcharge("15.00")
                .ceiling(value("900000.00"))
                .item("A1", fixed("30.00"))
                .baseline("A1", prior_contract("29.10")),
        )
        .await,
    ];
    let board = world.person(Role::Board, world.body).named("Bea Vorstand").await;
    let house = House { world, towns, contracts, board };
    house.order(seed, call_offs).await;
    house
}

impl House {
    /// Some call-offs in two years; every fifth is taken back.
    async fn order(&self, seed: u64, call_offs: u32) {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        for number in 0..call_offs {
            let year = if number.is_multiple_of(4) { 2025 } else { 2026 };
            self.world.at(&format!(
                "{year}-{:02}-{:02}T09:00:00Z",
                chance.random_range(4..=10),
                chance.random_range(1..=28)
            ));
            let town = &self.towns[chance.random_range(0..self.towns.len())];
            let contract = &self.contracts[chance.random_range(0..self.contracts.len())];
            let quantity = chance.random_range(1..=9).to_string();
            let lines: &[(&str, &str)] = if contract.number == self.contracts[0].number {
                &[("A1", &quantity), ("B1", "2"), ("N1", "3")]
            } else {
                &[("A1", &quantity)]
            };
            let id = self.world.draft(&town.buyer, contract, lines).await;
            for rule in ["savings-negative", "baseline-missing", "baseline-stale"] {
                // Which of them the review finds depends on the draft.
                let _ = justify(&self.world.app, &town.buyer, id, rule, "Lieferzeit geht vor.").await;
            }
            let submitted =
                abruf::actions::submit_call_off::submit(&self.world.app, &town.buyer, id, None).await.unwrap();
            assert!(format!("{submitted:?}").starts_with("Submitted"), "{submitted:?}");
            let released = release(&self.world.app, &town.approver, id, None).await.unwrap();
            assert!(matches!(released, Release::Released { .. }), "{released:?}");
            if number % 5 == 4 {
                cancel(&self.world.app, &town.approver, id, "Doppelt bestellt").await.unwrap();
            }
        }
        self.world.at("2026-11-22T09:00:00Z");
    }
}

/// The lists a page links to, with the figure that links there.
fn figures(page: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for part in page.split("href=\"/berichte/einsparungen/abrufe?").skip(1) {
        let (address, rest) = part.split_once('"').unwrap();
        let text = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
        if text.contains('€') {
            let address = address.replace("&#38;", "&").replace("&amp;", "&");
            found.insert((format!("/berichte/einsparungen/abrufe?{address}"), text.to_owned()));
        }
    }
    found
}

/// Pages of contracts and members that a page links to.
fn parts(page: &str) -> BTreeSet<String> {
    let link = |kind: &str| {
        let start = format!("href=\"/berichte/einsparungen/{kind}/");
        let links: Vec<_> = page
            .split(&start)
            .skip(1)
            .map(|part| format!("/berichte/einsparungen/{kind}/{}", part.split_once('"').unwrap().0))
            .collect();
        links
    };
    link("vertraege").into_iter().chain(link("mitglieder")).collect()
}

fn euros(text: &str) -> Decimal {
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || *c == ',' || *c == '\u{2212}').collect();
    plain.replace(',', ".").replace('\u{2212}', "-").parse().unwrap_or_else(|_| panic!("{text} is no amount"))
}

/// The amount in a cell that begins inside its start tag, linked or not.
fn text_of(cell: &str) -> &str {
    let cell = cell.split_once("</td>").unwrap().0;
    cell.split('>').map(|part| part.split('<').next().unwrap()).find(|text| text.contains('€')).unwrap()
}

fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    page.split_once(from).unwrap_or_else(|| panic!("no {from} in {page}")).1.split_once(to).unwrap().0
}

/// The figure that leads to a list, summed over every row of all its pages.
async fn listed(web: &Web, cookie: &str, address: &str) -> (Decimal, String) {
    let (mut sum, mut first, mut number) = (Decimal::ZERO, String::new(), 1);
    loop {
        let page = web.get(&format!("{address}&seite={number}"), cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        let cells = page.text.split("class=\"number asked\"").skip(1);
        sum += cells.map(|cell| euros(text_of(cell))).sum::<Decimal>();
        let more = page.text.contains("rel=\"next\"");
        if first.is_empty() {
            first = page.text;
        }
        number += 1;
        if !more {
            return (sum, first);
        }
    }
}

#[tokio::test]
async fn every_figure_is_the_sum_of_its_list_on_every_level() {
    for seed in [3, 11] {
        let House { world, board, .. } = house(seed, 60).await;
        let web = Web::over(world).await;
        let cookie = web.cookie_of(&board, "board@elbe-saale.example").await;
        let mut checked = 0;
        for year in ["2025", "2026", "alle"] {
            let top = web.get(&format!("/berichte/einsparungen?jahr={year}"), &cookie).await;
            assert_eq!(top.status, StatusCode::OK);
            assert_eq!(parts(&top.text).len(), 5, "two contracts, three members");
            let mut pages = vec![top.text.clone()];
            for part in parts(&top.text) {
                let page = web.get(&part, &cookie).await;
                assert_eq!(page.status, StatusCode::OK, "{part}");
                pages.push(page.text);
            }
            for (address, figure) in pages.iter().flat_map(|page| figures(page)).collect::<BTreeSet<_>>() {
                let (sum, list) = listed(&web, &cookie, &address).await;
                assert_eq!(between(&list, "id=\"summe\">", "<"), figure, "{address}");
                for row in list.split("data-label=\"Abweichung\"><strong>").skip(1) {
                    assert_eq!(euros(row.split_once('<').unwrap().0), Decimal::ZERO, "{address}");
                }
                assert_eq!(sum, euros(&figure), "{address}: rows against their sum");
                checked += 1;
            }
            let filter =
                if year == "alle" { "true".to_owned() } else { format!("extract(year FROM dated_on) = {year}") };
            #[expect(clippy::disallowed_methods, reason = "the test writes its own statement")]
            let truth: Decimal = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                "SELECT coalesce(sum(order_net), 0) FROM savings_entry WHERE stage IN ('planned', 'cancelled', 'corrected') AND {filter}"
            )))
            .fetch_one(&web.database.owner)
            .await
            .unwrap();
            let (_, volume) = figures(&top.text)
                .into_iter()
                .find(|(address, _)| address.ends_with(&format!("?jahr={year}")))
                .unwrap();
            assert_eq!(euros(&volume), truth, "order value of {year}");
        }
        assert!(150 <= checked, "only {checked} figures were followed");
    }
}

#[tokio::test]
async fn the_list_behind_a_figure_adds_up_in_a_spreadsheet_too() {
    let House { world, board, .. } = house(3, 30).await;
    let web = Web::over(world).await;
    let cookie = web.cookie_of(&board, "board@elbe-saale.example").await;
    for (query, column) in [
        ("jahr=alle", "Abrufvolumen"),
        ("jahr=2026&klasse=A", "A netto"),
        ("jahr=alle&klasse=A&zahl=umlage", "Umlage"),
        ("jahr=alle&klasse=A&zahl=zuschlag", "Mindermengenzuschlag"),
        ("jahr=alle&klasse=none", "Volumen ohne Vergleichspreis"),
    ] {
        let page = web.get(&format!("/berichte/einsparungen/abrufe?{query}"), &cookie).await;
        let list = web.get(&format!("/berichte/einsparungen/abrufe.csv?{query}"), &cookie).await;
        assert_eq!((list.status, list.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        let mut rows = list.text.trim_start_matches('\u{feff}').lines().map(|line| line.split(';').collect::<Vec<_>>());
        let place = rows.next().unwrap().iter().position(|head| *head == column).unwrap();
        let sum: Decimal = rows.map(|row| row[place].replace(',', ".").parse::<Decimal>().unwrap()).sum();
        assert_eq!(sum, euros(between(&page.text, "id=\"summe\">", "<")), "{query}");
    }
}

#[tokio::test]
async fn losses_stay_in_the_table_with_their_word() {
    let House { world, board, contracts, .. } = house(5, 12).await;
    let web = Web::over(world).await;
    let cookie = web.cookie_of(&board, "board@elbe-saale.example").await;
    let page = web.get(&format!("/berichte/einsparungen/vertraege/{}?jahr=alle", contracts[1].id), &cookie).await;
    assert!(page.text.contains("Mehrkosten") && page.text.contains('\u{2212}'), "{}", page.text);
    let through_api = web.get("/api/v1/reports/savings?year=99999", &cookie).await;
    assert_eq!(through_api.status, StatusCode::BAD_REQUEST, "{}", through_api.text);
    let unknown = web.get("/api/v1/reports/savings?class=Q", &cookie).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "an unknown class is no empty report");
    let empty = web.get("/berichte/einsparungen?jahr=2019", &cookie).await;
    assert!(empty.text.contains("Für 2019 liegen keine Abrufe vor. Der erste Abruf war am "), "{}", empty.text);
}

#[tokio::test]
async fn a_member_sees_its_own_savings_only() {
    let House { world, towns, contracts, .. } = house(7, 16).await;
    let web = Web::over(world).await;
    let [own, neighbour] = [&towns[0], &towns[1]];
    let cookie = web.cookie_of(&own.buyer, "eva@altenrode.example").await;
    let page = web.get("/berichte/einsparungen?jahr=alle", &cookie).await;
    assert!(page.text.contains("Stadt Altenrode") && !page.text.contains("Stadt Bergheim"), "{}", page.text);
    let absent = web.get(&format!("/berichte/einsparungen/mitglieder/{}", Uuid::from_u128(1)), &cookie).await;
    let foreign = web.get(&format!("/berichte/einsparungen/mitglieder/{}", neighbour.id), &cookie).await;
    assert_eq!((absent.status, foreign.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(absent.text, foreign.text);
    let through_list = web.get(&format!("/berichte/einsparungen/abrufe?mitglied={}", neighbour.id), &cookie).await;
    assert_eq!(through_list.status, StatusCode::NOT_FOUND);
    let none: ContractId = contracts[0].id;
    assert_eq!(web.get(&format!("/berichte/einsparungen/vertraege/{none}"), &cookie).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_dashboard_has_last_year_beside_it_pictures_with_words_and_what_to_look_at() {
    let House { world, board, contracts, .. } = house(3, 40).await;
    sqlx::query("UPDATE organisation SET inhabitants = 20000 WHERE name = 'Stadt Neufeld'")
        .execute(world.owner())
        .await
        .unwrap();
    // Most of the second ceiling is taken: the ledger may lag behind here, the page reads the guard.
    sqlx::query("UPDATE guard SET limit_amount = (authorised + recorded + reserved) * 1.04 WHERE contract_id = $1 AND scope = 'contract'")
        .bind(contracts[1].id.0)
        .execute(world.owner())
        .await
        .unwrap();
    let web = Web::over(world).await;
    let cookie = web.cookie_of(&board, "board@elbe-saale.example").await;
    let page = web.get("/berichte/einsparungen?jahr=2026", &cookie).await.text;
    assert_eq!(page.matches("class=\"last-year\"").count(), 4, "four figures with the year before: {page}");
    let cards = between(&page, "<ul class=\"cards\">", "</ul>");
    for part in ["card__figure", "card__text", "last-year"] {
        assert_eq!(cards.matches(part).count(), 4, "four figures, a sentence each: {cards}");
    }
    for part in [
        "<title id=\"balken-titel\">",
        "<title id=\"linie-titel\">",
        "<desc id=\"balken-text\">",
        "<pattern id=\"balken-b\"",
    ] {
        assert!(page.contains(part), "no {part}: {page}");
    }
    assert_eq!(page.matches("Als Tabelle anzeigen").count(), 2);
    assert!(!page.contains(" style="), "the policy allows no styles in a page");
    let drawn: BTreeSet<Decimal> = page
        .split("<text class=\"chart__value\"")
        .skip(1)
        .map(|part| part.split_once('>').unwrap().1.split_once('<').unwrap().0)
        .filter(|text| text.starts_with("A "))
        .map(euros)
        .collect();
    let table = page.split_once("id=\"je-vertrag\"").unwrap().1.split_once("</tbody>").unwrap().0;
    let listed: BTreeSet<Decimal> =
        table.split("data-label=\"A netto\"").skip(1).map(|cell| euros(text_of(cell))).collect();
    assert_eq!(drawn, listed, "bars show the figures of the table");
    assert!(page.contains("ohne Einwohnerzahl"), "towns without inhabitants say so");
    // Neufeld has 20,000 inhabitants.
    let town = between(page.split_once("id=\"je-mitglied\"").unwrap().1, ">Stadt Neufeld<", "</tr>");
    let amount = |label: &str| euros(text_of(town.split_once(&format!("data-label=\"{label}\"")).unwrap().1));
    let each = (amount("A netto") / Decimal::from(20_000))
        .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    assert_eq!(amount("A je Einwohner"), each, "{town}");
    assert!(
        page.contains("dringend") && page.contains("96 % des Höchstwerts belegt")
            || page.contains("96\u{a0}% des Höchstwerts belegt"),
        "{page}"
    );
    let empty = web.get("/berichte/einsparungen?jahr=2019", &cookie).await.text;
    assert!(!empty.contains("chart__drawing") && !empty.contains("class=\"last-year\""), "{empty}");
}
