//! Logs go to stderr; stdout carries only the report.

use std::io::IsTerminal;

use tracing_subscriber::filter::LevelFilter;

/// Starts logging at the level that `-v` and `-q` ask for.
pub fn start(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .without_time();
    // A second start in one process changes nothing.
    drop(log.try_init());
}
