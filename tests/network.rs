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
use serde_json::Value;

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
