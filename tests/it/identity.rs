//! Second factors, invitations, recovery, emergency access, one's own sessions, and who sees what happened.

mod accounts;
mod cryptography;
mod ended_assignments;
mod passwords;
mod second_factor;

use abruf::one_time_code::{SealKey, Secret};
use abruf_domain::ids::PersonId;
use axum::http::StatusCode;

use crate::web::{Answer, PASSWORD, Web};

/// What everybody's phone holds in these tests.
pub fn phone() -> Secret {
    Secret::known(*b"12345678901234567890")
}

/// Gives a person a second factor, as if it had been set up long ago.
pub async fn give_factor(web: &Web, person: PersonId) {
    let key: Vec<u8> =
        sqlx::query_scalar("SELECT csrf_key FROM installation").fetch_one(&web.database.owner).await.unwrap();
    let sealed = SealKey::derived(&key).seal(&web.app.chance, person, &phone());
    sqlx::query(
        "INSERT INTO second_factor (person_id, sealed, created_at, confirmed_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (person_id) DO UPDATE SET sealed = $2, confirmed_at = $3, last_step = 0",
    )
    .bind(person.0)
    .bind(sealed)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
}

/// Password and code; the next call must be half a minute later.
pub async fn sign_in_with_code(web: &Web, email: &str) -> String {
    let waiting = password_only(web, email).await;
    let done = post_code(web, &waiting, &phone().code_at(web.now())).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", done.text);
    done.cookie()
}

/// The cookie of a session that waits for its second factor.
pub async fn password_only(web: &Web, email: &str) -> String {
    let half = web.post("/anmelden", "", &[("email", email), ("password", PASSWORD)]).await;
    assert_eq!((half.status, half.header("location")), (StatusCode::SEE_OTHER, "/anmelden/code"), "{}", half.text);
    half.cookie()
}

/// Types a code.
pub async fn post_code(web: &Web, waiting: &str, code: &str) -> Answer {
    let csrf = web.get("/anmelden/code", waiting).await.form_token();
    web.post("/anmelden/code", waiting, &[("csrf", &csrf), ("code", code)]).await
}
