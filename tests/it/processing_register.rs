//! The register of processing is made of the comments of the schema: each table with persons says what for, each of its
//! columns of words whether it holds data of persons, and somebody's own data come from every one of them.

use std::collections::BTreeSet;

use abruf::actor::{Role, RunsAs};
use abruf::reports::processing_register::{Register, register};
use abruf::storage::{own_data, processing_register};
use abruf_domain::ids::PersonId;
use axum::http::StatusCode;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use crate::cluster::{TestDatabase, fresh_database};
use crate::web::Web;

async fn read(database: &TestDatabase) -> Register {
    let mut conn = database.owner.acquire().await.unwrap();
    register(&processing_register::columns(&mut conn).await.unwrap())
}

/// Marked tables that do not point at a person by a key, with why nobody's own data hold their rows.
const BY_NO_KEY: &[(&str, &str)] = &[
    ("document", "the paper of a call-off; whose it is stands in call_off, which is in"),
    ("mini_competition_invitation", "addresses of bidders, who have no account"),
    ("mini_competition_offer", "what bidders wrote, who have no account"),
    ("newcomer_mail", "addresses of towns that are no members; their people have no account"),
    ("organisation", "legal persons; their central addresses and who represents them"),
    ("purchase_analysis", "files of a town, not of a person"),
    ("purchase_line", "files of a town, not of a person"),
    ("purchase_upload", "files of a town, not of a person"),
    ("supplier_report_line", "lines of a supplier's file"),
    ("turnover_line", "lines of a supplier's file"),
    ("turnover_reject", "lines of a supplier's file"),
    ("volume_entry", "evidence of a recorded fact; who recorded it stands in the log, which is in"),
];

#[tokio::test]
async fn every_table_with_persons_says_what_for_and_every_column_of_words_is_marked() {
    let made = read(&fresh_database().await).await;
    let lines = made.unmarked.iter().map(|place| match place.split_once('.') {
        Some(_) => format!("COMMENT ON COLUMN {place} IS '… [personal]'; -- or [no person]"),
        None => format!("COMMENT ON TABLE {place} IS '… [processing: key]'; -- a key of ACTIVITIES"),
    });
    let lines: Vec<String> = lines.collect();
    assert!(lines.is_empty(), "say in a migration what these hold:\n{}", lines.join("\n"));
    let tables: usize = made.entries.iter().map(|it| it.places.len()).sum();
    for entry in &made.entries {
        assert!(!entry.places.is_empty(), "{} processes nothing", entry.activity.key);
    }
    println!(
        "register of processing: {} activities, {tables} tables, {} fields with data of persons",
        made.entries.len(),
        made.rows().len()
    );
    assert!(60 < tables && 150 < made.rows().len());
}

