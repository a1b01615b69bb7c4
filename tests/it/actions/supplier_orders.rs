//! A contract through the body: the member's in-house order and the body's order to the supplier, linked.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::decide_supplier_order::{approve, refuse};
use abruf::actions::dispatch_order::dispatch;
use abruf::actions::issue_document::issue_for;
use abruf::actions::release_call_off::release;
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actions::submit_call_off::submit;
use abruf::actor::Role;
use abruf::storage::idempotency::IdempotencyKey;
use abruf::storage::supplier_orders::{self, SupplierOrder};
use abruf::verify::verify;
use abruf_documents::embedded;
use abruf_domain::call_off::Status;
use abruf_domain::data_format::DataFormat;
use abruf_domain::ids::CallOffId;
use abruf_domain::supplier_order::State;

use super::{Altenrode, LINES, block, declined, invalid_field, released};
use crate::world::contract::{Contract, value};

impl Altenrode {
    /// The Citrix contract, ordered through the body, without anybody on its list.
    pub(super) async fn through_body(&self) -> Contract {
        self.citrix("RV-2025-03").through_body().ceiling(value("500000.00")).await
    }

    /// An in-house order of Eva's, released by Karl.
    pub(super) async fn in_house(&self, contract: &Contract) -> CallOffId {
        let id = self.request(contract).await;
        released(release(&self.world.app, &self.karl, id, None).await);
        id
    }

    pub(super) async fn supplier_order(&self, id: CallOffId) -> SupplierOrder {
        let call_off = self.world.call_off(id).await;
        let mut tx = self.world.app.db.begin(&self.eva).await.unwrap();
        supplier_orders::of_call_off(&mut tx, &call_off).await.unwrap().expect("the member sees it")
    }

    /// Kinds of the documents that leave the house, and ends of their names.
    async fn papers(&self, id: CallOffId) -> Vec<(String, String)> {
        issue_for(&self.world.app, id).await.unwrap();
        sqlx::query_as(
            "SELECT kind, right(file_name, 10) FROM document WHERE call_off_id = $1 AND kind <> 'memo' ORDER BY kind, file_name",
        )
        .bind(id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap()
    }

    pub(super) async fn sound(&self) {
        self.world.keeps_its_promises().await;
        let found = verify(&self.world.app, |_, _, _| {}).await.unwrap();
        assert!(found.failures.is_empty(), "{:?}", found.failures);
    }
}

fn refused_now<T: std::fmt::Debug>(result: Result<T, ActionError>) -> String {
    let Err(ActionError::NotNow(message)) = result else { panic!("done: {result:?}") };
    message
}

#[tokio::test]
async fn a_release_makes_both_orders_of_the_pair_under_one_number() {
    let here = Altenrode::new().await;
    let contract = here.through_body().await;
    let [first, second] = [here.in_house(&contract).await, here.in_house(&contract).await];
    for (id, number) in [(first, "RV-2025-03-0001"), (second, "RV-2025-03-0002")] {
        let in_house = here.world.call_off(id).await;
        assert_eq!(in_house.number, Some(format!("{number}-A")));
        assert_eq!((in_house.member, in_house.buyer_of_record), (here.town, here.world.body));
        let order = here.supplier_order(id).await;
        assert_eq!((order.number, order.state), (format!("{number}-B"), State::Waiting));
        let amounts = in_house.amounts.unwrap();
        assert_eq!(
            [amounts.net.to_string(), amounts.gross.to_string()],
            ["19424.00", "19424.00"],
            "in-house is exempt"
        );
        let of_supplier = [order.amounts.net, order.amounts.surcharge].map(|it| it.to_string());
        assert_eq!(of_supplier, ["19424.00", "0.00"]);
        assert_eq!([order.amounts.vat.to_string(), order.amounts.gross.to_string()], ["3690.56", "23114.56"]);
    }
    assert_eq!(here.volume(&contract, "contract").await, ["38848", "0", "0"], "each pair counts once");
    assert_eq!(here.papers(first).await, [("order".to_owned(), "0001-A.pdf".to_owned())]);
    here.sound().await;
}

/// Same net on both papers, and of each the VAT and gross amount that are kept for it.
#[tokio::test]
async fn both_papers_of_a_pair_carry_the_amounts_of_their_order_as_data() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    approve(app, &here.olga, id, None).await.unwrap();
    issue_for(app, id).await.unwrap();
    let in_house = here.world.call_off(id).await.amounts.unwrap();
    let of_supplier = here.supplier_order(id).await.amounts;
    assert_eq!(in_house.net, of_supplier.net);
    for (kind, number, amounts) in
        [("order", "RV-2025-03-0001-A", in_house), ("supplier_order", "RV-2025-03-0001-B", of_supplier)]
    {
        let xml = embedded(&here.bytes(id, kind).await, DataFormat::OrderX).expect("the order as data");
        let xml = String::from_utf8(xml).unwrap();
        for said in [
            format!("<ram:ID>{number}</ram:ID>"),
            format!("<ram:TaxBasisTotalAmount>{}</ram:TaxBasisTotalAmount>", amounts.net),
            format!("<ram:TaxTotalAmount currencyID=\"EUR\">{}</ram:TaxTotalAmount>", amounts.vat),
            format!("<ram:GrandTotalAmount>{}</ram:GrandTotalAmount>", amounts.gross),
        ] {
            assert!(xml.contains(&said), "{kind}: no {said} in {xml}");
        }
    }
}

