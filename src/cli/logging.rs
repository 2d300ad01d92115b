//! Logs go to stderr; stdout carries only the report. Only this program's own words follow `-v`: libraries log what they send and
//! receive, which may repeat a credential, so of them no more than warnings is shown.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at the level that `-v` and `-q` ask for.
pub fn start(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let words = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .without_time();
    let filter = Targets::new().with_target("aurora_audit", level).with_default(level.min(LevelFilter::WARN));
    // A second start in one process changes nothing.
    drop(tracing_subscriber::registry().with(words).with(filter).try_init());
}
