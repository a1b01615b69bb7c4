//! The walls behind the actions: who sees what (row-level security), and what the database refuses by
//! name whatever the program asks.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::draft_call_off::{self, LineInput};
use abruf::actions::end_request::{refuse, withdraw};
use abruf::actions::justify_finding::justify;
use abruf::actions::release_call_off::release;
use abruf::actions::return_call_off::return_to_requester;
use abruf::actions::submit_call_off::submit;
use abruf::actor::{Actor, Role, RunsAs};
use abruf_domain::ids::CallOffId;

use super::{Altenrode, LINES, declined, released};
use crate::world::contract::value;

/// What of a call-off somebody finds in the database: itself and every kind of row that hangs on it.
async fn seen(here: &Altenrode, who: impl Into<RunsAs<'_>>, id: CallOffId) -> Vec<&'static str> {
    let mut tx = here.world.app.db.begin(who).await.unwrap();
    let mut seen = Vec::new();
    for (table, query) in [
        ("call_off", "SELECT count(*) FROM call_off WHERE id = $1"),
        ("line", "SELECT count(*) FROM call_off_line WHERE call_off_id = $1"),
        ("review", "SELECT count(*) FROM review WHERE call_off_id = $1"),
        ("step", "SELECT count(*) FROM approval WHERE call_off_id = $1"),
        ("ledger", "SELECT count(*) FROM volume_entry WHERE call_off_id = $1"),
        ("savings", "SELECT count(*) FROM savings_entry WHERE call_off_id = $1"),
        ("log", "SELECT count(*) FROM audit_entry WHERE call_off_id = $1"),
        ("outbox", "SELECT count(*) FROM outbox WHERE call_off_id = $1"),
    ] {
        let count: i64 = sqlx::query_scalar(query).bind(id.0).fetch_one(&mut *tx).await.unwrap();
        if count != 0 {
            seen.push(table);
        }
    }
    seen
}

const ALL: [&str; 8] = ["call_off", "line", "review", "step", "ledger", "savings", "log", "outbox"];
const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn another_member_sees_nothing_and_can_do_nothing() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let neighbour = here.world.member("Stadt Neufeld").await;
    let [buyer, approver] = [here.world.buyer(neighbour).await, here.world.approver(neighbour).await];
    let draft = here.world.draft(&here.eva, &contract, LINES).await;
    let request = here.request(&contract).await;
    let order = here.request(&contract).await;
    released(release(app, &here.karl, order, None).await);

    for id in [draft, request, order] {
        assert_eq!(seen(&here, &buyer, id).await, NOTHING);
        assert_eq!(seen(&here, &approver, id).await, NOTHING);
        let lines = [LineInput::new("CTX-TRN", "1")];
        let details = here.world.call_off(id).await.details;
        let attempts = [
            submit(app, &buyer, id, None).await.map(drop),
            draft_call_off::save_lines(app, &buyer, id, 1, &lines).await.map(drop),
            draft_call_off::save_details(app, &buyer, id, 1, &details).await.map(drop),
            draft_call_off::preview(app, &buyer, id).await.map(drop),
            withdraw(app, &buyer, id).await,
            justify(app, &buyer, id, "need-documented", "Doch").await,
            release(app, &approver, id, None).await.map(drop),
            refuse(app, &approver, id, "Nein").await,
            return_to_requester(app, &approver, id, "Bitte prüfen").await,
            cancel(app, &approver, id, "Nein").await,
        ];
        for attempt in attempts {
            assert!(matches!(attempt, Err(ActionError::NotFound)), "{attempt:?}");
        }
    }
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_colleague_sees_but_does_not_touch_what_is_not_theirs() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let emil = here.world.buyer(here.town).await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    assert_eq!(seen(&here, &emil, id).await, ["call_off", "line", "step"]);
    let submitted = submit(app, &emil, id, None).await;
    assert!(matches!(submitted, Err(ActionError::NotFound)), "{submitted:?}");
    let saved = draft_call_off::save_lines(app, &emil, id, 2, &[]).await;
    assert!(matches!(saved, Err(ActionError::NotFound)), "{saved:?}");
}

