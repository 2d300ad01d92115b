//! Clusters with everything that belongs to them.

mod audit_log;
mod database;
mod endpoint;
mod member;
mod network;
mod operations;

use std::sync::Arc;

use self::audit_log::{AuditLog, audit_log};
use self::database::{accounts, all_variables, clients, rdsadmin_deviations, variables};
use self::endpoint::endpoints;
use self::member::instances;
pub(super) use self::network::group_ids;
use self::network::{admits_all_ipv4, admits_all_ipv6, flow_logs, ingress, security_groups, vpc, world_ingress};
use self::operations::{
    DatabaseLog, EngineSupport, engine_support, global_database, log_groups, protected_resource, storage_key,
};
use super::encryption;
use super::found::Found;
use super::instance::Instance;
use super::network::{Ingress, IngressRule, View};
use super::parameter::{self, ClusterParameters};
use super::privileges::DatabaseAccount;
use super::region::Region;
use super::tls::{self, Client, Disagreement, Endpoint, TlsSettings};
use crate::model::{Derived, Fact, Place, Version, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::backup::ProtectedResource;
use crate::snapshot::schema::ec2::{SecurityGroup, Vpc};
use crate::snapshot::schema::kms::Key;
use crate::snapshot::schema::mysql::GlobalVariables;
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::schema::rds_operations::GlobalCluster;
use crate::snapshot::schema::rds_parameter::EngineDefaults;

facts! {
    /// An Aurora cluster.
    struct Cluster = "db_cluster" on DbCluster, with region: Arc<Region> {
        /// Its instances.
        instances: Fact<Vec<Arc<Instance>>> => instances;
        /// Values of its cluster parameter group.
        parameters: ClusterParameters => parameters;
        /// Whether every member runs the values of the group; unknown while one of them waits for a reboot.
        parameters_in_force: Derived<bool> => parameters_in_force;
        /// What its audit log holds, once it is on.
        audit_log: AuditLog => audit_log;
        /// Global variables of the server that was logged in to.
        variables: Fact<Arc<Record<GlobalVariables>>> => variables;
        /// Whether connections without TLS are refused: what the running server says, else what the parameter group says.
        requires_tls: Derived<bool> => requires_tls;
        /// What the parameter group says about TLS, the engine's defaults filled in.
        tls_settings: TlsSettings => tls_settings;
        /// Where the group, the running servers and the wire say different things about TLS.
        tls_disagreements: Derived<Vec<Arc<Disagreement>>> => tls_disagreements;
        /// Clients that were connected to its servers when they were read, those that are alike together.
        clients: Fact<Vec<Arc<Client>>> => clients;
        /// Aurora's own version, as in `3.08.2`; absent in versions that do not carry one.
        aurora_version: Derived<Version> => aurora_version, optional;
        /// Whether AWS offers encryption in its region, by a dated table.
        encryption_offered: Fact<bool> => encryption_offered;
        /// What an older statement of AWS says otherwise, and whether that table was stale when the cluster was read.
        encryption_note: Fact<String> => encryption_note, optional;
        /// The KMS key of its storage; absent where AWS owns the key or there is none.
        storage_key: Fact<Arc<Record<Key>>> => storage_key, optional;
        /// The groups of CloudWatch Logs that it writes to.
        log_groups: Fact<Vec<Arc<DatabaseLog>>> => log_groups;
        /// What AWS Backup knows of it; absent where AWS Backup never backed it up.
        protected_resource: Fact<Arc<Record<ProtectedResource>>> => protected_resource, optional;
        /// How long its major version is supported.
        engine_support: Fact<Arc<EngineSupport>> => engine_support;
        /// The global database that it belongs to; absent where it stands alone.
        global_database: Fact<Arc<Record<GlobalCluster>>> => global_database, optional;
        /// Its VPC.
        vpc: Fact<Arc<Record<Vpc>>> => vpc;
        /// Whether its VPC keeps a log of the connections that are refused.
        flow_logs: Derived<bool> => flow_logs;
        /// The security groups attached to it.
        security_groups: Fact<Vec<Arc<Record<SecurityGroup>>>> => security_groups;
        /// What the attached security groups admit to the cluster's own port, a source each.
        ingress: Ingress => ingress;
        /// Whether the IPv4 sources admitted to the port are together all of IPv4.
        admits_all_ipv4: Derived<bool> => admits_all_ipv4;
        /// Whether the IPv6 sources admitted to the port are together all of IPv6.
        admits_all_ipv6: Derived<bool> => admits_all_ipv6;
        /// The rules that admit all of IPv4 or IPv6 together; empty when they do not.
        world_ingress: Fact<Vec<Arc<IngressRule>>> => world_ingress;
        /// Its endpoints, as far as they were probed.
        endpoints: Found<Endpoint> => endpoints;
        /// Accounts of its database.
        database_accounts: Found<DatabaseAccount> => accounts;
        /// What is wrong with `rdsadmin`, the account that Amazon RDS manages the server with; empty when it is as RDS made it.
        rdsadmin_deviations: Derived<Vec<Fact<String>>> => rdsadmin_deviations;
    }
}

impl Cluster {
    /// The networks of its account and region.
    pub(super) fn network(&self) -> View<'_> {
        self.region.network()
    }

    /// Where a key of the cluster's own record stands.
    fn place(&self, key: &str) -> Place {
        Place::data_of(self.record.at).member(key)
    }
}

