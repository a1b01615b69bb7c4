//! The same cases through the whole program: each in a fresh database, drafted, submitted and released
//! over the HTTP API. What was stored of it is compared with the file, cent by cent.
//!
//! Cases that name rules nobody has written yet are listed by name and not judged.

mod after_release;

use std::path::PathBuf;
use std::sync::Arc;

use abruf::actions::preview_release;
use abruf::actor::{Actor, RunsAs};
use abruf_domain::facts::CheckPoint;
use abruf_domain::finding::Addressee;
use abruf_domain::ids::CallOffId;
use abruf_domain::review::Review;
use abruf_domain::{Facts, Outcome};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::format::{CallOff, Case, Concurrency, EXPECT_CALL_OFF, EXPECT_CONCURRENCY};
use super::judge::call_off::{findings_of, outcome_of, sources_of, wordings_of};
use super::judge::compare::objects;
use super::judge::{Verdict, expectation, parse, rules_not_built};
use super::stage::{self, Stage};
use super::{Error, Judged, Run, files, fixture, fixtures, own_files, read};
use crate::cluster::environment;
use crate::web::{Answer, PASSWORD, Web};
use crate::world::World;

/// A Leitweg-ID for requests whose file says nothing about invoices.
const LEITWEG_ID: &str = "04011000-1234512345-06";

/// A case on stage: the program and who acts.
struct Play {
    web: Web,
    office: Actor,
}

/// A draft ready to be submitted.
struct Draft {
    id: Uuid,
    requester: String,
    releaser: Option<(Actor, String)>,
    office: String,
}

/// How a request ended.
enum End {
    /// By this review; the facts it saw.
    Judged { review: Box<Review>, facts: Box<Facts>, released: bool },
    /// The program answered something no case asks for.
    Odd(String),
}

