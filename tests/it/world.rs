//! A small world to test in: a purchasing body with members, people, contracts and drafts over a fresh
//! database. The clock stands and chance repeats, so that a failure can be looked at again.
//!
//! Builders read like sentences, have lawful defaults, and end with `.await`:
//!
//! ```ignore
//! let world = World::new().await;
//! let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
//! let eva = world.buyer(town).await;
//! let citrix = world
//!     .contract("RV-2025-01")
//!     .ceiling(value("500000.00"))
//!     .item("CTX-TRN", fixed("1180.00").unit("Tag"))
//!     .entitles(town)
//!     .await;
//! let draft = world.draft(&eva, &citrix, &[("CTX-TRN", "2")]).await;
//! ```
//!
//! Rows are written through the owner's connection, past row-level security: what is tested is how the
//! application role finds them.

pub mod contract;
pub mod drafts;
pub mod invariants;
pub mod people;
pub mod prices;

use std::pin::Pin;
use std::sync::Arc;

use abruf::actions::release_call_off::{Release, release};
use abruf::app::App;
use abruf::chance::Chance;
use abruf::clock::Clock;
use abruf::storage::Db;
use abruf::storage::document_store::DocumentStore;
use abruf_documents::Templates;
use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::{ConnectOptions, PgPool};
use uuid::Uuid;

use crate::cluster::{TestDatabase, app_options, fresh_database};
use contract::{fixed, list_minus, list_price, prior_contract, quantity, subscription, tiers, value};

/// What awaiting a builder gives.
type Made<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// When every test begins: a Sunday in the second year of the default contract term, 10:00 in Berlin.
const BEGIN: &str = "2026-11-22T09:00:00Z";

/// Connections of an ordinary test. Each session plans every statement anew, which takes longer than the
/// statements themselves: few make the tests fast.
const CONNECTIONS: u32 = 3;
/// Enough for a race, few enough for two cores.
const CONNECTIONS_OF_A_RACE: u32 = 16;

/// One purchasing body and everything around it.
pub struct World {
    /// The program: what is tested, as the application role.
    pub app: App,
    /// The database with the owner's pool, for arranging and asserting past the policies.
    pub database: TestDatabase,
    /// The purchasing body.
    pub body: OrganisationId,
    /// Supplier of every lot.
    pub supplier: OrganisationId,
    /// Two colleagues of the office: one records prices and baselines, the other releases them.
    clerks: [PersonId; 2],
}

impl World {
    /// With the seed of all ordinary tests.
    pub async fn new() -> Self {
        Self::seeded(42).await
    }

    /// For many who act at once.
    pub async fn crowded() -> Self {
        Self::crowded_from(42).await
    }

    /// For many who act at once, with a source of chance of its own.
    pub async fn crowded_from(seed: u64) -> Self {
        Self::with(seed, CONNECTIONS_OF_A_RACE).await
    }

    /// With a source of chance of its own.
    pub async fn seeded(seed: u64) -> Self {
        Self::with(seed, CONNECTIONS).await
    }

    async fn with(seed: u64, connections: u32) -> Self {
        let database = fresh_database().await;
        let options = app_options(&database.name).disable_statement_logging();
        let db = Db::connect(options, connections).await.unwrap();
        Self::over(database, db, BEGIN.parse().unwrap(), Chance::seeded(seed)).await
    }

    /// Over a database that is migrated and empty, at this instant.
    pub async fn over(database: TestDatabase, db: Db, begin: DateTime<Utc>, chance: Chance) -> Self {
        let app = App {
            db,
            clock: Clock::standing(begin),
            chance,
            templates: Arc::new(Templates::embedded()),
            documents: DocumentStore::Database,
            base_url: "http://127.0.0.1:8080".into(),
            mailer: None,
            demo: false,
        };
        let mut world = Self {
            app,
            database,
            body: OrganisationId(Uuid::nil()),
            supplier: OrganisationId(Uuid::nil()),
            clerks: [PersonId(Uuid::nil()); 2],
        };
        world.body = world.organisation("Einkaufsgenossenschaft Elbe-Saale eG", "genossenschaft").await;
        world.plays(world.body, "body").await;
        world.supplier = world.organisation("Anhalt Digital GmbH", "unternehmen").await;
        world.plays(world.supplier, "supplier").await;
        world.clerks = [world.person_named("Gesa Erfasserin").await, world.person_named("Gero Prüfer").await];
        world
    }

    /// The owner's pool.
    pub const fn owner(&self) -> &PgPool {
        &self.database.owner
    }

    /// Sets a legal parameter for everybody and every day.
    pub async fn law(&self, key: &str, value: &str) {
        sqlx::query("DELETE FROM legal_parameter WHERE key = $1").bind(key).execute(self.owner()).await.unwrap();
        sqlx::query(
            "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, source, certainty)
             VALUES ('de', $1, $2, '1995-01-01', 'Fall', '?')",
        )
        .bind(key)
        .bind(value)
        .execute(self.owner())
        .await
        .unwrap();
    }

    /// Sets the clock.
    pub fn at(&self, instant: &str) {
        self.app.clock.set(instant.parse().unwrap());
    }

    /// A new id of this instant.
    pub fn id(&self) -> Uuid {
        self.app.chance.id(self.app.clock.now())
    }

    /// A member town; it joined long ago unless said otherwise.
    pub fn member<'a>(&'a self, name: &'a str) -> NewMember<'a> {
        NewMember { world: self, name, kind: "stadt", joined: "2012-04-01", left: None }
    }

