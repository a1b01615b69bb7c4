//! What towns and members would have saved: analyses with their lines and sums, and the lists they are compared with.

use abruf_domain::ids::{ContractId, ItemId, OrganisationId};
use abruf_domain::money::{Net, Quantity};
use abruf_domain::what_would_be_saved::{ListedItem, MatchedBy, Purchase, Unmatched};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;
use super::purchase_uploads::Uploader;

/// An analysis without its lines.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Which.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// Day of the price lists.
    pub prices_of: NaiveDate,
    /// Rows of the file behind its header.
    pub rows_read: i32,
    /// Of these: could not be read.
    pub rows_rejected: i32,
    /// The office may see the sums.
    pub consent: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it goes; `None`: kept.
    pub delete_after: Option<DateTime<Utc>>,
}

/// What a line would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// The contract.
    pub contract: ContractId,
    /// The item.
    pub item: ItemId,
    /// How it was recognised.
    pub by: MatchedBy,
    /// What the list asks.
    pub ours: Net,
}

/// A line with its judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalysedLine {
    /// The purchase.
    pub purchase: Purchase,
    /// What it would have been, or why nothing.
    pub matched: Result<Matched, Unmatched>,
}

/// A new analysis.
#[derive(Debug)]
pub struct NewAnalysis<'a> {
    /// As it will stand.
    pub analysis: &'a Analysis,
    /// Whose contracts.
    pub body: OrganisationId,
    /// Whose purchases.
    pub uploader: Uploader,
    /// The member they belong to, where the invited town is one.
    pub member: Option<OrganisationId>,
    /// ISO 4217 of lines without one.
    pub currency: &'a str,
}

/// The items of a body's contracts in force on `day`, by contract and number.
pub async fn catalogue(
    conn: &mut PgConnection,
    body: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<ListedItem>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT i.contract_id, i.id, i.article_number, i.title, i.unit, f.currency,
                  coalesce((SELECT t.kind = 'subscription' FROM price_term t
                            WHERE t.contract_id = i.contract_id AND t.item_id = i.id AND t.released_at IS NOT NULL
                              AND t.valid_from <= $2 AND (t.valid_to IS NULL OR $2 <= t.valid_to)
                            ORDER BY t.version DESC LIMIT 1), false) AS "by_month!"
           FROM item i
           JOIN framework_contract f ON f.id = i.contract_id
           WHERE f.body_id = $1 AND f.status = 'active'
             AND $2 <= greatest(f.ends_on, (SELECT max(o.new_end) FROM contract_option o
                                            WHERE o.contract_id = f.id AND o.exercised_on <= o.notice_deadline))
           ORDER BY f.number, i.article_number, i.id"#,
        body.0,
        day
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ListedItem {
            contract: ContractId(row.contract_id),
            item: ItemId(row.id),
            article_number: row.article_number,
            title: row.title,
            unit: row.unit,
            by_month: row.by_month,
            currency: row.currency,
        })
        .collect())
}

