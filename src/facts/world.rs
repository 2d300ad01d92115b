//! All facts of a run, and the subjects among them.

use std::sync::{Arc, OnceLock};

use super::aws_account::{AwsAccount, UserCredentials, aws_accounts, user_credentials};
use super::aws_region::{AwsRegion, aws_regions};
use super::cluster::Cluster;
use super::cluster_snapshot::{ClusterSnapshot, cluster_snapshots};
use super::database;
use super::database_server::{self, DatabaseServer, place_of};
use super::estate::Estate;
use super::found::{Found, unread};
use super::iam::evaluate::Options;
use super::iam::{Policy, Principals};
use super::index::Scope;
use super::instance::{Instance, instances};
use super::kms_key::{KmsKey, kms_keys};
use super::paths::{ClusterAccess, Paths, cluster_access};
use super::principal::{AccountAccess, Principal, account_access, principals};
use super::privileges::DatabaseAccount;
use super::proxy::{Proxy, proxies};
use super::region::Region;
use super::scope::{GLOBAL, accounts, scopes};
use super::secret::{Secret, secrets};
use super::subject::{Identity, Subject, Subjects, TargetType};
use super::subnet_group::{SubnetGroup, subnet_groups};
use super::tls::Endpoint;
use crate::model::{Fact, Object, Untrusted};
use crate::snapshot::{Record, Records, Snapshot};

/// The facts of a snapshot, each kind joined when it is first asked for.
pub struct Facts {
    estate: Arc<Estate>,
    regions: Vec<Arc<Region>>,
    /// Of servers that were named by their address.
    nowhere: Option<Arc<Region>>,
    accounts: Vec<String>,
    clusters: OnceLock<Found<Cluster>>,
    instances: OnceLock<Found<Instance>>,
    subnet_groups: OnceLock<Found<SubnetGroup>>,
    cluster_snapshots: OnceLock<Found<ClusterSnapshot>>,
    endpoints: OnceLock<Found<Endpoint>>,
    proxies: OnceLock<Found<Proxy>>,
    database_accounts: OnceLock<Found<DatabaseAccount>>,
    database_servers: OnceLock<Found<DatabaseServer>>,
    policies: OnceLock<Found<HeldPolicy>>,
    access: OnceLock<Vec<Arc<AccountAccess>>>,
    principals: OnceLock<Found<Principal>>,
    aws_accounts: OnceLock<Found<AwsAccount>>,
    user_credentials: OnceLock<Found<UserCredentials>>,
    aws_regions: OnceLock<Found<AwsRegion>>,
    kms_keys: OnceLock<Found<KmsKey>>,
    secrets: OnceLock<Found<Secret>>,
    paths: OnceLock<Arc<Paths>>,
    cluster_access: OnceLock<Found<ClusterAccess>>,
}

/// A policy and its account.
type HeldPolicy = (String, Policy);

/// The kinds of subjects that rules may target.
pub const TARGETS: &[TargetType] = &[
    TargetType { name: "db_cluster", object_type: &Cluster::OBJECT_TYPE },
    TargetType { name: "db_instance", object_type: &Instance::OBJECT_TYPE },
    TargetType { name: "db_subnet_group", object_type: &SubnetGroup::OBJECT_TYPE },
    TargetType { name: "db_cluster_snapshot", object_type: &ClusterSnapshot::OBJECT_TYPE },
    TargetType { name: "endpoint", object_type: &Endpoint::OBJECT_TYPE },
    TargetType { name: "db_proxy", object_type: &Proxy::OBJECT_TYPE },
    TargetType { name: "database_account", object_type: &DatabaseAccount::OBJECT_TYPE },
    TargetType { name: "database_server", object_type: &DatabaseServer::OBJECT_TYPE },
    TargetType { name: "db_access", object_type: &ClusterAccess::OBJECT_TYPE },
    TargetType { name: "iam_policy", object_type: &Policy::OBJECT_TYPE },
    TargetType { name: "iam_principal", object_type: &Principal::OBJECT_TYPE },
    TargetType { name: "iam_user", object_type: &UserCredentials::OBJECT_TYPE },
    TargetType { name: "aws_account", object_type: &AwsAccount::OBJECT_TYPE },
    TargetType { name: "aws_region", object_type: &AwsRegion::OBJECT_TYPE },
    TargetType { name: "kms_key", object_type: &KmsKey::OBJECT_TYPE },
    TargetType { name: "secret", object_type: &Secret::OBJECT_TYPE },
];

impl Facts {
    /// Prepares to join the records of a snapshot. Control policies that were not read are assumed to deny nothing.
    pub fn new(snapshot: &Snapshot) -> Self {
        Self::deciding(snapshot, Options::default())
    }

