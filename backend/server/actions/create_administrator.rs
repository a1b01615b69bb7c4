//! The first administrator, by command line; also the way back in for one who forgot the password.

use abruf_domain::ids::{AssignmentId, PersonId};
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::set_up_account::{NewLink, issue_link};
use crate::actor::{Role, RunsAs};
use crate::app::App;
use crate::storage::one_time_links::Purpose;
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, people};

/// What came of it.
pub enum Outcome {
    /// The link is to be handed to the person.
    Created(NewLink),
    /// There is no purchasing body yet whose administrator one could be.
    NoBody,
    /// The address is no mail address, or the name is empty or too long.
    Unusable,
}

/// Makes the person an administrator of every purchasing body and issues a one-time link.
///
/// A person who is one already just gets a new link.
pub async fn create_administrator(app: &App, email: &str, name: &str) -> Result<Outcome, StorageError> {
    let email = email.trim().to_lowercase();
    let name = name.trim();
    if !is_mail_address(&email) || name.is_empty() || 200 < name.chars().count() {
        return Ok(Outcome::Unusable);
    }
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let bodies = people::bodies(&mut tx, today).await?;
    if bodies.is_empty() {
        return Ok(Outcome::NoBody);
    }
    let person = match people::find_account(&mut tx, &email).await? {
        Some(account) => account.person,
        None => {
            let person = PersonId(app.chance.id(now));
            people::insert(&mut tx, person, &email, name, false, now).await?;
            person
        }
    };
    let held = people::assignments(&mut tx, person, (now, today)).await?;
    for body in bodies {
        if held.iter().any(|it| it.actor.role == Role::Administrator && it.actor.body == body) {
            continue;
        }
        let assignment = AssignmentId(app.chance.id(now));
        people::assign(&mut tx, assignment, person, Role::Administrator, body, body, today).await?;
    }
    let link = issue_link(&mut tx, app, person, Purpose::SetUp, None).await?;
    let origin = Origin::default();
    let appointed = Happened::new(Event::AdministratorAppointed, Some(person), &origin, Uuid::nil());
    account_log::append(&mut tx, app, appointed, now).await?;
    tx.commit().await?;
    Ok(Outcome::Created(link))
}

/// Good enough to tell an address from a typing error; whether it exists only a mail can tell.
pub(super) fn is_mail_address(text: &str) -> bool {
    text.len() <= 254
        && !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.contains('@') && domain.split('.').all(|label| !label.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::is_mail_address;

    #[test]
    fn mail_addresses_are_told_from_typing_errors() {
        for good in ["a@b.de", "eva.muster@altenrode.example", "root@localhost"] {
            assert!(is_mail_address(good), "{good}");
        }
        for bad in ["", "a", "@b.de", "a@", "a@b@c", "a b@c.de", "a@b..de"] {
            assert!(!is_mail_address(bad), "{bad}");
        }
    }
}
