//! What people can do. An action takes the program, the actor and its input, runs in one transaction
//! and returns an outcome. A refusal by a rule is an outcome; an error means it could not be done.
//!
//! Shape: read facts, let the domain decide, write, take the guard rows last (`storage/volume.rs`).
//! If a guard refuses, everything is rolled back, read and decided again. Releases whose price or supplier
//! depends on those before them lock what says so first (`release_call_off.rs`).

pub mod account_log;
pub mod activate_contract;
pub mod admit_member;
pub mod advance_call_off;
pub mod analyse_purchases;
pub mod announce_competition;
pub mod answer_order;
pub mod answer_question;
pub mod approval_turn;
pub mod approve_step;
pub mod ask_competition_question;
pub mod ask_office;
pub mod ask_rank;
pub mod assign_role;
pub mod break_glass;
pub mod cancel_call_off;
pub mod cancel_part;
pub mod change_body;
pub mod change_items;
pub mod change_law;
pub mod change_minimum_purchases;
pub mod change_password;
pub mod change_prices;
pub mod check_call_off;
pub mod close_short;
mod colleague;
mod competition_record_data;
pub mod competition_step;
pub mod confirm_funds;
pub mod confirm_order;
pub mod copy_contract;
pub mod create_administrator;
pub mod create_competition;
pub mod decide_baseline;
pub mod decide_competition;
pub mod decide_supplier_order;
pub mod declare_interest;
pub mod deliver_mail;
mod delivery_change_data;
pub mod discard_draft;
pub mod dispatch_order;
pub mod draft_call_off;
pub mod draw_sample;
pub mod end_request;
pub mod end_sessions;
pub mod enrol_second_factor;
mod entitlement_certificate_data;
pub mod escalate_request;
pub mod evidence_file;
pub mod exercise_option;
pub mod extend_competition_deadline;
pub mod file_complaint;
pub mod first_link;
pub mod forget_sign_ins;
pub mod found_body;
pub mod freeze_meeting_report;
pub mod import;
pub mod import_baselines;
pub mod import_members;
pub mod import_price_list;
pub mod import_register;
pub mod import_turnover;
pub mod invite_newcomer;
pub mod invite_person;
pub mod issue_certificate;
pub mod issue_competition_record;
pub mod issue_document;
pub mod item_freight;
pub mod judge_paper;
pub mod judge_password;
pub mod justify_finding;
pub mod keep_api_key;
pub mod keep_filter;
pub mod keep_price_index;
pub mod keep_turnover_upload;
mod keyed;
pub mod load_price_list;
pub mod load_templates;
mod mail_newcomer;
pub mod mail_words;
pub mod mark_audited;
pub mod mark_sample_item;
mod meeting_report_data;
mod memo_data;
mod memo_words;
pub mod modify_contract;
pub mod move_documents;
pub mod note_delivery;
pub mod note_invoice;
pub mod note_supplier_invoice;
pub mod notify;
pub mod open_offers;
mod order_data;
mod order_step;
pub mod pass_second_factor;
pub mod preview_release;
pub mod print_report;
mod propose_follow_up_baselines;
pub mod publish_hashes;
pub mod receive_offer;
pub mod reconcile_turnover;
pub mod record_baseline;
pub mod record_bonus;
pub mod record_contribution;
pub mod record_decline;
pub mod record_resolution;
pub mod record_restore_test;
pub mod record_turnover;
pub mod record_volume;
pub mod recover_account;
pub mod refuse_lines;
pub mod release_call_off;
pub mod renew_licences;
pub mod repeat_call_off;
pub mod report_bounce;
pub mod reproduce_document;
pub mod reset_second_factor;
pub mod rest_of_order;
mod restate_savings;
pub mod return_call_off;
pub mod revoke_turnover;
mod savings_certificate_data;
pub mod score_offers;
pub mod send_account_mail;
pub mod send_change;
pub mod send_invitations;
pub mod send_order;
pub mod set_approval_order;
pub mod set_budget_mode;
pub mod set_electronic_address;
pub mod set_letterhead;
pub mod set_order_address;
pub mod set_up_account;
pub mod sign_in;
pub mod sign_in_limits;
pub mod sign_in_outside;
pub mod steer_contract;
pub mod stop_supplier;
pub mod submit_call_off;
pub mod suspend_member;
pub mod take_turnover_upload;
pub mod tell_event;
pub mod transfer_quota;
pub mod use_competition;
pub mod withdraw_baseline;
pub mod withhold_prices;
pub mod write_budget;
pub mod write_contract;
pub mod write_contract_parts;
pub mod write_item;
mod write_minimum_purchase;

use abruf_documents::DocumentError;
use abruf_domain::audit::AuditEntry;
use abruf_domain::call_off::Status;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::PersonId;
use abruf_domain::mini_competition::Refusal;
use abruf_domain::notation::Language;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{Concerns, Record};
use crate::storage::call_offs::CallOff;
use crate::storage::document_store::StoreError;
use crate::storage::error::StorageError;

/// How often an action reads and decides again when a guard row refuses.
const ATTEMPTS: u32 = 8;

