//! The ways by which connections come into a subnet: where its route table sends the answers. Amazon VPC User Guide, "Route
//! priority": the longest prefix wins, and a static route over a propagated one. A connection lives only where its answers find
//! back by the way it came, so that this is also where it can come from.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ipnet::IpNet;

use super::bounds::Bounds;
use super::ingress::parse_cidr;
use super::prefix_list::prefixes_of;
use super::space::AddressSet;
use super::view::View;
use crate::model::{Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{Route, RouteTable, VpcPeeringConnectionVpcInfo};

/// What leads into a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WayKind {
    /// The VPC itself.
    Local,
    /// An internet gateway.
    Internet,
    /// A peering connection, a transit gateway, a Cloud WAN core network, a virtual private or a local gateway.
    Network,
    /// Something that was not read, or that passes on what others send it.
    Unknown,
}

/// A way, and who can come by it.
#[derive(Debug, Clone)]
pub struct Way {
    /// What it is.
    pub kind: WayKind,
    /// Id of the gateway, connection or table.
    pub target: String,
    /// The route in words, as in `0.0.0.0/0 to igw-1 in rtb-1`.
    pub route: String,
    /// Account at the other end, where it is known.
    pub account: Option<String>,
    /// VPC at the other end, where it is known.
    pub vpc_id: Option<String>,
    /// What else comes by the gateway, in words; absent where the way itself says it.
    pub joins: Fact<Vec<String>>,
    /// Addresses that its answers reach.
    pub reaches: Bounds,
    /// Where the route stands, if it does.
    pub at: Option<Place>,
}

/// The ways of a route table.
pub fn ways(table: &Record<RouteTable>, view: View<'_>) -> Vec<Way> {
    let routes = match &table.data.routes {
        Fact::Known(routes) => routes.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return vec![unknown_way(&table.id, why.clone(), Some(Place::data_of(table.at)))],
    };
    let list = Place::data_of(table.at).member("Routes");
    let mut read = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        read.extend(candidates(table, route, &list.item(index), view));
    }
    resolve(read)
}

/// A route to one prefix, or to an unknown set.
struct Candidate {
    /// None when the destination was not read.
    prefix: Option<IpNet>,
    propagated: bool,
    /// None when what is sent there is lost.
    way: Option<Way>,
    /// Addresses that exist at the other end.
    behind: Bounds,
    /// Why the whole is in doubt.
    doubt: Option<Why>,
    target: String,
}

fn candidates(table: &Record<RouteTable>, route: &Route, at: &Place, view: View<'_>) -> Vec<Candidate> {
    let target = Target::of(route, table, view);
    let doubt = target.doubt.or_else(|| match &route.state {
        Fact::Unknown(why) => Some(why.clone()),
        _ => None,
    });
    let lost = target.lost || route.state.known().is_some_and(|state| state == "blackhole");
    let make = |prefix: Option<IpNet>, words: &str, doubt: Option<Why>| Candidate {
        prefix,
        propagated: route.origin.known().is_some_and(|origin| origin != "CreateRoute" && origin != "CreateRouteTable"),
        way: (!lost).then(|| Way {
            kind: target.kind,
            target: target.id.clone(),
            route: format!("{words} to {} in {}", target.id, table.id),
            account: target.account.clone(),
            vpc_id: target.vpc_id.clone(),
            joins: target.joins.clone(),
            reaches: Bounds::none(),
            at: Some(at.clone()),
        }),
        target: target.id.clone(),
        behind: target.behind.clone(),
        doubt,
    };
    let prefixes = match destinations(route, view) {
        Ok(prefixes) => prefixes,
        Err(why) => return vec![make(None, "a destination that was not read", Some(why))],
    };
    prefixes.into_iter().map(|(prefix, words)| make(Some(prefix), &words, doubt.clone())).collect()
}

