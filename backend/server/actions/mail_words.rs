//! The words of mails; their templates lie beside those of the pages, in `http/mails`.

use abruf_domain::mini_competition::Line;
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use askama::Template;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Europe::Berlin;

use crate::storage::mini_competitions::Competition;

/// How many days a supplier may answer by its link.
const LINK_DAYS: Days = Days::new(30);

/// When a link made now ends: with the thirtieth day, in Berlin.
#[must_use]
pub fn link_ends(now: DateTime<Utc>) -> DateTime<Utc> {
    let after = berlin_date(now) + LINK_DAYS + Days::new(1);
    // Midnight is never skipped or repeated by a change of the clock in Berlin.
    let midnight = after.and_time(NaiveTime::MIN).and_local_timezone(Berlin).earliest();
    midnight.map_or(now + TimeDelta::days(30), |it| it.with_timezone(&Utc))
}

/// The mail that carries an order.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/order.txt")]
pub struct OrderLetter {
    /// Number of the order.
    pub number: String,
    /// Number and title of the contract.
    pub contract: String,
    /// Who orders from the supplier.
    pub customer: String,
    /// Where the supplier answers.
    pub link: String,
    /// When the link ends.
    pub expires_at: DateTime<Utc>,
    /// It was sent before.
    pub again: bool,
    /// It is no real order.
    pub demo: bool,
}

impl OrderLetter {
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("Bestellung {} ({})", self.number, self.customer)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        rendered(self)
    }

    fn last_day(&self) -> String {
        German.date(berlin_date(self.expires_at - TimeDelta::seconds(1)))
    }
}

/// The mail that carries what changes an order.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/change.txt")]
pub struct ChangeLetter {
    /// Kind of the document: cancellation, partial_cancellation or delivery_change.
    pub kind: String,
    /// The document in words: „Teilstornierung 2“.
    pub paper: String,
    /// Number of the order.
    pub number: String,
    /// Number and title of the contract.
    pub contract: String,
    /// Who ordered from the supplier.
    pub customer: String,
    /// It was sent before.
    pub again: bool,
    /// It is no real order.
    pub demo: bool,
}

impl ChangeLetter {
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{} zur Bestellung {} ({})", self.paper, self.number, self.customer)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        rendered(self)
    }

    fn sentence(&self) -> String {
        let (customer, number) = (&self.customer, &self.number);
        match self.kind.as_str() {
            "delivery_change" => {
                format!(
                    "{customer} hat den neuen Liefertermin zur Bestellung {number} angenommen. Alles andere bleibt, wie es bestellt ist."
                )
            }
            "partial_cancellation" => {
                format!(
                    "{customer} hat die Bestellung {number} zum Teil storniert. Was bestellt bleibt, steht im Dokument."
                )
            }
            _ => format!("{customer} hat die Bestellung {number} storniert. Bitte liefern Sie sie nicht mehr aus."),
        }
    }
}

/// A request runs out soon.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/expiring.txt")]
pub struct Expiring {
    /// Vorgangsnummer.
    pub case_number: String,
    /// Number and title of the contract.
    pub contract: String,
    /// When the reservation ends.
    pub until: String,
    /// Where to look.
    pub link: String,
}

/// The supplier of an order is stopped.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/supplier_stopped.txt")]
pub struct SupplierStopped {
    /// Who is stopped.
    pub supplier: String,
    /// Number of the order, or case number of the request.
    pub number: String,
    /// Where to look.
    pub link: String,
}

/// Licences end soon.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/licence_ends.txt")]
pub struct LicenceEnds {
    /// Number of the order they came with.
    pub number: String,
    /// Their last day; empty where the order names none.
    pub ends_on: String,
    /// Where to look.
    pub link: String,
}

/// Something happened that concerns the reader.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/news.txt")]
pub struct News {
    /// What happened, without a full stop.
    pub title: String,
    /// What follows from it.
    pub text: String,
    /// Where to look.
    pub link: String,
    /// Where such mail is switched off.
    pub switches: String,
}

/// A party is asked for an offer.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/invitation.txt")]
pub struct Invitation<'a> {
    /// The competition.
    pub it: &'a Competition,
}

impl Invitation<'_> {
    fn quantity(line: &Line) -> String {
        format!("{} {}", German.number(line.quantity.decimal().normalize()), line.unit)
    }

    fn date(day: NaiveDate) -> String {
        German.date(day)
    }

    fn deadline(&self) -> String {
        German.instant(self.it.deadline_at)
    }
}

/// What was asked is answered to all.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/answer.txt")]
pub struct Answers<'a> {
    /// The competition.
    pub it: &'a Competition,
    /// Questions and answers; who asked is not told.
    pub answers: Vec<(String, String)>,
}

impl Answers<'_> {
    fn deadline(&self) -> String {
        German.instant(self.it.deadline_at)
    }
}

/// The parties have more time.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/extension.txt")]
pub struct Extended<'a> {
    /// The competition, with the deadline now in force.
    pub it: &'a Competition,
    /// Why.
    pub reason: String,
}

impl Extended<'_> {
    fn deadline(&self) -> String {
        German.instant(self.it.deadline_at)
    }
}

/// What became of a party's offer.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/award.txt")]
pub struct Award<'a> {
    /// The competition.
    pub it: &'a Competition,
    /// It won.
    pub won: bool,
}

/// A competition ended without a winner.
#[derive(Debug, Clone, Template)]
#[template(path = "mails/abolition.txt")]
pub struct Abolition<'a> {
    /// The competition.
    pub it: &'a Competition,
}

/// The text of a mail. Its templates call nothing that can fail.
#[must_use]
pub fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lasts_to_the_end_of_the_thirtieth_day_in_berlin() {
        for (now, end) in [
            ("2026-11-22T09:00:00Z", "2026-12-22T23:00:00Z"),
            // Over the change to summer time.
            ("2027-03-10T23:30:00Z", "2027-04-10T22:00:00Z"),
        ] {
            assert_eq!(link_ends(now.parse().unwrap()), end.parse::<DateTime<Utc>>().unwrap(), "{now}");
        }
    }

    #[test]
    fn the_mail_of_an_order_names_number_link_and_last_day() {
        let letter = OrderLetter {
            number: "RV-1-0001".to_owned(),
            contract: "RV-1 Geräte".to_owned(),
            customer: "Stadt Łukasiewicz & Söhne".to_owned(),
            link: "https://abruf.example/lieferung/x".to_owned(),
            expires_at: link_ends("2026-11-22T09:00:00Z".parse().unwrap()),
            again: false,
            demo: false,
        };
        let text = letter.text();
        assert!(
            text.contains("bis einschließlich 22.12.2026") && text.contains("\nhttps://abruf.example/lieferung/x\n")
        );
        assert!(text.contains("Łukasiewicz & Söhne"), "plain text is not escaped: {text}");
        assert!(!text.contains("schon einmal") && !text.contains("Beispieldaten"), "{text}");
        let text = OrderLetter { again: true, demo: true, ..letter }.text();
        assert!(text.contains("Es bleibt bei einer Bestellung.") && text.contains("Beispieldaten"), "{text}");
    }
}
