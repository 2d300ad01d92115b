//! The binary: hands the command line to the library and its exit code to the shell.

use std::panic;

use aurora_audit::cli::{self, Exit};

fn main() -> Exit {
    panic::catch_unwind(cli::run).unwrap_or(Exit::Internal)
}
