//! `abruf verify` finds a forger. Each sabotage is done by the owner with triggers and constraints out
//! of the way, as somebody with the keys of the database would do it, and undone again.

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::issue_document::issue_next;
use abruf::actions::release_call_off::release;
use abruf::actions::submit_call_off::submit;
use abruf::verify::{Verification, verify};
use tokio::runtime::Handle;

use crate::world::World;
use crate::world::contract::{fixed, prior_contract, value};

/// Three orders with their documents, one of them cancelled, a request and a declined draft.
async fn lived_in() -> World {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let karl = world.approver(town).named("Karl Beispiel").await;
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("50000.00"))
        .item("TRN", fixed("1180.00").unit("Tag"))
        .entitles(town)
        .baseline("TRN", prior_contract("1300.00"))
        .await;
    for quantity in ["1", "2", "3"] {
        let id = world.request(&eva, &contract, &[("TRN", quantity)]).await;
        release(&world.app, &karl, id, None).await.unwrap();
        if quantity == "3" {
            cancel(&world.app, &karl, id, "Bedarf entfallen").await.unwrap();
        }
    }
    while issue_next(&world.app).await.unwrap() {}
    world.request(&eva, &contract, &[("TRN", "4")]).await;
    let declined = world.draft(&eva, &contract, &[("TRN", "500")]).await;
    submit(&world.app, &eva, declined, None).await.unwrap();
    lift_the_guards(&world).await;
    world
}

/// What a forger with all rights would do first.
async fn lift_the_guards(world: &World) {
    for statement in [
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "ALTER TABLE document DISABLE TRIGGER ALL",
        "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_leaf",
        "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_chain",
        "ALTER TABLE document DROP CONSTRAINT document_hash_of_bytes",
        "ALTER TABLE guard DROP CONSTRAINT guard_ceiling_holds",
    ] {
        sqlx::query(statement).execute(world.owner()).await.unwrap();
    }
}

/// A forgery: what is changed, how it is undone, and the words that name its place.
struct Forgery {
    what: &'static str,
    done: &'static str,
    undone: &'static str,
    found: &'static [&'static str],
}

