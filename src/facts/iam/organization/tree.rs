//! What one account read of its organisation: the tree, and what is attached where.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{MAX_LEVELS, Membership, Names, scope};
use crate::facts::index::{Current, Index, in_scope, same};
use crate::model::{Fact, Why};
use crate::snapshot::schema::organizations::{Organization, Parent, Policy, Root, TargetPolicies};
use crate::snapshot::{Kind, Record, Snapshot};

/// The newest records by key; two of one time that disagree are none.
type Latest<K, T> = BTreeMap<K, Result<Arc<Record<T>>, Why>>;

/// A tree.
pub(super) struct Tree {
    /// The account that read it.
    pub reader: String,
    /// Whether that account is surely in no organisation.
    pub is_alone: bool,
    organization: Option<Arc<Record<Organization>>>,
    roots: Latest<String, Root>,
    parents: Latest<String, Parent>,
    targets: Latest<(String, String), TargetPolicies>,
    /// Policies by id.
    pub policies: Latest<String, Policy>,
}

/// Why there is no way to the root.
pub(super) enum Gone {
    /// Nobody read the parent of this child.
    Unread(String),
    /// What was read is no tree.
    Broken(Why),
}

/// Accounts that read anything of an organisation, or that they are in none.
pub(super) fn readers(snapshot: &Snapshot) -> Names {
    let records = &snapshot.records;
    let listings =
        records.listings.iter().filter(|it| it.data.kind.known().is_some_and(|kind| kind == Organization::KIND));
    let mut names: Names = listings.map(|it| it.account.clone()).collect();
    names.extend(records.organizations.iter().map(|it| it.account.clone()));
    names.extend(records.organization_roots.iter().map(|it| it.account.clone()));
    names.extend(records.organization_parents.iter().map(|it| it.account.clone()));
    names
}

impl Tree {
    pub fn new(snapshot: &Snapshot, index: &Index, reader: &str) -> Self {
        let (scope, records) = (scope(reader), &snapshot.records);
        let of_scope = in_scope(&records.organizations, &scope);
        let Current { records: current, complete } =
            index.current(&scope, "organizations:DescribeOrganization", None, of_scope);
        let named = |name: &Fact<String>| name.known().cloned();
        Self {
            reader: reader.to_owned(),
            is_alone: current.is_empty() && complete.is_ok(),
            organization: current.last().map(|record| Arc::clone(record)),
            roots: latest(in_scope(&records.organization_roots, &scope), |it| named(&it.id)),
            parents: latest(in_scope(&records.organization_parents, &scope), |it| named(&it.child_id)),
            targets: latest(in_scope(&records.organization_target_policies, &scope), |it| {
                named(&it.target_id).zip(named(&it.filter))
            }),
            policies: latest(in_scope(&records.organization_policies, &scope), |it| {
                it.policy_summary.known().and_then(|summary| named(&summary.id))
            }),
        }
    }

    fn data(&self) -> Option<&Organization> {
        self.organization.as_ref().map(|record| &record.data)
    }

    /// Whether it is the management account of this organisation.
    pub fn is_managed_by(&self, account: &str) -> bool {
        self.data().and_then(|data| data.master_account_id.known()).is_some_and(|it| it == account)
    }

    /// When it was read where the account hangs in this tree; nothing when it does not.
    pub fn read(&self, account: &str) -> Option<Timestamp> {
        self.parents.get(account).map(|known| known.as_ref().map_or(Timestamp::MAX, |record| record.observed))
    }

    /// What is known of the account's place, but for the policies.
    pub fn place(&self, account: &str) -> Membership {
        let unknown = || Fact::Unknown(Why::NotCollected);
        let of =
            |field: fn(&Organization) -> &Fact<String>| self.data().map_or_else(unknown, |data| field(data).clone());
        let id = of(|data| &data.id);
        let path = match (&id, self.way(account)) {
            (Fact::Known(id), Ok(way)) => {
                let above = way.iter().take(way.len().saturating_sub(1)).map(String::as_str);
                let steps: Vec<_> = [id.as_str()].into_iter().chain(above).collect();
                Fact::Known(steps.join("/") + "/")
            }
            _ => unknown(),
        };
        let management_account = of(|data| &data.master_account_id);
        Membership { id, path, management_account, ..Membership::unread(&Why::NotCollected) }
    }

