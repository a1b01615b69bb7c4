//! Documents: made after their event, the same bytes for the same event, and never changed.

use std::time::Duration;

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::issue_document::{draft_document, issue_for, issue_next};
use abruf::actions::release_call_off::release;
use abruf::actions::reproduce_document::{Outcome, find, reproduce};
use abruf::actions::set_electronic_address;
use abruf::actor::RunsAs;
use abruf::storage::documents::{self, DocumentRow};
use abruf_documents::embedded;
use abruf_domain::call_off::Status;
use abruf_domain::canonical::sha256;
use abruf_domain::data_format::DataFormat;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;

use super::{Altenrode, LINES, released};
use crate::pages::browser::Browser;
use crate::world::contract::Contract;

async fn documents(here: &Altenrode, contract: &Contract, id: CallOffId) -> Vec<DocumentRow> {
    let mut tx = here.world.app.db.begin(RunsAs::Job).await.unwrap();
    documents::of_call_off(&mut tx, contract.id, id).await.unwrap()
}

async fn bytes(here: &Altenrode, contract: &Contract, id: CallOffId, kind: &str) -> Vec<u8> {
    let mut tx = here.world.app.db.begin(&here.eva).await.unwrap();
    let file = documents::file(&mut tx, contract.id, id, kind).await.unwrap().unwrap();
    here.world.app.documents.read(file).await.unwrap().1
}

#[tokio::test]
async fn an_order_and_its_cancellation_each_get_one_document() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    assert!(!issue_next(app).await.unwrap(), "a request has no document");
    released(release(app, &here.karl, id, None).await);
    issue_for(app, id).await.unwrap();
    issue_for(app, id).await.unwrap();
    assert!(!issue_next(app).await.unwrap(), "the waiting reader had it made");

    cancel(app, &here.karl, id, "Doppelt bestellt").await.unwrap();
    assert!(issue_next(app).await.unwrap());
    assert!(!issue_next(app).await.unwrap());

    let documents = documents(&here, &contract, id).await;
    let kinds: Vec<&str> = documents.iter().map(|document| document.kind.as_str()).collect();
    assert_eq!(kinds, ["order", "memo", "cancellation"]);
    assert_ne!(documents[0].check_code, documents[2].check_code);
    for document in &documents {
        let bytes = bytes(&here, &contract, id, &document.kind).await;
        assert!(bytes.starts_with(b"%PDF-") && document.pages >= 1);
        assert_eq!(document.sha256, sha256(&bytes));
    }
    let log = here.log(id).await;
    assert_eq!(
        log[2..],
        ["document_issued", "document_issued", "call_off_cancelled", "document_issued"].map(String::from)
    );
    let bound: bool = sqlx::query_scalar(
        "SELECT bool_and(EXISTS (SELECT FROM audit_entry e WHERE e.action = 'document_issued'
                                 AND e.canonical::jsonb ->> 'after' = encode(d.sha256, 'hex')))
         FROM document d",
    )
    .fetch_one(here.world.owner())
    .await
    .unwrap();
    assert!(bound, "the log binds the bytes");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_cancellation_waits_for_the_document_of_its_order() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    cancel(app, &here.karl, id, "Doppelt bestellt").await.unwrap();

    let mut somebody = here.world.owner().begin().await.unwrap();
    sqlx::query("SELECT id FROM outbox WHERE kind = 'issue_order' FOR UPDATE").execute(&mut *somebody).await.unwrap();
    assert!(!issue_next(app).await.unwrap(), "the order is being made, the cancellation waits");
    somebody.rollback().await.unwrap();
    while issue_next(app).await.unwrap() {}
    let kinds: Vec<String> = documents(&here, &contract, id).await.into_iter().map(|document| document.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind != "memo").collect::<Vec<_>>(), ["order", "cancellation"]);
    assert_eq!(kinds.len(), 3);
}

/// The session that made a document ends just before it is kept, as it would if the program had died there.
#[tokio::test]
async fn a_crash_between_commit_and_rendering_loses_nothing_and_keeps_nothing_half() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    let before = here.log(id).await;

    let mut holder = here.world.owner().begin().await.unwrap();
    sqlx::query("SELECT FROM guard WHERE contract_id = $1 FOR UPDATE")
        .bind(contract.id.0)
        .execute(&mut *holder)
        .await
        .unwrap();
    let crash = async {
        // It is rendered, and its log entry alone waits for the row of the contract.
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = current_user AND wait_event_type = 'Lock'
                     AND query LIKE '%chain_length%' AND query LIKE '%audit_entry%'";
        let mut sessions = 0;
        for _ in 0..800 {
            sessions = sqlx::query(cut).execute(app.db.pool()).await.unwrap().rows_affected();
            if sessions != 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        holder.rollback().await.unwrap();
        sessions
    };
    let (died, sessions) = tokio::join!(issue_next(app), crash);
    assert!(died.is_err() && sessions == 1, "{sessions} sessions cut: {died:?}");
    assert!(documents(&here, &contract, id).await.is_empty() && here.log(id).await == before);
    assert_eq!(here.status(id).await, Status::Released, "the order stands");

    // What the job does all day; the pool may still hold the session that was cut.
    for _ in 0..5 {
        let _ = issue_next(app).await;
    }
    let kinds: Vec<String> = documents(&here, &contract, id).await.into_iter().map(|document| document.kind).collect();
    assert_eq!(kinds, ["order", "memo"]);
    assert_eq!(here.log(id).await[before.len()..], ["document_issued", "document_issued"].map(String::from));
    here.world.keeps_its_promises().await;
}

