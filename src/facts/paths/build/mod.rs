//! From facts to steps.

mod asked;
mod cluster;
mod database;
mod host;
mod iam;
mod machine;
mod network;
mod outside;
mod proxy;
mod role;

use std::collections::BTreeMap;

use ipnet::IpNet;

use self::database::Database;
use super::node::Node;
use super::step::Step;
use super::web::{ClusterLabel, Web};
use crate::facts::Facts;

/// All steps that the facts allow; `from` are addresses that are asked about.
pub fn build(facts: &Facts, from: Option<IpNet>) -> Web {
    let mut web = Web::default();
    let mut numbers = BTreeMap::new();
    for (number, cluster) in (0_u32..).zip(&facts.clusters().present) {
        numbers.insert(cluster.record.id.clone(), number);
        web.clusters.push(ClusterLabel {
            arn: cluster.record.id.clone(),
            name: cluster.record.data.db_cluster_identifier.known().unwrap_or(&cluster.record.id).clone(),
            account: cluster.record.account.clone(),
            region: cluster.record.region.clone(),
        });
    }
    let databases: Vec<Database> = (0..)
        .zip(&facts.clusters().present)
        .map(|(number, cluster)| database::add(&mut web, number, cluster))
        .collect();
    let owners: BTreeMap<&str, u32> = facts.account_access().iter().map(|it| it.account.id.as_str()).zip(0..).collect();
    for ((number, cluster), database) in (0..).zip(&facts.clusters().present).zip(&databases) {
        cluster::add(&mut web, number, cluster, database);
        let owner = owners.get(cluster.record.account.as_str()).copied();
        network::add(&mut web, (number, cluster), database, owner, from);
    }
    for (number, access) in (0..).zip(facts.account_access()) {
        iam::add(&mut web, number, access, &numbers, &databases);
    }
    machine::add(&mut web, facts);
    guests(&mut web, owners.len());
    outside::add(&mut web, facts);
    for unread in &facts.clusters().unread {
        web.notes.insert(format!("{} could not be read: {}", unread.identity.name.raw(), unread.why));
    }
    web
}

/// Whoever else gets in without a password does so as anybody does, and is told as the place that it stands in.
fn guests(web: &mut Web, accounts: usize) {
    let machines = web.machines.keys().chain(web.unread_machines.keys()).cloned().map(Node::Machine);
    let own = (0..).take(accounts).map(Node::Own).filter(|own| web.known(own).is_some());
    for node in [Node::Stranger].into_iter().chain(machines).chain(own).collect::<Vec<_>>() {
        web.add(&[node], &Node::Guest, Step::glue("it tries accounts without a password"));
    }
}
