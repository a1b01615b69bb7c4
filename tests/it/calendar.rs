//! Days begin and end in Berlin: what the last second of a day allows and the first second of the next
//! does not, through the real actions. Winter and summer time, 29 February, the end of the year.
//!
//! Each row is an instant in UTC; in winter Berlin is one hour ahead, in summer two.

use abruf::actions::ActionError;
use abruf::actions::draft_call_off::save_details;
use abruf::actions::end_request::expire_due;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::{Actor, Role, RunsAs};
use abruf::reports::savings::{self, Filter};
use abruf::storage::call_offs::Details;
use abruf::storage::supplier_reports;
use abruf::storage::turnover_uploads::ReportOf;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::savings::LineEvidence;
use abruf_domain::{Outcome, Review};
use chrono::{DateTime, NaiveDate, Utc};

use crate::pages::browser::{Browser, read};
use crate::world::World;
use crate::world::contract::{Contract, fixed, prior_contract, subscription};

/// One line of 900.00 euros.
const LINE: &[(&str, &str)] = &[("NBK", "1")];

/// A world with a town and the people who order for it.
struct Here {
    world: World,
    eva: Actor,
    karl: Actor,
}

impl Here {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let [eva, karl] = [world.buyer(town).await, world.approver(town).await];
        Self { world, eva, karl }
    }

    /// A contract of these days with a notebook for 900.00 euros, for this member.
    async fn contract(&self, number: &str, term: [&str; 2], buyer: &Actor) -> Contract {
        let contract = self.world.contract(number).term(term[0], term[1]).item("NBK", fixed("900.00"));
        contract.entitles(buyer.organisation).await
    }

    /// A draft of this buyer, made on a day when the contract runs, to be delivered whenever.
    async fn draft(&self, buyer: &Actor, contract: &Contract, made: &str) -> CallOffId {
        self.world.at(made);
        let id = self.world.draft(buyer, contract, LINE).await;
        let draft = self.world.call_off(id).await;
        let details = Details { performance: None, ..draft.details };
        save_details(&self.world.app, buyer, id, draft.version, &details).await.unwrap();
        id
    }

    /// What a submission in this second comes to: `submitted`, or what blocks.
    async fn submission(&self, buyer: &Actor, draft: CallOffId, at: &str) -> String {
        let copy = self.world.copies(draft, buyer, 1).await[0];
        self.world.at(at);
        outcome(&self.submitted(buyer, copy).await)
    }

    async fn submitted(&self, buyer: &Actor, id: CallOffId) -> Submission {
        submit(&self.world.app, buyer, id, None).await.unwrap()
    }

    /// A request of this second.
    async fn request(&self, draft: CallOffId, at: &str) -> CallOffId {
        let copy = self.world.copies(draft, &self.eva, 1).await[0];
        self.world.at(at);
        let submission = self.submitted(&self.eva, copy).await;
        assert_eq!(outcome(&submission), "submitted", "at {at}");
        copy
    }

    /// What a release in this second comes to: `released`, `expired`, or what is new and blocks.
    async fn release(&self, id: CallOffId, at: &str) -> String {
        self.world.at(at);
        match release(&self.world.app, &self.karl, id, None).await {
            Ok(Release::Released { .. }) => "released".to_owned(),
            Ok(Release::Expired { .. }) => "expired".to_owned(),
            Ok(Release::Changed { now, .. }) => format!("changed: {}", blocks(&now)),
            other => panic!("at {at}: {other:?}"),
        }
    }
}

impl Here {
    /// The day of an order as it stands in the order and in its review, and as the database reckons the release.
    async fn days(&self, id: CallOffId) -> [String; 3] {
        let (order, review, released): (String, String, String) = sqlx::query_as(
            "SELECT dated_on::text,
                    (SELECT result->>'day' FROM review r WHERE r.call_off_id = c.id AND check_point = 'release' ORDER BY r.id DESC LIMIT 1),
                    ((released_at AT TIME ZONE 'Europe/Berlin')::date)::text
             FROM call_off c WHERE id = $1",
        )
        .bind(id.0)
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        [order, review, released]
    }
}

fn outcome(submission: &Submission) -> String {
    match submission {
        Submission::Submitted { .. } => "submitted".to_owned(),
        Submission::Declined { review, .. } => blocks(review),
        Submission::Incomplete { gaps, .. } => format!("{gaps:?}"),
    }
}

