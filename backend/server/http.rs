//! The web: pages for people, an API for programs. This file is the table of contents and, with it,
//! the access table: each route stands here with who may use it.
//!
//! A request passes, from the outside in: id and log, headers, compression, problems as pages or
//! documents, its own task with a time-out, body limit, session, problems again (now with the
//! navigation of who is signed in), the row of its route, the handler.

pub mod access;
pub mod api;
pub mod assets;
pub mod body_limit;
pub mod csrf;
pub mod extract;
pub mod filters;
pub mod finding_view;
pub mod form;
pub mod headers;
pub mod health;
pub mod idempotency;
pub mod layout;
pub mod pages;
pub mod problem;
pub mod rate;
pub mod request_id;
pub mod server;
pub mod session;
pub mod task;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use utoipa_axum::routes;

use crate::actions::check_call_off::ASKERS;
use crate::actor::Role;
use crate::app::App;
use crate::http::access::{AUDIT, Access, MEMBER, OFFICE, Object, PERSON, PUBLIC, READERS, Routes, only};
use crate::http::api::openapi::{self, Document};
use crate::http::problem::Problem;
pub use crate::http::server::{Ready, Security, Server};

const BUYER: &[Role] = &[Role::Buyer];
const APPROVER: &[Role] = &[Role::Approver];
/// Who notes the steps of an order.
const ORDERERS: &[Role] = &[Role::Buyer, Role::Approver];
/// Who owes justifications.
const JUSTIFIERS: &[Role] = &[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office];