fn destinations(route: &Route, view: View<'_>) -> Result<Vec<(IpNet, String)>, Why> {
    for destination in [&route.destination_cidr_block, &route.destination_ipv6_cidr_block] {
        if let Fact::Known(text) = destination {
            return match parse_cidr(text) {
                Fact::Known(net) => Ok(vec![(net, text.clone())]),
                Fact::Unknown(why) => Err(why),
                Fact::Absent => Err(Why::NotCollected),
            };
        }
    }
    match &route.destination_prefix_list_id {
        Fact::Known(id) => {
            let entries = prefixes_of(&view.here.prefix_list(id))?;
            Ok(entries.into_iter().map(|(net, _)| (net, format!("{net} of {id}"))).collect())
        }
        Fact::Unknown(why) => Err(why.clone()),
        Fact::Absent => {
            let unknown = [&route.destination_cidr_block, &route.destination_ipv6_cidr_block];
            Err(unknown.iter().find_map(|fact| why_of(fact)).unwrap_or(Why::NotCollected))
        }
    }
}

fn why_of<T>(fact: &Fact<T>) -> Option<Why> {
    if let Fact::Unknown(why) = fact { Some(why.clone()) } else { None }
}

/// What a route leads to.
struct Target {
    kind: WayKind,
    id: String,
    account: Option<String>,
    vpc_id: Option<String>,
    joins: Fact<Vec<String>>,
    behind: Bounds,
    /// Nothing comes in this way.
    lost: bool,
    doubt: Option<Why>,
}

impl Target {
    fn new(kind: WayKind, id: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            account: None,
            vpc_id: None,
            joins: Fact::Absent,
            behind: Bounds::all(),
            lost: false,
            doubt: None,
        }
    }

    /// Something that lets answers out and nobody in.
    fn one_way(id: &str) -> Self {
        Self { lost: true, ..Self::new(WayKind::Unknown, id) }
    }

    /// Something that passes packets on, by rules that are not read here.
    fn middlebox(id: &str) -> Self {
        let detail = format!("what {id} passes on is not read");
        Self { doubt: Some(Why::Unreadable { detail: detail.into() }), ..Self::new(WayKind::Unknown, id) }
    }

    fn unread(why: Why) -> Self {
        Self { doubt: Some(why), ..Self::new(WayKind::Unknown, "an unknown target") }
    }

    fn of(route: &Route, table: &Record<RouteTable>, view: View<'_>) -> Self {
        if let Some(id) = route.vpc_peering_connection_id.known() {
            return peering(id, table, view);
        }
        if let Some(id) = route.transit_gateway_id.known() {
            return transit_gateway(id, table, view);
        }
        if let Some(id) = [&route.core_network_arn, &route.local_gateway_id].iter().find_map(|target| target.known()) {
            return Self::new(WayKind::Network, id);
        }
        if let Some(id) =
            [&route.nat_gateway_id, &route.egress_only_internet_gateway_id].iter().find_map(|it| it.known())
        {
            return Self::one_way(id);
        }
        if let Some(id) = route.carrier_gateway_id.known() {
            return Self::new(WayKind::Internet, id);
        }
        if let Some(id) = route.gateway_id.known() {
            return gateway(id, view);
        }
        if let Some(id) = [&route.network_interface_id, &route.instance_id].iter().find_map(|it| it.known()) {
            return Self::middlebox(id);
        }
        Self::unread(unknown_target(route))
    }
}

fn unknown_target(route: &Route) -> Why {
    let targets = [
        &route.gateway_id,
        &route.nat_gateway_id,
        &route.transit_gateway_id,
        &route.vpc_peering_connection_id,
        &route.network_interface_id,
        &route.egress_only_internet_gateway_id,
    ];
    let none = Why::Unreadable { detail: "a route leads to nothing that this version knows".into() };
    targets.iter().find_map(|target| why_of(target)).unwrap_or(none)
}

fn gateway(id: &str, view: View<'_>) -> Target {
    match id.split_once('-') {
        _ if id == "local" => Target::new(WayKind::Local, id),
        Some(("igw", _)) => Target::new(WayKind::Internet, id),
        Some(("vgw", _)) => {
            let beyond = "the networks beyond a VPN or Direct Connect".to_owned();
            Target { joins: Fact::Known(vec![beyond]), ..Target::new(WayKind::Network, id) }
        }
        Some(("eigw", _)) => Target::one_way(id),
        Some(("vpce", _)) => {
            match view.here.endpoint(id).and_then(|endpoint| endpoint.data.vpc_endpoint_type.clone()) {
                Fact::Known(kind) if kind == "Gateway" => Target::one_way(id),
                Fact::Known(_) => Target::middlebox(id),
                Fact::Absent => Target::unread(Why::NotCollected),
                Fact::Unknown(why) => Target { id: id.to_owned(), ..Target::unread(why) },
            }
        }
        _ => Target::middlebox(id),
    }
}

