//! What IAM policies say about Aurora, statement by statement. Denies, boundaries and organisation policies are not weighed
//! yet: a statement is judged for what it grants by itself.

mod document;
mod glob;
mod policy;
mod statement;

pub use glob::matches as wildcard_matches;
pub use policy::{Policy, PolicyKind, Principals};
pub use statement::{Effect, Statement};
