//! What somebody had typed when their session was over. Their form is not lost: sealed, it goes to the sign-in page and
//! comes back with the password, and whoever proves to be the same person may send it without typing it again.
//!
//! Nothing is stored, but for the minutes of a sign-in by an outside provider, sealed as it is. The form carried the token
//! of the session it was written in, and only a person who had this session gets its fields back: that binds it to the
//! browser as well, for no other has the token. It is good for half an hour, for small forms without files, and not for what
//! places an order: that is decided before a page of now.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use axum::Form;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, HOST, REFERER};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::actor::RunsAs;
use crate::chance::Chance;
use crate::http::access::{Access, local_address};
use crate::http::csrf;
use crate::http::layout::Frame;
use crate::http::pages::{kept_form, sign_in};
use crate::http::problem::{Problem, is_api};
use crate::http::server::Server;
use crate::http::session::Current;
use crate::storage::StorageError;
use crate::storage::sessions::{self, Session};

/// Field that carries a sealed form through the sign-in.
pub const FIELD: &str = "bewahrt";
/// Larger forms are not kept, in bytes.
const LARGEST: u64 = 64 * 1024;
/// So long one may take to sign in again.
const KEPT_FOR: TimeDelta = TimeDelta::minutes(30);
/// So long after its beginning a session may have written the form: longer than any lives.
const FORMER: TimeDelta = TimeDelta::hours(24);

/// Seals and opens forms.
pub struct Envelopes(LessSafeKey);

impl std::fmt::Debug for Envelopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Envelopes")
    }
}

impl Envelopes {
    /// From a key of the installation, for this purpose alone.
    ///
    /// # Panics
    /// Never: an HMAC-SHA-256 is as long as an AES-256 key.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"abruf kept form 1");
        let key = UnboundKey::new(&AES_256_GCM, derived.as_ref()).expect("32 bytes are a key of AES-256");
        Self(LessSafeKey::new(key))
    }

    fn seal(&self, chance: &Chance, kept: &KeptForm) -> Option<String> {
        let nonce = chance.bytes::<NONCE_LEN>();
        let mut sealed = serde_json::to_vec(kept).ok()?;
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
        Some(BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat()))
    }

    /// The form, unless it was changed or waited too long.
    fn open(&self, sealed: &str, now: DateTime<Utc>) -> Option<KeptForm> {
        let sealed = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::empty(), &mut rest).ok()?;
        serde_json::from_slice::<KeptForm>(opened).ok().filter(|kept| now.timestamp() < kept.until)
    }
}

/// A form that met no session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptForm {
    /// Address it was sent to.
    pub to: String,
    /// The page it stands on.
    pub from: String,
    /// Its fields in order, without the form token.
    pub fields: Vec<(String, String)>,
    /// The form token: an HMAC of the session it was written in.
    token: String,
    /// Good before this second since 1970.
    until: i64,
}

impl KeptForm {
    /// What is worth keeping of a form as it was sent.
    async fn of(sent: Sent, now: DateTime<Utc>) -> Option<Self> {
        let request = Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::from(sent.body)).ok()?;
        let Form(mut fields) = Form::<Vec<(String, String)>>::from_request(request, &()).await.ok()?;
        let token = fields.iter().find(|(name, _)| name == csrf::FIELD)?.1.clone();
        fields.retain(|(name, _)| name != csrf::FIELD);
        // Passwords are typed again, and nobody has typed what is empty.
        let secret = fields.iter().any(|(name, _)| name.contains("password"));
        let typed = fields.iter().any(|(_, value)| !value.trim().is_empty());
        let until = (now + KEPT_FOR).timestamp();
        (!secret && typed).then_some(Self { to: sent.to, from: sent.from, fields, token, until })
    }
}

/// A form beside its request.
#[derive(Debug)]
pub struct Sent {
    to: String,
    from: String,
    body: Bytes,
}

/// Reads a small form of ours; the request stays whole.
pub async fn beside(access: Access, request: Request) -> (Request, Option<Sent>) {
    let small = request.body().size_hint().upper().is_some_and(|bytes| bytes <= LARGEST);
    let from = page_of(request.headers());
    let to = request.uri().path_and_query().map(ToString::to_string);
    let (Some(from), Some(to), true) = (from, to, small && !access.orders && is_form_of_a_page(&request)) else {
        return (request, None);
    };
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (Request::from_parts(parts, Body::from(body.clone())), Some(Sent { to, from, body }))
}

fn is_form_of_a_page(request: &Request) -> bool {
    let headers = request.headers();
    let kind = headers.get(CONTENT_TYPE);
    request.method() == Method::POST
        && kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"))
        && !is_api(request)
        && !headers.contains_key("hx-request")
        && !csrf::comes_from_elsewhere(headers)
}

/// The page a form was sent from, as the browser says it; only ours.
fn page_of(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name)?.to_str().ok();
    let (_, rest) = text(REFERER)?.split_once("://")?;
    let (host, address) = rest.split_at(rest.find('/')?);
    (Some(host) == text(HOST)).then(|| local_address(address).map(str::to_owned))?
}