fn transit_gateway(id: &str, table: &Record<RouteTable>, view: View<'_>) -> Target {
    let joined = view.here.transit_gateways.joined(id, table.data.vpc_id.known(), &view.here.scope.0);
    Target { joins: joined.networks, account: joined.account, ..Target::new(WayKind::Network, id) }
}

/// Peering passes on nothing but what comes from the other VPC itself (Amazon VPC Peering Guide, "VPC peering limitations").
fn peering(id: &str, table: &Record<RouteTable>, view: View<'_>) -> Target {
    let connection = match view.here.peering(id) {
        Fact::Known(connection) => connection,
        Fact::Absent => return Target { id: id.to_owned(), ..Target::unread(Why::NotCollected) },
        Fact::Unknown(why) => {
            return Target { behind: Bounds::unknown(why), ..Target::new(WayKind::Network, id) };
        }
    };
    let data = &connection.data;
    match data.status.as_ref().and_then(|status| status.code.clone()) {
        Fact::Known(code) if code == "active" => {}
        Fact::Known(_) => return Target::one_way(id),
        Fact::Absent => return Target { id: id.to_owned(), ..Target::unread(Why::NotCollected) },
        Fact::Unknown(why) => return Target { doubt: Some(why), ..Target::new(WayKind::Network, id) },
    }
    let sides = [&data.requester_vpc_info, &data.accepter_vpc_info];
    let is_ours = |side: &&VpcPeeringConnectionVpcInfo| matches!((side.vpc_id.known(), table.data.vpc_id.known()), (Some(one), Some(other)) if one == other);
    let theirs: Vec<_> = sides.iter().filter_map(|side| side.known()).filter(|side| !is_ours(side)).collect();
    let behind = match theirs.as_slice() {
        [other] => ranges(other),
        // Which side is ours is not known: what is at the other end is somewhere among both.
        _ => Bounds::unknown(sides.iter().find_map(|side| why_of(side)).unwrap_or(Why::NotCollected)),
    };
    let other = theirs.first();
    Target {
        behind,
        account: other.and_then(|side| side.owner_id.known().cloned()),
        vpc_id: other.and_then(|side| side.vpc_id.known().cloned()),
        ..Target::new(WayKind::Network, id)
    }
}

fn ranges(side: &VpcPeeringConnectionVpcInfo) -> Bounds {
    let v4 = side.cidr_block_set.as_ref().map(|set| set.iter().map(|it| &it.cidr_block).collect::<Vec<_>>());
    let v6 = side.ipv6_cidr_block_set.as_ref().map(|set| set.iter().map(|it| &it.ipv6_cidr_block).collect::<Vec<_>>());
    let mut all = Bounds::none();
    for (list, family) in [(v4, AddressSet::all_v4()), (v6, AddressSet::all_v6())] {
        match list {
            Fact::Known(list) => {
                for text in list {
                    let range = text.as_ref().and_then(|text| parse_cidr(text));
                    all = all.or(&match range {
                        Fact::Known(net) => Bounds::exact(AddressSet::of([net])),
                        Fact::Absent => Bounds::within(family.clone(), Why::NotCollected),
                        Fact::Unknown(why) => Bounds::within(family.clone(), why),
                    });
                }
            }
            Fact::Absent => {}
            Fact::Unknown(why) => all = all.or(&Bounds::within(family, why)),
        }
    }
    all
}

