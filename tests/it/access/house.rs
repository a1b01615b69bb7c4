//! The world of the access walk: two bodies, five towns, one object of every kind for each, and everybody signed in.

use std::collections::BTreeMap;

use abruf::actor::Role;
use abruf::http::access::{Object, Relation, Route};
use abruf_domain::ids::{OrganisationId, PersonId};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Method, Request, StatusCode};
use uuid::Uuid;

use super::rows::{
    baseline, call_off, certificate, competition, contract, draft, invitation, meeting_report, sample, turnover,
};
use crate::web::{Answer, Web};

/// What belongs to one member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owned {
    pub(super) member: OrganisationId,
    /// Submitted.
    pub(super) call_off: Uuid,
    /// Of its buyer.
    pub(super) draft: Uuid,
    /// Sent.
    pub(super) competition: Uuid,
    pub(super) certificate: Uuid,
}

/// What belongs to one body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Housed {
    pub(super) contract: Uuid,
    /// Approved, for all members, with its evidence.
    pub(super) baseline: Uuid,
    pub(super) meeting_report: Uuid,
    /// An upload, an import and a report have this one id.
    pub(super) turnover: Uuid,
    pub(super) supplier: Uuid,
    pub(super) invitation: Uuid,
}

/// Somebody signed in: cookie and form token.
pub(super) type SignedIn = (String, String);

/// Everybody signed in, one person for each role and relation.
pub(super) struct House {
    pub(super) web: Web,
    pub(super) ours: Owned,
    pub(super) neighbours: Owned,
    pub(super) others: Owned,
    /// Members that have left, will join, whose rights rest.
    pub(super) changed: BTreeMap<Relation, Owned>,
    pub(super) house: Housed,
    pub(super) others_house: Housed,
    /// Somebody of our house; nobody walks as them, so that their sessions may end.
    colleague: Uuid,
    /// Somebody of the other house, and their session.
    stranger: Uuid,
    strangers_session: Uuid,
    strangers_key: Uuid,
    /// Of the auditor who walks, of another one of the house, and of another house.
    samples: [Uuid; 3],
    cookies: BTreeMap<(Role, Relation), SignedIn>,
}

/// From when to when an assignment is valid, as of 22 November 2026.
fn term(relation: Relation) -> (&'static str, Option<&'static str>) {
    match relation {
        Relation::Former | Relation::Expired => ("2020-01-01", Some("2026-11-21")),
        Relation::Future => ("2026-11-23", Some("2030-12-31")),
        _ => ("2020-01-01", Some("2030-12-31")),
    }
}

/// How somebody in this role stands to what is theirs; the first is the ordinary one.
pub(super) fn standings(role: Role) -> &'static [Relation] {
    match role {
        Role::Buyer | Role::Approver | Role::Treasurer => {
            &[Relation::Own, Relation::Former, Relation::Future, Relation::Suspended]
        }
        Role::Auditor => &[Relation::InScope, Relation::Expired],
        _ => &[Relation::Own, Relation::Former, Relation::Future],
    }
}

pub(super) fn is_of_member(role: Role) -> bool {
    matches!(role, Role::Buyer | Role::Approver | Role::Treasurer)
}

