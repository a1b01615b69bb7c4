//! `abruf backup` and `abruf restore`: pg_dump and pg_restore of the server's own version.
//!
//! A backup appears under its name only when it is whole. A restore refuses a database that holds
//! anything, and holds the outbox afterwards: what the restored past wanted to send may have been
//! sent already.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::process::Command;

use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::config::{DatabaseSettings, Settings};
use crate::verify::verify;

/// Sichert die Datenbank in eine Datei.
#[derive(Debug, Args)]
pub struct Backup {
    /// Zieldatei; sie darf noch nicht da sein.
    file: PathBuf,
}

/// Stellt eine Sicherung in einer leeren Datenbank wieder her.
#[derive(Debug, Args)]
pub struct Restore {
    /// Datei, die `abruf backup` geschrieben hat.
    file: PathBuf,
}

impl Backup {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        if self.file.exists() {
            output.say(&format!("{} gibt es schon. Bitte wählen Sie einen anderen Namen.", self.file.display()));
            return Ok(Exit::Conflict);
        }
        let partial = self.file.with_extension("partial");
        let database = Database::join_or_start(&settings).await?;
        let dumped = postgres_program(&database, &settings, "pg_dump")?
            .args(["--format=custom", "--no-password", "--file"])
            .arg(&partial)
            .output()
            .await
            .context("pg_dump ließ sich nicht starten");
        database.close(None).await?;
        finished(&dumped?, "pg_dump")?;
        fs::set_permissions(&partial, fs::Permissions::from_mode(0o600))?;
        fs::rename(&partial, &self.file)?;
        let bytes = fs::metadata(&self.file)?.len();
        let text = format!("Gesichert: {} ({bytes} Bytes)", self.file.display());
        output.answer(&text, &json!({ "file": self.file, "bytes": bytes }));
        Ok(Exit::Ok)
    }
}

impl Restore {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        ensure!(self.file.is_file(), "{} gibt es nicht", self.file.display());
        let database = Database::start(&settings).await?;
        if !is_empty(&database).await? {
            database.close(None).await?;
            output.say("Die Datenbank ist nicht leer. Eine Sicherung wird nur in eine leere Datenbank zurückgespielt. Wählen Sie mit ABRUF_DATA_DIR ein neues Verzeichnis.");
            return Ok(Exit::Conflict);
        }
        output.say("Die Sicherung wird zurückgespielt …");
        let restored = postgres_program(&database, &settings, "pg_restore")?
            .args(["--exit-on-error", "--single-transaction", "--no-password"])
            .arg(format!("--dbname={}", database.owner.get_database().unwrap_or("abruf")))
            .arg(&self.file)
            .output()
            .await
            .context("pg_restore ließ sich nicht starten")?;
        finished(&restored, "pg_restore")?;
        database.migrate().await?;
        let mut owner = PgConnection::connect_with(&database.owner).await?;
        sqlx::query!("UPDATE installation SET outbox_held = true").execute(&mut owner).await?;
        sqlx::query!("UPDATE session SET revoked_at = now() WHERE revoked_at IS NULL").execute(&mut owner).await?;
        owner.close().await?;
        let app = database.app(&settings).await?;
        let verified = verify(&app, |_, _, _| {}).await;
        database.close(Some(&app)).await?;
        let verified = verified?;
        for failure in &verified.failures {
            output.say(&failure.to_string());
        }
        let text = format!(
            "{}\nDer Postausgang ist angehalten. Wenn nichts doppelt hinausgehen kann: abruf doctor --release-outbox",
            verified.sentence()
        );
        output.answer(&text, &verified);
        Ok(if verified.failures.is_empty() { Exit::Ok } else { Exit::VerificationFailed })
    }
}

async fn is_empty(database: &Database) -> anyhow::Result<bool> {
    let mut owner = PgConnection::connect_with(&database.owner).await?;
    let tables = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname IN ('public', 'abruf') AND c.relkind = 'r'"#
    )
    .fetch_one(&mut owner)
    .await?;
    owner.close().await?;
    Ok(tables == 0)
}

/// A program of PostgreSQL, told how to connect by the environment: a password never stands in a
/// command line that others can read.
fn postgres_program(database: &Database, settings: &Settings, name: &str) -> anyhow::Result<Command> {
    let owner = &database.owner;
    let path = database.cluster.as_ref().map_or_else(|| PathBuf::from(name), |cluster| cluster.program(name));
    let mut command = Command::new(path);
    let host = owner.get_socket().map_or_else(|| PathBuf::from(owner.get_host()), PathBuf::clone);
    command
        .env("PGHOST", host)
        .env("PGPORT", owner.get_port().to_string())
        .env("PGUSER", owner.get_username())
        .env("PGDATABASE", owner.get_database().unwrap_or("abruf"))
        .current_dir(Path::new("/"));
    if let DatabaseSettings::External { owner_url, .. } = &settings.database
        && let Some(password) = password_of(owner_url.expose_secret())?
    {
        command.env("PGPASSWORD", password);
    }
    Ok(command)
}

/// The password between `user:` and `@host` of a connection address, percent signs decoded.
fn password_of(url: &str) -> anyhow::Result<Option<String>> {
    let Some((_, rest)) = url.split_once("://") else { return Ok(None) };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((login, _)) = authority.rsplit_once('@') else { return Ok(None) };
    let Some((_, password)) = login.split_once(':') else { return Ok(None) };
    let mut bytes = Vec::with_capacity(password.len());
    let mut rest = password.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let code: Vec<u8> = rest.by_ref().take(2).collect();
        let decoded = std::str::from_utf8(&code)
            .ok()
            .filter(|hex| hex.len() == 2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(decoded.context("das Passwort in DATABASE_OWNER_URL enthält ein falsches %-Zeichen")?);
    }
    Ok(Some(String::from_utf8(bytes).context("das Passwort in DATABASE_OWNER_URL ist kein UTF-8")?))
}

fn finished(output: &std::process::Output, name: &str) -> anyhow::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{name} ist gescheitert: {}", said.lines().last().unwrap_or("ohne Meldung"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_an_address_is_decoded() {
        let password = |url| password_of(url).expect("readable");
        assert_eq!(password("postgres://o:ge%40heim@host:5432/db").as_deref(), Some("ge@heim"));
        assert_eq!(password("postgres://o@host/db"), None);
        assert!(password_of("postgres://o:ge%zz@host/db").is_err());
        assert!(password_of("postgres://o:ge%4@host/db").is_err());
    }
}
