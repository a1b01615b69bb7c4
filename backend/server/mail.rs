//! Mail by SMTP: the only file that talks to a mail server.
//!
//! Says what became of a letter in three words: taken, later, refused. Whether to try again is decided by whoever
//! sends; a letter tried again has the same Message-ID.

use std::fmt;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::config::{ConfigError, MailSettings};

/// How long a mail server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers that refuse us and not the letter: name and password, encryption. An operator cures them.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// Whether a text is a mail address somebody could be written to.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.len() <= 254 && text.parse::<Address>().is_ok()
}

/// A letter to one recipient.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Mail address.
    pub to: String,
    /// Whom an answer reaches; empty: the sender.
    pub reply_to: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
    /// With angle brackets; the same on each attempt.
    pub message_id: String,
    /// Date of the letter.
    pub at: DateTime<Utc>,
    /// A PDF: its name and bytes.
    pub pdf: Option<(String, Vec<u8>)>,
}

/// What became of a letter. The words are those of the mail server, or why it was not reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server took it.
    Taken(String),
    /// It did not take it now.
    Later(String),
    /// It will never take it.
    Refused(String),
}

/// Sends letters; cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for Mailer {
    /// Without the server's name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer({})", self.from.email)
    }
}

impl Mailer {
    /// For a mail server; nothing is sent yet.
    ///
    /// # Errors
    /// If its address or the sender cannot be read.
    pub fn new(settings: &MailSettings) -> Result<Self, ConfigError> {
        let from = settings.from.parse().map_err(|_| ConfigError::Unreadable {
            name: "ABRUF_MAIL_FROM",
            value: settings.from.clone(),
            expected: "ein Absender wie Abruf <abruf@kommunal-it.example>",
        })?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.server.expose_secret())
            .map_err(|_| ConfigError::MailServerUnreadable)?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self { transport, from })
    }

    /// The domain of the sender: the right side of each Message-ID.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// Sends a letter and waits for what the mail server says.
    pub async fn send(&self, letter: Letter) -> Outcome {
        let message = match self.message(letter) {
            Ok(message) => message,
            Err(reason) => return Outcome::Refused(reason),
        };
        match self.transport.send(message).await {
            Ok(response) => {
                Outcome::Taken(format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" ")))
            }
            Err(error) if error.is_permanent() && !is_about_us(&error) => Outcome::Refused(words(&error)),
            Err(error) => Outcome::Later(words(&error)),
        }
    }

    fn message(&self, letter: Letter) -> Result<Message, String> {
        let to: Address = letter.to.parse().map_err(|_| format!("„{}“ ist keine E-Mail-Adresse.", letter.to))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .message_id(Some(letter.message_id))
            .date(SystemTime::from(letter.at));
        if let Ok(address) = letter.reply_to.parse() {
            builder = builder.reply_to(Mailbox::new(None, address));
        }
        let text = SinglePart::plain(letter.text);
        let message = match letter.pdf {
            None => builder.singlepart(text),
            Some((name, bytes)) => {
                let pdf = ContentType::parse("application/pdf").map_err(|error| error.to_string())?;
                builder
                    .multipart(MultiPart::mixed().singlepart(text).singlepart(Attachment::new(name).body(bytes, pdf)))
            }
        };
        message.map_err(|error| error.to_string())
    }
}

fn is_about_us(error: &smtp::Error) -> bool {
    error.status().is_some_and(|code| ABOUT_US.contains(&u16::from(code)))
}

/// The error with what lies behind it, in one line.
fn words(error: &smtp::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        let text = deeper.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = deeper.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer(server: &str, from: &str) -> Result<Mailer, ConfigError> {
        Mailer::new(&MailSettings { server: server.to_owned().into(), from: from.to_owned() })
    }

    #[test]
    fn an_address_has_both_sides() {
        assert!(is_address("bestellung@anhalt-digital.example"));
        for none in ["", "bestellung", "@example", "a@b c", "a@b.example, c@d.example", "a\0@b.example"] {
            assert!(!is_address(none), "{none:?}");
        }
    }

    #[test]
    fn a_mailer_prints_no_password_and_refuses_an_unreadable_sender() {
        let mailer = mailer("smtp://abruf:geheim@mail.example:2525", "Abruf <abruf@mail.example>").unwrap();
        assert_eq!(format!("{mailer:?}"), "Mailer(abruf@mail.example)");
        assert!(self::mailer("smtp://mail.example", "niemand").is_err());
    }

    #[tokio::test]
    async fn a_letter_to_no_address_is_refused_without_asking_a_server() {
        let mailer = mailer("smtp://127.0.0.1:1", "abruf@mail.example").unwrap();
        let letter = Letter {
            to: "niemand".to_owned(),
            reply_to: String::new(),
            subject: "Bestellung".to_owned(),
            text: "Text".to_owned(),
            message_id: "<1@mail.example>".to_owned(),
            at: DateTime::UNIX_EPOCH,
            pdf: None,
        };
        assert!(matches!(mailer.send(letter.clone()).await, Outcome::Refused(_)));
        let reachable = Letter { to: "jemand@mail.example".to_owned(), ..letter };
        assert!(matches!(mailer.send(reachable).await, Outcome::Later(_)), "nobody listens there");
    }
}
