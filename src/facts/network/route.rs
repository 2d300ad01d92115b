//! Which route table a subnet has, and whether it leads to an internet gateway.
//! Amazon VPC User Guide, "Subnet route tables": a subnet without an association of its own has the VPC's main table.

use std::sync::Arc;

use ipnet::IpNet;

use super::ingress::{is_world_v4, is_world_v6, parse_cidr, prefix_list};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{Route, RouteTable, Subnet};

facts! {
    /// A subnet of a subnet group and where its default routes lead.
    struct SubnetRoute = "subnet_route" {
        /// Id of the subnet.
        subnet_id: String;
        /// Id of the route table in effect: the subnet's own, or the VPC's main one.
        route_table_id: Derived<String>;
        /// Whether all of IPv4 or IPv6 goes to an internet gateway, by one route or by several together. NAT and egress-only
        /// gateways do not let anybody in.
        internet_route: Derived<bool>;
    } key key
}

impl SubnetRoute {
    /// Finds the table of `subnet_id` among all route tables of the scope.
    pub fn new(
        subnet_id: &str,
        subnet: &Fact<Arc<Record<Subnet>>>,
        tables: &Fact<Vec<&Arc<Record<RouteTable>>>>,
    ) -> Self {
        let table = tables.as_ref().and_then(|tables| effective_table(subnet_id, subnet, tables));
        let route_table_id = match &table {
            Fact::Known((table, at)) => Derived::new(table.data.route_table_id.clone(), vec![at.clone()]),
            Fact::Absent => Derived::unknown(Why::NotCollected),
            Fact::Unknown(why) => Derived::unknown(why.clone()),
        };
        let internet_route = match &table {
            Fact::Known((table, _)) => internet_route(table),
            Fact::Absent => Derived::unknown(Why::NotCollected),
            Fact::Unknown(why) => Derived::unknown(why.clone()),
        };
        Self { subnet_id: subnet_id.to_owned(), route_table_id, internet_route, key: subnet_id.to_owned() }
    }
}

/// The table, and the association that makes it the one.
type Effective<'a> = (&'a Arc<Record<RouteTable>>, Place);

fn effective_table<'a>(
    subnet_id: &str,
    subnet: &Fact<Arc<Record<Subnet>>>,
    tables: &[&'a Arc<Record<RouteTable>>],
) -> Fact<Effective<'a>> {
    match associated(tables, |_, association| association.subnet_id.known().map(String::as_str) == Some(subnet_id)) {
        Err(why) => return Fact::Unknown(why),
        Ok(Some(own)) => return Fact::Known(own),
        Ok(None) => {}
    }
    let vpc_id = match subnet.as_ref().and_then(|subnet| subnet.data.vpc_id.clone()) {
        Fact::Known(vpc_id) => vpc_id,
        Fact::Absent => return Fact::Unknown(Why::NotCollected),
        Fact::Unknown(why) => return Fact::Unknown(why),
    };
    let main = associated(tables, |table, association| {
        table.data.vpc_id.known() == Some(&vpc_id) && association.main.known() == Some(&true)
    });
    match main {
        Err(why) => Fact::Unknown(why),
        Ok(Some(main)) => Fact::Known(main),
        Ok(None) => {
            Fact::Unknown(Why::Dangling { kind: "ec2.route_table", id: format!("main table of {vpc_id}").into() })
        }
    }
}

fn associated<'a>(
    tables: &[&'a Arc<Record<RouteTable>>],
    fits: impl Fn(&Record<RouteTable>, &crate::snapshot::schema::ec2::RouteTableAssociation) -> bool,
) -> Result<Option<Effective<'a>>, Why> {
    for table in tables {
        let associations = match &table.data.associations {
            Fact::Known(associations) => associations,
            Fact::Absent => continue,
            Fact::Unknown(why) => return Err(why.clone()),
        };
        for (index, association) in associations.iter().enumerate() {
            if association.subnet_id.is_unknown() || association.main.is_unknown() {
                return Err(Why::NotCollected);
            }
            if fits(table, association) {
                return Ok(Some((table, Place::data_of(table.at).member("Associations").item(index))));
            }
        }
    }
    Ok(None)
}

fn internet_route(table: &Record<RouteTable>) -> Derived<bool> {
    let routes = match &table.data.routes {
        Fact::Known(routes) => routes.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    let list = Place::data_of(table.at).member("Routes");
    let (mut unread, mut nets, mut places) = (None, Vec::new(), Vec::new());
    for (index, route) in routes.iter().enumerate() {
        match by_internet_gateway(route) {
            Fact::Known(found) => {
                places.extend(found.iter().map(|_| list.item(index)));
                nets.extend(found);
            }
            Fact::Absent => {}
            Fact::Unknown(why) => unread = Some(why),
        }
    }
    if is_world_v4(&nets) || is_world_v6(&nets) {
        return Derived::new(Fact::Known(true), places);
    }
    match unread {
        Some(why) => Derived::unknown(why),
        None => Derived::new(Fact::Known(false), vec![list]),
    }
}

/// What goes by an internet gateway. A route that is a blackhole today counts: attaching the gateway again is one call.
fn by_internet_gateway(route: &Route) -> Fact<Vec<IpNet>> {
    match &route.gateway_id {
        Fact::Known(gateway) if gateway.starts_with("igw-") => {}
        Fact::Known(_) | Fact::Absent => return Fact::Known(Vec::new()),
        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
    }
    let destinations = [&route.destination_cidr_block, &route.destination_ipv6_cidr_block];
    if let Some(text) = destinations.iter().find_map(|destination| destination.known()) {
        return parse_cidr(text).map(|net| vec![net]);
    }
    match &route.destination_prefix_list_id {
        Fact::Known(id) => prefix_list(id),
        _ => Fact::Unknown(Why::NotCollected),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::model::RecordRef;

    fn record<T: serde::de::DeserializeOwned>(data: Value) -> Arc<Record<T>> {
        Arc::new(Record {
            at: RecordRef { file: 0, line: 2 },
            id: String::new(),
            account: String::new(),
            region: String::new(),
            source: String::new(),
            observed: Timestamp::UNIX_EPOCH,
            data: serde_json::from_value(data).unwrap(),
        })
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
            let tables: Vec<Arc<Record<RouteTable>>> = tables.into_iter().map(record).collect();
            let subnet = Fact::Known(record(json!({"SubnetId": "subnet-1", "VpcId": "vpc-1"})));
            let facts = SubnetRoute::new("subnet-1", &subnet, &Fact::Known(tables.iter().collect()));
            let found = facts.route_table_id.value.known().zip(facts.internet_route.value.known());
            assert_eq!(found.map(|(table, internet)| (table.as_str(), *internet)), expected, "{text}");
        }
    }

    #[test]
    fn a_route_that_was_not_read_is_no_proof() {
        let table =
            record(json!({"RouteTableId": "rtb", "VpcId": "vpc-1", "Associations": [{"Main": true, "SubnetId": null}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0"}]}));
        let subnet = Fact::Known(record(json!({"SubnetId": "subnet-1", "VpcId": "vpc-1"})));
        let facts = SubnetRoute::new("subnet-1", &subnet, &Fact::Known(vec![&table]));
        assert!(facts.internet_route.value.is_unknown());
    }
}
