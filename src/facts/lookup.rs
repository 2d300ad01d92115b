//! Records by what other records call them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::{Scope, scope_of};
use crate::model::Fact;
use crate::snapshot::schema::mysql::{Account, GlobalVariables, RoleEdge};
use crate::snapshot::schema::rds::{DbClusterParameters, DbClusterSnapshotAttributes};
use crate::snapshot::schema::tls::TlsEndpoint;
use crate::snapshot::{Record, Records};

/// Records of one kind by account, region and name.
pub struct Lookup<'a, T>(BTreeMap<(Scope, &'a str), Vec<&'a Arc<Record<T>>>>);

impl<'a, T> Lookup<'a, T> {
    /// Records by the name that `key` finds in each; one without a name is named by nobody.
    pub fn new(records: &'a [Arc<Record<T>>], key: impl Fn(&'a Record<T>) -> Option<&'a str>) -> Self {
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for record in records {
            if let Some(name) = key(record) {
                by_name.entry((scope_of(record), name)).or_default().push(record);
            }
        }
        Self(by_name)
    }

    /// The newest record of this name.
    pub fn newest(&self, scope: &Scope, name: &str) -> Option<&'a Arc<Record<T>>> {
        self.all(scope, name).into_iter().max_by_key(|record| record.observed)
    }

    /// All records of this name, in the order of the files.
    pub fn all(&self, scope: &Scope, name: &str) -> Vec<&'a Arc<Record<T>>> {
        self.0.get(&(scope.clone(), name)).cloned().unwrap_or_default()
    }
}

/// The lookups of a run.
pub struct Lookups<'a> {
    /// By the name of the group.
    pub parameters: Lookup<'a, DbClusterParameters>,
    /// By the name of the snapshot.
    pub snapshot_attributes: Lookup<'a, DbClusterSnapshotAttributes>,
    /// By `host:port`.
    pub endpoints: Lookup<'a, TlsEndpoint>,
    /// By the ARN of the cluster.
    pub variables: Lookup<'a, GlobalVariables>,
    /// By the ARN of the cluster.
    pub accounts: Lookup<'a, Account>,
    /// By the ARN of the cluster.
    pub role_edges: Lookup<'a, RoleEdge>,
}

impl<'a> Lookups<'a> {
    /// Looks everything up once.
    pub fn new(records: &'a Records) -> Self {
        Self {
            parameters: Lookup::new(&records.db_cluster_parameters, |it| {
                text(&it.data.db_cluster_parameter_group_name)
            }),
            snapshot_attributes: Lookup::new(&records.db_cluster_snapshot_attributes, |it| {
                text(&it.data.db_cluster_snapshot_identifier)
            }),
            endpoints: Lookup::new(&records.tls_endpoints, |it| Some(&it.id)),
            variables: Lookup::new(&records.global_variables, |it| text(&it.data.db_cluster_arn)),
            accounts: Lookup::new(&records.accounts, |it| text(&it.data.db_cluster_arn)),
            role_edges: Lookup::new(&records.role_edges, |it| text(&it.data.db_cluster_arn)),
        }
    }
}

fn text(fact: &Fact<String>) -> Option<&str> {
    fact.known().map(String::as_str)
}
