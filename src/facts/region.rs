//! The tables of one account and region.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::database;
use super::estate::Estate;
use super::found::{Unread, unread};
use super::index::{Scope, Table, in_scope};
use super::lookup::Lookup;
use super::network::View;
use super::privileges::server::Server;
use super::tls::{Endpoint, EndpointRole, Issuer, Owner, Probe};
use crate::model::{Explain, Fact, Why};
use crate::snapshot::schema::backup::ProtectedResource;
use crate::snapshot::schema::cloudtrail::Trail;
use crate::snapshot::schema::guardduty::Detector;
use crate::snapshot::schema::logs::LogGroup;
use crate::snapshot::schema::rds::{DbCluster, DbClusterParameterGroup, DbClusterSnapshot, DbInstance, DbSubnetGroup};
use crate::snapshot::schema::rds_operations::{DbMajorEngineVersion, EventSubscription, GlobalCluster};
use crate::snapshot::schema::rds_proxy::{CertificateAuthority, DbClusterEndpoint, DbProxy, DbProxyEndpoint};
use crate::snapshot::schema::secretsmanager::Secret;
use crate::snapshot::schema::tls::{ProbeDepth, TlsEndpoint};
use crate::snapshot::{Record, explained};

/// Declares the tables: name, type, the call that lists them, and the field that other records name them by.
macro_rules! tables {
    ($($(#[doc = $doc:literal])* $table:ident : $ty:ty = $source:literal, $records:ident by $key:ident;)*) => {
        /// One account and region. Each table is made when it is first asked for.
        pub struct Region {
            pub(super) estate: Arc<Estate>,
            pub(super) scope: Scope,
            servers: OnceLock<BTreeMap<String, Arc<Server>>>,
            alone: OnceLock<Vec<Arc<Server>>>,
            members: OnceLock<Fact<Members>>,
            $($table: OnceLock<Table<$ty>>,)*
        }

        impl Region {
            pub(super) fn new(estate: Arc<Estate>, scope: Scope) -> Self {
                let (servers, alone, members) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
                Self { estate, scope, servers, alone, members, $($table: OnceLock::new(),)* }
            }

            $(
                $(#[doc = $doc])*
                pub(super) fn $table(&self) -> &Table<$ty> {
                    let records = &self.estate.snapshot.records;
                    let table = || Table::new(&self.estate.index, &self.scope, $source, &records.$records, |it| &it.$key);
                    self.$table.get_or_init(table)
                }
            )*
        }
    };
}

tables! {
    /// By identifier.
    clusters: DbCluster = "rds:DescribeDBClusters", db_clusters by db_cluster_identifier;
    /// By identifier.
    instances: DbInstance = "rds:DescribeDBInstances", db_instances by db_instance_identifier;
    /// By host.
    cluster_endpoints: DbClusterEndpoint = "rds:DescribeDBClusterEndpoints", db_cluster_endpoints by endpoint;
    /// By name.
    proxies: DbProxy = "rds:DescribeDBProxies", db_proxies by db_proxy_name;
    /// By name.
    proxy_endpoints: DbProxyEndpoint = "rds:DescribeDBProxyEndpoints", db_proxy_endpoints by db_proxy_endpoint_name;
    /// By identifier.
    certificate_authorities: CertificateAuthority = "rds:DescribeCertificates",
        certificate_authorities by certificate_identifier;
    /// By name.
    subnet_groups: DbSubnetGroup = "rds:DescribeDBSubnetGroups", db_subnet_groups by db_subnet_group_name;
    /// By name.
    parameter_groups: DbClusterParameterGroup = "rds:DescribeDBClusterParameterGroups",
        db_cluster_parameter_groups by db_cluster_parameter_group_name;
    /// By identifier.
    snapshots: DbClusterSnapshot = "rds:DescribeDBClusterSnapshots",
        db_cluster_snapshots by db_cluster_snapshot_identifier;
    /// By name.
    global_clusters: GlobalCluster = "rds:DescribeGlobalClusters", global_clusters by global_cluster_identifier;
    /// By version.
    major_engine_versions: DbMajorEngineVersion = "rds:DescribeDBMajorEngineVersions",
        db_major_engine_versions by major_engine_version;
    /// By name.
    event_subscriptions: EventSubscription = "rds:DescribeEventSubscriptions",
        event_subscriptions by cust_subscription_id;
    /// By name.
    log_groups: LogGroup = "logs:DescribeLogGroups", log_groups by log_group_name;
    /// By id.
    detectors: Detector = "guardduty:ListDetectors", detectors by detector_id;
    /// By ARN.
    trails: Trail = "cloudtrail:DescribeTrails", trails by trail_arn;
    /// By ARN.
    protected_resources: ProtectedResource = "backup:ListProtectedResources", protected_resources by resource_arn;
    /// By ARN.
    secrets: Secret = "secretsmanager:ListSecrets", secrets by arn;
}

/// Instances by the name of their cluster.
type Members = BTreeMap<String, Vec<Arc<Record<DbInstance>>>>;

impl Region {
    /// The database server of a cluster.
    pub(super) fn server(&self, cluster: &Arc<Record<DbCluster>>) -> Arc<Server> {
        let of_clusters = || {
            let clusters = self.clusters().present();
            clusters.map(|cluster| (cluster.id.clone(), Arc::new(database::of_cluster(self, cluster)))).collect()
        };
        let known = self.servers.get_or_init(of_clusters).get(&cluster.id).cloned();
        known.unwrap_or_else(|| Arc::new(database::of_cluster(self, cluster)))
    }

    /// The database servers that belong to no cluster.
    pub(super) fn servers_alone(&self) -> &[Arc<Server>] {
        self.alone.get_or_init(|| database::alone(self))
    }

    /// The instances of every cluster, where all of them say which cluster is theirs.
    pub(super) fn members(&self) -> &Fact<Members> {
        self.members.get_or_init(|| {
            self.instances().all().and_then(|all| {
                let mut members = Members::new();
                for record in all {
                    match &record.data.db_cluster_identifier {
                        Fact::Known(cluster) => members.entry(cluster.clone()).or_default().push(Arc::clone(record)),
                        Fact::Absent => {}
                        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                    }
                }
                Fact::Known(members)
            })
        })
    }

    /// The record that was asked for by name, or the gap of that question.
    pub(super) fn one_of<T>(&self, source: &str, records: &Lookup<T>, name: &Fact<String>) -> Fact<Arc<Record<T>>> {
        name.as_ref().and_then(|name| match records.newest(&self.scope, name) {
            Some(record) => Fact::Known(Arc::clone(record)),
            None => Fact::Unknown(self.why(source, Some(name))),
        })
    }

    /// The networks of the account and region.
    pub(super) fn network(&self) -> View<'_> {
        self.estate.networks().of(&self.scope)
    }

    /// One endpoint with its probe, or why there is none.
    pub(super) fn endpoint(
        &self,
        owner: Owner,
        issuer: Result<Issuer, Why>,
        role: EndpointRole,
        address: &str,
    ) -> Result<Endpoint, Why> {
        let why = || self.why("tls:handshake", Some(address));
        let record = self.estate.lookups.endpoints.newest(&self.scope, address).ok_or_else(why)?;
        // What a light probe was not asked is not missing for what went wrong with it.
        let light = record.data.depth == Fact::Known(ProbeDepth::Light);
        let unasked = |field: &str| light && TlsEndpoint::is_for_deep_probes(field);
        let why_not = |field: &str| if unasked(field) { self.why("tls:cipher_suites", Some(address)) } else { why() };
        let record = &explained(record, |data: &mut TlsEndpoint| data.explain(why_not));
        let authorities = issuer.and_then(|issuer| self.estate.trust().of(record.at.file, issuer));
        Ok(Endpoint::new(&Probe { record, authorities }, owner, role, address.to_owned()))
    }

    /// Why there is no answer of `what` for `target`.
    pub(super) fn why(&self, what: &str, target: Option<&str>) -> Why {
        self.estate.index.why(&self.scope, what, target)
    }

    /// The gap of the question for `target` itself.
    pub(super) fn own_why(&self, what: &str, target: &str) -> Option<Why> {
        self.estate.index.own_gap(&self.scope, what, target).map(Why::Gap)
    }

    /// Subjects of `kind` that belong to clusters, where the clusters are not all known.
    pub(super) fn unread_clusters(&self, kind: &'static str) -> Option<Unread> {
        let why = self.clusters().incomplete()?;
        Some(unread(kind, &self.scope, &self.every("clusters"), why.clone()))
    }

    /// Subjects of `kind` that belong to proxies, where the proxies are not all known.
    pub(super) fn unread_proxies(&self, kind: &'static str) -> Option<Unread> {
        let why = self.proxies().incomplete()?;
        Some(unread(kind, &self.scope, &self.every("proxies"), why.clone()))
    }

    /// Records of a cluster that the listing of clusters does not have: another file may be missing. What was read before the
    /// listing belongs to a cluster that is gone.
    pub(super) fn strays<T>(
        &self,
        kind: &'static str,
        records: &[Arc<Record<T>>],
        cluster: impl Fn(&T) -> &Fact<String>,
    ) -> Vec<Unread> {
        let Some(listed) = self.clusters().listed() else { return Vec::new() };
        let known: BTreeSet<_> = self.clusters().present().map(|cluster| cluster.id.as_str()).collect();
        let strays: BTreeSet<_> = in_scope(records, &self.scope)
            .into_iter()
            .filter(|record| record.observed >= listed)
            .filter_map(|record| cluster(&record.data).known())
            .filter(|arn| !known.contains(arn.as_str()))
            .collect();
        let why = |arn: &str| Why::Dangling { kind: "rds.db_cluster", id: arn.into() };
        strays.into_iter().map(|arn| unread(kind, &self.scope, arn, why(arn))).collect()
    }

    /// Names a listing that could not be read.
    pub(super) fn every(&self, what: &str) -> String {
        let account = if self.scope.0.is_empty() { "the account" } else { &self.scope.0 };
        format!("all {what} of {account} in {}", self.scope.1)
    }
}

impl fmt::Debug for Region {
    /// Objects that hold it are printed without its tables.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Region").field(&self.scope).finish()
    }
}
