//! A cluster as IAM sees it: the ARNs that statements have to cover. AWS Service Authorization Reference, "Amazon RDS", resource
//! types.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::iam::account::Target;
use crate::facts::iam::evaluate::{Held, Resource};
use crate::facts::iam::grammar::{Document, Kind};
use crate::model::{Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::schema::secretsmanager::SecretPolicy;

/// A cluster, with what is known of the policies of its secret.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its record.
    pub record: Arc<Record<DbCluster>>,
    /// The resource policy of its master secret.
    pub secret_policy: Fact<Arc<Record<SecretPolicy>>>,
    /// The proxies that lead to it.
    pub proxies: Vec<ProxyDoor>,
    /// Why there may be more of them.
    pub unread_proxies: Option<Why>,
}

/// A proxy, as `rds-db:connect` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyDoor {
    /// Its name.
    pub name: String,
    /// Its resource id, as in `prx-0123456789abcdef0`: the last part of its ARN.
    pub resource_id: String,
}

/// What an action is done to, seen from a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// The cluster itself.
    Cluster,
    /// A snapshot, of any name.
    Snapshot,
    /// A cluster that the action makes.
    NewCluster,
    /// An instance of the cluster.
    Instance,
    /// An instance that the action makes.
    NewInstance,
    /// The cluster's subnet group.
    SubnetGroup,
    /// The cluster's parameter group.
    ParameterGroup,
    /// Any parameter group.
    AnyParameterGroup,
    /// One of the cluster's security groups.
    SecurityGroup,
    /// An event subscription, of any name.
    EventSubscription,
    /// A blue/green deployment.
    Deployment,
    /// A zero-ETL integration.
    Integration,
    /// A proxy.
    Proxy,
    /// The secret that RDS keeps for the master user.
    Secret,
    /// The key of the storage.
    Key,
    /// A database user of the cluster.
    DatabaseUser,
    /// A role that is passed to this service.
    RoleFor(String),
    /// A resource that the cluster does not name.
    Anything,
}

impl On {
    /// Whether it has a policy of its own, which may grant what no policy of an identity mentions.
    pub const fn is_guarded(&self) -> bool {
        matches!(self, Self::Secret | Self::Key)
    }

    /// What the word of the data file means.
    pub fn from_word(word: &str) -> Option<Self> {
        if let Some(service) = word.strip_prefix("role-for:") {
            return Some(Self::RoleFor(service.to_owned()));
        }
        Some(match word {
            "cluster" => Self::Cluster,
            "snapshot" => Self::Snapshot,
            "new-cluster" => Self::NewCluster,
            "instance" => Self::Instance,
            "new-instance" => Self::NewInstance,
            "subnet-group" => Self::SubnetGroup,
            "parameter-group" => Self::ParameterGroup,
            "any-parameter-group" => Self::AnyParameterGroup,
            "security-group" => Self::SecurityGroup,
            "event-subscription" => Self::EventSubscription,
            "deployment" => Self::Deployment,
            "integration" => Self::Integration,
            "proxy" => Self::Proxy,
            "secret" => Self::Secret,
            "key" => Self::Key,
            "database-user" => Self::DatabaseUser,
            "anything" => Self::Anything,
            _ => return None,
        })
    }
}

impl Cluster {
    /// Name, or the record's id when the name was not read.
    pub fn name(&self) -> &str {
        self.record.data.db_cluster_identifier.known().unwrap_or(&self.record.id)
    }

    /// Where a key of its record stands.
    pub fn place(&self, key: &str) -> Place {
        Place::data_of(self.record.at).member(key)
    }

    /// Its ARN, which is the record's id.
    pub fn arn(&self) -> &str {
        self.record.data.db_cluster_arn.known().unwrap_or(&self.record.id)
    }

    fn partition(&self) -> &str {
        self.arn().split(':').nth(1).unwrap_or("aws")
    }

