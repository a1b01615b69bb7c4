//! The web: pages for people, an API for programs. This file is the table of contents and, with it,
//! the access table: each route stands here with who may use it.
//!
//! A request passes, from the outside in: id and log, headers, compression, problems as pages or
//! documents, its own task with a time-out, body limit, session, rate of the API, problems again (now with the
//! navigation of who is signed in), the row of its route, If-Match, Idempotency-Key or window of a list, the handler.

pub mod access;
pub mod access_log;
pub mod api;
pub mod api_rate;
pub mod assets;
pub mod body_limit;
pub mod byte_range;
pub mod charts;
pub mod connections;
pub mod csrf;
pub mod english;
pub mod extract;
pub mod filters;
pub mod finding_view;
pub mod form;
pub mod headers;
pub mod health;
pub mod idempotency;
pub mod kept_form;
pub mod layout;
pub mod pages;
pub mod preconditions;
pub mod problem;
pub mod rate;
pub mod repeats;
pub mod request_id;
pub mod security_log;
pub mod server;
pub mod session;
pub mod task;
pub mod told_once;
pub mod upload;
pub mod visitor;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::header::ACCEPT_RANGES;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use utoipa_axum::routes;

use crate::actions::analyse_purchases::COMPARERS;
use crate::actions::assign_role::KEEPERS;
use crate::actions::check_call_off::ASKERS;
use crate::actions::competition_step::RUNNERS;
use crate::actions::freeze_meeting_report::FREEZERS;
use crate::actions::issue_certificate::ISSUERS;
use crate::actions::record_restore_test::TESTERS;
use crate::actions::send_order::SENDERS;
use crate::actions::transfer_quota::PARTIES;
use crate::actor::Role;
use crate::app::App;
use crate::http::access::{
    AUDIT, Access, BODY, ENTERING, MEMBER, OFFICE, Object, PERSON, PUBLIC, READERS, Routes, only,
};
use crate::http::api::openapi::{self, Document};
use crate::http::problem::Problem;
pub use crate::http::server::{Ready, Security, Server};

const BUYER: &[Role] = &[Role::Buyer];
const APPROVER: &[Role] = &[Role::Approver];
const AUDITOR: &[Role] = &[Role::Auditor];
/// Who notes the steps of an order.
const ORDERERS: &[Role] = &[Role::Buyer, Role::Approver];
/// Who owes justifications.
const JUSTIFIERS: &[Role] = &[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office];

