//! The pages, in the order of the storyboard; each file lies beside its template.

pub mod accessibility;
pub mod account_setup;
pub mod acting_for;
pub mod admission;
pub mod audit;
pub mod audit_bag;
pub mod audit_call_off;
pub mod audit_log;
pub mod authenticity;
pub mod baseline;
pub mod baseline_import;
pub mod baseline_new;
pub mod baseline_words;
pub mod baselines;
pub mod bonus;
mod bonus_fields;
pub mod budget;
pub mod budget_accounts;
pub mod budget_confirmation;
pub mod call_off_rights;
pub mod call_off_savings;
pub mod certificates;
pub mod commitments;
pub mod contract_changes;
mod contract_clauses;
pub mod contract_draft;
mod contract_draft_fields;
pub mod contract_file;
pub mod contract_items;
pub mod contract_prices;
pub mod contract_terms;
pub mod contributions;
pub mod control;
pub mod control_justifications;
pub mod help;
pub mod imprint;
pub mod justifications;
pub mod law;
pub mod law_parameter;
pub mod meeting_report;
pub mod meeting_reports;
pub mod member_benefit;
pub mod member_rights;
pub mod members;
pub mod meter;
pub mod newcomer_invitations;
pub mod office;
pub mod operator;
pub mod order_addresses;
pub mod order_answer;
pub mod pager;
pub mod pair_view;
pub mod price_indexes;
pub mod privacy;
pub mod quotas;
pub mod read_amount;
pub mod record_volume;
pub mod report;
pub mod report_file;
pub mod report_question;
mod report_stream;
pub mod savings;
pub mod savings_board;
pub mod savings_call_offs;
pub mod savings_part;
pub mod savings_potential;
mod savings_potential_view;
pub mod savings_stages;
pub mod savings_view;
pub mod sign_in;
pub mod spreadsheet;
pub mod supplier_orders;
pub mod supplier_reports;
pub mod suppliers;
pub mod timeline;
pub mod turnover;
pub mod turnover_differences;
pub mod turnover_import;
pub mod turnover_revocation;
pub mod turnover_upload;
pub mod volume_words;

// Beside the storyboard: finding, asking, being told, one's own settings.
pub mod notifications;
pub mod office_question;
pub mod office_questions;
pub mod preferences;
pub mod saved_filters;
pub mod search;

// What waits, what may be used.
pub mod contract;
pub mod contract_list;
pub mod start;
pub mod what_if;

// A new call-off in five screens.
pub mod confirmation;
pub mod draft;
pub mod draft_details;
pub mod draft_lines;
pub mod draft_papers;
pub mod draft_review;
pub mod draft_summary;
pub mod licences;
mod pasted_list;
pub mod quick_entry;
pub mod ranks;
pub mod repeat;

// Call-offs and their release.
pub mod approval;
pub mod approval_list;
pub mod approval_order;
pub mod call_off;
pub mod call_off_list;
pub mod call_off_pdf;
pub mod call_off_steps;
pub mod deliveries;
pub mod delivery_mail;
pub mod invoices;
pub mod line_quantities;
pub mod partial_cancellation;
pub mod refused_lines;
pub mod typed_fields;

// Mini-competitions.
pub mod competition;
mod competition_form;
pub mod competition_letters;
pub mod competition_list;
pub mod competition_new;
pub mod competition_record;
mod competition_view;

// Parts of pages.
pub mod approval_steps;
pub mod item_traits;
pub mod judged;
pub mod line_entries;
pub mod order_view;
pub mod period_fields;
mod price_fields;
pub mod questions;
pub mod standing;
pub mod supplier_fields;
pub mod written;
