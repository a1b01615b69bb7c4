//! The order by mail, as the page of its deliveries shows it: under way, failed, come back.

use abruf_domain::call_off::Status;
use sqlx::PgConnection;

use crate::app::App;
use crate::http::pages::written::instant;
use crate::storage::call_offs::CallOff;
use crate::storage::dispatches::DispatchNote;
use crate::storage::mails::{self, OrderMail};
use crate::storage::{StorageError, order_addresses};

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
}

impl MailView {
    /// Reads it.
    pub async fn read(
        conn: &mut PgConnection,
        app: &App,
        call_off: &CallOff,
        sent: &[DispatchNote],
    ) -> Result<Self, StorageError> {
        let mails = mails::of_order(conn, call_off).await?;
        let address = match mails.last() {
            Some(mail) => mail.recipient.clone(),
            None => order_addresses::for_order(conn, call_off.contract, call_off.supplier).await?,
        };
        let last = mails.last();
        let going = last.filter(|mail| mail.is_under_way());
        Ok(Self {
            available: app.mailer.is_some(),
            address,
            sent_before: last.is_some() || sent.iter().any(|it| !it.received),
            under_way: going.map(under_way).unwrap_or_default(),
            failure: (call_off.status == Status::Released && going.is_none()).then(|| failure(last, sent)).flatten(),
        })
    }
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