impl House {
    pub(super) async fn new() -> Self {
        let mut web = Web::new().await;
        let ours = web.body;
        let audit_body = web.organisation("Rechnungsprüfungsamt", "pruefungsamt").await;
        let supplier = web.organisation("Anhalt Digital GmbH", "unternehmen").await;
        web.plays(supplier, "supplier").await;
        let mut towns = BTreeMap::new();
        for (relation, name, from, to) in [
            (Relation::Own, "Stadt Altenrode", "2012-04-01", None),
            (Relation::Foreign, "Stadt Neufeld", "2012-04-01", None),
            (Relation::Former, "Stadt Ehemals", "2012-04-01", Some("2025-12-31")),
            (Relation::Future, "Stadt Künftig", "2027-01-01", None),
            (Relation::Suspended, "Stadt Ruhland", "2012-04-01", None),
        ] {
            towns.insert(relation, town(&web, name, from, to).await);
        }
        let mut cookies = BTreeMap::new();
        let (mut buyers, mut auditors) = (BTreeMap::new(), Vec::new());
        for role in Role::ALL {
            for relation in standings(role).iter().copied() {
                let organisation = match role {
                    Role::Auditor => audit_body,
                    _ if is_of_member(role) => towns[&relation],
                    _ => ours,
                };
                let email = format!("{}-{}@altenrode.example", role.key(), relation.key());
                // What has ended with a member is its membership; its people are still its people.
                let valid = if is_of_member(role) { term(Relation::Own) } else { term(relation) };
                let person = person(&web, &email, role, organisation, valid, towns[&Relation::Own]).await;
                if role == Role::Buyer {
                    buyers.insert(relation, person);
                }
                if role == Role::Auditor {
                    auditors.push(person);
                }
                let cookie = web.sign_in(&email).await;
                let token = web.get("/handeln-fuer", &cookie).await.form_token();
                cookies.insert((role, relation), (cookie, token));
            }
        }
        let buyer = buyers[&Relation::Own];
        let at = towns[&Relation::Own];
        let colleague = person(&web, "otto@altenrode.example", Role::Buyer, at, term(Relation::Own), at).await.0;
        suspend(&web, towns[&Relation::Suspended], buyer).await;
        let house = housed(&web, ours, "RV-1", supplier, buyer).await;
        let mut owned = BTreeMap::new();
        for (relation, member) in towns {
            let by = buyers.get(&relation).copied().unwrap_or(buyer);
            owned.insert(relation, own(&web, house.contract, ours, member, supplier, by).await);
        }
        // A body with a contract, a member and a call-off that are none of our people's business.
        web.body = web.organisation("Einkaufsverbund Nord eG", "genossenschaft").await;
        web.plays(web.body, "body").await;
        let nord = web.body;
        let member = town(&web, "Stadt Fernau", "2012-04-01", None).await;
        let others_supplier = web.organisation("Nordlicht Systemhaus GmbH", "unternehmen").await;
        web.plays(others_supplier, "supplier").await;
        let stranger = person(&web, "fremd@fernau.example", Role::Buyer, member, term(Relation::Own), member).await;
        web.sign_in("fremd@fernau.example").await;
        let strangers_session = sqlx::query_scalar("SELECT id FROM session WHERE person_id = $1")
            .bind(stranger.0)
            .fetch_one(&web.database.owner)
            .await
            .unwrap();
        let strangers_key = key(&web, stranger).await;
        let others_house = housed(&web, nord, "RV-9", others_supplier, stranger).await;
        let others = own(&web, others_house.contract, nord, member, others_supplier, stranger).await;
        web.body = ours;
        let mut take = |relation| owned.remove(&relation).unwrap();
        let (ours, neighbours) = (take(Relation::Own), take(Relation::Foreign));
        let samples = [
            sample(&web, web.body, auditors[0], house.contract, ours.call_off).await,
            sample(&web, web.body, auditors[1], house.contract, ours.call_off).await,
            sample(&web, nord, stranger, others_house.contract, others.call_off).await,
        ];
        let stranger = stranger.0;
        Self {
            web,
            ours,
            neighbours,
            others,
            changed: owned,
            house,
            others_house,
            colleague,
            stranger,
            strangers_session,
            strangers_key,
            samples,
            cookies,
        }
    }

    /// Who is signed in so.
    pub(super) fn signed_in(&self, role: Role, relation: Relation) -> &SignedIn {
        &self.cookies[&(role, relation)]
    }

    /// Asks for the route with `id` in place of its parameters.
    pub(super) async fn ask(&self, route: &Route, id: Uuid, who: Option<&SignedIn>) -> Answer {
        self.send(&route.method, &filled(&route.path, id), None, who).await
    }

