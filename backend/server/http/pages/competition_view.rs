//! A mini-competition as its pages show it: everything read once, in words.

use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Exclusion, Line, Standing};
use abruf_domain::money::{Net, Points, UnitPrice};
use abruf_domain::notation::Language::German;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::http::pages::written::{in_units, money, unit_price};
use crate::http::problem::Problem;
use crate::storage::mini_competition_deadlines::{self, Extension};
use crate::storage::mini_competition_messages::{self, Invitation, Question};
use crate::storage::mini_competition_offers::{self, OpenedOffer, Receipt, Scoring};
use crate::storage::mini_competitions::{self, Competition};

/// A competition with all that hangs on it; offers only once they are opened.
pub(super) struct CompetitionView {
    pub(super) it: Competition,
    pub(super) invitations: Vec<Invitation>,
    pub(super) questions: Vec<Question>,
    /// Deadlines that were left for later ones, oldest first.
    pub(super) extensions: Vec<Extension>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) offers: Vec<OpenedOffer>,
    pub(super) scoring: Option<Scoring>,
}

impl CompetitionView {
    /// Reads it; foreign is absent.
    pub(super) async fn read(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Self, Problem> {
        Ok(Self {
            it: mini_competitions::find(conn, id).await?.ok_or_else(Problem::not_found)?,
            invitations: mini_competition_messages::invitations(conn, id).await?,
            questions: mini_competition_messages::questions(conn, id).await?,
            extensions: mini_competition_deadlines::extensions(conn, id).await?,
            receipts: mini_competition_offers::receipts(conn, id).await?,
            offers: mini_competition_offers::opened(conn, id).await?,
            scoring: mini_competition_offers::scoring(conn, id).await?,
        })
    }

    /// Name of a party, as it was asked.
    pub(super) fn name(&self, supplier: &OrganisationId) -> String {
        let found = self.invitations.iter().find(|it| it.supplier == *supplier);
        found.map(|it| it.name.clone()).unwrap_or_default()
    }

    /// Name of the winner; empty without one.
    pub(super) fn winner(&self) -> String {
        self.it.winner.map(|winner| self.name(&winner)).unwrap_or_default()
    }

    /// The end of the time for offers as the invitation said it.
    pub(super) fn first_deadline(&self) -> DateTime<Utc> {
        self.extensions.first().map_or(self.it.deadline_at, |first| first.previous_at)
    }

    /// Whether the party's offers all came after the deadline.
    pub(super) fn is_late(&self, party: OrganisationId) -> bool {
        let mut own = self.receipts.iter().filter(|it| it.supplier == party).peekable();
        own.peek().is_some() && own.all(|it| it.late)
    }

    /// A party for the form of an offer, with what its next one would replace.
    pub(super) fn offering_name(&self, party: &Invitation) -> String {
        let counts = self.receipts.iter().find(|it| it.supplier == party.supplier && !it.late && !it.replaced);
        counts.map_or_else(
            || party.name.clone(),
            |it| format!("{} (ersetzt das Angebot vom {})", party.name, German.instant(it.received_at)),
        )
    }

    /// `10 Tage`
    pub(super) fn quantity(&self, line: &Line) -> String {
        let months = if line.by_month { ", Preis je Monat" } else { "" };
        format!("{}{months}", in_units(line.quantity, &line.unit))
    }

    /// The price an offer names for a line.
    pub(super) fn offered(&self, offer: &OpenedOffer, line: &Line) -> String {
        let price = offer.content.unit_prices.get(&line.article_number);
        price.map_or_else(|| "kein Preis".to_owned(), |price: &UnitPrice| unit_price(*price, &self.it.currency))
    }

    /// Whether an opened offer is what was sealed at its receipt.
    pub(super) fn seal_holds(&self, offer: &OpenedOffer) -> bool {
        offer.keeps_its_seal(&self.receipts)
    }

    /// Ranks, best first; none before the scoring.
    pub(super) fn standings(&self) -> &[Standing] {
        self.scoring.as_ref().map(|scoring| scoring.standings.as_slice()).unwrap_or_default()
    }

    /// `93,33`
    pub(super) fn points(&self, points: &Points) -> String {
        German.number(points.decimal())
    }

    /// What an offer costs in all.
    pub(super) fn total(&self, standing: &Standing) -> String {
        standing.total.map_or_else(|| "unvollständig".to_owned(), |net: Net| money(net.decimal(), &self.it.currency))
    }

    /// Net value of the winning offer.
    pub(super) fn won_total(&self) -> Option<Net> {
        self.standings().iter().find(|standing| Some(standing.supplier) == self.it.winner)?.total
    }

    /// Why an offer is not compared.
    pub(super) fn excluded(&self, standing: &Standing) -> String {
        standing.excluded.as_ref().map(Exclusion::to_string).unwrap_or_default()
    }

    /// Name of the criteria in one sentence.
    pub(super) fn scheme(&self) -> String {
        self.it.scheme.to_string()
    }
}
