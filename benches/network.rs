//! How long it takes to work out who reaches each instance of a large estate, on one core: clusters in hundreds of VPCs, each with
//! route tables and ACLs, behind thousands of groups of twenty rules. The goal is a second for 10,000 clusters in 500 VPCs with
//! 5,000 groups of 20 rules.
//!
//! `cargo bench --no-default-features --bench network [-- CLUSTERS]`

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aurora_audit::facts::Facts;
use aurora_audit::snapshot::{Snapshot, read_texts};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const RULES: usize = 20;
const RUNS: usize = 3;

fn main() {
    let clusters = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(10_000_usize);
    let (vpcs, groups) = (clusters.div_ceil(20), clusters.div_ceil(2));
    let text = estate(clusters, vpcs, groups);
    println!("{clusters} clusters in {vpcs} VPCs, {groups} groups of {RULES} rules");
    let snapshot = read_texts(&[("estate.jsonl".into(), text)]).unwrap();
    let mut best: Option<(Duration, Duration)> = None;
    for _ in 0..RUNS {
        let (wall, cpu) = (Instant::now(), cpu());
        let sources = black_box(reached(&snapshot));
        let took = (wall.elapsed(), crate::cpu().saturating_sub(cpu));
        println!(
            "{sources} sources: {:.0} ms, {:.0} ms of CPU",
            took.0.as_secs_f64() * 1e3,
            took.1.as_secs_f64() * 1e3
        );
        best = Some(best.map_or(took, |best| best.min(took)));
    }
    let (wall, cpu) = best.unwrap();
    println!("best: {:.0} ms, {:.0} ms of CPU; goal: 1000 ms", wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
}

/// Works out and reads every source of every instance.
fn reached(snapshot: &Snapshot) -> usize {
    let facts = Facts::new(snapshot);
    let instances = facts.instances().present.iter();
    instances
        .map(|instance| {
            let reach = instance.reachability();
            let shown = reach.sources.iter().filter(|source| !source.ranges.list().is_empty());
            shown.map(|source| 1 + source.interfaces.names().len().min(1)).sum::<usize>()
        })
        .sum()
}

/// CPU time of this process, on systems that tell it.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 = stat.split(' ').skip(13).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn estate(clusters: usize, vpcs: usize, groups: usize) -> String {
    let mut lines = Lines::default();
    (0..vpcs).for_each(|number| vpc(number, &mut lines));
    (0..groups).for_each(|number| lines.add("ec2.security_group", &format!("sg-{number}"), &group(number, vpcs)));
    (0..clusters).for_each(|number| cluster(number, vpcs, groups, &mut lines));
    lines.add("ec2.vpc_block_public_access_options", "-", &json!({"InternetGatewayBlockMode": "off"}));
    lines.finish()
}

fn vpc(number: usize, lines: &mut Lines) {
    let (net, vpc) = (format!("10.{}", number % 250), format!("vpc-{number}"));
    lines.add("ec2.vpc", &vpc, &json!({"VpcId": vpc, "OwnerId": ACCOUNT, "InstanceTenancy": "default"}));
    let subnets: Vec<_> = ["a", "b"].iter().map(|zone| format!("subnet-{number}{zone}")).collect();
    for (index, (subnet, zone)) in subnets.iter().zip(["a", "b"]).enumerate() {
        lines.add(
            "ec2.subnet",
            subnet,
            &json!({"SubnetId": subnet, "VpcId": vpc, "OwnerId": ACCOUNT,
            "CidrBlock": format!("{net}.{index}.0/24"), "AvailabilityZone": format!("eu-west-1{zone}"),
            "Ipv6CidrBlockAssociationSet": []}),
        );
    }
    let route = |to: &str, key: &str, target: &str| {
        let mut route = json!({"DestinationCidrBlock": to, "GatewayId": null, "NatGatewayId": null,
            "TransitGatewayId": null, "VpcPeeringConnectionId": null, "State": "active", "Origin": "CreateRoute"});
        route[key] = json!(target);
        route
    };
    let routes = [
        route(&format!("{net}.0.0/16"), "GatewayId", "local"),
        route("0.0.0.0/0", "GatewayId", "igw-1"),
        route("172.16.0.0/12", "TransitGatewayId", "tgw-1"),
    ];
    lines.add(
        "ec2.route_table",
        &format!("rtb-{number}"),
        &json!({"RouteTableId": format!("rtb-{number}"),
        "VpcId": vpc, "Routes": routes, "Associations": [{"Main": true, "SubnetId": null}]}),
    );
    let entry = |number: i64, action: &str, egress: bool, range: &str| {
        json!({"RuleNumber": number, "Protocol": "-1", "RuleAction": action, "Egress": egress, "CidrBlock": range,
            "Ipv6CidrBlock": null, "PortRange": null})
    };
    let entries: Vec<_> = [false, true]
        .iter()
        .flat_map(|egress| {
            [
                entry(90, "deny", *egress, "192.0.2.0/24"),
                entry(100, "allow", *egress, "0.0.0.0/0"),
                entry(32767, "deny", *egress, "0.0.0.0/0"),
            ]
        })
        .collect();
    let associations: Vec<_> = subnets.iter().map(|subnet| json!({"SubnetId": subnet})).collect();
    lines.add(
        "ec2.network_acl",
        &format!("acl-{number}"),
        &json!({"NetworkAclId": format!("acl-{number}"),
        "VpcId": vpc, "Associations": associations, "Entries": entries}),
    );
    let group = format!("subgrp-{number}");
    let members: Vec<_> = subnets.iter().map(|subnet| json!({"SubnetIdentifier": subnet})).collect();
    lines.add("rds.db_subnet_group", &group, &json!({"DBSubnetGroupName": group, "VpcId": vpc, "Subnets": members}));
    for host in 0..20 {
        let id = format!("eni-{number}-{host}");
        lines.add(
            "ec2.network_interface",
            &id,
            &json!({"NetworkInterfaceId": id, "VpcId": vpc,
            "Groups": [{"GroupId": format!("sg-{number}")}], "Ipv6Addresses": [], "InterfaceType": "interface",
            "PrivateIpAddresses": [{"PrivateIpAddress": format!("{net}.0.{}", host + 10), "Association": null}]}),
        );
    }
}

