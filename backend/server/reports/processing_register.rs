//! The register of processing activities (Art. 30 GDPR), made of the comments of the schema: a table says what it
//! processes persons for, a column of words whether it holds data of persons. Purpose, legal basis and the rest of each
//! activity are written here, once; which tables and fields belong to it is never written twice.

use std::collections::BTreeMap;

use crate::storage::processing_register::Column;

/// Mark of a column with data of persons.
const PERSONAL: &str = " [personal]";
/// Mark of a column of words without.
const NO_PERSON: &str = " [no person]";
/// Begin of the mark of a table.
const PROCESSING: &str = " [processing: ";

/// An activity, in the words of Art. 30 (1) GDPR.
#[derive(Debug, PartialEq, Eq)]
pub struct Activity {
    /// As the comments of tables name it.
    pub key: &'static str,
    /// Title.
    pub title: &'static str,
    /// What for.
    pub purpose: &'static str,
    /// Why that is lawful, as far as the program can know.
    pub basis: &'static str,
    /// Whose data.
    pub subjects: &'static str,
    /// Who gets to see them.
    pub recipients: &'static str,
    /// When they go.
    pub erasure: &'static str,
}

/// Every activity.
pub const ACTIVITIES: &[Activity] = &[
    Activity {
        key: "accounts",
        title: "Konten, Anmeldung und Sicherheit",
        purpose: "Personen erkennen, ihnen ihre Aufgaben zuordnen, Missbrauch bemerken",
        basis: "Art. 6 Abs. 1 Buchst. e DSGVO; Art. 32 DSGVO für die Anmeldeereignisse",
        subjects: "Beschäftigte der Mitglieder, der Genossenschaft und der Prüfstellen",
        recipients: "die Person selbst; Administration der Genossenschaft",
        erasure: "Anmeldeereignisse und beendete Sitzungen nach der eingestellten Zahl von Tagen (Vorgabe 180); Konten mit dem Ende der letzten Aufbewahrungsfrist der Belege, auf denen der Name steht",
    },
    Activity {
        key: "desk",
        title: "Arbeitsplatz: Filter, Benachrichtigungen, Fragen",
        purpose: "an Aufgaben und Fristen erinnern, Fragen zu Entwürfen beantworten",
        basis: "Art. 6 Abs. 1 Buchst. e DSGVO",
        subjects: "angemeldete Personen",
        recipients: "die Person selbst; bei Fragen die Geschäftsstelle",
        erasure: "durch die Person selbst; Fragen und Antworten lassen sich einzeln löschen",
    },
    Activity {
        key: "orders",
        title: "Abrufe, Freigaben, Bestellungen, Lieferungen, Rechnungen",
        purpose: "Leistungen aus Rahmenverträgen abrufen, prüfen, freigeben, bestellen und abrechnen",
        basis: "Art. 6 Abs. 1 Buchst. c und e DSGVO; § 8 VgV, Haushaltsrecht des Landes",
        subjects: "wer anfordert, freigibt, bestätigt; Ansprechpersonen beim Mitglied und beim Lieferanten",
        recipients: "Mitglied, Geschäftsstelle, Vorstand, Aufsichtsrat, Rechnungsprüfung im Umfang ihres Auftrags, Lieferant der Bestellung",
        erasure: "nach den Aufbewahrungsfristen der Rechtswerte (retention_…), frühestens mit dem Ende der Belegfrist",
    },
    Activity {
        key: "contracts",
        title: "Rahmenverträge, Preise, Vergleichspreise, Rechtswerte",
        purpose: "Verträge und Preise mit vier Augen pflegen und belegen",
        basis: "Art. 6 Abs. 1 Buchst. c und e DSGVO; § 6 Abs. 2 UVgO, § 8 VgV",
        subjects: "wer erfasst und freigibt; Personen, die in hochgeladenen Belegen genannt sind",
        recipients: "Geschäftsstelle, Mitglieder des Vertrags, Rechnungsprüfung",
        erasure: "mit der Aufbewahrungsfrist der Vergabeakte",
    },
    Activity {
        key: "competitions",
        title: "Miniwettbewerbe, Absagen, Interessen",
        purpose: "Wettbewerbe unter den Rahmenvertragspartnern führen, Befangenheit erkennen",
        basis: "Art. 6 Abs. 1 Buchst. c DSGVO; §§ 6, 8 und 21 VgV",
        subjects: "Personen der Vergabestelle; Ansprechpersonen der Bieter",
        recipients: "Vergabestelle, zweite Person der Öffnung, Rechnungsprüfung; Bieter nur die Antworten",
        erasure: "mit der Aufbewahrungsfrist der Vergabeakte",
    },
    Activity {
        key: "members",
        title: "Mitglieder, Vollmachten, Beiträge, Einladungen, Sparpotenzial",
        purpose: "Mitgliedschaften führen, Vertretungsmacht prüfen, Städten zeigen, was sie gespart hätten",
        basis: "Art. 6 Abs. 1 Buchst. b und e DSGVO; §§ 15, 31 GenG",
        subjects: "Vertretungsberechtigte; Ansprechpersonen der Städte; Personen, die in hochgeladenen Einkaufslisten genannt sind",
        recipients: "Geschäftsstelle; das Mitglied selbst; Zeilen hochgeladener Einkäufe nur die hochladende Stelle",
        erasure: "nicht bestätigte Dateien nach einem Tag, Auswertungen ohne Beitritt nach 30 Tagen; Mitgliedschaften nach dem Genossenschaftsrecht",
    },
    Activity {
        key: "turnover",
        title: "Umsätze und Meldungen von Lieferanten",
        purpose: "Abnahmen außerhalb von Abruf nachhalten und mit den Bestellungen vergleichen",
        basis: "Art. 6 Abs. 1 Buchst. c und e DSGVO",
        subjects: "wer die Datei einspielt; Personen, die eine gelieferte Zeile nennt",
        recipients: "Geschäftsstelle, Rechnungsprüfung",
        erasure: "verworfene Dateien sofort; übernommene mit der Aufbewahrungsfrist der Bücher",
    },
    Activity {
        key: "board",
        title: "Gremien, Berichte, Bescheinigungen, Prüfvermerke",
        purpose: "Vorstand und Aufsichtsrat berichten, Nachweise ausstellen, Prüfungen dokumentieren",
        basis: "Art. 6 Abs. 1 Buchst. c und e DSGVO; §§ 34, 38 GenG",
        subjects: "wer Berichte festschreibt, Beschlüsse erfasst, prüft",
        recipients: "Geschäftsstelle, Vorstand, Aufsichtsrat, Rechnungsprüfung; Bescheinigungen das Mitglied",
        erasure: "mit der Aufbewahrungsfrist der Bücher",
    },
    Activity {
        key: "proof",
        title: "Protokoll, Zugriffe, wiederholte Anfragen",
        purpose: "nachweisen, wer was entschieden und wer fremde Vorgänge angesehen hat; Doppeltes verhindern",
        basis: "Art. 6 Abs. 1 Buchst. c und e, Art. 5 Abs. 2 DSGVO",
        subjects: "alle, die in Abruf handeln",
        recipients: "Geschäftsstelle, Vorstand, Aufsichtsrat, Rechnungsprüfung; Zugriffe auf seine Vorgänge das Mitglied, ohne Namen",
        erasure: "Namen und Freitexte neben der Prüfkette lassen sich löschen, ohne dass die Kette bricht; Zugriffe mit der Aufbewahrungsfrist der Bücher",
    },
];