    /// An ARN of its account and region.
    fn regional(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.record.region, self.record.account)
    }

    /// Its tags, by key in lower case.
    pub fn tags(&self) -> Option<Arc<BTreeMap<String, String>>> {
        let mut tags = BTreeMap::new();
        for tag in self.record.data.tag_list.known()? {
            let value = tag.value.known().cloned().unwrap_or_default();
            tags.insert(tag.key.known()?.to_ascii_lowercase(), value);
        }
        Some(Arc::new(tags))
    }

    /// What `on` stands for: resources any of which will do, none when the cluster has no such thing, unknown when nobody knows.
    pub fn targets(&self, on: &On) -> Fact<Vec<Target>> {
        let data = &self.record.data;
        let one = |target: Target| Fact::Known(vec![target]);
        let pattern = |resource: &str| one(Target::new(Resource::matching(&self.regional("rds", resource))));
        let named = |word: &str, name: &Fact<String>| {
            name.as_ref().map(|name| vec![Target::new(Resource::arn(&self.regional("rds", &format!("{word}:{name}"))))])
        };
        match on {
            On::Cluster => one(Target::new(Resource::arn(self.arn())).tagged(self.tags())),
            On::Snapshot => pattern("cluster-snapshot:*"),
            On::NewCluster => pattern("cluster:*"),
            On::NewInstance => pattern("db:*"),
            On::AnyParameterGroup => pattern("cluster-pg:*"),
            On::EventSubscription => pattern("es:*"),
            On::Deployment => pattern("deployment:*"),
            On::Integration => pattern("integration:*"),
            On::Proxy => pattern("db-proxy:*"),
            On::SubnetGroup => named("subgrp", &data.db_subnet_group),
            On::ParameterGroup => named("cluster-pg", &data.db_cluster_parameter_group),
            On::Instance => self.instances(),
            On::SecurityGroup => self.security_groups(),
            On::Secret => self.secret(),
            On::Key => data.kms_key_id.as_ref().map(|key| vec![self.guarded(key, Err(Why::NotCollected))]),
            On::DatabaseUser => data.db_cluster_resource_id.as_ref().map(|id| vec![self.database_user(id, None)]),
            On::RoleFor(service) => {
                let roles = format!("arn:{}:iam::{}:role/*", self.partition(), self.record.account);
                one(Target::new(Resource::matching(&roles)).passed_to(service))
            }
            On::Anything => one(Target::new(Resource::matching("*"))),
        }
    }

    fn instances(&self) -> Fact<Vec<Target>> {
        self.record.data.db_cluster_members.as_ref().and_then(|members| {
            let mut targets = Vec::new();
            for member in members {
                match &member.db_instance_identifier {
                    Fact::Known(name) => {
                        targets.push(Target::new(Resource::arn(&self.regional("rds", &format!("db:{name}")))));
                    }
                    Fact::Absent => return Fact::Unknown(Why::NotCollected),
                    Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                }
            }
            Fact::Known(targets)
        })
    }

    fn security_groups(&self) -> Fact<Vec<Target>> {
        self.record.data.vpc_security_groups.as_ref().and_then(|groups| {
            let mut targets = Vec::new();
            for group in groups {
                match &group.vpc_security_group_id {
                    Fact::Known(id) => {
                        let arn = self.regional("ec2", &format!("security-group/{id}"));
                        targets.push(Target::new(Resource::arn(&arn)));
                    }
                    Fact::Absent => return Fact::Unknown(Why::NotCollected),
                    Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                }
            }
            Fact::Known(targets)
        })
    }

    /// The secret of the master user, with its resource policy as far as it was read.
    fn secret(&self) -> Fact<Vec<Target>> {
        let arn = self.record.data.master_user_secret.as_ref().and_then(|secret| secret.secret_arn.clone());
        arn.map(|arn| {
            let policy = match &self.secret_policy {
                Fact::Known(record) => match &record.data.resource_policy {
                    Fact::Known(text) => Some(Document::parse(text.json(), Kind::Resource).map_err(|error| {
                        Why::Unreadable { detail: format!("the policy of the secret: {error}").into() }
                    })),
                    Fact::Absent => None,
                    Fact::Unknown(why) => Some(Err(why.clone())),
                },
                Fact::Absent => Some(Err(Why::NotCollected)),
                Fact::Unknown(why) => Some(Err(why.clone())),
            };
            vec![match policy {
                None => Target::new(Resource::arn(&arn)),
                Some(document) => self.guarded(&arn, document.map(Arc::new)),
            }]
        })
    }

    /// A resource with a policy of its own.
    fn guarded(&self, arn: &str, document: Result<Arc<Document>, Why>) -> Target {
        let policy = Some(Held { id: format!("{arn}#policy").into(), document });
        let account = arn.split(':').nth(4).filter(|it| !it.is_empty()).map(str::to_owned);
        Target {
            account: account.or_else(|| Some(self.record.account.clone())),
            policy,
            ..Target::new(Resource::arn(arn))
        }
    }

    /// A database user of a cluster or proxy, by its resource id; any user without a name.
    pub fn database_user(&self, resource_id: &str, user: Option<&str>) -> Target {
        let arn = |user: &str| self.regional("rds-db", &format!("dbuser:{resource_id}/{user}"));
        let resource = user.map_or_else(|| Resource::matching(&arn("*")), |user| Resource::arn(&arn(user)));
        Target { region: Some(self.record.region.clone()), ..Target::new(resource) }.tagged(self.tags())
    }
}
