//! The example data: repeatable, whole or not at all, true to the invariants, and with every special
//! case that the documentation promises.

use std::collections::BTreeSet;
use std::sync::Arc;

use abruf::app::App;
use abruf::chance::Chance;
use abruf::clock::Clock;
use abruf::demo::{self, DemoError, Report, Size, accounts};
use abruf::password;
use abruf::storage::document_store::DocumentStore;
use abruf::storage::{Db, audit_log};
use abruf_documents::Templates;
use abruf_domain::audit::verify_chain;
use chrono::NaiveDate;
use sqlx::PgPool;

use crate::cluster::{TestDatabase, fresh_database};

pub const SEED: u64 = 7;

pub fn anchor() -> NaiveDate {
    "2026-11-22".parse().unwrap()
}

pub fn app(database: &TestDatabase) -> App {
    App {
        db: Db::new(database.app.clone()),
        clock: Clock::standing("2026-11-22T12:00:00Z".parse().unwrap()),
        chance: Chance::System,
        templates: Arc::new(Templates::embedded()),
        documents: DocumentStore::Database,
        base_url: "http://127.0.0.1:8080".into(),
        mailer: None,
        demo: true,
    }
}

pub async fn load(database: &TestDatabase, seed: u64, anchor: NaiveDate) -> Report {
    demo::load_size(&app(database), Size::Small, seed, anchor, |_, _, _| {}).await.unwrap()
}

/// Digest of every table but those that hold chance on purpose (keys, the state of the facts) and the rollup, whose rows are
/// numbered by the database in no order of their own; as the owner sees it.
async fn digests(database: &TestDatabase) -> Vec<(String, String)> {
    sqlx::query_as(
        "SELECT table_name::text,
                query_to_xml(format('SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %I t', table_name), false, true, '')::text
         FROM information_schema.tables
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
           AND table_name NOT IN ('installation', 'standing_facts', '_sqlx_migrations', 'savings_total', 'savings_year_total')
         ORDER BY table_name",
    )
    .fetch_all(&database.owner)
    .await
    .unwrap()
}

