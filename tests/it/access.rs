//! Walks the access table: every route × eight roles × signed out, over own, foreign and absent
//! objects. Who may not use a route, and whom an object does not concern, cannot tell it from one
//! that does not exist.
//!
//! A new route is walked by itself. One with a new kind of object needs a line in [`Objects`].

use std::collections::BTreeMap;

use abruf::actor::Role;
use abruf::http::access::{Object, Route, Who};
use abruf_domain::ids::{OrganisationId, PersonId};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Method, Request, StatusCode};
use uuid::Uuid;

use crate::web::{Answer, Web};

/// Ids by kind of object: of the town our people act for, of another body, of nobody.
struct Objects {
    contract: Uuid,
    call_off: Uuid,
    /// Of our buyer.
    draft: Uuid,
    /// Of our town, sent.
    competition: Uuid,
    /// Of our town.
    certificate: Uuid,
    /// Approved, for all members, with its evidence.
    baseline: Uuid,
    others_baseline: Uuid,

    /// Of our body.
    meeting_report: Uuid,
    others_meeting_report: Uuid,
    /// An upload, an import and a report of our body have this one id.
    turnover: Uuid,
    /// Of our house; nobody walks as them, so that their sessions may end.
    person: Uuid,
    /// With an assignment elsewhere.
    others_person: Uuid,
    others_session: Uuid,
    member: Uuid,
    supplier: Uuid,
    invitation: Uuid,
    others_invitation: Uuid,
    neighbours_certificate: Uuid,
    others_certificate: Uuid,
    others_turnover: Uuid,
    neighbours_competition: Uuid,
    others_competition: Uuid,
    /// What a member may not see though their body may.
    neighbours_call_off: Uuid,
    others_contract: Uuid,
    others_call_off: Uuid,
    others_member: Uuid,
    others_supplier: Uuid,
}

/// Everybody signed in, one person per role.
struct House {
    web: Web,
    objects: Objects,
    cookies: BTreeMap<Role, (String, String)>,
}

async fn house() -> House {
    let mut web = Web::new().await;
    let ours = web.body;
    let town = web.member("Stadt Altenrode").await;
    let neighbour = web.member("Stadt Neufeld").await;
    let audit_body = web.organisation("Rechnungsprüfungsamt", "pruefungsamt").await;
    let supplier = web.organisation("Anhalt Digital GmbH", "unternehmen").await;
    web.plays(supplier, "supplier").await;

    let mut cookies = BTreeMap::new();
    let mut buyer = PersonId(Uuid::nil());
    for role in Role::ALL {
        let organisation = match role {
            Role::Buyer | Role::Approver | Role::Treasurer => town,
            Role::Auditor => audit_body,
            _ => ours,
        };
        let email = format!("{}@altenrode.example", role.key());
        let person = web.person(&email, role, organisation).await;
        if role == Role::Buyer {
            buyer = person;
        }
        let cookie = web.sign_in(&email).await;
        let token = web.get("/handeln-fuer", &cookie).await.form_token();
        cookies.insert(role, (cookie, token));
    }

    let contract = contract(&web, ours, "RV-1").await;
    let objects = Objects {
        contract,
        call_off: call_off(&web, contract, ours, town, supplier, buyer).await,
        draft: draft(&web, contract, ours, town, supplier, buyer).await,
        competition: competition(&web, contract, ours, town, buyer).await,
        certificate: certificate(&web, contract, ours, town, buyer).await,
        baseline: baseline(&web, contract, buyer).await,
        neighbours_certificate: certificate(&web, contract, ours, neighbour, buyer).await,
        meeting_report: meeting_report(&web, ours, buyer).await,
        turnover: turnover(&web, contract, ours, supplier, buyer).await,
        person: web.person("otto@altenrode.example", Role::Buyer, town).await.0,
        member: town.0,
        supplier: supplier.0,
        invitation: invitation(&web, ours, buyer).await,
        neighbours_competition: competition(&web, contract, ours, neighbour, buyer).await,
        neighbours_call_off: call_off(&web, contract, ours, neighbour, supplier, buyer).await,
        ..elsewhere(&mut web, supplier, buyer).await
    };
    House { web, objects, cookies }
}