fn group(number: usize, vpcs: usize) -> Value {
    let permissions = (0..RULES).map(|rule| {
        let (cidr, pair) = match rule {
            0 => (None, Some(format!("sg-{}", number % vpcs))),
            1 => (Some("0.0.0.0/0".to_owned()), None),
            2..8 => (Some(format!("10.{}.{rule}.0/24", number % 250)), None),
            8..14 => (Some(format!("172.16.{rule}.0/24")), None),
            _ => (Some(format!("198.51.{}.{rule}/32", number % 250)), None),
        };
        let pairs: Vec<_> = pair.iter().map(|id| json!({"GroupId": id, "UserId": ACCOUNT})).collect();
        let ranges: Vec<_> = cidr.iter().map(|it| json!({"CidrIp": it, "Description": null})).collect();
        json!({"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": ranges, "Ipv6Ranges": [],
            "PrefixListIds": [], "UserIdGroupPairs": pairs})
    });
    json!({"GroupId": format!("sg-{number}"), "GroupName": "db", "IpPermissions": permissions.collect::<Vec<_>>()})
}

fn cluster(number: usize, vpcs: usize, groups: usize, lines: &mut Lines) {
    let (name, instance) = (format!("db-{number}"), format!("db-{number}-1"));
    let memberships = json!([{"VpcSecurityGroupId": format!("sg-{}", number % groups), "Status": "active"}]);
    lines.add(
        "rds.db_cluster",
        &name,
        &json!({"DBClusterIdentifier": name, "Engine": "aurora-mysql", "Port": 3306,
        "DBSubnetGroup": format!("subgrp-{}", number % vpcs), "VpcSecurityGroups": memberships,
        "DBClusterMembers": [{"DBInstanceIdentifier": instance}], "NetworkType": "IPV4"}),
    );
    lines.add(
        "rds.db_instance",
        &instance,
        &json!({"DBInstanceIdentifier": instance, "DBClusterIdentifier": name,
        "Engine": "aurora-mysql", "PubliclyAccessible": number.is_multiple_of(3), "AvailabilityZone": "eu-west-1a",
        "VpcSecurityGroups": memberships}),
    );
}

/// Lines of a snapshot, with a listing for each kind.
#[derive(Default)]
struct Lines {
    text: String,
    kinds: std::collections::BTreeMap<&'static str, usize>,
}

const LISTED: [(&str, &str); 13] = [
    ("rds.db_cluster", "rds:DescribeDBClusters"),
    ("rds.db_instance", "rds:DescribeDBInstances"),
    ("rds.db_subnet_group", "rds:DescribeDBSubnetGroups"),
    ("ec2.vpc", "ec2:DescribeVpcs"),
    ("ec2.subnet", "ec2:DescribeSubnets"),
    ("ec2.route_table", "ec2:DescribeRouteTables"),
    ("ec2.network_acl", "ec2:DescribeNetworkAcls"),
    ("ec2.security_group", "ec2:DescribeSecurityGroups"),
    ("ec2.security_group_rule", "ec2:DescribeSecurityGroupRules"),
    ("ec2.network_interface", "ec2:DescribeNetworkInterfaces"),
    ("ec2.vpc_peering_connection", "ec2:DescribeVpcPeeringConnections"),
    ("ec2.vpc_endpoint", "ec2:DescribeVpcEndpoints"),
    ("ec2.managed_prefix_list", "ec2:DescribeManagedPrefixLists"),
];

impl Lines {
    fn add(&mut self, kind: &'static str, id: &str, data: &Value) {
        *self.kinds.entry(kind).or_default() += 1;
        let source = LISTED.iter().find(|(it, _)| *it == kind).map_or("-", |(_, source)| source);
        self.line(kind, id, source, data);
    }

    fn line(&mut self, kind: &str, id: &str, source: &str, data: &Value) {
        let line = json!({"kind": kind, "id": id, "account": ACCOUNT, "region": "eu-west-1", "source": source,
            "at": "2026-01-01T00:00:00Z", "data": data});
        writeln!(self.text, "{line}").unwrap();
    }

    fn finish(mut self) -> String {
        for (kind, source) in LISTED {
            let kept = self.kinds.get(kind).copied().unwrap_or_default();
            let data = json!({"Kind": kind, "Target": null, "Returned": kept, "Kept": kept, "Excluded": []});
            self.line("listing", &format!("{source}/{kind}"), source, &data);
        }
        let header = json!({"kind": "header", "id": "snapshot", "account": "", "region": "", "source": "aurora-audit",
            "at": "2026-01-01T00:00:00Z", "data": {"SchemaVersion": 1, "ToolVersion": "0", "Started":
            "2026-01-01T00:00:00Z", "Scope": {"Regions": ["eu-west-1"], "Collectors": ["aws"]}, "Identity": []}});
        format!("{header}\n{}", self.text)
    }
}
