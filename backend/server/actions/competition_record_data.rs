//! What the record of a mini-competition prints: everything that happened, from its own rows, in words.

use abruf_documents::CompetitionRecordData;
use abruf_documents::competition_record::{
    AskedLine, ExtensionRow, Invitations, OfferRow, Opening, QuestionRow, ReceiptRow, ScoreRow, ScoringPart,
};
use abruf_documents::data::{Body, Signature};
use abruf_documents::memo::Named;
use abruf_domain::ids::OrganisationId;
use abruf_domain::mini_competition::{Exclusion, Standing};
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ActionError;
use super::order_data::{organisation, party};
use crate::app::App;
use crate::storage::error::consistent;
use crate::storage::mini_competition_deadlines::{self, Extension};
use crate::storage::mini_competition_messages::{self, Invitation};
use crate::storage::mini_competition_offers::{self, OpenedOffer, Receipt, Scoring};
use crate::storage::mini_competitions::Competition;

/// Puts the record of a decided competition together; `None` while it is not decided.
pub(super) async fn record_data(
    app: &App,
    conn: &mut PgConnection,
    it: &Competition,
    number: String,
) -> Result<Option<CompetitionRecordData>, ActionError> {
    let Some(decided_at) = it.decided_at else { return Ok(None) };
    let asked = mini_competition_messages::invitations(&mut *conn, it.id).await?;
    let questions = mini_competition_messages::questions(&mut *conn, it.id).await?;
    let receipts = mini_competition_offers::receipts(&mut *conn, it.id).await?;
    let extensions = mini_competition_deadlines::extensions(&mut *conn, it.id).await?;
    let offers = mini_competition_offers::opened(&mut *conn, it.id).await?;
    let scoring = mini_competition_offers::scoring(&mut *conn, it.id).await?;
    let body = organisation(&mut *conn, it.body).await?;
    let runner = organisation(&mut *conn, it.run_by).await?;
    let name = |supplier: OrganisationId| name_of(&asked, &receipts, supplier);
    Ok(Some(CompetitionRecordData {
        number,
        day: berlin_date(decided_at),
        decided: signed(&it.decided_by_name, decided_at),
        demo: app.demo,
        currency: consistent(it.currency.parse(), "framework_contract", "currency", it.contract)?,
        runner: party(&runner),
        body: Body { name: body.name.clone(), address: body.address_lines(), contact: vec![body.email] },
        title: it.title.clone(),
        subject: subject(it),
        lines: it.lines.iter().map(asked_line).collect(),
        invitations: it.sent_at.map(|at| Invitations {
            sent: signed(&it.sent_by_name, at),
            deadline_at: extensions.first().map_or(it.deadline_at, |first| first.previous_at),
            extensions: extensions.iter().map(extension_row).collect(),
            parties: asked.iter().map(|party| Named::new(&party.name, &party.address)).collect(),
        }),
        questions: questions
            .into_iter()
            .map(|it| QuestionRow {
                supplier: it.supplier_name,
                asked_at: it.asked_at,
                question: it.question,
                answer: it.answer,
                answered_at: it.answered_at,
            })
            .collect(),
        opening: it.opened_at.zip(it.first_signed_at).map(|(at, first)| Opening {
            at,
            first: signed(&it.first_signer_name, first),
            second: it.second_signer_name.clone(),
        }),
        offers: offers.iter().map(|offer| offer_row(it, &receipts, offer, name(offer.supplier))).collect(),
        scoring: scoring.as_ref().map(|scoring| scoring_part(scoring, &name)),
        winner: it.winner.map(name),
        reason: it.decision_reason.clone(),
        drawn: it.drawn.clone(),
        base_url: Some(app.base_url.to_string()),
        receipts: receipts.iter().map(receipt_row).collect(),
    }))
}

fn signed(name: &str, at: DateTime<Utc>) -> Signature {
    Signature { name: name.to_owned(), at }
}