    /// The same with another way to decide what IAM's policies leave open.
    pub fn deciding(snapshot: &Snapshot, decisions: Options) -> Self {
        let estate = Arc::new(Estate::new(snapshot, decisions));
        let scopes = scopes(snapshot);
        let accounts = accounts(snapshot, &scopes).into_iter().collect();
        let region = |scope: Scope| Arc::new(Region::new(Arc::clone(&estate), scope));
        let nowhere: Scope = (database::NOWHERE.0.to_owned(), database::NOWHERE.1.to_owned());
        let is_apart = !scopes.contains(&nowhere) && database::are_nowhere(snapshot);
        let nowhere = is_apart.then(|| region(nowhere));
        let regions = scopes.into_iter().map(region).collect();
        Self {
            estate,
            regions,
            nowhere,
            accounts,
            clusters: OnceLock::new(),
            instances: OnceLock::new(),
            subnet_groups: OnceLock::new(),
            cluster_snapshots: OnceLock::new(),
            endpoints: OnceLock::new(),
            proxies: OnceLock::new(),
            database_accounts: OnceLock::new(),
            database_servers: OnceLock::new(),
            policies: OnceLock::new(),
            access: OnceLock::new(),
            principals: OnceLock::new(),
            aws_accounts: OnceLock::new(),
            user_credentials: OnceLock::new(),
            aws_regions: OnceLock::new(),
            kms_keys: OnceLock::new(),
            secrets: OnceLock::new(),
            paths: OnceLock::new(),
            cluster_access: OnceLock::new(),
        }
    }

    /// Number of clusters.
    pub fn cluster_count(&self) -> usize {
        self.regions.iter().map(|region| region.clusters().present().count()).sum()
    }

    /// Number of servers that belong to no cluster and were read or probed.
    pub fn lone_server_count(&self) -> usize {
        let alone = self.everywhere().flat_map(|region| region.servers_alone().iter().map(move |it| (region, it)));
        alone.filter(|(region, server)| place_of(region, server).is_ok()).count()
    }

    /// The regions, and where servers are that are in none.
    fn everywhere(&self) -> impl Iterator<Item = &Arc<Region>> {
        self.regions.iter().chain(&self.nowhere)
    }

    /// Clusters.
    pub fn clusters(&self) -> &Found<Cluster> {
        self.clusters.get_or_init(|| self.in_regions(clusters))
    }

    /// Instances.
    pub fn instances(&self) -> &Found<Instance> {
        self.instances.get_or_init(|| self.in_regions(instances))
    }

    /// Subnet groups that clusters use.
    pub fn subnet_groups(&self) -> &Found<SubnetGroup> {
        self.subnet_groups.get_or_init(|| self.in_regions(subnet_groups))
    }

    /// Snapshots of clusters.
    pub fn cluster_snapshots(&self) -> &Found<ClusterSnapshot> {
        self.cluster_snapshots.get_or_init(|| self.in_regions(cluster_snapshots))
    }

    /// Proxies.
    pub fn proxies(&self) -> &Found<Proxy> {
        self.proxies.get_or_init(|| self.in_regions(proxies))
    }

    /// Endpoints of clusters and proxies, and of servers that belong to no cluster.
    pub fn endpoints(&self) -> &Found<Endpoint> {
        self.endpoints.get_or_init(|| {
            let mut found = self.of_clusters(Cluster::endpoints);
            self.proxies().present.iter().for_each(|proxy| found.extend(proxy.endpoints()));
            let records = &self.estate.snapshot.records.tls_endpoints;
            for region in &self.regions {
                found.unread.extend(region.strays("endpoint", records, |endpoint| &endpoint.db_cluster_arn));
                found.unread.extend(region.unread_clusters("endpoint"));
                found.unread.extend(region.unread_proxies("endpoint"));
            }
            self.everywhere().for_each(|region| found.extend(&database_server::endpoints(region)));
            found
        })
    }

    /// Database servers: those of clusters, and those that belong to none.
    pub fn database_servers(&self) -> &Found<DatabaseServer> {
        self.database_servers.get_or_init(|| {
            let mut found = Found::default();
            self.everywhere().for_each(|region| found.extend(&database_server::servers(region)));
            let unread = self.regions.iter().filter_map(|region| region.unread_clusters("database_server"));
            found.unread.extend(unread);
            found
        })
    }

