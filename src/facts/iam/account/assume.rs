//! Who can become which role. IAM User Guide, "Methods to assume a role": the trust policy has to allow it, and within an account
//! it may leave the decision to the policies of the principal.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::identity::{Identity, IdentityKind};
use super::standing::{Because, Standing};
use super::{Account, Target};
use crate::facts::iam::evaluate::Resource;
use crate::facts::iam::grammar::{Action, Effect, Named};

/// A step from one identity to a role.
#[derive(Debug, Clone)]
pub struct Step {
    /// Index of the role among the account's identities.
    pub to: usize,
    /// How sure the step is, and what it rests on.
    pub standing: Standing,
}

/// The steps of an account.
#[derive(Debug, Default)]
pub struct Assumptions {
    steps: BTreeMap<usize, Vec<Step>>,
}

/// Steps that a way may have: longer ones are cut, and no role that needs them is called unreachable by it, because
/// each of its steps is listed with the identity that takes it.
const MAX_STEPS: usize = 8;

impl Assumptions {
    /// Who can become whom.
    pub fn new(account: &Account) -> Self {
        let Some(action) = Action::new("sts:AssumeRole") else { return Self::default() };
        let mut steps: BTreeMap<usize, Vec<Step>> = BTreeMap::new();
        let callers: Vec<_> = account.identities.iter().map(|identity| identity.may_touch(&action)).collect();
        for (to, role) in account.identities.iter().enumerate() {
            let Some(trust) = &role.trust else { continue };
            if role.is_service_linked() {
                continue;
            }
            let target = Target { policy: Some(trust.clone()), ..Target::new(Resource::arn(&role.principal.arn)) };
            for (from, identity) in account.identities.iter().enumerate() {
                let may_call = callers.get(from).copied().unwrap_or(false);
                if from == to || identity.kind == IdentityKind::Root || !may_be_named(role, identity, may_call) {
                    continue;
                }
                let standing = account.standing(identity, &action, &target);
                if standing != Standing::No {
                    steps.entry(from).or_default().push(Step { to, standing });
                }
            }
        }
        Self { steps }
    }

    /// The steps of an identity.
    pub fn steps(&self, from: usize) -> &[Step] {
        self.steps.get(&from).map_or(&[], Vec::as_slice)
    }

    /// The roles that an identity can become, each with the shortest way to it: the roles passed, itself last.
    pub fn reachable(&self, from: usize) -> BTreeMap<usize, (Vec<usize>, Standing)> {
        let mut found: BTreeMap<usize, (Vec<usize>, Standing)> = BTreeMap::new();
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([(from, Vec::new(), Standing::Held(Because::default()))]);
        while let Some((at, way, standing)) = queue.pop_front() {
            if way.len() == MAX_STEPS {
                continue;
            }
            // Sure steps first, so that a role is not called uncertain that a sure way leads to.
            let mut steps: Vec<_> = self.steps(at).iter().collect();
            steps.sort_by_key(|step| matches!(step.standing, Standing::Unknown(_)));
            for step in steps {
                if seen.insert(step.to) {
                    let way: Vec<_> = way.iter().copied().chain([step.to]).collect();
                    let standing = standing.clone().and(|| step.standing.clone());
                    found.insert(step.to, (way.clone(), standing.clone()));
                    queue.push_back((step.to, way, standing));
                }
            }
        }
        found
    }
}

/// Whether the trust policy can admit the identity at all: a cheap look before the question is asked properly.
fn may_be_named(role: &Identity, identity: &Arc<Identity>, may_call: bool) -> bool {
    let Some(Ok(document)) = role.trust.as_ref().map(|trust| &trust.document) else { return may_call };
    document.statements.iter().filter(|statement| statement.effect != Some(Effect::Deny)).any(|statement| {
        let Some(principals) = &statement.principals else { return true };
        principals.negated
            || !statement.faults.is_empty()
            || principals.named.iter().any(|named| match named {
                Named::Everyone => true,
                Named::Account(account) => may_call && *account == identity.principal.account,
                Named::Arn(arn) => *arn == identity.principal.arn || arn.contains(":assumed-role/"),
                Named::Deleted(_) | Named::Service(_) | Named::Federated(_) | Named::CanonicalUser(_) => false,
            })
    })
}