/// Name of a party, as it was asked.
fn name_of(asked: &[Invitation], receipts: &[Receipt], supplier: OrganisationId) -> String {
    let invited = asked.iter().find(|it| it.supplier == supplier).map(|it| it.name.clone());
    let offering = || receipts.iter().find(|it| it.supplier == supplier).map(|it| it.supplier_name.clone());
    invited.or_else(offering).unwrap_or_default()
}

fn subject(it: &Competition) -> Vec<Named> {
    let run_by = if it.run_by == it.member { String::new() } else { format!(", durchgeführt von {}", it.body_name) };
    let lot = if it.lot_name.is_empty() { String::new() } else { format!(", {}", it.lot_name) };
    let by = if it.created_by_name.is_empty() { String::new() } else { format!(", {}", it.created_by_name) };
    let mut rows = vec![
        Named::new("Auftraggeber", format!("{}{run_by}", it.member_name)),
        Named::new("Rahmenvertrag", format!("{} {}{lot}", it.contract_number, it.contract_title)),
        Named::new("Rechtsgrundlage", "§ 21 Abs. 4 und 5 VgV"),
        Named::new("Angelegt", format!("{}{by}", German.instant(it.created_at))),
        Named::new("Kriterien", format!("{}. Preispunkte: {}", it.scheme, it.scheme.price_formula.german())),
    ];
    if let Some(period) = it.performance {
        let span = format!("{} bis {}", German.date(period.from()), German.date(period.to()));
        rows.push(Named::new("Leistungszeitraum", span));
    }
    rows
}

fn asked_line(line: &abruf_domain::mini_competition::Line) -> AskedLine {
    let months = if line.by_month { ", Preis je Monat" } else { "" };
    AskedLine {
        article_number: line.article_number.clone(),
        title: line.title.clone(),
        quantity: format!("{} {}{months}", German.number(line.quantity.decimal().normalize()), line.unit),
    }
}

fn extension_row(it: &Extension) -> ExtensionRow {
    ExtensionRow {
        deadline_at: it.deadline_at,
        reason: it.reason.clone(),
        extended: signed(&it.extended_by_name, it.extended_at),
    }
}

fn receipt_row(it: &Receipt) -> ReceiptRow {
    ReceiptRow {
        supplier: it.supplier_name.clone(),
        received_at: it.received_at,
        channel: it.channel.clone(),
        late: it.late,
        recorded: signed(&it.recorded_by_name, it.recorded_at),
        seal: it.seal.clone(),
        replaced: it.replaced,
    }
}

fn offer_row(it: &Competition, receipts: &[Receipt], offer: &OpenedOffer, supplier: String) -> OfferRow {
    let price = |line: &abruf_domain::mini_competition::Line| {
        let price = offer.content.unit_prices.get(&line.article_number);
        let price = price.map(|price| German.unit_price(price.decimal(), &it.currency));
        format!("{} {}", line.article_number, price.unwrap_or_else(|| "kein Preis".to_owned()))
    };
    OfferRow {
        supplier,
        prices: it.lines.iter().map(price).collect(),
        statement: offer.content.statement.clone(),
        unchanged: offer.keeps_its_seal(receipts),
    }
}

fn scoring_part(scoring: &Scoring, name: &impl Fn(OrganisationId) -> String) -> ScoringPart {
    ScoringPart {
        by: signed(&scoring.scored_by_name, scoring.scored_at),
        round: scoring.round.unsigned_abs(),
        rows: scoring.standings.iter().map(|standing| score_row(standing, name(standing.supplier))).collect(),
    }
}

fn score_row(standing: &Standing, supplier: String) -> ScoreRow {
    let points = |points: abruf_domain::money::Points| German.number(points.decimal());
    let parts = standing.parts.iter().map(|part| {
        let mark = part.mark.map(|mark| format!(", Bewertung {} von 10", points(mark))).unwrap_or_default();
        format!("{}: {}{mark}: {}", part.criterion, points(part.points), part.reason)
    });
    let excluded = standing.excluded.as_ref().map(Exclusion::to_string);
    ScoreRow {
        supplier,
        rank: standing.rank,
        total: standing.total,
        score: points(standing.score),
        parts: if standing.rank.is_some() { parts.collect() } else { excluded.into_iter().collect() },
    }
}
