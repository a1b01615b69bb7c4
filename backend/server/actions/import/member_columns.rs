//! Which column of a list of members is what: told by its heading, in any order and by any name offices use.

use super::table::FileRefused;
use super::town_names::folded;

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Official municipality key, or the regional key, which contains it.
    Key,
    /// Name of the town.
    Name,
    /// Day of the declaration of accession.
    Declared,
    /// First day of membership.
    Since,
    /// Shares taken.
    Shares,
    /// Nominal value of one.
    ShareValue,
}

/// The headings of the file that we hand out, in its order.
pub const HEADINGS: [&str; 6] =
    ["Gemeindeschlüssel", "Name", "Beitritt erklärt am", "Mitglied seit", "Geschäftsanteile", "Wert eines Anteils"];

/// Headings as [`plain`] makes them. Of several for a key or a name the one further up counts: a list may hold both keys, and
/// the name of a town beside that of its place.
const KNOWN: &[(Field, &[&str])] = &[
    (
        Field::Key,
        &[
            "gemeindeschluessel",
            "amtlichergemeindeschluessel",
            "ags",
            "agsregionalschluessel",
            "gemeindekennziffer",
            "schluessel",
            "regionalschluessel",
            "amtlicherregionalschluessel",
            "ars",
        ],
    ),
    (
        Field::Name,
        &[
            "name",
            "namedesmitglieds",
            "mitglied",
            "kommune",
            "gemeinde",
            "stadt",
            "stadtgemeinde",
            "bezeichnung",
            "ort",
        ],
    ),
    (
        Field::Declared,
        &[
            "beitritterklaertam",
            "beitrittserklaerung",
            "beitrittserklaerungvom",
            "beitrittserklaerungam",
            "datumderbeitrittserklaerung",
            "erklaert",
            "erklaertam",
        ],
    ),
    (
        Field::Since,
        &[
            "mitgliedseit",
            "mitgliedab",
            "mitgliedschaftseit",
            "mitgliedschaftab",
            "eintritt",
            "eintrittsdatum",
            "beitritt",
            "beitrittsdatum",
            "beigetretenam",
            "aufnahme",
            "aufnahmedatum",
            "aufgenommenam",
            "zulassung",
            "zugelassenam",
            "wirksamab",
            "seit",
        ],
    ),
    (
        Field::Shares,
        &[
            "geschaeftsanteile",
            "anzahlgeschaeftsanteile",
            "zahldergeschaeftsanteile",
            "anzahldergeschaeftsanteile",
            "anteile",
            "anzahlanteile",
            "zahlderanteile",
            "anzahlderanteile",
        ],
    ),
    (
        Field::ShareValue,
        &["werteinesanteils", "werteinesanteilsineuro", "wertjeanteil", "anteilswert", "nennwert", "nennbetrag"],
    ),
];

/// Where everything stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// What, position and heading.
    found: Vec<(Field, usize, String)>,
    /// Headings of what is not read.
    pub unread: Vec<String>,
}

impl Columns {
    /// By the cells of a row that may be the header.
    ///
    /// # Errors
    /// If two columns mean the same, or one is missing.
    pub fn of(heads: &[String]) -> Result<Self, FileRefused> {
        let mut columns = Self::default();
        let mut ranks: Vec<(Field, usize)> = Vec::new();
        for (at, heading) in heads.iter().enumerate() {
            let Some((field, rank)) = known(heading) else {
                columns.unread.extend(Some(heading.clone()).filter(|it| !it.is_empty()));
                continue;
            };
            let Some(before) = ranks.iter().position(|(it, _)| *it == field) else {
                ranks.push((field, rank));
                columns.found.push((field, at, heading.clone()));
                continue;
            };
            let other = &mut columns.found[before];
            if !matches!(field, Field::Key | Field::Name) || ranks[before].1 == rank {
                return Err(FileRefused::SameMeaning { first: other.2.clone(), second: heading.clone() });
            }
            if rank < ranks[before].1 {
                ranks[before].1 = rank;
                let passed = std::mem::replace(other, (field, at, heading.clone()));
                columns.unread.push(passed.2);
            } else {
                columns.unread.push(heading.clone());
            }
        }
        let mut missing = Vec::new();
        if columns.heading(Field::Key).is_none() && columns.heading(Field::Name).is_none() {
            missing.push("Gemeindeschlüssel oder Name");
        }
        if columns.heading(Field::Since).is_none() {
            missing.push("Mitglied seit");
        }
        if missing.is_empty() {
            return Ok(columns);
        }
        let found: String = heads.join(", ").chars().take(300).collect();
        Err(FileRefused::HeaderLacks { missing: missing.join(", "), found })
    }

    /// The heading of a column as it stands in the file.
    #[must_use]
    pub fn heading(&self, field: Field) -> Option<&str> {
        self.found.iter().find(|(it, _, _)| *it == field).map(|(_, _, heading)| heading.as_str())
    }

    /// Whether something is read from this column, from 0.
    pub(super) fn reads(&self, column: usize) -> bool {
        self.found.iter().any(|(_, at, _)| *at == column)
    }
}

fn known(heading: &str) -> Option<(Field, usize)> {
    let name = plain(heading);
    KNOWN.iter().find_map(|(field, names)| Some((*field, names.iter().position(|it| *it == name)?)))
}

/// „Mitglied seit (TT.MM.JJJJ)“ as `mitgliedseit`.
fn plain(heading: &str) -> String {
    let letters = |text: &str| folded(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let before = letters(heading.split('(').next().unwrap_or_default());
    if before.is_empty() { letters(heading) } else { before }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(heads: &[&str]) -> Result<Columns, FileRefused> {
        Columns::of(&heads.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn headings_are_known_in_any_order_and_by_what_offices_call_them() {
        let read =
            columns(&["Lfd. Nr.", "Mitglied ab (TT.MM.JJJJ)", "ORT", "Name des Mitglieds", "ARS", "AGS", "E-Mail"]);
        let read = read.expect("a header");
        assert_eq!(read.heading(Field::Since), Some("Mitglied ab (TT.MM.JJJJ)"));
        assert_eq!((read.heading(Field::Key), read.heading(Field::Name)), (Some("AGS"), Some("Name des Mitglieds")));
        assert_eq!(read.unread, ["Lfd. Nr.", "ORT", "ARS", "E-Mail"]);
        let ours = columns(&HEADINGS).expect("our own");
        assert!(ours.unread.is_empty() && HEADINGS.iter().enumerate().all(|(at, _)| ours.reads(at)));
    }

    #[test]
    fn what_is_missing_or_stands_twice_is_told() {
        let refused = |heads: &[&str]| columns(heads).expect_err("refused").to_string();
        assert!(refused(&["Stadt", "Straße"]).contains("fehlt: Mitglied seit. Gefunden: Stadt, Straße."));
        assert!(refused(&["x", "y"]).contains("fehlt: Gemeindeschlüssel oder Name, Mitglied seit."));
        let twice = refused(&["AGS", "Eintritt", "Mitglied seit"]);
        assert!(twice.contains("„Eintritt“ und „Mitglied seit“ bedeuten dasselbe"), "{twice}");
        assert!(refused(&["AGS", "AGS", "seit"]).contains("„AGS“ und „AGS“"));
    }
}