/// Every route with its row of the access table.
#[must_use]
pub fn routes() -> Routes {
    let routes = supplier_orders(money(orders_on_their_way(contract_making(call_off_pages(desk(first_run(
        Routes::new(openapi::base()),
    )))))));
    identity(turnover(newcomers(board(baselines(law(mini_competitions(suppliers_and_quotas(certificates(
        savings_ledger(routes),
    )))))))))
    // For machines: probes, style sheets, the description of the API.
    .get("/health/live", PUBLIC, health::live)
    .get("/health/ready", PUBLIC, health::ready)
    .get("/assets/{version}/{*name}", PUBLIC, assets::serve)
    .get("/openapi.json", PUBLIC, openapi::serve)
    .get("/pruefen", PUBLIC, pages::authenticity::ask)
    .get("/p/{code}", PUBLIC.on(Object::Secret), pages::authenticity::show)
    // Who runs it, and what they owe everybody.
    .get("/impressum", PUBLIC, pages::imprint::show)
    .get("/datenschutz", PUBLIC, pages::privacy::show)
    .get("/barrierefreiheit", PUBLIC, pages::accessibility::show)
    .get("/sprache", PUBLIC, english::choose)
    // Signing in and out.
    .get("/anmelden", PUBLIC, pages::sign_in::show)
    .post("/anmelden", PUBLIC, pages::sign_in::submit)
    .post("/abmelden", ENTERING, pages::sign_in::sign_out)
    .get("/handeln-fuer", PERSON, pages::acting_for::show)
    .post("/handeln-fuer", PERSON, pages::acting_for::choose)
    .get("/konto/einrichten/{token}", PUBLIC.on(Object::Secret), pages::account_setup::show)
    .post("/konto/einrichten/{token}", PUBLIC.on(Object::Secret), pages::account_setup::submit)
    .api(PUBLIC, routes!(api::sessions::create))
    .api(PERSON, routes!(api::sessions::show, api::sessions::renew, api::sessions::delete))
    // Reports, down to the price each line is compared with.
    .get("/berichte", only(READERS), pages::report::index)
    .get("/berichte/{bericht}", only(READERS).on(Object::Manual), pages::report::show)
    .get("/berichte/{bericht}/{datei}", only(READERS).on(Object::Manual), pages::report::file)
    .get("/berichte/einsparungen", only(READERS), pages::savings::show)
    .get("/berichte/einsparungen/abrufe", only(READERS), pages::savings_call_offs::show)
    .get("/berichte/einsparungen/abrufe.csv", only(READERS), pages::savings_call_offs::export)
    .get("/berichte/einsparungen/vertraege/{id}", only(READERS).on(Object::Contract), pages::savings_part::contract)
    .get("/berichte/einsparungen/mitglieder/{id}", only(READERS).on(Object::Member), pages::savings_part::member)
    .get("/abrufe/{id}/einsparung", only(READERS).on(Object::CallOff), pages::call_off_savings::show)
    // Proof, for auditors and whoever answers for the body.
    .get("/pruefung", only(AUDIT), pages::audit::show)
    .get("/pruefung/abrufe.csv", only(AUDIT), pages::audit::export)
    .get("/pruefung/abrufe.zip", only(AUDIT), pages::audit_bag::download)
    .get("/pruefung/abrufe/{id}", only(AUDIT).on(Object::CallOff), pages::audit_call_off::show)
    .get("/pruefung/protokoll", only(AUDIT), pages::audit_log::show)
    .post("/pruefung/protokoll", only(AUDIT), pages::audit_log::check)
    .get("/pruefung/stichprobe", only(AUDITOR), pages::sample_draw::show)
    .post("/pruefung/stichprobe", only(AUDITOR), pages::sample_draw::draw)
    .get("/pruefung/stichprobe/{id}", only(AUDITOR).on(Object::Sample), pages::sample::show)
    .post("/pruefung/stichprobe/{id}/erweitern", only(AUDITOR).on(Object::Sample), pages::sample::extend)
    .post("/pruefung/stichprobe/{id}/vermerk", only(AUDITOR).on(Object::Sample), pages::sample::mark)
    .get("/pruefung/stichprobe/{id}/stichprobe.csv", only(AUDITOR).on(Object::Sample), pages::sample::export)
    .get("/pruefung/stichprobe/{id}/grundgesamtheit.csv", only(AUDITOR).on(Object::Sample), pages::sample::population)
    // The office: members, contracts, what it owes; accounts for the administration.
    .get("/verwaltung", only(OFFICE), pages::office::show)
    .get("/verwaltung/personen", only(OFFICE), pages::office::people)
    .get("/verwaltung/mitglieder", only(&[Role::Office]), pages::members::list)
    .get("/verwaltung/mitglieder/aufnehmen", only(&[Role::Office]), pages::admission::search)
    .get("/verwaltung/mitglieder/aufnehmen/{key}", only(&[Role::Office]).on(Object::Manual), pages::admission::show)
    .post("/verwaltung/mitglieder/aufnehmen/{key}", only(&[Role::Office]).on(Object::Manual), pages::admission::admit)
    .get("/verwaltung/mitglieder/einlesen", only(&[Role::Office]), pages::member_import::show)
    .post("/verwaltung/mitglieder/einlesen", only(&[Role::Office]), pages::member_import::submit)
    .get("/verwaltung/mitglieder/einlesen/vorlage.csv", only(&[Role::Office]), pages::member_import::pattern)
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
    .api(only(&[Role::Buyer]).on(Object::CallOff).ordering(), routes!(api::decisions::submit))
    .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::decisions::discard))
    .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::decisions::withdraw))
    .api(only(&[Role::Buyer]).on(Object::CallOff), routes!(api::decisions::answer))
    .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::approve))
    .api(only(&[Role::Approver]).on(Object::CallOff).ordering(), routes!(api::decisions::release))
    .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::refuse_lines))
    .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::refuse))
    .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::give_back))
    .api(only(&[Role::Approver]).on(Object::CallOff), routes!(api::decisions::cancel))
    .api(only(&[Role::Buyer, Role::Approver]).on(Object::CallOff), routes!(api::decisions::advance))
    .api(only(JUSTIFIERS).on(Object::CallOff), routes!(api::decisions::justify))
    .api(only(&[Role::Buyer, Role::Office]).on(Object::CallOff), routes!(api::awards::decline))
    .api(only(&[Role::Buyer, Role::Office]).on(Object::CallOff), routes!(api::awards::ask))
    .api(only(READERS).on(Object::CallOff), routes!(api::awards::ranks))
    .api(only(READERS), routes!(api::awards::interest))
    // The API: the member's approval order.
    .api(only(MEMBER), routes!(api::approval_order::show))
    .api(only(APPROVER), routes!(api::approval_order::change))
    // The API: proof and savings.
    .api(only(READERS).on(Object::CallOff), routes!(api::proof::steps))
    .api(only(READERS).on(Object::CallOff), routes!(api::proof::documents))
    .api(only(READERS).on(Object::CallOff), routes!(api::proof::document))
    .api(only(READERS).on(Object::Document), routes!(api::proof::document_as_data))
    .api(only(AUDIT), routes!(api::call_off_bags::download))
    .api(only(READERS), routes!(api::proof::log))
    .api(only(READERS), routes!(api::savings::show))
    .api(only(READERS).on(Object::Manual), routes!(api::reports::by_name))
    .api(only(READERS).on(Object::Manual), routes!(api::reports::file))
}

/// Finding, asking, being told, and what everybody sets for themselves.
fn desk(routes: Routes) -> Routes {
    const OWN_DRAFT: Access = only(BUYER).on(Object::Draft);
    const OFFICES: Access = only(&[Role::Office]);
    const ALL: Access = only(&Role::ALL);
    routes
        .get("/suche", only(READERS), pages::search::show)
        .api(only(READERS), routes!(api::search::search))
        .get("/abrufe/{id}/schnellerfassung", OWN_DRAFT, pages::quick_entry::show)
        .post("/abrufe/{id}/schnellerfassung", OWN_DRAFT, pages::quick_entry::save)
        .get("/abrufe/{id}/rueckfrage", OWN_DRAFT, pages::office_question::show)
        .post("/abrufe/{id}/rueckfrage", OWN_DRAFT, pages::office_question::ask)
        .get("/verwaltung/fragen", OFFICES, pages::office_questions::show)
        .post("/verwaltung/fragen", OFFICES, pages::office_questions::answer)
        .post("/filter", only(READERS), pages::saved_filters::change)
        .get("/benachrichtigungen", ALL, pages::notifications::show)
        .post("/benachrichtigungen", ALL, pages::notifications::put_away)
        .get("/zugriffe", only(&[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office]), pages::accesses::show)
        .get("/verwaltung/system", only(OFFICE), pages::system_state::show)
        .get("/verwaltung/datenschutz", only(OFFICE), pages::processing_register::show)
        .get("/verwaltung/datenschutz.csv", only(OFFICE), pages::processing_register::file)
        .get("/einstellungen/meine-daten", PERSON, pages::own_data::show)
        .get("/einstellungen/meine-daten.zip", PERSON, pages::own_data::file)
        .get("/einstellungen", PERSON, pages::preferences::show)
        .get("/einstellungen/benachrichtigungen", ALL, pages::notifications::choices)
        .post("/einstellungen/benachrichtigungen", ALL, pages::notifications::choose)
}

