//! What the program does by itself: make documents, send mail, let expired reservations go, tell before they do.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::actions::{
    analyse_purchases, deliver_mail, end_request, escalate_request, forget_sign_ins, issue_document, notify,
    renew_licences, send_account_mail, tell_event, transfer_quota,
};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::{StorageError, savings_totals};
use crate::traffic;

/// How often the outbox is looked at when it is empty.
const OUTBOX_PAUSE: Duration = Duration::from_millis(500);
/// How often mail is looked for when none waits.
const MAIL_PAUSE: Duration = Duration::from_secs(2);
/// How long mail rests after trouble of our own.
const MAIL_TROUBLE_PAUSE: Duration = Duration::from_secs(30);
/// How often expired reservations are let go, those told of that run out soon, and agreed transfers settled.
const EXPIRY_PAUSE: Duration = Duration::from_secs(60);

/// The running jobs.
#[derive(Debug)]
pub struct Jobs {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts them.
    #[must_use]
    pub fn start(app: &App) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(make_documents(app.clone(), stopped.clone())),
            tokio::spawn(expire_requests(app.clone(), stopped.clone())),
            tokio::spawn(send_mail(app.clone(), stopped)),
        ];
        Self { stop, tasks }
    }

    /// Lets each finish what it is at.
    pub async fn stop(self) {
        // Nobody listens any more if both have ended already.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a job panicked");
            }
        }
    }
}

async fn make_documents(app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let begin = Instant::now();
        let pause = match issue_document::issue_next(&app).await {
            // Whoever waits for a document makes it at once; here nobody waits.
            Ok(true) => traffic::rest_after(begin.elapsed()),
            Ok(false) => OUTBOX_PAUSE,
            // The outbox row knows it too and is tried again later.
            Err(error) => {
                tracing::error!(%error, "a document could not be issued");
                OUTBOX_PAUSE
            }
        };
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Without a mail server there is nothing to do.
async fn send_mail(app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() && app.mailer.is_some() {
        let told = tell_event::tell_next(&app).await;
        let sent = deliver_mail::deliver_next(&app).await;
        let let_in = send_account_mail::send_next(&app).await;
        let pause = match (told, sent, let_in) {
            (Ok(false), Ok(false), Ok(false)) => MAIL_PAUSE,
            (Ok(_), Ok(_), Ok(_)) => Duration::ZERO,
            (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
                tracing::error!(%error, "mail could not be sent");
                MAIL_TROUBLE_PAUSE
            }
        };
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn expire_requests(app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match end_request::expire_due(&app, None).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "let expired reservations go"),
            Err(error) => tracing::error!(%error, "expired reservations could not be let go"),
        }
        match escalate_request::escalate_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "told of requests that run out soon"),
            Err(error) => tracing::error!(%error, "requests that run out soon could not be told of"),
        }
        match transfer_quota::settle_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "settled quota transfers that everybody had agreed to"),
            Err(error) => tracing::error!(%error, "quota transfers could not be settled"),
        }
        match renew_licences::tell_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "told of licences that end"),
            Err(error) => tracing::error!(%error, "licences that end could not be told of"),
        }
        match notify::tell_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "told people what concerns them"),
            Err(error) => tracing::error!(%error, "people could not be told what concerns them"),
        }
        match analyse_purchases::forget_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted purchases of towns that did not join"),
            Err(error) => tracing::error!(%error, "purchases of towns that did not join could not be deleted"),
        }
        match forget_sign_ins::forget_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted sign-in events and sessions of long ago"),
            Err(error) => tracing::error!(%error, "sign-in events of long ago could not be deleted"),
        }
        if let Err(error) = settle_totals(&app).await {
            tracing::error!(%error, "sums of the savings ledger could not be put together");
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(EXPIRY_PAUSE) => {}
        }
    }
}

/// Each booking adds rows to the sums of the savings ledger; here they become one per cell again.
async fn settle_totals(app: &App) -> Result<(), StorageError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    savings_totals::settle(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