impl Play {
    async fn token(&self, actor: &Actor) -> String {
        let body =
            json!({ "email": stage::email(actor.person), "password": PASSWORD, "assignment_id": actor.assignment });
        let answer = self.web.api("POST", "/api/v1/sessions", "", Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Enters a call-off as its requester would.
    async fn draft(
        &self,
        stage: &Stage<'_>,
        facts: &Facts,
        [requester, releaser]: [Option<Actor>; 2],
    ) -> Result<Draft, String> {
        let requester = requester.unwrap();
        let requester = self.token(&requester).await;
        let releaser = match releaser {
            Some(actor) => Some((actor.clone(), self.token(&actor).await)),
            None => None,
        };
        let office = self.token(&self.office).await;
        let new = json!({ "contract_id": facts.contract.id });
        let answer = self.web.api("POST", "/api/v1/call-offs", &requester, Some(new)).await;
        if answer.status != StatusCode::CREATED {
            return Err(format!("no draft: {}", answer.text));
        }
        let draft = answer.json();
        let id: Uuid = draft["id"].as_str().unwrap().parse().unwrap();
        let at = |part: &str| format!("/api/v1/call-offs/{id}/{part}");
        let lines =
            json!({ "version": draft["version"], "supplier_id": facts.request.supplier, "lines": lines(facts) });
        let version = done(&self.web.api("PUT", &at("lines"), &requester, Some(lines)).await)?["version"].clone();
        let details = json!({ "version": version, "details": details(facts) });
        done(&self.web.api("PUT", &at("details"), &requester, Some(details)).await)?;
        for request in &facts.request.rank_requests {
            let body = json!({ "supplier_id": request.supplier, "asked_on": request.asked_on, "document": "E-Mail" });
            done(&self.web.api("POST", &at("rank-requests"), &requester, Some(body)).await)?;
        }
        // A decline without a document, or one still to come, is none; the API takes neither.
        let declines = facts.request.declines.iter().filter(|decline| {
            !decline.document.is_empty() && !decline.reason.is_empty() && decline.received_at <= facts.evaluated_at
        });
        for decline in declines {
            let body = json!({
                "supplier_id": decline.supplier, "received_at": decline.received_at, "reason": decline.reason,
                "document": decline.document,
            });
            done(&self.web.api("POST", &at("declines"), &requester, Some(body)).await)?;
        }
        stage.competition(facts, id).await;
        stage.confirmation(facts, id).await;
        Ok(Draft { id, requester, releaser, office })
    }

    /// Submits, with every justification the requester owes.
    async fn submit(&self, draft: &Draft) -> Answer {
        let path = format!("/api/v1/call-offs/{}/submission", draft.id);
        let submitted = self.web.api("POST", &path, &draft.requester, Some(json!({}))).await;
        if submitted.status == StatusCode::UNPROCESSABLE_ENTITY && self.justify(draft, Addressee::Requester).await {
            return self.web.api("POST", &path, &draft.requester, Some(json!({}))).await;
        }
        submitted
    }

    /// Writes what the others owe before the release.
    async fn justify_for_release(&self, draft: &Draft) {
        for addressee in [Addressee::Office, Addressee::Releaser, Addressee::Administration, Addressee::Treasurer] {
            self.justify(draft, addressee).await;
        }
    }

    /// Submits and releases, with every justification that is owed on the way.
    async fn play(&self, draft: &Draft) -> End {
        let submitted = self.submit(draft).await;
        match submitted.status {
            StatusCode::OK => {}
            StatusCode::UNPROCESSABLE_ENTITY => return self.stored(draft, CheckPoint::Submission, &submitted).await,
            _ => return End::Odd(format!("submission: {}", submitted.text)),
        }
        let Some((releaser, token)) = &draft.releaser else {
            return self.stored(draft, CheckPoint::Submission, &submitted).await;
        };
        self.justify_for_release(draft).await;
        let path = format!("/api/v1/call-offs/{}/release", draft.id);
        let released = self.web.api("POST", &path, token, Some(json!({}))).await;
        match released.status {
            StatusCode::OK => self.stored(draft, CheckPoint::Release, &released).await,
            StatusCode::UNPROCESSABLE_ENTITY => {
                let preview = preview_release::preview(&self.web.app, releaser, CallOffId(draft.id)).await.unwrap();
                End::Judged { review: Box::new(preview.review), facts: Box::new(preview.facts), released: false }
            }
            _ => End::Odd(format!("release: {}", released.text)),
        }
    }

    /// Writes the texts this addressee owes; whether there were any.
    async fn justify(&self, draft: &Draft, addressee: Addressee) -> bool {
        let Some((review, _)) = self.latest(draft, CheckPoint::Submission).await else { return false };
        let owed: Vec<String> = review
            .with_outcome(Outcome::Justify)
            .filter(|finding| finding.addressee == addressee)
            .map(|finding| finding.rule.clone())
            .collect();
        for rule in &owed {
            let token = match (addressee, &draft.releaser) {
                (Addressee::Requester, _) => &draft.requester,
                (Addressee::Office, _) => &draft.office,
                (_, Some((_, releaser))) => releaser,
                (_, None) => continue,
            };
            let path = format!("/api/v1/call-offs/{}/justifications", draft.id);
            let body = json!({ "rule": rule, "wording": "So ist es beschlossen und in der Akte begründet." });
            self.web.api("POST", &path, token, Some(body)).await;
        }
        !owed.is_empty()
    }

    /// The last review stored at a check point, with the facts it rests on.
    async fn latest(&self, draft: &Draft, check_point: CheckPoint) -> Option<(Review, Facts)> {
        let mut tx = self.web.app.db.begin(RunsAs::Job).await.unwrap();
        let row: Option<(Value, String)> = sqlx::query_as(
            "SELECT result, facts FROM review WHERE call_off_id = $1 AND check_point = $2 ORDER BY evaluated_at DESC, id DESC LIMIT 1",
        )
        .bind(draft.id)
        .bind(check_point.key())
        .fetch_optional(&mut *tx)
        .await
        .unwrap();
        row.map(|(review, facts)| (serde_json::from_value(review).unwrap(), serde_json::from_str(&facts).unwrap()))
    }

    async fn stored(&self, draft: &Draft, check_point: CheckPoint, answer: &Answer) -> End {
        match self.latest(draft, check_point).await {
            Some((review, facts)) => End::Judged {
                review: Box::new(review),
                facts: Box::new(facts),
                released: check_point == CheckPoint::Release,
            },
            None => End::Odd(format!("nothing was judged: {}", answer.text)),
        }
    }

    /// What the contract has consumed, as its guard row says.
    async fn consumed(&self, facts: &Facts) -> String {
        sqlx::query_scalar(
            "SELECT round(authorised + recorded, 2)::text FROM guard
             WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'",
        )
        .bind(facts.contract.id.0)
        .fetch_one(&self.web.database.owner)
        .await
        .unwrap()
    }
}

fn done(answer: &Answer) -> Result<Value, String> {
    match answer.status {
        StatusCode::OK => Ok(answer.json()),
        StatusCode::NO_CONTENT => Ok(Value::Null),
        _ => Err(answer.text.clone()),
    }
}

fn lines(facts: &Facts) -> Vec<Value> {
    let line = |line: &abruf_domain::facts::RequestLine| {
        let offer = line.offer.as_ref().map(|it| json!({ "unit_price": it.unit_price, "document": it.document }));
        json!({ "article_number": line.article_number, "quantity": line.quantity, "offer": offer })
    };
    facts.request.lines.iter().map(line).collect()
}

fn details(facts: &Facts) -> Value {
    let request = &facts.request;
    let papers = &request.papers;
    let says_nothing = papers.leitweg_id.is_none();
    json!({
        "need": request.need,
        "performance_from": request.performance.map(|period| period.from()),
        "performance_to": request.performance.map(|period| period.to()),
        "leitweg_id": papers.leitweg_id.as_deref().unwrap_or(LEITWEG_ID),
        "data_processing": papers.data_processing,
        "council_resolution": papers.council_resolution,
        "emergency_decision": papers.emergency_decision,
        "commitment": papers.commitment,
        "order_reference": if says_nothing { "BZ-1" } else { &papers.order_reference },
        "recurring": papers.recurring,
        "budget_account": stage::account(facts),
    })
}

/// The program with these requests on stage, at the instant of the first.
async fn on_stage(requests: &[&Facts]) -> (Play, Vec<Result<Draft, String>>) {
    let world = World::new().await;
    world.app.clock.set(requests[0].evaluated_at);
    let office = world.office().await;
    let play = Play { web: Web::over(world).await, office };
    play.web.cookie_of(&play.office, &stage::email(play.office.person)).await;
    let stage = Stage::of(&play.web, requests).await;
    let mut drafts = Vec::new();
    for facts in requests {
        let people = stage.people(facts).await;
        drafts.push(play.draft(&stage, facts, people).await);
    }
    (play, drafts)
}

async fn call_off(case: &Case, fixtures: &fixture::Fixtures) -> Result<Verdict, Error> {
    let input: CallOff = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_CALL_OFF)?;
    let missing = rules_not_built(expect.get("findings"))?;
    if !missing.is_empty() {
        return Ok(Verdict::Undecidable(missing));
    }
    let prepared = fixtures.prepare(&input)?;
    let (play, drafts) = on_stage(&[&prepared.facts]).await;
    let draft = match drafts.into_iter().next().unwrap() {
        Ok(draft) => draft,
        Err(text) => return Ok(Verdict::Failed(vec![text])),
    };
    let (review, facts, released) = match play.play(&draft).await {
        End::Judged { review, facts, released } => (review, facts, released),
        End::Odd(text) => return Ok(Verdict::Failed(vec![text])),
    };
    let skonto = facts.contract.cash_discount.map(|discount| discount.rate);
    let mut actual = outcome_of(&fixture::Prepared { facts: *facts, skonto }, &review);
    if let Some(asked) = expect.get("sources") {
        actual.insert("sources".to_owned(), sources_of(asked, &review.findings));
    }
    if let Some(asked) = expect.get("wordings") {
        actual.insert("wordings".to_owned(), wordings_of(asked, &review.findings));
    }
    let mut failed = objects(expect, &actual);
    if released {
        let consumed = Value::from(play.consumed(&prepared.facts).await);
        if expect.get("consumed_value_net_after").is_some_and(|expected| *expected != consumed) {
            failed.push(format!("consumed as the guard row says: {consumed}"));
        }
    }
    Ok(if failed.is_empty() { Verdict::Passed(review.findings) } else { Verdict::Failed(failed) })
}

/// All requests at once, each submitted and released in one go.
async fn concurrency(case: &Case, fixtures: &fixture::Fixtures) -> Result<Verdict, Error> {
    let input: Concurrency = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_CONCURRENCY)?;
    let missing = rules_not_built(expect.get("blocked_findings"))?;
    if !missing.is_empty() {
        return Ok(Verdict::Undecidable(missing));
    }
    let mut requests = Vec::new();
    for mut call_off in input.call_offs {
        call_off.prior.consumed_value_net = Some(input.consumed_value_net);
        requests.push(fixtures.prepare(&call_off)?.facts);
    }
    let (play, drafts) = on_stage(&requests.iter().collect::<Vec<_>>()).await;
    let play = Arc::new(play);
    let mut racers = Vec::new();
    for draft in drafts {
        let draft = match draft {
            Ok(draft) => draft,
            Err(text) => return Ok(Verdict::Failed(vec![text])),
        };
        let play = Arc::clone(&play);
        racers.push(tokio::spawn(async move { play.play(&draft).await }));
    }
    let (mut nets, mut released_count, mut blocked) = (Vec::new(), 0, Vec::new());
    for racer in racers {
        match racer.await.unwrap() {
            End::Odd(text) => return Ok(Verdict::Failed(vec![text])),
            End::Judged { review, released, .. } => {
                nets.push(review.priced.net.to_string());
                if released { released_count += 1 } else { blocked.push(findings_of(&review.findings)) }
            }
        }
    }
    let mut actual = Map::new();
    let net = nets.iter().find(|net| Some(*net) != nets.first()).or(nets.first());
    actual.insert("net_each".to_owned(), net.cloned().into());
    actual.insert("released_count".to_owned(), released_count.into());
    actual.insert("blocked_count".to_owned(), blocked.len().into());
    actual.insert("blocked_findings".to_owned(), blocked.first().cloned().unwrap_or_else(|| json!([])));
    actual.insert("final_consumed_value_net".to_owned(), play.consumed(&requests[0]).await.into());
    let failed = objects(expect, &actual);
    Ok(if failed.is_empty() { Verdict::Passed(Vec::new()) } else { Verdict::Failed(failed) })
}

