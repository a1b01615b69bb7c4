//! What gives a foreign row away: words that stand nowhere else, and a print of everything that is theirs.

use sqlx::{AssertSqlSafe, Executor, Row};
use uuid::Uuid;

use super::house::House;
use crate::web::Answer;

/// Stands in rows of the other body, and nowhere else.
const SECRET: &str = "Geheimnord";

/// The other body.
pub(super) async fn others_body(house: &House) -> Uuid {
    sqlx::query_scalar("SELECT body_id FROM membership WHERE member_id = $1")
        .bind(house.others.member.0)
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap()
}

/// Writes the word into what the other body and its member have.
pub(super) async fn mark(house: &House) {
    let body = others_body(house).await;
    let mut tx = house.web.database.owner.begin().await.unwrap();
    for (table, statement) in [
        (
            "framework_contract",
            "UPDATE framework_contract SET title = 'Geheimnord', number = 'Geheimnord-9' WHERE body_id = $1",
        ),
        ("call_off", "UPDATE call_off SET need = 'Geheimnord', file_reference = 'Geheimnord' WHERE body_id = $1"),
        ("mini_competition", "UPDATE mini_competition SET title = 'Geheimnord' WHERE body_id = $1"),
        ("certificate", "UPDATE certificate SET file_name = 'Geheimnord.pdf' WHERE body_id = $1"),
        ("newcomer_invitation", "UPDATE newcomer_invitation SET town = 'Geheimnord' WHERE body_id = $1"),
        ("turnover_import", "UPDATE turnover_import SET file_name = 'Geheimnord.csv' WHERE body_id = $1"),
        ("turnover_upload", "UPDATE turnover_upload SET file_name = 'Geheimnord.csv' WHERE body_id = $1"),
        ("supplier_report", "UPDATE supplier_report SET file_name = 'Geheimnord.csv' WHERE body_id = $1"),
        (
            "baseline",
            "UPDATE baseline SET evidence = 'Geheimnord' WHERE contract_id IN (SELECT id FROM framework_contract WHERE body_id = $1)",
        ),
        (
            "item",
            "UPDATE item SET title = 'Geheimnord' WHERE contract_id IN (SELECT id FROM framework_contract WHERE body_id = $1)",
        ),
    ] {
        run(&mut tx, format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await;
        let done = sqlx::query(statement).bind(body).execute(&mut *tx).await.unwrap();
        assert_ne!(done.rows_affected(), 0, "{table}: nothing to mark");
        run(&mut tx, format!("ALTER TABLE {table} ENABLE TRIGGER USER")).await;
    }
    tx.commit().await.unwrap();
}

/// A statement about the schema of this throwaway database.
#[expect(clippy::disallowed_methods, reason = "names of tables cannot be parameters; they are the catalogue's or ours")]
pub(super) async fn run(conn: &mut sqlx::PgConnection, statement: String) {
    conn.execute(AssertSqlSafe(statement.clone())).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Whether the answer shows what is the other body's.
pub(super) fn gives_away(answer: &Answer) -> bool {
    answer.text.contains(SECRET) || format!("{:?}", answer.headers).contains(SECRET)
}

/// A print of every row that names one of these members, bodies or contracts, table by table.
#[expect(clippy::disallowed_methods, reason = "names of tables cannot be parameters; they are the catalogue's")]
pub(super) async fn print_of(house: &House, ids: &[Uuid]) -> Vec<(String, i64, String)> {
    let owner = &house.web.database.owner;
    let tables = sqlx::query(
        "SELECT c.relname::text AS name, string_agg(format('%I = ANY ($1)', a.attname), ' OR ' ORDER BY a.attnum) AS theirs
         FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
           AND a.attname IN ('member_id', 'body_id', 'contract_id', 'chain_id')
         GROUP BY 1 ORDER BY 1",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    assert!(80 <= tables.len(), "only {} tables name an owner", tables.len());
    let mut prints = Vec::new();
    for table in tables {
        let (name, theirs): (String, String) = (table.get("name"), table.get("theirs"));
        let statement = format!(
            "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t WHERE {theirs}"
        );
        let (count, print) = sqlx::query_as(AssertSqlSafe(statement)).bind(ids).fetch_one(owner).await.unwrap();
        prints.push((name, count, print));
    }
    prints
}

/// The same of everything the other body and its member have.
pub(super) async fn print_of_others(house: &House) -> Vec<(String, i64, String)> {
    let ids = [others_body(house).await, house.others.member.0, house.others_house.contract];
    print_of(house, &ids).await
}