#[tokio::test]
async fn a_new_column_or_table_without_a_mark_is_found() {
    let database = fresh_database().await;
    for (change, found) in [
        ("ALTER TABLE person ADD COLUMN nickname text NOT NULL DEFAULT ''", "person.nickname"),
        ("COMMENT ON COLUMN person.nickname IS 'What friends say'", "person.nickname"),
        ("CREATE TABLE birthday (person_id uuid REFERENCES person, on_day date)", "birthday"),
        ("COMMENT ON TABLE birthday IS 'Days [processing: parties]'", "birthday"),
        ("COMMENT ON COLUMN call_off.contact IS 'Contact at the member'", "call_off.contact"),
    ] {
        database.owner.execute(change).await.unwrap();
        let made = read(&database).await;
        assert!(made.unmarked.iter().any(|it| it == found), "after {change}: {:?}", made.unmarked);
    }
    for change in [
        "COMMENT ON COLUMN person.nickname IS 'What friends say [personal]'",
        "COMMENT ON TABLE birthday IS 'Days [processing: accounts]'",
        "COMMENT ON COLUMN call_off.contact IS 'Contact at the member [personal]'",
    ] {
        database.owner.execute(change).await.unwrap();
    }
    let made = read(&database).await;
    assert!(made.unmarked.is_empty(), "{:?}", made.unmarked);
    assert!(made.rows().iter().any(|row| row[6] == "person" && row[7] == "nickname"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "names of tables cannot be parameters; they are the catalogue's")]
async fn somebodys_own_data_come_from_every_table_of_the_register() {
    let database = fresh_database().await;
    let made = read(&database).await;
    let db = abruf::storage::Db::new(database.app.clone());
    let mut conn = database.owner.acquire().await.unwrap();
    // Nothing but the keys that point at a person stands in the way of a row that is nothing but such a pointer.
    conn.execute(
        "DO $$
         DECLARE it record;
         BEGIN
             FOR it IN SELECT k.conrelid::regclass AS place, k.conname FROM pg_constraint k
                       WHERE k.connamespace = 'public'::regnamespace AND k.conrelid <> 0
                         AND (k.contype IN ('c', 'x') OR k.contype = 'f' AND k.confrelid <> 'person'::regclass)
             LOOP
                 EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', it.place, it.conname);
             END LOOP;
             FOR it IN SELECT c.oid::regclass AS place FROM pg_class c
                       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
             LOOP
                 EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', it.place);
             END LOOP;
             FOR it IN SELECT a.attrelid::regclass AS place, a.attname FROM pg_attribute a
                       JOIN pg_class c ON c.oid = a.attrelid
                       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND a.attnotnull
                         AND NOT a.attisdropped AND a.attidentity = ''
                         AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
             LOOP
                 EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', it.place, it.attname);
             END LOOP;
         END
         $$",
    )
    .await
    .unwrap();
    conn.execute("INSERT INTO person (id) VALUES ('00000000-0000-0000-0000-000000000007')").await.unwrap();
    let who = Uuid::from_u128(7);
    let mut wanted = BTreeSet::new();
    for place in made.entries.iter().flat_map(|it| &it.places) {
        let pointing: Vec<String> = sqlx::query_scalar(
            "SELECT a.attname::text FROM pg_constraint k
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
             WHERE k.contype = 'f' AND k.confrelid = 'person'::regclass AND k.conrelid = $1::regclass",
        )
        .bind(&place.table)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        if place.table == "person" {
            wanted.insert(place.table.clone());
            continue;
        }
        if pointing.is_empty() {
            let known = BY_NO_KEY.iter().any(|(table, _)| *table == place.table) || place.table == "audit_detail";
            assert!(known, "{} points at nobody and no reason is given", place.table);
            continue;
        }
        for column in pointing {
            let table = &place.table;
            let keys: Vec<(String, String)> = sqlx::query_as(
                "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                 WHERE i.indrelid = $1::regclass AND i.indisprimary AND a.attidentity = '' AND a.attname <> $2",
            )
            .bind(table)
            .bind(&column)
            .fetch_all(&mut *conn)
            .await
            .unwrap();
            let mut names = vec![format!("\"{column}\"")];
            let mut values = vec![format!("'{who}'")];
            for (name, kind) in keys {
                names.push(format!("\"{name}\""));
                values.push(match kind.as_str() {
                    "uuid" => "gen_random_uuid()".to_owned(),
                    "bytea" => "decode(md5(random()::text), 'hex')".to_owned(),
                    "text" => "md5(random()::text)".to_owned(),
                    "date" => "current_date".to_owned(),
                    "timestamp with time zone" => "clock_timestamp()".to_owned(),
                    _ => "1 + floor(random() * 30000)::int".to_owned(),
                });
            }
            let insert = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
            if let Err(error) = conn.execute(AssertSqlSafe(insert.clone())).await {
                panic!("{insert}: {error}");
            }
            wanted.insert(table.clone());
        }
    }
    drop(conn);
    let mut tx = db.begin(RunsAs::Job).await.unwrap();
    let rows = own_data::about(&mut tx, PersonId(who)).await.unwrap();
    let found: BTreeSet<String> = rows.iter().map(|row| row.source.clone()).collect();
    let missing: Vec<&String> = wanted.difference(&found).collect();
    assert!(missing.is_empty(), "not in somebody's own data: {missing:?}");
    for secret in ["password_hash", "sealed", "code_sha256", "token_sha256"] {
        assert!(rows.iter().all(|row| row.content.get(secret).is_none()), "{secret} is handed out");
    }
    println!("own data: {} tables point at a person, each gives its rows", wanted.len());
    assert!(60 < wanted.len());
}

#[tokio::test]
async fn the_administration_and_the_office_read_the_register_and_nobody_else() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    for (email, role, organisation, status) in [
        ("ada@elbe.example", Role::Administrator, web.body, StatusCode::OK),
        ("olga@elbe.example", Role::Office, web.body, StatusCode::OK),
        ("vera@elbe.example", Role::Board, web.body, StatusCode::NOT_FOUND),
        ("eva@altenrode.example", Role::Buyer, town, StatusCode::NOT_FOUND),
    ] {
        web.person(email, role, organisation).await;
        let cookie = web.sign_in(email).await;
        let page = web.get("/verwaltung/datenschutz", &cookie).await;
        assert_eq!(page.status, status, "{email}");
        let file = web.get("/verwaltung/datenschutz.csv", &cookie).await;
        assert_eq!(file.status, status, "{email}");
        if status == StatusCode::OK {
            assert!(page.text.contains("Anmeldung und Sicherheit") && page.text.contains("<code>sign_in_event</code>"));
            assert!(page.text.contains("nach 180 Tagen gelöscht"), "{}", page.text);
            assert!(file.text.contains("Verarbeitung;Zweck;") && file.text.contains(";call_off;contact;"));
        }
    }
}