    /// The way from the root to the account, both included.
    pub fn way(&self, account: &str) -> Result<Vec<String>, Gone> {
        let mut way = vec![account.to_owned()];
        while way.len() <= MAX_LEVELS {
            let child = way.last().map_or(account, String::as_str).to_owned();
            let parent = match self.parents.get(&child) {
                Some(Ok(record)) => &record.data,
                Some(Err(why)) => return Err(Gone::Broken(why.clone())),
                None => return Err(Gone::Unread(child)),
            };
            let (Some(id), Some(kind)) = (parent.id.known(), parent.parent_type.known()) else {
                return Err(Gone::Unread(child));
            };
            way.push(id.clone());
            match kind.as_str() {
                "ROOT" => {
                    way.reverse();
                    return Ok(way);
                }
                "ORGANIZATIONAL_UNIT" => {}
                _ => return Err(Gone::Unread(child)),
            }
        }
        let detail = format!("the units above {account} lead to no root");
        Err(Gone::Broken(Why::Contradiction { detail: detail.into() }))
    }

    /// Whether a type of policies is in use below a root. Without all features an organisation has none.
    pub fn uses(&self, root: &str, policy_type: &str) -> Fact<bool> {
        let features = self.data().and_then(|data| data.feature_set.known());
        if features.is_some_and(|features| features == "CONSOLIDATED_BILLING") {
            return Fact::Known(false);
        }
        let record = match self.roots.get(root) {
            Some(Ok(record)) => record,
            Some(Err(why)) => return Fact::Unknown(why.clone()),
            None => return Fact::Unknown(Why::NotCollected),
        };
        record.data.policy_types.as_ref().and_then(|types| {
            let mut status = Fact::Known(false);
            for entry in types {
                match (entry.policy_type.known().map(String::as_str), entry.status.known().map(String::as_str)) {
                    (Some(known), Some("ENABLED")) if known == policy_type => return Fact::Known(true),
                    (Some(known), _) if known != policy_type => {}
                    _ => status = Fact::Unknown(Why::NotCollected),
                }
            }
            status
        })
    }

    /// Ids of the policies of a type that are attached to a root, unit or account; nothing when nobody asked.
    pub fn attached(&self, target: &str, filter: &str) -> Option<Result<Vec<Fact<String>>, Why>> {
        let record = match self.targets.get(&(target.to_owned(), filter.to_owned()))? {
            Ok(record) => record,
            Err(why) => return Some(Err(why.clone())),
        };
        Some(match &record.data.policies {
            Fact::Known(policies) => Ok(policies.iter().map(|policy| policy.id.clone()).collect()),
            Fact::Absent => Ok(Vec::new()),
            Fact::Unknown(why) => Err(why.clone()),
        })
    }

    /// Why the reader has no answer.
    pub fn why(&self, index: &Index, what: &str, target: &str) -> Why {
        index.why(&scope(&self.reader), what, Some(target))
    }
}

fn latest<K: Ord, T: Kind>(records: Vec<&Arc<Record<T>>>, key: impl Fn(&T) -> Option<K>) -> Latest<K, T> {
    let mut newest: BTreeMap<K, (&Arc<Record<T>>, bool)> = BTreeMap::new();
    for record in records {
        let Some(key) = key(&record.data) else { continue };
        let (known, disputed) = newest.entry(key).or_insert((record, false));
        if known.observed < record.observed {
            (*known, *disputed) = (record, false);
        } else if known.observed == record.observed && !same(&known.data, &record.data) {
            *disputed = true;
        }
    }
    let settled = |(record, disputed): (&Arc<Record<T>>, bool)| {
        let detail = || format!("two of {} at {}", record.id, record.observed);
        if disputed { Err(Why::Contradiction { detail: detail().into() }) } else { Ok(Arc::clone(record)) }
    };
    newest.into_iter().map(|(key, found)| (key, settled(found))).collect()
}
