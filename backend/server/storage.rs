//! PostgreSQL: connections, transactions with their actor, migrations. One file per noun beneath.
//!
//! Storage knows neither HTTP nor documents nor actions. Its functions take a connection inside a
//! transaction that already knows its actor; what the actor may not see does not exist here.

pub mod activation_facts;
pub mod approval_orders;
pub mod assignments;
pub mod audit_log;
pub mod awards;
pub mod budget_confirmations;
pub mod budgets;
pub mod call_off_list;
pub mod call_offs;
pub mod commitments;
pub mod contract_changes;
pub mod contract_clauses;
pub mod contract_copies;
pub mod contract_drafts;
pub mod contract_part_rows;
pub mod contract_parts;
pub mod contract_terms;
pub mod contracts;
pub mod demo_state;
pub mod documents;
pub mod error;
pub mod escalations;
pub mod facts;
pub mod history;
pub mod idempotency;
pub mod installation;
pub mod licences;
pub mod master_data;
pub mod member_list;
pub mod members;
pub mod membership_list;
pub mod one_time_links;
pub mod organisations;
pub mod outbox;
pub mod parameters;
pub mod people;
pub mod price_indexes;
pub mod price_lists;
pub mod price_proposals;
pub mod proof;
pub mod refused_lines;
pub mod register;
pub mod savings;
pub mod sessions;
pub mod sign_in_attempts;
pub mod tasks;
pub mod turns;
pub mod verification;
pub mod volume;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};

use crate::actor::RunsAs;
pub use error::StorageError;

/// All migrations, forward only.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// A transaction that knows its actor. Dropped without commit it rolls back.
pub type Tx = Transaction<'static, Postgres>;

/// The pool of the application role.
#[derive(Debug, Clone)]
pub struct Db {
    pool: PgPool,
}

impl Db {
    /// Wraps a pool whose connections belong to the application role.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Opens a pool of at most `connections`.
    ///
    /// A session that idles inside a transaction is ended after 30 seconds: no abandoned request may
    /// hold a guard row longer than that.
    ///
    /// # Errors
    /// If no first connection can be made.
    pub async fn connect(options: PgConnectOptions, connections: u32) -> Result<Self, StorageError> {
        let options = options.options([("idle_in_transaction_session_timeout", "30s"), ("lock_timeout", "20s")]);
        let pool = PgPoolOptions::new().max_connections(connections).connect_with(options).await?;
        Ok(Self { pool })
    }

    /// Begins a transaction as `runs_as`.
    ///
    /// Never call this in a future that may be dropped halfway: sqlx 0.9.0 would hand the connection
    /// back inside the open transaction. Requests run in their own task for that (`http/task.rs`).
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn begin<'a>(&self, runs_as: impl Into<RunsAs<'a>>) -> Result<Tx, StorageError> {
        let setting = runs_as.into().setting();
        let mut tx = self.pool.begin().await?;
        sqlx::query!("SELECT set_config('abruf.actor', $1, true)", setting).fetch_one(&mut *tx).await?;
        Ok(tx)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// If it gives none.
    pub async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query!("SELECT 1 AS one").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Begins a transaction that only reads, and sees one instant however long it takes.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn begin_snapshot<'a>(&self, runs_as: impl Into<RunsAs<'a>>) -> Result<Tx, StorageError> {
        let setting = runs_as.into().setting();
        let mut tx = self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        sqlx::query!("SELECT set_config('abruf.actor', $1, true)", setting).fetch_one(&mut *tx).await?;
        Ok(tx)
    }

    /// The pool itself: health checks and closing.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }
}
