//! Guard rows and the volume ledger: where a ceiling is held.
//!
//! **How a ceiling is never exceeded.** An action reads, decides and writes first, and takes the
//! guard rows last, in a fixed order (items, lots, quotas, then the contract's value row), each with
//! one guarded `UPDATE`. PostgreSQL re-checks the condition on the newest version of the row after
//! waiting for it, so two clerks in the same millisecond are decided one after the other; the second
//! finds no row, rolls back, reads again and is told why. The order prevents deadlocks and must stay.
//! `guard_ceiling_holds` refuses the same once more.
//!
//! The ledger is the truth and the guard row its sum; `abruf verify` compares them.

use abruf_domain::facts::{Measure, Scope, ScopeState};
use abruf_domain::ids::{CallOffId, ContractId, GuardId, ItemId, LotId, OrganisationId};
use abruf_domain::money::Volume;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::audit_log::Record;
use super::error::consistent;

/// A change of one guard row by one call-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// Which row.
    pub guard: GuardId,
    /// What it is about; the contract's value row comes last.
    pub scope: Scope,
    /// What it counts.
    pub measure: Measure,
    /// Change of `reserved`.
    pub reserved: Volume,
    /// Change of `authorised`.
    pub authorised: Volume,
}

impl Movement {
    /// Whether this is the row that also carries numbers and the audit chain.
    fn is_contract_value(&self) -> bool {
        self.scope == Scope::Contract && self.measure == Measure::Value
    }

    /// Place in the fixed order.
    fn rank(&self) -> (u8, GuardId) {
        let rank = match self.scope {
            Scope::Item(_) => 0,
            Scope::Lot(_) => 1,
            Scope::Member => 2,
            Scope::Contract if self.measure == Measure::Quantity => 3,
            Scope::Contract => 4,
        };
        (rank, self.guard)
    }
}

/// What the contract's value row answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Moved; the last number issued (grown by one if a number was asked for).
    Moved {
        /// `last_number` after the movement.
        last_number: i32,
    },
    /// A ceiling refused: read and decide again.
    Refused,
}

/// Whether the contract's next number is taken along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// This movement makes an order.
    TakeNext,
    /// It does not.
    None,
}

/// Moves volume in the fixed order and appends `record` to the contract's chain with the last
/// statement. After [`Held::Refused`] the transaction must be rolled back.
pub async fn hold(
    conn: &mut PgConnection,
    contract: ContractId,
    movements: &[Movement],
    numbering: Numbering,
    record: &Record,
) -> Result<Held, StorageError> {
    let mut ordered: Vec<&Movement> = movements.iter().filter(|movement| !movement.is_contract_value()).collect();
    ordered.sort_by_key(|movement| movement.rank());
    for movement in ordered {
        // What grows must fit under the limit and find no breach, and so must an order, though it only
        // turns reserved volume into authorised; what merely shrinks always may.
        let done = sqlx::query!(
            "UPDATE guard
             SET reserved = reserved + $3, authorised = authorised + $4, version = version + 1
             WHERE contract_id = $1 AND id = $2
               AND (($3::numeric + $4::numeric <= 0 AND $4 <= 0) OR (NOT breached AND (NOT hard OR limit_amount IS NULL
                    OR authorised + recorded + reserved + $3 + $4 <= limit_amount)))",
            contract.0,
            movement.guard.0,
            movement.reserved.decimal(),
            movement.authorised.decimal(),
        )
        .execute(&mut *conn)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(Held::Refused);
        }
    }
    let value = movements.iter().find(|movement| movement.is_contract_value());
    let (reserved, authorised) =
        value.map_or((Volume::ZERO, Volume::ZERO), |movement| (movement.reserved, movement.authorised));
    let row = sqlx::query!(
        r#"WITH held AS (
             UPDATE guard
             SET reserved = reserved + $2, authorised = authorised + $3, version = version + 1,
                 last_number = last_number + $4,
                 chain_length = chain_length + 1, chain_previous = chain_head, chain_head = sha256(chain_head || $5)
             WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'
               AND (NOT breached OR ($2::numeric + $3::numeric <= 0 AND $4 = 0))
               AND ($2::numeric + $3::numeric <= 0 OR limit_amount IS NULL OR authorised + recorded + reserved + $2 + $3 <= limit_amount)
             RETURNING last_number, chain_length, chain_previous, chain_head
           ), entry AS (
             INSERT INTO audit_entry (chain_id, sequence, body_id, call_off_id, member_id, action, at, canonical, leaf_hash, previous_hash, chain_hash)
             SELECT $1, held.chain_length, $6, $7, $8, $9, $10::text::timestamptz, $11, $5, held.chain_previous, held.chain_head
             FROM held
           ), detail AS (
             INSERT INTO audit_detail (chain_id, leaf_hash, member_id, body_id, salt, detail)
             SELECT $1, $5, $8, $6, $12, $13
             WHERE $12::bytea IS NOT NULL
           )
           SELECT last_number FROM held"#,
        contract.0,
        reserved.decimal(),
        authorised.decimal(),
        i32::from(numbering == Numbering::TakeNext),
        &record.leaf[..],
        record.concerns.body.map(Uuid::from),
        record.concerns.call_off.map(Uuid::from),
        record.concerns.member.map(Uuid::from),
        record.entry.action,
        record.entry.at,
        record.canonical,
        record.salt(),
        record.detail(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map_or(Held::Refused, |row| Held::Moved { last_number: row.last_number }))
}

