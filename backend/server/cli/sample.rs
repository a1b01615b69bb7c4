//! `abruf sample`: draws the sample of an auditor again, or one of any other list, from a file and a seed. It needs neither
//! database nor settings; how it is drawn stands in [`abruf_domain::sampling`].

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use abruf_domain::money::{Net, Percent};
use abruf_domain::sampling::{Confidence, Method, MonetaryUnits, Pick, Population, RISK_FACTORS, Tolerable, first_hit};
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::cli::output::{Ended, Exit, Output};
use crate::reports::sample_table::{DRAWN, drawn};

/// Stichproben aus einer Datei noch einmal ziehen, ohne Datenbank.
#[derive(Debug, Subcommand)]
pub enum Sample {
    /// Zieht nach Geldeinheiten (MUS): große Abrufe eher, ab dem Intervall sicher.
    Mus(Mus),
    /// Zieht so viele, jeden gleich wahrscheinlich.
    Random(Random),
    /// Nimmt alle ab einem Betrag.
    Full(Full),
}

/// Woraus gezogen wird, und mit welcher Zahl.
#[derive(Debug, Args)]
pub struct Source {
    /// Grundgesamtheit: je Zeile Vorgang;Netto, zum Beispiel V-2026-0001;1180.00 (die Datei der Stichprobe in Abruf).
    file: PathBuf,
    /// Startwert.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=999_999_999))]
    seed: u32,
    /// Erweiterung um so viele; für jede weitere noch einmal.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    extend: Vec<u32>,
}

/// Zieht nach Geldeinheiten (MUS).
#[derive(Debug, Args)]
pub struct Mus {
    #[command(flatten)]
    source: Source,
    /// Tolerierbarer Fehler: Betrag (60000.00) oder Anteil (3%).
    #[arg(long)]
    tolerable: String,
    /// Sicherheit in Prozent: 80, 85, 90, 95, 98 oder 99.
    #[arg(long, default_value_t = 95)]
    confidence: u8,
}

/// Zieht so viele, jeden gleich wahrscheinlich.
#[derive(Debug, Args)]
pub struct Random {
    #[command(flatten)]
    source: Source,
    /// Wie viele.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    size: u32,
}

/// Nimmt alle ab einem Betrag.
#[derive(Debug, Args)]
pub struct Full {
    #[command(flatten)]
    source: Source,
    /// Betrag, zum Beispiel 25000.00.
    #[arg(long)]
    from: String,
}

impl Sample {
    /// Draws and writes what was drawn, a line each.
    ///
    /// # Errors
    /// For a file that is no population, an amount that is none, and a sample without a call-off.
    pub fn run(&self, output: &Output) -> anyhow::Result<Exit> {
        let source = match self {
            Self::Mus(Mus { source, .. }) | Self::Random(Random { source, .. }) | Self::Full(Full { source, .. }) => {
                source
            }
        };
        let population = read(source)?;
        let method = self.method(&population)?;
        let rounds = population.rounds(method, source.seed, &source.extend);
        if rounds.iter().all(Vec::is_empty) {
            let text =
                "Damit wird nichts gezogen: Kein Abruf der Datei kommt in Frage. Bitte Betrag oder Fehler senken";
            return Err(Ended::new(Exit::Conflict, text).into());
        }
        let sha256 = HEXLOWER.encode(&population.sha256());
        output.say(&format!(
            "Grundgesamtheit: {} Abrufe, {} netto, SHA-256 {sha256}",
            population.items().len(),
            population.sum()
        ));
        let units = match method {
            Method::MonetaryUnits { tolerable, confidence } => {
                MonetaryUnits::plan(population.sum(), tolerable, confidence)
            }
            _ => None,
        };
        if let Some(units) = units {
            let first = first_hit(source.seed, 0, units.interval);
            output.say(&format!("n = {}, Intervall {}, erster Treffer bei {first}", units.size, units.interval));
        }
        let rows = rows(&rounds);
        let mut lines = vec![DRAWN.join(";")];
        lines.extend(rows.iter().map(|row| row.join(";")));
        let data = json!({
            "method": method.key(),
            "seed": source.seed,
            "population": { "count": population.items().len(), "net": population.sum(), "sha256": sha256 },
            "units": units.map(|it| json!({ "size": it.size, "interval": it.interval })),
            "items": items(&rounds),
        });
        output.answer(&lines.join("\n"), &data);
        Ok(Exit::Ok)
    }

    fn method(&self, population: &Population) -> anyhow::Result<Method> {
        Ok(match self {
            Self::Mus(Mus { tolerable, confidence, .. }) => {
                let levels = RISK_FACTORS.map(|(level, _)| level.to_string()).join(", ");
                let level = Confidence::of(*confidence).ok_or_else(|| {
                    Ended::new(Exit::Usage, format!("--confidence {confidence}: Erlaubt sind {levels}"))
                })?;
                let tolerable = read_tolerable(tolerable)
                    .map(|it| it.of(population.sum()))
                    .filter(|it| MonetaryUnits::plan(population.sum(), *it, level).is_some());
                let tolerable = tolerable.ok_or_else(|| {
                    let text = "--tolerable braucht einen Betrag ab 0.01 wie 60000.00 oder einen Anteil wie 3%, die Datei eine Summe über 0";
                    Ended::new(Exit::Usage, text)
                })?;
                Method::MonetaryUnits { tolerable, confidence: level }
            }
            Self::Random(Random { size, .. }) => Method::Random { size: *size },
            Self::Full(Full { from, .. }) => {
                let from = plain(from, 2).and_then(|it| it.parse().ok());
                let text = "--from braucht einen Betrag ohne Punkte dazwischen, zum Beispiel 25000.00";
                Method::Full { from: from.ok_or_else(|| Ended::new(Exit::Usage, text))? }
            }
        })
    }
}

