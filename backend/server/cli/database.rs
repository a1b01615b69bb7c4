//! Opening the database a command works on: the private PostgreSQL, or the one of `DATABASE_URL`.

use std::str::FromStr;

use anyhow::Context;
use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::app::App;
use crate::chance::Chance;
use crate::cli::output::{Ended, Exit, Output};
use crate::clock::Clock;
use crate::config::{DatabaseSettings, Settings};
use crate::embedded::{self, Cluster, own_program};
use crate::mail::Mailer;
use crate::storage::document_store::DocumentStore;
use crate::storage::{self, Db, MIGRATOR, StorageError, installation};

/// Connections of the application: a few per core, or they only wait for each other.
const CONNECTIONS: u32 = 16;

/// A database that answers, with the private server behind it if there is one.
#[derive(Debug)]
pub struct Database {
    /// The private server.
    pub cluster: Option<Cluster>,
    /// How the owner of the tables connects.
    pub owner: PgConnectOptions,
    /// How the application connects.
    pub app: PgConnectOptions,
}

impl Database {
    /// For the server: starts the private PostgreSQL and refuses to share its directory.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        match &settings.database {
            DatabaseSettings::Embedded { .. } => {
                Ok(Self::of_cluster(Cluster::start(&cluster_settings(settings)?).await?))
            }
            DatabaseSettings::External { .. } => Self::external(settings),
        }
    }

    /// For commands beside a running server: joins its PostgreSQL, or starts it.
    pub async fn join_or_start(settings: &Settings) -> anyhow::Result<Self> {
        match &settings.database {
            DatabaseSettings::Embedded { .. } => {
                Ok(Self::of_cluster(Cluster::join_or_start(&cluster_settings(settings)?).await?))
            }
            DatabaseSettings::External { .. } => Self::external(settings),
        }
    }

    fn of_cluster(cluster: Cluster) -> Self {
        Self { owner: cluster.owner_options(), app: cluster.app_options(), cluster: Some(cluster) }
    }

    fn external(settings: &Settings) -> anyhow::Result<Self> {
        let DatabaseSettings::External { app_url, owner_url } = &settings.database else {
            anyhow::bail!("keine externe Datenbank eingestellt");
        };
        let app = PgConnectOptions::from_str(app_url.expose_secret()).context("DATABASE_URL ist nicht lesbar")?;
        let owner =
            PgConnectOptions::from_str(owner_url.expose_secret()).context("DATABASE_OWNER_URL ist nicht lesbar")?;
        Ok(Self { cluster: None, owner, app })
    }

    /// A connection as the owner of the tables.
    pub async fn owner_connection(&self) -> anyhow::Result<PgConnection> {
        PgConnection::connect_with(&self.owner)
            .await
            .context("Die Datenbank lässt die Eigentümerrolle (DATABASE_OWNER_URL) nicht herein")
    }

    /// Applies missing migrations as the owner.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let mut owner = self.owner_connection().await?;
        let migrated = storage::migrate(&mut owner).await;
        owner.close().await?;
        migrated.context("Die Datenbank ließ sich nicht auf den Stand dieses Programms bringen")
    }

    /// Migrations that are not applied yet, by version and description.
    pub async fn pending(&self) -> anyhow::Result<Vec<(i64, String)>> {
        let mut owner = self.owner_connection().await?;
        // Unchecked at build time: the table belongs to the migrator and is not there in a fresh database.
        let there: bool =
            sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut owner).await?;
        let applied: Vec<i64> = if there {
            sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success").fetch_all(&mut owner).await?
        } else {
            Vec::new()
        };
        owner.close().await?;
        if let Some(foreign) = applied.iter().find(|version| !MIGRATOR.version_exists(**version)) {
            let text = format!(
                "Die Datenbank ist neuer als dieses Programm: es kennt die Migration {foreign} nicht. Bitte das neuere Programm starten"
            );
            return Err(Ended::new(Exit::Conflict, text).into());
        }
        Ok(MIGRATOR
            .iter()
            .filter(|migration| !applied.contains(&migration.version))
            .map(|migration| (migration.version, migration.description.to_string()))
            .collect())
    }

    /// Refuses a database that lacks migrations, where the command may not migrate by itself.
    pub async fn require_migrated(&self) -> anyhow::Result<()> {
        let pending = self.pending().await?.len();
        if pending != 0 {
            let text = format!("Der Datenbank fehlen {pending} Migrationen. Bitte zuerst ausführen: abruf migrate");
            return Err(Ended::new(Exit::MigrationNeeded, text).into());
        }
        Ok(())
    }

    /// The program on this database.
    pub async fn app(&self, settings: &Settings) -> anyhow::Result<App> {
        let db = Db::connect(self.app.clone(), CONNECTIONS).await?;
        let mut tx = db.begin(crate::actor::RunsAs::Job).await?;
        let demo = installation::is_demo(&mut tx).await?;
        tx.rollback().await?;
        let clock = match settings.demo_now {
            Some(at) if demo => Clock::moved_to(at),
            Some(_) => {
                let text = "ABRUF_DEMO_NOW gilt nur für Beispieldaten, diese Datenbank hat echte. Bitte die Einstellung weglassen";
                return Err(Ended::new(Exit::Configuration, text).into());
            }
            None => Clock::System,
        };
        let mailer = settings.mail.as_ref().map(Mailer::new).transpose()?;
        let documents = DocumentStore::open(&settings.document_store)?;
        Ok(App { mailer, documents, ..with_database(db, settings, clock, demo) })
    }

    /// The program with a clock of the caller's choice: the demo load, whose documents lie in the database.
    pub async fn app_at(&self, settings: &Settings, clock: Clock, demo: bool) -> Result<App, StorageError> {
        Ok(with_database(Db::connect(self.app.clone(), CONNECTIONS).await?, settings, clock, demo))
    }

    /// Stops the private server, if this program started it.
    pub async fn close(self, app: Option<&App>) -> anyhow::Result<()> {
        if let Some(app) = app {
            app.db.pool().close().await;
        }
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }
}

