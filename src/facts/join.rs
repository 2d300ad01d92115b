//! From records to facts, an account and region at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::index::{Index, Scope, Table, in_scope};
use super::network::{Ingress, SubnetRoute};
use super::privileges::{DatabaseAccount, Roles, is_on};
use super::scope::{GLOBAL, accounts, scopes};
use super::subject::Identity;
use super::tls::{Anchors, Endpoint, EndpointRole, Probe};
use super::world::{Facts, Unread};
use super::{Cluster, ClusterParameters, ClusterSnapshot, Instance, SubnetGroup, iam};
use crate::model::{Derived, Fact, Place, Untrusted, Version, Why};
use crate::snapshot::schema::ec2::{RouteTable, SecurityGroup, Subnet, Vpc};
use crate::snapshot::schema::mysql::{Account, GlobalVariables};
use crate::snapshot::schema::rds::{
    DbCluster, DbClusterSnapshot, DbInstance, DbSubnetGroup, Engine, VpcSecurityGroupMembership,
};
use crate::snapshot::schema::tls::TlsEndpoint;
use crate::snapshot::{Record, Snapshot};

/// Joins all records.
pub fn facts(snapshot: &Snapshot) -> Facts {
    let index = Index::new(snapshot);
    let mut facts = Facts::default();
    let scopes = scopes(snapshot);
    let anchors = Anchors::new(snapshot);
    for scope in &scopes {
        Region::new(snapshot, &index, &anchors, scope).join(&mut facts);
    }
    for account in accounts(snapshot, &scopes) {
        join_policies(snapshot, &index, &account, &mut facts);
    }
    facts
}

fn join_policies(snapshot: &Snapshot, index: &Index<'_>, account: &str, facts: &mut Facts) {
    let scope = (account.to_owned(), GLOBAL.to_owned());
    let (policies, missing) = iam::Principals::new(snapshot, index, &scope).policies(account);
    facts.policies.extend(policies.into_iter().map(|policy| (account.to_owned(), policy)));
    facts.unread.extend(missing.into_iter().map(|missing| unread("iam_policy", &scope, &missing.id, missing.why)));
}

fn unread(kind: &'static str, (account, region): &Scope, id: &str, why: Why) -> Unread {
    let id = Untrusted::new(id);
    Unread { identity: Identity { kind, name: id.clone(), id, account: account.clone(), region: region.clone() }, why }
}

/// Something of a cluster that could not be read, by the cluster's ARN for machines and by its name for people.
fn unread_of(kind: &'static str, what: &str, cluster: &Record<DbCluster>, why: Why) -> Unread {
    let scope = (cluster.account.clone(), cluster.region.clone());
    let mut unread = unread(kind, &scope, &format!("{what} of {}", cluster.id), why);
    if let Some(name) = cluster.data.db_cluster_identifier.known() {
        unread.identity.name = Untrusted::new(format!("{what} of {name}"));
    }
    unread
}

/// The tables of one account and region.
struct Region<'a> {
    snapshot: &'a Snapshot,
    index: &'a Index<'a>,
    anchors: &'a Anchors,
    scope: &'a Scope,
    clusters: Table<DbCluster>,
    instances: Table<DbInstance>,
    subnet_groups: Table<DbSubnetGroup>,
    snapshots: Table<DbClusterSnapshot>,
    vpcs: Table<Vpc>,
    subnets: Table<Subnet>,
    route_tables: Table<RouteTable>,
    security_groups: Table<SecurityGroup>,
}

impl<'a> Region<'a> {
    fn new(snapshot: &'a Snapshot, index: &'a Index<'a>, anchors: &'a Anchors, scope: &'a Scope) -> Self {
        let records = &snapshot.records;
        Self {
            snapshot,
            index,
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

    fn join(&self, facts: &mut Facts) {
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
                &self.snapshot.records.db_cluster_snapshot_attributes,
                &record.data.db_cluster_snapshot_identifier,
                |it| &it.db_cluster_snapshot_identifier,
            );
            facts.cluster_snapshots.push(Arc::new(ClusterSnapshot::new(record, &attributes)));
        }
        if let Some(why) = self.snapshots.incomplete() {
            facts.unread.push(unread("db_cluster_snapshot", self.scope, &self.every("snapshots"), why.clone()));
        }
    }

    /// The record that was asked for by name, or the gap of that question.
    fn one_of<T>(
        &self,
        source: &str,
        records: &[Arc<Record<T>>],
        name: &Fact<String>,
        key: impl Fn(&T) -> &Fact<String>,
    ) -> Fact<Arc<Record<T>>> {
        let name = match name {
            Fact::Known(name) => name,
            Fact::Absent => return Fact::Unknown(Why::NotCollected),
            Fact::Unknown(why) => return Fact::Unknown(why.clone()),
        };
        let found = in_scope(records, self.scope).into_iter().filter(|record| key(&record.data).known() == Some(name));
        match found.max_by_key(|record| record.observed) {
            Some(record) => Fact::Known(Arc::clone(record)),
            None => Fact::Unknown(self.index.why(self.scope, source, Some(name))),
        }
    }