/// Every route with its row of the access table.
#[must_use]
pub fn routes() -> Routes {
    money(contract_making(call_off_pages(Routes::new(openapi::base()))))
        // For machines: probes, style sheets, the description of the API.
        .get("/health/live", PUBLIC, health::live)
        .get("/health/ready", PUBLIC, health::ready)
        .get("/assets/{version}/{*name}", PUBLIC, assets::serve)
        .get("/openapi.json", PUBLIC, openapi::serve)
        .get("/p/{code}", PUBLIC.on(Object::Secret), pages::authenticity::show)
        // Who runs it, and what they owe everybody.
        .get("/impressum", PUBLIC, pages::imprint::show)
        .get("/datenschutz", PUBLIC, pages::privacy::show)
        .get("/barrierefreiheit", PUBLIC, pages::accessibility::show)
        // Signing in and out.
        .get("/anmelden", PUBLIC, pages::sign_in::show)
        .post("/anmelden", PUBLIC, pages::sign_in::submit)
        .post("/abmelden", PERSON, pages::sign_in::sign_out)
        .get("/handeln-fuer", PERSON, pages::acting_for::show)
        .post("/handeln-fuer", PERSON, pages::acting_for::choose)
        .get("/konto/einrichten/{token}", PUBLIC.on(Object::Secret), pages::account_setup::show)
        .post("/konto/einrichten/{token}", PUBLIC.on(Object::Secret), pages::account_setup::submit)
        .api(PUBLIC, routes!(api::sessions::create))
        .api(PERSON, routes!(api::sessions::show, api::sessions::renew, api::sessions::delete))
        // Reports, down to the price each line is compared with.
        .get("/berichte", only(READERS), pages::savings::index)
        .get("/berichte/einsparungen", only(READERS), pages::savings::show)
        .get("/berichte/einsparungen/abrufe", only(READERS), pages::savings_call_offs::show)
        .get("/berichte/einsparungen/abrufe.csv", only(READERS), pages::savings_call_offs::export)
        .get("/berichte/einsparungen/vertraege/{id}", only(READERS).on(Object::Contract), pages::savings_part::contract)
        .get("/berichte/einsparungen/mitglieder/{id}", only(READERS).on(Object::Member), pages::savings_part::member)
        .get("/abrufe/{id}/einsparung", only(READERS).on(Object::CallOff), pages::call_off_savings::show)
        // Proof, for auditors and whoever answers for the body.
        .get("/pruefung", only(AUDIT), pages::audit::show)
        .get("/pruefung/abrufe.csv", only(AUDIT), pages::audit::export)
        .get("/pruefung/abrufe/{id}", only(AUDIT).on(Object::CallOff), pages::audit_call_off::show)
        .get("/pruefung/protokoll", only(AUDIT), pages::audit_log::show)
        .post("/pruefung/protokoll", only(AUDIT), pages::audit_log::check)
        // The office: members, contracts, what it owes; accounts for the administration.
        .get("/verwaltung", only(OFFICE), pages::office::show)
        .get("/verwaltung/personen", only(OFFICE), pages::office::people)
        .get("/verwaltung/mitglieder", only(&[Role::Office]), pages::members::list)
        .get("/verwaltung/mitglieder/aufnehmen", only(&[Role::Office]), pages::admission::search)
        .get("/verwaltung/mitglieder/aufnehmen/{key}", only(&[Role::Office]).on(Object::Manual), pages::admission::show)
        .post(
            "/verwaltung/mitglieder/aufnehmen/{key}",
            only(&[Role::Office]).on(Object::Manual),
            pages::admission::admit,
        )
        .get("/verwaltung/mitglieder/{id}", only(&[Role::Office]).on(Object::Member), pages::members::show)
        .get(
            "/verwaltung/mitglieder/{id}/abrufrechte",
            only(&[Role::Office]).on(Object::Member),
            pages::call_off_rights::show,
        )
        .get("/verwaltung/vertraege", only(&[Role::Office]), pages::contract_file::list)
        .get("/verwaltung/vertraege/neu", only(&[Role::Office]), pages::contract_terms::new)
        .post("/verwaltung/vertraege/neu", only(&[Role::Office]), pages::contract_terms::create)
        .get("/verwaltung/vertraege/{id}", only(&[Role::Office]).on(Object::Contract), pages::contract_file::show)
        .get(
            "/verwaltung/vertraege/{id}/volumenbuch",
            only(&[Role::Office]).on(Object::Contract),
            pages::contract_file::ledger,
        )
        .get(
            "/verwaltung/vertraege/{id}/nacherfassung",
            only(&[Role::Office]).on(Object::Contract),
            pages::record_volume::show,
        )
        .post(
            "/verwaltung/vertraege/{id}/nacherfassung",
            only(&[Role::Office]).on(Object::Contract),
            pages::record_volume::record,
        )
        .get("/verwaltung/begruendungen", only(&[Role::Office]), pages::justifications::show)
        .post("/verwaltung/begruendungen", only(&[Role::Office]), pages::justifications::write)
        // The manual: rules and problems in their own words.
        .get("/hilfe/regeln", PUBLIC, pages::help::rules)
        .get("/hilfe/regeln/{id}", PUBLIC.on(Object::Manual), pages::help::rule)
        .get("/hilfe/probleme/{slug}", PUBLIC.on(Object::Manual), pages::help::problem)
        // The API: contracts.
        .api(only(READERS), routes!(api::contracts::list))
        .api(only(READERS).on(Object::Contract), routes!(api::contracts::show))
        .api(only(READERS).on(Object::Contract), routes!(api::contracts::items))
        .api(only(&[Role::Office]).on(Object::Contract), routes!(api::contracts::record))
        // The API: call-offs.
        .api(only(READERS), routes!(api::call_offs::list))
        .api(only(&[Role::Buyer]), routes!(api::call_offs::create))
        .api(only(ASKERS), routes!(api::check::check))
        .api(only(READERS).on(Object::CallOff), routes!(api::call_offs::show))
        .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::call_offs::repeat))
        .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::call_offs::put_lines))
        .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::call_offs::put_details))
        .api(only(READERS).on(Object::CallOff), routes!(api::call_offs::review))
        .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::decisions::submit))
        .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::decisions::withdraw))
        .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::decisions::answer))
        .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::approve))
        .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::release))
        .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::refuse_lines))
        .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::refuse))
        .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::give_back))
        .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::cancel))
        .api(only(&[Role::Buyer, Role::Approver]).on(Object::CallOff), routes!(api::decisions::advance))
        .api(only(JUSTIFIERS).on(Object::CallOff), routes!(api::decisions::justify))
        .api(only(&[Role::Buyer, Role::Office]).on(Object::CallOff), routes!(api::awards::decline))
        .api(only(READERS), routes!(api::awards::interest))
        // The API: the member's approval order.
        .api(only(MEMBER), routes!(api::approval_order::show))
        .api(only(APPROVER), routes!(api::approval_order::change))
        // The API: proof and savings.
        .api(only(READERS).on(Object::CallOff), routes!(api::proof::steps))
        .api(only(READERS).on(Object::CallOff), routes!(api::proof::documents))
        .api(only(READERS).on(Object::CallOff), routes!(api::proof::document))
        .api(only(READERS), routes!(api::proof::log))
        .api(only(READERS), routes!(api::savings::show))
}