async fn count(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn the_same_seed_and_day_make_the_same_rows() {
    let (one, two, other) = (fresh_database().await, fresh_database().await, fresh_database().await);
    load(&one, SEED, anchor()).await;
    load(&two, SEED, anchor()).await;
    load(&other, SEED + 1, anchor()).await;
    let first = digests(&one).await;
    assert_eq!(first, digests(&two).await);
    let moved: Vec<_> =
        digests(&other).await.into_iter().zip(&first).filter(|(a, b)| a != *b).map(|(a, _)| a.0).collect();
    for table in ["call_off", "audit_entry", "person", "volume_entry"] {
        assert!(moved.iter().any(|name| name == table), "another seed changes {table}");
    }
}

#[tokio::test]
async fn a_demo_is_loaded_once_and_never_continued() {
    let database = fresh_database().await;
    load(&database, SEED, anchor()).await;
    assert_accounts(&database.owner).await;
    let again = demo::load_size(&app(&database), Size::Small, SEED, anchor(), |_, _, _| {}).await;
    assert!(matches!(again, Err(DemoError::AlreadyLoaded { .. })), "{again:?}");

    sqlx::query("UPDATE installation SET demo_loaded_at = NULL").execute(&database.owner).await.unwrap();
    let again = demo::load_size(&app(&database), Size::Small, SEED, anchor(), |_, _, _| {}).await;
    assert!(matches!(again, Err(DemoError::Interrupted { .. })), "{again:?}");

    sqlx::query("UPDATE installation SET demo_anchor = NULL").execute(&database.owner).await.unwrap();
    let again = demo::load_size(&app(&database), Size::Small, SEED, anchor(), |_, _, _| {}).await;
    assert!(matches!(again, Err(DemoError::NotEmpty)), "{again:?}");
}

#[tokio::test]
async fn any_day_can_be_the_anchor() {
    for day in ["2027-01-01", "2028-02-29"] {
        let database = fresh_database().await;
        let report = load(&database, SEED, day.parse().unwrap()).await;
        assert_eq!(report.unforeseen, [""; 0], "{day}");
        assert_invariants(&database, day).await;
        assert_states_of_contracts(&database.owner, day).await;
    }
}

#[tokio::test]
async fn every_promised_case_exists() {
    let database = fresh_database().await;
    let report = load(&database, SEED, anchor()).await;
    assert_eq!(report.unforeseen, [""; 0], "the plan fits the rules");
    assert_eq!((report.members, report.contracts), (90, 11));
    let pool = &database.owner;
    assert_nobody_is_real(pool).await;
    assert_invariants(&database, "2026-11-22").await;
    assert_states_of_contracts(pool, "2026-11-22").await;
    for (what, found) in [
        ("late joiner on a list of names", declined(pool, "Gemeinde Birkau", "Citrix", "member-entitled").await),
        ("list entry after the notice", declined(pool, "Stadt Mühlwerda", "Citrix", "entitlement-after-notice").await),
        ("joins next month", declined(pool, "Stadt Hirschaue", "Entwicklung", "member-active").await),
        ("half a packing unit", declined(pool, "Stadt Altenrode", "Monitore", "qty-increment").await),
        ("empty reason", declined(pool, "Stadt Altenrode", "Notebooks", "need-documented").await),
        ("over the ceiling", declined(pool, "Stadt Wolmarshall", "Notebooks", "cap-value").await),
        ("breached", declined(pool, "Stadt Altenrode", "Drucker", "cap-breached").await),
        ("after the last day", declined(pool, "Stadt Altenrode", "Toner", "within-term").await),
        (
            "entry with a modification",
            ordered(pool, "Stadt Salzhagen", "Citrix", "entitlement-after-notice", "passed").await,
        ),
        (
            "late joiner by category",
            ordered(pool, "Gemeinde Birkau", "Entwicklung", "accession-after-notice", "notice").await,
        ),
        (
            "late joiner through the body",
            ordered(pool, "Gemeinde Birkau", "Rechenzentrum", "accession-after-notice", "passed").await,
        ),
        ("negative saving", ordered(pool, "Landkreis Nordharzland", "Notebooks", "savings-negative", "notice").await),
        ("stale evidence", ordered(pool, "Stadt Altenrode", "Seminar", "baseline-stale", "notice").await),
        ("small order with surcharge", ordered(pool, "Stadt Altenrode", "Seminar", "min-order-value", "notice").await),
        ("over a soft quota, justified", ordered(pool, "Stadt Harzbrück", "Seminar", "member-quota", "justify").await),
    ] {
        assert!(found, "{what}");
    }
    // The worked example of a negative saving, to the cent: 13.68 - 15.00.
    let net: i64 = count(
        pool,
        "SELECT count(*) FROM (
             SELECT sum(effect_net) - sum(surcharge_net) - sum(fee_net) AS net FROM savings_entry
             WHERE stage IN ('planned', 'cancelled', 'corrected') GROUP BY call_off_id) s
         WHERE net = -1.32",
    )
    .await;
    assert!(1 <= net);
    for (status, at_least) in [
        ("submitted", 5),
        ("returned", 1),
        ("draft", 8),
        ("refused", 1),
        ("withdrawn", 1),
        ("expired", 2),
        ("cancelled", 1),
        ("closed", 10),
    ] {
        let home = count_status(pool, status).await;
        assert!(at_least <= home, "{status}: {home}");
    }
    for (state, at_least) in [("waiting", 1), ("approved", 2)] {
        let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM supplier_order WHERE state = $1")
            .bind(state)
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(at_least <= orders, "supplier orders {state}: {orders}");
    }
    for (state, at_least) in [("sent", 1), ("awarded", 1)] {
        let competitions: i64 = sqlx::query_scalar("SELECT count(*) FROM mini_competition WHERE state = $1")
            .bind(state)
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(at_least <= competitions, "mini-competitions {state}: {competitions}");
    }
    assert!(ordered(pool, "Stadt Altenrode", "IT-Sicherheit", "mini-competition-complete", "passed").await);
    let about_to_expire =
        count(pool, "SELECT count(*) FROM call_off WHERE status = 'submitted' AND expires_at < '2026-11-25'").await;
    assert!(1 <= about_to_expire, "a request about to expire");
    for step in ["release_declined", "submission_declined", "call_off_returned", "finding_justified", "volume_recorded"]
    {
        let entries: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE action = $1")
            .bind(step)
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(1 <= entries, "{step} in the log");
    }
    let two_roles = count(
        pool,
        "SELECT count(*) FROM person p WHERE p.email = 'beides@altenrode.example'
           AND EXISTS (SELECT FROM assignment WHERE person_id = p.id AND role = 'buyer')
           AND EXISTS (SELECT FROM assignment WHERE person_id = p.id AND role = 'approver')",
    )
    .await;
    assert_eq!(two_roles, 1);
    assert_eq!(count(pool, "SELECT count(*) FROM call_off WHERE changed_at >= '2026-11-21T23:00:00Z'").await, 0);
    assert_eq!(count(pool, "SELECT count(*) FROM savings_entry WHERE class = 'P'").await, 0, "no board resolution");
}

