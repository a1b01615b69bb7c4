//! `/hilfe`: first steps of each role, all terms and all rules; `/hilfe/begriffe`: the glossary, searched; a page per term
//! with the rules that speak of it. The same for everybody.

use abruf_domain::checks;
use abruf_domain::glossary::{self, TERMS, Term};
use abruf_domain::notation::Language;
use serde::Deserialize;

use crate::actor::Role;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::count;
use crate::http::problem::Problem;

const GERMAN: Language = Language::German;
/// Longest search; more is no word.
const MOST_LETTERS: usize = 100;

/// What somebody does first: page and what it is for.
type Steps = &'static [(&'static str, &'static str)];

/// First steps of a role.
struct Guide {
    key: &'static str,
    role: &'static str,
    steps: Steps,
}

const fn first_steps(role: Role) -> Steps {
    match role {
        Role::Buyer => &[
            ("/rahmenvertraege", "Suchen Sie einen Vertrag, den Ihre Stadt nutzen darf, und wählen Sie „Abrufen“."),
            (
                "/abrufe",
                "Tragen Sie Mengen und Angaben ein. Der Entwurf bleibt gespeichert; die Prüfung sagt, was fehlt.",
            ),
            ("/abrufe", "Geben Sie den Abruf zur Freigabe. Danach sehen Sie hier, wo er steht."),
            (
                "/suche",
                "Sie suchen etwas? Die Suche findet Verträge, Artikel, Abrufe und Dokumente, auch mit Tippfehlern.",
            ),
        ],
        Role::Approver => &[
            ("/freigaben", "Hier steht, was auf Sie wartet. Lesen Sie, was auffällt, und erteilen oder lehnen Sie ab."),
            ("/freigabeordnung", "Tragen Sie Vertretung und Abwesenheit ein, bevor Sie in Urlaub gehen."),
            (
                "/konto/zweiter-faktor",
                "Ohne zweiten Faktor lässt sich nicht freigeben. Richten Sie ihn ein, wenn er fehlt.",
            ),
        ],
        Role::Treasurer => &[
            ("/haushalt", "Legen Sie fest, ob Abruf den Haushalt nur nennt, bestätigen lässt oder mitführt."),
            ("/abrufe", "Bestätigen Sie die Mittel der Anforderungen, die darauf warten."),
        ],
        Role::Office => &[
            ("/verwaltung/mitglieder/aufnehmen", "Nehmen Sie Mitglieder aus dem Verzeichnis auf."),
            (
                "/verwaltung/vertraege/neu",
                "Legen Sie einen Vertrag an und lassen Sie ihn von einer zweiten Person aktivieren.",
            ),
            ("/verwaltung/begruendungen", "Schreiben Sie die Begründungen, auf die Anforderungen warten."),
            ("/verwaltung", "Alles Weitere steht auf der Seite Verwaltung."),
        ],
        Role::Board | Role::SupervisoryBoard => &[
            ("/berichte/einsparungen", "Was gespart wurde, und wie sicher die Zahl ist: Jede führt zu ihrer Liste."),
            ("/aufsicht", "Was läuft aus, was wird eng, was fiel auf."),
            ("/berichte/sitzung", "Schreiben Sie einen Bericht für die Sitzung fest."),
        ],
        Role::Auditor => &[
            ("/pruefung", "Filtern Sie die Abrufe in Ihrem Umfang; stornierte sind dabei."),
            ("/pruefung/protokoll", "Sehen Sie nach, wer wann was getan hat, und prüfen Sie die Kette."),
            ("/berichte", "Jeder Bericht lässt sich als Tabelle herunterladen."),
        ],
        Role::Administrator => &[
            ("/einrichtung", "Führt durch eine neue Installation."),
            ("/verwaltung/personen/einladen", "Laden Sie Personen ein und geben Sie ihnen Aufgaben."),
            ("/verwaltung/system", "Sehen Sie nach, ob alles läuft."),
        ],
    }
}

/// A term in a list.
struct TermView {
    slug: String,
    it: &'static Term,
}

impl TermView {
    fn of(it: &'static Term) -> Self {
        Self { slug: it.slug(), it }
    }
}

fn sorted(terms: impl IntoIterator<Item = &'static Term>) -> Vec<TermView> {
    let mut terms: Vec<TermView> = terms.into_iter().map(TermView::of).collect();
    terms.sort_by(|a, b| a.slug.cmp(&b.slug));
    terms
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/help_index.html")]
pub struct HelpPage {
    frame: Frame,
    guides: Vec<Guide>,
    terms: Vec<TermView>,
    rules: Vec<(&'static str, &'static str)>,
}

impl HelpPage {
    /// Whoever acts in another role would find nothing there; whoever is signed out comes by the sign-in.
    fn lead_somewhere(&self, guide: &Guide) -> bool {
        self.frame.acting.as_ref().is_none_or(|acting| guide.role.contains(acting.role))
    }
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/help_terms.html")]
pub struct TermsPage {
    frame: Frame,
    words: String,
    count: String,
    terms: Vec<TermView>,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/help_term.html")]
pub struct TermPage {
    frame: Frame,
    it: &'static Term,
    rules: Vec<(&'static str, &'static str)>,
}

/// `GET /hilfe`
pub async fn index(frame: Frame) -> Page<HelpPage> {
    let mut rules: Vec<_> = checks::all().map(|rule| (rule.id, rule.texts.title(GERMAN))).collect();
    rules.sort_by_key(|(_, title)| *title);
    let guides = Role::ALL.into_iter().filter(|role| *role != Role::SupervisoryBoard);
    let guides = guides.map(|role| Guide {
        key: role.key(),
        role: if role == Role::Board { "Vorstand und Aufsichtsrat" } else { role.german() },
        steps: first_steps(role),
    });
    Page(HelpPage { frame: frame.titled("Hilfe"), guides: guides.collect(), terms: sorted(TERMS), rules })
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

/// `GET /hilfe/begriffe`
pub async fn terms(frame: Frame, Query(asked): Query<Asked>) -> Page<TermsPage> {
    let words: String = asked.q.trim().chars().take(MOST_LETTERS).collect();
    let terms = sorted(glossary::search(&words));
    let number = i64::try_from(terms.len()).unwrap_or(i64::MAX);
    Page(TermsPage { frame: frame.titled("Begriffe"), count: count(number, "Begriff", "Begriffe"), words, terms })
}

/// `GET /hilfe/begriffe/{wort}`
pub async fn term(frame: Frame, Path(word): Path<String>) -> Result<Page<TermPage>, Problem> {
    let it = glossary::by_slug(&word).ok_or_else(Problem::not_found)?;
    let speaks = |rule: &checks::Rule| {
        let (title, help) = (rule.texts.title(GERMAN), rule.texts.help(GERMAN));
        it.words().any(|word| title.contains(word) || help.contains(word))
    };
    let rules = checks::all().filter(speaks).map(|rule| (rule.id, rule.texts.title(GERMAN))).collect();
    Ok(Page(TermPage { frame: frame.titled(it.german), it, rules }))
}
