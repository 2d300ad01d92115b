//! Records by what other records call them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::{ByScope, Scope};
use crate::model::Fact;
use crate::snapshot::schema::cloudtrail::TrailStatus;
use crate::snapshot::schema::kms::{Key, KeyPolicy, KeyRotationStatus};
use crate::snapshot::schema::mysql::{
    Account, ClientConnection, ColumnGrant, DefaultRole, Definer, DynamicGrant, GlobalVariables, ProxyGrant, RoleEdge,
    RoutineGrant, SchemaGrant, Session, TableGrant,
};
use crate::snapshot::schema::rds::{DbClusterParameters, DbClusterSnapshotAttributes};
use crate::snapshot::schema::rds_parameter::EngineDefaults;
use crate::snapshot::schema::rds_proxy::DbProxyTargets;
use crate::snapshot::schema::secretsmanager::SecretPolicy;
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
    /// By the family of groups.
    pub engine_defaults: Lookup<EngineDefaults>,
    /// By the name of the snapshot.
    pub snapshot_attributes: Lookup<DbClusterSnapshotAttributes>,
    /// By ARN.
    pub keys: Lookup<Key>,
    /// By the ARN of the key.
    pub key_rotation_statuses: Lookup<KeyRotationStatus>,
    /// By the ARN of the key.
    pub key_policies: Lookup<KeyPolicy>,
    /// By the ARN of the secret.
    pub secret_policies: Lookup<SecretPolicy>,
    /// By the ARN of the trail.
    pub trail_statuses: Lookup<TrailStatus>,
    /// By `host:port`.
    pub endpoints: Lookup<TlsEndpoint>,
    /// By the name of the proxy.
    pub proxy_targets: Lookup<DbProxyTargets>,
    /// By the ARN of the cluster.
    pub clients: Lookup<ClientConnection>,
    /// By the ARN of the cluster, or the server's address.
    pub sessions: Lookup<Session>,
    /// By the ARN of the cluster, or the server's address.
    pub variables: Lookup<GlobalVariables>,
    /// By the ARN of the cluster, or the server's address.
    pub accounts: Lookup<Account>,
    /// By the ARN of the cluster, or the server's address.
    pub schema_grants: Lookup<SchemaGrant>,
    /// By the ARN of the cluster, or the server's address.
    pub table_grants: Lookup<TableGrant>,
    /// By the ARN of the cluster, or the server's address.
    pub column_grants: Lookup<ColumnGrant>,
    /// By the ARN of the cluster, or the server's address.
    pub routine_grants: Lookup<RoutineGrant>,
    /// By the ARN of the cluster, or the server's address.
    pub dynamic_grants: Lookup<DynamicGrant>,
    /// By the ARN of the cluster, or the server's address.
    pub role_edges: Lookup<RoleEdge>,
    /// By the ARN of the cluster, or the server's address.
    pub default_roles: Lookup<DefaultRole>,
    /// By the ARN of the cluster, or the server's address.
    pub proxy_grants: Lookup<ProxyGrant>,
    /// By the ARN of the cluster, or the server's address.
    pub definers: Lookup<Definer>,
}

impl Lookups {
    /// Looks everything up once.
    pub fn new(records: &Records) -> Self {
        Self {
            parameters: Lookup::new(&records.db_cluster_parameters, |it| {
                text(&it.data.db_cluster_parameter_group_name)
            }),
            engine_defaults: Lookup::new(&records.engine_defaults, |it| text(&it.data.db_parameter_group_family)),
            snapshot_attributes: Lookup::new(&records.db_cluster_snapshot_attributes, |it| {
                text(&it.data.db_cluster_snapshot_identifier)
            }),
            keys: Lookup::new(&records.keys, |it| text(&it.data.arn)),
            key_rotation_statuses: Lookup::new(&records.key_rotation_statuses, |it| text(&it.data.key_id)),
            key_policies: Lookup::new(&records.key_policies, |it| text(&it.data.key_id)),
            secret_policies: Lookup::new(&records.secret_policies, |it| text(&it.data.arn)),
            trail_statuses: Lookup::new(&records.trail_statuses, |it| text(&it.data.trail_arn)),
            endpoints: Lookup::new(&records.tls_endpoints, |it| Some(&it.id)),
            proxy_targets: Lookup::new(&records.db_proxy_targets, |it| text(&it.data.db_proxy_name)),
            clients: Lookup::new(&records.client_connections, |it| text(&it.data.db_cluster_arn)),
            sessions: Lookup::new(&records.sessions, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            variables: Lookup::new(&records.global_variables, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            accounts: Lookup::new(&records.accounts, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            schema_grants: Lookup::new(&records.schema_grants, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            table_grants: Lookup::new(&records.table_grants, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            column_grants: Lookup::new(&records.column_grants, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            routine_grants: Lookup::new(&records.routine_grants, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            dynamic_grants: Lookup::new(&records.dynamic_grants, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            role_edges: Lookup::new(&records.role_edges, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            default_roles: Lookup::new(&records.default_roles, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            proxy_grants: Lookup::new(&records.proxy_grants, |it| server(&it.data.db_cluster_arn, &it.data.server)),
            definers: Lookup::new(&records.definers, |it| server(&it.data.db_cluster_arn, &it.data.server)),
        }
    }
}

/// What the records of a server name it by: its cluster, or its own address where it belongs to none.
fn server<'r>(cluster: &'r Fact<String>, address: &'r Fact<String>) -> Option<&'r str> {
    match cluster {
        Fact::Absent => text(address),
        cluster => text(cluster),
    }
}

fn text(fact: &Fact<String>) -> Option<&str> {
    fact.known().map(String::as_str)
}
