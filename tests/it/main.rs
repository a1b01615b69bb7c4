//! Integration tests, one program: one link, one cluster.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report; clippy.toml excepts only #[test] functions")]

mod access;
mod actions;
mod cluster;
mod concurrency;
mod embedded;
mod problems;
mod serve;
mod sign_in;
mod web;
mod world;