/// The member's money, for its treasurer alone, and its licences.
fn money(routes: Routes) -> Routes {
    const TREASURER: Access = only(&[Role::Treasurer]);
    const OF_CALL_OFF: Access = TREASURER.on(Object::CallOff);
    routes
        .get("/lizenzen", only(MEMBER), pages::licences::show)
        .post("/lizenzen", only(BUYER), pages::licences::renew)
        .api(only(MEMBER), routes!(api::licences::list))
        .api(only(BUYER), routes!(api::licences::renew))
        .get("/haushalt", TREASURER, pages::budget::show)
        .post("/haushalt/betriebsart", TREASURER, pages::budget::set_mode)
        .get("/haushalt/konten", TREASURER, pages::budget_accounts::show)
        .post("/haushalt/konten", TREASURER, pages::budget_accounts::enter)
        .get("/haushalt/konten/einspielen", TREASURER, pages::budget_accounts::show_import)
        .post("/haushalt/konten/einspielen", TREASURER, pages::budget_accounts::import)
        .get("/haushalt/verpflichtungen", TREASURER, pages::commitments::show)
        .get("/haushalt/verpflichtungen.csv", TREASURER, pages::commitments::export)
        .get("/haushalt/abrufe/{id}", OF_CALL_OFF, pages::budget_confirmation::show)
        .post("/haushalt/abrufe/{id}", OF_CALL_OFF, pages::budget_confirmation::confirm)
        .api(TREASURER, routes!(api::budgets::show))
        .api(TREASURER, routes!(api::budgets::set_mode))
        .api(TREASURER, routes!(api::budgets::put_account))
        .api(TREASURER, routes!(api::budgets::import))
        .api(TREASURER, routes!(api::budgets::commitment_list))
        .api(OF_CALL_OFF, routes!(api::budgets::confirm))
}

