//! Statements of `rds-db:connect` that let nobody log in: they name a cluster by its name instead of its resource id, a cluster
//! that is gone, or a user who does not authenticate by IAM.

use std::collections::BTreeSet;

use super::cluster::Cluster;
use super::connect::DatabaseUsers;
use crate::facts::iam::account::{Account, Identity};
use crate::facts::iam::grammar::{Action, Effect};
use crate::model::{Fact, Place, Why};

/// What was found in the policies of an identity.
#[derive(Debug, Default)]
pub struct DeadConnects {
    /// `RESOURCE: REASON`, sorted.
    pub dead: Vec<String>,
    /// The statements.
    pub places: Vec<Place>,
    /// Why there may be more: a policy, a cluster or a proxy that was not read.
    pub why: Option<Why>,
}

/// Looks for dead resources. `users` are the database users that authenticate by IAM.
pub fn dead_connects(
    account: &Account,
    identity: &Identity,
    clusters: &[Cluster],
    users: &DatabaseUsers,
) -> DeadConnects {
    let mut found = DeadConnects::default();
    let Some(action) = Action::new("rds-db:connect") else { return found };
    let (mut dead, mut places) = (BTreeSet::new(), BTreeSet::new());
    for held in &identity.policies.identity {
        let document = match &held.document {
            Ok(document) => document,
            Err(why) => {
                found.why.get_or_insert_with(|| why.clone());
                continue;
            }
        };
        for statement in document.statements.iter().filter(|statement| statement.effect == Some(Effect::Allow)) {
            let covers = statement.actions.as_ref().is_some_and(|actions| !actions.negated && actions.covers(&action));
            let Some(resources) = statement.resources.as_ref().filter(|it| covers && !it.negated) else { continue };
            for pattern in &resources.patterns {
                match state(&pattern.text, &account.id, clusters, users) {
                    State::Alive => {}
                    State::Unknown(why) => {
                        found.why.get_or_insert(why);
                    }
                    State::Dead(reason) => {
                        dead.insert(format!("{}: {reason}", pattern.text));
                        let place = super::power::reference(held, statement);
                        places.extend(account.place(&place));
                    }
                }
            }
        }
    }
    found.dead = dead.into_iter().collect();
    found.places = places.into_iter().collect();
    found
}

enum State {
    Alive,
    Dead(&'static str),
    Unknown(Why),
}

fn state(text: &str, account: &str, clusters: &[Cluster], users: &DatabaseUsers) -> State {
    let mut parts = text.splitn(6, ':').skip(2);
    let (service, region, owner) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let user = parts.next().and_then(|rest| rest.strip_prefix("dbuser:")).and_then(|rest| rest.split_once('/'));
    let (Some("rds-db"), Some((id, user))) = (service, user) else { return State::Alive };
    if id.contains(['*', '?', '$']) {
        return State::Alive;
    }
    if id.starts_with("prx-") {
        return proxy(id, user, clusters, users);
    }
    if id.starts_with("db-") {
        return State::Unknown(Why::NotCollected);
    }
    if !id.starts_with("cluster-") {
        return State::Dead("it names no resource id, which begins with cluster-, db- or prx-");
    }
    if owner != account && !owner.contains(['*', '?']) {
        return State::Dead("the cluster would be in another account, where IAM authentication does not reach");
    }
    let named = clusters.iter().find(|it| it.record.data.db_cluster_resource_id.known().is_some_and(|it| it == id));
    let Some(cluster) = named else {
        let unread = clusters.iter().any(|it| matches!(it.record.data.db_cluster_resource_id, Fact::Unknown(_)));
        let scanned = clusters.iter().any(|it| it.record.region == region);
        return if unread || !scanned {
            State::Unknown(Why::NotCollected)
        } else {
            State::Dead("there is no such cluster")
        };
    };
    match users.of(cluster) {
        Ok(users) if user.contains(['*', '?', '$']) || users.get(user).is_some_and(|it| it.by_iam) => State::Alive,
        Ok(_) => State::Dead("no such user authenticates by IAM"),
        Err(_) => State::Alive,
    }
}

/// Behind a proxy a user need not authenticate by IAM, and has to exist. A proxy that leads to no cluster of ours may be another
/// engine's.
fn proxy(id: &str, user: &str, clusters: &[Cluster], users: &DatabaseUsers) -> State {
    let mut unread = None;
    for cluster in clusters {
        if cluster.proxies.iter().any(|proxy| proxy.resource_id == id) {
            return match users.of(cluster) {
                Ok(users) if !user.contains(['*', '?', '$']) && !users.contains_key(user) => {
                    State::Dead("no such user is in the database behind the proxy")
                }
                _ => State::Alive,
            };
        }
        unread = unread.or_else(|| cluster.unread_proxies.clone());
    }
    State::Unknown(unread.unwrap_or(Why::NotCollected))
}
