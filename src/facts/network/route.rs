//! The subnets of subnet groups: where their route tables lead, and what their ACLs let in.

use std::sync::Arc;

use ipnet::IpNet;

use super::bounds::Bounds;
use super::ingress::parse_cidr;
use super::prefix_list::prefixes_of;
use super::reach::whole;
use super::seat::Seat;
use super::source::Prefixes;
use super::space::{AddressSet, Ranges};
use super::view::View;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{Route, RouteTable};

facts! {
    /// A subnet of a subnet group, where its routes lead and what its ACL lets in.
    struct SubnetRoute = "subnet_route" {
        /// Id of the subnet.
        subnet_id: String;
        /// Account that shares the subnet with this one; absent where the subnet is its own.
        shared_by: Fact<String>, optional;
        /// Id of the route table in effect: the subnet's own, or the VPC's main one.
        route_table_id: Derived<String>;
        /// Whether all of IPv4 or IPv6 goes to an internet gateway, by one route or by several together. NAT and egress-only
        /// gateways do not let anybody in.
        internet_route: Derived<bool>;
        /// Its routes to other networks.
        network_routes: Fact<Vec<Arc<NetworkRoute>>>;
        /// Id of the network ACL.
        network_acl_id: Fact<String>;
        /// The addresses that the ACL surely lets connect to a port of the clusters.
        network_acl_ranges: Prefixes;
        /// Whether that is all of them; never false, but unknown when it may not be.
        network_acl_whole: Fact<bool>;
    } key key
}

facts! {
    /// A route to a network that is joined by peering, a transit gateway, a VPN or Direct Connect.
    struct NetworkRoute = "network_route" {
        /// Id of the route table.
        route_table_id: Fact<String>;
        /// Where it leads, as in `pcx-1`.
        target: String;
        /// The addresses that it leads to.
        destination: Fact<IpNet>;
        /// 4 or 6.
        ip_version: Fact<i64>;
    } key key at at
}

impl SubnetRoute {
    /// The subnet with this id, for clusters that listen on these ports.
    pub fn new(subnet_id: &str, ports: &Fact<Vec<u16>>, view: View<'_>) -> Self {
        let known = ports.known().into_iter().flatten();
        let seats: Vec<_> = known.map(|port| view.seat(subnet_id, *port)).collect();
        let seat = seats.first().map_or_else(|| view.seat(subnet_id, 0), Arc::clone);
        let table = seat.table.as_ref();
        let mut passes = seats.iter().fold(Bounds::none(), |all, seat| all.or(&passes(seat)));
        if let Fact::Unknown(why) = ports {
            passes = Bounds::unknown(why.clone());
        }
        Self {
            subnet_id: subnet_id.to_owned(),
            shared_by: seat.shared_by.clone().map_or(Fact::Absent, Fact::Known),
            route_table_id: match &table {
                Fact::Known((table, at)) => Derived::new(table.data.route_table_id.clone(), vec![at.clone()]),
                Fact::Absent => Derived::unknown(Why::NotCollected),
                Fact::Unknown(why) => Derived::unknown(why.clone()),
            },
            internet_route: match &table {
                Fact::Known((table, _)) => internet_route(table, view),
                Fact::Absent => Derived::unknown(Why::NotCollected),
                Fact::Unknown(why) => Derived::unknown(why.clone()),
            },
            network_routes: table.and_then(|(table, _)| network_routes(table, view)),
            network_acl_id: seat.acl.network_acl_id.clone(),
            network_acl_whole: whole(&passes),
            network_acl_ranges: Prefixes::new(passes.least),
            key: subnet_id.to_owned(),
        }
    }
}

/// What the ACL lets in, of the families that the subnet speaks.
fn passes(seat: &Seat) -> Bounds {
    let speaks_ipv6 = !seat.inside.most.v6.is_empty();
    seat.acl.passes.and(&Bounds::exact(if speaks_ipv6 { AddressSet::all() } else { AddressSet::all_v4() }))
}

