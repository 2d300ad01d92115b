//! What the principals of one account may do to its clusters, computed once for all of them.

use std::sync::{Arc, OnceLock};

use crate::facts::estate::Estate;
use crate::facts::iam::Principals;
use crate::facts::iam::account::{
    Account, Assumptions, Because, Escalation, Identity, IdentityKind, Standing, Target, escalations,
};
use crate::facts::iam::database::{
    self, Cluster, Connection, DatabaseUser, DatabaseUsers, POWERS, Power, PowerName, ProxyDoor, Users, connections,
};
use crate::facts::iam::evaluate::Resource;
use crate::facts::iam::grammar::Action;
use crate::facts::privileges::DatabaseAccount;
use crate::facts::proxy::proxies;
use crate::facts::region::Region;
use crate::facts::scope::GLOBAL;
use crate::model::{Derived, Fact, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::schema::secretsmanager::SecretPolicy;

/// What is shared by the principals of an account.
#[derive(Debug)]
pub struct AccountAccess {
    /// The account.
    pub account: Account,
    /// Its Aurora clusters, in all regions.
    pub clusters: Vec<Cluster>,
    /// Why there may be more clusters.
    pub unread_clusters: Option<Why>,
    /// Database users that authenticate by IAM.
    pub users: DatabaseUsers,
    assumptions: OnceLock<Assumptions>,
    worth: OnceLock<Vec<bool>>,
}

impl AccountAccess {
    pub(super) fn new(
        account: Account,
        clusters: Vec<Cluster>,
        unread_clusters: Option<Why>,
        users: DatabaseUsers,
    ) -> Self {
        let (assumptions, worth) = (OnceLock::new(), OnceLock::new());
        Self { account, clusters, unread_clusters, users, assumptions, worth }
    }

    /// Who can become which role.
    pub fn assumptions(&self) -> &Assumptions {
        self.assumptions.get_or_init(|| Assumptions::new(&self.account))
    }

    /// Whether each identity is an administrator or has a power over a cluster, or may have.
    pub fn worth(&self) -> &[bool] {
        self.worth.get_or_init(|| self.account.identities.iter().map(|identity| self.is_worth(identity)).collect())
    }

    fn is_worth(&self, identity: &Identity) -> bool {
        identity.kind != IdentityKind::Root
            && !identity.is_service_linked()
            && (administers(&self.account, identity) != Standing::No
                || POWERS.iter().any(|(name, _)| self.power(identity, *name).held.value != Fact::Known(false))
                || self.clusters.iter().any(|cluster| !self.connections(identity, cluster).is_empty()))
    }

    /// How an identity stands to a power.
    pub fn power(&self, identity: &Identity, name: PowerName) -> Power {
        database::power(&self.account, identity, &self.clusters, self.unread_clusters.as_ref(), name)
    }

    /// The logins by IAM that an identity may do on a cluster.
    pub fn connections(&self, identity: &Identity, cluster: &Cluster) -> Vec<Connection> {
        connections(&self.account, identity, cluster, &self.users)
    }

    /// The steps by which an identity comes to permissions that are worth something.
    pub fn escalations(&self, index: usize) -> Vec<Escalation> {
        let worth = |to: usize| self.worth().get(to).copied().unwrap_or(false);
        escalations(&self.account, index, self.assumptions().steps(index), worth)
    }
}

/// What the principals of an account may do.
pub(in crate::facts) fn account_access(estate: &Estate, regions: &[Arc<Region>], account: &str) -> AccountAccess {
    let scope = (account.to_owned(), GLOBAL.to_owned());
    let tables = Principals::new(&estate.snapshot, &estate.index, &scope);
    let membership = estate.organizations().membership(&estate.index, account);
    let (mut clusters, mut unread, mut users) = (Vec::new(), None, DatabaseUsers::default());
    for region in regions.iter().filter(|region| region.scope.0 == account) {
        let table = region.clusters();
        unread = unread.or_else(|| table.incomplete().cloned());
        for record in table.present() {
            let (proxies, unread_proxies) = doors(region, record);
            let secret_policy = secret_policy(region, record);
            let cluster = Cluster { record: Arc::clone(record), secret_policy, proxies, unread_proxies };
            users.note(cluster.arn(), database_users(region, record));
            clusters.push(cluster);
        }
    }
    AccountAccess::new(Account::new(account, &tables, membership, estate.decisions), clusters, unread, users)
}

fn secret_policy(region: &Region, cluster: &Record<DbCluster>) -> Fact<Arc<Record<SecretPolicy>>> {
    const SOURCE: &str = "secretsmanager:GetResourcePolicy";
    let arn = cluster.data.master_user_secret.as_ref().and_then(|secret| secret.secret_arn.clone());
    arn.and_then(|arn| {
        let records = &region.estate.snapshot.records.secret_policies;
        let newest = records.iter().filter(|it| it.data.arn.known() == Some(&arn)).max_by_key(|it| it.observed);
        newest.map_or_else(|| Fact::Unknown(region.why(SOURCE, Some(&arn))), |record| Fact::Known(Arc::clone(record)))
    })
}

/// The proxies that lead to a cluster, and why there may be more.
fn doors(region: &Arc<Region>, cluster: &Record<DbCluster>) -> (Vec<ProxyDoor>, Option<Why>) {
    let found = proxies(region);
    let mut unread = found.unread.first().map(|unread| unread.why.clone());
    let mut doors = Vec::new();
    for proxy in &found.present {
        let leads = match proxy.clusters() {
            Fact::Known(clusters) => clusters.iter().any(|it| it.id == cluster.id),
            Fact::Absent => false,
            Fact::Unknown(why) => {
                unread.get_or_insert_with(|| why.clone());
                false
            }
        };
        let data = &proxy.record.data;
        match (leads, &data.db_proxy_name, &data.db_proxy_arn) {
            (true, Fact::Known(name), Fact::Known(arn)) => {
                let resource_id = arn.rsplit(':').next().unwrap_or_default().to_owned();
                doors.push(ProxyDoor { name: name.clone(), resource_id });
            }
            (true, ..) => drop(unread.get_or_insert(Why::NotCollected)),
            (false, ..) => {}
        }
    }
    (doors, unread)
}

/// The users of a cluster's database whom somebody can log in as. Accounts of one name and several hosts are one user, because nobody knows from where
/// somebody will log in.
fn database_users(region: &Region, cluster: &Arc<Record<DbCluster>>) -> Result<Users, Why> {
    let server = region.server(cluster);
    if let Some(why) = &server.accounts.incomplete {
        return Err(why.clone());
    }
    let mut users = Users::new();
    let is_surely = |fact: &Derived<bool>, expected: bool| fact.value == Fact::Known(expected);
    for account in DatabaseAccount::all(&server) {
        if is_surely(account.can_log_in(), false) || is_surely(account.service_account(), true) {
            continue;
        }
        let (name, plugin) = (known(&account.record.data.user)?, known(&account.record.data.plugin)?);
        let nobody = DatabaseUser { by_iam: false, administers: Fact::Known(false) };
        let user = users.entry(name.clone()).or_insert(nobody);
        user.by_iam |= plugin == IAM_PLUGIN;
        user.administers = either(&user.administers, account.is_administrator());
    }
    Ok(users)
}

const IAM_PLUGIN: &str = "AWSAuthenticationPlugin";

fn known<T>(fact: &Fact<T>) -> Result<&T, Why> {
    match fact {
        Fact::Known(value) => Ok(value),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    }
}

/// One of the two.
fn either(one: &Fact<bool>, other: Fact<bool>) -> Fact<bool> {
    match (one, other) {
        (Fact::Known(true), _) | (_, Fact::Known(true)) => Fact::Known(true),
        (unknown @ Fact::Unknown(_), _) => unknown.clone(),
        (_, other) => other,
    }
}

/// Actions of different services: who may do all of them on everything may do everything.
const OF_AN_ADMINISTRATOR: [&str; 5] =
    ["iam:PutRolePolicy", "rds:DeleteDBCluster", "ec2:RunInstances", "secretsmanager:GetSecretValue", "rds-db:connect"];

pub(in crate::facts) fn administers(account: &Account, identity: &Identity) -> Standing {
    let mut all = Standing::Held(Because::default());
    for action in OF_AN_ADMINISTRATOR.iter().filter_map(|action| Action::new(action)) {
        all = all.and(|| {
            let standing = account.standing(identity, &action, &Target::new(Resource::matching("*")));
            if standing.is_for_some_names() { Standing::No } else { standing }
        });
        if all == Standing::No {
            break;
        }
    }
    all
}