/// A new installation, step by step, and the manual.
fn first_run(routes: Routes) -> Routes {
    const HOUSE: Access = only(OFFICE);
    const KEEPER: Access = only(KEEPERS);
    const LINK: Access = PUBLIC.on(Object::Secret);
    routes
        .get("/einrichtung/erstmals/{token}", LINK, pages::first_run::show)
        .post("/einrichtung/erstmals/{token}", LINK, pages::first_run::submit)
        .get("/einrichtung", HOUSE, pages::first_steps::show)
        .get("/einrichtung/genossenschaft", HOUSE, pages::body_particulars::show)
        .post("/einrichtung/genossenschaft", HOUSE, pages::body_particulars::change)
        .get("/einrichtung/geschaeftsstelle", KEEPER, pages::first_office::show)
        .post("/einrichtung/geschaeftsstelle", KEEPER, pages::first_office::invite)
        .get("/einrichtung/briefkopf", HOUSE, pages::letterhead::show)
        .post("/einrichtung/briefkopf", HOUSE, pages::letterhead::set)
        .post("/einrichtung/briefkopf/vorschau", HOUSE, pages::letterhead::preview)
        .get("/einrichtung/briefkopf.pdf", HOUSE, pages::letterhead::current)
        .get("/einrichtung/verzeichnis", HOUSE, pages::register_import::show)
        .post("/einrichtung/verzeichnis", HOUSE, pages::register_import::submit)
        .get("/hilfe", PUBLIC, pages::glossary::index)
        .get("/hilfe/begriffe", PUBLIC, pages::glossary::terms)
        .get("/hilfe/begriffe/{wort}", PUBLIC.on(Object::Manual), pages::glossary::term)
}

/// Getting in, one's own account, and the people of the house.
fn identity(routes: Routes) -> Routes {
    const KEEPER: Access = only(KEEPERS);
    const ONE: Access = only(OFFICE).on(Object::Account);
    const KEPT: Access = only(KEEPERS).on(Object::Account);
    const WATCHERS: &[Role] = &[Role::Administrator, Role::Office, Role::Board, Role::SupervisoryBoard, Role::Auditor];
    routes
        .get("/anmelden/code", ENTERING, pages::second_factor_code::show)
        .post("/anmelden/code", ENTERING, pages::second_factor_code::submit)
        .get("/anmelden/vergessen", PUBLIC, pages::recovery::show)
        .post("/anmelden/vergessen", PUBLIC, pages::recovery::submit)
        .get("/konto", PERSON, pages::account::show)
        .post("/konto/passwort", PERSON, pages::account::password)
        .get("/konto/anmeldungen", PERSON, pages::account::sign_ins)
        .post("/konto/sitzungen/beenden", PERSON, pages::account::end_others)
        .post("/konto/sitzungen/{id}/beenden", PERSON.on(Object::Session), pages::account::end_one)
        .get("/konto/zweiter-faktor", ENTERING, pages::second_factor::show)
        .post("/konto/zweiter-faktor", ENTERING, pages::second_factor::confirm)
        .post("/konto/zweiter-faktor/codes", PERSON, pages::second_factor::renew_codes)
        .post("/konto/zweiter-faktor/entfernen", PERSON, pages::second_factor::remove)
        .get("/verwaltung/anmeldungen", KEEPER, pages::sign_in_events::show)
        .get("/verwaltung/notzugang", only(WATCHERS), pages::sign_in_events::break_glass)
        .get("/verwaltung/personen/einladen", KEEPER, pages::person::invite_form)
        .post("/verwaltung/personen/einladen", KEEPER, pages::person::invite)
        .get("/verwaltung/personen/{id}", ONE, pages::person::show)
        .post("/verwaltung/personen/{id}/aufgaben", KEPT, pages::person::assign)
        .post("/verwaltung/personen/{id}/aufgaben/{assignment}/beenden", KEPT, pages::person::end)
        .post("/verwaltung/personen/{id}/link", KEPT, pages::person::renew)
        .post("/verwaltung/personen/{id}/abmelden", KEPT, pages::person::sign_out)
        .post("/verwaltung/personen/{id}/zweiter-faktor", ONE, pages::person::reset)
        .api(PERSON, routes!(api::sessions::list))
        .api(PERSON.on(Object::Session), routes!(api::sessions::end))
        .api(KEEPER, routes!(api::people::list, api::people::invite))
        .api(KEPT, routes!(api::people::renew))
        .api(KEPT, routes!(api::people::sign_out))
        .api(KEPT, routes!(api::people::assign))
        .api(KEPT, routes!(api::people::end))
        .api(KEEPER, routes!(api::people::sign_ins))
        .get("/anmelden/extern/{anbieter}", PUBLIC.on(Object::Manual), pages::outside_sign_in::begin)
        .post("/anmelden/extern/{anbieter}", PUBLIC.on(Object::Manual), pages::outside_sign_in::begin_with_form)
        .get("/anmelden/extern/{anbieter}/antwort", PUBLIC.on(Object::Manual), pages::outside_sign_in::answer)
        .post("/anmelden/extern/{anbieter}/abmelden", PUBLIC.on(Object::Manual), pages::outside_sign_in::logged_out)
        .post("/konto/einrichten/{token}/{anbieter}", PUBLIC.on(Object::Secret), pages::account_setup::outside)
        .get("/konto/anbieter", PERSON, pages::outside_accounts::show)
        .post("/konto/anbieter/{anbieter}/verbinden", PERSON.on(Object::Manual), pages::outside_accounts::tie)
        .post("/konto/anbieter/{anbieter}/trennen", PERSON.on(Object::Manual), pages::outside_accounts::loosen)
        .get("/konto/schluessel", PERSON, pages::api_keys::show)
        .post("/konto/schluessel", PERSON, pages::api_keys::make)
        .post("/konto/schluessel/{id}/widerrufen", PERSON.on(Object::Key), pages::api_keys::revoke)
        .get("/verwaltung/schluessel", only(OFFICE), pages::api_keys::of_house)
        .post("/verwaltung/schluessel/{id}/widerrufen", only(OFFICE).on(Object::Key), pages::api_keys::revoke_of_house)
        .api(PERSON, routes!(api::api_keys::list, api::api_keys::create))
        .api(PERSON.on(Object::Key), routes!(api::api_keys::revoke))
}