/// A body with a contract, a member and a call-off that are none of our people's business.
async fn elsewhere(web: &mut Web, supplier: OrganisationId, buyer: PersonId) -> Objects {
    let ours = web.body;
    web.body = web.organisation("Einkaufsverbund Nord eG", "genossenschaft").await;
    web.plays(web.body, "body").await;
    let member = web.member("Stadt Fernau").await;
    let others_supplier = web.organisation("Nordlicht Systemhaus GmbH", "unternehmen").await;
    web.plays(others_supplier, "supplier").await;
    let contract = contract(web, web.body, "RV-9").await;
    let call_off = call_off(web, contract, web.body, member, supplier, buyer).await;
    let competition = competition(web, contract, web.body, member, buyer).await;
    let certificate = certificate(web, contract, web.body, member, buyer).await;
    let baseline = baseline(web, contract, buyer).await;

    let others_meeting_report = meeting_report(web, web.body, buyer).await;

    let others_invitation = invitation(web, web.body, buyer).await;
    let turnover = turnover(web, contract, web.body, others_supplier, buyer).await;
    let others_person = web.person("fern@fernau.example", Role::Buyer, member).await;
    web.sign_in("fern@fernau.example").await;
    let others_session = sqlx::query_scalar("SELECT id FROM session WHERE person_id = $1")
        .bind(others_person.0)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    web.body = ours;
    Objects {
        contract: Uuid::nil(),
        call_off: Uuid::nil(),
        draft: Uuid::nil(),
        competition: Uuid::nil(),
        certificate: Uuid::nil(),
        baseline: Uuid::nil(),
        others_baseline: baseline,
        neighbours_certificate: Uuid::nil(),
        others_certificate: certificate,
        meeting_report: Uuid::nil(),
        others_meeting_report,
        turnover: Uuid::nil(),
        others_turnover: turnover,
        person: Uuid::nil(),
        others_person: others_person.0,
        others_session,
        member: Uuid::nil(),
        supplier: Uuid::nil(),
        invitation: Uuid::nil(),
        others_invitation,
        neighbours_competition: Uuid::nil(),
        others_competition: competition,
        neighbours_call_off: Uuid::nil(),
        others_contract: contract,
        others_call_off: call_off,
        others_member: member.0,
        others_supplier: others_supplier.0,
    }
}

async fn contract(web: &Web, body: OrganisationId, number: &str) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO framework_contract (id, body_id, number, title, regime, status, supply_chain, mechanism, legal_basis,
                                         notice_reference, notice_date, procedure_reference, starts_on, ends_on)
         VALUES ($1, $2, $3, 'Citrix', 'vgv', 'active', 'direct', 'single', '§ 103 Abs. 5 GWB', 'N-1', '2024-01-01', 'P-1',
                 '2025-01-01', '2028-12-31')",
    )
    .bind(id)
    .bind(body.0)
    .bind(number)
    .execute(&web.database.owner)
    .await
    .unwrap();
    sqlx::query("INSERT INTO guard (contract_id, id, scope, measure, limit_amount) VALUES ($1, $2, 'contract', 'value', 100000)")
        .bind(id)
        .bind(web.app.chance.id(web.now()))
        .execute(&web.database.owner)
        .await
        .unwrap();
    id
}

