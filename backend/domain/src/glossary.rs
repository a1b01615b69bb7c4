//! The glossary: every term of the table in `lib.rs` with a sentence or two for people who are no purchasers. The help
//! pages are made of it; a test keeps both lists the same.

/// A term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// German, as pages write it; several words for one thing stand with commas.
    pub german: &'static str,
    /// The one English word in code and JSON.
    pub english: &'static str,
    /// What it means, in German.
    pub meaning: &'static str,
}

const fn term(german: &'static str, english: &'static str, meaning: &'static str) -> Term {
    Term { german, english, meaning }
}

impl Term {
    /// Its place in an address: the first word in small letters, `ä` as `ae`, everything else a hyphen.
    #[must_use]
    pub fn slug(&self) -> String {
        let first = self.german.split(',').next().unwrap_or(self.german);
        let mut slug = String::new();
        for letter in first.trim().chars().flat_map(char::to_lowercase) {
            match letter {
                'ä' => slug.push_str("ae"),
                'ö' => slug.push_str("oe"),
                'ü' => slug.push_str("ue"),
                'ß' => slug.push_str("ss"),
                plain if plain.is_ascii_alphanumeric() => slug.push(plain),
                _ if slug.ends_with('-') || slug.is_empty() => {}
                _ => slug.push('-'),
            }
        }
        slug.trim_end_matches('-').to_owned()
    }

    /// Its German words, one by one.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.german.split(',').map(|word| word.split('(').next().unwrap_or(word).trim()).filter(|word| !word.is_empty())
    }
}

/// The term with this place in an address.
#[must_use]
pub fn by_slug(slug: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.slug() == slug)
}

/// The terms that hold all these words in name or meaning; all of them without words.
#[must_use]
pub fn search(words: &str) -> Vec<&'static Term> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let holds = |term: &&Term| {
        let text = format!("{} {} {}", term.german, term.english, term.meaning).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    TERMS.iter().filter(holds).collect()
}

