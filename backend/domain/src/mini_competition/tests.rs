//! The steps of a mini-competition at both edges: instant, day, weight, mark, cent.

use uuid::Uuid;

use super::*;
use crate::money::{Percent, Points};

fn of<T: std::str::FromStr<Err: fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn supplier(number: u128) -> OrganisationId {
    OrganisationId(Uuid::from_u128(number))
}

fn criterion(name: &str, weight: &str) -> Criterion {
    Criterion { name: name.to_owned(), weight: of(weight) }
}

fn scheme() -> Scheme {
    Scheme {
        price_weight: of("60"),
        price_formula: PriceFormula::Ratio,
        criteria: vec![criterion("Lieferzeit", "40")],
        tie_rule: TieRule::LowerPrice,
    }
}

fn lines() -> Vec<Line> {
    vec![Line {
        article_number: "A1".to_owned(),
        title: "Beratung".to_owned(),
        unit: "Tag".to_owned(),
        quantity: of("10"),
        by_month: false,
    }]
}

const DEADLINE: &str = "2026-09-04T10:00:00Z";

fn offer(number: u128, price: &str) -> Offer {
    let unit_prices = [("A1".to_owned(), of::<UnitPrice>(price))].into();
    Offer { supplier: supplier(number), received_at: of("2026-09-03T10:00:00Z"), unit_prices }
}

fn mark(number: u128, points: &str) -> Mark {
    Mark { supplier_id: supplier(number), criterion: 0, points: of(points), reason: "drei Tage".to_owned() }
}

fn highest(price: &str) -> HighestPrices {
    (1..=3).map(|number| (supplier(number), [("A1".to_owned(), of::<UnitPrice>(price))].into())).collect()
}

fn judged(scheme: &Scheme, offers: &[Offer], marks: &[Mark]) -> Vec<Standing> {
    judge(scheme, &lines(), None, of(DEADLINE), offers, &highest("100.00"), marks).unwrap()
}

fn name(supplier: OrganisationId) -> String {
    format!("Nr. {}", supplier.0.as_u128())
}

#[test]
fn a_competition_goes_one_way_only() {
    use State::{Awarded, Cancelled, Drafted, Opened, Scored, Sent};
    for (state, step, goes) in [
        (Drafted, Step::Announce, true),
        (Sent, Step::Announce, false),
        (Drafted, Step::Send, true),
        (Sent, Step::Send, false),
        (Drafted, Step::Receive, false),
        (Sent, Step::Receive, true),
        (Opened, Step::Open, false),
        (Sent, Step::Score, false),
        (Opened, Step::Award, false),
        (Scored, Step::Award, true),
        (Scored, Step::Cancel, true),
        (Awarded, Step::Cancel, false),
        (Cancelled, Step::Cancel, false),
        (Awarded, Step::Use, true),
        (Scored, Step::Use, false),
        (Opened, Step::Ask, false),
        (Drafted, Step::Extend, false),
        (Sent, Step::Extend, true),
        (Opened, Step::Extend, false),
    ] {
        assert_eq!(state.check(step).is_ok(), goes, "{state:?} {step:?}");
    }
    let refusal = Sent.check(Step::Announce).unwrap_err();
    assert!(refusal.german.contains("versandt") && refusal.german.contains("heben Sie"), "{refusal:?}");
    assert!(State::ALL.into_iter().all(|state| State::from_key(state.key()) == Some(state)));
}

#[test]
fn the_day_of_sending_does_not_count_for_the_deadline() {
    // Sent late on the 20th in Berlin; ten days end on the 30th.
    let sent = of("2026-08-20T20:00:00Z");
    assert!(check_deadline(sent, of("2026-08-29T22:00:00Z"), 10).is_ok(), "the 30th in Berlin");
    let refusal = check_deadline(sent, of("2026-08-29T21:59:59Z"), 10).unwrap_err();
    assert_eq!(refusal.field, "deadline_at");
    assert!(refusal.german.contains("10 Kalendertage") && refusal.german.contains("ab 30.08.2026"), "{refusal:?}");
    assert!(check_deadline(sent, sent, 0).is_err(), "no time at all");
}

#[test]
fn every_party_of_the_lot_is_asked_and_nobody_else() {
    let parties = [(supplier(1), "Eins".to_owned()), (supplier(2), "Zwei".to_owned())];
    assert!(check_invited(&parties, &[supplier(2), supplier(1)]).is_ok());
    assert!(check_invited(&parties, &[supplier(1)]).unwrap_err().german.contains("Nicht eingeladen: Zwei"));
    assert!(check_invited(&parties, &[supplier(1), supplier(2), supplier(3)]).is_err());
}

