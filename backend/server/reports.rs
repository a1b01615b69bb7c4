//! Reports: sums with the lists they are the sum of. Each figure has an address, and the list behind
//! it adds up to it.

pub mod log_check;
pub mod savings;
