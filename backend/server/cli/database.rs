//! Opening the database a command works on: the private PostgreSQL, or the one of `DATABASE_URL`.

use std::str::FromStr;

use anyhow::Context;
use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::app::App;
use crate::chance::Chance;
use crate::cli::output::{Exit, Output};
use crate::clock::Clock;
use crate::config::{DatabaseSettings, Settings};
use crate::embedded::{self, Cluster, own_program};
use crate::storage::{Db, MIGRATOR, StorageError, installation};

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

    /// Applies missing migrations as the owner.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(self.owner.clone()).await?;
        let migrated = MIGRATOR.run(&pool).await;
        pool.close().await;
        migrated.context("Die Datenbank ließ sich nicht auf den Stand dieses Programms bringen")
    }

    /// The program on this database.
    pub async fn app(&self, settings: &Settings) -> anyhow::Result<App> {
        let db = Db::connect(self.app.clone(), CONNECTIONS).await?;
        let mut tx = db.begin(crate::actor::RunsAs::Job).await?;
        let demo = installation::is_demo(&mut tx).await?;
        tx.rollback().await?;
        let clock = match settings.demo_now {
            Some(at) if demo => Clock::moved_to(at),
            Some(_) => anyhow::bail!("ABRUF_DEMO_NOW gilt nur für Beispieldaten. Diese Datenbank hat echte."),
            None => Clock::System,
        };
        Ok(with_database(db, settings, clock, demo))
    }

    /// The program with a clock of the caller's choice: the demo load.
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
        base_url: settings.base_url.as_str().into(),
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

/// `abruf migrate`
pub async fn migrate_only(settings: Settings, output: &Output) -> anyhow::Result<Exit> {
    let database = Database::join_or_start(&settings).await?;
    database.migrate().await?;
    database.close(None).await?;
    output.answer("Die Datenbank ist auf dem Stand dieses Programms.", &serde_json::json!({ "migrated": true }));
    Ok(Exit::Ok)
}