fn with_database(db: Db, settings: &Settings, clock: Clock, demo: bool) -> App {
    App {
        db,
        clock,
        chance: Chance::System,
        templates: std::sync::Arc::new(abruf_documents::Templates::embedded()),
        documents: DocumentStore::Database,
        base_url: settings.base_url.as_str().into(),
        mailer: None,
        demo,
    }
}

fn cluster_settings(settings: &Settings) -> anyhow::Result<embedded::Settings> {
    let DatabaseSettings::Embedded { data_dir, pg_bin } = &settings.database else {
        anyhow::bail!("keine eigene Datenbank eingestellt");
    };
    let program = own_program(std::env::current_exe()?);
    let mut cluster = embedded::Settings::new(data_dir.clone(), settings.temp_dir.clone(), program);
    cluster.pg_bin.clone_from(pg_bin);
    cluster.search_path.clone_from(&settings.search_path);
    Ok(cluster)
}

/// Bringt die Datenbank auf den Stand dieses Programms.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Zeigt nur, was fehlt.
    #[arg(long)]
    plan: bool,
}

impl Migrate {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let database = Database::join_or_start(&settings).await?;
        let migrated = self.migrate(&database, output).await;
        database.close(None).await?;
        migrated
    }

    async fn migrate(self, database: &Database, output: &Output) -> anyhow::Result<Exit> {
        let pending = database.pending().await?;
        let listed: Vec<String> = pending.iter().map(|(version, what)| format!("{version} {what}")).collect();
        let data = |migrated: bool| json!({ "migrated": migrated, "pending": listed });
        if pending.is_empty() {
            output.answer("Die Datenbank ist auf dem Stand dieses Programms.", &data(false));
            return Ok(Exit::Ok);
        }
        if self.plan {
            output.answer(&listed.join("\n"), &data(false));
            return Ok(Exit::MigrationNeeded);
        }
        database.migrate().await?;
        let text =
            format!("{} Migrationen angewendet. Die Datenbank ist auf dem Stand dieses Programms.", listed.len());
        output.answer(&text, &data(true));
        Ok(Exit::Ok)
    }
}
