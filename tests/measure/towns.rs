//! Towns of the demo that can order development days: a buyer and an approver each.

use std::sync::Arc;

use abruf::embedded::Cluster;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnection;

use crate::desk::Desk;
use crate::program::Program;
use crate::{Result, say};

/// Two hundred contracts, and everybody of the demo can sign in.
pub async fn spread(cluster: &Cluster) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    sqlx::raw_sql(include_str!("spread.sql")).execute(&mut owner).await?;
    sqlx::raw_sql("ANALYZE").execute(&mut owner).await?;
    Ok(())
}

/// Ids of the contracts; the first is the hot one.
pub async fn contracts(cluster: &Cluster) -> Result<Vec<String>> {
    let mut owner = cluster.owner_options().connect().await?;
    Ok(sqlx::query_scalar("SELECT id::text FROM measured_contract ORDER BY position").fetch_all(&mut owner).await?)
}

/// Desks of `count` towns that can order and release without more ado: each has just done so once.
pub async fn desks(cluster: &Cluster, program: &Program, contract: &str, count: usize) -> Result<Vec<Arc<Desk>>> {
    let mut owner = cluster.owner_options().connect().await?;
    let mut desks = Vec::with_capacity(count);
    for (buyer, approver) in pairs(&mut owner).await? {
        if desks.len() == count {
            break;
        }
        let desk = Desk::open(program, &buyer, &approver).await?;
        let tried = async {
            let id = desk.draft(contract).await?;
            desk.submit(&id).await?;
            desk.release(&id).await
        };
        match tried.await {
            Ok(_) => desks.push(Arc::new(desk)),
            Err(error) => {
                say(&format!("{buyer} cannot order: {}", error.to_string().chars().take(160).collect::<String>()))
            }
        }
    }
    if desks.len() < count {
        return Err(format!("only {} of {count} towns can order", desks.len()).into());
    }
    Ok(desks)
}

async fn pairs(owner: &mut PgConnection) -> Result<Vec<(String, String)>> {
    let query = "WITH today AS (
             SELECT organisation_id, role, email, release_limit_gross
             FROM assignment JOIN person ON person.id = person_id
             WHERE valid_from <= current_date AND (valid_to IS NULL OR current_date <= valid_to) AND email IS NOT NULL
         )
         SELECT DISTINCT ON (o.name) b.email, a.email
         FROM organisation o
         JOIN today b ON b.organisation_id = o.id AND b.role = 'buyer'
         JOIN today a ON a.organisation_id = o.id AND a.role = 'approver' AND a.email <> b.email
         ORDER BY o.name, a.release_limit_gross DESC NULLS FIRST";
    Ok(sqlx::query_as(query).fetch_all(owner).await?)
}