    /// Asks for an address; a write without a body sends an empty one.
    pub(super) async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<String>,
        who: Option<&SignedIn>,
    ) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some((cookie, token)) = who {
            request = request.header(COOKIE, cookie);
            if *method != Method::GET {
                request = request.header("x-csrf-token", token);
            }
        }
        let mut content = Body::empty();
        if *method != Method::GET {
            let json = path.starts_with("/api/");
            request = request
                .header(CONTENT_TYPE, if json { "application/json" } else { "application/x-www-form-urlencoded" });
            content = Body::from(body.unwrap_or_else(|| if json { "{}".to_owned() } else { String::new() }));
        }
        self.web.send(request.body(content).unwrap()).await
    }

    /// An object of this kind that the role may see, and those it may not.
    pub(super) fn objects(&self, object: Object, role: Role) -> (Option<Uuid>, Vec<Uuid>) {
        let of_house = |pick: fn(&Housed) -> Uuid| (Some(pick(&self.house)), vec![pick(&self.others_house)]);
        // Auditors of the walk look at one member; the body looks at all of its own.
        let narrow = is_of_member(role) || role == Role::Auditor;
        let of_member = |pick: fn(&Owned) -> Uuid| {
            let mut foreign = vec![pick(&self.others)];
            if narrow {
                foreign.push(pick(&self.neighbours));
            }
            (Some(pick(&self.ours)), foreign)
        };
        match object {
            Object::None | Object::Secret | Object::Manual => (None, vec![]),
            Object::Contract => of_house(|it| it.contract),
            Object::Baseline => of_house(|it| it.baseline),
            Object::Turnover => of_house(|it| it.turnover),
            Object::Supplier => of_house(|it| it.supplier),
            Object::Invitation => of_house(|it| it.invitation),
            Object::MeetingReport if [Role::Office, Role::Board, Role::SupervisoryBoard].contains(&role) => {
                of_house(|it| it.meeting_report)
            }
            Object::MeetingReport => (None, vec![self.house.meeting_report, self.others_house.meeting_report]),
            Object::Competition => of_member(|it| it.competition),
            Object::Certificate => of_member(|it| it.certificate),
            Object::CallOff => of_member(|it| it.call_off),
            Object::Draft => (Some(self.ours.draft), vec![self.neighbours.draft, self.others.draft]),
            // None is there before a release; that foreign ones look absent is what matters.
            Object::Document => (None, of_member(|it| it.call_off).1),
            Object::Member => of_member(|it| it.member.0),
            Object::Account => (Some(self.colleague), vec![self.stranger]),
            Object::Session => (None, vec![self.strangers_session]),
            Object::Key => (None, vec![self.strangers_key]),
            Object::Sample if role == Role::Auditor => (Some(self.samples[0]), self.samples[1..].to_vec()),
            Object::Sample => (None, self.samples.to_vec()),
        }
    }

    /// The object of this kind that belongs to a member that has left, will join, or whose rights rest.
    pub(super) fn of_changed(&self, object: Object, relation: Relation) -> Option<Uuid> {
        let it = self.changed.get(&relation)?;
        match object {
            Object::CallOff => Some(it.call_off),
            Object::Draft => Some(it.draft),
            Object::Competition => Some(it.competition),
            Object::Certificate => Some(it.certificate),
            Object::Member => Some(it.member.0),
            Object::Contract => Some(self.house.contract),
            Object::Baseline => Some(self.house.baseline),
            _ => None,
        }
    }
}

/// The path with `id` in place of its parameters.
pub(super) fn filled(path: &str, id: Uuid) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { id.to_string() } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

