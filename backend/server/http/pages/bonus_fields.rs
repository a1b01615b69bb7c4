//! The bonus of a contract as typed and as read: a line per step, `50.000,00: 1,5`.

use abruf_domain::bonus::{BonusClause, BonusStep, GoesTo};
use abruf_domain::money::{Net, Percent};
use rust_decimal::Decimal;

use crate::http::pages::read_amount::{read_amount, read_number};
use crate::http::pages::written::{money, percent};

/// Who gets it, with the words users read.
pub const BONUS_RECIPIENTS: &[(&str, &str)] =
    &[("members", "die Mitglieder, nach ihrem Umsatz des Jahres"), ("body", "die Genossenschaft")];

/// Steps as they stand in the form.
#[must_use]
pub fn typed_steps(clause: &BonusClause) -> String {
    let comma = |text: String| text.replace('.', ",");
    let lines =
        clause.steps.iter().map(|step| format!("{}: {}", comma(step.from.to_string()), comma(step.rate.to_string())));
    lines.collect::<Vec<_>>().join("\n")
}

/// The clause as typed; `None` where no step is there.
///
/// # Errors
/// With the line that cannot be read and what to type.
pub fn read_clause(steps: &str, goes_to: &str) -> Result<Option<BonusClause>, String> {
    let mut read = Vec::new();
    for (at, line) in (1..).zip(steps.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let named = |message: String| format!("Zeile {at}: {message}");
        let Some((from, rate)) = line.split_once([':', ';', '\t']) else {
            let message = format!("„{}“ hat keinen Doppelpunkt. Erwartet: „50.000,00: 1,5“.", line.trim());
            return Err(named(message));
        };
        let missing = || "Es fehlt eine Zahl. Erwartet: „50.000,00: 1,5“.".to_owned();
        let from = read_amount(from).and_then(|it| it.ok_or_else(missing)).map_err(named)?;
        let rate = read_number(rate, Percent::DECIMALS).and_then(|it| it.ok_or_else(missing)).map_err(named)?;
        let out_of_range = || named("Möglich sind 0 bis 100 Prozent.".to_owned());
        let rate = Some(rate).filter(|rate| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(rate));
        read.push(BonusStep {
            from: Net::new(from).map_err(|_| named("Dieser Betrag ist zu groß.".to_owned()))?,
            rate: Percent::new(rate.ok_or_else(out_of_range)?).map_err(|_| out_of_range())?,
        });
    }
    let goes_to = goes_to.parse().unwrap_or(GoesTo::Members);
    Ok(Some(BonusClause { steps: read, goes_to }).filter(|clause| !clause.steps.is_empty()))
}

/// What the clause says, a sentence each.
#[must_use]
pub fn clause_words(clause: &BonusClause, currency: &str) -> Vec<String> {
    let step = |it: &BonusStep| {
        format!(
            "Ab {} Jahresumsatz aller Mitglieder: {} vom ganzen Umsatz.",
            money(it.from.decimal(), currency),
            percent(it.rate.decimal())
        )
    };
    let to = match clause.goes_to {
        GoesTo::Members => "Der Bonus wird nach Umsatz an die Mitglieder verteilt.",
        GoesTo::Body => "Der Bonus bleibt bei der Genossenschaft.",
    };
    clause.steps.iter().map(step).chain([to.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_read_again() {
        let clause = read_clause("0: 0,5\n50.000: 1,5\n", "body").unwrap().unwrap();
        assert_eq!(clause.goes_to, GoesTo::Body);
        assert_eq!(read_clause(&typed_steps(&clause), "body"), Ok(Some(clause)));
        assert_eq!(read_clause(" \n", "members"), Ok(None));
    }

    #[test]
    fn a_line_that_is_no_step_is_named() {
        for (typed, told) in [
            ("50.000 1,5", "Zeile 1: „50.000 1,5“ hat keinen Doppelpunkt"),
            ("0: 1\nviel: 2", "Zeile 2: „viel“ ist kein Betrag"),
            ("0: 101", "Zeile 1: Möglich sind 0 bis 100 Prozent."),
            ("0:", "Zeile 1: Es fehlt eine Zahl."),
        ] {
            let message = read_clause(typed, "members").unwrap_err();
            assert!(message.starts_with(told), "{message}");
        }
    }
}
