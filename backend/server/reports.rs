//! Reports: sums with the lists they are the sum of. Each figure has an address, and the list behind
//! it adds up to it.

pub mod burn_rate;
pub mod call_off_bag;
pub mod call_off_prospects;
pub mod call_off_table;
pub mod catalogue;
pub mod ceiling_history;
pub mod contract_ceilings;
pub mod contract_signals;
pub mod control;
pub mod coverage;
pub mod csv_table;
pub mod document_table;
pub mod expiring;
pub mod log_check;
pub mod member_benefit;
pub mod minimum_purchases;
mod names;
pub mod negative_savings;
pub mod open_evidence;
pub mod own_data;
pub mod printed;
pub mod processing_register;
pub mod question;
pub mod restatement;
pub mod row_stream;
pub mod savings;
pub mod savings_by;
pub mod savings_levels;
pub mod savings_lines;
pub mod savings_potential;
pub mod savings_stages;
mod savings_totals;
pub mod table;
pub mod usage;
pub mod utilisation;
pub mod workbook;
