//! What the tests of networks share: records as AWS tells them, from which the facts are made as from any snapshot.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::view::Networks;
use crate::facts::index::{Index, Scope};
use crate::snapshot::{Snapshot, read_texts};

/// The account and the region of the tests.
pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "eu-west-1";

/// Kinds, the calls that list them, and the member that names each.
const KINDS: [(&str, &str, &str); 13] = [
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
    ("ec2.flow_log", "ec2:DescribeFlowLogs", "FlowLogId"),
];

/// Records of one account and region. Every listing is complete.
#[derive(Default)]
pub struct Estate {
    records: Vec<(String, Value)>,
}

impl Estate {
    /// Adds a record.
    pub fn with(mut self, kind: &str, data: Value) -> Self {
        self.records.push((kind.to_owned(), data));
        self
    }

    /// The snapshot.
    pub fn snapshot(&self) -> Snapshot {
        let mut text = json!({"kind": "header", "id": "snapshot", "account": "", "region": "",
            "source": "aurora-audit", "at": "2026-01-01T00:00:00Z", "data": {"SchemaVersion": 1, "ToolVersion": "0", "Started":
            "2026-01-01T00:00:00Z", "Scope": {"Regions": [], "Collectors": []}, "Identity": []}})
        .to_string();
        let mut line = |kind: &str, id: &str, source: &str, data: &Value| {
            let line = json!({"kind": kind, "id": id, "account": ACCOUNT, "region": REGION, "source": source,
                "at": "2026-01-01T00:00:00Z", "data": data});
            write!(text, "\n{line}").unwrap();
        };
        for (kind, data) in &self.records {
            let listed = KINDS.iter().find(|(it, ..)| it == kind);
            let (source, id) = match listed {
                Some((_, source, key)) => (*source, data[key].as_str().unwrap_or("?")),
                None => ("-", data["PrefixListId"].as_str().unwrap_or("-")),
            };
            line(kind, id, source, data);
        }
        for (kind, source, _) in &KINDS {
            let kept = self.records.iter().filter(|(it, _)| it == kind).count();
            let data = json!({"Kind": kind, "Target": null, "Returned": kept, "Kept": kept, "Excluded": []});
            line("listing", &format!("{source}/{kind}"), source, &data);
        }
        read_texts(&[("estate.jsonl".into(), text)]).unwrap()
    }

    /// The networks.
    pub fn networks(&self) -> Networks {
        let snapshot = self.snapshot();
        Networks::new(&snapshot, &Index::new(&snapshot), [&scope()])
    }
}

/// The account and region of the tests.
pub fn scope() -> Scope {
    (ACCOUNT.to_owned(), REGION.to_owned())
}
