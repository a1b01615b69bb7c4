//! `/`: what waits for me today.

use abruf_domain::call_off::{Status, document_in_words};
use abruf_domain::checks;
use abruf_domain::finding::Addressee;
use abruf_domain::licence_inventory;
use abruf_domain::money::Quantity;
use abruf_domain::notation::Language;
use abruf_domain::period::berlin_date;
use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Days, NaiveDate, Timelike, Utc};
use chrono_tz::Europe::Berlin;
use sqlx::PgConnection;

use crate::actions::approval_turn;
use crate::actions::justify_finding::speaker;
use crate::actions::send_order::SENDERS;
use crate::actions::transfer_quota::PARTIES;
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::notifications::{NewsRow, newest};
use crate::http::pages::written::{count, day, day_of, one_of, quantity, runs_out};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_off_list::{self, Search, Summary};
use crate::storage::licences as storage_licences;
use crate::storage::quota_transfers::{self, Waiting};
use crate::storage::{
    StorageError, assignments, budget_confirmations, contracts, dispatches, escalations, office_questions, order_mails,
    organisations, supplier_orders, supplier_stops, tasks,
};

/// Contracts that end within so many days are pointed out.
const SOON: Days = Days::new(180);
/// Most rows of a list on this page.
const ROWS: i64 = 8;

#[derive(askama::Template)]
#[template(path = "pages/start.html")]
struct StartPage {
    frame: Frame,
    greeting: String,
    welcome: Option<String>,
    may_order: bool,
    cards: Vec<Card>,
    /// What happened that concerns this person.
    news: Vec<NewsRow>,
    own: Vec<Row>,
    tasks: Vec<Row>,
    /// Quota transfers that need this side, orders with a stopped supplier, supplier orders that wait.
    unsettled: Vec<Row>,
    /// Requests that run out soon and that this person can do something about.
    expiring: Vec<Row>,
    /// Orders the office has to clear up with the supplier.
    late: Vec<Row>,
    /// Orders that did not reach their supplier.
    undelivered: Vec<Row>,
    undelivered_changes: Vec<Row>,
    ending: Vec<Row>,
    /// Licences that end soon and that nobody has begun to renew.
    licences: Vec<Row>,
}

/// A figure that leads somewhere.
struct Card {
    address: &'static str,
    title: &'static str,
    figure: String,
    text: String,
}

/// A line of a list.
#[derive(Clone)]
struct Row {
    address: String,
    title: String,
    text: String,
    note: String,
}

/// `GET /`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<impl IntoResponse, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.begin(&actor).await?;
    let name = assignments::person_name(&mut tx, actor.person).await?.unwrap_or_default();
    let member = matches!(actor.role, Role::Buyer | Role::Approver | Role::Treasurer);
    let to_come = if member {
        organisations::membership_to_come(&mut tx, actor.body, actor.organisation, app.clock.today()).await?
    } else {
        None
    };
    let page = StartPage {
        greeting: format!("{}, {}", greeting(now), as_typed(name)),
        welcome: to_come.map(|from| {
            format!(
                "Willkommen! Ihre Mitgliedschaft gilt ab {}. Bis dahin können Sie Verträge ansehen, aber noch nicht abrufen.",
                day(from)
            )
        }),
        may_order: actor.role == Role::Buyer && to_come.is_none(),
        cards: cards(&mut tx, &actor, now).await?,
        news: newest(&mut tx, &actor, ROWS).await?,
        own: own(&mut tx, &actor, now).await?,
        tasks: owed(&mut tx, &actor, now).await?,
        unsettled: [
            transfers(&mut tx, &actor).await?,
            stopped(&mut tx, &actor, app.clock.today()).await?,
            to_order(&mut tx, &actor).await?,
            differing(&mut tx, &actor).await?,
        ]
        .concat(),
        expiring: expiring(&mut tx, &actor, now).await?,
        late: late(&mut tx, &actor).await?,
        undelivered: undelivered(&mut tx, &actor).await?,
        undelivered_changes: undelivered_changes(&mut tx, &actor).await?,
        ending: ending(&mut tx, &actor, &app).await?,
        licences: licences(&mut tx, &actor, &app).await?,
        frame: frame.titled("Start"),
    };
    Ok(Page(page))
}