async fn call_off(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    supplier: OrganisationId,
    requester: PersonId,
) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number,
                               requester_id, net, surcharge_net, vat, gross, dated_on, created_at, changed_at, submitted_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $5, 'submitted', $6, $7, 100, 0, 19, 119, '2026-11-20', $8, $8, $8, $8)",
    )
    .bind(contract)
    .bind(id)
    .bind(body.0)
    .bind(member.0)
    .bind(supplier.0)
    .bind(web.app.chance.case_number())
    .bind(requester.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

async fn draft(
    web: &Web,
    contract: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    supplier: OrganisationId,
    requester: PersonId,
) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number,
                               requester_id, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $4, $5, 'draft', $6, $7, $8, $8)",
    )
    .bind(contract)
    .bind(id)
    .bind(body.0)
    .bind(member.0)
    .bind(supplier.0)
    .bind(web.app.chance.case_number())
    .bind(requester.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// One that its member runs and has sent.
async fn competition(web: &Web, contract: Uuid, body: OrganisationId, member: OrganisationId, by: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        r#"INSERT INTO mini_competition (contract_id, id, text_form, deadline_at, criterion, state, body_id, member_id, run_by_id, title, lines,
                                         scheme, submission, created_by, created_at, sent_by, sent_at)
           VALUES ($1, $2, true, $6::timestamptz + interval '10 days', 'price', 'sent', $3, $4, $4, 'Beratung',
                   '[{"article_number": "A1", "title": "Beratung", "unit": "Tag", "quantity": "10", "by_month": false}]',
                   '{"price_weight": "100", "price_formula": "ratio", "criteria": [], "tie_rule": "draw"}', 'Postfach', $5, $6, $5, $6)"#,
    )
    .bind(contract)
    .bind(id)
    .bind(body.0)
    .bind(member.0)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// That this member may call off.
async fn certificate(web: &Web, contract: Uuid, body: OrganisationId, member: OrganisationId, by: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO certificate (id, kind, number, body_id, member_id, contract_id, dated_on, file_name, check_code, sha256,
                                  template_version, program_version, input, pages, bytes, person_id, issued_at)
         VALUES ($1, 'entitlement_certificate', $2, $3, $4, $5, '2026-11-20', 'Abrufberechtigung.pdf', 'ABCDEFGHIJKLMNOP',
                 sha256('%PDF-1.7'), '0123456789ab', '0.1.0', '{}', 1, '%PDF-1.7', $6, $7)",
    )
    .bind(id)
    .bind(web.app.chance.certificate_number())
    .bind(body.0)
    .bind(member.0)
    .bind(contract)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// A comparison price of a contract's one item.
