//! What is wrong with a statement. IAM refuses all of these when a policy is written, so they come from old policies, from other
//! tools' output and from hands that edit snapshots; nobody knows what such a statement would do.

use crate::model::Untrusted;

/// A reason why a statement cannot be read as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not a JSON object.
    #[error("the statement is not an object")]
    NotAnObject,
    /// The grammar has no such element; element names are exact.
    #[error("`{0}` is not an element of a statement")]
    UnknownElement(Untrusted),
    /// A key stands twice in one object.
    #[error("`{0}` is given twice")]
    Twice(Untrusted),
    /// A required element is missing.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// An element and its negation exclude each other.
    #[error("it has both {0} and Not{0}")]
    Both(&'static str),
    /// An element does not belong into a policy of this kind.
    #[error("{0} does not belong into a policy of this kind")]
    Misplaced(&'static str),
    /// An element has a value of the wrong kind.
    #[error("{element} is not {expected}")]
    WrongKind {
        /// The element or key.
        element: Untrusted,
        /// What it should be.
        expected: &'static str,
    },
    /// `Effect` is something else.
    #[error("Effect is `{0}`, not Allow or Deny")]
    Effect(Untrusted),
    /// There is no such operator.
    #[error("`{0}` is not a condition operator")]
    Operator(Untrusted),
    /// A value does not have the type that its operator compares.
    #[error("`{value}` is not {expected}")]
    Operand {
        /// The value.
        value: Untrusted,
        /// What it should be.
        expected: &'static str,
    },
    /// A resource is neither `*` nor an ARN.
    #[error("`{0}` is neither `*` nor an ARN")]
    Resource(Untrusted),
    /// A variable is not closed or not well formed.
    #[error("the policy variable in `{0}` is not well formed")]
    Variable(Untrusted),
    /// A principal has a form that the grammar does not know.
    #[error("`{0}` is not a principal")]
    Principal(Untrusted),
}

/// A fault and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faulty {
    /// What is wrong.
    pub fault: Fault,
    /// Byte offset in the document.
    pub at: usize,
}
