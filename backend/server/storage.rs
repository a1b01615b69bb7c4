//! PostgreSQL: connections, transactions with their actor, migrations. One file per noun beneath.
//!
//! Storage knows neither HTTP nor documents nor actions. Its functions take a connection inside a
//! transaction that already knows its actor; what the actor may not see does not exist here.

pub mod access_log;
pub mod account_mails;
pub mod accounts;
pub mod activation_facts;
pub mod api_keys;
pub mod approval_orders;
pub mod assignments;
pub mod audit_log;
pub mod audit_samples;
pub mod authenticity;
pub mod awards;
pub mod baseline_decisions;
pub mod baseline_files;
pub mod baseline_items;
pub mod baselines;
pub mod body_turnovers;
pub mod bonuses;
pub mod break_glass;
pub mod budget_confirmations;
pub mod budgets;
pub mod call_off_list;
pub mod call_offs;
pub mod certificates;
pub mod commitments;
pub mod complaints;
pub mod confirmations;
pub mod contract_changes;
pub mod contract_clauses;
pub mod contract_copies;
pub mod contract_drafts;
pub mod contract_part_rows;
pub mod contract_parts;
pub mod contract_terms;
pub mod contracts;
pub mod deliveries;
pub mod demo_state;
pub mod dispatches;
pub mod document_places;
pub mod document_store;
pub mod documents;
pub mod electronic_addresses;
pub mod error;
pub mod escalations;
pub mod factor_resets;
pub mod facts;
pub mod first_links;
pub mod first_steps;
pub mod history;
pub mod idempotency;
pub mod installation;
pub mod invoices;
pub mod item_proposals;
pub mod licences;
pub mod long_reads;
pub mod mails;
pub mod master_data;
pub mod meeting_reports;
pub mod member_list;
pub mod members;
pub mod membership_contributions;
pub mod membership_list;
pub mod membership_suspensions;
pub mod mini_competition_deadlines;
pub mod mini_competition_messages;
pub mod mini_competition_offers;
pub mod mini_competitions;
pub mod minimum_purchase_proposals;
pub mod minimum_purchases;
pub mod newcomer_invitations;
pub mod newcomer_mails;
pub mod notifications;
pub mod office_questions;
pub mod one_time_links;
pub mod open_orders;
pub mod order_addresses;
pub mod order_lines;
pub mod order_mails;
pub mod order_reviews;
pub mod organisations;
pub mod outbox;
pub mod outside_identities;
pub mod own_data;
pub mod parameter_proposals;
pub mod parameters;
pub mod partial_cancellations;
pub mod people;
pub mod price_indexes;
pub mod price_lists;
pub mod price_proposals;
pub mod processing_register;
pub mod proof;
pub mod provider_sessions;
pub mod purchase_analyses;
pub mod purchase_uploads;
pub mod quota_transfers;
pub mod rank_requests;
pub mod realised_savings;
pub mod refused_lines;
pub mod register;
pub mod releases;
pub mod repeated_requests;
pub mod resolutions;
pub mod restore_tests;
pub mod saved_filters;
pub mod savings;
pub mod savings_corrections;
pub mod savings_marks;
pub mod savings_totals;
pub mod search;
pub mod second_factors;
pub mod sessions;
pub mod sign_in_attempts;
pub mod sign_in_events;
pub mod supplier_links;
pub mod supplier_orders;
pub mod supplier_reports;
pub mod supplier_stops;
pub mod tasks;
pub mod template_overrides;
pub mod turnover;
pub mod turnover_list;
pub mod turnover_names;
pub mod turnover_revocations;
pub mod turnover_uploads;
pub mod turns;
pub mod verification;
pub mod volume;
pub mod waiting_work;

use std::time::Duration;

use abruf_domain::law;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Transaction};

use crate::actor::RunsAs;
pub use error::StorageError;

/// All migrations, forward only.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Brings a database to the state of this program, as its owner: migrations, then the law packs.
///
/// # Errors
/// If a migration fails, or the database.
pub async fn migrate(owner: &mut PgConnection) -> Result<(), MigrateError> {
    MIGRATOR.run(&mut *owner).await?;
    let mut tx = owner.begin().await?;
    parameters::ship(&mut tx, law::packs()).await.map_err(|error| MigrateError::Source(error.into()))?;
    tx.commit().await?;
    Ok(())
}

/// A transaction that knows its actor. Dropped without commit it rolls back.
pub type Tx = Transaction<'static, Postgres>;

/// How long an idle connection is believed to be alive without asking it.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// What every session of the application sets.
///
/// A session that idles inside a transaction is ended after 30 seconds: no abandoned request may hold a
/// guard row longer than that; and nobody waits longer than 5 seconds for a row. Plans are made once per
/// statement and session: with row-level security planning takes several times as long as doing, and no
/// statement of ours wants another plan for other values. None is long enough to gain from compilation.
#[must_use]
pub fn session_settings(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("idle_in_transaction_session_timeout", "30s"),
        ("lock_timeout", "5s"),
        ("plan_cache_mode", "force_generic_plan"),
        ("jit", "off"),
    ])
}

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
    /// # Errors
    /// If no first connection can be made.
    pub async fn connect(options: PgConnectOptions, connections: u32) -> Result<Self, StorageError> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if TRUSTED_FOR < meta.idle_for {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(session_settings(options))
            .await?;
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
        self.begin_with("BEGIN", runs_as.into()).await
    }

    /// Begins and names the actor in one round trip: the text of a `BEGIN` takes no parameters, so the
    /// setting stands in it as a literal.
    #[expect(clippy::disallowed_methods, reason = "the literal is our own JSON, its quotes doubled")]
    async fn begin_with(&self, begin: &str, runs_as: RunsAs<'_>) -> Result<Tx, StorageError> {
        let setting = runs_as.setting().replace('\'', "''");
        let statement = format!("{begin}; SELECT set_config('abruf.actor', '{setting}', true)");
        Ok(self.pool.begin_with(AssertSqlSafe(statement)).await?)
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
        self.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", runs_as.into()).await
    }

    /// The pool itself: health checks and closing.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }
}