    fn cluster(&self, record: &Arc<Record<DbCluster>>, facts: &mut Facts) -> Cluster {
        let data = &record.data;
        let parameters = ClusterParameters::new(&self.one_of(
            "rds:DescribeDBClusterParameters",
            &self.snapshot.records.db_cluster_parameters,
            &data.db_cluster_parameter_group,
            |it| &it.db_cluster_parameter_group_name,
        ));
        let variables = self.variables(record);
        let security_groups = self.groups_of(&data.vpc_security_groups);
        let ingress = Ingress::new(&security_groups, &data.port);
        let instances = self.instances_of(record);
        Cluster {
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

    fn join_subnet_groups(&self, clusters: &[Arc<Cluster>], facts: &mut Facts) {
        let mut users: BTreeMap<&String, (Vec<String>, Vec<Place>)> = BTreeMap::new();
        for cluster in clusters {
            let data = &cluster.record.data;
            if let Fact::Unknown(why) = &data.db_subnet_group {
                facts.unread.push(unread_of("db_subnet_group", "subnet group", &cluster.record, why.clone()));
            }
            if let (Some(group), Some(name)) = (data.db_subnet_group.known(), data.db_cluster_identifier.known()) {
                let (names, places) = users.entry(group).or_default();
                names.push(name.clone());
                places.push(place(&cluster.record, "DBSubnetGroup"));
            }
        }
        for (name, (clusters, places)) in users {
            match self.subnet_groups.get(name) {
                Fact::Known(record) => facts.subnet_groups.push(Arc::new(SubnetGroup {
                    subnet_routes: self.subnet_routes(&record),
                    record,
                    clusters: Derived::new(Fact::Known(clusters), places),
                })),
                Fact::Absent => {}
                Fact::Unknown(why) => facts.unread.push(unread("db_subnet_group", self.scope, name, why)),
            }
        }
    }

    fn subnet_routes(&self, group: &Record<DbSubnetGroup>) -> Fact<Vec<Arc<SubnetRoute>>> {
        let tables = self.route_tables.all();
        group.data.subnets.as_ref().and_then(|subnets| {
            let mut routes = Vec::new();
            for subnet in subnets {
                match &subnet.subnet_identifier {
                    Fact::Known(id) => routes.push(Arc::new(SubnetRoute::new(id, &self.subnets.get(id), &tables))),
                    Fact::Absent => return Fact::Unknown(Why::NotCollected),
                    Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                }
            }
            Fact::Known(routes)
        })
    }

    fn endpoints_of(
        &self,
        cluster: &Arc<Record<DbCluster>>,
        instances: &Fact<Vec<Arc<Instance>>>,
        facts: &mut Facts,
    ) -> Fact<Vec<Arc<Endpoint>>> {
        let (expected, mut incomplete) = expected_endpoints(cluster, instances);
        if let Some(why) = &incomplete {
            facts.unread.push(unread_of("endpoint", "further endpoints", cluster, why.clone()));
        }
        let mut probed = Vec::new();
        for (address, role) in expected {
            let record = in_scope(&self.snapshot.records.tls_endpoints, self.scope)
                .into_iter()
                .filter(|record| record.id == address)
                .max_by_key(|record| record.observed);
            let Some(record) = record else {
                let why = self.index.why(self.scope, "tls:handshake", Some(&address));
                incomplete.get_or_insert(why.clone());
                facts.unread.push(unread("endpoint", self.scope, &address, why));
                continue;
            };
            let record = &explained(record, |data: &mut TlsEndpoint| {
                data.explain(|_| self.index.why(self.scope, "tls:handshake", Some(&address)));
            });
            let probe = Probe { record, anchors: self.anchors.for_endpoint(record.at.file, &address) };
            probed.push(Arc::new(Endpoint::new(&probe, cluster, role, address)));
        }
        facts.endpoints.extend(probed.iter().cloned());
        incomplete.map_or(Fact::Known(probed), Fact::Unknown)
    }

    /// What was read of a table of the cluster's database, or the gap of that table, or of the login before it.
    fn why_no(&self, what: &str, cluster: &Record<DbCluster>) -> Why {
        match self.index.why(self.scope, what, Some(&cluster.id)) {
            Why::NotCollected => self.index.why(self.scope, "mysql:login", Some(&cluster.id)),
            why => why,
        }
    }

    fn variables(&self, cluster: &Record<DbCluster>) -> Fact<Arc<Record<GlobalVariables>>> {
        let of_cluster =
            |record: &&Arc<Record<GlobalVariables>>| record.data.db_cluster_arn.known() == Some(&cluster.id);
        let found = self.snapshot.records.global_variables.iter().filter(of_cluster);
        match found.max_by_key(|record| record.observed) {
            Some(record) => Fact::Known(Arc::clone(record)),
            None => Fact::Unknown(self.why_no("mysql:global_variables", cluster)),
        }
    }

    fn accounts_of(
        &self,
        cluster: &Arc<Record<DbCluster>>,
        variables: &Fact<Arc<Record<GlobalVariables>>>,
        facts: &mut Facts,
    ) -> Fact<Vec<Arc<DatabaseAccount>>> {
        let records = &self.snapshot.records;
        let accounts = self.rows(&records.accounts, "mysql:mysql.user", cluster, |it| &it.db_cluster_arn);
        let (edges, all_edges) =
            self.rows(&records.role_edges, "mysql:mysql.role_edges", cluster, |it| &it.db_cluster_arn);
        let edges = all_edges.map(|()| edges);
        let (present, accounts) = accounts;
        let roles = match &accounts {
            Fact::Unknown(why) => Err(why.clone()),
            Fact::Known(()) | Fact::Absent => Roles::new(edges, variables, &present),
        };
        let account = |record: &&Arc<Record<Account>>| {
            let record = explained(record, |data: &mut Account| {
                data.explain(|key| self.index.why(self.scope, &format!("mysql:mysql.user.{key}"), Some(&cluster.id)));
            });
            Arc::new(DatabaseAccount::new(&record, cluster, &roles, variables))
        };
        let accounts_facts: Vec<_> = present.iter().map(account).collect();
        facts.database_accounts.extend(accounts_facts.iter().cloned());
        match accounts {
            Fact::Unknown(why) => {
                facts.unread.push(unread_of("database_account", "all accounts", cluster, why.clone()));
                Fact::Unknown(why)
            }
            Fact::Known(()) | Fact::Absent => Fact::Known(accounts_facts),
        }
    }

    /// The rows of a grant table of the cluster's database, and why they are not all there.
    fn rows<'r, T: crate::snapshot::Kind>(
        &self,
        records: &'r [Arc<Record<T>>],
        source: &str,
        cluster: &Record<DbCluster>,
        arn: impl Fn(&T) -> &Fact<String>,
    ) -> (Vec<&'r Arc<Record<T>>>, Fact<()>) {
        let rows = of_cluster(records, cluster, arn);
        let current = self.index.current(self.scope, source, Some(&cluster.id), rows);
        let complete = match current.complete {
            Ok(_) => Fact::Known(()),
            Err(Why::NotCollected) => Fact::Unknown(self.why_no(source, cluster)),
            Err(why) => Fact::Unknown(why),
        };
        (current.records, complete)
    }
}

fn of_cluster<'r, T>(
    records: &'r [Arc<Record<T>>],
    cluster: &Record<DbCluster>,
    arn: impl Fn(&T) -> &Fact<String>,
) -> Vec<&'r Arc<Record<T>>> {
    records.iter().filter(|record| arn(&record.data).known() == Some(&cluster.id)).collect()
}