async fn baseline(web: &Web, contract: Uuid, by: PersonId) -> Uuid {
    let [id, item, lot, approver] = [0; 4].map(|_| web.app.chance.id(web.now()));
    sqlx::query(
        "WITH approver AS (
             INSERT INTO person (id, email, name, created_at) VALUES ($4, $4::text || '@beispiel.example', 'Gero Prüfer', $6)
         ), lot AS (
             INSERT INTO lot (contract_id, id, number, title) VALUES ($1, $3, 1, 'Los')
         ), item AS (
             INSERT INTO item (contract_id, id, lot_id, article_number, title, unit, vat_rate_pct)
             VALUES ($1, $2, $3, 'A1', 'Monitor', 'Stück', 19)
         ), file AS (
             INSERT INTO baseline_file (contract_id, sha256, file_name, media_type, bytes, recorded_by, recorded_at)
             VALUES ($1, sha256('a;b'), 'Beleg.csv', 'text/csv', 'a;b', $5, $6)
         )
         INSERT INTO baseline (contract_id, id, item_id, kind, unit_price, per, dated_on, evidence, evidence_sha256, recorded_by,
                               approved_by, approved_at)
         VALUES ($1, $7, $2, 'prior_contract', 12.5, 'unit', '2026-01-10', 'Rechnung 7', sha256('a;b'), $5, $4, $6)",
    )
    .bind(contract)
    .bind(item)
    .bind(lot)
    .bind(approver)
    .bind(by.0)
    .bind(web.now())
    .bind(id)
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// A frozen report of a body, about a year without call-offs.
async fn meeting_report(web: &Web, body: OrganisationId, by: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    let input = serde_json::json!({ "data": {
        "number": "SB-2026-01", "meeting": "Aufsichtsrat", "day": "2026-11-30", "year": 2025, "running": false,
        "as_of": "2026-11-22T12:00:00Z", "frozen": { "name": "Eva Muster", "at": "2026-11-22T12:00:00Z" }, "demo": true,
        "issuer": { "name": "eG", "unit": null, "address": [] }, "body": { "name": "eG", "address": [], "contact": [] },
        "figures": [], "total": nothing(), "call_offs": 0, "contracts": [], "members": [], "years": [], "signals": [],
        "resolutions": [], "restatement": null, "listed": nothing(), "list_sha256": "", "method": [],
        "method_version": "1", "base_url": null,
    }});
    sqlx::query(
        "INSERT INTO certificate (id, kind, number, body_id, member_id, year, dated_on, file_name, check_code, sha256,
                                  template_version, program_version, input, pages, bytes, person_id, issued_at)
         VALUES ($1, 'meeting_report', 'SB-2026-01', $2, $2, 2025, '2026-11-20', 'Sitzungsbericht.pdf', 'ABCDEFGHIJKLMNOP',
                 sha256('%PDF-1.7'), '0123456789ab', '0.1.0', $3, 1, '%PDF-1.7', $4, $5)",
    )
    .bind(id)
    .bind(body.0)
    .bind(input.to_string())
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO meeting_report (id, body_id, year, meeting_on, meeting, sequence, as_of, call_offs, call_offs_sha256,
                                     frozen_by, frozen_at)
         VALUES ($1, $2, 2025, '2026-11-30', 'Aufsichtsrat', 1, $4, '[]', sha256('[]'), $3, $4)",
    )
    .bind(id)
    .bind(body.0)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

/// Of a town that is no member.
async fn invitation(web: &Web, body: OrganisationId, by: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    sqlx::query(
        "INSERT INTO newcomer_invitation (id, body_id, town, kind, region, token_sha256, created_by, created_at, expires_at)
         VALUES ($1, $2, 'Stadt Ohneland', 'stadt', 'DE-ST', sha256($1::text::bytea), $3, $4, $4::timestamptz + interval '10 days')",
    )
    .bind(id)
    .bind(body.0)
    .bind(by.0)
    .bind(web.now())
    .execute(&web.database.owner)
    .await
    .unwrap();
    id
}

fn nothing() -> serde_json::Value {
    serde_json::json!({ "volume": "0.00", "a_net": "0.00", "b": "0.00", "c": "0.00", "p": "0.00" })
}
/// An uploaded file, an import and a supplier's report, all with one id and without lines.
async fn turnover(web: &Web, contract: Uuid, body: OrganisationId, supplier: OrganisationId, by: PersonId) -> Uuid {
    let id = web.app.chance.id(web.now());
    for statement in [
        "INSERT INTO turnover_upload (id, body_id, purpose, file_name, sha256, bytes, mapping, person_id, at)
         SELECT $1, $2, 'turnover', 'u.csv', sha256('u'), 'u', '', $5, $6 WHERE $3::uuid <> $4::uuid",
        "INSERT INTO turnover_import (id, body_id, file_name, sha256, bytes, mapping, warnings, person_id, at)
         SELECT $1, $2, 'u.csv', sha256('u'), 'u', '', '[]', $5, $6 WHERE $3::uuid <> $4::uuid",
        "INSERT INTO supplier_report (contract_id, id, body_id, supplier_id, period_from, period_to, basis, currency, file_name, sha256, bytes,
                                      mapping, warnings, reported, known, person_id, at)
         VALUES ($3, $1, $2, $4, '2026-10-01', '2026-10-01', 'orders', 'EUR', 'm.csv', sha256('u'), 'u', '', '[]', 0, 0, $5, $6)",
    ] {
        sqlx::query(statement)
            .bind(id)
            .bind(body.0)
            .bind(contract)
            .bind(supplier.0)
            .bind(by.0)
            .bind(web.now())
            .execute(&web.database.owner)
            .await
            .unwrap();
    }
    id
}

