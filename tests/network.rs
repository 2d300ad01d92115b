//! Who reaches a database, against a simulator that sends one packet at a time.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "network/estate.rs"]
mod estate;
#[path = "network/simulator.rs"]
mod simulator;

use std::net::IpAddr;

use aurora_audit::facts::Facts;
use aurora_audit::facts::network::AddressSet;
use ipnet::IpNet;
use proptest::prelude::*;
use serde_json::{Value, json};

use self::simulator::{AclEntry, PERHAPS, Route, Rule, Source, Topology, connects, probes, records};

const RANGES: [&str; 22] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.0.1.0/24",
    "10.0.1.128/25",
    "10.0.2.5/32",
    "10.7.0.0/16",
    "10.7.128.0/17",
    "8.8.0.0/16",
    "8.8.8.8/32",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.51.100.0/24",
    "::/0",
    "::/1",
    "8000::/1",
    "2a05:1::/56",
    "2a05:1:0:1::/64",
    "2a05:9::/48",
    "fd00::/8",
];
const TARGETS: [&str; 7] = ["igw-1", "nat-1", "eigw-1", "pcx-1", "tgw-1", "vgw-1", "vpce-1"];

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn range() -> impl Strategy<Value = IpNet> {
    prop_oneof![
        4 => proptest::sample::select(&RANGES[..]).prop_map(net),
        1 => (any::<u32>(), 0_u8..=32).prop_map(|(bits, len)| IpNet::new(IpAddr::V4(bits.into()), len).unwrap().trunc()),
    ]
}

fn ports() -> impl Strategy<Value = Option<(u16, u16)>> {
    let edge = proptest::sample::select(&[0_u16, 1, 1023, 1024, 3305, 3306, 3307, 32768, 65535][..]);
    proptest::option::of((edge.clone(), edge).prop_map(|(one, other)| (one.min(other), one.max(other))))
}

fn route() -> impl Strategy<Value = Route> {
    (range(), proptest::sample::select(&TARGETS[..]), proptest::bool::weighted(0.1), proptest::bool::weighted(0.2))
        .prop_map(|(to, target, blackhole, propagated)| Route { to, target, blackhole, propagated })
}

