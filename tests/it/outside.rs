//! Signing in by outside providers, before providers of our own that say whatever a test wants.

mod attacks;
mod provider;
mod ways;

use std::os::unix::fs::PermissionsExt;

use abruf_domain::ids::PersonId;
use axum::http::StatusCode;
use tempfile::NamedTempFile;

use crate::web::{Answer, Web};
use provider::Provider;

pub(crate) const EVA: &str = "eva@altenrode.example";
pub(crate) const KARL: &str = "karl@altenrode.example";

/// The program with these providers, called `a`, `b` …; `more` stands in the table of each.
pub(crate) async fn web_with(providers: &[&Provider], more: &str) -> Web {
    let file = NamedTempFile::new().unwrap();
    let mut text = String::new();
    for (provider, key) in providers.iter().zip(["a", "b", "c"]) {
        text.push_str(&format!(
            "[[provider]]\nkey = \"{key}\"\nname = \"Stadt {key}\"\nissuer = \"{}\"\nclient_id = \"abruf\"\nclient_secret = \"{}\"\n{more}\n",
            provider.issuer,
            provider::SECRET
        ));
    }
    std::fs::write(file.path(), text).unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    Web::set_so(&[("ABRUF_OIDC", file.path().to_str().unwrap())]).await
}

/// Ties who somebody is at a provider to who they are here, as if it had been done long ago.
pub(crate) async fn tie(web: &Web, provider: &Provider, subject: &str, person: PersonId) {
    sqlx::query("INSERT INTO outside_identity (issuer, subject, person_id, linked_at) VALUES ($1, $2, $3, $4)")
        .bind(&provider.issuer)
        .bind(subject)
        .bind(person.0)
        .bind(web.now())
        .execute(&web.database.owner)
        .await
        .unwrap();
}

/// A sign-in that has gone to the provider: its page, and the cookie of the browser.
pub(crate) async fn begin(web: &Web, key: &str, weiter: &str) -> (String, String) {
    let away = web.get(&format!("/anmelden/extern/{key}?weiter={weiter}"), "").await;
    assert_eq!(away.status, StatusCode::SEE_OTHER, "{}", away.text);
    (away.header("location").to_owned(), away.cookie())
}

/// Comes back with what the provider says by default, for this subject.
pub(crate) async fn sign_in(web: &Web, provider: &Provider, key: &str, subject: &str) -> Answer {
    let (page, browser) = begin(web, key, "/abrufe").await;
    let back = provider.says(&page, web.now(), |claims| claims["sub"] = subject.into());
    web.get(&back, &browser).await
}

/// Whether an answer lets nobody in.
pub(crate) fn is_refused(answer: &Answer, hint: &str) -> bool {
    let session = answer.headers.get_all("set-cookie").iter().any(|it| it.to_str().unwrap().starts_with("abruf="));
    !session && answer.header("location") == format!("/anmelden?hinweis={hint}")
}