#[tokio::test]
async fn an_auditor_sees_the_members_and_the_period_in_scope() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let neighbour = here.world.member("Stadt Neufeld").await;
    let buyer = here.world.buyer(neighbour).await;
    let contract = here.citrix("RV-A").ceiling(value("40000.00")).entitles(here.town).entitles(neighbour).await;
    let order = here.request(&contract).await;
    released(release(app, &here.karl, order, None).await);
    let theirs = here.world.request(&buyer, &contract, LINES).await;
    let refused = here.world.draft(&here.eva, &contract, LINES).await;
    declined(submit(app, &here.eva, refused, None).await);
    let draft = here.world.draft(&here.eva, &contract, LINES).await;

    let auditor = here.world.auditor(&[here.town]).between("2026-11-22", "2026-11-22").await;
    assert_eq!(seen(&here, &auditor, order).await, ALL);
    assert_eq!(
        seen(&here, &auditor, refused).await,
        ["call_off", "line", "review", "step", "log"],
        "declined ones too"
    );
    assert_eq!(seen(&here, &auditor, draft).await, NOTHING, "a draft is nobody's business");
    assert_eq!(seen(&here, &auditor, theirs).await, NOTHING, "another member is out of scope");
    for (from, to) in [("2026-01-01", "2026-11-21"), ("2026-11-23", "2026-12-31")] {
        let other = here.world.auditor(&[here.town, neighbour]).between(from, to).await;
        for id in [order, theirs, refused, draft] {
            assert_eq!(seen(&here, &other, id).await, NOTHING, "out of period");
        }
    }
    cannot_act(&here, &auditor, order).await;
}

#[tokio::test]
async fn the_board_sees_what_was_submitted_and_no_drafts() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.citrix("RV-A").ceiling(value("20000.00")).entitles(here.town).await;
    let order = here.request(&contract).await;
    released(release(app, &here.karl, order, None).await);
    let draft = here.world.draft(&here.eva, &contract, LINES).await;
    for role in [Role::Board, Role::SupervisoryBoard, Role::Office] {
        let member = here.world.person(role, here.world.body).await;
        assert_eq!(seen(&here, &member, order).await, ALL);
        assert_eq!(seen(&here, &member, draft).await, NOTHING);
        cannot_act(&here, &member, order).await;
    }
    declined(submit(app, &here.eva, draft, None).await);
    let board = here.world.person(Role::Board, here.world.body).await;
    assert_eq!(seen(&here, &board, draft).await, ["call_off", "line", "review", "step", "log"]);
    assert_eq!(seen(&here, RunsAs::SignIn, order).await, NOTHING, "before anybody acts nothing is there");
}

async fn cannot_act(here: &Altenrode, who: &Actor, id: CallOffId) {
    let app = &here.world.app;
    let attempts = [
        submit(app, who, id, None).await.map(drop),
        withdraw(app, who, id).await,
        release(app, who, id, None).await.map(drop),
        refuse(app, who, id, "Nein").await,
        cancel(app, who, id, "Nein").await,
        return_to_requester(app, who, id, "Bitte prüfen").await,
    ];
    for attempt in attempts {
        assert!(matches!(attempt, Err(ActionError::NotPermitted(_))), "{attempt:?}");
    }
}

#[tokio::test]
async fn a_connection_without_an_actor_sees_nothing() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let order = here.request(&contract).await;
    released(release(&here.world.app, &here.karl, order, None).await);
    for query in [
        "SELECT count(*) FROM call_off",
        "SELECT count(*) FROM framework_contract",
        "SELECT count(*) FROM guard",
        "SELECT count(*) FROM savings_entry",
        "SELECT count(*) FROM audit_entry",
        "SELECT count(*) FROM person",
        "SELECT count(*) FROM membership",
    ] {
        let count: i64 = sqlx::query_scalar(query).fetch_one(&here.world.database.app).await.unwrap();
        assert_eq!(count, 0, "{query}");
    }
}

