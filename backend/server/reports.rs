//! Reports: sums with the lists they are the sum of. Each figure has an address, and the list behind
//! it adds up to it.

pub mod call_off_bag;
pub mod call_off_prospects;
pub mod call_off_table;
pub mod csv_table;
pub mod document_table;
pub mod log_check;
pub mod savings;
pub mod savings_potential;
