//! Abruf: framework contracts of purchasing cooperatives, lawful call-offs, audited savings,
//! documents as proof. Modules in reading order; nothing points up.

pub mod actions;
pub mod actor;
pub mod api_scope;
pub mod app;
pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod embedded;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod oidc;
pub mod one_time_code;
pub mod password;
pub mod recheck;
pub mod reports;
pub mod storage;
pub mod traffic;
pub mod verify;
