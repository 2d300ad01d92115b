//! A packet at a time: one connection from one address, step by step through the records, with no set anywhere. Written from the
//! Amazon VPC User Guide alone, so that it shares no mistake with the program.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::estate::ACCOUNT;

/// Everything that a connection meets.
#[derive(Debug, Clone)]
pub struct Topology {
    pub port: u16,
    pub public: bool,
    pub dual_stack: bool,
    pub block_mode: &'static str,
    pub excluded: bool,
    pub subnet: Vec<IpNet>,
    pub routes: Vec<Route>,
    pub acl: Vec<AclEntry>,
    pub rules: Vec<Rule>,
    pub peer: Vec<IpNet>,
    pub members: Vec<IpAddr>,
    pub list: Vec<IpNet>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub to: IpNet,
    pub target: &'static str,
    pub blackhole: bool,
    pub propagated: bool,
}

#[derive(Debug, Clone)]
pub struct AclEntry {
    pub number: i64,
    pub egress: bool,
    pub allow: bool,
    pub protocol: i64,
    pub ports: Option<(u16, u16)>,
    pub range: IpNet,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub protocol: &'static str,
    pub ports: Option<(u16, u16)>,
    pub source: Source,
}

#[derive(Debug, Clone)]
pub enum Source {
    Range(IpNet),
    List,
    Group,
}

/// The class of the source if its connection comes about.
pub fn connects(net: &Topology, from: IpAddr) -> Option<&'static str> {
    if from.is_ipv6() && !net.dual_stack {
        return None;
    }
    let route = answer_route(net, from)?;
    let way = way(net, route, from)?;
    let inside = net.subnet.iter().any(|range| range.contains(&from));
    let filtered = way == "internet" || !inside;
    if filtered
        && !(acl_lets(net, false, from, net.port) && client_ports(net).any(|port| acl_lets(net, true, from, port)))
    {
        return None;
    }
    let sure = |rule: &&Rule| !matches!(rule.source, Source::Group) || matches!(route.target, "local" | "pcx-1");
    let admitting: Vec<_> = net.rules.iter().filter(|rule| admits(net, rule, from, way)).collect();
    let Some(rule) = admitting.iter().find(|rule| sure(rule)) else {
        return (!admitting.is_empty()).then_some(PERHAPS);
    };
    // Two rules may admit the same packet: the test asks for one of the classes.
    Some(if matches!(rule.source, Source::Group) { "security_group" } else { way })
}

/// What only a transit or VPN gateway that passes on security groups would let through.
pub const PERHAPS: &str = "perhaps";

fn answer_route(net: &Topology, to: IpAddr) -> Option<&Route> {
    let mut best: Option<&Route> = None;
    for route in net.routes.iter().filter(|route| route.to.contains(&to)) {
        let better = best.is_none_or(|best| {
            route.to.prefix_len() > best.to.prefix_len()
                || (route.to.prefix_len() == best.to.prefix_len() && best.propagated && !route.propagated)
        });
        if better {
            best = Some(route);
        }
    }
    best
}

fn way(net: &Topology, route: &Route, from: IpAddr) -> Option<&'static str> {
    if route.blackhole {
        return None;
    }
    match route.target {
        "local" => Some("vpc"),
        "igw-1" => {
            let blocked = net.block_mode != "off" && !net.excluded;
            (net.public && !blocked && is_public(from)).then_some("internet")
        }
        "pcx-1" => net.peer.iter().any(|range| range.contains(&from)).then_some("peered"),
        "tgw-1" | "vgw-1" => Some("peered"),
        "nat-1" | "eigw-1" | "vpce-1" => None,
        other => unreachable!("{other}"),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            !(a == 0
                || a == 10
                || a == 127
                || (a == 100 && (64..128).contains(&b))
                || (a == 169 && b == 254)
                || (a == 172 && (16..32).contains(&b))
                || (a == 192 && b == 168)
                || a >= 224)
        }
        IpAddr::V6(v6) => matches!(v6.segments()[0], 0x2000..=0x3fff),
    }
}