/// Writes an analysis with its lines and sums; the one before goes.
pub async fn replace(
    conn: &mut PgConnection,
    new: &NewAnalysis<'_>,
    lines: &[AnalysedLine],
) -> Result<(), StorageError> {
    delete(&mut *conn, new.uploader).await?;
    let (invitation, member) = new.uploader.columns();
    let it = new.analysis;
    sqlx::query!(
        "INSERT INTO purchase_analysis (id, body_id, invitation_id, member_id, file_name, currency, prices_of, rows_read,
                                        rows_rejected, consent, created_at, delete_after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        it.id,
        new.body.0,
        invitation,
        member.or(new.member.map(|member| member.0)),
        it.file_name,
        new.currency,
        it.prices_of,
        it.rows_read,
        it.rows_rejected,
        it.consent,
        it.created_at,
        it.delete_after
    )
    .execute(&mut *conn)
    .await?;
    insert_lines(&mut *conn, it.id, lines).await?;
    sqlx::query!(
        "INSERT INTO purchase_sum (analysis_id, contract_id, lines, articles, paid_net, ours_net)
         SELECT analysis_id, contract_id, count(*), count(DISTINCT item_id), sum(paid_net), sum(ours_net)
         FROM purchase_line
         WHERE analysis_id = $1 AND contract_id IS NOT NULL
         GROUP BY analysis_id, contract_id",
        it.id
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_lines(conn: &mut PgConnection, analysis: Uuid, lines: &[AnalysedLine]) -> Result<(), StorageError> {
    let texts = |of: fn(&Purchase) -> &str| lines.iter().map(|it| of(&it.purchase).to_owned()).collect::<Vec<_>>();
    let matched =
        |of: fn(&Matched) -> Uuid| lines.iter().map(|it| it.matched.as_ref().ok().map(of)).collect::<Vec<_>>();
    let numbers: Vec<i32> = lines.iter().map(|it| i32::try_from(it.purchase.line).unwrap_or(i32::MAX)).collect();
    let quantities: Vec<Decimal> = lines.iter().map(|it| it.purchase.quantity.decimal()).collect();
    let paid: Vec<Decimal> = lines.iter().map(|it| it.purchase.paid.decimal()).collect();
    let days: Vec<Option<NaiveDate>> = lines.iter().map(|it| it.purchase.bought_on).collect();
    let ours: Vec<Option<Decimal>> = lines.iter().map(|it| it.matched.ok().map(|it| it.ours.decimal())).collect();
    let words: Vec<Option<i32>> = lines
        .iter()
        .map(|it| match it.matched {
            Ok(Matched { by: MatchedBy::Description(share), .. }) => Some(i32::from(share)),
            _ => None,
        })
        .collect();
    let reasons: Vec<Option<String>> = lines.iter().map(|it| it.matched.err().map(|it| it.key().to_owned())).collect();
    sqlx::query!(
        "INSERT INTO purchase_line (analysis_id, line, article_number, description, unit, quantity, paid_net, currency,
                                    bought_on, contract_id, item_id, words_in_common, ours_net, reason)
         SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::numeric[], $8::text[],
                                  $9::date[], $10::uuid[], $11::uuid[], $12::int[], $13::numeric[], $14::text[])",
        analysis,
        &numbers,
        &texts(|it| &it.article_number),
        &texts(|it| &it.description),
        &texts(|it| &it.unit),
        &quantities,
        &paid,
        &texts(|it| &it.currency),
        &days as &[Option<NaiveDate>],
        &matched(|it| it.contract.0) as &[Option<Uuid>],
        &matched(|it| it.item.0) as &[Option<Uuid>],
        &words as &[Option<i32>],
        &ours as &[Option<Decimal>],
        &reasons as &[Option<String>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest analysis of an uploader that has not run out; of a member also that of the invitation it joined by.
pub async fn find(
    conn: &mut PgConnection,
    uploader: Uploader,
    now: DateTime<Utc>,
) -> Result<Option<Analysis>, StorageError> {
    let (invitation, member) = uploader.columns();
    Ok(sqlx::query_as!(
        Analysis,
        "SELECT id, file_name, prices_of, rows_read, rows_rejected, consent, created_at, delete_after
         FROM purchase_analysis
         WHERE (invitation_id = $1 OR member_id = $2) AND (delete_after IS NULL OR $3 < delete_after)
         ORDER BY created_at DESC, id
         LIMIT 1",
        invitation,
        member,
        now
    )
    .fetch_optional(conn)
    .await?)
}

/// The lines of a visible analysis, in the order of the file.
pub async fn lines(conn: &mut PgConnection, analysis: Uuid) -> Result<Vec<AnalysedLine>, StorageError> {
    let rows = sqlx::query!(
        "SELECT line, article_number, description, unit, quantity, paid_net, currency, bought_on, contract_id, item_id,
                words_in_common, ours_net, reason
         FROM purchase_line WHERE analysis_id = $1
         ORDER BY line",
        analysis
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = |value, column| consistent(Net::new(value), "purchase_line", column, row.line);
            let by = match row.words_in_common {
                Some(share) => MatchedBy::Description(u8::try_from(share).unwrap_or(100)),
                None => MatchedBy::Article,
            };
            let matched = match (row.contract_id, row.item_id, row.ours_net) {
                (Some(contract), Some(item), Some(ours)) => {
                    Ok(Matched { contract: ContractId(contract), item: ItemId(item), by, ours: net(ours, "ours_net")? })
                }
                _ => Err(row.reason.as_deref().and_then(Unmatched::from_key).unwrap_or(Unmatched::NotListed)),
            };
            Ok(AnalysedLine {
                purchase: Purchase {
                    line: u64::from(row.line.unsigned_abs()),
                    article_number: row.article_number,
                    description: row.description,
                    unit: row.unit,
                    quantity: consistent(Quantity::new(row.quantity), "purchase_line", "quantity", row.line)?,
                    paid: net(row.paid_net, "paid_net")?,
                    currency: row.currency,
                    bought_on: row.bought_on,
                },
                matched,
            })
        })
        .collect()
}

/// Deletes the analyses of an uploader; of a member those it made itself.
pub async fn delete(conn: &mut PgConnection, uploader: Uploader) -> Result<u64, StorageError> {
    let (invitation, member) = uploader.columns();
    let done = sqlx::query!(
        "DELETE FROM purchase_analysis WHERE invitation_id = $1 OR (member_id = $2 AND invitation_id IS NULL)",
        invitation,
        member
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes one visible analysis.
pub async fn delete_one(conn: &mut PgConnection, id: Uuid) -> Result<bool, StorageError> {
    let done = sqlx::query!("DELETE FROM purchase_analysis WHERE id = $1", id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Hands the analyses of invited towns that have become members over to them: these stay. Returns how many.
pub async fn hand_over_to_members(conn: &mut PgConnection, day: NaiveDate) -> Result<u64, StorageError> {
    let done = sqlx::query!(
        "UPDATE purchase_analysis a SET member_id = o.id, delete_after = NULL
         FROM newcomer_invitation i
         JOIN organisation o ON o.official_key = i.official_key
         WHERE i.id = a.invitation_id AND a.delete_after IS NOT NULL
           AND EXISTS (SELECT FROM membership m
                       WHERE m.body_id = a.body_id AND m.member_id = o.id AND (m.effective_to IS NULL OR $1 <= m.effective_to))",
        day
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes what nobody joined for in time; returns which, and of which body.
pub async fn delete_due(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<(Uuid, OrganisationId)>, StorageError> {
    let rows = sqlx::query!("DELETE FROM purchase_analysis WHERE delete_after <= $1 RETURNING id, body_id", now)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, OrganisationId(row.body_id))).collect())
}

/// The member an invited town is, if it is one on this day or later.
pub async fn member_with_key(
    conn: &mut PgConnection,
    body: OrganisationId,
    official_key: &str,
    day: NaiveDate,
) -> Result<Option<OrganisationId>, StorageError> {
    let known = super::members::with_official_keys(conn, body, &[official_key.to_owned()], day).await?;
    Ok(known.first().map(|(_, member)| *member))
}

/// Contract and text of an item, for a line that matched it.
#[derive(Debug, Clone)]
pub struct ItemText {
    /// Which.
    pub id: ItemId,
    /// Article number of the list.
    pub article_number: String,
    /// Text of the list.
    pub title: String,
    /// Unit of the list.
    pub unit: String,
}

/// The texts of these items.
pub async fn item_texts(conn: &mut PgConnection, items: &[Uuid]) -> Result<Vec<ItemText>, StorageError> {
    Ok(sqlx::query_as!(ItemText, "SELECT id, article_number, title, unit FROM item WHERE id = ANY ($1)", items)
        .fetch_all(conn)
        .await?)
}
