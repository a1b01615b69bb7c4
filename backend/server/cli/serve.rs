//! `abruf serve`: from nothing to a service that answers, and back.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::actions::set_up_account::NewLink;
use crate::actions::{first_link, load_templates};
use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::config::{LogFormat, Settings};
use crate::demo::Size;
use crate::http::connections::serve;
use crate::http::{self, Ready, Security, headers};
use crate::jobs::Jobs;

/// How long running requests may take to end.
const DRAIN: Duration = Duration::from_secs(10);

/// Startet den Dienst.
#[derive(Debug, Args)]
pub struct Serve {
    /// Lädt Beispieldaten, wenn die Datenbank leer ist.
    #[arg(long)]
    demo: bool,
    /// Nur ein Vierzigstel der Beispieldaten, für Tests.
    #[arg(long, requires = "demo", hide = true)]
    small: bool,
}

impl Serve {
    /// Runs until a signal ends it, also while it is starting.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        log_to_stderr(&settings);
        refuse_plain_http_outside(&settings)?;
        let listener = TcpListener::bind(settings.listen).await.with_context(|| {
            format!("Die Adresse {} ist nicht frei. ABRUF_LISTEN wählt eine andere", settings.listen)
        })?;
        let mut ending = Ending::listen()?;
        // Probes are answered from the first moment: alive, not ready.
        let listener = listener.into_std()?;
        let (started, starting) = watch::channel(false);
        let probes = tokio::spawn(serve(TcpListener::from_std(listener.try_clone()?)?, starting_up(), starting));
        output.say("Die Datenbank startet …");
        let mut database = tokio::select! {
            started = Database::start(&settings) => started?,
            () = ending.wait() => return Ok(ended_while_starting(output)),
        };
        let prepared = tokio::select! {
            prepared = self.prepare(&database, &settings, output) => Some(prepared),
            () = ending.wait() => None,
        };
        let Prepared { app, router, ready } = match prepared {
            Some(Ok(prepared)) => prepared,
            Some(Err(error)) => {
                database.close(None).await?;
                return Err(error);
            }
            None => {
                database.close(None).await?;
                return Ok(ended_while_starting(output));
            }
        };
        let jobs = Jobs::start(&app);
        let _ = started.send(true);
        probes.await?;
        let listener = TcpListener::from_std(listener)?;
        ready.set();
        announce(&app, &settings, first_link::issue(&app).await?, output);

        let (stop, stopped) = watch::channel(false);
        let service = tokio::spawn(serve(listener, router, stopped));
        let lost = match &mut database.cluster {
            Some(cluster) => tokio::select! {
                () = ending.wait() => false,
                () = cluster.until_lost() => true,
            },
            None => {
                ending.wait().await;
                false
            }
        };
        output.say(if lost { "PostgreSQL ist unerwartet zu Ende gegangen." } else { "Abruf wird beendet …" });
        let _ = stop.send(true);
        if tokio::time::timeout(DRAIN, service).await.is_err() {
            output.say("Einige Anfragen wurden nicht rechtzeitig fertig.");
        }
        jobs.stop().await;
        let closed = database.close(Some(&app)).await;
        if lost {
            // Whatever supervises us starts both anew; what went wrong with stopping is in the log.
            return Ok(Exit::Database);
        }
        closed.map(|()| Exit::Ok)
    }

    async fn prepare(&self, database: &Database, settings: &Settings, output: &Output) -> anyhow::Result<Prepared> {
        database.migrate().await?;
        if self.demo {
            let size = if self.small { Size::Small } else { Size::Full };
            super::demo::load_if_empty(database, settings, size, output).await?;
        }
        let app = database.app(settings).await?;
        // A broken template stops nobody: the last good one stays in use.
        match super::template::of_data_directory(settings) {
            Ok(None) => {}
            Ok(Some(folders)) => {
                load_templates::load(&app, folders).await?.iter().for_each(|told| output.say(&told.to_string()));
            }
            Err(error) => output.say(&format!("Vorlagen nicht gelesen, es gelten weiter die bisherigen. {error}.")),
        }
        let ready = Ready::default();
        let security = Security::load(&app, settings, ready.clone()).await?;
        let router = http::router(app.clone(), security);
        Ok(Prepared { app, router, ready })
    }
}

/// What serves, once the database is as it should be.
struct Prepared {
    app: App,
    router: Router,
    ready: Ready,
}

fn ended_while_starting(output: &Output) -> Exit {
    output.say("Abruf wurde beim Start beendet. Der nächste Start setzt fort oder beginnt von vorn.");
    Exit::Interrupted
}

/// What answers until the program is ready.
fn starting_up() -> Router {
    let busy = || async {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            [(RETRY_AFTER, "2")],
            "Abruf startet gerade. Bitte in einem Moment noch einmal.",
        )
    };
    let with_headers = map_response(async |mut response: Response| {
        headers::always(response.headers_mut());
        response
    });
    Router::new().route("/health/live", get(async || "ok")).fallback(busy).layer(with_headers)
}

/// SIGTERM and SIGINT, listened to from the start.
struct Ending {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Ending {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Sign-in over plain HTTP is for this machine only.
fn refuse_plain_http_outside(settings: &Settings) -> anyhow::Result<()> {
    anyhow::ensure!(
        settings.listen.ip().is_loopback(),
        crate::config::ConfigError::Unreadable {
            name: "ABRUF_LISTEN",
            value: settings.listen.to_string(),
            expected: "eine Adresse dieses Rechners (127.0.0.1 oder [::1]): Abruf spricht HTTP nur hier. Nach außen gehört ein Proxy mit HTTPS davor, siehe deploy/nginx.conf; dazu ABRUF_BASE_URL=https://… und ABRUF_TRUSTED_PROXY setzen",
        }
    );
    Ok(())
}

fn announce(app: &App, settings: &Settings, first: Option<NewLink>, output: &Output) {
    let mut text = format!("Abruf läuft: {}", settings.base_url);
    match first {
        None => {}
        Some(link) if std::io::stdout().is_terminal() => {
            text.push_str(
                "\n\nNoch hat niemand ein Konto. Mit diesem Link richten Sie Abruf ein; er gilt 24 Stunden:\n",
            );
            text.push_str(&link.url);
        }
        // What is no terminal is a log, and whoever reads the log must not get in.
        Some(_) => {
            text.push_str("\n\nNoch hat niemand ein Konto. Den Link zum Einrichten gibt aus: abruf admin first-link")
        }
    }
    if app.demo {
        text.push_str("\n\n");
        text.push_str(&super::demo::account_table());
    }
    output.answer(&text, &serde_json::json!({ "address": settings.base_url, "demo": app.demo }));
}

fn log_to_stderr(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match settings.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
