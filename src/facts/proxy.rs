//! Proxies with their endpoints, joined to the clusters that they lead to.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::found::{Found, unread};
use super::region::Region;
use super::tls::{Endpoint, EndpointRole, Issuer, Owner};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::schema::rds_proxy::{DbProxy, DbProxyTarget, DbProxyTargets};

facts! {
    /// A proxy of Amazon RDS.
    struct Proxy = "db_proxy" on DbProxy, with region: Arc<Region> {
        /// The Aurora clusters that it leads to.
        clusters: Fact<Vec<Arc<Record<DbCluster>>>> => clusters;
        /// Their names.
        cluster_names: Derived<Vec<String>> => cluster_names;
        /// Its endpoints, as far as they were probed.
        endpoints: Found<Endpoint> => endpoints;
    }
}

/// The proxies of a region.
pub(super) fn proxies(region: &Arc<Region>) -> Found<Proxy> {
    let proxy = |record: &Arc<Record<_>>| Arc::new(Proxy::new(Arc::clone(record), Arc::clone(region)));
    Found {
        present: region.proxies().present().map(proxy).collect(),
        unread: region.unread_proxies("db_proxy").into_iter().collect(),
        incomplete: None,
    }
}

fn targets(proxy: &Proxy) -> Fact<Arc<Record<DbProxyTargets>>> {
    let region = &proxy.region;
    let name = &proxy.record.data.db_proxy_name;
    region.one_of("rds:DescribeDBProxyTargets", &region.estate.lookups.proxy_targets, name)
}

fn clusters(proxy: &Proxy) -> Fact<Vec<Arc<Record<DbCluster>>>> {
    targets(proxy).as_ref().and_then(|targets| targets.data.targets.as_ref()).and_then(|targets| {
        let mut names = BTreeSet::new();
        for target in targets {
            match cluster_of_target(target) {
                Fact::Known(name) => drop(names.insert(name)),
                Fact::Absent => {}
                Fact::Unknown(why) => return Fact::Unknown(why),
            }
        }
        let mut clusters = Vec::new();
        for name in names {
            match proxy.region.clusters().get(name) {
                Fact::Known(cluster) => clusters.push(cluster),
                Fact::Absent => {}
                Fact::Unknown(why) => return Fact::Unknown(why),
            }
        }
        Fact::Known(clusters)
    })
}

fn cluster_names(proxy: &Proxy) -> Derived<Vec<String>> {
    let name = |cluster: &Arc<Record<DbCluster>>| cluster.data.db_cluster_identifier.known().cloned();
    let names = proxy.clusters().as_ref().map(|all| all.iter().filter_map(name).collect());
    let from = targets(proxy).known().map(|targets| Place::data_of(targets.at).member("Targets"));
    Derived::new(names, from.into_iter().collect())
}

/// The cluster that a target is or belongs to.
fn cluster_of_target(target: &DbProxyTarget) -> Fact<&String> {
    match (&target.tracked_cluster_id, &target.kind) {
        (Fact::Known(name), _) => Fact::Known(name),
        (Fact::Absent, Fact::Known(kind)) if kind == "TRACKED_CLUSTER" => target.rds_resource_id.as_ref(),
        (Fact::Absent, Fact::Known(_)) => Fact::Absent,
        (Fact::Unknown(why), _) | (Fact::Absent, Fact::Unknown(why)) => Fact::Unknown(why.clone()),
        (Fact::Absent, Fact::Absent) => Fact::Unknown(Why::NotCollected),
    }
}

fn endpoints(proxy: &Proxy) -> Found<Endpoint> {
    let (hosts, incomplete) = hosts(proxy);
    let (scope, data) = (&proxy.region.scope, &proxy.record.data);
    let named = data.db_proxy_name.known().unwrap_or(&proxy.record.id);
    let lost = |what: &str, why: &Why| unread("endpoint", scope, &format!("{what} of proxy {named}"), why.clone());
    let further = incomplete.iter().map(|why| lost("further endpoints", why));
    let mut found = Found { unread: further.collect(), incomplete, ..Found::default() };
    // RDS Proxy listens on the default port of its protocol.
    let port = match data.engine_family.known().map(String::as_str) {
        Some("MYSQL") => 3306,
        Some("POSTGRESQL") => 5432,
        _ => {
            let why = Why::Unreadable { detail: "the port of a proxy of this engine family is not known".into() };
            found.unread.push(lost("endpoints", &why));
            found.incomplete.get_or_insert(why);
            return found;
        }
    };
    for address in hosts.into_iter().map(|host| format!("{host}:{port}")) {
        match proxy.region.endpoint(owner(proxy), Ok(Issuer::AmazonTrust), EndpointRole::Proxy, &address) {
            Ok(endpoint) => found.present.push(Arc::new(endpoint)),
            Err(why) => {
                found.incomplete.get_or_insert(why.clone());
                found.unread.push(unread("endpoint", scope, &address, why));
            }
        }
    }
    found
}

fn owner(proxy: &Proxy) -> Owner {
    let none = || Fact::Unknown(Why::Unreadable { detail: "the proxy leads to no Aurora cluster".into() });
    let place = Place::data_of(proxy.record.at).member("RequireTLS");
    Owner {
        cluster: proxy
            .clusters()
            .as_ref()
            .and_then(|all| all.first().map_or_else(none, |first| Fact::Known(Arc::clone(first)))),
        proxy: Fact::Known(Arc::clone(&proxy.record)),
        instance: Fact::Absent,
        requires_tls: Derived::new(proxy.record.data.require_tls.clone(), vec![place]),
    }
}

/// Host names that clients of a proxy use, and why there may be more.
fn hosts(proxy: &Proxy) -> (BTreeSet<String>, Option<Why>) {
    let (data, listed) = (&proxy.record.data, proxy.region.proxy_endpoints());
    let mut hosts: BTreeSet<String> = data.endpoint.known().cloned().into_iter().collect();
    let mut incomplete = listed.incomplete().cloned();
    if let Fact::Unknown(why) = &data.endpoint {
        incomplete.get_or_insert_with(|| why.clone());
    }
    for endpoint in listed.present() {
        let names = (&endpoint.data.db_proxy_name, &data.db_proxy_name);
        let own = if let (Fact::Known(of), Fact::Known(name)) = names {
            of == name
        } else {
            incomplete.get_or_insert(Why::NotCollected);
            false
        };
        match &endpoint.data.endpoint {
            Fact::Known(host) if own => drop(hosts.insert(host.clone())),
            Fact::Unknown(why) if own => drop(incomplete.get_or_insert_with(|| why.clone())),
            Fact::Known(_) | Fact::Unknown(_) | Fact::Absent => {}
        }
    }
    (hosts, incomplete)
}