/// What a client sees, without what differs from request to request.
pub(super) fn seen(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let id = answer.header("x-request-id");
    let headers = answer
        .headers
        .iter()
        // The length follows from the text, which is compared; what is left of a rate goes down with each request.
        .filter(|(name, _)| !["x-request-id", "date", "content-length", "ratelimit"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    // The navigation marks where one is; everything else must be the same.
    (answer.status, headers, answer.text.replace(id, "…").replace(" aria-current=\"page\"", ""))
}

/// A member with its membership.
async fn town(web: &Web, name: &str, from: &str, to: Option<&str>) -> OrganisationId {
    let id = web.member(name).await;
    sqlx::query(
        "INSERT INTO membership (id, body_id, member_id, declared_on, effective_from, effective_to)
         VALUES ($1, $2, $3, least($4::date, '2026-11-01'), $4::date, $5::date)",
    )
    .bind(web.app.chance.id(web.now()))
    .bind(web.body.0)
    .bind(id.0)
    .bind(from)
    .bind(to)
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

async fn suspend(web: &Web, member: OrganisationId, by: PersonId) {
    sqlx::query(
        "INSERT INTO membership_suspension (id, body_id, member_id, valid_from, reason, recorded_by, recorded_at)
         VALUES ($1, $2, $3, '2026-11-01', 'Ausschlussverfahren', $4, $5)",
    )
    .bind(web.app.chance.id(web.now()))
    .bind(web.body.0)
    .bind(member.0)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
}

/// A person with one assignment; an auditor looks at one member, in 2026.
async fn person(
    web: &Web,
    email: &str,
    role: Role,
    organisation: OrganisationId,
    (from, to): (&str, Option<&str>),
    audited: OrganisationId,
) -> PersonId {
    let person = PersonId(web.app.chance.id(web.now()));
    sqlx::query(
        "INSERT INTO person (id, email, name, password_hash, created_at) VALUES ($1, $2, 'Eva Muster', $3, $4)",
    )
    .bind(person.0)
    .bind(email)
    .bind(crate::web::known_hash().await)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from, valid_to, period_from, period_to)
         SELECT $1, $2, $3, $4, $5, $6::date, $7::date, CASE WHEN $3 = 'auditor' THEN date '2026-01-01' END,
                CASE WHEN $3 = 'auditor' THEN date '2026-12-31' END",
    )
    .bind(id)
    .bind(person.0)
    .bind(role.key())
    .bind(organisation.0)
    .bind(web.body.0)
    .bind(from)
    .bind(to)
    .execute(&web.database.owner)
    .await
    .unwrap();
    if role == Role::Auditor {
        sqlx::query("INSERT INTO assignment_member (assignment_id, member_id) VALUES ($1, $2)")
            .bind(id)
            .bind(audited.0)
            .execute(&web.database.owner)
            .await
            .unwrap();
    }
    person
}

/// A key of a person, for their one assignment; nobody knows it.
async fn key(web: &Web, person: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO api_key (id, person_id, assignment_id, name, prefix, key_sha256, scopes, created_at, expires_at)
         SELECT $1, $2, a.id, 'Export', '0123456789ab', decode(repeat('0', 64), 'hex'), '{contracts:read}', $3, $3 + interval '30 days'
         FROM assignment a WHERE a.person_id = $2",
    )
    .bind(id)
    .bind(person.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

async fn own(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    supplier: OrganisationId,
    by: PersonId,
) -> Owned {
    Owned {
        member,
        call_off: call_off(web, contract, body, member, supplier, by).await,
        draft: draft(web, contract, body, member, supplier, by).await,
        competition: competition(web, contract, body, member, by).await,
        certificate: certificate(web, contract, body, member, by).await,
    }
}

async fn housed(web: &Web, body: OrganisationId, number: &str, supplier: OrganisationId, by: PersonId) -> Housed {
    let contract = contract(web, body, number).await;
    Housed {
        contract,
        baseline: baseline(web, contract, by).await,
        meeting_report: meeting_report(web, body, by).await,
        turnover: turnover(web, contract, body, supplier, by).await,
        supplier: supplier.0,
        invitation: invitation(web, body, by).await,
    }
}
