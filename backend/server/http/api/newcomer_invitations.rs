//! Invitations of towns to see what they would have saved. The link is in the answer that makes it, and nowhere else.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::invite_newcomer::{self, DAYS, Invited, NewInvitation};
use crate::app::App;
use crate::http::extract::Path;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::told_once::ToldOnce;
use crate::storage::newcomer_invitations;

/// More than any office keeps.
const MOST: i64 = 1_000;

/// An invitation to be made: by official key, or by name and kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNewcomerInvitation {
    /// Official municipality key of the register.
    #[serde(default)]
    #[schema(max_length = 8, example = "15003000")]
    official_key: String,
    /// Name of one that is not in the register.
    #[serde(default)]
    #[schema(max_length = 200)]
    town: String,
    /// Its legal kind, such as `zweckverband`.
    #[serde(default)]
    kind: String,
    /// Mail address; where a mail server is set up, a letter with a link of its own goes there.
    #[serde(default)]
    #[schema(max_length = 254)]
    email: String,
    /// Days the link opens.
    #[serde(default = "days")]
    #[schema(minimum = 1, maximum = 180)]
    days: i64,
}

const fn days() -> i64 {
    DAYS
}

/// An invitation with its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewcomerLink {
    id: Uuid,
    town: String,
    expires_at: DateTime<Utc>,
    /// Address to open; none where the same request was answered before: the link is stored nowhere.
    url: Option<String>,
    /// Whether a letter with a link of its own goes out.
    mailed: bool,
}

/// An invitation in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewcomerInvitation {
    id: Uuid,
    town: String,
    official_key: Option<String>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    /// When its analysis was made.
    analysed_at: Option<DateTime<Utc>>,
    /// When that goes; none also where the town has joined.
    delete_after: Option<DateTime<Utc>>,
    /// Paid for lines that matched, with the town's consent and in one currency only.
    paid_net: Option<String>,
    /// What the lists ask for them.
    ours_net: Option<String>,
    /// What became of the newest letter: waiting, sending, sent, failed or withdrawn; none was written without an address.
    mail: Option<String>,
}

/// The invitations of the body, newest first.
#[utoipa::path(get, path = "/api/v1/newcomer-invitations", tag = "newcomer-invitations", responses((status = 200, body = Vec<NewcomerInvitation>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<NewcomerInvitation>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = newcomer_invitations::list(&mut tx, actor.body, MOST, 0).await?;
    let view = |it: newcomer_invitations::Listed| {
        let one_currency = it.currencies.as_ref().is_some_and(|all| all.len() == 1);
        let named = |amount: Option<rust_decimal::Decimal>| amount.filter(|_| one_currency).map(|it| it.to_string());
        NewcomerInvitation {
            id: it.id,
            town: it.town,
            official_key: it.official_key,
            created_at: it.created_at,
            expires_at: it.expires_at,
            revoked_at: it.revoked_at,
            analysed_at: it.analysed_at,
            delete_after: it.delete_after,
            paid_net: named(it.paid_net),
            ours_net: named(it.ours_net),
            mail: it.mail,
        }
    };
    Ok(Answer(rows.into_iter().map(view).collect()))
}

/// Invites a town; its link belongs to this town alone.
#[utoipa::path(post, path = "/api/v1/newcomer-invitations", tag = "newcomer-invitations", request_body = NewNewcomerInvitation, responses((status = 201, body = NewcomerLink)))]
pub async fn invite(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, new): KeyedJson<NewNewcomerInvitation>,
) -> Result<ToldOnce<(StatusCode, Answer<NewcomerLink>)>, Problem> {
    let new = NewInvitation {
        official_key: new.official_key,
        town: new.town,
        kind: new.kind,
        email: new.email,
        days: new.days,
    };
    let invited = invite_newcomer::invite(&app, &actor, &new, key.as_ref()).await?;
    Ok(ToldOnce((StatusCode::CREATED, Answer(link(invited)))))
}

/// Takes an invitation back: its link opens nothing any more.
#[utoipa::path(post, path = "/api/v1/newcomer-invitations/{id}/revoke", tag = "newcomer-invitations", responses((status = 204)))]
pub async fn revoke(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    invite_newcomer::revoke(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an invitation another link; the one before opens nothing any more.
#[utoipa::path(post, path = "/api/v1/newcomer-invitations/{id}/link", tag = "newcomer-invitations", responses((status = 201, body = NewcomerLink)))]
pub async fn renew(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<ToldOnce<(StatusCode, Answer<NewcomerLink>)>, Problem> {
    let invited = invite_newcomer::renew(&app, &actor, id).await?;
    Ok(ToldOnce((StatusCode::CREATED, Answer(link(invited)))))
}

fn link(it: Invited) -> NewcomerLink {
    NewcomerLink { id: it.id, town: it.town, expires_at: it.expires_at, url: it.url, mailed: it.mailed }
}
