//! aurora-audit: who may manage an Amazon Aurora cluster, who can reach it, and who may log in and do what.
//!
//! `targets → collect → Snapshot → facts → Facts → rules → Verdicts → check → Assessment → report`. A module imports only from
//! floors below its own; `tests/floors.rs` enforces it.

#[macro_use]
pub mod model;
pub mod check;
#[cfg(feature = "collect")]
pub mod collect;
pub mod facts;
pub mod report;
pub mod snapshot;