/// Kind of a ledger entry made by a call-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A request reserves.
    Reserve,
    /// A reservation ends.
    GiveBack,
    /// A release authorises.
    Authorise,
    /// A cancellation returns authorised volume.
    Cancel,
    /// The rest of a partly cancelled order costs more than the whole did.
    Reprice,
}

impl EntryKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::GiveBack => "give_back",
            Self::Authorise => "authorise",
            Self::Cancel => "cancel",
            Self::Reprice => "reprice",
        }
    }

    const fn account(self) -> &'static str {
        match self {
            Self::Reserve | Self::GiveBack => "reserved",
            Self::Authorise | Self::Cancel | Self::Reprice => "authorised",
        }
    }
}

/// Writes ledger entries of a call-off: one per guard, amounts signed.
pub async fn write_entries(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    kind: EntryKind,
    amounts: &[(Uuid, GuardId, Volume)],
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = amounts.iter().map(|(id, _, _)| *id).collect();
    let guards: Vec<Uuid> = amounts.iter().map(|(_, guard, _)| guard.0).collect();
    let volumes: Vec<_> = amounts.iter().map(|(_, _, volume)| volume.decimal()).collect();
    sqlx::query!(
        "INSERT INTO volume_entry (contract_id, id, guard_id, call_off_id, kind, account, amount, at)
         SELECT $1, id, guard_id, $2, $3, $4, amount, $5
         FROM unnest($6::uuid[], $7::uuid[], $8::numeric[]) AS entry (id, guard_id, amount)",
        contract.0,
        call_off.0,
        kind.key(),
        kind.account(),
        at,
        &ids,
        &guards,
        &volumes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ledger entries turned by ninety degrees, as `unnest` takes them.
pub(super) struct LedgerColumns {
    pub ids: Vec<Uuid>,
    pub kinds: Vec<String>,
    pub accounts: Vec<String>,
    pub guards: Vec<Uuid>,
    pub amounts: Vec<Decimal>,
}

impl LedgerColumns {
    pub fn of(entries: &[(Uuid, EntryKind, GuardId, Volume)]) -> Self {
        Self {
            ids: entries.iter().map(|(id, ..)| *id).collect(),
            kinds: entries.iter().map(|(_, kind, ..)| kind.key().to_owned()).collect(),
            accounts: entries.iter().map(|(_, kind, ..)| kind.account().to_owned()).collect(),
            guards: entries.iter().map(|(_, _, guard, _)| guard.0).collect(),
            amounts: entries.iter().map(|(.., amount)| amount.decimal()).collect(),
        }
    }
}

/// What a call-off holds in each guard row, by account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Which row.
    pub guard: GuardId,
    /// What it is about.
    pub scope: Scope,
    /// What it counts.
    pub measure: Measure,
    /// Reserved by this call-off.
    pub reserved: Volume,
    /// Authorised by this call-off.
    pub authorised: Volume,
}

/// Sums of the ledger for one call-off.
pub async fn holdings(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Vec<Holding>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT g.id, g.scope, g.measure, g.lot_id, g.item_id,
                  coalesce(sum(e.amount) FILTER (WHERE e.account = 'reserved'), 0) AS "reserved!",
                  coalesce(sum(e.amount) FILTER (WHERE e.account = 'authorised'), 0) AS "authorised!"
           FROM volume_entry e
           JOIN guard g ON g.contract_id = e.contract_id AND g.id = e.guard_id
           WHERE e.contract_id = $1 AND e.call_off_id = $2
           GROUP BY g.id, g.scope, g.measure, g.lot_id, g.item_id
           ORDER BY g.id"#,
        contract.0,
        call_off.0,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Holding {
                guard: GuardId(row.id),
                scope: scope(&row.scope, row.lot_id, row.item_id, row.id)?,
                measure: measure(&row.measure, row.id)?,
                reserved: consistent(Volume::new(row.reserved), "volume_entry", "amount", row.id)?,
                authorised: consistent(Volume::new(row.authorised), "volume_entry", "amount", row.id)?,
            })
        })
        .collect()
}

