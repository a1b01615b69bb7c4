//! Documents outside the database: in a folder for real, and with a service that speaks S3.

mod fake_s3;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use abruf::actions::issue_document::{issue_for, issue_next};
use abruf::actions::move_documents::{Moved, move_documents};
use abruf::actions::release_call_off::release;
use abruf::actions::reproduce_document::{Outcome, find, reproduce};
use abruf::actor::{Actor, RunsAs};
use abruf::config::Settings;
use abruf::reports::call_off_bag::{self, Reader};
use abruf::storage::call_off_list::Search;
use abruf::storage::document_store::{DocumentStore, StoreError};
use abruf::storage::documents;
use abruf::verify::{Verification, verify};
use abruf_domain::canonical::sha256;
use abruf_domain::ids::CallOffId;
use data_encoding::HEXLOWER;
use fake_s3::FakeS3;

use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

/// The store of these settings.
fn store(pairs: &[(&str, &str)]) -> DocumentStore {
    let mut variables: BTreeMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    variables.insert("ABRUF_DATA_DIR".to_owned(), "/nowhere".to_owned());
    DocumentStore::open(&Settings::from_variables(&variables, false).unwrap().document_store).unwrap()
}

fn folder(path: &Path) -> DocumentStore {
    store(&[("ABRUF_DOCUMENT_STORE", &format!("file://{}", path.display()))])
}

