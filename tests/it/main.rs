//! Integration tests, one program: one link, one cluster.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report; clippy.toml excepts only #[test] functions")]

mod access;
mod audit_pages;
mod board_pages;
mod cases;
mod cluster;
mod demo;
mod actions;
mod concurrency;
mod embedded;
mod imports;
mod pages;
mod layers;
mod problems;
mod serve;
mod sign_in;
mod web;
mod world;
mod look;