/// Holds the running totals of these articles until the transaction ends, before they are read: where a
/// price depends on what was called off before, its position has to be the newest. Takes every item
/// row of the call-off in the fixed order, so that the movements later wait for nothing out of turn;
/// none where all prices stand alone.
pub async fn lock_running_totals(
    conn: &mut PgConnection,
    contract: ContractId,
    articles: &[String],
) -> Result<(), StorageError> {
    sqlx::query!(
        "WITH asked AS (SELECT id FROM item WHERE contract_id = $1 AND article_number = ANY ($2))
         SELECT g.id
         FROM guard g
         WHERE g.contract_id = $1 AND g.scope = 'item' AND g.item_id IN (SELECT id FROM asked)
           AND EXISTS (SELECT FROM price_term p
                       WHERE p.contract_id = $1 AND p.item_id IN (SELECT id FROM asked)
                         AND p.clause ->> 'counted' IN ('per_member', 'per_contract'))
         ORDER BY g.id
         FOR NO KEY UPDATE OF g",
        contract.0,
        articles,
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// The guard rows a call-off of `member` with these lots and items touches.
pub async fn scopes(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
    lots: &[Uuid],
    items: &[Uuid],
) -> Result<Vec<ScopeState>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, scope, measure, lot_id, item_id, limit_amount, hard, authorised, recorded, reserved, breached
         FROM guard
         WHERE contract_id = $1
           AND (scope = 'contract' OR lot_id = ANY ($3) OR item_id = ANY ($4) OR member_id = $2)
         ORDER BY scope, measure, id",
        contract.0,
        member.0,
        lots,
        items,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let volume = |value, column| consistent(Volume::new(value), "guard", column, row.id);
            Ok(ScopeState {
                guard: GuardId(row.id),
                scope: scope(&row.scope, row.lot_id, row.item_id, row.id)?,
                measure: measure(&row.measure, row.id)?,
                limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
                hard: row.hard,
                authorised: volume(row.authorised, "authorised")?,
                recorded: volume(row.recorded, "recorded")?,
                reserved: volume(row.reserved, "reserved")?,
                breached: row.breached,
            })
        })
        .collect()
}