/// The listed accounts can sign in, and nobody else.
async fn assert_accounts(pool: &PgPool) {
    let with_password: Vec<(String, String, String)> =
        sqlx::query_as("SELECT email, name, password_hash FROM person WHERE password_hash IS NOT NULL AND demo")
            .fetch_all(pool)
            .await
            .unwrap();
    assert_eq!(with_password.len(), accounts().len());
    for account in accounts() {
        let (_, name, _) = with_password.iter().find(|(email, ..)| email == account.email).unwrap();
        assert_eq!(name, account.name);
    }
    let hash = with_password[0].2.clone();
    assert!(with_password.iter().all(|(_, _, other)| *other == hash), "hashed once");
    assert!(password::matches(accounts()[0].password.into(), Some(hash)).await.unwrap());
    assert_eq!(count(pool, "SELECT count(*) FROM person WHERE NOT demo").await, 0);
}

/// No member bears the name of a municipality, association or district of the real register.
async fn assert_nobody_is_real(pool: &PgPool) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/register/gemeinden_st.csv");
    let register = std::fs::read_to_string(file).unwrap();
    let real: BTreeSet<&str> = register
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split(';').skip(2))
        .map(|name| name.split([',', '(']).next().unwrap_or_default().trim())
        .filter(|name| name.chars().any(char::is_alphabetic))
        .collect();
    assert!(real.contains("Wernigerode"));
    let members: Vec<(String, String)> = sqlx::query_as(
        "SELECT o.name, o.town FROM organisation o JOIN organisation_role r ON r.organisation_id = o.id AND r.role = 'member'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    for (name, town) in &members {
        let bare = name.split_once(' ').map_or(name.as_str(), |(_, bare)| bare);
        assert!(![name.as_str(), bare, town.as_str()].iter().any(|name| real.contains(name)), "{name}, {town}");
    }
}

#[derive(PartialEq, Eq)]
enum State {
    Declined,
    Ordered,
}

/// Whether a declined submission of this member on this contract was blocked by the rule, or
/// lacks the justification it asks for.
async fn declined(pool: &PgPool, member: &str, contract: &str, rule: &str) -> bool {
    found(pool, member, contract, rule, &["block", "justify"], State::Declined).await
}

async fn ordered(pool: &PgPool, member: &str, contract: &str, rule: &str, outcome: &str) -> bool {
    found(pool, member, contract, rule, &[outcome], State::Ordered).await
}

async fn found(pool: &PgPool, member: &str, contract: &str, rule: &str, outcomes: &[&str], state: State) -> bool {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM call_off c
             JOIN organisation o ON o.id = c.member_id
             JOIN framework_contract f ON f.id = c.contract_id
             JOIN review r ON r.call_off_id = c.id
             CROSS JOIN jsonb_array_elements(r.result -> 'findings') finding
             WHERE o.name = $1 AND f.title LIKE '%' || $2 || '%'
               AND finding ->> 'rule' = $3 AND finding ->> 'outcome' = ANY ($4)
               AND CASE WHEN $5 THEN c.status = 'draft' AND c.declined_at IS NOT NULL ELSE c.number IS NOT NULL END)",
    )
    .bind(member)
    .bind(contract)
    .bind(rule)
    .bind(outcomes.iter().map(|outcome| (*outcome).to_owned()).collect::<Vec<_>>())
    .bind(state == State::Declined)
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn count_status(pool: &PgPool, status: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM call_off WHERE status = $1").bind(status).fetch_one(pool).await.unwrap()
}

