//! Integration tests, one program: one link, one cluster.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report; clippy.toml excepts only #[test] functions")]

mod access;
mod cases;
mod cluster;
mod demo;
mod embedded;
mod layers;
mod problems;
mod serve;
mod sign_in;
mod web;
mod world;
