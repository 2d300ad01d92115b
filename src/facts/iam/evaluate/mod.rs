//! What policies decide about a request. The answer has three values: allowed, denied, or under a condition on what nobody
//! knows. IAM User Guide, "Policy evaluation logic".

mod class;
mod condition;
mod context;
mod decide;
mod decision;
mod domain;
mod language;
mod matching;
mod naming;
mod policies;
mod principal;
mod request;
mod solve;
mod test;

pub use class::Class;
pub use condition::{Atom, Condition, Unread, Why};
pub use context::{Context, ContextValue, Known};
pub use decide::decide;
pub use decision::{Conditional, Decision, Denial, Layer, StatementRef, Witness};
pub use matching::{Covers, Crossing, StatementMatcher, covers_resource, tests_hold};
pub use policies::{Held, Level, Organization, PrincipalPolicies, ResourcePolicies};
pub use principal::{Principal, PrincipalKind};
pub use request::{Options, Reading, Request, Resource, UnreadScps};

#[cfg(test)]
pub(super) mod tests;
