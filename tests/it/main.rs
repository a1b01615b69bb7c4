//! Integration tests, one program: one link, one cluster.

mod cluster;
mod embedded;