/// A table of an activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub table: String,
    /// What it is, as the schema says.
    pub meaning: String,
    /// Its columns with data of persons, with what they are.
    pub fields: Vec<(String, String)>,
}

/// An activity with its tables.
#[derive(Debug)]
pub struct Entry {
    /// The activity.
    pub activity: &'static Activity,
    /// Its tables, by name.
    pub places: Vec<Place>,
}

/// The register.
#[derive(Debug)]
pub struct Register {
    /// Activities in the order of [`ACTIVITIES`].
    pub entries: Vec<Entry>,
    /// Tables and columns that do not say what they are; empty in a released program.
    pub unmarked: Vec<String>,
}

/// Puts the register together.
#[must_use]
pub fn register(columns: &[Column]) -> Register {
    let mut tables: BTreeMap<&str, Vec<&Column>> = BTreeMap::new();
    for column in columns {
        tables.entry(&column.table).or_default().push(column);
    }
    tables.retain(|_, columns| columns.iter().any(|it| it.points || it.comment.ends_with(PERSONAL)));
    let mut unmarked = Vec::new();
    let mut places: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
    for (table, columns) in tables {
        for it in columns.iter().filter(|it| it.words) {
            if !it.comment.ends_with(PERSONAL) && !it.comment.ends_with(NO_PERSON) {
                unmarked.push(format!("{table}.{}", it.column));
            }
        }
        let said = columns.first().and_then(|it| it.table_comment.strip_suffix(']')?.rsplit_once(PROCESSING));
        match said.and_then(|(meaning, key)| Some((meaning, ACTIVITIES.iter().find(|it| it.key == key)?))) {
            Some((meaning, activity)) => {
                let fields = columns.iter().filter(|it| it.points || it.comment.ends_with(PERSONAL));
                let fields =
                    fields.map(|it| (it.column.clone(), it.comment.trim_end_matches(PERSONAL).to_owned())).collect();
                let place = Place { table: table.to_owned(), meaning: meaning.to_owned(), fields };
                places.entry(activity.key).or_default().push(place);
            }
            None => unmarked.push(table.to_owned()),
        }
    }
    let entries = ACTIVITIES
        .iter()
        .map(|activity| Entry { activity, places: places.remove(activity.key).unwrap_or_default() })
        .collect();
    Register { entries, unmarked }
}

