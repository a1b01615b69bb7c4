//! Long lists as CSV and JSON lines: with length and tag, taken up where a download broke off, and never half of two states.

use std::time::{Duration, Instant};

use abruf::actions::cancel_call_off::cancel;
use abruf::actor::RunsAs;
use abruf::storage::{StorageError, long_reads};
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use tokio_stream::StreamExt;
use uuid::Uuid;

use super::{House, house, house_over};
use crate::world::World;

const LISTS: [&str; 6] = [
    "einsparungen-abrufe",
    "einsparungen-positionen",
    "einsparungen-belege",
    "mehrkosten-abrufe",
    "mehrkosten-positionen",
    "offene-nachweise",
];
const ENTRIES: &str = "/berichte/einsparungen-belege/bericht.csv";

/// A whole file and its tag.
async fn whole(house: &House, path: &str) -> (String, Vec<u8>) {
    let (status, headers, bytes) = house.web.download(path, &house.board, &[("accept-encoding", "gzip")]).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    assert_eq!(headers["content-length"], bytes.len().to_string(), "{path}");
    assert_eq!(headers["accept-ranges"], "bytes", "{path}");
    assert!(!headers.contains_key("content-encoding"), "{path}: what is compressed cannot be taken up");
    (headers["etag"].to_str().unwrap().to_owned(), bytes)
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_where_it_ended() {
    let house = house(41).await;
    for list in LISTS {
        let path = format!("/berichte/{list}/bericht.csv");
        let (tag, all) = whole(&house, &path).await;
        assert!(tag.starts_with('"'), "{path}: a weak tag joins nothing");
        for cut in [1, all.len() / 3, all.len() - 1] {
            let range = format!("bytes={cut}-");
            let asked = [("range", range.as_str()), ("if-range", tag.as_str()), ("accept-encoding", "gzip")];
            let (status, headers, rest) = house.web.download(&path, &house.board, &asked).await;
            assert_eq!(status, StatusCode::PARTIAL_CONTENT, "{path} from {cut}");
            assert_eq!(headers["content-range"], format!("bytes {cut}-{}/{}", all.len() - 1, all.len()), "{path}");
            assert_eq!(headers["content-length"], rest.len().to_string(), "{path}");
            assert!(!headers.contains_key("content-encoding"), "{path}");
            assert_eq!(headers["etag"], tag.as_str(), "{path}");
            assert_eq!([&all[..cut], &rest[..]].concat(), all, "{path} from {cut}");
        }
        let (status, ..) = house.web.download(&path, &house.board, &[("if-none-match", &tag)]).await;
        assert_eq!(status, StatusCode::NOT_MODIFIED, "{path}");
        let beyond = format!("bytes={}-", all.len());
        let (status, ..) = house.web.download(&path, &house.board, &[("range", &beyond)]).await;
        assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE, "{path}");
    }
}

#[tokio::test]
async fn a_download_of_another_state_begins_anew() {
    let house = house(43).await;
    let (tag, before) = whole(&house, ENTRIES).await;
    let (standing, member): (Uuid, Uuid) =
        sqlx::query_as("SELECT id, member_id FROM call_off WHERE status = 'released' ORDER BY id LIMIT 1")
            .fetch_one(&house.web.database.owner)
            .await
            .unwrap();
    let town = house.towns.iter().find(|it| it.id.0 == member).unwrap();
    cancel(&house.web.app, &town.approver, CallOffId(standing), "Doppelt").await.unwrap();
    let asked = [("range", "bytes=100-"), ("if-range", tag.as_str())];
    let (status, headers, after) = house.web.download(ENTRIES, &house.board, &asked).await;
    assert_eq!(status, StatusCode::OK, "the rest of another state fits nothing");
    assert!(headers["etag"] != tag.as_str() && before.len() < after.len());
    assert_eq!(after, whole(&house, ENTRIES).await.1);
}

#[tokio::test]
async fn nothing_is_a_file_with_its_head_and_fifty_years_are_everything() {
    let house = house(47).await;
    let (_, empty) = whole(&house, &format!("{ENTRIES}?jahr=1999")).await;
    let (_, all) = whole(&house, ENTRIES).await;
    let (_, fifty) = whole(&house, &format!("{ENTRIES}?von=01.01.2000&bis=31.12.2049")).await;
    assert_eq!(fifty, all);
    let head = all.split_inclusive(|byte| *byte == b'\n').next().unwrap();
    assert_eq!(empty, head, "the heads, and no row");
    let half = format!("bytes={}-", empty.len() / 2);
    let path = format!("{ENTRIES}?jahr=1999");
    let (status, _, rest) = house.web.download(&path, &house.board, &[("range", &half)]).await;
    assert_eq!((status, &rest[..]), (StatusCode::PARTIAL_CONTENT, &empty[empty.len() / 2..]));
    let refused = house.web.get(&format!("{ENTRIES}?von=01.01.2000&bis=31.12.2050"), &house.board).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("50 Jahre"), "{}", refused.text);
}