/// The record with reasons for what it lacks.
fn explained<T: Clone>(record: &Arc<Record<T>>, explain: impl Fn(&mut T)) -> Arc<Record<T>> {
    let mut record = Record::clone(record);
    explain(&mut record.data);
    Arc::new(record)
}

fn place<T>(record: &Record<T>, key: &str) -> Place {
    Place::data_of(record.at).member(key)
}

/// The endpoints that the cluster says it has, as `host:port`, and what is not known about them.
fn expected_endpoints(
    cluster: &Record<DbCluster>,
    instances: &Fact<Vec<Arc<Instance>>>,
) -> (Vec<(String, EndpointRole)>, Option<Why>) {
    let data = &cluster.data;
    let mut expected = Vec::new();
    let mut unknown = None;
    let mut add = |host: &Fact<String>, port: &Fact<i64>, role: EndpointRole| match (host, port) {
        (Fact::Known(host), Fact::Known(port)) => expected.push((format!("{host}:{port}"), role)),
        (Fact::Unknown(why), _) | (Fact::Known(_), Fact::Unknown(why)) => drop(unknown.get_or_insert(why.clone())),
        (Fact::Absent, _) | (_, Fact::Absent) => {}
    };
    add(&data.endpoint, &data.port, EndpointRole::Writer);
    add(&data.reader_endpoint, &data.port, EndpointRole::Reader);
    match &data.custom_endpoints {
        Fact::Known(hosts) => {
            for host in hosts {
                add(&Fact::Known(host.clone()), &data.port, EndpointRole::Custom);
            }
        }
        Fact::Unknown(why) => add(&Fact::Unknown(why.clone()), &data.port, EndpointRole::Custom),
        Fact::Absent => {}
    }
    for instance in instances.known().into_iter().flatten() {
        let endpoint = &instance.record.data.endpoint;
        let address = endpoint.as_ref().and_then(|endpoint| endpoint.address.clone());
        let port = endpoint.as_ref().and_then(|endpoint| endpoint.port.clone());
        add(&address, &port, EndpointRole::Instance);
    }
    if let Fact::Unknown(why) = instances {
        unknown.get_or_insert(why.clone());
    }
    (expected, unknown)
}

