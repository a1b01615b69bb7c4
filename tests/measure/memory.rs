//! Memory of the program and of PostgreSQL, as the kernel counts it.

use std::fmt;
use std::fs;

use crate::Result;

/// Proportional set sizes: what is shared is divided among those who share it.
#[derive(Debug, Default)]
pub struct Memory {
    program: u64,
    guard: u64,
    postgres: u64,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |kilobytes: u64| kilobytes.div_ceil(1024);
        write!(
            f,
            "{:>5} MB program, {} MB guard, {} MB PostgreSQL with all its processes",
            megabytes(self.program),
            megabytes(self.guard),
            megabytes(self.postgres)
        )
    }
}

/// Of all running programs of ours and of every PostgreSQL process: nothing else of the kind should run.
pub fn of_programs() -> Result<Memory> {
    let mut memory = Memory::default();
    for entry in fs::read_dir("/proc")? {
        let process = entry?.path();
        // A process may end while it is looked at.
        let (Ok(arguments), Ok(rollup)) =
            (fs::read_to_string(process.join("cmdline")), fs::read_to_string(process.join("smaps_rollup")))
        else {
            continue;
        };
        let kilobytes = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Pss:"))
            .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok())
            .unwrap_or_default();
        let mut words = arguments.split('\0');
        let name = words.next().unwrap_or_default();
        if name.starts_with("postgres") || name.ends_with("/postgres") {
            memory.postgres += kilobytes;
        } else if name.ends_with("abruf") {
            match words.next() {
                Some("serve") => memory.program += kilobytes,
                _ => memory.guard += kilobytes,
            }
        }
    }
    Ok(memory)
}
