//! The order and what changes it by mail, as the pages of the order show it: under way, failed, come back.

use abruf_domain::call_off::Status;
use sqlx::PgConnection;

use crate::actions::send_change::change_in_words;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::pages::written::instant;
use crate::storage::call_offs::CallOff;
use crate::storage::dispatches::DispatchNote;
use crate::storage::documents::DocumentRow;
use crate::storage::order_mails::{self, OrderMail};
use crate::storage::{StorageError, documents, order_addresses};

/// How it stands with the mail of an order.
#[derive(Debug, Clone)]
pub struct MailView {
    /// Whether there is a mail server.
    pub available: bool,
    /// Where it goes next: where it went last, else the address of the contract.
    pub address: String,
    /// It was sent or tried before.
    pub sent_before: bool,
    /// What is under way; empty where nothing is.
    pub under_way: String,
    /// Why it is not with the supplier, where that is a task.
    pub failure: Option<String>,
    /// What changes the order, as far as it was put into the mail.
    pub changes: Vec<ChangeView>,
}

/// A cancellation or a new delivery date by mail.
#[derive(Debug, Clone)]
pub struct ChangeView {
    /// What tells the document from others of the order.
    pub key: String,
    /// „Teilstornierung 2“.
    pub title: String,
    /// How it stands.
    pub words: String,
    /// Whether somebody has to do something.
    pub failed: bool,
    /// Where it went last.
    pub address: String,
}

impl MailView {
    /// Reads it.
    pub async fn read(
        conn: &mut PgConnection,
        app: &App,
        call_off: &CallOff,
        sent: &[DispatchNote],
    ) -> Result<Self, StorageError> {
        let mails = order_mails::of_order(conn, call_off).await?;
        let address = match mails.last() {
            Some(mail) => mail.recipient.clone(),
            None => order_addresses::for_order(conn, call_off.contract, call_off.supplier).await?,
        };
        let last = mails.last();
        let going = last.filter(|mail| mail.is_under_way());
        let changes = order_mails::of_changes(conn, call_off).await?;
        let papers = match changes.is_empty() {
            true => Vec::new(),
            false => documents::of_call_off(conn, call_off.contract, call_off.id).await?,
        };
        Ok(Self {
            changes: papers.iter().filter_map(|paper| change(paper, &changes)).collect(),
            available: app.mailer.is_some(),
            address,
            sent_before: last.is_some() || sent.iter().any(|it| !it.received),
            under_way: going.map(under_way).unwrap_or_default(),
            failure: (call_off.status == Status::Released && going.is_none()).then(|| failure(last, sent)).flatten(),
        })
    }
}

/// How it stands with the newest mail of a document that changes the order.
fn change(paper: &DocumentRow, mails: &[OrderMail]) -> Option<ChangeView> {
    let mail = mails.iter().rfind(|it| it.document == Some(paper.id))?;
    let ended = mail.ended_at.map(instant).unwrap_or_default();
    let words = match &mail.told {
        Some(told) => {
            format!("{} Vermerkt am {}, {}.", as_typed(full_stop(&told.how)), instant(told.at), as_typed(&told.person))
        }
        None if mail.was_sent() => format!("Gesandt am {ended} an {}.", mail.recipient),
        None if mail.has_failed() => words(mail),
        None if mail.answer.is_empty() => format!("Geht per E-Mail an {}.", mail.recipient),
        None => format!(
            "Ging noch nicht an {} hinaus. Versuch {}: {}. Abruf versucht es wieder, ab {}.",
            mail.recipient,
            mail.attempts,
            mail.answer.trim_end_matches('.'),
            instant(mail.not_before)
        ),
    };
    Some(ChangeView {
        key: paper.key(),
        title: change_in_words(paper),
        words,
        failed: mail.is_a_task(),
        address: mail.recipient.clone(),
    })
}

fn full_stop(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// „Die Bestellung geht an …“, with what came of the attempts so far.
fn under_way(mail: &OrderMail) -> String {
    if mail.answer.is_empty() {
        return format!("Die Bestellung geht per E-Mail an {}.", mail.recipient);
    }
    format!(
        "Die Bestellung ging noch nicht an {} hinaus. Versuch {}: {}. Abruf versucht es wieder, ab {}.",
        mail.recipient,
        mail.attempts,
        mail.answer.trim_end_matches('.'),
        instant(mail.not_before)
    )
}

/// Why the order is not with the supplier: the last mail failed, or the last dispatch came back, whichever was later.
fn failure(last: Option<&OrderMail>, sent: &[DispatchNote]) -> Option<String> {
    let bounce = sent.iter().filter_map(|it| it.bounce.as_ref()).max_by_key(|bounce| bounce.at);
    let failed = last.filter(|mail| mail.has_failed());
    match (failed, bounce) {
        (Some(mail), None) => Some(words(mail)),
        (Some(mail), Some(bounce)) if mail.ended_at.is_some_and(|at| bounce.at < at) => Some(words(mail)),
        (_, Some(bounce)) => Some(match last {
            Some(mail) => format!("Sie kam von {} zurück: {}", mail.recipient, bounce.reason),
            None => format!("Sie kam zurück: {}", bounce.reason),
        }),
        (None, None) => None,
    }
}

fn words(mail: &OrderMail) -> String {
    format!("An {}: {}", mail.recipient, mail.answer)
}
