//! Tell what happened by mail: each event of the outbox becomes one letter per recipient, in plain German, and each
//! letter is tried until it is taken. Nobody is told what they may not see.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, MiniCompetitionId};
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::TimeDelta;

use super::ActionError;
use super::mail_words::{
    Abolition, Answers, Award, Expiring, Extended, Invitation, LicenceEnds, SupplierStopped, rendered,
};
use super::notify::kind_of_event;
use crate::actor::{Role, RunsAs};
use crate::app::App;
use crate::mail::is_address;
use crate::storage::approval_orders::{self, Request};
use crate::storage::call_offs::CallOff;
use crate::storage::mails::{About, NewMail};
use crate::storage::mini_competitions::Competition;
use crate::storage::outbox::{self, Event};
use crate::storage::{
    Tx, call_offs, contracts, mails, mini_competition_deadlines, mini_competition_messages, mini_competition_offers,
    mini_competitions, notifications, organisations, people,
};

/// What happened longer ago, before there was a mail server, is no news.
const NEWS_FOR: TimeDelta = TimeDelta::days(3);

/// A letter without its envelope.
struct Notice {
    to: Vec<String>,
    subject: String,
    text: String,
}

/// Turns the next event into letters; `false` if there is none.
pub async fn tell_next(app: &App) -> Result<bool, ActionError> {
    let Some(mailer) = &app.mailer else { return Ok(false) };
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let Some(event) = outbox::take_event(&mut tx, now).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    let mut notices =
        if NEWS_FOR < now - event.created_at { Vec::new() } else { notices(app, &mut tx, &event).await? };
    let about = match (event.call_off, event.competition) {
        (Some(id), _) => Some(About::CallOff(id)),
        (None, id) => id.map(About::Competition),
    };
    if let Some(kind) = kind_of_event(&event.kind) {
        for notice in &mut notices {
            notice.to = notifications::wanting_mail(&mut tx, kind, &notice.to).await?;
        }
    }
    let mut number = 0;
    for notice in &notices {
        for to in notice.to.iter().filter(|to| is_address(to)) {
            let Some(about) = about else { break };
            number += 1;
            let mail = NewMail {
                contract: event.contract,
                id: app.chance.id(now),
                kind: &event.kind,
                about,
                document: None,
                recipient: to,
                subject: &notice.subject,
                body: &notice.text,
                message_id: &format!("<mitteilung.{}.{number}@{}>", event.id, mailer.domain()),
                asked_by: None,
                at: now,
            };
            mails::insert(&mut tx, &mail).await?;
        }
    }
    outbox::done(&mut tx, event.id, now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn notices(app: &App, tx: &mut Tx, event: &Event) -> Result<Vec<Notice>, ActionError> {
    match (event.call_off, event.competition) {
        (Some(id), _) => about_call_off(app, tx, &event.kind, id).await,
        (None, Some(id)) => about_competition(tx, &event.kind, id).await,
        (None, None) => Ok(Vec::new()),
    }
}

/// To the member's own people, who see the call-off themselves.
async fn about_call_off(app: &App, tx: &mut Tx, kind: &str, id: CallOffId) -> Result<Vec<Notice>, ActionError> {
    let (call_off, _) = call_offs::find(tx, id).await?.ok_or(ActionError::NotFound)?;
    let number = call_off.number.clone().unwrap_or_else(|| call_off.case_number.clone());
    let link = format!("{}/abrufe/{id}", app.base_url);
    let when = (app.clock.now(), app.clock.today());
    let requester = people::mail_addresses(tx, &[call_off.requester], call_off.member, when).await?;
    let notice = match kind {
        "tell_expiring" => return expiring(app, tx, &call_off, link, requester).await,
        "tell_supplier_stopped" => {
            let supplier = organisations::name(tx, call_off.supplier).await?.unwrap_or_default();
            Notice {
                to: requester,
                subject: format!("Lieferant gesperrt: Abruf {number}"),
                text: rendered(&SupplierStopped { supplier, number, link }),
            }
        }
        "tell_licence_ends" => {
            let ends_on = call_off.details.performance.map(|period| German.date(period.to())).unwrap_or_default();
            let link = format!("{}/lizenzen", app.base_url);
            Notice {
                to: people::mail_addresses_of_role(tx, Role::Buyer, call_off.member, when).await?,
                subject: format!("Lizenzen enden: Abruf {number}"),
                text: rendered(&LicenceEnds { number, ends_on, link }),
            }
        }
        _ => return Ok(Vec::new()),
    };
    Ok(vec![notice])
}

/// To the requester, and to whoever can still decide; to nobody once it is decided.
async fn expiring(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    link: String,
    requester: Vec<String>,
) -> Result<Vec<Notice>, ActionError> {
    let (Some(until), Some(amounts), Some(submitted_at)) =
        (call_off.expires_at, &call_off.amounts, call_off.submitted_at)
    else {
        return Ok(Vec::new());
    };
    let now = app.clock.now();
    if !call_off.status.holds_reservation() || until <= now {
        return Ok(Vec::new());
    }
    let mut to = requester;
    if call_off.status == Status::Submitted {
        let request = Request {
            contract: call_off.contract,
            call_off: call_off.id,
            member: call_off.member,
            requester: call_off.requester,
            gross: amounts.gross,
            submitted_at,
        };
        let way = approval_orders::way(tx, &request, berlin_date(now), now).await?;
        let told = way.chain.to_be_told();
        to.extend(people::mail_addresses(tx, &told, call_off.member, (now, berlin_date(now))).await?);
        to.sort();
        to.dedup();
    }
    let contract = contracts::find(tx, call_off.contract).await?.ok_or(ActionError::NotFound)?;
    let words = Expiring {
        case_number: call_off.case_number.clone(),
        contract: format!("{} {}", contract.number, contract.title),
        until: German.instant(until),
        link,
    };
    let subject = format!("Verfällt bald: Abruf {}", call_off.case_number);
    Ok(vec![Notice { to, subject, text: rendered(&words) }])
}

/// To the suppliers that were invited, each on their own: none learns of another.
async fn about_competition(tx: &mut Tx, kind: &str, id: MiniCompetitionId) -> Result<Vec<Notice>, ActionError> {
    let it = mini_competitions::find(tx, id).await?.ok_or(ActionError::NotFound)?;
    let invited = mini_competition_messages::invitations(tx, id).await?;
    let all = || invited.iter().map(|party| party.address.clone()).collect::<Vec<_>>();
    Ok(match kind {
        "tell_invitation" => {
            vec![to_all(&it, "Einladung zum Angebot", all(), rendered(&Invitation { it: &it }))]
        }
        "tell_answer" => {
            let questions = mini_competition_messages::questions(tx, id).await?;
            let answers = questions.into_iter().filter_map(|it| Some((it.question, it.answer?))).collect();
            vec![to_all(&it, "Antworten auf Fragen", all(), rendered(&Answers { it: &it, answers }))]
        }
        "tell_extension" => {
            let extensions = mini_competition_deadlines::extensions(tx, id).await?;
            let reason = extensions.last().map(|it| it.reason.clone()).unwrap_or_default();
            vec![to_all(&it, "Frist verlängert", all(), rendered(&Extended { it: &it, reason }))]
        }
        "tell_abolition" => {
            vec![to_all(&it, "Aufgehoben", all(), rendered(&Abolition { it: &it }))]
        }
        "tell_award" => {
            let receipts = mini_competition_offers::receipts(tx, id).await?;
            let offered = invited.iter().filter(|party| receipts.iter().any(|it| it.supplier == party.supplier));
            offered
                .map(|party| {
                    let won = it.winner == Some(party.supplier);
                    to_all(&it, "Entschieden", vec![party.address.clone()], rendered(&Award { it: &it, won }))
                })
                .collect()
        }
        _ => Vec::new(),
    })
}

fn to_all(it: &Competition, what: &str, to: Vec<String>, text: String) -> Notice {
    Notice { to, subject: format!("{what}: {} ({})", it.title, it.contract_number), text }
}
