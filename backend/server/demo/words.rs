//! What people write besides the need: reasons of approvers and of the office, cost centres, files.

use chrono::{Datelike, NaiveDate};

use super::dice::Dice;

/// Why an approver refuses.
pub(super) const REFUSALS: &[&str] = &[
    "Im Haushalt ist für dieses Jahr kein Ansatz mehr frei. Bitte für das nächste Jahr neu anmelden.",
    "Die Menge passt nicht zum Inventar. Bitte mit der EDV abstimmen.",
    "Der Bedarf wurde schon mit dem Abruf vom Vormonat gedeckt.",
    "Bitte erst die Stellungnahme des Personalrats abwarten.",
    "Vorläufige Haushaltsführung: nicht unabweisbar.",
    "Die Kostenstelle gehört zu einem anderen Amt.",
];

/// What an approver asks before releasing.
pub(super) const QUESTIONS: &[&str] = &[
    "Warum so viele? Bitte Bezug auf das Inventar ergänzen.",
    "Bitte die Kostenstelle prüfen.",
    "Ist das mit dem Rechnungsprüfungsamt abgestimmt?",
    "Bitte den Liefertermin mit der Schule abstimmen.",
    "Welche Arbeitsplätze sind gemeint?",
];

/// How the requester answers, in the need.
pub(super) const ANSWERS: &[&str] = &[
    "Nachtrag: Die Liste der Arbeitsplätze liegt der Akte bei.",
    "Nachtrag: Mit der EDV abgestimmt, Menge bleibt.",
    "Nachtrag: Kostenstelle geprüft.",
    "Nachtrag: Termin ist abgestimmt.",
];

/// Why an order is cancelled.
pub(super) const CANCELLATIONS: &[&str] = &[
    "Doppelt abgerufen: dieselbe Menge ist im Abruf des Nachbaramts enthalten.",
    "Der Lieferant kann den Wunschtermin nicht halten, im Einvernehmen aufgehoben.",
    "Falsche Lieferanschrift, wird neu abgerufen.",
    "Die Fördermittel wurden nicht bewilligt.",
    "Die Stelle wird nicht besetzt.",
];

/// Why a quota may be exceeded; the office answers for it.
pub(super) const QUOTA_REASONS: &[&str] = &[
    "Mehrbedarf durch die Eingliederung zweier Ämter; andere Mitglieder schöpfen ihr Kontingent nicht aus.",
    "Im Einvernehmen mit dem Arbeitskreis: Das Gesamtvolumen reicht, kein anderes Mitglied wird schlechter gestellt.",
    "Kontingent für das laufende Jahr nachträglich angepasst, Vermerk liegt vor.",
];

/// What the requester says about what changed since the submission, in the need.
pub(super) const AFTER_CHANGE: &str = "Nachtrag: Die Änderung ist bekannt, der Bedarf bleibt.";

/// Product and account of a municipal budget.
pub(super) fn cost_centre(dice: &Dice) -> String {
    let product =
        dice.text(&["11120", "11130", "11140", "12210", "12610", "21110", "36510", "51110", "54110", "61110"]);
    let account = dice.text(&["5231000", "5255000", "5261000", "5431000", "5432000", "0821000"]);
    format!("{product}.{account}")
}

/// A file reference; some houses keep none.
pub(super) fn file_reference(dice: &Dice, day: NaiveDate) -> String {
    if dice.percent(30) {
        return String::new();
    }
    let department = dice.text(&["10.2", "10.3", "11.1", "20.4", "40.1", "61.0"]);
    format!("{department}-{}/{:03}", day.year(), dice.between(1, 420))
}

/// Why licences run longer than the framework contract.
pub(super) const RUNOFF_REASONS: &[&str] = &[
    "Der Hersteller bietet die Lizenz nur für zwölf Monate an. Eine kürzere Laufzeit wäre teurer.",
    "Die Lizenzen enden zusammen mit denen der anderen Ämter. So verlängern wir künftig nur einmal im Jahr.",
];

/// Why a need was not called off together.
pub(super) const SPLITTING_REASONS: &[&str] = &[
    "Der Bedarf des zweiten Amts war beim ersten Abruf noch nicht bekannt.",
    "Ersatz für defekte Geräte, die nacheinander ausgefallen sind. Ein gemeinsamer Bedarf lag nicht vor.",
];