/// A year later, at other prices and with another address of the town, from the frozen facts.
#[tokio::test]
async fn the_same_order_is_the_same_file_to_the_byte() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    issue_for(app, id).await.unwrap();
    let first = bytes(&here, &contract, id, "order").await;

    here.world.at("2027-11-22T09:00:00Z");
    for statement in [
        "ALTER TABLE document DISABLE TRIGGER document_append_only",
        "ALTER TABLE document_attachment DISABLE TRIGGER document_attachment_append_only",
        "DELETE FROM document_attachment",
        "DELETE FROM document",
        "UPDATE outbox SET done_at = NULL WHERE kind = 'issue_order'",
        "UPDATE price_term SET unit_price = unit_price * 2",
        "UPDATE framework_contract SET fee_pct = 9, status = 'terminated'",
        "UPDATE membership SET effective_to = '2026-12-31'",
    ] {
        sqlx::query(statement).execute(here.world.owner()).await.unwrap();
    }
    assert!(issue_next(app).await.unwrap());
    assert_eq!(first, bytes(&here, &contract, id, "order").await);
}

/// Its facts are in its recorded input; what the release saw, not what holds today.
#[tokio::test]
async fn a_memo_tells_what_the_release_rests_on() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    issue_for(app, id).await.unwrap();
    let (input, order): (String, Vec<u8>) = sqlx::query_as(
        "SELECT m.input, o.sha256 FROM document m, document o WHERE m.kind = 'memo' AND o.kind = 'order' AND m.call_off_id = $1",
    )
    .bind(id.0)
    .fetch_one(here.world.owner())
    .await
    .unwrap();
    let memo = serde_json::from_str::<serde_json::Value>(&input).unwrap()["data"].clone();
    assert_eq!(memo["attachments"][0]["sha256"], data_encoding::HEXLOWER.encode(&order), "the order is bound: {memo}");
    assert_eq!(memo["attachments"].as_array().unwrap().len(), 3, "the facts of both reviews");
    let rules = memo["rules"].as_array().unwrap();
    let passed = rules.iter().filter(|rule| rule["passed"] == true).count();
    assert!(20 < passed && rules.iter().any(|rule| rule["rule"] == "member-entitled"), "{rules:?}");
    let whole = &memo["volume"][0];
    let number = |name: &str| whole[name].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(number("consumed") + number("reserved") + number("own"), number("after"));
    let net = memo["totals"]["net"].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(number("own"), net, "{whole}");
    assert!(memo["prices"][0]["arithmetic"].as_str().unwrap().contains(" = "), "{memo}");
    assert!(!memo["entitlement"].as_array().unwrap().is_empty());
    let steps: Vec<&str> = memo["steps"].as_array().unwrap().iter().filter_map(|step| step["what"].as_str()).collect();
    assert_eq!(steps.last(), Some(&"Freigegeben, Abruf erteilt"), "{steps:?}");
    let bytes = bytes(&here, &contract, id, "memo").await;
    assert!(bytes.starts_with(b"%PDF-"));
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn every_document_is_made_again_to_the_byte_and_a_forged_input_is_noticed() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    cancel(app, &here.karl, id, "Doppelt bestellt").await.unwrap();
    issue_for(app, id).await.unwrap();
    let all = find(app, None).await.unwrap();
    assert_eq!(all.len(), 3);
    let number = here.world.call_off(id).await.number.unwrap();
    assert_eq!(find(app, Some(&number)).await.unwrap(), all);
    assert!(find(app, Some("RV-0000-00-0000")).await.unwrap().is_empty());
    for document in &all {
        assert_eq!(reproduce(app, *document).await.unwrap().outcome, Outcome::Identical);
    }
    let as_owner = async |statement: &'static str| {
        sqlx::query(statement).execute(here.world.owner()).await.unwrap();
        reproduce(app, all[0]).await.unwrap().outcome
    };
    as_owner("ALTER TABLE document DISABLE TRIGGER document_append_only").await;
    let older = as_owner("UPDATE document SET program_version = '0.0.1'").await;
    assert_eq!(older, Outcome::Identical, "another version that draws the same is the same");
    let forged = as_owner("UPDATE document SET input = replace(input, 'Altenrode', 'Neuenrode')").await;
    assert!(matches!(&forged, Outcome::Different(why) if why.contains("Prüfkennung")), "{forged:?}");
    assert_eq!(as_owner("UPDATE document SET input = NULL").await, Outcome::NotRecorded);
}