    /// Accounts of the databases of clusters, and of servers that belong to none.
    pub fn database_accounts(&self) -> &Found<DatabaseAccount> {
        self.database_accounts.get_or_init(|| {
            let mut found = self.of_clusters(Cluster::database_accounts);
            let records = &self.estate.snapshot.records.accounts;
            for region in &self.regions {
                found.unread.extend(region.strays("database_account", records, |account| &account.db_cluster_arn));
                found.unread.extend(region.unread_clusters("database_account"));
            }
            self.everywhere().for_each(|region| found.extend(&database_server::accounts(region)));
            found
        })
    }

    fn policies(&self) -> &Found<HeldPolicy> {
        self.policies.get_or_init(|| {
            let mut found = Found::default();
            for account in &self.accounts {
                let scope = (account.clone(), GLOBAL.to_owned());
                let principals = Principals::new(&self.estate.snapshot, &self.estate.index, &scope);
                let (policies, missing) = principals.policies(account);
                found.present.extend(policies.into_iter().map(|policy| Arc::new((account.clone(), policy))));
                found.unread.extend(missing.into_iter().map(|it| unread("iam_policy", &scope, &it.id, it.why)));
            }
            found
        })
    }

    /// What the principals of each account may do, an account each.
    pub fn account_access(&self) -> &[Arc<AccountAccess>] {
        self.access.get_or_init(|| {
            let access = |account: &String| Arc::new(account_access(&self.estate, &self.regions, account));
            self.accounts.iter().map(access).collect()
        })
    }

    fn principals(&self) -> &Found<Principal> {
        self.principals.get_or_init(|| {
            let mut all = Found::default();
            self.account_access().iter().for_each(|access| all.extend(&principals(access)));
            all
        })
    }

    /// The records that were read.
    pub(super) fn records(&self) -> &Records {
        &self.estate.snapshot.records
    }

    /// The graph of access paths.
    pub fn paths(&self) -> &Arc<Paths> {
        self.paths.get_or_init(|| Arc::new(Paths::new(self, None)))
    }

    fn cluster_access(&self) -> &Found<ClusterAccess> {
        self.cluster_access.get_or_init(|| cluster_access(self, self.paths()))
    }

    fn aws_accounts(&self) -> &Found<AwsAccount> {
        self.aws_accounts.get_or_init(|| self.in_accounts(aws_accounts))
    }

    fn user_credentials(&self) -> &Found<UserCredentials> {
        self.user_credentials.get_or_init(|| self.in_accounts(user_credentials))
    }

    fn aws_regions(&self) -> &Found<AwsRegion> {
        self.aws_regions.get_or_init(|| self.in_regions(aws_regions))
    }

    fn kms_keys(&self) -> &Found<KmsKey> {
        self.kms_keys.get_or_init(|| self.in_regions(kms_keys))
    }

    fn secrets(&self) -> &Found<Secret> {
        self.secrets.get_or_init(|| self.in_regions(secrets))
    }

    fn in_accounts<T>(&self, found_in: impl Fn(&Estate, &Scope) -> Found<T>) -> Found<T> {
        let mut all = Found::default();
        for account in &self.accounts {
            all.extend(&found_in(&self.estate, &(account.clone(), GLOBAL.to_owned())));
        }
        all
    }

    fn in_regions<T>(&self, found_in: impl Fn(&Arc<Region>) -> Found<T>) -> Found<T> {
        let mut all = Found::default();
        self.regions.iter().for_each(|region| all.extend(&found_in(region)));
        all
    }

    fn of_clusters<T>(&self, found_in: impl Fn(&Cluster) -> &Found<T>) -> Found<T> {
        let mut all = Found::default();
        self.clusters().present.iter().for_each(|cluster| all.extend(found_in(cluster)));
        all
    }
}

fn clusters(region: &Arc<Region>) -> Found<Cluster> {
    let cluster = |record: &Arc<Record<_>>| Arc::new(Cluster::new(Arc::clone(record), Arc::clone(region)));
    Found {
        present: region.clusters().present().map(cluster).collect(),
        unread: region.unread_clusters("db_cluster").into_iter().collect(),
        incomplete: None,
    }
}