/// Nobody is signed in: the sign-in page, with the form in it where it can be kept. None if this is no form of a page.
pub async fn ask_to_sign_in(access: Access, request: Request) -> Option<Response> {
    let server = request.extensions().get::<Server>()?.clone();
    let page = page_of(request.headers()).filter(|_| is_form_or_upload(&request))?;
    let frame = Frame::of(&server, request.uri().path(), request.extensions());
    let now = server.app.clock.now();
    let kept = match beside(access, request).await.1 {
        Some(sent) => KeptForm::of(sent, now).await,
        None => None,
    };
    let sealed = kept.and_then(|kept| server.security.kept_forms.seal(&server.app.chance, &kept));
    Some(sign_in::session_is_over(&server, frame, page, sealed.unwrap_or_default()))
}

fn is_form_or_upload(request: &Request) -> bool {
    let upload = crate::http::body_limit::is_upload(request.headers());
    is_form_of_a_page(request) || (upload && !is_api(request) && !csrf::comes_from_elsewhere(request.headers()))
}

/// Somebody else's session, or a new one of the same person: for them the form comes back with the token of now.
pub async fn offer_again(current: &Current, frame: Frame, server: &Server, sent: Sent) -> Option<Response> {
    let kept = KeptForm::of(sent, server.app.clock.now()).await?;
    match former_session(server, &current.session, &kept).await {
        Ok(Some(_)) => Some(kept_form::still_there(frame, kept)),
        Ok(None) => None,
        Err(error) => Some(Problem::from(error).into_response()),
    }
}

/// Whether this is a form sealed here that still waits; nothing else is put beside a sign-in by a provider.
#[must_use]
pub fn is_kept(server: &Server, sealed: &str) -> bool {
    server.security.kept_forms.open(sealed, server.app.clock.now()).is_some()
}

/// The form behind a sealed one, if the session it was written in was this person's.
///
/// # Errors
/// If the database fails.
pub async fn reopened(
    server: &Server,
    session: &Session,
    sealed: &str,
) -> Result<Option<(KeptForm, sessions::Former)>, StorageError> {
    let now = server.app.clock.now();
    let Some(kept) = server.security.kept_forms.open(sealed, now) else { return Ok(None) };
    Ok(former_session(server, session, &kept).await?.map(|former| (kept, former)))
}

async fn former_session(
    server: &Server,
    session: &Session,
    kept: &KeptForm,
) -> Result<Option<sessions::Former>, StorageError> {
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let since = server.app.clock.now() - FORMER;
    let former = sessions::begun_since(&mut tx, session.person, since).await?;
    tx.rollback().await.map_err(StorageError::from)?;
    let written_in = |id| server.security.form_tokens.is_of(id, &kept.token);
    Ok(former.into_iter().find(|it| it.id != session.id && written_in(it.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(body: &'static str) -> Sent {
        Sent {
            to: "/abrufe/1/angaben".into(),
            from: "/abrufe/1/angaben".into(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_form_keeps_what_was_typed_in_its_order() {
        let kept = KeptForm::of(sent("csrf=ab&need=Gr%C3%B6%C3%9Fer+als&tick=1&tick=2"), now()).await.unwrap();
        let pairs: Vec<_> = kept.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("need", "Größer als"), ("tick", "1"), ("tick", "2")]);
        for not_kept in ["need=x", "csrf=ab&password=geheim", "csrf=ab", "csrf=ab&need=+"] {
            assert_eq!(KeptForm::of(sent(not_kept), now()).await, None, "{not_kept}");
        }
    }

    #[tokio::test]
    async fn a_sealed_form_opens_for_half_an_hour_with_its_own_key_unchanged() {
        let envelopes = Envelopes::new(b"key");
        let kept = KeptForm::of(sent("csrf=ab&need=geheim"), now()).await.unwrap();
        let sealed = envelopes.seal(&Chance::seeded(1), &kept).unwrap();
        assert_eq!(envelopes.open(&sealed, now()), Some(kept));
        assert_eq!(envelopes.open(&sealed, now() + KEPT_FOR), None, "too late");
        assert_eq!(Envelopes::new(b"other").open(&sealed, now()), None);
        let changed = format!("{}{}", if sealed.starts_with('A') { 'B' } else { 'A' }, &sealed[1..]);
        for wrong in ["", "A", "!", &changed] {
            assert_eq!(envelopes.open(wrong, now()), None, "{wrong}");
        }
    }

    #[test]
    fn only_pages_of_ours_are_gone_back_to() {
        let headers = |referer: &str| {
            [(REFERER, referer.parse().unwrap()), (HOST, "127.0.0.1:8080".parse().unwrap())].into_iter().collect()
        };
        let page = |referer: &str| page_of(&headers(referer));
        assert_eq!(page("http://127.0.0.1:8080/abrufe/1?a=2").as_deref(), Some("/abrufe/1?a=2"));
        for other in
            ["https://boese.example/abrufe", "http://127.0.0.1:8080//boese.example", "http://127.0.0.1:8080", "x"]
        {
            assert_eq!(page(other), None, "{other}");
        }
    }
}
