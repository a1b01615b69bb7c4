//! What handlers and layers share: the program, its keys and limits, the navigation of each role.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRef;
use thiserror::Error;

use crate::actions::sign_in::{Door, SecondFactor, Turnstile};
use crate::actor::RunsAs;
use crate::app::App;
use crate::config::Settings;
use crate::http::access::Route;
use crate::http::api_rate::ApiLimit;
use crate::http::csrf::FormTokens;
use crate::http::kept_form::Envelopes;
use crate::http::pages::report_stream::Places;
use crate::http::rate::ClientLimit;
use crate::http::session::token::{KeyUnusable, Tokens};
use crate::http::visitor::Browsers;
use crate::oidc::{OidcError, Providers};
use crate::one_time_code::SealKey;
use crate::storage::{StorageError, installation};

/// State of the router.
#[derive(Debug, Clone)]
pub struct Server {
    /// The program.
    pub app: App,
    /// Keys and limits.
    pub security: Arc<Security>,
    /// Every route, for the navigation.
    pub table: Arc<[Route]>,
}

impl FromRef<Server> for App {
    fn from_ref(server: &Server) -> Self {
        server.app.clone()
    }
}

impl FromRef<Server> for Places {
    fn from_ref(server: &Server) -> Self {
        server.security.downloads.clone()
    }
}

/// Set once migrations and demo load are done; `/health/ready` answers 200 from then on.
#[derive(Debug, Clone, Default)]
pub struct Ready(Arc<AtomicBool>);

impl Ready {
    /// From now on.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Keys, limits and what the address of the installation implies.
#[derive(Debug)]
pub struct Security {
    /// Signs and checks session tokens.
    pub tokens: Tokens,
    /// Makes and checks form tokens.
    pub form_tokens: FormTokens,
    /// Keeps forms that met no session.
    pub kept_forms: Envelopes,
    /// Knows the browsers somebody has signed in with.
    pub browsers: Browsers,
    /// Whether users come by HTTPS: cookies are Secure then.
    pub https: bool,
    /// Proxy whose `X-Forwarded-For` counts.
    pub trusted_proxy: Option<IpAddr>,
    /// What sign-in asks before anything else.
    pub door: Door,
    /// Sign-ins per client address.
    pub limit: ClientLimit,
    /// Questions about papers per client address.
    pub paper_limit: ClientLimit,
    /// Requests to the programming interface per person.
    pub api_limit: ApiLimit,
    /// Long lists that are under way at a time.
    pub downloads: Places,
    /// Outside providers to sign in by.
    pub providers: Providers,
    /// Whether the program is ready.
    pub ready: Ready,
    /// Where the private PostgreSQL keeps its data; none with one of somebody else's.
    pub data_dir: Option<PathBuf>,
    /// What is written to the log.
    pub log: String,
}

/// The server cannot start.
#[derive(Debug, Error)]
pub enum SecurityError {
    /// The keys could not be read or written.
    #[error("could not read the keys of the installation")]
    Storage(#[from] StorageError),
    /// The stored key is damaged.
    #[error(transparent)]
    Key(#[from] KeyUnusable),
    /// The settings of an outside provider do not fit.
    #[error(transparent)]
    Providers(#[from] OidcError),
}

impl Security {
    /// Reads the keys of the installation; the first start makes them.
    ///
    /// # Errors
    /// If the database fails or the stored key is damaged.
    pub async fn load(app: &App, settings: &Settings, ready: Ready) -> Result<Self, SecurityError> {
        let candidate = Tokens::new_key(&app.chance.bytes())?;
        let mut tx = app.db.begin(RunsAs::Job).await?;
        let keys = installation::ensure(&mut tx, &candidate, &app.chance.bytes::<32>()).await?;
        tx.commit().await.map_err(StorageError::from)?;
        let demo_accounts = app.demo && settings.listen.ip().is_loopback() && !settings.https();
        Ok(Self {
            tokens: Tokens::new(&keys.session_key, &app.base_url)?,
            form_tokens: FormTokens::new(&keys.csrf_key),
            kept_forms: Envelopes::new(&keys.csrf_key),
            browsers: Browsers::new(&keys.csrf_key),
            https: settings.https(),
            trusted_proxy: settings.trusted_proxy,
            door: Door {
                turnstile: Turnstile::default(),
                demo_accounts,
                // In earnest nothing switches it off: the table takes it for demo data only, and then on loopback only.
                second_factor: if demo_accounts && keys.second_factor == "off" {
                    SecondFactor::Off
                } else {
                    SecondFactor::Required
                },
                seal: SealKey::derived(&keys.csrf_key),
            },
            limit: ClientLimit::default(),
            paper_limit: ClientLimit::default(),
            api_limit: ApiLimit::new(settings.api_per_minute),
            downloads: Places::default(),
            providers: Providers::new(&settings.providers)?,
            ready,
            data_dir: settings.data_dir().map(Path::to_owned),
            log: settings.log.clone(),
        })
    }
}
