//! What happens to an order after its release, through the API: quantities taken back, invoices judged.

use abruf::actions::rest_of_order::standing;
use abruf::actor::RunsAs;
use abruf::storage::{call_offs, history};
use abruf_domain::Finding;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Quantity;
use abruf_domain::period::berlin_date;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Draft, End, Play, on_stage};
use crate::cases::Error;
use crate::cases::fixture::Fixtures;
use crate::cases::format::{
    CallOff, Cancellation, CancellationTierRule, Case, EXPECT_CANCELLATION, EXPECT_INVOICE_CHECK, InvoiceCheck,
};
use crate::cases::judge::call_off::{findings_of, savings_of};
use crate::cases::judge::cancellation::base_case;
use crate::cases::judge::compare::objects;
use crate::cases::judge::{Verdict, expectation, parse};
use crate::cases::stage::{self, Stage};
use crate::web::Web;
use crate::world::World;

/// Orders what the base case orders, takes back what the case says, and compares what is left.
pub(super) async fn cancellation(case: &Case, fixtures: &Fixtures, file: &[Value]) -> Result<Verdict, Error> {
    let input: Cancellation = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_CANCELLATION)?;
    let base = base_case(&input.base_case, file)?;
    let facts = fixtures.prepare(&base)?.facts;
    let (play, drafts) = on_stage(&[&facts]).await;
    if fixtures.contract(&base)?.cancellation_tier_rule == CancellationTierRule::ReTier {
        sqlx::query("UPDATE framework_contract SET price_of_rest = 're_tier' WHERE id = $1")
            .bind(facts.contract.id.0)
            .execute(&play.web.database.owner)
            .await
            .unwrap();
    }
    let draft = match drafts.into_iter().next().unwrap() {
        Ok(draft) => draft,
        Err(text) => return Ok(Verdict::Failed(vec![text])),
    };
    match play.play(&draft).await {
        End::Judged { released: true, .. } => {}
        End::Judged { review, .. } => {
            return Ok(Verdict::Failed(vec![format!("the base case was not released: {:?}", review.open_findings())]));
        }
        End::Odd(text) => return Ok(Verdict::Failed(vec![text])),
    }
    let mut lines: Vec<(i32, Quantity)> = Vec::new();
    for line in &input.cancel {
        let ordered = facts.request.lines.iter().find(|ordered| ordered.article_number == line.sku);
        let ordered = ordered.ok_or_else(|| Error::new(format!("cancel: `{}` was not ordered", line.sku)))?;
        match lines.iter_mut().find(|(position, _)| *position == ordered.position) {
            Some((_, quantity)) => *quantity = *quantity + line.qty,
            None => lines.push((ordered.position, line.qty)),
        }
    }
    let ordered =
        |position| facts.request.lines.iter().find(|line| line.position == position).map(|line| line.quantity);
    let everything = lines.len() == facts.request.lines.len()
        && lines.iter().all(|(position, quantity)| ordered(*position) == Some(*quantity));
    let token = &draft.releaser.as_ref().unwrap().1;
    let at = |part: &str| format!("/api/v1/call-offs/{}/{part}", draft.id);
    let before = play.amounts(&draft).await;
    let answer = if everything {
        play.web.api("POST", &at("cancellation"), token, Some(json!({ "reason": "Bedarf entfallen" }))).await
    } else {
        let lines: Vec<Value> =
            lines.iter().map(|(position, quantity)| json!({ "position": position, "quantity": quantity })).collect();
        let mut body = json!({ "reason": "Weniger Bedarf", "lines": lines });
        // What a rest priced anew costs more has to be accepted.
        if let Some(increase) =
            expect.get("freed_value_net").and_then(Value::as_str).and_then(|it| it.strip_prefix('-'))
        {
            body["accepted_increase_net"] = increase.into();
        }
        play.web.api("POST", &at("partial-cancellations"), token, Some(body)).await
    };
    let mut outcome = match answer.status {
        StatusCode::NO_CONTENT => play.nothing_left(&draft).await,
        StatusCode::OK => play.left(&draft, &answer.json()).await,
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT if expect.contains_key("refused") => {
            let same = play.amounts(&draft).await == before;
            let differences = if same { Vec::new() } else { vec!["a refusal changed the order".to_owned()] };
            return Ok(verdict(differences, Vec::new()));
        }
        _ => return Ok(Verdict::Failed(vec![answer.text])),
    };
    outcome.insert("consumed_value_net_after".to_owned(), play.consumed(&facts).await.into());
    Ok(verdict(objects(expect, &outcome), Vec::new()))
}

