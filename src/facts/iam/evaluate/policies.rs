//! Which policies decide: those on the side of the principal, and those on the side of the resource.

use std::sync::Arc;

use crate::facts::iam::grammar::Document;
use crate::model;

/// A policy that somebody or something holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// ARN of a managed policy, `HOLDER#NAME` of an inline one: what answers name it by.
    pub id: Arc<str>,
    /// Its document, or why it cannot be read.
    pub document: Result<Arc<Document>, model::Why>,
}

/// The policies of one level of the organisation: the root, a unit, or the account.
#[derive(Debug, Clone)]
pub struct Level {
    /// Its id, as in `ou-examplerootid111-exampleouid111`.
    pub id: Arc<str>,
    /// What is attached to it.
    pub policies: Vec<Held>,
}

impl Level {
    /// Whether one of its policies could not be read.
    pub fn is_unread(&self) -> bool {
        self.policies.iter().any(|held| held.document.is_err())
    }
}

/// Control policies of an organisation.
#[derive(Debug, Clone)]
pub enum Organization {
    /// None apply: the account is in no organisation, or is its management account.
    None,
    /// From the root down to the account. A level without a policy denies everything.
    Levels(Arc<[Level]>),
    /// They could not be read.
    Unread(model::Why),
}

/// Policies on the principal's side.
#[derive(Debug, Clone)]
pub struct PrincipalPolicies {
    /// Identity policies: inline and attached ones, and those of all groups of a user.
    pub identity: Vec<Held>,
    /// The permissions boundary, if there is one.
    pub boundary: Option<Vec<Held>>,
    /// The session policies, if there are any.
    pub session: Option<Vec<Held>>,
    /// Service control policies of the principal's account.
    pub scps: Organization,
}

/// Policies on the resource's side.
#[derive(Debug, Clone)]
pub struct ResourcePolicies {
    /// The resource's own policy, if it has one: of a secret, a key, a bucket, or the trust policy of a role.
    pub policy: Option<Held>,
    /// Resource control policies of the resource's account.
    pub rcps: Organization,
}

impl ResourcePolicies {
    /// Of a resource that takes no policy, as all of RDS.
    pub const NONE: Self = Self { policy: None, rcps: Organization::None };
}