/// The file as a population; a call-off stands in it once.
fn read(source: &Source) -> anyhow::Result<Population> {
    let name = source.file.display();
    let text = fs::read_to_string(&source.file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Ended::new(Exit::NotFound, format!("{name}: Diese Datei gibt es nicht")),
        _ => Ended::new(Exit::Usage, format!("{name} ist nicht lesbar: {error}")),
    })?;
    let shape = "Gebraucht wird je Zeile Vorgang;Netto mit Punkt vor den Cent, zum Beispiel V-2026-0001;1180.00";
    let wrong = |why: String| Ended::new(Exit::Usage, format!("{name}: {why}. {shape}"));
    for (at, line) in (1..).zip(text.lines()) {
        let (number, net) = line.split_once(';').unwrap_or((line, ";"));
        if number.is_empty() || !(net.is_empty() || net.parse::<Net>().is_ok()) {
            return Err(wrong(format!("Zeile {at} ist „{}“", line.chars().take(40).collect::<String>())).into());
        }
    }
    let population = Population::read(&text).map_err(|error| wrong(error.to_string()))?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = population.items().iter().find(|it| !seen.insert(&it.case_number)) {
        return Err(wrong(format!("{} kommt doppelt vor", twice.case_number)).into());
    }
    if population.items().is_empty() {
        return Err(wrong("Die Datei ist leer".to_owned()).into());
    }
    Ok(population)
}

/// `60000`, `60000.00`, `60000,00`: nothing that could group thousands.
fn plain(text: &str, decimals: usize) -> Option<String> {
    let text = text.replace(',', ".");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && digits(whole) && digits(rest) && rest.len() <= decimals).then_some(text)
}

fn read_tolerable(text: &str) -> Option<Tolerable> {
    if let Some(share) = text.trim().strip_suffix('%') {
        return plain(share.trim(), 4)?.parse::<Percent>().ok().map(Tolerable::Share);
    }
    plain(text.trim(), 2)?.parse().ok().map(Tolerable::Amount)
}

fn numbered(rounds: &[Vec<Pick>]) -> impl Iterator<Item = (i64, i64, &Pick)> {
    let picks = (0_i64..).zip(rounds).flat_map(|(round, picks)| picks.iter().map(move |pick| (round, pick)));
    (1_i64..).zip(picks).map(|(position, (round, pick))| (position, round, pick))
}

fn rows(rounds: &[Vec<Pick>]) -> Vec<[String; 5]> {
    numbered(rounds)
        .map(|(position, round, Pick { item, certain })| drawn(position, round, &item.case_number, item.net, *certain))
        .collect()
}

fn items(rounds: &[Vec<Pick>]) -> Vec<Value> {
    numbered(rounds)
        .map(|(position, round, Pick { item, certain })| {
            json!({ "position": position, "round": round, "case_number": item.case_number, "net": item.net, "certain": certain })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> (tempfile::NamedTempFile, Source) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let source = Source { file: file.path().to_owned(), seed: 8417, extend: Vec::new() };
        (file, source)
    }

    #[test]
    fn a_file_that_is_no_population_is_refused_with_the_line() {
        for (text, said) in [
            ("", "leer"),
            ("V-A;1.00\nV-B\n", "Zeile 2"),
            ("Vorgang;Netto\nV-A;1.00\n", "Zeile 1"),
            ("V-A;1.180,00\n", "Zeile 1"),
            ("V-A;1.00\nV-B;2.00\nV-A;3.00\n", "V-A kommt doppelt vor"),
        ] {
            let (_file, source) = source(text);
            let refused = read(&source).unwrap_err().to_string();
            assert!(refused.contains(said) && refused.contains("1180.00"), "{text:?}: {refused}");
        }
        let (_file, source) = source("V-B;-2.00\nV-A;\n");
        assert_eq!(read(&source).unwrap().text(), "V-A;\nV-B;-2.00\n");
    }

    #[test]
    fn an_amount_that_could_be_thousands_is_refused() {
        for wrong in ["60.000", "60,000", "60.000,00", "", "-5", "drei", "3 Prozent"] {
            assert!(read_tolerable(wrong).is_none(), "{wrong}");
        }
        assert_eq!(read_tolerable("60000,00"), Some(Tolerable::Amount("60000.00".parse().unwrap())));
        assert_eq!(read_tolerable("2,5 %"), Some(Tolerable::Share("2.5".parse().unwrap())));
    }

    #[test]
    fn rounds_are_numbered_through() {
        let (_file, source) = source("V-A;1.00\nV-B;2.00\nV-C;3.00\n");
        let population = read(&source).unwrap();
        let rounds = population.rounds(Method::Random { size: 2 }, 8417, &[1]);
        let rows = rows(&rounds);
        let places: Vec<(&str, &str)> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
        assert_eq!(places, [("1", "0"), ("2", "0"), ("3", "1")]);
        assert_eq!(items(&rounds).len(), 3);
    }
}