impl House {
    async fn ask(&self, route: &Route, id: Uuid, role: Option<Role>) -> Answer {
        let path = filled(&route.path, id);
        let mut request = Request::builder().method(route.method.clone()).uri(&path);
        let mut body = Body::empty();
        if let Some((cookie, token)) = role.and_then(|role| self.cookies.get(&role)) {
            request = request.header(COOKIE, cookie);
            if route.method != Method::GET {
                request = request.header("x-csrf-token", token);
            }
        }
        if route.method != Method::GET && !path.starts_with("/api/") {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        } else if route.method != Method::GET {
            request = request.header(CONTENT_TYPE, "application/json");
            body = Body::from("{}");
        }
        self.web.send(request.body(body).unwrap()).await
    }

    /// An object of this kind that the role may see, and those it may not.
    fn objects(&self, object: Object, role: Role) -> (Option<Uuid>, Vec<Uuid>) {
        let it = &self.objects;
        let member = matches!(role, Role::Buyer | Role::Approver | Role::Treasurer);
        match object {
            Object::None | Object::Secret | Object::Manual => (None, vec![]),
            Object::Contract => (Some(it.contract), vec![it.others_contract]),
            Object::Competition if member => {
                (Some(it.competition), vec![it.neighbours_competition, it.others_competition])
            }
            Object::Competition => (Some(it.competition), vec![it.others_competition]),
            Object::Certificate if member => {
                (Some(it.certificate), vec![it.neighbours_certificate, it.others_certificate])
            }
            Object::Certificate => (Some(it.certificate), vec![it.others_certificate]),
            Object::Baseline => (Some(it.baseline), vec![it.others_baseline]),
            Object::CallOff if member => (Some(it.call_off), vec![it.neighbours_call_off, it.others_call_off]),
            Object::CallOff => (Some(it.call_off), vec![it.others_call_off]),
            Object::Draft => (Some(it.draft), vec![it.neighbours_call_off, it.others_call_off]),
            // None is there before a release; that foreign ones look absent is what matters.
            Object::Document if member => (None, vec![it.neighbours_call_off, it.others_call_off]),
            Object::Document => (None, vec![it.others_call_off]),
            Object::MeetingReport if [Role::Office, Role::Board, Role::SupervisoryBoard].contains(&role) => {
                (Some(it.meeting_report), vec![it.others_meeting_report])
            }
            Object::MeetingReport => (None, vec![it.meeting_report, it.others_meeting_report]),
            Object::Turnover => (Some(it.turnover), vec![it.others_turnover]),
            Object::Account => (Some(it.person), vec![it.others_person]),
            Object::Session => (None, vec![it.others_session]),
            Object::Member => (Some(it.member), vec![it.others_member]),
            Object::Supplier => (Some(it.supplier), vec![it.others_supplier]),
            Object::Invitation => (Some(it.invitation), vec![it.others_invitation]),
        }
    }
}

/// The path with `id` in place of its parameters.
fn filled(path: &str, id: Uuid) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { id.to_string() } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