const FORGERIES: &[Forgery] = &[
    Forgery {
        what: "one letter of a log entry",
        done: "UPDATE audit_entry SET canonical = replace(canonical, 'call_off_released', 'call_off_releasee')
               WHERE sequence = 2 AND action = 'call_off_released'",
        undone: "UPDATE audit_entry SET canonical = replace(canonical, 'call_off_releasee', 'call_off_released')",
        found: &["RV-2025-01", "Eintrag 2"],
    },
    Forgery {
        what: "a log entry with its own hashes made to fit",
        done: "WITH forged AS (
                   SELECT chain_id, sequence, previous_hash,
                          sha256('\\x00'::bytea || convert_to(replace(canonical, 'released', 'returned'), 'UTF8')) AS leaf
                   FROM audit_entry WHERE sequence = 2 AND action = 'call_off_released')
               UPDATE audit_entry e
               SET canonical = replace(canonical, 'released', 'returned'), leaf_hash = f.leaf,
                   chain_hash = sha256(f.previous_hash || f.leaf)
               FROM forged f WHERE e.chain_id = f.chain_id AND e.sequence = f.sequence",
        undone: "WITH honest AS (
                   SELECT chain_id, sequence, previous_hash,
                          sha256('\\x00'::bytea || convert_to(replace(canonical, 'returned', 'released'), 'UTF8')) AS leaf
                   FROM audit_entry WHERE sequence = 2 AND action = 'call_off_released')
               UPDATE audit_entry e
               SET canonical = replace(canonical, 'returned', 'released'), leaf_hash = t.leaf,
                   chain_hash = sha256(t.previous_hash || t.leaf)
               FROM honest t WHERE e.chain_id = t.chain_id AND e.sequence = t.sequence",
        found: &["RV-2025-01", "Eintrag 3"],
    },
    Forgery {
        what: "the columns beside a log entry",
        done: "UPDATE audit_entry SET at = at + interval '1 day' WHERE sequence = 2 AND action = 'call_off_released'",
        undone: "UPDATE audit_entry SET at = at - interval '1 day' WHERE sequence = 2 AND action = 'call_off_released'",
        found: &["RV-2025-01", "Eintrag 2"],
    },
    Forgery {
        what: "the newest log entry, cut off",
        done: "CREATE TABLE kept_entry AS SELECT * FROM audit_entry e
                   WHERE (chain_id, sequence) = (SELECT contract_id, chain_length FROM guard WHERE scope = 'contract' AND measure = 'value');
               DELETE FROM audit_entry WHERE (chain_id, sequence) IN (SELECT chain_id, sequence FROM kept_entry)",
        undone: "INSERT INTO audit_entry SELECT * FROM kept_entry; DROP TABLE kept_entry",
        found: &["RV-2025-01", "Kopf"],
    },
    Forgery {
        what: "the reason of a cancellation",
        done: "UPDATE audit_detail SET detail = replace(detail::text, 'entfallen', 'erhöht')::jsonb",
        undone: "UPDATE audit_detail SET detail = replace(detail::text, 'erhöht', 'entfallen')::jsonb",
        found: &["RV-2025-01", "Begleittext"],
    },
    Forgery {
        what: "one byte of a document",
        done: "UPDATE document SET bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1) WHERE file_name LIKE '%0002%'",
        undone: "UPDATE document SET bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1) WHERE file_name LIKE '%0002%'",
        found: &["0002", "Hash"],
    },
    Forgery {
        what: "one byte of a document with its hash made to fit",
        done: "UPDATE document SET bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1),
                                   sha256 = sha256(set_byte(bytes, 100, get_byte(bytes, 100) # 1)) WHERE file_name LIKE '%0002%'",
        undone: "UPDATE document SET bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1),
                                     sha256 = sha256(set_byte(bytes, 100, get_byte(bytes, 100) # 1)) WHERE file_name LIKE '%0002%'",
        found: &["0002", "Protokoll"],
    },
    Forgery {
        what: "a document, taken away",
        done: "CREATE TABLE kept_document AS SELECT * FROM document WHERE kind = 'cancellation';
               DELETE FROM document WHERE kind = 'cancellation'",
        undone: "INSERT INTO document SELECT * FROM kept_document; DROP TABLE kept_document",
        found: &["RV-2025-01-0003", "fehlt"],
    },
    Forgery {
        what: "a cent in the ledger",
        done: "UPDATE volume_entry SET amount = amount + 0.01 WHERE kind = 'authorise' AND amount = 1180",
        undone: "UPDATE volume_entry SET amount = amount - 0.01 WHERE kind = 'authorise' AND amount = 1180.01",
        found: &["RV-2025-01", "Volumenbuch"],
    },
    Forgery {
        what: "a cent in ledger and guard row alike",
        done: "UPDATE volume_entry SET amount = amount + 0.01 WHERE kind = 'authorise' AND amount = 1180;
               UPDATE guard SET authorised = authorised + 0.01 WHERE scope = 'contract' AND measure = 'value'",
        undone: "UPDATE volume_entry SET amount = amount - 0.01 WHERE kind = 'authorise' AND amount = 1180.01;
                 UPDATE guard SET authorised = authorised - 0.01 WHERE scope = 'contract' AND measure = 'value'",
        found: &["RV-2025-01-0001", "1.180,00"],
    },
    Forgery {
        what: "a guard row",
        done: "UPDATE guard SET reserved = reserved - 1 WHERE scope = 'contract' AND measure = 'value'",
        undone: "UPDATE guard SET reserved = reserved + 1 WHERE scope = 'contract' AND measure = 'value'",
        found: &["RV-2025-01", "Volumenbuch"],
    },
    Forgery {
        what: "a ceiling cut below what was let through",
        done: "UPDATE guard SET limit_amount = 3000 WHERE scope = 'contract' AND measure = 'value'",
        undone: "UPDATE guard SET limit_amount = 50000 WHERE scope = 'contract' AND measure = 'value'",
        found: &["RV-2025-01", "3.000,00"],
    },
    Forgery {
        what: "a number, given away",
        done: "UPDATE call_off SET number = 'RV-2025-01-0009' WHERE number = 'RV-2025-01-0002'",
        undone: "UPDATE call_off SET number = 'RV-2025-01-0002' WHERE number = 'RV-2025-01-0009'",
        found: &["RV-2025-01", "0002"],
    },
    Forgery {
        what: "the last number, with the counter set back",
        done: "UPDATE guard SET last_number = 2 WHERE scope = 'contract' AND measure = 'value'",
        undone: "UPDATE guard SET last_number = 3 WHERE scope = 'contract' AND measure = 'value'",
        found: &["RV-2025-01", "0003"],
    },
    Forgery {
        what: "a fact that a review saw",
        done: "UPDATE review SET facts = replace(facts, 'Stadt Altenrode', 'Stadt Altenroda') WHERE check_point = 'release'",
        undone: "UPDATE review SET facts = replace(facts, 'Stadt Altenroda', 'Stadt Altenrode') WHERE check_point = 'release'",
        found: &["RV-2025-01-0001", "Prüfung"],
    },
    Forgery {
        what: "a fact with its hash made to fit",
        done: "UPDATE review SET facts = replace(facts, 'Stadt Altenrode', 'Stadt Altenroda'),
                                 facts_sha256 = sha256(convert_to(replace(facts, 'Stadt Altenrode', 'Stadt Altenroda'), 'UTF8'))
               WHERE check_point = 'release'",
        undone: "UPDATE review SET facts = replace(facts, 'Stadt Altenroda', 'Stadt Altenrode'),
                                   facts_sha256 = sha256(convert_to(replace(facts, 'Stadt Altenroda', 'Stadt Altenrode'), 'UTF8'))
                 WHERE check_point = 'release'",
        found: &["RV-2025-01-0001", "Protokoll"],
    },
    Forgery {
        what: "the amount of an order",
        done: "UPDATE call_off SET net = net + 100 WHERE number = 'RV-2025-01-0002'",
        undone: "UPDATE call_off SET net = net - 100 WHERE number = 'RV-2025-01-0002'",
        found: &["RV-2025-01-0002", "2.460,00"],
    },
    Forgery {
        what: "a saving",
        done: "UPDATE savings_entry SET order_net = order_net + 5 WHERE order_net = 1180",
        undone: "UPDATE savings_entry SET order_net = order_net - 5 WHERE order_net = 1185",
        found: &["RV-2025-01-0001", "Einsparung"],
    },
];

async fn verified(world: &World) -> Verification {
    verify(&world.app, |_, _, _| {}).await.unwrap()
}

async fn run(world: &World, statements: &'static str) {
    let done = sqlx::raw_sql(statements).execute(world.owner()).await.unwrap();
    assert!(0 < done.rows_affected(), "changes nothing: {statements}");
}

#[tokio::test]
async fn what_was_lived_honestly_verifies() {
    let world = lived_in().await;
    let found = verified(&world).await;
    assert!(found.failures.is_empty(), "{:?}", found.failures);
    assert_eq!((found.orders, found.documents, found.documents_to_come), (3, 7, 0));
    assert!(found.entries >= 12 && found.reviews == 8 && found.chains >= 2, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_issued_meanwhile_is_no_forgery() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let karl = world.approver(town).await;
    let contract =
        world.contract("RV-2025-01").ceiling(value("50000.00")).item("TRN", fixed("1180.00")).entitles(town).await;
    let id = world.request(&eva, &contract, &[("TRN", "1")]).await;
    release(&world.app, &karl, id, None).await.unwrap();
    let mut issued = false;
    let found = verify(&world.app, |_, _, _| {
        // The log is read, the documents are not.
        if !issued {
            issued = tokio::task::block_in_place(|| Handle::current().block_on(issue_next(&world.app))).unwrap();
        }
    })
    .await
    .unwrap();
    assert!(issued && found.failures.is_empty(), "{:?}", found.failures);
    assert_eq!((found.documents, found.documents_to_come), (0, 1), "one instant is looked at");
    let later = verified(&world).await;
    assert!(later.failures.is_empty() && later.documents == 1, "{later:?}");
}

#[tokio::test]
async fn every_forgery_is_found_at_its_place() {
    let world = lived_in().await;
    for forgery in FORGERIES {
        run(&world, forgery.done).await;
        let found = verified(&world).await;
        run(&world, forgery.undone).await;
        let named =
            found.failures.iter().any(|failure| forgery.found.iter().all(|word| failure.to_string().contains(word)));
        assert!(named, "{}: {:?} not in {:#?}", forgery.what, forgery.found, found.failures);
        let again = verified(&world).await.failures;
        assert!(again.is_empty(), "after undoing {}: {again:?}", forgery.what);
    }
}
