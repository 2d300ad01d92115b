//! Which control policies bind an account: those attached to the root of its organisation, to the units above it, and to itself.
//! AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation"; the management account is bound by none.

mod tree;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::tree::{Gone, Tree};
use super::account::{Documents, unread};
use super::evaluate::{Held, Level, Organization};
use super::grammar::Kind;
use crate::facts::index::{Index, Scope};
use crate::facts::scope::GLOBAL;
use crate::model::{Fact, Place, Why};
use crate::snapshot::Snapshot;

/// What all accounts of a snapshot read of their organisations. The tree is read by the management account, or by one that it
/// delegated that to, and serves all others.
pub struct Organizations {
    trees: Vec<Tree>,
}

/// What an account's place in an organisation means for it.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Its service control policies.
    pub scps: Organization,
    /// Its resource control policies.
    pub rcps: Organization,
    /// Id of the organisation; absent in none.
    pub id: Fact<String>,
    /// The way to the account, as `aws:PrincipalOrgPaths` writes it: `o-1/r-1/ou-1/`; absent in none.
    pub path: Fact<String>,
    /// Id of the management account; absent in none.
    pub management_account: Fact<String>,
    /// Where the policies stand.
    pub documents: Documents,
}

impl Membership {
    /// Of an account of which nobody knows where it is.
    pub fn unread(why: &Why) -> Self {
        Self {
            scps: Organization::Unread(why.clone()),
            rcps: Organization::Unread(why.clone()),
            id: Fact::Unknown(why.clone()),
            path: Fact::Unknown(why.clone()),
            management_account: Fact::Unknown(why.clone()),
            documents: Documents::default(),
        }
    }

    /// The first reason why a control policy was not read.
    pub fn unread_policy(&self) -> Option<Why> {
        [&self.scps, &self.rcps].into_iter().find_map(|side| match side {
            Organization::None => None,
            Organization::Unread(why) => Some(why.clone()),
            Organization::Levels(levels) => {
                levels.iter().flat_map(|level| &level.policies).find_map(|held| held.document.as_ref().err().cloned())
            }
        })
    }

    /// The same with control policies that nobody read.
    fn unbound(self, why: &Why) -> Self {
        Self { scps: Organization::Unread(why.clone()), rcps: Organization::Unread(why.clone()), ..self }
    }

    /// Of an account that is in no organisation.
    pub fn none() -> Self {
        Self {
            scps: Organization::None,
            rcps: Organization::None,
            id: Fact::Absent,
            path: Fact::Absent,
            management_account: Fact::Absent,
            documents: Documents::default(),
        }
    }
}

/// Levels that a tree can have: a root, five of units, and the account. More is no tree.
const MAX_LEVELS: usize = 7;

/// What a member account asks, in the order in which a failure says most.
const QUESTIONS: [&str; 4] = [
    "organizations:ListParents",
    "organizations:DescribeOrganization",
    "organizations:ListPoliciesForTarget",
    "organizations:ListRoots",
];

impl Organizations {
    /// Gathers what was read.
    pub fn new(snapshot: &Snapshot, index: &Index) -> Self {
        Self { trees: tree::readers(snapshot).iter().map(|reader| Tree::new(snapshot, index, reader)).collect() }
    }

    /// What binds an account. Of several trees that it hangs in the one counts that was read last.
    pub fn membership(&self, index: &Index, account: &str) -> Membership {
        if let Some(tree) = self.trees.iter().find(|tree| tree.is_managed_by(account)) {
            return Membership { scps: Organization::None, rcps: Organization::None, ..tree.place(account) };
        }
        let holding = self.trees.iter().filter_map(|tree| Some((tree.read(account)?, tree)));
        if let Some((_, tree)) = holding.max_by_key(|(read, _)| *read) {
            return bound(tree, index, account);
        }
        let why = why(index, account);
        match self.trees.iter().find(|tree| tree.reader == account) {
            Some(own) if own.is_alone => Membership::none(),
            Some(own) => own.place(account).unbound(&why),
            None => Membership::unread(&why),
        }
    }
}