fn network_routes(table: &Record<RouteTable>, view: View<'_>) -> Fact<Vec<Arc<NetworkRoute>>> {
    let routes = match &table.data.routes {
        Fact::Known(routes) => routes.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
    };
    let list = Place::data_of(table.at).member("Routes");
    let mut found = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let target = match joined(route) {
            Fact::Known(target) => target,
            Fact::Absent => continue,
            Fact::Unknown(why) => return Fact::Unknown(why),
        };
        let destinations = match destinations(route, view) {
            Ok(nets) => nets.into_iter().map(Fact::Known).collect(),
            Err(why) => vec![Fact::Unknown(why)],
        };
        found.extend(destinations.into_iter().map(|destination: Fact<IpNet>| {
            let shown = destination.known().map_or_else(|| "?".to_owned(), ToString::to_string);
            Arc::new(NetworkRoute {
                key: format!("{}/{shown}/{target}", table.id),
                route_table_id: table.data.route_table_id.clone(),
                target: target.clone(),
                ip_version: destination.as_ref().map(|net| if matches!(net, IpNet::V4(_)) { 4 } else { 6 }),
                destination,
                at: list.item(index),
            })
        }));
    }
    Fact::Known(found)
}

/// The gateway or connection to another network, if the route leads to one.
fn joined(route: &Route) -> Fact<String> {
    let targets =
        [&route.vpc_peering_connection_id, &route.transit_gateway_id, &route.core_network_arn, &route.local_gateway_id];
    if let Some(target) = targets.iter().find_map(|target| target.known()) {
        return Fact::Known(target.clone());
    }
    if let Fact::Known(gateway) = &route.gateway_id {
        return if gateway.starts_with("vgw-") { Fact::Known(gateway.clone()) } else { Fact::Absent };
    }
    let others = [&route.nat_gateway_id, &route.network_interface_id, &route.egress_only_internet_gateway_id];
    if others.iter().any(|target| target.known().is_some()) {
        return Fact::Absent;
    }
    let unread = targets.into_iter().chain([&route.gateway_id]).find(|target| target.is_unknown());
    unread.cloned().unwrap_or(Fact::Absent)
}

/// Where a route leads.
fn destinations(route: &Route, view: View<'_>) -> Result<Vec<IpNet>, Why> {
    let destinations = [&route.destination_cidr_block, &route.destination_ipv6_cidr_block];
    let net = destinations.iter().find_map(|text| text.known()).map(|text| parse_cidr(text));
    match (net, &route.destination_prefix_list_id) {
        (Some(Fact::Known(net)), _) => Ok(vec![net]),
        (Some(Fact::Unknown(why)), _) => Err(why),
        (None, Fact::Unknown(why)) => Err(why.clone()),
        (None, Fact::Known(id)) => {
            Ok(prefixes_of(&view.here.prefix_list(id))?.into_iter().map(|(net, _)| net).collect())
        }
        (Some(Fact::Absent), _) | (None, Fact::Absent) => Err(Why::NotCollected),
    }
}