/// Contracts in the making: written by the office, activated by a second person of it.
fn contract_making(routes: Routes) -> Routes {
    const OF_CONTRACT: Access = only(&[Role::Office]).on(Object::Contract);
    routes
        .get("/verwaltung/vertraege/{id}/bedingungen", OF_CONTRACT, pages::contract_terms::show)
        .post("/verwaltung/vertraege/{id}/bedingungen", OF_CONTRACT, pages::contract_terms::save)
        .get("/verwaltung/vertraege/{id}/bearbeiten", OF_CONTRACT, pages::contract_draft::show)
        .post("/verwaltung/vertraege/{id}/bearbeiten", OF_CONTRACT, pages::contract_draft::add)
        .post("/verwaltung/vertraege/{id}/entfernen", OF_CONTRACT, pages::contract_draft::remove)
        .post("/verwaltung/vertraege/{id}/vorlegen", OF_CONTRACT, pages::contract_draft::hand_in)
        .post("/verwaltung/vertraege/{id}/aktivieren", OF_CONTRACT, pages::contract_draft::activate)
        .post("/verwaltung/vertraege/{id}/kopieren", OF_CONTRACT, pages::contract_draft::copy)
        .get("/verwaltung/vertraege/{id}/aenderungen", OF_CONTRACT, pages::contract_changes::show)
        .post("/verwaltung/vertraege/{id}/aenderungen", OF_CONTRACT, pages::contract_changes::change)
        .get("/verwaltung/vertraege/{id}/preise", OF_CONTRACT, pages::contract_prices::show)
        .post("/verwaltung/vertraege/{id}/preise", OF_CONTRACT, pages::contract_prices::change)
        .api(OF_CONTRACT, routes!(api::contract_changes::steer))
        .api(OF_CONTRACT, routes!(api::contract_changes::cut))
        .api(OF_CONTRACT, routes!(api::contract_changes::exercise))
        .api(OF_CONTRACT, routes!(api::contract_changes::propose))
        .api(OF_CONTRACT, routes!(api::contract_changes::release))
        .api(OF_CONTRACT, routes!(api::contract_changes::propose_prices))
        .api(OF_CONTRACT, routes!(api::contract_changes::release_prices))
        .api(only(&[Role::Office]), routes!(api::contract_drafts::create))
        .api(OF_CONTRACT, routes!(api::contract_drafts::terms, api::contract_drafts::put_terms))
        .api(OF_CONTRACT, routes!(api::contract_drafts::add_part))
        .api(OF_CONTRACT, routes!(api::contract_drafts::load_price_list))
        .api(OF_CONTRACT, routes!(api::contract_drafts::readiness))
        .api(OF_CONTRACT, routes!(api::contract_drafts::hand_in))
        .api(OF_CONTRACT, routes!(api::contract_drafts::activate))
        .api(OF_CONTRACT, routes!(api::contract_drafts::copy))
        .get("/verwaltung/preisindizes", only(&[Role::Office]), pages::price_indexes::show)
        .post("/verwaltung/preisindizes", only(&[Role::Office]), pages::price_indexes::keep)
        .api(only(&[Role::Office]), routes!(api::price_indexes::list, api::price_indexes::create))
        .api(only(&[Role::Office]), routes!(api::price_indexes::record))
        .api(only(&[Role::Office]), routes!(api::price_indexes::release))
}