fn parameters(cluster: &Cluster) -> ClusterParameters {
    let region = &cluster.region;
    let group = &cluster.record.data.db_cluster_parameter_group;
    ClusterParameters::new(&region.one_of("rds:DescribeDBClusterParameters", &region.estate.lookups.parameters, group))
}

fn parameters_in_force(cluster: &Cluster) -> Derived<bool> {
    parameter::parameters_in_force(&cluster.record)
}

fn requires_tls(cluster: &Cluster) -> Derived<bool> {
    tls::requires_tls(&cluster.record, cluster.tls_settings(), cluster.variables())
}

fn tls_settings(cluster: &Cluster) -> TlsSettings {
    TlsSettings::new(&cluster.record, cluster.parameters(), &engine_defaults(cluster))
}

/// What the engine sets in the family of the parameter group; absent where nobody asked, as in snapshots of before.
fn engine_defaults(cluster: &Cluster) -> Fact<Arc<Record<EngineDefaults>>> {
    const SOURCE: &str = "rds:DescribeEngineDefaultClusterParameters";
    let (region, group) = (&cluster.region, &cluster.record.data.db_cluster_parameter_group);
    let group = group.as_ref().and_then(|name| region.parameter_groups().get(name));
    let family = group.and_then(|group| group.data.db_parameter_group_family.clone());
    match region.one_of(SOURCE, &region.estate.lookups.engine_defaults, &family) {
        // A listing without the group names no family to ask about.
        Fact::Unknown(Why::NotCollected | Why::Dangling { .. }) => Fact::Absent,
        Fact::Unknown(why) if tls::is_voluntary(&why) => Fact::Absent,
        found => found,
    }
}

fn tls_disagreements(cluster: &Cluster) -> Derived<Vec<Arc<Disagreement>>> {
    tls::disagreements(cluster.tls_settings(), &all_variables(cluster), cluster.endpoints())
}

fn encryption_offered(cluster: &Cluster) -> Fact<bool> {
    encryption::encryption_offered(&cluster.region.scope.1)
}

fn encryption_note(cluster: &Cluster) -> Fact<String> {
    encryption::encryption_note(&cluster.region.scope.1, cluster.record.observed)
}

/// `8.0.mysql_aurora.3.08.2` carries `3.08.2`; the 8.4 line carries none.
fn aurora_version(cluster: &Cluster) -> Derived<Version> {
    let version = cluster.record.data.engine_version.as_ref().and_then(|text| match text.split_once("mysql_aurora.") {
        None => Fact::Absent,
        Some((_, version)) => version.parse().map_or_else(
            |()| Fact::Unknown(Why::Unreadable { detail: format!("`{text}` has no Aurora version").into() }),
            Fact::Known,
        ),
    });
    Derived::new(version, vec![cluster.place("EngineVersion")])
}
