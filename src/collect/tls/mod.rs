//! TLS: what an endpoint answers to handshakes, and the certificates that it sends.

mod anchors;
mod answer;
mod chain;
mod collector;
mod finding;
mod greeting;
mod hello;
mod probe;
mod wire;

pub use anchors::{Anchors, BadAnchors};
pub use collector::collect;
pub use hello::TlsVersion;
pub use probe::{Observation, probe};
pub use wire::Trouble;