/// What was realised and audited of the savings, and what members pay for their membership.
fn savings_ledger(routes: Routes) -> Routes {
    const BY_AUDITOR: Access = only(&[Role::Auditor]).on(Object::CallOff);
    const OF_MEMBER: Access = only(&[Role::Office]).on(Object::Member);
    routes
        .get("/berichte/einsparungen/stufen", only(READERS), pages::savings_stages::show)
        .get("/berichte/einsparungen/stufen.csv", only(READERS), pages::savings_stages::export)
        .get("/berichte/nutzen", only(READERS), pages::member_benefit::show)
        .get("/berichte/nutzen.csv", only(READERS), pages::member_benefit::export)
        .post("/pruefung/abrufe/{id}/einsparung", BY_AUDITOR, pages::audit_call_off::mark)
        .get("/verwaltung/mitglieder/{id}/rechte", OF_MEMBER, pages::member_rights::show)
        .post("/verwaltung/mitglieder/{id}/rechte", OF_MEMBER, pages::member_rights::change)
        .api(only(READERS).on(Object::Member), routes!(api::suspensions::list))
        .api(OF_MEMBER, routes!(api::suspensions::suspend))
        .api(OF_MEMBER, routes!(api::suspensions::lift))
        .get("/verwaltung/mitglieder/{id}/beitraege", OF_MEMBER, pages::contributions::show)
        .post("/verwaltung/mitglieder/{id}/beitraege", OF_MEMBER, pages::contributions::change)
        .api(only(READERS), routes!(api::savings_stages::stages))
        .api(only(READERS), routes!(api::member_benefit::benefit))
        .api(only(READERS).on(Object::CallOff), routes!(api::savings_marks::marks))
        .api(BY_AUDITOR, routes!(api::savings_marks::mark))
        .api(only(READERS).on(Object::Member), routes!(api::contributions::list))
        .api(OF_MEMBER, routes!(api::contributions::record))
        .api(OF_MEMBER, routes!(api::contributions::reverse))
}

/// Certificates of entitlement and of savings, for the file and for others.
fn certificates(routes: Routes) -> Routes {
    const ONE: Access = only(READERS).on(Object::Certificate);
    routes
        .get("/bescheinigungen", only(READERS), pages::certificates::show)
        .post("/bescheinigungen/abrufberechtigung", only(ISSUERS), pages::certificates::entitlement)
        .post("/bescheinigungen/einsparung", only(ISSUERS), pages::certificates::savings_of_a_year)
        .get("/bescheinigungen/{id}", ONE, pages::certificates::file)
        .api(only(READERS), routes!(api::certificates::list))
        .api(ONE, routes!(api::certificates::show))
        .api(only(ISSUERS).on(Object::Member), routes!(api::certificates::issue))
}

/// Comparison prices: recorded by one person of the office, decided by a second one, read with the savings.
fn baselines(routes: Routes) -> Routes {
    const OFFICES: Access = only(&[Role::Office]);
    const OF_CONTRACT: Access = OFFICES.on(Object::Contract);
    const ONE: Access = only(READERS).on(Object::Baseline);
    const DECIDED: Access = OFFICES.on(Object::Baseline);
    routes
        .get("/verwaltung/vergleichspreise", OFFICES, pages::baselines::show)
        .get("/verwaltung/vergleichspreise/{id}", ONE, pages::baseline::show)
        .post("/verwaltung/vergleichspreise/{id}", DECIDED, pages::baseline::decide)
        .get("/verwaltung/vergleichspreise/{id}/beleg", ONE, pages::baseline::evidence)
        .get("/verwaltung/vertraege/{id}/vergleichspreise/neu", OF_CONTRACT, pages::baseline_new::show)
        .post("/verwaltung/vertraege/{id}/vergleichspreise/neu", OF_CONTRACT, pages::baseline_new::record)
        .get("/verwaltung/vertraege/{id}/vergleichspreise/einspielen", OF_CONTRACT, pages::baseline_import::show)
        .post("/verwaltung/vertraege/{id}/vergleichspreise/einspielen", OF_CONTRACT, pages::baseline_import::upload)
        .get(
            "/verwaltung/vertraege/{id}/vergleichspreise/einspielen/{import}",
            OF_CONTRACT,
            pages::baseline_import::preview,
        )
        .post(
            "/verwaltung/vertraege/{id}/vergleichspreise/einspielen/{import}",
            OF_CONTRACT,
            pages::baseline_import::confirm,
        )
        .api(OFFICES, routes!(api::baselines::list, api::baselines::record))
        .api(OFFICES, routes!(api::baselines::import))
        .api(ONE, routes!(api::baselines::show))
        .api(ONE, routes!(api::baselines::evidence))
        .api(DECIDED, routes!(api::baselines::approve))
        .api(DECIDED, routes!(api::baselines::refuse))
        .api(DECIDED, routes!(api::baselines::ask_withdrawal))
        .api(DECIDED, routes!(api::baselines::approve_withdrawal))
        .api(DECIDED, routes!(api::baselines::keep))
}

