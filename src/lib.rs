//! aurora-audit: who may manage an Amazon Aurora cluster, who can reach it, and who may log in and do what.
//!
//! `targets → collect → Snapshot → facts → Facts → rules → Verdicts → check → Assessment → report`. A module imports only from
//! floors below its own; `tests/floors.rs` enforces it.

/// A scan makes millions of small texts and lists, and the release for musl would make them with the slowest allocator there is.
/// Huge pages stay off: they save a few per cent of the time and cost a probe a third of its memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[macro_use]
pub mod model;
#[macro_use]
pub mod facts;
pub mod check;
pub mod cli;
#[cfg(feature = "collect")]
pub mod collect;
pub mod config;
pub mod report;
pub mod rules;
pub mod snapshot;
