//! Users and roles of an account, with what they may do to its clusters.

mod access;
mod trust;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use self::access::AccountAccess;
pub(super) use self::access::account_access;
pub(super) use self::access::administers;
pub use self::trust::Trust;
use self::trust::trust;
use super::found::{Found, unread};
use super::iam::account::{Identity, IdentityKind, Standing, Target};
use super::iam::database::{self, Connection, Danger, Power, PowerName, dangers};
use super::iam::evaluate::Resource;
use super::iam::grammar::Action;
use super::scope::GLOBAL;
use crate::model::{Derived, Fact, Why};

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
        /// ARN, and of a role of IAM Identity Center that nobody looked at the people behind it.
        who: String => who;
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
        /// Clusters and users that it may log in to by IAM as an administrator of the database, the master user or another, as
        /// `CLUSTER as USER`.
        admin_logins: Derived<Vec<String>> => admin_logins;
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

fn name(principal: &Principal) -> String {
    principal.of.identity.principal.name.clone()
}

fn arn(principal: &Principal) -> String {
    principal.of.identity.principal.arn.clone()
}

fn who(principal: &Principal) -> String {
    let arn = &principal.of.identity.principal.arn;
    principal.of.identity.permission_set().map_or_else(
        || arn.clone(),
        |set| format!("{arn} (permission set {set}: people behind this role not assessed)"),
    )
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
fn admin_logins(principal: &Principal) -> Derived<Vec<String>> {
    let connections = match principal.connections() {
        Fact::Known(connections) => connections,
        Fact::Absent => return Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    let (mut found, mut places, mut unknown) = (BTreeSet::new(), BTreeSet::new(), None);
    for connection in connections {
        match (&connection.administers, &connection.allowed.value) {
            (Fact::Known(true), Fact::Known(true)) => {
                let through = connection.proxy.known().map_or_else(String::new, |proxy| format!(" through {proxy}"));
                found.insert(format!("{}{through} as {}", connection.cluster, connection.user));
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
    let found = database::dead_connects(&access.account, identity, &access.clusters, &access.users);
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
    let found = dangers(&access.account, identity, &access.clusters);
    Fact::Known(found.into_iter().map(Arc::new).collect())
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

#[cfg(test)]
mod steps_tests;
#[cfg(test)]
mod tests;
