//! The pages, in the order of the storyboard; each file lies beside its template.

pub mod account_setup;
pub mod acting_for;
pub mod authenticity;
pub mod admission;
pub mod audit;
pub mod audit_call_off;
pub mod audit_log;
pub mod call_off_savings;
pub mod contract_file;
pub mod help;
pub mod justifications;
pub mod members;
pub mod meter;
pub mod office;
pub mod pager;
pub mod read_amount;
pub mod record_volume;
pub mod savings;
pub mod savings_call_offs;
pub mod savings_part;
pub mod savings_view;
pub mod sign_in;
pub mod spreadsheet;
pub mod timeline;
pub mod volume_words;
pub mod written;
