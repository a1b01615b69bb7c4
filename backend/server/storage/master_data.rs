//! Entering master data: organisations with their roles and memberships, assignments with limits and
//! scopes, contracts with everything that belongs to their terms.
//!
//! Functions insert one row each and know no rule; the constraints of the migrations refuse what
//! cannot be.

pub mod contracts;
pub mod members;
pub mod organisations;
pub mod people;
pub mod prices;
