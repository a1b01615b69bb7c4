//! One try of an action that may be asked for twice: who, under which key, when.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;

use super::ActionError;
use crate::actor::Actor;
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::idempotency::{self, Found, IdempotencyKey};

/// What stays the same while a call-off is submitted or released.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keyed<'a> {
    pub app: &'a App,
    pub actor: &'a Actor,
    pub key: Option<&'a IdempotencyKey>,
    /// The instant of this try: all it writes is dated so.
    pub now: DateTime<Utc>,
}

impl Keyed<'_> {
    /// The stored answer of the key, if there is one.
    pub async fn replay<T: DeserializeOwned>(&self, conn: &mut PgConnection) -> Result<Option<T>, ActionError> {
        let Some(key) = self.key else { return Ok(None) };
        match idempotency::find(conn, self.actor.person, key).await? {
            Found::New => Ok(None),
            Found::OtherRequest => Err(ActionError::KeyReused),
            Found::Answer(answer) => serde_json::from_value(answer).map(Some).map_err(|error| unreadable(key, &error)),
        }
    }

    /// Stores the answer of the key in the transaction of its effect.
    ///
    /// Repeats of one request wait for each other at their call-off and find the answer. Whoever gets
    /// here and finds the key taken has used it for two call-offs at once.
    pub async fn keep<T: Serialize + Sync>(&self, conn: &mut PgConnection, answer: &T) -> Result<(), ActionError> {
        let Some((key, answer)) = self.answer(answer)? else { return Ok(()) };
        match idempotency::insert(conn, self.actor.person, key, &answer, self.now).await? {
            true => Ok(()),
            false => Err(ActionError::KeyReused),
        }
    }

    /// The key with its answer as it is stored, for whoever writes both with something else.
    pub fn answer<T: Serialize>(&self, answer: &T) -> Result<Option<(&IdempotencyKey, Value)>, ActionError> {
        let Some(key) = self.key else { return Ok(None) };
        let answer = serde_json::to_value(answer).map_err(|error| unreadable(key, &error))?;
        Ok(Some((key, answer)))
    }
}

fn unreadable(key: &IdempotencyKey, error: &serde_json::Error) -> ActionError {
    ActionError::Storage(StorageError::Inconsistent {
        table: "idempotency_record",
        column: "answer",
        row: key.key.clone(),
        what: error.to_string(),
    })
}
