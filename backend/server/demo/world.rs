//! The cooperative itself: organisations, members, suppliers, audit bodies and their people.

use abruf_domain::audit::AuditEntry;
use abruf_domain::facts::{AuthorityClass, CouncilLimit, InhouseEvidence};
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Gross;
use abruf_domain::period::Validity;
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgConnection;

use super::accounts::COOPERATIVE;
use super::calendar::{Calendar, at, later, working_day_from};
use super::contributions;
use super::dice::Dice;
use super::members::{self, IT_COMPANY, Row};
use super::people::{Leadership, Registry, Staff};
use crate::actions::{ActionError, set_electronic_address};
use crate::app::App;
use crate::chance::Chance;
use crate::storage::StorageError;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::master_data::members::{
    insert_authority_class, insert_binding_rules, insert_council_limit, insert_inhouse_evidence,
    insert_input_vat_deduction,
};
use crate::storage::master_data::organisations::{
    NewMembership, NewOrganisation, insert, insert_membership, insert_role,
};

/// Region of everybody in the demo.
pub(super) const REGION: &str = "DE-ST";

/// Nominal value of a share, in euros.
const SHARE: i64 = 1_000;

/// Gross amount up to which the demo's members call an order current business.
const CURRENT_BUSINESS: u32 = 25_000;

/// Supplier: key, name, street, postcode, town.
const SUPPLIERS: &[(&str, &str, &str, &str, &str)] = &[
    ("brockensoft", "Brockensoft Lizenzvertrieb GmbH", "Softwarering 4", "39903", "Harzbrück"),
    ("elbtor", "Elbtor Systemhaus GmbH & Co. KG", "Hafenstraße 21", "39906", "Ostermark"),
    ("lernwerk", "Lernwerk Flussaue gGmbH", "Schulstraße 9", "39909", "Wolmarshall"),
    ("saalebogen", "Saalebogen Drucksysteme GmbH", "Gewerbepark 17", "39912", "Grauenhall"),
    ("ottokopie", "Ottokopie Bürotechnik GmbH", "Kopierweg 2", "39915", "Kupferhall"),
    ("bildwerk", "Bildwerk Monitore AG", "Lichtallee 30", "39918", "Ahornhall"),
    ("lauch", "Bürobedarf Lauch & Söhne KG", "Lange Straße 55", "39921", "Eichenlauch"),
];

/// Where suppliers receive orders as data: key, scheme and address; the others take PDF alone.
const ELECTRONIC_ADDRESSES: &[(&str, &str, &str)] = &[
    (IT_COMPANY, "9930", "DE999999018"),
    ("brockensoft", "9930", "DE999999026"),
    ("elbtor", "0088", "9520001000010"),
    ("lernwerk", "9930", "DE999999034"),
    ("bildwerk", "0088", "9520001000027"),
];

const STREETS: &[&str] =
    &["Am Markt", "Rathausplatz", "Hauptstraße", "Schlossstraße", "Am Anger", "Kirchplatz", "Lindenallee"];

/// The key under which the audit office of the district keeps its members.
const AUDITED: &[&str] =
    &[members::HOME, members::LATE_JOINER, members::LISTED_LATE, "silberlohe", "bodewalde", "vorderharz", "kranichau"];

/// A member with its people.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub row: &'static Row,
    pub id: OrganisationId,
    pub membership: Validity,
    pub staff: Staff,
}

/// Everybody.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub calendar: Calendar,
    pub body: OrganisationId,
    pub members: Vec<Member>,
    pub leadership: Leadership,
    pub people: usize,
    suppliers: Vec<(&'static str, OrganisationId)>,
}

impl World {
    /// Index of the member with this key.
    pub(super) fn index(&self, key: &str) -> usize {
        self.members.iter().position(|member| member.row.key == key).expect("stories name members of the table")
    }

