//! What the schema says about data of persons: every column with its comment, from the catalogue.

use sqlx::PgConnection;

use super::StorageError;

/// A column with what its comment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its table.
    pub table: String,
    /// What the table is, with its mark.
    pub table_comment: String,
    /// Its name.
    pub column: String,
    /// What it is, with its mark.
    pub comment: String,
    /// It says which person: it points at `person`, or is that table's key.
    pub points: bool,
    /// It can hold words, a file or JSON; numbers, days, flags and ids of others name nobody.
    pub words: bool,
}

/// Every column of every table, by table and place.
pub async fn columns(conn: &mut PgConnection) -> Result<Vec<Column>, StorageError> {
    Ok(sqlx::query_as!(
        Column,
        r#"SELECT c.relname::text AS "table!", coalesce(obj_description(c.oid, 'pg_class'), '') AS "table_comment!",
                  a.attname::text AS "column!", coalesce(col_description(c.oid, a.attnum), '') AS "comment!",
                  (c.relname = 'person' AND a.attname = 'id' OR EXISTS (
                      SELECT FROM pg_constraint k
                      WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid = 'public.person'::regclass
                        AND a.attnum = ANY (k.conkey))) AS "points!",
                  (a.atttypid <> ALL (ARRAY['uuid', 'boolean', 'smallint', 'integer', 'bigint', 'numeric', 'date',
                      'timestamptz', 'integer[]', 'uuid[]']::regtype[]::oid[])) AS "words!"
           FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> '_sqlx_migrations'
             AND a.attnum > 0 AND NOT a.attisdropped
           ORDER BY c.relname, a.attnum"#
    )
    .fetch_all(conn)
    .await?)
}