/// By the hour in Berlin.
fn greeting(now: DateTime<Utc>) -> &'static str {
    match now.with_timezone(&Berlin).hour() {
        5..=10 => "Guten Morgen",
        11..=17 => "Guten Tag",
        _ => "Guten Abend",
    }
}

async fn cards(conn: &mut PgConnection, actor: &Actor, now: DateTime<Utc>) -> Result<Vec<Card>, StorageError> {
    Ok(match actor.role {
        Role::Buyer => vec![
            own_card(&mut *conn, actor, Status::Draft, "/abrufe?stand=entwurf", "Entwürfe", "warten auf Ihre Angaben")
                .await?,
            own_card(
                &mut *conn,
                actor,
                Status::Returned,
                "/abrufe?stand=zurueck",
                "Zurück mit Frage",
                "warten auf Ihre Antwort",
            )
            .await?,
            own_card(
                &mut *conn,
                actor,
                Status::Submitted,
                "/abrufe?stand=freigabe",
                "In Freigabe",
                "liegen bei einer zweiten Person",
            )
            .await?,
        ],
        Role::Approver => vec![approver_card(conn, now).await?],
        Role::Office => {
            let open = tasks::owed(&mut *conn, Addressee::Office, 500).await?;
            let mut cards = vec![Card {
                address: "/verwaltung/begruendungen",
                title: "Offene Begründungen",
                figure: open.len().to_string(),
                text: "schreibt die Geschäftsstelle, damit freigegeben werden kann".to_owned(),
            }];
            let (_, asked) = office_questions::count(&mut *conn).await?;
            if 0 < asked {
                cards.push(Card {
                    address: "/verwaltung/fragen",
                    title: "Fragen",
                    figure: asked.to_string(),
                    text: "von Mitgliedern warten auf Ihre Antwort".to_owned(),
                });
            }
            let waiting = supplier_orders::waiting(conn).await?;
            if 0 < waiting {
                cards.push(Card {
                    address: "/verwaltung/lieferantenauftraege",
                    title: "Lieferantenaufträge",
                    figure: waiting.to_string(),
                    text: "warten auf Ihre Freigabe: Mitglieder haben in-house bestellt".to_owned(),
                });
            }
            cards
        }
        Role::Board | Role::SupervisoryBoard => vec![Card {
            address: "/berichte/einsparungen",
            title: "Einsparungen",
            figure: String::new(),
            text: "je Nachweisklasse, Rahmenvertrag und Mitglied".to_owned(),
        }],
        Role::Auditor => vec![Card {
            address: "/pruefung",
            title: "Prüfung",
            figure: String::new(),
            text: "alle Abrufe in Ihrem Prüfumfang, auch abgelehnte und stornierte".to_owned(),
        }],
        Role::Treasurer => vec![
            Card {
                address: "/haushalt",
                title: "Mittel bestätigen",
                figure: budget_confirmations::awaiting(&mut *conn, actor.organisation, berlin_date(now))
                    .await?
                    .len()
                    .to_string(),
                text: "warten vor der Freigabe auf die Kämmerei".to_owned(),
            },
            Card {
                address: "/#aufgaben",
                title: "Offene Begründungen",
                figure: tasks::owed(conn, Addressee::Treasurer, 500).await?.len().to_string(),
                text: "schreibt die Kämmerei, damit freigegeben werden kann".to_owned(),
            },
            Card {
                address: "/abrufe",
                title: "Abrufe",
                figure: String::new(),
                text: "Ihrer Organisation, mit Bestellungen und Beträgen".to_owned(),
            },
        ],
        Role::Administrator => vec![
            Card {
                address: "/einrichtung",
                title: "Einrichtung",
                figure: String::new(),
                text: "was eine neue Installation braucht, und was davon getan ist".to_owned(),
            },
            Card {
                address: "/verwaltung/personen",
                title: "Personen",
                figure: String::new(),
                text: "wer was für wen darf, und bis wann".to_owned(),
            },
        ],
    })
}

async fn own_card(
    conn: &mut PgConnection,
    actor: &Actor,
    status: Status,
    address: &'static str,
    title: &'static str,
    text: &str,
) -> Result<Card, StorageError> {
    let search = Search { statuses: vec![status], requester: Some(actor.person), ..Search::default() };
    let population = call_off_list::count(conn, &search).await?;
    Ok(Card { address, title, figure: population.count.to_string(), text: text.to_owned() })
}