/// A field of a form with what is wrong about it, in German.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Name of the field, e.g. `lines[0].quantity`.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl FieldError {
    /// Names a field and its message.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Why an action could not be done.
#[derive(Debug, Error)]
pub enum ActionError {
    /// There is no such thing, or the actor may not see it: both look the same.
    #[error("no such thing for this actor")]
    NotFound,
    /// The role may not do this; answered as if it were not there.
    #[error("role {} may not do this", .0.key())]
    NotPermitted(Role),
    /// The state does not allow it.
    #[error("the call-off is {}, which does not allow this", .0.key())]
    WrongState(Status),
    /// Somebody else changed it in between.
    #[error("version {seen} was seen, but it is version {is} now")]
    Stale {
        /// Version the client saw.
        seen: i32,
        /// Version it has now.
        is: i32,
    },
    /// Fields are not right.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// The contract cannot be used this way yet; in German, for the user.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// The state of a contract does not allow it; in German, for the user.
    #[error("refused: {0}")]
    NotNow(String),
    /// The Idempotency-Key belongs to another request.
    #[error("the Idempotency-Key was used for another request")]
    KeyReused,
    /// Too many others want the same ceiling in this instant.
    #[error("the ceiling is contended; try again")]
    Contended,
    /// A document could not be made.
    #[error("the document could not be made")]
    Document(#[from] DocumentError),
    /// A document could not be read or kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ActionError {
    /// The same with another name of a field: forms that stand on one page need names of their own.
    #[must_use]
    pub fn at(self, from: &str, to: &str) -> Self {
        match self {
            Self::Invalid(mut errors) => {
                for error in errors.iter_mut().filter(|error| error.field == from) {
                    to.clone_into(&mut error.field);
                }
                Self::Invalid(errors)
            }
            other => other,
        }
    }
}

impl From<Refusal> for ActionError {
    /// A step the state does not allow is a conflict, everything else a field.
    fn from(refusal: Refusal) -> Self {
        match refusal.field.as_str() {
            "state" => Self::NotNow(refusal.german),
            _ => Self::Invalid(vec![FieldError::new(refusal.field, refusal.german)]),
        }
    }
}

impl From<sqlx::Error> for ActionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Refuses every role that is not listed.
fn only(actor: &Actor, roles: &[Role]) -> Result<(), ActionError> {
    if roles.contains(&actor.role) { Ok(()) } else { Err(ActionError::NotPermitted(actor.role)) }
}

/// A text somebody has to write: `missing` asks for it; one that is too long is told by how much.
fn check_text(field: &str, text: &str, most: usize, missing: &str) -> Result<(), ActionError> {
    let count = text.chars().count();
    let message = if text.is_empty() {
        missing.to_owned()
    } else if most < count {
        let number = |it: usize| Language::German.number(it.into());
        format!("Der Text hat {} Zeichen, erlaubt sind {}. Bitte kürzen Sie ihn.", number(count), number(most))
    } else if is_storable(text) {
        return Ok(());
    } else {
        "Der Text enthält ein unsichtbares Zeichen. Bitte geben Sie ihn neu ein.".to_owned()
    };
    Err(ActionError::Invalid(vec![FieldError::new(field, message)]))
}

/// Whether PostgreSQL can store the text: NUL it cannot, and only programs send it.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Whom an entry about this call-off concerns.
fn concerns(call_off: &CallOff) -> Concerns {
    Concerns { body: Some(call_off.body), member: Some(call_off.member), call_off: Some(call_off.id) }
}

/// A log entry about a call-off. `after` binds what it rests on, `detail` holds names and free text.
fn call_off_record(
    app: &App,
    call_off: &CallOff,
    action: &str,
    who: Who<'_>,
    after: Option<[u8; 32]>,
    detail: Option<Value>,
    now: DateTime<Utc>,
) -> Record {
    let mut entry = AuditEntry::new(now, who.person().map(|person| person.0), action, "call_off", call_off.id.0);
    entry.before = Some(HEXLOWER.encode(&state_digest(call_off)));
    entry.after = after.map(|digest| HEXLOWER.encode(&digest));
    if let Who::Person(actor) = who {
        actor.sign(&mut entry);
    }
    match detail {
        None => Record::new(entry, concerns(call_off)),
        Some(detail) => Record::with_detail(entry, concerns(call_off), app.chance.bytes(), detail),
    }
}

/// Digest of what a call-off is before an action: state, version and amounts.
fn state_digest(call_off: &CallOff) -> [u8; 32] {
    sha256(
        canonical_json(&json!({
            "id": call_off.id,
            "status": call_off.status,
            "version": call_off.version,
            "number": call_off.number,
            "amounts": call_off.amounts,
        }))
        .as_bytes(),
    )
}

/// Who does it: a person, the clock, a supplier.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A person acting for an assignment.
    Person(&'a Actor),
    /// The program, when time has passed.
    Clock,
    /// The supplier, by the one-time link of an order.
    Supplier,
}

impl Who<'_> {
    fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(actor) => Some(actor.person),
            Self::Clock | Self::Supplier => None,
        }
    }
}