/// Every term, in the order of the table in `lib.rs`.
pub const TERMS: &[Term] = &[
    term(
        "Rahmenvereinbarung, Rahmenvertrag",
        "framework contract",
        "Ein Vertrag, der Preise und Bedingungen festlegt, aber noch nichts bestellt. Bestellt wird daraus mit Abrufen (§ 103 Abs. 5 GWB).",
    ),
    term(
        "Einkaufsgenossenschaft",
        "body (purchasing body)",
        "Sie schreibt aus und schließt die Rahmenverträge, aus denen ihre Mitglieder abrufen.",
    ),
    term(
        "Mitglied",
        "member",
        "Eine Stadt, ein Landkreis, ein Zweckverband, die oder der zur Genossenschaft gehört und abrufen darf, sobald die Mitgliedschaft wirksam ist.",
    ),
    term(
        "Abruf, Einzelabruf",
        "call-off",
        "Eine Bestellung aus einem Rahmenvertrag. Bis zur Freigabe ist er eine Anforderung, danach ein verbindlicher Auftrag.",
    ),
    term(
        "Abrufberechtigung",
        "entitlement",
        "Wer aus einem Vertrag bestellen darf. Das muss schon in der Ausschreibung stehen: mit Namen oder als angekündigte Gruppe, mit Datum und Nachweis.",
    ),
    term("Los", "lot", "Ein Teil eines Vertrags mit eigenen Leistungen und oft eigenem Lieferanten."),
    term(
        "Leistungsposition",
        "item",
        "Eine Zeile der Preisliste: was bestellt werden kann, mit Artikelnummer, Einheit und Preis.",
    ),
    term(
        "Preisstand",
        "price term",
        "Der Preis einer Position mit dem Tag, ab dem er gilt. Eine zweite Person gibt ihn frei; überschrieben wird er nie.",
    ),
    term(
        "Höchstwert, Höchstmenge",
        "ceiling",
        "Mehr darf aus einem Vertrag, einem Los oder einer Position zusammen nicht abgerufen werden. Abruf lässt nichts darüber hinaus zu.",
    ),
    term(
        "Kontingent",
        "quota",
        "Der Anteil eines Mitglieds am Höchstwert. Ist es verbraucht, hilft eine Übertragung oder die Geschäftsstelle.",
    ),
    term(
        "Bekanntmachung",
        "notice",
        "Die öffentliche Anzeige der Ausschreibung. Ihr Tag entscheidet, wer berechtigt ist.",
    ),
    term(
        "Prüfung",
        "review",
        "Alle Regeln, auf einen Abruf angewandt. Sie hört nicht beim ersten Fund auf und wird gespeichert.",
    ),
    term(
        "Feststellung",
        "finding",
        "Was eine Regel zu einem Abruf sagt, mit Zahlen, Quelle und dem, was Sie tun können.",
    ),
    term(
        "bestanden, Hinweis, Begründung, Sperre, offen",
        "passed, notice, justify, block, pending",
        "Die fünf Ergebnisse einer Regel. Ein Hinweis hält nichts auf; eine Begründung muss jemand schreiben; eine Sperre lässt den Abruf nicht zu; offen wird bei der Freigabe geprüft.",
    ),
    term(
        "Vergleichsbasis",
        "baseline",
        "Der Preis, mit dem ein Vertragspreis verglichen wird: mit Tag und Beleg, von einer zweiten Person freigegeben.",
    ),
    term(
        "Einsparung",
        "savings",
        "Der Unterschied zur Vergleichsbasis, je nach Beleg in den Klassen A, B, C und P. Die Klassen werden nie zusammengezählt.",
    ),
    term("Mindermengenzuschlag", "surcharge", "Was der Lieferant bei kleinen Bestellungen dazurechnet."),
    term("Umlage", "fee", "Was die Genossenschaft für ihre Arbeit auf einen Abruf berechnet."),
    term(
        "Vorgangsnummer",
        "case number",
        "Die Nummer einer Anforderung für das Telefon, zum Beispiel V-7K3M9Q2D. Die Abrufnummer kommt erst mit der Freigabe.",
    ),
    term(
        "Bonus, Rückvergütung",
        "bonus",
        "Was der Lieferant nach dem Umsatz eines Jahres zurückzahlt. Er zählt nicht zum Auftragswert und nicht zur Einsparung.",
    ),
    term("Gutschrift", "credit note", "Der Beleg, mit dem ein Bonus ausgezahlt wird."),
    term(
        "Stornierung",
        "cancellation",
        "Ein erteilter Abruf wird zurückgenommen. Gelöscht wird nichts: Ein Gegeneintrag gibt das Volumen wieder frei.",
    ),
    term(
        "Teilstornierung",
        "partial cancellation",
        "Einzelne Mengen eines erteilten Abrufs werden zurückgenommen, bevor sie geliefert sind.",
    ),
    term(
        "Restmenge schließen",
        "short close",
        "Was nicht mehr geliefert wird, wird zurückgenommen; das Volumen ist wieder frei.",
    ),
    term(
        "Elektronische Adresse",
        "electronic address",
        "Wohin elektronische Bestellungen und Rechnungen gehen: Umsatzsteuer-Identifikationsnummer, GLN oder Leitweg-ID.",
    ),
    term("Versand, Zugang", "dispatch, receipt", "Wann die Bestellung hinausging und wann sie beim Lieferanten ankam."),
    term(
        "Auftragsbestätigung",
        "confirmation",
        "Die Antwort des Lieferanten. Weicht sie ab, müssen Sie zustimmen oder widersprechen.",
    ),
    term(
        "Lieferung, Lieferschein",
        "delivery, delivery note",
        "Was angekommen ist, mit der Nummer des Lieferscheins; auch in Teilen.",
    ),
    term("Mängelrüge, Reklamation", "complaint", "Etwas ist nicht wie bestellt. Die Rüge gibt kein Volumen frei."),
    term(
        "Rechnung",
        "invoice",
        "Was der Lieferant verlangt. Abruf vergleicht sie mit Bestellung und Lieferung, bevor jemand sie bescheinigt.",
    ),
    term(
        "Abrufvermerk",
        "memo (call-off memo)",
        "Das Blatt für die Akte: worauf die Freigabe beruht, mit allen Prüfungen und Begründungen.",
    ),
    term(
        "Bescheinigung",
        "certificate",
        "Ein festes Dokument über die Abrufberechtigung oder die Einsparung an einem Tag, für die Akte und für andere.",
    ),
    term("Zuschlag", "award", "Die Entscheidung, wer den Vertrag bekommt. Sie beendet die Ausschreibung."),
    term(
        "Änderung (§ 132 GWB)",
        "modification",
        "Eine Änderung eines laufenden Vertrags, die ohne neue Ausschreibung nur in engen Grenzen erlaubt ist.",
    ),
    term(
        "Vertretungsmacht",
        "power to bind",
        "Bis zu welchem Betrag eine Person für ihre Verwaltung verbindlich bestellen darf.",
    ),
    term(
        "Verpflichtungsermächtigung",
        "commitment (authorisation)",
        "Die Erlaubnis im Haushalt, Ausgaben für spätere Jahre zuzusagen.",
    ),
    term("Hauptsatzung", "by-law", "Die Satzung der Stadt. Sie nennt den Betrag, ab dem der Rat entscheidet."),
    term(
        "Freigabe",
        "release",
        "Eine zweite Person macht die Anforderung zum verbindlichen Auftrag. Wer anfordert, gibt nie selbst frei.",
    ),
    term(
        "Freigabeordnung, Freigabeschritt",
        "approval order, step",
        "Wer in einem Haus der Reihe nach zustimmt. Der letzte Schritt ist die Freigabe.",
    ),
    term(
        "Rechtspaket, Rechtswert",
        "law pack, legal parameter",
        "Was das Recht eines Landes in Zahlen sagt, mit Tag und Quelle: Wertgrenzen, Fristen, Aufbewahrung.",
    ),
    term(
        "Miniwettbewerb",
        "mini-competition",
        "Die Lieferanten eines Loses bieten für einen einzelnen Bedarf noch einmal (§ 21 Abs. 5 VgV).",
    ),
    term(
        "Einladung, Angebot, Öffnung, Wertung",
        "invitation, offer, opening, scoring",
        "Die Schritte eines Miniwettbewerbs. Angebote kann niemand lesen, bevor zwei Personen sie öffnen.",
    ),
    term(
        "Lizenzbestand",
        "licence inventory",
        "Die laufenden Lizenzen eines Mitglieds. Vor dem Ende erinnert Abruf an die Verlängerung.",
    ),
    term(
        "Mittelbestätigung",
        "budget confirmation",
        "Die Kämmerei bestätigt, dass das Geld für eine Anforderung da ist.",
    ),
    term(
        "Vertretung, Übertragung",
        "deputy, delegate",
        "Wer für eine andere Person freigibt, mit Beginn und Ende. Weitergeben lässt sich das nicht.",
    ),
    term("Absage", "decline", "Ein Lieferant lässt einen Abruf vorbei; der nächste der Reihenfolge ist dran."),
    term(
        "Antwortfrist",
        "answer period",
        "Arbeitstage, in denen ein gefragter Lieferant antworten muss. Danach zählt sein Schweigen.",
    ),
    term(
        "Lieferantenvorschlag",
        "proposal",
        "Wen der Vertrag für diesen Abruf vorsieht, nach Reihenfolge oder Verteilung.",
    ),
    term(
        "In-House-Bestellung, Lieferantenauftrag",
        "in-house order (A), supplier order (B)",
        "Das Paar eines Vertrags über die Genossenschaft: Das Mitglied bestellt bei ihr (A), sie beim Lieferanten (B).",
    ),
    term("Lieferstopp", "stop", "Bei diesem Lieferanten darf gerade nichts bestellt werden."),
    term(
        "Umsatz, Umsatzmeldung",
        "turnover, supplier report",
        "Was an Abruf vorbei geliefert wurde, und was Lieferanten melden; beides wird mit den Bestellungen verglichen.",
    ),
    term(
        "Kontingentübertragung",
        "quota transfer",
        "Ein Mitglied gibt einem anderen einen Teil seines Kontingents. Beide müssen zustimmen.",
    ),
    term(
        "Tätigkeitsanteil",
        "activity share",
        "Wie viel die Genossenschaft für ihre Mitglieder tut. Davon hängt ab, ob sie ohne Ausschreibung für sie arbeiten darf (§ 108 GWB).",
    ),
    term(
        "Sitzungsbericht, festschreiben",
        "meeting report, freeze",
        "Ein Bericht, wie er einer Sitzung vorlag. Er ändert sich nie mehr.",
    ),
    term(
        "Beschlussvorlage, Beschluss",
        "proposal, decision (resolution)",
        "Worüber ein Gremium abstimmt, und was es entschieden hat.",
    ),
    term(
        "Abfluss, Reichweite",
        "burn rate, exhaustion",
        "Wie schnell ein Höchstwert verbraucht wird, und bis wann er so reicht.",
    ),
    term("Vorlauf", "lead time", "Wie lange eine Ausschreibung dauert, von der Vorbereitung bis zum Zuschlag."),
    term(
        "Mindestabnahme",
        "minimum purchase",
        "Was bis zu einem Tag abgerufen sein muss, weil der Vertrag es verspricht.",
    ),
    term(
        "Sparpotenzial",
        "what would be saved",
        "Was frühere Einkäufe mit den Preisen der Rahmenverträge gekostet hätten.",
    ),
    term(
        "Stichprobe, Grundgesamtheit, Startwert",
        "sample, population, seed",
        "Welche Abrufe eine Prüfung ansieht, woraus sie gezogen sind und womit jeder dieselben noch einmal zieht.",
    ),
    term(
        "Einladung (einer Stadt)",
        "invitation",
        "Ein Link, mit dem eine Stadt, die noch kein Mitglied ist, ihre Einkäufe vergleichen lässt.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of `lib.rs`: German and English.
    fn table() -> Vec<(&'static str, &'static str)> {
        include_str!("lib.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | "))
            .filter_map(|row| {
                let mut cells = row.split(" | ");
                Some((cells.next()?, cells.next()?))
            })
            .filter(|(german, _)| *german != "German")
            .collect()
    }

    #[test]
    fn the_glossary_is_the_table_of_the_domain() {
        let terms: Vec<(&str, &str)> = TERMS.iter().map(|it| (it.german, it.english)).collect();
        assert_eq!(terms, table());
        assert!(50 < terms.len());
    }

    #[test]
    fn every_term_has_an_address_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for term in TERMS {
            assert!(20 < term.meaning.len() && !term.slug().is_empty(), "{}", term.german);
            assert!(seen.insert(term.slug()), "{}", term.german);
        }
        assert_eq!(by_slug("hoechstwert").map(|it| it.english), Some("ceiling"));
    }

    #[test]
    fn words_are_searched_in_name_and_meaning() {
        let found = |words: &str| search(words).iter().map(|it| it.slug()).collect::<Vec<_>>();
        assert_eq!(found("Kontingent übertragung"), ["kontingent", "kontingentuebertragung"]);
        assert!(found("gibt es nicht hier").is_empty());
        assert_eq!(found("").len(), TERMS.len());
    }
}
