//! Clusters with everything that belongs to them.

use std::sync::Arc;

use super::instance::Instance;
use super::network::IngressRule;
use super::parameter::ClusterParameters;
use super::privileges::DatabaseAccount;
use super::tls::Endpoint;
use crate::model::{Derived, Fact, Version, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{SecurityGroup, Vpc};
use crate::snapshot::schema::mysql::GlobalVariables;
use crate::snapshot::schema::rds::DbCluster;

facts! {
    /// An Aurora cluster.
    struct Cluster = "db_cluster" on DbCluster {
        /// Its instances.
        instances: Fact<Vec<Arc<Instance>>>;
        /// Values of its cluster parameter group.
        parameters: ClusterParameters;
        /// Whether every member runs the values of the group; unknown while one of them waits for a reboot.
        parameters_in_force: Derived<bool>;
        /// Global variables of the server that was logged in to.
        variables: Fact<Arc<Record<GlobalVariables>>>;
        /// Whether connections without TLS are refused: what the running server says, else what the parameter group says.
        requires_tls: Derived<bool>;
        /// Aurora's own version, as in `3.08.2`; absent in versions that do not carry one.
        aurora_version: Derived<Version>, optional;
        /// Its VPC.
        vpc: Fact<Arc<Record<Vpc>>>;
        /// The security groups attached to it.
        security_groups: Fact<Vec<Arc<Record<SecurityGroup>>>>;
        /// What the attached security groups admit to the cluster's own port, a source each.
        ingress: Fact<Vec<Arc<IngressRule>>>;
        /// Whether the IPv4 sources admitted to the port are together all of IPv4.
        admits_all_ipv4: Derived<bool>;
        /// Whether the IPv6 sources admitted to the port are together all of IPv6.
        admits_all_ipv6: Derived<bool>;
        /// Its endpoints, as far as they were probed.
        endpoints: Fact<Vec<Arc<Endpoint>>>;
        /// Accounts of its database.
        database_accounts: Fact<Vec<Arc<DatabaseAccount>>>;
    }
}

/// `8.0.mysql_aurora.3.08.2` carries `3.08.2`; the 8.4 line carries none.
pub(super) fn aurora_version(engine_version: &Fact<String>) -> Fact<Version> {
    engine_version.as_ref().and_then(|text| match text.split_once("mysql_aurora.") {
        None => Fact::Absent,
        Some((_, version)) => version.parse().map_or_else(
            |()| Fact::Unknown(Why::Unreadable { detail: format!("`{text}` has no Aurora version").into() }),
            Fact::Known,
        ),
    })
}