    /// The supplier with this key.
    pub(super) fn supplier(&self, key: &str) -> OrganisationId {
        let found = self.suppliers.iter().find(|(supplier, _)| *supplier == key);
        found.expect("contracts name suppliers of the table").1
    }
}

/// The office enters where suppliers receive orders as data.
pub(super) async fn enter_addresses(app: &App, world: &World) -> Result<(), ActionError> {
    for (key, scheme, address) in ELECTRONIC_ADDRESSES {
        set_electronic_address::set(app, &world.leadership.office, world.supplier(key), scheme, address).await?;
    }
    Ok(())
}

/// Enters everybody.
pub(super) async fn found(
    conn: &mut PgConnection,
    calendar: Calendar,
    chance: &Chance,
    password_hash: String,
) -> Result<World, StorageError> {
    let dice = Dice::new(u64::from_le_bytes(chance.bytes()));
    let founded_on = NaiveDate::from_ymd_opt(2009, 7, 1).expect("a date");
    let founding = Founding { chance, calendar, founded_on };
    let body = founding.cooperative(conn).await?;
    let mut registry = Registry::new(chance, dice.clone(), calendar, body, password_hash);
    let leadership = registry.cooperative(conn, founded_on).await?;
    founding.inhouse_evidence(conn, body, &leadership).await?;

    let mut members = Vec::with_capacity(members::ALL.len());
    for (place, row) in members::ALL.iter().enumerate() {
        let id = founding.member(conn, &dice, body, place, row).await?;
        let membership = row.membership(calendar);
        let staff = registry.staff(conn, id, row, membership).await?;
        members.push(Member { row, id, membership, staff });
    }
    let mut world = World { calendar, body, members, leadership, people: 0, suppliers: Vec::new() };
    let mut suppliers = vec![(IT_COMPANY, world.members[world.index(IT_COMPANY)].id)];
    founding.role(conn, suppliers[0].1, body, "supplier", founded_on).await?;
    for (key, name, street, postcode, town) in SUPPLIERS {
        let id = founding.supplier(conn, body, key, name, [street, postcode, town]).await?;
        suppliers.push((key, id));
    }
    world.suppliers = suppliers;

    let office = founding
        .audit_body(conn, body, "Rechnungsprüfungsamt des Landkreises Nordharzland", "rpa-nordharzland", "Harzbrück")
        .await?;
    let association = founding
        .audit_body(
            conn,
            body,
            "Prüfungsverband der Genossenschaften Mitte e. V.",
            "pruefungsverband-mitte",
            "Wolmarshall",
        )
        .await?;
    let audited: Vec<_> = AUDITED.iter().map(|key| world.members[world.index(key)].id).collect();
    registry.auditors(conn, office, association, &audited).await?;
    world.people = registry.people;
    founding.log_admissions(conn, &world).await?;
    contributions::enter(conn, &world).await?;
    Ok(world)
}

/// What the founding of everybody has in common.
struct Founding<'a> {
    chance: &'a Chance,
    calendar: Calendar,
    founded_on: NaiveDate,
}

