//! Records by what other records call them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::{ByScope, Scope};
use crate::model::Fact;
use crate::snapshot::schema::mysql::{Account, ClientConnection, GlobalVariables, RoleEdge, Session};
use crate::snapshot::schema::rds::{DbClusterParameters, DbClusterSnapshotAttributes};
use crate::snapshot::schema::rds_proxy::DbProxyTargets;
use crate::snapshot::schema::tls::TlsEndpoint;
use crate::snapshot::{Record, Records};

/// Records of one kind by account, region and name.
pub struct Lookup<T>(ByScope<BTreeMap<String, Vec<Arc<Record<T>>>>>);

impl<T> Lookup<T> {
    /// Records by the name that `key` finds in each; one without a name is named by nobody.
    pub fn new(records: &[Arc<Record<T>>], key: impl Fn(&Record<T>) -> Option<&str>) -> Self {
        let mut by_name = ByScope::default();
        for record in records {
            if let Some(name) = key(record) {
                let of_scope: &mut BTreeMap<String, Vec<_>> = by_name.of(&record.account, &record.region);
                of_scope.entry(name.to_owned()).or_default().push(Arc::clone(record));
            }
        }
        Self(by_name)
    }

    /// The newest record of this name.
    pub fn newest(&self, scope: &Scope, name: &str) -> Option<&Arc<Record<T>>> {
        self.all(scope, name).into_iter().max_by_key(|record| record.observed)
    }

    /// All records of this name, in the order of the files.
    pub fn all(&self, scope: &Scope, name: &str) -> Vec<&Arc<Record<T>>> {
        self.0
            .get(scope)
            .and_then(|of_scope| of_scope.get(name))
            .map(|of_name| of_name.iter().collect())
            .unwrap_or_default()
    }
}

/// The lookups of a run.
pub struct Lookups {
    /// By the name of the group.
    pub parameters: Lookup<DbClusterParameters>,
    /// By the name of the snapshot.
    pub snapshot_attributes: Lookup<DbClusterSnapshotAttributes>,
    /// By `host:port`.
    pub endpoints: Lookup<TlsEndpoint>,
    /// By the name of the proxy.
    pub proxy_targets: Lookup<DbProxyTargets>,
    /// By the ARN of the cluster.
    pub clients: Lookup<ClientConnection>,
    /// By the ARN of the cluster.
    pub sessions: Lookup<Session>,
    /// By the ARN of the cluster.
    pub variables: Lookup<GlobalVariables>,
    /// By the ARN of the cluster.
    pub accounts: Lookup<Account>,
    /// By the ARN of the cluster.
    pub role_edges: Lookup<RoleEdge>,
}

impl Lookups {
    /// Looks everything up once.
    pub fn new(records: &Records) -> Self {
        Self {
            parameters: Lookup::new(&records.db_cluster_parameters, |it| {
                text(&it.data.db_cluster_parameter_group_name)
            }),
            snapshot_attributes: Lookup::new(&records.db_cluster_snapshot_attributes, |it| {
                text(&it.data.db_cluster_snapshot_identifier)
            }),
            endpoints: Lookup::new(&records.tls_endpoints, |it| Some(&it.id)),
            proxy_targets: Lookup::new(&records.db_proxy_targets, |it| text(&it.data.db_proxy_name)),
            clients: Lookup::new(&records.client_connections, |it| text(&it.data.db_cluster_arn)),
            sessions: Lookup::new(&records.sessions, |it| text(&it.data.db_cluster_arn)),
            variables: Lookup::new(&records.global_variables, |it| text(&it.data.db_cluster_arn)),
            accounts: Lookup::new(&records.accounts, |it| text(&it.data.db_cluster_arn)),
            role_edges: Lookup::new(&records.role_edges, |it| text(&it.data.db_cluster_arn)),
        }
    }
}

fn text(fact: &Fact<String>) -> Option<&str> {
    fact.known().map(String::as_str)
}
