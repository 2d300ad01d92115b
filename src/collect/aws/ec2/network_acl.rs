//! Network ACLs, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::ec2::{
    NetworkAcl, NetworkAclAnswer, NetworkAclAssociation, NetworkAclAssociationAnswer, NetworkAclEntry,
    NetworkAclEntryAnswer, PortRange, PortRangeAnswer,
};

pub(super) fn network_acl(acl: types::NetworkAcl) -> Entry<NetworkAcl> {
    let id = acl.network_acl_id.clone().unwrap_or_default();
    let answer = NetworkAclAnswer {
        network_acl_id: acl.network_acl_id,
        vpc_id: acl.vpc_id,
        is_default: acl.is_default,
        owner_id: acl.owner_id,
        associations: each(acl.associations, association),
        entries: each(acl.entries, entry),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn association(association: types::NetworkAclAssociation) -> NetworkAclAssociation {
    NetworkAclAssociationAnswer { subnet_id: association.subnet_id }.record()
}

fn entry(entry: types::NetworkAclEntry) -> NetworkAclEntry {
    NetworkAclEntryAnswer {
        rule_number: entry.rule_number.map(i64::from),
        protocol: entry.protocol,
        rule_action: entry.rule_action.map(|action| action.as_str().to_owned()),
        egress: entry.egress,
        cidr_block: entry.cidr_block,
        ipv6_cidr_block: entry.ipv6_cidr_block,
        port_range: entry.port_range.as_ref().map(port_range),
    }
    .record()
}

fn port_range(range: &types::PortRange) -> PortRange {
    PortRangeAnswer { from: range.from.map(i64::from), to: range.to.map(i64::from) }.record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn entries_and_associations_are_kept() {
        let entry = types::NetworkAclEntry::builder()
            .rule_number(100)
            .protocol("6")
            .rule_action(types::RuleAction::Allow)
            .egress(false)
            .cidr_block("0.0.0.0/0")
            .port_range(types::PortRange::builder().from(3306).to(3306).build());
        let last = types::NetworkAclEntry::builder().rule_number(32767).protocol("-1");
        let acl = types::NetworkAcl::builder()
            .network_acl_id("acl-1")
            .associations(types::NetworkAclAssociation::builder().subnet_id("subnet-1").build())
            .entries(entry.build())
            .entries(last.build());
        let (id, data) = kept(network_acl(acl.build()));
        assert_eq!(id, "acl-1");
        assert_eq!(data["Associations"], json!([{"SubnetId": "subnet-1"}]));
        let expected = json!({"RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "Egress": false,
            "CidrBlock": "0.0.0.0/0", "Ipv6CidrBlock": null, "PortRange": {"From": 3306, "To": 3306}});
        assert_eq!(data["Entries"][0], expected);
        assert_eq!(data["Entries"][1].get("RuleAction"), None, "what was not said is unknown");
    }
}
