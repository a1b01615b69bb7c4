//! `abruf backup` and `abruf restore` as an operator uses them: out of one database, into the private
//! server of another directory.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use abruf::actions::issue_document::issue_next;
use abruf::actions::release_call_off::release;
use abruf::embedded::Cluster;
use sqlx::ConnectOptions;

use crate::cluster;
use crate::embedded::Place;
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{fixed, value};

/// Runs the program with nothing in its environment but where to look for PostgreSQL and `settings`.
fn abruf(settings: &[(&str, &str)], arguments: &[&str], stdin: Stdio) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_abruf"));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", cluster::environment("PATH").unwrap_or_default())
        .envs(settings.iter().copied())
        .stdin(stdin);
    if let Some(bin) = cluster::environment("ABRUF_PG_BIN") {
        command.env("ABRUF_PG_BIN", bin);
    }
    command.output().unwrap()
}

/// Exit code, standard output and standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn json(output: &Output) -> serde_json::Value {
    let (_, stdout, stderr) = said(output);
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
}

/// An order whose document is still to be made, and somebody signed in.
async fn lived_in() -> Web {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let karl = world.approver(town).named("Karl Beispiel").await;
    let contract =
        world.contract("RV-2025-01").ceiling(value("50000.00")).item("TRN", fixed("1180.00")).entitles(town).await;
    let id = world.request(&eva, &contract, &[("TRN", "2")]).await;
    release(&world.app, &karl, id, None).await.unwrap();
    let web = Web::over(world).await;
    web.cookie_of(&eva, "eva@altenrode.example").await;
    web
}

#[tokio::test]
async fn a_backup_comes_back_whole_held_and_signed_out() {
    let web = lived_in().await;
    let (app, owner) = (cluster::app_options(&web.database.name), cluster::owner_options(&web.database.name));
    let (app, owner) = (app.to_url_lossy().to_string(), owner.to_url_lossy().to_string());
    let source = [("DATABASE_URL", app.as_str()), ("DATABASE_OWNER_URL", owner.as_str())];

    // Started by root, the program writes here as another user.
    let dir = tempfile::tempdir_in(cluster::run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let file = dir.path().join("sicherung.abruf");
    let name = file.to_str().unwrap();
    let backup = abruf(&source, &["backup", name, "--json"], Stdio::null());
    assert_eq!(backup.status.code(), Some(0), "{:?}", said(&backup));
    let data = &json(&backup)["data"];
    assert_eq!(data["bytes"], fs::metadata(&file).unwrap().len());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "it holds the keys");
    let again = abruf(&source, &["backup", name], Stdio::null());
    assert_eq!(again.status.code(), Some(7), "never over another: {:?}", said(&again));
    let piped = abruf(&source, &["backup", "-"], Stdio::null());
    assert_eq!(piped.status.code(), Some(0), "{:?}", said(&piped));
    assert!(piped.stdout.starts_with(b"PGDMP"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing half-written lies about");

    let place = Place::new("restored");
    let target = [("ABRUF_DATA_DIR", place.data.to_str().unwrap())];
    let restored = abruf(&target, &["restore", name, "--json"], Stdio::null());
    assert_eq!(restored.status.code(), Some(0), "{:?}", said(&restored));
    let answer = json(&restored);
    assert_eq!((&answer["data"]["failures"], &answer["data"]["orders"]), (&serde_json::json!([]), &1.into()));
    assert_eq!(answer["data"]["documents_to_come"], 1, "{answer}");

    let taken = abruf(&target, &["restore", name], Stdio::null());
    assert_eq!(taken.status.code(), Some(7), "{:?}", said(&taken));
    assert!(said(&taken).2.contains("Die Datenbank ist nicht leer."));
    let verified = abruf(&target, &["verify", "--json", "--quiet"], Stdio::null());
    assert_eq!(verified.status.code(), Some(11), "a document is to come: {:?}", said(&verified));
    assert_eq!(json(&verified)["data"]["failures"], serde_json::json!([]));
    let doctor = abruf(&target, &["doctor"], Stdio::null());
    assert_eq!(doctor.status.code(), Some(1), "{:?}", said(&doctor));
    assert!(said(&doctor).1.contains("PRÜFEN Postausgang: 1 offen, angehalten nach einer Wiederherstellung"));

    assert_eq!(signed_in(&web.database.owner).await, 1, "the source is as it was");
    let cluster = Cluster::start(&cluster::settings(place.data.clone())).await.unwrap();
    let pool = sqlx::postgres::PgPoolOptions::new().connect_with(cluster.owner_options()).await.unwrap();
    assert_eq!(signed_in(&pool).await, 0, "nobody is signed in after a restore");
    let orders: Vec<String> =
        sqlx::query_scalar("SELECT number FROM call_off WHERE number IS NOT NULL").fetch_all(&pool).await.unwrap();
    assert_eq!(orders, ["RV-2025-01-0001"]);
    pool.close().await;
    cluster.stop().await.unwrap();

    let freed = abruf(&target, &["doctor", "--release-outbox"], Stdio::null());
    assert_eq!(freed.status.code(), Some(0), "{:?}", said(&freed));
}

#[tokio::test]
async fn documents_outside_the_database_are_told_by_doctor_backup_and_restore() {
    let web = lived_in().await;
    while issue_next(&web.app).await.unwrap() {}
    let (app, owner) = (cluster::app_options(&web.database.name), cluster::owner_options(&web.database.name));
    let (app, owner) = (app.to_url_lossy().to_string(), owner.to_url_lossy().to_string());
    let dir = tempfile::tempdir_in(cluster::run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let folder = dir.path().join("dokumente");
    let store = format!("file://{}", folder.display());
    let url = [("DATABASE_URL", app.as_str()), ("DATABASE_OWNER_URL", owner.as_str())];
    let source = [url[0], url[1], ("ABRUF_DOCUMENT_STORE", store.as_str())];

    let wrong = abruf(&url, &["documents", "move", "--to", "s3://dokumente"], Stdio::null());
    assert_eq!(wrong.status.code(), Some(3), "{:?}", said(&wrong));
    let moved = abruf(&source, &["documents", "move", "--json"], Stdio::null());
    assert_eq!(moved.status.code(), Some(0), "{:?}", said(&moved));
    assert_eq!(json(&moved)["data"]["moved"], 2);
    let again = abruf(&source, &["documents", "move"], Stdio::null());
    assert!(said(&again).1.contains("0 Dateien nach file://"), "{:?}", said(&again));
    let doctor = abruf(&source, &["doctor"], Stdio::null());
    assert!(said(&doctor).1.contains("ist les- und schreibbar, 2 Dateien liegen dort"), "{:?}", said(&doctor));
    let doctor = abruf(&url, &["doctor"], Stdio::null());
    assert!(said(&doctor).1.contains("PRÜFEN Dokumentenspeicher: 2 Dateien liegen nicht"), "{:?}", said(&doctor));

    let file = dir.path().join("sicherung.abruf");
    let name = file.to_str().unwrap();
    let backup = abruf(&source, &["backup", name, "--json"], Stdio::null());
    assert_eq!(backup.status.code(), Some(0), "{:?}", said(&backup));
    assert_eq!(json(&backup)["data"]["documents_outside"], 2);
    let (_, told, _) = said(&backup);
    assert!(told.contains("Die Dateien von 2 Dokumenten liegen nicht in der Datenbank"), "{told}");

    // The folder is not in the backup: without it each document is missed by name and hash.
    let place = Place::new("without");
    let alone = [("ABRUF_DATA_DIR", place.data.to_str().unwrap())];
    let restored = abruf(&alone, &["restore", name, "--json"], Stdio::null());
    assert_eq!(restored.status.code(), Some(10), "{:?}", said(&restored));
    let failures = json(&restored)["data"]["failures"].to_string();
    assert!(failures.matches("die Datei fehlt").count() == 2 && failures.contains("SHA-256"), "{failures}");

    open_to_all(&folder);
    let together = [alone[0], ("ABRUF_DOCUMENT_STORE", store.as_str())];
    let verified = abruf(&together, &["verify", "--json", "--quiet"], Stdio::null());
    assert_eq!(verified.status.code(), Some(0), "{:?}", said(&verified));
}

/// Started by root, the program runs as one user beside a foreign database and as another beside its own.
fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| open_to_all(&entry.unwrap().path()));
    }
}