/// Gives every address to the route that wins it.
fn resolve(mut read: Vec<Candidate>) -> Vec<Way> {
    // A route of unknown destination may be longer than any other: it comes first, and leaves all others in doubt.
    read.sort_by_key(|it| (it.prefix.is_some(), Reverse(it.prefix.map(|net| net.prefix_len())), it.propagated));
    let mut left = Bounds::all();
    let mut ways: Vec<Way> = Vec::new();
    let mut first: BTreeMap<(IpNet, bool), String> = BTreeMap::new();
    for candidate in read {
        let takes = match (candidate.prefix, &candidate.doubt) {
            (Some(net), _) => Bounds::exact(AddressSet::of([net])),
            (None, why) => Bounds::unknown(why.clone().unwrap_or(Why::NotCollected)),
        };
        let mut won = left.and(&takes);
        if let Some(net) = candidate.prefix {
            let known = first.entry((net, candidate.propagated)).or_insert_with(|| candidate.target.clone());
            if *known != candidate.target {
                let detail = format!("{net} is routed to {known} and to {}", candidate.target);
                won = takes.clone().doubted(Why::Contradiction { detail: detail.into() });
                for way in &mut ways {
                    way.reaches = way.reaches.but_not(&won);
                }
            } else if let Some(why) = &candidate.doubt {
                won = won.doubted(why.clone());
            }
        }
        left = left.but_not(&takes);
        if let Some(way) = candidate.way {
            ways.push(Way { reaches: won.and(&candidate.behind), ..way });
        }
    }
    ways.retain(|way| !way.reaches.is_none());
    ways
}