#[tokio::test]
async fn every_golden_case_and_each_of_a_second_land_comes_out_the_same_through_database_and_api() {
    // As without a database: ABRUF_CASES names other files.
    let paths = match environment("ABRUF_CASES") {
        Some(path) => vec![PathBuf::from(path)],
        None => ["golden-cases.json", "law-pack-nw.json"].map(|name| own_files().join(name)).to_vec(),
    };
    all_pass(&play_files(&paths).await);
}

#[tokio::test]
async fn orders_through_the_body_come_out_the_same_through_database_and_api() {
    all_pass(&play_files(&[own_files().join("supply-chain.json")]).await);
}

#[tokio::test]
async fn cancellations_and_invoices_of_our_own_come_out_the_same_through_database_and_api() {
    let files = ["cancellation.json", "invoice-matches-contract.json"].map(|name| own_files().join(name));
    all_pass(&play_files(&files).await);
}

#[expect(clippy::print_stdout, reason = "whoever runs other cases wants to read the verdicts")]
fn all_pass(run: &Run) {
    print!("\n{run}");
    assert!(run.is_sound(), "the database path says something else, see above");
    assert!(0 < run.passed());
}

/// Plays every case of these files or folders whose kind has a path through the program.
async fn play_files(paths: &[PathBuf]) -> Run {
    let mut run = Run::default();
    for path in paths.iter().flat_map(|path| files(path).unwrap()) {
        let file = read(&path).unwrap();
        let fixtures = fixtures(&file, &path).unwrap();
        for case in &file.cases {
            let case: Case = serde_json::from_value(case.clone()).unwrap();
            let verdict = match case.kind.as_str() {
                "call_off" => call_off(&case, &fixtures).await,
                "concurrency" => concurrency(&case, &fixtures).await,
                "cancellation" => after_release::cancellation(&case, &fixtures, &file.cases).await,
                "invoice_check" => after_release::invoice_check(&case, &fixtures).await,
                _ => continue,
            };
            run.judged.push(Judged {
                id: case.id.clone(),
                kind: case.kind,
                place: case.id,
                title: case.title,
                verdict,
            });
        }
    }
    run
}
