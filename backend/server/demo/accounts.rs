//! The accounts of the demo: who can sign in, and what to try as whom.
//!
//! They exist in a database marked as demo only and are refused on addresses other than loopback.
//! All of them share [`PASSWORD`]; every other person of the demo has none.

use abruf_domain::money::Gross;
use rust_decimal::Decimal;

use super::members;
use crate::actor::Role;

/// The password of every demo account.
pub const PASSWORD: &str = "beispieldaten";

/// A demo account, as the start message and the README list it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoAccount {
    /// Role in German.
    pub role: &'static str,
    /// Name of the person.
    pub name: &'static str,
    /// For whom, in German.
    pub organisation: &'static str,
    /// Sign-in name.
    pub email: &'static str,
    /// The common password.
    pub password: &'static str,
    /// What to try with it, in German.
    pub hint: &'static str,
    /// Roles of its assignments.
    pub(super) posts: &'static [Role],
    /// Where it works.
    pub(super) house: House,
    /// Approvers: largest gross order value in whole euros; 0 is unlimited.
    pub(super) limit: u32,
}

impl DemoAccount {
    pub(super) fn release_limit(&self) -> Option<Gross> {
        (0 < self.limit).then(|| Gross::rounded(Decimal::from(self.limit)))
    }
}

/// Where an account works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum House {
    /// A member, by its key.
    Member(&'static str),
    /// The cooperative.
    Cooperative,
    /// The district's audit office: some members.
    AuditOffice,
    /// The audit association of the cooperatives: all members.
    AuditAssociation,
}

/// The table, in the order in which a stranger may want to try.
#[must_use]
pub fn accounts() -> &'static [DemoAccount] {
    ACCOUNTS
}

const fn account(
    role: &'static str,
    name: &'static str,
    organisation: &'static str,
    email: &'static str,
    house: House,
    posts: &'static [Role],
    hint: &'static str,
) -> DemoAccount {
    DemoAccount { role, name, organisation, email, password: PASSWORD, hint, posts, house, limit: 0 }
}

const HOME: House = House::Member(members::HOME);

