//! As much of S3 as documents need: objects are put and got by whoever names the right key.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Name of the key it knows.
pub const KEY_ID: &str = "abruf";

/// A running service.
pub struct FakeS3 {
    /// Its address.
    pub address: String,
    inside: Arc<Inside>,
}

#[derive(Default)]
struct Inside {
    objects: Mutex<BTreeMap<String, Bytes>>,
    refuses: AtomicBool,
}

impl FakeS3 {
    /// Starts an empty one on a free port.
    pub async fn start() -> Self {
        let inside = Arc::new(Inside::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inside }
    }

    /// From now on it lets nobody in, or everybody with the key again.
    pub fn refuse(&self, refuses: bool) {
        self.inside.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Paths of all objects, bucket first.
    pub fn keys(&self) -> Vec<String> {
        self.inside.objects.lock().unwrap().keys().cloned().collect()
    }

    /// Changes a byte of every object.
    pub fn alter_all(&self) {
        for bytes in self.inside.objects.lock().unwrap().values_mut() {
            let mut altered = bytes.to_vec();
            altered[100] ^= 1;
            *bytes = altered.into();
        }
    }
}

async fn answer(State(inside): State<Arc<Inside>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if inside.refuses.load(Ordering::SeqCst) || !is_signed(&parts.headers) {
        return (StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>").into_response();
    }
    let mut tag = HeaderMap::new();
    tag.insert(header::ETAG, "\"1\"".parse().unwrap());
    tag.insert(header::LAST_MODIFIED, "Sun, 22 Nov 2026 09:00:00 GMT".parse().unwrap());
    if parts.method == Method::PUT {
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        inside.objects.lock().unwrap().insert(path, bytes);
        return (StatusCode::OK, tag).into_response();
    }
    let found = inside.objects.lock().unwrap().get(&path).cloned();
    match found {
        Some(bytes) => (StatusCode::OK, tag, bytes).into_response(),
        None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
    }
}

/// Whether the request is signed with the key it knows (AWS Signature Version 4); that the signature is right is not its
/// business.
fn is_signed(headers: &HeaderMap) -> bool {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
    authorization.starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/")) && authorization.contains("Signature=")
}
