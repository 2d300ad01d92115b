//! What IAM policies say about Aurora.
//!
//! Two halves stand on their own, free of the AWS SDK and of everything above `model`: [`grammar`] turns the text of a document
//! into statements whose patterns are compiled once, and [`evaluate`] decides requests over them:
//!
//! ```text
//! Document::parse(text, Kind)            once a document, shared as Arc<Document>
//! PrincipalPolicies { identity, boundary, session, scps }, ResourcePolicies { policy, rcps }
//! Request { principal, action, resource, resource_account, context }
//! decide(&request, &subject, &object, Options) → Allowed | Denied { layer, statement } | Conditional { condition, witnesses }
//! ```
//!
//! - A key of a [`evaluate::Context`] has a value, is absent, or is unknown. What only unknown keys decide makes a decision
//!   conditional, with the condition, its classes, and a context for either side.
//! - A resource is one ARN, none (an action without resource types), or some resource of a pattern: names that do not exist yet.
//! - A statement with faults does what nobody knows to what its readable elements cover. A policy that is held and cannot be read
//!   is `Held { document: Err(why) }`: it may allow and it may deny.
//! - SCPs that could not be read only restrict: "cannot" stays firm and "can" says that it assumes them away, unless
//!   [`evaluate::UnreadScps::Unknown`] is asked for.
//! - Whoever evaluates many cells interns what a document holds: `Actions::covers` an action, [`evaluate::covers_resource`] a
//!   pattern (patterns and tests are ordered by what they say), [`evaluate::tests_hold`] the tests. [`evaluate::decide`] is the
//!   oracle of that.
//!
//! The other modules join policies to those who hold them, statement by statement.

pub mod account;
mod arn;
pub mod database;
mod document;
pub mod evaluate;
mod glob;
pub mod grammar;
mod json;
pub mod lint;
pub mod matrix;
pub mod organization;
mod policy;
pub mod simulate;
mod statement;
mod strangers;

pub use arn::Arn;
pub use glob::{Glob, Token, matches as wildcard_matches};
pub use policy::{Policy, PolicyKind, Principals};
pub use statement::{Effect, Statement};
pub use strangers::{Strangers, strangers};
