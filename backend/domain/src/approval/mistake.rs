//! What is wrong with an approval order that somebody wants to record, in German.

use std::collections::BTreeSet;

use super::ApprovalOrder;
use crate::ids::PersonId;
use crate::notation::Language::German;
use crate::period::Period;

/// Most steps of an order; more is nobody's service instruction.
pub const MOST_STEPS: usize = 10;
/// Most stand-ins, and most absences.
pub const MOST_ENTRIES: usize = 100;
/// Longest title of a step, in characters.
pub const LONGEST_TITLE: usize = 80;

/// Why an order cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `stand_ins[0].person`.
    pub field: String,
    /// The rule that speaks; stable, clients switch on it.
    pub rule: &'static str,
    /// What is wrong and what to do, in German.
    pub german: String,
}

impl ApprovalOrder {
    /// Everything that is wrong with it; `approvers` are the people who are approvers of the member.
    #[must_use]
    pub fn mistakes(&self, approvers: &[PersonId], name: &dyn Fn(PersonId) -> String) -> Vec<Mistake> {
        let mut found = Found(Vec::new());
        self.too_many(&mut found);
        self.check_steps(approvers, &mut found);
        self.check_stand_ins(approvers, name, &mut found);
        for (at, absence) in self.absences.iter().enumerate() {
            found.known(format!("absences[{at}].person"), absence.person, approvers);
        }
        found.0
    }

    fn too_many(&self, found: &mut Found) {
        for (field, is, most) in [
            ("steps", self.steps.len(), MOST_STEPS),
            ("stand_ins", self.stand_ins.len(), MOST_ENTRIES),
            ("absences", self.absences.len(), MOST_ENTRIES),
        ] {
            if most < is {
                found.add(field, "approval-too-many", format!("{is} Einträge sind zu viele, erlaubt sind {most}."));
            }
        }
    }

    fn check_steps(&self, approvers: &[PersonId], found: &mut Found) {
        for (at, step) in self.steps.iter().enumerate() {
            let length = step.title.chars().count();
            let visible = !step.title.trim().is_empty() && !step.title.chars().any(char::is_control);
            if !visible || LONGEST_TITLE < length {
                let text = format!(
                    "Bitte geben Sie dem Schritt einen Namen mit 1 bis {LONGEST_TITLE} Zeichen, zum Beispiel „Fachamt“. Ihrer hat {length}."
                );
                found.add(format!("steps[{at}].title"), "approval-step-title", text);
            }
            if step.from_gross.is_negative() {
                let text = "Ein Betrag unter 0,00 kommt nicht vor. Für alle Abrufe geben Sie bitte 0,00 ein.";
                found.add(format!("steps[{at}].from_gross"), "approval-step-amount", text);
            }
            if let Some(cpv) = &step.cpv
                && (!(2..=8).contains(&cpv.len()) || !cpv.bytes().all(|digit| digit.is_ascii_digit()))
            {
                let shown: String = cpv.chars().take(20).collect();
                let text = format!(
                    "„{shown}“ ist keine CPV-Gruppe. Bitte geben Sie 2 bis 8 Ziffern ein, zum Beispiel 48 für Software, oder nichts."
                );
                found.add(format!("steps[{at}].cpv"), "approval-step-cpv", text);
            }
            for (nth, person) in step.persons.iter().enumerate() {
                found.known(format!("steps[{at}].persons[{nth}]"), *person, approvers);
            }
        }
        self.check_decidable(found);
    }

    /// Nobody decides two steps: steps that name too few people between them can never all be decided.
    fn check_decidable(&self, found: &mut Found) {
        for (at, step) in self.steps.iter().enumerate() {
            let [only] = step.persons.as_slice() else { continue };
            let twin = self.steps[..at].iter().find(|earlier| {
                earlier.persons == [*only] && (earlier.cpv.is_none() || step.cpv.is_none() || earlier.cpv == step.cpv)
            });
            if let Some(twin) = twin {
                let text = format!(
                    "Diesen Schritt und „{}“ kann nur dieselbe Person entscheiden, aber niemand entscheidet zwei Schritte. Bitte nennen Sie eine zweite Person.",
                    twin.title
                );
                found.add(format!("steps[{at}].persons"), "approval-one-step-each", text);
            }
        }
    }

    fn check_stand_ins(&self, approvers: &[PersonId], name: &dyn Fn(PersonId) -> String, found: &mut Found) {
        for (at, stand_in) in self.stand_ins.iter().enumerate() {
            let field = |part: &str| format!("stand_ins[{at}].{part}");
            found.known(field("of"), stand_in.of, approvers);
            found.known(field("person"), stand_in.person, approvers);
            if stand_in.of == stand_in.person {
                let text = "Niemand vertritt sich selbst. Bitte wählen Sie eine andere Person.";
                found.add(field("person"), "approval-stand-in-self", text);
            }
            if stand_in.up_to_gross.is_some_and(|up_to| up_to.is_negative() || up_to.is_zero()) {
                let text = "Bitte geben Sie einen Betrag über 0,00 ein, oder keinen.";
                found.add(field("up_to_gross"), "approval-stand-in-amount", text);
            }
            let given_by = self.stand_ins.iter().find(|other| {
                other.person == stand_in.of && other.of != stand_in.of && overlap(other.period, stand_in.period)
            });
            if let Some(other) = given_by {
                let text = format!(
                    "{} entscheidet vom {} bis {} für {}. Eine solche Befugnis kann nicht weitergegeben werden. Bitte wählen Sie andere Tage, oder {} bestimmt die Vertretung selbst.",
                    name(stand_in.of),
                    German.date(other.period.from()),
                    German.date(other.period.to()),
                    name(other.of),
                    name(other.of)
                );
                found.add(field("person"), "approval-not-passed-on", text);
            }
            let away = self.absences.iter().find(|absence| {
                absence.person == stand_in.person
                    && absence.period.contains(stand_in.period.from())
                    && absence.period.contains(stand_in.period.to())
            });
            if let Some(away) = away {
                let text = format!(
                    "{} ist vom {} bis {} abwesend und kann nicht vertreten. Bitte wählen Sie eine andere Person.",
                    name(stand_in.person),
                    German.date(away.period.from()),
                    German.date(away.period.to())
                );
                found.add(field("person"), "approval-on-leave", text);
            }
        }
    }

    /// Everybody it names.
    #[must_use]
    pub fn persons(&self) -> BTreeSet<PersonId> {
        let steps = self.steps.iter().flat_map(|step| step.persons.iter().copied());
        let stand_ins = self.stand_ins.iter().flat_map(|it| [it.of, it.person]);
        steps.chain(stand_ins).chain(self.absences.iter().map(|it| it.person)).collect()
    }
}

/// The mistakes found so far.
struct Found(Vec<Mistake>);

impl Found {
    fn add(&mut self, field: impl Into<String>, rule: &'static str, german: impl Into<String>) {
        self.0.push(Mistake { field: field.into(), rule, german: german.into() });
    }

    fn known(&mut self, field: String, person: PersonId, approvers: &[PersonId]) {
        if !approvers.contains(&person) {
            let text = "Diese Person darf für Ihre Organisation nicht freigeben. Bitte wählen Sie eine aus der Liste.";
            self.add(field, "approval-not-an-approver", text);
        }
    }
}

fn overlap(a: Period, b: Period) -> bool {
    a.from() <= b.to() && b.from() <= a.to()
}