#[tokio::test]
async fn documents_and_log_are_append_only_even_for_the_owner() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    issue_for(&here.world.app, id).await.unwrap();
    for (statement, constraint) in [
        ("UPDATE document SET file_name = 'anders.pdf'", "document_append_only"),
        ("DELETE FROM document", "document_append_only"),
        ("UPDATE document_attachment SET length = 1", "document_attachment_append_only"),
        ("DELETE FROM document_attachment", "document_attachment_append_only"),
        ("TRUNCATE document CASCADE", "document_append_only"),
        ("UPDATE audit_entry SET action = 'anders'", "audit_entry_append_only"),
        ("DELETE FROM audit_entry", "audit_entry_append_only"),
        ("TRUNCATE audit_entry", "audit_entry_append_only"),
    ] {
        let refused = sqlx::query(statement).execute(here.world.owner()).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
    // The program does not even have the right to try.
    for table in ["document", "audit_entry", "volume_entry", "review", "savings_entry", "idempotency_record"] {
        let rights: (bool, bool) = sqlx::query_as(
            "SELECT has_table_privilege('abruf_app', $1, 'UPDATE'), has_table_privilege('abruf_app', $1, 'DELETE')",
        )
        .bind(table)
        .fetch_one(here.world.owner())
        .await
        .unwrap();
        assert_eq!(rights, (false, false), "{table}");
    }
}

#[tokio::test]
async fn a_draft_document_is_shown_and_not_kept() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let document = draft_document(app, &here.eva, id).await.unwrap();
    assert!(document.bytes.starts_with(b"%PDF-"));
    assert!(documents(&here, &contract, id).await.is_empty());
    let other = here.world.member("Stadt Neufeld").await;
    let foreign = draft_document(app, &here.world.buyer(other).await, id).await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
}

impl Altenrode {
    /// The supplier's address as the office enters it, and the town's routing id.
    async fn receives_data(&self, scheme: &str, address: &str) {
        sqlx::query("UPDATE organisation SET leitweg_id = '04011000-1234512345-06' WHERE id = $1")
            .bind(self.town.0)
            .execute(self.world.owner())
            .await
            .unwrap();
        set_electronic_address::set(&self.world.app, &self.olga, self.world.supplier, scheme, address).await.unwrap();
    }
}

#[tokio::test]
async fn an_order_lies_beside_its_pdf_as_a_peppol_message_where_both_addresses_are_known() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let without = here.request(&contract).await;
    released(release(app, &here.karl, without, None).await);
    issue_for(app, without).await.unwrap();
    here.receives_data("0088", "9521234000006").await;
    let with = here.request(&contract).await;
    released(release(app, &here.karl, with, None).await);
    let peppol = |id: CallOffId| format!("/abrufe/{id}/bestellung.peppol.xml");
    let answer = eva.get(&peppol(with)).await;
    assert_eq!(answer.status, StatusCode::OK, "made while somebody waits: {}", answer.text);
    assert!(answer.header("content-disposition").contains(".peppol.xml"), "{}", answer.header("content-disposition"));
    for said in [
        "urn:fdc:peppol.eu:poacc:trns:order:3",
        "<cbc:EndpointID schemeID=\"0204\">04011000-1234512345-06</cbc:EndpointID>",
        "<cbc:EndpointID schemeID=\"0088\">9521234000006</cbc:EndpointID>",
    ] {
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    let pdf = bytes(&here, &contract, with, "order").await;
    assert_eq!(embedded(&pdf, DataFormat::Peppol).unwrap(), answer.text.as_bytes(), "what the supplier has");
    let listed = &documents(&here, &contract, with).await[0];
    assert_eq!(listed.as_data, [DataFormat::OrderX, DataFormat::Peppol]);

    assert_eq!(eva.get(&peppol(without)).await.status, StatusCode::NOT_FOUND, "it was ordered before");
    assert_eq!(documents(&here, &contract, without).await[0].as_data, [DataFormat::OrderX]);
    let link = "als Daten (Peppol BIS Order only 3)";
    assert!(eva.page(&format!("/abrufe/{with}")).await.contains(link));
    assert!(!eva.page(&format!("/abrufe/{without}")).await.contains(link));
}

#[tokio::test]
async fn no_peppol_message_goes_to_a_supplier_whose_address_is_not_known() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    here.receives_data("9930", "DE123456788").await;
    here.receives_data("9930", "").await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    issue_for(app, id).await.unwrap();
    assert_eq!(documents(&here, &contract, id).await[0].as_data, [DataFormat::OrderX]);
}
