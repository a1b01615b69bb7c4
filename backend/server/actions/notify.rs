//! Tell people what concerns them: on the start page and by mail, as each of them chose. Looks at what happened
//! instead of being called by what happens: no action waits for it, and what was missed is told later.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::{Days, TimeDelta};
use rust_decimal::Decimal;

use super::ActionError;
use super::mail_words::{News, rendered};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::mail::is_address;
use crate::storage::approval_orders::{self, Request};
use crate::storage::call_offs::CallOff;
use crate::storage::mails::{self, About, NewMail};
use crate::storage::notifications::{self, Choice, New, To, Untold};
use crate::storage::office_questions::{self, Which};
use crate::storage::{Tx, call_offs, contracts};

/// What happened longer ago is no news.
const NEWS_FOR: TimeDelta = TimeDelta::days(3);
/// How long news stays readable.
const KEPT_FOR: TimeDelta = TimeDelta::days(180);
/// Percent of a ceiling that are told of, highest first.
const MARKS: [i64; 3] = [95, 90, 80];
/// Days before the deadline of an option that are told of, nearest first.
const BEFORE_DEADLINE: [u64; 3] = [7, 30, 90];

/// A kind of event people can be told of.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// As stored.
    pub key: &'static str,
    /// In German.
    pub title: &'static str,
    /// Whom it concerns.
    pub roles: &'static [Role],
    /// It comes to the start page as news; without, the page has a list of its own for it.
    pub on_start: bool,
}

/// Every kind, in the order of the page with the switches.
pub const KINDS: [Kind; 12] = [
    Kind {
        key: "request_waits",
        title: "Ein Abruf wartet auf Ihre Freigabe",
        roles: &[Role::Approver],
        on_start: true,
    },
    Kind {
        key: "request_expires",
        title: "Ein Abruf verfällt bald",
        roles: &[Role::Buyer, Role::Approver],
        on_start: false,
    },
    Kind { key: "request_returned", title: "Ihr Abruf kam zurück", roles: &[Role::Buyer], on_start: true },
    Kind { key: "request_refused", title: "Ihr Abruf wurde abgelehnt", roles: &[Role::Buyer], on_start: true },
    Kind { key: "request_expired", title: "Ihr Abruf ist verfallen", roles: &[Role::Buyer], on_start: true },
    Kind {
        key: "question_answered",
        title: "Die Geschäftsstelle hat Ihre Frage beantwortet",
        roles: &[Role::Buyer],
        on_start: true,
    },
    Kind { key: "price_list", title: "Ein Rahmenvertrag hat neue Preise", roles: &[Role::Buyer], on_start: true },
    Kind { key: "licence_ends", title: "Lizenzen enden bald", roles: &[Role::Buyer], on_start: false },
    Kind { key: "supplier_stopped", title: "Ein Lieferant ist gesperrt", roles: &[Role::Buyer], on_start: false },
    Kind { key: "question_asked", title: "Ein Mitglied fragt etwas", roles: &[Role::Office], on_start: true },
    Kind {
        key: "contract_volume",
        title: "Ein Rahmenvertrag ist zu 80, 90 oder 95 % abgerufen",
        roles: &[Role::Office, Role::Board],
        on_start: true,
    },
    Kind {
        key: "option_deadline",
        title: "Die Frist für eine Verlängerung läuft ab",
        roles: &[Role::Office],
        on_start: true,
    },
];

/// The kind whose switch decides about an event of the outbox.
#[must_use]
pub fn kind_of_event(event: &str) -> Option<&'static str> {
    match event {
        "tell_expiring" => Some("request_expires"),
        "tell_supplier_stopped" => Some("supplier_stopped"),
        "tell_licence_ends" => Some("licence_ends"),
        _ => None,
    }
}

/// Something to be told.
struct Told<'a> {
    kind: &'static str,
    cause: String,
    to: Vec<To>,
    title: String,
    /// What the mail says beside the title.
    text: &'a str,
    address: String,
    contract: ContractId,
    about: About,
}