#[tokio::test]
async fn a_town_that_joined_after_the_notice_orders_through_the_body_while_the_ceiling_holds() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-2025-03").through_body().ceiling(value("20000.00")).await;
    let late = here.world.member("Gemeinde Birkau").kind("gemeinde").joined("2026-07-01").await;
    let [buyer, approver] = [here.world.buyer(late).await, here.world.approver(late).await];
    let id = here.world.request(&buyer, &contract, LINES).await;
    released(release(&here.world.app, &approver, id, None).await);
    let too_much = here.world.draft(&here.eva, &contract, LINES).await;
    assert_eq!(block(&declined(submit(&here.world.app, &here.eva, too_much, None).await)).rule, "cap-value");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn nothing_is_sent_before_the_body_has_approved() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    let early = refused_now(dispatch(app, &here.eva, id, None, "email").await);
    assert!(early.contains("RV-2025-03-0001-B"), "{early}");
    assert_eq!(here.world.call_off(id).await.status, Status::Released);

    here.world.at("2026-11-23T09:00:00Z");
    let done = approve(app, &here.olga, id, None).await.unwrap();
    assert_eq!((done.number.as_str(), done.state), ("RV-2025-03-0001-B", State::Approved));
    dispatch(app, &here.eva, id, None, "email").await.unwrap();
    assert_eq!(here.steps(id).await[2..], ["released", "supplier_order_approved", "dispatched"].map(String::from));
    let papers = here.papers(id).await;
    assert_eq!(papers[1], ("supplier_order".to_owned(), "0001-B.pdf".to_owned()), "{papers:?}");
    assert!(here.log(id).await.contains(&"supplier_order_approved".to_owned()));
    let again = refused_now(approve(app, &here.olga, id, None).await);
    assert!(again.contains("schon freigegeben"), "{again}");
    here.sound().await;
}

#[tokio::test]
async fn whoever_requested_or_released_the_in_house_order_never_decides() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    for actor in [&here.eva, &here.karl] {
        let also_office = here.world.person(Role::Office, here.world.body).same_person_as(actor).await;
        let own = refused_now(approve(app, &also_office, id, None).await);
        assert!(own.contains("andere Person"), "{own}");
        refused_now(refuse(app, &also_office, id, "Nein", None).await);
        let past_the_program = sqlx::query(
            "UPDATE supplier_order SET state = 'approved', decided_by = $2, decided_at = now() WHERE call_off_id = $1",
        );
        let past_the_program = past_the_program.bind(id.0).bind(actor.person.0).execute(here.world.owner()).await;
        let error = past_the_program.unwrap_err();
        let constraint = error.as_database_error().and_then(|it| it.constraint().map(str::to_owned));
        assert_eq!(constraint.as_deref(), Some("supplier_order_four_eyes"));
        let not_theirs = approve(app, actor, id, None).await;
        assert!(matches!(not_theirs, Err(ActionError::NotPermitted(_))), "{not_theirs:?}");
    }
    assert_eq!(here.supplier_order(id).await.state, State::Waiting);
}

#[tokio::test]
async fn a_refusal_cancels_the_in_house_order_and_the_volume_returns() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    for reason in ["", "  ", &"x".repeat(2001)] {
        assert_eq!(invalid_field(refuse(app, &here.olga, id, reason, None).await), "reason");
    }
    assert_eq!(here.supplier_order(id).await.state, State::Waiting, "nothing was written");
    refuse(app, &here.olga, id, "Der Lieferant kann nicht liefern", None).await.unwrap();
    let order = here.supplier_order(id).await;
    assert_eq!((order.state, order.reason.as_str()), (State::Refused, "Der Lieferant kann nicht liefern"));
    assert_eq!(here.world.call_off(id).await.status, Status::Cancelled);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    let kinds: Vec<String> = here.papers(id).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["cancellation", "order"], "the supplier never heard of it");
    refused_now(approve(app, &here.olga, id, None).await);
    here.sound().await;
}

#[tokio::test]
async fn a_cancellation_of_the_in_house_order_reaches_the_supplier_if_it_has_the_order() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let [waiting, approved] = [here.in_house(&contract).await, here.in_house(&contract).await];
    approve(app, &here.olga, approved, None).await.unwrap();
    here.world.at("2026-11-24T09:00:00Z");
    for id in [waiting, approved] {
        cancel(app, &here.kora, id, "Bedarf entfallen").await.unwrap();
        assert_eq!(here.supplier_order(id).await.state, State::Cancelled);
    }
    let kinds = |papers: Vec<(String, String)>| papers.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(kinds(here.papers(waiting).await), ["cancellation", "order"]);
    let of_both = here.papers(approved).await;
    assert_eq!(of_both[2].1, "2-B-S1.pdf", "{of_both:?}");
    assert_eq!(kinds(of_both), ["cancellation", "order", "supplier_cancellation", "supplier_order"]);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    here.sound().await;
}