fn blocks(review: &Review) -> String {
    review.with_outcome(Outcome::Block).map(|finding| finding.rule.as_str()).collect::<Vec<_>>().join(", ")
}

fn review(submission: Submission) -> Box<Review> {
    let Submission::Submitted { review, .. } = submission else { panic!("not submitted: {submission:?}") };
    review
}

/// First and last day, a day inside, and instants with what they come to.
type Edges = ([&'static str; 2], &'static str, &'static [(&'static str, &'static str)]);

const TERMS: &[Edges] = &[
    (
        ["2026-12-01", "2027-02-28"],
        "2026-12-15T09:00:00Z",
        &[
            ("2026-11-30T22:59:59Z", "within-term"),
            ("2026-11-30T23:00:00Z", "submitted"),
            ("2027-02-28T22:59:59Z", "submitted"),
            ("2027-02-28T23:00:00Z", "within-term"),
        ],
    ),
    (
        ["2024-02-29", "2028-02-29"],
        "2026-12-15T09:00:00Z",
        &[
            ("2028-02-28T23:00:00Z", "submitted"),
            ("2028-02-29T22:59:59Z", "submitted"),
            ("2028-02-29T23:00:00Z", "within-term"),
        ],
    ),
    // Ends on the day summer time begins, and begins on the day it ends.
    (
        ["2026-10-25", "2027-03-28"],
        "2026-12-15T09:00:00Z",
        &[
            ("2026-10-24T21:59:59Z", "within-term"),
            ("2026-10-24T22:00:00Z", "submitted"),
            ("2027-03-28T21:59:59Z", "submitted"),
            ("2027-03-28T22:00:00Z", "within-term"),
        ],
    ),
    // Begins in summer, ends on the day summer time ends: that day has 25 hours.
    (
        ["2027-07-01", "2027-10-31"],
        "2027-08-15T09:00:00Z",
        &[
            ("2027-06-30T21:59:59Z", "within-term"),
            ("2027-06-30T22:00:00Z", "submitted"),
            ("2027-10-31T22:59:59Z", "submitted"),
            ("2027-10-31T23:00:00Z", "within-term"),
        ],
    ),
    (
        ["2025-01-01", "2026-12-31"],
        "2026-12-15T09:00:00Z",
        &[("2026-12-31T22:59:59Z", "submitted"), ("2026-12-31T23:00:00Z", "within-term")],
    ),
];

#[tokio::test]
async fn a_contract_lets_submissions_through_from_its_first_second_to_its_last() {
    let here = Here::new().await;
    for (row, (term, made, instants)) in TERMS.iter().enumerate() {
        let contract = here.contract(&format!("RV-{row}"), *term, &here.eva).await;
        let draft = here.draft(&here.eva, &contract, made).await;
        for (at, expected) in *instants {
            let outcome = here.submission(&here.eva, draft, at).await;
            // Before the first day there is neither a party nor a price, and that is said as well.
            assert!(outcome.split(", ").any(|rule| rule == *expected), "{term:?} at {at}: {outcome}, not {expected}");
        }
    }
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_contract_lets_releases_through_until_its_last_second() {
    let here = Here::new().await;
    for (row, (end, before, last, after)) in [
        ("2027-02-28", "2027-02-20T09:00:00Z", "2027-02-28T22:59:59Z", "2027-02-28T23:00:00Z"),
        ("2028-02-29", "2028-02-20T09:00:00Z", "2028-02-29T22:59:59Z", "2028-02-29T23:00:00Z"),
        ("2027-03-28", "2027-03-20T09:00:00Z", "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z"),
        ("2027-10-31", "2027-10-20T09:00:00Z", "2027-10-31T22:59:59Z", "2027-10-31T23:00:00Z"),
        ("2026-12-31", "2026-12-20T09:00:00Z", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let contract = here.contract(&format!("RV-{row}"), ["2025-03-01", end], &here.eva).await;
        let draft = here.draft(&here.eva, &contract, before).await;
        let [in_time, too_late] = [here.request(draft, before).await, here.request(draft, before).await];
        assert_eq!(here.release(too_late, after).await, "changed: within-term", "{end} at {after}");
        assert_eq!(here.release(in_time, last).await, "released", "{end} at {last}");
    }
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn an_option_exercised_on_the_last_day_counts_and_a_day_later_does_not() {
    let here = Here::new().await;
    for (row, (exercised_on, at, expected)) in [
        ("2026-11-30", "2027-02-28T23:00:00Z", "submitted"),
        ("2026-11-30", "2028-02-29T22:59:59Z", "submitted"),
        ("2026-11-30", "2028-02-29T23:00:00Z", "within-term"),
        ("2026-12-01", "2027-02-28T22:59:59Z", "submitted"),
        ("2026-12-01", "2027-02-28T23:00:00Z", "within-term"),
    ]
    .into_iter()
    .enumerate()
    {
        let number = format!("RV-{row}");
        let contract = here.world.contract(&number).option("2028-02-29", "2026-11-30", Some(exercised_on));
        let contract = contract.item("NBK", fixed("900.00")).entitles(here.eva.organisation).await;
        let draft = here.draft(&here.eva, &contract, "2027-02-01T09:00:00Z").await;
        let outcome = here.submission(&here.eva, draft, at).await;
        assert_eq!(outcome, expected, "exercised on {exercised_on}, at {at}");
    }
}

#[tokio::test]
async fn a_membership_begins_and_ends_with_its_days() {
    let here = Here::new().await;
    for (row, (joined, left, instants)) in [
        (
            "2026-12-01",
            "2026-12-31",
            [
                ("2026-11-30T22:59:59Z", "member-active"),
                ("2026-11-30T23:00:00Z", "submitted"),
                ("2026-12-31T22:59:59Z", "submitted"),
                ("2026-12-31T23:00:00Z", "member-active"),
            ],
        ),
        (
            "2026-10-25",
            "2027-03-28",
            [
                ("2026-10-24T21:59:59Z", "member-active"),
                ("2026-10-24T22:00:00Z", "submitted"),
                ("2027-03-28T21:59:59Z", "submitted"),
                ("2027-03-28T22:00:00Z", "member-active"),
            ],
        ),
        (
            "2026-04-01",
            "2028-02-29",
            [
                ("2026-03-31T21:59:59Z", "member-active"),
                ("2026-03-31T22:00:00Z", "submitted"),
                ("2028-02-29T22:59:59Z", "submitted"),
                ("2028-02-29T23:00:00Z", "member-active"),
            ],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("Stadt {row}");
        let town = here.world.member(&name).joined(joined).left(left).await;
        let buyer = here.world.buyer(town).await;
        let contract = here.contract(&format!("RV-{row}"), ["2025-03-01", "2029-02-28"], &buyer).await;
        let draft = here.draft(&buyer, &contract, "2026-12-15T09:00:00Z").await;
        for (at, expected) in instants {
            assert_eq!(here.submission(&buyer, draft, at).await, expected, "{joined} to {left} at {at}");
        }
    }
}

#[tokio::test]
async fn a_request_expires_fourteen_days_later_to_the_second() {
    let here = Here::new().await;
    let contract = here.contract("RV-2025-01", ["2025-03-01", "2029-02-28"], &here.eva).await;
    let draft = here.draft(&here.eva, &contract, "2026-11-22T09:00:00Z").await;
    for (submitted, before, expires) in [
        ("2026-11-22T09:00:00Z", "2026-12-06T08:59:59Z", "2026-12-06T09:00:00Z"),
        ("2026-12-31T22:59:59Z", "2027-01-14T22:59:58Z", "2027-01-14T22:59:59Z"),
        ("2028-02-15T23:00:00Z", "2028-02-29T22:59:59Z", "2028-02-29T23:00:00Z"),
        // Across both changes of the clock: days of 23 and of 25 hours change nothing.
        ("2027-03-20T12:00:00Z", "2027-04-03T11:59:59Z", "2027-04-03T12:00:00Z"),
        ("2027-10-20T12:00:00Z", "2027-11-03T11:59:59Z", "2027-11-03T12:00:00Z"),
    ] {
        let [in_time, too_late, swept] = [
            here.request(draft, submitted).await,
            here.request(draft, submitted).await,
            here.request(draft, submitted).await,
        ];
        here.world.at(before);
        assert_eq!(expire_due(&here.world.app, None).await.unwrap(), 0, "at {before}");
        assert_eq!(here.release(in_time, before).await, "released", "at {before}");
        assert_eq!(here.release(too_late, expires).await, "expired", "at {expires}");
        assert_eq!(expire_due(&here.world.app, None).await.unwrap(), 1, "at {expires}");
        assert_eq!(here.world.call_off(swept).await.status, Status::Expired);
        let again = release(&here.world.app, &here.karl, swept, None).await;
        assert!(matches!(again, Err(ActionError::WrongState(Status::Expired))), "{again:?}");
    }
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_price_version_counts_from_its_first_second_on() {
    let here = Here::new().await;
    for (row, (from, last, first)) in [
        ("2027-01-01", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"),
        ("2028-02-29", "2028-02-28T22:59:59Z", "2028-02-28T23:00:00Z"),
        ("2027-03-29", "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z"),
        ("2027-10-31", "2027-10-30T21:59:59Z", "2027-10-30T22:00:00Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut requests = Vec::new();
        for (second, unit_price) in ["950.00", "850.00"].into_iter().enumerate() {
            let contract = here.contract(&format!("RV-{row}-{second}"), ["2025-03-01", "2029-02-28"], &here.eva).await;
            here.world.second_price(&contract, "NBK", from, unit_price).await;
            let draft = here.draft(&here.eva, &contract, "2026-12-15T09:00:00Z").await;
            let copies = here.world.copies(draft, &here.eva, 2).await;
            for (id, at, net) in [(copies[0], last, "900.00"), (copies[1], first, unit_price)] {
                here.world.at(at);
                let review = review(here.submitted(&here.eva, id).await);
                assert_eq!(review.priced.net.to_string(), net, "from {from}: submitted at {at}");
            }
            requests.push(copies[0]);
        }
        // A second later the dearer price is shown, the cheaper one taken.
        assert_eq!(here.release(requests[0], first).await, "changed: ", "from {from}: dearer at {first}");
        assert_eq!(here.release(requests[0], last).await, "released", "from {from}: dearer at {last}");
        assert_eq!(here.release(requests[1], first).await, "released", "from {from}: cheaper at {first}");
        let net = here.world.call_off(requests[1]).await.amounts.map(|amounts| amounts.net.to_string());
        assert_eq!(net.as_deref(), Some("850.00"), "from {from}: the price of the day of release");
    }
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_baseline_is_fresh_for_two_years_to_the_second() {
    let here = Here::new().await;
    for (row, (dated, last, first)) in [
        ("2024-12-31", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"),
        ("2026-02-28", "2028-02-29T22:59:59Z", "2028-02-29T23:00:00Z"),
        ("2026-02-27", "2028-02-27T22:59:59Z", "2028-02-27T23:00:00Z"),
        ("2024-02-29", "2026-02-28T22:59:59Z", "2026-02-28T23:00:00Z"),
        ("2025-03-28", "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z"),
        ("2025-10-31", "2027-10-31T22:59:59Z", "2027-10-31T23:00:00Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let number = format!("RV-{row}");
        let contract = here.world.contract(&number).term("2025-03-01", "2029-02-28").item("NBK", fixed("900.00"));
        let contract = contract.baseline("NBK", prior_contract("1000.00").dated(dated));
        let contract = contract.entitles(here.eva.organisation).await;
        let draft = here.draft(&here.eva, &contract, "2026-01-15T09:00:00Z").await;
        for (at, fresh) in [(last, true), (first, false)] {
            let copy = here.world.copies(draft, &here.eva, 1).await[0];
            here.world.at(at);
            let savings = review(here.submitted(&here.eva, copy).await).savings.unwrap();
            let counts = matches!(savings.lines[0].evidence, LineEvidence::Valid { .. });
            assert_eq!(counts, fresh, "dated {dated}, at {at}: {:?}", savings.lines);
        }
    }
}

/// A tender is avoided once in a calendar year of Berlin.
#[tokio::test]
async fn the_process_effect_of_a_year_ends_with_its_last_second() {
    let here = Here::new().await;
    for (key, value) in [("process_cost_flat_net", "3667.00"), ("direct_award_limit_net", "500.00")] {
        here.world.law(key, value).await;
    }
    let contract = here.world.contract("RV-2025-01").process_share("410.00").item("NBK", fixed("900.00"));
    let contract = contract.entitles(here.eva.organisation).await;
    let draft = here.draft(&here.eva, &contract, "2026-12-28T09:00:00Z").await;
    let mut effects = Vec::new();
    for at in ["2026-12-29T09:00:00Z", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z", "2027-01-04T09:00:00Z"] {
        let request = here.request(draft, at).await;
        assert_eq!(here.release(request, at).await, "released");
        let effect: i64 =
            sqlx::query_scalar("SELECT count(*) FROM savings_entry WHERE call_off_id = $1 AND class = 'P'")
                .bind(request.0)
                .fetch_one(here.world.owner())
                .await
                .unwrap();
        effects.push((at, effect));
    }
    assert_eq!(effects.iter().map(|(_, effect)| *effect).collect::<Vec<_>>(), [1, 0, 1, 0], "{effects:?}");
}

#[tokio::test]
async fn a_call_off_on_the_29th_of_february_is_ordered_on_that_day() {
    let here = Here::new().await;
    let contract = here.contract("RV-2025-01", ["2025-03-01", "2029-02-28"], &here.eva).await;
    let draft = here.draft(&here.eva, &contract, "2028-02-20T09:00:00Z").await;
    for (at, day) in [
        ("2028-02-28T22:59:59Z", "2028-02-28"),
        ("2028-02-28T23:00:00Z", "2028-02-29"),
        ("2028-02-29T22:59:59Z", "2028-02-29"),
        ("2028-02-29T23:00:00Z", "2028-03-01"),
    ] {
        let request = here.request(draft, at).await;
        assert_eq!(here.release(request, at).await, "released", "at {at}");
        assert_eq!(here.days(request).await, [day; 3], "at {at}");
    }
    here.world.keeps_its_promises().await;
}

/// § 188 (2) and (3) BGB: there is no 29 February to end before.
#[tokio::test]
async fn a_contract_of_one_year_from_the_29th_of_february_ends_with_the_28th() {
    let here = Here::new().await;
    let first = NaiveDate::from_ymd_opt(2028, 2, 29).unwrap();
    let last = abruf_domain::period::last_day_of_months(first, 12).unwrap().to_string();
    assert_eq!(last, "2029-02-28");
    let contract = here.contract("RV-2028-01", ["2028-02-29", &last], &here.eva).await;
    let draft = here.draft(&here.eva, &contract, "2028-06-15T09:00:00Z").await;
    for (at, expected) in [
        ("2028-02-28T22:59:59Z", "within-term"),
        ("2028-02-28T23:00:00Z", "submitted"),
        ("2029-02-28T22:59:59Z", "submitted"),
        ("2029-02-28T23:00:00Z", "within-term"),
    ] {
        let outcome = here.submission(&here.eva, draft, at).await;
        assert!(outcome.split(", ").any(|rule| rule == expected), "at {at}: {outcome}, not {expected}");
    }
}

#[tokio::test]
async fn licences_for_a_year_from_the_29th_of_february_are_proposed_until_the_28th() {
    let here = Here::new().await;
    let contract = here.world.contract("RV-2025-01").term("2025-03-01", "2029-02-28");
    let contract = contract.item("LIC", subscription("10.00").unit("Nutzer")).entitles(here.eva.organisation).await;
    for (today, first, last) in [
        ("2027-02-28T10:00:00Z", "28.02.2027", "27.02.2028"),
        ("2028-02-28T10:00:00Z", "28.02.2028", "27.02.2029"),
        ("2028-02-29T10:00:00Z", "29.02.2028", "28.02.2029"),
        ("2028-03-01T10:00:00Z", "01.03.2028", "28.02.2029"),
        ("2027-03-01T10:00:00Z", "01.03.2027", "29.02.2028"),
    ] {
        here.world.at(today);
        let draft = here.world.draft(&here.eva, &contract, &[("LIC", "1")]).await;
        let eva = Browser::signed_in(&here.world, &here.eva).await;
        let path = format!("/abrufe/{draft}/positionen");
        let page = eva.page(&path).await;
        eva.leads_on(
            &page,
            &path,
            &[
                ("angebot", "LIC"),
                ("menge", "1"),
                ("performance_from", ""),
                ("performance_to", ""),
                ("weiter", "ein-jahr"),
            ],
        )
        .await;
        let page = eva.page(&path).await;
        for (field, value) in [("performance_from", first), ("performance_to", last)] {
            let at = page.find(&format!("name=\"{field}\"")).unwrap();
            let input = &page[page[..at].rfind('<').unwrap()..at + page[at..].find('>').unwrap()];
            assert!(input.contains(&format!("value=\"{value}\"")), "on {today}: {input}");
        }
    }
}

/// On 28 March 2027 the clocks go from 02:00 to 03:00, on 31 October from 03:00 back to 02:00.
#[tokio::test]
async fn submissions_around_the_missing_and_in_the_doubled_hour_count_at_their_own_instant() {
    let here = Here::new().await;
    let contract = here.contract("RV-2025-01", ["2025-03-01", "2029-02-28"], &here.eva).await;
    let draft = here.draft(&here.eva, &contract, "2027-02-01T09:00:00Z").await;
    for (at, words) in [
        ("2027-03-28T00:59:59Z", "28.03.2027, 01:59 Uhr"),
        ("2027-03-28T01:00:00Z", "28.03.2027, 03:00 Uhr"),
        // 02:30 twice, an hour between them.
        ("2027-10-31T00:30:00Z", "31.10.2027, 02:30 Uhr"),
        ("2027-10-31T01:30:00Z", "31.10.2027, 02:30 Uhr"),
    ] {
        let instant: DateTime<Utc> = at.parse().unwrap();
        let request = here.request(draft, at).await;
        let stored = here.world.call_off(request).await;
        assert_eq!(stored.submitted_at, Some(instant), "at {at}");
        assert_eq!(stored.expires_at, Some(instant + chrono::TimeDelta::days(14)), "at {at}");
        let karl = Browser::signed_in(&here.world, &here.karl).await;
        let page = read(&karl.page(&format!("/freigaben/{request}")).await);
        assert!(page.contains(words), "at {at}: {words} in {page}");
        assert_eq!(here.release(request, at).await, "released", "at {at}");
    }
    let order = "SELECT array_agg(number ORDER BY released_at) = array_agg(number ORDER BY number) FROM call_off WHERE number IS NOT NULL";
    let in_order: bool = sqlx::query_scalar(order).fetch_one(here.world.owner()).await.unwrap();
    assert!(in_order, "the second 02:30 has the later number");
    here.world.keeps_its_promises().await;
}

/// It is still December in UTC.
#[tokio::test]
async fn an_order_half_an_hour_after_new_year_belongs_to_the_new_year_in_every_book() {
    let here = Here::new().await;
    let contract = here.world.contract("RV-2025-01").term("2025-03-01", "2029-02-28").item("NBK", fixed("900.00"));
    let contract = contract.baseline("NBK", prior_contract("1000.00").dated("2026-06-30"));
    let contract = contract.entitles(here.eva.organisation).await;
    let draft = here.draft(&here.eva, &contract, "2026-12-15T09:00:00Z").await;
    let board = here.world.person(Role::Board, here.world.body).await;
    for (at, day, year) in [("2026-12-31T22:30:00Z", "2026-12-31", 2026), ("2026-12-31T23:30:00Z", "2027-01-01", 2027)]
    {
        let request = here.request(draft, at).await;
        assert_eq!(here.release(request, at).await, "released", "at {at}");
        assert_eq!(here.days(request).await, [day; 3], "at {at}");
        let booked: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT dated_on::text FROM savings_entry WHERE call_off_id = $1")
                .bind(request.0)
                .fetch_all(here.world.owner())
                .await
                .unwrap();
        assert_eq!(booked, [day], "at {at}");
        let mut tx = here.world.app.db.begin(&board).await.unwrap();
        let filter = Filter { year: Some(year), ..Filter::default() };
        let sums = savings::total(&mut tx, &filter).await.unwrap();
        assert_eq!((sums.volume.to_string(), sums.a_effect.to_string()), ("900.00".into(), "100.00".into()), "{year}");
    }
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_month_ends_at_midnight_in_berlin_and_not_in_utc() {
    let here = Here::new().await;
    let contract = here.contract("RV-2025-01", ["2025-03-01", "2029-02-28"], &here.eva).await;
    let draft = here.draft(&here.eva, &contract, "2026-12-15T09:00:00Z").await;
    for (at, month) in [
        ("2027-01-31T22:30:00Z", "2027-01-01"),
        ("2027-01-31T23:30:00Z", "2027-02-01"),
        // Summer: two hours ahead.
        ("2027-06-30T21:30:00Z", "2027-06-01"),
        ("2027-06-30T22:30:00Z", "2027-07-01"),
        ("2027-06-30T23:30:00Z", "2027-07-01"),
        ("2028-02-29T22:30:00Z", "2028-02-01"),
        ("2028-02-29T23:30:00Z", "2028-03-01"),
    ] {
        let request = here.request(draft, at).await;
        assert_eq!(here.release(request, at).await, "released", "at {at}");
        let number = here.world.call_off(request).await.number;
        let month: NaiveDate = month.parse().unwrap();
        let asked = ReportOf {
            contract: contract.id,
            supplier: here.world.supplier,
            from: month,
            to: month,
            basis: "orders".to_owned(),
        };
        let mut tx = here.world.app.db.begin(RunsAs::Job).await.unwrap();
        let known = supplier_reports::known(&mut tx, &asked).await.unwrap();
        let own = known.iter().find(|it| it.order == number).unwrap();
        assert_eq!((own.month, own.in_period), (month, true), "at {at}");
    }
}

#[tokio::test]
async fn a_member_that_joins_and_leaves_today_orders_today_alone() {
    let here = Here::new().await;
    for (row, (day, instants)) in [
        (
            "2026-12-15",
            [
                ("2026-12-14T22:59:59Z", "member-active"),
                ("2026-12-14T23:00:00Z", "submitted"),
                ("2026-12-15T22:59:59Z", "submitted"),
                ("2026-12-15T23:00:00Z", "member-active"),
            ],
        ),
        // Days of 23 and of 25 hours.
        (
            "2027-03-28",
            [
                ("2027-03-27T22:59:59Z", "member-active"),
                ("2027-03-27T23:00:00Z", "submitted"),
                ("2027-03-28T21:59:59Z", "submitted"),
                ("2027-03-28T22:00:00Z", "member-active"),
            ],
        ),
        (
            "2027-10-31",
            [
                ("2027-10-30T21:59:59Z", "member-active"),
                ("2027-10-30T22:00:00Z", "submitted"),
                ("2027-10-31T22:59:59Z", "submitted"),
                ("2027-10-31T23:00:00Z", "member-active"),
            ],
        ),
        (
            "2028-02-29",
            [
                ("2028-02-28T22:59:59Z", "member-active"),
                ("2028-02-28T23:00:00Z", "submitted"),
                ("2028-02-29T22:59:59Z", "submitted"),
                ("2028-02-29T23:00:00Z", "member-active"),
            ],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("Stadt {row}");
        let town = here.world.member(&name).joined(day).left(day).await;
        let buyer = here.world.buyer(town).await;
        let contract = here.contract(&format!("RV-{row}"), ["2025-03-01", "2029-02-28"], &buyer).await;
        let draft = here.draft(&buyer, &contract, &format!("{day}T09:00:00Z")).await;
        for (at, expected) in instants {
            assert_eq!(here.submission(&buyer, draft, at).await, expected, "member on {day}, at {at}");
        }
    }
}

#[tokio::test]
async fn a_contract_of_one_day_lets_that_day_through() {
    let here = Here::new().await;
    for (day, before, first, last, after) in [
        ("2026-12-31", "2026-12-30T22:59:59Z", "2026-12-30T23:00:00Z", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"),
        ("2027-03-28", "2027-03-27T22:59:59Z", "2027-03-27T23:00:00Z", "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z"),
        ("2028-02-29", "2028-02-28T22:59:59Z", "2028-02-28T23:00:00Z", "2028-02-29T22:59:59Z", "2028-02-29T23:00:00Z"),
    ] {
        let contract = here.contract(&format!("RV-{day}"), [day, day], &here.eva).await;
        let draft = here.draft(&here.eva, &contract, &format!("{day}T10:00:00Z")).await;
        for (at, expected) in
            [(before, "within-term"), (first, "submitted"), (last, "submitted"), (after, "within-term")]
        {
            let outcome = here.submission(&here.eva, draft, at).await;
            assert!(outcome.split(", ").any(|rule| rule == expected), "{day} at {at}: {outcome}, not {expected}");
        }
    }
}
