//! The pages, in the order of the storyboard; each file lies beside its template.

pub mod account_setup;
pub mod acting_for;
pub mod authenticity;
pub mod sign_in;