fn acl_lets(net: &Topology, egress: bool, other: IpAddr, port: u16) -> bool {
    let mut entries: Vec<_> = net.acl.iter().filter(|entry| entry.egress == egress).collect();
    entries.sort_by_key(|entry| entry.number);
    for entry in entries {
        let protocol = entry.protocol == -1 || entry.protocol == 6;
        let ports = entry.protocol == -1 || entry.ports.is_none_or(|(from, to)| from <= port && port <= to);
        if protocol && ports && entry.range.contains(&other) {
            return entry.allow;
        }
    }
    false
}

/// The ports that a client may choose, as far as any entry tells them apart.
fn client_ports(net: &Topology) -> impl Iterator<Item = u16> {
    let edges = net
        .acl
        .iter()
        .filter_map(|entry| entry.ports)
        .flat_map(|(from, to)| [from.saturating_sub(1), from, to, to.saturating_add(1)]);
    edges.chain([1, u16::MAX]).filter(|port| *port > 0)
}

fn admits(net: &Topology, rule: &Rule, from: IpAddr, way: &str) -> bool {
    let protocol = match rule.protocol {
        "-1" => true,
        "tcp" => rule.ports.is_none_or(|(first, last)| first <= net.port && net.port <= last),
        _ => false,
    };
    protocol
        && match &rule.source {
            Source::Range(range) => range.contains(&from),
            Source::List => net.list.iter().any(|range| range.contains(&from)),
            Source::Group => way != "internet" && net.members.contains(&from),
        }
}

/// The addresses at and around every boundary.
pub fn probes(net: &Topology) -> Vec<IpAddr> {
    let ranges = net
        .subnet
        .iter()
        .chain(&net.peer)
        .chain(&net.list)
        .chain(net.routes.iter().map(|route| &route.to))
        .chain(net.acl.iter().map(|entry| &entry.range))
        .chain(
            net.rules
                .iter()
                .filter_map(|rule| if let Source::Range(range) = &rule.source { Some(range) } else { None }),
        );
    let edges = ranges.flat_map(|range| [range.network(), range.broadcast()]).chain(net.members.iter().copied());
    let fixed = [
        "0.0.0.1",
        "9.9.9.9",
        "100.64.0.1",
        "127.0.0.1",
        "172.16.5.5",
        "224.0.0.1",
        "255.255.255.255",
        "2a05::9",
        "fd00::1",
        "::1",
    ];
    let mut probes: Vec<IpAddr> = fixed.iter().map(|text| text.parse().unwrap()).collect();
    for edge in edges {
        probes.push(edge);
        match edge {
            IpAddr::V4(edge) => {
                for bits in [edge.to_bits().wrapping_sub(1), edge.to_bits().wrapping_add(1)] {
                    probes.push(IpAddr::V4(bits.into()));
                }
            }
            IpAddr::V6(edge) => {
                for bits in [edge.to_bits().wrapping_sub(1), edge.to_bits().wrapping_add(1)] {
                    probes.push(IpAddr::V6(bits.into()));
                }
            }
        }
    }
    probes.sort_unstable();
    probes.dedup();
    probes
}

/// What AWS would tell about the topology.
pub fn records(net: &Topology) -> Vec<(&'static str, Value)> {
    [database(net), places(net), filters(net), gateways(net), interfaces(net)].concat()
}

fn families(range: &IpNet) -> (Option<String>, Option<String>) {
    match range {
        IpNet::V4(_) => (Some(range.to_string()), None),
        IpNet::V6(_) => (None, Some(range.to_string())),
    }
}

fn of_family(ranges: &[IpNet], v6: bool) -> Vec<String> {
    ranges.iter().filter(|it| matches!(it, IpNet::V6(_)) == v6).map(ToString::to_string).collect()
}

