//! `/hilfe`: the rules in their own words, and what a problem of the API means. The same for everybody.

use abruf_domain::checks::{self, Checked, Rule};
use abruf_domain::finding::Addressee;
use abruf_domain::law::{self, LawPack, keys};
use abruf_domain::notation::Language;

use crate::http::extract::Path;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;

const GERMAN: Language = Language::German;

/// A rule in words.
pub struct RuleView {
    /// Its id.
    pub id: &'static str,
    /// Its version.
    pub version: u16,
    /// Title.
    pub title: &'static str,
    /// What it is for, in paragraphs.
    pub help: Vec<&'static str>,
    /// Legal source.
    pub source: &'static str,
    /// How sure that is.
    pub certainty: &'static str,
    /// Who can cure it.
    pub addressee: &'static str,
    /// Titles of the legal parameters it reads.
    pub parameters: Vec<&'static str>,
    /// What it cites in jurisdictions whose law differs: name, source and how sure that is.
    pub elsewhere: Vec<(&'static str, &'static str, &'static str)>,
}

impl RuleView {
    fn of(check: &Rule) -> Self {
        Self {
            id: check.id,
            version: check.version,
            title: check.texts.title(GERMAN),
            help: check.texts.help(GERMAN).split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()).collect(),
            source: check.texts.source(GERMAN),
            certainty: check.texts.certainty().german(),
            addressee: match check.addressee {
                Addressee::Requester => "die Sachbearbeitung, die abruft",
                Addressee::Releaser => "die Person, die freigibt",
                Addressee::Office => "die Geschäftsstelle der Genossenschaft",
                Addressee::Treasurer => "die Kämmerei des Mitglieds",
                Addressee::Administration => "die Verwaltungsleitung des Mitglieds",
                Addressee::InvoiceClerk => "die Rechnungsbearbeitung des Mitglieds",
            },
            parameters: keys::of_rule(check.id).map(|key| key.title).collect(),
            elsewhere: law::packs().iter().filter_map(|pack| elsewhere(pack, check)).collect(),
        }
    }

    fn first_sentence(&self) -> &'static str {
        self.help.first().map_or("", |text| text.split_inclusive(". ").next().unwrap_or(text).trim())
    }
}