#[test]
fn an_offer_at_the_deadline_is_in_time_and_nothing_is_opened_then() {
    assert!(!is_late(of(DEADLINE), of(DEADLINE)));
    assert!(is_late(of("2026-09-04T10:00:00.001Z"), of(DEADLINE)));
    let [one, other] = [PersonId(Uuid::from_u128(7)), PersonId(Uuid::from_u128(8))];
    let open = |now: &str, first| check_opening(of(DEADLINE), of(now), first, one);
    assert!(open(DEADLINE, None).unwrap_err().german.contains("bleiben bis zum Ende"));
    assert!(open("2026-09-04T10:00:00.001Z", None).is_ok());
    assert!(open("2026-09-04T10:00:01Z", Some(other)).is_ok());
    assert_eq!(open("2026-09-04T10:00:01Z", Some(one)).unwrap_err().field, "opened_by");
}

#[test]
fn a_deadline_is_extended_while_it_runs_and_only_to_a_later_end() {
    let extend = |now: &str, wanted: &str| check_extension(of(DEADLINE), of(wanted), of(now));
    let later = "2026-09-11T10:00:00Z";
    assert!(extend("2026-09-01T10:00:00Z", later).is_ok());
    assert!(extend(DEADLINE, later).is_ok(), "in its last instant");
    assert!(extend(DEADLINE, "2026-09-04T10:00:01Z").is_ok(), "by a second");
    let over = extend("2026-09-04T10:00:00.001Z", later).unwrap_err();
    assert!(over.field == "deadline_at" && over.german.contains("nur, solange sie läuft"), "{over:?}");
    for wanted in [DEADLINE, "2026-09-04T09:59:59Z"] {
        let shorter = extend("2026-09-01T10:00:00Z", wanted).unwrap_err();
        assert!(shorter.german.contains("ein späteres Ende"), "{wanted}: {shorter:?}");
    }
}

#[test]
fn what_a_late_offer_says_is_refused_and_its_arrival_is_not() {
    assert!(check_late(of(DEADLINE), of(DEADLINE), true).is_ok(), "in time to the instant");
    assert!(check_late(of("2026-09-04T10:00:01Z"), of(DEADLINE), false).is_ok());
    let refusal = check_late(of("2026-09-04T10:00:01Z"), of(DEADLINE), true).unwrap_err();
    assert_eq!(refusal.field, "received_at");
    assert!(refusal.german.contains("§ 57 Abs. 1 Nr. 1 VgV") && refusal.german.contains("leer"), "{refusal:?}");
}

#[test]
fn weights_make_exactly_one_hundred() {
    assert_eq!(scheme().refusals(), []);
    assert_eq!(Scheme::by_price().refusals(), []);
    for weight in ["39.99", "40.01"] {
        let wrong = Scheme { criteria: vec![criterion("Lieferzeit", weight)], ..scheme() };
        assert!(wrong.refusals()[0].german.contains("genau 100"), "{weight}");
    }
    let nothing = Scheme { price_weight: Percent::ZERO, criteria: vec![criterion("", "100")], ..scheme() };
    let fields: Vec<String> = nothing.refusals().into_iter().map(|refusal| refusal.field).collect();
    assert_eq!(fields, ["criteria[0].name", "price_weight"]);
    let useless = Scheme { criteria: vec![criterion("Lieferzeit", "40"), criterion("Umwelt", "0")], ..scheme() };
    assert_eq!(useless.refusals()[0].field, "criteria[1].weight");
}

#[test]
fn what_the_contract_announced_is_what_counts() {
    assert!(check_announced(None, &scheme()).is_ok() && check_announced(Some(&scheme()), &scheme()).is_ok());
    let refusal = check_announced(Some(&scheme()), &Scheme::by_price()).unwrap_err();
    assert!(refusal.german.contains("Preis 60\u{a0}%, Lieferzeit 40\u{a0}%; bei Gleichstand"), "{refusal:?}");
}

#[test]
fn prices_turn_into_points_by_the_announced_formula() {
    let of_price = |formula, price: &str| {
        let scheme = Scheme { price_formula: formula, ..scheme() };
        let standings = judged(&scheme, &[offer(1, "40.00"), offer(2, price)], &[mark(1, "0"), mark(2, "0")]);
        standings.iter().find(|it| it.supplier == supplier(2)).unwrap().score.to_string()
    };
    assert_eq!(of_price(PriceFormula::Ratio, "80.00"), "30.00", "half at double the price");
    assert_eq!(of_price(PriceFormula::Ratio, "70.00"), "34.29", "60 x 400 / 700 = 34.2857");
    assert_eq!(of_price(PriceFormula::Distance, "79.99"), "0.02", "60 x 0.10 / 400 = 0.015");
    assert_eq!(of_price(PriceFormula::Distance, "80.00"), "0.00");
    assert_eq!(of_price(PriceFormula::Distance, "100.00"), "0.00", "never below nothing");
}

#[test]
fn quality_can_beat_a_lower_price() {
    let standings = judged(&scheme(), &[offer(1, "80.00"), offer(2, "90.00")], &[mark(1, "5"), mark(2, "10")]);
    let shown: Vec<(u128, String, Option<u32>)> =
        standings.iter().map(|it| (it.supplier.0.as_u128(), it.score.to_string(), it.rank)).collect();
    assert_eq!(shown, [(2, "93.33".to_owned(), Some(1)), (1, "80.00".to_owned(), Some(2))]);
    assert_eq!(standings[0].parts[0].reason, "60 × 800,00 ÷ 900,00");
}

