//! How providers are asked: short, bounded, never redirected to somewhere else.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use thiserror::Error;

/// Discovery, keys and tokens are small.
const LARGEST: usize = 512 * 1024;
/// A person waits for it.
const PATIENCE: Duration = Duration::from_secs(8);

/// A request came to nothing.
#[derive(Debug, Error)]
pub enum HttpError {
    /// Not sent, or no answer in time.
    #[error(transparent)]
    Sent(#[from] reqwest::Error),
    /// An answer larger than anything a provider has to say.
    #[error("the answer is too large")]
    TooLarge,
    /// An answer that cannot be put together.
    #[error("the answer is not readable")]
    Unreadable(#[from] openidconnect::http::Error),
}

/// The client of one provider.
#[derive(Debug, Clone)]
pub struct Http(reqwest::Client);

impl Http {
    /// Over TLS only, unless the provider runs on this machine.
    pub fn new(https_only: bool) -> Result<Self, HttpError> {
        let client = reqwest::Client::builder()
            .https_only(https_only)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self(client))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut response = openidconnect::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if LARGEST < body.len() + chunk.len() {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
