//! Subnet groups that clusters use.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::found::{Found, unread, unread_of};
use super::network::{NetworkRoute, SubnetRoute};
use super::region::Region;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::schema::rds::DbSubnetGroup;

facts! {
    /// A subnet group that at least one Aurora cluster uses.
    struct SubnetGroup = "db_subnet_group" on DbSubnetGroup, with used: Used {
        /// Names of the clusters that use it, sorted.
        clusters: Derived<Vec<String>> => clusters;
        /// Its subnets with the routes in effect.
        subnet_routes: Fact<Vec<Arc<SubnetRoute>>> => subnet_routes;
        /// The routes of its subnets to networks that are joined by peering, a transit gateway, a VPN or Direct Connect.
        network_routes: Fact<Vec<Arc<NetworkRoute>>> => network_routes;
    }
}

/// Where a subnet group stands, and the clusters that use it, each with the place that says so.
#[derive(Debug)]
pub struct Used {
    region: Arc<Region>,
    clusters: Vec<String>,
    places: Vec<Place>,
    /// The ports of those clusters.
    ports: Fact<Vec<u16>>,
}

impl Used {
    fn add_port(&mut self, port: &Fact<i64>) {
        let port = port.as_ref().and_then(|port| match u16::try_from(*port) {
            Ok(port) => Fact::Known(port),
            Err(_) => Fact::Unknown(Why::Unreadable { detail: format!("{port} is not a port").into() }),
        });
        match (&mut self.ports, port) {
            (Fact::Known(ports), Fact::Known(port)) if ports.contains(&port) => {}
            (Fact::Known(ports), Fact::Known(port)) => ports.push(port),
            (ports, Fact::Unknown(why)) => *ports = Fact::Unknown(why),
            (ports, Fact::Absent) => *ports = Fact::Unknown(Why::NotCollected),
            _ => {}
        }
    }
}

/// The subnet groups of the region's clusters.
pub(super) fn subnet_groups(region: &Arc<Region>) -> Found<SubnetGroup> {
    let mut found = Found::default();
    let mut users: BTreeMap<&String, Used> = BTreeMap::new();
    for cluster in region.clusters().present() {
        let data = &cluster.data;
        if let Fact::Unknown(why) = &data.db_subnet_group {
            found.unread.push(unread_of("db_subnet_group", "subnet group", cluster, why.clone()));
        }
        if let (Some(group), Some(name)) = (data.db_subnet_group.known(), data.db_cluster_identifier.known()) {
            let nobody = || Used {
                region: Arc::clone(region),
                clusters: Vec::new(),
                places: Vec::new(),
                ports: Fact::Known(Vec::new()),
            };
            let used = users.entry(group).or_insert_with(nobody);
            used.clusters.push(name.clone());
            used.add_port(&data.port);
            used.places.push(Place::data_of(cluster.at).member("DBSubnetGroup"));
        }
    }
    for (name, used) in users {
        match region.subnet_groups().get(name) {
            Fact::Known(record) => found.present.push(Arc::new(SubnetGroup::new(record, used))),
            Fact::Absent => {}
            Fact::Unknown(why) => found.unread.push(unread("db_subnet_group", &region.scope, name, why)),
        }
    }
    found.unread.extend(region.unread_clusters("db_subnet_group"));
    found
}

fn clusters(group: &SubnetGroup) -> Derived<Vec<String>> {
    Derived::new(Fact::Known(group.used.clusters.clone()), group.used.places.clone())
}

fn subnet_routes(group: &SubnetGroup) -> Fact<Vec<Arc<SubnetRoute>>> {
    let view = group.used.region.network();
    group.record.data.subnets.as_ref().and_then(|subnets| {
        let mut routes = Vec::new();
        for subnet in subnets {
            match &subnet.subnet_identifier {
                Fact::Known(id) => routes.push(Arc::new(SubnetRoute::new(id, &group.used.ports, view))),
                Fact::Absent => return Fact::Unknown(Why::NotCollected),
                Fact::Unknown(why) => return Fact::Unknown(why.clone()),
            }
        }
        Fact::Known(routes)
    })
}

/// Each route once, whichever of the subnets have its table.
fn network_routes(group: &SubnetGroup) -> Fact<Vec<Arc<NetworkRoute>>> {
    group.subnet_routes().as_ref().and_then(|subnets| {
        let mut routes: BTreeMap<String, Arc<NetworkRoute>> = BTreeMap::new();
        for subnet in subnets {
            match &subnet.network_routes {
                Fact::Known(of_subnet) => {
                    routes.extend(of_subnet.iter().map(|route| (route.key.clone(), Arc::clone(route))));
                }
                Fact::Absent => {}
                Fact::Unknown(why) => return Fact::Unknown(why.clone()),
            }
        }
        Fact::Known(routes.into_values().collect())
    })
}