fn internet_route(table: &Record<RouteTable>, view: View<'_>) -> Derived<bool> {
    let routes = match &table.data.routes {
        Fact::Known(routes) => routes.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    let list = Place::data_of(table.at).member("Routes");
    let (mut unread, mut nets, mut places) = (None, Vec::new(), Vec::new());
    for (index, route) in routes.iter().enumerate() {
        match by_internet_gateway(route, view) {
            Fact::Known(found) => {
                places.extend(found.iter().map(|_| list.item(index)));
                nets.extend(found);
            }
            Fact::Absent => {}
            Fact::Unknown(why) => unread = Some(why),
        }
    }
    let all = AddressSet::of(nets);
    if all.v4 == Ranges::all() || all.v6 == Ranges::all() {
        return Derived::new(Fact::Known(true), places);
    }
    match unread {
        Some(why) => Derived::unknown(why),
        None => Derived::new(Fact::Known(false), vec![list]),
    }
}

/// What goes by an internet gateway. A route that is a blackhole today counts: attaching the gateway again is one call.
fn by_internet_gateway(route: &Route, view: View<'_>) -> Fact<Vec<IpNet>> {
    match &route.gateway_id {
        Fact::Known(gateway) if gateway.starts_with("igw-") => {}
        Fact::Known(_) | Fact::Absent => return Fact::Known(Vec::new()),
        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
    }
    match destinations(route, view) {
        Ok(nets) => Fact::Known(nets),
        Err(why) => Fact::Unknown(why),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::network::testing::{Estate, scope};

    fn facts(tables: &[Value]) -> SubnetRoute {
        let subnet = json!({"SubnetId": "subnet-1", "VpcId": "vpc-1"});
        let all = |estate: Estate, table: &Value| estate.with("ec2.route_table", table.clone());
        let networks = tables.iter().fold(Estate::default().with("ec2.subnet", subnet), all).networks();
        SubnetRoute::new("subnet-1", &Fact::Known(vec![3306]), networks.of(&scope()))
    }

    fn route(destination: &str, gateway: Option<&str>) -> Value {
        let (v4, v6) = if destination.contains(':') { (None, Some(destination)) } else { (Some(destination), None) };
        json!({"DestinationCidrBlock": v4, "DestinationIpv6CidrBlock": v6, "GatewayId": gateway})
    }

    #[test]
    fn follows_the_table_in_effect() {
        let own = |routes: Value| {
            json!({"RouteTableId": "rtb-own", "VpcId": "vpc-1", "Routes": routes,
            "Associations": [{"Main": false, "SubnetId": "subnet-1"}]})
        };
        let main = |routes: Value| {
            json!({"RouteTableId": "rtb-main", "VpcId": "vpc-1", "Routes": routes,
            "Associations": [{"Main": true, "SubnetId": null}]})
        };
        let igw = json!([route("10.0.0.0/16", Some("local")), route("0.0.0.0/0", Some("igw-1"))]);
        let nat = json!([route("0.0.0.0/0", None)]);
        for (tables, expected) in [
            (vec![own(igw.clone()), main(nat.clone())], Some(("rtb-own", true))),
            (vec![own(nat.clone()), main(igw.clone())], Some(("rtb-own", false))),
            (vec![main(igw.clone())], Some(("rtb-main", true))),
            (vec![own(json!([route("::/0", Some("igw-1"))]))], Some(("rtb-own", true))),
            (vec![own(json!([route("::/0", Some("eigw-1"))]))], Some(("rtb-own", false))),
            (vec![own(json!([route("0.0.0.0/0", Some("vgw-1"))]))], Some(("rtb-own", false))),
            (
                vec![own(json!([route("0.0.0.0/1", Some("igw-1")), route("128.0.0.0/1", Some("igw-1"))]))],
                Some(("rtb-own", true)),
            ),
            (vec![own(json!([route("0.0.0.0/1", Some("igw-1"))]))], Some(("rtb-own", false))),
            (
                vec![own(json!([{"DestinationCidrBlock": null, "DestinationIpv6CidrBlock": null,
                "DestinationPrefixListId": "pl-1", "GatewayId": "igw-1"}]))],
                None,
            ),
            (vec![own(json!([route("everywhere", Some("igw-1"))]))], None),
            (vec![], None),
            (vec![json!({"RouteTableId": "rtb", "VpcId": "vpc-1"})], None),
        ] {
            let text = format!("{tables:?}");
            let facts = facts(&tables);
            let found = facts.route_table_id.value.known().zip(facts.internet_route.value.known());
            assert_eq!(found.map(|(table, internet)| (table.as_str(), *internet)), expected, "{text}");
        }
    }

    #[test]
    fn a_route_that_was_not_read_is_no_proof() {
        let facts = facts(&[json!({"RouteTableId": "rtb", "VpcId": "vpc-1",
            "Associations": [{"Main": true, "SubnetId": null}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0"}]})]);
        assert!(facts.internet_route.value.is_unknown());
    }
}