/// The pages of those who place and release call-offs.
fn call_off_pages(routes: Routes) -> Routes {
    routes
        .get("/", only(&Role::ALL), pages::start::show)
        .get("/rahmenvertraege", only(READERS), pages::contract_list::show)
        .get("/rahmenvertraege/{id}", only(READERS).on(Object::Contract), pages::contract::show)
        .get("/rahmenvertraege/{id}/probe", only(ASKERS).on(Object::Contract), pages::what_if::show)
        .post("/rahmenvertraege/{id}/abrufen", only(BUYER).on(Object::Contract), pages::contract::call_off)
        // A new call-off.
        .get("/abrufe/{id}/positionen", only(BUYER).on(Object::Draft), pages::draft_lines::show)
        .post("/abrufe/{id}/positionen", only(BUYER).on(Object::Draft), pages::draft_lines::save)
        .get("/abrufe/{id}/wiederholen", only(BUYER).on(Object::Draft), pages::repeat::show)
        .post("/abrufe/{id}/wiederholen", only(BUYER).on(Object::Draft), pages::repeat::save)
        .get("/abrufe/{id}/angaben", only(BUYER).on(Object::Draft), pages::draft_details::show)
        .post("/abrufe/{id}/angaben", only(BUYER).on(Object::Draft), pages::draft_details::save)
        .get("/abrufe/{id}/pruefung", only(BUYER).on(Object::Draft), pages::draft_review::show)
        .get("/abrufe/{id}/zusammenfassung", only(BUYER).on(Object::Draft), pages::draft_summary::show)
        .post("/abrufe/{id}/zusammenfassung", only(BUYER).on(Object::Draft), pages::draft_summary::hand_over)
        .get("/abrufe/{id}/entwurf.pdf", only(BUYER).on(Object::Document), pages::call_off_pdf::draft)
        .get("/abrufe/{id}/bestaetigung", only(MEMBER).on(Object::CallOff), pages::confirmation::show)
        // Call-offs.
        .get("/abrufe", only(READERS), pages::call_off_list::show)
        .get("/abrufe/{id}", only(READERS).on(Object::CallOff), pages::call_off::show)
        .get("/abrufe/{id}/bestellung.pdf", only(READERS).on(Object::Document), pages::call_off_pdf::order)
        .get("/abrufe/{id}/stornierung.pdf", only(READERS).on(Object::Document), pages::call_off_pdf::cancellation)
        .post("/abrufe/{id}/begruendung", only(JUSTIFIERS).on(Object::CallOff), pages::draft_review::justify)
        .post("/abrufe/{id}/zurueckziehen", only(BUYER).on(Object::CallOff), pages::call_off_steps::withdraw)
        .post("/abrufe/{id}/weiter", only(ORDERERS).on(Object::CallOff), pages::call_off_steps::advance)
        .post("/abrufe/{id}/stornieren", only(APPROVER).on(Object::CallOff), pages::call_off_steps::cancel)
        .post("/abrufe/{id}/kopieren", only(BUYER).on(Object::CallOff), pages::call_off_steps::copy)
        // Releases.
        .get("/freigaben", only(APPROVER), pages::approval_list::show)
        .get("/freigaben/{id}", only(APPROVER).on(Object::CallOff), pages::approval::show)
        .post("/freigaben/{id}/schritt", only(APPROVER).on(Object::CallOff), pages::approval::approve_step)
        .post("/freigaben/{id}/erteilen", only(APPROVER).on(Object::CallOff), pages::approval::release)
        .post("/freigaben/{id}/positionen", only(APPROVER).on(Object::CallOff), pages::refused_lines::refuse)
        .post("/freigaben/{id}/ablehnen", only(APPROVER).on(Object::CallOff), pages::approval::refuse)
        .post("/freigaben/{id}/zurueckgeben", only(APPROVER).on(Object::CallOff), pages::approval::send_back)
        .get("/freigabeordnung", only(MEMBER), pages::approval_order::show)
        .post("/freigabeordnung/schritt", only(APPROVER), pages::approval_order::add_step)
        .post("/freigabeordnung/vertretung", only(APPROVER), pages::approval_order::add_stand_in)
        .post("/freigabeordnung/abwesenheit", only(APPROVER), pages::approval_order::add_absence)
        .post("/freigabeordnung/entfernen", only(APPROVER), pages::approval_order::remove)
}

/// The program as a web service.
///
/// # Panics
/// If two routes have one address, or the description does not serialise: both show at the start.
pub fn router(app: App, security: Security) -> Router {
    let (router, api, table) = routes().into_parts();
    let server = Server { app, security: Arc::new(security), table: table.into() };
    let description = openapi::finished(api).to_json().expect("a description is plain data");
    router
        .fallback(async || Problem::not_found())
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(server.clone(), request_id::give))
                .layer(from_fn_with_state(server.clone(), headers::set))
                .layer(CompressionLayer::new())
                .layer(from_fn_with_state(server.clone(), problem::render))
                .layer(from_fn(task::own))
                .layer(from_fn(body_limit::guard))
                .layer(from_fn_with_state(server.clone(), session::resolve))
                .layer(from_fn_with_state(server.clone(), problem::render))
                .layer(DefaultBodyLimit::max(body_limit::BYTES))
                .layer(Extension(Document(description.into()))),
        )
        .with_state(server)
}