    /// An organisation that plays no role yet.
    pub async fn organisation(&self, name: &str, kind: &str) -> OrganisationId {
        let id = self.id();
        sqlx::query(
            "INSERT INTO organisation (id, name, kind, region, street, postcode, town, email, created_at)
             VALUES ($1, $2, $3, 'DE-ST', 'Am Markt 1', '06123', $2, 'post@beispiel.example', $4)",
        )
        .bind(id)
        .bind(name)
        .bind(kind)
        .bind(self.app.clock.now())
        .execute(self.owner())
        .await
        .unwrap();
        OrganisationId(id)
    }

    /// What an organisation is to the body.
    pub async fn plays(&self, organisation: OrganisationId, role: &str) {
        sqlx::query(
            "INSERT INTO organisation_role (id, organisation_id, body_id, role, valid_from)
             VALUES ($1, $2, $3, $4, '2009-01-01')",
        )
        .bind(self.id())
        .bind(organisation.0)
        .bind(self.body.0)
        .bind(role)
        .execute(self.owner())
        .await
        .unwrap();
    }
}

/// A member in the making.
#[must_use = "a builder does nothing until it is awaited"]
pub struct NewMember<'a> {
    world: &'a World,
    name: &'a str,
    kind: &'a str,
    joined: &'a str,
    left: Option<&'a str>,
}

impl<'a> NewMember<'a> {
    /// Of another legal kind than a town: categories of a notice name kinds.
    pub fn kind(self, kind: &'a str) -> Self {
        Self { kind, ..self }
    }

    /// First day of membership.
    pub fn joined(self, joined: &'a str) -> Self {
        Self { joined, ..self }
    }

    /// Last day of membership.
    pub fn left(self, left: &'a str) -> Self {
        Self { left: Some(left), ..self }
    }

    async fn insert(self) -> OrganisationId {
        let member = self.world.organisation(self.name, self.kind).await;
        self.world.plays(member, "member").await;
        sqlx::query(
            "INSERT INTO membership (id, body_id, member_id, declared_on, effective_from, effective_to)
             VALUES ($1, $2, $3, $4::date, $4::date, $5::date)",
        )
        .bind(self.world.id())
        .bind(self.world.body.0)
        .bind(member.0)
        .bind(self.joined)
        .bind(self.left)
        .execute(self.world.owner())
        .await
        .unwrap();
        // What lawful members have on record.
        sqlx::query(
            "INSERT INTO authority_class (id, member_id, class, valid_from, document)
             VALUES ($1, $2, '§ 99 Nr. 1 GWB', '2009-01-01', 'Beitrittserklärung')",
        )
        .bind(self.world.id())
        .bind(member.0)
        .execute(self.world.owner())
        .await
        .unwrap();
        member
    }
}

impl<'a> IntoFuture for NewMember<'a> {
    type Output = OrganisationId;
    type IntoFuture = Made<'a, OrganisationId>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.insert())
    }
}

#[tokio::test]
async fn a_call_off_goes_from_draft_to_order_in_this_world() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
    let hall = world.member("Stadtwerke Altenrode GmbH").kind("kommunales_unternehmen").left("2025-12-31").await;
    let eva = world.buyer(town).named("Eva Muster").await;
    let karl = world.approver(town).named("Karl Beispiel").up_to("50000.00").await;
    let own = world.approver(town).same_person_as(&eva).await;
    let office = world.office().await;
    let auditor = world.auditor(&[town, hall]).between("2026-01-01", "2026-06-30").await;
    assert_eq!((own.person, office.organisation, auditor.organisation), (eva.person, world.body, world.body));

    let contract = world
        .contract("RV-2025-07")
        .announced("2024-12-01")
        .term("2025-01-01", "2026-06-30")
        .option("2027-02-28", "2026-03-31", Some("2026-03-01"))
        .minimum("100.00")
        .surcharge("9.90")
        .fee("1.5")
        .process_share("410.00")
        .ceiling(value("500000.00"))
        .lot("Software")
        .lot_ceiling(value("400000.00"))
        .item("SUB", subscription("11.85").unit("Nutzer"))
        .item("TRN", fixed("1180.00").unit("Tag").vat("7"))
        .lot("Zubehör")
        .item("PAP", list_minus("4.00", "12.5").in_packs_of("5"))
        .item("NBK", tiers(&[("1", "900.00"), ("10", "850.00")]))
        .item_ceiling("PAP", quantity("1000"))
        .quota(town, value("100000.00").soft())
        .entitles(town)
        .entitles_since(hall, "2025-06-01")
        .entitles_every("landkreis", true)
        .baseline("SUB", prior_contract("14.20").per_month().dated("2025-11-10"))
        .baseline("PAP", list_price("4.00"))
        .await;
    let id = world.request(&eva, &contract, &[("SUB", "120"), ("TRN", "2")]).await;
    let more = world.copies(id, &eva, 3).await;
    assert_eq!(more.len(), 3);
    world.at("2026-11-23T09:00:00Z");
    let release = release(&world.app, &karl, id, None).await.unwrap();
    assert!(matches!(release, Release::Released { .. }), "{release:?}");
    assert_eq!(world.call_off(id).await.number.as_deref(), Some(&*format!("{}-0001", contract.number)));
    world.keeps_its_promises().await;

    let promise = "UPDATE guard SET authorised = authorised + 0.01 WHERE scope = 'contract'";
    sqlx::query(promise).execute(world.owner()).await.unwrap();
    assert_eq!(world.broken_promises().await.len(), 1, "a wrong sum is found");
}