/// What the organs of the body have before them: frozen reports, and what they control.
fn board(routes: Routes) -> Routes {
    const OFFICES: Access = only(&[Role::Office]);
    const ONE: Access = only(BODY).on(Object::MeetingReport);
    routes
        .get("/berichte/sitzung", only(BODY), pages::meeting_reports::show)
        .post("/berichte/sitzung", only(FREEZERS), pages::meeting_reports::submit)
        .post("/berichte/sitzung/vorlagen", OFFICES, pages::meeting_reports::record)
        .get("/berichte/sitzung/{id}", ONE, pages::meeting_report::show)
        .get("/aufsicht", only(AUDIT), pages::control::show)
        .get("/aufsicht/begruendungen", only(AUDIT), pages::control_justifications::show)
        .post("/aufsicht/umsatz", OFFICES, pages::control::turnover)
        .post("/aufsicht/wiederherstellung", OFFICES, pages::control::restore_test)
        .api(only(BODY), routes!(api::meeting_reports::list))
        .api(only(FREEZERS), routes!(api::meeting_reports::create))
        .api(ONE, routes!(api::meeting_reports::show))
        .api(OFFICES, routes!(api::meeting_reports::record))
        .api(only(AUDIT), routes!(api::control::control_report))
        .api(OFFICES, routes!(api::control::record_turnover_of_a_year))
        .api(only(TESTERS), routes!(api::control::record_restore))
}

/// What would have been saved: invitations of the office, the page of an invited town, the page of a member.
fn newcomers(routes: Routes) -> Routes {
    const OFFICES: Access = only(&[Role::Office]);
    const ONE: Access = only(&[Role::Office]).on(Object::Invitation);
    const TOWN: Access = PUBLIC.on(Object::Secret);
    routes
        .get("/verwaltung/einladungen", OFFICES, pages::newcomer_invitations::list)
        .post("/verwaltung/einladungen", OFFICES, pages::newcomer_invitations::invite)
        .post("/verwaltung/einladungen/{id}/zuruecknehmen", ONE, pages::newcomer_invitations::revoke)
        .post("/verwaltung/einladungen/{id}/neuer-link", ONE, pages::newcomer_invitations::renew)
        .get("/sparpotenzial", only(COMPARERS), pages::savings_potential::of_member)
        .post("/sparpotenzial", only(COMPARERS), pages::savings_potential::upload_of_member)
        .post("/sparpotenzial/auswertung", only(COMPARERS), pages::savings_potential::step_of_member)
        .get("/sparpotenzial/{token}", TOWN, pages::savings_potential::of_town)
        .post("/sparpotenzial/{token}", TOWN, pages::savings_potential::upload_of_town)
        .post("/sparpotenzial/{token}/auswertung", TOWN, pages::savings_potential::step_of_town)
        .api(OFFICES, routes!(api::newcomer_invitations::list, api::newcomer_invitations::invite))
        .api(ONE, routes!(api::newcomer_invitations::revoke))
        .api(ONE, routes!(api::newcomer_invitations::renew))
}

/// Turnover taken from files of others, and what suppliers report of theirs beside the ledger.
fn turnover(routes: Routes) -> Routes {
    const OFFICES: Access = only(&[Role::Office]);
    const ONE: Access = only(&[Role::Office]).on(Object::Turnover);
    routes
        .get("/verwaltung/umsaetze", OFFICES, pages::turnover::list)
        .post("/verwaltung/umsaetze", OFFICES, pages::turnover::upload)
        .get("/verwaltung/umsaetze/vorschau/{id}", ONE, pages::turnover_upload::show)
        .post("/verwaltung/umsaetze/vorschau/{id}", ONE, pages::turnover_upload::step)
        .get("/verwaltung/umsaetze/{id}", ONE, pages::turnover_import::show)
        .get("/verwaltung/umsaetze/{id}/abgelehnt.csv", ONE, pages::turnover_import::rejects)
        .get("/verwaltung/umsaetze/{id}/datei", ONE, pages::turnover_import::file)
        .get("/verwaltung/umsaetze/{id}/zuruecknehmen", ONE, pages::turnover_revocation::show)
        .post("/verwaltung/umsaetze/{id}/zuruecknehmen", ONE, pages::turnover_revocation::revoke)
        .get("/verwaltung/umsatzmeldungen", OFFICES, pages::supplier_reports::list)
        .post("/verwaltung/umsatzmeldungen", OFFICES, pages::supplier_reports::upload)
        .get("/verwaltung/umsatzmeldungen/abweichungen", OFFICES, pages::turnover_differences::show)
        .post("/verwaltung/umsatzmeldungen/abweichungen", OFFICES, pages::turnover_differences::close)
        .get("/verwaltung/umsatzmeldungen/{id}", ONE, pages::supplier_reports::show)
        .api(OFFICES, routes!(api::turnover::list))
        .api(ONE, routes!(api::turnover::show))
        .api(ONE, routes!(api::turnover::lines))
        .api(ONE, routes!(api::turnover::revoke))
        .api(OFFICES, routes!(api::turnover_uploads::list, api::turnover_uploads::send))
        .api(ONE, routes!(api::turnover_uploads::show))
        .api(ONE, routes!(api::turnover_uploads::remap))
        .api(ONE, routes!(api::turnover_uploads::confirm))
        .api(ONE, routes!(api::turnover_uploads::discard))
        .api(OFFICES, routes!(api::supplier_reports::list))
        .api(ONE, routes!(api::supplier_reports::show))
        .api(OFFICES, routes!(api::supplier_reports::open_differences))
        .api(ONE, routes!(api::supplier_reports::close))
}

