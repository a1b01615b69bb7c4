//! Situations of the rules about how the supplier was chosen, and of those about earlier call-offs.

use super::bent;
use crate::answer_period::{AnswerPeriod, RankRequest};
use crate::example::{LOT, SUPPLIER, id, line, of, since};
use crate::facts::{
    AwardCriterion, CompetitionOffer, CouncilLimit, Decline, EarlierCallOff, Facts, LastAward, Lot, Mechanism,
    MiniCompetition, Party, Price, PriceTerm, Releaser, StopScope,
};
use crate::ids::{LotId, OrganisationId, PersonId, PriceTermId};

const RIVAL: u128 = 60;

fn party(supplier: u128, rank: u32, name: &str) -> Party {
    Party {
        supplier: id::<OrganisationId>(supplier),
        lot: Some(id::<LotId>(LOT)),
        validity: since("2025-03-01"),
        rank,
        name: name.to_owned(),
        stopped_from: None,
        stop_scope: None,
    }
}

/// Stopped since the day of the order, no further than `scope`.
fn stop(party: &mut Party, scope: StopScope) {
    party.validity.to = Some(of("2026-01-18"));
    party.stopped_from = Some(of("2026-01-19"));
    party.stop_scope = Some(scope);
}

fn stopped_for(scope: StopScope) -> Facts {
    bent(|facts| stop(&mut facts.contract.parties[0], scope))
}

/// Two training days, and a rival ranked first that asks this much for one.
fn among_two(mechanism: Mechanism, rival_price: &str) -> Facts {
    bent(|facts| {
        facts.contract.mechanism = mechanism;
        facts.contract.parties = vec![party(RIVAL, 1, "Rivale GmbH"), party(SUPPLIER, 2, "Beispiel Software GmbH")];
        let price = PriceTerm {
            id: id::<PriceTermId>(161),
            supplier: id::<OrganisationId>(RIVAL),
            price: Price::Fixed { unit_price: of(rival_price) },
            ..facts.contract.items[1].prices[0].clone()
        };
        facts.contract.items[1].prices.push(price);
        facts.request.lines = vec![line(1, "CTX-TRN", "2")];
    })
}

fn cascade(declined_at: Option<&str>) -> Facts {
    let mut facts = among_two(Mechanism::Cascade, "1180.00");
    let decline = |received_at: &str| Decline {
        supplier: id::<OrganisationId>(RIVAL),
        received_at: of(received_at),
        reason: "Lieferengpass".to_owned(),
        document: "E-Mail".to_owned(),
    };
    facts.request.declines = declined_at.map(decline).into_iter().collect();
    facts
}

/// The rival was asked on this day and has three working days; judged on 19 January 2026.
fn asked(asked_on: &str) -> Facts {
    let mut facts = cascade(None);
    facts.contract.answer_period = Some(AnswerPeriod { working_days: 3, holidays: Vec::new() });
    facts.request.rank_requests = vec![RankRequest { supplier: id(RIVAL), asked_on: of(asked_on) }];
    facts
}

fn first_of_cascade() -> Facts {
    let mut facts = cascade(None);
    facts.contract.parties[1].rank = 1;
    facts.contract.parties[0].rank = 2;
    facts
}

fn rotation(last: u128) -> Facts {
    let mut facts = among_two(Mechanism::Rotation, "1180.00");
    facts.contract.last_awards = vec![LastAward { lot: Some(id::<LotId>(LOT)), supplier: id(last) }];
    facts
}

fn best_price(with_freight: bool, rival_price: &str) -> Facts {
    among_two(Mechanism::BestPricePerItem { with_freight }, rival_price)
}

fn above(direct_limit: &str) -> Facts {
    among_two(Mechanism::MiniCompetitionAbove { direct_limit: of(direct_limit) }, "1180.00")
}

fn offer(supplier: u128, unit_price: &str, points: &str) -> CompetitionOffer {
    CompetitionOffer {
        supplier: id::<OrganisationId>(supplier),
        unit_prices: [("CTX-TRN".to_owned(), of(unit_price))].into(),
        points: Some(of(points)),
        received_at: Some(of("2026-01-12T08:00:00Z")),
    }
}

/// A competition in order, bent.
fn competition(bend: impl FnOnce(&mut MiniCompetition)) -> Facts {
    let mut held = MiniCompetition {
        invited: vec![id(RIVAL), id(SUPPLIER)],
        text_form: true,
        deadline_at: of("2026-01-12T10:00:00Z"),
        opened_at: Some(of("2026-01-12T10:05:00Z")),
        opened_by: Some(vec![id::<PersonId>(4), id::<PersonId>(5)]),
        criterion: AwardCriterion::Price,
        announced: Some(AwardCriterion::Price),
        offers: vec![offer(SUPPLIER, "1080.00", "80"), offer(RIVAL, "1110.00", "90")],
    };
    bend(&mut held);
    let mut facts = above("1000.00");
    facts.request.mini_competition = Some(held);
    facts
}