/// What a jurisdiction cites itself, where those are not the words of the rule book.
fn elsewhere(pack: &'static LawPack, rule: &Rule) -> Option<(&'static str, &'static str, &'static str)> {
    let own = pack.citations.iter().find(|it| it.rule == rule.id && it.source != rule.texts.source(GERMAN))?;
    Some((&pack.name, &own.source, own.certainty.german()))
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/help_rules.html")]
pub struct RulesPage {
    frame: Frame,
    groups: Vec<(&'static str, Vec<RuleView>)>,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/help_rule.html")]
pub struct RulePage {
    frame: Frame,
    rule: RuleView,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/help_problem.html")]
pub struct ProblemPage {
    frame: Frame,
    slug: &'static str,
    title: &'static str,
    meaning: &'static str,
    remedy: &'static str,
}

/// `GET /hilfe/regeln`
pub async fn rules(frame: Frame) -> Page<RulesPage> {
    let group = |when| checks::all().filter(|rule| rule.checked == when).map(|rule| RuleView::of(&rule)).collect();
    Page(RulesPage {
        frame: frame.titled("Regeln"),
        groups: vec![
            ("Bei der Einreichung und noch einmal bei der Freigabe", group(Checked::CallOff)),
            ("Nur bei der Freigabe", group(Checked::ReleaseOnly)),
            ("Zur Einsparung", group(Checked::Savings)),
            ("Wenn ein Vertrag, ein Preisstand oder eine Vertragsänderung wirksam wird", group(Checked::Activation)),
            ("Beim Versand der Bestellung", group(Checked::Dispatch)),
            ("Wenn eine Rechnung bescheinigt wird", group(Checked::Invoice)),
        ],
    })
}

/// `GET /hilfe/regeln/{id}`
pub async fn rule(frame: Frame, Path(id): Path<String>) -> Result<Page<RulePage>, Problem> {
    let rule = RuleView::of(&checks::by_id(&id).ok_or_else(Problem::not_found)?);
    Ok(Page(RulePage { frame: frame.titled(rule.title), rule }))
}

/// Kinds of problems: slug, title, what it means, what to do.
const PROBLEMS: &[(&str, &str, &str, &str)] = &[
    (
        "bad-request",
        "Die Anfrage ist nicht lesbar",
        "Adresse oder Inhalt sind nicht so geschrieben, wie die Programmierschnittstelle es erwartet.",
        "Vergleichen Sie die Anfrage mit der Beschreibung der Schnittstelle. Im Feld errors steht, welche Stelle nicht passt.",
    ),
    (
        "unauthenticated",
        "Anmeldung nötig",
        "Die Anfrage trägt kein gültiges Token, oder die Sitzung ist zu Ende.",
        "Melden Sie sich neu an.",
    ),
    (
        "second-factor-needed",
        "Code nötig",
        "Das Passwort stimmt, der Code des zweiten Faktors fehlt noch.",
        "Senden Sie ihn im Feld code mit: den Code Ihrer App oder einen Wiederherstellungscode.",
    ),
    (
        "second-factor-missing",
        "Zweiter Faktor fehlt",
        "Freigabe, Geschäftsstelle und Administration brauchen einen zweiten Faktor, und dieses Konto hat keinen.",
        "Melden Sie sich im Browser an und richten Sie ihn ein.",
    ),
    (
        "sign-in-refused",
        "Anmeldung abgelehnt",
        "E-Mail oder Passwort stimmen nicht. Ob es das Konto gibt, wird nicht verraten.",
        "Prüfen Sie beides. Nach fünf Fehlversuchen folgt eine Pause.",
    ),
    (
        "sign-in-paused",
        "Zu viele Fehlversuche",
        "Für dieses Konto gab es zu viele falsche Passwörter.",
        "Warten Sie so lange, wie Retry-After sagt.",
    ),
    (
        "not-found",
        "Nicht gefunden",
        "Diesen Eintrag gibt es nicht, oder Sie haben keinen Zugriff. Beides sieht absichtlich gleich aus.",
        "Prüfen Sie die Adresse, und für wen Sie gerade handeln.",
    ),
    (
        "method-not-allowed",
        "So geht es nicht",
        "Die Adresse gibt es, aber nicht für diese Art der Anfrage.",
        "Im Kopf Allow der Antwort steht, was geht.",
    ),
    (
        "conflict",
        "Zwischenzeitlich geändert",
        "Jemand anderes war schneller.",
        "Laden Sie den neuen Stand und entscheiden Sie noch einmal.",
    ),
    (
        "stale",
        "Zwischenzeitlich geändert",
        "Ihre Änderung beruht auf einer älteren Fassung.",
        "Laden Sie den Vorgang neu, prüfen Sie ihn und senden Sie die Änderung mit der neuen Fassungsnummer.",
    ),
    (
        "wrong-state",
        "Das geht jetzt nicht mehr",
        "Der Vorgang ist schon weiter, zum Beispiel freigegeben oder zurückgezogen.",
        "Sehen Sie im Verlauf nach, was geschehen ist.",
    ),
    (
        "review-changed",
        "Die Prüfung hat sich geändert",
        "Seit der Einreichung haben sich Preis oder Feststellungen geändert. Es wurde nichts freigegeben; das Volumen bleibt reserviert.",
        "Vergleichen Sie beide Prüfungen und geben Sie den Abruf an die Sachbearbeitung zurück.",
    ),
    (
        "not-your-turn",
        "Sie sind nicht an der Reihe",
        "Nach der Freigabeordnung der Organisation entscheidet gerade eine andere Person, oder ein anderer Schritt kommt zuerst. Im Feld obstacles steht jeder Grund mit seiner Regel.",
        "Warten Sie auf die genannten Personen, oder ändern Sie Vertretung und Abwesenheit in der Freigabeordnung.",
    ),
    (
        "expired",
        "Die Anforderung ist verfallen",
        "Die Reservierung ist abgelaufen, bevor jemand freigegeben hat.",
        "Rufen Sie noch einmal ab; das Volumen ist wieder frei.",
    ),
    (
        "refused",
        "So geht es nicht",
        "Der Vertrag kann so noch nicht genutzt werden.",
        "Fragen Sie die Geschäftsstelle.",
    ),
    (
        "invalid",
        "Bitte prüfen Sie Ihre Angaben",
        "Einige Angaben fehlen oder passen nicht.",
        "Im Feld errors steht zu jedem Feld, was nicht stimmt.",
    ),
    (
        "form-stale",
        "Bitte laden Sie die Seite neu",
        "Das Formular gehört nicht zu Ihrer jetzigen Sitzung.",
        "Laden Sie die Seite neu und senden Sie das Formular noch einmal ab.",
    ),
    (
        "idempotency-key-reused",
        "Schlüssel schon verwendet",
        "Derselbe Idempotency-Key kam mit einer anderen Anfrage.",
        "Verwenden Sie für jede neue Anfrage einen neuen Schlüssel.",
    ),
    ("too-large", "Zu groß", "Der Inhalt ist größer als 1 MB.", "Kürzen Sie den Text oder teilen Sie die Daten auf."),
    (
        "unsupported-media-type",
        "Falsches Format",
        "Die Schnittstelle liest nur application/json.",
        "Senden Sie JSON mit dem passenden Content-Type.",
    ),
    (
        "too-many-requests",
        "Zu viele Versuche",
        "Es kamen sehr viele Anfragen in kurzer Zeit.",
        "Warten Sie so lange, wie Retry-After sagt.",
    ),
    (
        "version-changed",
        "Zwischenzeitlich geändert",
        "Die Änderung nennt mit If-Match eine andere Version als die jetzige. Es wurde nichts geändert.",
        "Lesen Sie den Eintrag neu, prüfen Sie den neuen Stand und senden Sie seinen ETag als If-Match.",
    ),
    (
        "version-missing",
        "Die Version fehlt",
        "Die Änderung sagt nicht, auf welche Version sie sich bezieht. Es wurde nichts geändert.",
        "Senden Sie den ETag des gelesenen Eintrags als If-Match, zum Beispiel If-Match: \"7\".",
    ),
    (
        "scope-missing",
        "Dem Schlüssel fehlt ein Recht",
        "Die Aufgabe der Person dürfte das, der Schlüssel des Programms nicht.",
        "Legen Sie unter Konto, Schlüssel einen Schlüssel mit diesem Recht an.",
    ),
    (
        "not-by-key",
        "Das geht mit keinem Schlüssel",
        "Seiten, Konten, Freigaben und andere Entscheidungen sind Menschen vorbehalten, die sich angemeldet haben.",
        "Melden Sie sich im Browser an oder, als Programm, über /api/v1/sessions.",
    ),
    (
        "answered-once",
        "Die Antwort wird nur einmal gegeben",
        "Die Anfrage hat schon gewirkt. Ihre Antwort enthielt ein Geheimnis und wurde nicht aufbewahrt.",
        "Stellen Sie eine neue Anfrage mit einem neuen Idempotency-Key, wenn die Antwort verloren ist.",
    ),
    (
        "repeat-under-way",
        "Die Anfrage läuft noch",
        "Dieselbe Anfrage mit diesem Idempotency-Key läuft gerade.",
        "Fragen Sie nach der Zeit in Retry-After noch einmal. Sie bekommen dann die Antwort der ersten.",
    ),
    (
        "repeat-unknown",
        "Der Ausgang ist nicht bekannt",
        "Dieselbe Anfrage wurde unterbrochen. Ob sie gewirkt hat, ist nicht bekannt; sie wird nicht wiederholt.",
        "Sehen Sie nach, ob sie gewirkt hat. Stellen Sie sie, wenn nötig, mit einem neuen Idempotency-Key.",
    ),
    (
        "starting",
        "Abruf startet",
        "Das Programm ist noch nicht bereit: Die Datenbank wird vorbereitet.",
        "Versuchen Sie es in einigen Sekunden noch einmal.",
    ),
    (
        "unavailable",
        "Gerade nicht verfügbar",
        "Das System ist ausgelastet oder wird gewartet.",
        "Versuchen Sie es nach der Zeit in Retry-After noch einmal, mit demselben Idempotency-Key.",
    ),
    (
        "internal",
        "Das lag an uns",
        "Ein Fehler im Programm. Entwürfe sind gespeichert.",
        "Nennen Sie der Administration die Kennung der Anfrage.",
    ),
];

/// `GET /hilfe/probleme/{slug}`
pub async fn problem(frame: Frame, Path(slug): Path<String>) -> Result<Page<ProblemPage>, Problem> {
    let known = PROBLEMS.iter().find(|(known, ..)| *known == slug).copied();
    let (slug, title, meaning, remedy) = match known {
        Some(known) => known,
        None => of_finding(&slug).ok_or_else(Problem::not_found)?,
    };
    Ok(Page(ProblemPage { frame: frame.titled(title), slug, title, meaning, remedy }))
}

/// Refusals by a rule carry the findings themselves.
fn of_finding(slug: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    let known =
        ["submission-declined", "release-blocked", "justification-missing"].into_iter().find(|known| *known == slug)?;
    Some((
        known,
        "Der Abruf ist so nicht zulässig",
        "Mindestens eine Regel sperrt den Abruf oder verlangt eine Begründung. Im Feld findings steht jede Feststellung mit Regel, Quelle und Zahlen.",
        "Tun Sie, was unter cure steht. Der Entwurf bleibt gespeichert.",
    ))
}
