//! The policy language: from the text of a document to statements whose patterns are compiled once. What cannot be read is a
//! fault of its own statement and leaves its neighbours alone. It knows no request: what a statement means for one is decided in
//! `evaluate`. IAM User Guide, "Grammar of the IAM JSON policy language".

mod action;
mod condition;
mod document;
mod fault;
mod operand;
mod operator;
mod principal;
mod resource;
mod statement;
mod template;

pub use action::{Action, ActionPattern, Actions};
pub use condition::{Key, Test};
pub use document::{Document, Kind, Unreadable, Version};
pub use fault::{Fault, Faulty};
pub use operand::{Decimal, Operand, Text, boolean, net, time};
pub use operator::{Base, Comparison, Operator, SetOperator};
pub use principal::{Named, Principals, is_service, service_in};
pub use resource::{ResourcePattern, Resources, covers_by_parts};
pub use statement::{Effect, Statement};
pub use template::{Piece, Resolved, Template};