/// As [`scopes`], without what this call-off itself has reserved there: it must not stand in its own way. Tells
/// beside it what the call-off holds in each of these rows.
pub async fn scopes_beside(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    member: OrganisationId,
    lots: &[Uuid],
    items: &[Uuid],
) -> Result<(Vec<ScopeState>, Vec<Holding>), StorageError> {
    let rows = sqlx::query!(
        r#"WITH own AS MATERIALIZED (
             SELECT guard_id, coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved,
                    coalesce(sum(amount) FILTER (WHERE account = 'authorised'), 0) AS authorised
             FROM volume_entry
             WHERE contract_id = $1 AND call_off_id = $5
             GROUP BY guard_id
           )
           SELECT g.id, g.scope, g.measure, g.lot_id, g.item_id, g.limit_amount, g.hard, g.authorised, g.recorded, g.reserved, g.breached,
                  own.reserved AS "own_reserved?", own.authorised AS "own_authorised?"
           FROM guard g
           LEFT JOIN own ON own.guard_id = g.id
           WHERE g.contract_id = $1
             AND (g.scope = 'contract' OR g.lot_id = ANY ($3) OR g.item_id = ANY ($4) OR g.member_id = $2)
           ORDER BY g.scope, g.measure, g.id"#,
        contract.0,
        member.0,
        lots,
        items,
        call_off.0,
    )
    .fetch_all(conn)
    .await?;
    let (mut states, mut held) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let volume = |value, column| consistent(Volume::new(value), "guard", column, row.id);
        let (guard, scope, measure) =
            (GuardId(row.id), scope(&row.scope, row.lot_id, row.item_id, row.id)?, measure(&row.measure, row.id)?);
        let mut state = ScopeState {
            guard,
            scope,
            measure,
            limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
            hard: row.hard,
            authorised: volume(row.authorised, "authorised")?,
            recorded: volume(row.recorded, "recorded")?,
            reserved: volume(row.reserved, "reserved")?,
            breached: row.breached,
        };
        if let (Some(reserved), Some(authorised)) = (row.own_reserved, row.own_authorised) {
            let own = |value| consistent(Volume::new(value), "volume_entry", "amount", row.id);
            let holding = Holding { guard, scope, measure, reserved: own(reserved)?, authorised: own(authorised)? };
            state.reserved = state.reserved - holding.reserved;
            held.push(holding);
        }
        states.push(state);
    }
    Ok((states, held))
}

/// What became of a recorded fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It counts.
    Counted {
        /// Whether the limit is exceeded now.
        breached: bool,
    },
    /// The same amount stands there with the same evidence, and nobody has taken it back: one fact sent
    /// twice; nothing was written.
    Already,
    /// A correction takes back more than was ever recorded; nothing was written.
    BelowZero {
        /// What is recorded.
        recorded: Decimal,
    },
    /// The contract has no such guard row; nothing was written.
    NoSuchGuard,
}

