//! Who there is in an account, with every policy that bears on them: what the evaluator needs to decide for a user or a role.
//! It knows IAM's records and nothing of clusters.

mod assume;
mod context;
mod document;
mod escalation;
mod identity;
mod standing;

use std::sync::Arc;

pub use self::assume::{Assumptions, Step};
pub use self::context::Target;
pub use self::document::{Documents, unread};
pub use self::escalation::{Escalation, escalations};
pub use self::identity::{Identity, IdentityKind};
pub use self::standing::{Because, Standing};

use self::context::TagKeys;
use super::evaluate::{Decision, Options, Organization, Request, ResourcePolicies, StatementRef, UnreadScps, decide};
use super::grammar::Action;
use super::organization::Membership;
use super::policy::Principals;
use crate::model::{Fact, Place, Why};

/// The identities of an account.
#[derive(Debug)]
pub struct Account {
    /// Its number.
    pub id: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The root user first, then users and roles by ARN.
    pub identities: Vec<Arc<Identity>>,
    /// Why there may be more of them.
    pub incomplete: Option<Why>,
    /// Its place in an organisation, with what binds it.
    pub membership: Membership,
    /// Where the policies stand that somebody in it holds.
    documents: Documents,
    tag_keys: TagKeys,
    options: Options,
}

impl Account {
    /// Joins users, groups, roles and policies.
    pub fn new(id: &str, principals: &Principals, membership: Membership, options: Options) -> Self {
        let identity::Gathered { identities, documents } = identity::gather(id, principals, &membership.scps);
        let partition = identities.iter().filter_map(|it| it.principal.arn.split(':').nth(1)).next_back();
        Self {
            id: id.to_owned(),
            partition: partition.unwrap_or("aws").to_owned(),
            incomplete: principals.incomplete().cloned(),
            tag_keys: TagKeys::of(&identities),
            documents,
            identities,
            membership,
            options,
        }
    }

    /// The identity with this ARN.
    pub fn identity(&self, arn: &str) -> Option<&Arc<Identity>> {
        self.identities.iter().find(|identity| identity.principal.arn == arn)
    }

    /// Decides whether `identity` may do `action` to `target`, with what is known of both. Of the control policies on the side of
    /// a resource in another account nothing is known here.
    pub fn decide(&self, identity: &Identity, action: &Action, target: &Target, options: Options) -> Decision {
        let context = self.tag_keys.context(identity, action, target, &self.membership);
        let request = Request {
            principal: &identity.principal,
            action,
            resource: &target.resource,
            resource_account: Some(target.account.as_deref().unwrap_or(&self.id)),
            context: &context,
        };
        let rcps = match &target.account {
            Some(other) if *other != self.id => Organization::Unread(Why::NotCollected),
            _ => self.membership.rcps.clone(),
        };
        let object = ResourcePolicies { policy: target.policy.clone(), rcps };
        decide(&request, &identity.policies, &object, options)
    }

    /// How unread control policies are taken.
    pub const fn options(&self) -> Options {
        self.options
    }

    /// The same as a standing: held, held under a condition, not known, or not held.
    pub fn standing(&self, identity: &Identity, action: &Action, target: &Target) -> Standing {
        if !identity.may_touch(action) && target.policy.is_none() {
            return Standing::No;
        }
        let decision = self.decide(identity, action, target, self.options);
        Standing::new(decision, || identity.unread().or_else(|| self.unread_scp()))
    }

    /// Why a control policy was not read, where that leaves decisions open.
    pub fn unread_scp(&self) -> Option<Why> {
        (self.options.unread_scps == UnreadScps::Unknown).then(|| self.membership.unread_policy()).flatten()
    }

    /// Where a statement stands, when the snapshot has it.
    pub fn place(&self, statement: &StatementRef) -> Option<Place> {
        self.documents.place(statement).or_else(|| self.membership.documents.place(statement))
    }

    /// Where the statements stand that a standing rests on.
    pub fn places(&self, because: &Because) -> Vec<Place> {
        because.statements.iter().filter_map(|statement| self.place(statement)).collect()
    }
}

/// The text of a fact, for keys.
fn text(fact: &Fact<String>) -> Option<&str> {
    fact.known().map(String::as_str)
}