fn database(net: &Topology) -> Vec<(&'static str, Value)> {
    let arn = |kind: &str, name: &str| format!("arn:aws:rds:eu-west-1:{ACCOUNT}:{kind}:{name}");
    let groups = json!([{"VpcSecurityGroupId": "sg-db", "Status": "active"}]);
    let cluster = json!({"DBClusterIdentifier": "db", "DBClusterArn": arn("cluster", "db"), "Engine": "aurora-mysql",
        "Port": net.port, "DBSubnetGroup": "private", "VpcSecurityGroups": groups,
        "DBClusterMembers": [{"DBInstanceIdentifier": "db-1"}],
        "NetworkType": if net.dual_stack { "DUAL" } else { "IPV4" }});
    let instance = json!({"DBInstanceIdentifier": "db-1", "DBInstanceArn": arn("db", "db-1"),
        "DBClusterIdentifier": "db", "Engine": "aurora-mysql", "PubliclyAccessible": net.public,
        "AvailabilityZone": "eu-west-1a", "VpcSecurityGroups": groups,
        "DBSubnetGroup": {"DBSubnetGroupName": "private", "VpcId": "vpc-1"}});
    let subnet_group = json!({"DBSubnetGroupName": "private", "DBSubnetGroupArn": arn("subgrp", "private"),
        "VpcId": "vpc-1", "Subnets": [{"SubnetIdentifier": "subnet-1", "SubnetStatus": "Active"}]});
    vec![("rds.db_cluster", cluster), ("rds.db_instance", instance), ("rds.db_subnet_group", subnet_group)]
}

fn places(net: &Topology) -> Vec<(&'static str, Value)> {
    let routes = net.routes.iter().map(|route| {
        let (v4, v6) = families(&route.to);
        let target = |prefixes: &[&str]| prefixes.iter().any(|it| route.target.starts_with(it)).then_some(route.target);
        json!({"DestinationCidrBlock": v4, "DestinationIpv6CidrBlock": v6, "DestinationPrefixListId": null,
            "GatewayId": target(&["local", "igw-", "vgw-", "vpce-"]), "NatGatewayId": target(&["nat-"]),
            "EgressOnlyInternetGatewayId": target(&["eigw-"]), "TransitGatewayId": target(&["tgw-"]),
            "VpcPeeringConnectionId": target(&["pcx-"]), "NetworkInterfaceId": null, "InstanceId": null,
            "LocalGatewayId": null, "CarrierGatewayId": null, "CoreNetworkArn": null,
            "Origin": if route.propagated { "EnableVgwRoutePropagation" } else { "CreateRoute" },
            "State": if route.blackhole { "blackhole" } else { "active" }})
    });
    let v6 = of_family(&net.subnet, true);
    let v6 = v6.iter().map(|it| json!({"Ipv6CidrBlock": it, "Ipv6CidrBlockState": {"State": "associated"}}));
    let vpc = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "IsDefault": false, "InstanceTenancy": "default",
        "OwnerId": ACCOUNT});
    let subnet = json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": of_family(&net.subnet, false)[0],
        "AvailabilityZone": "eu-west-1a", "OwnerId": ACCOUNT, "Ipv6CidrBlockAssociationSet": v6.collect::<Vec<_>>()});
    let table = json!({"RouteTableId": "rtb-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT,
        "Routes": routes.collect::<Vec<_>>(),
        "Associations": [{"Main": false, "SubnetId": "subnet-1", "GatewayId": null}]});
    vec![("ec2.vpc", vpc), ("ec2.subnet", subnet), ("ec2.route_table", table)]
}

