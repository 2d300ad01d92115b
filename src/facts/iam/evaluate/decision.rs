//! The answer to a request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::class::Class;
use super::condition::Condition;
use super::context::ContextValue;

/// A kind of policy, in the order in which AWS evaluates them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
    /// The resource's policy.
    Resource,
    /// Policies of the user, its groups, or the role.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session policy.
    Session,
}

impl Layer {
    /// The word that outputs show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceControl => "scp",
            Self::ResourceControl => "rcp",
            Self::Resource => "resource",
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
        }
    }
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementRef {
    /// The kind of policy.
    pub layer: Layer,
    /// Id of the policy.
    pub policy: Arc<str>,
    /// Index in the document, counted from 0; none for a policy that cannot be read.
    pub statement: Option<usize>,
    /// Its `Sid`.
    pub sid: Option<Arc<str>>,
}

/// Why a request is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The layer that denies, or the first that does not allow.
    pub layer: Layer,
    /// The level of the organisation that does not allow.
    pub level: Option<Arc<str>>,
    /// The statement that denies; none when the denial is implicit.
    pub statement: Option<StatementRef>,
    /// Whether a `Deny` decides, whatever is not known.
    pub explicit: bool,
}

/// Values of the keys that were not known, with which a condition comes out one way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witness {
    /// Key in lower case → its value; none when it is absent.
    pub context: BTreeMap<String, Option<ContextValue>>,
    /// The resource, when the request left it open.
    pub resource: Option<String>,
    /// What has to be taken for true, and what for false, of what could not be read.
    pub assumed: BTreeMap<String, bool>,
}

/// A request that is allowed under a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditional {
    /// What has to hold for the request to be allowed.
    pub condition: Condition,
    /// Whether the condition is in its simplest form: alternatives none of which contradicts itself.
    pub simplified: bool,
    /// What the condition is about.
    pub classes: BTreeSet<Class>,
    /// A context with which the request is allowed.
    pub allowing: Option<Witness>,
    /// A context with which it is denied.
    pub denying: Option<Witness>,
    /// Statements that allow, perhaps under conditions.
    pub by: Vec<StatementRef>,
    /// Statements that may deny.
    pub against: Vec<StatementRef>,
    /// Whether service control policies that could not be read are assumed to deny nothing.
    pub assuming_scps: bool,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is allowed, whatever is not known.
    Allowed {
        /// A statement that allows; none for the root user.
        by: Option<StatementRef>,
        /// Whether service control policies that could not be read are assumed to deny nothing.
        assuming_scps: bool,
    },
    /// It is denied, whatever is not known.
    Denied(Denial),
    /// It depends.
    Conditional(Box<Conditional>),
}

impl Decision {
    /// Whether the request is allowed in some context.
    pub const fn may_be_allowed(&self) -> bool {
        !matches!(self, Self::Denied(_))
    }

    /// The one word of it: `Allowed`, `ImplicitlyDenied`, `ExplicitlyDenied` or `Conditional`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allowed { .. } => "Allowed",
            Self::Denied(Denial { explicit: true, .. }) => "ExplicitlyDenied",
            Self::Denied(_) => "ImplicitlyDenied",
            Self::Conditional(_) => "Conditional",
        }
    }
}