impl Register {
    /// Heads of [`Register::rows`].
    pub const HEADS: [&'static str; 9] = [
        "Verarbeitung",
        "Zweck",
        "Rechtsgrundlage",
        "Betroffene",
        "Empfänger",
        "Löschung",
        "Tabelle",
        "Feld",
        "Bedeutung im Schema",
    ];

    /// A line per field.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for Entry { activity: it, places } in &self.entries {
            for place in places {
                for (field, meaning) in &place.fields {
                    let words = [it.title, it.purpose, it.basis, it.subjects, it.recipients, it.erasure];
                    let words = words.into_iter().map(str::to_owned);
                    rows.push(words.chain([place.table.clone(), field.clone(), meaning.clone()]).collect());
                }
            }
        }
        rows
    }

    /// The register as text, for a terminal or a file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec!["Verzeichnis der Verarbeitungstätigkeiten (Art. 30 DSGVO)".to_owned()];
        for Entry { activity: it, places } in &self.entries {
            lines.push(String::new());
            lines.push(it.title.to_owned());
            for (name, words) in [
                ("Zweck", it.purpose),
                ("Rechtsgrundlage", it.basis),
                ("Betroffene", it.subjects),
                ("Empfänger", it.recipients),
                ("Löschung", it.erasure),
            ] {
                lines.push(format!("  {name}: {words}"));
            }
            for place in places {
                let fields: Vec<&str> = place.fields.iter().map(|(field, _)| field.as_str()).collect();
                lines.push(format!("  {}: {}", place.table, fields.join(", ")));
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(table: &str, table_comment: &str, column: &str, comment: &str, points: bool) -> Column {
        Column {
            table: table.to_owned(),
            table_comment: table_comment.to_owned(),
            column: column.to_owned(),
            comment: comment.to_owned(),
            points,
            words: !points,
        }
    }

    #[test]
    fn tables_with_persons_are_listed_and_those_without_a_mark_are_named() {
        let made = register(&[
            column("call_off", "A call-off [processing: orders]", "contact", "Contact [personal]", false),
            column("call_off", "A call-off [processing: orders]", "requester_id", "Who", true),
            column("call_off", "A call-off [processing: orders]", "number", "Number", false),
            column("lot", "A lot", "title", "Title", false),
            column("note", "A note [processing: nobody knows]", "person_id", "Who", true),
        ]);
        assert_eq!(made.unmarked, ["call_off.number", "note"]);
        let orders = made.entries.iter().find(|it| it.activity.key == "orders").unwrap();
        assert_eq!(orders.places.len(), 1);
        let fields = [("contact".to_owned(), "Contact".to_owned()), ("requester_id".to_owned(), "Who".to_owned())];
        assert_eq!(
            (orders.places[0].meaning.as_str(), orders.places[0].fields.as_slice()),
            ("A call-off", &fields[..])
        );
        assert_eq!(made.rows().len(), 2);
    }
}
