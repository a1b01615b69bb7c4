//! Facts that stand: terms, prices, evidence and law change a few times a day and are read with every
//! review, so they are remembered.
//!
//! `standing_facts.state` is another id after each change of any table they are read from, and changes in
//! the transaction of the change. Facts are remembered under the state that was read before them, so
//! whoever reads that state later sees facts that are at least as new as it. The id is random: two
//! databases in one process never share a state, unless one was copied from the other with its facts.
//! What is consumed, asked for or awarded never stands and is read anew each time.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use abruf_domain::facts::{Baseline, BudgetMode, ContractTerms, Entitlement, Member, Parameters};
use abruf_domain::ids::{ContractId, OrganisationId};
use chrono::NaiveDate;
use quick_cache::sync::Cache;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ProcurementLaw, contract, item, member, of_law_and_house, procurement_law};
use crate::storage::{StorageError, budgets, turns};

/// Contracts with the articles of one basket; the largest entries.
const CONTRACTS: usize = 512;
/// Members.
const MEMBERS: usize = 512;
/// Members with a contract.
const OF_MEMBERS: usize = 8192;

/// Under which state, and with whose eyes, facts are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    state: Uuid,
    /// The actor without the person: policies of these tables ask for nothing else.
    eyes: String,
    day: NaiveDate,
}

/// The state that holds for whoever acts on this connection.
pub(super) async fn view(conn: &mut PgConnection, day: NaiveDate) -> Result<View, StorageError> {
    let row = sqlx::query!(r#"SELECT state, (abruf.actor() - 'person')::text AS "eyes!" FROM standing_facts"#)
        .fetch_one(conn)
        .await?;
    Ok(View { state: row.state, eyes: row.eyes, day })
}

/// A contract as far as a basket touches it, without what it holds for one member.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    pub contract: ContractTerms,
    /// Whether a price or a supplier depends on what was released before.
    pub depends_on_earlier: bool,
    /// What the law of its jurisdiction says about it.
    pub law: ProcurementLaw,
}

/// A member with the law of its Land and the rules of its house.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Party {
    pub member: Member,
    pub parameters: Parameters,
    pub budget_mode: BudgetMode,
}

/// What a contract holds for one member.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OfMember {
    pub entitlements: Vec<Entitlement>,
    /// It has acceded to the data processing agreement.
    pub acceded: bool,
    pub baselines: Vec<Baseline>,
}

/// Something that stands, and how it is read where it is not remembered.
trait Stands: Sized + PartialEq + Debug + Send + Sync + 'static {
    /// What it is asked for by, beside the view.
    type Asked: Hash + Eq + Clone + Send + Sync + 'static;

    fn memory() -> &'static Memory<Self>;

    fn read(
        conn: &mut PgConnection,
        day: NaiveDate,
        asked: &Self::Asked,
    ) -> impl Future<Output = Result<Self, StorageError>> + Send;
}

type Memory<T> = Cache<(View, <T as Stands>::Asked), Arc<T>>;

/// The articles of a basket.
type Basket = (ContractId, Vec<String>);

impl Stands for Terms {
    type Asked = Basket;

    fn memory() -> &'static Memory<Self> {
        static MEMORY: LazyLock<Memory<Terms>> = LazyLock::new(|| Cache::new(CONTRACTS));
        &MEMORY
    }

    async fn read(conn: &mut PgConnection, day: NaiveDate, (id, articles): &Basket) -> Result<Self, StorageError> {
        let items = item::items(&mut *conn, *id, articles, day).await?;
        let contract = contract::terms(&mut *conn, *id, items, day).await?;
        let law = procurement_law(&mut *conn, *id, day).await?;
        Ok(Self { contract, depends_on_earlier: turns::depends_on_earlier(conn, *id).await?, law })
    }
}

impl Stands for Party {
    /// The body and its member.
    type Asked = (OrganisationId, OrganisationId);

    fn memory() -> &'static Memory<Self> {
        static MEMORY: LazyLock<Memory<Party>> = LazyLock::new(|| Cache::new(MEMBERS));
        &MEMORY
    }

    async fn read(conn: &mut PgConnection, day: NaiveDate, (body, id): &Self::Asked) -> Result<Self, StorageError> {
        Ok(Self {
            member: member::member(&mut *conn, *body, *id, day).await?,
            parameters: of_law_and_house(&mut *conn, *id, day).await?,
            budget_mode: budgets::mode_on(conn, *id, day).await?,
        })
    }
}

impl Stands for OfMember {
    type Asked = (Basket, OrganisationId);

    fn memory() -> &'static Memory<Self> {
        static MEMORY: LazyLock<Memory<OfMember>> = LazyLock::new(|| Cache::new(OF_MEMBERS));
        &MEMORY
    }

    async fn read(
        conn: &mut PgConnection,
        day: NaiveDate,
        ((id, articles), member): &Self::Asked,
    ) -> Result<Self, StorageError> {
        Ok(Self {
            entitlements: contract::entitlements(&mut *conn, *id, *member).await?,
            acceded: contract::has_acceded(&mut *conn, *id, *member, day).await?,
            baselines: item::baselines(conn, *id, *member, articles, day).await?,
        })
    }
}

/// The terms of a contract for these articles.
pub(super) async fn terms(
    conn: &mut PgConnection,
    view: &View,
    id: ContractId,
    articles: &[String],
) -> Result<Arc<Terms>, StorageError> {
    remembered(conn, view, (id, articles.to_vec())).await
}

/// A member of a body.
pub(super) async fn party(
    conn: &mut PgConnection,
    view: &View,
    body: OrganisationId,
    id: OrganisationId,
) -> Result<Arc<Party>, StorageError> {
    remembered(conn, view, (body, id)).await
}

/// What a contract holds for a member and these articles.
pub(super) async fn of_member(
    conn: &mut PgConnection,
    view: &View,
    id: ContractId,
    member: OrganisationId,
    articles: &[String],
) -> Result<Arc<OfMember>, StorageError> {
    remembered(conn, view, ((id, articles.to_vec()), member)).await
}

/// What is remembered, or what is read now and remembered from here on. A debug build reads every time and
/// stops where the memory is wrong: then a table lacks its trigger.
async fn remembered<T: Stands>(conn: &mut PgConnection, view: &View, asked: T::Asked) -> Result<Arc<T>, StorageError> {
    let key = (view.clone(), asked);
    if let Some(known) = T::memory().get(&key) {
        if cfg!(debug_assertions) {
            let now = T::read(&mut *conn, view.day, &key.1).await?;
            let same_state = self::view(conn, view.day).await?.state == view.state;
            assert!(!same_state || *known == now, "facts changed, their state did not: {known:?} was {now:?}");
        }
        return Ok(known);
    }
    let value = Arc::new(T::read(conn, view.day, &key.1).await?);
    T::memory().insert(key, Arc::clone(&value));
    Ok(value)
}