/// Tells everything that has not been told; how many occasions there were.
///
/// # Errors
/// If the database fails; what was not told is told the next time.
pub async fn tell_due(app: &App) -> Result<usize, ActionError> {
    let mut told = requests(app).await?;
    told += questions(app).await?;
    told += of_contracts(app).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    notifications::forget(&mut tx, app.clock.now() - KEPT_FOR).await?;
    tx.commit().await?;
    Ok(told)
}

/// Requests that wait, came back, were refused or expired.
async fn requests(app: &App) -> Result<usize, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let waiting = notifications::waiting(&mut tx).await?;
    let ended = notifications::ended(&mut tx, now - NEWS_FOR).await?;
    tx.rollback().await?;
    let mut count = 0;
    let due = waiting.into_iter().map(|it| (it, "request_waits")).chain(ended);
    for (untold, kind) in due {
        let mut tx = app.db.begin(RunsAs::Job).await?;
        let Some((call_off, _)) = call_offs::find(&mut tx, untold.id).await? else { continue };
        let Some(contract) = contracts::find(&mut tx, call_off.contract).await? else { continue };
        let contract = format!("{} {}", contract.number, contract.title);
        if let Some(told) = about_request(app, &mut tx, kind, &untold, &call_off, &contract).await?
            && tell(app, &mut tx, &told).await?
        {
            count += 1;
            tx.commit().await?;
        }
    }
    Ok(count)
}

async fn about_request(
    app: &App,
    tx: &mut Tx,
    kind: &'static str,
    untold: &Untold,
    call_off: &CallOff,
    contract: &str,
) -> Result<Option<Told<'static>>, ActionError> {
    let now = app.clock.now();
    let case = &call_off.case_number;
    let own = vec![To::People(vec![call_off.requester], call_off.member)];
    let (to, title, text) = match kind {
        "request_waits" => {
            let (Some(amounts), Some(submitted_at)) = (&call_off.amounts, call_off.submitted_at) else {
                return Ok(None);
            };
            if call_off.status != Status::Submitted {
                return Ok(None);
            }
            let request = Request {
                contract: call_off.contract,
                call_off: call_off.id,
                member: call_off.member,
                requester: call_off.requester,
                gross: amounts.gross,
                submitted_at,
            };
            let way = approval_orders::way(tx, &request, berlin_date(now), now).await?;
            let to = vec![To::People(way.chain.to_be_told().into_iter().collect(), call_off.member)];
            let until = call_off.expires_at.map(|until| German.instant(until)).unwrap_or_default();
            let title = format!("Abruf {case} wartet auf Freigabe: {contract}, reserviert bis {until}");
            (to, title, "Bitte entscheiden Sie, solange das Volumen reserviert ist.")
        }
        "request_refused" => (
            own,
            format!("Abruf {case} wurde abgelehnt: {contract}"),
            "Der Grund steht am Abruf. Das reservierte Volumen ist wieder frei.",
        ),
        "request_expired" => (
            own,
            format!("Abruf {case} ist verfallen: {contract}"),
            "Niemand hat rechtzeitig freigegeben. Das reservierte Volumen ist wieder frei. Sie können noch einmal abrufen.",
        ),
        _ => (
            own,
            format!("Abruf {case} kam zurück: {contract}"),
            "Bitte beantworten Sie die Frage am Abruf und geben Sie ihn wieder zur Freigabe. Das Volumen bleibt so lange reserviert.",
        ),
    };
    let page = if kind == "request_waits" { "freigaben" } else { "abrufe" };
    Ok(Some(Told {
        kind,
        cause: format!("{} {}", call_off.id, epoch(untold.at)),
        to,
        title,
        text,
        address: format!("/{page}/{}", call_off.id),
        contract: call_off.contract,
        about: About::CallOff(call_off.id),
    }))
}

