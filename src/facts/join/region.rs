//! The tables of one account and region, and the facts that come of joining them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{place, unread};
use crate::facts::cluster::aurora_version;
use crate::facts::index::{Index, Scope, Table, in_scope};
use crate::facts::lookup::{Lookup, Lookups};
use crate::facts::network::Ingress;
use crate::facts::parameter::parameters_in_force;
use crate::facts::tls::{Anchors, requires_tls};
use crate::facts::world::Facts;
use crate::facts::{Cluster, ClusterParameters, ClusterSnapshot, Instance};
use crate::model::{Derived, Fact, Why};
use crate::snapshot::schema::ec2::{RouteTable, SecurityGroup, Subnet, Vpc};
use crate::snapshot::schema::rds::{
    DbCluster, DbClusterSnapshot, DbInstance, DbSubnetGroup, VpcSecurityGroupMembership,
};
use crate::snapshot::{Record, Snapshot};

/// The tables of one account and region.
pub(super) struct Region<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) index: &'a Index<'a>,
    pub(super) lookups: &'a Lookups<'a>,
    pub(super) anchors: &'a Anchors,
    pub(super) scope: &'a Scope,
    clusters: Table<DbCluster>,
    instances: Table<DbInstance>,
    pub(super) subnet_groups: Table<DbSubnetGroup>,
    snapshots: Table<DbClusterSnapshot>,
    vpcs: Table<Vpc>,
    pub(super) subnets: Table<Subnet>,
    pub(super) route_tables: Table<RouteTable>,
    security_groups: Table<SecurityGroup>,
}

impl<'a> Region<'a> {
    /// Reads the tables of `scope`.
    pub(super) fn new(
        snapshot: &'a Snapshot,
        index: &'a Index<'a>,
        lookups: &'a Lookups<'a>,
        anchors: &'a Anchors,
        scope: &'a Scope,
    ) -> Self {
        let records = &snapshot.records;
        Self {
            snapshot,
            index,
            lookups,
            anchors,
            scope,
            clusters: Table::new(index, scope, "rds:DescribeDBClusters", &records.db_clusters, |it| {
                &it.db_cluster_identifier
            }),
            instances: Table::new(index, scope, "rds:DescribeDBInstances", &records.db_instances, |it| {
                &it.db_instance_identifier
            }),
            subnet_groups: Table::new(index, scope, "rds:DescribeDBSubnetGroups", &records.db_subnet_groups, |it| {
                &it.db_subnet_group_name
            }),
            snapshots: Table::new(
                index,
                scope,
                "rds:DescribeDBClusterSnapshots",
                &records.db_cluster_snapshots,
                |it| &it.db_cluster_snapshot_identifier,
            ),
            vpcs: Table::new(index, scope, "ec2:DescribeVpcs", &records.vpcs, |it| &it.vpc_id),
            subnets: Table::new(index, scope, "ec2:DescribeSubnets", &records.subnets, |it| &it.subnet_id),
            route_tables: Table::new(index, scope, "ec2:DescribeRouteTables", &records.route_tables, |it| {
                &it.route_table_id
            }),
            security_groups: Table::new(index, scope, "ec2:DescribeSecurityGroups", &records.security_groups, |it| {
                &it.group_id
            }),
        }
    }

    /// Adds what the tables say to `facts`.
    pub(super) fn join(&self, facts: &mut Facts) {
        self.join_instances(facts);
        self.join_snapshots(facts);
        let mut clusters = Vec::new();
        for record in self.clusters.present() {
            clusters.push(Arc::new(self.cluster(record, facts)));
        }
        self.join_subnet_groups(&clusters, facts);
        self.join_strays(facts);
        if let Some(why) = self.clusters.incomplete() {
            for kind in ["db_cluster", "db_subnet_group", "endpoint", "database_account"] {
                facts.unread.push(unread(kind, self.scope, &self.every("clusters"), why.clone()));
            }
        }
        facts.clusters.extend(clusters);
    }

    /// Databases and endpoints that were read and whose cluster the listing does not have: another file may be missing. What was
    /// read before the listing belongs to a cluster that is gone.
    fn join_strays(&self, facts: &mut Facts) {
        let Some(listed) = self.clusters.listed() else { return };
        let known: BTreeSet<_> = self.clusters.present().map(|cluster| cluster.id.as_str()).collect();
        let records = &self.snapshot.records;
        let accounts = in_scope(&records.accounts, self.scope).into_iter();
        let endpoints = in_scope(&records.tls_endpoints, self.scope).into_iter();
        let accounts = accounts.map(|it| ("database_account", it.observed, it.data.db_cluster_arn.known()));
        let endpoints = endpoints.map(|it| ("endpoint", it.observed, it.data.db_cluster_arn.known()));
        let strays: BTreeSet<_> = accounts
            .chain(endpoints)
            .filter(|(_, observed, _)| *observed >= listed)
            .filter_map(|(kind, _, arn)| Some((kind, arn?)))
            .filter(|(_, arn)| !known.contains(arn.as_str()))
            .collect();
        for (kind, arn) in strays {
            let why = Why::Dangling { kind: "rds.db_cluster", id: arn.as_str().into() };
            facts.unread.push(unread(kind, self.scope, arn, why));
        }
    }