/// Law as dated data: proposed by one person of the office, released by a second one.
fn law(routes: Routes) -> Routes {
    const OFFICES: Access = only(&[Role::Office]);
    const ONE: Access = only(&[Role::Office]).on(Object::Manual);
    routes
        .get("/verwaltung/recht", OFFICES, pages::law::show)
        .get("/verwaltung/recht/{key}", ONE, pages::law_parameter::show)
        .post("/verwaltung/recht/{key}", ONE, pages::law_parameter::change)
        .api(OFFICES, routes!(api::law::list))
        .api(OFFICES, routes!(api::law::proposals, api::law::propose))
        .api(ONE, routes!(api::law::release))
        .api(ONE, routes!(api::law::refuse))
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
        .get("/verwaltung/vertraege/{id}/mindestabnahmen", OF_CONTRACT, pages::minimum_purchases::show)
        .post("/verwaltung/vertraege/{id}/mindestabnahmen", OF_CONTRACT, pages::minimum_purchases::change)
        .get("/verwaltung/vertraege/{id}/preise", OF_CONTRACT, pages::contract_prices::show)
        .post("/verwaltung/vertraege/{id}/preise", OF_CONTRACT, pages::contract_prices::change)
        .get("/verwaltung/vertraege/{id}/positionen", OF_CONTRACT, pages::contract_items::show)
        .post("/verwaltung/vertraege/{id}/positionen", OF_CONTRACT, pages::contract_items::change)
        .api(OF_CONTRACT, routes!(api::item_changes::propose_item))
        .api(OF_CONTRACT, routes!(api::item_changes::release_item))
        .get("/verwaltung/vertraege/{id}/bonus", OF_CONTRACT, pages::bonus::show)
        .post("/verwaltung/vertraege/{id}/bonus", OF_CONTRACT, pages::bonus::change)
        .api(OF_CONTRACT, routes!(api::bonuses::list, api::bonuses::record))
        .api(OF_CONTRACT, routes!(api::bonuses::reverse))
        .api(OF_CONTRACT, routes!(api::contract_changes::steer))
        .api(OF_CONTRACT, routes!(api::contract_changes::cut))
        .api(OF_CONTRACT, routes!(api::contract_changes::exercise))
        .api(OF_CONTRACT, routes!(api::contract_changes::propose))
        .api(OF_CONTRACT, routes!(api::contract_changes::release))
        .api(OF_CONTRACT, routes!(api::contract_changes::propose_prices))
        .api(OF_CONTRACT, routes!(api::contract_changes::release_prices))
        .api(OF_CONTRACT, routes!(api::minimum_purchases::list, api::minimum_purchases::propose))
        .api(OF_CONTRACT, routes!(api::minimum_purchases::release))
        .api(OF_CONTRACT, routes!(api::minimum_purchases::take_back))
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

/// Who can deliver, and who may call off how much of a shared ceiling.
fn suppliers_and_quotas(routes: Routes) -> Routes {
    const SUPPLIER: Access = only(&[Role::Office]).on(Object::Supplier);
    const QUOTA: Access = only(PARTIES).on(Object::Contract);
    const QUOTA_READERS: Access =
        only(&[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office]).on(Object::Contract);
    routes
        .get("/verwaltung/lieferanten", only(&[Role::Office]), pages::suppliers::list)
        .get("/verwaltung/lieferanten/{id}", SUPPLIER, pages::suppliers::show)
        .post("/verwaltung/lieferanten/{id}", SUPPLIER, pages::suppliers::change)
        .get("/rahmenvertraege/{id}/kontingente", QUOTA_READERS, pages::quotas::show)
        .post("/rahmenvertraege/{id}/kontingente", QUOTA, pages::quotas::change)
        .api(only(&[Role::Office]), routes!(api::suppliers::list))
        .api(SUPPLIER, routes!(api::suppliers::show))
        .api(SUPPLIER, routes!(api::suppliers::stop))
        .api(SUPPLIER, routes!(api::suppliers::lift))
        .api(SUPPLIER, routes!(api::suppliers::set_electronic_address))
        .api(QUOTA_READERS, routes!(api::quota_transfers::list))
        .api(QUOTA, routes!(api::quota_transfers::propose))
        .api(QUOTA, routes!(api::quota_transfers::consent))
        .api(QUOTA, routes!(api::quota_transfers::refuse))
}

/// Mini-competitions: run by the member's people or by the office for a member, read by whoever may see call-offs.
fn mini_competitions(routes: Routes) -> Routes {
    const READ: Access = only(READERS).on(Object::Competition);
    const RUN: Access = only(RUNNERS).on(Object::Competition);
    routes
        .get("/miniwettbewerbe", only(READERS), pages::competition_list::show)
        .get("/miniwettbewerbe/neu", only(&[Role::Office]), pages::competition_new::show)
        .post("/miniwettbewerbe/neu", only(&[Role::Office]), pages::competition_new::create)
        .post("/abrufe/{id}/miniwettbewerb", only(BUYER).on(Object::Draft), pages::competition_new::from_draft)
        .get("/miniwettbewerbe/{id}", READ, pages::competition::show)
        .post("/miniwettbewerbe/{id}", RUN, pages::competition::step)
        .get("/miniwettbewerbe/{id}/vermerk", READ, pages::competition_record::show)
        .get("/miniwettbewerbe/{id}/vermerk.pdf", only(READERS).on(Object::Document), pages::competition_record::file)
        .get("/miniwettbewerbe/{id}/einladung/{party}", READ, pages::competition_letters::invitation)
        .get("/miniwettbewerbe/{id}/mitteilung/{party}", READ, pages::competition_letters::notice)
        .api(only(READERS), routes!(api::mini_competitions::list))
        .api(only(&[Role::Buyer, Role::Office]), routes!(api::mini_competitions::create))
        .api(READ, routes!(api::mini_competitions::show))
        .api(only(READERS).on(Object::Document), routes!(api::mini_competitions::record))
        .api(RUN, routes!(api::mini_competitions::announce))
        .api(RUN, routes!(api::mini_competitions::send))
        .api(RUN, routes!(api::mini_competitions::ask))
        .api(RUN, routes!(api::mini_competitions::answer))
        .api(RUN, routes!(api::mini_competition_deadlines::extend))
        .api(RUN, routes!(api::mini_competitions::receive))
        .api(RUN, routes!(api::mini_competitions::open))
        .api(RUN, routes!(api::mini_competitions::score))
        .api(RUN, routes!(api::mini_competitions::award))
        .api(RUN, routes!(api::mini_competitions::cancel))
        .api(only(BUYER).on(Object::Competition), routes!(api::mini_competitions::take))
}

/// Orders after their release: taken back in part, sent, confirmed, delivered, billed.
fn orders_on_their_way(routes: Routes) -> Routes {
    const BY_APPROVER: Access = only(APPROVER).on(Object::CallOff);
    const BY_ORDERERS: Access = only(ORDERERS).on(Object::CallOff);
    const BY_READERS: Access = only(READERS).on(Object::CallOff);
    const BY_SENDERS: Access = only(SENDERS).on(Object::CallOff);
    const OF_CONTRACT: Access = only(&[Role::Office]).on(Object::Contract);
    /// The invoice clerk acts through the treasurer.
    const BY_BILLED: Access = only(&[Role::Buyer, Role::Treasurer]).on(Object::CallOff);
    routes
        .get("/abrufe/{id}/teilstornierung", BY_APPROVER, pages::partial_cancellation::show)
        .post("/abrufe/{id}/teilstornierung", BY_APPROVER, pages::partial_cancellation::cancel)
        .get(
            "/abrufe/{id}/teilstornierungen/{sequence}",
            only(READERS).on(Object::Document),
            pages::call_off_pdf::partial_cancellation,
        )
        .get(
            "/abrufe/{id}/terminaenderungen/{sequence}",
            only(READERS).on(Object::Document),
            pages::call_off_pdf::delivery_change,
        )
        .get("/abrufe/{id}/lieferungen", BY_READERS, pages::deliveries::show)
        .post("/abrufe/{id}/lieferungen/versand", BY_ORDERERS, pages::deliveries::dispatch)
        .post("/abrufe/{id}/lieferungen/zugang", BY_ORDERERS, pages::deliveries::receive)
        .post("/abrufe/{id}/lieferungen/bestaetigung", BY_ORDERERS, pages::deliveries::confirm)
        .post("/abrufe/{id}/lieferungen/abweichung", BY_ORDERERS, pages::deliveries::answer)
        .post("/abrufe/{id}/lieferungen/lieferung", BY_ORDERERS, pages::deliveries::deliver)
        .post("/abrufe/{id}/lieferungen/reklamation", BY_ORDERERS, pages::deliveries::complain)
        .post("/abrufe/{id}/lieferungen/reklamation-erledigt", BY_ORDERERS, pages::deliveries::resolve)
        .post("/abrufe/{id}/lieferungen/restmenge", BY_APPROVER, pages::deliveries::close)
        .get("/abrufe/{id}/rechnungen", BY_READERS, pages::invoices::show)
        .post("/abrufe/{id}/rechnungen", BY_BILLED, pages::invoices::note)
        .post("/abrufe/{id}/rechnungen/aufheben", BY_BILLED, pages::invoices::cancel)
        .post("/abrufe/{id}/lieferungen/senden", BY_SENDERS, pages::deliveries::send_again)
        .post("/abrufe/{id}/lieferungen/unzustellbar", BY_SENDERS, pages::deliveries::report_bounce)
        .post("/abrufe/{id}/lieferungen/mitgeteilt", BY_SENDERS, pages::deliveries::note_told)
        .get("/verwaltung/vertraege/{id}/bestelladressen", OF_CONTRACT, pages::order_addresses::show)
        .post("/verwaltung/vertraege/{id}/bestelladressen", OF_CONTRACT, pages::order_addresses::save)
        // The supplier, by the link of its mail.
        .get("/lieferung/{token}", PUBLIC.on(Object::Secret), pages::order_answer::show)
        .post("/lieferung/{token}", PUBLIC.on(Object::Secret), pages::order_answer::answer)
        .api(BY_SENDERS, routes!(api::order_mail::send))
        .api(BY_SENDERS, routes!(api::order_mail::note_told))
        .api(BY_SENDERS, routes!(api::order_mail::report_bounce))
        .api(only(&[Role::Office]), routes!(api::order_mail::report_message))
        .api(OF_CONTRACT, routes!(api::order_mail::set_address))
        .api(BY_APPROVER, routes!(api::partial_cancellations::cancel))
        .api(BY_READERS, routes!(api::fulfilment::show))
        .api(BY_ORDERERS, routes!(api::fulfilment::dispatch))
        .api(BY_ORDERERS, routes!(api::fulfilment::receive))
        .api(BY_ORDERERS, routes!(api::fulfilment::confirm))
        .api(BY_ORDERERS, routes!(api::fulfilment::answer))
        .api(BY_ORDERERS, routes!(api::fulfilment::deliver))
        .api(BY_ORDERERS, routes!(api::fulfilment::complain))
        .api(BY_ORDERERS, routes!(api::fulfilment::resolve))
        .api(BY_APPROVER, routes!(api::fulfilment::close))
        .api(BY_READERS, routes!(api::invoices::list))
        .api(BY_BILLED, routes!(api::invoices::note))
        .api(BY_BILLED, routes!(api::invoices::cancel))
}

/// What the body orders from suppliers for its members: decided by the office, seen with the call-off.
fn supplier_orders(routes: Routes) -> Routes {
    const BY_OFFICE: Access = only(&[Role::Office]).on(Object::Document);
    const BY_READERS: Access = only(READERS).on(Object::Document);
    routes
        .get("/verwaltung/lieferantenauftraege", only(&[Role::Office]), pages::supplier_orders::list)
        .get("/verwaltung/lieferantenauftraege/{id}", BY_OFFICE, pages::supplier_orders::show)
        .post("/verwaltung/lieferantenauftraege/{id}/freigeben", BY_OFFICE, pages::supplier_orders::approve)
        .post("/verwaltung/lieferantenauftraege/{id}/ablehnen", BY_OFFICE, pages::supplier_orders::refuse)
        .get("/verwaltung/lieferantenauftraege/{id}/rechnungen", BY_OFFICE, pages::invoices::show_of_body)
        .post("/verwaltung/lieferantenauftraege/{id}/rechnungen", BY_OFFICE, pages::invoices::note_of_body)
        .post("/verwaltung/lieferantenauftraege/{id}/rechnungen/aufheben", BY_OFFICE, pages::invoices::cancel_of_body)
        .get("/abrufe/{id}/lieferantenauftrag.pdf", BY_READERS, pages::call_off_pdf::supplier_order)
        .get("/abrufe/{id}/lieferantenauftrag.order-x.xml", BY_READERS, pages::call_off_pdf::supplier_order_data)
        .get("/abrufe/{id}/lieferantenauftrag.peppol.xml", BY_READERS, pages::call_off_pdf::supplier_order_for_peppol)
        .get("/abrufe/{id}/lieferantenauftrag/stornierung.pdf", BY_READERS, pages::call_off_pdf::supplier_cancellation)
        .get(
            "/abrufe/{id}/lieferantenauftrag/teilstornierungen/{sequence}",
            BY_READERS,
            pages::call_off_pdf::supplier_partial_cancellation,
        )
        .get(
            "/abrufe/{id}/lieferantenauftrag/terminaenderungen/{sequence}",
            BY_READERS,
            pages::call_off_pdf::supplier_delivery_change,
        )
        .api(only(&[Role::Office]), routes!(api::supplier_orders::list))
        .api(BY_READERS, routes!(api::supplier_orders::show))
        .api(BY_OFFICE, routes!(api::supplier_orders::approve))
        .api(BY_OFFICE, routes!(api::supplier_orders::refuse))
        .api(only(AUDIT).on(Object::Document), routes!(api::invoices::list_of_body))
        .api(BY_OFFICE, routes!(api::invoices::note_of_body))
        .api(BY_OFFICE, routes!(api::invoices::cancel_of_body))
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
        .get("/abrufe/{id}/rangfolge", only(BUYER).on(Object::Draft), pages::ranks::show)
        .post("/abrufe/{id}/rangfolge", only(BUYER).on(Object::Draft), pages::ranks::note)
        .get("/abrufe/{id}/wiederholen", only(BUYER).on(Object::Draft), pages::repeat::show)
        .post("/abrufe/{id}/wiederholen", only(BUYER).on(Object::Draft), pages::repeat::save)
        .get("/abrufe/{id}/angaben", only(BUYER).on(Object::Draft), pages::draft_details::show)
        .post("/abrufe/{id}/angaben", only(BUYER).on(Object::Draft), pages::draft_details::save)
        .get("/abrufe/{id}/pruefung", only(BUYER).on(Object::Draft), pages::draft_review::show)
        .get("/abrufe/{id}/zusammenfassung", only(BUYER).on(Object::Draft), pages::draft_summary::show)
        .post("/abrufe/{id}/zusammenfassung", only(BUYER).on(Object::Draft).ordering(), pages::draft_summary::hand_over)
        .get("/abrufe/{id}/entwurf.pdf", only(BUYER).on(Object::Document), pages::call_off_pdf::draft)
        .get("/abrufe/{id}/bestaetigung", only(MEMBER).on(Object::CallOff), pages::confirmation::show)
        // Call-offs.
        .get("/abrufe", only(READERS), pages::call_off_list::show)
        .get("/abrufe/{id}", only(READERS).on(Object::CallOff), pages::call_off::show)
        .get("/abrufe/{id}/bestellung.pdf", only(READERS).on(Object::Document), pages::call_off_pdf::order)
        .get("/abrufe/{id}/vermerk.pdf", only(READERS).on(Object::Document), pages::call_off_pdf::memo)
        .get("/abrufe/{id}/bestellung.order-x.xml", only(READERS).on(Object::Document), pages::call_off_pdf::order_data)
        .get(
            "/abrufe/{id}/bestellung.peppol.xml",
            only(READERS).on(Object::Document),
            pages::call_off_pdf::order_for_peppol,
        )
        .get("/abrufe/{id}/stornierung.pdf", only(READERS).on(Object::Document), pages::call_off_pdf::cancellation)
        .post("/abrufe/{id}/begruendung", only(JUSTIFIERS).on(Object::CallOff), pages::draft_review::justify)
        .post("/abrufe/{id}/verwerfen", only(BUYER).on(Object::Draft), pages::call_off_steps::discard)
        .post("/abrufe/{id}/zurueckziehen", only(BUYER).on(Object::CallOff), pages::call_off_steps::withdraw)
        .post("/abrufe/{id}/weiter", only(ORDERERS).on(Object::CallOff), pages::call_off_steps::advance)
        .post("/abrufe/{id}/stornieren", only(APPROVER).on(Object::CallOff), pages::call_off_steps::cancel)
        .post("/abrufe/{id}/kopieren", only(BUYER).on(Object::CallOff), pages::call_off_steps::copy)
        // Releases.
        .get("/freigaben", only(APPROVER), pages::approval_list::show)
        .get("/freigaben/{id}", only(APPROVER).on(Object::CallOff), pages::approval::show)
        .post("/freigaben/{id}/schritt", only(APPROVER).on(Object::CallOff), pages::approval::approve_step)
        .post("/freigaben/{id}/erteilen", only(APPROVER).on(Object::CallOff).ordering(), pages::approval::release)
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
                .layer(
                    CompressionLayer::new().compress_when(
                        DefaultPredicate::new()
                            .and(NotForContentType::const_new("application/zip"))
                            .and(cannot_be_taken_up),
                    ),
                )
                .layer(from_fn(english::translate))
                .layer(from_fn_with_state(server.clone(), problem::render))
                .layer(from_fn(task::own))
                .layer(from_fn(body_limit::guard))
                .layer(from_fn_with_state(server.clone(), session::resolve))
                .layer(from_fn_with_state(server.clone(), access_log::note))
                .layer(from_fn_with_state(server.clone(), api_rate::limit))
                .layer(from_fn_with_state(server.clone(), problem::render))
                .layer(DefaultBodyLimit::max(body_limit::BYTES))
                .layer(Extension(server.clone()))
                .layer(Extension(Document(description.into()))),
        )
        .with_state(server)
}

/// Whether an answer may be compressed. A file that is taken up where it broke off is not: the rest of the plain bytes would
/// not fit what was compressed before, and its length would be unknown.
fn cannot_be_taken_up(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(ACCEPT_RANGES).is_none_or(|unit| unit != "bytes")
}
