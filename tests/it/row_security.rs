//! The second wall (R13): whatever statement the program sends, PostgreSQL shows and changes only what the actor of
//! the transaction may see. Every table, every verb, from the catalogue, so that a new table cannot be forgotten.
//!
//! `fill.sql` puts one row of each of three tenants into every table of a throwaway copy: *ours*, *neighbour* (a
//! member of the same body) and *other* (a member of another body). Then everybody tries everything on our row.

mod functions;
mod pool;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use uuid::Uuid;

use crate::cluster::{TestDatabase, fresh_database};

/// What people of the same house read of each other: the contracts and what hangs on them, the list of members
/// (§ 31 GenG), what the body reports about itself to its auditors.
const HOUSE: &[&str] = &[
    "contract_body",
    "contract_event",
    "contract_modification",
    "contract_option",
    "contract_party",
    "electronic_address",
    "entitlement",
    "framework_contract",
    "index_series",
    "index_value",
    "inhouse_evidence",
    "item",
    "item_vat_change",
    "lot",
    "lot_award",
    "lot_turn",
    "membership",
    "minimum_purchase",
    "order_address",
    "organisation_role",
    "price_term",
    "search_word",
    "supplier_stop",
    // Auditors of the house, whatever members are in their scope.
    "body_turnover",
    "bonus_payment",
    "restore_test",
    "supplier_report",
    "turnover_import",
    "turnover_revocation",
];

/// What belongs to no tenant, with the reason: read by everybody, and by nobody who acts for anybody.
const COMMON: &[(&str, &str)] = &[
    ("document_template", "texts that ship with the program"),
    ("document_template_asset", "logos and fonts by their hash"),
    ("legal_parameter", "the law"),
    ("organisation", "names of legal persons; what they are to whom lies in organisation_role"),
    ("register_entry", "the official register of municipalities"),
    ("standing_facts", "a random state without content"),
    ("template_asset", "logos and fonts by their hash"),
];

/// Writing beyond one's own rows, with the reason: (table, verbs, who, why).
const SHARED_WRITES: &[(&str, &str, Relation, &str)] = &[
    (
        "break_glass",
        "S",
        Relation::Neighbour,
        "opens the administration of every body: whoever watches over one sees it",
    ),
    (
        "break_glass",
        "S",
        Relation::Elsewhere,
        "opens the administration of every body: whoever watches over one sees it",
    ),
    ("audit_chain", "SIU", Relation::Neighbour, "the body's chain is continued by everybody of the house"),
    ("audit_chain", "SIU", Relation::Elsewhere, "the chain of sign-ins has no house; rows hold hashes and lengths"),
    ("audit_detail", "I", Relation::Neighbour, "append-only; an entry of a quota transfer names both members"),
    ("audit_entry", "I", Relation::Neighbour, "append-only; an entry of a quota transfer names both members"),
    ("document_template", "I", Relation::Neighbour, "whoever prints keeps the texts it printed with"),
    ("document_template", "I", Relation::Elsewhere, "whoever prints keeps the texts it printed with"),
    ("document_template_asset", "I", Relation::Neighbour, "as the texts"),
    ("document_template_asset", "I", Relation::Elsewhere, "as the texts"),
    ("template_asset", "I", Relation::Neighbour, "as the texts"),
    ("template_asset", "I", Relation::Elsewhere, "as the texts"),
    (
        "legal_parameter",
        "U",
        Relation::Elsewhere,
        "law is of the installation: a body ends a value, a trigger allows no more",
    ),
    ("legal_parameter", "I", Relation::Elsewhere, "only what a released proposal says word for word"),
    (
        "legal_parameter_proposal",
        "S",
        Relation::Elsewhere,
        "law is of the installation: every body sees what is proposed",
    ),
    ("lot_award", "IU", Relation::Neighbour, "a release writes whose turn it was; names suppliers, no members"),
    ("lot_turn", "IU", Relation::Neighbour, "the sum of lot_award"),
    ("organisation", "I", Relation::Elsewhere, "a body writes down a supplier or a member"),
];

/// What the application never reads or writes itself.
const NOBODYS: &[(&str, &str)] = &[("standing_facts_change", "written and emptied by triggers of the owner")];

/// How somebody stands to our row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    /// One of those it is for.
    Right,
    /// Of the same house, another member.
    Neighbour,
    /// Of another house, or with the link of another order or invitation.
    Elsewhere,
    /// Nobody: no actor, an empty one, one of an unknown kind.
    Unset,
}

/// Somebody with the value of `abruf.actor`; none sets nothing.
struct Somebody {
    name: &'static str,
    relation: Relation,
    setting: Option<String>,
}

/// A key as `fill.sql` makes it.
async fn key(conn: &mut PgConnection, what: &str, tenant: &str) -> Uuid {
    sqlx::query_scalar("SELECT wall.key($1, $2)").bind(what).bind(tenant).fetch_one(conn).await.unwrap()
}

