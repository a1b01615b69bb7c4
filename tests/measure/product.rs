//! People who order from one contract of the demo, one step after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::desk::Desk;
use crate::program::Program;
use crate::timing::Times;
use crate::{Result, now, say};

/// What one round of the product took.
#[derive(Default)]
pub struct Round {
    pub review: Times,
    pub submission: Times,
    pub release: Times,
}

/// So many desks of one town, and the contract all of them order from.
pub struct Office {
    desks: Vec<Arc<Desk>>,
    contract: Arc<str>,
}

impl Office {
    pub async fn open(program: &Program, clients: usize) -> Result<Self> {
        let mut desks = Vec::with_capacity(clients);
        for _ in 0..clients {
            let desk = Desk::open(program, "buchen@altenrode.example", "freigabe@altenrode.example").await?;
            desks.push(Arc::new(desk));
        }
        let contract = desks.first().ok_or("nobody is there")?.contract().await?;
        Ok(Self { desks, contract: contract.into() })
    }
}

async fn order(desk: &Desk, contract: &str, round: &mut Round) -> Result<()> {
    let id = desk.draft(contract).await?;
    round.review.add(desk.review(&id).await?);
    round.submission.add(desk.submit(&id).await?);
    round.release.add(desk.release(&id).await?);
    Ok(())
}

/// All of them order for so long.
pub async fn run(office: &Office, seconds: Duration) -> Result<Round> {
    let tasks: Vec<_> = office
        .desks
        .iter()
        .map(|desk| {
            let (desk, contract) = (Arc::clone(desk), Arc::clone(&office.contract));
            tokio::spawn(async move {
                let mut round = Round::default();
                let begin = now();
                while begin.elapsed() < seconds {
                    order(&desk, &contract, &mut round).await?;
                }
                Result::Ok(round)
            })
        })
        .collect();
    let mut all = Round::default();
    for task in tasks {
        let round = task.await??;
        all.review.extend(round.review);
        all.submission.extend(round.submission);
        all.release.extend(round.release);
    }
    Ok(all)
}

/// So many orders, as fast as it goes.
pub async fn make(office: &Office, count: usize) -> Result<()> {
    let left = Arc::new(AtomicUsize::new(count));
    let tasks: Vec<_> = office
        .desks
        .iter()
        .map(|desk| {
            let (desk, contract, left) = (Arc::clone(desk), Arc::clone(&office.contract), Arc::clone(&left));
            tokio::spawn(async move {
                let mut round = Round::default();
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    order(&desk, &contract, &mut round).await?;
                }
                Result::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    say(&format!("{count} more orders made"));
    Ok(())
}