fn s3(server: &FakeS3) -> DocumentStore {
    store(&[
        ("ABRUF_DOCUMENT_STORE", "s3://dokumente/abruf"),
        ("AWS_ENDPOINT_URL", &server.address),
        ("AWS_ACCESS_KEY_ID", fake_s3::KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", "geheimer-schluessel"),
    ])
}

struct House {
    world: World,
    contract: Contract,
    buyer: Actor,
    approver: Actor,
}

impl House {
    async fn new(documents: DocumentStore) -> Self {
        let mut world = World::new().await;
        world.app.documents = documents;
        let town = world.member("Stadt Altenrode").await;
        let contract =
            world.contract("RV-2025-01").ceiling(value("50000.00")).item("TRN", fixed("100.00")).entitles(town).await;
        let (buyer, approver) = (world.buyer(town).await, world.approver(town).await);
        Self { world, contract, buyer, approver }
    }

    /// A released order, whose documents are still to be made.
    async fn ordered(&self) -> CallOffId {
        let id = self.world.request(&self.buyer, &self.contract, &[("TRN", "1")]).await;
        release(&self.world.app, &self.approver, id, None).await.unwrap();
        id
    }

    /// A released order with order and memo.
    async fn order(&self) -> CallOffId {
        let id = self.ordered().await;
        while issue_next(&self.world.app).await.unwrap() {}
        id
    }

    /// How many files lie in their rows, and how many do not.
    async fn rows(&self) -> (i64, i64) {
        let sql = "SELECT count(bytes), count(*) FILTER (WHERE bytes IS NULL AND byte_count > 0) FROM document";
        sqlx::query_as(sql).fetch_one(self.world.owner()).await.unwrap()
    }

    async fn hashes(&self) -> Vec<Vec<u8>> {
        sqlx::query_scalar("SELECT sha256 FROM document ORDER BY sha256").fetch_all(self.world.owner()).await.unwrap()
    }

    async fn pdf(&self, id: CallOffId) -> Result<Vec<u8>, StoreError> {
        let mut tx = self.world.app.db.begin(&self.buyer).await.unwrap();
        let file = documents::file(&mut tx, self.contract.id, id, "order").await.unwrap().unwrap();
        self.world.app.documents.read(file).await.map(|(_, bytes)| bytes)
    }

    async fn verified(&self) -> Verification {
        verify(&self.world.app, |_, _, _| {}).await.unwrap()
    }

    async fn moved(&self, from: &DocumentStore, to: &DocumentStore) -> Moved {
        let mut owner = self.world.owner().acquire().await.unwrap();
        move_documents(&self.world.app, &mut owner, from, to, |_, _| {}).await.unwrap()
    }

    async fn all_are_reproduced(&self) {
        let made = find(&self.world.app, None).await.unwrap();
        assert!(!made.is_empty());
        for document in made {
            assert_eq!(reproduce(&self.world.app, document).await.unwrap().outcome, Outcome::Identical);
        }
    }
}

/// Where a folder has the object of a hash.
fn object(folder: &Path, hash: &[u8]) -> PathBuf {
    let hash = HEXLOWER.encode(hash);
    folder.join("sha256").join(&hash[..2]).join(hash)
}

#[tokio::test]
async fn documents_in_a_folder_are_read_verified_reproduced_and_archived_as_ever() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dokumente");
    let house = House::new(folder(&path)).await;
    let id = house.order().await;
    assert_eq!(house.rows().await, (0, 2), "order and memo");
    for hash in house.hashes().await {
        assert_eq!(sha256(&fs::read(object(&path, &hash)).unwrap())[..], hash[..]);
    }
    let pdf = house.pdf(id).await.unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    let found = house.verified().await;
    assert!(found.failures.is_empty() && found.unread.is_empty() && found.documents == 2, "{found:?}");
    house.all_are_reproduced().await;
    let reader = Reader(None);
    let bag = call_off_bag::gather(&house.world.app, &reader, &Search::default()).await.unwrap();
    let size = bag.size().unwrap();
    let archive = call_off_bag::write(&house.world.app, &reader, bag, Vec::new(), |_, _| {}).await.unwrap();
    assert_eq!(archive.len() as u64, size);
    assert!(archive.windows(pdf.len()).any(|part| part == pdf));
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_file_that_is_altered_or_missing_is_told_with_key_and_both_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::new(folder(dir.path())).await;
    let id = house.order().await;
    let pdf = house.pdf(id).await.unwrap();
    let hash = sha256(&pdf);
    let (file, expected) = (object(dir.path(), &hash), HEXLOWER.encode(&hash));
    let mut altered = pdf.clone();
    altered[100] ^= 1;
    fs::write(&file, &altered).unwrap();
    let told = house.pdf(id).await.unwrap_err().to_string();
    let actual = HEXLOWER.encode(&sha256(&altered));
    for part in ["sha256/", expected.as_str(), actual.as_str()] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let found = house.verified().await;
    assert_eq!(found.failures.len(), 1, "{found:?}");
    assert_eq!(found.failures[0].what, told);
    let document = find(&house.world.app, None).await.unwrap();
    let outcomes: Vec<Outcome> = vec![
        reproduce(&house.world.app, document[0]).await.unwrap().outcome,
        reproduce(&house.world.app, document[1]).await.unwrap().outcome,
    ];
    assert!(outcomes.iter().any(|it| matches!(it, Outcome::Different(why) if *why == told)), "{outcomes:?}");

    fs::remove_file(&file).unwrap();
    let told = house.pdf(id).await.unwrap_err().to_string();
    assert!(told.contains("fehlt") && told.contains(&expected), "{told}");
    assert_eq!(house.verified().await.failures.len(), 1);
    let reader = Reader(None);
    let bag = call_off_bag::gather(&house.world.app, &reader, &Search::default()).await.unwrap();
    let archive = call_off_bag::write(&house.world.app, &reader, bag, Vec::new(), |_, _| {}).await;
    assert!(archive.is_err(), "an archive that misses a document never gets its end");

    fs::write(&file, &pdf).unwrap();
    assert!(house.verified().await.failures.is_empty());
}