#[tokio::test]
async fn the_database_refuses_by_name_whatever_the_program_asks() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let order = here.request(&contract).await;
    released(release(&here.world.app, &here.karl, order, None).await);
    here.world.draft(&here.eva, &contract, LINES).await;
    for (statement, constraint) in [
        ("UPDATE call_off SET releaser_id = requester_id WHERE number IS NOT NULL", "call_off_requester_is_not_releaser"),
        ("UPDATE call_off SET number = NULL WHERE number IS NOT NULL", "call_off_released_whole"),
        ("UPDATE call_off SET status = 'submitted' WHERE status = 'draft'", "call_off_submitted_whole"),
        ("UPDATE call_off SET status = 'geliefert' WHERE status = 'draft'", "call_off_status_known"),
        ("UPDATE call_off SET performance_to = performance_from - 1", "call_off_performance_in_order"),
        ("UPDATE call_off_line SET quantity = 0", "call_off_line_quantity_positive"),
        ("UPDATE call_off_line SET quantity = -1", "call_off_line_quantity_positive"),
        ("UPDATE call_off_line SET cancelled = -1", "call_off_line_cancelled_not_negative"),
        ("UPDATE call_off_line SET delivered = quantity + 0.0001", "call_off_line_delivered_within_order"),
        (
            "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, valid_from, recorded_by, released_by, released_at)
             SELECT contract_id, gen_random_uuid(), item_id, supplier_id, 2, kind, 1, '2026-01-01', recorded_by, released_by, released_at FROM price_term",
            "price_term_no_overlap",
        ),
        ("UPDATE price_term SET released_by = recorded_by", "price_term_four_eyes"),
        ("UPDATE price_term SET unit_price = -0.01", "price_term_not_negative"),
        ("UPDATE baseline SET approved_by = recorded_by", "baseline_four_eyes"),
        ("UPDATE baseline SET unit_price = -1", "baseline_not_negative"),
        ("UPDATE guard SET authorised = limit_amount + 0.0001", "guard_ceiling_holds"),
        ("UPDATE guard SET reserved = limit_amount", "guard_ceiling_holds"),
        ("UPDATE guard SET reserved = -0.0001", "guard_reserved_not_negative"),
        ("UPDATE guard SET authorised = -1", "guard_authorised_not_negative"),
        // Breached, so that the ceiling itself does not refuse first.
        ("UPDATE guard SET limit_amount = -1, breached = true", "guard_limit_not_negative"),
        ("UPDATE guard SET hard = false", "guard_only_quotas_soft"),
        ("UPDATE volume_entry SET amount = -amount WHERE amount <> 0", "volume_entry_kind_fits"),
        ("UPDATE volume_entry SET call_off_id = NULL", "volume_entry_call_off_named"),
        (
            "UPDATE framework_contract SET mechanism = 'mini_competition_above'",
            "framework_contract_direct_limit_present",
        ),
        ("UPDATE framework_contract SET ends_on = starts_on - 1", "framework_contract_term_in_order"),
        ("UPDATE item SET step = -1", "item_quantities_positive"),
        ("UPDATE item SET vat_rate_pct = 0", "item_vat_rate_fits"),
        ("UPDATE savings_entry SET class = 'B', position = NULL, baseline_id = NULL", "savings_entry_costs_against_a"),
        (
            "INSERT INTO membership (id, body_id, member_id, declared_on, effective_from)
             SELECT gen_random_uuid(), body_id, member_id, '2026-01-01', '2026-01-01' FROM membership",
            "membership_once",
        ),
        ("UPDATE audit_chain SET kind = 'other'", "audit_chain_kind_known"),
    ] {
        let refused = sqlx::query(statement).execute(here.world.owner()).await.expect_err(statement);
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
}