fn filters(net: &Topology) -> Vec<(&'static str, Value)> {
    let entries = net.acl.iter().map(|entry| {
        let (v4, v6) = families(&entry.range);
        json!({"RuleNumber": entry.number, "Protocol": entry.protocol.to_string(), "Egress": entry.egress,
            "RuleAction": if entry.allow { "allow" } else { "deny" }, "CidrBlock": v4, "Ipv6CidrBlock": v6,
            "PortRange": entry.ports.map(|(from, to)| json!({"From": from, "To": to}))})
    });
    let permissions = net.rules.iter().map(|rule| {
        let (mut v4, mut v6, mut lists, mut groups) = (vec![], vec![], vec![], vec![]);
        match &rule.source {
            Source::Range(range @ IpNet::V4(_)) => v4.push(json!({"CidrIp": range.to_string(), "Description": null})),
            Source::Range(range) => v6.push(json!({"CidrIpv6": range.to_string(), "Description": null})),
            Source::List => lists.push(json!({"PrefixListId": "pl-1", "Description": null})),
            Source::Group => groups.push(json!({"GroupId": "sg-app", "UserId": ACCOUNT,
                "VpcPeeringConnectionId": null, "Description": null})),
        }
        json!({"IpProtocol": rule.protocol, "FromPort": rule.ports.map(|it| it.0), "ToPort": rule.ports.map(|it| it.1),
            "IpRanges": v4, "Ipv6Ranges": v6, "PrefixListIds": lists, "UserIdGroupPairs": groups})
    });
    let acl = json!({"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": false,
        "Associations": [{"SubnetId": "subnet-1"}], "Entries": entries.collect::<Vec<_>>()});
    let group = json!({"GroupId": "sg-db", "GroupName": "db", "VpcId": "vpc-1", "OwnerId": ACCOUNT,
        "IpPermissions": permissions.collect::<Vec<_>>()});
    let list = net.list.iter().map(|it| json!({"Cidr": it.to_string(), "Description": null}));
    let list = json!({"PrefixListId": "pl-1", "Entries": list.collect::<Vec<_>>()});
    vec![("ec2.network_acl", acl), ("ec2.security_group", group), ("ec2.managed_prefix_list_entries", list)]
}

fn gateways(net: &Topology) -> Vec<(&'static str, Value)> {
    let v4 = of_family(&net.peer, false).into_iter().map(|it| json!({"CidrBlock": it}));
    let v6 = of_family(&net.peer, true).into_iter().map(|it| json!({"Ipv6CidrBlock": it}));
    let peering = json!({"VpcPeeringConnectionId": "pcx-1", "Status": {"Code": "active"},
        "RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": ACCOUNT, "Region": "eu-west-1",
            "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}], "Ipv6CidrBlockSet": []},
        "AccepterVpcInfo": {"VpcId": "vpc-9", "OwnerId": "210987654321", "Region": "eu-west-1",
            "CidrBlockSet": v4.collect::<Vec<_>>(), "Ipv6CidrBlockSet": v6.collect::<Vec<_>>()}});
    let endpoint = json!({"VpcEndpointId": "vpce-1", "VpcEndpointType": "Gateway", "VpcId": "vpc-1",
        "ServiceName": "s3", "State": "available", "NetworkInterfaceIds": []});
    let blocked = json!({"AwsAccountId": ACCOUNT, "InternetGatewayBlockMode": net.block_mode,
        "ExclusionsAllowed": "allowed", "ManagedBy": "account", "State": "default-state"});
    let excluded = net.excluded.then(|| {
        let arn = format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/vpc-1");
        let data = json!({"ExclusionId": "vpcbpa-exclude-1", "State": "create-complete", "ResourceArn": arn,
            "InternetGatewayExclusionMode": "allow-bidirectional"});
        ("ec2.vpc_block_public_access_exclusion", data)
    });
    let mut records = vec![
        ("ec2.vpc_peering_connection", peering),
        ("ec2.vpc_endpoint", endpoint),
        ("ec2.vpc_block_public_access_options", blocked),
    ];
    records.extend(excluded);
    records
}

fn interfaces(net: &Topology) -> Vec<(&'static str, Value)> {
    let interface = |(number, address): (usize, &IpAddr)| {
        let v4 = json!([{"PrivateIpAddress": address.to_string(), "Association": null}]);
        let v6 = json!([{"Ipv6Address": address.to_string()}]);
        let (v4, v6) = if address.is_ipv4() { (v4, json!([])) } else { (json!([]), v6) };
        let data = json!({"NetworkInterfaceId": format!("eni-{number}"), "VpcId": "vpc-1", "SubnetId": "subnet-2",
            "OwnerId": ACCOUNT, "Groups": [{"GroupId": "sg-app"}], "PrivateIpAddresses": v4, "Ipv6Addresses": v6,
            "InterfaceType": "interface", "Description": null, "RequesterId": null, "Attachment": null,
            "Status": "in-use"});
        ("ec2.network_interface", data)
    };
    net.members.iter().enumerate().map(interface).collect()
}