const ACCOUNTS: &[DemoAccount] = &[
    account(
        "Sachbearbeitung",
        "Jana Reuter",
        "Stadt Altenrode",
        "buchen@altenrode.example",
        HOME,
        &[Role::Buyer],
        "Citrix: 120 Nutzer für 12 Monate und 2 Schulungstage abrufen. Monitore: 24 Stück MON-27 sind einen Cent zu viel, 3 Stück eine halbe Packung.",
    ),
    DemoAccount {
        limit: 25_000,
        ..account(
            "Freigabe (bis 25.000 € brutto)",
            "Torsten Wiegand",
            "Stadt Altenrode",
            "freigabe@altenrode.example",
            HOME,
            &[Role::Approver],
            "Wartende Abrufe prüfen und verbindlich abrufen, auch am Telefon; die Bestellung als PDF laden.",
        )
    },
    account(
        "Freigabe (ohne Grenze)",
        "Heike Brandt",
        "Stadt Altenrode",
        "zweite-freigabe@altenrode.example",
        HOME,
        &[Role::Approver],
        "Freigeben, was über der Grenze der ersten Freigabe liegt.",
    ),
    DemoAccount {
        limit: 10_000,
        ..account(
            "Sachbearbeitung und Freigabe",
            "Miriam Scholz",
            "Stadt Altenrode",
            "beides@altenrode.example",
            HOME,
            &[Role::Buyer, Role::Approver],
            "Den eigenen Abruf freigeben wollen: das muss eine zweite Person tun.",
        )
    },
    account(
        "Kämmerei",
        "Uwe Lorenz",
        "Stadt Altenrode",
        "kaemmerei@altenrode.example",
        HOME,
        &[Role::Treasurer],
        "Mittel bestätigen, Konten führen, Verpflichtungen nach Jahren; Abrufe und Einsparungen lesen.",
    ),
    account(
        "Sachbearbeitung",
        "Stefan Albrecht",
        "Stadt Falkenwerth",
        "buchen@falkenwerth.example",
        House::Member(members::NEIGHBOUR),
        &[Role::Buyer],
        "Sehen, dass fremde Abrufe nicht zu sehen sind.",
    ),
    account(
        "Sachbearbeitung (spät beigetreten)",
        "Anke Fiedler",
        "Gemeinde Birkau",
        "buchen@birkau.example",
        House::Member(members::LATE_JOINER),
        &[Role::Buyer],
        "Citrix: nicht auf der Liste, weil erst nach der Bekanntmachung beigetreten. Entwicklungstage: erlaubt, denn die Bekanntmachung schließt künftige Mitglieder ein.",
    ),
    account(
        "Sachbearbeitung (spät auf der Liste)",
        "Ralf Seidel",
        "Stadt Mühlwerda",
        "buchen@muehlwerda.example",
        House::Member(members::LISTED_LATE),
        &[Role::Buyer],
        "Citrix: Altes Mitglied, aber erst nach der Bekanntmachung auf die Liste gesetzt.",
    ),
    account(
        "Sachbearbeitung (Beitritt nächsten Monat)",
        "Nicole Hartung",
        "Stadt Hirschaue",
        "buchen@hirschaue.example",
        House::Member(members::NEXT_JOINER),
        &[Role::Buyer],
        "Vor dem ersten Tag der Mitgliedschaft bleibt jeder Abruf ein Entwurf.",
    ),
    account(
        "Geschäftsstelle",
        "Katrin Vogel",
        COOPERATIVE,
        "geschaeftsstelle@kommunal-it-mitte.example",
        House::Cooperative,
        &[Role::Office],
        "Begründung zum überschrittenen Kontingent der Stadt Harzbrück schreiben; Mitglied aus dem Gemeinderegister aufnehmen.",
    ),
    account(
        "Geschäftsstelle",
        "Dirk Hansen",
        COOPERATIVE,
        "zweite-geschaeftsstelle@kommunal-it-mitte.example",
        House::Cooperative,
        &[Role::Office],
        "Die zweite Person der Geschäftsstelle.",
    ),
    account(
        "Vorstand",
        "Dr. Sabine Krüger",
        COOPERATIVE,
        "vorstand@kommunal-it-mitte.example",
        House::Cooperative,
        &[Role::Board],
        "Einsparungen je Nachweisklasse, Vertrag und Mitglied bis zur Liste der Abrufe verfolgen; den überzogenen Druckervertrag ansehen.",
    ),
    account(
        "Aufsichtsrat",
        "Prof. Dr. Ulrich Tamm",
        COOPERATIVE,
        "aufsichtsrat@kommunal-it-mitte.example",
        House::Cooperative,
        &[Role::SupervisoryBoard],
        "Dieselben Zahlen mit den Augen der Aufsicht.",
    ),
    account(
        "Rechnungsprüfung",
        "Birgit Schulte",
        "Rechnungsprüfungsamt des Landkreises Nordharzland",
        "pruefung@rpa-nordharzland.example",
        House::AuditOffice,
        &[Role::Auditor],
        "Alle Abrufe von sieben Mitgliedern prüfen, auch abgelehnte und stornierte, mit Feststellungen, Verlauf und PDF.",
    ),
    account(
        "Rechnungsprüfung (alle Mitglieder)",
        "Cornelia Rohde",
        "Prüfungsverband der Genossenschaften Mitte e. V.",
        "pruefung@pruefungsverband-mitte.example",
        House::AuditAssociation,
        &[Role::Auditor],
        "Dasselbe über alle Mitglieder des laufenden und des letzten Jahres.",
    ),
    account(
        "Administration",
        "Yusuf Demir",
        COOPERATIVE,
        "administration@kommunal-it-mitte.example",
        House::Cooperative,
        &[Role::Administrator],
        "Konten und System verwalten; Abrufe sind für diese Rolle unsichtbar.",
    ),
];

/// Name of the cooperative.
pub(super) const COOPERATIVE: &str = "Einkaufsgenossenschaft Kommunal-IT Mitte eG";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_an_account() {
        for role in Role::ALL {
            assert!(accounts().iter().any(|account| account.posts.contains(&role)), "{}", role.key());
        }
    }

    #[test]
    fn the_password_is_long_enough_and_the_addresses_lead_nowhere() {
        assert!(crate::password::MIN_CHARACTERS <= PASSWORD.chars().count());
        assert!(accounts().iter().all(|account| account.email.ends_with(".example")));
        assert!(accounts().iter().all(|account| account.email == account.email.to_lowercase()));
    }
}