impl Founding<'_> {
    async fn cooperative(&self, conn: &mut PgConnection) -> Result<OrganisationId, StorageError> {
        let now = at(self.founded_on, 9, 0);
        let id = OrganisationId(self.chance.id(now));
        let leitweg_id = leitweg_id(0);
        let organisation = NewOrganisation {
            id,
            name: COOPERATIVE,
            kind: "genossenschaft",
            region: REGION,
            inhabitants: None,
            street: "Genossenschaftsweg 1",
            postcode: "39900",
            town: "Wolmarshall",
            email: "geschaeftsstelle@kommunal-it-mitte.example",
            leitweg_id: Some(&leitweg_id),
        };
        insert(conn, &organisation, now).await?;
        self.role(conn, id, id, "body", self.founded_on).await?;
        Ok(id)
    }

    async fn member(
        &self,
        conn: &mut PgConnection,
        dice: &Dice,
        body: OrganisationId,
        place: usize,
        row: &Row,
    ) -> Result<OrganisationId, StorageError> {
        let membership = row.membership(self.calendar);
        let declared_on = working_day_from(membership.from - Days::new(dice.between(25, 70)));
        let entered_at = at(declared_on, 9, 0);
        let id = OrganisationId(self.chance.id(entered_at));
        let leitweg_id = (!row.is_company()).then(|| leitweg_id(place + 1));
        let street = format!("{} {}", dice.text(STREETS), dice.between(1, 40));
        let (postcode, email) = (format!("{}", 39_700 + 2 * place), format!("rathaus@{}.example", row.key));
        let organisation = NewOrganisation {
            id,
            name: row.name,
            kind: row.kind,
            region: REGION,
            inhabitants: (0 < row.inhabitants).then_some(row.inhabitants),
            street: &street,
            postcode: &postcode,
            town: row.seat,
            email: &email,
            leitweg_id: leitweg_id.as_deref(),
        };
        insert(conn, &organisation, entered_at).await?;
        let role = self.chance.id(entered_at);
        insert_role(conn, role, id, body, "member", membership).await?;
        let listed_on = working_day_from(membership.from + Days::new(dice.between(2, 20)));
        let membership = NewMembership {
            id: self.chance.id(entered_at),
            body,
            member: id,
            declared_on,
            validity: membership,
            listed_on: (listed_on < self.calendar.anchor()).then_some(listed_on),
            shares: row.shares(),
            share_value: Decimal::from(SHARE),
            input_vat_deductible: row.is_company(),
        };
        let since = membership.validity;
        insert_membership(conn, &membership).await?;
        self.member_facts(conn, id, row, since).await?;
        Ok(id)
    }

    /// What rules ask of a member beside its membership, known from the first day.
    async fn member_facts(
        &self,
        conn: &mut PgConnection,
        id: OrganisationId,
        row: &Row,
        since: Validity,
    ) -> Result<(), StorageError> {
        let new_id = || self.chance.id(at(since.from, 9, 0));
        let class = AuthorityClass {
            class: row.authority_class().to_owned(),
            validity: Validity { from: since.from, to: None },
            document: "Angaben in der Beitrittserklärung, geprüft von der Geschäftsstelle".to_owned(),
        };
        insert_authority_class(conn, new_id(), id, &class).await?;
        if row.is_company() {
            insert_input_vat_deduction(conn, new_id(), id, Validity { from: since.from, to: None }).await?;
        } else {
            let limit = CouncilLimit {
                amount: Gross::rounded(Decimal::from(row.council_limit())),
                net: false,
                source: "Hauptsatzung, § 5 Abs. 2".to_owned(),
            };
            insert_council_limit(conn, new_id(), id, &limit, Validity { from: since.from, to: None }).await?;
        }
        let current_business = Gross::rounded(Decimal::from(CURRENT_BUSINESS));
        insert_binding_rules(conn, new_id(), id, Some(current_business), since.from).await
    }

    /// The body shows each year that it is in-house of its members: the office records, the board approves.
    async fn inhouse_evidence(
        &self,
        conn: &mut PgConnection,
        body: OrganisationId,
        leadership: &Leadership,
    ) -> Result<(), StorageError> {
        for year in self.founded_on.year()..=self.calendar.anchor().year() {
            let approved_on = NaiveDate::from_ymd_opt(year, 3, 31).expect("a date");
            if self.calendar.anchor() <= approved_on {
                continue;
            }
            let approved_at = at(working_day_from(approved_on), 15, 0);
            let evidence = InhouseEvidence {
                year,
                control: true,
                activity_share: "97.4".parse().expect("a share"),
                private_capital: false,
                approved: true,
                document: format!("Nachweis nach § 108 GWB für {year}, Anlage zum Jahresabschluss"),
            };
            let approved = Some((leadership.board, approved_at));
            let id = self.chance.id(approved_at);
            insert_inhouse_evidence(conn, id, body, &evidence, leadership.office.person, approved).await?;
        }
        Ok(())
    }

    async fn supplier(
        &self,
        conn: &mut PgConnection,
        body: OrganisationId,
        key: &str,
        name: &str,
        [street, postcode, town]: [&str; 3],
    ) -> Result<OrganisationId, StorageError> {
        let now = at(self.founded_on, 9, 0);
        let id = OrganisationId(self.chance.id(now));
        let email = format!("auftrag@{key}.example");
        let organisation = NewOrganisation {
            id,
            name,
            kind: "unternehmen",
            region: REGION,
            inhabitants: None,
            street,
            postcode,
            town,
            email: &email,
            leitweg_id: None,
        };
        insert(conn, &organisation, now).await?;
        self.role(conn, id, body, "supplier", self.founded_on).await?;
        Ok(id)
    }

    async fn audit_body(
        &self,
        conn: &mut PgConnection,
        body: OrganisationId,
        name: &str,
        key: &str,
        town: &str,
    ) -> Result<OrganisationId, StorageError> {
        let now = at(self.founded_on, 9, 0);
        let id = OrganisationId(self.chance.id(now));
        let email = format!("pruefung@{key}.example");
        let organisation = NewOrganisation {
            id,
            name,
            kind: "pruefungsamt",
            region: REGION,
            inhabitants: None,
            street: "Prüfgasse 7",
            postcode: "39924",
            town,
            email: &email,
            leitweg_id: None,
        };
        insert(conn, &organisation, now).await?;
        self.role(conn, id, body, "audit_body", self.founded_on).await?;
        Ok(id)
    }

    async fn role(
        &self,
        conn: &mut PgConnection,
        organisation: OrganisationId,
        body: OrganisationId,
        role: &str,
        from: NaiveDate,
    ) -> Result<(), StorageError> {
        let id = self.chance.id(at(from, 9, 0));
        insert_role(conn, id, organisation, body, role, Validity { from, to: None }).await
    }

    /// The chain of the body begins when Abruf does: it takes over the list of members, and logs each
    /// later admission on its day.
    async fn log_admissions(&self, conn: &mut PgConnection, world: &World) -> Result<(), StorageError> {
        let start = at(self.calendar.starts_on(), 8, 0);
        let mut admissions: Vec<(DateTime<Utc>, &Member)> = world
            .members
            .iter()
            .map(|member| (later(at(member.membership.from, 0, 0), 0, 45).max(start), member))
            .collect();
        admissions.sort_by_key(|(at, _)| *at);
        for (at, member) in admissions.into_iter().filter(|(at, _)| *at < self.calendar.ends()) {
            let office = world.leadership.office.person;
            let entry = AuditEntry::new(at, Some(office.0), "member_admitted", "organisation", member.id.0);
            let concerns = Concerns { body: Some(world.body), member: Some(member.id), call_off: None };
            let detail = json!({ "name": member.row.name, "effective_from": member.membership.from });
            let record = Record::with_detail(entry, concerns, self.chance.bytes(), detail);
            audit_log::append(conn, world.body.0, &record).await?;
        }
        Ok(())
    }
}

/// A well-formed Leitweg-ID of a receiver that does not exist: the coarse part 15999 is no district.
fn leitweg_id(place: usize) -> String {
    let (coarse, fine) = (format!("15999{place:03}"), "0001");
    let number: u64 = format!("{coarse}{fine}00").parse().expect("digits");
    format!("{coarse}-{fine}-{:02}", 98 - number % 97)
}

#[cfg(test)]
mod tests {
    use abruf_domain::electronic_address::leitweg_id_is_valid;

    use super::*;

    #[test]
    fn leitweg_ids_are_well_formed() {
        for place in 0..=members::ALL.len() {
            let id = leitweg_id(place);
            assert!(leitweg_id_is_valid(&id), "{id}");
        }
    }
}