fn verdict(failed: Vec<String>, findings: Vec<Finding>) -> Verdict {
    if failed.is_empty() { Verdict::Passed(findings) } else { Verdict::Failed(failed) }
}

impl Play {
    /// Net of the lines, surcharge, VAT and gross as they stand.
    async fn amounts(&self, draft: &Draft) -> [String; 4] {
        let (lines, surcharge, vat, gross) = sqlx::query_as(
            "SELECT (SELECT sum(l.net)::text FROM call_off_line l WHERE l.call_off_id = c.id), surcharge_net::text, vat::text, gross::text
             FROM call_off c WHERE id = $1",
        )
        .bind(draft.id)
        .fetch_one(&self.web.database.owner)
        .await
        .unwrap();
        [lines, surcharge, vat, gross]
    }

    /// What stands of the order, with what it saves; the savings entries must sum to the same.
    async fn left(&self, draft: &Draft, answer: &Value) -> Map<String, Value> {
        let [lines, surcharge, vat, gross] = self.amounts(draft).await;
        let mut tx = self.web.app.db.begin(RunsAs::Job).await.unwrap();
        let (call_off, _) = call_offs::find(&mut tx, CallOffId(draft.id)).await.unwrap().unwrap();
        let judged = history::latest_judgement(&mut tx, call_off.contract, call_off.id, CheckPoint::Release.key())
            .await
            .unwrap();
        let (facts, review) = judged.unwrap();
        let savings = standing(&mut tx, &call_off, &facts, &review).await.unwrap().savings.unwrap();
        let (effect, fee): (String, String) = sqlx::query_as(
            "SELECT coalesce(sum(effect_net) FILTER (WHERE class IN ('A', 'B', 'C')), 0)::numeric(14, 2)::text, sum(fee_net)::numeric(14, 2)::text
             FROM savings_entry WHERE call_off_id = $1 AND stage IN ('planned', 'cancelled', 'corrected')",
        )
        .bind(draft.id)
        .fetch_one(&self.web.database.owner)
        .await
        .unwrap();
        assert_eq!((effect, fee), (savings.price_effect.to_string(), savings.fee.to_string()), "the entries sum to it");
        let mut outcome = Map::new();
        let mut put = |key: &str, value: Value| outcome.insert(key.to_owned(), value);
        put("line_net", lines.into());
        put("vat", vat.into());
        put("gross", gross.into());
        put("freed_value_net", answer["freed_net"].clone());
        put("savings", savings_of(&savings));
        if surcharge != "0.00" {
            put("surcharge_net", surcharge.into());
        }
        outcome
    }

    /// The order was taken back as a whole: what it was worth is free.
    async fn nothing_left(&self, draft: &Draft) -> Map<String, Value> {
        let entries: String = sqlx::query_scalar(
            "SELECT (sum(abs_net))::text FROM (SELECT abs(sum(order_net)) + abs(sum(effect_net)) + abs(sum(fee_net)) AS abs_net
             FROM savings_entry WHERE call_off_id = $1 GROUP BY position, class) AS sums",
        )
        .bind(draft.id)
        .fetch_one(&self.web.database.owner)
        .await
        .unwrap();
        assert_eq!(entries, "0.00", "nothing is saved any more");
        let freed: String = sqlx::query_scalar("SELECT net::text FROM call_off WHERE id = $1")
            .bind(draft.id)
            .fetch_one(&self.web.database.owner)
            .await
            .unwrap();
        let zero = || Value::from("0.00");
        let savings = json!({
            "baseline": "0.00", "price_effect": "0.00", "surcharge": "0.00", "fee": "0.00", "bonus_realised": "0.00",
            "net": "0.00", "rate_pct": null, "unevidenced_effect": "0.00", "process_effect_noncash": "0.00",
        });
        Map::from_iter([
            ("line_net".to_owned(), zero()),
            ("vat".to_owned(), zero()),
            ("gross".to_owned(), zero()),
            ("freed_value_net".to_owned(), freed.into()),
            ("savings".to_owned(), savings),
        ])
    }
}