async fn assert_invariants(database: &TestDatabase, day: &str) {
    let pool = &database.owner;
    let differing = count(
        pool,
        "SELECT count(*) FROM guard g
         LEFT JOIN LATERAL (
             SELECT coalesce(sum(amount) FILTER (WHERE account = 'authorised'), 0) AS authorised,
                    coalesce(sum(amount) FILTER (WHERE account = 'recorded'), 0) AS recorded,
                    coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved
             FROM volume_entry e WHERE e.contract_id = g.contract_id AND e.guard_id = g.id) s ON true
         WHERE (g.authorised, g.recorded, g.reserved) IS DISTINCT FROM (s.authorised, s.recorded, s.reserved)",
    )
    .await;
    assert_eq!(differing, 0, "guard rows are the sums of the ledger ({day})");
    let gaps = count(
        pool,
        "SELECT count(*) FROM (
             SELECT c.id, g.last_number, count(o.number) AS numbers,
                    coalesce(max(substring(o.number FROM '([0-9]+)(-A)?$')::int), 0) AS highest, count(DISTINCT o.number) AS different
             FROM framework_contract c
             JOIN guard g ON g.contract_id = c.id AND g.scope = 'contract' AND g.measure = 'value'
             LEFT JOIN call_off o ON o.contract_id = c.id AND o.number IS NOT NULL
             GROUP BY c.id, g.last_number) n
         WHERE numbers <> last_number OR highest <> last_number OR different <> numbers",
    )
    .await;
    assert_eq!(gaps, 0, "numbers without gap per contract ({day})");
    let mut owner = pool.acquire().await.unwrap();
    let chains = audit_log::chains(&mut owner).await.unwrap();
    assert_eq!(chains.len(), 13, "eleven contracts, the body, the sign-ins");
    for chain in chains {
        let entries = audit_log::entries(&mut owner, chain.id).await.unwrap();
        verify_chain(&entries, chain.length, &chain.head).unwrap();
    }
    let out_of_order = count(
        pool,
        "SELECT count(*) FROM audit_entry a JOIN audit_entry b ON b.chain_id = a.chain_id AND b.sequence = a.sequence + 1
         WHERE b.at < a.at",
    )
    .await;
    assert_eq!(out_of_order, 0, "each chain runs with time ({day})");
    let unsaved = count(
        pool,
        "SELECT count(*) FROM call_off c
         WHERE c.released_at IS NOT NULL AND c.status <> 'cancelled'
           AND c.net <> (SELECT sum(order_net) FROM savings_entry s
                         WHERE s.call_off_id = c.id AND s.stage IN ('planned', 'cancelled', 'corrected'))",
    )
    .await;
    assert_eq!(unsaved, 0, "savings entries sum to the order value ({day})");
}

async fn assert_states_of_contracts(pool: &PgPool, day: &str) {
    let rows: Vec<(String, i64, bool, Option<String>)> = sqlx::query_as(
        "SELECT c.title, floor((g.authorised + g.recorded + g.reserved) * 100 / g.limit_amount)::bigint, g.breached,
                (g.limit_amount - g.authorised - g.recorded - g.reserved)::numeric(14, 2)::text
         FROM framework_contract c
         JOIN guard g ON g.contract_id = c.id AND g.scope = 'contract' AND g.measure = 'value'
         ORDER BY c.title",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let of = |word: &str| rows.iter().find(|(title, ..)| title.contains(word)).unwrap();
    assert_eq!(of("Notebooks").1, 96, "{day}: {rows:?}");
    assert_eq!(of("Monitore").3.as_deref(), Some("5135.99"), "{day}: 24 x 214.00 less one cent");
    assert!(of("Drucker").2 && 100 <= of("Drucker").1, "{day}: breached");
    assert_eq!(rows.iter().filter(|(_, _, breached, _)| *breached).count(), 1, "{day}");
    assert!((45..80).contains(&of("Citrix").1) || of("Citrix").3.is_some(), "{day}: room for the first walk");
}