fn competitions() -> Vec<Facts> {
    let points = |held: &mut MiniCompetition| {
        held.criterion = AwardCriterion::Points;
        held.announced = Some(AwardCriterion::Points);
    };
    vec![
        competition(|_| ()),
        competition(|held| held.invited.retain(|asked| *asked != id(RIVAL))),
        competition(|held| held.text_form = false),
        competition(|held| held.opened_at = None),
        competition(|held| held.opened_at = Some(held.deadline_at)),
        competition(|held| held.opened_by = Some(vec![id(4), id(4)])),
        competition(|held| held.announced = Some(AwardCriterion::Points)),
        competition(|held| held.criterion = AwardCriterion::Points),
        competition(|held| drop(held.offers.remove(0))),
        competition(|held| held.offers[0].unit_prices.clear()),
        competition(|held| held.offers[0].received_at = Some(of("2026-01-12T10:00:01Z"))),
        competition(|held| held.offers[1] = offer(RIVAL, "1079.99", "90")),
        competition(points),
        competition(|held| held.offers = vec![offer(SUPPLIER, "1180.01", "80")]),
        // standstill-check: 2 days at 1,080.00
        threshold("2160.00"),
        threshold("2160.01"),
    ]
}

fn threshold(eu_threshold: &str) -> Facts {
    let mut facts = competition(|_| ());
    facts.parameters.eu_threshold = Some(of(eu_threshold));
    facts
}

/// An earlier call-off of one training day, with the contract's direct limit out of the way.
fn after(days: &str, limit: impl FnOnce(&mut Facts)) -> Facts {
    bent(|facts| {
        facts.request.lines = vec![line(1, "CTX-TRN", "2")];
        facts.request.earlier = vec![EarlierCallOff {
            number: "RV-2025-01-0041".to_owned(),
            date: of("2026-01-12"),
            net: of("1180.00"),
            gross: Some(of("1404.20")),
            counts: true,
            lines: vec![("CTX-TRN".to_owned(), of(days))],
        }];
        limit(facts);
    })
}

/// 2,360.00 net, 2,808.40 gross today.
fn repeated() -> Vec<Facts> {
    let council = |amount: &str, net| CouncilLimit { amount: of(amount), net, source: "§ 7 Hauptsatzung".to_owned() };
    let direct = |limit: &str| Mechanism::MiniCompetitionAbove { direct_limit: of(limit) };
    vec![
        after("1", |facts| facts.contract.mechanism = direct("3540.00")),
        after("1", |facts| facts.contract.mechanism = direct("3539.99")),
        after("1", |facts| facts.request.releaser = Some(Releaser::new(id(5), Some(of("4212.59"))))),
        after("1", |facts| facts.member.council_limit = Some(council("4212.60", false))),
        after("1", |facts| facts.member.council_limit = Some(council("3540.00", true))),
        // duplicate-call-off
        after("2", |_| ()),
    ]
}

pub(super) fn situations() -> Vec<Facts> {
    let mut all = vec![
        // lot-supplier-match
        bent(|facts| {
            let other = Lot { id: id::<LotId>(13), number: 1, title: "Server".to_owned() };
            facts.contract.parties[0].lot = Some(other.id);
            facts.contract.lots.push(other);
        }),
        // cascade-order
        first_of_cascade(),
        cascade(None),
        cascade(Some("2026-01-19T09:15:00Z")),
        asked("2026-01-13"),
        asked("2026-01-14"),
        // supplier-is-party, stopped
        bent(|facts| {
            facts.contract.parties[0].validity.to = Some(of("2026-01-18"));
            facts.contract.parties[0].stopped_from = Some(of("2026-01-19"));
        }),
        // supplier-is-party, stopped for this contract, for its only lot
        stopped_for(StopScope::Contract),
        stopped_for(StopScope::Lot),
        // lot-supplier-match, stopped for one of two lots
        bent(|facts| {
            let other = Lot { id: id::<LotId>(13), number: 1, title: "Server".to_owned() };
            let mut party = facts.contract.parties[0].clone();
            party.lot = Some(other.id);
            facts.contract.lots.push(other);
            stop(&mut facts.contract.parties[0], StopScope::Lot);
            facts.contract.parties.push(party);
        }),
        // rotation-turn
        rotation(RIVAL),
        rotation(SUPPLIER),
        // best-price-item
        best_price(false, "1180.00"),
        best_price(false, "1179.99"),
        best_price(true, "1179.99"),
        // mini-competition-required
        above("2360.00"),
        above("2359.99"),
    ];
    all.extend(competitions());
    all.extend(repeated());
    all
}
