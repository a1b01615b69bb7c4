//! What a town may call off from which day, and what not and why: the rules about membership, entitlement and term,
//! asked for a member as it is, or for a town as if it joined today.

use abruf_domain::entitlement;
use abruf_domain::facts::{AuthorityClass, Covers, Member};
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Volume;
use abruf_domain::period::{Validity, noon_of};
use abruf_domain::{Finding, Outcome};
use chrono::NaiveDate;

use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::contracts::{self, Contract};
use crate::storage::{StorageError, facts};

/// Contracts in this state are shown to those who are no members.
const IN_FORCE: &str = "active";

/// Who asks.
#[derive(Debug, Clone)]
pub enum Prospect {
    /// A member.
    Member(OrganisationId),
    /// A town that is none: what it would be as one.
    Town {
        /// Its name.
        name: String,
        /// Its legal kind.
        kind: String,
        /// ISO 3166-2.
        region: String,
    },
}

/// How the asker stands to a contract.
#[derive(Debug, Clone)]
pub struct ContractProspect {
    /// The contract.
    pub contract: Contract,
    /// First and last day on which it may call off; `None`: it may not.
    pub span: Option<(NaiveDate, NaiveDate)>,
    /// What stands in the way.
    pub blocks: Vec<Finding>,
    /// Nothing is left of the contract.
    pub exhausted: bool,
}

impl ContractProspect {
    /// Whether it may call off, now or from a later day.
    #[must_use]
    pub fn may_call_off(&self) -> bool {
        self.blocks.is_empty() && self.span.is_some() && !self.exhausted
    }
}

/// How the asker stands to each contract of the body that is in force.
///
/// Read by the program itself, since a town that is no member may see no contract; it learns of each its number,
/// title and term, as the public notice says them, and the answer.
///
/// # Errors
/// If the database fails.
pub async fn prospects(
    app: &App,
    body: OrganisationId,
    prospect: &Prospect,
) -> Result<Vec<ContractProspect>, StorageError> {
    let today = app.clock.today();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let mut all = Vec::new();
    for contract in contracts::list(&mut tx, None).await? {
        if contract.body != body || contract.status != IN_FORCE || contract.effective_end < today {
            continue;
        }
        let day = today.max(contract.starts_on);
        let at = if day == today { app.clock.now() } else { noon_of(day) };
        let facts = match prospect {
            Prospect::Member(member) => facts::without_request(&mut tx, contract.id, body, *member, at).await?,
            // The town is nobody to the database yet; the body stands in while the contract is read.
            Prospect::Town { name, kind, region } => {
                let mut facts = facts::without_request(&mut tx, contract.id, body, body, at).await?;
                facts.contract.entitlements.retain(|it| matches!(it.covers, Covers::Category { .. }));
                facts.member = as_member(facts.member, name, kind, region, today);
                facts
            }
        };
        let blocks = entitlement::findings(&facts, day).into_iter().filter(|it| it.outcome == Outcome::Block).collect();
        all.push(ContractProspect {
            span: entitlement::span(&facts, day),
            blocks,
            exhausted: contract.ceiling.free() == Some(Volume::ZERO),
            contract,
        });
    }
    tx.rollback().await?;
    Ok(all)
}

/// The town as the member it would be from `today` on; the body's in-house evidence stays its own.
fn as_member(body: Member, name: &str, kind: &str, region: &str, today: NaiveDate) -> Member {
    let validity = Validity { from: today, to: None };
    Member {
        name: name.to_owned(),
        kind: kind.to_owned(),
        region: region.to_owned(),
        memberships: vec![validity],
        suspensions: Vec::new(),
        authority: Some(vec![AuthorityClass {
            class: "§ 99 Nr. 1 GWB".to_owned(), validity, document: String::new()
        }]),
        ..body
    }
}