async fn everybody(conn: &mut PgConnection) -> Vec<Somebody> {
    let mut all = Vec::new();
    for (tenant, relation) in
        [("ours", Relation::Right), ("neighbour", Relation::Neighbour), ("other", Relation::Elsewhere)]
    {
        let house = if tenant == "other" { "other" } else { "ours" };
        let body = key(conn, "body", house).await;
        let member = key(conn, "organisation.id", tenant).await;
        let person = key(conn, "person.id", tenant).await;
        let mut push = |name, setting: Value| all.push(Somebody { name, relation, setting: Some(setting.to_string()) });
        push("member", json!({ "kind": "member", "person": person, "organisation": member, "body": body }));
        // The body and its jobs belong to the house, not to the neighbour.
        if tenant != "neighbour" {
            push("body", json!({ "kind": "body", "person": person, "organisation": body, "body": body }));
        }
        push(
            "auditor",
            json!({ "kind": "auditor", "person": person, "organisation": body, "body": body, "members": [member],
                    "from": "2026-01-01", "to": "2026-12-31" }),
        );
        if tenant != "neighbour" {
            let contract = key(conn, "framework_contract.id", tenant).await;
            let call_off = key(conn, "call_off.id", tenant).await;
            let invitation = key(conn, "newcomer_invitation.id", tenant).await;
            let mut push =
                |name, setting: Value| all.push(Somebody { name, relation, setting: Some(setting.to_string()) });
            push("supplier", json!({ "kind": "supplier", "contract": contract, "call_off": call_off }));
            push("newcomer", json!({ "kind": "newcomer", "invitation": invitation }));
        }
    }
    for kind in ["job", "sign_in"] {
        let setting = Some(json!({ "kind": kind }).to_string());
        all.push(Somebody { name: kind, relation: Relation::Right, setting });
    }
    for (name, setting) in [
        ("nobody", None),
        ("empty", Some(String::new())),
        ("without a kind", Some("{}".to_owned())),
        ("of an unknown kind", Some(r#"{"kind":"owner"}"#.to_owned())),
    ] {
        all.push(Somebody { name, relation: Relation::Unset, setting });
    }
    all
}

/// A table with our row of it.
struct Table {
    name: String,
    row: String,
    columns: String,
    /// Where our row lies.
    place: String,
    /// A column the application may change, if there is one.
    changeable: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "names of tables cannot be parameters; they are the catalogue's")]
async fn rows(conn: &mut PgConnection, statement: String) -> Vec<PgRow> {
    conn.fetch_all(AssertSqlSafe(statement.clone())).await.unwrap_or_else(|error| panic!("{statement}: {error}"))
}

/// Every table of the schema, our row first.
async fn tables(owner: &mut PgConnection) -> Vec<Table> {
    let found = rows(
        owner,
        "SELECT c.relname::text AS name,
                (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
                (SELECT min(a.attname::text) FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
                   AND has_column_privilege('abruf_app', c.oid, a.attnum, 'UPDATE')) AS changeable
         FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> '_sqlx_migrations'
         ORDER BY 1"
            .to_owned(),
    )
    .await;
    let mut tables = Vec::new();
    for table in found {
        let name: String = table.get("name");
        let first =
            format!("SELECT ctid::text AS place, to_jsonb(t)::text AS row FROM {name} t ORDER BY t.ctid LIMIT 1");
        let row = rows(owner, first).await.pop().unwrap_or_else(|| panic!("{name}: fill.sql made no row"));
        tables.push(Table {
            row: row.get("row"),
            place: row.get("place"),
            columns: table.get("columns"),
            changeable: table.get("changeable"),
            name,
        });
    }
    tables
}

impl Table {
    /// The statement of a verb on our row; none where the application has no such right.
    fn statement(&self, verb: char) -> Option<String> {
        let Self { name, row, columns, place, changeable } = self;
        Some(match verb {
            'S' => format!("SELECT 1 FROM {name} WHERE ctid = '{place}'"),
            'U' => {
                let column = changeable.as_ref()?;
                format!("UPDATE {name} SET {column} = {column} WHERE ctid = '{place}'")
            }
            'D' => format!("DELETE FROM {name} WHERE ctid = '{place}'"),
            _ => format!(
                "INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE
                 SELECT {columns} FROM jsonb_populate_record(NULL::{name}, '{}')",
                row.replace('\'', "''")
            ),
        })
    }
}

/// Whether the statement reached our row, and is undone.
#[expect(clippy::disallowed_methods, reason = "names of tables cannot be parameters; they are the catalogue's")]
async fn reaches(conn: &mut PgConnection, statement: &str) -> bool {
    let done = conn.execute(AssertSqlSafe(statement.to_owned())).await;
    let reached = match &done {
        Ok(done) => 0 < done.rows_affected(),
        Err(error) => {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
            // No right, or no policy: the only two ways to be refused here, where no constraint is left.
            assert_eq!(code, "42501", "{statement}: {error}");
            false
        }
    };
    conn.execute("ROLLBACK TO SAVEPOINT cell").await.unwrap();
    reached
}

/// A database in which every table has a row of each tenant.
async fn filled() -> TestDatabase {
    let database = fresh_database().await;
    let mut owner = database.owner.begin().await.unwrap();
    owner.execute(include_str!("row_security/fill.sql")).await.unwrap();
    owner.commit().await.unwrap();
    database
}

fn listed(list: &[(&str, &str)], table: &str) -> bool {
    list.iter().any(|(name, _)| *name == table)
}

/// Whether a cell may reach our row.
fn allowed(table: &str, verb: char, relation: Relation) -> bool {
    let shared =
        SHARED_WRITES.iter().any(|(name, verbs, who, _)| *name == table && verbs.contains(verb) && *who == relation);
    shared
        || match relation {
            Relation::Right => true,
            Relation::Neighbour => verb == 'S' && (HOUSE.contains(&table) || listed(COMMON, table)),
            Relation::Elsewhere | Relation::Unset => verb == 'S' && listed(COMMON, table),
        }
}

#[tokio::test]
async fn every_table_shows_and_takes_nothing_from_whoever_it_does_not_concern() {
    let database = filled().await;
    let mut owner = database.owner.acquire().await.unwrap();
    let everybody = everybody(&mut owner).await;
    let tables = tables(&mut owner).await;
    let mut conn = database.app.acquire().await.unwrap();
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    let mut counts: BTreeMap<Relation, (usize, usize)> = BTreeMap::new();
    for somebody in &everybody {
        conn.execute("BEGIN").await.unwrap();
        if let Some(setting) = &somebody.setting {
            let set = sqlx::query("SELECT set_config('abruf.actor', $1, true)").bind(setting);
            set.execute(&mut *conn).await.unwrap();
        }
        conn.execute("SAVEPOINT cell").await.unwrap();
        for table in &tables {
            for verb in ['S', 'I', 'U', 'D'] {
                let reached = match table.statement(verb) {
                    Some(statement) => reaches(&mut conn, &statement).await,
                    None => false,
                };
                let count = counts.entry(somebody.relation).or_default();
                count.0 += 1;
                count.1 += usize::from(reached);
                if reached {
                    used.insert((table.name.clone(), verb, somebody.relation));
                }
                if reached && !allowed(&table.name, verb, somebody.relation) {
                    let Somebody { name, relation, .. } = somebody;
                    wrong.push(format!("{} {verb}: reached by {name} ({relation:?})", table.name));
                }
            }
        }
        conn.execute("ROLLBACK").await.unwrap();
    }
    let cells: usize = counts.values().map(|(all, _)| all).sum();
    println!("row security: {} tables x 4 verbs x {} actors = {cells} cells", tables.len(), everybody.len());
    for (relation, (all, reached)) in &counts {
        println!("  {relation:?}: {all} cells, {reached} reach the row");
    }
    assert!(480 <= cells && 100 <= tables.len());
    assert_eq!(wrong, Vec::<String>::new());

    // Each row is there for somebody, or a wall around nothing was looked at.
    for table in &tables {
        let seen = used.contains(&(table.name.clone(), 'S', Relation::Right));
        assert_eq!(seen, !listed(NOBODYS, &table.name), "{}: read by those it is for", table.name);
    }
    // No exception outlives its reason.
    let names: BTreeSet<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    for name in HOUSE.iter().copied().chain(COMMON.iter().chain(NOBODYS).map(|(name, _)| *name)) {
        assert!(names.contains(name), "{name} is no table");
    }
    for name in HOUSE {
        assert!(used.contains(&((*name).to_owned(), 'S', Relation::Neighbour)), "{name}: neighbours read it no more");
    }
    for (name, verbs, relation, _) in SHARED_WRITES {
        for verb in verbs.chars() {
            assert!(used.contains(&((*name).to_owned(), verb, *relation)), "{name} {verb} {relation:?}: not needed");
        }
    }
}

#[tokio::test]
async fn every_table_has_forced_policies_and_the_application_neither_owns_nor_bypasses_any() {
    let database = fresh_database().await;
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
           AND relname NOT IN ('_sqlx_migrations', 'standing_facts', 'standing_facts_change')
         ORDER BY 1",
    )
    .fetch_all(&database.owner)
    .await
    .unwrap();
    assert_eq!(open, Vec::<String>::new(), "tables without forced row-level security");
    let can: (bool, bool, bool, i64) = sqlx::query_as(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, (SELECT count(*) FROM pg_class WHERE relowner = r.oid)
         FROM pg_roles r WHERE rolname = 'abruf_app'",
    )
    .fetch_one(&database.owner)
    .await
    .unwrap();
    assert_eq!(can, (false, false, false, 0));
    // A view reads with the rights of its owner unless it says otherwise: ours would see through every policy.
    let views: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace
           AND (relkind = 'm' OR relkind = 'v' AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}')",
    )
    .fetch_all(&database.owner)
    .await
    .unwrap();
    assert_eq!(views, Vec::<String>::new(), "views that see through the policies");
}