/// What a client sees, without what differs from request to request.
fn seen(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let id = answer.header("x-request-id");
    let headers = answer
        .headers
        .iter()
        // The length follows from the text, which is compared.
        .filter(|(name, _)| !["x-request-id", "date", "content-length"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (answer.status, headers, answer.text.replace(id, "…"))
}

fn table() -> Vec<Route> {
    abruf::http::routes().into_parts().2
}

/// Signing out ends what the walk needs; probes and files are not about people.
fn walked(route: &Route) -> bool {
    let ends = (route.method == Method::POST && route.path == "/abmelden")
        || (route.method == Method::DELETE && route.path == "/api/v1/sessions/current");
    !ends && !route.path.starts_with("/health/") && !route.path.starts_with("/assets/")
}

#[tokio::test]
async fn whoever_is_not_let_in_learns_nothing() {
    let house = house().await;
    let absent = Uuid::from_u128(1);
    for route in table().into_iter().filter(walked) {
        let name = format!("{} {}", route.method, route.path);
        if route.access.who != Who::Public {
            let answer = house.ask(&route, absent, None).await;
            let to_sign_in = answer.header("location").starts_with("/anmelden");
            let expected = if route.method == Method::GET && !route.path.starts_with("/api/") {
                answer.status == StatusCode::SEE_OTHER && to_sign_in
            } else {
                answer.status == StatusCode::UNAUTHORIZED
            };
            assert!(expected, "{name}, signed out: {} {}", answer.status, answer.text);
        }
        for role in Role::ALL.into_iter().filter(|role| !route.access.lets_in(Some(*role))) {
            let nowhere = if route.path.starts_with("/api/") { "/api/gibt-es-nicht" } else { "/gibt-es-nicht" };
            let nowhere = Route { path: nowhere.to_owned(), ..route.clone() };
            let unknown = seen(&house.ask(&nowhere, absent, Some(role)).await);
            let (own, foreign) = house.objects(route.access.object, role);
            for id in own.into_iter().chain(foreign).chain([absent]) {
                let mut answer = seen(&house.ask(&route, id, Some(role)).await);
                assert_eq!(answer.0, StatusCode::NOT_FOUND, "{name} as {role:?}");
                // The navigation marks where one is; everything else must be the same.
                answer.2 = answer.2.replace(" aria-current=\"page\"", "");
                let unknown = (unknown.0, unknown.1.clone(), unknown.2.replace(" aria-current=\"page\"", ""));
                assert_eq!(answer, unknown, "{name} as {role:?} gives away that it exists");
            }
        }
    }
}

#[tokio::test]
async fn whoever_is_let_in_sees_their_own_and_nothing_else() {
    let house = house().await;
    let absent = Uuid::from_u128(1);
    for route in table().into_iter().filter(walked) {
        for role in Role::ALL.into_iter().filter(|role| route.access.lets_in(Some(*role))) {
            let name = format!("{} {} as {role:?}", route.method, route.path);
            let (own, foreign) = house.objects(route.access.object, role);
            let nothing = house.ask(&route, absent, Some(role)).await;
            for id in foreign {
                let answer = house.ask(&route, id, Some(role)).await;
                // An answer may repeat the address that was asked for; whoever asks knows it already.
                let said = |answer, id: Uuid| format!("{:?}", seen(answer)).replace(&id.to_string(), "{id}");
                assert_eq!(said(&answer, id), said(&nothing, absent), "{name}: foreign is told from absent");
            }
            assert!(!nothing.status.is_server_error(), "{name}: {}", nothing.text);
            if let Some(id) = own {
                assert_ne!(nothing.status, StatusCode::OK, "{name}: shows what does not exist");
                let answer = house.ask(&route, id, Some(role)).await;
                let fine = if route.method == Method::GET && route.path.matches('{').count() == 1 {
                    answer.status == StatusCode::OK
                } else {
                    // An empty form is wrong and a second id is not there, but not for want of rights.
                    ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status)
                        && !answer.status.is_server_error()
                };
                assert!(fine, "{name}, own: {} {}", answer.status, answer.text);
            } else if route.access.object == Object::None {
                let turned_away = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
                // Without credentials even the sign-in of the API has its 4xx; pages open.
                assert!(!turned_away.contains(&nothing.status), "{name}: {} {}", nothing.status, nothing.text);
            }
        }
    }
}

#[test]
fn each_route_stands_in_the_table_once() {
    let mut seen = std::collections::BTreeSet::new();
    for route in table() {
        assert!(seen.insert((route.method.to_string(), route.path.clone())), "{} {} twice", route.method, route.path);
    }
    assert!(10 <= seen.len());
}
