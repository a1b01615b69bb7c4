//! Divisions of the Common Procurement Vocabulary (Regulation (EC) No 213/2008): the first two digits of a code, the
//! category by which reports group. Names are shortened to what fits into a cell.

/// Number and name, in order.
const DIVISIONS: [(&str, &str); 45] = [
    ("03", "Landwirtschaft, Fischerei, Forst"),
    ("09", "Energie und Brennstoffe"),
    ("14", "Bergbau, Metalle, Salz"),
    ("15", "Nahrungsmittel und Getränke"),
    ("16", "Landmaschinen"),
    ("18", "Bekleidung und Zubehör"),
    ("19", "Leder, Textilien, Kunststoff"),
    ("22", "Drucksachen"),
    ("24", "Chemische Erzeugnisse"),
    ("30", "Computer, Büromaschinen, Büromaterial"),
    ("31", "Elektrische Geräte und Beleuchtung"),
    ("32", "Rundfunk, Fernsehen, Telekommunikation"),
    ("33", "Medizinische Geräte und Arzneimittel"),
    ("34", "Fahrzeuge und Verkehr"),
    ("35", "Sicherheit, Feuerwehr, Verteidigung"),
    ("37", "Musik, Sport, Spiel, Kunst"),
    ("38", "Labor, Optik, Messgeräte"),
    ("39", "Möbel, Haushalt, Reinigungsmittel"),
    ("41", "Wasser"),
    ("42", "Maschinen"),
    ("43", "Maschinen für Bau und Bergbau"),
    ("44", "Baustoffe und Bauteile"),
    ("45", "Bauarbeiten"),
    ("48", "Software und Informationssysteme"),
    ("50", "Reparatur und Wartung"),
    ("51", "Installation außer Software"),
    ("55", "Gastgewerbe und Kantinen"),
    ("60", "Beförderung"),
    ("63", "Hilfstätigkeiten für Verkehr und Reisen"),
    ("64", "Post und Telekommunikation"),
    ("65", "Versorgung mit Wasser, Strom, Gas"),
    ("66", "Finanzen und Versicherungen"),
    ("70", "Immobilien"),
    ("71", "Architektur und Ingenieurleistungen"),
    ("72", "IT-Dienste"),
    ("73", "Forschung und Entwicklung"),
    ("75", "Öffentliche Verwaltung"),
    ("76", "Dienste für Öl und Gas"),
    ("77", "Land- und Forstwirtschaft, Gartenbau"),
    ("79", "Unternehmensdienste, Druck, Sicherheit"),
    ("80", "Bildung und Schulung"),
    ("85", "Gesundheit und Soziales"),
    ("90", "Abwasser, Abfall, Reinigung, Umwelt"),
    ("92", "Erholung, Kultur, Sport"),
    ("98", "Sonstige Dienste"),
];

/// The division of a code: `48` of `48000000-8`; `None` for what begins with no two digits.
#[must_use]
pub fn division(code: &str) -> Option<&str> {
    code.get(..2).filter(|division| division.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Number and name of a division: `48 Software und Informationssysteme`; the number alone where it has no name.
#[must_use]
pub fn name(division: &str) -> String {
    DIVISIONS
        .iter()
        .find(|(number, _)| *number == division)
        .map_or_else(|| division.to_owned(), |(number, name)| format!("{number} {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_lies_in_the_division_of_its_first_two_digits() {
        assert_eq!(division("48000000-8").map(name).as_deref(), Some("48 Software und Informationssysteme"));
        assert_eq!((division(""), division("4"), division("ä8000000")), (None, None, None));
        assert_eq!(name("99"), "99");
        assert!(DIVISIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
