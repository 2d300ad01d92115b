//! Floor 0: plain data that every other floor speaks. No I/O, no clock, and nothing that knows where a value came from
//! beyond the [`Place`] it was read at.

#[macro_use]
mod macros;

pub mod actions;
pub mod anchors;
mod arn;
mod coverage;
mod fact;
mod gap;
mod outcome;
mod place;
mod reflect;
mod secret;
mod severity;
mod untrusted;
mod version;

pub use arn::Arn;
pub use coverage::Coverage;
pub use fact::{Derived, Explain, Fact, Why};
pub use gap::{Gap, GapReason};
pub use outcome::Outcome;
pub use place::{Place, RecordRef};
pub use reflect::{Answered, EnumType, Field, List, Object, ObjectType, Reflect, Type, Value};
pub use secret::Secret;
pub use severity::Severity;
pub use untrusted::Untrusted;
pub use version::Version;