async fn approver_card(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Card, StorageError> {
    let waiting = tasks::waiting(conn, 500).await?;
    let text = match waiting.first() {
        None => "Nichts zu tun. Schön!".to_owned(),
        Some(oldest) => format!("Älteste: {}, {}", oldest.case_number, runs_out(oldest.expires_at, now)),
    };
    Ok(Card { address: "/freigaben", title: "Offene Freigaben", figure: waiting.len().to_string(), text })
}

/// What the buyer left unfinished, questions first, then drafts, then what lies with others.
async fn own(conn: &mut PgConnection, actor: &Actor, now: DateTime<Utc>) -> Result<Vec<Row>, StorageError> {
    if actor.role != Role::Buyer {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for status in [Status::Returned, Status::Draft, Status::Submitted] {
        let search = Search { statuses: vec![status], requester: Some(actor.person), ..Search::default() };
        rows.extend(call_off_list::page(&mut *conn, &search, ROWS, 0).await?.iter().map(|it| own_row(it, now)));
    }
    Ok(rows)
}

fn own_row(call_off: &Summary, now: DateTime<Utc>) -> Row {
    Row {
        address: format!("/abrufe/{}", call_off.id),
        title: format!("{} {}", call_off.contract_number, as_typed(&call_off.contract_title)),
        text: format!("{}, {}", call_off.case_number, call_off.status.german()),
        note: match call_off.expires_at {
            Some(until) => runs_out(until, now),
            None => format!("geändert am {}", day_of(call_off.changed_at)),
        },
    }
}

/// Justifications the office, the approver or the treasurer still owes. The member's administration acts
/// through its approver, the invoice clerk through the treasurer.
async fn owed(conn: &mut PgConnection, actor: &Actor, now: DateTime<Utc>) -> Result<Vec<Row>, StorageError> {
    let mut open = Vec::new();
    for addressee in [
        Addressee::Office,
        Addressee::Releaser,
        Addressee::Administration,
        Addressee::Treasurer,
        Addressee::InvoiceClerk,
    ] {
        if speaker(addressee) == actor.role {
            open.extend(tasks::owed(&mut *conn, addressee, 50).await?);
        }
    }
    open.sort_by_key(|it| it.expires_at);
    Ok(open
        .into_iter()
        .map(|it| Row {
            address: format!("/abrufe/{}#regel-{}", it.id, it.rule),
            title: format!(
                "Begründung „{}“",
                checks::by_id(&it.rule).map_or(it.rule.as_str(), |rule| rule.texts.title(Language::German))
            ),
            text: format!("{}, {}, {}", it.case_number, as_typed(&it.member), it.contract_number),
            note: it.expires_at.map(|until| runs_out(until, now)).unwrap_or_default(),
        })
        .collect())
}

/// What suppliers report otherwise than the ledger says, as one row.
async fn differing(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Row>, StorageError> {
    if actor.role != Role::Office {
        return Ok(Vec::new());
    }
    let open = tasks::open_differences(conn).await?;
    let row = Row {
        address: "/verwaltung/umsatzmeldungen/abweichungen".to_owned(),
        title: count(open, "Abweichung in Umsatzmeldungen", "Abweichungen in Umsatzmeldungen"),
        text: "Lieferanten melden anderes, als bei uns im Volumenbuch steht".to_owned(),
        note: "bitte klären".to_owned(),
    };
    Ok(if open == 0 { Vec::new() } else { vec![row] })
}

/// Supplier orders that wait for this person of the office.
async fn to_order(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Row>, StorageError> {
    if actor.role != Role::Office {
        return Ok(Vec::new());
    }
    let waiting = supplier_orders::list(conn, actor.person, true, ROWS).await?;
    Ok(waiting
        .into_iter()
        .filter(|it| !it.own)
        .map(|it| Row {
            address: format!("/verwaltung/lieferantenauftraege/{}", it.call_off),
            title: format!("Lieferantenauftrag {}", it.number),
            text: format!("für {}, bei {}", as_typed(&it.member), as_typed(&it.supplier)),
            note: format!("bestellt am {}", day_of(it.created_at)),
        })
        .collect())
}

/// Quota transfers that wait for the actor's side.
async fn transfers(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Row>, StorageError> {
    if !PARTIES.contains(&actor.role) {
        return Ok(Vec::new());
    }
    let waits_for = |it: &Waiting| match actor.role {
        Role::Office => it.to_confirm,
        _ if actor.organisation == it.giver => !it.given,
        _ => actor.organisation == it.taker && !it.taken,
    };
    let waiting = quota_transfers::waiting(conn, 50).await?;
    Ok(waiting
        .into_iter()
        .filter(waits_for)
        .map(|it| Row {
            address: format!("/rahmenvertraege/{}/kontingente#offen", it.contract),
            title: format!("Kontingent: {} gibt an {}", as_typed(&it.giver_name), as_typed(&it.taker_name)),
            text: as_typed(&it.contract_name),
            note: format!("vorgeschlagen am {}", day_of(it.proposed_at)),
        })
        .collect())
}

/// Requests and orders with a supplier that is stopped: whoever has them must settle how it goes on.
async fn stopped(conn: &mut PgConnection, actor: &Actor, today: NaiveDate) -> Result<Vec<Row>, StorageError> {
    if !matches!(actor.role, Role::Buyer | Role::Approver) {
        return Ok(Vec::new());
    }
    Ok(supplier_stops::affected_orders(conn, today, 20)
        .await?
        .into_iter()
        .map(|(id, number, supplier, from)| Row {
            address: format!("/abrufe/{id}"),
            title: format!("Lieferant gesperrt: {}", as_typed(&supplier)),
            text: format!("{number}: bitte klären Sie mit der Geschäftsstelle, wie es weitergeht"),
            note: format!("seit {}", day(from)),
        })
        .collect())
}

/// What was told to run out soon: to the requester, and to whoever can still decide.
async fn expiring(conn: &mut PgConnection, actor: &Actor, now: DateTime<Utc>) -> Result<Vec<Row>, StorageError> {
    if !matches!(actor.role, Role::Buyer | Role::Approver) {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for it in escalations::open(&mut *conn, now, 50).await? {
        let turns = approval_turn::of_request(&mut *conn, actor, it.request, now).await?;
        let waits_for = match turns.may_decide() {
            names if it.status == Status::Returned || names.is_empty() => None,
            names => Some(one_of(&names.iter().map(as_typed).collect::<Vec<_>>())),
        };
        let (address, text) = match actor.role {
            Role::Buyer if it.request.requester == actor.person => (
                "/abrufe",
                match &waits_for {
                    Some(names) => format!("liegt bei {names}; bitte fragen Sie nach"),
                    None if it.status == Status::Returned => "wartet auf Ihre Antwort".to_owned(),
                    None => "zurzeit kann niemand entscheiden; bitte klären Sie die Vertretung".to_owned(),
                },
            ),
            Role::Approver if it.status == Status::Submitted && turns.chain.to_be_told().contains(&actor.person) => (
                "/freigaben",
                match (&turns.turn, &waits_for) {
                    (Ok(_), _) => "Sie können entscheiden".to_owned(),
                    (Err(_), Some(names)) => format!("liegt noch bei {names}"),
                    (Err(_), None) => "zurzeit kann niemand entscheiden; bitte klären Sie die Vertretung".to_owned(),
                },
            ),
            _ => continue,
        };
        rows.push(Row {
            address: format!("{address}/{}", it.request.call_off),
            title: as_typed(&it.contract),
            text: format!("{}, {text}", it.case_number),
            note: runs_out(it.expires_at, now),
        });
    }
    Ok(rows)
}

/// Orders that were sent or received after the end of their contract and that nobody confirmed since.
async fn late(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Row>, StorageError> {
    if actor.role != Role::Office {
        return Ok(Vec::new());
    }
    let rows = dispatches::late(conn, ROWS).await?.into_iter().map(|it| Row {
        address: format!("/abrufe/{}/lieferungen", it.call_off),
        title: it.number,
        text: format!("{}; bitte eine Bestätigung des Lieferanten einholen", as_typed(&it.member_name)),
        note: format!("festgestellt am {}", day_of(it.at)),
    });
    Ok(rows.collect())
}

/// Orders that could not be delivered, or came back: whoever ordered or the office sends them again.
async fn undelivered(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Row>, StorageError> {
    if !SENDERS.contains(&actor.role) {
        return Ok(Vec::new());
    }
    let rows = order_mails::undelivered(conn, ROWS).await?.into_iter().map(|it| Row {
        address: format!("/abrufe/{}/lieferungen#zustellung", it.call_off),
        title: format!("Bestellung {}", it.number),
        text: match it.recipient.as_str() {
            "" => format!("{}: {}", as_typed(&it.member_name), it.reason),
            recipient => format!("{}, an {}: {}", as_typed(&it.member_name), as_typed(recipient), it.reason),
        },
        note: format!("seit {}; bitte Adresse prüfen und erneut senden", day_of(it.since)),
    });
    Ok(rows.collect())
}

/// Cancellations and new delivery dates that did not reach the supplier: sent again, or told another way.
async fn undelivered_changes(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Row>, StorageError> {
    if !SENDERS.contains(&actor.role) {
        return Ok(Vec::new());
    }
    let rows = order_mails::undelivered_changes(conn, ROWS).await?.into_iter().map(|it| {
        let kind = document_in_words(it.document.trim_start_matches("supplier_"));
        Row {
            address: format!("/abrufe/{}/lieferungen", it.call_off),
            title: format!("{kind} zu {}", it.number),
            text: format!("{}, an {}: {}", as_typed(&it.member_name), as_typed(&it.recipient), it.reason),
            note: format!("seit {}; bitte erneut senden oder den Lieferanten selbst unterrichten", day_of(it.since)),
        }
    });
    Ok(rows.collect())
}

async fn ending(conn: &mut PgConnection, actor: &Actor, app: &App) -> Result<Vec<Row>, StorageError> {
    if actor.role == Role::Administrator {
        return Ok(Vec::new());
    }
    let today = app.clock.today();
    let soon = today + SOON;
    let mut ending: Vec<_> = contracts::list(conn, None)
        .await?
        .into_iter()
        .filter(|it| it.status == "active" && today <= it.effective_end && it.effective_end <= soon)
        .collect();
    ending.sort_by_key(|it| it.effective_end);
    Ok(ending
        .into_iter()
        .map(|it| Row {
            address: format!("/rahmenvertraege/{}", it.id),
            title: format!("{} {}", it.number, as_typed(&it.title)),
            text: as_typed(&it.suppliers),
            note: format!(
                "endet am {}, in {}",
                day(it.effective_end),
                count((it.effective_end - today).num_days(), "Tag", "Tagen")
            ),
        })
        .collect())
}

/// Renewals the buyer should prepare, 90 days before the end, urgent ones first.
async fn licences(conn: &mut PgConnection, actor: &Actor, app: &App) -> Result<Vec<Row>, StorageError> {
    if actor.role != Role::Buyer {
        return Ok(Vec::new());
    }
    let today = app.clock.today();
    let all =
        licence_inventory::inventory(&storage_licences::lines(&mut *conn, actor.organisation, today).await?, today);
    let mut rows = Vec::new();
    for ending in all.into_iter().filter(|ending| ending.next_step.is_open()) {
        let contract = contracts::find(&mut *conn, ending.contract).await?;
        let number = ending.quantities.into_values().sum::<Quantity>();
        rows.push(Row {
            address: "/lizenzen".to_owned(),
            title: contract.map(|it| format!("{} {}", it.number, as_typed(&it.title))).unwrap_or_default(),
            text: format!("{} Lizenzen verlängern oder auslaufen lassen", quantity(number)),
            note: format!(
                "enden am {}, in {}",
                day(ending.ends_on),
                count((ending.ends_on - today).num_days(), "Tag", "Tagen")
            ),
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_greeted_by_the_hour_in_berlin() {
        for (at, words) in [
            ("2026-11-22T04:00:00Z", "Guten Morgen"),
            ("2026-11-22T11:00:00Z", "Guten Tag"),
            ("2026-11-22T17:30:00Z", "Guten Abend"),
        ] {
            assert_eq!(greeting(at.parse().unwrap()), words, "{at}");
        }
    }
}
