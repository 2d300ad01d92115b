//! A small network with one database in it, written as the records of a snapshot.

use std::fmt::Write as _;

use aurora_audit::facts::Facts;
use aurora_audit::snapshot::read_texts;
use serde_json::{Value, json};

pub const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";

/// Kinds that are listed, the call that lists each, and the member that names its records.
const KINDS: [(&str, &str, &str); 15] = [
    ("rds.db_cluster", "rds:DescribeDBClusters", "DBClusterArn"),
    ("rds.db_instance", "rds:DescribeDBInstances", "DBInstanceArn"),
    ("rds.db_subnet_group", "rds:DescribeDBSubnetGroups", "DBSubnetGroupArn"),
    ("ec2.vpc", "ec2:DescribeVpcs", "VpcId"),
    ("ec2.subnet", "ec2:DescribeSubnets", "SubnetId"),
    ("ec2.route_table", "ec2:DescribeRouteTables", "RouteTableId"),
    ("ec2.network_acl", "ec2:DescribeNetworkAcls", "NetworkAclId"),
    ("ec2.security_group", "ec2:DescribeSecurityGroups", "GroupId"),
    ("ec2.security_group_rule", "ec2:DescribeSecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2.network_interface", "ec2:DescribeNetworkInterfaces", "NetworkInterfaceId"),
    ("ec2.vpc_peering_connection", "ec2:DescribeVpcPeeringConnections", "VpcPeeringConnectionId"),
    ("ec2.transit_gateway_attachment", "ec2:DescribeTransitGatewayAttachments", "TransitGatewayAttachmentId"),
    ("ec2.vpc_endpoint", "ec2:DescribeVpcEndpoints", "VpcEndpointId"),
    ("ec2.managed_prefix_list", "ec2:DescribeManagedPrefixLists", "PrefixListId"),
    ("ec2.vpc_block_public_access_exclusion", "ec2:DescribeVpcBlockPublicAccessExclusions", "ExclusionId"),
];

/// The text of a snapshot with these records.
pub fn text(records: &[(&str, Value)]) -> String {
    let mut text = json!({"kind": "header", "id": "snapshot", "account": "", "region": "", "source": "aurora-audit",
        "at": "2026-01-01T00:00:00Z", "data": {"SchemaVersion": 1, "ToolVersion": "0", "Started":
        "2026-01-01T00:00:00Z", "Scope": {"Regions": [REGION], "Collectors": ["aws"]}, "Identity": []}})
    .to_string();
    let mut line = |kind: &str, id: &str, source: &str, data: &Value| {
        let line = json!({"kind": kind, "id": id, "account": ACCOUNT, "region": REGION, "source": source,
            "at": "2026-01-01T00:00:00Z", "data": data});
        write!(text, "\n{line}").unwrap();
    };
    for (number, (kind, data)) in records.iter().enumerate() {
        let listed = KINDS.iter().find(|(it, ..)| it == kind);
        let (source, key) = listed.map_or(("-", "PrefixListId"), |(_, source, key)| (*source, *key));
        let id = data[key].as_str().map_or_else(|| format!("unnamed-{number}"), str::to_owned);
        line(kind, &id, source, data);
    }
    for (kind, source, _) in &KINDS {
        let kept = records.iter().filter(|(it, _)| it == kind).count();
        let data = json!({"Kind": kind, "Target": null, "Returned": kept, "Kept": kept, "Excluded": []});
        line("listing", &format!("{source}/{kind}"), source, &data);
    }
    text + "\n"
}

/// The facts of these records.
pub fn facts(records: &[(&str, Value)]) -> Facts {
    Facts::new(&read_texts(&[("estate.jsonl".into(), text(records))]).unwrap())
}
