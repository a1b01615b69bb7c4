//! Integration tests, one program: one link, one cluster.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report; clippy.toml excepts only #[test] functions")]

mod access;
mod actions;
mod audit_pages;
mod baselines;
mod board_meetings;
mod board_pages;
mod bonus;
mod calendar;
mod cases;
mod certificates;
mod cluster;
mod concurrency;
mod contracts_in_force;
mod contracts_in_the_making;
mod control_page;
mod demo;
mod document_store;
mod embedded;
mod imports;
mod law;
mod layers;
mod mail_server;
mod mini_competitions;
mod newcomer;
mod office_pages;
mod oracle;
mod pages;
mod papers;
mod price_indexes;
mod problems;
mod recheck;
mod reports;
mod restore;
mod row_security;
mod savings_ledger;
mod serve;
mod sign_in;
mod simulator;
mod stress;
mod templates;
mod turnover;
mod verify;
mod web;
mod world;
