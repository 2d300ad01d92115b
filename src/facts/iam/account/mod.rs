//! Who there is in an account, with every policy that bears on them: what the evaluator needs to decide for a user or a role.
//! It knows IAM's records and nothing of clusters.

mod assume;
mod context;
mod escalation;
mod identity;
mod standing;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::assume::{Assumptions, Step};
pub use self::context::Target;
pub use self::escalation::{Escalation, escalations};
pub use self::identity::{Identity, IdentityKind};
pub use self::standing::{Because, Standing};

use self::context::TagKeys;
use super::evaluate::{Decision, Options, Organization, Request, ResourcePolicies, StatementRef, decide};
use super::grammar::Action;
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
    /// Where the document of each policy stands.
    documents: BTreeMap<Arc<str>, Document>,
    tag_keys: TagKeys,
}

/// A document and where it stands.
#[derive(Debug)]
struct Document {
    place: Place,
    /// JSON pointers of its statements, below the document.
    statements: Vec<String>,
}

impl Account {
    /// Joins users, groups, roles and policies. `scps` are the control policies of the account.
    pub fn new(id: &str, principals: &Principals, scps: &Organization) -> Self {
        let identity::Gathered { identities, documents } = identity::gather(id, principals, scps);
        let partition = identities.iter().filter_map(|it| it.principal.arn.split(':').nth(1)).next_back();
        Self {
            id: id.to_owned(),
            partition: partition.unwrap_or("aws").to_owned(),
            incomplete: principals.incomplete().cloned(),
            tag_keys: TagKeys::of(&identities),
            documents,
            identities,
        }
    }

    /// The identity with this ARN.
    pub fn identity(&self, arn: &str) -> Option<&Arc<Identity>> {
        self.identities.iter().find(|identity| identity.principal.arn == arn)
    }

    /// Decides whether `identity` may do `action` to `target`, with what is known of both.
    pub fn decide(&self, identity: &Identity, action: &Action, target: &Target, options: Options) -> Decision {
        let context = self.tag_keys.context(identity, action, target);
        let request = Request {
            principal: &identity.principal,
            action,
            resource: &target.resource,
            resource_account: Some(target.account.as_deref().unwrap_or(&self.id)),
            context: &context,
        };
        decide(&request, &identity.policies, &target.policies, options)
    }

    /// The same as a standing: held, held under a condition, not known, or not held.
    pub fn standing(&self, identity: &Identity, action: &Action, target: &Target) -> Standing {
        if !identity.may_touch(action) && target.policies.policy.is_none() {
            return Standing::No;
        }
        let decision = self.decide(identity, action, target, Options::default());
        Standing::new(decision, || identity.unread())
    }

    /// Where a statement stands, when the snapshot has it.
    pub fn place(&self, statement: &StatementRef) -> Option<Place> {
        let document = self.documents.get(&statement.policy)?;
        let pointer = statement.statement.and_then(|index| document.statements.get(index));
        let below = pointer.map_or("", String::as_str);
        Some(Place { record: document.place.record, pointer: format!("{}{below}", document.place.pointer) })
    }

    /// Where the statements stand that a standing rests on.
    pub fn places(&self, because: &Because) -> Vec<Place> {
        because.statements.iter().filter_map(|statement| self.place(statement)).collect()
    }
}

/// Policies of a resource that takes none.
pub(super) const NO_POLICIES: ResourcePolicies = ResourcePolicies::NONE;

/// The text of a fact, for keys.
fn text(fact: &Fact<String>) -> Option<&str> {
    fact.known().map(String::as_str)
}