async fn signed_in(owner: &sqlx::PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM session WHERE revoked_at IS NULL").fetch_one(owner).await.unwrap()
}

#[tokio::test]
async fn what_is_no_backup_is_refused_and_leaves_the_database_empty() {
    let database = cluster::fresh_database().await;
    let (app, owner) = (cluster::app_options(&database.name), cluster::owner_options(&database.name));
    let (app, owner) = (app.to_url_lossy().to_string(), owner.to_url_lossy().to_string());
    let migrated = [("DATABASE_URL", app.as_str()), ("DATABASE_OWNER_URL", owner.as_str())];
    let dir = tempfile::tempdir_in(cluster::run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let text = put("notizen.txt", b"keine Sicherung");
    let empty = put("leer.abruf", b"");
    let place = Place::new("data");
    let target = [("ABRUF_DATA_DIR", place.data.to_str().unwrap())];
    for (file, code, expected) in [
        (text.as_str(), 2, "ist keine Sicherung. Erwartet wird eine Datei, die abruf backup geschrieben hat"),
        (empty.as_str(), 2, "ist keine Sicherung."),
        ("/nonexistent.abruf", 6, "Es gibt keine Datei /nonexistent.abruf"),
    ] {
        let refused = abruf(&target, &["restore", file], Stdio::null());
        assert_eq!(refused.status.code(), Some(code), "{file}: {:?}", said(&refused));
        assert!(said(&refused).2.contains(expected), "{file}: {:?}", said(&refused));
        assert!(!place.data.join("pg").exists(), "no server was made for {file}");
    }

    let backup = abruf(&migrated, &["backup", "-"], Stdio::null());
    assert_eq!(backup.status.code(), Some(0), "{:?}", said(&backup));
    let cut = put("abgeschnitten.abruf", &backup.stdout[..backup.stdout.len() / 2]);
    let half = abruf(&target, &["restore", &cut], Stdio::null());
    assert_eq!(half.status.code(), Some(1), "{:?}", said(&half));
    assert!(said(&half).2.contains("pg_restore ist gescheitert"), "{:?}", said(&half));
    // All or nothing: the whole one finds an empty database, also where it comes by redirection.
    let whole = put("ganz.abruf", &backup.stdout);
    let redirected = fs::File::open(Path::new(&whole)).unwrap();
    let restored = abruf(&target, &["restore", "-"], redirected.into());
    assert_eq!(restored.status.code(), Some(0), "{:?}", said(&restored));
}