/// An instant as the database compares it in `notifications::waiting`.
fn epoch(at: chrono::DateTime<chrono::Utc>) -> String {
    format!("{}.{:06}", at.timestamp(), at.timestamp_subsec_micros())
}

/// Questions to the office, and its answers.
async fn questions(app: &App) -> Result<usize, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let open = Which { open: true, ..Which::default() };
    let mut all = office_questions::list(&mut tx, open, 200, 0).await?;
    let answered = Which { answered_since: Some(app.clock.now() - NEWS_FOR), ..Which::default() };
    all.extend(office_questions::list(&mut tx, answered, 200, 0).await?);
    let mut count = 0;
    for it in all.into_iter().filter(|it| it.erased_at.is_none()) {
        let (kind, to, title, text, address) = if it.answered_at.is_some() {
            (
                "question_answered",
                To::People(vec![it.asked_by], it.member),
                format!("Antwort auf Ihre Frage zu {}: {}", it.case_number, it.contract_name),
                "Die Geschäftsstelle hat geantwortet. Die Antwort steht am Entwurf.",
                format!("/abrufe/{}/rueckfrage", it.call_off),
            )
        } else {
            let Some(body) = contracts::body(&mut tx, it.contract).await? else { continue };
            (
                "question_asked",
                To::Role(Role::Office, body),
                format!("Frage von {} zu {}", it.member_name, it.contract_name),
                "Ein Mitglied fragt etwas zu einem Entwurf. Bitte antworten Sie.",
                format!("/verwaltung/fragen#frage-{}", it.id),
            )
        };
        let told = Told {
            kind,
            cause: it.id.to_string(),
            to: vec![to],
            title,
            text,
            address,
            contract: it.contract,
            about: About::CallOff(it.call_off),
        };
        count += usize::from(tell(app, &mut tx, &told).await?);
    }
    tx.commit().await?;
    Ok(count)
}

/// How much is taken, which options run out, where prices are new.
async fn of_contracts(app: &App) -> Result<usize, ActionError> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let mut told = Vec::new();
    for it in notifications::taken(&mut tx, Decimal::from(MARKS[2])).await? {
        let reached = MARKS.into_iter().filter(|mark| Decimal::from(*mark) <= it.percent);
        // Only the highest is news; those passed on the way count as told.
        for (nth, mark) in reached.enumerate() {
            let cause = format!("{} {mark} {}", it.contract, it.limit.normalize());
            if nth == 0 {
                told.push(about_contract(
                    "contract_volume",
                    cause,
                    vec![To::Role(Role::Office, it.body), To::Role(Role::Board, it.body)],
                    format!("{} ist zu {} abgerufen", it.name, German.percent(it.percent.normalize())),
                    "Reservierungen sind mitgezählt. Ist der Höchstwert erreicht, kann niemand mehr abrufen. Bitte prüfen Sie, ob neu ausgeschrieben werden muss.",
                    it.contract,
                ));
            } else {
                notifications::begin_telling(&mut tx, "contract_volume", &cause, now).await?;
            }
        }
    }
    let last = today + Days::new(BEFORE_DEADLINE[2]);
    for it in notifications::options_due(&mut tx, today, last).await? {
        let days = (it.deadline - today).num_days();
        let Some(stage) = BEFORE_DEADLINE.into_iter().find(|stage| days <= i64::try_from(*stage).unwrap_or(i64::MAX))
        else {
            continue;
        };
        told.push(about_contract(
            "option_deadline",
            format!("{} {stage} {}", it.id, it.deadline),
            vec![To::Role(Role::Office, it.body)],
            format!(
                "Frist bis {}: Verlängerung von {} bis {}",
                German.date(it.deadline),
                it.name,
                German.date(it.new_end)
            ),
            "Danach kann die Option nicht mehr ausgeübt werden.",
            it.contract,
        ));
    }
    for it in notifications::new_prices(&mut tx, now - NEWS_FOR).await? {
        told.push(about_contract(
            "price_list",
            it.proposal.to_string(),
            vec![To::BuyersOf(it.contract)],
            format!("Neue Preise ab {}: {}", German.date(it.valid_from), it.name),
            "Entwürfe werden mit den Preisen des Tages berechnet, an dem sie freigegeben werden.",
            it.contract,
        ));
    }
    let mut count = 0;
    for told in &told {
        count += usize::from(tell(app, &mut tx, told).await?);
    }
    tx.commit().await?;
    Ok(count)
}