/// An order of the article at the ordered price, delivered as the case says, and the invoice by the API.
pub(super) async fn invoice_check(case: &Case, fixtures: &Fixtures) -> Result<Verdict, Error> {
    let input: InvoiceCheck = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_INVOICE_CHECK)?;
    let vat_rate = fixtures.vat_rate(&input.contract, &input.supplier, &input.sku)?;
    let ordered = input.ordered_qty.unwrap_or(input.qty);
    let member = fixtures.members.keys().next().ok_or_else(|| Error::new("the file has no member".to_owned()))?;
    let call_off: CallOff = parse(
        &json!({
            "contract": input.contract, "member": member, "supplier": input.supplier, "evaluated_at": "2026-05-11T07:30:00Z",
            "lines": [{ "sku": input.sku, "qty": ordered }], "requester": "sachbearbeitung", "approver": "leitung",
        }),
        "input",
    )?;
    let mut facts = fixtures.prepare(&call_off)?.facts;
    facts.request.performance = input.performance;
    let day = berlin_date(facts.evaluated_at);

    let world = World::new().await;
    world.app.clock.set(facts.evaluated_at);
    let office = world.office().await;
    let play = Play { web: Web::over(world).await, office };
    play.web.cookie_of(&play.office, &stage::email(play.office.person)).await;
    let stage = Stage::of(&play.web, &[&facts]).await;
    let [buyer, _] = stage.people(&facts).await;
    // Nothing delivered of this article, though deliveries are noted: another line has arrived.
    let another = input.delivered_qty.is_some_and(|delivered| delivered.is_zero());
    let id = stage.sent_order(&facts, day, input.order_unit_price, vat_rate, another).await;
    let token = play.token(&buyer.unwrap()).await;
    let at = |part: &str| format!("/api/v1/call-offs/{id}/{part}");
    let delivered =
        input.delivered_qty.map(|delivered| delivered.min(ordered)).filter(|delivered| !delivered.is_zero());
    let arrived = match (delivered, another) {
        (Some(delivered), _) => Some((1, delivered)),
        (None, true) => Some((2, Quantity::ONE)),
        (None, false) => None,
    };
    if let Some((position, quantity)) = arrived {
        let body = json!({ "delivered_on": day, "lines": [{ "position": position, "quantity": quantity }] });
        let answer = play.web.api("POST", &at("deliveries"), &token, Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    let stated: Vec<Value> = input.stated_net.iter().map(|net| json!({ "rate": vat_rate, "net": net })).collect();
    let line = json!({
        "position": 1, "quantity": input.qty, "unit_price": input.invoice_unit_price,
        "performance_from": input.performance.map(|period| period.from()),
        "performance_to": input.performance.map(|period| period.to()),
    });
    let body = json!({ "number": "R-1", "invoiced_on": day, "lines": [line], "stated": stated });
    let answer = play.web.api("POST", &at("invoices"), &token, Some(body)).await;
    if answer.status != StatusCode::OK {
        return Ok(Verdict::Failed(vec![answer.text]));
    }
    let findings: Value =
        sqlx::query_scalar("SELECT findings FROM order_review WHERE call_off_id = $1 AND check_point = 'invoice'")
            .bind(id)
            .fetch_one(&play.web.database.owner)
            .await
            .unwrap();
    let findings: Vec<Finding> = parse(&findings, "stored findings")?;
    let answer = answer.json();
    let outcome = Map::from_iter([
        ("findings".to_owned(), findings_of(&findings)),
        ("expected_net".to_owned(), answer["expected_net"].clone()),
        ("invoiced_net".to_owned(), answer["invoiced_net"].clone()),
    ]);
    Ok(verdict(objects(expect, &outcome), findings))
}
