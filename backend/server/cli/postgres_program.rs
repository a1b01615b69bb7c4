//! Programs of PostgreSQL that a command runs: `pg_dump` and `pg_restore` of the server's version.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context;
use sqlx::postgres::PgSslMode;
use sqlx::{ConnectOptions, Connection};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit};
use crate::config::{DatabaseSettings, Settings};

/// The program `name` of the server's major version, told how to connect by the environment: a
/// password never stands in a command line that others can read.
pub(super) async fn of_server(database: &Database, settings: &Settings, name: &str) -> anyhow::Result<Command> {
    let path = match &database.cluster {
        Some(cluster) => {
            let path = cluster.program(name);
            if !path.is_file() {
                return Err(missing(name, &path.parent().unwrap_or(&path).display().to_string()));
            }
            path
        }
        None => of_external(database, settings, name).await?,
    };
    let owner = &database.owner;
    let host = owner.get_socket().map_or_else(|| PathBuf::from(owner.get_host()), PathBuf::clone);
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("PGHOST", host)
        .env("PGPORT", owner.get_port().to_string())
        .env("PGUSER", owner.get_username())
        .env("PGDATABASE", owner.get_database().unwrap_or("abruf"))
        .env("PGAPPNAME", "abruf")
        .env("PGSSLMODE", ssl_mode(owner.get_ssl_mode()))
        .current_dir("/")
        .kill_on_drop(true);
    if let DatabaseSettings::External { .. } = &settings.database {
        let url = owner.to_url_lossy();
        if let Some(password) = url.password() {
            command.env("PGPASSWORD", percent_decoded(password)?);
        }
        for (key, value) in url.query_pairs() {
            match &*key {
                "sslrootcert" | "ssl-root-cert" | "ssl-ca" => command.env("PGSSLROOTCERT", &*value),
                "sslcert" | "ssl-cert" => command.env("PGSSLCERT", &*value),
                "sslkey" | "ssl-key" => command.env("PGSSLKEY", &*value),
                _ => continue,
            };
        }
    }
    Ok(command)
}

/// Runs it to its end; what it says last is the reason if it fails.
pub(super) async fn run(mut command: Command, name: &str) -> anyhow::Result<()> {
    let mut child =
        command.stderr(Stdio::piped()).spawn().with_context(|| format!("{name} ließ sich nicht starten"))?;
    let mut said = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_end(&mut said).await?;
    }
    if child.wait().await?.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&said);
    // The messages are those of the C locale.
    let exit = if said.contains("No space left on device") { Exit::DiskFull } else { Exit::Unexpected };
    let last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(2).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(Ended::new(exit, format!("{name} ist gescheitert: {}", last.join(" | "))).into())
}

/// A dump is made by a program of the server's own major version: an older one refuses, a newer one
/// writes what the server may not read back.
async fn of_external(database: &Database, settings: &Settings, name: &str) -> anyhow::Result<PathBuf> {
    let mut owner = database.owner_connection().await?;
    let major = sqlx::query_scalar!(r#"SELECT current_setting('server_version_num')::int / 10000 AS "major!""#)
        .fetch_one(&mut owner)
        .await?;
    owner.close().await?;
    let mut places = vec![
        format!("/usr/lib/postgresql/{major}/bin"),
        format!("/usr/pgsql-{major}/bin"),
        format!("/opt/homebrew/opt/postgresql@{major}/bin"),
        format!("/usr/local/opt/postgresql@{major}/bin"),
        format!("/Applications/Postgres.app/Contents/Versions/{major}/bin"),
    ]
    .into_iter()
    .map(PathBuf::from)
    .collect::<Vec<_>>();
    places.extend(settings.search_path.iter().cloned());
    for place in places {
        let path = place.join(name);
        if path.is_file() && major_of(&path).await == Some(major) {
            return Ok(path);
        }
    }
    Err(missing(name, &format!("den üblichen Ordnern und PATH, Version {major}")))
}

/// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.
async fn major_of(path: &PathBuf) -> Option<i32> {
    let output = Command::new(path).arg("--version").stderr(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let digits: String = text.split_once(") ")?.1.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn missing(name: &str, place: &str) -> anyhow::Error {
    let text = format!(
        "{name} fehlt in {place}. Bitte die Programme derselben Version installieren (Debian: postgresql-client-<Version>)"
    );
    Ended::new(Exit::NotFound, text).into()
}

const fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// As sqlx reads it.
fn percent_decoded(text: &str) -> anyhow::Result<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    Ok(decoded.context("das Passwort in DATABASE_OWNER_URL ist kein UTF-8")?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_an_address_is_decoded() {
        assert_eq!(percent_decoded("ge%40heim").expect("readable"), "ge@heim");
        assert_eq!(percent_decoded("h%C3%BCtte").expect("readable"), "hütte");
        assert!(percent_decoded("ge%ff").is_err());
    }
}
