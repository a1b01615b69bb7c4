//! Whose turn it is to decide a request, and why not this person's: the domain's answer with the names
//! of the member's people.

use abruf_domain::approval::{Chain, Obstacle, Standing, Turn};
use abruf_domain::call_off::Status;
use abruf_domain::ids::PersonId;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::storage::approval_orders::{self, Request};
use crate::storage::call_offs::CallOff;
use crate::storage::error::StorageError;

/// Who stands in an order and may no longer approve.
pub const FORMER: &str = "eine Person, die nicht mehr freigeben darf";

/// A reason why somebody may not decide, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Told {
    /// Part of the approval order or request it comes from.
    #[schema(example = "stand_ins")]
    pub field: String,
    /// Rule that speaks; stable.
    #[schema(example = "approval-stand-in-dates")]
    pub rule: String,
    /// What stands in the way and what helps, in German.
    pub message: String,
}

/// The way of a waiting request through the approval order, as one person sees it.
#[derive(Debug, Clone)]
pub struct Turns {
    /// The request, as storage names it.
    pub request: Request,
    /// Version of the order it goes through.
    pub order_version: i32,
    /// What decides.
    pub chain: Chain,
    /// What this person may decide now, or every reason why not.
    pub turn: Result<Turn, Vec<Obstacle>>,
    names: Vec<(PersonId, String)>,
    currency: String,
}

/// The way of a submitted request; `None` where it does not wait.
pub async fn of(
    conn: &mut PgConnection,
    actor: &Actor,
    call_off: &CallOff,
    now: DateTime<Utc>,
) -> Result<Option<Turns>, StorageError> {
    let (Status::Submitted, Some(amounts), Some(submitted_at)) =
        (call_off.status, &call_off.amounts, call_off.submitted_at)
    else {
        return Ok(None);
    };
    let request = Request {
        contract: call_off.contract,
        call_off: call_off.id,
        member: call_off.member,
        requester: call_off.requester,
        gross: amounts.gross,
        submitted_at,
    };
    of_request(conn, actor, request, now).await.map(Some)
}

/// The way of a request that a list found.
pub async fn of_request(
    conn: &mut PgConnection,
    actor: &Actor,
    request: Request,
    now: DateTime<Utc>,
) -> Result<Turns, StorageError> {
    let way = approval_orders::way(conn, &request, berlin_date(now), now).await?;
    let turn = way.chain.turn_of(actor.person);
    Ok(Turns {
        request,
        order_version: way.order_version,
        turn,
        chain: way.chain,
        names: way.names,
        currency: way.currency,
    })
}

impl Turns {
    /// Whether the member's order has steps for this request.
    #[must_use]
    pub fn has_steps(&self) -> bool {
        !self.chain.standing().is_empty()
    }

    /// The steps, in order.
    #[must_use]
    pub fn standing(&self) -> Vec<Standing<'_>> {
        self.chain.standing()
    }

    /// Whether it is this person's turn, for a step before the release.
    #[must_use]
    pub fn is_step(&self) -> bool {
        self.turn.as_ref().is_ok_and(|turn| !turn.is_release)
    }

    /// Every reason why this person may not release now; empty if it may.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.told_with(|name| name)
    }

    /// The same, with names of persons and steps written as pages show them.
    #[must_use]
    pub fn told_with(&self, written: impl Fn(String) -> String) -> Vec<Told> {
        match &self.turn {
            Ok(turn) if turn.is_release => Vec::new(),
            Ok(turn) => {
                let title = written(self.title_of(turn.position));
                vec![Told {
                    field: "steps".into(),
                    rule: "approval-step-first".into(),
                    message: format!(
                        "Zuerst entscheiden Sie den Schritt „{title}“. Danach gibt eine andere Person den Abruf frei."
                    ),
                }]
            }
            Err(obstacles) => obstacles
                .iter()
                .map(|it| Told {
                    field: it.field().into(),
                    rule: it.rule().into(),
                    message: it.german(&self.currency, &|person| {
                        self.known_name(person).map_or_else(|| FORMER.to_owned(), &written)
                    }),
                })
                .collect(),
        }
    }

    /// What a step is called.
    #[must_use]
    pub fn title_of(&self, position: Option<i32>) -> String {
        let standing = self.chain.standing();
        let step = standing.iter().find(|it| Some(it.position) == position);
        step.map(|it| it.step.title.clone()).unwrap_or_default()
    }

    /// Name of one of the member's approvers.
    #[must_use]
    pub fn name(&self, person: PersonId) -> String {
        self.known_name(person).unwrap_or_else(|| FORMER.to_owned())
    }

    /// The same; none for somebody who may no longer approve.
    #[must_use]
    pub fn known_name(&self, person: PersonId) -> Option<String> {
        self.names.iter().find(|(id, _)| *id == person).map(|(_, name)| name.clone())
    }

    /// Names of everybody who may decide now.
    #[must_use]
    pub fn may_decide(&self) -> Vec<String> {
        self.chain.may_decide().into_iter().map(|person| self.name(person)).collect()
    }
}
