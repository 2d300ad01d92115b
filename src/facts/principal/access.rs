//! What the principals of one account may do to its clusters, computed once for all of them.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::facts::estate::Estate;
use crate::facts::iam::Principals;
use crate::facts::iam::account::{
    Account, Assumptions, Because, Escalation, Identity, IdentityKind, Standing, Target, escalations,
};
use crate::facts::iam::database::{self, Cluster, Connection, DatabaseUser, POWERS, Power, PowerName, connections};
use crate::facts::iam::evaluate::Resource;
use crate::facts::iam::grammar::Action;
use crate::facts::region::Region;
use crate::facts::scope::GLOBAL;
use crate::model::{Fact, Why};
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
    /// Database users that authenticate by IAM, when every cluster's accounts were read.
    pub users: Option<BTreeSet<DatabaseUser>>,
    assumptions: OnceLock<Assumptions>,
    worth: OnceLock<Vec<bool>>,
}

impl AccountAccess {
    pub(super) fn new(
        account: Account,
        clusters: Vec<Cluster>,
        unread_clusters: Option<Why>,
        users: Option<BTreeSet<DatabaseUser>>,
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
        connections(&self.account, identity, cluster, self.users.as_ref())
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
    let (mut clusters, mut unread, mut users) = (Vec::new(), None, Some(BTreeSet::new()));
    for region in regions.iter().filter(|region| region.scope.0 == account) {
        let table = region.clusters();
        unread = unread.or_else(|| table.incomplete().cloned());
        for record in table.present() {
            let cluster = Cluster { record: Arc::clone(record), secret_policy: secret_policy(region, record) };
            users = users.zip(iam_users(region, record)).map(|(mut all, more)| {
                all.extend(more);
                all
            });
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

/// The database users of a cluster that authenticate by IAM; none when its accounts were not read.
fn iam_users(region: &Region, cluster: &Record<DbCluster>) -> Option<BTreeSet<DatabaseUser>> {
    let arn = cluster.data.db_cluster_arn.known()?;
    let accounts = region.estate.lookups.accounts.all(&region.scope, arn);
    let mut users = BTreeSet::new();
    for account in &accounts {
        if account.data.plugin.known()? == "AWSAuthenticationPlugin" {
            users.insert(DatabaseUser { cluster: arn.clone(), user: account.data.user.known()?.clone() });
        }
    }
    (!accounts.is_empty()).then_some(users)
}

/// Actions of different services: who may do all of them on everything may do everything.
const OF_AN_ADMINISTRATOR: [&str; 5] =
    ["iam:PutRolePolicy", "rds:DeleteDBCluster", "ec2:RunInstances", "secretsmanager:GetSecretValue", "rds-db:connect"];

pub(super) fn administers(account: &Account, identity: &Identity) -> Standing {
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
