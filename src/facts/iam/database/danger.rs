//! Chains of permissions that take a cluster's data, credentials or protection away. The list is data, with its source and date.

use std::sync::LazyLock;

use serde::Deserialize;

use super::cluster::{Cluster, On};
use crate::facts::iam::account::{Account, Because, Identity, Standing, Target};
use crate::facts::iam::grammar::Action;
use crate::facts::table::IAM_DANGERS;
use crate::model::{Derived, Fact, Why};

vocabulary! {
    /// What a chain does.
    enum Category = "danger_category" {
        /// The data leaves the account.
        Exfiltration = "exfiltration",
        /// Somebody gets a login.
        Credentials = "credentials",
        /// Somebody gets more permissions.
        Escalation = "escalation",
        /// More of the network can reach the cluster.
        Exposure = "exposure",
        /// Traces or protection are gone.
        DefenceEvasion = "defence-evasion",
        /// Data is destroyed.
        Destruction = "destruction",
        /// The service stops.
        Availability = "availability",
    }
}

/// A chain: every need has to be met.
#[derive(Debug)]
pub struct Chain {
    /// Its id, as in `EXF-01`.
    pub id: String,
    /// What it does.
    pub category: Category,
    /// What it comes to, as the end of "may …".
    pub title: String,
    /// What is needed.
    pub needs: Vec<Need>,
}

/// An action, and what it is done to.
#[derive(Debug)]
pub struct Need {
    /// The action.
    pub action: Action,
    /// The action as AWS spells it.
    pub spelt: String,
    /// Its object.
    pub on: On,
}

#[derive(Deserialize)]
struct File {
    dangers: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    id: String,
    category: Category,
    title: String,
    needs: Vec<(String, String)>,
}

/// All chains. The file is part of the program and a test reads every word of it.
pub static DANGERS: LazyLock<Vec<Chain>> = LazyLock::new(|| {
    let file: File = serde_json::from_str(IAM_DANGERS).unwrap_or(File { dangers: Vec::new() });
    file.dangers.into_iter().filter_map(chain).collect()
});

fn chain(written: Written) -> Option<Chain> {
    let need = |(action, on): &(String, String)| {
        Some(Need { action: Action::new(action)?, spelt: action.clone(), on: On::from_word(on)? })
    };
    let needs = written.needs.iter().map(need).collect::<Option<_>>()?;
    Some(Chain { id: written.id, category: written.category, title: written.title, needs })
}

facts! {
    /// A chain of permissions that an identity holds, or may hold, on a cluster.
    struct Danger = "iam_danger" {
        /// Id of the chain, as in `EXF-01`.
        id: String;
        /// What it does.
        category: Category;
        /// What it comes to.
        title: String;
        /// Name of the cluster.
        cluster: String;
        /// Whether the whole chain is held; unknown where a part of it could not be read.
        held: Derived<bool>;
        /// What has to hold besides, as policies say it; empty when nothing does.
        conditions: Vec<String>;
    } key key
}

/// What an identity can do to each cluster, chain by chain; chains that it cannot do are left out.
pub fn dangers(account: &Account, identity: &Identity, clusters: &[Cluster]) -> Vec<Danger> {
    let may = |need: &Need| need.on.is_guarded() || identity.may_touch(&need.action);
    let chains: Vec<_> = DANGERS.iter().filter(|chain| chain.needs.iter().all(may)).collect();
    let found = clusters.iter().flat_map(|cluster| {
        let of_cluster = |chain: &&'static Chain| danger(account, identity, cluster, chain);
        chains.iter().filter_map(of_cluster).collect::<Vec<_>>()
    });
    found.collect()
}

fn danger(account: &Account, identity: &Identity, cluster: &Cluster, chain: &Chain) -> Option<Danger> {
    let standing = standing(account, identity, cluster, &chain.needs);
    let because = match &standing {
        Standing::No => return None,
        Standing::Held(because) => because.clone(),
        Standing::Unknown(_) => Because::default(),
    };
    Some(Danger {
        id: chain.id.clone(),
        category: chain.category.clone(),
        title: chain.title.clone(),
        cluster: cluster.name().to_owned(),
        held: Derived::new(standing.fact(), account.places(&because)),
        conditions: because.conditions.into_iter().collect(),
        key: format!("{} {}", chain.id, cluster.arn()),
    })
}

fn standing(account: &Account, identity: &Identity, cluster: &Cluster, needs: &[Need]) -> Standing {
    let mut all = Standing::Held(Because::default());
    for need in needs {
        all = all.and(|| on(account, identity, cluster, &need.action, &need.on));
        if all == Standing::No {
            break;
        }
    }
    all
}

/// How an identity stands to an action on what a cluster has: one of its things is enough. Callers ask only where the identity's
/// own policies mention the action, or the thing [is guarded](On::is_guarded).
pub(super) fn on(account: &Account, identity: &Identity, cluster: &Cluster, action: &Action, on: &On) -> Standing {
    let any = |targets: Vec<Target>| {
        targets.iter().fold(Standing::No, |any, target| any.or(|| account.standing(identity, action, target)))
    };
    match cluster.targets(on) {
        Fact::Known(targets) => any(targets),
        Fact::Absent => Standing::No,
        Fact::Unknown(why) => Standing::Unknown(Why::clone(&why)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_chain_of_the_file_is_read() {
        let text = IAM_DANGERS;
        let file: File = serde_json::from_str(text).unwrap();
        assert_eq!(DANGERS.len(), file.dangers.len());
        assert!(DANGERS.len() >= 37);
        let ids: BTreeSet<_> = DANGERS.iter().map(|chain| &chain.id).collect();
        assert_eq!(ids.len(), DANGERS.len());
        assert!(DANGERS.iter().all(|chain| !chain.needs.is_empty() && !matches!(chain.category, Category::Other(_))));
    }
}
