//! TLS: what an endpoint answers to handshakes, and the certificates that it sends.

mod anchors;
mod answer;
mod chain;
mod collector;
mod finding;
#[doc(hidden)]
pub mod fuzz;
mod greeting;
mod group;
mod hello;
mod list;
mod many;
mod plaintext;
mod plan;
#[cfg(test)]
mod plan_tests;
mod postgres;
mod probe;
mod suite;
mod trouble;
mod version;
mod wire;

pub use anchors::{Anchors, BadAnchors};
pub use collector::{Probing, collect};
pub use many::{AT_ONCE, probe_all};
pub use plaintext::Plaintext;
pub use probe::{MAX_CONNECTIONS, Observation, Probe, Suites, plaintext_login, probe};
pub use trouble::{Fault, HOST_IS_BLOCKED, TOO_MANY_CONNECTIONS, Trouble};
pub use version::TlsVersion;