/// `8.0.mysql_aurora.3.08.2` carries `3.08.2`; the 8.4 line carries none.
fn aurora_version(engine_version: &Fact<String>) -> Fact<Version> {
    engine_version.as_ref().and_then(|text| match text.split_once("mysql_aurora.") {
        None => Fact::Absent,
        Some((_, version)) => version.parse().map_or_else(
            |()| Fact::Unknown(Why::Unreadable { detail: format!("`{text}` has no Aurora version").into() }),
            Fact::Known,
        ),
    })
}

/// The running server decides. Where the user chose not to log in, the parameter group does; where a login was wanted and
/// failed, the group can only prove that TLS is not required. Without a value in the group the engine's default holds: ON
/// from the 8.4 line on, OFF before. Aurora User Guide, "Requiring an SSL/TLS connection to an Aurora MySQL DB cluster".
fn requires_tls(
    cluster: &Record<DbCluster>,
    parameters: &ClusterParameters,
    variables: &Fact<Arc<Record<GlobalVariables>>>,
) -> Derived<bool> {
    if cluster.data.engine == Fact::Known(Engine::AuroraPostgresql) {
        return Derived::unknown(Why::Unreadable {
            detail: "parameters of Aurora PostgreSQL are not judged yet".into(),
        });
    }
    let running = variables.as_ref().and_then(|variables| {
        let place = place(variables, "require_secure_transport");
        variables.data.require_secure_transport.as_ref().map(|value| (is_on(value), place))
    });
    match running {
        Fact::Known((on, place)) => Derived::new(Fact::Known(on), vec![place]),
        Fact::Absent => configured_tls(cluster, parameters),
        Fact::Unknown(Why::Gap(gap)) if gap.reason.is_voluntary() => configured_tls(cluster, parameters),
        Fact::Unknown(why) => match configured_tls(cluster, parameters) {
            off @ Derived { value: Fact::Known(false), .. } => off,
            _ => Derived::unknown(why),
        },
    }
}

/// A member that waits for a reboot runs older values than the group has, so the group cannot prove that TLS is required.
fn in_force(cluster: &Record<DbCluster>, configured: Derived<bool>) -> Derived<bool> {
    if configured.value != Fact::Known(true) {
        return configured;
    }
    let members = match &cluster.data.db_cluster_members {
        Fact::Known(members) => members,
        Fact::Absent => return configured,
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    for member in members {
        match &member.db_cluster_parameter_group_status {
            Fact::Known(status) if status == "in-sync" => {}
            Fact::Known(status) => {
                let detail = format!("the parameter group is `{status}` on a member, which may run older values");
                return Derived::unknown(Why::Unreadable { detail: detail.into() });
            }
            Fact::Absent => return Derived::unknown(Why::NotCollected),
            Fact::Unknown(why) => return Derived::unknown(why.clone()),
        }
    }
    configured
}

/// Whether servers of this version insist on TLS when nothing is configured.
fn default_of(engine_version: &str) -> Fact<bool> {
    let mut numbers = engine_version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Fact::Known((major, minor) >= (8, 4)),
        _ => Fact::Unknown(Why::Unreadable { detail: format!("`{engine_version}` is not a version").into() }),
    }
}

fn configured_tls(cluster: &Record<DbCluster>, parameters: &ClusterParameters) -> Derived<bool> {
    let parameter = &parameters.require_secure_transport;
    let configured = match &parameter.value {
        Fact::Known(value) => Derived::new(Fact::Known(is_on(value)), parameter.from.clone()),
        Fact::Absent => {
            let default = cluster.data.engine_version.as_ref().and_then(|version| default_of(version));
            Derived::new(default, vec![place(cluster, "EngineVersion")])
        }
        Fact::Unknown(why) => Derived::unknown(why.clone()),
    };
    in_force(cluster, configured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_the_default_from_8_4_on() {
        for (version, expected) in [
            ("5.7.mysql_aurora.2.11.2", Some(false)),
            ("8.0.mysql_aurora.3.08.2", Some(false)),
            ("8.4.7", Some(true)),
            ("8.10.1", Some(true)),
            ("9.7.mysql_aurora.9.01.0", Some(true)),
            ("newest", None),
            ("", None),
        ] {
            assert_eq!(default_of(version).known().copied(), expected, "{version}");
        }
    }
}