    /// Names a listing that could not be read.
    fn every(&self, what: &str) -> String {
        format!(
            "all {what} of {} in {}",
            if self.scope.0.is_empty() { "the account" } else { &self.scope.0 },
            self.scope.1
        )
    }

    fn join_instances(&self, facts: &mut Facts) {
        for record in self.instances.present() {
            facts.instances.push(self.instance(record));
        }
        for member in self.clusters.present().filter_map(|cluster| cluster.data.db_cluster_members.known()).flatten() {
            if let (Some(name), None) = (member.db_instance_identifier.known(), self.instances.incomplete())
                && let Fact::Unknown(why) = self.instances.get(name)
            {
                facts.unread.push(unread("db_instance", self.scope, name, why));
            }
        }
        if let Some(why) = self.instances.incomplete() {
            facts.unread.push(unread("db_instance", self.scope, &self.every("instances"), why.clone()));
        }
    }

    fn instance(&self, record: &Arc<Record<DbInstance>>) -> Arc<Instance> {
        let cluster = record.data.db_cluster_identifier.as_ref().and_then(|name| self.clusters.get(name));
        Arc::new(Instance { record: Arc::clone(record), cluster })
    }

    fn join_snapshots(&self, facts: &mut Facts) {
        for record in self.snapshots.present() {
            let attributes = self.one_of(
                "rds:DescribeDBClusterSnapshotAttributes",
                &self.lookups.snapshot_attributes,
                &record.data.db_cluster_snapshot_identifier,
            );
            facts.cluster_snapshots.push(Arc::new(ClusterSnapshot::new(record, &attributes)));
        }
        if let Some(why) = self.snapshots.incomplete() {
            facts.unread.push(unread("db_cluster_snapshot", self.scope, &self.every("snapshots"), why.clone()));
        }
    }

    /// The record that was asked for by name, or the gap of that question.
    fn one_of<T>(&self, source: &str, records: &Lookup<'_, T>, name: &Fact<String>) -> Fact<Arc<Record<T>>> {
        name.as_ref().and_then(|name| match records.newest(self.scope, name) {
            Some(record) => Fact::Known(Arc::clone(record)),
            None => Fact::Unknown(self.index.why(self.scope, source, Some(name))),
        })
    }

    fn cluster(&self, record: &Arc<Record<DbCluster>>, facts: &mut Facts) -> Cluster {
        let data = &record.data;
        let parameters = ClusterParameters::new(&self.one_of(
            "rds:DescribeDBClusterParameters",
            &self.lookups.parameters,
            &data.db_cluster_parameter_group,
        ));
        let variables = self.variables(record);
        let security_groups = self.groups_of(&data.vpc_security_groups);
        let ingress = Ingress::new(&security_groups, &data.port);
        let instances = self.instances_of(record);
        Cluster {
            parameters_in_force: parameters_in_force(record),
            requires_tls: requires_tls(record, &parameters, &variables),
            aurora_version: Derived::new(aurora_version(&data.engine_version), vec![place(record, "EngineVersion")]),
            vpc: self.vpc_of(record),
            endpoints: self.endpoints_of(record, &instances, facts),
            database_accounts: self.accounts_of(record, &variables, facts),
            record: Arc::clone(record),
            instances,
            parameters,
            variables,
            security_groups,
            ingress: ingress.rules,
            admits_all_ipv4: ingress.world_ipv4,
            admits_all_ipv6: ingress.world_ipv6,
        }
    }

    fn instances_of(&self, cluster: &Record<DbCluster>) -> Fact<Vec<Arc<Instance>>> {
        let name = match &cluster.data.db_cluster_identifier {
            Fact::Known(name) => name,
            Fact::Absent | Fact::Unknown(_) => return Fact::Unknown(Why::NotCollected),
        };
        self.instances.all().and_then(|all| {
            let mut instances = Vec::new();
            for record in all {
                match &record.data.db_cluster_identifier {
                    Fact::Known(cluster) if cluster == name => instances.push(self.instance(record)),
                    Fact::Known(_) | Fact::Absent => {}
                    Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                }
            }
            for member in cluster.data.db_cluster_members.known().into_iter().flatten() {
                if let Fact::Unknown(why) =
                    member.db_instance_identifier.as_ref().and_then(|name| self.instances.get(name))
                {
                    return Fact::Unknown(why);
                }
            }
            Fact::Known(instances)
        })
    }

    fn groups_of(&self, memberships: &Fact<Vec<VpcSecurityGroupMembership>>) -> Fact<Vec<Arc<Record<SecurityGroup>>>> {
        memberships.as_ref().and_then(|memberships| {
            let mut groups = Vec::new();
            for membership in memberships {
                match membership.vpc_security_group_id.as_ref().and_then(|id| self.security_groups.get(id)) {
                    Fact::Known(group) => groups.push(group),
                    Fact::Absent => return Fact::Unknown(Why::NotCollected),
                    Fact::Unknown(why) => return Fact::Unknown(why),
                }
            }
            Fact::Known(groups)
        })
    }

    fn vpc_of(&self, cluster: &Record<DbCluster>) -> Fact<Arc<Record<Vpc>>> {
        let group = cluster.data.db_subnet_group.as_ref().and_then(|name| self.subnet_groups.get(name));
        group.and_then(|group| group.data.vpc_id.clone()).and_then(|id| self.vpcs.get(&id))
    }
}