#[tokio::test]
async fn a_line_of_json_is_a_row_of_the_table_in_the_same_order() {
    let house = house(53).await;
    for list in LISTS.into_iter().chain(["einsparungen-nach", "nutzung", "hoechstwerte"]) {
        let table = house.web.get(&format!("/berichte/{list}/bericht.json"), &house.board).await.json();
        let rows = table["rows"].as_array().unwrap().clone();
        assert!(!rows.is_empty(), "{list} has no rows");
        let path = format!("/berichte/{list}/bericht.jsonl");
        let (status, headers, bytes) = house.web.download(&path, &house.board, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(headers["content-type"], "application/jsonl; charset=utf-8", "{path}");
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, rows, "{path}");
    }
    let path = "/berichte/einsparungen-belege/bericht.jsonl";
    let (tag, all) = whole(&house, path).await;
    let asked = [("range", "bytes=7-"), ("if-range", tag.as_str())];
    let (status, _, rest) = house.web.download(path, &house.board, &asked).await;
    assert_eq!((status, &rest[..]), (StatusCode::PARTIAL_CONTENT, &all[7..]));
    let page = house.page("/berichte/einsparungen-belege").await;
    assert!(page.contains("bericht.jsonl\""), "offered beside the others");
}

#[tokio::test]
async fn a_fifth_long_list_is_told_to_come_again_until_somebody_hangs_up() {
    // Each holds a connection of the database for as long as its client reads.
    let house = house_over(World::crowded_from(61).await, 61).await;
    // More than fits on the way to a client that takes nothing.
    sqlx::query(
        "INSERT INTO savings_entry (contract_id, id, call_off_id, body_id, member_id, position, class, stage, baseline_id,
                                    baseline_net, effect_net, order_net, method_version, dated_on, at)
         SELECT e.contract_id, gen_random_uuid(), e.call_off_id, e.body_id, e.member_id, e.position, e.class, e.stage, e.baseline_id,
                e.baseline_net, e.effect_net, e.order_net, e.method_version, e.dated_on, e.at
         FROM savings_entry e, generate_series(1, 200)
         WHERE e.stage = 'planned' AND e.position IS NOT NULL",
    )
    .execute(&house.web.database.owner)
    .await
    .unwrap();
    let mut under_way = Vec::new();
    for number in 1..=4 {
        let answer = house.web.open(ENTRIES, &house.board).await;
        assert_eq!(answer.status(), StatusCode::OK, "list {number}");
        let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert!(500_000 < length, "{length} bytes are soon on their way");
        under_way.push(answer);
    }
    let fifth = house.web.get(ENTRIES, &house.board).await;
    assert_eq!(fifth.status, StatusCode::SERVICE_UNAVAILABLE, "{}", fifth.text);
    assert_eq!(fifth.header("retry-after"), "10");
    assert!(fifth.text.contains("Es laufen gerade 4 Downloads langer Listen"), "{}", fifth.text);
    let report = house.web.get("/berichte/einsparungen-nach", &house.board).await;
    assert_eq!(report.status, StatusCode::OK, "what is short needs no place");
    drop(under_way.pop());
    let again = house.web.download(ENTRIES, &house.board, &[]).await;
    assert_eq!(again.0, StatusCode::OK, "the place of whoever hung up is free");
}

#[tokio::test]
async fn what_nobody_reads_is_stopped_in_the_database_and_leaves_its_connection_whole() {
    let house = house(59).await;
    let db = &house.web.app.db;
    let begin = Instant::now();

    // By its limit.
    let mut tx = db.begin_snapshot(RunsAs::Job).await.unwrap();
    long_reads::limit(&mut tx, Duration::from_millis(50)).await.unwrap();
    let stopped = sqlx::query("SELECT pg_sleep(60)").execute(&mut *tx).await.unwrap_err();
    assert!(StorageError::from(stopped).is_stopped());
    tx.rollback().await.unwrap();

    // Half read and given up.
    let mut tx = db.begin_snapshot(RunsAs::Job).await.unwrap();
    let session = long_reads::session(&mut tx).await.unwrap();
    let mut rows = sqlx::query("SELECT repeat('x', 1000) FROM generate_series(1, 100000000)").fetch(&mut *tx);
    for _ in 0..3 {
        assert!(rows.next().await.unwrap().is_ok());
    }
    drop(rows);
    long_reads::stop(db, session).await.unwrap();
    long_reads::hear_the_end(&mut tx).await;
    tx.rollback().await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(20), "a hundred million rows were read: {:?}", begin.elapsed());

    // What comes next on these connections is not hit.
    for _ in 0..3 {
        let mut tx = db.begin(RunsAs::Job).await.unwrap();
        assert!(0 < long_reads::session(&mut tx).await.unwrap());
        tx.rollback().await.unwrap();
    }
}
