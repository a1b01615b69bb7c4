//! A mail server of a test: takes letters, puts them off or refuses them, and shows what it took.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use abruf::config::MailSettings;
use abruf::mail::Mailer;
use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it does with the next letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes them.
    Takes,
    /// „451, later“.
    Busy,
    /// „550, no such mailbox“.
    Refuses,
    /// „535, wrong password“: about us, not about the letter.
    Distrusts,
}

/// A letter it took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Mail address.
    pub to: String,
    /// Headers and body as they came.
    raw: String,
}

impl Taken {
    /// A header in one line.
    pub fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let prefix = format!("{name}: ");
        head.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
    }

    /// The text, decoded.
    pub fn text(&self) -> String {
        let part = self.raw.split("Content-Type: text/plain").nth(1).expect("a text");
        let (head, body) = part.split_once("\r\n\r\n").expect("head and body");
        let body = body.split("\r\n--").next().unwrap_or_default();
        if head.contains("base64") {
            return String::from_utf8(BASE64.decode(body.replace("\r\n", "").as_bytes()).unwrap()).unwrap();
        }
        if head.contains("quoted-printable") { unquoted(body) } else { body.to_owned() }
    }

    /// The attached PDF.
    pub fn pdf(&self) -> Vec<u8> {
        let part = self.raw.split("Content-Type: application/pdf").nth(1).expect("a PDF");
        let body = part.split_once("\r\n\r\n").expect("head and body").1;
        let body = body.split("\r\n--").next().unwrap_or_default().replace("\r\n", "");
        BASE64.decode(body.as_bytes()).unwrap()
    }
}

fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' && 2 <= after.len() {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

/// The server; it ends with the test.
pub struct MailServer {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            mood: Arc::new(Mutex::new(Mood::Takes)),
            taken: Arc::default(),
        };
        let (mood, taken) = (server.mood.clone(), server.taken.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, mood.clone(), taken.clone()));
            }
        });
        server
    }

    /// What sends to it.
    pub fn mailer(&self) -> Mailer {
        let server = format!("smtp://{}", self.address).into();
        Mailer::new(&MailSettings { server, from: "Abruf <abruf@elbe-saale.example>".to_owned() }).unwrap()
    }

    pub fn is_now(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Everything it took so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    /// The one letter it took.
    pub fn only(&self) -> Taken {
        let taken = self.taken();
        let [one] = taken.as_slice() else { panic!("{} letters", taken.len()) };
        one.clone()
    }
}

async fn talk(stream: TcpStream, mood: Arc<Mutex<Mood>>, taken: Arc<Mutex<Vec<Taken>>>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).split(b'\n');
    writer.write_all(b"220 mail.example\r\n").await.unwrap();
    let mut to = String::new();
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let now = *mood.lock().unwrap();
        let answer = if line.starts_with("RCPT TO:") {
            to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            match now {
                Mood::Takes => "250 2.1.5 Ok",
                Mood::Busy => "451 4.3.2 Bitte spaeter noch einmal",
                Mood::Refuses => "550 5.1.1 Postfach unbekannt",
                Mood::Distrusts => "535 5.7.8 Anmeldung falsch",
            }
        } else if line == "DATA" {
            writer.write_all(b"354 Go on\r\n").await.unwrap();
            let mut raw = String::new();
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
                if line == "." {
                    break;
                }
                raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                raw.push_str("\r\n");
            }
            taken.lock().unwrap().push(Taken { to: to.clone(), raw });
            "250 2.0.0 Ok: queued as 4711"
        } else if line == "QUIT" {
            "221 Bye"
        } else {
            "250 Ok"
        };
        if writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}