#[test]
fn marks_are_whole_in_range_and_reasoned() {
    let judge_with = |marks: &[Mark]| {
        judge(&scheme(), &lines(), None, of(DEADLINE), &[offer(1, "80.00")], &highest("100.00"), marks)
    };
    assert!(judge_with(&[mark(1, "0")]).is_ok() && judge_with(&[mark(1, "10")]).is_ok());
    for (marks, field) in [
        (vec![], "points"),
        (vec![mark(1, "10.01")], "points"),
        (vec![mark(1, "-0.01")], "points"),
        (vec![Mark { reason: " ".to_owned(), ..mark(1, "5") }], "reason"),
        (vec![mark(1, "5"), Mark { criterion: 1, ..mark(1, "5") }], "points"),
        (vec![mark(1, "5"), mark(2, "5")], "points"),
    ] {
        let refusals = judge_with(&marks).unwrap_err();
        assert!(refusals.len() == 1 && refusals[0].field.ends_with(field), "{marks:?}: {refusals:?}");
    }
}

#[test]
fn late_incomplete_and_too_dear_offers_are_not_compared() {
    let late = Offer { received_at: of("2026-09-04T10:00:01Z"), ..offer(1, "10.00") };
    let empty = Offer { unit_prices: std::collections::BTreeMap::new(), ..offer(2, "0") };
    let standings = judged(&Scheme::by_price(), &[late, empty, offer(3, "100.00")], &[]);
    assert_eq!(standings[0].rank, Some(1), "exactly the framework's price is allowed");
    let words: Vec<String> = standings[1..].iter().map(|it| it.excluded.as_ref().unwrap().to_string()).collect();
    assert_eq!(words, ["nach Ende der Frist eingegangen", "kein Preis für A1"]);
    let dear = judged(&Scheme::by_price(), &[offer(1, "100.01")], &[]);
    assert!(dear[0].excluded.as_ref().unwrap().to_string().contains("höchstens 100,00"));
    let unpriced =
        judge(&Scheme::by_price(), &lines(), None, of(DEADLINE), &[offer(1, "1")], &HighestPrices::new(), &[]);
    assert!(matches!(unpriced.unwrap()[0].excluded, Some(Exclusion::AboveFramework { highest: None, .. })));
}

#[test]
fn a_tie_is_decided_as_announced() {
    // 60 x 80/80 + 40 x 6/10 = 84 = 60 x 80/100 + 40 x 9/10.
    let offers = [offer(1, "80.00"), offer(2, "100.00")];
    let marks = [mark(1, "6"), mark(2, "9")];
    let ranks = |tie_rule| {
        let standings = judged(&Scheme { tie_rule, ..scheme() }, &offers, &marks);
        assert!(standings.iter().all(|it| it.score == of::<Points>("84")), "{standings:?}");
        standings.iter().map(|it| (it.supplier.0.as_u128(), it.rank.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(ranks(TieRule::LowerPrice), [(1, 1), (2, 2)]);
    assert_eq!(ranks(TieRule::BetterQuality), [(2, 1), (1, 2)]);
    assert_eq!(ranks(TieRule::Draw), [(1, 1), (2, 1)]);
}

#[test]
fn a_cent_decides_where_the_price_alone_does() {
    let mut many = lines();
    many[0].quantity = of("1");
    let offers = [offer(1, "99.991"), offer(2, "99.98")];
    let standings = judge(&Scheme::by_price(), &many, None, of(DEADLINE), &offers, &highest("100.00"), &[]).unwrap();
    assert_eq!(standings.iter().map(|it| it.rank).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(standings[0].supplier, supplier(2));
}

#[test]
fn the_award_goes_to_the_best() {
    let standings = judged(&Scheme::by_price(), &[offer(1, "80.00"), offer(2, "90.00"), offer(3, "101.00")], &[]);
    assert!(check_award(&standings, supplier(1), "", &name).is_ok());
    let second = check_award(&standings, supplier(2), "", &name).unwrap_err().german;
    assert!(second.contains("Nr. 2 steht auf Rang 2") && second.contains("Nr. 1 mit 100"), "{second}");
    assert!(check_award(&standings, supplier(3), "", &name).unwrap_err().german.contains("ausgeschlossen"));
    assert!(check_award(&standings, supplier(9), "", &name).unwrap_err().german.contains("kein Angebot"));
    assert!(check_award(&[], supplier(1), "", &name).unwrap_err().german.contains("heben Sie"));
    let equal = judged(&Scheme::by_price(), &[offer(1, "80.00"), offer(2, "80.00")], &[]);
    assert_eq!(check_award(&equal, supplier(2), " ", &name).unwrap_err().field, "drawn");
    assert!(check_award(&equal, supplier(2), "Los gezogen am 05.09.2026 von Frau Muster", &name).is_ok());
}
