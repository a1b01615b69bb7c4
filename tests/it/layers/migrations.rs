//! Every table and every column says what it means.

use std::collections::BTreeSet;

use super::{none_of, sources};

/// Tables and columns of a statement `CREATE TABLE name (...)`: what stands first on each line of the
/// outermost parentheses, constraints left out.
fn created(statement: &str) -> Option<(String, Vec<String>)> {
    let rest = statement.strip_prefix("CREATE TABLE ")?;
    let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
    let (name, body) = rest.split_once('(')?;
    let mut columns = Vec::new();
    for part in top_level(body.rsplit_once(')')?.0) {
        let first = part.split_whitespace().next().unwrap_or_default();
        let constraint = ["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "LIKE"];
        if !first.is_empty() && !constraint.contains(&first) {
            columns.push(first.to_owned());
        }
    }
    Some((name.trim().to_owned(), columns))
}

/// Parts between commas that stand in no parentheses.
fn top_level(body: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for c in body.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// Columns of `ALTER TABLE name ADD COLUMN column ..., ADD COLUMN ...`.
fn added(statement: &str) -> Option<(String, Vec<String>)> {
    let rest = statement.strip_prefix("ALTER TABLE ")?;
    let rest = rest.strip_prefix("ONLY ").unwrap_or(rest);
    let name = rest.split_whitespace().next()?.to_owned();
    let columns = rest
        .split("ADD COLUMN ")
        .skip(1)
        .filter_map(|column| column.trim_start_matches("IF NOT EXISTS ").split_whitespace().next())
        .map(str::to_owned)
        .collect();
    Some((name, columns))
}

/// Statements of a migration without its comments; those in dollar quotes are cut too, but none of
/// them begins like the ones looked for.
fn statements(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    code.join("\n").split(";\n").map(|statement| statement.trim().to_owned()).collect()
}

#[test]
fn every_table_and_every_column_has_a_comment() {
    let mut wanted = BTreeSet::new();
    let mut commented = BTreeSet::new();
    for migration in sources(&["migrations"], &["sql"]) {
        for statement in statements(&migration.text) {
            let tables = created(&statement).map(|(table, columns)| (table.clone(), Some(table), columns));
            let columns = added(&statement).map(|(table, columns)| (table, None, columns));
            for (table, new, columns) in tables.into_iter().chain(columns) {
                wanted.extend(new);
                wanted.extend(columns.into_iter().map(|column| format!("{table}.{column}")));
            }
        }
        for line in migration.text.lines() {
            let on = line.strip_prefix("COMMENT ON TABLE ").or_else(|| line.strip_prefix("COMMENT ON COLUMN "));
            // An empty comment says nothing.
            if let Some((place, text)) = on.and_then(|rest| rest.split_once(" IS "))
                && text.trim_end_matches(';').trim_matches('\'').trim() != ""
            {
                commented.insert(place.trim().to_owned());
            }
        }
    }
    assert!(30 <= wanted.len(), "only {} tables and columns found: the reader of migrations is broken", wanted.len());
    none_of(wanted.difference(&commented).cloned().collect(), "no comment in the migrations");
    none_of(commented.difference(&wanted).cloned().collect(), "a comment on what no migration makes");
}

#[test]
fn migrations_go_forward_by_timestamp_and_name_their_purpose() {
    let mut last = String::new();
    for migration in sources(&["migrations"], &["sql"]) {
        let name = migration.path.trim_start_matches("migrations/").to_owned();
        let (stamp, purpose) = name.split_once('_').unwrap();
        assert!(stamp.len() == 14 && stamp.bytes().all(|digit| digit.is_ascii_digit()), "{name}");
        assert!(!purpose.ends_with(".down.sql") && !purpose.ends_with(".up.sql"), "{name}: forward only");
        assert!(last.as_str() < stamp, "{name}: two migrations of one second");
        assert!(migration.text.starts_with("-- "), "{name}: begins with what it is for");
        stamp.clone_into(&mut last);
    }
}

#[test]
fn the_reader_of_migrations_reads_what_it_should() {
    let table = "CREATE TABLE a (\n b numeric(8, 4) NOT NULL DEFAULT 1,\n c text CHECK (c IN ('x', 'y')),\n CONSTRAINT d CHECK (b > 0),\n PRIMARY KEY (b, c)\n)";
    assert_eq!(created(table), Some(("a".to_owned(), vec!["b".to_owned(), "c".to_owned()])));
    let alter = "ALTER TABLE a ADD COLUMN e text,\n ADD COLUMN IF NOT EXISTS f date";
    assert_eq!(added(alter), Some(("a".to_owned(), vec!["e".to_owned(), "f".to_owned()])));
}