#[tokio::test]
async fn a_part_taken_back_reduces_both_orders_and_is_told_to_the_supplier_once_it_knows_the_order() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    let part = |quantity: &str| [PartInput { position: 1, quantity: quantity.to_owned() }];
    cancel_part(app, &here.karl, id, PartsInput::new(&part("20"), "Weniger Plätze"), None).await.unwrap();
    // 100 users × 12 × 11.85 and two days at 1,180.00, with 19 %.
    let gross = async || here.supplier_order(id).await.amounts.gross.to_string();
    assert_eq!(gross().await, "19730.20");
    assert_eq!(here.world.call_off(id).await.amounts.unwrap().gross.to_string(), "16580.00");

    here.world.at("2026-11-23T09:00:00Z");
    approve(app, &here.olga, id, None).await.unwrap();
    assert_eq!(here.supplier_order(id).await.parts_before, 1);
    here.world.at("2026-11-24T09:00:00Z");
    cancel_part(app, &here.karl, id, PartsInput::new(&part("10"), "Noch weniger"), None).await.unwrap();
    assert_eq!(gross().await, "18038.02");
    let papers = here.papers(id).await;
    let ends: Vec<(&str, &str)> = papers.iter().map(|(kind, end)| (kind.as_str(), end.as_str())).collect();
    assert_eq!(
        ends,
        [
            ("order", "0001-A.pdf"),
            ("partial_cancellation", "1-A-S1.pdf"),
            ("partial_cancellation", "1-A-S2.pdf"),
            ("supplier_order", "0001-B.pdf"),
            ("supplier_partial_cancellation", "1-B-S2.pdf"),
        ]
    );
    here.sound().await;
}

#[tokio::test]
async fn a_repeated_decision_gets_the_first_answer() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    let key = IdempotencyKey { key: "eins".to_owned(), request_sha256: [7; 32] };
    let first = approve(app, &here.olga, id, Some(&key)).await.unwrap();
    assert_eq!(approve(app, &here.olga, id, Some(&key)).await.unwrap(), first);
    let other = IdempotencyKey { request_sha256: [8; 32], ..key };
    let reused = approve(app, &here.olga, id, Some(&other)).await;
    assert!(matches!(reused, Err(ActionError::KeyReused)), "{reused:?}");
    let decided: i64 = sqlx::query_scalar("SELECT count(*) FROM approval WHERE decision = 'supplier_order_approved'")
        .fetch_one(here.world.owner())
        .await
        .unwrap();
    assert_eq!(decided, 1);
}

#[tokio::test]
async fn an_order_of_the_member_itself_has_no_supplier_order_and_a_stranger_sees_none() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let direct = here.contract().await;
    let order = here.in_house(&direct).await;
    let none = approve(app, &here.olga, order, None).await;
    assert!(matches!(none, Err(ActionError::NotFound)), "{none:?}");

    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    let neighbour = here.world.member("Stadt Neufeld").await;
    let buyer = here.world.buyer(neighbour).await;
    let other_body = here.world.organisation("Einkaufsverbund Nord eG", "genossenschaft").await;
    let office = here.world.person(Role::Office, other_body).await;
    let office = abruf::actor::Actor { body: other_body, ..office };
    for actor in [&buyer, &office] {
        let mut tx = app.db.begin(actor).await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM supplier_order").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, 0);
    }
    let foreign = approve(app, &office, id, None).await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
}

#[tokio::test]
async fn verify_tells_a_pair_that_does_not_fit() {
    let here = Altenrode::new().await;
    let contract = here.through_body().await;
    let id = here.in_house(&contract).await;
    here.papers(id).await;
    here.sound().await;
    for (done, undone, words) in [
        (
            "UPDATE supplier_order SET number = 'RV-2025-03-0009-B'",
            "UPDATE supplier_order SET number = 'RV-2025-03-0001-B'",
            "fremde Nummer",
        ),
        (
            "UPDATE supplier_order SET net = net + 1, gross = gross + 1",
            "UPDATE supplier_order SET net = net - 1, gross = gross - 1",
            "der des Lieferantenauftrags",
        ),
        ("UPDATE supplier_order SET state = 'cancelled'", "UPDATE supplier_order SET state = 'waiting'", "storniert"),
    ] {
        let change = async |statement: &'static str| {
            sqlx::query(statement).execute(here.world.owner()).await.unwrap();
        };
        change(done).await;
        let found = verify(&here.world.app, |_, _, _| {}).await.unwrap();
        assert!(found.failures.iter().any(|it| format!("{it:?}").contains(words)), "{words}: {:?}", found.failures);
        change(undone).await;
    }
    here.sound().await;
}