/// Why nothing is known of an account's organisation: what it asked itself in vain.
fn why(index: &Index, account: &str) -> Why {
    let asked = QUESTIONS.iter().map(|question| index.why(&scope(account), question, Some(account)));
    asked.into_iter().find(|why| matches!(why, Why::Gap(_))).unwrap_or(Why::NotCollected)
}

/// The control policies of an account that is in a tree. Where nobody knows the management account it may be this one, and
/// nothing binds it for sure.
fn bound(tree: &Tree, index: &Index, account: &str) -> Membership {
    let known = tree.place(account);
    if !matches!(known.management_account, Fact::Known(_)) {
        return known.unbound(&tree.why(index, "organizations:DescribeOrganization", account));
    }
    let way = match tree.way(account) {
        Ok(way) => way,
        Err(Gone::Unread(child)) => return known.unbound(&tree.why(index, "organizations:ListParents", &child)),
        Err(Gone::Broken(why)) => return known.unbound(&why),
    };
    let mut documents = Documents::default();
    let mut of = |filter, kind| Levels { tree, index, filter, kind, documents: &mut documents }.of(&way);
    let scps = of("SERVICE_CONTROL_POLICY", Kind::ServiceControl);
    let rcps = of("RESOURCE_CONTROL_POLICY", Kind::ResourceControl);
    Membership { scps, rcps, documents, ..known }
}

/// Puts together the levels of one type of policies.
struct Levels<'a> {
    tree: &'a Tree,
    index: &'a Index,
    filter: &'a str,
    kind: Kind,
    documents: &'a mut Documents,
}

impl Levels<'_> {
    /// The levels from the root down; `way` goes from the root to the account.
    fn of(&mut self, way: &[String]) -> Organization {
        let enabled = way.first().map_or(Fact::Unknown(Why::NotCollected), |root| self.tree.uses(root, self.filter));
        if enabled == Fact::Known(false) {
            return Organization::None;
        }
        let levels: Vec<_> = way.iter().map(|target| self.level(target, enabled == Fact::Known(true))).collect();
        Organization::Levels(levels.into())
    }

    /// A root, unit or account. That nothing is attached counts only where the type is surely in use: then it denies everything.
    fn level(&mut self, target: &str, enabled: bool) -> Level {
        let id: Arc<str> = target.into();
        let missing =
            |why: Why| Level { id: Arc::clone(&id), policies: vec![unread(&format!("policies of {target}"), why)] };
        let asked = || self.tree.why(self.index, "organizations:ListPoliciesForTarget", target);
        let attached = match self.tree.attached(target, self.filter) {
            Some(Ok(attached)) => attached,
            Some(Err(why)) => return missing(why),
            None => return missing(asked()),
        };
        if attached.is_empty() && !enabled {
            return missing(Why::NotCollected);
        }
        let policies = attached.into_iter().map(|policy| self.policy(&policy)).collect();
        Level { id, policies }
    }

    fn policy(&mut self, id: &Fact<String>) -> Held {
        let id = match id {
            Fact::Known(id) => id,
            Fact::Absent => return unread("a control policy", Why::NotCollected),
            Fact::Unknown(why) => return unread("a control policy", why.clone()),
        };
        match self.tree.policies.get(id) {
            Some(Ok(record)) => {
                let summary = record.data.policy_summary.known();
                let arn = summary.and_then(|it| it.arn.known()).unwrap_or(id);
                let place = Place::data_of(record.at).member("Content");
                self.documents.hold(arn, &record.data.content, &place, self.kind)
            }
            Some(Err(why)) => unread(id, why.clone()),
            None => unread(id, self.tree.why(self.index, "organizations:DescribePolicy", id)),
        }
    }
}

/// The accounts whose records speak of organisations.
fn scope(account: &str) -> Scope {
    (account.to_owned(), GLOBAL.to_owned())
}

/// Names in order, none twice.
type Names = BTreeSet<String>;

#[cfg(test)]
mod tests;
