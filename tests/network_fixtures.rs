//! Networks whose truth was checked by hand (`fixtures/network/README.md`): what `paths --network` prints of them, which addresses
//! are in it and which are just outside, and what becomes of the composed finding.

mod common;

use std::net::IpAddr;
use std::path::PathBuf;

use aurora_audit::facts::Facts;
use aurora_audit::snapshot;
use common::{assessment, root, run};
use serde_json::Value;
use tempfile::TempDir;

/// File, whether the internet reaches the cluster, and addresses with their class; none for what is kept out.
type Truth = (&'static str, bool, &'static [(&'static str, &'static str)]);

const TRUTHS: [Truth; 7] = [
    (
        "public-behind-closed-group",
        false,
        &[("10.20.0.0", "vpc"), ("10.20.255.255", "vpc"), ("10.19.255.255", ""), ("10.21.0.0", ""), ("8.8.8.8", "")],
    ),
    (
        "open-group-in-private-subnet",
        false,
        &[("10.20.9.9", "vpc"), ("10.21.0.0", ""), ("8.8.8.8", ""), ("1.1.1.1", "")],
    ),
    (
        "split-world",
        true,
        &[
            ("1.0.0.0", "internet"),
            ("126.255.255.255", "internet"),
            ("128.0.0.0", "internet"),
            ("223.255.255.255", "internet"),
            ("10.20.3.4", "vpc"),
            ("10.21.0.0", ""),
            ("100.64.0.1", ""),
            ("127.0.0.1", ""),
            ("192.168.0.1", ""),
            ("224.0.0.1", ""),
            ("2a05::1", ""),
        ],
    ),
    (
        "acl-that-denies",
        false,
        &[("10.20.1.7", "vpc"), ("10.20.2.255", "vpc"), ("10.20.3.0", ""), ("10.20.0.255", ""), ("8.8.8.8", "")],
    ),
    (
        "ipv6-only",
        true,
        &[
            ("2000::", "internet"),
            ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "internet"),
            ("2a05:d018:20:100::", "internet"),
            ("2a05:d018:20:ff:ffff:ffff:ffff:ffff", "vpc"),
            ("2a05:d018:20::", "vpc"),
            ("10.20.0.1", "vpc"),
            ("fd00::1", ""),
            ("4000::", ""),
            ("8.8.8.8", ""),
        ],
    ),
    (
        "group-chain",
        false,
        &[
            ("10.20.2.10", "security_group"),
            ("10.20.2.9", ""),
            ("10.20.2.11", ""),
            ("10.20.2.20", ""),
            ("203.0.113.1", ""),
        ],
    ),
    (
        "peering",
        false,
        &[
            ("10.30.0.0", "peered"),
            ("10.30.127.255", "peered"),
            ("10.30.128.0", ""),
            ("10.29.255.255", ""),
            ("10.20.1.1", ""),
        ],
    ),
];

fn fixture(name: &str) -> PathBuf {
    root().join("fixtures/network").join(name)
}

#[test]
fn every_fixture_has_its_truth() {
    let mut found: Vec<_> = std::fs::read_dir(fixture("")).unwrap().map(|it| it.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|it| it == "jsonl"));
    assert_eq!(found.len(), TRUTHS.len());
}

#[test]
fn paths_prints_what_was_worked_out() {
    for (name, ..) in TRUTHS {
        let file = fixture(&format!("{name}.jsonl")).display().to_string();
        let shown = run(["paths", &file, "--network", "--cluster", "shop"], &[]);
        let expected = std::fs::read_to_string(fixture(&format!("{name}.txt"))).unwrap();
        assert_eq!((shown.code, shown.stdout.as_str()), (0, expected.as_str()), "{name}: {}", shown.stderr);
    }
}

#[test]
fn addresses_are_admitted_to_the_last_and_no_further() {
    for (name, reached, addresses) in TRUTHS {
        let facts = Facts::new(&snapshot::read(&[fixture(&format!("{name}.jsonl"))]).unwrap());
        let [instance] = facts.instances().present.as_slice() else { panic!("{name}") };
        let reach = instance.reachability();
        for source in &reach.sources {
            assert_eq!(source.whole.known(), Some(&true), "{name}: everything was read: {source:?}");
        }
        for (address, class) in addresses {
            let ip: IpAddr = address.parse().unwrap();
            let mut of = reach.sources.iter().filter(|source| source.ranges.set.contains(ip));
            assert_eq!(of.next().map_or("", |source| source.class.as_str()), *class, "{name}: {address}");
        }
        assert_eq!(!reach.internet_ranges.set.is_empty(), reached, "{name}");
    }
}

#[test]
fn the_composed_finding_prints_the_four_facts_that_make_it_true() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.json");
    for (name, reached, _) in TRUTHS {
        let file = fixture(&format!("{name}.jsonl")).display().to_string();
        run(["check", &file, "--exit-zero", "-o", &format!("json={}", path.display())], &[]);
        let document = assessment(&path);
        let verdicts = document["verdicts"].as_array().unwrap();
        let verdict = verdicts.iter().find(|it| it["rule"] == "net-internet-reachable").unwrap();
        assert_eq!(verdict["outcome"], if reached { "fail" } else { "pass" }, "{name}");
        let messages = verdict["elements"].as_array().unwrap().iter().map(|it| it["message"].as_str().unwrap());
        for message in messages {
            let (route, range) = if name == "split-world" { ("0.0.0.0/0", "/1") } else { ("::/0", "::/0") };
            for fact in [
                "PubliclyAccessible is true",
                &format!("subnet-data sends {route} to igw-1 in rtb-data"),
                "network ACL lets that in and out (acl-data ingress 10",
                &format!("of sg-db admits {}", if range == "/1" { "" } else { range }),
            ] {
                assert!(message.contains(fact), "{name}: {fact}: {message}");
            }
        }
        if reached {
            assert_eq!(verdict["severity"], "critical");
            assert_eq!(verdict["elements"].as_array().map(Vec::len), Some(if name == "split-world" { 2 } else { 1 }));
        } else {
            assert_eq!(verdict["elements"], Value::Array(Vec::new()), "{name}");
        }
    }
}
