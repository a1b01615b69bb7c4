//! May this member call off from this contract today? The rules about membership, entitlement and term
//! answer it before anything is asked for; the review of a call-off asks them again.

use abruf_domain::entitlement;
use abruf_domain::facts::{Covers, Entitlement};
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Volume;
use abruf_domain::period::berlin_date;
use abruf_domain::{Facts, Outcome};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::http::finding_view::FindingView;
use crate::http::pages::written::day;
use crate::storage::contracts::Contract;
use crate::storage::{StorageError, facts};

/// How a member stands to a contract today.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What stands in the way, in the order of the rule book.
    pub blocks: Vec<FindingView>,
    /// The body orders for its members here.
    pub through_body: bool,
    exhausted: bool,
    entitled: bool,
    facts: Facts,
}

impl Standing {
    /// Asks the rules about `member` and a visible contract.
    pub async fn of(
        conn: &mut PgConnection,
        contract: &Contract,
        member: OrganisationId,
        now: DateTime<Utc>,
    ) -> Result<Self, StorageError> {
        let facts = facts::without_request(conn, contract.id, contract.body, member, now).await?;
        let findings = entitlement::findings(&facts, berlin_date(now));
        let blocks = findings
            .iter()
            .filter(|finding| finding.outcome == Outcome::Block)
            .map(|finding| FindingView::on_page(finding, &contract.currency))
            .collect();
        Ok(Self {
            blocks,
            through_body: contract.supply_chain == "through_body",
            entitled: !entitlement::is_denied(&findings),
            exhausted: contract.ceiling.free() == Some(Volume::ZERO),
            facts,
        })
    }

    /// Whether a call-off can be begun.
    #[must_use]
    pub fn may_call_off(&self) -> bool {
        !self.exhausted && self.blocks.is_empty()
    }

    /// Nothing about the member itself stands in the way.
    #[must_use]
    pub const fn is_entitled(&self) -> bool {
        self.entitled
    }

    /// Nothing is left.
    #[must_use]
    pub const fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// Why not, in a few words for lists; empty if nothing is in the way.
    #[must_use]
    pub fn short_reason(&self) -> &'static str {
        match self.blocks.first().map(|block| block.rule.as_str()) {
            Some("member-active") => "Mitgliedschaft gilt heute nicht",
            Some("member-entitled" | "accession-after-notice" | "entitlement-after-notice") => "nicht abrufberechtigt",
            Some("contract-active") => "Vertrag ist nicht aktiv",
            Some("within-term") => "außerhalb der Laufzeit",
            Some(_) => "für Abrufe gesperrt",
            None if self.exhausted => "ausgeschöpft",
            None => "",
        }
    }

    /// Why the member may: its entry or group, with document and date.
    #[must_use]
    pub fn entitlement_line(&self) -> Option<String> {
        if self.through_body {
            let member = &self.facts.member.name;
            return Some(format!(
                "Die Genossenschaft ist abrufberechtigt. {member} bestellt bei ihr in-house (§ 108 GWB)."
            ));
        }
        let entry = self.entitlement()?;
        let member = &self.facts.member.name;
        let dated = entry.proven_on.map(|on| format!(", Stand {}", day(on))).unwrap_or_default();
        Some(match entry.covers {
            Covers::Named { .. } => format!(
                "{member} steht seit dem {} auf der Liste der Abrufberechtigten: {}{dated}.",
                day(entry.validity.from),
                entry.document
            ),
            Covers::Category { .. } => format!(
                "{member} gehört zu der Gruppe, die in der Bekanntmachung als abrufberechtigt genannt ist: {}{dated}.",
                entry.document
            ),
        })
    }

    /// Since when it is a member.
    #[must_use]
    pub fn membership_line(&self) -> Option<String> {
        let membership = self.facts.member.membership_on(berlin_date(self.facts.evaluated_at))?;
        Some(format!("{} ist seit dem {} Mitglied.", self.facts.member.name, day(membership.from)))
    }

    fn entitlement(&self) -> Option<&Entitlement> {
        let today = berlin_date(self.facts.evaluated_at);
        self.facts
            .contract
            .entitlements
            .iter()
            .find(|entry| entry.covers.covers(&self.facts.member) && entry.validity.contains(today))
    }
}