impl Subjects for Facts {
    fn subjects(&self, target: &str) -> Vec<Subject<'_>> {
        match target {
            "db_cluster" => subjects(self.clusters(), |it| {
                (of("db_cluster", &it.record, &it.record.data.db_cluster_identifier), it)
            }),
            "db_instance" => subjects(self.instances(), |it| {
                (of("db_instance", &it.record, &it.record.data.db_instance_identifier), it)
            }),
            "db_subnet_group" => subjects(self.subnet_groups(), |it| {
                (of("db_subnet_group", &it.record, &it.record.data.db_subnet_group_name), it)
            }),
            "db_cluster_snapshot" => subjects(self.cluster_snapshots(), |it| {
                (of("db_cluster_snapshot", &it.record, &it.record.data.db_cluster_snapshot_identifier), it)
            }),
            "endpoint" => {
                subjects(self.endpoints(), |it| (of("endpoint", &it.record, &Fact::Known(it.address.clone())), it))
            }
            "db_proxy" => {
                subjects(self.proxies(), |it| (of("db_proxy", &it.record, &it.record.data.db_proxy_name), it))
            }
            "database_account" => {
                subjects(self.database_accounts(), |it| (of("database_account", &it.record, &named(it)), it))
            }
            "database_server" => subjects(self.database_servers(), |it| (it.identity(), it)),
            "db_access" => subjects(self.cluster_access(), |it| {
                (of("db_access", &it.record, &it.record.data.db_cluster_identifier), it)
            }),
            "iam_principal" => subjects(self.principals(), |it| (principal_identity(it), it)),
            "iam_user" => {
                subjects(self.user_credentials(), |it| (of("iam_user", &it.record, &it.record.data.user), it))
            }
            "aws_account" => subjects(self.aws_accounts(), |it| {
                (of("aws_account", &it.record, &Fact::Known(it.record.account.clone())), it)
            }),
            "aws_region" => subjects(self.aws_regions(), |it| (region_identity(it), it)),
            "kms_key" => subjects(self.kms_keys(), |it| (of("kms_key", &it.record, &it.record.data.key_id), it)),
            "secret" => subjects(self.secrets(), |it| (of("secret", &it.record, &it.record.data.name), it)),
            "iam_policy" => subjects(self.policies(), |(account, policy)| (policy_identity(account, policy), policy)),
            _ => Vec::new(),
        }
    }
}

/// The subjects of a kind, those included that could not be read.
fn subjects<T>(found: &Found<T>, subject: impl Fn(&T) -> (Identity, &dyn Object)) -> Vec<Subject<'_>> {
    let present = found.present.iter().map(|it| {
        let (identity, facts) = subject(it);
        Subject { identity, facts: Ok(facts) }
    });
    let unread = found.unread.iter().map(|it| Subject { identity: it.identity.clone(), facts: Err(&it.why) });
    present.chain(unread).collect()
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
    account.account().as_ref().map(|name| format!("{name} on {}", account.database()))
}

fn principal_identity(principal: &Principal) -> Identity {
    let who = &principal.of.identity.principal;
    Identity {
        kind: "iam_principal",
        id: Untrusted::new(who.arn.clone()),
        name: Untrusted::new(who.name.clone()),
        account: who.account.clone(),
        region: GLOBAL.to_owned(),
    }
}

fn region_identity(region: &AwsRegion) -> Identity {
    let (account, name) = region.region.scope.clone();
    Identity {
        kind: "aws_region",
        id: Untrusted::new(format!("{account}/{name}")),
        name: Untrusted::new(name.clone()),
        account,
        region: name,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;
    use crate::snapshot::read_texts;

    fn facts() -> Facts {
        let text = include_str!("../../fixtures/acme.jsonl");
        Facts::new(&read_texts(&[("acme.jsonl".into(), text.to_owned())]).unwrap())
    }

    #[test]
    fn targets_that_nobody_asks_for_are_not_joined() {
        let facts = facts();
        assert!(!facts.subjects("db_instance").is_empty() && facts.cluster_count() > 0);
        assert!(facts.clusters.get().is_none() && facts.policies.get().is_none() && facts.endpoints.get().is_none());
        assert!(!facts.subjects("endpoint").is_empty());
        assert!(facts.clusters.get().is_some() && facts.database_accounts.get().is_none());
    }

    #[test]
    fn a_field_is_computed_when_it_is_read() {
        let facts = facts();
        let subjects = facts.subjects("db_cluster");
        let cluster = &facts.clusters().present[0];
        let computed = || {
            let text = format!("{cluster:?}");
            ["instances", "security_groups", "ingress", "admits_all_ipv4", "endpoints", "database_accounts"]
                .into_iter()
                .filter(|field| !text.contains(&format!(" {field}: OnceLock(<uninit>)")))
                .collect::<Vec<_>>()
        };
        assert_eq!(computed(), [""; 0]);
        let object = subjects[0].facts.as_ref().unwrap();
        let (index, _) = object.object_type().find("admits_all_ipv4").unwrap();
        assert!(matches!(object.field(index), Value::Bool(_)));
        assert_eq!(computed(), ["ingress", "admits_all_ipv4"]);
    }

    #[test]
    fn every_target_has_subjects() {
        let facts = facts();
        for target in TARGETS {
            assert!(!facts.subjects(target.name).is_empty(), "{}", target.name);
        }
    }
}
