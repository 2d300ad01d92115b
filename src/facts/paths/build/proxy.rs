//! Proxies in front of clusters. Which addresses their security groups admit is not weighed, and neither is whether the host part of
//! an account admits theirs, so that no way through a proxy is more than possible. Amazon Aurora User Guide, "Using Amazon RDS Proxy".

use std::sync::Arc;

use super::super::node::Node;
use super::super::step::Step;
use super::super::web::Web;
use super::database::Database;
use super::host::Admits;
use crate::facts::iam::database::Cluster;
use crate::model::Why;

/// A proxy as it is asked about.
#[derive(Debug, Clone)]
pub(super) struct Door {
    /// What people call it.
    pub name: String,
    /// Its resource id; none for any that was not read.
    resource_id: Option<String>,
    /// Why it is not known how it is reached.
    why: Why,
}

impl Door {
    /// Its resource id, or what stands for any.
    pub fn resource_id(&self) -> &str {
        self.resource_id.as_deref().unwrap_or("prx-*")
    }

    /// Whether it was read.
    pub const fn is_known(&self) -> bool {
        self.resource_id.is_some()
    }
}

/// The proxies that lead to a cluster, and what stands for those that were not read.
pub(super) fn doors(cluster: &Cluster) -> Vec<Door> {
    let unweighed = || Why::Unreadable { detail: "which addresses its security groups admit is not weighed".into() };
    let known = cluster.proxies.iter().map(|proxy| Door {
        name: format!("proxy {}", proxy.name),
        resource_id: Some(proxy.resource_id.clone()),
        why: unweighed(),
    });
    let unread = cluster.unread_proxies.iter().map(|why| Door {
        name: "a proxy that was not read".to_owned(),
        resource_id: None,
        why: why.clone(),
    });
    known.chain(unread).collect()
}

/// Where somebody stands who may reach a proxy of the account; not the internet, because a proxy has no public address.
pub(super) fn near(web: &mut Web, owner: u32, account: &str) {
    let machines = web.machines.iter().filter(|(_, machine)| machine.account == account).map(|(id, _)| id);
    let unread = web.unread_machines.iter().filter(|(_, of)| *of == account).map(|(id, _)| id);
    let machines: Vec<_> = machines.chain(unread).cloned().map(Node::Machine).collect();
    for place in machines.into_iter().chain([Node::Own(owner), Node::Somewhere]) {
        web.add(&[place], &Node::NearProxies(owner), Step::glue("a proxy may admit it"));
    }
}

/// The steps to each proxy of a cluster, and on to the cluster.
pub(super) fn add(web: &mut Web, owner: u32, (number, cluster): (u32, &Cluster), database: &Database) {
    for (at, door) in doors(cluster).into_iter().enumerate() {
        let proxy = Node::Proxy(number, at);
        let step = Step::new(format!("its packets may reach {}", door.name)).unknown(door.why.clone());
        web.add(&[Node::NearProxies(owner)], &proxy, step);
        for host in database.hosts.iter().filter(|host| Admits::of(host) != Admits::Nobody) {
            let why =
                Why::Unreadable { detail: "whether the host part admits the proxy's addresses is not weighed".into() };
            let step = Step::new(format!("{} passes it on to the cluster, host `{host}`", door.name)).unknown(why);
            web.add(std::slice::from_ref(&proxy), &Node::Arrives(number, Arc::clone(host)), step);
        }
        for (user, logins) in &database.users {
            for login in logins {
                let premises = [Node::ConnectsThrough(number, at, Arc::clone(user)), proxy.clone()];
                let step = Step::new(format!("{} logs in to the database for it as {user}", door.name))
                    .when("the proxy takes tokens of IAM and holds a secret of that user")
                    .unknown(door.why.clone());
                web.add(&premises, &Node::Proves(number, *login), step);
            }
        }
    }
}
