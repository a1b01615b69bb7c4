//! The promised special cases, each by name, in the weeks before the anchor day.

use chrono::NaiveDate;

use super::calendar::{Calendar, working_day_from};
use super::call_offs::{Fate, Planned};
use super::contracts::{self, Basket, Design, Slip, units, year_after};
use super::dice::Dice;
use super::members::{
    DISTRICT, HOME, LARGE, LATE_JOINER, LISTED_BY_MODIFICATION, LISTED_LATE, NEIGHBOUR, NEXT_JOINER, OVER_QUOTA,
};
use super::world::World;

/// Index of the person among the home town's buyers who also releases.
const BUYER_AND_APPROVER: usize = 1;

/// Writes the stories of one contract.
struct Storyteller<'a> {
    world: &'a World,
    calendar: Calendar,
    dice: &'a Dice,
    stories: Vec<Planned>,
}

/// The special cases of this contract.
pub(super) fn of(design: &Design, world: &World, dice: &Dice) -> Vec<Planned> {
    let mut teller = Storyteller { world, calendar: world.calendar, dice, stories: Vec::new() };
    match design.key {
        contracts::CITRIX => teller.citrix(),
        contracts::NOTEBOOKS => teller.notebooks(),
        contracts::DEVELOPMENT => teller.development(),
        contracts::TRAINING => teller.training(),
        contracts::PRINTERS => teller.printers(design),
        contracts::MONITORS => teller.monitors(),
        contracts::TONER => teller.toner(),
        contracts::FURNITURE => teller.furniture(),
        contracts::NETWORK => teller.network(),
        contracts::HOSTING => teller.hosting(),
        contracts::SECURITY => teller.security(),
        _ => {}
    }
    teller.stories
}