#[tokio::test]
async fn documents_move_from_store_to_store_and_on_after_a_break() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut house = House::new(DocumentStore::Database).await;
    house.order().await;
    let id = house.order().await;
    let pdf = house.pdf(id).await.unwrap();
    assert_eq!(house.rows().await, (4, 0));

    // One lay there already, and one was written half before the break.
    let (first, second) = (folder(one.path()), folder(other.path()));
    let hashes = house.hashes().await;
    fs::create_dir_all(object(one.path(), &hashes[0]).parent().unwrap()).unwrap();
    fs::write(object(one.path(), &hashes[0]), b"%PDF-").unwrap();
    let done = house.moved(&DocumentStore::Database, &first).await;
    assert_eq!((done.moved, done.there, done.failures.len()), (4, 0, 0));
    assert_eq!(house.rows().await, (0, 4));
    let again = house.moved(&first, &first).await;
    assert_eq!((again.moved, again.there, again.failures.len()), (0, 4, 0));
    house.world.app.documents = first.clone();
    assert_eq!(house.pdf(id).await.unwrap(), pdf);

    // A file that is missing stays behind and is told; the others go on.
    let lost = object(one.path(), &hashes[1]);
    let kept = fs::read(&lost).unwrap();
    fs::remove_file(&lost).unwrap();
    let done = house.moved(&first, &second).await;
    assert_eq!((done.moved, done.there, done.failures.len()), (3, 0, 1));
    assert!(done.failures[0].to_string().contains(&HEXLOWER.encode(&hashes[1])));
    fs::write(&lost, kept).unwrap();
    let done = house.moved(&first, &second).await;
    assert_eq!((done.moved, done.there, done.failures.len()), (1, 3, 0));

    let back = house.moved(&second, &DocumentStore::Database).await;
    assert_eq!((back.moved, back.failures.len()), (4, 0));
    assert_eq!(house.rows().await, (4, 0));
    house.world.app.documents = DocumentStore::Database;
    assert_eq!(house.pdf(id).await.unwrap(), pdf);
    assert!(house.verified().await.failures.is_empty());
    house.all_are_reproduced().await;
    let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE action = 'documents_moved'")
        .fetch_one(house.world.owner())
        .await
        .unwrap();
    assert_eq!(logged, 4);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn the_database_lets_a_file_go_elsewhere_and_nothing_else_change() {
    let house = House::new(DocumentStore::Database).await;
    house.order().await;
    for change in [
        "UPDATE document SET file_name = 'x.pdf'",
        "UPDATE document SET bytes = NULL, byte_count = 1",
        "UPDATE document SET bytes = NULL, byte_count = octet_length(bytes), file_name = 'x.pdf'",
        "UPDATE document SET byte_count = 7",
        "UPDATE document SET sha256 = sha256('x'), bytes = 'x', byte_count = 1",
    ] {
        assert!(sqlx::query(change).execute(house.world.owner()).await.is_err(), "{change}");
    }
    let by_the_application = sqlx::query("UPDATE document SET bytes = NULL, byte_count = octet_length(bytes)")
        .execute(&house.world.database.app);
    assert!(by_the_application.await.is_err(), "the application has no right to it");
    assert_eq!(house.rows().await, (2, 0));
}

#[tokio::test]
async fn a_service_that_speaks_s3_keeps_documents_and_a_failed_attempt_harms_nothing() {
    let server = FakeS3::start().await;
    let house = House::new(s3(&server)).await;
    let id = house.ordered().await;
    server.refuse(true);
    assert!(issue_for(&house.world.app, id).await.is_err());
    assert_eq!(house.rows().await, (0, 0), "no row without its file");
    let (attempts, said): (i32, String) =
        sqlx::query_as("SELECT attempts, last_error FROM outbox WHERE kind = 'issue_order'")
            .fetch_one(house.world.owner())
            .await
            .unwrap();
    assert!(attempts == 1 && said.contains("s3://dokumente/abruf antwortet nicht"), "{attempts}: {said}");
    assert!(!said.contains("geheimer-schluessel") && !format!("{:?}", house.world.app).contains("geheimer-schluessel"));

    server.refuse(false);
    issue_for(&house.world.app, id).await.unwrap();
    assert_eq!(house.rows().await, (0, 2));
    let hashes = house.hashes().await;
    for hash in &hashes {
        let hash = HEXLOWER.encode(hash);
        assert!(
            server.keys().contains(&format!("/dokumente/abruf/sha256/{}/{hash}", &hash[..2])),
            "{:?}",
            server.keys()
        );
    }
    assert!(house.pdf(id).await.unwrap().starts_with(b"%PDF-"));
    assert!(house.verified().await.failures.is_empty());
    house.all_are_reproduced().await;

    server.alter_all();
    assert_eq!(house.verified().await.failures.len(), 2);
    server.refuse(true);
    let found = house.verified().await;
    assert!(found.failures.is_empty() && found.unread.len() == 1, "away is not altered: {found:?}");
    let mut tx = house.world.app.db.begin(RunsAs::Job).await.unwrap();
    assert_eq!(documents::ids(&mut tx, None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_service_that_does_not_know_the_key_lets_nobody_in() {
    let server = FakeS3::start().await;
    let stranger = store(&[
        ("ABRUF_DOCUMENT_STORE", "s3://dokumente"),
        ("AWS_ENDPOINT_URL", &server.address),
        ("AWS_ACCESS_KEY_ID", "fremd"),
        ("AWS_SECRET_ACCESS_KEY", "fremd"),
    ]);
    let refused = stranger.put(&sha256(b"x"), b"x").await.unwrap_err();
    assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused}");
    assert!(server.keys().is_empty());
}