fn acl_entry() -> impl Strategy<Value = AclEntry> {
    let protocol = proptest::sample::select(&[-1_i64, 6, 6, 17][..]);
    (1_i64..30_000, any::<bool>(), proptest::bool::weighted(0.7), protocol, ports(), range()).prop_map(
        |(number, egress, allow, protocol, ports, range)| AclEntry {
            number,
            egress,
            allow,
            protocol,
            range,
            ports: if protocol == -1 { None } else { ports },
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let source = prop_oneof![4 => range().prop_map(Source::Range), 1 => Just(Source::List), 1 => Just(Source::Group)];
    (proptest::sample::select(&["tcp", "tcp", "tcp", "-1", "udp"][..]), ports(), source).prop_map(
        |(protocol, ports, source)| Rule { protocol, ports: if protocol == "-1" { None } else { ports }, source },
    )
}

fn topology() -> impl Strategy<Value = Topology> {
    let flags = (
        any::<bool>(),
        any::<bool>(),
        proptest::sample::select(&["off", "off", "block-ingress", "block-bidirectional"][..]),
        any::<bool>(),
    );
    let parts = (
        proptest::collection::vec(route(), 0..6),
        proptest::collection::vec(acl_entry(), 0..8),
        proptest::collection::vec(rule(), 0..6),
        proptest::collection::vec(range(), 0..3),
    );
    (flags, parts, any::<bool>()).prop_map(
        |((public, dual_stack, block_mode, excluded), (routes, mut acl, rules, list), open)| {
            let local = |to: &str| Route { to: net(to), target: "local", blackhole: false, propagated: false };
            let mut all = vec![local("10.0.0.0/16"), local("2a05:1::/56")];
            // AWS takes one static and one propagated route a destination.
            for route in routes {
                if !all.iter().any(|it| it.to == route.to && it.propagated == route.propagated) {
                    all.push(route);
                }
            }
            acl.sort_by_key(|entry| (entry.egress, entry.number));
            acl.dedup_by_key(|entry| (entry.egress, entry.number));
            for (number, range) in [(32767, "0.0.0.0/0"), (32768, "::/0")] {
                for egress in [false, true] {
                    let entry = AclEntry { number, egress, allow: false, protocol: -1, ports: None, range: net(range) };
                    if open {
                        acl.push(AclEntry { number: number - 1000, allow: true, ..entry.clone() });
                    }
                    acl.push(entry);
                }
            }
            Topology {
                port: 3306,
                public,
                dual_stack,
                block_mode,
                excluded,
                acl,
                rules,
                list,
                routes: all,
                subnet: vec![net("10.0.1.0/24"), net("2a05:1:0:1::/64")],
                peer: vec![net("10.7.0.0/16"), net("2a05:9::/48")],
                members: ["10.0.2.5", "10.0.1.9", "2a05:1:0:2::7", "10.7.3.3"].map(|it| it.parse().unwrap()).to_vec(),
            }
        },
    )
}

/// Surely admitted, possibly admitted, and the classes of what is surely admitted.
struct Found {
    least: AddressSet,
    most: AddressSet,
    classes: Vec<(String, AddressSet)>,
    internet: AddressSet,
    whole: bool,
}

fn found(facts: &Facts) -> Found {
    let instances = &facts.instances().present;
    assert_eq!(instances.len(), 1);
    let reach = instances[0].reachability();
    let mut found = Found {
        least: AddressSet::empty(),
        most: AddressSet::empty(),
        classes: Vec::new(),
        internet: reach.internet_ranges.set.clone(),
        whole: reach.internet_whole.known() == Some(&true),
    };
    for source in &reach.sources {
        found.least = found.least.union(&source.ranges.set);
        found.most = found.most.union(&source.ranges.set).union(&source.possible.set);
        found.classes.push((source.class.as_str().to_owned(), source.ranges.set.clone()));
        assert_eq!(source.whole.known().is_some(), source.possible.set.is_empty(), "{source:?}");
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sets_agree_with_packets(net in topology()) {
        let found = found(&estate::facts(&records(&net)));
        for from in probes(&net) {
            let expected = connects(&net, from);
            let sure = expected.is_some_and(|class| class != PERHAPS);
            prop_assert_eq!(found.least.contains(from), sure, "{} {:?}", from, expected);
            prop_assert_eq!(found.most.contains(from), expected.is_some(), "{} {:?}", from, expected);
            prop_assert_eq!(found.internet.contains(from), expected == Some("internet"), "{}", from);
            if let Some(class) = expected.filter(|_| sure) {
                let classes: Vec<_> = found.classes.iter().filter(|(_, set)| set.contains(from)).map(|(class, _)| class.as_str()).collect();
                prop_assert!(classes.contains(&class), "{} is {:?}, not {}", from, classes, class);
            }
        }
        prop_assert!(found.whole);
    }

    /// Whatever is taken from the records, what is surely admitted is admitted, and what is admitted is never ruled out.
    #[test]
    fn ignorance_never_closes_and_never_opens(net in topology(), draw in any::<prop::sample::Index>(), record in any::<prop::sample::Index>()) {
        let mut records = records(&net);
        let candidates: Vec<usize> = (0..records.len()).filter(|it| records[*it].0.starts_with("ec2.") && records[*it].0 != "ec2.vpc").collect();
        let chosen = *record.get(&candidates);
        let mut members = Vec::new();
        pointers(&records[chosen].1, "", &mut members);
        let taken = draw.get(&members).clone();
        let (parent, key) = taken.rsplit_once('/').unwrap();
        records[chosen].1.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        let found = found(&estate::facts(&records));
        for from in probes(&net) {
            let expected = connects(&net, from);
            let (connects, surely) = (expected.is_some(), expected.is_some_and(|class| class != PERHAPS));
            prop_assert!(surely || !found.least.contains(from), "{} opened by the loss of {} of {}", from, taken, records[chosen].0);
            prop_assert!(!connects || found.most.contains(from), "{} closed by the loss of {} of {}", from, taken, records[chosen].0);
        }
    }
}

/// The JSON pointers of all object members.
fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let here = format!("{pointer}/{key}");
                pointers(inner, &here, found);
                found.push(here);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, inner)| pointers(inner, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

fn rule_of(source: &str) -> Rule {
    let source = match source {
        "group" => Source::Group,
        range => Source::Range(net(range)),
    };
    Rule { protocol: "tcp", ports: Some((3306, 3306)), source }
}

/// A database in a subnet with a route to the internet, behind an ACL that lets everything through.
fn public(rules: &[&str]) -> Topology {
    let route = |to: &str, target| Route { to: net(to), target, blackhole: false, propagated: false };
    let mut acl = Vec::new();
    for (number, allow, range) in
        [(100, true, "0.0.0.0/0"), (101, true, "::/0"), (32767, false, "0.0.0.0/0"), (32768, false, "::/0")]
    {
        for egress in [false, true] {
            acl.push(AclEntry { number, egress, allow, protocol: -1, ports: None, range: net(range) });
        }
    }
    Topology {
        port: 3306,
        public: true,
        dual_stack: false,
        block_mode: "off",
        excluded: false,
        subnet: vec![net("10.0.1.0/24"), net("2a05:1:0:1::/64")],
        routes: vec![
            route("10.0.0.0/16", "local"),
            route("2a05:1::/56", "local"),
            route("0.0.0.0/0", "igw-1"),
            route("::/0", "igw-1"),
        ],
        acl,
        rules: rules.iter().map(|rule| rule_of(rule)).collect(),
        peer: vec![net("10.7.0.0/16")],
        members: vec!["10.0.2.5".parse().unwrap()],
        list: Vec::new(),
    }
}

/// The topologies that everybody gets wrong somewhere, with the truth worked out by hand: addresses, and the class of each that is
/// admitted.
#[test]
fn known_topologies_have_their_known_truth() {
    let closed = public(&["10.0.0.0/16"]);
    let private = Topology { public: false, routes: public(&[]).routes[..2].to_vec(), ..public(&["0.0.0.0/0"]) };
    let split = public(&["0.0.0.0/1", "128.0.0.0/1"]);
    let mut denied = public(&["0.0.0.0/0"]);
    let deny = AclEntry {
        number: 50,
        egress: false,
        allow: false,
        protocol: 6,
        ports: Some((3306, 3306)),
        range: net("8.0.0.0/8"),
    };
    denied.acl.push(deny);
    let v6 = Topology { dual_stack: true, ..public(&["::/0"]) };
    let group = public(&["group"]);
    let mut peering = public(&["10.7.0.0/16", "192.168.0.0/16"]);
    peering.routes.push(Route { to: net("10.7.0.0/17"), target: "pcx-1", blackhole: false, propagated: false });
    peering.routes.push(Route { to: net("192.168.0.0/16"), target: "pcx-1", blackhole: false, propagated: false });
    for (what, topology, truth) in [
        (
            "public instance behind a closed group",
            closed,
            &[("8.8.8.8", ""), ("10.0.9.9", "vpc"), ("10.1.0.0", "")][..],
        ),
        ("open group in a private subnet", private, &[("8.8.8.8", ""), ("10.0.9.9", "vpc"), ("10.7.0.1", "")]),
        (
            "split world",
            split,
            &[
                ("8.8.8.8", "internet"),
                ("200.0.0.1", "internet"),
                ("10.0.9.9", "vpc"),
                ("192.168.0.1", ""),
                ("2a05:2::1", ""),
            ],
        ),
        ("ACL that denies", denied, &[("8.8.8.8", ""), ("7.255.255.255", "internet"), ("9.0.0.0", "internet")]),
        ("IPv6 only", v6, &[("8.8.8.8", ""), ("2a05:2::1", "internet"), ("2a05:1:0:2::1", "vpc"), ("fd00::1", "")]),
        ("group", group, &[("8.8.8.8", ""), ("10.0.2.5", "security_group"), ("10.0.2.6", "")]),
        ("peering", peering, &[("10.7.1.1", "peered"), ("10.7.200.1", ""), ("192.168.0.1", ""), ("8.8.8.8", "")]),
    ] {
        let found = found(&estate::facts(&records(&topology)));
        for (address, class) in truth {
            let address: IpAddr = address.parse().unwrap();
            let of: Vec<_> = found
                .classes
                .iter()
                .filter(|(_, set)| set.contains(address))
                .map(|(class, _)| class.as_str())
                .collect();
            assert_eq!(of.first().copied().unwrap_or_default(), *class, "{what}: {address} is {of:?}");
            assert_eq!(connects(&topology, address).unwrap_or_default(), *class, "{what}: {address} in the simulator");
        }
        assert!(found.whole, "{what}");
    }
}

/// Two hops: the database admits the application, the application admits the bastion; and the circle back does no harm.
#[test]
fn chains_of_groups_are_followed_to_their_end() {
    let mut records = records(&public(&["group"]));
    let admits = |id: &str, from: &[&str]| {
        let pairs: Vec<_> =
            from.iter().map(|id| serde_json::json!({"GroupId": id, "UserId": estate::ACCOUNT})).collect();
        let rule = serde_json::json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [], "Ipv6Ranges": [],
            "PrefixListIds": [], "UserIdGroupPairs": pairs});
        (
            "ec2.security_group",
            serde_json::json!({"GroupId": id, "GroupName": id, "VpcId": "vpc-1", "IpPermissions": [rule]}),
        )
    };
    records.extend([
        admits("sg-app", &["sg-bastion", "sg-app"]),
        admits("sg-bastion", &["sg-app", "sg-vpn"]),
        admits("sg-vpn", &[]),
    ]);
    let facts = estate::facts(&records);
    let reach = facts.instances().present[0].reachability();
    let chains: Vec<_> = reach.sources.iter().flat_map(|source| &source.chains).collect();
    assert_eq!(chains, ["sg-bastion → sg-app", "sg-vpn → sg-bastion → sg-app"]);
    assert_eq!(reach.sources[0].interfaces.names(), &["eni-0"]);
}

/// What AWS would never say, what it says of others, and what is gone: right, or unknown, and never the end of the program.
#[test]
fn bad_input_is_right_or_unknown() {
    let permission = |v4: &[&str], v6: &[&str], groups: &[(&str, &str)], ports: (i64, i64)| {
        json!([{"IpProtocol": "tcp", "FromPort": ports.0, "ToPort": ports.1, "PrefixListIds": [],
            "IpRanges": v4.iter().map(|it| json!({"CidrIp": it})).collect::<Vec<_>>(),
            "Ipv6Ranges": v6.iter().map(|it| json!({"CidrIpv6": it})).collect::<Vec<_>>(),
            "UserIdGroupPairs": groups.iter().map(|(id, of)| json!({"GroupId": id, "UserId": of})).collect::<Vec<_>>()}])
    };
    let (here, port) = (estate::ACCOUNT, (3306, 3306));
    let (world, inside) = ("8.8.8.8", "10.0.9.9");
    // Whether the two addresses are surely admitted, and whether all is known.
    for (what, rules, of_world, of_inside, whole) in [
        (
            "overlapping ranges",
            permission(&["10.0.0.0/16", "10.0.0.0/8", "0.0.0.0/0"], &[], &[], port),
            true,
            true,
            true,
        ),
        ("the same range twice", permission(&["10.0.0.0/16", "10.0.0.0/16"], &[], &[], port), false, true, true),
        ("bits beyond the prefix", permission(&["10.0.9.9/16"], &[], &[], port), false, true, true),
        ("no source", permission(&[], &[], &[], port), false, false, true),
        ("no rule", json!([]), false, false, true),
        ("every port, as -1", permission(&["0.0.0.0/0"], &[], &[], (-1, -1)), true, true, true),
        (
            "IPv4-mapped, which no packet on the wire is",
            permission(&[], &["::ffff:0.0.0.0/96"], &[], port),
            false,
            false,
            true,
        ),
        ("IPv4-mapped, one address", permission(&[], &["::ffff:8.8.8.8/128"], &[], port), false, false, true),
        ("an empty range", permission(&[""], &[], &[], port), false, false, false),
        ("a prefix too long", permission(&["10.0.0.0/33"], &[], &[], port), false, false, false),
        (
            "half an address beside a good range",
            permission(&["10.0.0/16", "10.0.0.0/16"], &[], &[], port),
            false,
            true,
            false,
        ),
        ("a port too large", permission(&["0.0.0.0/0"], &[], &[], (3306, 70_000)), false, false, false),
        ("ports that end before they begin", permission(&["0.0.0.0/0"], &[], &[], (3307, 3306)), false, false, false),
        (
            "a group that does not exist has no members",
            permission(&[], &[], &[("sg-none", here)], port),
            false,
            false,
            true,
        ),
        (
            "a group of an account that was not read",
            permission(&[], &[], &[("sg-far", "210987654321")], port),
            false,
            false,
            false,
        ),
        ("its own group, in a circle", permission(&[], &[], &[("sg-db", here)], port), false, false, true),
    ] {
        let mut records = records(&Topology { dual_stack: true, ..public(&[]) });
        let (_, group) = records.iter_mut().find(|(kind, _)| *kind == "ec2.security_group").unwrap();
        group["IpPermissions"] = rules;
        let found = found(&estate::facts(&records));
        let sure = |address: &str| found.least.contains(address.parse().unwrap());
        assert_eq!((sure(world), sure(inside)), (of_world, of_inside), "{what}");
        assert_eq!(found.least == found.most, whole, "{what}");
    }
}

/// An ACL always ends with a rule that denies. One that does not end so was not told whole.
#[test]
fn an_acl_without_its_default_rule_leaves_the_rest_unknown() {
    let mut topology = public(&["0.0.0.0/0"]);
    topology.acl.retain(|entry| entry.number < 32_000 && entry.number != 100);
    let entry =
        |egress, range: &str| AclEntry { number: 90, egress, allow: true, protocol: 6, ports: None, range: net(range) };
    topology.acl.extend([entry(false, "8.0.0.0/8"), entry(true, "8.0.0.0/8")]);
    let found = found(&estate::facts(&records(&topology)));
    let (sure, open): (IpAddr, IpAddr) = ("8.8.8.8".parse().unwrap(), "9.9.9.9".parse().unwrap());
    assert!(found.least.contains(sure) && !found.least.contains(open) && found.most.contains(open));
}

/// A transit gateway joins whatever is attached to it, a virtual private gateway what is beyond it: the source says so.
#[test]
fn gateways_say_whose_networks_they_join() {
    let attached = |owner: &str| {
        let data = |id: &str, kind: &str, resource: &str, of: &str| {
            json!({"TransitGatewayAttachmentId": id, "TransitGatewayId": "tgw-1", "TransitGatewayOwnerId": owner,
                "ResourceOwnerId": of, "ResourceType": kind, "ResourceId": resource, "State": "available"})
        };
        [
            ("ec2.transit_gateway_attachment", data("tgw-attach-1", "vpc", "vpc-1", estate::ACCOUNT)),
            ("ec2.transit_gateway_attachment", data("tgw-attach-2", "vpc", "vpc-9", "210987654321")),
        ]
    };
    let beyond = "the networks beyond a VPN or Direct Connect";
    for (target, owner, joins, account) in [
        ("tgw-1", estate::ACCOUNT, Some("vpc vpc-9 of account 210987654321"), Some("210987654321")),
        ("tgw-1", "210987654321", None, None),
        ("vgw-1", estate::ACCOUNT, Some(beyond), None),
    ] {
        let mut topology = public(&["10.7.0.0/16"]);
        topology.routes.push(Route { to: net("10.7.0.0/16"), target, blackhole: false, propagated: false });
        let mut records = records(&topology);
        records.extend(attached(owner));
        let facts = estate::facts(&records);
        let [source] = facts.instances().present[0].reachability().sources.as_slice() else { panic!("{target}") };
        assert_eq!(source.class.as_str(), "peered", "{target}");
        let found = source.joins.known().map(|it| it.join(", "));
        assert_eq!(
            (found.as_deref(), source.account.known().map(String::as_str)),
            (joins, account),
            "{target} of {owner}"
        );
    }
}