impl Storyteller<'_> {
    fn citrix(&mut self) {
        // A town that joined after the notice, on a list of names.
        self.tell(9, LATE_JOINER, Fate::Declined(Slip::None), "Zwölf Arbeitsplätze im Rathaus.", &[("CTX-UNI", 12)]);
        // An old member whose entry is dated after the notice.
        self.tell(8, LISTED_LATE, Fate::Declined(Slip::None), "Lizenzen laut Inventar.", &[("CTX-UNI", 40)]);
        // The same, but with a modification under § 132 GWB behind it.
        self.tell(40, LISTED_BY_MODIFICATION, Fate::Ordered, "Lizenzen laut Inventar.", &[("CTX-UNI", 35)]);
        // For the approver on the telephone.
        self.tell(2, HOME, Fate::Waiting, "Zwanzig Beschäftigte im Sozialamt arbeiten mobil.", &[("CTX-UNI", 20)]);
        self.tell(1, HOME, Fate::Draft, "", &[("CTX-UNI", 60), ("CTX-TRN", 1)]);
        // The other ends a request can come to, at home.
        self.tell(58, HOME, Fate::Refused, "Lizenzen auf Vorrat.", &[("CTX-UNI", 25)]);
        self.tell(52, HOME, Fate::Withdrawn, "Schulung, Termin noch offen.", &[("CTX-TRN", 1)]);
        self.tell(47, HOME, Fate::Expired, "Lizenzen für die Ferienvertretung.", &[("CTX-UNI", 10)]);
        self.tell(44, HOME, Fate::Cancelled, "Lizenzen für das Stadtarchiv.", &[("CTX-UNI", 15)]);
        self.tell(36, HOME, Fate::AskedFirst, "Lizenzen für die Bibliothek.", &[("CTX-UNI", 15)]);
    }

    fn notebooks(&mut self) {
        let rise = self.calendar.month(-14);
        // The price rises between submission and release: shown side by side, returned, submitted again.
        let before = Calendar::new(rise).working_day_before(1);
        let need = "Acht Geräte für die Volkshochschule laut Bedarfsmeldung.";
        self.tell_on(before, NEIGHBOUR, Fate::ReleasedOn(working_day_from(rise)), need, &[("NB-14", 8)]);
        // Above the release limit of the first approver: the second one releases.
        self.tell(
            70,
            HOME,
            Fate::Ordered,
            "Austausch aller Geräte im Bauamt, 40 Stück laut Inventar.",
            &[("NB-14", 40)],
        );
        // Nobody wrote why.
        self.tell(6, HOME, Fate::Declined(Slip::NoNeed), "Ersatz im Bürgerbüro.", &[("NB-14", 2)]);
        // Back with a question.
        self.tell(10, HOME, Fate::Returned, "Drei Geräte für Auszubildende.", &[("NB-14", 3), ("NB-DOCK", 3)]);
        // About to expire: its fourteen days end right after the anchor day.
        let day = working_day_from(self.calendar.day(-13));
        self.tell_on(day, HOME, Fate::Waiting, "Ein Gerät für die Gleichstellungsbeauftragte.", &[("NB-14", 1)]);
        // Buyer and approver at once; and dearer than the market: a negative saving.
        self.tell(9, HOME, Fate::OwnRelease, "Vier Dockingstationen für die Kämmerei.", &[("NB-DOCK", 4)]);
        self.last().buyer = BUYER_AND_APPROVER;
        self.tell(50, DISTRICT, Fate::Ordered, "Dockingstationen für das Jugendamt.", &[("NB-DOCK", 6)]);
        // More than is left.
        let need = "Austausch aller Geräte der Stadtverwaltung und der Schulen.";
        self.tell(3, LARGE, Fate::Declined(Slip::None), need, &[("NB-14", 400)]);
    }

    fn development(&mut self) {
        // Joined late, but the notice included future members.
        self.tell(25, LATE_JOINER, Fate::Ordered, "Onlinedienst Hundesteuer nachnutzen.", &[("DEV-PT", 3)]);
        // Not a member yet.
        self.tell(
            2,
            NEXT_JOINER,
            Fate::Declined(Slip::None),
            "Internetauftritt barrierefrei machen.",
            &[("DEV-PT", 5)],
        );
        self.tell(4, HOME, Fate::Waiting, "Schnittstelle zum Bürgerportal, laut Pflichtenheft.", &[("DEV-PT", 6)]);
    }

    fn training(&mut self) {
        // Over the soft quota: waits for the office's justification.
        let need = "Fortbildung Vergaberecht für die neue Vergabestelle.";
        self.tell(4, OVER_QUOTA[0], Fate::Waiting, need, &[("SEM-VERGABE", 4)]);
        // The same, justified and released: alone it is more than the quota of a town with little demand.
        self.tell(60, OVER_QUOTA[0], Fate::Ordered, "Einarbeitung neuer Beschäftigter.", &[("SEM-VERGABE", 8)]);
        // Below the minimum order value: a surcharge, and against an old evidence no proven saving.
        self.tell(75, HOME, Fate::Ordered, "Einarbeitung im Ordnungsamt.", &[("SEM-OFFICE", 1)]);
        self.tell(33, HOME, Fate::Ordered, "Pflichtschulung der Datenschutzkoordination.", &[("SEM-DATENSCHUTZ", 2)]);
    }

    fn printers(&mut self, design: &Design) {
        let Some(emergency) = design.emergency else { return };
        // Submitted before the emergency order, to be released after it: something has changed.
        let before = Calendar::new(emergency).working_day_before(1);
        let after = working_day_from(emergency + chrono::Days::new(1));
        self.tell_on(
            before,
            NEIGHBOUR,
            Fate::LeftAfterChange(after),
            "Ein Gerät für das Standesamt.",
            &[("DRU-A4", 1)],
        );
        // Dearer than three offers: a negative saving.
        self.tell(90, DISTRICT, Fate::Ordered, "Etagendrucker im Kreishaus, zwei Standorte.", &[("MFP-A3", 2)]);
        // Breached: blocked for everybody.
        self.tell(7, HOME, Fate::Declined(Slip::None), "Drucker für das Wahlamt.", &[("DRU-A4", 2)]);
        self.tell(5, DISTRICT, Fate::Declined(Slip::None), "Ersatz im Veterinäramt.", &[("DRU-A4C", 1)]);
    }

    fn monitors(&mut self) {
        // Two are asked for and one more: half a packing unit.
        self.tell(5, HOME, Fate::Declined(Slip::OffStep), "Zweiter Bildschirm im Bauhof.", &[("MON-24", 2)]);
    }

    fn toner(&mut self) {
        // After the last day.
        self.tell(10, HOME, Fate::Declined(Slip::None), "Toner für das Quartal.", &[("TON-SW", 20)]);
        // The worked example of a negative saving: 13.68 saved, 15.00 surcharge.
        let day = working_day_from(self.calendar.month(-6));
        self.tell_on(day, HOME, Fate::Ordered, "Ein Karton für die Nebenstelle.", &[("TON-SW", 5)]);
    }

    fn furniture(&mut self) {
        // The first supplier was asked and stayed silent: its period is over. And one that still has time.
        self.tell(12, HOME, Fate::Draft, "Acht Tische für das Bauamt laut Raumplan.", &[("MOE-TISCH", 8)]);
        self.tell(1, HOME, Fate::Draft, "Stühle für das Bürgerbüro.", &[("MOE-STUHL", 6)]);
    }

    fn network(&mut self) {
        // The first supplier had its turn; the draft names the second.
        self.tell(24, HOME, Fate::Ordered, "Zwei Switche für die Grundschule am Anger.", &[("NET-SW24", 2)]);
        self.tell(2, HOME, Fate::Draft, "Funk im Ratssaal.", &[("NET-AP", 3)]);
    }

    fn hosting(&mut self) {
        // Ordered in-house, approved by the office, sent; one by a town that joined after the notice.
        self.tell(45, HOME, Fate::Ordered, "Zwei Server für das Fachverfahren Wohngeld.", &[("HST-S", 2)]);
        self.tell(24, LATE_JOINER, Fate::Ordered, "Ein Server und Datensicherung.", &[("HST-S", 1), ("HST-BACKUP", 2)]);
        // Released at home; the supplier order waits for the office.
        self.tell(9, HOME, Fate::LeftToBody, "Ein großer Server für das Ratsinformationssystem.", &[("HST-L", 1)]);
    }

    fn security(&mut self) {
        // Awarded, ordered; and one whose suppliers still have time, with the first offer under seal.
        let need = "Sicherheitskonzept nach IT-Grundschutz für Rathaus und Bauhof, Umfang laut Voruntersuchung.";
        self.tell(52, HOME, Fate::Competed, need, &[("SEC-PT", 18), ("SEC-UEBUNG", 1)]);
        let need = "Notfallhandbuch und zwei Übungen vor der Landratswahl, laut Beschluss der Lenkungsgruppe.";
        self.tell(9, HOME, Fate::Competing, need, &[("SEC-PT", 12), ("SEC-UEBUNG", 2)]);
    }

    fn tell(&mut self, days: u64, member: &str, fate: Fate, need: &str, lines: &[(&'static str, i64)]) {
        self.tell_on(self.calendar.working_day_before(days), member, fate, need, lines);
    }

    fn tell_on(&mut self, day: NaiveDate, member: &str, fate: Fate, need: &str, lines: &[(&'static str, i64)]) {
        let basket = Basket {
            lines: lines.iter().map(|(article, count)| (*article, units(*count))).collect(),
            need: need.to_owned(),
            performance: Some(year_after(day))
                .filter(|_| lines.iter().any(|(article, _)| article.starts_with("CTX") || article.starts_with("HST"))),
            desired_in: Some(21),
        };
        self.stories.push(Planned::new(self.dice, day, self.world.index(member), basket, fate));
    }

    fn last(&mut self) -> &mut Planned {
        self.stories.last_mut().expect("told just before")
    }
}