/// Records a fact that happened outside, even above the limit: then the scope is breached. A negative
/// amount corrects earlier ones, and a breach that is none any more ends with it. Together they never
/// fall below zero: that would make room above the limit. A fact counts once, however often and from
/// however many windows it arrives: they wait for each other at the guard row.
pub async fn record(
    conn: &mut PgConnection,
    contract: ContractId,
    guard: GuardId,
    entry: Uuid,
    amount: Volume,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<Recorded, StorageError> {
    let before = sqlx::query_scalar!(
        "SELECT recorded FROM guard WHERE contract_id = $1 AND id = $2 FOR NO KEY UPDATE",
        contract.0,
        guard.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(before) = before else { return Ok(Recorded::NoSuchGuard) };
    let latest = sqlx::query_scalar!(
        "SELECT amount FROM volume_entry
         WHERE contract_id = $1 AND guard_id = $2 AND kind = 'record' AND reason = $4 AND abs(amount) = abs($3::numeric)
         ORDER BY at DESC, id DESC
         LIMIT 1",
        contract.0,
        guard.0,
        amount.decimal(),
        reason,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if latest == Some(amount.decimal()) {
        return Ok(Recorded::Already);
    }
    if before + amount.decimal() < Decimal::ZERO {
        return Ok(Recorded::BelowZero { recorded: before });
    }
    sqlx::query!(
        "INSERT INTO volume_entry (contract_id, id, guard_id, kind, account, amount, reason, at)
         VALUES ($1, $2, $3, 'record', 'recorded', $4, $5, $6)",
        contract.0,
        entry,
        guard.0,
        amount.decimal(),
        reason,
        at,
    )
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query!(
        r#"UPDATE guard
           SET recorded = recorded + $3, version = version + 1,
               breached = hard AND coalesce(limit_amount < authorised + recorded + reserved + $3, false)
           WHERE contract_id = $1 AND id = $2
           RETURNING breached"#,
        contract.0,
        guard.0,
        amount.decimal(),
    )
    .fetch_one(conn)
    .await?;
    Ok(Recorded::Counted { breached: row.breached })
}

/// What became of moving a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaMoved {
    /// Both rows have their new limits.
    Moved,
    /// The giver has less left than is to be given, or a recorded fact has breached a quota.
    TooLittleLeft,
    /// One of the two has no quota of this measure, or it is unlimited.
    NoQuota,
}

/// Moves part of a limit from one member's quota to another's: the sum of both stays, and neither falls
/// below what is consumed and reserved. All quota rows of both are taken by id, as movements take them,
/// whatever measure is moved first; after anything but [`QuotaMoved::Moved`] the transaction must be rolled back.
pub async fn move_quota(
    conn: &mut PgConnection,
    contract: ContractId,
    measure: Measure,
    giver: OrganisationId,
    taker: OrganisationId,
    amount: Volume,
) -> Result<QuotaMoved, StorageError> {
    let measure = match measure {
        Measure::Value => "value",
        Measure::Quantity => "quantity",
    };
    let rows = sqlx::query!(
        r#"SELECT id, measure, member_id AS "member_id!", limit_amount
           FROM guard
           WHERE contract_id = $1 AND scope = 'member' AND member_id IN ($2, $3)
           ORDER BY id
           FOR NO KEY UPDATE"#,
        contract.0,
        giver.0,
        taker.0,
    )
    .fetch_all(&mut *conn)
    .await?;
    let of_measure: Vec<_> = rows.into_iter().filter(|row| row.measure == measure).collect();
    if of_measure.len() != 2 || of_measure.iter().any(|row| row.limit_amount.is_none()) {
        return Ok(QuotaMoved::NoQuota);
    }
    for row in of_measure {
        let change = if row.member_id == giver.0 { -amount.decimal() } else { amount.decimal() };
        // A soft quota has no constraint behind it: what is taken stays covered here, too. One that is
        // exceeded already may grow.
        let done = sqlx::query!(
            "UPDATE guard
             SET limit_amount = limit_amount + $3, version = version + 1
             WHERE contract_id = $1 AND id = $2 AND NOT breached
               AND ($3::numeric > 0 OR authorised + recorded + reserved <= limit_amount + $3)",
            contract.0,
            row.id,
            change,
        )
        .execute(&mut *conn)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(QuotaMoved::TooLittleLeft);
        }
    }
    Ok(QuotaMoved::Moved)
}

pub(super) fn scope(key: &str, lot: Option<Uuid>, item: Option<Uuid>, row: Uuid) -> Result<Scope, StorageError> {
    let scope = match (key, lot, item) {
        ("contract", _, _) => Ok(Scope::Contract),
        ("member", _, _) => Ok(Scope::Member),
        ("lot", Some(lot), _) => Ok(Scope::Lot(LotId(lot))),
        ("item", _, Some(item)) => Ok(Scope::Item(ItemId(item))),
        _ => Err(format!("`{key}` is no scope")),
    };
    consistent(scope, "guard", "scope", row)
}

pub(super) fn measure(key: &str, row: Uuid) -> Result<Measure, StorageError> {
    let measure = match key {
        "value" => Ok(Measure::Value),
        "quantity" => Ok(Measure::Quantity),
        _ => Err(format!("`{key}` is no measure")),
    };
    consistent(measure, "guard", "measure", row)
}
