//! The program.

use std::process::ExitCode;

use abruf::embedded::{guard_process, hold};

fn main() -> ExitCode {
    // Before everything else: the guard of the private server is this same executable.
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(first) if first == guard_process::SUBCOMMAND => guard_process::run(arguments),
        Some(first) if first == hold::SUBCOMMAND => hold::run(arguments),
        _ => abruf::cli::run(),
    }
}
