//! All facts of a run, and the subjects among them.

use std::sync::Arc;

use super::join;
use super::privileges::DatabaseAccount;
use super::subject::{Identity, Subject, Subjects, TargetType};
use super::tls::Endpoint;
use super::{Cluster, ClusterSnapshot, Instance, SubnetGroup};
use crate::facts::iam::Policy;
use crate::model::{Fact, Object, Untrusted, Why};
use crate::snapshot::{Record, Snapshot};

/// The facts of a snapshot.
#[derive(Debug, Default)]
pub struct Facts {
    pub(super) clusters: Vec<Arc<Cluster>>,
    pub(super) instances: Vec<Arc<Instance>>,
    pub(super) subnet_groups: Vec<Arc<SubnetGroup>>,
    pub(super) cluster_snapshots: Vec<Arc<ClusterSnapshot>>,
    pub(super) endpoints: Vec<Arc<Endpoint>>,
    pub(super) database_accounts: Vec<Arc<DatabaseAccount>>,
    pub(super) policies: Vec<(String, Policy)>,
    pub(super) unread: Vec<Unread>,
}

/// Subjects that there may be, and that could not be read.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) identity: Identity,
    pub(super) why: Why,
}

/// The kinds of subjects that rules may target.
pub const TARGETS: &[TargetType] = &[
    TargetType { name: "db_cluster", object_type: &Cluster::OBJECT_TYPE },
    TargetType { name: "db_instance", object_type: &Instance::OBJECT_TYPE },
    TargetType { name: "db_subnet_group", object_type: &SubnetGroup::OBJECT_TYPE },
    TargetType { name: "db_cluster_snapshot", object_type: &ClusterSnapshot::OBJECT_TYPE },
    TargetType { name: "endpoint", object_type: &Endpoint::OBJECT_TYPE },
    TargetType { name: "database_account", object_type: &DatabaseAccount::OBJECT_TYPE },
    TargetType { name: "iam_policy", object_type: &Policy::OBJECT_TYPE },
];

impl Facts {
    /// Joins the records of a snapshot.
    pub fn new(snapshot: &Snapshot) -> Self {
        join::facts(snapshot)
    }

    /// Number of clusters.
    pub fn cluster_count(&self) -> usize {
        self.clusters.len()
    }

    fn known(&self, target: &str) -> Vec<Subject<'_>> {
        match target {
            "db_cluster" => {
                all(&self.clusters, |it| of("db_cluster", &it.record, &it.record.data.db_cluster_identifier))
            }
            "db_instance" => {
                all(&self.instances, |it| of("db_instance", &it.record, &it.record.data.db_instance_identifier))
            }
            "db_subnet_group" => {
                all(&self.subnet_groups, |it| of("db_subnet_group", &it.record, &it.record.data.db_subnet_group_name))
            }
            "db_cluster_snapshot" => all(&self.cluster_snapshots, |it| {
                of("db_cluster_snapshot", &it.record, &it.record.data.db_cluster_snapshot_identifier)
            }),
            "endpoint" => all(&self.endpoints, |it| of("endpoint", &it.record, &Fact::Known(it.address.clone()))),
            "database_account" => all(&self.database_accounts, |it| of("database_account", &it.record, &named(it))),
            "iam_policy" => {
                let subject =
                    |(account, policy)| Subject { identity: policy_identity(account, policy), facts: Ok(policy) };
                self.policies.iter().map(|(account, policy)| subject((account, policy))).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Subjects for Facts {
    fn subjects(&self, target: &str) -> Vec<Subject<'_>> {
        let mut subjects = self.known(target);
        let unread = self.unread.iter().filter(|unread| unread.identity.kind == target);
        subjects.extend(unread.map(|unread| Subject { identity: unread.identity.clone(), facts: Err(&unread.why) }));
        subjects
    }
}

fn all<T: Object>(facts: &[Arc<T>], identity: impl Fn(&T) -> Identity) -> Vec<Subject<'_>> {
    facts.iter().map(|it| Subject { identity: identity(it), facts: Ok(it.as_ref()) }).collect()
}

fn of<T>(kind: &'static str, record: &Record<T>, name: &Fact<String>) -> Identity {
    Identity {
        kind,
        id: Untrusted::new(record.id.clone()),
        name: Untrusted::new(name.known().unwrap_or(&record.id).clone()),
        account: record.account.clone(),
        region: record.region.clone(),
    }
}

/// `'user'@'host' on cluster`: the same names are on many servers.
fn named(account: &DatabaseAccount) -> Fact<String> {
    let cluster = account.cluster.data.db_cluster_identifier.known();
    let cluster = cluster.map_or("?", String::as_str);
    account.account.as_ref().map(|account| format!("{account} on {cluster}"))
}

fn policy_identity(account: &str, policy: &Policy) -> Identity {
    let name = policy.id.rsplit_once('#').map_or_else(
        || policy.name.clone(),
        |(holder, name)| format!("{name} in {}", holder.rsplit_once(':').map_or(holder, |(_, holder)| holder)),
    );
    Identity {
        kind: "iam_policy",
        id: Untrusted::new(policy.id.clone()),
        name: Untrusted::new(name),
        account: account.to_owned(),
        region: "global".to_owned(),
    }
}