fn about_contract(
    kind: &'static str,
    cause: String,
    to: Vec<To>,
    title: String,
    text: &'static str,
    contract: ContractId,
) -> Told<'static> {
    let address = format!("/rahmenvertraege/{contract}");
    Told { kind, cause, to, title, text, address, contract, about: About::Contract }
}

/// Writes news and mails for everybody concerned, once; `false` if it was told before.
async fn tell(app: &App, tx: &mut Tx, told: &Told<'_>) -> Result<bool, ActionError> {
    let now = app.clock.now();
    if !notifications::begin_telling(tx, told.kind, &told.cause, now).await? {
        return Ok(false);
    }
    let kind = format!("tell_{}", told.kind);
    for to in &told.to {
        for who in notifications::recipients(tx, told.kind, to, app.clock.today()).await? {
            let id = app.chance.id(now);
            if who.on_start {
                let new = New {
                    id,
                    person: who.person,
                    organisation: who.organisation,
                    kind: told.kind,
                    title: &told.title,
                    address: &told.address,
                    at: now,
                };
                notifications::insert(tx, &new).await?;
            }
            let Some(mailer) = app.mailer.as_ref().filter(|_| who.by_mail && is_address(&who.email)) else { continue };
            let words = News {
                title: told.title.clone(),
                text: told.text.to_owned(),
                link: format!("{}{}", app.base_url, told.address),
                switches: format!("{}/einstellungen/benachrichtigungen", app.base_url),
            };
            let mail = NewMail {
                contract: told.contract,
                id: app.chance.id(now),
                kind: &kind,
                about: told.about,
                document: None,
                recipient: &who.email,
                subject: &told.title,
                body: &rendered(&words),
                message_id: &format!("<neuigkeit.{id}@{}>", mailer.domain()),
                asked_by: None,
                at: now,
            };
            mails::insert(tx, &mail).await?;
        }
    }
    Ok(true)
}

/// Stores how the actor wants to be told; kinds that are no kinds are left out.
///
/// # Errors
/// If the database fails.
pub async fn choose(app: &App, actor: &Actor, choices: &[Choice]) -> Result<(), ActionError> {
    let mut tx = app.db.begin(actor).await?;
    for choice in choices.iter().filter(|it| KINDS.iter().any(|kind| kind.key == it.kind)) {
        notifications::choose(&mut tx, actor.person, choice).await?;
    }
    Ok(tx.commit().await?)
}

/// Puts news away: one piece, or all for the organisation the actor acts for.
///
/// # Errors
/// If the database fails.
pub async fn put_away(app: &App, actor: &Actor, one: Option<uuid::Uuid>) -> Result<(), ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let organisation: OrganisationId = actor.organisation;
    notifications::put_away(&mut tx, actor.person, organisation, one, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_as_the_database_writes_it() {
        assert_eq!(epoch("2026-11-22T12:00:00Z".parse().unwrap()), "1795348800.000000");
        assert_eq!(epoch("2026-11-22T12:00:00.123456Z".parse().unwrap()), "1795348800.123456");
    }

    #[test]
    fn every_kind_fits_into_its_column_and_concerns_somebody() {
        for kind in KINDS {
            assert!(!kind.roles.is_empty(), "{}", kind.key);
            assert!(kind.key.bytes().all(|it| it.is_ascii_lowercase() || it == b'_'), "{}", kind.key);
        }
    }
}