/// The way into what has no routes that were read.
pub fn unknown_way(whose: &str, why: Why, at: Option<Place>) -> Way {
    Way {
        kind: WayKind::Unknown,
        target: whose.to_owned(),
        route: format!("the routes of {whose}, which were not read"),
        account: None,
        vpc_id: None,
        joins: Fact::Absent,
        reaches: Bounds::unknown(why),
        at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::network::testing::{Estate, scope};

    /// A route of which everything is told: `0.0.0.0/0 GatewayId igw-1`.
    fn route(text: &str) -> Value {
        let words: Vec<_> = text.split(' ').collect();
        let mut route = json!({"DestinationCidrBlock": null, "DestinationIpv6CidrBlock": null,
            "DestinationPrefixListId": null, "GatewayId": null, "NatGatewayId": null, "TransitGatewayId": null,
            "EgressOnlyInternetGatewayId": null, "VpcPeeringConnectionId": null, "NetworkInterfaceId": null,
            "InstanceId": null, "LocalGatewayId": null, "CarrierGatewayId": null, "CoreNetworkArn": null,
            "State": words.get(3).unwrap_or(&"active"), "Origin": words.get(4).unwrap_or(&"CreateRoute")});
        let key = match words[0] {
            list if list.starts_with("pl-") => "DestinationPrefixListId",
            v6 if v6.contains(':') => "DestinationIpv6CidrBlock",
            _ => "DestinationCidrBlock",
        };
        route[key] = json!(words[0]);
        route[words[1]] = json!(words[2]);
        route
    }

    fn found(estate: Estate, routes: &Value) -> Vec<Way> {
        let table = json!({"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": routes,
            "Associations": [{"Main": false, "SubnetId": "subnet-1"}]});
        let networks = estate.with("ec2.route_table", table).networks();
        let view = networks.of(&scope());
        let found = view.here.route_tables.get("subnet-1", &Fact::Absent);
        ways(&found.known().unwrap().0, view)
    }

    /// Target, whether it is certain, and the prefixes it may reach.
    fn shown(ways: &[Way]) -> Vec<String> {
        let prefixes = |set: &AddressSet| set.prefixes().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        ways.iter()
            .map(|way| {
                let sure = if way.reaches.is_exact() { "" } else { "?" };
                format!("{:?} {}{sure} {}", way.kind, way.target, prefixes(&way.reaches.most))
            })
            .collect()
    }

    fn of(routes: &[&str]) -> Vec<String> {
        let peering = |code: &str, id: &str| {
            json!({"VpcPeeringConnectionId": id, "Status": {"Code": code},
                "RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": "1", "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}]},
                "AccepterVpcInfo": {"VpcId": "vpc-2", "OwnerId": "2", "CidrBlockSet": [{"CidrBlock": "10.7.0.0/16"}]}})
        };
        let endpoint = |id: &str, kind: &str| json!({"VpcEndpointId": id, "VpcEndpointType": kind});
        let estate = Estate::default()
            .with("ec2.vpc_peering_connection", peering("active", "pcx-1"))
            .with("ec2.vpc_peering_connection", peering("deleted", "pcx-2"))
            .with("ec2.vpc_endpoint", endpoint("vpce-s3", "Gateway"))
            .with("ec2.vpc_endpoint", endpoint("vpce-fw", "GatewayLoadBalancer"))
            .with(
                "ec2.managed_prefix_list_entries",
                json!({"PrefixListId": "pl-1", "Entries": [{"Cidr": "8.0.0.0/8"}]}),
            );
        let routes: Vec<_> = routes.iter().map(|text| route(text)).collect();
        shown(&found(estate, &Value::from(routes)))
    }

    #[test]
    fn each_address_has_the_way_of_its_longest_prefix() {
        for (routes, expected) in [
            (&["10.0.0.0/16 GatewayId local"][..], &["Local local 10.0.0.0/16"][..]),
            (&["0.0.0.0/1 GatewayId igw-1", "0.0.0.0/0 NatGatewayId nat-1"], &["Internet igw-1 0.0.0.0/1"]),
            (&["0.0.0.0/0 GatewayId igw-1", "128.0.0.0/1 NatGatewayId nat-1"], &["Internet igw-1 0.0.0.0/1"]),
            (&["0.0.0.0/0 GatewayId igw-1 blackhole"], &[]),
            (&["::/0 EgressOnlyInternetGatewayId eigw-1"], &[]),
            (&["128.0.0.0/1 GatewayId vgw-1"], &["Network vgw-1 128.0.0.0/1"]),
            (
                &["10.7.0.0/16 TransitGatewayId tgw-1 active EnableVgwRoutePropagation", "10.7.0.0/16 GatewayId vgw-1"],
                &["Network vgw-1 10.7.0.0/16"],
            ),
            (&["10.0.0.0/8 VpcPeeringConnectionId pcx-1"], &["Network pcx-1 10.7.0.0/16"]),
            (&["10.0.0.0/8 VpcPeeringConnectionId pcx-2"], &[]),
            (&["10.0.0.0/8 VpcPeeringConnectionId pcx-9"], &["Network pcx-9? 10.0.0.0/8"]),
            (&["pl-1 GatewayId igw-1"], &["Internet igw-1 8.0.0.0/8"]),
            (&["8.0.0.0/7 GatewayId igw-1", "pl-1 GatewayId vpce-s3"], &["Internet igw-1 9.0.0.0/8"]),
            (&["8.0.0.0/8 GatewayId vpce-fw"], &["Unknown vpce-fw? 8.0.0.0/8"]),
            (&["8.0.0.0/8 GatewayId vpce-9"], &["Unknown vpce-9? 8.0.0.0/8"]),
            (&["8.0.0.0/8 NetworkInterfaceId eni-1"], &["Unknown eni-1? 8.0.0.0/8"]),
            (&["8.0.0.0/8 GatewayId moon-1"], &["Unknown moon-1? 8.0.0.0/8"]),
            (
                &["8.0.0.0/8 GatewayId igw-1", "8.0.0.0/8 GatewayId vgw-1"],
                &["Internet igw-1? 8.0.0.0/8", "Network vgw-1? 8.0.0.0/8"],
            ),
            (&["8.0.0.0/8 GatewayId igw-1", "everywhere NatGatewayId nat-1"], &["Internet igw-1? 8.0.0.0/8"]),
            (
                &["8.0.0.0/8 GatewayId igw-1", "pl-9 GatewayId vgw-1"],
                &["Network vgw-1? 0.0.0.0/0 ::/0", "Internet igw-1? 8.0.0.0/8"],
            ),
        ] {
            assert_eq!(of(routes), expected, "{routes:?}");
        }
    }

    #[test]
    fn what_was_not_read_of_a_route_leaves_it_in_doubt() {
        for (route, expected) in [
            (json!({"DestinationCidrBlock": "8.0.0.0/8"}), "Unknown an unknown target? 8.0.0.0/8"),
            (json!({"GatewayId": "igw-1"}), "Internet igw-1? 0.0.0.0/0 ::/0"),
            (json!({"DestinationCidrBlock": "8.0.0.0/8", "GatewayId": "igw-1"}), "Internet igw-1? 8.0.0.0/8"),
            (json!({}), "Unknown an unknown target? 0.0.0.0/0 ::/0"),
        ] {
            assert_eq!(shown(&found(Estate::default(), &json!([route]))), [expected], "{route}");
        }
        assert_eq!(shown(&found(Estate::default(), &json!(null))), [""; 0]);
    }
}
