//! Users and roles of an account, with what they may do to its clusters.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::iam::account::{Account, Assumptions, Escalation, Identity, IdentityKind, Standing, Target, escalations};
use super::iam::database::{
    self, Cluster, Connection, Danger, DatabaseUser, POWERS, Power, PowerName, connections, dangers,
};
use super::estate::Estate;
use super::found::{Found, unread};
use super::iam::Principals;
use super::iam::evaluate::{Organization, Resource};
use super::iam::grammar::{Action, Effect, Named};
use super::region::Region;
use super::scope::GLOBAL;
use crate::model::{Derived, Fact, Place, Why};
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

/// What the principals of an account may do. Control policies of the organisation are not in a snapshot yet.
pub(super) fn account_access(estate: &Estate, regions: &[Arc<Region>], account: &str) -> AccountAccess {
    let scope = (account.to_owned(), GLOBAL.to_owned());
    let tables = Principals::new(&estate.snapshot, &estate.index, &scope);
    let scps = Organization::Unread(estate.index.why(&scope, "organizations:ListPoliciesForTarget", None));
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
    AccountAccess::new(Account::new(account, &tables, &scps), clusters, unread, users)
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

/// The users and roles of an account, and the knowledge that there may be more.
pub(super) fn principals(access: &Arc<AccountAccess>) -> Found<Principal> {
    let mut found = Found::default();
    for (index, identity) in access.account.identities.iter().enumerate() {
        if let Some(place) = &identity.place {
            let of = Of { access: Arc::clone(access), index, identity: Arc::clone(identity) };
            found.present.push(Arc::new(Principal::new(of, place.clone())));
        }
    }
    if let Some(why) = &access.account.incomplete {
        let scope = (access.account.id.clone(), GLOBAL.to_owned());
        let what = format!("all users and roles of {}", access.account.id);
        found.unread.push(unread("iam_principal", &scope, &what, why.clone()));
    }
    found
}

/// One identity of an account.
#[derive(Debug)]
pub struct Of {
    pub(super) access: Arc<AccountAccess>,
    pub(super) index: usize,
    pub(super) identity: Arc<Identity>,
}

facts! {
    /// A user or a role, with what it may do. Session policies, session tags and who stands behind a federated role are not
    /// in a snapshot.
    struct Principal = "iam_principal", with of: Of {
        /// Name.
        name: String => name;
        /// ARN.
        arn: String => arn;
        /// User or role.
        kind: IdentityKind => kind;
        /// Whether it is a role that an AWS service made for itself.
        service_linked: bool => service_linked;
        /// The permission set of IAM Identity Center that made the role; the people behind it are not in a snapshot.
        permission_set: Fact<String> => permission_set, optional;
        /// Whether it may do everything, as an administrator: its own permissions, its boundary and the organisation considered.
        administrator: Derived<bool> => administrator;
        /// Changing or deleting clusters of any name.
        administration: Power => administration;
        /// Setting the master password, or switching audit logging or TLS off.
        master_reset: Power => master_reset;
        /// Sharing, copying or exporting snapshots.
        snapshot_sharing: Power => snapshot_sharing;
        /// Reading the secret of the master user.
        secret_reading: Power => secret_reading;
        /// Running SQL by the Data API, on clusters where it is on.
        data_api: Power => data_api;
        /// Logging in by IAM: one for each cluster and database user.
        connections: Fact<Vec<Arc<Connection>>> => connections_of;
        /// Clusters and users that it may log in to by IAM as the master user, as `CLUSTER as USER`.
        master_logins: Derived<Vec<String>> => master_logins;
        /// Resources of `rds-db:connect` in its policies that name no cluster or no database user there is, each with the reason.
        dead_connects: Derived<Vec<String>> => dead_connects;
        /// Chains of permissions that endanger a cluster.
        dangers: Fact<Vec<Arc<Danger>>> => dangers_of;
        /// Steps by which it comes to the permissions of somebody who can do any of this.
        escalations: Vec<Arc<EscalationFact>> => escalations_of;
        /// Names of the clusters that may act with the role.
        serves_clusters: Fact<Vec<String>> => serves_clusters;
        /// Whether it may read or write the objects of every bucket.
        every_bucket: Derived<bool> => every_bucket;
        /// Whether it may call every function of the account.
        every_function: Derived<bool> => every_function;
        /// Those steps in words, sorted, without the roles that trust it.
        escalation_steps: Vec<String> => escalation_steps;
        /// Whether it is an administrator, or has any of these powers, or may log in by IAM.
        holds_power: Fact<bool> => holds_power;
        /// Which strangers may assume the role; of a user, nobody.
        trust: Fact<Arc<Trust>> => trust;
    } at at
}

facts! {
    /// A step to somebody else's permissions.
    struct EscalationFact = "iam_escalation" {
        /// The actions that make the step.
        method: String;
        /// ARN of the identity whose permissions are taken; `any permission` when it writes its own policies.
        to: String;
        /// Whether the step is allowed; unknown where what would decide could not be read.
        allowed: Derived<bool>;
        /// What has to hold besides; empty when nothing does.
        conditions: Vec<String>;
    } key key
}

facts! {
    /// What a role's trust policy grants to strangers.
    struct Trust = "iam_trust" {
        /// Whether anybody may assume the role, under no condition.
        everyone: Derived<bool>;
        /// Other accounts that may assume it without an external id or a condition on their organisation.
        foreign_accounts: Derived<Vec<String>>;
        /// Identity providers (OIDC) whose tokens are accepted whatever their subject.
        providers_without_subject: Derived<Vec<String>>;
        /// Services that may act with it without a condition on the source.
        services_without_source: Derived<Vec<String>>;
    }
}

fn name(principal: &Principal) -> String {
    principal.of.identity.principal.name.clone()
}

fn arn(principal: &Principal) -> String {
    principal.of.identity.principal.arn.clone()
}

fn kind(principal: &Principal) -> IdentityKind {
    principal.of.identity.kind.clone()
}

fn service_linked(principal: &Principal) -> bool {
    principal.of.identity.is_service_linked()
}

fn permission_set(principal: &Principal) -> Fact<String> {
    principal.of.identity.permission_set().map_or(Fact::Absent, |set| Fact::Known(set.to_owned()))
}

fn administrator(principal: &Principal) -> Derived<bool> {
    let account = &principal.of.access.account;
    let standing = administers(account, &principal.of.identity);
    let places = match &standing {
        Standing::Held(because) => account.places(because),
        _ => Vec::new(),
    };
    Derived::new(standing.fact(), places)
}

/// Actions of different services: who may do all of them on everything may do everything.
const OF_AN_ADMINISTRATOR: [&str; 5] =
    ["iam:PutRolePolicy", "rds:DeleteDBCluster", "ec2:RunInstances", "secretsmanager:GetSecretValue", "rds-db:connect"];

fn administers(account: &Account, identity: &Identity) -> Standing {
    let mut all = Standing::Held(super::iam::account::Because::default());
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

macro_rules! powers {
    ($($function:ident = $name:ident;)*) => {$(
        fn $function(principal: &Principal) -> Power {
            principal.of.access.power(&principal.of.identity, PowerName::$name)
        }
    )*};
}

powers! {
    administration = Administration;
    master_reset = MasterReset;
    snapshot_sharing = SnapshotSharing;
    secret_reading = SecretReading;
    data_api = DataApi;
}

/// The list is whole only when the clusters are; who may log in nowhere needs no clusters for that.
fn connections_of(principal: &Principal) -> Fact<Vec<Arc<Connection>>> {
    let Of { access, identity, .. } = &principal.of;
    if let (Some(why), true) = (&access.unread_clusters, may_touch_any(identity, &["rds-db:connect"])) {
        return Fact::Unknown(why.clone());
    }
    let found = access.clusters.iter().flat_map(|cluster| access.connections(identity, cluster));
    Fact::Known(found.map(Arc::new).collect())
}

/// Somebody who may log in for sure counts, whatever else is not known.
fn master_logins(principal: &Principal) -> Derived<Vec<String>> {
    let connections = match principal.connections() {
        Fact::Known(connections) => connections,
        Fact::Absent => return Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    let (mut found, mut places, mut unknown) = (BTreeSet::new(), BTreeSet::new(), None);
    for connection in connections {
        match (&connection.is_master, &connection.allowed.value) {
            (Fact::Known(true), Fact::Known(true)) => {
                let user = if connection.user == "*" { "any user" } else { &connection.user };
                found.insert(format!("{} as {user}", connection.cluster));
                places.extend(connection.allowed.from.iter().cloned());
            }
            (Fact::Known(false), _) | (_, Fact::Known(false)) => {}
            (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => {
                unknown.get_or_insert_with(|| why.clone());
            }
            (Fact::Absent, _) | (_, Fact::Absent) => {
                unknown.get_or_insert(Why::NotCollected);
            }
        }
    }
    match unknown {
        Some(why) if found.is_empty() => Derived::unknown(why),
        _ => Derived::new(Fact::Known(found.into_iter().collect()), places.into_iter().collect()),
    }
}

fn dead_connects(principal: &Principal) -> Derived<Vec<String>> {
    let Of { access, identity, .. } = &principal.of;
    let found = database::dead_connects(&access.account, identity, &access.clusters, access.users.as_ref());
    match (found.why, found.dead.is_empty()) {
        (Some(why), true) => Derived::unknown(why),
        _ => Derived::new(Fact::Known(found.dead), found.places),
    }
}

fn dangers_of(principal: &Principal) -> Fact<Vec<Arc<Danger>>> {
    let Of { access, identity, .. } = &principal.of;
    if let Some(why) = &access.unread_clusters {
        return Fact::Unknown(why.clone());
    }
    let found = access.clusters.iter().flat_map(|cluster| dangers(&access.account, identity, cluster));
    Fact::Known(found.map(Arc::new).collect())
}

fn may_touch_any(identity: &Identity, actions: &[&str]) -> bool {
    actions.iter().filter_map(|action| Action::new(action)).any(|action| identity.may_touch(&action))
}

fn escalations_of(principal: &Principal) -> Vec<Arc<EscalationFact>> {
    let Of { access, index, .. } = &principal.of;
    let account = &access.account;
    let mut found: Vec<_> = access
        .escalations(*index)
        .into_iter()
        .map(|escalation| {
            let to = escalation.to.and_then(|to| account.identities.get(to));
            let to = to.map_or_else(|| "any permission".to_owned(), |to| to.principal.arn.clone());
            let because = escalation.because();
            Arc::new(EscalationFact {
                allowed: Derived::new(escalation.standing.fact(), account.places(&because)),
                conditions: because.conditions.into_iter().collect(),
                key: format!("{} {to}", escalation.method),
                method: escalation.method,
                to,
            })
        })
        .collect();
    found.sort_by(|left, right| left.key.cmp(&right.key));
    found
}

fn escalation_steps(principal: &Principal) -> Vec<String> {
    let allowed = |step: &&Arc<EscalationFact>| step.allowed.value == Fact::Known(true) && step.method != ASSUME_ROLE;
    principal.escalations().iter().filter(allowed).map(|step| format!("{} of {}", step.method, step.to)).collect()
}

const ASSUME_ROLE: &str = "sts:AssumeRole";

fn holds_power(principal: &Principal) -> Fact<bool> {
    let powers = [
        principal.administration(),
        principal.master_reset(),
        principal.snapshot_sharing(),
        principal.secret_reading(),
        principal.data_api(),
    ];
    let logins = match principal.connections() {
        Fact::Known(list) => list.iter().map(|connection| connection.allowed.value.clone()).collect(),
        Fact::Absent => Vec::new(),
        Fact::Unknown(why) => vec![Fact::Unknown(why.clone())],
    };
    let administrator = principal.administrator().value.clone();
    let mut facts = powers.iter().map(|power| power.held.value.clone()).chain(logins).chain([administrator]);
    let all: Vec<_> = facts.by_ref().collect();
    if all.contains(&Fact::Known(true)) {
        return Fact::Known(true);
    }
    all.into_iter().find(Fact::is_unknown).unwrap_or(Fact::Known(false))
}

fn serves_clusters(principal: &Principal) -> Fact<Vec<String>> {
    let Of { access, identity, .. } = &principal.of;
    let mut served = BTreeSet::new();
    for cluster in &access.clusters {
        let roles = match &cluster.record.data.associated_roles {
            Fact::Known(roles) => roles,
            Fact::Absent => continue,
            Fact::Unknown(why) => return Fact::Unknown(why.clone()),
        };
        if roles.iter().any(|role| role.role_arn.known() == Some(&identity.principal.arn)) {
            served.insert(cluster.name().to_owned());
        }
    }
    match &access.unread_clusters {
        Some(why) if served.is_empty() => Fact::Unknown(why.clone()),
        _ => Fact::Known(served.into_iter().collect()),
    }
}

fn every_bucket(principal: &Principal) -> Derived<bool> {
    let pattern = format!("arn:{}:s3:::*", principal.of.access.account.partition);
    everywhere(principal, &["s3:GetObject", "s3:PutObject"], &pattern)
}

fn every_function(principal: &Principal) -> Derived<bool> {
    let account = &principal.of.access.account;
    let pattern = format!("arn:{}:lambda:*:{}:function:*", account.partition, account.id);
    everywhere(principal, &["lambda:InvokeFunction"], &pattern)
}

/// Whether one of the actions is allowed on whatever the pattern covers.
fn everywhere(principal: &Principal, actions: &[&str], pattern: &str) -> Derived<bool> {
    let Of { access, identity, .. } = &principal.of;
    let target = Target::new(Resource::matching(pattern));
    let any = actions.iter().filter_map(|action| Action::new(action)).fold(Standing::No, |any, action| {
        any.or(|| {
            let standing = access.account.standing(identity, &action, &target);
            if standing.is_for_some_names() { Standing::No } else { standing }
        })
    });
    let places = match &any {
        Standing::Held(because) => access.account.places(because),
        _ => Vec::new(),
    };
    Derived::new(any.fact(), places)
}

fn trust(principal: &Principal) -> Fact<Arc<Trust>> {
    let Of { access, identity, .. } = &principal.of;
    let Some(held) = &identity.trust else { return Fact::Known(Arc::new(Strangers::default().trust(&principal.at))) };
    let document = match &held.document {
        Ok(document) => document,
        Err(why) => return Fact::Unknown(why.clone()),
    };
    if let Some(faulty) = document.statements.iter().find(|it| !it.faults.is_empty()) {
        let detail = format!("statement {} of the trust policy", faulty.index + 1);
        return Fact::Unknown(Why::Unreadable { detail: detail.into() });
    }
    let mut found = Strangers::default();
    for statement in document.statements.iter().filter(|statement| statement.effect == Some(Effect::Allow)) {
        let keys: BTreeSet<&str> = statement.tests.iter().flat_map(|test| test.keys()).collect();
        let Some(principals) = &statement.principals else { continue };
        if principals.negated {
            found.everyone |= keys.is_empty();
        } else {
            principals.named.iter().for_each(|named| found.add(named, &keys, &access.account.id));
        }
    }
    let place = principal.at.member("AssumeRolePolicyDocument");
    Fact::Known(Arc::new(found.trust(&place)))
}

#[derive(Default)]
struct Strangers {
    everyone: bool,
    accounts: BTreeSet<String>,
    providers: BTreeSet<String>,
    services: BTreeSet<String>,
}

/// Keys that tie a foreign account down.
const TIES: [&str; 5] =
    ["sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount"];

/// Keys that tie a service down to its source.
const SOURCES: [&str; 4] = ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"];

impl Strangers {
    fn add(&mut self, named: &Named, keys: &BTreeSet<&str>, own: &str) {
        let tied = |ties: &[&str]| ties.iter().any(|tie| keys.contains(tie));
        match named {
            Named::Everyone => self.everyone |= !tied(&TIES),
            Named::Account(account) if account != own && !tied(&TIES) => {
                self.accounts.insert(account.clone());
            }
            Named::Arn(arn) => {
                let account = arn.split(':').nth(4).unwrap_or_default();
                if !account.is_empty() && account != own && !tied(&TIES) {
                    self.accounts.insert(account.to_owned());
                }
            }
            Named::Federated(provider) if provider.contains(":oidc-provider/") => {
                if !keys.iter().any(|key| key.ends_with(":sub")) {
                    self.providers.insert(provider.clone());
                }
            }
            Named::Service(service) if !tied(&SOURCES) => {
                self.services.insert(service.clone());
            }
            _ => {}
        }
    }

    fn trust(self, place: &Place) -> Trust {
        let list = |set: BTreeSet<String>| Derived::new(Fact::Known(set.into_iter().collect()), vec![place.clone()]);
        Trust {
            everyone: Derived::new(Fact::Known(self.everyone), vec![place.clone()]),
            foreign_accounts: list(self.accounts),
            providers_without_subject: list(self.providers),
            services_without_source: list(self.services),
        }
    }
}
